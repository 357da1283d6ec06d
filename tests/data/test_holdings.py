"""Holdings as brokers and spreadsheets write them: read with everything said, or refused with readings."""

import io

import pandas as pd
import pytest

from riskcore.data.holdings import HoldingsAnswers, Position, drifted_weights, read_holdings
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, FileFormatError, InputError, MissingDataError

WORLD = load_sample("global").assets
US = load_sample("us").assets
HELD = {"AAPL": 10.0, "KO": 20.0}
VALUES = {"AAPL": 2000.0, "KO": 1000.0}


def quantities(reading):
    return {p.label: p.quantity for p in reading.positions}


def values(reading):
    return {p.label: p.value for p in reading.positions}


@pytest.mark.parametrize(
    "text",
    [
        "Ticker\tShares\tPrice\nAAPL\t10\t200\nKO\t20\t50",
        "Symbol,Quantity,Last Price\naapl,10,$200.00\nko,20,$50.00\n",
        "Wertpapier;Stück;Kurs;Kurswert\nApple;10;200,00;2.000,00\nCoca-Cola;20;50,00;1.000,00\n",
        "Libellé;Quantité;Cours;Valorisation\nApple;10;200,00;2 000,00\nCoca-Cola;20;50,00;1 000,00\n",
        "Título;Cantidad;Precio;Importe\nApple;10;200,00;2.000,00\nCoca-Cola;20;50,00;1.000,00\n",
        "銘柄コード,数量,現在値\nAAPL,10,200\nKO,20,50\n",
        # No word is known: the numbers hang together, and shares are whole.
        "Xa;Xb;Xc;Xd\nAAPL;10;200,0;2000,0\nKO;20;50,0;1000,0\n".replace("200,0;", "200,5;").replace(
            "2000,0", "2005,0"
        ),
        "Ticker\tAverage price\tShares\tPrice\tGain %\nAAPL\t150\t10\t200\t33%\nKO\t40\t20\t50\t25%",
        "Holding,Position,Mark\nApple,10,200\nCoca-Cola,20,50\n",
        "Account 12345,,\nPositions as of 31 December 2024,,\n\nTicker,Units,Price\nAAPL,10,200\nKO,20,50\n\n"
        "Prices are delayed by 15 minutes,,\n",
        "Ticker\tName\tISIN\tShares\tPrice\nAAPL\tApple\tUS0378331005\t10\t200\nKO\tCoca-Cola\t\t20\t50",
    ],
)
def test_every_way_of_writing_ten_apples_and_twenty_colas(text):
    reading = read_holdings(text, known=US)
    assert reading.unit == "shares" and quantities(reading) == HELD
    expected = VALUES if "200,5" not in text else {"AAPL": 2005.0, "KO": 1000.0}
    assert values(reading) == pytest.approx(expected)
    total = sum(expected.values())
    assert reading.total_value == pytest.approx(total) and reading.cash == 0.0 and reading.unmatched == ()
    assert reading.weights == pytest.approx({k: v / total for k, v in expected.items()})
    assert reading.weights == pytest.approx(reading.portfolio("mine").weights.to_dict())
    assert "drift" in reading.drifts


def test_headings_of_well_known_brokers():
    fidelity = (
        "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,"
        "Today's Gain/Loss Dollar,Percent Of Account,Cost Basis Total,Average Cost Basis,Type\n"
        "X1,Cash Management,AAPL,APPLE INC,10,$200.00,+$1.20,$2000.00,+$12.00,66.67%,$1500.00,$150,Margin\n"
        "X1,Cash Management,KO,COCA COLA,20,$50.00,-$0.20,$1000.00,-$4.00,33.33%,$800.00,$40.00,Margin\n"
    )
    reading = read_holdings(fidelity, known=US)
    assert quantities(reading) == HELD and values(reading) == VALUES and reading.cash == 0.0
    degiro = (
        "Product,Symbol/ISIN,Amount,Closing,Local value,Value in EUR\n"
        'APPLE INC,US0378331005,10,"200,50","USD 2005,00","1804,50"\n'
        'COCA-COLA,US1912161007,20,"50,50","USD 1010,00","909,00"\n'
    )
    with pytest.raises(FileFormatError, match="Several columns may hold the amounts: Amount, Local value"):
        read_holdings(degiro)


