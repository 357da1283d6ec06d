"""Allocators under any constraints: the fast algorithms where they can, convex programs elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.conflicts import find_conflict
from riskcore.allocation.constraints import KEPT, Constraints, Limit, limits_of, region_of
from riskcore.allocation.inputs import Moments, moments, refuse_flat
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.allocation.risk_budgets import holdings
from riskcore.allocation.solver import HUGE, Answer, Objective, Region, Tail, solve_program, support
from riskcore.errors import ConvergenceError, InfeasibleError, InputError, listed
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.results.frontier import FrontierResult
from riskcore.scenarios import Scenarios

__all__ = [
    "CONSTRAINED",
    "constrained",
    "constrained_frontier",
    "constrained_maximum_mean",
    "missed",
    "named",
]

Floats = NDArray[np.float64]
ACCEPTED = 1e-6
RISKLESS = 1e-12
TOUCHED = 1e-6
"""How close to its limit a constraint counts as binding, as a share of the value or of the common risk."""
SOLVER = "CLARABEL"

CONSTRAINED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "minimum_variance": ("Minimum variance", "The smallest volatility"),
        "maximum_sharpe": (
            "Maximum Sharpe ratio",
            "The largest mean over the risk-free rate per unit of volatility",
        ),
        "minimum_cvar": ("Minimum CVaR", "The smallest CVaR"),
        "maximum_diversification": (
            "Maximum diversification",
            "The largest average volatility of the parts over that of the whole",
        ),
    }
)
"""Allocators that can be held to any constraints: label, and what they look for."""


@dataclass(frozen=True, eq=False)
class _Task:
    """What a constrained problem is about, in units of the common risk."""

    scenarios: Scenarios
    constraints: Constraints
    used: Moments
    region: Region
    unit: float
    limits: list[Limit]

    @property
    def mean(self) -> Floats:
        found: Floats = self.used.mean / self.unit
        return found


def constrained(
    key: str,
    scenarios: Scenarios,
    constraints: Constraints,
    *,
    confidence: float | None = None,
    risk_free: float = 0.0,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the weights of an allocator that keep all constraints.

    Bounds alone go to the exact algorithms where those take them. The rest is a convex program; ratios are
    solved for positive multiples y of the weights, at a gain of 1 (Charnes and Cooper). Costs lower the mean
    and raise CVaR; volatility does not see them.

    Parameters
    ----------
    key
        One of `CONSTRAINED`.
    scenarios
        May be weighted with the sample moments.
    constraints
        Of the weights, besides Σ w = 1.
    confidence
        c in (0.5, 1), for "minimum_cvar".
    risk_free
        Per period, for "maximum_sharpe".
    mean, covariance
        As for `mean_variance.maximum_sharpe`; the covariance serves the tracking error as well.

    Returns
    -------
    AllocationResult
        `residual` is the distance to a bound that no portfolio under the constraints can beat, relative to
        the risk; at most 1e-6. `binding` names the constraints that hold the weights.

    Raises
    ------
    InputError, AssetMismatchError, ConfidenceError
        Something given cannot be used, or the allocator takes no constraints.
    InfeasibleError
        No portfolio keeps the constraints: which conflict and the nearest that can be kept
        (`details["conflict"]`); or the optimum does not exist.
    ConvergenceError
        The optimum could not be verified.

    References
    ----------
    Rockafellar, Uryasev (2000); Charnes, Cooper (1962); Krokhmal, Palmquist, Uryasev (2002).

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> s = Scenarios(rows, ("SPY", "BND"), 252)
    >>> found = constrained("minimum_variance", s, Constraints(upper={"SPY": 1.0, "BND": 0.6}))
    >>> found.weights.round(6).to_dict(), found.binding
    ({'SPY': 0.4, 'BND': 0.6}, ('BND ≤ 60 %',))
    """
    began = perf_counter()
    if key not in CONSTRAINED:
        raise InputError(f"{key} takes no constraints; those that do are {listed(CONSTRAINED)}.", key=key)
    task = _task(scenarios, constraints, mean, covariance)
    if constraints.only_bounds:
        fast = _fast(key, task, confidence, risk_free, covariance)
        if fast is not None:
            return replace(fast, binding=_binding(task, fast.weights.to_numpy()))
    objective = _objective(key, task, confidence, risk_free)
    answer, weights = _solved(task, objective)
    residual = _gap(task.region, objective, answer, weights)
    label, goal = CONSTRAINED[key]
    level = check_confidence(confidence) if key == "minimum_cvar" else None
    estimated = f" {100 * level:.4g} %" if level is not None else f" on {task.used.source}"
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method=key,
        label=label,
        solved=f"{goal}{estimated}, fully invested, under {_count(constraints, task)}.",
        status="optimal",
        residual=residual,
        residual_name="distance to a bound no portfolio under the constraints can beat, relative to the risk",
        iterations=answer.rounds,
        seconds=perf_counter() - began,
        solver=SOLVER,
        binding=_binding(task, weights),
    )


