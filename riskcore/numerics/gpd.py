"""Generalised Pareto excesses over a threshold: maximum-likelihood fit, VaR and CVaR of the tail."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskcore.errors import MissingDataError
from riskcore.numerics.likelihood import Fit, maximise_likelihood
from riskcore.numerics.tail import value_at_risk

__all__ = ["LEAST_EXCEEDANCES", "fit_gpd", "gpd_figures"]

Floats = NDArray[np.float64]
LEAST_EXCEEDANCES = 30
LEAST_XI, MOST_XI = -0.5, 2.0
# Below this ξ the direct formulas lose digits to cancellation and their series are exact to 1e-6.
SMALL_XI = 1e-5
# Finite, so that scenarios of probability 0 do not turn the sum into NaN.
NOT_ALLOWED = -1e100


def gpd_figures(theta: Floats, confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return VaR and CVaR in excess of the threshold, for theta = (ξ, log β, ζ) in the last axis.

    VaR − u = β/ξ · ((ζ/(1−c))^ξ − 1), with ζ = P(l > u), and CVaR − u = (VaR − u + β)/(1 − ξ),
    infinite for ξ ≥ 1. Valid where 1 − c ≤ ζ.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, eqs. 5.18–5.19.

    Examples
    --------
    >>> var, cvar = gpd_figures(np.array([0.2, np.log(0.01), 0.1]), 0.99)
    >>> round(float(var), 6), round(float(cvar), 6)
    (0.029245, 0.049056)
    """
    xi, beta = theta[..., 0], np.exp(theta[..., 1])
    ratio = np.log(np.maximum(theta[..., 2], np.finfo(np.float64).tiny) / (1 - np.asarray(confidence)))
    flat = np.abs(xi) < 1e-12
    safe = np.where(flat, 1.0, xi)
    var = beta * np.where(flat, ratio, np.expm1(safe * ratio) / safe)
    finite = xi < 1
    cvar = np.where(finite, (var + beta) / np.where(finite, 1 - xi, 1.0), np.inf)
    return var, cvar


def fit_gpd(losses: Floats, probabilities: Floats, *, threshold: float, overlap: int = 1) -> Fit:
    """Fit a generalised Pareto distribution to the losses above their `threshold` quantile.

    log f(y) = −log β − (1 + 1/ξ) log(1 + ξ y/β), y = l − u.

    Parameters
    ----------
    losses, probabilities
        S losses, positive = bad, and their probabilities.
    threshold
        Probability in (0.5, 1); u is that quantile of the losses.
    overlap
        Periods shared by neighbouring rows; exceedances count by their effective number over this.

    Returns
    -------
    Fit
        theta = (ξ, log β, ζ) with β in units of `scale` (the mean excess), `location` = u, ζ = P(l > u),
        and ξ between −0.5 (below which maximum likelihood is irregular) and 2.

    Raises
    ------
    MissingDataError
        Fewer than 30 effective exceedances.
    ConvergenceError
        No maximum was found.

    References
    ----------
    Smith (1987), Annals of Statistics 15; Davison and Smith (1990), Journal of the Royal Statistical
    Society B 52.

    Examples
    --------
    >>> losses = np.random.default_rng(2).standard_t(4, 8000)
    >>> fit = fit_gpd(losses, np.full(8000, 1 / 8000), threshold=0.9)
    >>> bool(0.1 < fit.theta[0] < 0.4)
    True
    """
    location = value_at_risk(losses, probabilities, threshold)
    beyond = losses > location
    weights = probabilities * beyond
    share = float(weights.sum())
    count = share**2 / float(weights @ weights) / overlap if share > 0 else 0.0
    if count < LEAST_EXCEEDANCES - 1e-6:
        raise MissingDataError(
            f"Only {count:.0f} independent losses exceed the {100 * threshold:g} % quantile, and a tail fit "
            f"needs {LEAST_EXCEEDANCES}; use a longer history or a lower confidence.",
            exceedances=count,
        )
    excess = losses[beyond] - location
    within = probabilities[beyond] / share
    scale = float(within @ excess)
    y = excess / scale
    theta = maximise_likelihood(
        lambda t: _likelihood(y, within, t),
        np.array([0.1, np.log(0.9)]),
        within,
        lower=np.array([LEAST_XI, -np.inf]),
        upper=np.array([MOST_XI, np.inf]),
        name="generalised Pareto distribution",
    )
    _, inner, hessian = _likelihood(y, within, theta)
    scores = np.zeros((losses.size, 3))
    scores[beyond, :2] = inner
    scores[:, 2] = beyond - share
    curvature = np.eye(3)
    curvature[:2, :2] = -share * hessian
    if theta[0] <= LEAST_XI or theta[0] >= MOST_XI:
        scores[:, 0] = 0.0
        curvature[0], curvature[:2, 0] = [1.0, 0.0, 0.0], [1.0, 0.0]
    return Fit(np.array([*theta, share]), float(location), scale, scores, curvature)


def _likelihood(y: Floats, weights: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log densities, scores and weighted Hessian in (ξ, log β) of excesses y."""
    xi = float(theta[0])
    a = y * np.exp(-theta[1])
    u = 1 + xi * a
    if u.min() <= 0:
        return np.full(y.size, NOT_ALLOWED), np.zeros((y.size, 2)), -np.eye(2)
    log_u = np.log1p(xi * a)
    part = a / u
    small = abs(xi) < SMALL_XI
    per_xi = a - xi * a**2 / 2 if small else log_u / xi
    density = -theta[1] - log_u - per_xi
    by_xi = (a**2 / 2 - 2 * xi * a**3 / 3 if small else (per_xi - part) / xi) - part
    scores = np.column_stack([by_xi, (1 + xi) * part - 1])
    if small:
        second = -2 * a**3 / 3 + a**2
    else:
        second = 2 * (part - per_xi) / xi**2 + part**2 / xi + part**2
    xx = float(weights @ second)
    xb = float(weights @ (part - (1 + xi) * part**2))
    bb = -(1 + xi) * float(weights @ (part / u))
    return density, scores, np.array([[xx, xb], [xb, bb]])
