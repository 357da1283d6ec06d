"""Allocators that need no solver: equal weight and inverse volatility."""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import moments, refuse_flat
from riskcore.errors import InfeasibleError, listed
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["equal_weight", "inverse_volatility", "refuse_constant"]

ROUNDING = 1e-13
"""Range over the largest return below which an asset counts as constant."""


def equal_weight(scenarios: Scenarios) -> AllocationResult:
    """Return w_i = 1/n.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01, 0.0], [-0.02, 0.01]]), ("SPY", "BND"), 252)
    >>> equal_weight(s).weights.to_dict()
    {'SPY': 0.5, 'BND': 0.5}
    """
    began = perf_counter()
    return _closed_form(
        scenarios,
        np.full(scenarios.size, 1.0 / scenarios.size),
        method="equal_weight",
        label="Equal weight",
        solved=f"Every one of {scenarios.size} assets gets the same weight.",
        began=began,
    )


def inverse_volatility(
    scenarios: Scenarios, *, covariance: str | pd.DataFrame = "sample"
) -> AllocationResult:
    """Return w_i ∝ 1/σ_i, with σ from the covariance, a key of `covariances.COVARIANCES` or a table.

    Equal risk shares only where all correlations are equal; an approximation of
    `equal_risk_contribution` otherwise.

    Raises
    ------
    InfeasibleError
        An asset has no volatility.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> inverse_volatility(s).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    refuse_constant(scenarios)
    used = moments(scenarios, covariance=covariance)
    refuse_flat(scenarios, np.diag(used.covariance))
    inverse = 1.0 / np.sqrt(np.diag(used.covariance))
    return _closed_form(
        scenarios,
        inverse / inverse.sum(),
        method="inverse_volatility",
        label="Inverse volatility",
        solved=f"Weights in proportion to 1/volatility, by {used.source}; correlations ignored.",
        began=began,
    )


def refuse_constant(scenarios: Scenarios) -> None:
    """Refuse assets whose returns do not vary, by name: they have no volatility to weigh or share out.

    Raises
    ------
    InfeasibleError
        An asset is constant over the scenarios of positive probability.

    Examples
    --------
    >>> refuse_constant(Scenarios(np.array([[0.02, 0.001], [-0.02, 0.001]]), ("SPY", "CASH"), 252))
    Traceback (most recent call last):
    ...
    riskcore.errors.InfeasibleError: CASH has the same return in every scenario and so no volatility; ...
    """
    possible = scenarios.returns
    if scenarios.weighted:
        possible = possible[scenarios.probabilities > 0.0]
    highest, lowest = possible.max(axis=0), possible.min(axis=0)
    constant = highest - lowest <= ROUNDING * np.maximum(np.abs(highest), np.abs(lowest))
    if constant.any():
        names = [a for a, flat in zip(scenarios.assets, constant, strict=True) if flat]
        have = "has" if len(names) == 1 else "have"
        raise InfeasibleError(
            f"{listed(names)} {have} the same return in every scenario and so no volatility; "
            "leave out what does not vary, or use equal weight.",
            assets=names,
        )


def _closed_form(
    scenarios: Scenarios, weights: NDArray[np.float64], *, method: str, label: str, solved: str, began: float
) -> AllocationResult:
    return AllocationResult(
        weights=pd.Series(weights, index=scenarios.labels, name="weight"),
        method=method,
        label=label,
        solved=solved,
        status="exact",
        residual=0.0,
        residual_name="closed form",
        iterations=0,
        seconds=perf_counter() - began,
    )
