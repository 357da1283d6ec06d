"""Principal components of a covariance, and the line above which they are more than noise."""

import math

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError

__all__ = ["components", "noise_edge"]

Floats = NDArray[np.float64]


def components(covariance: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues, largest first, and the unit eigenvectors as columns.

    Signs are free; each vector is turned so that its entries add up to something positive, or, where they
    add up to nothing, so that its largest entry is positive.

    Examples
    --------
    >>> values, vectors = components(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> values.round(6).tolist(), vectors[:, 0].round(6).tolist()
    ([3.0, 1.0], [0.707107, 0.707107])
    """
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = vectors.sum(axis=0)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(values.size)]
    direction = np.where(np.abs(total) > 1e-9, total, largest)
    return values, vectors * np.where(direction < 0.0, -1.0, 1.0)


def noise_edge(size: int, rows: float) -> float:
    """Return (1 + √(n / S))², the largest eigenvalue of a correlation matrix of n independent columns.

    As n and S grow with n / S fixed; columns of unit variance, independent rows. Real correlations leave
    less variance for the noise, so the line is a cautious one.

    References
    ----------
    Marchenko, Pastur (1967), Distribution of eigenvalues for some sets of random matrices.

    Examples
    --------
    >>> noise_edge(25, 100.0)
    2.25
    """
    if size < 1 or not rows > 0.0:
        raise InputError(f"The line needs at least one column and one row, got {size} and {rows:g}.")
    return (1.0 + math.sqrt(size / rows)) ** 2