def test_what_is_left_out_is_said():
    text = (
        "Depotübersicht;;;;\nWertpapier;Einstandskurs;Stück;Kurs;Kurswert in EUR\nAktien;;;;\n"
        "Apple;150,00;10;200,00;2.000,00\nCoca-Cola;40,00;20;50,00;1.000,00\nGesamt;;;;3.000,00\n"
        "Ohne Gewähr;;;;\n"
    )
    reading = read_holdings(text, known=US)
    assert values(reading) == VALUES and reading.currency == "EUR"
    assert reading.notes == (
        "Lines above the table left out: 1 (from 'Depotübersicht').",
        "Lines of words without numbers left out: line 3 ('Aktien'), line 7 ('Ohne Gewähr').",
        "Columns left out: Einstandskurs.",
        "Matched: Apple as AAPL, Coca-Cola as KO.",
        "The total in line 6 was left out; it agrees with the rows (3,000.00).",
    )


def test_cash_counts_and_is_no_asset():
    text = "Name,Shares,Price,Value\nApple,10,200,2000\nCash & equivalents,,,1000.50\nTotal,,,3000.50\n"
    reading = read_holdings(text, known=US)
    assert reading.cash == 1000.5 and reading.total_value == 3000.5
    assert reading.weights == pytest.approx({"AAPL": 2000 / 3000.5})
    assert "Cash: 1,000.50 (line 3)." in reading.notes
    assert read_holdings("Name\tWeight\nApple\t90 %\nLiquidités\t10 %", known=US).cash == pytest.approx(0.1)
    # An asset the data calls CASH is an asset.
    assert (
        read_holdings("Name\tWeight\nCASH\t40 %\nAAPL\t60 %", known=["CASH", "AAPL"]).weights["CASH"] == 0.4
    )


def test_totals_that_do_not_add_up_are_said():
    reading = read_holdings("Name;Value\nApple;2000,5\nCoca-Cola;500,5\nSumme;2600,0\n", known=US)
    assert (
        "The total in line 4 was left out; it says 2,600.00, but the rows add up to 2,501.00."
        in reading.notes
    )
    unnamed = read_holdings("Name;Value\nApple;2000,50\nCoca-Cola;500,25\n;2500,75\n", known=US)
    assert "The sum in line 4 was left out." in unnamed.notes and unnamed.total_value == 2500.75
    # A sum in a language nobody knows counts no shares and repeats the rows above it.
    foreign = read_holdings(
        "Name;Shares;Value\nApple;10;2000,50\nCoca-Cola;5;500,25\nYhteensä;;2500,75\n", known=US
    )
    assert foreign.total_value == 2500.75 and "The sum in line 4 (Yhteensä) was left out." in foreign.notes


def test_subtotals_agree_with_their_own_rows():
    text = (
        "Name,Qty,Value\nEquities,,\nApple,10,2000\nCoca-Cola,20,1000\nSubtotal,,3000\nBonds,,\n"
        "Pepsi,10,500\nMerck,4,250\nSubtotal,,750\nCash,,100\nTotal,,3850\n"
    )
    reading = read_holdings(text, known=US.assign(name=[n.replace("PepsiCo", "Pepsi") for n in US["name"]]))
    assert reading.total_value == 3850.0 and reading.cash == 100.0
    said = [n for n in reading.notes if n.startswith("The total")]
    assert [n.split("agrees with the rows ")[1] for n in said] == ["(3,000.00).", "(750.00).", "(3,850.00)."]


