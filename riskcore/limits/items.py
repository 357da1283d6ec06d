"""What each limit measures: a value by the functions the pages use, and how it changes with the weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.contributions import risk_contributions
from riskcore.errors import MissingDataError, NumericalError, listed
from riskcore.limits.schema import IndexGap, Limits, Shock
from riskcore.limits.situation import Situation
from riskcore.measures import percent, risk
from riskcore.numerics.paths import deepest_drawdown, drawdowns
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.statistics import describe
from riskcore.stress import (
    NamedStress,
    index_gap,
    liquidation,
    named_stress,
    replay,
    replays,
    shock_contributions,
)

__all__ = ["Item", "items_of"]

Floats = NDArray[np.float64]
STEP = 1e-3


@dataclass(frozen=True, eq=False)
class Item:
    """One limit that is set.

    Attributes
    ----------
    value
        Portfolio to figure, by the functions the pages use.
    rows
        Where the figure is max(rows @ w): computed when a cure needs it.
    cut
        Where it is convex and curved: weights to (g, ∂g, level) with g(w) ≤ level exactly where the limit
        holds, g convex.
    slope
        Where it is not convex: weights to m values, none of which may pass the limit, and their m × n
        derivatives.
    """

    key: str
    name: str
    limit: float
    value: Callable[[Portfolio], float]
    unit: Literal["fraction", "days", "exposure"] = "fraction"
    rows: Callable[[], Floats] | None = None
    cut: Callable[[Floats], tuple[float, Floats, float]] | None = None
    slope: Callable[[Floats], tuple[Floats, Floats]] | None = None


def items_of(limits: Limits, situation: Situation) -> list[Item]:
    """Return every limit that is set, in the order the pages list them."""
    return [
        *_risks(limits, situation),
        *_drawdown(limits, situation),
        *_weights(limits, situation),
        *_shares(limits, situation),
        *_replays(limits, situation),
        *(_gap(gap, situation) for gap in limits.index_gaps),
        *(_shock(shock, situation) for shock in limits.shocks),
        *_liquidity(limits, situation),
        *(_factor(name, limit, situation) for name, limit in limits.factors.items()),
    ]


def _risks(limits: Limits, situation: Situation) -> Iterator[Item]:
    data, level = situation.scenarios, situation.confidence
    yearly = data.periods_per_year**0.5

    def euler(measure: str, scale: float, w: Floats) -> tuple[float, Floats]:
        found = risk_contributions(
            data,
            pd.Series(w, index=list(data.assets)),
            measure,
            confidence=None if measure == "volatility" else level,
        )
        return scale * found.total, scale * found.table["marginal"].to_numpy()

    def near_var(w: Floats) -> tuple[Floats, Floats]:
        here = risk(data, pd.Series(w, index=list(data.assets)), "var", confidence=level).value
        try:
            gradient = euler("var", 1.0, w)[1]
        except NumericalError:
            gradient = euler("cvar", 1.0, w)[1]
        return np.array([here]), gradient[None, :]

    if limits.volatility is not None:
        top = limits.volatility
        yield Item(
            "volatility",
            f"Volatility per year ({situation.horizon})",
            top,
            lambda p: risk(data, p, "volatility").value * yearly,
            cut=lambda w: (*euler("volatility", yearly, w), top),
        )
    if limits.var is not None:
        yield Item(
            "var",
            f"{situation.horizon} VaR {percent(level)}",
            limits.var,
            lambda p: risk(data, p, "var", confidence=level).value,
            slope=near_var,
        )
    if limits.cvar is not None:
        most = limits.cvar
        yield Item(
            "cvar",
            f"{situation.horizon} CVaR {percent(level)}",
            most,
            lambda p: risk(data, p, "cvar", confidence=level).value,
            cut=lambda w: (*euler("cvar", 1.0, w), most),
        )


def _drawdown(limits: Limits, situation: Situation) -> Iterator[Item]:
    if limits.drawdown is None:
        return

    def value(portfolio: Portfolio) -> float:
        found = describe(situation.needs("history"), portfolio)
        if found.max_drawdown is None:
            raise MissingDataError(found.reasons.get("max_drawdown", "It has no drawdown."))
        return found.max_drawdown

    top = limits.drawdown

    def cut(w: Floats) -> tuple[float, Floats, float]:
        # −log(1 − drawdown) is the largest of sums of −log(1 + r'w), each convex in w.
        returns = situation.needs("history").returns
        gains = returns @ w
        if gains.min() <= -1.0:
            worst = int(gains.argmin())
            return -float(gains[worst]), -returns[worst], 1.0 - 1e-9
        depths = drawdowns(gains)
        peak, trough, _ = deepest_drawdown(depths)
        fall = slice(peak + 1, trough + 1)
        gradient = -(returns[fall] / (1.0 + gains[fall, None])).sum(axis=0)
        return -float(np.log1p(gains[fall]).sum()), gradient, -float(np.log1p(-min(top, 1.0 - 1e-9)))

    yield Item("drawdown", "Worst drawdown in the window", top, value, cut=cut)


def _weights(limits: Limits, situation: Situation) -> Iterator[Item]:
    assets = situation.scenarios.assets
    if limits.largest_weight is not None:
        yield Item(
            "largest_weight",
            "Largest weight",
            limits.largest_weight,
            lambda p: float(np.abs(p.aligned(assets)).max()),
            rows=lambda: np.vstack([np.eye(len(assets)), -np.eye(len(assets))]),
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
    return abs(float(portfolio.aligned(situation.scenarios.assets) @ _in(situation, name)))


def _weight_rows(situation: Situation, name: str) -> Floats:
    return _either_sign(_in(situation, name))


def _in(situation: Situation, name: str) -> Floats:
    members = set(situation.members(name))
    return np.array([float(asset in members) for asset in situation.scenarios.assets])


def _one_row(situation: Situation, name: str) -> Floats:
    return _in(situation, name)[None, :]


def _either_sign(row: Floats) -> Floats:
    return np.vstack([row, -row])


def _shares(limits: Limits, situation: Situation) -> Iterator[Item]:
    data, measure = situation.scenarios, limits.share_measure
    words = "volatility" if measure == "volatility" else f"CVaR {percent(situation.confidence)}"
    level = None if measure == "volatility" else situation.confidence

    def relative(portfolio: Portfolio) -> Floats:
        found = _certified(situation, measure, portfolio)
        if found is None:
            found = risk_contributions(data, portfolio, measure, confidence=level)
        if not found.relative_defined:
            raise MissingDataError(f"The {words} is too near zero to be shared out.")
        return found.table["relative"].reindex(list(data.assets)).to_numpy()

    def item(key: str, name: str, limit: float, groups: Callable[[], Floats]) -> Item:
        def at(w: Floats) -> Floats:
            return groups() @ relative(Portfolio("", dict(zip(data.assets, w, strict=True))))

        def slope(w: Floats) -> tuple[Floats, Floats]:
            moved = [(at(w + d) - at(w - d)) / (2 * STEP) for d in STEP * np.eye(w.size)]
            return at(w), np.column_stack(moved)

        return Item(
            key,
            f"{name} of {situation.horizon} {words}",
            limit,
            lambda p: float((groups() @ relative(p)).max()),
            slope=slope,
        )

    if limits.largest_share is not None:
        single = np.eye(len(data.assets))
        yield item("largest_share", "Largest share", limits.largest_share, lambda: single)
    for name, limit in limits.shares.items():
        yield item(f"share:{name}", f"{name}: share", limit, partial(_one_row, situation, name))


def _certified(situation: Situation, measure: str, portfolio: Portfolio) -> ContributionResult | None:
    """Return the contributions the pages show for exactly these weights, where they were handed in."""
    found = situation.given.get(measure)
    if found is None:
        return None
    assets = list(situation.scenarios.assets)
    same = np.array_equal(found.table["weight"].reindex(assets).to_numpy(), portfolio.aligned(assets))
    return found if same else None


def _replays(limits: Limits, situation: Situation) -> Iterator[Item]:
    def equal(whole: Scenarios) -> Portfolio:
        return Portfolio("", dict.fromkeys(whole.assets, 1.0 / whole.size))

    if limits.worst_replay is not None:

        def covered(portfolio: Portfolio) -> list[tuple[float, Floats]]:
            found, _ = replays(situation.needs("whole"), portfolio, situation.crises)
            if not found:
                raise MissingDataError("No dated crisis lies inside this data.")
            return [(r.loss, -r.table["asset_return"].to_numpy()) for r in found]

        yield Item(
            "worst_replay",
            "Worst crisis replay",
            limits.worst_replay,
            lambda p: max(loss for loss, _ in covered(p)),
            rows=lambda: np.vstack([row for _, row in covered(equal(situation.needs("whole")))]),
        )
    events = {crisis.event: crisis for crisis in situation.crises}
    short = {getattr(c, "short", c.event): c for c in situation.crises}
    for name, limit in limits.replays.items():

        def replayed(portfolio: Portfolio, name: str = name) -> tuple[float, Floats]:
            crisis = events.get(name) or short.get(name)
            if crisis is None:
                raise MissingDataError(f"There is no crisis called {name[:60]}.")
            found = replay(
                situation.needs("whole"),
                portfolio,
                event=crisis.event,
                start=crisis.start,
                end=crisis.end,
                approximate=True,
            )
            return found.loss, -found.table["asset_return"].to_numpy()

        yield Item(
            f"replay:{name}",
            f"Replay of {name}",
            limit,
            partial(_loss_of, replayed),
            rows=partial(_row_of, replayed, situation),
        )


def _loss_of(replayed: Callable[[Portfolio], tuple[float, Floats]], portfolio: Portfolio) -> float:
    return replayed(portfolio)[0]


def _row_of(replayed: Callable[[Portfolio], tuple[float, Floats]], situation: Situation) -> Floats:
    assets = situation.scenarios.assets
    return replayed(Portfolio("", dict.fromkeys(assets, 1.0 / len(assets))))[1][None, :]


def _gap(gap: IndexGap, situation: Situation) -> Item:
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


def _shock(shock: Shock, situation: Situation) -> Item:
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


def _liquidity(limits: Limits, situation: Situation) -> Iterator[Item]:
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


def _factor(name: str, limit: float, situation: Situation) -> Item:
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
        rows=lambda: _either_sign(row()),
    )
