"""Files made to exhaust their reader: refused by the limit they exceed, before much time or memory goes."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskcore.data import archive
from riskcore.data import workbook as excel
from riskcore.data.files import load_prices
from riskcore.errors import FileFormatError

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MEGABYTE = 2**20


def workbook(rows: str, size: str = "", **parts: str) -> bytes:
    """A workbook written by hand, so that it can claim anything."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="b"/>'
            "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="b" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        claimed = f'<dimension ref="{size}"/>' if size else ""
        sheet = f'<worksheet xmlns="{MAIN}">{claimed}<sheetData>{rows}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in parts.items():
            book.writestr(f"xl/{name}.xml", content)
    return stream.getvalue()


@contextmanager
def quickly() -> Iterator[None]:
    """Fail where more than 5 s pass."""
    started = time.perf_counter()
    yield
    assert time.perf_counter() - started < 5


@contextmanager
def sparing(megabytes: int) -> Iterator[None]:
    """Fail where more memory than this is taken."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()


CELL = '<c r="A1"><v>1</v></c>'


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (f'<row r="999999999">{CELL}</row>', "million cells"),
        ('<row><c r="XFD1"><v>1</v></c></row>' * 700, "million cells"),
        (f"<row>{'<c><v>1</v></c>' * 600}</row>", "600 columns; the limit is 500 tickers"),
    ],
    ids=["a row with a number no sheet has", "cells far to the right", "too many columns"],
)
def test_a_sheet_that_claims_more_than_it_holds(rows, why):
    with quickly(), pytest.raises(FileFormatError, match=why):
        load_prices(workbook(rows), "book.xlsx")


def test_one_cell_in_the_farthest_corner_makes_no_table_of_that_size():
    with quickly(), pytest.raises(FileFormatError):
        load_prices(workbook('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "book.xlsx")


def test_the_cells_of_a_workbook_are_counted_before_they_are_read(monkeypatch):
    monkeypatch.setattr(archive, "MAX_CELLS", 1_000)
    rows = "".join(f"<row>{'<c><v>1</v></c>' * 10}</row>" for _ in range(101))
    with pytest.raises(FileFormatError, match="million cells"):
        load_prices(workbook(rows), "book.xlsx")


def test_texts_and_styles_that_are_read_as_a_whole():
    letters = "".join(f"<si><t>{k * 7919 % 1_000_003:x}</t></si>" for k in range(900_000))
    with pytest.raises(FileFormatError, match="its texts and styles take"):
        load_prices(workbook(f"<row>{CELL}</row>", sharedStrings=letters), "book.xlsx")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Date,A\n" + b"," * (20 * MEGABYTE), "million cells"),
        (
            b"Date,A\n2024-01-02," + b"1" * (20 * MEGABYTE),
            "A cell in line 2 has more than 131,072 characters",
        ),
        (b'Date,A\n"' + b"a" * (20 * MEGABYTE), "quotation marks from line 2"),
        (b"Date,A\n" + b"2024-01-02,1\n" * 2_500_001, "2.5 million lines"),
        (
            b"Date," + b",".join(b"T%d" % k for k in range(600)) + b"\n2024-01-02" + b",1.5" * 600,
            "601 columns",
        ),
    ],
    ids=[
        "one line of commas",
        "one long number",
        "one open quotation mark",
        "too many rows",
        "too many columns",
    ],
)
def test_text_that_is_too_much_is_refused_without_a_second_copy(content, why):
    # The bytes themselves, the text made of them, and little else.
    with sparing(30 + 2 * len(content) // MEGABYTE), quickly(), pytest.raises(FileFormatError, match=why):
        load_prices(content, "file.csv")


def test_a_text_a_parquet_file_repeats_is_held_once():
    stream = io.BytesIO()
    pq.write_table(pa.table({"Date": pa.array(["x" * MEGABYTE] * 100)}), stream, compression="zstd")
    before = pa.total_allocated_bytes()
    with sparing(40), pytest.raises(FileFormatError, match="No column holds dates"):
        load_prices(stream.getvalue(), "prices.parquet")
    assert pa.total_allocated_bytes() - before < 40 * MEGABYTE


def long_rows(by: str) -> list[tuple[str, str]]:
    """Dates and tickers of 300,000 rows: many tickers of few days, or few tickers that end late."""
    tickers, days = (30_000, 10) if by == "day" else (600, 500)
    dates = [f"{2000 + k // 336}-{k // 28 % 12 + 1:02d}-{k % 28 + 1:02d}" for k in range(days)]
    names = [f"T{k:05d}" for k in range(tickers)]
    return [(d, n) for d in dates for n in names] if by == "day" else [(d, n) for n in names for d in dates]


def as_text(rows: list[tuple[str, str]]) -> bytes:
    return b"Date,Ticker,Price\n" + "".join(f"{d},{n},12.5\n" for d, n in rows).encode()


def as_parquet(rows: list[tuple[str, str]]) -> bytes:
    stream = io.BytesIO()
    dates, names = zip(*rows, strict=True)
    pq.write_table(pa.table({"Date": dates, "Ticker": names, "Price": [12.5] * len(rows)}), stream)
    return stream.getvalue()


def as_sheet(rows: list[tuple[str, str]]) -> bytes:
    cells = '<row><c t="str"><v>{}</v></c><c t="str"><v>{}</v></c><c{}><v>{}</v></c></row>'
    head = cells.format("Date", "Ticker", ' t="str"', "Price")
    return workbook(
        head + "".join(cells.format(d, n, "", "12.5") for d, n in rows[:60_000]), size="A1:C60001"
    )


@pytest.mark.parametrize(
    ("write", "by"),
    [
        (as_text, "day"),
        (as_text, "ticker"),
        (as_parquet, "day"),
        (as_parquet, "ticker"),
        (as_sheet, "day"),
    ],
)
def test_a_long_table_of_too_many_tickers_is_refused_before_all_of_it_is_read(write, by):
    content = write(long_rows(by))
    with quickly(), pytest.raises(FileFormatError, match=r"more than 500 tickers, which is the limit\."):
        load_prices(content, "long")
    # The text made of the bytes, and a sample of the rows.
    with sparing(30 + len(content) // MEGABYTE), pytest.raises(FileFormatError, match="500 tickers"):
        load_prices(content, "long")


def test_a_sheet_of_too_many_tickers_leaves_the_others_to_be_read(monkeypatch):
    monkeypatch.setattr(excel, "GLANCED_AT", 100)
    book = openpyxl.Workbook()
    book.active.title = "Long"
    for row in [("Date", "Ticker", "Price"), *((d, n, 12.5) for d, n in long_rows("day")[:1_000])]:
        book.active.append(row)
    wide = book.create_sheet("Wide")
    for row in [("Date", "A"), *((f"2024-01-0{k}", k + 0.5) for k in range(2, 9))]:
        wide.append(row)
    out = io.BytesIO()
    book.save(out)
    data = load_prices(out.getvalue(), "both.xlsx")
    assert data.prices["A"].tolist() == [k + 0.5 for k in range(2, 9)]
    assert any("sheet Wide was read; Long holds no table" in note for note in data.notes)


def test_a_long_table_within_the_limit_is_read_to_its_last_row():
    rows = [(d, n) for d, n in long_rows("ticker") if n < "T00100"]
    data = load_prices(as_text([*rows, ("2020-01-02", "T00000")]), "long.csv")
    assert data.prices.shape == (501, 100)
    assert data.prices.notna().to_numpy().sum() == 50_001
