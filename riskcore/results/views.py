"""Result of imposing views on scenarios."""

from dataclasses import dataclass
from math import exp

import pandas as pd

from riskcore.scenarios import Scenarios

__all__ = ["ViewsResult"]


@dataclass(frozen=True, eq=False)
class ViewsResult:
    """The posterior scenarios under some views, and what imposing them did.

    Attributes
    ----------
    scenarios, prior
        The posterior and the prior: the same rows under other probabilities.
    views
        One row per view in the order given; columns view (words), trust, sense, asked, used (the value after
        snapping to a scenario, else as asked), before, after, held. `held` is judged on the posterior as it
        is: a view trusted less than fully usually does not.
    moved
        Index = assets; columns mean_before, mean_after, volatility_before, volatility_after, viewed (whether
        a view names it, alone or in a portfolio), alone (whether one names it by itself).
    correlations
        One row per pair of assets, the largest change first; columns first, second, before, after, change,
        viewed (whether a view is about this correlation).
    held_fixed
        Moments kept from an earlier step while a later one was imposed, in words.
    steps
        The steps taken, in words, in order.
    relative_entropy
        Σ q (log q − log p), in nats.
    effective_scenarios
        exp(−Σ q log q), a count.
    residual
        The largest miss of a view before blending, in prior standard deviations of its row (CVaR: as a share
        of the range of losses).
    """

    scenarios: Scenarios
    prior: Scenarios
    views: pd.DataFrame
    moved: pd.DataFrame
    correlations: pd.DataFrame
    held_fixed: tuple[str, ...]
    steps: tuple[str, ...]
    relative_entropy: float
    effective_scenarios: float
    residual: float

    @property
    def kept_share(self) -> float:
        """exp(−relative entropy): 1 when nothing moved, near 0 when little of the prior is left."""
        return exp(-self.relative_entropy)

    @property
    def largest_probability(self) -> float:
        """The probability of the scenario that carries most."""
        return float(self.scenarios.probabilities.max())

    @property
    def few_scenarios(self) -> bool:
        """Whether few scenarios carry the result: one more than 5 %, or fewer than 20 effective ones."""
        return self.largest_probability > 0.05 or self.effective_scenarios < 20.0
