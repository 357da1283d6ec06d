"""The portfolio of smallest variance between bounds by exchanging whole sets of weights: few steps, no path.

Guess which weights are free and which stand at a bound, solve for the free ones, and exchange every weight
that contradicts its place, all at once. It ends after a handful of rounds on most covariances, but need not
end: then there is no answer, and the critical line, which always arrives, is asked instead.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from riskcore.numerics.corners import PIVOT, Box

__all__ = ["exchanged_minimum", "exchanged_tangency"]

Floats = NDArray[np.float64]
MOST_ROUNDS = 12
ROUNDING = 1e-14
CONSTANT = 1e-12
"""Variance over the largest below which an asset counts as constant."""


def exchanged_minimum(covariance: Floats, box: Box) -> Floats | None:
    """Return the weights that minimise w'Σw, Σw = 1, between the bounds; None where exchanges do not end.

    At the answer (Σw)_i = θ for free weights, ≥ θ at lower and ≤ θ at upper bounds. None as well where a
    free block is nearly singular, so that the answer may not be the only one.

    Parameters
    ----------
    covariance
        n × n, symmetric, positive semidefinite, its average variance of the order of 1.

    References
    ----------
    Júdice, Pires (1994), A block principal pivoting algorithm for large-scale strictly monotone linear
    complementarity problems, Computers & Operations Research 21.

    Examples
    --------
    >>> box = Box(np.zeros(3), np.ones(3))
    >>> exchanged_minimum(np.array([[4.0, 0, 1.2], [0, 1.0, 0.9], [1.2, 0.9, 4.0]]), box).round(6).tolist()
    [0.2, 0.8, 0.0]
    """
    free = box.movable
    weights = box.lower.copy()
    for _ in range(MOST_ROUNDS):
        at = np.flatnonzero(free)
        if at.size == 0:
            return None
        rows = covariance[at]
        held = np.where(free, 0.0, weights)
        right = np.empty((at.size, 2), order="F")
        right[:, 0], right[:, 1] = 1.0, rows @ held
        block = rows[:, at]
        factor, solved, info = dposv(block, right, overwrite_b=True)
        if info != 0 or (np.diag(factor) ** 2 <= PIVOT * np.diag(block)).any():
            return None
        ones, rest = solved.T
        level = (1.0 - float(held.sum()) + float(rest.sum())) / float(ones.sum())
        weights = held
        weights[at] = level * ones - rest
        low, high = free & (weights < box.lower), free & (weights > box.upper)
        pull = covariance @ weights - level
        side = np.where(weights >= box.upper, -1.0, 1.0)
        wanted = ~free & box.movable & (side * pull < -ROUNDING)
        if not (low.any() or high.any() or wanted.any()):
            return weights
        weights = np.where(low, box.lower, np.where(high, box.upper, weights))
        free = (free & ~low & ~high) | wanted
    return None


def exchanged_tangency(covariance: Floats, excess: Floats) -> Floats | None:
    """Return the long-only weights with the largest e'w / √(w'Σw), Σw = 1; None where exchanges do not end.

    They are in proportion to the y ≥ 0 that minimises ½ y'Σy − e'y: (Σy)_i = e_i where y_i > 0, and at
    least e_i elsewhere. None as well where no e is positive, or where a free block is nearly singular.

    Parameters
    ----------
    covariance
        n × n, symmetric, positive semidefinite.
    excess
        e, n means less the same rate.

    References
    ----------
    Júdice, Pires (1994), as above.

    Examples
    --------
    >>> exchanged_tangency(np.diag([0.04, 0.01, 0.01]), np.array([0.2, 0.1, -0.1])).round(6).tolist()
    [0.333333, 0.666667, 0.0]
    """
    variance = np.diag(covariance)
    if not float(variance.min()) > CONSTANT * float(variance.max()):
        return None
    scale = 1.0 / np.sqrt(variance)
    correlation, ratio = covariance * scale * scale[:, None], excess * scale
    free, y = ratio > 0.0, np.zeros(excess.size)
    for _ in range(MOST_ROUNDS):
        at = np.flatnonzero(free)
        if at.size == 0:
            return None
        rows = correlation[at]
        factor, solved, info = dposv(rows[:, at], ratio[at])
        if info != 0 or (np.diag(factor) ** 2 <= PIVOT).any():
            return None
        y[:] = 0.0
        y[at] = solved
        wanted = ratio - solved @ rows > ROUNDING * float(np.abs(ratio).max())
        wanted[at] = False
        if solved.min() >= 0.0 and not wanted.any():
            weights = y * scale
            return np.asarray(weights / float(weights.sum()))
        free = (y > 0.0) | wanted
    return None
