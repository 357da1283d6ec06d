"""Walking the critical line on a tableau: a few assets, every corner one pivot away from the last.

With a multiplier for Σw = 1 the optimality conditions are linear equations between weights and gradients.
The tableau is that system solved for the weights that are free: a change of one free weight is one rank-one
update, where `corners` factors the free block anew. Rounding adds up from pivot to pivot, so the answer is
for the caller to verify, and the other walk stands by.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dger

from riskcore.numerics.corners import PIVOT, Box, Corner, Singular

__all__ = ["walk_tableau"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
STILL = 1e-12
"""Slope below which a weight or gradient does not move with λ; variances and means are of the order of 1."""


def walk_tableau(covariance: Floats, centre: Floats, box: Box, weights: Floats, free: Flags) -> list[Corner]:
    """Return the corners from λ = ∞ to λ = 0, given the weights and the free ones at λ = ∞.

    Raises
    ------
    Singular
        A pivot is too small, or the walk does not end.

    Examples
    --------
    >>> box, start = Box(np.zeros(2), np.ones(2)), np.array([1.0, 0.0])
    >>> walked = walk_tableau(np.diag([4.0, 1.0]), np.array([1.0, 0.0]), box, start, start > 0)
    >>> [corner.weights.round(6).tolist() for corner in walked]
    [[1.0, 0.0], [0.2, 0.8]]
    """
    n = centre.size
    free, above = free.copy(), weights >= box.upper
    table = _table(covariance, centre, weights, free)
    level, slope = table[:n, -2], table[:n, -1]
    # Where the entry of each asset has its next event as λ falls, by the sign of its slope; ±∞ for never.
    falling = np.where(free, box.lower, np.where(above & box.movable, 0.0, -np.inf))
    rising = np.where(free, box.upper, np.where(~above & box.movable, 0.0, np.inf))
    trade_off, changed = np.inf, -1
    trail: list[tuple[float, Floats, Flags, Flags]] = []
    for _ in range(30 * n + 100):
        reached = np.full(n, -np.inf)
        ahead = np.where(slope > 0.0, falling, rising)
        np.divide(ahead - level, slope, out=reached, where=np.abs(slope) > STILL)
        if changed >= 0 and reached[changed] >= trade_off * (1.0 - 1e-12):
            reached[changed] = -np.inf
        event = int(reached.argmax())
        trade_off = min(trade_off, max(float(reached[event]), 0.0))
        trail.append((trade_off, table[:n, -2:].copy(), free.copy(), above.copy()))
        if trade_off == 0.0:
            return _corners(trail, box)
        if free[event]:
            above[event] = up = bool(slope[event] < 0.0)
            _pivot(table, event, covariance)
            table[:, -2] -= (box.upper if up else box.lower)[event] * table[:, event]
            falling[event], rising[event] = (0.0, np.inf) if up else (-np.inf, 0.0)
        else:
            table[:, -2] += (box.upper if above[event] else box.lower)[event] * table[:, event]
            _pivot(table, event, covariance)
            falling[event], rising[event] = box.lower[event], box.upper[event]
        free[event] = not free[event]
        changed = event
    raise Singular


def _corners(trail: list[tuple[float, Floats, Flags, Flags]], box: Box) -> list[Corner]:
    """Return the corners of λ, lines, free weights and those at their upper bounds."""
    trade_offs = [step[0] for step in trail]
    lines, free, above = (np.array([step[part] for step in trail]) for part in (1, 2, 3))
    inside = np.clip(lines[:, :, 0] + np.array(trade_offs)[:, None] * lines[:, :, 1], box.lower, box.upper)
    weights = np.where(free, inside, np.where(above, box.upper, box.lower))
    return [Corner(*corner) for corner in zip(trade_offs, weights, free, strict=True)]


def _table(covariance: Floats, centre: Floats, weights: Floats, free: Flags) -> Floats:
    """Return the equations, solved for the free weights and the multiplier, and what stands on the right."""
    n = centre.size
    at, held = np.flatnonzero(free), np.where(free, 0.0, weights)
    table = np.empty((n + 1, n + 3), order="F")
    table[:n, :n] = covariance
    table[:n, n] = table[n, :n] = 1.0
    table[:n, -2] = -(covariance @ held)
    # Measured from one free mean: among tied means the slope is then zero, not rounding.
    table[:n, -1] = centre - centre[at[0]]
    table[n, [n, -2, -1]] = 0.0, 1.0 - float(held.sum()), 0.0
    for place in (*at, n):
        _pivot(table, int(place), covariance)
    return table


def _pivot(table: Floats, place: int, covariance: Floats) -> None:
    """Solve for the entry at `place`, or undo that: the same step does both."""
    pivot = float(table[place, place])
    if place < len(covariance) and not pivot > PIVOT * covariance[place, place]:
        raise Singular
    column = table[:, place].copy()
    row = table[place] / pivot
    row[place] = 1.0 / pivot
    column[place] = 0.0
    table[:, place] = 0.0
    dger(-1.0, column, row, a=table, overwrite_a=True)
    table[place] = row
