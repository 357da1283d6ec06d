"""Price files: loaded exactly, loaded with a report, or refused naming the place. Nothing in between."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskcore.data import dialect
from riskcore.data.files import Answers, load, load_prices
from riskcore.errors import FileFormatError, InputError, MissingDataError, RiskcoreError

CLEAN = """Date,AAA,BBB
2024-01-02,10.5,100
2024-01-03,10.75,101.25
2024-01-04,10.25,99.5
"""
VALUES = [[10.5, 100.0], [10.75, 101.25], [10.25, 99.5]]
DATES = ["2024-01-02", "2024-01-03", "2024-01-04"]
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def read(text, tmp_path, answers=None, name="prices.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return load(path, answers)


def is_clean(frame):
    return (
        frame.to_numpy().tolist() == VALUES
        and list(frame.columns) == ["AAA", "BBB"]
        and frame.index.strftime("%Y-%m-%d").tolist() == DATES
    )


def test_a_clean_file_loads_exactly_and_says_nothing(tmp_path):
    frame, report = read(CLEAN, tmp_path)
    assert is_clean(frame) and report == []
    assert isinstance(frame.index, pd.DatetimeIndex) and frame.index.unit == "us" and frame.index.tz is None


def test_upload_becomes_a_price_set():
    data = load_prices(CLEAN.encode(), "folder/My <b>prices.csv")
    assert data.label == "My <b>prices.csv"  # plain text, whatever it looks like
    assert data.source == "uploaded file" and data.notes == () and data.periods_per_year == 252
    assert data.default_assets == ("AAA", "BBB") and data.default_index is None
    assert data.key == load_prices(CLEAN.encode(), "other.csv").key
    assert data.key != load_prices(CLEAN.encode(), "other.csv", Answers(decimal=".")).key
    assert data.scenarios(["BBB"]).returns[0, 0] == pytest.approx(0.0125, abs=1e-15)


DIALECTS = {
    "semicolon, decimal comma": CLEAN.replace(",", ";").replace(".", ","),
    "tab": CLEAN.replace(",", "\t"),
    "bar": CLEAN.replace(",", "|"),
    "tab, decimal comma": CLEAN.replace(",", "\t").replace(".", ","),
    "Windows line ends": CLEAN.replace("\n", "\r\n"),
    "old Mac line ends": CLEAN.replace("\n", "\r"),
    "no final line end": CLEAN.rstrip(),
    "Excel's first line": "sep=;\n" + CLEAN.replace(",", ";"),
    "quoted cells": "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in CLEAN.splitlines()),
    "padded cells": CLEAN.replace(",", " , "),
    "trailing separator": CLEAN.replace("\n", ",\n"),
    "currency": CLEAN.replace(",1", ",$1").replace(",9", ",$9"),
    "currency after": CLEAN.replace("\n2024", " USD\n2024").replace("BBB USD", "BBB"),
    "dd.mm.yyyy": CLEAN.replace("2024-01-02", "02.01.2024")
    .replace("2024-01-03", "03.01.2024")
    .replace("2024-01-04", "04.01.2024"),
    "compact dates": CLEAN.replace("-", ""),
    "dates in words": CLEAN.replace("2024-01-02", "2 Jan 2024")
    .replace("2024-01-03", "3 January 2024")
    .replace("2024-01-04", '"Jan 4, 2024"'),
    "dates in German": CLEAN.replace("2024-01-02", "2. Januar 2024")
    .replace("2024-01-03", "3. Jan. 2024")
    .replace("2024-01-04", "Do 4 Jan 2024"),
    "Excel serials": CLEAN.replace("2024-01-02", "45293")
    .replace("2024-01-03", "45294")
    .replace("2024-01-04", "45295"),
    "times and zones": CLEAN.replace("-02,", "-02T16:00:00-05:00,").replace("-03,", "-03 16:00:00+00:00,"),
    "newest first": "\n".join([CLEAN.splitlines()[0], *CLEAN.splitlines()[:0:-1]]),
    "not in order": "\n".join(CLEAN.splitlines()[i] for i in (0, 2, 1, 3)),
    "preamble": "Export of today\n\n" + CLEAN,
    "footnote": CLEAN + "\nSource: vendor, unadjusted\n",
    "cut off in the next row": CLEAN + "2024-0",
    "total": CLEAN + "Total,31.5,300.75\n",
    "repeated header": CLEAN + "Date,AAA,BBB\n",
    "blank lines": CLEAN.replace("\n2024-01-03", "\n\n,,\n2024-01-03"),
    "repeated row": CLEAN + "2024-01-04,10.25,99.5\n",
    "the same column twice": "Date,AAA,BBB,AAA\n2024-01-02,10.5,100,10.5\n2024-01-03,10.75,101.25,10.75\n"
    "2024-01-04,10.25,99.5,10.25\n",
    "row numbers": ",Date,AAA,BBB\n0,2024-01-02,10.5,100\n"
    "1,2024-01-03,10.75,101.25\n2,2024-01-04,10.25,99.5\n",
    "long": "date,ticker,close\n2024-01-02,AAA,10.5\n2024-01-02,BBB,100\n2024-01-03,AAA,10.75\n"
    "2024-01-03,BBB,101.25\n2024-01-04,AAA,10.25\n2024-01-04,BBB,99.5\n",
}
NEEDS_ANSWER = {"dd.mm.yyyy"}
SAID = {
    "currency": "Currency signs",
    "currency after": "Currency signs",
    "Excel serials": "Excel serial",
    "newest first": "newest to the oldest",
    "not in order": "sorted (2 moved)",
    "preamble": "above the header left out: 1",
    "footnote": "Source: vendor",
    "total": "Total",
    "cut off in the next row": "Line 5 is not a dated row",
    "repeated header": "repeated in line 5",
    "blank lines": "Blank lines among the data left out: 2",
    "repeated row": "same values, left out: 1",
    "the same column twice": "AAA appears twice",
    "row numbers": "only counts the rows",
    "trailing separator": "neither a name nor values",
    "dd.mm.yyyy": "as chosen",
}


@pytest.mark.parametrize("case", DIALECTS)
def test_every_dialect_gives_the_same_table(case, tmp_path):
    text = DIALECTS[case]
    if case == "times and zones":
        text = text.replace("-04,", "-04 00:00:00Z,")
    if case.startswith("dates in words") or case == "dates in German":
        pass  # one shape, the month in letters
    frame, report = read(
        text, tmp_path, Answers(date_order="day/month/year") if case in NEEDS_ANSWER else None
    )
    assert is_clean(frame)
    if case in SAID:
        assert any(SAID[case] in sentence for sentence in report), report


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_recognised(encoding, tmp_path):
    frame, report = read(CLEAN.replace("AAA", "Société"), tmp_path, encoding=encoding)
    assert list(frame.columns) == ["Société", "BBB"] and frame.to_numpy().tolist() == VALUES
    assert any("Windows-1252" in r for r in report) == (encoding == "cp1252")


def test_tickers_stay_text(tmp_path):
    names = ["NA", "NULL", "TRUE", "0700", "nan", "1E5", "=1+1", "<b>x</b>", "a,b", "-"]
    head = ",".join(f'"{n}"' for n in names)
    rows = "".join(f"2024-01-0{d}," + ",".join(str(d + k) for k in range(10)) + "\n" for d in (2, 3))
    frame, report = read(f"Date,{head}\n{rows}", tmp_path)
    assert list(frame.columns) == names and report == []
    long = "date,ticker,close\n" + "".join(
        f"2024-01-0{d},{t},{d}\n" for d in (2, 3) for t in ("NA", "0700", "TRUE")
    )
    assert list(read(long, tmp_path)[0].columns) == ["NA", "0700", "TRUE"]


def test_thousands_in_every_fashion(tmp_path):
    expected = [1234567.5, 1234.25]
    for cells in (
        ('"1,234,567.5"', '"1,234.25"'),
        ('"1.234.567,5"', '"1.234,25"'),
        ('"1 234 567,5"', '"1 234,25"'),
        ("1'234'567.5", "1'234.25"),
        ('"12,34,567.5"', '"1,234.25"'),
    ):
        frame, _ = read(f"Date,A\n2024-01-02,{cells[0]}\n2024-01-03,{cells[1]}\n", tmp_path)
        assert frame["A"].tolist() == expected, cells


def test_missing_values_late_starts_and_ends_are_counted(tmp_path):
    text = "Date,A,B,C,D\n"
    text += "".join(
        f"2024-01-{d:02},{'n/a' if d == 12 else 10 + d},"
        f"{'' if d < 5 else 5 + d},,{'-' if d > 17 else 4 + d}\n"
        for d in range(2, 20)
    )
    frame, report = read(text, tmp_path)
    said = " ".join(report)
    assert frame.isna().sum().to_dict() == {"A": 1, "B": 3, "C": 18, "D": 2}
    for words in (
        "history: 1, in A 1 (2024-01-12)",
        "B starts on 2024-01-05, 3 rows after",
        "No values at all: C",
    ):
        assert words in said
    assert "D ends on 2024-01-17, 2 rows before" in said
    data = load_prices(text.encode(), "x.csv")
    assert data.default_assets == ("B",) and any("missing: A, C, D" in n for n in data.notes)
    assert data.scenarios(data.default_assets).count == 14


def test_stale_runs_jumps_splits_and_gaps_are_reported(tmp_path):
    days = pd.bdate_range("2023-01-02", periods=40)
    a = np.linspace(50, 60, 40)
    b, c = a.copy(), a.copy()
    b[20:] /= 10
    c[5:20] = c[5]
    d = a.copy()
    d[30] *= 10
    frame = pd.DataFrame(
        {"A": a, "B": b, "C": c, "D": d}, index=days.where(days < "2023-02-20", days + pd.Timedelta(days=60))
    )
    _, report = read(frame.to_csv(index_label="Date"), tmp_path)
    said = " ".join(report)
    assert "B moves by −90.0 % on 2023-01-30 (like an unadjusted 10:1 split)" in said
    assert "C is unchanged (stale?) for 15 rows from 2023-01-09" in said
    assert "D moves by +9" in said and "back in the next row" in said
    assert "gap of 63 days between 2023-02-17" in said
    assert "A moves" not in said and "A is" not in said


def test_one_ticker_tables_take_the_adjusted_close_and_say_so(tmp_path):
    rows = "2024-01-02,1,2,0.5,1.5,1.4,900\n2024-01-03,1,2,0.5,1.6,1.5,900\n"
    frame, report = read("Date,Open,High,Low,Close,Adj Close,Volume\n" + rows, tmp_path, name="^NSEI.csv")
    assert list(frame.columns) == ["^NSEI"] and frame.iloc[:, 0].tolist() == [1.4, 1.5]
    assert any("Adj Close was taken" in r for r in report)
    frame, _ = read("Date,Open,High,Low,Close,Adj Close,Volume\n" + rows, tmp_path, Answers(column="Close"))
    assert frame.iloc[:, 0].tolist() == [1.5, 1.6]


PERCENT = "Date,A,B\n2024-01-02,1.5%,-0.5%\n2024-01-03,-1%,0.25%\n"


def test_percentages_are_returns(tmp_path):
    frame, report = read(PERCENT, tmp_path)
    assert frame.to_numpy() == pytest.approx(np.array([[0.015, -0.005], [-0.01, 0.0025]]), abs=1e-17)
    assert any("returns" in r for r in report)
    made = load_prices(PERCENT.encode() if isinstance(PERCENT, str) else PERCENT, "r.csv")
    returns = made.scenarios(made.default_assets).returns
    assert returns == pytest.approx(np.array([[0.015, -0.005], [-0.01, 0.0025]]), abs=1e-15)
    assert any("100 on" in note for note in made.notes)


def test_returns_of_unequal_length_start_where_each_asset_does():
    made = load_prices(
        b"Date,OLD,NEW\n2024-01-02,1%,\n2024-01-03,2%,\n2024-01-04,-1%,3%\n2024-01-05,1%,1%\n", "r.csv"
    )
    assert made.scenarios(["OLD"]).returns[:, 0] == pytest.approx([0.01, 0.02, -0.01, 0.01], abs=1e-15)
    assert made.scenarios(["NEW"]).returns[:, 0] == pytest.approx([0.03, 0.01], abs=1e-15)
    assert str(made.common_start(["NEW"]).date()) == "2024-01-03"


def test_returns_with_a_gap_are_refused_naming_the_asset():
    with pytest.raises(MissingDataError, match=r"A \(1 rows\)"):
        load_prices(b"Date,A,B\n2024-01-02,1%,1%\n2024-01-03,,2%\n2024-01-04,-1%,3%\n", "r.csv")


def test_answers_settle_what_was_asked(tmp_path):
    plain = PERCENT.replace("%", "")
    with pytest.raises(FileFormatError, match="percent points") as caught:
        read(plain, tmp_path)
    assert caught.value.details["readings"] == ("returns", "percent returns")
    assert read(plain, tmp_path, Answers(kind="percent returns"))[0].iloc[0, 0] == pytest.approx(0.015)
    with pytest.raises(MissingDataError, match="loses everything"):
        read(plain, tmp_path, Answers(kind="returns"))
    dates = "Date,A\n03/04/2024,1\n04/04/2024,2\n05/04/2024,3\n"
    with pytest.raises(FileFormatError, match="03 April 2024 as day/month/year; 03/04/2024 is 04 March 2024"):
        read(dates, tmp_path)
    assert read(dates, tmp_path, Answers(date_order="day/month/year"))[0].index[0] == pd.Timestamp(
        "2024-04-03"
    )
    assert read(dates, tmp_path, Answers(date_order="month/day/year"))[0].index[0] == pd.Timestamp(
        "2024-03-04"
    )
    marks = "Date;A\n2024-01-02;1.234\n2024-01-03;1.345\n"
    with pytest.raises(FileFormatError, match=r"1\.234 is 1\.234 or 1234"):
        read(marks, tmp_path)
    assert read(marks, tmp_path, Answers(decimal="."))[0]["A"].tolist() == [1.234, 1.345]
    assert read(marks, tmp_path, Answers(decimal=","))[0]["A"].tolist() == [1234.0, 1345.0]
    with pytest.raises(InputError, match="kind of values"):
        read(CLEAN, tmp_path, Answers(kind="weights"))
    with pytest.raises(FileFormatError, match="decimal mark is"):
        read(CLEAN, tmp_path, Answers(decimal="x"))
    with pytest.raises(FileFormatError, match="no column 'Mid'"):
        read(CLEAN, tmp_path, Answers(column="Mid"))


def with_line(text, number, line):
    lines = text.splitlines()
    lines[number - 1] = line
    return "\n".join(lines) + "\n"


REFUSED = {
    "text in a number": (with_line(CLEAN, 3, "2024-01-03,1O.75,101.25"), "AAA has '1O.75' in line 3"),
    "infinite": (with_line(CLEAN, 4, "2024-01-04,10.25,inf"), "BBB has an infinite value .* line 4"),
    "overflow": (with_line(CLEAN, 4, "2024-01-04,10.25,1e999"), "BBB has an infinite value .* line 4"),
    "zero": (with_line(CLEAN, 3, "2024-01-03,10.75,0"), "BBB has a zero price on 2024-01-03"),
    "a few negatives": (
        "Date,A\n" + "".join(f"2024-01-{d:02},{-d if d == 9 else d}\n" for d in range(2, 28)),
        "A has a negative .* on 2024-01-09",
    ),
    "row too long": (with_line(CLEAN, 3, "2024-01-03,10,101,7"), "Line 3 has 4 cells where the header has 3"),
    "row too short": (with_line(CLEAN, 4, "2024-01-04,10"), "Line 4 has 2 cells"),
    "no date in a row": (with_line(CLEAN, 3, ",10.75,101.25"), "Line 3 has '' where a date should be"),
    "dates of another fashion first": (
        "Date,A,B\nQ3 2023,1,2\nQ4 2023,2,3\n2024-01-02,3,4\n2024-01-03,4,5\n2024-01-04,5,6\n",
        "Line 2 has 'Q3 2023' where a date should be",
    ),
    "dates of another fashion last": (
        "Date,A,B\n2024-01-02,3,4\n2024-01-03,4,5\n2024-01-04,5,6\nFeb,1,2\nQ1 2024,1,2\n",
        "Line 6 has 'Q1 2024' where a date should be",
    ),
    "no such date": (with_line(CLEAN, 3, "2024-02-30,10.75,101.25"), "no date 2024-02-30 .line 3"),
    "future": (with_line(CLEAN, 4, "2999-01-04,10.25,99.5"), "2999-01-04 in line 4 lies in the future"),
    "mixed date formats": (
        with_line(CLEAN, 4, "13/01/2024,10.25,99.5"),
        "mixed: .* but 13/01/2024 in line 4",
    ),
    "conflicting dates": (
        CLEAN + "2024-01-03,10.7,101.25\n",
        "2024-01-03 appears twice .*AAA.* line 3 and line 5",
    ),
    "conflicting columns": (
        "Date,A,B,A\n2024-01-02,1,2,3\n2024-01-03,1,2,3\n",
        r"A appears twice \(columns 2 and 4\)",
    ),
    "long conflict": (
        "date,ticker,close\n2024-01-02,A,1\n2024-01-02,B,2\n2024-01-03,A,1\n2024-01-02,A,3\n",
        "A appears twice on 2024-01-02 .*1 in line 2, 3 in line 5",
    ),
    "several long prices": (
        "date,ticker,bid,ask\n2024-01-02,A,1,2\n2024-01-02,B,2,3\n2024-01-03,A,1,2\n",
        "Several columns may hold the price: bid, ask",
    ),
    "a column of words": (
        "Date,A,Note\n2024-01-02,1,fine\n2024-01-03,2,bad\n",
        "'Note' holds text",
    ),
    "no header": ("\n".join(CLEAN.splitlines()[1:]), "no header above the first data row"),
    "unnamed column": ("Date,A,\n2024-01-02,1,2\n2024-01-03,2,3\n", "Column 3 has values but no name"),
    "header only": ("Date,A,B\n", "no rows of data"),
    "empty": ("", "empty"),
    "blank": (" \n\n", "empty|no columns"),
    "one row": ("Date,A\n2024-01-02,1\n", "at least two"),
    "no dates": ("a,b\n1,2\n3,4\n", "No column holds dates"),
    "dates across": ("Ticker,2024-01-02,2024-01-03\nA,1,2\nB,2,3\n", "dates run across"),
    "only dates": ("Date,\n2024-01-02,\n2024-01-03,\n", "no column of prices"),
    "prose": ("Dear all,\nplease find the prices attached.\n", "No column holds dates"),
    "one column": ("2024-01-02\n2024-01-03\n", "no columns"),
    "decimal comma in a comma file": (
        "Date,A,B\n2024-01-02,1,5,2,5\n2024-01-03,1,6,2,6\n",
        "decimal commas in a comma-separated file",
    ),
    "mixed marks": (
        "Date;A;B\n2024-01-02;1.5;2,5\n2024-01-03;1.6;2,6\n",
        "decimal mark is mixed: 1.5 .* 2,5",
    ),
    "mixed currencies": (
        "Date,A,B\n2024-01-02,$1,€2\n2024-01-03,$1,€2\n",
        r"several currencies \(\$ in A, € in B\)",
    ),
    "mixed in a column": ("Date,A\n2024-01-02,$1\n2024-01-03,€2\n", "A mixes currencies"),
    "mixed percent": ("Date,A\n2024-01-02,1%\n2024-01-03,2\n", "A mixes percentages"),
    "percent beside prices": ("Date,A,B\n2024-01-02,-1%,5\n2024-01-03,2%,6\n", "A holds percentages"),
    "percent of par": ("Date,A\n2024-01-02,99.5%\n2024-01-03,99.25%\n", "percent of par"),
    "open quotation mark": (
        'Date,A\n2024-01-02,1\n2024-01-03,"2\n2024-01-04,3\n',
        "quotation marks from line 3",
    ),
    "returns": (
        "Date,A\n2024-01-02,0.01\n2024-01-03,-0.02\n2024-01-04,0.01\n",
        "look like returns as decimals",
    ),
    "intraday": (
        "Date,A\n2024-01-02 10:00,1\n2024-01-02 11:00,2\n2024-01-03 10:00,2\n",
        "2024-01-02 appears twice",
    ),
    "long name": ("Date," + "x" * 200 + "\n2024-01-02,1\n2024-01-03,2\n", "200 characters"),
    "grouping gone wrong": ("Date;A\n2024-01-02;1,23,45.6\n2024-01-03;1.5\n", "'1,23,45.6' in line 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_naming_the_place(case, tmp_path):
    text, words = REFUSED[case]
    with pytest.raises(RiskcoreError, match=words) as caught:
        read(text, tmp_path)
    message = str(caught.value)
    assert message[-1] in ".?)" or message.endswith(".")
    assert "\n" not in message and len(message) < 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG image, not text"),
        (b"\x80\x04\x95\x0e\x00\x00\x00", "pickle"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0" + bytes(20), "password-protected Excel"),
        (b"Date,A\n2024-01-02,\x001\n", "binary, not text"),
        (b"Date,\x81\n2024-01-02,1\n", "encoding of the file is not recognised"),
        (b"\xff\xfeD\x00a", "utf-16"),
    ],
)
def test_what_is_not_text_is_refused_and_never_unpickled(content, words, tmp_path):
    with pytest.raises(FileFormatError, match=words):
        read(content, tmp_path)


def test_limits_are_said(tmp_path, monkeypatch):
    wide = "Date," + ",".join(f"T{i}" for i in range(501)) + "\n"
    wide += "".join(f"2024-01-0{d}," + ",".join(["1"] * 501) + "\n" for d in (2, 3))
    with pytest.raises(FileFormatError, match="501 tickers; the limit is 500"):
        read(wide, tmp_path)
    monkeypatch.setattr(dialect, "MAX_CELLS", 5)
    with pytest.raises(FileFormatError, match="the limit is"):
        read(CLEAN, tmp_path)
    monkeypatch.setattr(dialect, "MAX_BYTES", 10)
    with pytest.raises(FileFormatError, match="the limit is"):
        read(CLEAN, tmp_path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileFormatError, match=r"gone.csv cannot be opened"):
        load(tmp_path / "gone.csv")
    with pytest.raises(FileFormatError, match="cannot be opened"):
        load(tmp_path)


@pytest.mark.skipif(not (CORPUS / "score.py").exists(), reason="the shared corpus is not beside the checkout")
def test_the_shared_corpus(monkeypatch):
    monkeypatch.syspath_prepend(str(CORPUS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import score

    entries = json.loads((CORPUS / "public" / "manifest.json").read_text())["entries"]
    failed = []
    for entry in entries:
        if entry["expected"] == "text_cases" or entry["category"] == "weights":
            continue
        try:
            frame, report = load(CORPUS / entry["file"])
            outcome = ("ok", frame, " ".join(report), 0.0, None)
        except RiskcoreError as error:
            outcome = ("err", "DataError", str(error), 0.0, None)
        verdict = score.score(entry, outcome)
        if verdict[0] != "pass":
            failed.append((entry["file"], verdict))
    assert failed == []
