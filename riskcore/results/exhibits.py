"""Results of the exhibits: small experiments that show one idea each."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["BettingOdds", "OneDayMore", "SquaredDifferences"]


@dataclass(frozen=True, eq=False)
class SquaredDifferences:
    """What becomes of equal risk contributions when squared differences are minimised.

    Attributes
    ----------
    attempts
        One row per attempt: problem, start, says_success (what the solver reports), steps, sum_of_weights,
        smallest_share, largest_share (of volatility, decimal).
    shares
        Attempts (rows, as in `attempts`) × assets: shares of volatility.
    """

    attempts: pd.DataFrame
    shares: pd.DataFrame


@dataclass(frozen=True, eq=False)
class OneDayMore:
    """How far portfolios move when their estimates see one day more.

    Attributes
    ----------
    turnover
        Days added (rows) × methods: ½ Σ|Δw|, the share of the money that changes hands.
    before, after
        Methods × assets: weights without and with the day that moved each method most.
    rows
        Rows each estimate starts from.
    """

    turnover: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    rows: int

    @property
    def worst(self) -> pd.Series:
        """The largest turnover of each method."""
        return self.turnover.max()


@dataclass(frozen=True, eq=False)
class BettingOdds:
    """Quantiles of the wealth of gamblers at different stakes, exact.

    Attributes
    ----------
    median
        Bets made (0, 1, …) × multiples of Kelly: median wealth, from 1.
    low, high
        The same for the 10th and 90th percentile.
    growth
        Expected log growth per bet, by multiple, exact; −∞ where one loss takes everything.
    kelly
        The fraction that grows fastest.
    """

    median: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    growth: pd.Series
    kelly: float