def test_commas_part_cells_where_they_must():
    lines = [f"Asset {k},{100 + k}.55" for k in range(880, 920)]
    for text in ("\n".join(["Name,Value", *lines]), "\n".join(lines)):
        reading = read_holdings(text, answers=HoldingsAnswers(kind="amount"))
        assert reading.positions[0].label == "Asset 880" and reading.positions[0].quantity == 980.55


def test_short_positions_however_they_are_written():
    for text in (
        "Ticker\tShares\tPrice\nAAPL\t100\t10\nKO\t-50\t10",
        "Ticker\tShares\tPrice\nAAPL\t100\t10\nKO\t(50)\t10",
        "Ticker\tShares\tPrice\nAAPL\t100\t10\nKO\t50-\t10",
        "Ticker\tSide\tShares\tPrice\nAAPL\tLong\t100\t10\nKO\tShort\t50\t10",
        "Ticker\tRichtung\tStück\tKurs\nAAPL\tKauf\t100\t10\nKO\tVerkauf\t50\t10",
        "Ticker\tShares\tPrice\tValue\nAAPL\t100\t10\t1000\nKO\t-50\t10\t500",
    ):
        reading = read_holdings(text, known=US)
        assert quantities(reading) == {"AAPL": 100.0, "KO": -50.0}
        assert reading.weights == pytest.approx({"AAPL": 2.0, "KO": -1.0}) and reading.total_value == 500.0


def test_amounts_and_weights():
    amounts = read_holdings("Fund;Market value (€)\nApple;1.500,50\nCoca-Cola;500,50\n", known=US)
    assert amounts.unit == "amount" and amounts.currency == "EUR" and amounts.total_value == 2001.0
    assert "stay as they are" in amounts.drifts
    percent = read_holdings("Asset\tAllocation\nSPY\t60,5 %\nBND\t39,5 %", known=WORLD)
    assert percent.unit == "weight" and percent.weights == pytest.approx({"SPY": 0.605, "BND": 0.395})
    assert percent.total_value is None
    bare = read_holdings("SPY 60\nBND 40", known=WORLD)
    assert bare.weights == pytest.approx({"SPY": 0.6, "BND": 0.4})
    assert any("read as weights: its numbers sum to 100." in n for n in bare.notes)
    short = read_holdings("Ticker,Weight\nSPY,60%\nBND,30%\n", known=WORLD)
    assert any("remaining 10 %" in n for n in short.notes)


def test_weights_that_contradict_the_values_are_said():
    text = "Ticker,Value,Weight\nAAPL,2000.5,70%\nKO,1000.5,30%\n"
    reading = read_holdings(text, known=US)
    assert reading.unit == "amount" and reading.weights["AAPL"] == pytest.approx(2000.5 / 3001)
    assert any("weights differ from those of its values, most for" in n for n in reading.notes)


def test_the_data_prices_value_bare_shares():
    text = "Ticker\tShares\nAAPL\t10\nKO\t20"
    without = read_holdings(text, known=US)
    assert without.total_value is None and any("No price for AAPL, KO" in n for n in without.notes)
    with pytest.raises(MissingDataError, match="No price for AAPL, KO"):
        _ = without.weights
    reading = read_holdings(text, known=US, prices_at={"AAPL": 200.0, "KO": 50.0})
    assert reading.total_value == 3000.0
    assert "Valued at the data's prices, as the table has none: AAPL, KO." in reading.notes
    own = "Ticker\tShares\tPrice\nAAPL\t10\t200\nKO\t20\t50"
    other = read_holdings(own, known=US, prices_at={"AAPL": 100.0, "KO": 50.0})
    assert other.total_value == 3000.0
    assert any("AAPL 200 in the table, 100 in the data" in n for n in other.notes)


