"""Weights that depend on the rank of a loss only: spectral measures, and the smoothed quantile.

A spectrum φ ≥ 0 with ∫φ = 1 over (0, 1) weights the loss at each level u of its distribution; a scenario
gets ∫φ over the stretch of levels it occupies, (P(l < x), P(l ≤ x)], shared among ties in proportion to p.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import NumericalError
from riskcore.numerics.tail import boundary, check_confidence, checked

__all__ = ["rank_weights", "smoothed_quantile_weights", "spectral_weights"]

Floats = NDArray[np.float64]
NEGLIGIBLE = 1e-12


def rank_weights(losses: Floats, probabilities: Floats, above: Callable[[Floats], Floats]) -> Floats:
    """Return q_s = the spectrum's mass over the levels scenario s occupies.

    Parameters
    ----------
    losses, probabilities
        S losses, and their probabilities (sum 1).
    above
        The spectrum cumulated from the top: t ↦ ∫ φ over the worst t of the distribution, with
        above(0) = 0 and above(1) = 1. From the top, because that is where small masses matter.
    """
    values, weights = checked(losses, probabilities)
    order = np.argsort(-values)
    ranked, mass = values[order], weights[order]
    first = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    groups = np.add.reduceat(mass, first)
    reached = np.minimum(np.cumsum(groups) / groups.sum(), 1.0)
    share = np.diff(above(reached), prepend=0.0)
    rate = np.divide(share, groups, out=np.zeros_like(share), where=groups > 0.0)
    q = np.empty_like(values)
    q[order] = mass * np.repeat(rate, np.diff(np.append(first, values.size)))
    return q


def spectral_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the weights of the exponential spectral measure with risk aversion k = 1/(1−c).

        φ(u) = k e^{−k(1−u)} / (1 − e^{−k})

    Every loss counts, the worse the more. The weight of the very worst is that of CVaR_c, but it fades
    gradually instead of stopping at VaR, so one scenario crossing VaR changes little.

    References
    ----------
    Acerbi (2002), Spectral measures of risk; Cotter, Dowd (2006), Extreme spectral risk measures.

    Examples
    --------
    >>> q = spectral_weights(np.arange(100.0), np.full(100, 0.01), 0.95)
    >>> round(float(q.sum()), 12), bool((np.diff(q) > 0).all())
    (1.0, True)
    """
    aversion = 1.0 / (1.0 - check_confidence(confidence))
    whole = -np.expm1(-aversion)
    return rank_weights(losses, probabilities, lambda t: -np.expm1(-aversion * t) / whole)


def smoothed_quantile_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return weights q around VaR with Σq = 1 and Σ q·l = VaR, to take VaR contributions with.

    The gradient of a sample quantile is one scenario, which says nothing about the assets. Its expectation
    E[l_i | l = VaR] is estimated by an Epanechnikov kernel in probability, of half-width (1−c)/2 around c,
    and the kernel is tilted, q ∝ k·e^{θl}, until its mean is VaR itself, so that contributions add up.

    Raises
    ------
    NumericalError
        All other losses near the quantile lie on one side of it: no tilt exists.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement; Epperlein, Smillie (2006),
    Cracking VaR with kernels.

    Examples
    --------
    >>> losses = np.arange(1.0, 101.0)
    >>> q = smoothed_quantile_weights(losses, np.full(100, 0.01), 0.95)
    >>> round(float(q.sum()), 12), round(float(q @ losses), 9), int((q > 0).sum())
    (1.0, 95.0, 6)
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    half = 0.5 * (1.0 - level)

    def kernel_above(t: Floats) -> Floats:
        x = np.clip((t - (1.0 - level)) / half, -1.0, 1.0)
        cumulated: Floats = 0.5 + 0.75 * x - 0.25 * x**3
        return cumulated

    kernel = rank_weights(values, weights, kernel_above)
    # At the edge of the kernel rounding leaves weights of 1e-17, which a tilt could blow up at will.
    near = kernel > NEGLIGIBLE
    gaps = values[near] - boundary(values, weights, level).value
    q = np.zeros_like(values)
    q[near] = _tilted(kernel[near], gaps)
    return q


def _tilted(kernel: Floats, gaps: Floats) -> Floats:
    """Return q ∝ k·e^{θ·gap} with Σq = 1 and Σ q·gap = 0."""
    reach = float(np.abs(gaps).max())
    if reach == 0.0:
        return kernel / float(kernel.sum())
    unit = gaps / reach
    if not unit.min() < 0.0 < unit.max():
        raise NumericalError(
            "VaR has no contributions here: the losses next to it all lie on one side. "
            "Use CVaR, a lower confidence or more scenarios."
        )

    def tilt(theta: float) -> Floats:
        exponent = theta * unit
        q: Floats = kernel * np.exp(exponent - exponent.max())
        return q / float(q.sum())

    def mean(theta: float) -> float:
        return float(tilt(theta) @ unit)

    end = -1.0 if mean(0.0) > 0.0 else 1.0
    while mean(end) * end < 0.0:
        end *= 2.0
    from scipy.optimize import brentq  # a third of a second to import, and few pages need it

    return tilt(float(brentq(mean, 0.0, end, xtol=1e-15, rtol=1e-14)))