def constrained_maximum_mean(
    scenarios: Scenarios,
    constraints: Constraints,
    *,
    confidence: float,
    cap: float,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the weights with the highest mean net of costs among those that keep CVaR ≤ cap and constraints.

    Parameters, errors
        As for `constrained` and `frontiers.maximum_mean`.

    Returns
    -------
    AllocationResult
        `residual` is how much higher the mean of another portfolio could be by a certified bound, relative
        to the average volatility of the assets.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]]), ("SPY", "BND"), 252)
    >>> found = constrained_maximum_mean(s, Constraints(upper=0.7), confidence=0.9, cap=0.01)
    >>> found.weights.round(6).to_dict(), found.binding
    ({'SPY': 0.5, 'BND': 0.5}, ('CVaR 90 % ≤ 1 % per period',))
    """
    began = perf_counter()
    level = check_confidence(confidence)
    if not np.isfinite(cap):
        raise InputError(f"The cap on CVaR is a finite number, a loss per period such as 0.02; got {cap}.")
    if constraints.cvar is not None and constraints.confidence == level:
        cap = min(cap, constraints.cvar)
    elif constraints.cvar is not None:
        raise InputError(
            "The constraints cap CVaR at another confidence; use one confidence, or leave their cap out."
        )
    capped = replace(constraints, cvar=cap, confidence=level)
    task = _task(scenarios, capped, mean, covariance)
    objective = Objective(linear=-task.mean, charge=1.0)
    answer, weights = _solved(task, objective)
    price, q = answer.caps[0]
    rest = replace(task.region, tails=task.region.tails[1:])
    tail = task.region.tails[0]
    bound = support(rest, -task.mean - price * (tail.returns.T @ q), 1.0 + price) - price * float(
        tail.cap or 0
    )
    reached = -float(task.mean @ weights) + task.region.cost(weights)
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method="maximum_mean",
        label="Maximum return under a CVaR cap",
        solved=(
            f"The highest mean with a CVaR {100 * level:.4g} % of at most {cap:.4g} per period, fully "
            f"invested, under {_count(constraints, task)}."
        ),
        status="optimal",
        residual=_accepted(max(0.0, reached - bound)),
        residual_name="mean another portfolio could have above it, relative to the average volatility",
        iterations=answer.rounds,
        seconds=perf_counter() - began,
        solver=SOLVER,
        binding=_binding(task, weights),
    )


def constrained_frontier(
    measure: str,
    scenarios: Scenarios,
    constraints: Constraints,
    *,
    points: int,
    confidence: float | None = None,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> FrontierResult:
    """Return portfolios of smallest risk at evenly spaced means net of costs that keep all constraints.

    From the smallest risk to the highest mean; one point where they are the same portfolio.

    Parameters
    ----------
    measure
        "volatility" or "cvar".
    scenarios, constraints, confidence, mean, covariance
        As for `constrained`.
    points
        At least 2.

    Returns
    -------
    FrontierResult
        `mean` and CVaR are net of costs; `residual` as for `constrained`.

    Raises
    ------
    InputError, InfeasibleError, ConvergenceError
        As for `constrained`.

    Examples
    --------
    >>> rows = np.array([[0.03, 0.02], [-0.01, 0.0], [0.03, 0.0], [-0.01, 0.02]])
    >>> s = Scenarios(rows, ("SPY", "BND"), 252)
    >>> given = pd.Series({"SPY": 0.02, "BND": 0.01})
    >>> found = constrained_frontier("volatility", s, Constraints(gross=1.0, upper=0.9), points=2, mean=given)
    >>> found.weights.round(6).to_numpy().tolist()
    [[0.2, 0.8], [0.9, 0.1]]
    """
    began = perf_counter()
    if measure not in ("volatility", "cvar"):
        raise InputError(f"A frontier is drawn for volatility or CVaR; got {measure!r}.")
    if not isinstance(points, int | np.integer) or points < 2:
        raise InputError(f"A frontier needs at least 2 points, a whole number; got {points}.")
    task = _task(scenarios, constraints, mean, covariance)
    level = check_confidence(confidence) if measure == "cvar" else None
    risk = _objective("minimum_cvar" if measure == "cvar" else "minimum_variance", task, confidence, 0.0)
    least, low = _solved(task, risk)
    top = _solved(task, Objective(linear=-task.mean, charge=1.0))[1]
    net = [float(task.mean @ w) - task.region.cost(w) for w in (low, top)]
    rows, residual, rounds = [low], _gap(task.region, risk, least, low), least.rounds
    apart = net[1] - net[0] > 1e-7 * max(1.0, float(np.abs(task.mean).max()))
    for target in np.linspace(net[0], net[1], points)[1:] if apart else ():
        # Just below the highest mean, so that rounding does not leave it out of reach.
        floor = min(float(target), net[1] - 1e-9 * max(1.0, abs(net[1])))
        asked = replace(risk, floor=(task.mean, floor))
        answer, weights = _solved(task, asked, rows[-1])
        residual = max(residual, _gap(task.region, asked, answer, weights))
        rows.append(weights)
        rounds += answer.rounds
    table = np.array(rows)
    paid = np.array([task.region.cost(w) for w in table])
    values = np.array([_value(risk, w) for w in table]) + (paid if level is not None else 0.0)
    what = f"CVaR {100 * level:.4g} %" if level is not None else "volatility"
    return FrontierResult(
        weights=pd.DataFrame(table, columns=list(scenarios.assets)),
        mean=table @ task.used.mean - task.unit * paid,
        risk=task.unit * values,
        measure=measure,
        label=f"Mean–{'CVaR' if level is not None else 'variance'} frontier",
        solved=f"The smallest {what} at every mean, fully invested, under {_count(constraints, task)}.",
        status="optimal",
        residual=residual,
        residual_name="distance to a bound no portfolio under the constraints can beat, relative to the risk",
        iterations=rounds,
        seconds=perf_counter() - began,
        confidence=level,
        solver=SOLVER,
    )


def named(
    scenarios: Scenarios, constraints: Constraints, *, covariance: str | pd.DataFrame = "sample"
) -> tuple[str, ...]:
    """Return the constraints in words, without bounds per asset that follow from long-only or short limits.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> named(s, Constraints(upper={"SPY": 0.6, "BND": 1.0}, gross=1.2))
    ('gross exposure ≤ 120 %', 'SPY ≤ 60 %')
    """
    task = _task(scenarios, constraints, None, covariance)
    least, most = float(task.region.lower.min()), float(task.region.upper.max())
    found = [
        x.name
        for x in task.limits
        if x.asset is None or not (x.limit == min(least, 0.0) if x.sign < 0 else x.limit == max(most, 1.0))
    ]
    return (*found, *(["costs of trading"] if constraints.has_costs else []))


def missed(
    scenarios: Scenarios,
    constraints: Constraints,
    weights: pd.Series,
    *,
    covariance: str | pd.DataFrame = "sample",
) -> tuple[str, ...]:
    """Return the constraints that weights do not keep, in words.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> missed(s, Constraints(upper=0.6), pd.Series({"BND": 0.3, "SPY": 0.7}))
    ('SPY ≤ 60 %',)
    """
    task = _task(scenarios, constraints, None, covariance)
    held = weights.reindex(list(scenarios.assets)).to_numpy(dtype=np.float64)
    return tuple(limit.name for limit in task.limits if limit.excess(held) > TOUCHED)


def _task(
    scenarios: Scenarios, constraints: Constraints, mean: pd.Series | None, covariance: str | pd.DataFrame
) -> _Task:
    used = moments(scenarios, mean=mean, covariance=covariance)
    region, unit = region_of(scenarios, constraints, used.covariance)
    return _Task(scenarios, constraints, used, region, unit, limits_of(scenarios, constraints, region, unit))


def _fast(
    key: str, task: _Task, confidence: float | None, risk_free: float, covariance: str | pd.DataFrame
) -> AllocationResult | None:
    """Return the answer of the exact algorithms, None where bounds are beyond them."""
    region, data = task.region, task.scenarios
    room = float(region.lower.sum()) <= 1.0 <= float(region.upper.sum())
    if not room or (region.lower > region.upper).any():
        raise find_conflict(region, task.limits).error()
    wide = not region.lower.any() and bool((region.upper >= 1.0).all())
    lower = {a: float(v) for a, v in zip(data.assets, region.lower, strict=True)}
    upper = {a: float(v) for a, v in zip(data.assets, region.upper, strict=True)}
    mixed = not np.isfinite([*lower.values(), *upper.values()]).all()
    if key == "minimum_variance" and not mixed:
        return minimum_variance(data, lower=lower, upper=upper, covariance=covariance)
    if key == "maximum_sharpe" and not mixed:
        mean = pd.Series(task.used.mean, index=list(data.assets))
        return maximum_sharpe(
            data, risk_free=risk_free, lower=lower, upper=upper, mean=mean, covariance=covariance
        )
    if key == "minimum_cvar" and wide:
        return minimum_cvar(data, confidence=check_confidence(confidence))
    if key == "maximum_diversification" and wide:
        return maximum_diversification(data, covariance=covariance)
    return None


def _objective(key: str, task: _Task, confidence: float | None, risk_free: float) -> Objective:
    n, unit, data = task.scenarios.size, task.unit, task.scenarios
    if key == "minimum_cvar":
        level = check_confidence(confidence)
        return Objective(tail=Tail(data.returns / unit, data.probabilities, level, np.zeros(n)), charge=1.0)
    if key == "minimum_variance":
        return Objective(factor=task.region.factor)
    if key == "maximum_sharpe":
        return Objective(factor=task.region.factor, gain=(task.used.mean - risk_free) / unit, charge=1.0)
    variance = np.diag(task.used.covariance)
    refuse_flat(data, variance)
    return Objective(factor=task.region.factor, gain=np.sqrt(variance) / unit)


def _solved(task: _Task, objective: Objective, near: Floats | None = None) -> tuple[Answer, Floats]:
    """Return the answer and its weights, checked; an empty region is explained."""
    region = task.region
    try:
        answer = solve_program(region, objective, near=near)
    except InfeasibleError:
        _refuse_no_gain(task, objective)
        raise find_conflict(task.region, task.limits).error() from None
    weights = _tidied(region, answer.weights)
    if (np.abs(weights) >= 0.99 * HUGE).any():
        raise InfeasibleError(
            "There is no optimum: nothing limits how much is sold short to buy more of another asset. Set "
            "minima, a limit on short positions, or on gross exposure."
        )
    worst = max((limit.excess(weights) for limit in task.limits), default=0.0)
    if worst > KEPT or abs(float(weights.sum()) - 1.0) > KEPT:
        raise ConvergenceError(
            f"The solver's weights miss a constraint by {worst:.1e}; widen or drop a constraint.",
            excess=worst,
        )
    if objective.gain is not None:
        _refuse_riskless(task, weights)
    return answer, weights


def _tidied(region: Region, weights: Floats) -> Floats:
    """Return the weights with the solver's rounding taken off their minima and off their sum."""
    near = np.isfinite(region.lower) & (np.abs(weights - region.lower) <= 1e-9)
    tidy = np.where(near, region.lower, weights)
    inside = (tidy > region.lower + 1e-6) & (tidy < region.upper - 1e-6)
    rest = 1.0 - float(tidy.sum())
    if inside.any() and abs(rest) <= KEPT:
        tidy[inside] += rest / int(inside.sum())
    return tidy