def test_unmatched_rows_are_kept_and_can_be_answered():
    text = "Ticker\tWeight\nSPYY\t50 %\nZZZZZZ\t20 %\nBND\t30 %"
    reading = read_holdings(text, known=WORLD)
    assert [(u.spelled, u.place, u.suggestions) for u in reading.unmatched] == [
        ("SPYY", "line 2", ("SPY",)),
        ("ZZZZZZ", "line 3", ()),
    ]
    assert (
        "did you mean SPY?" in reading.unmatched[0].sentence
        and "leave it out" in reading.unmatched[1].sentence
    )
    assert set(reading.weights) == {"SPYY", "ZZZZZZ", "BND"}  # nothing is dropped
    with pytest.raises(AssetMismatchError, match=r"The data has no SPYY .* The data has no ZZZZZZ"):
        reading.portfolio("mine")
    answered = read_holdings(
        text, known=WORLD, answers=HoldingsAnswers(assets={"SPYY": "SPY", "ZZZZZZ": None})
    )
    assert answered.weights == {"SPY": 0.5, "BND": 0.3} and answered.unmatched == ()
    assert any("Left out as chosen: ZZZZZZ (line 3)" in n for n in answered.notes)
    for wrong in ({"SPYY": "NONE"}, {"QQQQ": "SPY"}):
        with pytest.raises(AssetMismatchError, match="was answered but is not in the"):
            read_holdings(text, known=WORLD, answers=HoldingsAnswers(assets=wrong))


def test_isins_are_matched_where_the_data_has_them():
    known = US.assign(isin="")
    known.loc[["AAPL", "KO"], "isin"] = ["US0378331005", "US1912161007"]
    reading = read_holdings("ISIN;Anteil\nUS0378331005;60 %\nUS1912161007;40 %\n", known=known)
    assert reading.weights == {"AAPL": 0.6, "KO": 0.4}
    with pytest.raises(AssetMismatchError, match="mean different assets"):
        read_holdings("ISIN;Ticker;Anteil\nUS0378331005;KO;60 %\n;AAPL;40 %\n", known=known)


def test_rows_of_one_asset_are_added_up_and_said():
    reading = read_holdings("Ticker\tShares\nSPY\t10\nBND\t7\nspy\t5", known=WORLD)
    assert quantities(reading) == {"SPY": 15.0, "BND": 7.0}
    assert "SPY stands in line 2, line 4; the rows were added up: 10 + 5 = 15." in reading.notes


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("SPY\t10\t500\nSPY\t5\t400", "different prices .400 and 500."),
        ("SPY\t10\t500\nSPY\t-5\t500", "a long and a short position"),
        ("SPY\t10\t500\nSPY\t10\t500", "the same numbers"),
    ],
)
def test_rows_of_one_asset_that_contradict_each_other_are_asked_about(rows, words):
    text = f"Ticker\tShares\tPrice\n{rows}\nBND\t1\t70"
    with pytest.raises(AssetMismatchError, match=f"SPY stands in line 2, line 3 with {words}") as caught:
        read_holdings(text, known=WORLD)
    assert caught.value.details["readings"] == ("sum",)
    summed = read_holdings(text, known=WORLD, answers=HoldingsAnswers(duplicates="sum"))
    assert quantities(summed)["SPY"] == sum(float(r.split("\t")[1]) for r in rows.split("\n"))


def test_currencies_are_added_only_with_rates():
    text = "Ticker,Shares,Price,Currency\nAAPL,10,200,USD\nVOD,100,80,GBX\n"
    with pytest.raises(MissingDataError, match="in USD, GBP, which cannot be added up"):
        read_holdings(text)
    reading = read_holdings(text, answers=HoldingsAnswers(currency="USD", rates={"GBP": 1.25}))
    assert reading.currency == "USD" and values(reading) == {"AAPL": 2000.0, "VOD": pytest.approx(100.0)}
    assert "Amounts were converted: 1 GBP = 1.25 USD." in reading.notes
    for rate in (0.0, -1.0, float("nan"), "1.2"):
        with pytest.raises(InputError, match="must be a positive number"):
            read_holdings(text, answers=HoldingsAnswers(currency="USD", rates={"GBP": rate}))


