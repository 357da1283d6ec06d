"""What Excel knows of a sheet beside its values: what it hides, and which columns it shows in percent."""

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from riskcore.errors import listed

__all__ = ["Hidden", "PercentColumns"]

HIDDEN = re.compile(
    rb'<(?:[a-z]{1,8}:)?(row|col)\s(?=[^>]{0,400}?\bhidden="(?:1|true)")([^>]{0,400})>', re.IGNORECASE
)
PLACE = re.compile(rb'\b(r|min|max)="([0-9]{1,7})"')
FARTHEST = 16_384  # columns of a sheet
# What a number format shows as it stands: quoted text, one escaped character, colours, widths.
LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
MOST_NAMED = 10


class Cell(Protocol):
    """A cell as openpyxl gives it."""

    value: object

    @property
    def number_format(self) -> str | None:
        """The code of its number format."""


class PercentColumns:
    """The columns whose every number Excel shows in percent, found while the rows are read.

    Such a cell holds 0.012 and shows 1.2%. It is written as it shows, in full, so that it reads as in a
    text file; where one number of a column has another format, the column stays as it is.
    """

    def __init__(self) -> None:
        self._cells: dict[int, list[int]] = {}
        self._other: set[int] = set()

    def look(self, row: int, cells: Iterable[Cell]) -> None:
        """Look at the formats of the numbers of one row."""
        for column, cell in enumerate(cells):
            if type(cell.value) not in {int, float} or column in self._other or not _finite(cell.value):
                continue
            if _shows_percent(cell.number_format or ""):
                self._cells.setdefault(column, []).append(row)
            else:
                self._other.add(column)
                self._cells.pop(column, None)

    def write(self, rows: list[list[str]]) -> list[str]:
        """Write the cells as they show, and return the sentence that says so, if there are any."""
        if not self._cells:
            return []
        for column, places in self._cells.items():
            for row in places:
                rows[row][column] = f"{Decimal(rows[row][column]).scaleb(2)}%"
        named = listed(map(_letters, sorted(self._cells)), most=MOST_NAMED)
        where = f"column {named}" if len(self._cells) == 1 else f"the columns {named}"
        return [f"Excel shows the numbers of {where} in percent, so 0.012 was read as 1.2 %."]


class Hidden:
    """The rows and columns a sheet hides, found in its XML."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._rows: set[int] = set()
        self._columns: set[int] = set()
        for text in pieces:
            if b"hidden=" in text:
                self._look(text)

    def _look(self, text: bytes) -> None:
        for what, attributes in HIDDEN.findall(text):
            places = {key: int(number) for key, number in PLACE.findall(attributes)}
            if what == b"row":
                self._rows.add(places.get(b"r", 0) - 1)
            else:
                first, last = places.get(b"min", 1), min(places.get(b"max", 0), FARTHEST)
                self._columns.update(range(first - 1, last))

    def notes(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """Return the sentence that names what is hidden and holds something; nothing is left out for it."""
        hidden_rows = [k + 1 for k in sorted(self._rows) if 0 <= k < len(rows) and any(rows[k])]
        names = {
            j: next((row[j] for row in rows if j < len(row) and row[j]), "") for j in sorted(self._columns)
        }
        columns = [f"{_letters(j)} ({name[:20]})" for j, name in names.items() if name]
        said = []
        if columns:
            plural = "s" if len(columns) > 1 else ""
            said.append(f"column{plural} {listed(columns, most=MOST_NAMED)}")
        if hidden_rows:
            plural = "s" if len(hidden_rows) > 1 else ""
            said.append(f"row{plural} {listed(_runs(hidden_rows), most=MOST_NAMED)}")
        were = "it was" if len(columns) + len(hidden_rows) == 1 else "they were"
        return [f"Excel hides {' and '.join(said)}; {were} read like the others."] if said else []


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


@lru_cache(maxsize=256)
def _shows_percent(number_format: str) -> bool:
    return "%" in LITERAL.sub("", number_format)


def _letters(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column + 1))


def _runs(numbers: Sequence[int]) -> list[str]:
    """Return 5, 6, 7, 9 as "5 to 7" and "9"."""
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b > a + 1)]
    ends = [*(a for a, b in pairwise(numbers) if b > a + 1), numbers[-1]]
    return [str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True)]
