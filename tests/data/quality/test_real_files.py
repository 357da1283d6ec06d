"""Real files with known faults, where the shared data lies beside the checkout: each fault is found."""

from pathlib import Path

import pandas as pd
import pytest

from riskcore.data.files import load
from riskcore.data.quality import inspect
from riskcore.data.recipe import AdjustSplit

SHARED = Path(__file__).parents[4] / "shared" / "data"
TODAY = pd.Timestamp("2026-11-21")
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not beside the checkout")


def report(name):
    return inspect(load(SHARED / "test_inputs" / name)[0], today=TODAY)


def test_the_demerger_of_bajaj_auto():
    found = report("yahoo_BAJAJ-AUTO.NS_demerger_jump.csv")
    (jump,) = found.kind("jump")
    assert f"{jump.dates[0]:%Y-%m-%d}" == "2008-05-26" and jump.severity == "problem"
    assert jump.size == pytest.approx(1 - 0.424, abs=0.001) and "demerger" in jump.sentence
    (stale,) = found.kind("stale")  # no trading before the demerger
    assert "46 rows from 2008-03-13 to 2008-05-23" in stale.sentence
    assert found.table_calendar == "XBOM"


def test_the_false_rise_of_hdfc():
    (jump,) = report("alphavantage_HDFC.BSE.csv").kind("jump")
    assert f"{jump.dates[0]:%Y-%m-%d}" == "2000-03-31" and "+35.7 %" in jump.sentence


def test_the_false_third_of_range_resources():
    prices = pd.read_csv(SHARED / "us_stocks_1990_2022_skfolio.csv.gz", index_col=0, parse_dates=True)
    found = {f.dates[0]: f for f in inspect(prices, today=TODAY).kind("split") if f.asset == "RRC"}
    split = found[pd.Timestamp("1990-04-10")]
    assert "−66.7 %" in split.sentence and "3:1 split" in split.sentence
    assert AdjustSplit("RRC", "1990-04-10", 1 / 3) in split.choices


def test_young_dead_and_gappy_coins():
    found = report("crypto_wide_semicolon.csv")
    assert found.table_calendar == "24/7"
    assert {f.asset for f in found.kind("young")} == {"SOL1-USD", "AVAX-USD"}
    assert {f.asset for f in found.kind("ended")} == {"SOL1-USD", "LUNA1-USD"}
    assert [(f.asset, f.count) for f in found.kind("gap")] == [("AVAX-USD", 69)]
    assert not found.kind("split")  # what never closes has no splits
    assert any("as 8 others do on that day" in f.sentence for f in found.of("BTC-USD"))


@pytest.mark.parametrize("name", ["yahoo_GLD_2004_2020.csv", "yahoo_SPY_1993_2019.csv", "alpaca_gld.csv"])
def test_clean_files_are_clean(name):
    assert report(name).findings == ()


def test_missing_days_of_the_nifty():
    found = report("yahoo_^NSEI.csv")
    (missing,) = found.kind("missing days")
    assert missing.count == 26 and pd.Timestamp("2007-11-09") in missing.dates
