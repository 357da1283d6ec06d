"""Results of reverse stress, correlations by regime, and liquidity."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskcore.scenarios import Scenarios

__all__ = ["LiquidityResult", "RegimeResult", "ReverseStressResult"]


@dataclass(frozen=True, eq=False)
class ReverseStressResult:
    """The most plausible moves that cost a portfolio at least some loss.

    Attributes
    ----------
    portfolio, loss
        Name, and the loss asked for, positive = bad.
    table
        Index = assets; columns weight, move (the return in the most plausible joint move), in_sigmas (its
        distance from the mean in the asset's own volatility), contribution (weight × move, adds up to minus
        the loss reached), pooled_move (the expected return when the scenarios are reweighted as little as
        possible until the portfolio is expected to lose as much; NaN where none go that far).
    distance
        Mahalanobis distance of the move, in standard deviations of the portfolio; 0 when the mean loses more.
    reached
        The loss of the move: the one asked for, or that of the mean when it is larger already.
    relative_entropy
        Of the reweighting, in nats; NaN where no scenarios go that far.
    posterior
        The reweighted scenarios, or None.
    nearest
        Label of the scenario that loses as much with the smallest Mahalanobis distance, or None.
    nearest_distance
        Its distance, NaN without one.
    """

    portfolio: str
    loss: float
    table: pd.DataFrame
    distance: float
    reached: float
    relative_entropy: float
    posterior: Scenarios | None
    nearest: object | None
    nearest_distance: float


@dataclass(frozen=True, eq=False)
class RegimeResult:
    """Correlations with an index in calm and in turbulent rows.

    Attributes
    ----------
    index_asset, state
        The index, and the name of what divides the rows.
    table
        Index = the other assets; columns calm, turbulent (correlations with the index), expected (what the
        calm correlation becomes through the higher volatility of the index alone), unexplained
        (turbulent − expected), adjusted (the turbulent correlation at calm volatility), all (over all rows).
    calm_rows, turbulent_rows
        How many rows each has.
    variance_ratio
        Variance of the index in turbulent rows over that in calm ones, 1 + δ.
    matrices
        "calm" and "turbulent": assets × assets correlations.
    """

    index_asset: str
    state: str
    table: pd.DataFrame
    calm_rows: int
    turbulent_rows: int
    variance_ratio: float
    matrices: dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class LiquidityResult:
    """How long it takes to sell a portfolio, and what it costs.

    Attributes
    ----------
    portfolio, value
        Name and value in money.
    table
        Index = assets held; columns weight, position (money, its size), daily_volume (money), days (to
        liquidate), spread, cost (money: half the spread), cost_share (of the portfolio's value).
    participation
        Share of the daily volume one can trade.
    """

    portfolio: str
    value: float
    table: pd.DataFrame
    participation: float

    @property
    def days(self) -> float:
        """Days until everything is sold."""
        return float(self.table["days"].max())

    @property
    def cost(self) -> float:
        """Cost in money of selling everything."""
        return float(self.table["cost"].sum())

    @property
    def cost_share(self) -> float:
        """Cost as a share of the portfolio's value."""
        return float(self.table["cost_share"].sum())

    def sold_by(self, days: float) -> float:
        """Return the share of the positions, by value, that can be sold within so many days."""
        position = self.table["position"].to_numpy()
        part = np.minimum(1.0, days / self.table["days"].to_numpy())
        return float(position @ part / position.sum())
