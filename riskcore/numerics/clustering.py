"""Hierarchical risk parity on a covariance: cluster, order, and split risk from the top down.

Weights are split in two halves again and again, in the order of the leaves. The variance of a half, under
inverse-variance weights inside it, is the sum of a block of D⁻¹ΣD⁻¹ over a squared sum of D⁻¹, D = diag Σ.
All blocks of one level are sums of blocks of the level below, so one pass from the leaves up gives them all,
without differences of large sums.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk

from riskcore.errors import InfeasibleError, InputError, MissingDataError

__all__ = ["HierarchicalWeights", "bisect_risk", "leaf_order", "solve_hierarchical"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

SAME = 1e-12
"""Squared distance over the squared lengths below which two columns count as equal."""


@dataclass(frozen=True, eq=False)
class HierarchicalWeights:
    """Weights, and the tree they come from.

    Attributes
    ----------
    weights
        n positive numbers that sum to 1.
    order
        Positions of the assets along the leaves.
    links
        SciPy's linkage table, (n − 1) × 4; empty for one asset.
    levels
        How often the portfolio was halved.
    """

    weights: Floats
    order: Places
    links: Floats
    levels: int


def solve_hierarchical(covariance: Floats) -> HierarchicalWeights:
    """Return the hierarchical risk parity weights of a covariance.

    Parameters
    ----------
    covariance
        n × n, symmetric, with positive variances; any scale. May be singular.

    Raises
    ------
    InputError, MissingDataError
        The covariance is not square, or not finite.
    InfeasibleError
        An asset has no volatility (`assets`, positions), or two halves have none: a perfect hedge.

    References
    ----------
    López de Prado (2016), Building diversified portfolios that outperform out of sample, J. of Portfolio
    Management 42(4): distance √(½(1 − ρ)), distance of distances, single linkage, bisection.

    Examples
    --------
    >>> solve_hierarchical(np.diag([0.04, 0.01])).weights.round(6).tolist()
    [0.2, 0.8]
    """
    n = len(covariance)
    if covariance.shape != (n, n) or n == 0:
        raise InputError(f"A covariance has as many rows as columns; got shape {covariance.shape}.")
    if not np.isfinite(covariance).all():
        raise MissingDataError("The covariance is missing or infinite somewhere; leave those assets out.")
    variance = np.diag(covariance)
    flat = np.flatnonzero(~(variance > 0.0))
    if flat.size:
        raise InfeasibleError(
            "An asset without volatility has no correlation to cluster by; leave it out.",
            assets=flat.tolist(),
        )
    if n == 1:
        return HierarchicalWeights(np.ones(1), np.zeros(1, dtype=np.intp), np.empty((0, 4)), 0)
    scale = 1.0 / np.sqrt(variance)
    correlation = covariance * scale
    correlation *= scale[:, None]
    order, links = leaf_order(correlation)
    along, levels = bisect_risk(covariance[order][:, order])
    weights = np.empty(n)
    weights[order] = along
    return HierarchicalWeights(weights, order, links, levels)


def leaf_order(correlation: Floats) -> tuple[Places, Floats]:
    """Return the leaves of the single-linkage tree of d̃_ij = ‖d_i − d_j‖, d = √(½(1 − ρ)), and the tree.

    Examples
    --------
    >>> leaf_order(np.array([[1.0, 0.1, 0.9], [0.1, 1.0, 0.2], [0.9, 0.2, 1.0]]))[0].tolist()
    [1, 0, 2]
    """
    n = len(correlation)
    distance = 0.5 - 0.5 * correlation
    np.sqrt(np.maximum(distance, 0.0, out=distance), out=distance)
    distance.ravel()[:: n + 1] = 0.0
    # The upper half is enough for SciPy, at half the work; BLAS stores by columns, so it calls it the lower.
    products = np.asarray(dsyrk(1.0, distance.T, lower=1)).T
    squares = np.diag(products)
    sizes = np.add.outer(squares, squares)
    products *= -2.0
    products += sizes
    products[products <= SAME * sizes] = 0.0  # equal columns, up to the rounding of the products
    # Imported here: together they take a fifth of a second, and few pages cluster.
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    apart = squareform(products, checks=False)
    links = linkage(np.sqrt(apart), "single")
    return _leaves(links, n), links


def _leaves(links: Floats, n: int) -> Places:
    """Return the leaves from left to right; SciPy's own function spends its time on checks."""
    branches = links[:, :2].astype(np.intp).tolist()
    order, waiting = [], [2 * n - 2]
    while waiting:
        node = waiting.pop()
        if node < n:
            order.append(node)
        else:
            left, right = branches[node - n]
            waiting += [right, left]
    return np.array(order, dtype=np.intp)


def bisect_risk(covariance: Floats) -> tuple[Floats, int]:
    """Return weights by recursive bisection in the given order, and the number of levels.

    Each half gets the share of the other half's variance, v₂ / (v₁ + v₂); the first half is the shorter one.

    Examples
    --------
    >>> bisect_risk(np.diag([1.0, 1.0, 2.0]))[0].round(6).tolist()
    [0.4, 0.4, 0.2]
    """
    n = len(covariance)
    halvings = _halvings(n)
    inverse = 1.0 / np.diag(covariance)
    blocks, masses = covariance * inverse[:, None] * inverse, inverse
    variances = [np.diag(blocks) / masses**2]
    for at, _ in reversed(halvings):
        blocks = np.add.reduceat(np.add.reduceat(blocks, at, axis=0), at, axis=1)
        masses = np.add.reduceat(masses, at)
        variances.append(np.diag(blocks) / masses**2)
    variances.reverse()
    weights = np.ones(1)
    for (at, parts), variance in zip(halvings, variances[1:], strict=True):
        weights = np.repeat(weights, parts)
        first = at[parts == 2]
        left, right = np.maximum(variance[first], 0.0), np.maximum(variance[first + 1], 0.0)
        total = left + right
        if not (total > 0.0).all():
            raise InfeasibleError(
                "Two halves of the tree have no volatility at all (a perfect hedge), so there is no risk to "
                "split; leave one of the hedged assets out, or use the Ledoit–Wolf covariance."
            )
        weights[first] *= right / total
        weights[first + 1] *= left / total
    return weights, len(halvings)


@cache
def _halvings(n: int) -> tuple[tuple[Places, Places], ...]:
    """Return for each level where its segments begin among those of the next, and how many each becomes."""
    starts, found = np.zeros(1, dtype=np.intp), []
    while starts.size < n:
        length = np.diff(np.append(starts, n))
        finer = np.unique(np.concatenate([starts, starts + length // 2]))
        at = np.searchsorted(finer, starts)
        found.append((at, np.diff(np.append(at, finer.size))))
        starts = finer
    return tuple(found)
