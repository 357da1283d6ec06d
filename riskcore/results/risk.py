"""Results of risk measures and of their decomposition."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, listed

__all__ = ["ContributionResult", "RiskResult"]


@dataclass(frozen=True, eq=False)
class RiskResult:
    """One risk figure of one portfolio: value = Σ_s identifier_s · losses_s, a loss, positive = bad.

    Attributes
    ----------
    value
        Per period of the scenarios, as a fraction of portfolio value; never annualised or clipped.
    measure, label, confidence
        Registry key ("cvar"), words for the reader ("CVaR 95 %"), and the level where there is one.
    portfolio
        Its name.
    losses, identifier, index
        One entry per scenario: the portfolio's loss, the gradient of the risk in that loss, the date.
    tail_scenarios
        Kish's effective number of independent scenarios behind the figure, (Σq)²/Σq² over overlap;
        None for measures without a tail.
    """

    value: float
    measure: str
    label: str
    confidence: float | None
    portfolio: str
    losses: NDArray[np.float64]
    identifier: NDArray[np.float64]
    index: pd.Index
    tail_scenarios: float | None = None

    def __float__(self) -> float:
        """Return the value."""
        return self.value

    @property
    def few_tail_scenarios(self) -> bool:
        """Whether fewer than 10 effective scenarios carry the figure."""
        return self.tail_scenarios is not None and self.tail_scenarios < 10.0 - 1e-9

    def drivers(self, count: int = 10) -> pd.DataFrame:
        """Return the scenarios that add most to the figure: loss, weight q and share q·l / value."""
        part = self.identifier * self.losses
        order = np.argsort(-part, kind="stable")[:count]
        share = part[order] / self.value if self.value else np.full(order.size, np.nan)
        return pd.DataFrame(
            {"loss": self.losses[order], "identifier": self.identifier[order], "share": share},
            index=self.index[order],
        )


@dataclass(frozen=True, eq=False)
class ContributionResult:
    """Euler contributions of one portfolio: component_i = w_i · marginal_i, and they sum to the total.

    Attributes
    ----------
    table
        Index = assets; columns weight, marginal (∂risk/∂w_i), component (w_i · marginal_i, same unit as
        `total`), relative (component / total; NaN when the total is too near zero to divide by).
    total
        The risk itself, a loss per period, positive = bad.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    total: float
    table: pd.DataFrame

    @property
    def relative_defined(self) -> bool:
        """Whether the total is far enough from zero for shares to mean anything."""
        return bool(self.table["relative"].notna().all())

    def grouped(self, groups: Mapping[str, str]) -> pd.DataFrame:
        """Return weight, component and relative summed by group; every asset needs a group."""
        without = [a for a in self.table.index if a not in groups]
        if without:
            raise AssetMismatchError(
                f"No group for {listed(without)}; give one to every asset.", assets=without
            )
        labels = pd.Index([groups[str(a)] for a in self.table.index], name="group")
        return self.table[["weight", "component", "relative"]].groupby(labels, sort=False).sum(min_count=1)
