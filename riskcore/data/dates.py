"""From a column of text to dates: one reading for the whole column, or a refusal that lists the readings."""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from riskcore.data.date_words import date_in_words, full_year, period_of
from riskcore.errors import FileFormatError, InputError, listed

__all__ = ["DATE_ORDERS", "DateColumn", "is_date", "is_day", "is_serial", "parse_dates"]

DATE_ORDERS = ("day/month/year", "month/day/year", "year/month/day")

ZONE = (
    r"(?:Z|[A-Z]{2,5}|[A-Z][A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?|(?:UTC|GMT)? ?[+-]\d{1,2}:?\d{2})"
    r"(?: ?\([^()]{1,40}\))?"
)
CLOCK = rf"\d{{1,2}}[:h]\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?{ZONE})?"
ISO = re.compile(rf"(\d{{4}})([-/.] ?)(\d{{1,2}})\2(\d{{1,2}})\.?(?:[T ,]+{CLOCK})?", re.ASCII)
ASIAN = re.compile(rf"(\d{{4}}) ?[年년] ?(\d{{1,2}}) ?[月월] ?(\d{{1,2}}) ?[日일]?(?: +{CLOCK})?")
TIME = re.compile(r"\d[:h]\d{2}", re.ASCII)
AT_TIME = re.compile(rf"[T ,]+{CLOCK}$")
COMPACT = re.compile(r"(1[89]\d{2}|20\d{2}|21\d{2})(\d{2})(\d{2})", re.ASCII)
NUMERIC = re.compile(rf"(\d{{1,2}})([-/.] ?)(\d{{1,2}})\2(\d{{4}}|\d{{2}})\.?(?:[T ,]+{CLOCK})?", re.ASCII)
SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?", re.ASCII)
SERIAL_START = dt.date(1899, 12, 30)
# Columns of plain numbers that are dates when they stand in strict order: pattern, and how each is read.
SECONDS = re.compile(r"[1-3]\d{8}|1\d{9}|[1-3]\d{11}|1\d{12}", re.ASCII)
YEAR_MONTH = re.compile(r"(1[89]\d{2}|20\d{2})(0[1-9]|1[0-2])", re.ASCII)
YEAR = re.compile(r"(1[89]\d{2}|20\d{2})", re.ASCII)
MILLISECONDS = 10**11  # of 1973 and of the year 5138, in milliseconds and in seconds
EARLIEST = 1600  # shares have been traded since 1602
MOST_YEARS_AHEAD = 300  # the Buddhist calendar is 543 years ahead
OTHER_CALENDAR = " (or is it of another calendar?)"
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


def is_day(cell: str) -> bool:
    """Whether the cell has the shape of one day's date, not of a week, month or quarter.

    Examples
    --------
    >>> is_day("31/12/2024"), is_day("DEC 24")
    (True, False)
    """
    return _shape(cell) not in {"", *PERIODS}


def is_serial(cells: Sequence[str]) -> bool:
    """Whether the cells are numbers that count days, seconds or months, or years, in strict order."""
    return _numbering(cells) != ""


def _numbering(cells: Sequence[str]) -> str:
    """How a column of plain numbers counts time: by Excel's days, epochs, months, years; "" for none."""
    if len(cells) < 2:
        return ""
    for kind, pattern in (("serial", SERIAL), ("epoch", SECONDS), ("year month", YEAR_MONTH), ("year", YEAR)):
        if all(pattern.fullmatch(c) for c in cells):
            steps = np.diff([float(c) for c in cells])
            ordered = bool((steps > 0).all() or (steps < 0).all())
            if kind == "serial":
                ordered = ordered and float(np.median(np.abs(steps))) <= 370
            if kind == "year":
                ordered = ordered and bool((np.abs(steps) == 1).all())
            return kind if ordered else ""
    return ""


