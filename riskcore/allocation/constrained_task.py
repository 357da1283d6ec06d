"""A problem under constraints, put into units of one common risk, and its checked weights."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.conflicts import find_conflict
from riskcore.allocation.constraints import KEPT, Constraints, Limit, limits_of, region_of
from riskcore.allocation.inputs import Moments, moments, refuse_flat
from riskcore.allocation.risk_budgets import holdings
from riskcore.allocation.solver import HUGE, Answer, Objective, Region, Tail, solve_program
from riskcore.errors import ConvergenceError, InfeasibleError
from riskcore.numerics.tail import check_confidence
from riskcore.scenarios import Scenarios

__all__ = ["SOLVER", "Task", "objective_of", "solved", "task_of"]

Floats = NDArray[np.float64]
RISKLESS = 1e-12
SOLVER = "CLARABEL"


@dataclass(frozen=True, eq=False)
class Task:
    """What a constrained problem is about, in units of the common risk."""

    scenarios: Scenarios
    constraints: Constraints
    used: Moments
    region: Region
    unit: float
    limits: list[Limit]

    @property
    def mean(self) -> Floats:
        """Expected returns per period, in units of the common risk."""
        found: Floats = self.used.mean / self.unit
        return found


def task_of(
    scenarios: Scenarios, constraints: Constraints, mean: pd.Series | None, covariance: str | pd.DataFrame
) -> Task:
    """Return moments, region and limits in units of the common risk."""
    used = moments(scenarios, mean=mean, covariance=covariance)
    region, unit = region_of(scenarios, constraints, used.covariance)
    return Task(scenarios, constraints, used, region, unit, limits_of(scenarios, constraints, region, unit))


def objective_of(key: str, task: Task, confidence: float | None, risk_free: float) -> Objective:
    """Return what an allocator of `constrained.CONSTRAINED` minimises."""
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


def solved(task: Task, objective: Objective, near: Floats | None = None) -> tuple[Answer, Floats]:
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


def _refuse_no_gain(task: Task, objective: Objective) -> None:
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


def _refuse_riskless(task: Task, weights: Floats) -> None:
    if float(weights @ task.used.covariance @ weights) <= RISKLESS * task.unit**2:
        raise InfeasibleError(
            f"The ratio has no maximum: the portfolio {holdings(task.scenarios, weights)} has no volatility. "
            "Leave one of its assets out, or use a shrunk covariance.",
            weights=pd.Series(weights, index=list(task.scenarios.assets)),
        )
