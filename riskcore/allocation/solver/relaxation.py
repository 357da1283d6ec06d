"""Which constraints conflict where a region is empty, and the smallest allowances that make room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver.model import Shape, Written, run, shape_of
from riskcore.allocation.solver.parameters import fill, fill_tail
from riskcore.allocation.solver.program import HUGE, Objective, Region
from riskcore.allocation.solver.tail_rows import MOST_ROUNDS, TailRows, first_rows, mended
from riskcore.errors import ConvergenceError

__all__ = ["Elastic", "relax"]

Floats = NDArray[np.float64]
LOOSELY = 1e-6
COARSE = (1e-9, 1e-7)
"""Accuracies of the search for what gives way, which is reported to four digits."""


@dataclass(frozen=True, eq=False)
class Elastic:
    """Which constraints conflict, and the allowances that make room.

    Each by constraint: "lower", "upper", "rows" as arrays with room to spare at the end, "short", "gross",
    "turnover", "tracking" and "cap0", … as single numbers. `prices` are positive where a constraint takes
    part in the conflict; `allowances` are the smallest in total and, among those, in squares.
    """

    total: float
    prices: dict[str, Floats]
    allowances: dict[str, Floats]


def relax(region: Region, *, only: tuple[str, int] | None = None, below_zero: bool = False) -> Elastic:
    """Return the smallest allowances under which the region is not empty.

    `only` names the one constraint, and its position, that may have an allowance. A minimum gives way down to
    0 and one of 0 not at all, unless `below_zero`: long-only is what somebody chose, not a number to tune.

    Raises
    ------
    InfeasibleError
        No such allowances make room.

    Examples
    --------
    >>> region = Region(np.full(2, 0.6), np.ones(2), np.empty((0, 2)), np.empty(0))
    >>> found = relax(region)
    >>> round(found.total, 6), found.allowances["lower"][:2].round(4).tolist()
    (0.2, [0.1, 0.1])
    """
    start = np.full(region.size, 1.0 / region.size)
    chosen = [first_rows(tail, start) for tail in region.tails]
    for _ in range(MOST_ROUNDS):
        weights, found = _relaxed(region, chosen, only, below_zero)
        added = False
        for k, tail in enumerate(region.tails):
            held = float(tail.cap or 0.0) + float(found.allowances.get(f"cap{k}", np.zeros(1))[0])
            if tail.value(weights) + region.cost(weights) > held + LOOSELY:
                better = mended(tail, weights, chosen[k])
                added = added or better is not chosen[k]
                chosen[k] = better
        if not added:
            return found
    raise ConvergenceError("The nearest constraints that can be kept were not found; drop one of them.")


def _relaxed(
    region: Region, chosen: Sequence[TailRows], only: tuple[str, int] | None, below_zero: bool
) -> tuple[Floats, Elastic]:
    import cvxpy as cp

    shape = shape_of(region, Objective(linear=np.zeros(region.size)), chosen)
    most = _most(shape, region, below_zero)
    allowed = {name: cp.Variable(size.shape) for name, size in most.items()}
    signs = {name: v >= 0 for name, v in allowed.items()}
    slack = {name: _counted(v, most[name], name, only) for name, v in allowed.items()}
    written = Written(shape, slack)
    limits = [*written.limits(), *signs.values()]
    limits += [v <= np.where(most[name] > 0.0, most[name], 1.0) for name, v in allowed.items()]
    fill(written.parameters, shape, region, Objective(linear=np.zeros(region.size)))
    for k, tail in enumerate(region.tails):
        fill_tail(written.parameters, shape, k, tail, chosen[k])
    total = sum(cp.sum(v) for v in allowed.values())
    first = cp.Problem(cp.Minimize(total), limits)
    run(first, COARSE)
    # An allowance costs 1: what its sign does not pay for, the constraint does.
    prices = {name: np.atleast_1d(1.0 - np.asarray(sign.dual_value)) for name, sign in signs.items()}
    least = max(0.0, float(first.value))
    if only is None:
        squares = sum(cp.sum_squares(v) for v in allowed.values())
        run(cp.Problem(cp.Minimize(squares), [*limits, total <= least * (1 + 1e-6) + 1e-7]), COARSE)
    weights = np.asarray(written.y.value, dtype=np.float64)[: region.size]
    found = {name: np.atleast_1d(np.asarray(v.value, dtype=np.float64)) for name, v in allowed.items()}
    return weights, Elastic(least, prices, found)


def _most(shape: Shape, region: Region, below_zero: bool) -> dict[str, Floats]:
    """Return the largest allowance of every constraint."""
    n, groups = region.size, region.limits.size
    most = {"lower": np.zeros(shape.size), "upper": np.zeros(shape.size)}
    most["lower"][:n] = HUGE if below_zero else np.maximum(region.lower, 0.0)
    most["upper"][:n] = HUGE
    if shape.groups:
        most["rows"] = np.zeros(shape.groups)
        # A minimum b of a group is held as −Σ w ≤ −b.
        minima = (region.rows < 0.0).any(axis=1)
        floors = HUGE if below_zero else np.maximum(-region.limits, 0.0)
        most["rows"][:groups] = np.where(minima, floors, HUGE)
    single = [kind for kind in ("short", "gross", "turnover", "tracking") if kind in shape.kinds]
    return most | {name: np.array(HUGE) for name in (*single, *(f"cap{k}" for k in range(len(shape.rows))))}


def _counted(allowance: Any, most: Floats, name: str, only: tuple[str, int] | None) -> Any:  # noqa: ANN401
    """Return what an allowance adds to its constraint: nothing where it must not."""
    import cvxpy as cp

    counts = (most > 0.0).astype(np.float64)
    if only is not None:
        chosen = np.zeros(most.shape)
        if name == only[0]:
            chosen[only[1] if most.shape else ()] = 1.0
        counts = counts * chosen
    return cp.multiply(counts, allowance)
