"""Frontiers: the least risk at every mean, and the highest mean under a cap on CVaR."""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import Bound, Moments, bound_arrays, bounds_in_words, moments
from riskcore.allocation.mean_variance import ridge_note, solved_without_bounds
from riskcore.allocation.risk_budgets import holdings
from riskcore.errors import InfeasibleError, InputError
from riskcore.numerics.critical_line import solve_critical_line, weights_at_means
from riskcore.numerics.cvar_frontier import solve_cvar_frontier, solve_maximum_mean
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.results.frontier import FrontierResult
from riskcore.scenarios import Scenarios

__all__ = ["maximum_mean", "mean_cvar_frontier", "mean_variance_frontier"]

Floats = NDArray[np.float64]


def mean_variance_frontier(
    scenarios: Scenarios,
    *,
    points: int = 50,
    lower: Bound = 0.0,
    upper: Bound = 1.0,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> FrontierResult:
    """Return the portfolios of smallest variance at evenly spaced means, from the minimum to the highest.

    Exact: every point is a mixture of two corners of the critical line. With lower = −∞ and upper = ∞ the
    closed form, up to the highest mean of a single asset. A frontier that is one portfolio has one point.

    Parameters
    ----------
    scenarios
        May be weighted with the sample moments.
    points
        At least 2.
    lower, upper, mean, covariance
        As for `mean_variance.maximum_sharpe`.

    Returns
    -------
    FrontierResult
        `risk` is the volatility per period; `residual` as for `mean_variance.minimum_variance`.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError, InfeasibleError, ConvergenceError
        As for `mean_variance.maximum_sharpe`.

    References
    ----------
    Markowitz (1956); Merton (1972) for the closed form.

    Examples
    --------
    >>> rows = np.array([[0.03, 0.02], [-0.01, 0.0], [0.03, 0.0], [-0.01, 0.02]])
    >>> found = mean_variance_frontier(Scenarios(rows, ("SPY", "BND"), 252), points=2, mean=pd.Series(
    ...     {"SPY": 0.02, "BND": 0.01}))
    >>> found.weights.round(6).to_numpy().tolist(), found.risk.round(6).tolist()
    ([[0.2, 0.8], [1.0, 0.0]], [0.008944, 0.02])
    """
    began = perf_counter()
    _check_points(points)
    used = moments(scenarios, mean=mean, covariance=covariance)
    low, high = bound_arrays(scenarios, lower, upper)
    if np.isneginf(low).all():
        weights, variances, residual = _without_bounds(used, points)
        ridge, steps = 0.0, 0
    else:
        line = solve_critical_line(used.covariance, used.mean, low, high)
        ends = float(line.means[-1]), float(line.means[0])
        # Rounding alone separates the means of a single portfolio.
        single = ends[1] - ends[0] <= 1e-12 * float(np.abs(used.mean).max())
        weights, variances = weights_at_means(line, np.linspace(*ends, 1 if single else points))
        ridge, residual, steps = line.ridge, line.residual, line.steps
    return FrontierResult(
        weights=pd.DataFrame(weights, columns=list(scenarios.assets)),
        mean=weights @ used.mean,
        risk=np.sqrt(variances),
        measure="volatility",
        label="Mean–variance frontier",
        solved=(
            f"The smallest volatility at every mean with {bounds_in_words(low, high)}, on {used.source}"
            f"{ridge_note(ridge)}."
        ),
        status="optimal",
        residual=residual,
        residual_name="largest gap to the dual bound, relative to the variance",
        iterations=steps,
        seconds=perf_counter() - began,
    )


def mean_cvar_frontier(scenarios: Scenarios, *, confidence: float, points: int = 20) -> FrontierResult:
    """Return long-only portfolios of smallest CVaR at their mean, from the minimum to the highest mean.

    The points spread over the frontier but are not evenly spaced: they are corners where it bends and
    mixtures where it is straight. A frontier that is one portfolio has one point.

    Parameters
    ----------
    scenarios
        May be weighted.
    confidence
        c in (0.5, 1).
    points
        At least 2.

    Returns
    -------
    FrontierResult
        `risk` is the CVaR per period, a loss; `residual` the largest distance of a point above a certified
        supporting line, relative to the average absolute loss in the tail; at most 1e-6.

    Raises
    ------
    InputError, ConfidenceError
        Points or confidence cannot be used.
    ConvergenceError
        A point could not be verified.

    References
    ----------
    Rockafellar, Uryasev (2000).

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]]), ("SPY", "BND"), 252)
    >>> mean_cvar_frontier(s, confidence=0.9, points=3).risk.round(6).tolist()
    [0.006667, 0.013333, 0.02]
    """
    began = perf_counter()
    _check_points(points)
    level = check_confidence(confidence)
    found = solve_cvar_frontier(scenarios.returns, scenarios.probabilities, level, points)
    return FrontierResult(
        weights=pd.DataFrame(found.weights, columns=list(scenarios.assets)),
        mean=found.means,
        risk=found.cvars,
        measure="cvar",
        label="Mean–CVaR frontier",
        solved=f"The smallest CVaR {100 * level:.4g} % of these scenarios at every mean, long only.",
        status="optimal",
        residual=found.residual,
        residual_name="largest distance from a certified supporting line, relative to the losses in the tail",
        iterations=found.iterations,
        seconds=perf_counter() - began,
        confidence=level,
    )


def maximum_mean(scenarios: Scenarios, *, confidence: float, cap: float) -> AllocationResult:
    """Return the long-only, fully invested weights with the highest mean among those with CVaR ≤ cap.

    The mean is that of the scenarios; in-sample, it is the weakest of all inputs.

    Parameters
    ----------
    scenarios
        May be weighted.
    confidence
        c in (0.5, 1).
    cap
        Largest CVaR per period of the scenarios, a loss, positive = bad.

    Returns
    -------
    AllocationResult
        `residual` is how much higher the mean of another portfolio under the cap could be by a certified
        bound, over the range of the assets' means; at most 1e-6.

    Raises
    ------
    InputError, ConfidenceError
        Cap or confidence cannot be used.
    InfeasibleError
        The smallest CVaR is above the cap; it is named with its portfolio.
    ConvergenceError
        The bound could not be closed.

    References
    ----------
    Krokhmal, Palmquist, Uryasev (2002), Portfolio optimization with CVaR objective and constraints.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]]), ("SPY", "BND"), 252)
    >>> maximum_mean(s, confidence=0.9, cap=0.01).weights.round(6).to_dict()
    {'SPY': 0.5, 'BND': 0.5}
    """
    began = perf_counter()
    level = check_confidence(confidence)
    try:
        found, steps = solve_maximum_mean(scenarios.returns, scenarios.probabilities, level, cap)
    except InfeasibleError as error:
        weights, cvar = error.details.get("weights"), error.details.get("cvar")
        if not (isinstance(weights, np.ndarray) and isinstance(cvar, float)):
            raise
        raise InfeasibleError(
            f"No long-only portfolio has a CVaR {100 * level:.4g} % of {cap:.4g} or less: the smallest is "
            f"{cvar:.4g}, with {holdings(scenarios, weights)}. Raise the cap to that, or add a calmer asset.",
            weights=pd.Series(weights, index=scenarios.labels),
            cvar=cvar,
        ) from error
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="maximum_mean",
        label="Maximum return under a CVaR cap",
        solved=(
            f"The highest mean with a CVaR {100 * level:.4g} % of at most {cap:.4g} per period on these "
            f"scenarios, long only; the CVaR reached is {found.cvar:.4g}."
        ),
        status="optimal",
        residual=found.gap,
        residual_name="mean another portfolio could have above it, over the range of the means",
        iterations=steps,
        seconds=perf_counter() - began,
    )


