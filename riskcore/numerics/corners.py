"""Walking the critical line: from corner to corner, one change of a free weight at a time.

See `critical_line` for what the corners are for, and for the repairs that a singular block asks for.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

__all__ = ["TIED", "Box", "Corner", "Singular", "Walk", "corners_of"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PIVOT = 1e-10
"""Share of its variance an asset must keep given the other free ones; below, the block counts as singular."""
TIED = 1e-12
"""Difference of two means over their range below which they count as equal."""


class Singular(Exception):  # noqa: N818 (caught at once: it asks for the next repair)
    """The free block has no usable Cholesky factor, or the walk did not end."""


class Box(NamedTuple):
    """Bounds on the weights."""

    lower: Floats
    upper: Floats

    @property
    def movable(self) -> Flags:
        """Which weights have room between their bounds."""
        flags: Flags = self.upper > self.lower
        return flags


class Corner(NamedTuple):
    """λ, the weights there, and which of them are free on the segment that ends there."""

    trade_off: float
    weights: Floats
    free: Flags


Walk = Callable[[Floats, Floats, Box, Floats, Flags], Iterable[Corner]]
"""From covariance, centred means, bounds, weights and the free ones at λ = ∞ to the corners."""


class _Segment(NamedTuple):
    """w_F = α + λβ, and the gradients of the others, c + λ d."""

    free: NDArray[np.intp]
    alpha: Floats
    beta: Floats
    constant: Floats
    slope: Floats


def corners_of(covariance: Floats, centre: Floats, box: Box, walk: Walk | None = None) -> Iterator[Corner]:
    """Yield the corners from the highest mean, or the mix of smallest variance among those tied for it.

    `walk` leads from λ = ∞ to λ = 0; by default it factors the free block anew at every corner.

    Raises
    ------
    Singular
        A free block has no usable Cholesky factor, or the walk does not end.

    Examples
    --------
    >>> box = Box(np.zeros(2), np.ones(2))
    >>> [c.weights.round(6).tolist() for c in corners_of(np.diag([4.0, 1.0]), np.array([1.0, 0.0]), box)]
    [[1.0, 0.0], [0.2, 0.8]]
    """
    walk = walk or _walk
    left = 1.0 - float(box.lower.sum())
    if left <= 1e-12 or float(box.upper.sum()) <= 1.0 + 1e-12:  # one portfolio only
        only = box.lower if left <= 1e-12 else box.upper
        yield Corner(0.0, only / float(only.sum()), box.movable)
        return
    weights, marginal = _fill(centre, box)
    group = box.movable & (np.abs(centre - centre[marginal]) <= TIED)
    free = np.zeros(centre.size, dtype=np.bool_)
    free[marginal] = True
    if int(group.sum()) > 1:
        inside = Box(np.where(group, box.lower, weights), np.where(group, box.upper, weights))
        # Any distinct means lead to the same smallest variance; those of few covariances lead there sooner.
        ranks = np.argsort(np.argsort(covariance.sum(axis=0), kind="stable")) / -centre.size
        weights, marginal = _fill(np.where(group, ranks, -2.0), inside)
        free[:] = False
        free[marginal] = True
        for corner in walk(covariance, ranks, inside, weights, free):
            last = corner
        weights, free = last.weights, last.free
    yield from walk(covariance, np.where(group, centre[marginal], centre), box, weights, free)


def _fill(centre: Floats, box: Box) -> tuple[Floats, int]:
    """Return the portfolio with the highest mean, and the movable asset filled last."""
    weights = box.lower.copy()
    left = 1.0 - float(weights.sum())
    marginal = -1
    for i in np.argsort(-centre, kind="stable"):
        room = float(box.upper[i] - box.lower[i])
        if room > 0.0:
            marginal = int(i)
            if room >= left:
                weights[i] += left
                break
            weights[i] = box.upper[i]  # exactly: which bound it is at is read from here
            left -= room
    return weights, marginal


def _walk(covariance: Floats, centre: Floats, box: Box, weights: Floats, free: Flags) -> Iterator[Corner]:
    """Yield the corners from λ = ∞ to λ = 0, given the weights and the free ones at λ = ∞."""
    movable, weights, free = box.movable, weights.copy(), free.copy()
    held = covariance @ np.where(free, 0.0, weights)
    side = np.where(weights >= box.upper, -1.0, 1.0)  # which sign of its gradient keeps a weight at its bound
    trade_off, changed = np.inf, -1
    for _ in range(30 * centre.size + 100):
        segment = _segment(covariance, centre, free, held, 1.0 - float(weights[~free].sum()))
        reached = _events(segment, box, side, movable & ~free)
        if reached[changed] >= trade_off * (1.0 - 1e-12) and changed >= 0:
            reached[changed] = -np.inf
        event = int(np.argmax(reached))
        trade_off = min(trade_off, max(float(reached[event]), 0.0))
        at = segment.alpha + trade_off * segment.beta
        weights[segment.free] = np.clip(at, box.lower[segment.free], box.upper[segment.free])
        yield Corner(trade_off, weights.copy(), free.copy())
        if trade_off == 0.0:
            return
        if free[event]:
            slot = int(np.searchsorted(segment.free, event))
            up = segment.beta[slot] < 0.0
            weights[event] = box.upper[event] if up else box.lower[event]
            side[event] = -1.0 if up else 1.0
        sign = 1.0 if free[event] else -1.0
        if weights[event] != 0.0:
            held += sign * weights[event] * covariance[event]
        free[event] = not free[event]
        changed = event
    raise Singular


def _segment(covariance: Floats, centre: Floats, free: Flags, held: Floats, budget: float) -> _Segment:
    at = np.flatnonzero(free)
    rows = covariance[at]
    block = rows[:, at]
    # Measured from one free mean: among tied means β is then zero, not rounding.
    relative = centre - centre[at[0]]
    right = np.empty((at.size, 3), order="F")
    right[:, 0], right[:, 1], right[:, 2] = 1.0, relative[at], held[at]
    factor, solved, info = dposv(block, right, overwrite_b=True)
    if info != 0 or (np.diag(factor) ** 2 <= PIVOT * np.diag(block)).any():
        raise Singular
    ones, tilt, rest = solved.T
    total = float(ones.sum())
    level, lean = (budget + float(rest.sum())) / total, -float(tilt.sum()) / total
    line = np.empty((2, at.size))
    line[0], line[1] = level * ones - rest, tilt + lean * ones
    if at.size == 1:
        line[1] = 0.0
    pulled = line @ rows
    return _Segment(at, line[0], line[1], pulled[0] + held - level, pulled[1] - relative - lean)


def _events(segment: _Segment, box: Box, side: Floats, waiting: Flags) -> Floats:
    """Return for each asset the λ at which it reaches a bound or wants to leave it, −∞ for never."""
    reached = np.full(side.size, -np.inf)
    leaving = waiting & (side * segment.slope > 1e-14)
    np.divide(-segment.constant, segment.slope, out=reached, where=leaving)
    beta = segment.beta
    bound = np.where(beta > 0.0, box.lower[segment.free], box.upper[segment.free])
    moving = np.abs(beta) > 1e-13 * float(np.abs(beta).max(initial=1e-300))
    arriving = np.full(beta.size, -np.inf)
    np.divide(bound - segment.alpha, beta, out=arriving, where=moving)
    reached[segment.free] = arriving
    return reached
