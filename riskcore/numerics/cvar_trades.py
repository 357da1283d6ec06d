"""Portfolios that trade CVaR against the mean: one solve for each exchange rate, on the assets it needs.

CVaR(w) − κ μ'w is the CVaR of the same weights on returns R + κ μ'. The tail weights of a solve give a
supporting line, certified on all assets whichever were tried.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.cvar_program import CvarSolution, solve_minimum_cvar
from riskcore.numerics.screening import FLAT
from riskcore.numerics.tail import boundary

__all__ = ["Line", "Market", "TradedPortfolio"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HELD, ENTERING = 1e-6, 1e-2
"""Weights over the largest below which an asset is not tried at first; where one that was missing starts."""
SURE = 1e-10
"""How far below the others, over the CVaR, an asset alone must be to be missing."""


class TradedPortfolio(NamedTuple):
    """Efficient weights with their mean and CVaR; `gap` is how far above a supporting line, relative."""

    weights: Floats
    mean: float
    cvar: float
    gap: float


class Line(NamedTuple):
    """CVaR(w) − slope · mean(w) ≥ floor for every long-only w; `size` is Σ q |l| of the solve.

    `prices` say how far each asset alone is above it: 0 for those held.
    """

    slope: float
    floor: float
    size: float
    prices: Floats


class Market:
    """Scenarios, their means, and how much work was spent on them."""

    def __init__(self, returns: Floats, probabilities: Floats, confidence: float) -> None:
        self.returns, self.probabilities, self.confidence = returns, probabilities, confidence
        self.columns = returns  # by columns in memory once some of them are asked for
        self.means: Floats = probabilities @ returns
        # A perfect hedge has no losses to measure a distance by: then the parts set the scale.
        self.parts = np.sqrt(np.square(returns[:: max(1, len(returns) // 1000)]).mean(axis=0))
        self.iterations = 0

    def least(self) -> tuple[TradedPortfolio, Line]:
        """Minimise CVaR over all assets."""
        found = solve_minimum_cvar(self.returns, self.probabilities, self.confidence)
        self.iterations += found.iterations
        line = self._line(found.tail_weights, found.weights, 0.0, 0.0)
        return self.portfolio(found.weights, line), line

    def trade(self, slope: float, about: float, start: Floats) -> tuple[TradedPortfolio, Line]:
        """Minimise CVaR − slope · mean; measured from the mean `about`, so that no digits are lost.

        Few assets are held on a frontier: those of `start` are tried, then those as well that the tail
        weights found prove to be missing, until none is.
        """
        tried = start > HELD * float(start.max())
        while True:
            at = np.flatnonzero(tried)
            found = self._on(at, slope, about, start)
            weights = np.zeros(start.size)
            weights[at] = found.weights
            line = self._line(found.tail_weights, weights, slope, about)
            missing = ~tried & (line.prices < float(line.prices[at].min()) - SURE * line.size)
            if not missing.any():
                return self.portfolio(weights, line), line
            tried, start = tried | missing, weights + ENTERING * missing

    def _on(self, at: NDArray[np.intp], slope: float, about: float, start: Floats) -> CvarSolution:
        """Solve on some of the assets."""
        if self.columns is self.returns:
            self.columns = np.asfortranarray(self.returns)
        rows = self.columns[:, at]
        rows += slope * (self.means[at] - about)
        found = solve_minimum_cvar(
            rows, self.probabilities, self.confidence, start=start[at] / float(start[at].sum())
        )
        self.iterations += found.iterations
        return found

    def portfolio(self, weights: Floats, line: Line) -> TradedPortfolio:
        """Evaluate weights that a solve with this line gave, or a mixture of two such."""
        mean, cvar = float(self.means @ weights), self.cvar(weights)
        return TradedPortfolio(weights, mean, cvar, (cvar - line.slope * mean - line.floor) / line.size)

    def losses(self, weights: Floats) -> Floats:
        """Return S losses."""
        held = np.flatnonzero(weights)
        return -(self.columns[:, held] @ weights[held])

    def cvar(self, weights: Floats) -> float:
        """Return the CVaR on all scenarios."""
        losses = self.losses(weights)
        cut = boundary(losses, self.probabilities, self.confidence)
        tail = float(self.probabilities[cut.beyond] @ losses[cut.beyond]) + cut.remainder * cut.value
        return tail / (cut.beyond_mass + cut.remainder)

    def _line(self, tail_weights: Floats, weights: Floats, slope: float, about: float) -> Line:
        active = np.flatnonzero(tail_weights)
        q, rows = tail_weights[active], self.returns[active]
        tilt = slope * (self.means - about)
        alone = -(q @ rows) - tilt
        floor = float(alone.min())
        size = float(q @ np.abs(rows @ weights + float(tilt @ weights)))
        size = max(size, FLAT * float(weights @ self.parts), float(np.finfo(np.float64).tiny))
        return Line(slope, floor - slope * about, size, alone - floor)
