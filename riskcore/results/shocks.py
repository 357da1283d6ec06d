"""Results of shocks that turn scenarios into stressed ones."""

from dataclasses import dataclass

import pandas as pd

from riskcore.scenarios import Scenarios

__all__ = ["ConditionalGapResult", "ShockResult"]


@dataclass(frozen=True, eq=False)
class ShockResult:
    """Scenarios under a shock, with what was done to them.

    Attributes
    ----------
    scenarios
        The stressed ones: every measure and contribution works on them.
    name
        What was done, in words.
    moves
        Instant return of each asset at the start of the period, negative = lost; 0 where the shock changes
        the spread or the dependence only.
    below_total_loss
        Asset to number of scenarios in which it would now lose more than everything: the shock goes further
        there than a price can.
    notes
        What the reader should know.
    """

    scenarios: Scenarios
    name: str
    moves: pd.Series
    below_total_loss: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether some scenario lies below −100 %."""
        return bool(self.below_total_loss)


@dataclass(frozen=True, eq=False)
class ConditionalGapResult:
    """What the assets are expected to do when an index gaps, read off the scenarios or a fitted distribution.

    Attributes
    ----------
    index_asset, gap
        The index and its return, −0.15 for a fall of 15 %.
    table
        Index = assets; columns weight, asset_return (expected, given the gap), contribution
        (weight × asset_return; negative = lost).
    total_return
        Of the portfolio.
    extrapolated
        Whether the gap lies beyond what the index ever did in the sample, so that a fitted multivariate t
        answers instead of the scenarios.
    scenarios
        The posterior scenarios, or those conditional on the gap under the fitted t.
    effective_scenarios
        How many equally likely scenarios carry the posterior; NaN when extrapolated.
    nu
        Degrees of freedom of the fitted t; NaN when not extrapolated.
    range
        The smallest and the largest return of the index in the sample.
    basis
        Which returns were used: "weekly returns", or the rows as given.
    """

    index_asset: str
    gap: float
    portfolio: str
    table: pd.DataFrame
    total_return: float
    extrapolated: bool
    scenarios: Scenarios
    effective_scenarios: float
    nu: float
    range: tuple[float, float]
    basis: str

    @property
    def loss(self) -> float:
        """The loss, positive = bad."""
        return -self.total_return
