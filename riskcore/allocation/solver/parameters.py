"""The numbers of one problem, put into a model's parameters.

Fewer assets than a model has room for leave columns of zeros, whose weights touch nothing; fewer scenarios
are made up for by splitting some in equal parts, which changes no CVaR.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver.model import Shape
from riskcore.allocation.solver.program import HUGE, Objective, Region, Tail
from riskcore.allocation.solver.tail_rows import TailRows

__all__ = ["fill", "fill_tail"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def fill(parameters: dict[str, Any], shape: Shape, region: Region, objective: Objective) -> None:
    """Give the parameters their numbers; assets that a model has room for beyond n touch nothing."""
    n, room = region.size, shape.size

    def padded(values: Floats, fill: float = 0.0) -> Floats:
        whole = np.full((*values.shape[:-1], room), fill)
        whole[..., :n] = values
        return whole

    numbers: dict[str, Any] = {
        "budget": padded(np.ones(n)),
        "lower": padded(np.maximum(region.lower, -HUGE)),
        "upper": padded(np.minimum(region.upper, HUGE), 1.0),
        "short": region.short,
        "gross": region.gross,
        "turnover": region.turnover,
        "tracking": region.tracking,
    }
    if shape.groups:
        rows, limits = np.zeros((shape.groups, room)), np.ones(shape.groups)
        rows[: len(region.limits), :n], limits[: len(region.limits)] = region.rows, region.limits
        numbers |= {"rows": rows, "limits": limits}
    if region.current is not None:
        numbers["current"] = padded(region.current)
    if region.costs is not None:
        numbers["costs"] = padded(region.costs)
        numbers["charged"] = objective.charge * numbers["costs"]
    if region.tracking is not None and region.factor is not None and region.benchmark is not None:
        numbers["active_factor"] = _square(region.factor, room)
        numbers["active_centre"] = numbers["active_factor"] @ padded(region.benchmark)
    if objective.factor is not None:
        numbers["factor"] = _square(objective.factor, room)
    for name, vector in (("linear", objective.linear), ("gain", objective.gain)):
        if vector is not None:
            numbers[name] = padded(vector)
    if objective.floor is not None:
        numbers |= {"mean": padded(objective.floor[0]), "floor": objective.floor[1]}
    for name, value in numbers.items():
        if name in parameters:
            parameters[name].value = value


def _square(factor: Floats, room: int) -> Floats:
    whole = np.zeros((room, room))
    whole[: factor.shape[0], : factor.shape[1]] = factor
    return whole


def fill_tail(parameters: dict[str, Any], shape: Shape, place: int, tail: Tail, rows: TailRows) -> Indices:
    """Give one CVaR its scenarios, some of them in equal parts, and return which they are."""
    room = shape.rows[place]
    spread = np.resize(rows.edge, room)
    parts = np.bincount(spread, minlength=tail.probabilities.size)[spread]
    returns = np.zeros((room, shape.size))
    returns[:, : tail.returns.shape[1]] = tail.returns[spread]
    parameters[f"returns{place}"].value = returns
    parameters[f"centre{place}"].value = tail.returns[spread] @ tail.benchmark
    parameters[f"shares{place}"].value = tail.probabilities[spread] / parts / (1.0 - tail.confidence)
    shares = tail.probabilities[rows.sure] / (1.0 - tail.confidence)
    whole = np.zeros(shape.size)
    whole[: tail.returns.shape[1]] = shares @ tail.returns[rows.sure]
    parameters[f"sure_returns{place}"].value = whole
    parameters[f"sure_centre{place}"].value = float(shares @ (tail.returns[rows.sure] @ tail.benchmark))
    parameters[f"level{place}"].value = 1.0 - float(shares.sum())
    if tail.cap is not None:
        parameters[f"cap{place}"].value = tail.cap
    return spread
