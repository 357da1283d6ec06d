"""What the archive of an Excel workbook holds, looked through before anything is unpacked as a whole."""

import io
import re
import zipfile
from collections.abc import Iterator

from riskcore.data.dialect import MAX_CELLS, MAX_TICKERS, WIDEST
from riskcore.errors import FileFormatError, listed

__all__ = ["check_archive", "pieces", "too_many", "too_wide"]

MAX_UNPACKED = 200 * 1024 * 1024
# Prices shrink ten times in an archive; what shrinks a hundred times was made to exhaust its reader.
SWOLLEN = (30 * 1024 * 1024, 100)
MAX_BESIDE = 16 * 1024 * 1024  # texts and styles, which are read as a whole
CHUNK, LONGEST_FORMULA = 2**20, 2**14
SHEETS = "xl/worksheets/"
CELLS = (b"<c ", b"<c>", b":c ", b":c>")
# The end of a cell whose formula has no value after it, and the beginning of any cell.
UNCOMPUTED = re.compile(rb"(?:</f>|<f[^>]{0,200}/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
CELL = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"([^>]{0,200})>')


def check_archive(content: bytes) -> list[str]:
    """Refuse what would exhaust its reader, and name the cells whose formula was never computed.

    Parameters
    ----------
    content
        The bytes of the workbook; they are read a piece at a time.

    Returns
    -------
    list of str
        A sentence about formulas without a stored value, which programs other than Excel write and which
        read as empty cells; nothing where there are none.

    Raises
    ------
    FileFormatError
        It is no workbook, unpacks to more than 200 MB, has more than 5 million cells, or declares entities.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            raise FileFormatError(
                "The file is an archive but not an .xlsx workbook; save the prices as .xlsx or CSV."
            )
        _check_sizes(parts, len(content))
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    # Workbooks never declare document types; files built to exhaust a reader do.
                    if b"<!DOCTYPE" in stream.read(4096).replace(b"\x00", b""):
                        raise FileFormatError("The workbook declares XML entities, which are never expanded.")
        count, formulas = 0, list[str]()
        sheets = [name for name in archive.namelist() if name.startswith(SHEETS) and name.endswith(".xml")]
        for text in (piece for name in sheets for piece in pieces(archive, name)):
            if not count:
                widest = max(row.count(b"<v>") + row.count(b"<is>") for row in text.split(b"<row"))
                if widest > WIDEST:
                    raise too_wide("A sheet of the workbook", widest)
            count += sum(text.count(mark) for mark in CELLS)
            if count > MAX_CELLS:
                raise too_many(MAX_CELLS)
            formulas += _never_computed(text)
    if not formulas:
        return []
    return [
        f"Formulas without a stored value count as empty cells: {listed(formulas)}. Open the workbook in "
        "Excel and save it again to have them."
    ]


def too_many(limit: int) -> FileFormatError:
    """Return the refusal of a workbook with too many cells."""
    return FileFormatError(
        f"The workbook has more than {limit // 1_000_000} million cells, empty ones included, which is the "
        "limit. Save the prices alone, or as CSV."
    )


def too_wide(what: str, columns: int) -> FileFormatError:
    """Return the refusal of a sheet with too many columns."""
    return FileFormatError(
        f"{what} has {columns} columns; the limit is {MAX_TICKERS} tickers. Leave some out.", columns=columns
    )


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > SWOLLEN[0] and unpacked > SWOLLEN[1] * size):
        raise FileFormatError(
            f"The workbook is too large: it expands to {unpacked / 2**20:.0f} MB, {unpacked // size} times "
            f"its size; the limit is {MAX_UNPACKED // 2**20} MB. Save the prices alone, or as CSV.",
            size=unpacked,
        )
    beside = sum(
        p.file_size for p in parts if p.filename.endswith(".xml") and not p.filename.startswith(SHEETS)
    )
    if beside > MAX_BESIDE:
        raise FileFormatError(
            f"The workbook is too large: its texts and styles take {beside / 2**20:.0f} MB, and the limit is "
            f"{MAX_BESIDE // 2**20} MB. Save the prices alone, or as CSV.",
            size=beside,
        )


def pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Give a sheet a piece at a time, cut between cells."""
    with archive.open(name) as stream:
        rest = b""
        while chunk := stream.read(CHUNK):
            text = rest + chunk
            end = text.rfind(b"</c>") + 4
            end = end if end > 3 else max(0, len(text) - LONGEST_FORMULA)
            yield text[:end]
            rest = text[end:]
        yield rest


def _never_computed(text: bytes) -> list[str]:
    found = []
    for end in UNCOMPUTED.finditer(text):
        heads = CELL.findall(text, max(0, end.start() - LONGEST_FORMULA), end.start())
        # A stored text may be empty.
        if heads and b't="str"' not in heads[-1][1]:
            found.append(heads[-1][0].decode())
    return found
