"""Constraints in words: all of them, those that hold the weights, and those that weights do not keep."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.constrained_task import Task, task_of
from riskcore.allocation.constraints import Constraints
from riskcore.scenarios import Scenarios

__all__ = ["binding", "in_words", "missed", "named"]

Floats = NDArray[np.float64]
TOUCHED = 1e-6
"""How close to its limit a constraint counts as binding, as a share of the value or of the common risk."""


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
    task = task_of(scenarios, constraints, None, covariance)
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
    task = task_of(scenarios, constraints, None, covariance)
    held = weights.reindex(list(scenarios.assets)).to_numpy(dtype=np.float64)
    return tuple(limit.name for limit in task.limits if limit.excess(held) > TOUCHED)


def binding(task: Task, weights: Floats) -> tuple[str, ...]:
    """Return the constraints that hold the weights; a bound of 0 on an asset says little and is left out."""
    return tuple(
        limit.name
        for limit in task.limits
        if abs(limit.excess(weights)) <= TOUCHED and not (limit.asset is not None and limit.limit == 0.0)
    )


def in_words(constraints: Constraints, task: Task) -> str:
    """Return the constraints in words, the bounds of single assets last."""
    parts = [limit.name for limit in task.limits if limit.asset is None]
    if constraints.has_costs:
        parts.append("costs of trading")
    region = task.region
    if np.isinf(region.lower).all() and np.isinf(region.upper).all():
        box = "no bounds per asset"
    elif np.ptp(region.lower) == 0.0 and np.ptp(region.upper) == 0.0:
        box = f"weights from {100 * region.lower[0]:.4g} % to {100 * region.upper[0]:.4g} %"
    else:
        box = "bounds per asset"
    return ", ".join([*parts, box])
