"""From a grid of cells to columns: where the header is, which rows are data, and which layout it is.

Three layouts are known: wide (one column per ticker), long (date, ticker, price) and the table of one
ticker that exchanges and vendors export (open, high, low, close, volume). What is left out is said.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from riskcore.data.dates import is_date, is_serial
from riskcore.data.dialect import MAX_TICKERS, Grid
from riskcore.data.numbers import is_missing, is_number
from riskcore.errors import FileFormatError, listed

__all__ = ["Table", "read_table"]

LOOKED_AT = 300  # rows that decide which columns hold dates and which hold text
DATE_COLUMNS = 12  # dates stand in one of the first columns
LONGEST_NAME = 120
# Over a column of numbers these words still mean tickers (0700); the others may be the name of an asset.
CODE_WORDS = frozenset("ticker symbol isin ric sedol cusip code símbolo symbole wkn".split())
TICKER_WORDS = CODE_WORDS | frozenset(
    "tickers asset assets instrument security name stock fund wertpapier titre titulo título valore".split()
)
FIELDS = {
    "adj close": "adjusted",
    "adj. close": "adjusted",
    "adj_close": "adjusted",
    "adjclose": "adjusted",
    "adjusted close": "adjusted",
    "adjusted_close": "adjusted",
    "close": "close",
    "close/last": "close",
    "last": "close",
    "open": "open",
    "high": "high",
    "low": "low",
}


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
    """

    dates: list[str]
    rows: list[int]
    names: list[str]
    columns: list[list[str]]
    tickers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_table(grid: Grid, *, ticker: str, column: str | None = None) -> Table:
    """Find the data in a grid.

    Parameters
    ----------
    grid
        The cells.
    ticker
        What to call the one asset of an open-high-low-close table: the file's name.
    column
        Which of several price columns to use, when that was asked.

    Raises
    ------
    FileFormatError
        There is no dated row, no header, a row of another width, a row without a date among the data,
        a column without a name, or several price columns and no way to choose.

    Examples
    --------
    >>> grid = Grid([["Date", "A"], ["2024-01-02", "1"]], [1, 2])
    >>> read_table(grid, ticker="demo").names
    ['A']
    """
    filled = [i for i, row in enumerate(grid.rows) if any(row)]
    if not filled:
        raise FileFormatError("The file is empty: it has no data.")
    where = _date_column(grid, filled)
    dated = _dated_rows(grid, filled, where)
    header, notes = _header(grid, filled, dated)
    notes += _other_rows(grid, filled, dated, header, where)
    _check_widths(grid, dated, header)
    width = len(grid.rows[header])
    cells = [grid.rows[i] for i in dated]
    names = [" ".join(name.split()) for name in grid.rows[header]]
    columns = {j: [row[j] if j < len(row) else "" for row in cells] for j in range(width)}
    dates = columns.pop(where)
    kept, left_out = _usable_columns(names, columns, where)
    notes += left_out
    table = Table(dates, dated, [names[j] for j in kept], [columns[j] for j in kept], notes=notes)
    return _layout(table, ticker, column)


def _date_column(grid: Grid, filled: list[int]) -> int:
    looked = [grid.rows[i] for i in (filled if len(filled) <= LOOKED_AT else filled[:LOOKED_AT])]
    if len(looked[0]) > 2 and 2 * sum(map(is_date, looked[0])) > len(looked[0]):
        raise FileFormatError("The dates run across the columns; put one date in each row instead.")
    counts = Counter(j for row in looked for j, cell in enumerate(row[:DATE_COLUMNS]) if is_date(cell))
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
    known: dict[str, bool] = {}
    dated = []
    for i in filled:
        row = grid.rows[i]
        cell = row[where] if where < len(row) else ""
        if cell not in known:
            known[cell] = is_date(cell)
        if known[cell]:
            dated.append(i)
    # Excel's day numbers look like any other number: they count only where nothing else is a date.
    return dated or [i for i in filled if where < len(grid.rows[i]) and is_number(grid.rows[i][where])]


