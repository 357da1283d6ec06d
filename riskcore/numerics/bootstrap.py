"""Resampling kernels: stationary block bootstrap by membership counts, i.i.d. bootstrap by order statistics.

Nothing here sorts a resample. Losses are sorted once; a block resample is then a vector of counts (how often
each observation was drawn), and an i.i.d. resample is a draw of the top order statistics only.
"""

from collections.abc import Iterator
from math import ceil, floor, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.resampled import Counts, TailResamples, counted_tail

__all__ = ["Counts", "block_tail_risks", "iid_counts", "iid_tail_risks", "membership_counts"]

Floats = NDArray[np.float64]
# About 1 MB of counts at a time: the running sums then stay in the processor's cache.
CHUNK_ELEMENTS = 1 << 17
TOLERANCE = 1e-9


def membership_counts(
    count: int, *, block_length: float, resamples: int, rng: np.random.Generator
) -> Iterator[Counts]:
    """Yield chunks of a resamples × count matrix: how often each observation is in each resample.

    Stationary bootstrap: blocks start anywhere with equal probability, have geometric lengths with mean
    `block_length`, wrap around the end, and the last one is cut so that every row sums to `count`. A block
    of length L from s adds one to s … s+L−1, so a row is the running sum of starts minus ends.

    Raises
    ------
    InputError
        The block length is below 1 or above `count`, or `resamples` is below 1.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = np.concatenate(list(membership_counts(50, block_length=5, resamples=8, rng=rng)))
    >>> rows.shape, set(rows.sum(axis=1).tolist())
    ((8, 50), {50})
    """
    if not 1 <= block_length <= count:
        raise InputError(f"The block length must lie between 1 and {count} scenarios; got {block_length:g}.")
    if resamples < 1:
        raise InputError(f"Resampling needs at least 1 resample; got {resamples}.")
    rows = max(1, CHUNK_ELEMENTS // count)
    for first in range(0, resamples, rows):
        yield _chunk_of_counts(count, block_length, min(rows, resamples - first), rng)


def _chunk_of_counts(count: int, block_length: float, rows: int, rng: np.random.Generator) -> Counts:
    if block_length == 1:
        return _occurrences(rng.integers(0, count, (rows, count)), count)
    expected = count / block_length
    blocks = ceil(expected + 5 * sqrt(expected)) + 5
    ends = _running_lengths(block_length, (rows, blocks), rng)
    while ends[:, -1].min() < count:
        more = _running_lengths(block_length, (rows, blocks), rng)
        ends = np.concatenate([ends, ends[:, -1:] + more], axis=1)
    np.minimum(ends, count, out=ends)
    lengths = np.diff(ends, axis=1, prepend=0).astype(np.intp)
    starts = rng.integers(0, count, lengths.shape)
    stops = starts + lengths
    wrapped = stops >= count
    np.subtract(stops, count, out=stops, where=wrapped)
    # Blocks cut to nothing start and stop at the same place and cancel.
    steps = _occurrences(starts, count)
    steps -= _occurrences(stops, count)
    steps[:, 0] += wrapped.sum(axis=1)
    counts: Counts = np.cumsum(steps, axis=1, out=steps)
    return counts


def _running_lengths(block_length: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return running sums of geometric lengths, drawn as exponential ones rounded up: exact, and faster."""
    lengths = rng.standard_exponential(shape)
    lengths *= -1.0 / log1p(-1.0 / block_length)
    np.ceil(lengths, out=lengths)
    return np.cumsum(lengths, axis=1, out=lengths)


def _occurrences(places: NDArray[np.int64], count: int) -> Counts:
    """Return for each row how often each of `count` places is in it."""
    rows = len(places)
    places = places + np.arange(0, rows * count, count)[:, None]
    return np.bincount(places.ravel(), minlength=rows * count).reshape(rows, count)


def iid_counts(
    probabilities: Floats, *, draws: int, resamples: int, rng: np.random.Generator
) -> Iterator[Counts]:
    """Yield chunks of a resamples × S matrix of independent draws: each row is multinomial(draws, p).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> next(iid_counts(np.array([0.5, 0.5, 0.0]), draws=6, resamples=2, rng=rng)).sum(axis=1).tolist()
    [6, 6]
    """
    count = probabilities.size
    equal = _equal(probabilities)
    edges = np.cumsum(probabilities)
    # Never past the last scenario that has any probability, whatever the rounding of the sum.
    last = int(np.flatnonzero(probabilities)[-1])
    rows = max(1, CHUNK_ELEMENTS // max(count, draws))
    for first in range(0, resamples, rows):
        size = min(rows, resamples - first)
        if equal:
            index = rng.integers(0, count, (size, draws))
        else:
            uniform = rng.random((size, draws))
            index = np.minimum(np.searchsorted(edges, uniform, side="right"), last)
        yield _occurrences(index, count)


def _equal(probabilities: Floats) -> bool:
    return bool(np.ptp(probabilities) <= TOLERANCE / probabilities.size)


def block_tail_risks(
    losses: Floats, *, confidence: float, block_length: float, resamples: int, rng: np.random.Generator
) -> TailResamples:
    """Return VaR, CVaR and spread of each resample of a stationary block bootstrap.

    Parameters
    ----------
    losses
        n losses in time order, positive = bad, equal probabilities.

    Returns
    -------
    TailResamples
        Arrays of length `resamples`, in the unit of the losses.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> days = np.arange(100.0)
    >>> var, cvar, _ = block_tail_risks(days, confidence=0.9, block_length=4, resamples=500, rng=rng)
    >>> bool((cvar >= var).all() and var.min() < 89 < var.max())
    True
    """
    if block_length == 1:
        p = np.full(losses.size, 1.0 / losses.size)
        return iid_tail_risks(
            losses, p, confidence=confidence, draws=losses.size, resamples=resamples, rng=rng
        )
    order = np.argsort(-losses, kind="stable")
    ranked = losses[order]
    parts = [
        counted_tail(counts, order, ranked, confidence=confidence)
        for counts in membership_counts(losses.size, block_length=block_length, resamples=resamples, rng=rng)
    ]
    var, cvar, spread = (np.concatenate(part) for part in zip(*parts, strict=True))
    return TailResamples(var, cvar, spread)


def iid_tail_risks(
    losses: Floats,
    probabilities: Floats,
    *,
    confidence: float,
    draws: int,
    resamples: int,
    rng: np.random.Generator,
) -> TailResamples:
    """Return VaR, CVaR and spread of each i.i.d. resample, drawing only its worst observations.

    The smallest k of N uniform numbers are S_1/S_{N+1}, …, S_k/S_{N+1} with S the running sums of exponential
    variables; S_{N+1} − S_k is one gamma variable. They index the losses sorted from the worst down by
    cumulated probability, so a resample costs N(1 − c) draws and no sorting.

    Parameters
    ----------
    losses, probabilities
        S losses, positive = bad, and their probabilities.
    draws
        Size N of a resample: S for equal probabilities, the effective number otherwise.

    Raises
    ------
    InputError
        Fewer than 2 draws.

    References
    ----------
    Rényi (1953), Acta Mathematica Hungarica 4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = np.full(100, 0.01)
    >>> days = np.arange(100.0)
    >>> var, cvar, _ = iid_tail_risks(days, p, confidence=0.9, draws=100, resamples=500, rng=rng)
    >>> bool((cvar >= var).all() and var.min() < 89 < var.max())
    True
    """
    if draws < 2:
        raise InputError(f"An i.i.d. bootstrap needs at least 2 effective scenarios; got {draws}.")
    tail = draws * (1 - confidence)
    whole = floor(tail * (1 + TOLERANCE))
    top = min(whole + 1, draws)
    equal = _equal(probabilities)
    if equal:
        ranked, edges, last = np.sort(losses)[::-1].copy(), np.empty(0), losses.size - 1
    else:
        order = np.argsort(-losses, kind="stable")
        ranked, edges = losses[order], np.cumsum(probabilities[order])
        last = int(np.flatnonzero(probabilities[order])[-1])
    # Shifted to about zero at VaR, so that sums of squares keep their digits.
    centre, ones = float(ranked[min(whole, losses.size - 1)]), np.ones(top)
    shifted = ranked - centre
    var, cvar, spread = np.empty(resamples), np.empty(resamples), np.empty(resamples)
    # Smaller still: a new large array costs more in fresh memory pages than in arithmetic.
    rows = max(1, CHUNK_ELEMENTS // 8 // top)
    for first in range(0, resamples, rows):
        size = min(rows, resamples - first)
        position = rng.standard_exponential((size, top))
        np.cumsum(position, axis=1, out=position)
        whole_sum = position[:, -1:] + rng.standard_gamma(draws + 1 - top, (size, 1))
        position *= (losses.size if equal else 1) / whole_sum
        if equal:
            index = position.astype(np.int32)
        else:
            index = np.minimum(np.searchsorted(edges, position, side="right"), last)
        drawn = shifted.take(index, mode="clip")
        edge, total = drawn[:, -1], drawn @ ones
        # Moments of the excess over VaR: the boundary observation, whole or in part, adds nothing to them.
        mean = (total - top * edge) / draws
        square = (np.einsum("ij,ij->i", drawn, drawn) - 2 * edge * total + top * edge**2) / draws
        part = slice(first, first + size)
        var[part] = centre + edge
        cvar[part] = centre + edge + mean / (1 - confidence)
        spread[part] = np.sqrt(np.maximum(square - mean**2, 0.0))
    return TailResamples(var, cvar, spread)
