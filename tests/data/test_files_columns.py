"""Columns beside the prices, and numbers that may be something else: kept, left out, asked or refused."""

import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

from riskcore.data.files import Answers, load_prices
from riskcore.errors import FileFormatError

DAYS = pd.bdate_range("2024-01-02", periods=24)
RNG = np.random.default_rng(20240102)
RETURNS = RNG.normal(0.0004, 0.01, (24, 2)).round(5)
A, B = (100 * np.cumprod(1 + RETURNS, axis=0)).round(2).T


def refused(content, name="file.csv", answers=None):
    with pytest.raises(FileFormatError) as caught:
        load_prices(content if isinstance(content, bytes) else content.encode(), name, answers)
    return caught.value


def loaded(content, name="file.csv", answers=None):
    return load_prices(content if isinstance(content, bytes) else content.encode(), name, answers)


def lines(head, row):
    return "\n".join([head, *(row(k, DAYS[k]) for k in range(len(DAYS)))])


def long_rows(volume=str):
    for k, day in enumerate(DAYS):
        for name, prices, traded in (("AAA", A, 1000 + k), ("BBB", B, 5000 + k)):
            yield f"{day:%Y-%m-%d},{name},{prices[k]},{volume(traded)}"


class TestVolumes:
    def test_of_every_ticker_in_a_long_table_however_it_is_sorted(self):
        rows = list(long_rows())
        for order in (rows, rows[::2] + rows[1::2], rows[::-1]):
            data = loaded("\n".join(["Date,Ticker,Close,Volume", *order]))
            assert data.volumes["AAA"].tolist() == [1000 + k for k in range(24)]
            assert data.volumes["BBB"].tolist() == [5000 + k for k in range(24)]
            assert "Ticker" not in " ".join(data.notes)

    def test_in_thousands_as_words_of_a_long_table(self):
        data = loaded("\n".join(["Date,Ticker,Close,Volume", *long_rows(lambda v: f"{v / 1000:.3f}K")]))
        assert data.volumes["BBB"].round(6).tolist() == [5000 + k for k in range(24)]

    def test_under_two_rows_of_heads(self):
        head = ",Close,Close,Volume,Volume\n,AAA,BBB,BBB,AAA\nDate,,,,"
        data = loaded(lines(head, lambda k, day: f"{day:%Y-%m-%d},{A[k]},{B[k]},{k},{100 + k}"))
        assert data.volumes["AAA"].tolist() == [100 + k for k in range(24)]
        assert data.volumes["BBB"].tolist() == list(range(24))
        assert "Close was taken as the price of each ticker; Volume is kept as the volume." in data.notes


class TestFurtherDates:
    def test_that_repeat_the_first_as_the_ecb_writes_them(self):
        data = loaded(
            lines("DATE,TIME PERIOD,Dollar (EXR.D)", lambda k, d: f"{d:%Y-%m-%d},{d:%d %b %Y},{A[k]}")
        )
        assert data.tickers == ("Dollar (EXR.D)",)
        assert data.prices.iloc[:, 0].tolist() == A.tolist()
        assert "'TIME PERIOD' repeats the dates and was left out." in data.notes

    def test_that_differ_are_refused_with_their_column(self):
        error = refused(
            lines(
                "Date,A,Date,B",
                lambda k, d: f"{d:%Y-%m-%d},{A[k]},{d + pd.Timedelta(days=1):%Y-%m-%d},{B[k]}",
            )
        )
        assert "'Date' (column 3) holds dates that differ" in str(error)

    def test_times_of_day_are_left_out_and_said(self):
        data = loaded(lines("<DATE>,<TIME>,A", lambda k, d: f"{d:%Y%m%d},160000,{A[k]}"))
        assert data.tickers == ("A",)
        assert "'<TIME>' holds times of day and was left out." in data.notes

    def test_of_another_calendar(self):
        persian = "\n".join(["Date,A", *(f"1402/01/{k + 1:02d},{A[k]}" for k in range(20))])
        assert "before there were exchanges (or is it of another calendar?)" in str(refused(persian))
        buddhist = lines("Date,A", lambda k, d: f"{d.day}/{d.month}/{d.year + 543},{A[k]}")
        assert "future (or is it of another calendar?)" in str(refused(buddhist))

    def test_a_question_about_their_order_shows_a_date_that_differs(self):
        content = "\n".join(["Date,A", *(f"0{m}/01/2023,{100 + m}" for m in range(1, 10))])
        assert "02/01/2023 is 02 January 2023 as day/month/year" in str(refused(content))

    def test_a_long_table_out_of_order_says_so(self):
        rows = list(long_rows())
        rows[0], rows[6] = rows[6], rows[0]
        notes = " ".join(loaded("\n".join(["Date,Ticker,Close,Volume", *rows])).notes)
        assert "not in date order and were sorted" in notes


