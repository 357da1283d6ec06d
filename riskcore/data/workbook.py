"""From an Excel workbook to one grid of cells per sheet, with the size known before anything is unpacked."""

import datetime as dt
import io
import zipfile
import zlib
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from riskcore.data.archive import check_archive, pieces, too_many, too_wide
from riskcore.data.dialect import BLANKS, GLANCED_AT, MAX_CELLS, WIDEST, Glance, Grid
from riskcore.data.sheet_marks import Hidden, PercentColumns
from riskcore.errors import FileFormatError

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

__all__ = ["read_workbook"]

NOTHING: list[str] = []  # one for all empty rows
MOST_ROWS = 1_048_576  # of a sheet; a row may claim any number
# What openpyxl and the libraries under it raise for damaged content; each means the same to the reader.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_workbook(content: bytes, glance: Glance | None = None) -> tuple[list[Grid], list[str]]:
    """Return the cells of every visible sheet that has any, and notes on the sheets left out.

    Values are taken as Excel last stored them; no formula is computed and no link followed. Dates come
    as 2024-12-31, numbers in full, error cells as they are shown (#N/A), columns shown in percent as 1.2%.
    What a visible sheet hides is read and named in its notes.
    Of a sheet that `glance` refuses the rows before are returned with the refusal.

    Raises
    ------
    FileFormatError
        The file is no .xlsx workbook, is damaged, or unpacks to more than 200 MB or 5 million cells.
    """
    try:
        said = check_archive(content)
        grids, notes = _sheets(content, glance)
        return grids, notes + said
    except DAMAGE as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(
            f"The Excel workbook is damaged and cannot be read ({type(error).__name__}); "
            "save it again as .xlsx."
        ) from error


def _sheets(content: bytes, glance: Glance | None) -> tuple[list[Grid], list[str]]:
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise FileFormatError("Excel workbooks need the package openpyxl; save the file as CSV.") from error
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except InvalidFileException as error:
        raise ValueError(str(error)) from error
    grids, notes, cells = list[Grid](), list[str](), 0
    with closing(book), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                notes.append(f"The hidden sheet {sheet.title[:40]!r} was left out.")
                continue
            rows, said, refusal = _rows(sheet, 2 * MAX_CELLS - cells, glance)
            cells += sum(map(len, rows))
            if any(rows):
                said += Hidden(pieces(archive, sheet._worksheet_path)).notes(rows)
                grids.append(replace(_grid(rows, sheet.title), refusal=refusal, notes=said))
    if not grids:
        raise FileFormatError("The workbook has no visible sheet with data: it is empty.")
    return grids, notes


def _rows(
    sheet: "ReadOnlyWorksheet", most: int, glance: Glance | None
) -> tuple[list[list[str]], list[str], FileFormatError | None]:
    """Return the cells of a sheet as text, what is said of them, and why the rows after them are not read."""
    rows, cells, glanced, percent = list[list[str]](), 0, GLANCED_AT, PercentColumns()
    # The size a sheet claims may be far from the one it has.
    sheet.reset_dimensions()
    for record in sheet.iter_rows():
        row = [_text(cell.value) for cell in record]
        percent.look(len(rows), record)
        while row and not row[-1]:
            row.pop()
        rows.append(row or NOTHING)
        cells += len(record)
        _check_width(row, sheet.title)
        if cells > most or len(rows) > MOST_ROWS:
            raise too_many(2 * MAX_CELLS)
        if glance is not None and len(rows) == glanced:
            refusal, glanced = _refusal(_grid(rows, sheet.title), glance), 2 * glanced
            if refusal:
                return rows, [], refusal
    return rows, percent.write(rows), None


def _refusal(grid: Grid, glance: Glance) -> FileFormatError | None:
    if not any(grid.rows):
        return None
    try:
        glance(grid)
    except FileFormatError as error:
        return error
    return None


def _check_width(row: list[str], title: str) -> None:
    if len(row) > WIDEST and sum(map(bool, row)) > WIDEST:
        raise too_wide(f"The sheet {title[:40]}", len(row))


def _grid(rows: list[list[str]], title: str) -> Grid:
    width = max(map(len, rows))
    filled = [row for row in rows if row]
    if width * len(filled) > 2 * MAX_CELLS:  # one cell far to the right makes every row as wide
        raise too_many(2 * MAX_CELLS)
    for row in filled:
        row += [""] * (width - len(row))
    return Grid(rows, list(range(1, len(rows) + 1)), "row", title[:40])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value).strip(BLANKS)
