"""Results of risk measures and of their decomposition."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, listed

__all__ = ["ContributionResult", "RiskResult", "RollingContributionResult", "TradeResult"]


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
    note
        Why it should not be relied on, in words for the reader, or None.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    total: float
    table: pd.DataFrame
    note: str | None = None

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


@dataclass(frozen=True, eq=False)
class RollingContributionResult:
    """Contributions of one set of weights over windows of history; rows are dated by the window's end.

    Attributes
    ----------
    window, step
        Rows per window, and from one window to the next.
    total
        The risk in each window, a loss per period, positive = bad.
    components, relative
        Windows × assets. Components add up to `total` in every row; shares are NaN in rows where the total
        is too near zero to divide by.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    window: int
    step: int
    total: pd.Series
    components: pd.DataFrame
    relative: pd.DataFrame


@dataclass(frozen=True, eq=False)
class TradeResult:
    """The pair trade of one size that lowers the risk most.

    Attributes
    ----------
    sell, buy, size
        Two assets, and the weight moved from one to the other.
    before, after
        The risk as it is and after the trade, both valued exactly.
    first_order
        The change the marginal contributions promise, size × (marginal_buy − marginal_sell); for VaR those
        of CVaR.
    exact
        Whether no other pair of this size does better; otherwise it is the best of those valued.
    second, second_change
        The pair (sold, bought) that comes next and what it changes; None where no other lowers the risk.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    sell: str
    buy: str
    size: float
    before: float
    after: float
    first_order: float
    exact: bool
    second: tuple[str, str] | None = None
    second_change: float | None = None

    @property
    def change(self) -> float:
        """The change of the risk, negative = lower."""
        return self.after - self.before

    @property
    def per_unit(self) -> float:
        """The change of the risk per unit of weight moved."""
        return self.change / self.size


@dataclass(frozen=True, eq=False)
class WorstResult:
    """The worst separate scenarios of a portfolio, worst first.

    Attributes
    ----------
    rows
        Their positions among the scenarios.
    losses
        Loss by scenario label (a date where there are any), a fraction of value, positive = lost.
    by_asset
        Scenarios × assets: the loss each asset made; every row adds up to its loss.
    """

    portfolio: str
    rows: NDArray[np.intp]
    losses: pd.Series
    by_asset: pd.DataFrame
