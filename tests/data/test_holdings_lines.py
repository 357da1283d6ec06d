"""Holdings as people type and export them: no row is lost in a header, money is money, sentences are true."""

import pytest

from riskcore.data.holdings import HoldingsAnswers, read_holdings
from riskcore.errors import AssetMismatchError, FileFormatError

KNOWN = ["SPY", "QQQ", "BND", "GOLD"]


def read(text, **answers):
    return read_holdings(text, known=KNOWN, answers=HoldingsAnswers(**answers))


@pytest.mark.parametrize("first", ["SPY\t-", "SPY\tnan", "FOO\tn/a"])
def test_a_first_row_without_its_number_is_no_header(first):
    with pytest.raises(FileFormatError, match=f"{first[:3]} has no shares, amount or weight in line 1"):
        read(f"{first}\nBND\t40\nGOLD\t60")


@pytest.mark.parametrize(
    "text", ["60 SPY\n40 BND", "60% SPY, 40% BND", "SPY 60, BND 40", "60 % SPY; 40 % BND", "SPY: 60\nBND: 40"]
)
def test_numbers_before_names_and_lists_in_one_line(text):
    assert read(text).weights == pytest.approx({"SPY": 0.6, "BND": 0.4})


def test_pieces_before_names():
    assert read("10 x SPY\n5 × BND", kind="amount").weights == pytest.approx({"SPY": 2 / 3, "BND": 1 / 3})


def test_a_table_in_markdown():
    reading = read("| Ticker | Weight |\n|---|---|\n| SPY | 60% |\n| BND | 40% |")
    assert reading.weights == pytest.approx({"SPY": 0.6, "BND": 0.4})


@pytest.mark.parametrize("text", ["hello", "SPY\nBND\nGOLD"])
def test_names_alone_are_refused_without_talk_of_dates(text):
    with pytest.raises(FileFormatError) as caught:
        read(text)
    assert "one line per asset" in str(caught.value) and "date" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SPY 61\nBND 40", "its numbers sum to 101."),
        ("SPY\t0.5%\nBND\t0.5%", "its numbers carry a % sign."),
        ("SPY\t0.61\nBND\t0.4", "its numbers sum to 1.01."),
    ],
)
def test_why_numbers_are_weights_is_true(text, why):
    assert any(note.endswith(f"was read as weights: {why}") for note in read(text).notes)


def test_a_subtotal_is_compared_with_its_own_section():
    rows = "Equities\nSPY\t6000\nQQQ\t2000\nSubtotal\t8000\nBonds\nBND\t4000\nSubtotal\t4000\nTotal\t12000"
    notes = " ".join(read(f"Asset\tValue\n{rows}").notes)
    assert notes.count("agrees with the rows") == 3
    wrong = read(f"Asset\tValue\n{rows.replace('Subtotal	4000', 'Subtotal	4500')}")
    assert "it says 4,500.00, but the rows since the total before it add up to 4,000.00" in " ".join(
        wrong.notes
    )


def test_a_money_market_fund_is_cash_when_the_reader_says_so():
    text = "Symbol\tQuantity\tPrice\tValue\nSPAXX**\t\t\t$1,000.50\nSPY\t10\t$600.00\t$6,000.00"
    assert [u.spelled for u in read(text).unmatched] == ["SPAXX**"]
    reading = read(text, cash=frozenset({"SPAXX**"}))
    assert reading.cash == 1000.5 and not reading.unmatched
    assert reading.weights == pytest.approx({"SPY": 6000 / 7000.5})
    pieces = read("Symbol\tShares\tPrice\nVMFXX\t1000\t1\nSPY\t10\t600.5", cash=frozenset({"VMFXX"}))
    assert pieces.cash == 1000.0 and pieces.total_value == 7005.0
    with pytest.raises(AssetMismatchError, match="XX was answered but is not in the table"):
        read(text, cash=frozenset({"XX"}))


def test_cash_that_names_a_currency_no_column_states_is_said():
    notes = " ".join(read("Ticker\tValue (USD)\nSPY\t6000\nCash EUR\t1000").notes)
    assert "Cash EUR (line 3): its amount was taken to be in USD." in notes
    assert "taken to be" not in " ".join(read("Ticker\tValue (EUR)\nSPY\t6000\nCash EUR\t1000").notes)


def test_a_heading_with_the_sum_of_its_rows_is_named_and_may_be_left_out():
    text = "Asset\tValue\nEquities\t8000\nSPY\t6000\nQQQ\t2000\nBonds\t4000\nBND\t4000"
    notes = " ".join(read(text).notes)
    assert "Equities (line 2) is worth as much as the 2 rows below it: where it is a heading" in notes
    assert "Bonds (line 5) is worth as much as the row below it" in notes
    reading = read(text, assets={"Equities": None, "Bonds": None})
    assert reading.weights == pytest.approx({"SPY": 0.5, "QQQ": 1 / 6, "BND": 1 / 3})
    assert "worth as much" not in " ".join(
        read(text.replace("8000", "8100").replace("4000\nBND", "1\nBND")).notes
    )
