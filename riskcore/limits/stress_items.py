"""Limits on stresses: replays of dated crises, falls of the index, named shocks."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from riskcore.contributions import risk_contributions
from riskcore.errors import MissingDataError, listed
from riskcore.limits.item import Floats, Item
from riskcore.limits.schema import IndexGap, Limits, Shock
from riskcore.limits.situation import Situation
from riskcore.measures import percent, risk
from riskcore.portfolio import Portfolio
from riskcore.results import ReplayResult
from riskcore.results.shocks import ShockResult
from riskcore.stress import NamedStress, index_gap, named_stress, replay, replays, shock_contributions

__all__ = ["index_fall", "replayed", "shocked"]


def replayed(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limits on the worst replay of all that are possible, and on single ones."""
    assets = situation.scenarios.assets
    anything = Portfolio("", dict.fromkeys(assets, 1.0 / len(assets)))

    def falls(found: ReplayResult) -> Floats:
        return -found.table["asset_return"].reindex(list(assets)).to_numpy()

    if limits.worst_replay is not None:
        yield Item(
            "worst_replay",
            "Worst crisis replay",
            limits.worst_replay,
            lambda p: max(found.loss for found in _every(situation, p)),
            rows=lambda: np.vstack([falls(found) for found in _every(situation, anything)]),
        )
    for name, limit in limits.replays.items():
        yield Item(
            f"replay:{name}",
            f"Replay of {name}",
            limit,
            lambda p, name=name: _one(situation, p, name).loss,  # type: ignore[misc]
            rows=lambda name=name: falls(_one(situation, anything, name))[None, :],  # type: ignore[misc]
        )


def _every(situation: Situation, portfolio: Portfolio) -> list[ReplayResult]:
    """Return the replay of every crisis the data covers, and of those betas stand in for."""
    found, left_out = replays(situation.needs("whole"), portfolio, situation.crises)
    for event in left_out.keys() & situation.proxied.keys():
        try:
            found.append(situation.proxied[event].replay(portfolio))
        except MissingDataError:
            continue  # rows too sparse for this crisis: it is left out on the pages as well
    if not found:
        raise MissingDataError("No dated crisis lies inside this data.")
    return found


def _one(situation: Situation, portfolio: Portfolio, name: str) -> ReplayResult:
    events = {getattr(c, "short", c.event): c for c in situation.crises}
    events |= {crisis.event: crisis for crisis in situation.crises}
    crisis = events.get(name)
    if crisis is None:
        raise MissingDataError(f"There is no crisis called {name[:60]}.")
    try:
        return replay(
            situation.needs("whole"),
            portfolio,
            event=crisis.event,
            start=crisis.start,
            end=crisis.end,
            approximate=True,
        )
    except MissingDataError:
        if crisis.event not in situation.proxied:
            raise
        return situation.proxied[crisis.event].replay(portfolio)


def index_fall(gap: IndexGap, situation: Situation) -> Item:
    """Return the limit on the loss when the index falls at once, each asset by its beta."""

    def value(portfolio: Portfolio) -> tuple[float, Floats]:
        data, index = situation.needs("with_index"), situation.index or ""
        found = index_gap(data, situation.on_index(portfolio), index_asset=index, gap=-gap.fall)
        moves = found.table["asset_return"].reindex(list(situation.scenarios.assets)).to_numpy()
        return found.loss, -moves

    assets = situation.scenarios.assets
    return Item(
        f"gap:{gap.fall:g}",
        f"{situation.index or 'Index'} falls {percent(gap.fall)} (by beta)",
        gap.limit,
        lambda p: value(p)[0],
        rows=lambda: value(Portfolio("", dict.fromkeys(assets, 1.0 / len(assets))))[1][None, :],
    )


def shocked(shock: Shock, situation: Situation) -> Item:
    """Return the limit on a named stress: its loss at once, or the CVaR of the stressed scenarios."""
    data, level = situation.scenarios, situation.confidence

    @cache
    def stressed() -> ShockResult:
        # A name that is neither an asset nor a group is refused here, where the Stress page leaves it out.
        members = {name: list(situation.members(name)) for name in shock.moves if name not in data.assets}
        empty = [name for name, assets in members.items() if not assets]
        if empty:
            raise MissingDataError(f"There is no asset of {listed(empty)} here.")
        if shock.basis_points and not situation.durations:
            raise MissingDataError("A move of yields needs the duration of at least one asset.")
        stress = NamedStress(
            shock.name, tuple(shock.moves.items()), shock.basis_points, shock.volatility, shock.correlation
        )
        return named_stress(data, stress, groups=members, durations=situation.durations)

    def table(portfolio: Portfolio) -> pd.DataFrame:
        return shock_contributions(stressed(), portfolio)

    def cut(w: Floats) -> tuple[float, Floats, float]:
        weights = pd.Series(w, index=list(data.assets))
        found = risk_contributions(stressed().scenarios, weights, "cvar", confidence=level)
        return found.total, found.table["marginal"].to_numpy(), shock.limit

    if not shock.at_once:
        return Item(
            f"shock:{shock.name}",
            f"{situation.horizon} CVaR {percent(level)} under {shock.name}",
            shock.limit,
            lambda p: risk(stressed().scenarios, p, "cvar", confidence=level).value,
            cut=cut,
        )
    return Item(
        f"shock:{shock.name}",
        f"Shock {shock.name}",
        shock.limit,
        lambda p: -float(table(p)["contribution"].sum()),
        rows=lambda: (
            -table(Portfolio("", dict.fromkeys(data.assets, 0.0)))["asset_return"].to_numpy()[None, :]
        ),
    )
