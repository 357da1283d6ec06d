"""Risk budgeting for volatility: the convex problem whose solution has given risk shares."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from riskcore.errors import ConvergenceError, InfeasibleError, InputError

__all__ = ["BudgetSolution", "check_budgets", "solve_risk_budget_volatility"]

Floats = NDArray[np.float64]

ACCEPTED_RESIDUAL = 1e-10
BUDGET_FLOOR = 1e-4
"""Gaps are relative to the budget, but to no less than this: a share of 1e-6 has only absolute digits."""
DENSE_LIMIT = 64
FIRST_GUESSES = 3
"""Fixed-point steps before Newton's: each costs a fifth of one."""
HEDGED = 1e-6
"""Volatility of a long-only portfolio over the sum of its parts below which it counts as a perfect hedge."""


@dataclass(frozen=True, eq=False)
class BudgetSolution:
    """Weights with given risk shares.

    Attributes
    ----------
    weights
        n positive numbers that sum to 1.
    shares
        Risk shares reached, w_i (Σw)_i / w'Σw, evaluated on the weights themselves.
    residual
        max_i |share_i − b_i| / max(b_i, 1e-4).
    iterations
        Newton steps.
    """

    weights: Floats
    shares: Floats
    residual: float
    iterations: int


def check_budgets(budgets: Floats, size: int) -> None:
    """Refuse budgets that are not `size` positive shares of a whole."""
    if budgets.shape != (size,):
        raise InputError(f"{budgets.size} risk budgets for {size} assets; give one per asset.")
    if not (np.isfinite(budgets) & (budgets > 0)).all():
        raise InputError("Every risk budget must be positive; leave out an asset that should carry no risk.")
    total = float(budgets.sum())
    if abs(total - 1.0) > 1e-9:
        raise InputError(f"Risk budgets must sum to 1, got {total:.10g}; divide each by their sum.")


def solve_risk_budget_volatility(covariance: Floats, budgets: Floats) -> BudgetSolution:
    """Return the long-only weights whose shares of the volatility are the budgets.

    Minimises ½ y'Cy − Σ b_i ln y_i over y > 0, with C the correlation matrix and y_i = σ_i x_i, by damped
    Newton steps; w = x / Σx. At the solution y_i (Cy)_i = b_i, so the contributions are the budgets.
    The Newton system C + diag(b / y²) is solved by Cholesky up to 64 assets and by conjugate gradients
    preconditioned with its diagonal above.

    Parameters
    ----------
    covariance
        n × n, symmetric, positive semidefinite; any scale. May be singular.
    budgets
        n positive shares that sum to 1.

    Raises
    ------
    InputError
        Shapes or budgets are unusable.
    InfeasibleError
        An asset has no volatility, or a long-only portfolio has (almost) none: its contributions are zero
        whatever the weights. `weights` or `assets` (positions) say which.
    ConvergenceError
        The shares could not be verified to 1e-10.

    References
    ----------
    Spinu, F. (2013), An algorithm for computing risk parity weights; Maillard, Roncalli, Teïletche (2010).

    Examples
    --------
    >>> solve_risk_budget_volatility(np.diag([0.04, 0.01]), np.array([0.5, 0.5])).weights.round(6).tolist()
    [0.333333, 0.666667]
    """
    n = budgets.size
    if covariance.shape != (n, n):
        raise InputError(f"A covariance of shape {covariance.shape} for {n} budgets; give n × n and n.")
    check_budgets(budgets, n)
    variance = np.diag(covariance)
    flat = np.flatnonzero(~(variance > 0))
    if flat.size:
        raise InfeasibleError(
            "An asset without volatility can carry no share of it; leave it out of the risk budget.",
            assets=flat.tolist(),
        )
    scale = 1.0 / np.sqrt(variance)
    y, iterations = _newton(covariance, scale, budgets)
    x = y * scale
    weights = x / x.sum()
    shares = _shares(covariance, weights, scale)
    residual = float(np.max(np.abs(shares - budgets) / np.maximum(budgets, BUDGET_FLOOR)))
    if not residual <= ACCEPTED_RESIDUAL:
        _explain_failure(y, weights, residual)
    return BudgetSolution(weights, shares, residual, iterations)


def _shares(covariance: Floats, weights: Floats, scale: Floats) -> Floats:
    y = weights / scale
    y /= y.max()
    part: Floats = y * (scale * (covariance @ (scale * y)))
    total = float(part.sum())
    return part / total if total > 0 else np.full_like(part, np.nan)


