"""From an Excel workbook to one grid of cells per sheet, with the size known before anything is unpacked."""

import datetime as dt
import io
import re
import zipfile
import zlib

from riskcore.data.dialect import BLANKS, MAX_CELLS, Grid
from riskcore.errors import FileFormatError, listed

__all__ = ["read_workbook"]

MAX_UNPACKED = 200 * 1024 * 1024
# Prices shrink ten times in an archive; what shrinks a hundred times was made to exhaust its reader.
SWOLLEN = (30 * 1024 * 1024, 100)
CHUNK, LONGEST_FORMULA = 2**20, 2**14
# The end of a cell whose formula has no value after it, and the beginning of any cell.
UNCOMPUTED = re.compile(rb"(?:</f>|<f[^>]{0,200}/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
CELL = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"([^>]{0,200})>')
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


def read_workbook(content: bytes) -> tuple[list[Grid], list[str]]:
    """Return the cells of every visible sheet that has any, and notes on the sheets left out.

    Values are taken as Excel last stored them; no formula is computed and no link followed. Dates come
    as 2024-12-31, numbers in full, error cells as they are shown (#N/A).

    Raises
    ------
    FileFormatError
        The file is no .xlsx workbook, is damaged, or unpacks to more than 200 MB or 5 million cells.
    """
    try:
        _check_archive(content)
        grids, notes = _sheets(content)
        return grids, notes + _never_computed(content)
    except DAMAGE as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(
            f"The Excel workbook is damaged and cannot be read ({type(error).__name__}); "
            "save it again as .xlsx."
        ) from error


def _check_archive(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "xl/workbook.xml" not in names:
            raise FileFormatError(
                "The file is an archive but not an .xlsx workbook; save the prices as .xlsx or CSV."
            )
        unpacked = sum(part.file_size for part in parts)
        swollen = unpacked > SWOLLEN[0] and unpacked > SWOLLEN[1] * len(content)
        if unpacked > MAX_UNPACKED or swollen:
            raise FileFormatError(
                f"The workbook is too large: it expands to {unpacked / 2**20:.0f} MB, "
                f"{unpacked // len(content)} times its size; the limit is {MAX_UNPACKED // 2**20} MB. "
                "Save the prices alone, or as CSV.",
                size=unpacked,
            )
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    # Workbooks never declare document types; files built to exhaust a reader do.
                    if b"<!DOCTYPE" in stream.read(4096).replace(b"\x00", b""):
                        raise FileFormatError("The workbook declares XML entities, which are never expanded.")


def _sheets(content: bytes) -> tuple[list[Grid], list[str]]:
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise FileFormatError("Excel workbooks need the package openpyxl; save the file as CSV.") from error
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except InvalidFileException as error:
        raise ValueError(str(error)) from error
    grids, notes, cells = [], [], 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(f"The hidden sheet {sheet.title[:40]!r} was left out.")
            continue
        # The size a sheet claims may be far from the one it has.
        sheet.reset_dimensions()
        rows = []
        for record in sheet.iter_rows(values_only=True):
            row = [_text(value) for value in record]
            while row and not row[-1]:
                row.pop()
            rows.append(row)
            cells += len(record)
            if cells > 2 * MAX_CELLS:
                raise FileFormatError(
                    f"The workbook has more than {2 * MAX_CELLS // 1_000_000} million cells, empty ones "
                    "included, which is the limit. Save the prices alone, or as CSV."
                )
        if any(rows):
            grids.append(_grid(rows, sheet.title))
    book.close()
    if not grids:
        raise FileFormatError("The workbook has no visible sheet with data: it is empty.")
    return grids, notes


def _never_computed(content: bytes) -> list[str]:
    """Name the formulas without a stored value, which programs other than Excel write: they read as empty."""
    cells: list[str] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            with archive.open(name) as stream:
                before = b""
                while chunk := stream.read(CHUNK):
                    text = before + chunk
                    ends = list(UNCOMPUTED.finditer(text))
                    heads = (
                        CELL.findall(text[max(0, end.start() - LONGEST_FORMULA) : end.start()])
                        for end in ends
                    )
                    cells += [
                        found[-1][0].decode() for found in heads if found and b't="str"' not in found[-1][1]
                    ]
                    before = text[ends[-1].end() if ends else 0 :][-LONGEST_FORMULA:]
    if not cells:
        return []
    return [
        f"Formulas without a stored value count as empty cells: {listed(cells)}. Open the workbook in Excel "
        "and save it again to have them."
    ]


def _grid(rows: list[list[str]], title: str) -> Grid:
    width = max(map(len, rows))
    for row in rows:
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