def _check_points(points: int) -> None:
    if not isinstance(points, int | np.integer) or points < 2:
        raise InputError(f"A frontier needs at least 2 points, a whole number; got {points}.")


def _without_bounds(used: Moments, points: int) -> tuple[Floats, Floats, float]:
    """Return the two-fund line from the minimum variance to the highest mean of an asset."""
    ones = np.ones(used.mean.size)
    raw = solved_without_bounds(used.covariance, ones)
    least = raw / float(raw.sum())
    bottom, top = float(used.mean @ least), float(used.mean.max())
    tilt = solved_without_bounds(used.covariance, used.mean - bottom)
    tilt -= float(tilt.sum()) * least
    gain = float(used.mean @ tilt)
    if top - bottom <= 1e-12 * float(np.abs(used.mean).max()) or gain <= 0.0:
        weights = least[None, :]
    else:
        weights = least + ((np.linspace(bottom, top, points) - bottom) / gain)[:, None] * tilt
    pulls = weights @ used.covariance
    variances = np.einsum("ki,ki->k", weights, pulls)
    # Efficient: the gradient is a combination of 1 and μ; what is left of it measures the error.
    basis = np.linalg.qr(np.column_stack([ones, used.mean - used.mean.mean()]))[0]
    rest = pulls - (pulls @ basis) @ basis.T
    return weights, variances, float((np.abs(rest).max(axis=1) / variances).max())
