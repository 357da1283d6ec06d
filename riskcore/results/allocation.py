"""Result of an allocator."""

from dataclasses import dataclass

import pandas as pd

from riskcore.portfolio import Portfolio

__all__ = ["AllocationResult"]


@dataclass(frozen=True, eq=False)
class AllocationResult:
    """Weights, and what was solved to get them.

    Attributes
    ----------
    weights
        One per asset, in the order of the scenarios.
    method, label
        Registry key ("cvar_parity") and words for the reader.
    solved
        The problem in one sentence, with the measure, level and estimator it was solved for.
    measure, confidence
        The risk measure whose contributions the weights shape, None where there is none.
    status
        "exact" for closed forms, "optimal" for a verified solution; anything else is an error instead.
    residual, residual_name
        The certificate, verified on the answer itself, and what it measures; 0 for closed forms.
    iterations, seconds
        Work done and time taken.
    shares
        The risk shares reached under the measure solved with (exact at ties), None where there is none.
    """

    weights: pd.Series
    method: str
    label: str
    solved: str
    status: str
    residual: float
    residual_name: str
    iterations: int
    seconds: float
    measure: str | None = None
    confidence: float | None = None
    shares: pd.Series | None = None

    def portfolio(self, name: str | None = None) -> Portfolio:
        """Return the weights as a portfolio."""
        return Portfolio(name or self.label, self.weights)
