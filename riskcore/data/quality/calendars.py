"""On which days a market was open: exchange calendars, and which of them an asset or a table follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, listed

__all__ = ["ALWAYS", "OWN", "Calendar", "Markets", "calendar_of", "find_markets", "majority_rows"]

ALWAYS = "24/7"  # a market that never closes
OWN = ""  # no exchange is known: the rows of the table are its calendar
REGIONS: Mapping[str, str] = {
    "us": "XNYS",
    "usa": "XNYS",
    "united states": "XNYS",
    "uk": "XLON",
    "united kingdom": "XLON",
    "japan": "XTKS",
    "hong kong": "XHKG",
    "hong kong/china": "XHKG",
    "china": "XSHG",
    "india": "XBOM",
    "germany": "XETR",
    "france": "XPAR",
    "switzerland": "XSWX",
    "canada": "XTSE",
    "australia": "XASX",
    "south korea": "XKRX",
    "brazil": "BVMF",
}
CURRENCIES: Mapping[str, str] = {
    "AUD": "XASX",
    "BRL": "BVMF",
    "CAD": "XTSE",
    "CHF": "XSWX",
    "CNY": "XSHG",
    "DKK": "XCSE",
    "EUR": "XETR",
    "GBP": "XLON",
    "GBX": "XLON",
    "GBp": "XLON",
    "HKD": "XHKG",
    "INR": "XBOM",
    "JPY": "XTKS",
    "KRW": "XKRX",
    "MXN": "XMEX",
    "NOK": "XOSL",
    "NZD": "XNZE",
    "PLN": "XWAR",
    "SEK": "XSTO",
    "SGD": "XSES",
    "TWD": "XTAI",
    "USD": "XNYS",
    "ZAR": "XJSE",
}
# Tried in this order where nothing is known about a table; the first that agrees well enough is taken.
CANDIDATES = ("XNYS", "XLON", "XETR", "XTKS", "XHKG", "XBOM", "XSWX", "XTSE", "XPAR", "XASX", "XSHG")
AGREEMENT = 0.97  # New York and London share only 94 % of their days
CERTAIN = 0.995  # no other exchange can agree better; asking them all takes a second
ENOUGH_DAYS = 200
WEEKEND_SHARE = 0.2  # of the rows; 2/7 in a market that never closes
EARLIEST, AHEAD = pd.Timestamp("1900-01-01"), pd.Timedelta(days=366)  # nothing is recorded beyond
DAILY = 1.5  # median days between rows, at most, for trading days to matter


@dataclass(frozen=True, eq=False)
class Calendar:
    """The trading days of one exchange between two dates; outside of them nothing is known.

    Parameters
    ----------
    code
        The exchange's code, such as XNYS.
    sessions
        Its trading days, increasing.
    first, last
        The span for which they are known.
    """

    code: str
    sessions: pd.DatetimeIndex
    first: pd.Timestamp
    last: pd.Timestamp

    def closed(self, dates: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Whether the market is known to have been closed on each of the dates."""
        known = np.asarray((dates >= self.first) & (dates <= self.last))
        return known & ~np.asarray(dates.isin(self.sessions))

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
        """Return the trading days from `first` to `last`, both included."""
        return self.sessions[(self.sessions >= first) & (self.sessions <= last)]


def calendar_of(code: str, first: pd.Timestamp, last: pd.Timestamp) -> Calendar:
    """Return the trading days of an exchange, at least from `first` to `last` as far as they are recorded.

    Raises
    ------
    InputError
        There is no such exchange, or nothing is recorded for these dates.

    Examples
    --------
    >>> new_york = calendar_of("XNYS", pd.Timestamp("2024-07-01"), pd.Timestamp("2024-07-31"))
    >>> new_york.closed(pd.DatetimeIndex(["2024-07-03", "2024-07-04"])).tolist()
    [False, True]
    """
    found = _calendar(code, first.year, last.year)
    if found is None:
        raise InputError(f"The trading days of {code} are not recorded for {first.year} to {last.year}.")
    return found


@lru_cache(maxsize=64)
def _calendar(code: str, first_year: int, last_year: int) -> Calendar | None:
    """Return the trading days of whole years as far as they are recorded, None where they are not."""
    import exchange_calendars  # type: ignore[import-untyped]
    from exchange_calendars.errors import CalendarError  # type: ignore[import-untyped]

    try:
        kind = exchange_calendars.get_calendar(code)
    except CalendarError as error:
        names = listed(exchange_calendars.get_calendar_names(include_aliases=False), most=100)
        raise InputError(
            f"There is no calendar of {code[:40]!r}; the known exchanges are {names}."
        ) from error
    first, last = pd.Timestamp(first_year, 1, 1), pd.Timestamp(last_year, 12, 31)
    first, last = max(first, EARLIEST), min(last, pd.Timestamp.now().normalize() + AHEAD)
    low, high = type(kind).bound_min(), type(kind).bound_max()
    first = first if low is None else max(first, low)
    last = last if high is None else min(last, high)
    if first >= last:
        return None
    found = exchange_calendars.get_calendar(code, start=first, end=last)
    return Calendar(code, pd.DatetimeIndex(found.sessions).tz_localize(None).as_unit("us"), first, last)


