"""Price sets: the common window is cut in one place, and nothing is filled or dropped unsaid."""

import numpy as np
import pandas as pd
import pytest

from riskcore.data.price_set import PriceSet, infer_periods_per_year, plain_assets
from riskcore.errors import AssetMismatchError, InputError, MissingDataError

NAN = np.nan
DAYS = pd.date_range("2024-01-01", periods=5, freq="B")


def price_set(frame: pd.DataFrame, **changes) -> PriceSet:
    settings = {"key": "t", "label": "Test", "periods_per_year": 252.0, "source": "test"} | changes
    return PriceSet(prices=frame, assets=plain_assets([str(c) for c in frame.columns]), **settings)


@pytest.fixture
def three() -> PriceSet:
    return price_set(
        pd.DataFrame(
            {
                "OLD": [100.0, 110, 121, 133.1, 146.41],
                "MID": [NAN, 50, 40, 50, 40],
                "NEW": [NAN, NAN, NAN, 8, 9],
            },
            index=DAYS,
        )
    )


def test_returns_of_the_common_window_by_hand(three):
    s = three.scenarios(["MID", "OLD"])
    assert s.assets == ("MID", "OLD")
    assert s.returns == pytest.approx(np.array([[-0.2, 0.1], [0.25, 0.1], [-0.2, 0.1]]), abs=1e-15)
    assert list(s.index) == list(DAYS[2:])
    assert s.ordered and s.source == "test" and s.periods_per_year == 252.0


def test_a_young_asset_shortens_and_says_so(three):
    assert three.common_start(["OLD"]) == DAYS[0]
    assert three.common_start(["OLD", "NEW", "MID"]) == DAYS[3]
    assert three.scenarios(["OLD", "NEW"]).count == 1
    lost = three.shortened_by(["OLD", "MID", "NEW"])
    assert [(a, d) for a, d, _ in lost] == [("NEW", DAYS[3]), ("MID", DAYS[1])]
    assert [y for *_, y in lost] == pytest.approx([3 / 365.25, 1 / 365.25])
    assert three.shortened_by(["NEW"]) == []


def test_window_dates_are_both_included(three):
    s = three.scenarios(["OLD"], start=DAYS[1], end="2024-01-04")
    assert list(s.index) == [DAYS[2], DAYS[3]]
    assert three.scenarios(["OLD"], start="1990-01-01").count == 4


def test_interior_gap_names_ticker_count_and_dates():
    gaps = price_set(pd.DataFrame({"A": [1.0, 2, 3, 4, 5], "B": [NAN, 1, NAN, NAN, 2]}, index=DAYS))
    with pytest.raises(MissingDataError, match=r"B lacks 2 prices \(2024-01-03, 2024-01-04\)") as caught:
        gaps.scenarios(["A", "B"])
    assert caught.value.details["counts"] == {"B": 2}
    assert gaps.scenarios(["A"]).count == 4


def test_an_asset_that_ended_ends_the_common_history_and_is_named():
    ended = price_set(pd.DataFrame({"A": [1.0, 2, 3, 4, 5], "B": [1.0, 2, 3, NAN, NAN]}, index=DAYS))
    assert ended.common_end(["A", "B"]) == DAYS[2]
    assert ended.scenarios(["A", "B"]).count == 2
    assert ended.scenarios(["A"]).count == 4
    assert [(asset, date) for asset, date, _ in ended.cut_by(["A", "B"])] == [("B", DAYS[2])]
    assert ended.cut_by(["A"]) == []
    assert ended.scenarios(["A", "B"], end="2024-01-03").count == 2
    with pytest.raises(MissingDataError, match="no common prices"):
        ended.scenarios(["A", "B"], start="2024-01-04")


def test_an_asset_without_prices_is_named():
    empty = price_set(pd.DataFrame({"A": [1.0, 2, 3, 4, 5], "B": [NAN] * 5}, index=DAYS))
    with pytest.raises(MissingDataError, match="B has no prices at all"):
        empty.scenarios(["A", "B"])
    assert pd.isna(empty.first_dates["B"])


@pytest.mark.parametrize(
    ("assets", "words"),
    [(["XXX"], "No prices for XXX"), (["OLD", "OLD"], "OLD is chosen more than once"), ([], "at least one")],
)
def test_wrong_choices_are_refused(three, assets, words):
    with pytest.raises(AssetMismatchError, match=words):
        three.scenarios(assets)