def _header(grid: Grid, filled: list[int], dated: list[int]) -> tuple[int, list[str]]:
    above = [i for i in filled if i < dated[0]]
    width = Counter(len(grid.rows[i]) for i in dated).most_common(1)[0][0]
    if not above or (len(grid.rows[above[-1]]) < 2 and width > 1):
        raise FileFormatError(
            f"There is no header above the first data row ({grid.at(dated[0])}); "
            "name the columns in a first row: Date, then one ticker per column."
        )
    preamble = above[:-1]
    if not preamble:
        return above[-1], []
    for i in preamble:
        row = grid.rows[i]
        # As many numbers as a row of prices has: its date is in another fashion than the rows below.
        if len(row) == width and 2 * sum(map(is_number, row[1:])) >= width - 1:
            raise FileFormatError(
                f"{grid.starting(i)} has {row[0][:40]!r} where a date should be; "
                "correct it or remove the row.",
                line=grid.lines[i],
            )
    words = _first_words(grid, preamble[0])
    return above[-1], [f"Lines above the header left out: {len(preamble)} (from {words})."]


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


def _check_widths(grid: Grid, dated: list[int], header: int) -> None:
    width = len(grid.rows[header])
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


def _layout(table: Table, ticker: str, column: str | None) -> Table:
    text = [j for j, cells in enumerate(table.columns) if _is_text(cells)]
    words = [name.lower() for name in table.names]
    named = [j for j, w in enumerate(words) if w in CODE_WORDS or (w in TICKER_WORDS and j in text)]
    if named and len(words) > 1:
        return _long(table, named[0], [j for j in text if j != named[0]], column)
    if len(text) == 1 and len(set(table.dates)) < len(table.dates):
        return _long(table, text[0], [], column)
    if text and len(text) < len(table.columns):
        raise FileFormatError(
            f"{listed(repr(table.names[j]) for j in text)} holds text, not prices "
            f"({table.columns[text[0]][0][:40]!r}); remove it.",
            columns=[table.names[j] for j in text],
        )
    chosen, notes = _price_column(table.names, column)
    if chosen is None:
        _check_count(len(table.names))
        return table
    notes = [*table.notes, *notes, f"The ticker is taken from the file's name: {ticker}."]
    return Table(table.dates, table.rows, [ticker], [table.columns[chosen]], notes=notes)


def _long(table: Table, tickers: int, text: list[int], column: str | None) -> Table:
    values = [j for j in range(len(table.names)) if j != tickers and j not in text]
    notes = list(table.notes)
    if not values:
        raise FileFormatError("There is no column of prices beside the dates and tickers.")
    chosen = values[0]
    if len(values) > 1:
        picked, said = _price_column([table.names[j] for j in values], column)
        if picked is None:
            raise FileFormatError(
                f"Several columns may hold the price: {listed(table.names[j] for j in values)}. Say which.",
                question="column",
                readings=tuple(table.names[j] for j in values),
            )
        chosen = values[picked]
        notes += said
    if text:
        notes.append(f"{listed(repr(table.names[j]) for j in text)} holds text and was left out.")
    names = [" ".join(name.split()) for name in table.columns[tickers]]
    if "" in names:
        raise FileFormatError(f"A row has a date but no {table.names[tickers]}; complete or remove it.")
    _check_count(len(set(names)))
    column_of = [table.columns[chosen]]
    return Table(table.dates, table.rows, [table.names[chosen]], column_of, names, notes)


def _price_column(names: list[str], column: str | None) -> tuple[int | None, list[str]]:
    """Find the column that holds the price of one ticker, or None where every column is a ticker."""
    if column is not None:
        if column not in names:
            raise FileFormatError(f"There is no column {column[:40]!r}; choose {listed(names, most=10)}.")
        return names.index(column), []
    found = {
        FIELDS[name.lower()]: j for j, name in reversed(list(enumerate(names))) if name.lower() in FIELDS
    }
    if not {"close", "adjusted"} & set(found) or not (
        {"open", "high", "low"} & set(found) or len(found) == 2
    ):
        return (found["close"], []) if len(names) == 1 and "close" in found else (None, [])
    chosen = found.get("adjusted", found.get("close", 0))
    others = listed((name for j, name in enumerate(names) if j != chosen), most=8)
    return chosen, [f"{names[chosen]} was taken as the price; {others} were left out."]


def _is_text(cells: Sequence[str]) -> bool:
    looked = [cell for cell in cells[:LOOKED_AT] if not is_missing(cell)]
    return len(looked) > 0 and 2 * sum(map(is_number, looked)) < len(looked)


def _check_count(tickers: int) -> None:
    if tickers > MAX_TICKERS:
        raise FileFormatError(
            f"The file has {tickers} tickers; the limit is {MAX_TICKERS}. Leave some out.", tickers=tickers
        )
