"""Excel workbooks and Parquet files go the same way as text: exact, with a report, or refused."""

import datetime as dt
import io
import pickle
import time
import zipfile
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.data import columnar, workbook
from riskcore.data.files import Answers, load, load_prices
from riskcore.data.holdings import read_holdings
from riskcore.errors import FileFormatError, MissingDataError, RiskcoreError

DAYS = [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 3), dt.datetime(2024, 1, 4)]
ROWS = [["Date", "AAA", "NA"], *([d, 10.5 + k, 100 + k] for k, d in enumerate(DAYS))]


def excel(hidden=(), **sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(columns, **settings) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **settings)
    return out.getvalue()


def is_the_table(data):
    assert data.tickers == ("AAA", "NA")
    assert data.prices.to_numpy().tolist() == [[10.5, 100.0], [11.5, 101.0], [12.5, 102.0]]
    assert list(data.prices.index) == [pd.Timestamp(d) for d in DAYS]


def test_a_plain_sheet_loads_exactly_and_says_nothing():
    data = load_prices(excel(Prices=ROWS), "a.xlsx")
    is_the_table(data)
    assert data.notes == ()


def test_titles_notes_and_other_sheets_are_reported():
    titled = [["My fund"], ["as of 2024"], [], *ROWS, [], ["Source: me"]]
    data = load_prices(excel(Readme=[["See Prices"]], Prices=titled), "a.xlsx")
    is_the_table(data)
    said = " ".join(data.notes)
    assert "sheet Prices was read; Readme holds no table" in said
    assert "above the header left out: 2" in said and "Source: me" in said


def test_hidden_sheets_are_left_out_and_said():
    data = load_prices(excel(Prices=ROWS, Old=ROWS, hidden=("Old",)), "a.xlsx")
    is_the_table(data)
    assert any("hidden sheet 'Old'" in n for n in data.notes)


def test_several_tables_are_asked_about():
    other = [ROWS[0], *([d, 1 + k, 2 + k] for k, d in enumerate(DAYS))]
    content = excel(One=ROWS, Two=other)
    with pytest.raises(FileFormatError, match=r"Several sheets hold a table: One, Two\.") as caught:
        load_prices(content, "a.xlsx")
    assert caught.value.details["readings"] == ("One", "Two")
    assert load_prices(content, "a.xlsx", Answers(sheet="Two")).prices.iloc[0, 0] == 1.0
    with pytest.raises(FileFormatError, match="no sheet 'Three'; choose One, Two"):
        load_prices(content, "a.xlsx", Answers(sheet="Three"))


def test_error_cells_are_missing_and_named():
    rows = [*ROWS, [dt.datetime(2024, 1, 5), "#N/A", 103], [dt.datetime(2024, 1, 8), 13.0, 104]]
    data = load_prices(excel(Prices=rows), "a.xlsx")
    assert any("AAA 1 (2024-01-05)" in note for note in data.notes)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*ROWS, [dt.datetime(2024, 1, 5), "1O", 3]], "AAA has '1O' in row 5 of sheet Prices"),
        ([*ROWS, [dt.datetime(2024, 1, 5), True, 3]], "AAA has 'TRUE' in row 5"),
        ([*ROWS, [dt.datetime(2024, 1, 5), dt.datetime(2024, 1, 5), 3]], "AAA has '2024-01-05' in row 5"),
        ([*ROWS, ["05/01/2024", 1, 3]], "mixed: 2024-01-02 in row 2 .* 05/01/2024 in row 5"),
        ([["Date", "A"], ["x", 1], ["y", 2]], "No column holds dates"),
        ([["Date", "A"]], "no rows of data"),
        ([], "no visible sheet with data"),
    ],
)
def test_wrong_cells_are_named(rows, words):
    with pytest.raises(RiskcoreError, match=words):
        load_prices(excel(Prices=rows), "a.xlsx")


def test_no_sheet_fits_says_why_for_each():
    with pytest.raises(FileFormatError, match=r"None of the 2 sheets can be read\. A: No column.* B: "):
        load_prices(excel(A=[["x", "y"], ["1", "2"]], B=[["p", "q"], ["r", "s"]]), "a.xlsx")


