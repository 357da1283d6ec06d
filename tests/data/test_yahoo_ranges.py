"""Only missing ranges are fetched, a changed history is fetched whole, and no worse answer is stored."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from riskcore.data import yahoo_call
from riskcore.data.store import open_store
from riskcore.data.yahoo import fetch_prices
from riskcore.errors import SourceError
from tests.data.yahoo_stand_in import closes_of, stand_in

START, MIDDLE, END = "2021-01-04", "2022-06-30", "2023-12-29"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(yahoo_call, "FIRST_PAUSE", 0.01)


@pytest.fixture
def store(tmp_path):
    with open_store(home=tmp_path) as opened:
        yield opened


def fetch_and_keep(store, behaviours, start, end, fetched_at="2024-01-05"):
    copies = {t: c for t in behaviours if (c := store.series.load(t)) is not None}
    with stand_in(behaviours) as known:
        answer = fetch_prices(list(behaviours), start=start, end=end, copies=copies)
    moment = datetime.fromisoformat(fetched_at).replace(tzinfo=UTC)
    decisions = [
        store.series.keep_better(t, frame, about=answer.about[t], fetched_at=moment)
        for t, frame in answer.series.items()
    ]
    return answer, known, decisions


def right(answer, ticker, start, end, factor=0.9):
    days = pd.bdate_range(start, end)
    got = answer.prices.prices[ticker]
    assert got.index.tolist() == days.tolist()
    np.testing.assert_allclose(got.to_numpy(), np.array(closes_of(ticker, days)) * factor, rtol=1e-12)
    assert answer.prices.volumes[ticker].eq(1000).all()


def test_later_days_are_added_to_the_copy(store):
    fetch_and_keep(store, {"AAA": "well"}, START, MIDDLE)
    answer, known, decisions = fetch_and_keep(store, {"AAA": "well"}, START, END)
    right(answer, "AAA", START, END)
    [(first, last)] = known.ranges["AAA"]
    assert first >= pd.Timestamp("2022-06-15")
    assert last >= pd.Timestamp(END)
    new = len(pd.bdate_range(MIDDLE, END)) - 1
    said = f"{new} new days were fetched, the rest is the stored copy of 2024-01-05"
    assert said in answer.statuses[0].sentence
    assert decisions[0].outcome == "replaced"
    assert len(store.series.load("AAA").frame) == len(pd.bdate_range(START, END))


def test_earlier_days_are_added_and_asked_for_once(store):
    fetch_and_keep(store, {"AAA": "well"}, MIDDLE, END)
    answer, known, _ = fetch_and_keep(store, {"AAA": "well"}, START, END)
    right(answer, "AAA", START, END)
    [(first, last)] = known.ranges["AAA"]
    assert first <= pd.Timestamp(START)
    assert last < pd.Timestamp("2022-07-20")
    # A history that starts later than asked is not looked for again each time.
    fetch_and_keep(store, {"NEW": "late"}, START, END)
    answer, known, _ = fetch_and_keep(store, {"NEW": "late"}, START, END)
    assert "NEW" not in known.ranges
    assert answer.statuses[0].status == "short"
    assert "its history starts later" in answer.statuses[0].sentence


def test_nothing_is_asked_where_the_copy_has_it_all(store):
    fetch_and_keep(store, {"AAA": "well"}, START, END)
    answer, known, decisions = fetch_and_keep(store, {"AAA": "well"}, "2021-06-01", MIDDLE)
    right(answer, "AAA", "2021-06-01", MIDDLE)
    assert known.requests["AAA"] == 0
    assert len(store.series.load("AAA").frame) == len(pd.bdate_range(START, END))
    assert decisions[0].stored.about["asked_from"] == START


def test_a_history_adjusted_anew_is_fetched_whole_and_said(store):
    fetch_and_keep(store, {"AAA": "well"}, START, MIDDLE)
    answer, known, _ = fetch_and_keep(store, {"AAA": "adjusted anew"}, "2022-01-03", END)
    right(answer, "AAA", "2022-01-03", END, factor=0.45)
    assert "has changed since the copy of 2024-01-05 (a split or a dividend)" in answer.statuses[0].sentence
    assert len(known.ranges["AAA"]) == 2
    assert known.ranges["AAA"][1][0] <= pd.Timestamp(START)  # all of the copy, not only what was asked
    kept = store.series.load("AAA").frame
    days = pd.bdate_range(START, MIDDLE)
    np.testing.assert_allclose(kept.loc[days, "close"], np.array(closes_of("AAA", days)) * 0.45, rtol=1e-12)


@pytest.mark.parametrize("behaviour", [429, 500, "html", "empty", "dead", "cut", "zero", "gappy"])
def test_a_worse_answer_leaves_the_copy_as_it_is(store, behaviour):
    fetch_and_keep(store, {"AAA": "well"}, START, MIDDLE)
    before = store.series.load("AAA")
    copies = {"AAA": before}
    with stand_in({"AAA": behaviour}):
        try:
            answer = fetch_prices(["AAA"], start=START, end=END, copies=copies)
        except SourceError as error:
            assert error.details["statuses"][0].status not in {"ok", "short"}
        else:
            # An empty answer adds nothing: what is stored is used, and its end is said.
            assert behaviour == "empty"
            assert "no price after 2022-06-30" in answer.statuses[0].sentence
            right(answer, "AAA", START, MIDDLE)
            store.series.keep_better("AAA", answer.series["AAA"], about=answer.about["AAA"])
    after = store.series.load("AAA")
    pd.testing.assert_frame_equal(after.frame, before.frame)


def test_an_unfinished_last_day_is_fetched_again(store):
    fetch_and_keep(store, {"AAA": "well"}, START, MIDDLE, fetched_at=MIDDLE)
    copy = store.series.load("AAA")
    spoiled = copy.frame.copy()
    spoiled.iloc[-1, spoiled.columns.get_loc("close")] *= 1.01  # taken before the close
    store.series.keep_better("AAA", spoiled, about=copy.about, fetched_at=copy.fetched_at)
    answer, known, _ = fetch_and_keep(store, {"AAA": "well"}, START, MIDDLE)
    right(answer, "AAA", START, MIDDLE)
    assert len(known.ranges["AAA"]) == 1
