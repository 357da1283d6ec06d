"""Limits on figures of the returns: volatility, VaR, CVaR, drawdown, and who contributes them."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd

from riskcore.contributions import risk_contributions
from riskcore.errors import MissingDataError, NumericalError
from riskcore.limits.item import Floats, Item, indicator
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.measures import percent, risk
from riskcore.numerics.paths import deepest_drawdown, drawdowns
from riskcore.numerics.tail import tail_weights
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.scenarios import Scenarios
from riskcore.statistics import describe

__all__ = ["drawdown", "risks", "shares"]

STEP = 1e-3


def risks(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limits on volatility, VaR and CVaR."""
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


def drawdown(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limit on the worst drawdown of the window."""
    if limits.drawdown is None:
        return

    def value(portfolio: Portfolio) -> float:
        history = situation.needs("history")
        if history.ordered and not history.weighted:
            gains = history.returns @ portfolio.aligned(history.assets)
            if gains.min() > -1.0:
                return float(drawdowns(gains).max())
        found = describe(history, portfolio)
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


def shares(limits: Limits, situation: Situation) -> Iterator[Item]:
    """Return the limits on the largest share of the risk, and on the shares of assets and groups."""
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
        def slope(w: Floats) -> tuple[Floats, Floats]:
            # Shares of CVaR have steps where scenarios change places: differences look across them.
            steps = STEP * np.eye(w.size)
            found = _shares_at(data, level, np.column_stack([w, *(w + steps), *(w - steps)]))
            ahead, behind = found[:, 1 : w.size + 1], found[:, w.size + 1 :]
            return groups() @ found[:, 0], groups() @ (ahead - behind) / (2 * STEP)

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
        yield item(f"share:{name}", f"{name}: share", limit, partial(_as_row, situation, name))


def _as_row(situation: Situation, name: str) -> Floats:
    return indicator(situation, name)[None, :]


def _shares_at(data: Scenarios, confidence: float | None, weights: Floats) -> Floats:
    """Return the shares of the volatility (without a confidence) or of the CVaR for columns of weights."""
    if confidence is None:
        centred = data.returns - data.probabilities @ data.returns
        marginal = centred.T @ (data.probabilities[:, None] * (centred @ weights))
    else:
        tail = tail_weights(-data.returns @ weights, data.probabilities, confidence)
        marginal = -data.returns.T @ tail
    parts = weights * marginal
    shares: Floats = parts / parts.sum(axis=0)
    return shares


def _certified(situation: Situation, measure: str, portfolio: Portfolio) -> ContributionResult | None:
    """Return the contributions the pages show for exactly these weights, where they were handed in."""
    found = situation.given.get(measure)
    if found is None:
        return None
    assets = list(situation.scenarios.assets)
    same = np.array_equal(found.table["weight"].reindex(assets).to_numpy(), portfolio.aligned(assets))
    return found if same else None