def test_amounts_converted_by_the_broker_are_recognised():
    text = (
        "Ticker,Shares,Price,Currency,Market Value\nAAPL,10,200,USD,1800\nMSFT,10,400,USD,3600\n"
        "SAP,5,80,EUR,400\nBMW,5,90,EUR,450\n"
    )
    reading = read_holdings(text)
    assert reading.currency == "EUR" and reading.total_value == 6250.0
    assert any("The amounts are all in EUR" in n for n in reading.notes)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("SPY 100\nBND 50", ("shares", "amount", "weight")),
        ("Ticker;Xb\nSPY;10\nBND;7\n", ("shares", "amount", "weight")),
        ("Ticker;Xb;Xc\nSPY;10;8\nBND;7;9\n", ("Xb", "Xc")),
        ("Ticker,Value USD,Value EUR\nSPY,100.5,90.1\nBND,50.5,45.9\n", ("Value USD", "Value EUR")),
        ("Ticker;Shares\nSPY;1,000\nBND;2,500\n", (".", ",")),
    ],
)
def test_what_has_several_readings_is_asked(text, readings):
    with pytest.raises(FileFormatError) as caught:
        read_holdings(text, known=WORLD)
    assert caught.value.details["readings"] == readings


def test_answers_settle_it():
    bare = "SPY 100\nBND 50"
    shares = read_holdings(bare, known=WORLD, answers=HoldingsAnswers(kind="shares"))
    assert shares.unit == "shares" and quantities(shares) == {"SPY": 100.0, "BND": 50.0}
    amounts = read_holdings(bare, known=WORLD, answers=HoldingsAnswers(kind="amount"))
    assert amounts.total_value == 150.0
    two = "Ticker,Value USD,Value EUR\nSPY,100.5,90.1\nBND,50.5,45.9\n"
    euros = read_holdings(two, known=WORLD, answers=HoldingsAnswers(columns={"Value EUR": "amount"}))
    assert euros.total_value == pytest.approx(136.0) and euros.currency == "EUR"
    assert "Columns left out: Value USD." in euros.notes
    marks = "Ticker;Shares\nSPY;1,000\nBND;2,500\n"
    assert quantities(read_holdings(marks, answers=HoldingsAnswers(decimal="."))) == {
        "SPY": 1000,
        "BND": 2500,
    }
    assert quantities(read_holdings(marks, answers=HoldingsAnswers(decimal=","))) == {"SPY": 1.0, "BND": 2.5}
    for wrong, words in (
        ({"Value XXX": "amount"}, "no column 'Value XXX'; the table has Ticker"),
        ({"Value EUR": "money"}, "not 'money'"),
    ):
        with pytest.raises(InputError, match=words):
            read_holdings(two, answers=HoldingsAnswers(columns=wrong))
    for wrong in ({"kind": "stones"}, {"duplicates": "first"}):
        with pytest.raises(InputError):
            HoldingsAnswers(**wrong)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", FileFormatError, "empty|nothing to read"),
        (" \n\t\n", FileFormatError, "nothing to read"),
        ("hello", FileFormatError, "No line has a name and a number"),
        ("Ticker\tShares\n", FileFormatError, "no holdings"),
        ("Ticker\tShares\nCash\t10", FileFormatError, "only cash or sums"),
        ("Ticker\tShares\nSPY\t10\nBND\t", FileFormatError, "BND has no shares, amount or weight in line 3"),
        ("Ticker\tShares\nSPY\t10\n\t7", FileFormatError, "no ticker or name in line 3"),
        ("Ticker\tShares\nSPY\t1O\nBND\t7", FileFormatError, "'1O' in line 2, which is not a number"),
        ("Ticker\tShares\nSPY\tinf\nBND\t7", FileFormatError, "infinite"),
        ("Ticker\tWeight\nSPY\t60 %\nBND\t0.4", FileFormatError, "mixes percentages"),
        ("Ticker\tWeight\nSPY\t6\nBND\t4", FileFormatError, "as percent that is 10 %"),
        (
            "Ticker\tSide\tShares\nSPY\tup\t10\nBND\tlong\t7",
            FileFormatError,
            "neither long nor short",
        ),
        ("Ticker\tSide\tShares\nSPY\tlong\t-10\nBND\tlong\t7", FileFormatError, "long but has a negative"),
        ("Ticker\tShares\tPrice\nSPY\t1\t-5\nBND\t7\t7", FileFormatError, "negative price in line 2"),
        (
            "Ticker\tShares\tValue\nSPY\t1\t-5\nBND\t7\t7",
            FileFormatError,
            "positive shares and",
        ),
        ("Shares\tPrice\n1\t5\n7\t7", FileFormatError, "No (row has a name|column holds tickers)"),
        ("Ticker\tShares\tWeight\nSPY\t1\t\nBND\t\t7", FileFormatError, "BND .* has a weight only"),
        ("Date,Ticker,Shares\n2024-01-02,SPY,1\n2024-01-03,SPY,5\n", FileFormatError, "look like trades"),
        ("SPY\t1\n" * 3000, FileFormatError, "3000 rows; the limit is 2000"),
        ("SPY" + "\t1" * 80, FileFormatError, "81 columns"),
        ("x" * 2_500_000, FileFormatError, "2500000 characters"),
        ("Ticker\tShares\nSPY\t1\ud800", FileFormatError, "cannot be encoded"),
        ('Ticker\tShares\n"SPY\t1', FileFormatError, "quotation marks"),
        ("Ticker\tShares\tPrice\nSPY\t-10\t5\nBND\t1\t5", MissingDataError, "positive total value"),
        ("Name\tWeight\ngold\t100 %", AssetMismatchError, "may mean A, B"),
    ],
)
def test_refused_for_the_true_reason(text, error, words):
    known = {"A": "Gold", "B": "gold"} if "gold" in text else WORLD
    with pytest.raises(error, match=words):
        _ = read_holdings(text, known=known).weights