def zipped(parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def test_archives_made_to_exhaust_are_refused_at_once():
    bomb = zipped({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (60 * 2**20)})
    begun = time.monotonic()
    with pytest.raises(FileFormatError, match="too large: it expands to 60 MB"):
        load_prices(bomb, "a.xlsx")
    assert time.monotonic() - begun < 1
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(FileFormatError, match="XML entities"):
        load_prices(zipped({"xl/workbook.xml": entities}), "a.xlsx")
    with pytest.raises(FileFormatError, match=r"not an .xlsx workbook"):
        load_prices(zipped({"word/document.xml": b"<x/>"}), "a.xlsx")


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_CELLS", 4)
    with pytest.raises(FileFormatError, match="which is the limit"):
        load_prices(excel(Prices=ROWS), "a.xlsx")


def test_a_missing_excel_reader_is_a_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(FileFormatError, match="need the package openpyxl"):
        workbook.read_workbook(zipped({"xl/workbook.xml": b"<x/>"}))


TABLE = {"Date": DAYS, "AAA": [10.5, 11.5, 12.5], "NA": [100, 101, 102]}


@pytest.mark.parametrize(
    "columns",
    [
        TABLE,
        TABLE | {"Date": [d.date() for d in DAYS]},
        TABLE | {"Date": [d.strftime("%Y-%m-%d") for d in DAYS]},
        TABLE | {"Date": pa.array(DAYS, pa.timestamp("ns", tz="UTC"))},
        TABLE | {"NA": [Decimal("100.00"), Decimal("101.00"), Decimal("102.00")]},
        TABLE | {"AAA": pa.array([10.5, 11.5, 12.5], pa.float32())},
        {"AAA": TABLE["AAA"], "NA": TABLE["NA"], "Date": DAYS},
        {"AAA": TABLE["AAA"], "NA": TABLE["NA"], "__index_level_0__": DAYS},
        {
            "day": [d for d in DAYS for _ in range(2)],
            "ticker": pa.array(["AAA", "NA"] * 3).dictionary_encode(),
            "close": [10.5, 100.0, 11.5, 101.0, 12.5, 102.0],
        },
    ],
)
def test_parquet_of_every_make(columns):
    is_the_table(load_prices(parquet(columns), "a.parquet"))


def test_parquet_from_pandas_with_late_starts(tmp_path):
    index = pd.date_range("2024-01-01", periods=30, freq="B")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(np.exp(rng.normal(size=(30, 4))), index=index, columns=list("ABCD"))
    frame.iloc[:7, 2] = np.nan
    frame.to_parquet(tmp_path / "x.parquet")
    got, report = load(tmp_path / "x.parquet")
    np.testing.assert_array_equal(got.to_numpy(), frame.to_numpy())
    assert any("C starts on 2024-01-10" in r for r in report)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (TABLE | {"AAA": [[1], [2], [3]]}, "'AAA' holds list"),
        (TABLE | {"AAA": [True, False, True]}, "'AAA' holds bool"),
        (TABLE | {"AAA": [1.0, float("inf"), 2.0]}, "AAA has an infinite value .*row 2"),
        (TABLE | {"AAA": ["1", "x", "3"]}, "AAA has 'x' in row 2"),
        ({"AAA": [1.0, 2.0], "BBB": [1.0, 2.0]}, "No column holds dates"),
    ],
)
def test_parquet_columns_that_are_no_prices(columns, words):
    with pytest.raises(FileFormatError, match=words):
        load_prices(parquet(columns), "a.parquet")


def test_parquet_too_large_is_refused_by_its_footer(monkeypatch):
    content = parquet({"Date": DAYS} | {f"T{i}": [1.0, 2.0, 3.0] for i in range(600)})
    with pytest.raises(FileFormatError, match="601 columns"):
        load_prices(content, "a.parquet")
    monkeypatch.setattr(columnar, "MAX_CELLS", 4)
    with pytest.raises(FileFormatError, match="3 rows × 3 columns"):
        load_prices(parquet(TABLE), "a.parquet")


class Canary:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_a_pickle_under_any_name_is_refused_unopened(tmp_path):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for name in ("x.parquet", "x.csv", "x.xlsx"):
            path = tmp_path / name
            path.write_bytes(pickle.dumps(Canary(), protocol=protocol))
            with pytest.raises(RiskcoreError):
                load(path)


def test_one_price_of_zero_is_named_here_too():
    with pytest.raises(MissingDataError, match="AAA has a zero price on 2024-01-03"):
        load_prices(parquet(TABLE | {"AAA": [1.0, 0.0, 2.0]}), "a.parquet")


XLSX, PARQUET = excel(Prices=ROWS), parquet(TABLE)


