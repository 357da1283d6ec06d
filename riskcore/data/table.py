"""From a grid of cells to columns: where the header is, and which rows and columns are data."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from riskcore.data.dates import is_date, is_day, is_serial
from riskcore.data.dialect import Grid
from riskcore.data.numbers import CODES, SIGNS, is_number
from riskcore.errors import FileFormatError

__all__ = ["Table", "read_columns"]

LOOKED_AT = 300  # rows that decide which columns hold dates and which hold text
DATE_COLUMNS = 12  # dates stand in one of the first columns
LONGEST_NAME = 120
# Under a row of names, a row of nothing but these is one of units.
UNIT = re.compile(
    rf"\(.{{1,20}}\)|\[.{{1,20}}\]|(?:in )?(?:{CODES}|{SIGNS}|%)|index|points?|close|price|value", re.I
)


@dataclass(frozen=True)
class Table:
    """Columns of text, one per ticker (wide) or one of tickers and one of values (long).

    Parameters
    ----------
    dates
        One cell per data row.
    rows
        The grid row of each data row, for messages.
    names
        The name of each value column.
    columns
        The text of each value column.
    tickers
        In the long layout the ticker of each data row; empty in the others.
    notes
        What was left out or assumed, in sentences.
    above
        Where the header has two rows that tell columns apart, the words of the other row.
    volumes
        The cells of the traded volume of each value column, where the table has them.
    left_out
        The cells of other columns of numbers, which may tell the decimal mark.
    """

    dates: list[str]
    rows: list[int]
    names: list[str]
    columns: list[list[str]]
    tickers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    volumes: list[list[str]] = field(default_factory=list)
    left_out: list[list[str]] = field(default_factory=list)


def read_columns(grid: Grid) -> Table:
    """Find the data in a grid: every column that holds something, under its name.

    Raises
    ------
    FileFormatError
        There is no dated row, no header, a row of another width, a row without a date among the data, or
        a column without a name.

    Examples
    --------
    >>> grid = Grid([["Date", "A"], ["2024-01-02", "1"]], [1, 2])
    >>> read_columns(grid).names
    ['A']
    """
    filled = [i for i, row in enumerate(grid.rows) if any(row)]
    if not filled:
        raise FileFormatError("The file is empty: it has no data.")
    where = _date_column(grid, filled)
    dated = _dated_rows(grid, filled, where)
    header = _header(grid, filled, dated, where)
    notes = header.notes + _other_rows(grid, filled, dated, header.row, where)
    width = len(header.names)
    _check_widths(grid, dated, width)
    cells = [grid.rows[i] for i in dated]
    columns = {j: [row[j] if j < len(row) else "" for row in cells] for j in range(width)}
    dates = columns.pop(where)
    kept, left_out = _usable_columns(header.names, columns, where)
    notes += left_out
    return Table(
        dates,
        dated,
        [header.names[j] for j in kept],
        [columns[j] for j in kept],
        notes=notes,
        above=[header.above[j] for j in kept] if header.above else [],
    )


def _date_column(grid: Grid, filled: list[int]) -> int:
    looked = [grid.rows[i] for i in (filled if len(filled) <= LOOKED_AT else filled[:LOOKED_AT])]
    if len(looked[0]) > 2 and 2 * sum(map(is_date, looked[0])) > len(looked[0]):
        raise FileFormatError("The dates run across the columns; put one date in each row instead.")
    count = 0
    # A contract called DEC 24 looks like a month: whole dates are looked for first.
    for known in (is_day, is_date):
        counts = Counter(j for row in looked for j, cell in enumerate(row[:DATE_COLUMNS]) if known(cell))
        best, count = min(counts.items(), key=lambda item: (-item[1], item[0])) if counts else (0, 0)
        if 3 * count >= len(looked):
            return best
    numbers = [row[0] for row in looked if row and is_number(row[0])]
    if 3 * len(numbers) >= 2 * len(looked) and is_serial(list(dict.fromkeys(numbers))):
        return 0
    if count:
        return best
    if len(filled) == 1:
        raise FileFormatError("The file has a header but no rows of data.")
    seen = next((row[0] for row in looked[1:] if row and row[0]), "")
    raise FileFormatError(
        f"No column holds dates, so there is no data to read (the first column has {seen[:40]!r}). "
        "Give one column of full dates, best as 2024-12-31."
    )


def _dated_rows(grid: Grid, filled: list[int], where: int) -> list[int]:
    cells = {i: grid.rows[i][where] if where < len(grid.rows[i]) else "" for i in filled}
    words = set(cells.values())
    days = {cell for cell in words if is_day(cell)}
    known = {cell for cell in words if cell in days or is_date(cell)}
    # Among days a lone month or quarter is no date, but a heading or a summary.
    if 2 * len(days) >= len(known):
        known = days
    dated = [i for i, cell in cells.items() if cell in known]
    # Excel's day numbers look like any other number: they count only where nothing else is a date.
    return dated or [i for i in filled if where < len(grid.rows[i]) and is_number(grid.rows[i][where])]


@dataclass(frozen=True)
class _Header:
    """The names of the columns, and the last row above the data that speaks of them."""

    row: int
    names: list[str]
    notes: list[str]
    above: list[str] = field(default_factory=list)


def _header(grid: Grid, filled: list[int], dated: list[int], where: int) -> _Header:
    above = [i for i in filled if i < dated[0]]
    width = Counter(len(grid.rows[i]) for i in dated).most_common(1)[0][0]
    if not above or (len(grid.rows[above[-1]]) < 2 and width > 1):
        raise FileFormatError(
            f"There is no header above the first data row ({grid.at(dated[0])}); "
            "name the columns in a first row: Date, then one ticker per column."
        )
    last, levels, notes = _levels(grid, above, where)
    preamble = [i for i in above if i < levels[0]]
    for i in preamble:
        row = grid.rows[i]
        # As many numbers as a row of prices has: its date is in another fashion than the rows below.
        numbers = sum(is_number(cell) and not is_date(cell) for cell in row[1:])
        if len(row) == width and 2 * numbers >= width - 1:
            raise FileFormatError(
                f"{grid.starting(i)} has {row[0][:40]!r} where a date should be; "
                "correct it or remove the row.",
                line=grid.lines[i],
            )
    if preamble:
        words = _first_words(grid, preamble[0])
        notes.insert(0, f"Lines above the header left out: {len(preamble)} (from {words}).")
    names = [" ".join(name.split()) for name in grid.rows[levels[-1]]]
    other = [" ".join(name.split()) for name in grid.rows[levels[0]]] if len(levels) > 1 else []
    if other:
        size = max(len(names), len(other))
        names, other = names + [""] * (size - len(names)), _carried(other + [""] * (size - len(other)))
    return _Header(last, names, notes, other)


def _levels(grid: Grid, above: list[int], where: int) -> tuple[int, list[int], list[str]]:
    """Return the last row of the header, the one or two rows that name columns, and notes.

    Beneath the names may stand a row of units, or one with nothing but the word for the date.
    """
    last = above[-1]
    if len(above) == 1:
        return last, [last], []
    row, before = grid.rows[last], grid.rows[above[-2]]
    values = [cell for j, cell in enumerate(row) if j != where]
    names = [cell for j, cell in enumerate(before) if j != where]
    if not any(values) and len(before) == len(row):
        upper = above[-3:-2] if len(above) > 2 and len(grid.rows[above[-3]]) == len(row) else []
        if len(set(names)) == len(names):
            upper = []
        return last, [*upper, above[-2]], []
    dated = row[where] if where < len(row) else ""
    units = all(UNIT.fullmatch(cell) for cell in values if cell) and (not dated or dated[0] in "([")
    named = len(before) == len(row) and all(before) and len(set(names)) == len(names)
    if units and named:
        said = f"{grid.starting(last)} holds units and was left out ({_first_words(grid, last)})."
        return last, [above[-2]], [said]
    repeated = len(set(values)) < len(values) and len(before) == len(row)
    if (
        repeated
        and sum(map(bool, names)) > 1
        and len({*zip(_carried(names), values, strict=True)}) == len(values)
    ):
        return last, [above[-2], last], []
    return last, [last], []


def _carried(cells: list[str]) -> list[str]:
    """Repeat the words of merged cells, which hold them once."""
    carried, words = [], ""
    for cell in cells:
        words = cell or words
        carried.append(words)
    return carried


def _other_rows(grid: Grid, filled: list[int], dated: list[int], header: int, where: int) -> list[str]:
    data, notes = set(dated), []
    for i in filled:
        if i <= header or i in data:
            continue
        row = grid.rows[i]
        if row == grid.rows[header]:
            notes.append(f"The header is repeated in {grid.at(i)}; that line was left out.")
            continue
        first = row[where] if where < len(row) else ""
        numbers = any(is_number(cell) for j, cell in enumerate(row) if j != where and cell)
        trailing = i > dated[-1]
        if not trailing or (numbers and (not first or any(c.isdigit() for c in first))):
            raise FileFormatError(
                f"{grid.starting(i)} has {first[:40]!r} where a date should be; "
                "correct it or remove the row.",
                line=grid.lines[i],
            )
        notes.append(f"{grid.starting(i)} is not a dated row and was left out ({_first_words(grid, i)}).")
    blank = sum(1 for i in range(header + 1, dated[-1]) if not any(grid.rows[i]))
    if blank:
        notes.append(f"Blank lines among the data left out: {blank}.")
    return notes


def _first_words(grid: Grid, row: int) -> str:
    return repr(" ".join(cell for cell in grid.rows[row] if cell)[:50])


def _check_widths(grid: Grid, dated: list[int], width: int) -> None:
    odd = []
    for i in dated:
        row = grid.rows[i]
        if len(row) != width and (len(row) < width or any(row[width:])):
            odd.append(i)
    if not odd:
        return
    found = len(grid.rows[odd[0]])
    if grid.separator == "," and len(odd) == len(dated) and found == 2 * width - 1:
        raise FileFormatError(
            f"Every row has {found} cells under {width} column names: decimal commas in a comma-separated "
            "file cannot be told from separators. Export with semicolons, or with decimal points."
        )
    raise FileFormatError(
        f"{grid.starting(odd[0])} has {found} cells where the header has {width}; correct it.",
        line=grid.lines[odd[0]],
        rows=len(odd),
    )


def _usable_columns(
    names: list[str], columns: dict[int, list[str]], where: int
) -> tuple[list[int], list[str]]:
    kept, notes = [], []
    for j, cells in columns.items():
        shown = repr(names[j]) if names[j] else f"without a name (number {j + 1})"
        if not names[j] and not any(cells):
            notes.append(f"Column {j + 1} has neither a name nor values and was left out.")
        elif (j < where or not names[j]) and _counts_rows(cells):
            notes.append(f"The column {shown} only counts the rows and was left out.")
        elif not names[j]:
            raise FileFormatError(
                f"Column {j + 1} has values but no name; name it in the header.", column=j + 1
            )
        elif len(names[j]) > LONGEST_NAME:
            raise FileFormatError(
                f"The name of column {j + 1} has {len(names[j])} characters; use at most {LONGEST_NAME}."
            )
        else:
            kept.append(j)
    if not kept:
        raise FileFormatError("There is no column of prices beside the dates: the file has no data.")
    return kept, notes


def _counts_rows(cells: Sequence[str]) -> bool:
    if len(cells) < 3 or cells[0] not in {"0", "1"}:
        return False
    start = int(cells[0])
    return all(cell == str(start + k) for k, cell in enumerate(cells))
