"""Result of an iterative update: every step it took, and what the steps prove."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["UpdateTrace"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UpdateTrace:
    """The steps of a CVaR-adjusted update.

    Attributes
    ----------
    form, label, solved
        Key of the rule ("gradient"), its name, and what it does and leads to in a sentence or two.
    confidence
        Of the CVaR.
    path
        Weights before each step and after the last, steps + 1 rows × assets.
    cvar, best_cvar
        CVaR along the path, per period, a loss; and the smallest so far, averages of the steps included.
    weight_change
        Σ |w' − w| of each step.
    gradient_norm
        ‖P(w − sg) − w‖ / s along the path: the projected gradient. It need not vanish at the minimum, where
        CVaR has a kink.
    residual, residual_name
        Certificate after each step, and what it measures; NaN where the rule proves nothing.
    converged
        Whether the certificate was reached within the steps allowed.
    best
        The weights the rule ends with: the best met, or the average where the certificate holds for it.
    shares
        Risk shares of `best` under the averaged tail weights; None unless the rule shapes them.
    seconds
        Time taken.
    """

    form: str
    label: str
    solved: str
    confidence: float
    path: pd.DataFrame
    cvar: Floats
    best_cvar: Floats
    weight_change: Floats
    gradient_norm: Floats
    residual: Floats
    residual_name: str
    converged: bool
    best: pd.Series
    shares: pd.Series | None
    seconds: float

    @property
    def steps(self) -> int:
        """Number of steps taken."""
        return len(self.path) - 1
