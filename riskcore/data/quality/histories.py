"""Where prices are missing: empty assets, late starts, early ends, gaps, and days the table leaves out."""

import numpy as np
import pandas as pd

from riskcore.data.quality.calendars import Calendar, Markets
from riskcore.data.quality.report import Finding, counted, days
from riskcore.data.recipe import CutWindow, DropAsset, DropRows, Fill, Keep, Step

__all__ = ["history_findings", "longest_break", "table_findings"]

DAYS_PER_YEAR = 365.25
LARGE_COST = 0.5  # years; a shorter loss of history is only noted
LONGEST_OFFERED_FILL = 10  # rows; nobody should carry a price forward for longer
MISSING_SHARE = 0.02  # of the trading days; above it the table is not the daily one it seems
# A break between two rows is long when it exceeds both.
BREAK_DAYS, BREAK_TIMES = 10.0, 6.0


def history_findings(prices: pd.DataFrame, markets: Markets) -> list[Finding]:
    """Return what each asset lacks: all prices, the first, the last, or some in between."""
    present = prices.notna().to_numpy()
    dates = pd.DatetimeIndex(prices.index)
    first = np.where(present.any(axis=0), present.argmax(axis=0), len(dates))
    last = len(dates) - 1 - present[::-1].argmax(axis=0)
    oldest = int(first.min())
    found = []
    for j in np.flatnonzero(~present.all(axis=0)).tolist():
        name = str(prices.columns[j])
        if first[j] == len(dates):
            found.append(_empty(name, dates))
            continue
        if first[j] > oldest:
            found.append(_young(name, dates, oldest, int(first[j])))
        if last[j] < len(dates) - 1:
            found.append(_ended(name, dates, int(last[j])))
        inside = present[first[j] : last[j] + 1, j]
        if not inside.all():
            found.append(_gap(name, dates[first[j] : last[j] + 1], inside, markets.assets.get(name)))
    return found


def _empty(name: str, dates: pd.DatetimeIndex) -> Finding:
    sentence = f"{name} has no price at all; leave it out."
    return Finding("empty", "problem", name, dates[:0], len(dates), sentence, (DropAsset(name),))


def _young(name: str, dates: pd.DatetimeIndex, oldest: int, first: int) -> Finding:
    years = (dates[first] - dates[oldest]).days / DAYS_PER_YEAR
    return Finding(
        "young",
        "check" if years >= LARGE_COST else "note",
        name,
        dates[first : first + 1],
        first - oldest,
        f"{name} starts on {dates[first]:%Y-%m-%d}: a portfolio with it has {years:.1f} years "
        f"({counted(first - oldest, 'row')}) less history than the oldest asset.",
        (Keep("young", name), DropAsset(name)),
        size=years,
    )


def _ended(name: str, dates: pd.DatetimeIndex, last: int) -> Finding:
    years = (dates[-1] - dates[last]).days / DAYS_PER_YEAR
    rows = len(dates) - 1 - last
    choices: tuple[Step, ...] = (DropAsset(name),)
    if last >= 1:
        choices += (CutWindow(end=f"{dates[last]:%Y-%m-%d}"),)
    return Finding(
        "ended",
        "problem",
        name,
        dates[last + 1 :],
        rows,
        f"{name} has no price after {dates[last]:%Y-%m-%d}: its last {counted(rows, 'row')} "
        f"({years:.1f} years) {'is' if rows == 1 else 'are'} missing.",
        choices,
        size=years,
    )


