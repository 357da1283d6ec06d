"""Tails from moments: Gaussian, and Cornish–Fisher ("modified") VaR and CVaR."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from riskcore.errors import NumericalError
from riskcore.numerics.likelihood import Fit

__all__ = [
    "Slope",
    "cornish_fisher_figures",
    "cornish_fisher_slopes",
    "cornish_fisher_tail",
    "fit_moments",
    "gaussian_figures",
    "gaussian_tail",
    "shape_of",
    "standardised",
]

Floats = NDArray[np.float64]
ROOT_2_PI = float(np.sqrt(2 * np.pi))


class Slope(NamedTuple):
    """A figure of standardised losses, and its derivatives in their skewness and excess kurtosis."""

    value: float
    by_skewness: float = 0.0
    by_kurtosis: float = 0.0


def gaussian_tail(confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return VaR z_c and CVaR φ(z_c)/(1−c) of the standard Gaussian distribution.

    Examples
    --------
    >>> var, cvar = gaussian_tail(0.95)
    >>> round(float(var), 6), round(float(cvar), 6)
    (1.644854, 2.062713)
    """
    c = np.asarray(confidence, np.float64)
    z = np.asarray(ndtri(c), np.float64)
    return z, _density(z) / (1 - c)


def cornish_fisher_tail(
    skewness: ArrayLike, excess_kurtosis: ArrayLike, confidence: ArrayLike
) -> tuple[Floats, Floats]:
    """Return modified VaR and CVaR of standardised losses with the given skewness S and excess kurtosis K.

    VaR = g = z + (z²−1) S/6 + (z³−3z) K/24 − (2z³−5z) S²/36, z = z_c. CVaR is the mean beyond g under
    the second-order Edgeworth density,

        φ(g)/(1−c) · [1 + S g³/6 + K (g⁴−2g²−1)/24 + S² (g⁶−9g⁴+9g²+3)/72],

    and never below VaR (their "operational" definition, the default of PerformanceAnalytics: where that
    density puts the mean beyond g below g itself, CVaR equals VaR exactly). Nothing else is clipped:
    PerformanceAnalytics also turns a negative ES into NA and one above 1 into 1. S is that of the losses:
    positive = long tail of losses.

    References
    ----------
    Zangari (1996) for VaR; Boudt, Peterson and Croux (2008), Journal of Risk 11, eqs. 15–18, for CVaR, whose
    truncated moments are integrated here in closed form.

    Examples
    --------
    >>> var, cvar = cornish_fisher_tail(0.1, 1.0, 0.99)
    >>> round(float(var), 6)
    2.629904
    """
    s, k, c = (np.asarray(v, np.float64) for v in (skewness, excess_kurtosis, confidence))
    z = np.asarray(ndtri(c), np.float64)
    g = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    square = g * g
    bracket = (
        1
        + s / 6 * g**3
        + k / 24 * (square**2 - 2 * square - 1)
        + s**2 / 72 * (square**3 - 9 * square**2 + 9 * square + 3)
    )
    return g, np.maximum(_density(g) / (1 - c) * bracket, g)


def cornish_fisher_slopes(skewness: float, excess_kurtosis: float, confidence: float) -> tuple[Slope, Slope]:
    """Return modified VaR and CVaR of standardised losses with their derivatives in skewness and kurtosis.

    VaR g moves by (z²−1)/6 − (2z³−5z) S/18 with S and by (z³−3z)/24 with K. The unfloored CVaR E is an
    integral from g on, so it moves through g by −g f(g)/(1−c), f the Edgeworth density
    φ(g) [1 + S He₃/6 + K He₄/24 + S² He₆/72], besides moving with S and K directly. Where the floor of
    `cornish_fisher_tail` acts, CVaR moves as VaR does.

    References
    ----------
    Boudt, Peterson and Croux (2008), Journal of Risk 11, the decomposition of modified ES.

    Examples
    --------
    >>> var, cvar = cornish_fisher_slopes(0.0, 0.0, 0.95)
    >>> round(var.by_skewness, 6), round(cvar.value, 6), round(cvar.by_kurtosis, 6)
    (0.284257, 2.062713, 0.146585)
    """
    s, k = skewness, excess_kurtosis
    g, cvar = (float(v) for v in cornish_fisher_tail(s, k, confidence))
    z = float(ndtri(confidence))
    var = Slope(g, (z**2 - 1) / 6 - (2 * z**3 - 5 * z) * s / 18, (z**3 - 3 * z) / 24)
    if cvar <= g:
        return var, var
    square = g * g
    he3, he4 = g * (square - 3), square**2 - 6 * square + 3
    he6 = square**3 - 15 * square**2 + 45 * square - 15
    density = float(_density(np.asarray(g))) / (1 - confidence)
    through = -g * density * (1 + s * he3 / 6 + k * he4 / 24 + s**2 * he6 / 72)
    by_skewness = density * (g**3 / 6 + s * (square**3 - 9 * square**2 + 9 * square + 3) / 36)
    by_kurtosis = density * (square**2 - 2 * square - 1) / 24
    return var, Slope(cvar, by_skewness + through * var.by_skewness, by_kurtosis + through * var.by_kurtosis)


def standardised(losses: Floats, probabilities: Floats) -> tuple[float, float, Floats]:
    """Return the mean and deviation of losses, and the losses less the one over the other.

    Raises
    ------
    NumericalError
        Every loss is the same.
    """
    location = float(probabilities @ losses)
    scale = float(np.sqrt(probabilities @ (losses - location) ** 2))
    if scale <= 1e-12 * float(np.abs(losses).max(initial=0.0)):
        raise NumericalError("Every scenario has the same loss, so there is no distribution to fit.")
    return location, scale, (losses - location) / scale


def fit_moments(losses: Floats, probabilities: Floats, *, order: int) -> Fit:
    """Return the first `order` raw moments of the standardised losses as a fit.

    Raises
    ------
    NumericalError
        Every loss is the same.

    Examples
    --------
    >>> fit = fit_moments(np.array([1.0, 3.0]), np.array([0.5, 0.5]), order=4)
    >>> fit.location, fit.scale, fit.theta.tolist()
    (2.0, 1.0, [0.0, 1.0, 0.0, 1.0])
    """
    location, scale, standard = standardised(losses, probabilities)
    powers = standard[:, None] ** np.arange(1, order + 1)
    theta = probabilities @ powers
    return Fit(theta, location, scale, powers - theta, np.eye(order))


def shape_of(theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean, deviation, skewness and excess kurtosis from four raw moments in the last axis."""
    m1, m2, m3, m4 = np.moveaxis(theta, -1, 0)
    variance = np.maximum(m2 - m1**2, np.finfo(np.float64).tiny)
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return m1, np.sqrt(variance), third / variance**1.5, fourth / variance**2 - 3


def gaussian_figures(theta: Floats, confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return standardised Gaussian VaR and CVaR from the first two raw moments in the last axis."""
    mean = theta[..., 0]
    deviation = np.sqrt(np.maximum(theta[..., 1] - mean**2, 0.0))
    var, cvar = gaussian_tail(confidence)
    return mean + deviation * var, mean + deviation * cvar


def cornish_fisher_figures(theta: Floats, confidence: ArrayLike) -> tuple[Floats, Floats]:
    """Return standardised modified VaR and CVaR from four raw moments in the last axis."""
    mean, deviation, skewness, kurtosis = shape_of(theta)
    var, cvar = cornish_fisher_tail(skewness, kurtosis, confidence)
    return mean + deviation * var, mean + deviation * cvar


def _density(z: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * z * z) / ROOT_2_PI
    return density
