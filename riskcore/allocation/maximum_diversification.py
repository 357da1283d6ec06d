"""Maximum diversification: the portfolio furthest from the average volatility of its parts."""

from time import perf_counter

import numpy as np
import pandas as pd

from riskcore.allocation.inputs import moments, refuse_flat
from riskcore.allocation.mean_variance import ridge_note
from riskcore.allocation.risk_budgets import holdings
from riskcore.allocation.simple import refuse_constant
from riskcore.errors import InfeasibleError
from riskcore.numerics.critical_line import solve_minimum_variance
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["maximum_diversification"]

HEDGED = 1e-12
"""Variance of the correlation-weighted portfolio below which it counts as a perfect hedge."""


def maximum_diversification(
    scenarios: Scenarios, *, covariance: str | pd.DataFrame = "sample"
) -> AllocationResult:
    """Return the long-only weights with the largest diversification ratio Σ w_i σ_i / √(w'Σw).

    The minimum-variance weights x of the correlation matrix, rescaled: w ∝ x / σ. At the solution every asset
    held has the same correlation with the portfolio, and every other one a higher correlation.

    Parameters
    ----------
    scenarios
        May be weighted with the sample covariance.
    covariance
        A key of `covariances.COVARIANCES`, or a table labelled by asset on both sides.

    Returns
    -------
    AllocationResult
        `residual` is the gap to the dual bound of x'Cx, relative; at most 1e-8.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError
        The covariance cannot be used.
    InfeasibleError
        An asset has no volatility, or a perfect hedge makes the ratio infinite; it is named.
    ConvergenceError
        The maximum could not be verified.

    References
    ----------
    Choueifaty, Coignard (2008), Toward maximum diversification.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> maximum_diversification(Scenarios(rows, ("SPY", "BND"), 252)).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    refuse_constant(scenarios)
    used = moments(scenarios, covariance=covariance)
    variance = np.diag(used.covariance)
    refuse_flat(scenarios, variance)
    scale = 1.0 / np.sqrt(variance)
    correlation = used.covariance * np.outer(scale, scale)
    n = scenarios.size
    line = solve_minimum_variance(correlation, np.zeros(n), np.ones(n))
    held = line.weights[0] * scale
    weights = held / float(held.sum())
    least = float(line.weights[0] @ line.gradients[0])
    if least <= HEDGED:
        raise InfeasibleError(
            f"The portfolio {holdings(scenarios, weights)} has no volatility (a perfect hedge), so its "
            "diversification ratio is infinite. Leave one of its assets out, or use the Ledoit–Wolf "
            "covariance.",
            weights=pd.Series(weights, index=scenarios.labels),
        )
    part = weights * (used.covariance @ weights)
    return AllocationResult(
        weights=pd.Series(weights, index=scenarios.labels, name="weight"),
        method="maximum_diversification",
        label="Maximum diversification",
        solved=(
            f"The largest average volatility of the parts over that of the whole, "
            f"{1.0 / np.sqrt(least):.3g}, long only, on {used.source}{ridge_note(line.ridge)}."
        ),
        status="optimal",
        residual=line.residual,
        residual_name="gap to the dual bound of the variance on correlations, relative",
        iterations=line.steps,
        seconds=perf_counter() - began,
        measure=used.measure,
        shares=None
        if used.measure is None
        else pd.Series(part / float(part.sum()), index=scenarios.labels, name="share"),
    )
