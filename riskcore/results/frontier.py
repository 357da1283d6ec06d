"""Result of a frontier: efficient portfolios from the smallest risk to the highest mean."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.portfolio import Portfolio

__all__ = ["FrontierResult"]


@dataclass(frozen=True, eq=False)
class FrontierResult:
    """Portfolios no other of which has less risk at their mean, by rising mean.

    Attributes
    ----------
    weights
        Points × assets.
    mean, risk
        One per point, per period of the scenarios: mean return (gains positive) and risk (positive = bad).
    measure, confidence
        "volatility" or "cvar", and the level of the latter.
    label, solved
        Words for the reader: the name, and the problem in one sentence.
    status
        "optimal": every point is verified; anything else is an error instead.
    residual, residual_name
        The largest certificate of the points, and what it measures.
    iterations, seconds
        Work done and time taken.
    solver
        As for `AllocationResult`.
    """

    weights: pd.DataFrame
    mean: NDArray[np.float64]
    risk: NDArray[np.float64]
    measure: str
    label: str
    solved: str
    status: str
    residual: float
    residual_name: str
    iterations: int
    seconds: float
    confidence: float | None = None
    solver: str = "own"

    def portfolio(self, point: int, name: str | None = None) -> Portfolio:
        """Return one point as a portfolio; 0 is the one with the smallest risk."""
        return Portfolio(name or f"{self.label}, point {point + 1}", self.weights.iloc[point])
