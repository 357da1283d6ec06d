"""Minimum variance and maximum Sharpe ratio: the critical line between bounds, closed forms without."""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from riskcore.allocation.inputs import Bound, Moments, bound_arrays, bounds_in_words, moments
from riskcore.allocation.risk_budgets import holdings
from riskcore.errors import ConvergenceError, InfeasibleError, InputError
from riskcore.numerics.critical_line import (
    CriticalLine,
    linear_minimum,
    solve_critical_line,
    solve_maximum_ratio,
    solve_minimum_variance,
)
from riskcore.numerics.pivoting import exchanged_tangency
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["maximum_sharpe", "minimum_variance", "ridge_note", "solved_without_bounds"]

Floats = NDArray[np.float64]
RISKLESS = 1e-12
"""Variance over the average of the assets below which a portfolio counts as riskless."""
CONSTANT = 1e-22
"""Variance over the largest below which an asset counts as constant: what rounding leaves of it."""
SINGULAR = 1e-10
ACCEPTED = 1e-7


def minimum_variance(
    scenarios: Scenarios,
    *,
    lower: Bound = 0.0,
    upper: Bound = 1.0,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the fully invested weights with the smallest w'Σw between bounds.

    With lower = −∞ and upper = ∞ the closed form Σ⁻¹1 / 1'Σ⁻¹1. Where several portfolios reach the minimum,
    one of them; a ridge that had to choose is named in `solved`.

    Parameters
    ----------
    scenarios
        May be weighted with the sample covariance.
    lower, upper
        Bounds on the weights, for all assets or by label; negative lower bounds allow short positions.
    covariance
        A key of `covariances.COVARIANCES`, or a table labelled by asset on both sides.

    Returns
    -------
    AllocationResult
        `residual` is the gap to the dual bound, relative to the variance (to 1e-6 of the average asset's
        variance, where that is larger), measured without any ridge; at most 1e-8.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError
        Bounds or covariance cannot be used.
    InfeasibleError
        The bounds leave no fully invested portfolio, or without bounds the minimum is not unique.
    ConvergenceError
        The minimum could not be verified.

    References
    ----------
    Markowitz (1956).

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> minimum_variance(Scenarios(rows, ("SPY", "BND"), 252)).weights.round(6).to_dict()
    {'SPY': 0.2, 'BND': 0.8}
    """
    began = perf_counter()
    used = moments(scenarios, covariance=covariance)
    low, high = bound_arrays(scenarios, lower, upper)
    if np.isneginf(low).all() and np.isposinf(high).all():
        ones = np.ones(scenarios.size)
        raw = solved_without_bounds(used.covariance, ones)
        weights, ridge, steps = raw / float(raw.sum()), 0.0, 0
        pull = used.covariance @ weights
        residual = float(np.ptp(pull) / (weights @ pull))
    else:
        line = solve_minimum_variance(used.covariance, low, high)
        weights, ridge, steps, residual = line.weights[0], line.ridge, line.steps, line.residual
    return AllocationResult(
        weights=pd.Series(weights, index=scenarios.labels, name="weight"),
        method="minimum_variance",
        label="Minimum variance",
        solved=(
            f"The smallest volatility with {bounds_in_words(low, high)}, on {used.source}{ridge_note(ridge)}."
        ),
        status="optimal",
        residual=residual,
        residual_name="gap to the dual bound of the variance, relative",
        iterations=steps,
        seconds=perf_counter() - began,
        measure=used.measure,
        shares=_shares(scenarios, used, weights),
    )


def maximum_sharpe(
    scenarios: Scenarios,
    *,
    risk_free: float = 0.0,
    lower: Bound = 0.0,
    upper: Bound = 1.0,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the fully invested weights with the largest (μ'w − r) / √(w'Σw) between bounds.

    With lower = −∞ and upper = ∞ the closed form, w ∝ Σ⁻¹(μ − r).

    Parameters
    ----------
    scenarios
        May be weighted with the sample moments.
    risk_free
        r per period of the scenarios, not per year.
    lower, upper, covariance
        As for `minimum_variance`.
    mean
        Mean return per period by asset; the sample mean when omitted, which is the weakest input of all.

    Returns
    -------
    AllocationResult
        `residual` is the largest violation of the optimality condition (Σw − κ(μ − r))'v ≥ 0 over all
        portfolios v, κ = w'Σw / (μ'w − r), relative to w'Σw; at most 1e-7.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError, ConvergenceError
        As for `minimum_variance`.
    InfeasibleError
        No portfolio earns more than r, or one that does has no risk, so that the ratio has no maximum.

    References
    ----------
    Sharpe (1966); Markowitz, Todd (2000).

    Examples
    --------
    >>> rows = np.array([[0.03, 0.02], [-0.01, 0.0], [0.03, 0.0], [-0.01, 0.02]])
    >>> maximum_sharpe(Scenarios(rows, ("SPY", "BND"), 252)).weights.round(6).to_dict()
    {'SPY': 0.2, 'BND': 0.8}
    """
    began = perf_counter()
    if not np.isfinite(risk_free):
        raise InputError(f"The risk-free rate must be a number per period, got {risk_free}.")
    used = moments(scenarios, mean=mean, covariance=covariance)
    low, high = bound_arrays(scenarios, lower, upper)
    excess = used.mean - risk_free
    if np.isneginf(low).all() and np.isposinf(high).all():
        weights, ridge, steps = _tangency(used, excess, risk_free), 0.0, 0
    else:
        # Without other bounds than 0 a few exchanges find it; where they do not end, the line tells why.
        alone = None if low.any() or (high < 1.0).any() else exchanged_tangency(used.covariance, excess)
        if alone is not None:
            weights, ridge, steps = alone, 0.0, 0
        else:
            line = solve_critical_line(used.covariance, used.mean, low, high)
            _refuse_no_ratio(scenarios, used, line, excess, risk_free)
            weights, ridge, steps = solve_maximum_ratio(line, excess), line.ridge, line.steps
    return AllocationResult(
        weights=pd.Series(weights, index=scenarios.labels, name="weight"),
        method="maximum_sharpe",
        label="Maximum Sharpe ratio",
        solved=(
            f"The largest mean over {risk_free:.4g} per unit of volatility with "
            f"{bounds_in_words(low, high)}, on {used.source}{ridge_note(ridge)}."
        ),
        status="optimal",
        residual=_ratio_gap(used.covariance, excess, weights, low, high),
        residual_name="largest violation of the optimality condition, relative to the variance",
        iterations=steps,
        seconds=perf_counter() - began,
        measure=used.measure,
        shares=_shares(scenarios, used, weights),
    )


def ridge_note(ridge: float) -> str:
    """Return the ridge as the end of a sentence, nothing when there is none.

    Examples
    --------
    >>> ridge_note(1e-14)
    '; a ridge of 1e-14 on every variance chose between portfolios with the same returns'
    """
    if not ridge:
        return ""
    return f"; a ridge of {ridge:.2g} on every variance chose between portfolios with the same returns"


def _shares(scenarios: Scenarios, used: Moments, weights: Floats) -> pd.Series | None:
    part = weights * (used.covariance @ weights)
    total = float(part.sum())
    if used.measure is None or not total > RISKLESS * float(np.diag(used.covariance).mean()):
        return None
    return pd.Series(part / total, index=scenarios.labels, name="share")


def solved_without_bounds(covariance: Floats, right: Floats) -> Floats:
    """Return Σ⁻¹ b, or refuse a covariance that is singular to ten digits.

    Examples
    --------
    >>> solved_without_bounds(np.diag([0.04, 0.01]), np.ones(2)).round(6).tolist()
    [25.0, 100.0]
    """
    variance = np.diag(covariance)
    if float(variance.min()) > CONSTANT * float(variance.max()):
        scale = 1.0 / np.sqrt(variance)
        factor, solved, info = dposv(covariance * np.outer(scale, scale), right * scale)
        if info == 0 and (np.diag(factor) ** 2 > SINGULAR).all():
            answer: Floats = solved * scale
            return answer
    raise InfeasibleError(
        "Without bounds there is no single answer: some mix of the assets has no risk (too few scenarios, "
        "duplicates, or a constant asset). Set bounds, or use the Ledoit–Wolf covariance."
    )


def _tangency(used: Moments, excess: Floats, risk_free: float) -> Floats:
    raw = solved_without_bounds(used.covariance, excess)
    total = float(raw.sum())
    if total <= 1e-12 * float(np.abs(raw).sum()):
        raise InfeasibleError(
            f"Without bounds the Sharpe ratio has no maximum: the minimum-variance portfolio earns no "
            f"more than the risk-free rate of {risk_free:.4g} per period. Set bounds, or lower the rate.",
            risk_free=risk_free,
        )
    return raw / total


def _refuse_no_ratio(
    scenarios: Scenarios, used: Moments, line: CriticalLine, excess: Floats, risk_free: float
) -> None:
    gains = line.weights @ excess
    if float(gains[0]) <= 0.0:
        raise InfeasibleError(
            f"No portfolio within the bounds earns more than the risk-free rate of {risk_free:.4g} per "
            f"period: the best, {holdings(scenarios, line.weights[0])}, has a mean of {line.means[0]:.4g}. "
            "Lower the rate, or use minimum variance.",
            risk_free=risk_free,
            mean=float(line.means[0]),
        )
    variance = np.einsum("ki,ki->k", line.weights, line.gradients)
    rounding = 1e-12 * (float(np.abs(used.mean).max()) + abs(risk_free))
    riskless = (variance <= RISKLESS * float(np.diag(used.covariance).mean())) & (gains > rounding)
    if riskless.any():
        weights = line.weights[int(np.argmax(riskless))]
        raise InfeasibleError(
            f"The Sharpe ratio has no maximum: the portfolio {holdings(scenarios, weights)} has no "
            f"volatility and earns {float(weights @ used.mean):.4g} per period, more than the risk-free rate "
            f"of {risk_free:.4g}. Leave a constant asset out, or use its return as the risk-free rate.",
            weights=pd.Series(weights, index=scenarios.labels),
        )


def _ratio_gap(covariance: Floats, excess: Floats, weights: Floats, low: Floats, high: Floats) -> float:
    pull = covariance @ weights
    variance = float(weights @ pull)
    slope = pull - (variance / float(weights @ excess)) * excess
    if np.isinf(low).any():
        gap = float(np.abs(slope).max()) / variance
    else:
        gap = max(0.0, -float(linear_minimum(slope[None, :], low, high)[0])) / variance
    if not gap <= ACCEPTED:
        raise ConvergenceError(
            f"The largest Sharpe ratio could be verified only to {gap:.1e} of the variance, not to "
            f"{ACCEPTED:.0e}; a shrunk covariance helps where assets nearly duplicate one another.",
            residual=gap,
        )
    return gap
