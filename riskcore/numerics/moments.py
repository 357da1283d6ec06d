"""Probability-weighted mean and covariance of a returns matrix."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["weighted_covariance", "weighted_mean"]

Floats = NDArray[np.float64]


def weighted_mean(returns: Floats, probabilities: Floats) -> Floats:
    """Return μ = Σ_s p_s r_s, one per column, per period.

    Examples
    --------
    >>> weighted_mean(np.array([[0.01], [0.03]]), np.array([0.75, 0.25])).tolist()
    [0.015]
    """
    mean: Floats = probabilities @ returns
    return mean


def weighted_covariance(returns: Floats, probabilities: Floats) -> Floats:
    """Return Σ = Σ_s p_s (r_s − μ)(r_s − μ)', n × n, per period; exactly symmetric.

    The moment of the distribution the scenarios stand for: no small-sample correction, so that the
    volatility computed from it is the volatility measure of the same scenarios.

    Examples
    --------
    >>> weighted_covariance(np.array([[0.0, 0.0], [2.0, -4.0]]), np.array([0.25, 0.75])).round(12).tolist()
    [[0.75, -1.5], [-1.5, 3.0]]
    """
    centred = returns - weighted_mean(returns, probabilities)
    centred *= np.sqrt(probabilities)[:, None]
    covariance: Floats = centred.T @ centred
    return covariance
