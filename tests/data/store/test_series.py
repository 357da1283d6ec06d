"""Copies of fetched prices: a better one is never given up for a worse answer."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcore.data.store import open_store
from riskcore.errors import InputError

DAYS = pd.bdate_range("2024-01-01", periods=60)
TRUE = pd.Series(np.round(100.0 * np.exp(np.cumsum(np.sin(np.arange(60.0)) / 50.0)), 6), index=DAYS)
FIRST = datetime(2024, 3, 1, 18, tzinfo=UTC)
LATER = datetime(2024, 6, 1, 18, tzinfo=UTC)


def kept(store):
    return store.series.load("SPY").frame["close"]


def test_the_first_answer_is_stored_whole(where):
    frame = pd.DataFrame({"close": TRUE, "volume": np.arange(60.0)})
    about = {"currency": "USD", "name": "<b>S&P</b>"}
    with open_store(**where) as store:
        decision = store.series.keep_better("SPY", frame, fetched_at=FIRST, about=about, source="Yahoo")
        assert decision.outcome == "stored"
        assert decision.sentence == "SPY: 60 days to 2024-03-22 stored."
    with open_store(**where) as store:
        found = store.series.load("SPY")
        pd.testing.assert_frame_equal(found.frame, frame, check_freq=False, check_names=False)
        assert (found.ticker, found.about, found.source, found.fetched_at) == ("SPY", about, "Yahoo", FIRST)
        assert store.series.tickers() == ("SPY",)
        assert store.series.load("spy") is None


def test_an_answer_with_every_day_replaces_the_copy(store):
    store.series.keep_better("SPY", TRUE[:50], fetched_at=FIRST, about={"currency": "USD"})
    decision = store.series.keep_better("SPY", TRUE * 0.98, fetched_at=LATER)
    assert decision.outcome == "replaced"
    assert "60 days to 2024-03-22 replace the copy of 2024-03-01 (50 days to 2024-03-08)" in decision.sentence
    assert kept(store).to_numpy().tolist() == (TRUE * 0.98).tolist()
    assert store.series.load("SPY").fetched_at == LATER
    assert store.series.load("SPY").about == {"currency": "USD"}


def test_a_shorter_answer_with_newer_days_is_added_and_the_older_days_follow_its_scale(store):
    old = pd.DataFrame({"close": TRUE[:50], "volume": 7.0})
    store.series.keep_better("SPY", old, fetched_at=FIRST)
    decision = store.series.keep_better("SPY", TRUE[40:] * 0.5, fetched_at=LATER)
    assert decision.outcome == "extended"
    assert decision.sentence == "SPY: 10 days were added to the copy of 2024-03-01 (50 days to 2024-03-08)."
    np.testing.assert_allclose(kept(store), TRUE * 0.5, rtol=1e-14)
    assert store.series.load("SPY").frame["volume"][:50].tolist() == [7.0] * 50
    assert decision.stored.frame.equals(store.series.load("SPY").frame)


def test_the_last_day_may_have_changed_since_markets_were_open(store):
    intraday = TRUE[:50].copy()
    intraday.iloc[-1] *= 1.03
    store.series.keep_better("SPY", intraday)
    assert store.series.keep_better("SPY", TRUE[40:]).outcome == "extended"
    np.testing.assert_allclose(kept(store), TRUE, rtol=1e-14)


WRONG = TRUE[30:].copy()
WRONG.iloc[3] *= 1.01
WORSE = {
    "failed": (None, "SPY: nothing came; the copy of 2024-03-01 (50 days to 2024-03-08) is kept."),
    "empty": (TRUE[:0], "nothing came"),
    "all missing": (TRUE * np.nan, "the answer has no closes"),
    "shorter": (TRUE[10:45], "is shorter and adds no day"),
    "with holes": (TRUE[:50].drop(DAYS[20:25]), "is shorter and adds no day"),
    "zero": (TRUE.where(TRUE.index != DAYS[9], 0.0), "closes that are not positive"),
    "negative": (-TRUE, "closes that are not positive"),
    "infinite": (TRUE.where(TRUE.index != DAYS[9], np.inf), "closes that are not positive"),
    "disagrees": (WRONG, r"disagrees with it on 1 of 19 common days, first 2024-02-15"),
    "does not meet": (TRUE[52:], "shares only 0 settled days with it"),
    "meets too little": (TRUE[47:], "shares only 2 settled days with it"),
    "no dates": (pd.Series([1.0, 2.0]), "no dated closes"),
    "not in order": (TRUE[::-1], "not in order"),
    "no closes": (pd.DataFrame({"open": TRUE}), "no dated closes"),
    "with zone": (TRUE.tz_localize("UTC"), "no dated closes"),
}


@pytest.mark.parametrize(("worse", "sentence"), WORSE.values(), ids=WORSE.keys())
def test_a_worse_answer_leaves_the_copy_as_it_was_and_says_why(file_store, worse, sentence):
    before = file_store.series.keep_better("SPY", TRUE[:50], fetched_at=FIRST).stored
    decision = file_store.series.keep_better("SPY", worse, fetched_at=LATER)
    assert decision.outcome == "kept"
    assert sentence in decision.sentence
    assert decision.sentence.endswith("the copy of 2024-03-01 (50 days to 2024-03-08) is kept.")
    for copy in (decision.stored, file_store.series.load("SPY")):
        assert copy.frame.equals(before.frame)
        assert copy.fetched_at == FIRST


def test_a_failure_without_a_copy_says_so(store):
    decision = store.series.keep_better("DEAD", None, failure="Yahoo has no such ticker")
    assert decision.sentence == "DEAD: Yahoo has no such ticker, and there is no stored copy."
    assert (decision.outcome, decision.stored, store.series.tickers()) == ("kept", None, ())


@pytest.mark.parametrize("call", [{"fetched_at": datetime(2024, 1, 1)}, {"about": {"x": {1}}}])
def test_what_cannot_be_stored_is_refused(file_store, call):
    with pytest.raises(InputError):
        file_store.series.keep_better("SPY", TRUE, **call)
    assert file_store.series.tickers() == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    answers=st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(0, 60),
            st.floats(0.2, 5.0),
            st.sets(st.integers(0, 59), max_size=5),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_comes_in_whatever_order_no_day_is_lost_and_returns_stay_true(store, answers):
    ticker, held = f"T{abs(hash(str(answers)))}", pd.DatetimeIndex([])
    for start, end, scale, holes in answers:
        answer = (TRUE * scale).drop(DAYS[sorted(holes)])
        decision = store.series.keep_better(ticker, answer[(answer.index >= DAYS[min(start, 59)])][:end])
        if decision.stored is None:
            continue
        found = decision.stored.frame["close"]
        assert held.isin(found.index).all()
        truth = TRUE[found.index]
        np.testing.assert_allclose(found / found.iloc[0], truth / truth.iloc[0], rtol=1e-12)
        held = found.index