def parse_dates(
    cells: Sequence[str],
    *,
    place: Callable[[int], str],
    order: str | None = None,
    today: dt.date | None = None,
) -> DateColumn:
    """Read a column of dates.

    Times of day and zones are cut off: the calendar date as written counts. A label such as 2024-Q1 stands
    for the last day of its week, month, quarter or year, and that is said. Whether 03/04/2024 is 3 April or
    4 March is decided by the column: a number above 12, dates in the future, or the only order in
    which the dates follow one another; else the column is refused with both readings.

    Parameters
    ----------
    cells
        The text of the column, none empty.
    place
        Turns a position into words such as "line 27".
    order
        The answer to the question above, when it was asked: one of `DATE_ORDERS`.
    today
        The last day that is not in the future; the present day when omitted.

    Raises
    ------
    FileFormatError
        A cell is not a date, formats are mixed, a date does not exist, lies in the future or before the
        year 1600, or the column can be read in more than one way.
    InputError
        `order` is none of the orders.

    Examples
    --------
    >>> parse_dates(["30/01/2024", "02/02/2024"], place=str).dates.strftime("%Y-%m-%d").tolist()
    ['2024-01-30', '2024-02-02']
    """
    if order is not None and order not in DATE_ORDERS:
        raise InputError(f"The order of dates is one of {listed(DATE_ORDERS)}, not {str(order)[:40]!r}.")
    limit = (today or dt.date.today()) + dt.timedelta(days=1)  # it may already be tomorrow elsewhere
    unique = list(dict.fromkeys(cells))
    shape = _one_shape(cells, unique, place)
    reading, notes = _read(shape, unique, order, limit)
    if shape not in NUMBERINGS and any(TIME.search(c) for c in unique):
        notes.append("Times of day and time zones were cut off: the calendar date as written counts.")
    by_cell = dict(zip(unique, reading, strict=True))
    begun = dict(zip(unique, _begun(shape, unique, reading), strict=True))
    _check(cells, begun, limit, place)
    dates = pd.DatetimeIndex(np.array([by_cell[c] for c in cells], dtype="datetime64[D]")).as_unit("us")
    return DateColumn(dates, notes)


NUMBERINGS = {
    "serial": "Dates are Excel serial day numbers (1900 system) and were converted.",
    "epoch": "Dates are seconds or milliseconds since 1970 and were converted, days counted in UTC.",
    "year month": "Dates are months such as 202401; each stands for the last day of its month.",
    "year": "Dates are years; each stands for its last day.",
}


def _read(shape: str, unique: list[str], order: str | None, limit: dt.date) -> tuple[Reading, list[str]]:
    """Read cells of one shape; a date that does not exist is None."""
    if shape in NUMBERINGS:
        return [_numbered(shape, c) for c in unique], [NUMBERINGS[shape]]
    if shape == "numeric":
        return _numeric(unique, order, limit)
    if shape in PERIODS:
        spans = [period_of(c) for c in unique]
        ends: Reading = [span[2] if span else None for span in spans]
        if shape == "month" and not _follow(ends) and any(not YEAR_IN.search(c) for c in unique):
            return [None] * len(unique), []  # Jan-02 after Jan-31: days without a year
        if all(span and span[1] == span[2] for span in spans):
            return ends, []
        return ends, [f"Dates are {shape}s such as {unique[0]}; each stands for its last day."]
    return [_date(shape, cell) for cell in unique], []


PERIODS = frozenset({"week", "month", "quarter"})
YEAR_IN = re.compile(r"\d{4}", re.ASCII)


def _begun(shape: str, unique: list[str], reading: Reading) -> Reading:
    """Return the first day each cell speaks of: a period that has begun does not lie in the future."""
    if shape == "year":
        return [d and d.replace(month=1, day=1) for d in reading]
    if shape == "year month":
        return [d and d.replace(day=1) for d in reading]
    if shape not in PERIODS:
        return reading
    spans = [period_of(c) for c in unique]
    return [span[1] if span and d else None for span, d in zip(spans, reading, strict=True)]


