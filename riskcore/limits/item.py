"""One limit that is set: its value by the functions the pages use, and how it changes with the weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskcore.limits.situation import Situation
from riskcore.portfolio import Portfolio

__all__ = ["Floats", "Item", "either_sign", "indicator"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Item:
    """One limit that is set.

    Attributes
    ----------
    value
        Portfolio to figure, by the functions the pages use.
    rows
        Where the figure is max(rows @ w): computed when a cure needs it.
    cut
        Where it is convex and curved: weights to (g, ∂g, level) with g(w) ≤ level exactly where the limit
        holds, g convex.
    slope
        Where it is not convex: weights to m values, none of which may pass the limit, and their m × n
        derivatives.
    """

    key: str
    name: str
    limit: float
    value: Callable[[Portfolio], float]
    unit: Literal["fraction", "days", "exposure"] = "fraction"
    rows: Callable[[], Floats] | None = None
    cut: Callable[[Floats], tuple[float, Floats, float]] | None = None
    slope: Callable[[Floats], tuple[Floats, Floats]] | None = None


def indicator(situation: Situation, name: str) -> Floats:
    """Return 1 for each asset behind the name of an asset or a group, and 0 for the others."""
    members = set(situation.members(name))
    return np.array([float(asset in members) for asset in situation.scenarios.assets])


def either_sign(row: Floats) -> Floats:
    """Return the two rows whose larger product with the weights is |row @ w|."""
    return np.vstack([row, -row])
