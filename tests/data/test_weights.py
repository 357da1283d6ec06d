"""A pasted table of weights is read as it stands: matched, never rescaled, never dropped unsaid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.data.sample import load_sample
from riskcore.data.weights import parse_weights
from riskcore.errors import AssetMismatchError, FileFormatError, RiskcoreError

ASSETS = load_sample("global").assets
SIXTY_FORTY = {"SPY": 0.6, "BND": 0.4}


@pytest.mark.parametrize(
    "text",
    [
        "SPY\t60%\nBND\t40%",
        "SPY 60 %\nBND 40 %\n",
        "SPY,60\nBND,40",
        "SPY, 60 %\nBND, 40 %",
        "SPY;60,0\nBND;40,0",
        "SPY 60,0\nBND 40,0",
        "SPY 0.6\nBND 0.4",
        "SPY;0,6\nBND;0,4",
        "spy: 60\nBnd = 40",
        "ticker,weight\nSPY,60\nBND,40\n",
        "Wertpapier\tGewicht\r\nSPY\t60%\r\nBND\t40%\r\n\r\nTotal\t100%\r\n",
        "| SPY | 60 |\n| BND | 40 |",
        "S&P 500 ETF (SPDR)\t60\nUS Total Bond Market ETF (Vanguard)\t40",
        "s&p 500 etf (spdr) 60 %\nbnd 40 %",
        '"SPY","60"\n"BND","40"',
        "SPY\t60\t\nBND\t40\t",
    ],
)
def test_every_way_of_writing_sixty_forty(text):
    reading = parse_weights(text, ASSETS)
    assert reading.weights == pytest.approx(SIXTY_FORTY, abs=1e-15)
    assert list(reading.weights) == ["SPY", "BND"]
    assert reading.unit == ("fraction" if "0.6" in text or "0,6" in text else "percent")
    assert not any("sum" in note for note in reading.notes)


def test_a_name_with_commas_or_numbers_in_it():
    assert parse_weights("Gold, COMEX front-month future (GC=F) 100 %", ASSETS).weights == {"GOLD": 1.0}
    names = {"SPX": "S&P 500", "BND": "Bonds"}
    reading = parse_weights("S&P 500,60\nbonds,40", names)
    assert reading.weights == {"SPX": 0.6, "BND": 0.4}
    assert any("S&P 500 as SPX" in note for note in reading.notes)
    both = {"A": "S&P", "B": "S&P 500"}
    with pytest.raises(FileFormatError, match="two ways"):
        parse_weights("S&P 500,60", both)


def test_other_sums_are_said_and_never_rescaled():
    short = parse_weights("SPY 60 %\nBND 38 %", ASSETS)
    assert short.weights == {"SPY": 0.6, "BND": 0.38} and short.total == pytest.approx(0.98)
    assert "The weights sum to 98 %: the remaining 2 % is treated as cash that earns 0." in short.notes
    levered = parse_weights("SPY 1.3\nBND 0.4", ASSETS)
    assert levered.weights == {"SPY": 1.3, "BND": 0.4}
    assert "The weights sum to 170 %: 70 % of leverage, financed at 0." in levered.notes
    hedge = parse_weights("SPY 50 %\nBND -50 %", ASSETS)
    assert hedge.weights == {"SPY": 0.5, "BND": -0.5} and any(
        "100 % is treated as cash" in n for n in hedge.notes
    )
    assert parse_weights("SPY (20)\nBND 120", ASSETS).weights == {"SPY": -0.2, "BND": 1.2}


def test_the_reading_is_said():
    assert any("percent" in n for n in parse_weights("SPY 60\nBND 40", ASSETS).notes)
    assert any("fractions" in n for n in parse_weights("SPY .6\nBND .4", ASSETS).notes)
    notes = parse_weights("Asset Share\nSPY 60%\nBND 40%\nTotal 100%", ASSETS).notes
    assert notes == ("Line 1 (Asset) was taken as the heading.", "Line 4 (Total) was left out: a total.")
    assert parse_weights("TOTAL 100 %", ["TOTAL", "SPY"]).weights == {"TOTAL": 1.0}


def test_unknown_tickers_are_listed_with_close_ones():
    with pytest.raises(AssetMismatchError, match=r"no SPYY \(did you mean SPY\?\), ZZZZZZ\.") as caught:
        parse_weights("SPYY 60\nZZZZZZ 20\nBND 20", ASSETS)
    assert caught.value.details["unknown"] == ["SPYY", "ZZZZZZ"]
    assert caught.value.details["suggestions"] == {"SPYY": ["SPY"], "ZZZZZZ": []}
    with pytest.raises(AssetMismatchError, match="did you mean BTC"):
        parse_weights("bitcoin 100 %", ASSETS)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", FileFormatError, "no weights"),
        (" \n\t\n", FileFormatError, "no weights"),
        ("SPY", FileFormatError, "Line 1 .'SPY'. is not a ticker and a weight"),
        ("SPY 60\nBND", FileFormatError, "Line 2"),
        ("SPY 60\nSPY 40", AssetMismatchError, "SPY stands twice, in line 1 and line 2"),
        ("SPY 60\nspy 40", AssetMismatchError, "SPY stands twice"),
        ("SPY 6O\nBND 40", FileFormatError, "'6O' in line 1, which is not a number"),
        ("SPY 60\nBND 4O", FileFormatError, "'4O' in line 2, which is not a number"),
        ("SPY 60%\nBND 0.4", FileFormatError, "mixes percentages"),
        ("SPY 6\nBND 4", FileFormatError, "as percent that is 10 %, as fractions 1000 %"),
        ("SPY 60000\nBND 40000", FileFormatError, "amounts or shares"),
        ("SPY $60\nBND $40", FileFormatError, "currency"),
        ("SPY,60,5\nBND,39,5", FileFormatError, "Line 1"),
        ("SPY;60;5", FileFormatError, "Line 1 has 3 cells"),
        ("SPY;60\nBND;", FileFormatError, "BND has no weight in line 2"),
        ("SPY;60,5\nBND;39.5", FileFormatError, "decimal mark is mixed"),
        ("SPY inf\nBND 40", FileFormatError, "infinite value"),
        ('"SPY;60', FileFormatError, "quotation marks in line 1"),
        ("x" * 300_000, FileFormatError, "300000 characters"),
        ("SPY 1\n" * 3000, FileFormatError, "3000 lines"),
    ],
)
def test_refused_naming_the_line(text, error, words):
    with pytest.raises(error, match=words):
        parse_weights(text, ASSETS)


def test_names_that_two_assets_share_are_not_guessed():
    with pytest.raises(AssetMismatchError, match="may mean A, B"):
        parse_weights("gold 100 %", {"A": "Gold", "B": "gold"})


@given(
    weights=st.lists(st.integers(-5000, 20000), min_size=1, max_size=6),
    mark=st.sampled_from(".,"),
    separator=st.sampled_from(["\t", ";", "  ", " | "]),
)
def test_written_weights_come_back(weights, mark, separator):
    tickers = list(ASSETS.index[: len(weights)])
    text = "\n".join(
        f"{t}{separator}{w / 100:.2f}%".replace(".", mark) for t, w in zip(tickers, weights, strict=True)
    )
    reading = parse_weights(text, ASSETS)
    expected = {t: w / 10000 for t, w in zip(tickers, weights, strict=True)}
    assert reading.weights == pytest.approx(expected, abs=1e-12) and list(reading.weights) == tickers


@given(st.text(alphabet="SPYBND spybnd0123456789.,;|\t\n%$-()\"'=é", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        reading = parse_weights(text, ASSETS)
    except RiskcoreError as error:
        assert str(error)
    else:
        assert set(reading.weights) <= set(ASSETS.index)
