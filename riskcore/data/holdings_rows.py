"""The rows of a table of holdings: where the header is, what stands above it, below it and between."""

import re
from dataclasses import dataclass, field

from riskcore.data.dialect import BLANKS, Grid, split_text
from riskcore.data.holdings_words import role_of
from riskcore.data.numbers import is_missing, is_number, parse_numbers
from riskcore.data.weights import TOTAL
from riskcore.errors import FileFormatError, RiskcoreError, listed

__all__ = ["Body", "find_body", "pasted_grid"]

MOST_ROWS = 2_000
MOST_COLUMNS = 60
HEADER_WITHIN = 60  # filled rows; a preamble is never longer
LONGEST_CELL = 200
LONGEST_TEXT = 2_000_000
LINE = re.compile(r"(?P<label>.*\S)\s+(?P<number>[^\s%]\S*(?:\s?%)?)")

PARTS = re.compile(r"[,;] +")  # "60% SPY, 40% BND" in one line
# "60 SPY", "10 x SPY"
NUMBER_FIRST = re.compile(r"(?P<number>[^\s%]\S*(?:\s?%)?)(?:\s?[x×])?\s+(?P<label>[^\s\d,][^,]*)")


@dataclass(frozen=True)
class Body:
    """The data rows of a grid, all of one width.

    Parameters
    ----------
    headings
        One per column; empty texts where there is no header.
    rows
        The cells of each data row.
    places
        The grid row of each data row, for messages.
    totals
        The cells and the place of each row that calls itself a total.
    notes
        What was left out, in sentences.
    """

    headings: list[str]
    rows: list[list[str]]
    places: list[int]
    totals: list[tuple[list[str], int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def pasted_grid(text: str, known: frozenset[str]) -> Grid:
    r"""Return the cells of pasted text: a table with separators, or lines of a label and a number.

    Parameters
    ----------
    text
        What was pasted.
    known
        Tickers and names in lower case; they decide where "S&P 500,60" can be cut in two ways.

    Examples
    --------
    >>> pasted_grid("SPY 100\nBND 50", frozenset()).rows
    [['SPY', '100'], ['BND', '50']]
    """
    if len(text) > LONGEST_TEXT:
        raise FileFormatError(f"The text has {len(text)} characters; the limit is {LONGEST_TEXT}.")
    lines = [line.strip(BLANKS) for line in text.splitlines()]
    if len(listed_in_one := PARTS.split(text.strip(BLANKS))) > 1 and "\n" not in text.strip(BLANKS):
        if all(_label_and_number(part) for part in listed_in_one):
            text, lines = "\n".join(listed_in_one), listed_in_one
    cut = [_label_and_number(line) for line in lines]
    filled = [k for k, line in enumerate(lines) if line]
    if not filled:
        raise FileFormatError("There is nothing to read; paste one line per asset, such as SPY 100.")
    by_blank = None
    if not any(mark in text for mark in "\t;|") and sum(cut[k] is not None for k in filled) * 2 > len(filled):
        rows = [list(cut[k] or (lines[k],)) for k in filled]
        by_blank = Grid(rows, [k + 1 for k in filled])
    try:
        by_mark = split_text(text.encode())
    except UnicodeEncodeError as error:
        raise FileFormatError("The text has characters that cannot be encoded; paste it again.") from error
    except RiskcoreError:
        if by_blank is not None:
            return by_blank
        if any(mark in text for mark in "\t;|,"):
            raise
        raise FileFormatError(
            "No line has a name and a number; paste one line per asset, such as SPY 100."
        ) from None
    if by_blank is None or _labels_known(by_mark, known) > _labels_known(by_blank, known):
        return by_mark
    # A heading "Name,Value", a comma left on the label ("SPY, 60") and 900,1000.55 say: commas part cells.
    first = by_blank.rows[0]
    heading = "," in first[0] and not any(c.isdigit() for c in first[0]) and len(first) == 1
    parted = [row for row in by_blank.rows if len(row) > 1]
    if heading or all(row[0].endswith(",") for row in parted) or not _one_fashion(parted):
        return by_mark
    return by_blank


def _one_fashion(rows: list[list[str]]) -> bool:
    """Whether the last cells are numbers under one decimal mark."""
    for decimal in ".,":
        try:
            parse_numbers([row[-1] for row in rows], decimal=decimal, name="", place=str)
        except RiskcoreError:
            continue
        return True
    return False


def _label_and_number(line: str) -> tuple[str, str] | None:
    found = LINE.fullmatch(line)
    if not found or not is_number(found["number"]):
        found = NUMBER_FIRST.fullmatch(line)
    if not found or not is_number(found["number"]):
        return None
    return found["label"].rstrip(" :="), found["number"]


def _labels_known(grid: Grid, known: frozenset[str]) -> int:
    return sum(1 for row in grid.rows if row and row[0].casefold() in known)


def find_body(grid: Grid, known: frozenset[str]) -> Body:
    """Find the header and the data rows; a preamble, headings between, totals and footnotes are said.

    The header is the row that names the most columns by known words; without such words the row above
    the first numbers, if it has a text wherever they have a number; else there is none.

    Raises
    ------
    FileFormatError
        There are no rows with a label and a number, or too many rows or columns.
    """
    filled = [i for i, row in enumerate(grid.rows) if any(row)]
    if not filled:
        raise FileFormatError("The table is empty: it has no holdings.")
    if len(filled) > MOST_ROWS:
        raise FileFormatError(f"The table has {len(filled)} rows; the limit is {MOST_ROWS} holdings.")
    width = max(len(grid.rows[i]) for i in filled)
    if width > MOST_COLUMNS:
        raise FileFormatError(f"The table has {width} columns; the limit is {MOST_COLUMNS}. Leave some out.")
    cells = {i: [c[:LONGEST_CELL] for c in grid.rows[i]] + [""] * (width - len(grid.rows[i])) for i in filled}
    header = _header(cells, filled, known)
    start = filled.index(header) + 1 if header is not None else _first_row(cells, filled, known)
    notes = [*grid.notes]
    above = filled[: start - 1] if header is not None else filled[:start]
    if above:
        said = " ".join(c for c in cells[above[0]] if c)[:50]
        notes.append(f"Lines above the table left out: {len(above)} (from {said!r}).")
    below = filled[start:]
    if not below:
        raise FileFormatError("The table has a header but no holdings below it.")
    if header is not None:
        repeated = [i for i in below if cells[i] == cells[header]]
        below = [i for i in below if i not in set(repeated)]
        if repeated:
            notes.append(f"The header is repeated in {listed(map(grid.at, repeated))}; left out.")
    headings = [" ".join(c.split()) for c in cells[header]] if header is not None else [""] * width
    totals, rest, said_too = _sorted_out(cells, below, known, grid)
    if not rest:
        raise FileFormatError("The table has a header but no holdings below it.")
    return Body(headings, [cells[i] for i in rest], rest, [(cells[i], i) for i in totals], notes + said_too)


def _sorted_out(
    cells: dict[int, list[str]], below: list[int], known: frozenset[str], grid: Grid
) -> tuple[list[int], list[int], list[str]]:
    """Take totals, headings between the rows and footnotes away, and say so. An asset is none of them."""
    numbered = [i for i in below if any(map(_has_number, cells[i]))]
    last = numbered[-1] if numbered else -1
    totals, rest, words = [], [], []
    for i in below:
        texts = [c for c in cells[i] if c and not _has_number(c)]
        mine = any(c.casefold() in known for c in texts)
        if i in numbered and texts and TOTAL.fullmatch(texts[0]) and not mine:
            totals.append(i)
        elif i not in numbered and not mine and (len([c for c in cells[i] if c]) == 1 or i > last):
            words.append(f"{grid.at(i)} ({' '.join(texts)[:40]!r})")
        else:
            rest.append(i)
    notes = [f"Lines of words without numbers left out: {listed(words)}."] if words else []
    return totals, rest, notes


def _header(cells: dict[int, list[str]], filled: list[int], known: frozenset[str]) -> int | None:
    best, most = None, 1
    for i in filled[:HEADER_WITHIN]:
        row = [c for c in cells[i] if c]
        roles = {role_of(c) for c in row} - {"", "other"}
        if len(roles) > most and not any(_has_number(c) for c in row):
            best, most = i, len(roles)
    if best is not None:
        return best
    first = _first_data(cells, filled)
    if first == 0:
        return None
    above, data = cells[filled[first - 1]], cells[filled[first]]
    numbers = [j for j, c in enumerate(data) if _has_number(c)]
    named = all(above[j] and not _has_number(above[j]) for j in numbers)
    if _is_row(above, known):
        return None
    return filled[first - 1] if numbers and named and sum(map(bool, above)) > 1 else None


def _is_row(row: list[str], known: frozenset[str]) -> bool:
    """Whether a row without numbers is no heading: it names an asset, or says that a number is missing."""
    return any(c.casefold() in known or (c and is_missing(c)) for c in row)


def _first_row(cells: dict[int, list[str]], filled: list[int], known: frozenset[str]) -> int:
    """Return the position of the first row of a table without a header."""
    first = _first_data(cells, filled)
    while first > 0 and _is_row(cells[filled[first - 1]], known):
        first -= 1
    return first


def _first_data(cells: dict[int, list[str]], filled: list[int]) -> int:
    """Return the position of the first row with a text and a number where most such rows have theirs."""
    shapes = [tuple(_has_number(c) for c in cells[i]) for i in filled]
    usable = [
        any(shape) and any(c and not _has_number(c) for c in cells[i])
        for i, shape in zip(filled, shapes, strict=True)
    ]
    width = len(shapes[0])
    counts = [sum(s[j] for s, ok in zip(shapes, usable, strict=True) if ok) for j in range(width)]
    needed = [j for j in range(width) if counts[j] * 2 > sum(usable)]
    for k, (shape, ok) in enumerate(zip(shapes, usable, strict=True)):
        if ok and all(shape[j] for j in needed):
            return k
    raise FileFormatError(
        "No row has a name and a number, so there are no holdings; give one row per asset: "
        "its ticker, and its shares, amount or weight."
    )


def _has_number(cell: str) -> bool:
    return not is_missing(cell) and is_number(cell)
