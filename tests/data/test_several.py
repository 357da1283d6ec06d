"""Several files at once: joined by date and reported; what does not fit is refused by the file's name."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data import several
from riskcore.data.files import Answers
from riskcore.data.several import load_many, load_many_prices
from riskcore.errors import FileFormatError, InputError, MissingDataError, RiskcoreError

DAYS = pd.bdate_range("2024-01-02", periods=30)


def yahoo_export(start, days=DAYS):
    close = [start + k / 4 for k in range(len(days))]
    lines = [f"{d:%Y-%m-%d},{c},{c + 1},{c - 1},{c},{c},1000" for d, c in zip(days, close, strict=True)]
    return "\n".join(["Date,Open,High,Low,Close,Adj Close,Volume", *lines]).encode(), close


def test_one_file_per_ticker_is_joined_by_date_with_its_volume():
    (spy, close_spy), (bnd, close_bnd) = yahoo_export(400), yahoo_export(70, DAYS[10:])
    data = load_many_prices([("SPY.csv", spy), ("folder/BND.csv", bnd)])
    assert data.tickers == ("SPY", "BND")
    assert data.prices["SPY"].tolist() == close_spy
    assert data.prices["BND"].iloc[10:].tolist() == close_bnd
    assert data.prices["BND"].iloc[:10].isna().all()
    assert data.volumes["SPY"].eq(1000).all()
    said = " ".join(data.notes)
    assert "SPY: 30 rows, 2024-01-02 to 2024-02-12 (SPY.csv)." in said
    assert "BND: 20 rows, 2024-01-16 to 2024-02-12" in said
    assert "SPY.csv, BND.csv: Adj Close was taken as the price" in said
    assert "BND starts on 2024-01-16" in said


def test_the_function_for_paths_says_the_same(tmp_path):
    for name, start in (("AAA.csv", 10), ("BBB.csv", 20)):
        (tmp_path / name).write_bytes(yahoo_export(start)[0])
    frame, report = load_many([tmp_path / "AAA.csv", str(tmp_path / "BBB.csv")])
    assert frame.iloc[0].tolist() == [10, 20]
    assert report[0].startswith("AAA: 30 rows")
    with pytest.raises(FileFormatError, match=r"gone.csv cannot be opened"):
        load_many([tmp_path / "gone.csv"])
    with pytest.raises(InputError, match="at least one file"):
        load_many([])


def test_holidays_of_one_ticker_are_left_out_counted_and_named():
    india, _ = yahoo_export(20, DAYS[DAYS.day != 26])
    data = load_many_prices([("US.csv", yahoo_export(10)[0]), ("IN.csv", india)])
    assert len(data.prices) == 29
    assert any(n.startswith("1 of 30 days were left out") and "IN on 1" in n for n in data.notes)


def test_parts_of_one_ticker_are_put_together_and_conflicts_are_refused():
    first = b"Date,SPY\n2024-01-02,1\n2024-01-03,2\n"
    second = b"Date,SPY\n2024-01-03,2\n2024-01-04,3\n"
    assert load_many_prices([("a.csv", first), ("b.csv", second)]).prices["SPY"].tolist() == [1, 2, 3]
    with pytest.raises(FileFormatError, match=r"SPY is in a.csv and b.csv .* 2024-01-03 \(2 and 9\)"):
        load_many_prices([("a.csv", first), ("b.csv", second.replace(b"03,2", b"03,9"))])


def test_a_question_names_its_file_and_takes_its_answer():
    files = [
        ("iso.csv", b"Date,A\n2024-03-04,1\n2024-03-05,2\n2024-03-06,3\n"),
        ("eu.csv", b"Date;B\n04/03/2024;1\n05/03/2024;2\n06/03/2024;3\n"),
    ]
    with pytest.raises(FileFormatError, match=r"^eu.csv: The date order is ambiguous") as caught:
        load_many_prices(files)
    assert caught.value.details["file"] == "eu.csv"
    assert caught.value.details["question"] == "date_order"
    data = load_many_prices(files, {"eu.csv": Answers(date_order="day/month/year")})
    assert data.prices.index.strftime("%m-%d").tolist() == ["03-04", "03-05", "03-06"]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (b"Date,B\n2024-01-02,1%\n2024-01-03,-2%\n", "holds returns and .* prices; load them apart"),
        (b"Date,B\n2023-10-31,1\n2023-11-30,2\n2023-12-31,3\n", r"rows of b\.csv are about 30 days apart"),
        (b"Date,B\n2024-01-02,x\n2024-01-03,2\n", r"^b\.csv: "),
        (b"\x80\x04pickle", r"^b\.csv: .*pickle"),
    ],
)
def test_files_that_do_not_fit_are_named(other, words):
    with pytest.raises(RiskcoreError, match=words):
        load_many_prices([("a.csv", yahoo_export(5)[0]), ("b.csv", other)])


def test_tickers_without_common_days_are_refused():
    odd, even = yahoo_export(1, DAYS[::2])[0], yahoo_export(2, DAYS[1::2])[0]
    with pytest.raises(MissingDataError, match="days lack a price of some ticker"):
        load_many_prices([("odd.csv", odd), ("even.csv", even)])


def test_limits_hold_for_all_files_together(monkeypatch):
    one = yahoo_export(5)[0]
    with pytest.raises(FileFormatError, match="Two of the files are called"):
        load_many_prices([("a.csv", one), ("a.csv", one)])
    with pytest.raises(FileFormatError, match="501 files are too many"):
        load_many_prices([(f"{k}.csv", b"x") for k in range(501)])
    wide = b"Date," + ",".join(f"T{k}" for k in range(300)).encode() + b"\n"
    wide += b"".join(f"2024-01-0{d},".encode() + ",".join(["1"] * 300).encode() + b"\n" for d in (2, 3))
    with pytest.raises(FileFormatError, match="more than 500 tickers"):
        load_many_prices([("a.csv", wide), ("b.csv", wide.replace(b"T", b"U"))])
    monkeypatch.setattr(several, "MAX_BYTES", 2 * len(one) - 1)
    with pytest.raises(FileFormatError, match="MB together; the limit"):
        load_many_prices([("a.csv", one), ("b.csv", one)])
    monkeypatch.undo()
    monkeypatch.setattr(several, "MAX_CELLS", 59)
    with pytest.raises(FileFormatError, match="30 dates × 2 tickers exceed"):
        load_many_prices([("a.csv", one), ("b.csv", one)])


def test_currencies_named_in_the_files_reach_the_asset_table():
    data = load_many_prices(
        [
            ("A.csv", "Date;A\n2024-01-02;1,50 €\n2024-01-03;1,60 €\n".encode()),
            ("B.csv", b"Date,B\n2024-01-02,USD 2\n2024-01-03,USD 3\n"),
        ]
    )
    assert data.assets["currency"].tolist() == ["EUR", "USD"]


def test_returns_of_several_files_are_compounded_together():
    files = [(f"{t}.csv", f"Date,{t}\n2024-01-02,1%\n2024-01-03,-2%\n".encode()) for t in "AB"]
    data = load_many_prices(files)
    np.testing.assert_allclose(data.scenarios(["A", "B"]).returns, [[0.01, 0.01], [-0.02, -0.02]], atol=1e-15)
