"""Results of replays and shocks."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["IndexGapResult", "ReplayResult"]


@dataclass(frozen=True, eq=False)
class ReplayResult:
    """A dated crisis replayed on today's weights, bought at the peak close and held to the trough close.

    Attributes
    ----------
    event, start, end
        Name, peak close and trough close.
    table
        Index = assets; columns weight, asset_return (compounded over the window), contribution
        (weight × asset_return, a return: negative = lost). Contributions add up to `total_return`.
    total_return
        Of the portfolio over the window; weights not invested are cash at 0.
    path
        Portfolio value by date, 1 at the peak close.
    """

    event: str
    portfolio: str
    start: pd.Timestamp
    end: pd.Timestamp
    table: pd.DataFrame
    total_return: float
    path: pd.Series

    @property
    def loss(self) -> float:
        """The loss over the window, positive = bad."""
        return -self.total_return


@dataclass(frozen=True, eq=False)
class IndexGapResult:
    """A one-off move of an index, carried to every asset by its beta.

    Attributes
    ----------
    index_asset, gap
        The index and its return, −0.15 for a fall of 15 %.
    table
        Index = assets; columns weight, beta (the one used: weekly), beta_daily, standard_error (of beta),
        asset_return (beta × gap), contribution (weight × asset_return; negative = lost).
    total_return, total_return_daily
        Of the portfolio with the weekly betas, and with the daily ones for comparison.
    weeks
        Number of weekly observations behind the betas.
    """

    index_asset: str
    gap: float
    portfolio: str
    table: pd.DataFrame
    total_return: float
    total_return_daily: float
    weeks: int

    @property
    def loss(self) -> float:
        """The loss, positive = bad."""
        return -self.total_return
