"""What counted resamples say: VaR, CVaR, volatility, contributions, and intervals from many of them.

A resample is a row of counts, how often each scenario was drawn; see `bootstrap`. Nothing is sorted again.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import NumericalError
from riskcore.numerics.spectral import smoothed_quantile_weights

__all__ = [
    "TailResamples",
    "counted_tail",
    "resampled_contributions",
    "resampled_figures",
    "resampled_tail",
    "resampled_var_contributions",
    "tail_interval",
]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
TOLERANCE = 1e-9


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


def resampled_var_contributions(counts: Counts | Floats, parts: Floats, *, confidence: float) -> Floats:
    """Return resamples × assets contributions to VaR, with the smoothed weights of each resample.

    Rows where those weights do not exist are NaN; see `spectral.smoothed_quantile_weights`. Unlike the others
    this is a loop: the weights of each resample solve an equation of their own.

    Examples
    --------
    >>> parts = np.arange(1.0, 101.0)[:, None]
    >>> resampled_var_contributions(np.ones((1, 100)), parts, confidence=0.95).round(9)
    array([[95.]])
    """
    losses = parts.sum(axis=1)
    found = np.full((counts.shape[0], parts.shape[1]), np.nan)
    for row, times in enumerate(counts / counts.sum(axis=1, keepdims=True)):
        try:
            weights = smoothed_quantile_weights(losses, times, confidence)
        except NumericalError:
            continue
        near = np.flatnonzero(weights)
        found[row] = weights[near] @ parts[near]
    return found


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
