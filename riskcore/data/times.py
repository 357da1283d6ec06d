"""Columns of dates and times beside the one that dates the rows: repeated dates, hours of the day."""

import re
from collections.abc import Callable
from dataclasses import replace

from riskcore.data.dates import is_day, parse_dates
from riskcore.data.numbers import is_missing
from riskcore.data.table import Table
from riskcore.errors import FileFormatError, listed

__all__ = ["without_times"]

# 16:00 or 16:00:00 as they are; 160000 only under a heading that says so.
CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?", re.ASCII)
DIGITS = re.compile(r"\d{4}(?:\d{2})?", re.ASCII)
TIME_WORDS = frozenset(
    "time <time> uhrzeit zeit heure hora ora tijd tid czas время 时间 時間 時刻 시간".split()
)


def without_times(table: Table, order: str | None) -> Table:
    """Return the table without columns that repeat its dates or hold the time of day, and say so.

    Raises
    ------
    FileFormatError
        A further column holds other dates: each asset beside dates of its own cannot be read as one table.

    Examples
    --------
    >>> table = Table(["2024-01-02"], [1], ["Period", "A"], [["2 Jan 2024"], ["5"]])
    >>> without_times(table, None).names
    ['A']
    """
    times = [j for j, name in enumerate(table.names) if _holds_times(name, table.columns[j])]
    dated = [j for j, cells in enumerate(table.columns) if j not in times and _holds_days(cells)]
    if not times and not dated:
        return table
    apart = [j for j in dated if not _same_days(table.columns[j], table.dates, order)]
    if apart:
        numbers = listed(str(j + 2) for j in apart)
        raise FileFormatError(
            f"{listed(repr(table.names[j]) for j in apart)} (column {numbers}) holds dates that differ from "
            "those of the first column. Put all assets beside one column of dates, or give one file per "
            "asset.",
            columns=[table.names[j] for j in apart],
        )
    notes = []
    if dated:
        notes.append(f"{listed(repr(table.names[j]) for j in dated)} repeats the dates and was left out.")
    if times:
        notes.append(f"{listed(repr(table.names[j]) for j in times)} holds times of day and was left out.")
    kept = [j for j in range(len(table.names)) if j not in {*times, *dated}]
    if not kept:
        raise FileFormatError("There is no column of prices beside the dates: the file has no data.")
    return replace(
        table,
        names=[table.names[j] for j in kept],
        columns=[table.columns[j] for j in kept],
        notes=[*table.notes, *notes],
    )


def _holds_times(name: str, cells: list[str]) -> bool:
    digits = name.casefold() in TIME_WORDS

    def is_time(cell: str) -> bool:
        return bool(CLOCK.fullmatch(cell) or (digits and DIGITS.fullmatch(cell)))

    return _all(cells, is_time)


def _holds_days(cells: list[str]) -> bool:
    return _all(cells, is_day)


def _all(cells: list[str], holds: Callable[[str], bool]) -> bool:
    """Whether every cell that is not missing is of one kind; the first says no of nearly all columns."""
    first = next((cell for cell in cells if not is_missing(cell)), None)
    return first is not None and holds(first) and all(is_missing(c) or holds(c) for c in set(cells))


def _same_days(cells: list[str], dates: list[str], order: str | None) -> bool:
    if cells == dates:
        return True
    try:
        first, second = (parse_dates(column, place=str, order=order).dates for column in (dates, cells))
    except FileFormatError:
        return False
    return bool(first.equals(second))