def workbook(**sheets):
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


ROWS = [["My portfolio"], [], ["Name", "Shares", "Price"], ["Apple", 10, 200.5], ["Coca-Cola", 20, 50.25]]


def test_workbooks_and_bytes():
    one = read_holdings(workbook(Positions=ROWS), "mine.xlsx", known=US)
    assert values(one) == {"AAPL": 2005.0, "KO": 1005.0}
    assert [p.place for p in one.positions] == ["row 4 of sheet Positions", "row 5 of sheet Positions"]
    two = workbook(Positions=ROWS, Old=ROWS, Notes=[["Nothing here"]])
    with pytest.raises(FileFormatError, match="Several sheets hold a table: Positions, Old") as caught:
        read_holdings(two, known=US)
    assert caught.value.details["readings"] == ("Positions", "Old")
    assert values(read_holdings(two, known=US, answers=HoldingsAnswers(sheet="Old"))) == values(one)
    with pytest.raises(FileFormatError, match="no sheet 'New'"):
        read_holdings(two, answers=HoldingsAnswers(sheet="New"))
    latin = "Titel;Anzahl;Kurs\nÖl AG;10;20,5\nKüche;5;10,5\n".encode("latin-1")
    assert quantities(read_holdings(latin)) == {"Öl AG": 10.0, "Küche": 5.0}
    for content, words in ((b"\x80\x04pickle", "pickle"), (b"\x89PNG....", "PNG"), (b"", "empty")):
        with pytest.raises(FileFormatError, match=words):
            read_holdings(content, "holdings.csv")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "[x](http://e)", "'; DROP--"]
)
def test_hostile_names_are_text(name):
    reading = read_holdings(f"Name\tWeight\n{name}\t60 %\nBND\t40 %", known=WORLD)
    assert reading.positions[0].label == name and reading.unmatched[0].spelled == name


