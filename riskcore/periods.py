"""Calendar periods of dated rows: which rows make up a week, a month, or a window between two closes.

A row dated t is the return from the close before to the close of t. The close before the very first row
is not in the data, so a period counts only where it cannot be cut: whenever a trading day could be
missing at an edge, the period is left out, or the window refused, rather than quietly shortened.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.paths import compound_blocks
from riskcore.scenarios import Scenarios

__all__ = [
    "Blocks",
    "Period",
    "Spacing",
    "blocks",
    "nearest_window",
    "row_window",
    "spacing",
    "trading_dates",
    "weekly",
]

Period = Literal["week", "month"]
Spacing = Literal["day", "week", "month", "other"]
FREQUENCIES: dict[Period, str] = {"week": "W-FRI", "month": "M"}
# A market may be shut for this many calendar days around a weekend; more is a gap in the data.
LONGEST_CLOSURE = 5


@dataclass(frozen=True, eq=False)
class Blocks:
    """Complete calendar periods: `starts` are first rows, `stop` is one past the last row of the last."""

    starts: NDArray[np.intp]
    stop: int

    @property
    def lasts(self) -> NDArray[np.intp]:
        """Last row of each period."""
        return np.append(self.starts[1:], self.stop)[: self.starts.size] - 1


def trading_dates(scenarios: Scenarios, purpose: str) -> pd.DatetimeIndex:
    """Return the days of the rows, refusing scenarios whose rows are not one dated history.

    Raises
    ------
    InputError
        The rows are not ordered in time, not dated, weighted, or overlapping; `purpose` starts the
        sentence ("A replay").
    """
    wrong = [
        word
        for word, fails in (
            ("not in time order", not scenarios.ordered),
            ("weighted", scenarios.weighted),
            ("overlapping", scenarios.overlap > 1),
            ("without dates", not isinstance(scenarios.index, pd.DatetimeIndex)),
        )
        if fails
    ]
    if wrong:
        raise InputError(
            f"{purpose} needs a history: dated rows in time order, of equal probability and one period each. "
            f"These scenarios are {' and '.join(wrong)}; use the history they were made from.",
            problems=wrong,
        )
    days = pd.DatetimeIndex(scenarios.index).tz_localize(None).normalize()
    if not (days.is_monotonic_increasing and days.is_unique):
        raise InputError(f"{purpose} needs one row per day in increasing order; sort the dates first.")
    return days


def spacing(days: pd.DatetimeIndex) -> Spacing:
    """Return how far apart the rows are, by the median gap: up to 3 days is "day", 5 to 9 "week".

    Examples
    --------
    >>> spacing(pd.date_range("2024-01-01", periods=10, freq="B"))
    'day'
    """
    if len(days) < 2:
        return "other"
    gap = float(np.median(np.diff(days.to_numpy()) / np.timedelta64(1, "D")))
    for name, low, high in (("day", 0.0, 3.0), ("week", 5.0, 9.0), ("month", 26.0, 33.0)):
        if low <= gap <= high:
            return name  # type: ignore[return-value]
    return "other"


def blocks(days: pd.DatetimeIndex, period: Period) -> Blocks:
    """Return the complete calendar weeks (ending Friday; weekend rows open the next) or months.

    The first and the last period are kept only if no trading day can be missing from them: every day
    from Monday to Friday counts as one, and so do weekend days when the data has many.

    Examples
    --------
    >>> found = blocks(pd.date_range("2024-01-03", "2024-01-19", freq="B"), "week")  # from a Wednesday
    >>> found.starts.tolist(), found.lasts.tolist()
    ([3, 8], [7, 12])
    """
    spans = days.to_period(FREQUENCIES[period])
    codes = spans.to_timestamp().to_numpy()
    starts = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1)).astype(np.intp)
    stop = len(days)
    mask = _weekmask(days)
    if _possible_days(spans[-1].end_time.normalize(), days[-1], mask):
        stop, starts = int(starts[-1]), starts[:-1]
    if starts.size and _possible_days(days[0] - pd.Timedelta(days=1), _day_before(spans[0]), mask):
        starts = starts[1:]
    return Blocks(starts, stop)


def weekly(scenarios: Scenarios) -> Scenarios:
    """Return separate weekly returns: each calendar week (ending Friday) compounded, cut weeks left out.

    Weeks dated at their last row. Closes in Asia and America a few hours apart fall in the same week, so
    weekly returns show the co-movement that daily ones miss.

    Raises
    ------
    InputError
        The rows are not a dated, ordered, equally weighted history of separate periods.
    MissingDataError
        There is no complete week.
    """
    days = trading_dates(scenarios, "A table of weekly returns")
    found = blocks(days, "week")
    if found.starts.size == 0:
        raise MissingDataError(f"There is no complete week, Monday to Friday. {_reach(days)}")
    return Scenarios(
        returns=compound_blocks(scenarios.returns, found.starts, found.stop),
        assets=scenarios.assets,
        periods_per_year=52.0,
        index=scenarios.index[found.lasts],
        ordered=True,
        source=scenarios.source,
    )


def row_window(days: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    """Return first row and one past the last of the rows that run from the close of `start` to that of `end`.

    Rows dated after `start`, up to and including `end`. When a date is not a trading day the last close
    before it stands in, at most 5 calendar days back (none back over a weekday for rows sparser than
    daily: half a week cannot be taken out of a weekly row). Where the data begins after `start` or stops
    before `end`, not even one weekday may lie between.

    Raises
    ------
    MissingDataError
        The data does not reach from `start` to `end`, or has a gap there.
    """
    first = int(days.searchsorted(start, side="right"))
    stop = int(days.searchsorted(end, side="right"))
    mask = _weekmask(days)
    daily = spacing(days) == "day"
    if stop <= first:
        raise MissingDataError(
            f"The data has no returns between {start:%Y-%m-%d} and {end:%Y-%m-%d}. {_reach(days)}"
        )
    if first == 0:
        opens = not _possible_days(days[0] - pd.Timedelta(days=1), start, mask)
    else:
        opens = _near(days[first - 1], start, daily, mask)
    if not opens:
        raise MissingDataError(
            f"The data has no close on {start:%Y-%m-%d} or just before to start from. {_reach(days)}"
        )
    closes = not _possible_days(end, days[-1], mask) if stop == len(days) else False
    if not (closes or (stop < len(days) and _near(days[stop - 1], end, daily, mask))):
        raise MissingDataError(
            f"The data has no close on {end:%Y-%m-%d} or just before to end with. {_reach(days)}"
        )
    return first, stop


def nearest_window(days: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    """Return first row and one past the last between the last closes at or before `start` and `end`.

    For rows sparser than daily, which seldom close on a given date: the window is moved to the closes
    there are, never stretched beyond `end`. The closes before and after each date must be known and no
    further apart than usual (the median gap and 5 days), so that neither an end of the data nor a hole in
    it passes for a close nearby.

    Raises
    ------
    MissingDataError
        The data does not reach from `start` to `end`, has a gap there, or no close in between.

    Examples
    --------
    >>> fridays = pd.date_range("2020-01-03", periods=20, freq="W-FRI")
    >>> first, stop = nearest_window(fridays, pd.Timestamp("2020-02-19"), pd.Timestamp("2020-03-23"))
    >>> f"{fridays[first - 1]:%Y-%m-%d} to {fridays[stop - 1]:%Y-%m-%d}"
    '2020-02-14 to 2020-03-20'
    """
    first = int(days.searchsorted(start, side="right"))
    stop = int(days.searchsorted(end, side="right"))
    asked = f"from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    if first == 0 or days[-1] < end:
        raise MissingDataError(f"The data does not reach {asked}. {_reach(days)}")
    longest = pd.Timedelta(np.median(np.diff(days.to_numpy()))) + pd.Timedelta(days=LONGEST_CLOSURE)
    for date, after in ((start, first), (end, stop)):
        before = days[after - 1]
        if before < date and days[after] - before > longest:
            raise MissingDataError(
                f"The data has no close near {date:%Y-%m-%d}: none from {before:%Y-%m-%d} to "
                f"{days[after]:%Y-%m-%d}."
            )
    if stop <= first:
        raise MissingDataError(
            f"The data has no close within the fall {asked}: its closes around it are on "
            f"{days[first - 1]:%Y-%m-%d} and {days[first]:%Y-%m-%d}."
        )
    return first, stop


def _near(close: pd.Timestamp, date: pd.Timestamp, daily: bool, mask: str) -> bool:
    return (date - close).days <= LONGEST_CLOSURE if daily else not _possible_days(date, close, mask)


def _reach(days: pd.DatetimeIndex) -> str:
    kind = "" if spacing(days) == "day" else f" and has {len(days)} rows that are not daily"
    return f"It runs from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}{kind}."


def _weekmask(days: pd.DatetimeIndex) -> str:
    # A rare Saturday session does not make Saturdays trading days; a market open every day has 2 in 7.
    return "1111111" if float(np.mean(days.day_of_week >= 5)) > 0.1 else "1111100"


def _day_before(span: pd.Period) -> pd.Timestamp:
    return span.start_time.normalize() - pd.Timedelta(days=1)


def _possible_days(last: pd.Timestamp, after: pd.Timestamp, mask: str) -> int:
    """Count the days from the one after `after` up to and including `last` that could have a close."""
    day = np.timedelta64(1, "D")
    begin, end = np.datetime64(after.date()) + day, np.datetime64(last.date()) + day
    return int(np.busday_count(begin, end, weekmask=mask)) if end > begin else 0