def _numbered(kind: str, cell: str) -> dt.date | None:
    if kind == "serial":
        return SERIAL_START + dt.timedelta(days=int(float(cell)))
    if kind == "epoch":
        number = int(cell)
        seconds = number // 1000 if number >= MILLISECONDS else number
        return dt.datetime.fromtimestamp(seconds, dt.UTC).date()
    year, month = int(cell[:4]), int(cell[4:]) if kind == "year month" else 12
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _shape(cell: str) -> str:
    if ISO.fullmatch(cell):
        return "iso"
    if COMPACT.fullmatch(cell):
        return "compact"
    if NUMERIC.fullmatch(cell):
        return "numeric"
    if not 5 <= len(cell) <= 70:
        return ""
    if ASIAN.fullmatch(cell):
        return "asian"
    if date_in_words(AT_TIME.sub("", cell)):
        return "words"
    period = period_of(cell)
    return period[0] if period else ""


def _one_shape(cells: Sequence[str], unique: list[str], place: Callable[[int], str]) -> str:
    numbering = _numbering(unique)
    if numbering:
        return numbering
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
        found = date_in_words(AT_TIME.sub("", cell))
        return _make(*found) if found else None
    match = {"iso": ISO, "compact": COMPACT, "asian": ASIAN}[shape].fullmatch(cell)
    if match is None:
        return None
    parts = [int(p) for p in match.groups() if p and p.isdigit()]
    return _make(parts[0], parts[1], parts[2])


def _numeric(unique: list[str], order: str | None, limit: dt.date) -> tuple[Reading, list[str]]:
    parts = [m.group(1, 3, 4) for m in map(NUMERIC.fullmatch, unique) if m]
    readings: dict[str, Reading] = {
        "day/month/year": [_make(full_year(y), int(b), int(a)) for a, b, y in parts],
        "month/day/year": [_make(full_year(y), int(a), int(b)) for a, b, y in parts],
    }
    if any(len(y) == 2 for *_, y in parts):
        readings["year/month/day"] = [
            _make(full_year(a.zfill(2)), int(b), int(y)) if len(y) == 2 else None for a, b, y in parts
        ]
    if order is not None:
        return readings.get(order) or [None] * len(unique), [f"Dates were read as {order}, as chosen."]
    possible = {name: r for name, r in readings.items() if all(d is not None and d <= limit for d in r)}
    if not possible:
        # The reading with the fewest impossible dates says which cell is to blame.
        return min(readings.values(), key=lambda r: sum(d is None for d in r)), []
    if len(possible) > 1:
        ordered = {name: r for name, r in possible.items() if _follow(r)}
        possible = ordered or possible
    if len(possible) > 1 and len({tuple(r) for r in possible.values()}) > 1:
        # A cell that reads alike in every order, such as 01/01/2023, would show nothing.
        k = next(i for i, days in enumerate(zip(*possible.values(), strict=True)) if len(set(days)) > 1)
        first = [f"{unique[k]} is {r[k]:%d %B %Y} as {name}" for name, r in possible.items()]
        raise FileFormatError(
            f"The date order is ambiguous: {'; '.join(first)}. Say which, or write dates as 2024-12-31.",
            question="date_order",
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
    if all(d is not None and EARLIEST <= d.year and d <= limit for d in by_cell.values()):
        return
    for row, cell in enumerate(cells):
        date = by_cell[cell]
        if date is None:
            raise FileFormatError(
                f"There is no date {cell[:40]} ({place(row)}) in the order of the others; correct it.",
                value=cell,
            )
        if date > limit:
            other = OTHER_CALENDAR if date.year > limit.year + MOST_YEARS_AHEAD else ""
            raise FileFormatError(
                f"The date {date:%Y-%m-%d} in {place(row)} lies in the future{other}; correct it or remove "
                "the row.",
                value=cell,
            )
        if date.year < EARLIEST:
            raise FileFormatError(
                f"The date {date.isoformat()} in {place(row)} lies before there were exchanges"
                f"{OTHER_CALENDAR}; correct it or remove the row.",
                value=cell,
            )
