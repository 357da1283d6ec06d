"""Which scenarios of a CVaR a program writes out: those near the tail's edge.

Those surely inside count as a sum, those surely outside not at all. Both can but lower the CVaR, so that the
answer is a bound; it is exact once the CVaR of all scenarios agrees, and scenarios are written out until it
does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver.program import Tail
from riskcore.numerics.tail import value_at_risk

__all__ = ["MOST_ROUNDS", "TailRows", "first_rows", "mended"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
MOST_ROUNDS = 40
"""How often scenarios are added before they count as never agreeing."""


class TailRows(NamedTuple):
    """The scenarios of a CVaR: surely in the tail, and near its edge."""

    sure: Indices
    edge: Indices


def first_rows(tail: Tail, weights: Floats) -> TailRows:
    """Return the scenarios from half-way into the tail of these weights to as far again outside it."""
    order = np.argsort(-tail.losses(weights), kind="stable")
    mass = np.cumsum(tail.probabilities[order])
    ends = [int(np.searchsorted(mass, part * (1.0 - tail.confidence))) for part in (0.5, 1.6)]
    ends = [max(0, ends[0] - weights.size), min(ends[1] + 2 * weights.size, order.size)]
    return TailRows(np.sort(order[: ends[0]]), np.sort(order[ends[0] : ends[1]]))


def mended(tail: Tail, weights: Floats, rows: TailRows) -> TailRows:
    """Return rows that write out what these weights show on the wrong side; the same where there is none."""
    losses = tail.losses(weights)
    level = value_at_risk(losses, tail.probabilities, tail.confidence)
    inside = np.flatnonzero(losses >= level)
    wrong = np.union1d(
        np.setdiff1d(inside, np.union1d(rows.sure, rows.edge)), np.setdiff1d(rows.sure, inside)
    )
    if not wrong.size:
        return rows
    return TailRows(np.setdiff1d(rows.sure, wrong), np.union1d(rows.edge, wrong))
