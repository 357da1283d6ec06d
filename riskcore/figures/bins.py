"""Returns counted in bins, on a grid that meets the VaR."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, ProbabilityError
from riskcore.results import RiskResult

__all__ = ["Bins", "count_returns"]

Floats = NDArray[np.float64]
MOST_BINS = 90


@dataclass(frozen=True)
class Bins:
    """Scenarios by return, in percent, in bins (edge_k, edge_k+1] of one width.

    `heights` are numbers of scenarios, or percent of probability where scenarios have unequal ones.
    """

    edges: Floats
    heights: Floats

    @property
    def centres(self) -> Floats:
        """Return the middle of each bin."""
        return (self.edges[:-1] + self.edges[1:]) / 2


def count_returns(
    a: RiskResult, b: RiskResult | None, probabilities: Floats | None = None
) -> tuple[Bins, Bins | None]:
    """Return A's and B's returns in bins of one grid whose edges include −VaR of A.

    Counting outwards from the VaR, no bin is half tail and half body; the loss that is the VaR belongs to
    the tail, up to rounding. Where every return of A is the same and no loss, one bin is centred on it.

    Raises
    ------
    InputError
        A result has no losses, or B has another number of scenarios while probabilities are given.
    ProbabilityError
        There is not one non-negative probability per scenario.

    Examples
    --------
    >>> import pandas as pd
    >>> losses = np.array([0.01, 0.02, 0.03, -0.01])
    >>> var = RiskResult(0.03, "var", "VaR 75 %", 0.75, "A", losses, np.zeros(4), pd.RangeIndex(4))
    >>> bins, _ = count_returns(var, None)
    >>> bins.edges.tolist(), bins.heights.tolist()
    ([-8.0, -3.0, 2.0, 7.0], [1.0, 3.0, 0.0])
    """
    returns_a = -100.0 * a.losses
    returns_b = None if b is None else -100.0 * b.losses
    every = returns_a if returns_b is None else np.concatenate([returns_a, returns_b])
    if returns_a.size == 0 or (returns_b is not None and returns_b.size == 0):
        raise InputError("There are no scenarios to draw; the result has no losses.")
    if probabilities is not None:
        _check_probabilities(probabilities, returns_a, returns_b)
    width = _width(returns_a, float(np.ptp(every)))
    # Cash would otherwise fill the bin left of its VaR, in the colour of losses.
    constant = float(np.ptp(returns_a)) <= 1e-12 * float(np.abs(returns_a).max())
    anchor = -100.0 * a.value - (width / 2 if constant and a.value <= 0 else 0.0)
    below = int(np.ceil((anchor - every.min()) / width - 1e-9)) + 1
    above = int(np.ceil((every.max() - anchor) / width + 1e-9)) + 1
    edges: Floats = anchor + width * np.arange(-max(below, 1), max(above, 1) + 1, dtype=np.float64)
    grid = edges + 1e-9 * width
    weights = None if probabilities is None else 100.0 * probabilities

    def counted(values: Floats) -> Bins:
        place = np.searchsorted(grid, values, side="left") - 1
        return Bins(edges, np.bincount(place, weights, minlength=edges.size - 1).astype(np.float64))

    return counted(returns_a), None if returns_b is None else counted(returns_b)


def _check_probabilities(probabilities: Floats, a: Floats, b: Floats | None) -> None:
    """Refuse probabilities that do not belong to the scenarios."""
    if b is not None and b.size != a.size:
        raise InputError(
            f"A has {a.size} scenarios and B {b.size}; with probabilities both need the same scenarios."
        )
    if (
        probabilities.shape != a.shape
        or not (probabilities >= 0).all()
        or abs(probabilities.sum() - 1) > 1e-6
    ):
        raise ProbabilityError(
            f"The histogram needs {a.size} non-negative probabilities that sum to 1, one per scenario."
        )


def _width(returns: Floats, spread: float) -> float:
    """Return a bin width of 1, 2 or 5 × 10^k percent near Freedman–Diaconis, at most `MOST_BINS` bins."""
    quartiles = np.percentile(returns, [25, 75])
    fine = max(2.0 * (quartiles[1] - quartiles[0]) / np.cbrt(returns.size), spread / MOST_BINS)
    if fine <= 0.0:
        return 0.1
    power = 10.0 ** np.floor(np.log10(fine))
    return float(power * next(step for step in (1.0, 2.0, 5.0, 10.0) if step * power >= fine * (1 - 1e-9)))
