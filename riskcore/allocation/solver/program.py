"""What a convex program over weights asks and answers: a region, what is minimised there, and the optimum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.tail import tail_weights

__all__ = ["HUGE", "Answer", "Objective", "Region", "Tail"]

Floats = NDArray[np.float64]
HUGE = 50.0
"""Stands for no bound on a weight (5,000 % of the value); an answer that reaches it is refused."""


@dataclass(frozen=True, eq=False)
class Tail:
    """A CVaR that a program limits or minimises: the scenarios' losses −R (w − benchmark), and their level.

    `cap` is None for the CVaR that is minimised.
    """

    returns: Floats
    probabilities: Floats
    confidence: float
    benchmark: Floats
    cap: float | None = None

    def losses(self, weights: Floats) -> Floats:
        """Return the loss of every scenario."""
        found: Floats = -(self.returns @ (weights - self.benchmark))
        return found

    def value(self, weights: Floats) -> float:
        """Return the CVaR on all scenarios."""
        losses = self.losses(weights)
        return float(tail_weights(losses, self.probabilities, self.confidence) @ losses)


@dataclass(frozen=True, eq=False)
class Region:
    """What weights may be, Σ w = 1; returns, factor, costs and caps in units of one common risk.

    Attributes
    ----------
    lower, upper
        n; infinite where there is none.
    rows, limits
        rows @ w ≤ limits: bounds on groups.
    short, gross
        Σ max(−w, 0) ≤ short and Σ |w| ≤ gross, None where unlimited.
    current, turnover, costs
        Weights held now; larger of what is bought and what is sold ≤ turnover; costs' |w − current| is taken
        off every return. None without trading limits or costs.
    factor, benchmark, tracking
        |factor (w − benchmark)| ≤ tracking, factor'factor the covariance.
    tails
        Caps on CVaR, of returns net of costs.
    """

    lower: Floats
    upper: Floats
    rows: Floats
    limits: Floats
    short: float | None = None
    gross: float | None = None
    current: Floats | None = None
    turnover: float | None = None
    costs: Floats | None = None
    factor: Floats | None = None
    benchmark: Floats | None = None
    tracking: float | None = None
    tails: tuple[Tail, ...] = ()

    @property
    def size(self) -> int:
        """Number of assets n."""
        return int(self.lower.size)

    def cost(self, weights: Floats) -> float:
        """Return what trading from the current weights costs."""
        if self.costs is None or self.current is None:
            return 0.0
        return float(self.costs @ np.abs(weights - self.current))


@dataclass(frozen=True, eq=False)
class Objective:
    """What is minimised: one of |factor w|², the CVaR of `tail`, linear'w; costs enter by `charge` times.

    With `gain`, |factor w|² is minimised over positive multiples of weights at gain'w = 1 (less costs with a
    charge), which is the largest ratio of the two. `floor`, (mean, m), asks mean'w − costs ≥ m.
    """

    factor: Floats | None = None
    tail: Tail | None = None
    linear: Floats | None = None
    charge: float = 0.0
    gain: Floats | None = None
    floor: tuple[Floats, float] | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """Weights, and the multipliers that prove them.

    `floor` is the price of the mean asked for; `tail` and `caps` hold, for the CVaR minimised and for each
    cap, the price of the cap (1 for the objective) and the scenarios' weights q (Σq = 1).
    """

    weights: Floats
    floor: float
    tail: Floats | None
    caps: tuple[tuple[float, Floats], ...]
    rounds: int
