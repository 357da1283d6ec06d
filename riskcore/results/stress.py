"""Results of replays and shocks."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["IndexGapResult", "Proxy", "ReplayResult"]


@dataclass(frozen=True)
class Proxy:
    """What stands in for an asset without prices in a window: its beta times what an index made.

    Attributes
    ----------
    asset, index_asset
        The asset that has no prices there, and the index that has.
    beta, standard_error
        The least-squares slope on the index over the history they share.
    observations, basis
        How many returns it rests on, and of which kind.
    """

    asset: str
    index_asset: str
    beta: float
    standard_error: float
    observations: int
    basis: str


@dataclass(frozen=True, eq=False)
class ReplayResult:
    """A dated crisis replayed on today's weights, bought at the peak close and held to the trough close.

    Attributes
    ----------
    event, start, end
        Name, peak close and trough close; where `approximate`, the closes used in their place.
    table
        Index = assets; columns weight, asset_return (compounded over the window), contribution
        (weight × asset_return, a return: negative = lost). Contributions add up to `total_return`.
    total_return
        Of the portfolio over the window; weights not invested are cash at 0.
    path
        Portfolio value by date, 1 at the peak close.
    approximate
        The data is sparser than daily and has no close on the peak or the trough: the last ones before
        stand in.
    spacing
        How far apart the closes are: "day", "week", "month" or "other".
    proxies
        The assets that had no prices in the window: their rows of `table` are beta times the index.
    """

    event: str
    portfolio: str
    start: pd.Timestamp
    end: pd.Timestamp
    table: pd.DataFrame
    total_return: float
    path: pd.Series
    approximate: bool = False
    spacing: str = "day"
    proxies: tuple[Proxy, ...] = ()

    @property
    def proxied(self) -> tuple[str, ...]:
        """The assets whose loss is a proxy."""
        return tuple(proxy.asset for proxy in self.proxies)

    @property
    def loss(self) -> float:
        """The loss over the window, positive = bad."""
        return -self.total_return

    @property
    def worst_date(self) -> pd.Timestamp:
        """The date of the lowest close on the path; `start` when the portfolio never stood below it."""
        return pd.Timestamp(self.path.index[int(self.path.to_numpy().argmin())])

    @property
    def worst_value(self) -> float:
        """The lowest close on the path, 1 at the start: the deepest the portfolio stood within the window."""
        return float(self.path.to_numpy().min())


@dataclass(frozen=True, eq=False)
class IndexGapResult:
    """A one-off move of an index, carried to every asset by its beta.

    Attributes
    ----------
    index_asset, gap
        The index and its return, −0.15 for a fall of 15 %.
    table
        Index = assets; columns weight, beta (the one used, see `basis`), beta_daily, standard_error (of
        beta), standard_error_daily, asset_return (beta × gap), contribution (weight × asset_return;
        negative = lost). The daily columns are NaN when the data has no daily rows (`has_daily`).
    total_return, total_return_daily
        Of the portfolio with the betas used, and with daily ones for comparison (NaN without any).
    weeks
        Number of observations behind the betas: separate returns of the kind `basis` says.
    basis
        Which returns the betas were measured on: "weekly returns" (of daily or weekly data), "monthly
        returns", "daily returns", "daily returns with the day before and after (Dimson)", or "returns as
        given (4 per year)" for rows at any other distance.
    """

    index_asset: str
    gap: float
    portfolio: str
    table: pd.DataFrame
    total_return: float
    total_return_daily: float
    weeks: int
    basis: str = "weekly returns"

    @property
    def loss(self) -> float:
        """The loss, positive = bad."""
        return -self.total_return

    @property
    def has_daily(self) -> bool:
        """Whether there are daily betas."""
        return bool(self.table["beta_daily"].notna().all())

    @property
    def compares_daily(self) -> bool:
        """Whether there are daily betas beside others that the loss is computed with."""
        return self.has_daily and self.basis != "daily returns"
