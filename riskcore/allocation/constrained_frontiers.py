"""Frontiers under any constraints, and the highest mean under a cap on CVaR."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.certificate import mean_gap, relative_gap
from riskcore.allocation.constrained_task import SOLVER, objective_of, solved, task_of
from riskcore.allocation.constraint_words import binding, in_words
from riskcore.allocation.constraints import Constraints
from riskcore.allocation.solver import Objective, Region
from riskcore.errors import InputError
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.results.frontier import FrontierResult
from riskcore.scenarios import Scenarios

__all__ = ["constrained_frontier", "constrained_maximum_mean"]

Floats = NDArray[np.float64]


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
    task = task_of(scenarios, capped, mean, covariance)
    objective = Objective(linear=-task.mean, charge=1.0)
    answer, weights = solved(task, objective)
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method="maximum_mean",
        label="Maximum return under a CVaR cap",
        solved=(
            f"The highest mean with a CVaR {100 * level:.4g} % of at most {cap:.4g} per period, fully "
            f"invested, under {in_words(constraints, task)}."
        ),
        status="optimal",
        residual=mean_gap(task.region, task.mean, answer, weights),
        residual_name="mean another portfolio could have above it, relative to the average volatility",
        iterations=answer.rounds,
        seconds=perf_counter() - began,
        solver=SOLVER,
        binding=binding(task, weights),
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

    From the smallest risk to the highest mean (under a tracking error or a cap on CVaR to 1e-4 of the range
    below it); one point where they are the same portfolio.

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
    task = task_of(scenarios, constraints, mean, covariance)
    level = check_confidence(confidence) if measure == "cvar" else None
    risk = objective_of("minimum_cvar" if measure == "cvar" else "minimum_variance", task, confidence, 0.0)
    least, low = solved(task, risk)
    top = solved(task, Objective(linear=-task.mean, charge=1.0))[1]
    net = [float(task.mean @ w) - task.region.cost(w) for w in (low, top)]
    rows, residual, rounds = [low], relative_gap(task.region, risk, least, low), least.rounds
    apart = net[1] - net[0] > 1e-7 * max(1.0, float(np.abs(task.mean).max()))
    highest = net[1] - _short_of_the_highest(task.region, net)
    for target in np.linspace(net[0], net[1], points)[1:] if apart else ():
        asked = replace(risk, floor=(task.mean, min(float(target), highest)))
        # The tail changes along the frontier as it did from the point before to the last.
        near = rows[-1] if len(rows) == 1 else 2.0 * rows[-1] - rows[-2]
        answer, weights = solved(task, asked, near)
        residual = max(residual, relative_gap(task.region, asked, answer, weights))
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
        solved=f"The smallest {what} at every mean, fully invested, under {in_words(constraints, task)}.",
        status="optimal",
        residual=residual,
        residual_name="distance to a bound no portfolio under the constraints can beat, relative to the risk",
        iterations=rounds,
        seconds=perf_counter() - began,
        confidence=level,
        solver=SOLVER,
    )


def _short_of_the_highest(region: Region, net: list[float]) -> float:
    """Return how far below the highest mean the last point is, so that there is room for it.

    Rounding must not leave it out of reach. Where the region is curved, the portfolios close to the highest
    mean differ by the root of the distance in mean, which no solver resolves at the very end.
    """
    curved = region.tracking is not None or bool(region.tails)
    return 1e-4 * (net[1] - net[0]) if curved else 1e-9 * max(1.0, abs(net[1]))


def _value(objective: Objective, weights: Floats) -> float:
    """Return the risk that is minimised, before costs, in units of the common risk."""
    if objective.tail is not None:
        return objective.tail.value(weights)
    assert objective.factor is not None
    return float(np.linalg.norm(objective.factor @ weights))
