"""The real yfinance code against a local stand-in: every way Yahoo answers has its status and sentence."""

import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

from riskcore.data import yahoo, yahoo_call
from riskcore.data.yahoo import fetch_prices
from riskcore.errors import InputError, SourceError
from tests.data.yahoo_stand_in import closes_of, stand_in

START, END = "2021-01-04", "2023-12-29"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(yahoo_call, "FIRST_PAUSE", 0.01)


def fetch(behaviours, tickers=None, **settings):
    with stand_in(
        behaviours, slowness=settings.pop("slowness", 5.0), refuse=settings.pop("refuse", False)
    ) as known:
        answer = fetch_prices(tickers or list(behaviours), **({"start": START, "end": END} | settings))
    return answer, known


def failing(behaviours, **settings):
    with pytest.raises(SourceError) as caught:
        fetch(behaviours, **settings)
    return str(caught.value), caught.value.details["statuses"]


def test_a_good_answer_is_the_adjusted_close_exactly():
    answer, known = fetch({"AAA": "well", "BBB": "well"})
    days = pd.bdate_range(START, END)
    assert [s.status for s in answer.statuses] == ["ok", "ok"]
    assert list(answer.prices.prices.index) == list(days)
    for ticker in ("AAA", "BBB"):
        expected = np.array(closes_of(ticker, days)) * 0.9
        np.testing.assert_allclose(answer.prices.prices[ticker], expected, rtol=1e-12)
    status = answer.statuses[0]
    assert (status.rows, status.first, status.last, status.currency) == (len(days), days[0], days[-1], "USD")
    assert answer.prices.periods_per_year == 252 and answer.prices.source.startswith("Yahoo, fetched 20")
    assert answer.prices.assets.loc["AAA", "name"] == "<b>AAA</b> plc"  # plain text, never markup
    assert answer.prices.assets.loc["AAA", "asset_class"] == "Equity"
    assert answer.prices.notes == () and known.prices_asked == {"AAA": 1, "BBB": 1}


def test_the_end_is_included_and_optional():
    answer, _ = fetch({"AAA": "well"}, start="2023-01-03", end="2023-01-10")
    assert answer.prices.prices.index[-1] == pd.Timestamp("2023-01-10") and len(answer.prices.prices) == 6
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    answer, _ = fetch({"AAA": "well"}, start=(today - pd.Timedelta(days=30)).date(), end=None)
    assert today - answer.prices.prices.index[-1] <= pd.Timedelta(days=4)


def test_failures_of_some_do_not_hide_the_others():
    answer, _ = fetch(
        {
            "AAA": "well",
            "DEAD": "dead",
            "NEW": "late",
            "OLD": "ended",
            "GAP": "gappy",
            "NIL": "empty",
            "OUT": "missing range",
            "HTM": "html",
            "CUT": "cut",
            "ERR": 500,
            "ERJ": "500 json",
            "ZER": "zero",
        }
    )
    statuses = {s.ticker: s for s in answer.statuses}
    assert {t: s.status for t, s in statuses.items()} == {
        "AAA": "ok",
        "DEAD": "unknown",
        "NEW": "short",
        "OLD": "short",
        "GAP": "unusable",
        "NIL": "no data",
        "OUT": "no data",
        "HTM": "unreadable",
        "CUT": "unreadable",
        "ERR": "unreadable",
        "ERJ": "unreadable",
        "ZER": "unusable",
    }
    for ticker, words in {
        "DEAD": "does not know this ticker",
        "NEW": "asked from 2021-01-04, but its history starts later",
        "OLD": "no price after 2022-05-31",
        "GAP": "25 % of Yahoo's prices are missing",
        "OUT": "no prices between 2021-01-04 and 2023-12-29",
        "HTM": "something other than prices",
        "ERJ": "HTTP 500",
        "ZER": "is not positive",
    }.items():
        assert words in statuses[ticker].sentence and statuses[ticker].sentence.startswith(ticker)
    data = answer.prices
    assert data.tickers == ("AAA", "NEW", "OLD") and data.default_assets == ("AAA", "NEW")
    assert any(n.startswith("OLD has gaps or ended early") for n in data.notes)
    assert data.scenarios(data.default_assets).index[0] == pd.Timestamp("2022-06-02")


def test_a_retry_really_asks_again():
    answer, known = fetch({"RET": ["html", "html", "well"]})
    assert answer.statuses[0].status == "ok" and known.requests["RET"] == 4
    _, statuses = failing({"BBB": "html"})
    assert statuses[0].status == "unreadable"
    answer, _ = fetch({"BBB": "well"})  # what failed a moment ago is not remembered
    assert answer.statuses[0].status == "ok"


def test_a_rate_limit_stops_the_batch_and_keeps_what_came():
    answer, known = fetch({"AAA": "well", "LIM": 429, "CCC": "well", "DDD": "well"})
    assert [s.status for s in answer.statuses] == ["ok", "rate limited", "not asked", "not asked"]
    assert answer.prices.tickers == ("AAA",)
    assert known.requests["CCC"] == known.requests["DDD"] == 0
    assert "Yahoo refuses more requests" in answer.statuses[2].sentence
    sentence, statuses = failing({"LI2": 429, "CC2": "well"})
    assert "HTTP 429" in sentence and [s.status for s in statuses] == ["rate limited", "not asked"]


def test_no_network_is_one_sentence():
    sentence, statuses = failing({"AAX": "well", "BBX": "well"}, refuse=True)
    assert "cannot be reached" in sentence and "Traceback" not in sentence
    assert [s.status for s in statuses] == ["no connection", "not asked"]


