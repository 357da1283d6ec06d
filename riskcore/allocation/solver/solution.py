"""The optimum of a convex program, with scenarios written out until the CVaR of all of them agrees."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver.model import Model, compiled, run, shape_of
from riskcore.allocation.solver.parameters import fill, fill_tail
from riskcore.allocation.solver.program import Answer, Objective, Region, Tail
from riskcore.allocation.solver.tail_rows import MOST_ROUNDS, TailRows, first_rows, mended
from riskcore.errors import ConvergenceError

__all__ = ["solve_program", "support"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
AGREED = 1e-8


def solve_program(region: Region, objective: Objective, *, near: Floats | None = None) -> Answer:
    """Return the weights that minimise the objective in the region.

    `near` are weights that may be close, which scenarios are chosen by; without them, those of the smallest
    variance in the region.

    Raises
    ------
    InfeasibleError
        No weights lie in the region (or none with the gain or floor asked for).
    ConvergenceError
        The solver did not reach an optimum, or the scenarios of a CVaR never agreed.

    Examples
    --------
    >>> region = Region(np.zeros(2), np.ones(2), np.empty((0, 2)), np.empty(0))
    >>> solve_program(region, Objective(factor=np.diag([2.0, 1.0]))).weights.round(6).tolist()
    [0.2, 0.8]
    """
    tails = [*([objective.tail] if objective.tail is not None else []), *region.tails]
    if tails and near is None:
        near = _anchor(region)
    chosen = [first_rows(tail, near) for tail in tails if near is not None]
    for rounds in range(1, MOST_ROUNDS + 1):
        weights, floor, prices = _solve_chosen(region, objective, tails, chosen)
        added = False
        for place, tail in enumerate(tails):
            value = prices[place][2]
            reached = (value if tail.cap is None else tail.cap) - region.cost(weights)
            if tail.value(weights) > reached + AGREED * max(1.0, abs(reached)):
                better = mended(tail, weights, chosen[place])
                added = added or better is not chosen[place]
                chosen[place] = better
        if not added:
            full = [(price, q) for price, q, _ in prices]
            first = full[0][1] if objective.tail is not None else None
            return Answer(weights, floor, first, tuple(full[1 if first is not None else 0 :]), rounds)
    raise ConvergenceError(
        f"The scenarios of the tail did not agree after {MOST_ROUNDS} rounds; choose a longer window or a "
        "lower confidence."
    )


def _anchor(region: Region) -> Floats:
    n = region.size
    if region.factor is None:
        return np.full(n, 1.0 / n)
    return solve_program(replace(region, tails=()), Objective(factor=region.factor)).weights


def support(
    region: Region, linear: Floats, charge: float, *, floor: tuple[Floats, float] | None = None
) -> float:
    """Return a lower bound of linear'w + charge · costs over the region, tight to the solver's accuracy.

    With a `floor` only over weights that have that mean, as in `Objective`.

    Examples
    --------
    >>> region = Region(np.zeros(2), np.full(2, 0.75), np.empty((0, 2)), np.empty(0))
    >>> round(support(region, np.array([3.0, 1.0]), 0.0), 6)
    1.5
    """
    found = solve_program(region, Objective(linear=linear, charge=charge, floor=floor))
    return float(linear @ found.weights) + charge * region.cost(found.weights)


def _solve_chosen(
    region: Region, objective: Objective, tails: Sequence[Tail], chosen: Sequence[TailRows]
) -> tuple[Floats, float, list[tuple[float, Floats, float]]]:
    shape = shape_of(region, objective, chosen)
    model = compiled(shape)
    n = region.size
    with model.lock:
        fill(model.parameters, shape, region, objective)
        spread = [fill_tail(model.parameters, shape, k, tails[k], chosen[k]) for k in range(len(tails))]
        run(model.problem)
        raw = np.asarray(model.variables["y"].value, dtype=np.float64)[:n]
        scale = float(model.variables["kappa"].value) if objective.gain is not None else 1.0
        floor = abs(float(model.duals["floor"].dual_value)) if objective.floor is not None else 0.0
        prices = [_price(model, k, tails[k], chosen[k], spread[k]) for k in range(len(tails))]
    if scale <= 0.0 or not np.isfinite(raw / scale).all():
        raise ConvergenceError("The solver gave no finite weights; leave constant assets out.")
    return raw / scale, floor, prices


def _price(
    model: Model, place: int, tail: Tail, rows: TailRows, spread: Indices
) -> tuple[float, Floats, float]:
    """Return price of the cap, scenarios' weights q with Σ q = 1 and 0 ≤ q ≤ p/(1−c), and the value."""
    raw = np.maximum(np.asarray(model.duals[f"tail{place}"].dual_value, dtype=np.float64), 0.0)
    price = 1.0 if tail.cap is None else abs(float(model.duals[f"cap{place}"].dual_value))
    held = np.zeros(tail.probabilities.size)
    np.add.at(held, spread, raw)
    most = tail.probabilities / (1.0 - tail.confidence)
    total = float(held.sum())
    left = 1.0 - float(most[rows.sure].sum())
    q = held * (left / total) if total > 0.0 else tail.probabilities
    if total > 0.0:
        q[rows.sure] = most[rows.sure]
    over = float(np.maximum(q - most, 0.0).sum())
    if over > 0.0:  # what rounding put above the bound goes where there is room
        q = np.minimum(q, most)
        room = most - q
        q = q + room * ((1.0 - float(q.sum())) / float(room.sum()))
    value = float(model.variables[f"value{place}"].value)
    return price, q, value