def _gap(name: str, dates: pd.DatetimeIndex, present: np.ndarray, calendar: Calendar | None) -> Finding:
    missing = dates[~present]
    lengths = np.diff(np.flatnonzero(present)) - 1
    longest, shortest = int(lengths.max()), int(lengths[lengths > 0].min())
    closed = calendar.closed(missing) if calendar is not None else np.zeros(len(missing), bool)
    open_days = missing[~closed]
    why = ""
    if closed.any() and calendar is not None:
        why = f"; {int(closed.sum())} of them on days {calendar.code} was closed" + (
            f", {len(open_days)} on trading days ({days(open_days)})" if len(open_days) else ""
        )
    choices: list[Step] = [DropRows(tuple(missing.strftime("%Y-%m-%d")))]
    if shortest <= LONGEST_OFFERED_FILL:
        choices.append(Fill(name, min(longest, LONGEST_OFFERED_FILL)))
    after = int(np.flatnonzero(~present)[-1]) + 1
    if len(dates) - after >= 2:
        choices.append(CutWindow(start=f"{dates[after]:%Y-%m-%d}"))
    return Finding(
        "gap",
        "problem",
        name,
        missing,
        len(missing),
        f"{name} lacks {counted(len(missing), 'price')} between its first and last ({days(missing)}), "
        f"at most {longest} in a row{why}.",
        (*choices, DropAsset(name)),
        size=float(longest),
    )


def table_findings(prices: pd.DataFrame, markets: Markets) -> list[Finding]:
    """Return the trading days that have no row at all, and the rows on days without trading."""
    dates = pd.DatetimeIndex(prices.index)
    calendar = markets.table
    if calendar is None:
        return _break_finding(dates)
    found = []
    sessions = calendar.between(dates[0], dates[-1])
    absent = sessions[~sessions.isin(dates)]
    if len(absent):
        found.append(
            Finding(
                "missing days",
                "problem" if len(absent) > MISSING_SHARE * len(sessions) else "check",
                "",
                absent,
                len(absent),
                f"{counted(len(absent), 'trading day')} of {calendar.code} between {dates[0]:%Y-%m-%d} and "
                f"{dates[-1]:%Y-%m-%d} {'has' if len(absent) == 1 else 'have'} no row ({days(absent)}); the "
                "next return spans the days between.",
                (Keep("missing days"),),
            )
        )
    extra = dates[calendar.closed(dates)]
    if len(extra):
        found.append(_closed_days(prices, extra, calendar.code))
    return found


def _closed_days(prices: pd.DataFrame, extra: pd.DatetimeIndex, code: str) -> Finding:
    values = prices.to_numpy()
    still = np.zeros(len(values), bool)
    moved = (values[1:] != values[:-1]) & ~np.isnan(values[1:]) & ~np.isnan(values[:-1])
    still[1:] = ~moved.any(axis=1)
    repeated = int(still[np.asarray(prices.index.isin(extra))].sum())
    how = f"; on {repeated} of them every price repeats the day before" if repeated else ""
    choices: tuple[Step, ...] = (Keep("closed days"),)
    if len(prices) - len(extra) >= 2:
        choices += (DropRows(tuple(extra.strftime("%Y-%m-%d"))),)
    return Finding(
        "closed days",
        "check" if repeated else "note",
        "",
        extra,
        len(extra),
        f"{counted(len(extra), 'row')} {'falls' if len(extra) == 1 else 'fall'} on days {code} was closed "
        f"({days(extra)}){how}.",
        choices,
    )


def longest_break(index: pd.Index) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the two rows with the longest break between them, if it is a long one; else None.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=10).append(pd.date_range("2024-02-01", periods=10))
    >>> [f"{d:%d %b}" for d in longest_break(days)]
    ['10 Jan', '01 Feb']
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 10:
        return None
    gaps = np.diff(index.to_numpy()) / np.timedelta64(1, "D")
    k = int(np.argmax(gaps))
    if gaps[k] <= max(BREAK_DAYS, BREAK_TIMES * float(np.median(gaps))):
        return None
    return index[k], index[k + 1]


def _break_finding(dates: pd.DatetimeIndex) -> list[Finding]:
    found = longest_break(dates)
    if found is None:
        return []
    before, after = found
    return [
        Finding(
            "missing days",
            "check",
            "",
            pd.DatetimeIndex([before, after]),
            1,
            f"There is a gap of {(after - before).days} days between the rows of {before:%Y-%m-%d} and "
            f"{after:%Y-%m-%d}.",
            (Keep("missing days"),),
        )
    ]
