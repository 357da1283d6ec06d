"""Minimum torsion: the uncorrelated bets that stay closest to the assets."""

import math

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, NumericalError

__all__ = ["effective_number_of_bets", "minimum_torsion"]

Floats = NDArray[np.float64]
STEP_TOLERANCE = 1e-13
MOST_STEPS = 20_000
SMALLEST_EIGENVALUE = 1e-10


def minimum_torsion(correlation: Floats) -> Floats:
    """Return π, the n × n matrix that turns white noise ε into the minimum-torsion bets of the assets.

    With c = C^½ (symmetric) the standardised assets are c ε. Bets are uncorrelated when they are π ε with
    π = diag(d) q, q orthogonal. Minimum torsion chooses d and q to minimise ‖c − π‖²_F, the summed squared
    tracking errors of the bets to their assets. Given d, the best q is the orthogonal factor of diag(d) c;
    given q, the best d is the diagonal of c q'. Each step lowers the distance; they are repeated in turn.

    Parameters
    ----------
    correlation
        n × n, positive definite.

    Returns
    -------
    array n × n; π π' is diagonal and holds the variances of the bets, each relative to its asset's.

    Raises
    ------
    NumericalError
        Some assets are a combination of others (smallest eigenvalue below 1e-10): no uncorrelated bets,
        one per asset, exist.
    ConvergenceError
        The steps do not settle.

    References
    ----------
    Meucci, Santangelo, Deguest (2015), Risk budgeting and diversification based on optimized
    uncorrelated factors.

    Examples
    --------
    >>> minimum_torsion(np.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < SMALLEST_EIGENVALUE:
        raise NumericalError(
            "One asset is a combination of the others, so there are not as many separate bets as assets; "
            "leave one of them out.",
            smallest_eigenvalue=float(values[0]),
        )
    root = (vectors * np.sqrt(values)) @ vectors.T
    size = np.ones(len(root))
    for _ in range(MOST_STEPS):
        left, _, right = np.linalg.svd(size[:, None] * root)
        rotation = left @ right
        new = np.einsum("ij,ij->i", root, rotation)
        step, size = float(np.abs(new - size).max()), new
        if step <= STEP_TOLERANCE:
            return np.asarray(size[:, None] * rotation, dtype=np.float64)
    raise ConvergenceError(
        f"The minimum-torsion bets had not settled after {MOST_STEPS} steps (last change {step:.1e}).",
        step=step,
    )


def effective_number_of_bets(weights: Floats, covariance: Floats) -> float:
    """Return exp(−Σ p_i ln p_i), p_i the share of the portfolio variance in minimum-torsion bet i.

    The portfolio is Σ w_i σ_i (c ε)_i = a' (q ε) with a = q c (σ ∘ w), and p = a² / Σ a².

    Parameters
    ----------
    weights
        n, shorts allowed, not all without risk.
    covariance
        n × n with a positive diagonal.

    Returns
    -------
    float between 1 and n. Two equal weights in two assets of equal volatility count as 2 whatever their
    correlation (0.99 too): by symmetry each bet carries half. The diversification ratio shows that side.

    Raises
    ------
    NumericalError, ConvergenceError
        As `minimum_torsion`; or the portfolio has no variance.

    References
    ----------
    Meucci, Santangelo, Deguest (2015), as above, section 3.

    Examples
    --------
    >>> round(effective_number_of_bets(np.array([0.5, 0.5]), np.diag([1.0, 4.0])), 6)
    1.649385
    """
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    torsion = minimum_torsion(correlation)
    rotation = torsion / np.linalg.norm(torsion, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(correlation)
    amounts = rotation @ ((vectors * np.sqrt(values)) @ (vectors.T @ (deviation * weights)))
    total = float(amounts @ amounts)
    if total <= 0.0:
        raise NumericalError("The portfolio has no variance, so its bets have no shares.")
    shares = amounts**2 / total
    held = shares[shares > 0.0]
    return math.exp(-float(held @ np.log(held)))
