"""The convex program behind weights within CVaR budgets: its region, its answer, and what proves it."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.solver import Answer, Objective, Region, Tail, solve_program
from riskcore.errors import ConvergenceError, InfeasibleError, InputError, listed
from riskcore.measures import cvar
from riskcore.numerics.tail import check_confidence, tail_weights
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["Budgets", "Task", "gap", "in_percent", "solve_within", "task_of"]

Floats = NDArray[np.float64]
KEPT = 1e-7
"""How far an answer may lie above a budget, relative to the scale of risk."""
DUST = 1e-9
TRIES = 3
GAP = 1e-5
RESIDUAL = "largest excess over a budget, and gap to a certified bound of the goal, in the scale solved in"


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
class Task:
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

    def capped(self, *, active: bool = True, total: bool = True, tighter: float = 0.0) -> Region:
        """Return the region with the CVaR caps asked for, all of them and the tracking error `tighter`."""
        budgets, region = self.budgets, self.region
        caps = []
        if active and budgets.active is not None:
            caps.append(self.tail(relative=True, cap=budgets.active))
        if total and budgets.total is not None:
            caps.append(self.tail(relative=False, cap=budgets.total))
        tracking = None if region.tracking is None else max(region.tracking - tighter, 0.0)
        tails = tuple(replace(cap, cap=float(cap.cap or 0.0) - tighter) for cap in caps)
        return replace(region, tracking=tracking, tails=tails)


def task_of(scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets) -> Task:
    """Return the problem in units of one risk.

    Raises
    ------
    InputError
        An asset that may be held has no returns.
    InfeasibleError
        The budget per position leaves no weights.
    """
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
    return Task(scenarios, benchmark, budgets, scale, region)


def solve_within(task: Task, goal: Objective, method: str, words: str, began: float) -> AllocationResult:
    """Return the weights that reach the goal within the budgets, checked and proved.

    Raises
    ------
    InfeasibleError
        No weights keep the budgets: which one, and the smallest that can be kept.
    ConvergenceError
        The answer does not keep the budgets, or is not proved to be best.
    """
    scenarios, budgets = task.scenarios, task.budgets
    tighter = 0.0
    for _ in range(TRIES):
        try:
            found = solve_program(task.capped(tighter=tighter), goal)
        except InfeasibleError as error:
            raise _explained(task, error) from error
        weights = np.clip(found.weights, task.region.lower, task.region.upper)
        # What an interior solver leaves of a weight at its bound is no position.
        weights[weights < DUST] = 0.0
        weights = weights / float(weights.sum())
        excess = _excess(task, weights)
        if excess <= KEPT:
            break
        tighter += 1.5 * excess  # the solver's own inaccuracy, which a budget does not allow for
    else:
        raise ConvergenceError(
            f"The answer exceeds a budget by {excess:.1e} of the risk of equal weights; widen a budget."
        )
    short = gap(task, goal, found, weights)
    if short > GAP:
        raise ConvergenceError(
            f"The answer lies {short:.1e} above the bound that proves it, in the scale it was solved in; "
            "widen a budget."
        )
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method=method,
        label=words,
        solved=f"{words}, long only and fully invested, subject to {_in_words(budgets)}.",
        status="optimal",
        residual=max(excess, short),
        residual_name=RESIDUAL,
        iterations=found.rounds,
        seconds=perf_counter() - began,
    )


def gap(task: Task, goal: Objective, found: Answer, weights: Floats) -> float:
    """Return how far the goal lies above its certified bound, 0 where none is known.

    For weights within the budgets, goal(w) ≥ goal(w*) + g'(w − w*) with the gradient g, and every
    price × (Σ q l − budget) and price × (asked − mean) is at most 0. Their sum is linear in w, so its minimum
    over the bounds and Σ w = 1 is a bound of the goal.
    """
    if task.region.tracking is not None:
        return 0.0
    region, returns = task.capped(), task.scenarios.returns / task.scale
    if goal.linear is not None:
        value, slope = float(goal.linear @ weights), goal.linear
    elif goal.factor is not None:
        moved = goal.factor @ weights
        value, slope = float(moved @ moved), 2.0 * goal.factor.T @ moved
    else:
        value, slope = _tail_slope(goal, found, weights, returns)
    fixed = value - float(slope @ weights) if goal.tail is None else 0.0
    for (price, q), tail in zip(found.caps, region.tails, strict=True):
        slope = slope - price * (q @ returns)
        fixed += price * (float(q @ returns @ tail.benchmark) - float(tail.cap or 0.0))
    if goal.floor is not None:
        slope = slope - found.floor * goal.floor[0]
        fixed += found.floor * goal.floor[1]
    return value - (fixed + _least(slope, region.lower, region.upper))


def _tail_slope(goal: Objective, found: Answer, weights: Floats, returns: Floats) -> tuple[float, Floats]:
    """Return the CVaR that is minimised, and its slope under the scenario weights that prove it."""
    if goal.tail is None or found.tail is None:
        raise ConvergenceError("The solver did not say which scenarios make the tail; widen a budget.")
    return goal.tail.value(weights), -(found.tail @ returns)


def _least(slope: Floats, lower: Floats, upper: Floats) -> float:
    """Return min slope'w over lower ≤ w ≤ upper, Σ w = 1: the cheapest first."""
    weights, left = lower.copy(), 1.0 - float(lower.sum())
    for i in np.argsort(slope, kind="stable"):
        more = min(left, float(upper[i] - lower[i]))
        weights[i] += more
        left -= more
    return float(slope @ weights)


