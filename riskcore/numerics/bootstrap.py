"""Resampling kernels: stationary block bootstrap by membership counts, i.i.d. bootstrap by order statistics.

Nothing here sorts a resample. Losses are sorted once; a block resample is then a vector of counts (how often
each observation was drawn), and an i.i.d. resample is a draw of the top order statistics only.
"""

from collections.abc import Iterator
from math import ceil, floor, log10, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError

__all__ = [
    "TailResamples",
    "block_tail_risks",
    "counted_tail",
    "iid_counts",
    "iid_tail_risks",
    "membership_counts",
    "optimal_block_length",
    "resampled_contributions",
    "resampled_figures",
    "resampled_tail",
    "tail_interval",
]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
# About 1 MB of counts at a time: the running sums then stay in the processor's cache.
CHUNK_ELEMENTS = 1 << 17
TOLERANCE = 1e-9


def optimal_block_length(series: Floats) -> float:
    """Return the expected block length that suits the stationary bootstrap of the mean of `series`.

    b = (2 G² / D)^{1/3} n^{1/3} with G = Σ λ(k/M) |k| R(k), D = 2 (Σ λ(k/M) R(k))², the flat-top window
    λ(x) = min(1, 2(1 − |x|)) and M twice the lag after which max(5, √log₁₀ n) autocorrelations in a row stay
    inside ±2 √(log₁₀ n / n). Between 1 and min(3 √n, n/3).

    Parameters
    ----------
    series
        n values in time order. For a quantile or a tail mean pass its influence values (a tail indicator, the
        excess over VaR): returns are nearly uncorrelated while their tails cluster.

    Returns
    -------
    float
        In periods, at least 1; 1 for a constant series.

    Raises
    ------
    MissingDataError
        Fewer than 12 values.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23, section 3.2; corrected D by Patton, Politis and White
    (2009), Econometric Reviews 28.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(size=2000)
    >>> bool(optimal_block_length(noise) < 5 < optimal_block_length(np.cumsum(noise)))
    True
    """
    n = series.size
    if n < 12:
        raise MissingDataError(f"A block length needs at least 12 ordered scenarios; got {n}.")
    centred = series - series.mean()
    run = max(5, ceil(sqrt(log10(n))))
    longest = min(ceil(sqrt(n)) + run, n - 1)
    covariance = np.array([centred[: n - k] @ centred[k:] for k in range(longest + 1)]) / n
    if sqrt(covariance[0]) <= TOLERANCE * float(np.abs(series).max()):
        return 1.0
    small = np.abs(covariance[1:] / covariance[0]) < 2 * sqrt(log10(n) / n)
    window = np.lib.stride_tricks.sliding_window_view(small, min(run, small.size)).all(axis=1)
    last = int(np.argmax(window)) if window.any() else int(np.flatnonzero(~small)[-1]) + 1
    lags = np.arange(1, min(2 * max(last, 1), longest) + 1)
    taper = np.minimum(1.0, 2.0 * (1.0 - lags / lags[-1])) if lags.size > 1 else np.ones(1)
    slope = 2.0 * (taper * lags) @ covariance[lags]
    spectrum = covariance[0] + 2.0 * taper @ covariance[lags]
    limit = ceil(min(3 * sqrt(n), n / 3))
    if spectrum <= 0:
        # A flat-top estimate can turn negative; the longest allowed block is the cautious answer.
        return float(limit)
    return float(np.clip((slope**2 / spectrum**2 * n) ** (1 / 3), 1.0, limit))


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
    expected = count / block_length
    blocks = ceil(expected + 5 * sqrt(expected)) + 5
    ends = np.cumsum(rng.geometric(1 / block_length, (rows, blocks)), axis=1)
    while ends[:, -1].min() < count:
        more = np.cumsum(rng.geometric(1 / block_length, (rows, blocks)), axis=1)
        ends = np.concatenate([ends, ends[:, -1:] + more], axis=1)
    np.minimum(ends, count, out=ends)
    lengths = np.diff(ends, axis=1, prepend=0)
    starts = rng.integers(0, count, lengths.shape)
    stops = starts + lengths
    wrapped = stops >= count
    stops[wrapped] -= count
    # Blocks cut to nothing start and stop at the same place and cancel.
    base = np.arange(rows)[:, None] * count
    size = rows * count
    steps = np.bincount((starts + base).ravel(), minlength=size)
    steps -= np.bincount((stops + base).ravel(), minlength=size)
    steps = steps.reshape(rows, count)
    steps[:, 0] += wrapped.sum(axis=1)
    counts: Counts = np.cumsum(steps, axis=1)
    return counts


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
        flat = (index + np.arange(size)[:, None] * count).ravel()
        yield np.bincount(flat, minlength=size * count).reshape(size, count)


def _equal(probabilities: Floats) -> bool:
    return bool(np.ptp(probabilities) <= TOLERANCE / probabilities.size)


def resampled_tail(
    counts: Counts | Floats, order: NDArray[np.intp], tail: float | Floats
) -> tuple[Floats, NDArray[np.intp]]:
    """Return tail weights (rows × K, each row summing to 1) and the column of VaR, for counted resamples.

    Parameters
    ----------
    counts
        rows × n, from `membership_counts`.
    order
        Observations by falling loss (length n); column k of the answer belongs to observation order[k].
    tail
        Number of drawn observations in the tail, n(1 − c), not rounded; one number, or one per row.

    Returns
    -------
    tuple
        Weights (min(C_k, tail) − min(C_{k−1}, tail)) / tail with C the running count: CVaR is their product
        with the sorted losses, exact in the boundary observation. And the first column with C_k > tail,
        which is the lower quantile.
    """
    total = counts.shape[1]
    mass = np.broadcast_to(np.asarray(tail, np.float64), (counts.shape[0],))[:, None]
    columns = min(total, ceil(1.6 * mass.max()) + 32)
    while True:
        running = np.cumsum(counts[:, order[:columns]], axis=1)
        if columns == total or (running[:, -1:] > mass + 1).all():
            break
        columns = min(total, 2 * columns)
    clipped = np.minimum(running, mass)
    weights: Floats = np.diff(clipped, axis=1, prepend=0.0) / mass
    position = np.argmax(running > mass * (1 + TOLERANCE), axis=1)
    return weights, position


