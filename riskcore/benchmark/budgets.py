"""Weights that keep CVaR budgets for the active positions and for the whole portfolio."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.solver import Objective, Region, Tail, solve_program
from riskcore.benchmark.active import active_risk
from riskcore.errors import ConvergenceError, InfeasibleError, InputError, listed
from riskcore.measures import cvar
from riskcore.moments import sample_mean
from riskcore.numerics.tail import check_confidence, tail_weights
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["Budgets", "least_cvar", "most_active_return", "nearest_within", "position_risks"]

Floats = NDArray[np.float64]
KEPT = 1e-7
"""How far an answer may lie above a budget, relative to the scale of risk."""
DUST = 1e-9
RESIDUAL = "largest excess over a budget or a bound, relative to the CVaR of equal weights"


@dataclass(frozen=True)
class Budgets:
    """What the risk against the benchmark may be; None where there is no limit.

    Parameters
    ----------
    confidence
        c in (0.5, 1) of every CVaR here.
    active
        Most CVaR(TE), the loss against the benchmark on the worst 1 − c; not negative.
    total
        Most CVaR(PF).
    position
        Most CVaR of any active position by itself, |w_i − b_i| times the CVaR of being long or short the
        asset; positive. Its contribution to CVaR(TE) can then not be more.
    tracking_error
        Most standard deviation of the active return, per period; not negative.
    held
        The assets that may be held; all of them when omitted.

    Raises
    ------
    ConfidenceError
        The confidence is outside (0.5, 1).
    InputError
        A budget is negative or not a number.
    """

    confidence: float
    active: float | None = None
    total: float | None = None
    position: float | None = None
    tracking_error: float | None = None
    held: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a budget."""
        check_confidence(self.confidence)
        for name, least in (("active", 0.0), ("position", 0.0), ("tracking_error", 0.0), ("total", -np.inf)):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= least):
                words = name.replace("_", " ")
                raise InputError(f"The {words} budget is a number of at least 0, got {value}.", budget=value)


@dataclass(frozen=True, eq=False)
class _Task:
    """A problem in units of one risk: the CVaR of equal weights, or the volatility where that is none."""

    scenarios: Scenarios
    benchmark: Portfolio
    budgets: Budgets
    scale: float
    region: Region

    def tail(self, *, relative: bool, cap: float | None) -> Tail:
        """Return the CVaR of TE or of PF, with its cap."""
        weights = self.benchmark.aligned(self.scenarios.assets)
        return Tail(
            self.scenarios.returns / self.scale,
            self.scenarios.probabilities,
            self.budgets.confidence,
            weights if relative else np.zeros(weights.size),
            None if cap is None else cap / self.scale,
        )


def most_active_return(
    scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets, *, mean: pd.Series | None = None
) -> AllocationResult:
    """Return the weights with the highest expected active return within the budgets.

        max μ'(w − b)  s.t.  CVaR(TE) ≤ active, CVaR(PF) ≤ total, w ≥ 0, Σ w = 1

    Parameters
    ----------
    scenarios
        May be weighted; must hold the assets of the benchmark.
    benchmark
        One weight per asset of the scenarios; shorts, leverage and cash allowed.
    budgets
        At least one of its limits is needed for an answer other than the asset with the highest mean.
    mean
        Expected return per period by asset; the mean of the scenarios when omitted.

    Returns
    -------
    AllocationResult
        `residual` is the largest excess over a budget, relative to the CVaR of equal weights; at most 1e-7.

    Raises
    ------
    InfeasibleError
        No long-only weights keep the budgets; the message names the budget and the smallest that can be
        kept, `details["smallest"]` has it.
    AssetMismatchError, InputError
        Labels differ, or an asset that may be held is unknown.
    ConvergenceError
        The solver did not reach an answer that keeps the budgets.

    References
    ----------
    Rockafellar, Uryasev (2000), Optimization of conditional value-at-risk; Krokhmal, Palmquist, Uryasev
    (2002), Portfolio optimization with CVaR objective and constraints.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> found = most_active_return(s, Portfolio("BM", {"SPY": 0.6, "BND": 0.4}), Budgets(0.75, active=0.004))
    >>> found.weights.round(6).to_dict()
    {'SPY': 0.8, 'BND': 0.2}
    """
    began = perf_counter()
    task = _task(scenarios, benchmark, budgets)
    expected = _expected(scenarios, mean)
    goal = Objective(linear=-expected / _size(expected))
    return _answer(task, goal, "most_active_return", "The highest expected active return", began)