def _excess(task: Task, weights: Floats) -> float:
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


def _explained(task: Task, error: InfeasibleError) -> InfeasibleError:
    """Return which budget cannot be kept and the smallest that can, one budget after the other."""
    budgets = task.budgets
    for name, cap, relative in (("CVaR(TE)", budgets.active, True), ("CVaR(PF)", budgets.total, False)):
        if cap is None:
            continue
        tail = task.tail(relative=relative, cap=None)
        try:
            found = solve_program(task.capped(active=not relative, total=False), Objective(tail=tail))
        except InfeasibleError:
            return InfeasibleError(
                "The bounds on the positions and the tracking error leave no weights; raise one of them."
            )
        least = tail.value(found.weights) * task.scale
        if least > cap - KEPT * task.scale:
            beside = " that keeps the CVaR(TE) budget" if not relative and budgets.active is not None else ""
            return InfeasibleError(
                f"No long-only portfolio has {name} of {in_percent(cap)} or less; the smallest{beside} is "
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
            else f"the weights it allows sum to {in_percent(lower.sum())} at least and "
            f"{in_percent(upper.sum())} at most"
        )
        raise InfeasibleError(
            f"With {in_percent(budget)} CVaR for each active position, {why}; raise the budget per position."
        )


def _factor(scenarios: Scenarios) -> Floats:
    """Return F with F'F the covariance of the scenarios."""
    centred = scenarios.returns - scenarios.probabilities @ scenarios.returns
    triangle = np.linalg.qr(np.sqrt(scenarios.probabilities)[:, None] * centred)[1]
    whole = np.zeros((scenarios.size, scenarios.size))
    whole[: triangle.shape[0]] = triangle
    return whole


def in_percent(value: float) -> str:
    """Return a fraction as a percentage of four figures.

    Examples
    --------
    >>> in_percent(0.0069286)
    '0.6929 %'
    """
    return f"{100.0 * float(value):.4g} %"


def _percent_up(value: float) -> str:
    """Return a percentage of four figures that is not below the value, so that it can be asked for."""
    digits = 3 - int(np.floor(np.log10(abs(100.0 * value)))) if value else 0
    return f"{np.ceil(100.0 * value * 10.0**digits) / 10.0**digits:.10g} %"


def _in_words(budgets: Budgets) -> str:
    level = f"{100.0 * budgets.confidence:.4g} %"
    parts = [
        f"{name} ≤ {in_percent(value)}"
        for name, value in (
            (f"CVaR {level} of TE", budgets.active),
            (f"CVaR {level} of PF", budgets.total),
            (f"CVaR {level} of each active position", budgets.position),
            ("tracking error", budgets.tracking_error),
        )
        if value is not None
    ]
    return listed(parts, most=9) or "no budget"