def _refuse_no_gain(task: _Task, objective: Objective) -> None:
    """Say so where there are portfolios, but none gains anything."""
    if objective.gain is None:
        return
    try:
        best = solve_program(task.region, Objective(linear=-objective.gain, charge=1.0)).weights
    except InfeasibleError:
        return
    raise InfeasibleError(
        "No portfolio under the constraints earns more than the risk-free rate after costs: the best, "
        f"{holdings(task.scenarios, best)}, has a mean of {float(task.used.mean @ best):.4g} per period. "
        "Lower the rate or the costs, or use minimum variance.",
        weights=pd.Series(best, index=list(task.scenarios.assets)),
    )


def _refuse_riskless(task: _Task, weights: Floats) -> None:
    if float(weights @ task.used.covariance @ weights) <= RISKLESS * task.unit**2:
        raise InfeasibleError(
            f"The ratio has no maximum: the portfolio {holdings(task.scenarios, weights)} has no volatility. "
            "Leave one of its assets out, or use a shrunk covariance.",
            weights=pd.Series(weights, index=list(task.scenarios.assets)),
        )


def _value(objective: Objective, weights: Floats) -> float:
    """Return the risk that is minimised, before costs, in units of the common risk."""
    if objective.tail is not None:
        return objective.tail.value(weights)
    assert objective.factor is not None
    return float(np.linalg.norm(objective.factor @ weights))