@given(
    content=st.sampled_from([XLSX, PARQUET]),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 5), st.binary(max_size=5)), min_size=1, max_size=4
    ),
)
def test_spoiled_bytes_load_or_are_refused(content, edits):
    spoiled = bytearray(content)
    for position, length, replacement in edits:
        at = int(position * len(spoiled))
        spoiled[at : at + length] = replacement
    try:
        load_prices(bytes(spoiled), "a.bin")
    except RiskcoreError as error:
        assert str(error)


@given(
    part=st.sampled_from(zipfile.ZipFile(io.BytesIO(XLSX)).namelist()),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.text("<>/=\"' abc019&;", max_size=8)),
        min_size=1,
        max_size=3,
    ),
)
def test_spoiled_parts_of_a_workbook_load_or_are_refused(part, edits):
    parts = {}
    with zipfile.ZipFile(io.BytesIO(XLSX)) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    body = bytearray(parts[part])
    for position, length, replacement in edits:
        at = int(position * len(body))
        body[at : at + length] = replacement.encode()
    parts[part] = bytes(body)
    try:
        load_prices(zipped(parts), "a.xlsx")
    except RiskcoreError as error:
        assert str(error)


def shown(values, number_format, *, hide=lambda sheet: None, names=("AAA", "BBB")) -> bytes:
    """A sheet with dates and two columns of values in a number format."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Date", *names])
    for k, pair in enumerate(values):
        sheet.append([dt.datetime(2024, 1, 2 + k), *pair])
    for row in sheet.iter_rows(min_row=2, min_col=2):
        for cell in row:
            cell.number_format = number_format
    hide(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


RETURNS = [(0.0123, -0.007), (-0.1 / 3, 1e-9), (0.29, 0.0), (0.07, -0.5)]


@pytest.mark.parametrize("number_format", ["0.00%", "0%", "0.0%;[Red]-0.0%"])
def test_returns_that_excel_shows_in_percent_need_no_question(number_format):
    data = load_prices(shown(RETURNS, number_format), "r.xlsx")
    growth = np.cumprod(1.0 + np.array(RETURNS), axis=0)
    np.testing.assert_array_equal(data.prices.to_numpy()[1:], 100.0 * growth)
    said = " ".join(data.notes)
    assert "Excel shows the numbers of the columns B, C in percent, so 0.012 was read as 1.2 %." in said
    assert "read as returns written as percentages" in said


def one_plain(sheet):
    for column in "BC":
        sheet[f"{column}3"].number_format = "0.00"


@pytest.mark.parametrize(
    ("number_format", "hide"),
    [("0.00", lambda sheet: None), ('0.00"%"', lambda sheet: None), ("0.00%", one_plain)],
    ids=["plain", "a percent sign that is only text", "one cell in another format"],
)
def test_returns_not_all_shown_in_percent_are_asked_about(number_format, hide):
    content = shown(RETURNS, number_format, hide=hide)
    with pytest.raises(FileFormatError, match="say which kind of returns") as caught:
        load_prices(content, "r.xlsx")
    assert caught.value.details["readings"] == ("returns", "percent returns")


def test_prices_in_percent_of_par_are_asked_about():
    content = shown([(0.985, 1.01), (0.99, 1.02)], "0.0%")
    with pytest.raises(FileFormatError, match="prices in percent of par, or returns"):
        load_prices(content, "bonds.xlsx")
    data = load_prices(content, "bonds.xlsx", Answers(kind="prices"))
    assert data.prices.to_numpy().tolist() == [[0.985, 1.01], [0.99, 1.02]]


def hidden_parts(sheet):
    sheet.column_dimensions["C"].hidden = True
    sheet.column_dimensions["F"].hidden = True
    for row in (3, 4, 6, 90):
        sheet.row_dimensions[row].hidden = True


def test_hidden_rows_and_columns_are_read_and_named():
    values = [(10.0 + k, 20.0 + k) for k in range(6)]
    data = load_prices(shown(values, "0.00", hide=hidden_parts), "h.xlsx")
    assert data.prices.to_numpy().tolist() == [list(pair) for pair in values]
    assert data.notes == ("Excel hides column C (BBB) and rows 3 to 4, 6; they were read like the others.",)


def test_one_hidden_row_of_holdings_is_read_and_named():
    rows = [["Ticker", "Weight"], ["SPY", 0.25], ["BND", 0.75]]
    book = openpyxl.load_workbook(io.BytesIO(excel(Mine=rows)))
    book["Mine"].row_dimensions[3].hidden = True
    out = io.BytesIO()
    book.save(out)
    found = read_holdings(out.getvalue(), known=("SPY", "BND"))
    assert [p.quantity for p in found.positions] == [0.25, 0.75]
    assert "Excel hides row 3; it was read like the others." in found.notes
