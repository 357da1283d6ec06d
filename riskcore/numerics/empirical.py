"""The tail of a sample at many levels at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskcore.numerics.tail import tolerance

__all__ = ["RankedSample", "rank_sample"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankedSample:
    """Losses from the worst down (losses = sample[order]), with running probability and running p · loss."""

    order: NDArray[np.intp]
    losses: Floats
    mass: Floats
    partial: Floats

    def figures(self, confidence: ArrayLike) -> tuple[Floats, Floats]:
        """Return VaR (lower quantile) and exact CVaR for an array of levels c.

        Examples
        --------
        >>> ranked = rank_sample(np.arange(1.0, 51.0), np.full(50, 0.02))
        >>> [v.round(12).tolist() for v in ranked.figures([0.9, 0.95])]
        [[45.0, 48.0], [48.0, 49.2]]
        """
        tail = 1 - np.asarray(confidence, np.float64)
        slack = np.array([tolerance(t, self.losses.size) for t in tail.ravel()]).reshape(tail.shape)
        at = np.minimum(np.searchsorted(self.mass, tail + slack, side="right"), self.losses.size - 1)
        var = self.losses[at]
        before = np.where(at > 0, self.mass[at - 1], 0.0)
        worse = np.where(at > 0, self.partial[at - 1], 0.0)
        return var, (worse + (tail - before) * var) / tail

    def spread(self, confidence: float) -> float:
        """Return the deviation of the excess over VaR, √Var[(l − VaR)₊]."""
        var, _ = self.figures(confidence)
        excess = np.maximum(self.losses - var, 0.0)
        p = np.diff(self.mass, prepend=0.0)
        return float(np.sqrt(p @ (excess - p @ excess) ** 2))


def rank_sample(losses: Floats, probabilities: Floats) -> RankedSample:
    """Sort losses once, for any number of levels; S losses and their probabilities."""
    order = np.argsort(-losses, kind="stable")
    ranked, p = losses[order], probabilities[order]
    return RankedSample(order, ranked, np.cumsum(p), np.cumsum(p * ranked))