def nearest_within(
    scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets, *, start: Portfolio
) -> AllocationResult:
    """Return the weights nearest to `start` within the budgets: min Σ (w_i − start_i)².

    Parameters, result and refusals as in `most_active_return`; `start` has one weight per asset.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> bm, a = Portfolio("BM", {"SPY": 0.6, "BND": 0.4}), Portfolio("A", {"SPY": 0.7, "BND": 0.3})
    >>> nearest_within(s, bm, Budgets(0.75, active=0.001), start=a).weights.round(6).to_dict()
    {'SPY': 0.65, 'BND': 0.35}
    """
    began = perf_counter()
    task = _task(scenarios, benchmark, budgets)
    origin = start.aligned(scenarios.assets)
    # Σ w = 1 makes (I − start 1')w the difference from the start.
    goal = Objective(factor=np.eye(origin.size) - np.outer(origin, np.ones(origin.size)))
    return _answer(task, goal, "nearest_within", f"The weights nearest to {start.name}", began)


def least_cvar(
    scenarios: Scenarios,
    benchmark: Portfolio,
    budgets: Budgets,
    *,
    least_return: float,
    mean: pd.Series | None = None,
) -> AllocationResult:
    """Return the weights with the smallest CVaR(PF) that earn at least `least_return` within the budgets.

    `least_return` is the expected return per period of the portfolio itself. Other parameters, result and
    refusals as in `most_active_return`; a return no asset reaches is named.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> bm = Portfolio("BM", {"SPY": 0.6, "BND": 0.4})
    >>> least_cvar(s, bm, Budgets(0.75), least_return=0.005).weights.round(6).to_dict()
    {'SPY': 0.5, 'BND': 0.5}
    """
    began = perf_counter()
    task = _task(scenarios, benchmark, budgets)
    expected = _expected(scenarios, mean)
    may = task.region.upper > 0.0
    if least_return > float(expected[may].max()):
        raise InfeasibleError(
            f"A mean of {_percent(least_return)} per period is more than that of any asset; the highest is "
            f"{_percent(float(expected[may].max()))}.",
            highest=float(expected[may].max()),
        )
    size = _size(expected)
    goal = Objective(tail=task.tail(relative=False, cap=None), floor=(expected / size, least_return / size))
    words = f"The smallest CVaR(PF) with a mean of at least {_percent(least_return)} per period"
    return _answer(task, goal, "least_cvar", words, began)


def position_risks(
    scenarios: Scenarios, portfolio: Portfolio, benchmark: Portfolio, *, confidence: float
) -> pd.DataFrame:
    """Return every active position with its CVaR by itself and what it adds to CVaR(TE).

    Index = assets; columns active_weight, alone (CVaR of the position held by itself), contribution (they
    add up to CVaR(TE)). A contribution is never more than the position's own CVaR.

    Raises
    ------
    ConfidenceError, AssetMismatchError
        As in `active_risk`.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> pf, bm = Portfolio("A", {"SPY": 0.8, "BND": 0.2}), Portfolio("BM", {"SPY": 0.6, "BND": 0.4})
    >>> position_risks(s, pf, bm, confidence=0.75).round(6).loc["SPY"].to_dict()
    {'active_weight': 0.2, 'alone': 0.004, 'contribution': 0.004}
    """
    found = active_risk(scenarios, portfolio, benchmark, "cvar", confidence=confidence)
    bets = found.table["active_weight"]
    # A position without weight has no CVaR; −0.0 would read as a gain.
    alone = [
        cvar(scenarios.select([str(a)]), Portfolio("alone", {str(a): float(w)}), confidence=confidence).value
        if w
        else 0.0
        for a, w in bets.items()
    ]
    return pd.DataFrame({"active_weight": bets, "alone": alone, "contribution": found.table["tracking"]})


