"""Allocators under any constraints: the fast algorithms where they can, convex programs elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskcore.allocation.certificate import relative_gap
from riskcore.allocation.conflicts import find_conflict
from riskcore.allocation.constrained_task import SOLVER, Task, objective_of, solved, task_of
from riskcore.allocation.constraint_words import binding, in_words
from riskcore.allocation.constraints import Constraints
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.errors import InputError, listed
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["CONSTRAINED", "constrained"]

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
    task = task_of(scenarios, constraints, mean, covariance)
    if constraints.only_bounds:
        fast = _fast(key, task, confidence, risk_free, covariance)
        if fast is not None:
            return replace(fast, binding=binding(task, fast.weights.to_numpy()))
    objective = objective_of(key, task, confidence, risk_free)
    answer, weights = solved(task, objective)
    residual = relative_gap(task.region, objective, answer, weights)
    label, goal = CONSTRAINED[key]
    level = check_confidence(confidence) if key == "minimum_cvar" else None
    estimated = f" {100 * level:.4g} %" if level is not None else f" on {task.used.source}"
    return AllocationResult(
        weights=pd.Series(weights, index=list(scenarios.assets), name="weight"),
        method=key,
        label=label,
        solved=f"{goal}{estimated}, fully invested, under {in_words(constraints, task)}.",
        status="optimal",
        residual=residual,
        residual_name="distance to a bound no portfolio under the constraints can beat, relative to the risk",
        iterations=answer.rounds,
        seconds=perf_counter() - began,
        solver=SOLVER,
        binding=binding(task, weights),
    )


def _fast(
    key: str, task: Task, confidence: float | None, risk_free: float, covariance: str | pd.DataFrame
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
