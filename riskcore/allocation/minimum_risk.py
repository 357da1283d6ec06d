"""Allocators that make a risk as small as it gets."""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.numerics.cvar_program import solve_minimum_cvar
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["minimum_cvar"]


def minimum_cvar(
    scenarios: Scenarios, *, confidence: float, start: NDArray[np.float64] | None = None
) -> AllocationResult:
    """Return the long-only, fully invested weights with the smallest CVaR of the scenarios.

    Where several portfolios reach the minimum, one of them. In-sample: the tail that is avoided is the one
    that was seen.

    Parameters
    ----------
    scenarios
        May be weighted.
    confidence
        c in (0.5, 1).
    start
        Weights in the order of the assets to begin from, such as last month's; they change the time.

    Returns
    -------
    AllocationResult
        `residual` is the gap between the CVaR reached and its certified lower bound min_i (−R'q)_i, relative
        to the CVaR; at most 1e-6.

    Raises
    ------
    ConfidenceError
        The confidence is outside (0.5, 1).
    ConvergenceError
        The gap could not be closed.

    References
    ----------
    Rockafellar, Uryasev (2000), Optimization of conditional value-at-risk.

    Examples
    --------
    >>> import numpy as np
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]]), ("SPY", "BND"), 252)
    >>> minimum_cvar(s, confidence=0.9).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    level = check_confidence(confidence)
    found = solve_minimum_cvar(scenarios.returns, scenarios.probabilities, level, start=start)
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="minimum_cvar",
        label="Minimum CVaR",
        solved=f"The smallest CVaR {100 * level:.4g} % of these scenarios, long only and fully invested.",
        status="optimal",
        residual=found.residual,
        residual_name="gap to the certified lower bound of the CVaR, relative",
        iterations=found.iterations,
        seconds=perf_counter() - began,
        measure="cvar",
        confidence=level,
        shares=pd.Series(found.shares, index=scenarios.labels, name="share"),
    )