def _task(scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets) -> _Task:
    held = budgets.held if budgets.held is not None else scenarios.assets
    unknown = [a for a in held if a not in scenarios.assets]
    if unknown:
        raise InputError(f"No returns for {listed(unknown)}; only assets with returns can be held.")
    n = scenarios.size
    equal = -(scenarios.returns @ np.full(n, 1.0 / n))
    scale = float(np.abs(tail_weights(equal, scenarios.probabilities, budgets.confidence) @ equal))
    scale = scale if scale > 0.0 else float(np.abs(scenarios.returns).max()) or 1.0
    lower, upper = np.zeros(n), np.array([1.0 if a in held else 0.0 for a in scenarios.assets])
    base = benchmark.aligned(scenarios.assets)
    if budgets.position is not None:
        low, high = _position_bounds(scenarios, base, budgets.position, budgets.confidence)
        lower, upper = np.maximum(lower, low), np.minimum(upper, high)
        _refuse_bounds(scenarios, lower, upper, budgets.position)
    tracked = budgets.tracking_error is not None
    region = Region(
        lower,
        upper,
        np.empty((0, n)),
        np.empty(0),
        factor=_factor(scenarios) / scale if tracked else None,
        benchmark=base if tracked else None,
        tracking=float(budgets.tracking_error or 0.0) / scale if tracked else None,
    )
    return _Task(scenarios, benchmark, budgets, scale, region)


def _with_caps(task: _Task, *, active: bool = True, total: bool = True) -> Region:
    """Return the region with the CVaR caps asked for."""
    budgets, region = task.budgets, task.region
    caps = []
    if active and budgets.active is not None:
        caps.append(task.tail(relative=True, cap=budgets.active))
    if total and budgets.total is not None:
        caps.append(task.tail(relative=False, cap=budgets.total))
    return Region(
        region.lower,
        region.upper,
        region.rows,
        region.limits,
        factor=region.factor,
        benchmark=region.benchmark,
        tracking=region.tracking,
        tails=tuple(caps),
    )


def _answer(task: _Task, goal: Objective, method: str, words: str, began: float) -> AllocationResult:
    scenarios, budgets = task.scenarios, task.budgets
    try:
        found = solve_program(_with_caps(task), goal)
    except InfeasibleError as error:
        raise _explained(task, error) from error
    weights = np.clip(found.weights, task.region.lower, task.region.upper)
    # What an interior solver leaves of a weight at its bound is no position.
    weights[weights < DUST] = 0.0
    weights = weights / float(weights.sum())
    excess = _excess(task, weights)
    if excess > KEPT:
        raise ConvergenceError(
            f"The answer exceeds a budget by {excess:.1e} of the risk of equal weights; widen a budget."
        )
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method=method,
        label=words,
        solved=f"{words}, long only and fully invested, subject to {_in_words(budgets)}.",
        status="optimal",
        residual=excess,
        residual_name=RESIDUAL,
        iterations=found.rounds,
        seconds=perf_counter() - began,
    )


def _excess(task: _Task, weights: Floats) -> float:
    """Return by how much the worst of the limits is exceeded, in units of the scale."""
    budgets = task.budgets
    over = [0.0]
    for cap, relative in ((budgets.active, True), (budgets.total, False)):
        if cap is not None:
            over.append(task.tail(relative=relative, cap=cap).value(weights) - cap / task.scale)
    region = task.region
    if region.tracking is not None and region.factor is not None and region.benchmark is not None:
        over.append(float(np.linalg.norm(region.factor @ (weights - region.benchmark))) - region.tracking)
    over.append(float(np.maximum(weights - region.upper, region.lower - weights).max()))
    return max(over)