def _gap(region: Region, objective: Objective, answer: Answer, weights: Floats) -> float:
    """Return the certified relative distance to the optimum.

    For any v that keeps the constraints, with ν the price of the mean m asked for and q the scenarios'
    weights, risk(v) is at least a function of v that is linear but for costs; its minimum is the bound.
    """
    price = answer.floor
    mean, target = objective.floor if objective.floor is not None else (np.zeros(region.size), 0.0)
    if objective.tail is not None and answer.tail is not None:
        slope = -(objective.tail.returns.T @ answer.tail)
        bound = price * target + support(region, slope - price * mean, 1.0 + price)
        reached = objective.tail.value(weights) + region.cost(weights)
        size = float(answer.tail @ np.abs(objective.tail.losses(weights)))
        return _accepted(max(0.0, reached - bound) / size)
    assert objective.factor is not None
    pull = objective.factor.T @ (objective.factor @ weights)
    variance = float(weights @ pull)
    if objective.gain is None:
        slope = 2.0 * pull
        bound = variance - 2.0 * variance + price * target + support(region, slope - price * mean, price)
        return _accepted(max(0.0, variance - bound) / max(variance, 1e-6))
    charge = 1.0 if objective.charge else 0.0
    ratio = variance / (float(objective.gain @ weights) - charge * region.cost(weights))
    least = support(region, pull - ratio * objective.gain, charge * ratio)
    return _accepted(max(0.0, -least) / variance)


def _accepted(gap: float) -> float:
    if not gap <= ACCEPTED:
        raise ConvergenceError(
            f"The optimum under the constraints could be verified only to {gap:.1e}, not to {ACCEPTED:.0e}; "
            "widen or drop a constraint.",
            residual=gap,
        )
    return gap


def _binding(task: _Task, weights: Floats) -> tuple[str, ...]:
    return tuple(
        limit.name
        for limit in task.limits
        if abs(limit.excess(weights)) <= TOUCHED and not (limit.asset is not None and limit.limit == 0.0)
    )


def _count(constraints: Constraints, task: _Task) -> str:
    """Return the constraints in words, the bounds of single assets last."""
    named = [limit.name for limit in task.limits if limit.asset is None]
    if constraints.has_costs:
        named.append("costs of trading")
    region = task.region
    if np.isinf(region.lower).all() and np.isinf(region.upper).all():
        box = "no bounds per asset"
    elif np.ptp(region.lower) == 0.0 and np.ptp(region.upper) == 0.0:
        box = f"weights from {100 * region.lower[0]:.4g} % to {100 * region.upper[0]:.4g} %"
    else:
        box = "bounds per asset"
    return ", ".join([*named, box])