# Drift


DAYS = pd.date_range("2024-01-01", periods=3, freq="B")
PRICES = pd.DataFrame({"A": [10.0, 20.0, 40.0], "B": [10.0, 10.0, 10.0]}, index=DAYS)


def held(kind="shares", value=None, **amounts):
    return [Position(x, x, kind, q, None, "", value, "line 1") for x, q in amounts.items()]


def test_shares_drift_and_weights_do_not():
    shares = held(A=1.0, B=2.0)
    assert drifted_weights(shares, PRICES, "2024-01-01").to_dict() == pytest.approx({"A": 1 / 3, "B": 2 / 3})
    assert drifted_weights(shares, PRICES, "2024-01-03").to_dict() == pytest.approx({"A": 2 / 3, "B": 1 / 3})
    assert drifted_weights(shares, PRICES, "2024-01-03", cash=60.0).to_dict() == pytest.approx(
        {"A": 1 / 3, "B": 1 / 6}
    )
    # A day without a row takes the last one before it.
    assert drifted_weights(shares, PRICES, "2024-06-01").to_dict() == pytest.approx({"A": 2 / 3, "B": 1 / 3})
    fixed = held("weight", A=0.6, B=0.4)
    assert drifted_weights(fixed, PRICES, "2024-01-03").to_dict() == {"A": 0.6, "B": 0.4}
    amounts = held("amount", value=50.0, A=50.0, B=50.0)
    assert drifted_weights(amounts, PRICES, "2024-01-03").to_dict() == {"A": 0.5, "B": 0.5}


def test_values_drift_by_the_ratio_of_prices_where_the_data_is_rebased():
    text = "Ticker\tShares\tPrice\nA\t3\t100\nB\t1\t100"
    reading = read_holdings(text, known=["A", "B"])
    assert drifted_weights(reading, PRICES, "2024-01-02", as_of="2024-01-01").to_dict() == pytest.approx(
        {"A": 600 / 700, "B": 100 / 700}
    )
    assert drifted_weights(reading, PRICES, "2024-01-01", as_of="2024-01-01").to_dict() == pytest.approx(
        reading.weights
    )


@pytest.mark.parametrize(
    ("positions", "date", "error", "words"),
    [
        ([], "2024-01-02", MissingDataError, "no positions"),
        (held(A=1.0, Z=1.0), "2024-01-02", AssetMismatchError, "lack Z"),
        (held(A=1.0), "2023-01-02", MissingDataError, "no prices on or before"),
        (held(A=1.0), "soon", InputError, "not a date"),
        (held(A=1.0, B=-2.0), "2024-01-01", MissingDataError, "positive total"),
        ([*held(A=1.0), *held("weight", B=0.5)], "2024-01-02", InputError, "cannot be mixed"),
    ],
)
def test_drift_refusals(positions, date, error, words):
    with pytest.raises(error, match=words):
        drifted_weights(positions, PRICES, date)


def test_drift_needs_a_price_on_the_day():
    gap = PRICES.copy()
    gap.iloc[1, 0] = float("nan")
    with pytest.raises(MissingDataError, match="A has no price on 2024-01-02"):
        drifted_weights(held(A=1.0), gap, "2024-01-02")
    with pytest.raises(MissingDataError, match="A has no value to start from"):
        drifted_weights(held(A=1.0), PRICES, "2024-01-02", as_of="2024-01-01")


def test_tickers_that_end_in_a_digit_are_not_amounts_of_a_currency():
    read = read_holdings("ZZZ1\t10 %\nZZZ2\t10 %\nBND\t80 %", known=["BND"])
    assert [position.label for position in read.positions] == ["ZZZ1", "ZZZ2", "BND"]
    assert [row.spelled for row in read.unmatched] == ["ZZZ1", "ZZZ2"]
    assert not any("left out" in note for note in read.notes)