@dataclass(frozen=True)
class Markets:
    """Which calendar the rows of a table follow, and which each asset.

    Parameters
    ----------
    table
        The calendar of the rows; None where they follow no known exchange or are not daily.
    assets
        Asset to calendar; None where the exchange is not known.
    """

    table: Calendar | None
    assets: dict[str, Calendar | None] = field(default_factory=dict)


def find_markets(
    prices: pd.DataFrame, about: pd.DataFrame | None, given: Mapping[str, str] | None
) -> Markets:
    """Return the calendar of the table and of each asset.

    In this order: what was given; crypto-currencies never close; the asset's region; its currency; else
    the calendar of the table. The table follows the exchange whose trading days agree with at least
    97 % of the days on which most assets have a price, the one that agrees best.

    Raises
    ------
    AssetMismatchError
        A calendar was given for an asset that is not there.
    InputError
        There is no such exchange.
    """
    names = [str(c) for c in prices.columns]
    codes = dict(given or {})
    unknown = [a for a in codes if a not in set(names)]
    if unknown:
        raise AssetMismatchError(
            f"Calendars were given for {listed(unknown)}, which the data does not have.", unknown=unknown
        )
    dates = pd.DatetimeIndex(prices.index)
    if not _is_daily(dates):
        return Markets(None, dict.fromkeys(names))
    first, last = dates[0], dates[-1]
    calendars = {a: calendar_of(code, first, last) for a, code in codes.items()}
    guesses = {} if about is None else {str(n): _guessed(row) for n, row in about.iterrows()}
    for name, code in guesses.items():
        if name not in names:
            continue
        found = _calendar(code, first.year, last.year) if code else None
        if found is not None:
            calendars.setdefault(name, found)
    used = [c.code for c in calendars.values() if c.code != ALWAYS]
    table = _table_calendar(majority_rows(prices), list(dict.fromkeys(used)))
    loose = {name for name in names if name not in calendars and guesses.get(name) == OWN}
    return Markets(table, {n: None if n in loose else calendars.get(n, table) for n in names})


def majority_rows(prices: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the dates on which at least half of the assets alive at the time have a price."""
    present = prices.notna().to_numpy()
    started = np.maximum.accumulate(present, axis=0)
    ended = np.maximum.accumulate(present[::-1], axis=0)[::-1]
    alive = (started & ended).sum(axis=1)
    return pd.DatetimeIndex(prices.index[(present.sum(axis=1) * 2 >= alive) & (alive > 0)])


def _is_daily(dates: pd.DatetimeIndex) -> bool:
    if len(dates) < 3:
        return False
    return float(np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D"))) <= DAILY


def _guessed(row: pd.Series) -> str | None:
    """Return the code of an exchange, OWN where the asset surely has none, None where nothing is known."""
    kind = str(row.get("asset_class", "")).casefold()
    if kind == "crypto":
        return ALWAYS
    if kind == "currency":
        return OWN
    region, currency = str(row.get("region", "")).casefold(), str(row.get("currency", ""))
    return REGIONS.get(region) or CURRENCIES.get(currency)


def _table_calendar(rows: pd.DatetimeIndex, first_choices: list[str]) -> Calendar | None:
    """Return the exchange the rows agree with best, the exchanges of the assets being asked first."""
    if not len(rows):
        return None
    candidates: tuple[str, ...] = tuple(first_choices)
    if float((rows.day_of_week.to_numpy() >= 5).mean()) > WEEKEND_SHARE:
        candidates = (ALWAYS,)
    elif len(rows) >= ENOUGH_DAYS:  # fewer days agree with any exchange
        candidates = (*first_choices, *CANDIDATES)
    best: Calendar | None = None
    share = AGREEMENT
    for code in dict.fromkeys(candidates):
        calendar = _calendar(code, rows[0].year, rows[-1].year)
        found = _agreement(calendar, rows) if calendar is not None else 0.0
        if found >= share:
            best, share = calendar, found
        if share >= CERTAIN:
            break
    return best


def _agreement(calendar: Calendar, rows: pd.DatetimeIndex) -> float:
    """Return the days in both over the days in either, over the span for which both are known."""
    rows = rows[(rows >= calendar.first) & (rows <= calendar.last)]
    if not len(rows):
        return 0.0
    sessions = calendar.between(rows[0], rows[-1])
    common = int(rows.isin(sessions).sum())
    return common / (len(rows) + len(sessions) - common)
