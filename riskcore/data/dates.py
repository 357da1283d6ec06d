"""From a column of text to dates: one reading for the whole column, or a refusal that lists the readings."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from riskcore.errors import FileFormatError

__all__ = ["DateColumn", "is_date", "is_serial", "parse_dates"]

ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
TIME = re.compile(r"\d:\d{2}", re.ASCII)
COMPACT = re.compile(r"(1[89]\d{2}|20\d{2}|21\d{2})(\d{2})(\d{2})", re.ASCII)
NUMERIC = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})\.?(?:[T ,]+\d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII
)
DAY_MONTH = re.compile(
    r"(?:[^\W\d_]{2,10}[.,]? +)?(\d{1,2})(?:st|nd|rd|th)?[.\- /]*([^\W\d_]{3,10})[.,\- /]*(\d{4}|\d{2})",
    re.IGNORECASE,
)
MONTH_DAY = re.compile(r"([^\W\d_]{3,10})[.\- ]*(\d{1,2})(?:st|nd|rd|th)?[, ]+(\d{4})", re.IGNORECASE)
SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?", re.ASCII)
SERIAL_START = dt.date(1899, 12, 30)
WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[., ]+", re.IGNORECASE)
# The first letters by which months are told apart, in English, German, French, Spanish, Italian, Portuguese
# and Dutch; "mar" must come before "ma".
MONTHS = (
    ("jan", "ene", "gen", "jän"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
Reading = list[dt.date | None]


@dataclass(frozen=True)
class DateColumn:
    """The dates of a column in file order, without time zone, and what was assumed."""

    dates: pd.DatetimeIndex
    notes: list[str]


def is_date(cell: str) -> bool:
    """Whether the cell has the shape of a date (not of an Excel serial number).

    Examples
    --------
    >>> is_date("31/12/2024"), is_date("101.25")
    (True, False)
    """
    return _shape(cell) != ""


def is_serial(cells: Sequence[str]) -> bool:
    """Whether the cells are Excel day numbers: between 1954 and 2119, in strict order, in small steps."""
    if len(cells) < 2 or not all(SERIAL.fullmatch(c) for c in cells):
        return False
    steps = np.diff([float(c) for c in cells])
    return bool((steps > 0).all() or (steps < 0).all()) and float(np.median(np.abs(steps))) <= 370


def parse_dates(
    cells: Sequence[str],
    *,
    place: Callable[[int], str],
    day_first: bool | None = None,
    today: dt.date | None = None,
) -> DateColumn:
    """Read a column of dates.

    Times of day and zones are cut off: the calendar date as written counts. Whether 03/04/2024 is 3 April or
    4 March is decided by the column: a number above 12, dates in the future, or the only order in
    which the dates follow one another; else the column is refused with both readings.

    Parameters
    ----------
    cells
        The text of the column, none empty.
    place
        Turns a position into words such as "line 27".
    day_first
        The answer to the question above, when it was asked.
    today
        The last day that is not in the future; the present day when omitted.

    Raises
    ------
    FileFormatError
        A cell is not a date, formats are mixed, a date does not exist or lies in the future, or
        the column can be read in more than one way.

    Examples
    --------
    >>> parse_dates(["30/01/2024", "02/02/2024"], place=str).dates.strftime("%Y-%m-%d").tolist()
    ['2024-01-30', '2024-02-02']
    """
    limit = (today or dt.date.today()) + dt.timedelta(days=1)  # it may already be tomorrow elsewhere
    unique = list(dict.fromkeys(cells))
    shape = _one_shape(cells, unique, place)
    notes: list[str] = []
    if shape == "serial":
        reading: Reading = [SERIAL_START + dt.timedelta(days=int(float(c))) for c in unique]
        notes.append("Dates are Excel serial day numbers (1900 system) and were converted.")
    elif shape == "numeric":
        reading, notes = _numeric(unique, day_first, limit)
    else:
        reading = [_date(shape, cell) for cell in unique]
    if shape in {"iso", "numeric"} and any(TIME.search(c) for c in unique):
        notes.append("Times of day and time zones were cut off: the calendar date as written counts.")
    by_cell = dict(zip(unique, reading, strict=True))
    _check(cells, by_cell, limit, place)
    dates = pd.DatetimeIndex(np.array([by_cell[c] for c in cells], dtype="datetime64[D]")).as_unit("us")
    return DateColumn(dates, notes)


def _shape(cell: str) -> str:
    if ISO.fullmatch(cell):
        return "iso"
    if COMPACT.fullmatch(cell):
        return "compact"
    if NUMERIC.fullmatch(cell):
        return "numeric"
    if not 6 <= len(cell) <= 40:
        return ""
    return "words" if _words(cell) else ""


def _one_shape(cells: Sequence[str], unique: list[str], place: Callable[[int], str]) -> str:
    if is_serial(unique):
        return "serial"
    shapes = {cell: _shape(cell) for cell in unique}
    first = shapes[cells[0]]
    for row, cell in enumerate(cells):
        shape = shapes[cell]
        if not shape:
            raise FileFormatError(
                f"{cell[:40]!r} in {place(row)} is not a date; correct it.", value=cell[:200]
            )
        if shape != first:
            raise FileFormatError(
                f"Date formats are mixed: {cells[0]} in {place(0)} but {cell} in {place(row)}. "
                "Write all dates one way, best as 2024-12-31.",
                value=cell,
            )
    return first


def _make(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _date(shape: str, cell: str) -> dt.date | None:
    if shape == "words":
        found = _words(cell)
        return _make(*found) if found else None
    match = (ISO if shape == "iso" else COMPACT).fullmatch(cell)
    if match is None:
        return None
    parts = [int(p) for p in match.groups() if p and p.isdigit()]
    return _make(parts[0], parts[1], parts[2])


def _words(cell: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date with the month in letters, or None."""
    text = WEEKDAY.sub("", cell, count=1) if WEEKDAY.match(cell) else cell
    match = DAY_MONTH.fullmatch(text)
    if match:
        day, word, year = match.groups()
    else:
        match = MONTH_DAY.fullmatch(text)
        if match is None:
            return None
        word, day, year = match.groups()
    month = next((i for i, starts in enumerate(MONTHS, 1) if word.lower().startswith(starts)), 0)
    return (_full_year(year), month, int(day)) if month else None


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if number < 70 else 1900)


