"""Deviation measures of weighted losses: their gradients q, with value = Σ q·l and Σ q = 0.

Moments are probability-weighted: 1/Σp, no small-sample correction. Adding a constant to every loss
changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.tail import EPS, checked

__all__ = ["mean_deviation_weights", "semideviation_weights", "volatility_weights"]

Floats = NDArray[np.float64]


def volatility_weights(losses: Floats, probabilities: Floats) -> Floats:
    """Return q = p (l − l̄)/σ, the gradient of the standard deviation σ; zero where σ is zero.

    Parameters
    ----------
    losses
        S losses.
    probabilities
        S, non-negative, sum 1.

    Examples
    --------
    >>> losses = np.array([1.0, 3.0])
    >>> float(volatility_weights(losses, np.array([0.5, 0.5])) @ losses)
    1.0
    """
    excess, weights = _centred(losses, probabilities)
    sigma = float(np.sqrt(weights @ np.square(excess)))
    return weights * excess / sigma if sigma else np.zeros_like(excess)


def semideviation_weights(losses: Floats, probabilities: Floats) -> Floats:
    """Return the gradient of the downside deviation √E[max(l − l̄, 0)²] about the mean loss.

    q = p (d₊ − E d₊) / semideviation with d = l − l̄: the mean moves with every loss, which is what the
    second term corrects for.

    Examples
    --------
    >>> losses = np.array([0.0, 0.0, 0.0, 4.0])
    >>> float(semideviation_weights(losses, np.full(4, 0.25)) @ losses)
    1.5
    """
    excess, weights = _centred(losses, probabilities)
    worse = np.maximum(excess, 0.0)
    size = float(np.sqrt(weights @ np.square(worse)))
    return weights * (worse - weights @ worse) / size if size else np.zeros_like(excess)


def mean_deviation_weights(losses: Floats, probabilities: Floats) -> Floats:
    """Return the gradient of E|l − l̄|: q = p (sign d − E sign d) with d = l − l̄.

    A scenario exactly at the mean counts as sign 0, the middle of its subgradients.

    Examples
    --------
    >>> losses = np.array([0.0, 1.0, 5.0])
    >>> float(mean_deviation_weights(losses, np.array([0.25, 0.5, 0.25])) @ losses)
    1.625
    """
    excess, weights = _centred(losses, probabilities)
    sign = np.sign(excess)
    return weights * (sign - weights @ sign)


def _centred(losses: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return l − l̄ and p/Σp; a spread that is only rounding of equal losses becomes exactly zero."""
    values, weights = checked(losses, probabilities)
    weights = weights / weights.sum()
    possible = weights > 0.0
    # Centring on one loss first keeps equal losses exactly equal and small spreads accurate.
    shifted = values - values[np.argmax(possible)]
    excess = shifted - weights @ shifted
    rounding = 4.0 * EPS * float(np.abs(values).max())
    if float(np.abs(shifted[possible]).max()) <= rounding:
        return np.zeros_like(excess), weights
    return excess, weights