def resampled_figures(
    counts: Counts,
    losses: Floats,
    order: NDArray[np.intp],
    *,
    measure: str,
    confidence: float | None,
) -> Floats:
    """Return one figure per counted resample: "var" or "cvar" at `confidence`, else the volatility.

    Examples
    --------
    >>> losses = np.array([3.0, -1.0])
    >>> resampled_figures(np.array([[1, 1], [2, 0]]), losses, np.array([0, 1]), measure="", confidence=None)
    array([2., 0.])
    """
    drawn = float(counts[0].sum())
    if confidence is None:
        centred = losses - losses.mean()
        moments = counts @ np.column_stack([centred, centred**2]) / drawn
        deviations: Floats = np.sqrt(np.maximum(moments[:, 1] - moments[:, 0] ** 2, 0.0))
        return deviations
    found = counted_tail(counts, order, losses[order], confidence=confidence)
    return found.var if measure == "var" else found.cvar


def resampled_contributions(
    counts: Counts, parts: Floats, order: NDArray[np.intp], *, confidence: float | None
) -> Floats:
    """Return resamples × assets contributions to CVaR at `confidence`, or to volatility without one.

    Parameters
    ----------
    parts
        S × n losses of each position (−R_si w_i); their row sums are the portfolio's losses.

    Examples
    --------
    >>> parts = np.array([[3.0, 1.0], [0.0, 0.0]])
    >>> resampled_contributions(np.array([[1, 1]]), parts, np.array([0, 1]), confidence=None)
    array([[1.5, 0.5]])
    """
    drawn = float(counts[0].sum())
    if confidence is not None:
        weights, _ = resampled_tail(counts, order, drawn * (1 - confidence))
        tail_means: Floats = weights @ parts[order[: weights.shape[1]]]
        return tail_means
    centred = parts - parts.mean(axis=0)
    mean = counts @ centred / drawn
    product = counts @ (centred * centred.sum(axis=1, keepdims=True)) / drawn
    covariance = product - mean * mean.sum(axis=1, keepdims=True)
    # The covariances with the total add up to its variance.
    volatility = np.sqrt(np.maximum(covariance.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny))
    contributions: Floats = covariance / volatility
    return contributions


class TailResamples(NamedTuple):
    """VaR and CVaR of each resample, and the deviation of its excess (l − VaR)₊, None where unknown."""

    var: Floats
    cvar: Floats
    spread: Floats | None


def counted_tail(
    counts: Counts | Floats, order: NDArray[np.intp], ranked: Floats, *, confidence: float
) -> TailResamples:
    """Return VaR, CVaR and spread of counted resamples; `ranked` are the losses in `order`.

    Examples
    --------
    >>> losses = np.array([3.0, 2.0, 1.0, 0.0])
    >>> found = counted_tail(np.array([[1, 1, 1, 1]]), np.arange(4), losses, confidence=0.75)
    >>> found.var.tolist(), found.cvar.tolist(), found.spread.round(6).tolist()
    ([2.0], [3.0], [0.433013])
    """
    drawn = counts.sum(axis=1)
    weights, position = resampled_tail(counts, order, drawn * (1 - confidence))
    var, worst = ranked[position], ranked[: weights.shape[1]]
    # Moments about the worst loss: those of the excess are differences of them.
    gap = worst[0] - worst
    first, second, depth = weights @ gap, weights @ gap**2, worst[0] - var
    mean, square = depth - first, depth**2 - 2 * depth * first + second
    tail = 1 - confidence
    spread = np.sqrt(np.maximum(tail * square - (tail * mean) ** 2, 0.0))
    return TailResamples(var, worst[0] - first, spread)


def tail_interval(
    value: float, spread: float, drawn: TailResamples, *, level: float, studentised: bool
) -> tuple[float, float]:
    """Return an interval for CVaR from its resamples.

    Percentile: the quantiles of CVaR*. Studentised (bootstrap-t): value − quantiles of (CVaR* − value) s/s*,
    with s the deviation of the excess over VaR. A resample without the worst days has a low CVaR and a small
    s* at once; dividing by it keeps the upper end where thin tails need it. s* counts as at least s/100.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 12.5.

    Examples
    --------
    >>> drawn = TailResamples(np.zeros(3), np.array([0.9, 1.0, 1.2]), np.array([0.5, 1.0, 1.0]))
    >>> tail_interval(1.0, 1.0, drawn, level=0.9, studentised=True)
    (0.8, 1.2)
    """
    ends = [(1 - level) / 2, (1 + level) / 2]
    if not studentised or drawn.spread is None or spread <= 0:
        lower, upper = np.quantile(drawn.cvar, ends, method="nearest")
        return float(lower), float(upper)
    errors = (drawn.cvar - value) * (spread / np.maximum(drawn.spread, spread / 100))
    low, high = np.quantile(errors, ends, method="nearest")
    return value - float(high), value - float(low)


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