def _explained(task: _Task, error: InfeasibleError) -> InfeasibleError:
    """Return which budget cannot be kept and the smallest that can, one budget after the other."""
    budgets = task.budgets
    for name, cap, relative in (("CVaR(TE)", budgets.active, True), ("CVaR(PF)", budgets.total, False)):
        if cap is None:
            continue
        tail = task.tail(relative=relative, cap=None)
        try:
            found = solve_program(_with_caps(task, active=not relative, total=False), Objective(tail=tail))
        except InfeasibleError:
            return InfeasibleError(
                "The bounds on the positions and the tracking error leave no weights; raise one of them."
            )
        least = tail.value(found.weights) * task.scale
        if least > cap - KEPT * task.scale:
            beside = " that keeps the CVaR(TE) budget" if not relative and budgets.active is not None else ""
            return InfeasibleError(
                f"No long-only portfolio has {name} of {_percent(cap)} or less; the smallest{beside} is "
                f"{_percent_up(least)}. Raise this budget to at least that.",
                budget=name,
                smallest=least,
            )
    return error


def _position_bounds(
    scenarios: Scenarios, base: Floats, budget: float, confidence: float
) -> tuple[Floats, Floats]:
    """Return the weights at which a position by itself, long or short of the benchmark, has the budget."""
    low, high = np.full(base.size, -np.inf), np.full(base.size, np.inf)
    for i, asset in enumerate(scenarios.assets):
        one = scenarios.select([asset])
        long, short = (cvar(one, Portfolio(asset, {asset: s}), confidence=confidence).value for s in (1, -1))
        high[i] = base[i] + budget / long if long > 0.0 else np.inf
        low[i] = base[i] - budget / short if short > 0.0 else -np.inf
    return low, high


def _refuse_bounds(scenarios: Scenarios, lower: Floats, upper: Floats, budget: float) -> None:
    crossed = [a for a, lo, hi in zip(scenarios.assets, lower, upper, strict=True) if lo > hi]
    if crossed or lower.sum() > 1.0 or upper.sum() < 1.0:
        why = (
            f"{listed(crossed)} cannot be held near enough to the benchmark"
            if crossed
            else f"the weights it allows sum to {_percent(lower.sum())} at least and "
            f"{_percent(upper.sum())} at most"
        )
        raise InfeasibleError(
            f"With {_percent(budget)} CVaR for each active position, {why}; raise the budget per position."
        )


def _factor(scenarios: Scenarios) -> Floats:
    """Return F with F'F the covariance of the scenarios."""
    centred = scenarios.returns - scenarios.probabilities @ scenarios.returns
    triangle = np.linalg.qr(np.sqrt(scenarios.probabilities)[:, None] * centred)[1]
    whole = np.zeros((scenarios.size, scenarios.size))
    whole[: triangle.shape[0]] = triangle
    return whole


def _expected(scenarios: Scenarios, mean: pd.Series | None) -> Floats:
    if mean is None:
        return sample_mean(scenarios).to_numpy(dtype=np.float64)
    return Portfolio("mean", mean).aligned(scenarios.assets)


def _size(values: Floats) -> float:
    return float(np.abs(values).max()) or 1.0


def _percent(value: float) -> str:
    return f"{100.0 * float(value):.4g} %"


def _percent_up(value: float) -> str:
    """Return a percentage of four figures that is not below the value, so that it can be asked for."""
    digits = 3 - int(np.floor(np.log10(abs(100.0 * value)))) if value else 0
    return f"{np.ceil(100.0 * value * 10.0**digits) / 10.0**digits:.10g} %"


def _in_words(budgets: Budgets) -> str:
    level = f"{100.0 * budgets.confidence:.4g} %"
    parts = [
        f"{name} ≤ {_percent(value)}"
        for name, value in (
            (f"CVaR {level} of TE", budgets.active),
            (f"CVaR {level} of PF", budgets.total),
            (f"CVaR {level} of each active position", budgets.position),
            ("tracking error", budgets.tracking_error),
        )
        if value is not None
    ]
    return listed(parts, most=9) or "no budget"
