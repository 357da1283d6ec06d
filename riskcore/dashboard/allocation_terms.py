"""What the allocators of a page are given: constraints, estimates, budgets, as one value to remember by."""

from dataclasses import dataclass

import pandas as pd

from riskcore.allocation import ALLOCATORS, Constraints, black_litterman_posterior
from riskcore.dashboard.opinions import Market, Tilt, views_of
from riskcore.estimators import MEAN_LABELS, mean_returns
from riskcore.scenarios import Scenarios

__all__ = ["EQUILIBRIUM", "MEANS", "PLAIN", "POSTERIOR", "Terms", "mean_of"]

EQUILIBRIUM, POSTERIOR = "equilibrium", "black_litterman"
MEANS = {
    **MEAN_LABELS,
    EQUILIBRIUM: "equilibrium, A as the market",
    POSTERIOR: "Black–Litterman, views below",
}


@dataclass(frozen=True)
class Terms:
    """What an allocator is given besides scenarios, confidence and rate; hashable, to remember results by.

    `shared` is a further measure whose shares are wanted by budget, none where it is empty.
    """

    constraints: Constraints | None = None
    mean: str = "sample"
    covariance: str = "sample"
    market: Market = ()
    tilts: tuple[Tilt, ...] = ()
    budgets: tuple[tuple[str, float], ...] = ()
    shared: str = ""

    def touch(self, method: str) -> bool:
        """Return whether the allocator's weights may differ from those without terms."""
        takes = ALLOCATORS[method].takes
        return (
            (self.constraints is not None and "constraints" in takes)
            or (self.mean != "sample" and "mean" in takes)
            or (self.covariance != "sample" and "covariance" in takes)
            or (bool(self.budgets) and "budgets" in takes)
        )


PLAIN = Terms()


def mean_of(scenarios: Scenarios, asked: Terms, risk_free: float) -> pd.Series:
    """Return the means per period that the terms ask for; what a market implies is over the rate."""
    if asked.mean not in (EQUILIBRIUM, POSTERIOR):
        return mean_returns(scenarios, asked.mean)
    views = views_of(scenarios, asked.tilts, asked.covariance)
    found = black_litterman_posterior(scenarios, dict(asked.market), views, covariance=asked.covariance)
    means: pd.Series = found.mean + risk_free
    return means
