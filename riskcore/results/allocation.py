"""Result of an allocator."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskcore.portfolio import Portfolio
from riskcore.results.risk import ContributionResult, RiskResult

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
    solver
        What solved it: "own" for riskcore's algorithms and closed forms, else the name of the solver.
    binding
        The constraints that the weights touch, in words, minima of 0 left out.
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
    solver: str = "own"
    binding: tuple[str, ...] = ()

    def portfolio(self, name: str | None = None) -> Portfolio:
        """Return the weights as a portfolio."""
        return Portfolio(name or self.label, self.weights)

    def contributions(self, risk: RiskResult) -> ContributionResult | None:
        """Return the risk contributions the solution certifies, None unless it shapes this measure.

        Where scenarios tie at VaR, as they do at the optimum of CVaR parity, the contributions of a
        portfolio are not unique; these are the ones that prove the weights optimal (dual tail weights).
        `risk` is the figure of these weights under the measure and level they were solved for.
        """
        if self.shares is None or (risk.measure, risk.confidence) != (self.measure, self.confidence):
            return None
        weights = self.weights.to_numpy()
        component = risk.value * self.shares.loc[self.weights.index].to_numpy()
        table = pd.DataFrame(
            {
                "weight": weights,
                "marginal": np.divide(
                    component, weights, out=np.full_like(weights, np.nan), where=weights != 0
                ),
                "component": component,
                "relative": self.shares.loc[self.weights.index].to_numpy(),
            },
            index=self.weights.index,
        )
        return ContributionResult(
            risk.portfolio, risk.measure, risk.label, risk.confidence, risk.value, table
        )