def _explain_failure(y: Floats, weights: Floats, residual: float) -> None:
    # At a solution y'Cy = 1, so Σy is the sum of the parts' volatilities over that of the whole.
    ratio = 1.0 / float(y.sum())
    if ratio < HEDGED:
        raise InfeasibleError(
            "A long-only portfolio of these assets has no volatility (a perfect hedge), so there is no risk "
            "to share out; leave one of its assets out.",
            weights=weights,
        )
    raise ConvergenceError(
        f"The risk shares could be verified only to {residual:.1e} of their budgets, not to "
        f"{ACCEPTED_RESIDUAL:.0e}. Check that the covariance is positive semidefinite and that no two assets "
        f"hedge one another almost perfectly (the portfolio keeps {ratio:.1e} of its parts' volatility).",
        residual=residual,
        weights=weights,
    )


def _newton(covariance: Floats, scale: Floats, budgets: Floats) -> tuple[Floats, int]:
    n = budgets.size
    dense = n <= DENSE_LIMIT
    correlation = covariance * scale[:, None] * scale if dense else None
    floor = np.maximum(budgets, BUDGET_FLOOR)

    def times(v: Floats) -> Floats:
        product: Floats = scale * (covariance @ (scale * v)) if correlation is None else correlation @ v
        return product

    y = np.sqrt(budgets)
    cy = times(y)
    for _ in range(FIRST_GUESSES):
        # Halfway, in logarithms, to what the others ask of each asset; hedges may ask for the impossible.
        if not (cy > 0.0).all():
            break
        y = np.sqrt(y * budgets / cy)
        cy = times(y)
    start = float(y @ cy)
    if start > 0:
        y, cy = y / np.sqrt(start), cy / np.sqrt(start)
    best, stalled = np.inf, 0
    for iteration in range(200):
        residual = float((np.abs(y * cy - budgets) / floor).max())
        if residual < 1e-14 or (residual < 1e-11 and residual > 0.5 * best):
            return y, iteration
        stalled = stalled + 1 if residual >= best else 0
        if stalled > 30 or float(y.sum()) > 10.0 * n / HEDGED:
            return y, iteration
        best = min(best, residual)
        gradient = cy - budgets / y
        curvature = budgets / y**2
        if correlation is None:
            step, rest = _conjugate_gradients(times, curvature, gradient, residual)
            turned = rest - gradient - curvature * step
        else:
            step, turned = _cholesky_step(correlation, curvature, gradient)
        length = _line_search(y, cy, budgets, step, turned)
        y = y + length * step
        cy = times(y)
    return y, 200


def _cholesky_step(correlation: Floats, curvature: Floats, gradient: Floats) -> tuple[Floats, Floats]:
    hessian = correlation.copy()
    hessian.ravel()[:: len(gradient) + 1] += curvature
    _, step, info = dposv(hessian, -gradient, overwrite_a=True)
    if info != 0:
        raise ConvergenceError(
            "The covariance is not positive semidefinite, so volatility has no meaning for some weights; "
            "repair it first (nearest positive semidefinite matrix)."
        )
    return step, -gradient - curvature * step


def _line_search(y: Floats, cy: Floats, budgets: Floats, step: Floats, turned: Floats) -> float:
    """Return the step length that keeps y > 0 and decreases the objective (`turned` = C · step)."""
    relative = step / y
    lowest = float(relative.min())
    length = 1.0 if lowest > -0.95 else -0.95 / lowest
    slope = float(step @ cy - budgets @ relative)
    if -slope < 1e-8:  # quadratic convergence has begun; differences of the objective are rounding
        return length
    linear, square = float(step @ cy), 0.5 * float(step @ turned)
    for _ in range(40):
        change = length * linear + length**2 * square - float(budgets @ np.log1p(length * relative))
        if change <= 1e-4 * length * slope:
            return length
        length *= 0.5
    return length


def _conjugate_gradients(
    times: Callable[[Floats], Floats], curvature: Floats, gradient: Floats, residual: float
) -> tuple[Floats, Floats]:
    """Solve (C + diag(curvature)) d = −gradient; also return what is left of the right-hand side, H d + g."""
    preconditioner = 1.0 / (1.0 + curvature)
    step = np.zeros_like(gradient)
    rest = -gradient
    search = preconditioner * rest
    norm = float(rest @ search)
    target = norm * min(0.1, residual) ** 2 * 0.1
    for _ in range(5 * gradient.size):
        image = times(search) + curvature * search
        length = norm / float(search @ image)
        step += length * search
        rest = rest - length * image
        scaled = preconditioner * rest
        following = float(rest @ scaled)
        if following <= max(target, 1e-32):
            break
        search = scaled + (following / norm) * search
        norm = following
    return step, -rest