class TestKinds:
    def test_a_column_of_returns_beside_one_of_prices_whatever_is_answered(self):
        content = lines("Date,R,P", lambda k, d: f"{d:%Y-%m-%d},{RETURNS[k, 0]},{B[k]}")
        for kind in (None, "prices", "returns", "percent returns"):
            error = refused(content, answers=Answers(kind=kind))
            assert "R holds numbers like returns, P numbers like prices" in str(error)

    def test_returns_that_are_never_negative_are_asked_about(self):
        content = lines("Date,A", lambda k, d: f"{d:%Y-%m-%d},{abs(RETURNS[k, 0]) + 1e-5:.5f}")
        error = refused(content)
        assert error.details["readings"] == ("prices", "returns", "percent returns")
        first = loaded(content, answers=Answers(kind="returns")).prices["A"]
        assert first.iloc[1] / first.iloc[0] - 1 == pytest.approx(abs(RETURNS[0, 0]) + 1e-5, rel=1e-9)

    def test_growth_factors_are_asked_about_and_read(self):
        content = lines(
            "Date,A,B", lambda k, d: f"{d:%Y-%m-%d},{1 + RETURNS[k, 0]:.5f},{1 + RETURNS[k, 1]:.5f}"
        )
        assert refused(content).details["readings"] == ("prices", "growth factors")
        data = loaded(content, answers=Answers(kind="growth factors"))
        assert data.prices.pct_change().iloc[1:].to_numpy() == pytest.approx(RETURNS, abs=1e-9)
        assert loaded(content, answers=Answers(kind="prices")).prices["A"].iloc[0] == 1 + RETURNS[0, 0]

    def test_prices_about_one_are_prices(self):
        rates = 1.1 * A / A[0]
        data = loaded(lines("Date,EURUSD", lambda k, d: f"{d:%Y-%m-%d},{rates[k]:.5f}"))
        assert data.prices["EURUSD"].tolist() == rates.round(5).tolist()


class TestCells:
    def test_a_column_left_out_tells_the_decimal_mark(self):
        content = lines(
            '"Date","Price","Open","High","Low","Change %"',
            lambda k, d: (
                f'"{d:%Y-%m-%d}","{100 + k},200","{100 + k},100","{100 + k},300","{100 + k},000",'
                f'"0.{k + 10}%"'
            ),
        )
        assert loaded(content, "krx.csv").prices["krx"].iloc[0] == 100_200

    def test_mixed_decimal_marks_are_named_with_their_places(self):
        content = lines("Date;A;B", lambda k, d: f"{d:%Y-%m-%d};{A[k]};{str(B[k]).replace('.', ',')}")
        assert (
            f"{A[0]} (A, line 2) uses a point and {str(B[0]).replace('.', ',')} (B, line 2) a comma"
            in str(refused(content))
        )

    def test_the_text_in_a_column_is_the_one_that_is_named(self):
        content = "Date,A,B\n2024-01-02,1,2\n2024-01-03,1.1 E,2\n2024-01-04,1.2p,2.1\n"
        assert "'A' holds text, not prices ('1.1 E')" in str(refused(content))

    def test_a_typing_error_is_told_once(self):
        wrong = [10 * a if k == 5 else a for k, a in enumerate(A)]
        notes = loaded(lines("Date,A", lambda k, d: f"{d:%Y-%m-%d},{wrong[k]}")).notes
        move = f"+{100 * (wrong[5] / wrong[4] - 1):.1f} % on {DAYS[5]:%Y-%m-%d}"
        assert [n for n in notes if "moves by" in n] == [
            f"A moves by {move} and back in the next row (a typing error?)."
        ]

    def test_a_table_in_markdown(self):
        content = lines("| Date | A | B |\n|---|--:|:-:|", lambda k, d: f"| {d:%Y-%m-%d} | {A[k]} | {B[k]} |")
        assert loaded(content).prices["B"].tolist() == B.tolist()

    @pytest.mark.parametrize("start", ["<table><tr><td>Date</td></tr>", "  <TABLE border=1>"])
    def test_a_web_table_called_a_workbook(self, start):
        assert "web page" in str(refused(start, "report.xlsx"))

    def test_a_formula_nobody_computed_is_named(self):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["Date", "A"])
        for k, day in enumerate(DAYS):
            sheet.append([day.to_pydatetime(), float(A[k])])
        sheet["B7"] = "=AVERAGE(B6,B8)"
        stream = io.BytesIO()
        book.save(stream)
        data = loaded(stream.getvalue(), "book.xlsx")
        assert "Formulas without a stored value count as empty cells: B7." in " ".join(data.notes)
        assert np.isnan(data.prices["A"].iloc[5])
