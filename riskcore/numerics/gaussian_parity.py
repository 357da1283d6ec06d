"""Risk budgeting for the Gaussian CVaR, −μ'w + γ √(w'Σw): damped Newton on a convex problem."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from riskcore.errors import ConvergenceError, InfeasibleError, InputError, MissingDataError
from riskcore.numerics.budgeting import BudgetSolution, check_budgets
from riskcore.numerics.critical_line import solve_critical_line, solve_maximum_ratio

__all__ = ["solve_gaussian_parity"]

Floats = NDArray[np.float64]

ACCEPTED = 1e-9
BUDGET_FLOOR = 1e-4
"""Gaps are relative to the budget, but to no less than this: a share of 1e-6 has only absolute digits."""
HEDGED = 1e-6
"""Volatility of a portfolio over the sum of its parts below which it counts as a perfect hedge."""
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class _Point:
    """y = σ·x, C y, the volatility √(y'Cy) and the gradient of the risk."""

    y: Floats
    cy: Floats
    volatility: float
    pull: Floats


def solve_gaussian_parity(mean: Floats, covariance: Floats, gamma: float, budgets: Floats) -> BudgetSolution:
    """Return the long-only weights whose shares of −μ'w + γ √(w'Σw) are the budgets.

    Minimises −μ'x + γ √(x'Σx) − Σ b_i ln x_i over x > 0; w = x / Σx. A solution exists exactly when the risk
    of every long-only portfolio is positive, that is when none has μ'w / √(w'Σw) ≥ γ.

    Parameters
    ----------
    mean, covariance
        n and n × n, per period; gains positive; symmetric, positive semidefinite with positive variances.
    gamma
        γ > 0, the CVaR of a standard normal: φ(z_c) / (1 − c).
    budgets
        n positive shares that sum to 1.

    Raises
    ------
    InputError, MissingDataError
        Inputs are unusable.
    InfeasibleError
        An asset has no volatility (`assets`), or a long-only portfolio has no risk: `weights` and `ratio`,
        its mean over its volatility.
    ConvergenceError
        The shares could not be verified to 1e-9.

    References
    ----------
    Roncalli (2015), Introducing expected returns into risk parity portfolios.

    Examples
    --------
    >>> budgets = np.array([0.5, 0.5])
    >>> solve_gaussian_parity(np.zeros(2), np.diag([0.04, 0.01]), 2.0, budgets).weights.round(6).tolist()
    [0.333333, 0.666667]
    """
    n = budgets.size
    if covariance.shape != (n, n) or mean.shape != (n,):
        raise InputError(f"A covariance of shape {covariance.shape} and {mean.size} means for {n} budgets.")
    check_budgets(budgets, n)
    if not (np.isfinite(covariance).all() and np.isfinite(mean).all()):
        raise MissingDataError("Means or covariance are missing or infinite; leave those assets out.")
    if not (np.isfinite(gamma) and gamma > 0.0):
        raise InputError(f"γ must be a positive number, got {gamma}.")
    variance = np.diag(covariance)
    flat = np.flatnonzero(~(variance > 0.0))
    if flat.size:
        raise InfeasibleError("An asset without volatility can carry no share of it.", assets=flat.tolist())
    scale = 1.0 / np.sqrt(variance)
    correlation, ratios = covariance * np.outer(scale, scale), mean * scale / gamma
    y, steps = _newton(correlation, ratios, budgets)
    x = y * scale
    weights = x / float(x.sum())
    volatility = float(np.sqrt(max(float(weights @ covariance @ weights), 0.0)))
    part = (
        weights * (gamma * (covariance @ weights) / volatility - mean) if volatility > 0 else weights * np.nan
    )
    shares = part / float(part.sum())
    residual = float(np.max(np.abs(shares - budgets) / np.maximum(budgets, BUDGET_FLOOR)))
    if not residual <= ACCEPTED or float(part.sum()) <= 0.0:
        _explain(mean, covariance, gamma, residual)
    return BudgetSolution(weights, shares, residual, steps)


def _newton(correlation: Floats, ratios: Floats, budgets: Floats) -> tuple[Floats, int]:
    """Minimise √(y'Cy) − m'y − Σ b ln y: everything divided by γ, in units of volatility."""
    at = _look(correlation, ratios, np.sqrt(budgets) / np.sqrt(float(budgets.sum())))
    floor, best, stalled = np.maximum(budgets, BUDGET_FLOOR), np.inf, 0
    for step in range(MOST_STEPS):
        gap = float(np.max(np.abs(at.y * at.pull - budgets) / floor))
        stalled = stalled + 1 if gap >= 0.5 * best else 0
        if gap < 1e-14 or (gap < 1e-11 and stalled) or not np.isfinite(gap):
            return at.y, step
        if at.volatility <= 1e-9 * float(at.y.sum()) or float(at.y.sum()) > 1e12:
            return at.y, step  # running away along a portfolio without risk: explained by the caller
        best = min(best, gap)
        tilted = at.cy / at.volatility
        hessian = (correlation - np.outer(tilted, tilted)) / at.volatility
        hessian.ravel()[:: budgets.size + 1] += budgets / at.y**2
        _, move, info = dposv(hessian, budgets / at.y - at.pull, overwrite_a=True)
        if info != 0:
            return at.y, step
        at = _along(correlation, ratios, budgets, at, move)
    return at.y, MOST_STEPS


def _look(correlation: Floats, ratios: Floats, y: Floats) -> _Point:
    cy = correlation @ y
    volatility = float(np.sqrt(max(float(y @ cy), np.finfo(np.float64).tiny)))
    return _Point(y, cy, volatility, cy / volatility - ratios)


def _along(correlation: Floats, ratios: Floats, budgets: Floats, at: _Point, move: Floats) -> _Point:
    """Go along the Newton step as far as y stays positive and the objective falls."""
    relative = move / at.y
    lowest = float(relative.min())
    length = 1.0 if lowest > -0.95 else -0.95 / lowest
    slope = float(move @ at.pull - budgets @ relative)
    turned = correlation @ move
    linear, square = float(move @ at.cy), float(move @ turned)
    for _ in range(40):
        # √(v² + d) − v without cancellation, d = 2 length·linear + length²·square
        more = 2.0 * length * linear + length**2 * square
        after = np.sqrt(max(at.volatility**2 + more, 0.0))
        change = more / (after + at.volatility) - length * float(move @ ratios)
        change -= float(budgets @ np.log1p(length * relative))
        if change <= 1e-4 * length * slope or -slope < 1e-12:
            break
        length *= 0.5
    return _look(correlation, ratios, at.y + length * move)


def _explain(mean: Floats, covariance: Floats, gamma: float, residual: float) -> None:
    n, parts = mean.size, np.sqrt(np.diag(covariance))
    line = solve_critical_line(covariance, mean, np.zeros(n), np.ones(n))
    least = line.weights[-1]
    weights = solve_maximum_ratio(line, mean) if float(line.means[0]) > 0.0 else least
    hedged = float(np.sqrt(max(float(least @ covariance @ least), 0.0))) <= HEDGED * float(least @ parts)
    if hedged:
        earned = float(mean @ least)
        ratio = 0.0 if abs(earned) <= HEDGED * float(least @ parts) else float(np.copysign(np.inf, earned))
        weights = least if ratio >= 0.0 else weights
    if not hedged or ratio < 0.0:
        ratio = float(mean @ weights) / float(np.sqrt(weights @ covariance @ weights))
    if ratio >= gamma * (1.0 - 1e-9):
        raise InfeasibleError(
            f"Gaussian CVaR parity has no solution: a long-only portfolio has a mean of {ratio:.4g} times "
            f"its volatility, not below γ = {gamma:.4g}, so its CVaR is not positive. Choose a higher "
            "confidence.",
            weights=weights,
            ratio=ratio,
        )
    if hedged:
        raise InfeasibleError(
            "A long-only portfolio of these assets has neither volatility nor loss (a perfect hedge), so "
            "there is no risk to share out; leave one of its assets out.",
            weights=least,
            ratio=ratio,
        )
    raise ConvergenceError(
        f"The shares of the Gaussian CVaR could be verified only to {residual:.1e} of their budgets, not to "
        f"{ACCEPTED:.0e}; a shrunk covariance helps where assets nearly hedge one another.",
        residual=residual,
    )
