"""Student-t losses: maximum-likelihood fit, VaR and CVaR in closed form."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma, polygamma, stdtrit

from riskcore.errors import MissingDataError, NumericalError
from riskcore.numerics.likelihood import Fit, maximise_likelihood

__all__ = ["LEAST_NU", "MOST_NU", "fit_student_t", "student_t_figures", "student_t_tail"]

Floats = NDArray[np.float64]
LEAST_NU = 1.05
"""Below 1 the mean, and with it CVaR, does not exist."""
MOST_NU = 200.0
"""Beyond this the distribution cannot be told from a Gaussian."""
LEAST_SCENARIOS = 50


def student_t_tail(nu: ArrayLike, confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return VaR and CVaR of the standard Student-t distribution with ν degrees of freedom.

    VaR = t_ν⁻¹(c); CVaR = f_ν(VaR)/(1−c) · (ν + VaR²)/(ν − 1). Both arguments broadcast; CVaR is infinite for
    ν ≤ 1.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, Example 2.15.

    Examples
    --------
    >>> var, cvar = student_t_tail(4.0, 0.95)
    >>> round(float(var), 6), round(float(cvar), 6)
    (2.131847, 3.20287)
    """
    freedom, c = np.broadcast_arrays(np.asarray(nu, np.float64), np.asarray(confidence, np.float64))
    var = np.asarray(stdtrit(freedom, c), np.float64)
    log_density = (
        -(freedom + 1) / 2 * np.log1p(var**2 / freedom) - np.log(freedom) / 2 - betaln(freedom / 2, 0.5)
    )
    finite = freedom > 1
    ratio = (freedom + var**2) / np.where(finite, freedom - 1, 1.0)
    cvar = np.where(finite, np.exp(log_density) / (1 - c) * ratio, np.inf)
    return var, cvar


def student_t_figures(theta: Floats, confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return standardised VaR and CVaR for theta = (μ, log s, log ν) in the last axis."""
    nu = np.exp(np.clip(theta[..., 2], np.log(LEAST_NU), np.log(MOST_NU)))
    var, cvar = student_t_tail(nu, confidence)
    spread = np.exp(theta[..., 1])
    return theta[..., 0] + spread * var, theta[..., 0] + spread * cvar


def fit_student_t(losses: Floats, probabilities: Floats) -> Fit:
    """Fit location, scale and degrees of freedom by maximum (weighted) likelihood.

    Parameters
    ----------
    losses, probabilities
        S losses, positive = bad, and their probabilities.

    Returns
    -------
    Fit
        theta = (μ, log s, log ν) of the losses after subtracting the median and dividing by the interquartile
        range; ν between 1.05 and 200. Where ν stops at a bound its curvature is 1 and its score 0.

    Raises
    ------
    MissingDataError
        Fewer than 50 scenarios.
    NumericalError
        More than half of the losses are equal.
    ConvergenceError
        No maximum was found.

    References
    ----------
    Lange, Little and Taylor (1989), Journal of the American Statistical Association 84.

    Examples
    --------
    >>> losses = np.random.default_rng(1).standard_t(4, 5000)
    >>> fit = fit_student_t(losses, np.full(5000, 1 / 5000))
    >>> bool(3.4 < np.exp(fit.theta[2]) < 4.7)
    True
    """
    if losses.size < LEAST_SCENARIOS:
        raise MissingDataError(
            f"A Student-t fit needs at least {LEAST_SCENARIOS} scenarios; there are {losses.size}."
        )
    order = np.argsort(losses)
    levels = np.searchsorted(np.cumsum(probabilities[order]), [0.25, 0.5, 0.75])
    low, location, high = losses[order][np.minimum(levels, losses.size - 1)]
    scale = float(high - low)
    if scale <= 1e-12 * float(np.abs(losses).max(initial=0.0)):
        raise NumericalError(
            "Half of the losses are equal, so a Student-t distribution does not describe them; "
            "use the historical model."
        )
    x = (losses - location) / scale
    bounds = np.array([[-np.inf, -np.inf, np.log(LEAST_NU)], [np.inf, np.inf, np.log(MOST_NU)]])
    theta = maximise_likelihood(
        lambda t: _likelihood(x, probabilities, t),
        np.array([0.0, np.log(0.65), np.log(5.0)]),
        probabilities,
        lower=bounds[0],
        upper=bounds[1],
        name="Student-t distribution",
    )
    _, scores, hessian = _likelihood(x, probabilities, theta)
    curvature = -hessian
    if theta[2] <= bounds[0, 2] or theta[2] >= bounds[1, 2]:
        scores[:, 2] = 0.0
        curvature[2], curvature[:, 2] = 0.0, 0.0
        curvature[2, 2] = 1.0
    return Fit(theta, float(location), scale, scores, curvature)


def _likelihood(x: Floats, probabilities: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log densities, scores and weighted Hessian in (μ, log s, log ν)."""
    spread, nu = float(np.exp(theta[1])), float(np.exp(theta[2]))
    z = (x - theta[0]) / spread
    square = z * z
    d = nu + square
    w = (nu + 1) / d
    log_term = np.log1p(square / nu)
    constant = -0.5 * np.log(nu) - betaln(nu / 2, 0.5) - theta[1]
    density = constant - (nu + 1) / 2 * log_term
    slope = digamma((nu + 1) / 2) - digamma(nu / 2)
    wz2 = w * square
    by_nu = 0.5 * (slope - log_term + (wz2 - 1) / nu)
    scores = np.column_stack([w * z / spread, wz2 - 1, nu * by_nu])
    bend = 0.5 * float(polygamma(1, (nu + 1) / 2) - polygamma(1, nu / 2))
    change = (1 - w) / d
    p = probabilities
    mm = -(p @ (w * (nu - square) / d)) / spread**2
    ms = -2 * nu * (p @ (w * z / d)) / spread
    ss = -2 * nu * (p @ (wz2 / d))
    mn = nu * (p @ (z * change)) / spread
    sn = nu * (p @ (square * change))
    nn = 0.5 * (bend + p @ (square / (nu * d) - (wz2 - 1) / nu**2 + square * change / nu))
    nn = nu**2 * nn + nu * (p @ by_nu)
    return density, scores, np.array([[mm, ms, mn], [ms, ss, sn], [mn, sn, nn]])
