"""Liquidity: how many days it takes to sell, and what the spread costs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskcore.errors import InputError, MissingDataError, listed
from riskcore.portfolio import Portfolio
from riskcore.results.reverse import LiquidityResult

__all__ = ["liquidation"]


def liquidation(
    portfolio: Portfolio,
    *,
    value: float,
    daily_volume: Mapping[str, float],
    spread: Mapping[str, float],
    participation: float = 0.2,
    volume_factor: float = 1.0,
    spread_factor: float = 1.0,
) -> LiquidityResult:
    """Return the days to liquidate every position, and the cost of half the spread.

        days_i = |w_i| V / (participation · ADV_i),     cost_i = ½ spread_i |w_i| V

    Shorts are bought back at the same pace. The price impact of selling beyond half the spread is not in it.

    Parameters
    ----------
    portfolio
        Weights; positions of 0 need nothing.
    value
        V, the portfolio's value in money.
    daily_volume
        Asset to average daily volume in the same money.
    spread
        Asset to bid–ask spread as a fraction of the price, 0.0005 for 5 basis points.
    participation
        The share of the daily volume one can trade without moving the price, in (0, 1].
    volume_factor, spread_factor
        A stress: volumes × 0.5 and spreads × 3, say.

    Raises
    ------
    MissingDataError
        An asset held has no volume or no spread; nothing is assumed.
    InputError
        A number is out of range.

    Examples
    --------
    >>> found = liquidation(Portfolio("A", {"SPY": 0.6, "SMALL": 0.4}), value=1e6,
    ...                     daily_volume={"SPY": 1e9, "SMALL": 5e5}, spread={"SPY": 1e-4, "SMALL": 0.01})
    >>> round(found.days, 6), round(found.cost, 2), round(found.sold_by(1), 6)
    (4.0, 2030.0, 0.7)
    """
    _check_positive("The portfolio's value", value)
    _check_positive("The factor on volumes", volume_factor)
    _check_positive("The factor on spreads", spread_factor)
    if not 0.0 < participation <= 1.0:
        raise InputError(f"The share of the daily volume lies in (0, 1], got {participation}.")
    held = portfolio.weights[portfolio.weights != 0.0]
    if held.empty:
        raise InputError(f"{portfolio.name} holds nothing to sell.")
    for name, known in (("daily volume", daily_volume), ("spread", spread)):
        absent = [asset for asset in held.index if asset not in known]
        if absent:
            raise MissingDataError(
                f"There is no {name} for {listed(absent)}; type one in, nothing is assumed.", assets=absent
            )
    volumes = np.array([float(daily_volume[asset]) for asset in held.index])
    spreads = np.array([float(spread[asset]) for asset in held.index])
    bad = held.index[~((volumes > 0.0) & np.isfinite(volumes) & (spreads >= 0.0) & (spreads < 1.0))]
    if len(bad):
        raise InputError(
            f"The volume of {listed(bad)} must be positive and its spread a fraction from 0 to 1 (0.0005 for "
            "5 basis points).",
            assets=list(bad),
        )
    position = np.abs(held.to_numpy()) * value
    stressed = np.minimum(spreads * spread_factor, 1.0)
    cost = 0.5 * stressed * position
    table = pd.DataFrame(
        {
            "weight": held.to_numpy(),
            "position": position,
            "daily_volume": volumes * volume_factor,
            "days": position / (participation * volumes * volume_factor),
            "spread": stressed,
            "cost": cost,
            "cost_share": cost / value,
        },
        index=pd.Index(held.index, name="asset"),
    )
    return LiquidityResult(portfolio.name, float(value), table, float(participation))


def _check_positive(name: str, number: float) -> None:
    if not (np.isfinite(number) and number > 0.0):
        raise InputError(f"{name} is a positive number, got {number}.")