def test_empty_and_senseless_windows_are_refused(three):
    with pytest.raises(MissingDataError, match="no common prices between 2024-01-04"):
        three.scenarios(["NEW"], end="2024-01-02")
    with pytest.raises(MissingDataError, match="at least two rows"):
        three.scenarios(["NEW"], start="2024-01-05")
    with pytest.raises(InputError, match="start of the window, soon, is not a date"):
        three.scenarios(["OLD"], start="soon")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_impossible_prices_are_refused_with_ticker_and_date(bad):
    with pytest.raises(MissingDataError, match=r"A has the price .* on 2024-01-02"):
        price_set(pd.DataFrame({"A": [1.0, bad, 3, 4, 5]}, index=DAYS))


def test_dates_must_be_increasing_plain_dates():
    frame = pd.DataFrame({"A": [1.0, 2, 3, 4, 5]}, index=DAYS)
    for wrong in (
        frame.iloc[::-1],
        frame.iloc[[0, 0, 1]],
        frame.tz_localize("UTC"),
        frame.reset_index(drop=True),
    ):
        with pytest.raises(InputError):
            price_set(wrong)
    with pytest.raises(MissingDataError):
        price_set(frame.iloc[:0])


def test_tickers_and_asset_table_must_agree():
    frame = pd.DataFrame(np.ones((5, 2)), index=DAYS, columns=["A", "A"])
    with pytest.raises(AssetMismatchError, match="A has more than one price column"):
        price_set(frame)
    frame.columns = ["A", "B"]
    with pytest.raises(AssetMismatchError, match="one row per price column"):
        PriceSet("t", "T", frame, plain_assets(["B", "A"]), 252.0, "test")
    with pytest.raises(AssetMismatchError, match="No prices for C"):
        price_set(frame, default_index="C")
    with pytest.raises(InputError, match="periods_per_year"):
        price_set(frame, periods_per_year=0.0)


def test_content_is_copied_frozen_and_fingerprinted():
    frame = pd.DataFrame({"A": [1.0, 2, 3, 4, 5]}, index=DAYS)
    one, same = price_set(frame), price_set(frame.copy())
    frame.iloc[0, 0] = 99.0
    assert one.prices.iloc[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        one.prices.iloc[0, 0] = 7.0
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != price_set(frame).fingerprint
    assert one.fingerprint != price_set(one.prices, notes=("seen",)).fingerprint
    assert one.prices.index.unit == "us"


@pytest.mark.parametrize(
    ("index", "periods"),
    [
        (pd.date_range("2024-01-01", periods=300, freq="B"), 252),
        (pd.date_range("2024-01-01", periods=5, freq="B"), 252),
        (pd.date_range("2024-01-01", periods=300, freq="D"), 365),
        (pd.date_range("2024-01-05", periods=60, freq="W-FRI"), 52),
        (pd.date_range("2024-01-07", periods=60, freq="W-SUN"), 52),
        (pd.date_range("2024-01-05", periods=60, freq="2W-FRI"), 26),
        (pd.date_range("2010-01-31", periods=60, freq="ME"), 12),
        (pd.date_range("2010-01-31", periods=20, freq="QE"), 4),
        (pd.date_range("2010-01-31", periods=10, freq="6ME"), 2),
        (pd.date_range("2010-12-31", periods=9, freq="YE"), 1),
    ],
)
def test_frequency_from_the_calendar(index, periods):
    assert infer_periods_per_year(index) == periods


def test_a_gulf_week_from_sunday_to_thursday_is_not_an_always_open_market():
    days = pd.date_range("2023-01-01", periods=200, freq="D")
    assert infer_periods_per_year(days[days.day_of_week.isin([6, 0, 1, 2, 3])]) == 252


def test_frequencies_that_make_no_sense_are_refused():
    with pytest.raises(MissingDataError, match="at least two"):
        infer_periods_per_year(DAYS[:1])
    with pytest.raises(InputError, match="hours apart"):
        infer_periods_per_year(pd.date_range("2024-01-01", periods=20, freq="h"))
    with pytest.raises(InputError, match="days apart"):
        infer_periods_per_year(pd.DatetimeIndex(["1990-01-01", "2000-01-01"]))
