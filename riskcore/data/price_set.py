"""A price set: what every data source hands to the rest of the program.

Prices may start late (an asset that did not exist yet); how a window is cut from them is decided here,
once, and said: the rows common to the assets asked for, never filled, never dropped from the middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import numpy as np
import pandas as pd

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.scenarios import Scenarios

__all__ = [
    "ASSET_COLUMNS",
    "LOCAL_RETURNS",
    "REQUIRED_COLUMNS",
    "PriceSet",
    "complete_assets",
    "infer_periods_per_year",
    "plain_assets",
]

REQUIRED_COLUMNS = ("name", "asset_class", "sector", "region", "currency", "kind")
# The reader's own grouping, and the duration in years as text; empty where unknown.
OPTIONAL_COLUMNS = ("group", "duration")
ASSET_COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
LOCAL_RETURNS = "local returns, as if currency-hedged"
DAYS_PER_YEAR = 365.25
SHORTEST_GAP = 0.9  # days; anything closer together is intraday
# Longest median gap in days between two rows, and how many such periods make a year.
FREQUENCIES = ((9.0, 52.0), (18.0, 26.0), (45.0, 12.0), (120.0, 4.0), (240.0, 2.0), (500.0, 1.0))


def infer_periods_per_year(index: pd.DatetimeIndex) -> float:
    """Return how many rows of this calendar make a year: 252, 365, 52, 26, 12, 4, 2 or 1.

    The median gap between rows decides. Daily rows count 365 to a year when Saturdays and Sundays each
    make up at least 1 row in 14 (a market that never closes), else 252.

    Raises
    ------
    MissingDataError
        There are fewer than two rows.
    InputError
        Several rows fall on one day, or rows lie more than 500 days apart.

    Examples
    --------
    >>> infer_periods_per_year(pd.date_range("2024-01-01", periods=20, freq="B"))
    252.0
    >>> infer_periods_per_year(pd.date_range("2024-01-31", periods=20, freq="ME"))
    12.0
    """
    if len(index) < 2:
        raise MissingDataError(f"The frequency of the data needs at least two dates, got {len(index)}.")
    gap = float(np.median(np.diff(index.to_numpy()) / np.timedelta64(1, "D")))
    if gap < SHORTEST_GAP:
        raise InputError(
            f"The rows are about {24 * gap:.1f} hours apart; give daily or slower prices, one row per day."
        )
    if gap < 2.5:
        weekdays = index.day_of_week.to_numpy()
        always_open = min((weekdays == 5).mean(), (weekdays == 6).mean()) >= 1 / 14
        return 365.0 if always_open else 252.0
    for longest, periods in FREQUENCIES:
        if gap <= longest:
            return periods
    raise InputError(f"The rows are about {gap:.0f} days apart; give at least one price a year.")


def plain_assets(
    tickers: Sequence[str], *, currencies: Sequence[str] | None = None, kind: str = "price as given"
) -> pd.DataFrame:
    """Return the asset table for tickers about which nothing more is known.

    Examples
    --------
    >>> plain_assets(["AAA"]).loc["AAA", "asset_class"]
    'Unclassified'
    """
    table = pd.DataFrame("", index=pd.Index(list(tickers), dtype="str"), columns=list(ASSET_COLUMNS))
    table["name"] = list(tickers)
    table["asset_class"] = "Unclassified"
    table["kind"] = kind
    if currencies is not None:
        table["currency"] = list(currencies)
    return table


def complete_assets(prices: pd.DataFrame) -> tuple[str, ...]:
    """Return the tickers that have a price on every row from their first one to the end.

    Examples
    --------
    >>> frame = pd.DataFrame({"A": [np.nan, 1, 2], "GAP": [1, np.nan, 2], "NONE": [np.nan] * 3})
    >>> complete_assets(frame)
    ('A',)
    """
    present = prices.notna().to_numpy()
    started = np.maximum.accumulate(present, axis=0)
    whole = (present == started).all(axis=0) & present.any(axis=0)
    return tuple(str(c) for c in prices.columns[whole])


@dataclass(frozen=True, eq=False, repr=False)
class PriceSet:
    """Dated prices of several assets, with what is known about them.

    Parameters
    ----------
    key
        Short name used in links and caches.
    label
        What the reader calls the set. Plain text, never markup.
    prices
        T × n, dates strictly increasing and without time zone; NaN where an asset has no price.
        Every other price is finite and positive. Copied and made read-only.
    assets
        One row per column of `prices`, in that order: name, asset_class, sector, region, currency, kind; and
        where known group and duration (in years, as text). All text, empty where unknown.
    periods_per_year
        How many rows make a year (252 for trading days).
    source
        Where the prices come from, in a few words.
    returns_basis
        In which currency the returns are.
    notes
        Sentences the reader should see beside the data.
    default_assets
        Assets to start with; all of them when empty.
    default_index
        The asset betas are measured against, if there is an obvious one.
    volumes
        Pieces traded per row where the source gave them: the rows and columns of `prices`, at least 0, NaN
        where unknown. Copied and made read-only.

    Raises
    ------
    InputError
        Dates are not strictly increasing dates without time zone, periods_per_year is not positive, a
        duration is not a number, or a volume is negative or infinite.
    MissingDataError
        There are no rows or columns, or a price is zero, negative or infinite.
    AssetMismatchError
        Tickers are duplicated or do not match `assets`, `default_assets` or `default_index`, or `volumes`
        has other rows or columns.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4, freq="B")
    >>> frame = pd.DataFrame({"OLD": [10.0, 11, 12, 12], "NEW": [np.nan, 5, 6, 6]}, index=days)
    >>> prices = PriceSet("demo", "Demo", frame, plain_assets(["OLD", "NEW"]), 252.0, "example")
    >>> prices.scenarios(["OLD", "NEW"]).returns.round(3).tolist()
    [[0.091, 0.2], [0.0, 0.0]]
    """

    key: str
    label: str
    prices: pd.DataFrame
    assets: pd.DataFrame
    periods_per_year: float
    source: str
    returns_basis: str = LOCAL_RETURNS
    notes: tuple[str, ...] = ()
    default_assets: tuple[str, ...] = ()
    default_index: str | None = field(default=None)
    volumes: pd.DataFrame | None = field(default=None)

    def __post_init__(self) -> None:
        """Validate and freeze."""
        prices = _frozen(self.prices)
        _check_values(prices)
        tickers = list(prices.columns)
        if list(self.assets.index) != tickers:
            raise AssetMismatchError("The asset table must have one row per price column, in the same order.")
        absent = [column for column in REQUIRED_COLUMNS if column not in self.assets.columns]
        if absent:
            raise InputError(f"The asset table lacks {listed(absent)}.")
        if not (np.isfinite(self.periods_per_year) and self.periods_per_year > 0):
            raise InputError(f"periods_per_year must be a positive number, got {self.periods_per_year}.")
        defaults = tuple(self.default_assets) or tuple(tickers)
        _check_known([*defaults, *([self.default_index] if self.default_index else [])], tickers)
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "volumes", _checked_volumes(self.volumes, prices))
        object.__setattr__(self, "assets", _completed(self.assets))
        object.__setattr__(self, "default_assets", defaults)
        object.__setattr__(self, "notes", tuple(self.notes))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the content, to key caches with."""
        digest = blake2b(digest_size=16)
        digest.update(self.prices.to_numpy().tobytes())
        digest.update(self.prices.index.to_numpy().tobytes())
        words = (self.key, self.label, self.source, self.returns_basis, self.notes)
        digest.update(repr((words, self.default_assets, self.default_index, self.periods_per_year)).encode())
        table = self.assets
        # A column that says nothing leaves the digest as it was before there was one.
        told = [c for c in ASSET_COLUMNS if c in REQUIRED_COLUMNS or (table[c] != "").any()]
        digest.update(repr((list(table.index), table[told].to_numpy().tolist())).encode())
        if self.volumes is not None:
            digest.update(self.volumes.to_numpy().tobytes())
        return digest.hexdigest()

    @property
    def durations(self) -> dict[str, float]:
        """Modified durations in years of the assets for which one is known."""
        known = self.assets["duration"]
        return {str(asset): float(years) for asset, years in known.items() if years}

    @property
    def tickers(self) -> tuple[str, ...]:
        """All assets, in the order of the columns."""
        return tuple(self.prices.columns)

    @cached_property
    def first_dates(self) -> pd.Series:
        """The date of each asset's first price; NaT for an asset without prices."""
        return self.prices.apply(pd.Series.first_valid_index)

    def common_start(self, assets: Sequence[str]) -> pd.Timestamp:
        """Return the first date on which every one of the assets has had a price.

        Raises
        ------
        AssetMismatchError
            An asset is unknown or named twice, or none is given.
        MissingDataError
            An asset has no prices at all.
        """
        self._check(assets)
        first = self.first_dates[list(assets)]
        empty = first.index[first.isna()]
        if len(empty):
            raise MissingDataError(f"{listed(empty)} has no prices at all; leave it out.", assets=list(empty))
        return pd.Timestamp(first.max())

    @cached_property
    def last_dates(self) -> pd.Series:
        """The date of each asset's last price; NaT for an asset without prices."""
        return self.prices.apply(pd.Series.last_valid_index)

    def common_end(self, assets: Sequence[str]) -> pd.Timestamp:
        """Return the last date on which every one of the assets still has a price.

        Raises
        ------
        AssetMismatchError, MissingDataError
            As `common_start`.
        """
        self.common_start(assets)
        return pd.Timestamp(self.last_dates[list(assets)].min())

    def cut_by(self, assets: Sequence[str]) -> list[tuple[str, pd.Timestamp, float]]:
        """Return the assets that end before the last of `assets` does, the costliest first.

        Each with the date of its last price and the years of common history it costs.
        """
        self.common_start(assets)
        last = self.last_dates[list(assets)].sort_values(kind="stable")
        newest = last.max()
        return [
            (str(asset), pd.Timestamp(date), (newest - date).days / DAYS_PER_YEAR)
            for asset, date in last.items()
            if date < newest
        ]

    def shortened_by(self, assets: Sequence[str]) -> list[tuple[str, pd.Timestamp, float]]:
        """Return the assets that start later than the oldest of `assets`, the costliest first.

        Each with the date of its first price and the years of common history it costs, measured from the
        oldest asset's first price (a year is 365.25 days).
        """
        self.common_start(assets)
        first = self.first_dates[list(assets)].sort_values(ascending=False, kind="stable")
        oldest = first.min()
        return [
            (str(asset), pd.Timestamp(date), (date - oldest).days / DAYS_PER_YEAR)
            for asset, date in first.items()
            if date > oldest
        ]

    def window(
        self,
        assets: Sequence[str],
        start: object = None,
        end: object = None,
    ) -> pd.DataFrame:
        """Return the prices of the assets from `start` to `end`, within the history they share.

        That history runs from their common start to their common end.

        Raises
        ------
        MissingDataError
            The window is empty, or a price is missing inside it: the ticker, how many, the first dates.
        """
        earliest, latest = self.common_start(assets), self.common_end(assets)
        begin, until = earliest, latest
        if start is not None:
            begin = max(begin, _as_date(start, "start"))
        if end is not None:
            until = min(until, _as_date(end, "end"))
        window = self.prices.loc[begin:until, list(assets)]
        if window.empty:
            raise MissingDataError(
                f"{listed(assets)} have no common prices between {begin:%Y-%m-%d} and {until:%Y-%m-%d}; "
                f"choose dates within {earliest:%Y-%m-%d} to {latest:%Y-%m-%d}."
            )
        _check_complete(window)
        return window

    def scenarios(self, assets: Sequence[str], start: object = None, end: object = None) -> Scenarios:
        """Return the returns r_t = P_t / P_{t−1} − 1 of the assets over their common window.

        The first price used is the one on `start` or on the first date on which all the assets have
        prices, whichever is later; the first return is dated one row after it. The last one is on `end`
        or on the last date on which all of them have prices, whichever is earlier.

        Parameters
        ----------
        assets
            Tickers, in the order the columns shall have.
        start, end
            Dates, both included; the whole common history when omitted.

        Raises
        ------
        AssetMismatchError
            An asset is unknown or named twice, or none is given.
        MissingDataError
            Fewer than two rows, or a price is missing after the common start.
        """
        window = self.window(assets, start, end)
        return Scenarios.from_prices(window, periods_per_year=self.periods_per_year, source=self.source)

    def average_daily_volume(self, window: int = 21) -> pd.DataFrame:
        """Return what is traded per row, on average over the last rows with a known volume.

            shares = mean of V_t,   value = mean of V_t · P_t   (not the product of two means)

        Parameters
        ----------
        window
            How many rows with a volume and a price count, the last ones of each asset; fewer where there
            are fewer.

        Returns
        -------
        DataFrame
            Index = assets; columns shares (pieces), value (money of the asset's own row in `assets`, so
            pence stay pence), rows (how many were averaged) and last (the day of the last of them). NaN and
            0 for an asset without volumes.

        Raises
        ------
        InputError
            The window is not a positive whole number.
        MissingDataError
            The data set has no volumes.

        Examples
        --------
        >>> days = pd.date_range("2024-01-01", periods=3, freq="B")
        >>> frame = pd.DataFrame({"A": [10.0, 10.0, 20.0]}, index=days)
        >>> traded = pd.DataFrame({"A": [np.nan, 100.0, 300.0]}, index=days)
        >>> prices = PriceSet("t", "T", frame, plain_assets(["A"]), 252.0, "example", volumes=traded)
        >>> prices.average_daily_volume(5)[["shares", "value", "rows"]].loc["A"].tolist()
        [200.0, 3500.0, 2.0]
        """
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise InputError(f"The window is a whole number of rows of at least 1, got {window!r}.")
        if self.volumes is None:
            raise MissingDataError(
                f"{self.label} has no volumes; load a file or fetch tickers that bring them, or type the "
                "average daily volume in."
            )
        rows = {}
        for asset in self.tickers:
            both = pd.DataFrame({"price": self.prices[asset], "volume": self.volumes[asset]}).dropna()
            tail = both.tail(window)
            rows[asset] = {
                "shares": tail["volume"].mean(),
                "value": (tail["volume"] * tail["price"]).mean(),
                "rows": float(len(tail)),
                "last": tail.index[-1] if len(tail) else pd.NaT,
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def _check(self, assets: Sequence[str]) -> None:
        if not len(assets):
            raise AssetMismatchError("Choose at least one asset.")
        twice = sorted({a for a in assets if list(assets).count(a) > 1})
        if twice:
            raise AssetMismatchError(f"Asset {listed(twice)} is chosen more than once.", duplicates=twice)
        _check_known(assets, list(self.prices.columns))

    def __repr__(self) -> str:
        """Name the set, its size and its span."""
        rows, columns = self.prices.shape
        first, last = self.prices.index[0], self.prices.index[-1]
        return f"PriceSet({self.key!r}, {rows} × {columns}, {first:%Y-%m-%d} to {last:%Y-%m-%d})"


def _frozen(prices: pd.DataFrame) -> pd.DataFrame:
    if prices.shape[0] == 0 or prices.shape[1] == 0:
        raise MissingDataError("A price set needs at least one row and one asset; this one is empty.")
    index = prices.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None or index.hasnans:
        raise InputError("Prices must be indexed by dates without a time zone.")
    if not (index.is_monotonic_increasing and index.is_unique):
        raise InputError("The dates of the prices must be strictly increasing, each once.")
    tickers = [str(column) for column in prices.columns]
    twice = sorted({t for t in tickers if tickers.count(t) > 1})
    if twice:
        raise AssetMismatchError(f"Asset {listed(twice)} has more than one price column; keep one.")
    values = prices.to_numpy(dtype=np.float64, copy=True)
    values.setflags(write=False)
    columns = pd.Index(tickers, dtype="str")
    return pd.DataFrame(values, index=index.as_unit("us").rename("date"), columns=columns, copy=False)


def _checked_volumes(volumes: pd.DataFrame | None, prices: pd.DataFrame) -> pd.DataFrame | None:
    if volumes is None:
        return None
    labels = [str(column) for column in volumes.columns]
    index = volumes.index
    same = isinstance(index, pd.DatetimeIndex) and index.tz is None and len(index) == len(prices)
    if not same or labels != list(prices.columns) or not (index == prices.index).all():
        raise AssetMismatchError("Volumes must have the same dates and assets as the prices.")
    values = volumes.to_numpy(dtype=np.float64, copy=True)
    wrong = ~(np.isnan(values) | (np.isfinite(values) & (values >= 0)))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InputError(
            f"{labels[column]} has the volume {values[row, column]:g} on {index[row]:%Y-%m-%d}; volumes are "
            "0 or more. Correct it or leave the volumes out."
        )
    values.setflags(write=False)
    return pd.DataFrame(values, index=prices.index, columns=prices.columns, copy=False)


def _completed(assets: pd.DataFrame) -> pd.DataFrame:
    """Return the asset table with all its columns; an optional one that is not given says nothing."""
    table = assets.reindex(columns=list(ASSET_COLUMNS))
    table[list(OPTIONAL_COLUMNS)] = table[list(OPTIONAL_COLUMNS)].astype("object").fillna("").astype("str")
    for asset, years in table["duration"].items():
        try:
            known = years == "" or np.isfinite(float(years))
        except ValueError:
            known = False
        if not known:
            raise InputError(f"The duration of {asset} is a number of years, not {years[:40]!r}.")
    return table


def _check_values(prices: pd.DataFrame) -> None:
    values = prices.to_numpy()
    wrong = ~(np.isnan(values) | (np.isfinite(values) & (values > 0)))
    if not wrong.any():
        return
    row, column = np.argwhere(wrong)[0]
    raise MissingDataError(
        f"{prices.columns[column]} has the price {values[row, column]:g} on {prices.index[row]:%Y-%m-%d}; "
        "prices must be positive. Correct it or leave the asset out.",
        asset=str(prices.columns[column]),
        date=prices.index[row],
    )


def _check_known(assets: Sequence[str], known: list[str]) -> None:
    unknown = [a for a in assets if a not in set(known)]
    if unknown:
        raise AssetMismatchError(
            f"No prices for {listed(unknown)}; the data has {listed(known, most=20)}.", unknown=unknown
        )


def _check_complete(window: pd.DataFrame) -> None:
    missing = window.isna()
    if not missing.to_numpy().any():
        return
    sentences = []
    for asset in window.columns[missing.any()]:
        days = listed((f"{d:%Y-%m-%d}" for d in window.index[missing[asset]]), most=3)
        sentences.append(f"{asset} lacks {missing[asset].sum()} prices ({days})")
    raise MissingDataError(
        f"{listed(sentences, most=3)}. Choose a window in which every asset has prices, "
        "or leave the asset out.",
        assets=[str(a) for a in window.columns[missing.any()]],
        counts={str(a): int(c) for a, c in missing.sum().items() if c},
    )


def _as_date(value: object, name: str) -> pd.Timestamp:
    words = str(value)
    try:
        date = pd.Timestamp(words)
    except ValueError as error:
        raise InputError(f"The {name} of the window, {words[:40]}, is not a date.") from error
    if pd.isna(date):
        raise InputError(f"The {name} of the window is not a date.")
    return date.tz_localize(None) if date.tz is not None else date
