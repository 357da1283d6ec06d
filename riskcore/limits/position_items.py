"""Limits on positions: weights of assets and groups, days to liquidate, exposures to factors."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from riskcore.errors import MissingDataError, listed
from riskcore.limits.item import Floats, Item, either_sign, indicator
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.portfolio import Portfolio
from riskcore.stress import liquidation

__all__ = ["factors", "liquidity", "weights"]


def weights(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limits on the largest weight, and on the weight of assets and groups."""
    assets = situation.scenarios.assets
    if limits.largest_weight is not None:
        yield Item(
            "largest_weight",
            "Largest weight",
            limits.largest_weight,
            lambda p: float(np.abs(p.aligned(assets)).max()),
            rows=lambda: either_sign(np.eye(len(assets))),
        )
    for name, limit in limits.weights.items():
        yield Item(
            f"weight:{name}",
            f"Weight of {name}",
            limit,
            partial(_weight_of, situation, name),
            rows=partial(_weight_rows, situation, name),
        )


def _weight_of(situation: Situation, name: str, portfolio: Portfolio) -> float:
    return abs(float(portfolio.aligned(situation.scenarios.assets) @ indicator(situation, name)))


def _weight_rows(situation: Situation, name: str) -> Floats:
    return either_sign(indicator(situation, name))


def liquidity(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limit on the days to liquidate everything."""
    if limits.liquidity_days is None:
        return
    assets, volume = situation.scenarios.assets, situation.daily_volume

    def value(portfolio: Portfolio) -> float:
        if situation.value is None:
            raise MissingDataError("Days to liquidate need the portfolio’s value in money.")
        if not portfolio.weights.any():
            return 0.0
        return liquidation(
            portfolio,
            value=situation.value,
            daily_volume=volume,
            spread=dict.fromkeys(assets, 0.0),
            participation=situation.participation,
        ).days

    def rows() -> Floats:
        # What has no known volume cannot be bought, because its days are not known.
        days = [
            (situation.value or 0.0) / (situation.participation * volume[asset]) if asset in volume else 1e12
            for asset in assets
        ]
        return np.vstack([np.diag(days), -np.diag(days)])

    yield Item("liquidity_days", "Days to liquidate", limits.liquidity_days, value, "days", rows=rows)


def factors(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limits on exposures to factors."""
    for name, limit in limits.factors.items():
        yield _exposure(name, limit, situation)


def _exposure(name: str, limit: float, situation: Situation) -> Item:
    def row() -> Floats:
        if name not in situation.exposures:
            known = listed(situation.exposures, most=10)
            raise MissingDataError(
                situation.no_exposures
                or f"There are no exposures to the factor {name[:60]}"
                + (f"; the model has {known}." if known else ".")
            )
        own = situation.exposures[name]
        return np.array([float(own.get(asset, 0.0)) for asset in situation.scenarios.assets])

    return Item(
        f"factor:{name}",
        f"Exposure to {name}",
        limit,
        lambda p: abs(float(p.aligned(situation.scenarios.assets) @ row())),
        "exposure",
        rows=lambda: either_sign(row()),
    )