def test_nothing_usable_names_each_ticker():
    sentence, statuses = failing({"DE1": "dead", "HT1": "html"})
    assert sentence == "Yahoo has no usable prices for any of these tickers: DE1 (unknown), HT1 (unreadable)."
    assert len(statuses) == 2
    sentence, _ = failing({"DE2": "dead"})
    assert sentence.startswith("DE2: Yahoo does not know this ticker")


def test_one_row_is_refused_with_the_statuses():
    with stand_in({"AAA": "well"}), pytest.raises(SourceError, match="at least two dates") as caught:
        fetch_prices(["AAA"], start="2023-01-06", end="2023-01-08")
    assert caught.value.details["statuses"][0].rows == 1


def test_slowness_is_bounded_and_the_next_download_waits_its_turn():
    begun = time.monotonic()
    answer, _ = fetch({"AAS": "well", "SLO": "slow", "CCS": "well"}, patience=0.8, slowness=1.5)
    assert time.monotonic() - begun < 2.0
    assert [s.status for s in answer.statuses] == ["ok", "too slow", "not asked"]
    with stand_in({"BBS": "well"}):
        assert fetch_prices(["BBS"], start=START, end=END, patience=20).statuses[0].status == "ok"


def test_cancelling_keeps_what_arrived():
    seen = []
    answer, _ = fetch(
        {"AAC": "well", "SLC": "slow", "CCC": "well"},
        progress=lambda done, total, ticker: seen.append((done, total, ticker)),
        cancelled=lambda: len(seen) >= 2,
        slowness=1.0,
    )
    assert [s.status for s in answer.statuses] == ["ok", "cancelled", "not asked"]
    assert seen[0] == (0, 3, "AAC") and seen[1] == (1, 3, "SLC") and seen[-1][:2] == (3, 3)
    _wait_for_worker()


def _wait_for_worker():
    assert yahoo._only_one.acquire(timeout=10)
    yahoo._only_one.release()


def test_progress_runs_in_the_callers_thread():
    threads = set()
    fetch({"AAA": "well"}, progress=lambda *args: threads.add(threading.current_thread()))
    assert threads == {threading.current_thread()}


def test_two_downloads_at_once_do_not_mix():
    results = {}

    def one(ticker):
        results[ticker] = fetch_prices([ticker], start=START, end=END)

    with stand_in({"AAT": "well", "BBT": "well"}):
        threads = [threading.Thread(target=one, args=(t,)) for t in ("AAT", "BBT")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    for ticker, answer in results.items():
        assert answer.prices.tickers == (ticker,)
        assert answer.prices.prices[ticker].iloc[0] == pytest.approx(
            0.9 * closes_of(ticker, pd.DatetimeIndex([START]))[0]
        )


def test_different_calendars_keep_common_days_and_say_so():
    answer, _ = fetch({"AAA": "well", "LON.L": "other holidays", "COI-USD": "seven days"})
    days = pd.bdate_range(START, END)
    assert list(answer.prices.prices.index) == list(days[days.day != 15])
    every = len(pd.date_range(START, END))
    dropped = every - (days.day != 15).sum()
    assert any(
        n.startswith(f"{dropped} of {every} days were left out") and "LON.L" in n for n in answer.prices.notes
    )
    assert any("Prices are in GBP, USD" in n for n in answer.prices.notes)
    assert answer.prices.assets["asset_class"].tolist() == ["Equity", "Equity", "Crypto"]
    alone, _ = fetch({"COI-USD": "seven days"})
    assert alone.prices.periods_per_year == 365


def test_an_unforeseen_error_is_a_status_not_a_hang(monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(yahoo_call, "ask", broken)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    with pytest.raises(SourceError, match="broke off"):
        fetch_prices(["AAA"], start=START)
    _wait_for_worker()


@pytest.mark.parametrize(
    ("tickers", "words"),
    [
        ([], "at least one ticker"),
        ([" "], "at least one ticker"),
        ("SPY", "a list of tickers"),
        (["../../etc"], "not a Yahoo ticker"),
        (["SPY?x=1"], "not a Yahoo ticker"),
        (["A" * 40], "not a Yahoo ticker"),
        (["<b>"], "not a Yahoo ticker"),
        (["SPY BND"], "not a Yahoo ticker"),
        (["ÄÖ"], "not a Yahoo ticker"),
        (["US0378331005"], "is an ISIN"),
        ([f"T{i}" for i in range(101)], "at most 100"),
    ],
)
def test_impossible_tickers_are_refused_before_asking(tickers, words):
    with pytest.raises(InputError, match=words):
        fetch_prices(tickers, start=START)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("soon", None, "start, soon, is not a date"),
        (None, None, "start"),
        ("2999-01-01", None, "before today"),
        (START, "2020-01-01", "before the end, 2020-01-01"),
        (START, "later", "end, later, is not a date"),
    ],
)
def test_impossible_dates_are_refused_before_asking(start, end, words):
    with pytest.raises(InputError, match=words):
        fetch_prices(["SPY"], start=start, end=end)


def test_yfinance_is_not_imported_until_asked():
    code = "import riskcore.data.yahoo, sys; print('yfinance' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_cache_lies_under_the_home_of_riskcore(tmp_path, monkeypatch):
    import yfinance

    folders = []
    monkeypatch.setattr(yfinance, "set_tz_cache_location", folders.append)
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path))
    yahoo_call.set_up()
    monkeypatch.delenv("RISKCORE_HOME")
    yahoo_call.set_up()
    assert folders[0] == str(tmp_path / "cache" / "yfinance")
    assert "riskcore" in folders[1] and str(tmp_path) not in folders[1]
    assert not yfinance.config.debug.hide_exceptions