def _numeric(unique: list[str], day_first: bool | None, limit: dt.date) -> tuple[Reading, list[str]]:
    parts = [m.group(1, 3, 4) for m in map(NUMERIC.fullmatch, unique) if m]
    readings: dict[str, Reading] = {
        "day/month/year": [_make(_full_year(y), int(b), int(a)) for a, b, y in parts],
        "month/day/year": [_make(_full_year(y), int(a), int(b)) for a, b, y in parts],
    }
    if any(len(y) == 2 for *_, y in parts):
        readings["year/month/day"] = [
            _make(_full_year(a.zfill(2)), int(b), int(y)) if len(y) == 2 else None for a, b, y in parts
        ]
    if day_first is not None:
        chosen = "day/month/year" if day_first else "month/day/year"
        return readings[chosen], [f"Dates were read as {chosen}, as chosen."]
    possible = {name: r for name, r in readings.items() if all(d is not None and d <= limit for d in r)}
    if not possible:
        # The reading with the fewest impossible dates says which cell is to blame.
        return min(readings.values(), key=lambda r: sum(d is None for d in r)), []
    if len(possible) > 1:
        ordered = {name: r for name, r in possible.items() if _follow(r)}
        possible = ordered or possible
    if len(possible) > 1 and len({tuple(r) for r in possible.values()}) > 1:
        first = [f"{unique[0]} is {r[0]:%d %B %Y} as {name}" for name, r in possible.items()]
        raise FileFormatError(
            f"The date order is ambiguous: {'; '.join(first)}. Say which, or write dates as 2024-12-31.",
            question="day_first",
            readings=tuple(possible),
        )
    name, reading = next(iter(possible.items()))
    return reading, [f"Dates were read as {name}, the only order that fits all of them."]


def _follow(reading: Iterable[dt.date | None]) -> bool:
    days = [d for d in reading if d is not None]
    pairs = list(pairwise(days))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)


def _check(
    cells: Sequence[str], by_cell: dict[str, dt.date | None], limit: dt.date, place: Callable[[int], str]
) -> None:
    if all(d is not None and d <= limit for d in by_cell.values()):
        return
    for row, cell in enumerate(cells):
        date = by_cell[cell]
        if date is None:
            raise FileFormatError(
                f"There is no date {cell[:40]} ({place(row)}) in the order of the others; correct it.",
                value=cell,
            )
        if date > limit:
            raise FileFormatError(
                f"The date {date:%Y-%m-%d} in {place(row)} lies in the future; correct it or remove the row.",
                value=cell,
            )
