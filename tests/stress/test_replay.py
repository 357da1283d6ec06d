"""Replays: the numbers of the crises, exact addition, and what is refused."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore import stress
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

# Percent between the closes of peak and trough, computed elsewhere from the unfilled source series.
REFERENCE = {
    ("2020-02-19", "2020-03-23"): {
        "SPY": -33.72,
        "BND": -1.43,
        "GOLD": -2.52,
        "NIKKEI225": -27.83,
        "HANGSENG": -21.55,
        "FTSE100": -33.03,
    },
    ("2007-10-09", "2009-03-09"): {
        "SPY": -55.19,
        "BND": 7.52,
        "GOLD": 24.45,
        "NIKKEI225": -58.71,
        "HANGSENG": -59.81,
        "FTSE100": -46.45,
    },
    ("2022-01-03", "2022-10-12"): {
        "SPY": -24.5,
        "BND": -14.5,
        "GOLD": -7.17,
        "NIKKEI225": -8.32,
        "HANGSENG": -28.24,
        "FTSE100": -7.56,
    },
}
# Monday 2020-02-17 to Friday 2020-02-28.
PRICES = pd.DataFrame(
    {
        "SPY": [100.0, 110.0, 99.0, 88.0, 80.0, 84.0, 70.0, 77.0, 90.0, 95.0],
        "BND": [50.0, 50.0, 51.0, 52.0, 51.0, 51.5, 53.0, 52.0, 52.0, 51.0],
    },
    index=pd.date_range("2020-02-17", periods=10, freq="B"),
)
HISTORY = Scenarios.from_prices(PRICES, periods_per_year=252)
MIX = Portfolio("60/40", {"SPY": 0.6, "BND": 0.4})


@dataclass(frozen=True)
class Event:
    event: str
    start: pd.Timestamp
    end: pd.Timestamp


def run(history=HISTORY, portfolio=MIX, start="2020-02-18", end="2020-02-25"):
    return stress.replay(history, portfolio, event="Fall", start=start, end=end)


@pytest.mark.parametrize(("window", "expected"), REFERENCE.items(), ids=lambda v: str(v)[:14])
def test_the_bundled_data_loses_what_the_crisis_table_says(window, expected):
    history = load_sample("global").scenarios(list(expected))
    equal = Portfolio("Equal", dict.fromkeys(expected, 1 / 6))
    result = stress.replay(history, equal, event="Crisis", start=window[0], end=window[1])
    found = (100 * result.table["asset_return"]).to_dict()
    assert found == pytest.approx(expected, abs=0.0051)
    assert 100 * result.loss == pytest.approx(-sum(expected.values()) / 6, abs=0.0051)


def test_a_hand_case_peak_close_to_trough_close():
    # SPY 110 → 70, BND 50 → 53.
    result = run()
    assert result.table["asset_return"].to_dict() == pytest.approx({"SPY": 70 / 110 - 1, "BND": 0.06})
    assert result.total_return == pytest.approx(0.6 * (70 / 110 - 1) + 0.4 * 0.06, abs=1e-15)
    assert result.loss == -result.total_return
    assert result.table["contribution"].sum() == pytest.approx(result.total_return, abs=1e-15)


def test_the_path_is_the_value_of_the_shares_bought_at_the_peak():
    path = run().path
    held = PRICES.loc["2020-02-18":"2020-02-25"]
    by_hand = [0.6 / 110 * row.SPY + 0.4 / 50 * row.BND for row in held.itertuples()]
    assert path.tolist() == pytest.approx(by_hand, abs=1e-14)
    assert list(path.index) == list(held.index)


def test_the_worst_point_can_lie_before_the_end():
    result = run(end="2020-02-28")
    assert result.worst_date == pd.Timestamp("2020-02-25")
    assert result.worst_value == pytest.approx(1 + 0.6 * (70 / 110 - 1) + 0.4 * 0.06)
    assert result.path.iloc[-1] == pytest.approx(1 + result.total_return)


def test_a_path_that_only_rises_is_worst_at_its_start():
    result = run(start="2020-02-25", end="2020-02-28")
    assert (result.worst_date, result.worst_value) == (pd.Timestamp("2020-02-25"), 1.0)


def test_what_is_not_invested_stays_cash():
    half = run(portfolio=Portfolio("Half", {"SPY": 0.5, "BND": 0.0}))
    assert half.total_return == pytest.approx(0.5 * (70 / 110 - 1))


@given(
    st.lists(st.floats(-2, 2), min_size=2, max_size=2),
    st.integers(0, 8),
    st.integers(1, 9),
)
def test_losses_add_up_for_any_weights_and_window(weights, begin, length):
    end = min(begin + length, 9)
    portfolio = Portfolio("Any", dict(zip(PRICES.columns, weights, strict=True)))
    result = run(portfolio=portfolio, start=PRICES.index[begin], end=PRICES.index[end])
    total = 0.0
    for asset, weight in portfolio.weights.items():
        total += weight * (PRICES[asset].iloc[end] / PRICES[asset].iloc[begin] - 1)
    assert result.total_return == pytest.approx(total, abs=1e-13)
    assert result.table["contribution"].sum() == pytest.approx(result.total_return, abs=1e-13)
    assert result.path.iloc[-1] - 1 == pytest.approx(result.total_return, abs=1e-13)


def test_the_order_of_the_weights_does_not_matter():
    assert run(portfolio=Portfolio("x", {"BND": 0.4, "SPY": 0.6})).loss == run().loss


def test_a_peak_on_a_holiday_starts_from_the_close_before():
    without = Scenarios.from_prices(PRICES.drop(pd.Timestamp("2020-02-20")), periods_per_year=252)
    assert run(without, start="2020-02-20").loss == pytest.approx(run(start="2020-02-19").loss)


def test_a_trough_on_a_weekend_ends_at_the_friday():
    assert run(end="2020-02-23").loss == run(end="2020-02-21").loss
    assert run(end="2020-03-01").loss == run(end="2020-02-28").loss


def test_the_first_price_may_be_the_peak_itself():
    # The first return is dated Tuesday: its base can only be Monday's close.
    assert run(start="2020-02-17").table.loc["SPY", "asset_return"] == pytest.approx(-0.3)


def test_times_of_day_and_zones_do_not_move_the_window():
    late = PRICES.copy()
    late.index = late.index + pd.Timedelta(hours=16)
    late.index = late.index.tz_localize("America/New_York")
    assert run(Scenarios.from_prices(late, periods_per_year=252)).loss == run().loss


# ---- refused ----


def test_one_missing_weekday_before_the_first_return_is_refused():
    # Prices from Tuesday on: returns begin on Wednesday, and Tuesday's own return is not in the data.
    cut = Scenarios.from_prices(PRICES.iloc[1:], periods_per_year=252)
    with pytest.raises(MissingDataError, match="no close on 2020-02-17"):
        run(cut, start="2020-02-17")


def test_a_weekend_before_the_first_return_is_not_missing():
    monday = Scenarios.from_returns(HISTORY.frame.loc["2020-02-24":], periods_per_year=252)
    assert run(monday, start="2020-02-21").loss == pytest.approx(run(start="2020-02-21").loss)
    with pytest.raises(MissingDataError, match="no close on 2020-02-20"):
        run(monday, start="2020-02-20")


def test_data_that_stops_before_the_trough_is_refused():
    with pytest.raises(
        MissingDataError, match=r"no close on 2020-03-02 .* runs from 2020-02-18 to 2020-02-28"
    ):
        run(end="2020-03-02")


def test_a_hole_around_the_peak_or_the_trough_is_refused():
    days = pd.date_range("2020-01-01", "2020-06-30", freq="B")
    returns = pd.DataFrame({"SPY": 0.001, "BND": 0.0}, index=days)
    holed = returns.drop(days[(days > "2020-02-07") & (days < "2020-03-20")])
    history = Scenarios.from_returns(holed, periods_per_year=252)
    with pytest.raises(MissingDataError, match="to start from"):
        run(history, start="2020-02-19", end="2020-04-01")
    with pytest.raises(MissingDataError, match="to end with"):
        run(history, start="2020-01-15", end="2020-03-10")


def test_a_window_the_data_does_not_touch_is_refused():
    with pytest.raises(MissingDataError, match="no returns between 1987"):
        run(start="1987-08-25", end="1987-12-04")
    with pytest.raises(MissingDataError, match="no returns between 2030"):
        run(start="2030-08-26", end="2030-12-04")


def test_weekly_rows_are_taken_only_where_their_closes_are_those_of_the_window():
    fridays = pd.date_range("2020-01-03", periods=20, freq="W-FRI")
    prices = pd.DataFrame({"SPY": np.linspace(100, 50, 20), "BND": 10.0}, index=fridays)
    history = Scenarios.from_prices(prices, periods_per_year=52)
    found = run(history, start="2020-02-21", end="2020-03-20").table.loc["SPY", "asset_return"]
    assert found == pytest.approx(prices.SPY["2020-03-20"] / prices.SPY["2020-02-21"] - 1)
    with pytest.raises(MissingDataError, match="not daily"):
        run(history, start="2020-02-19", end="2020-03-20")
    with pytest.raises(MissingDataError, match="not daily"):
        run(history, start="2020-02-21", end="2020-03-23")


FRIDAYS = pd.DataFrame(
    {"SPY": np.linspace(100, 50, 20), "BND": np.linspace(10, 12, 20)},
    index=pd.date_range("2020-01-03", periods=20, freq="W-FRI"),
)
WEEKLY = Scenarios.from_prices(FRIDAYS, periods_per_year=52)


def test_weekly_rows_are_replayed_between_the_closes_before_when_asked_to_be_near():
    found = stress.replay(WEEKLY, MIX, event="COVID", start="2020-02-19", end="2020-03-23", approximate=True)
    base, last = FRIDAYS.loc["2020-02-14"], FRIDAYS.loc["2020-03-20"]
    assert (found.approximate, found.spacing) == (True, "week")
    assert (found.start, found.end) == (base.name, last.name)
    assert list(found.path.index) == list(FRIDAYS.loc["2020-02-14":"2020-03-20"].index)
    by_hand = 0.6 * (last.SPY / base.SPY - 1) + 0.4 * (last.BND / base.BND - 1)
    assert found.total_return == pytest.approx(by_hand, abs=1e-14)
    assert found.path.iloc[-1] == pytest.approx(1 + by_hand, abs=1e-14)


def test_rows_that_close_on_the_dates_are_not_called_approximate():
    exact = stress.replay(WEEKLY, MIX, event="x", start="2020-02-21", end="2020-03-20", approximate=True)
    assert not exact.approximate
    assert not run().approximate
    assert run().spacing == "day"


def test_daily_rows_stay_exact_or_refused():
    days = pd.date_range("2020-01-01", "2020-06-30", freq="B")
    returns = pd.DataFrame({"SPY": 0.001, "BND": 0.0}, index=days)
    holed = Scenarios.from_returns(
        returns.drop(days[(days > "2020-02-07") & (days < "2020-03-20")]), periods_per_year=252
    )
    with pytest.raises(MissingDataError, match="to start from"):
        stress.replay(holed, MIX, event="x", start="2020-02-19", end="2020-04-01", approximate=True)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2020-02-24", "2020-02-27", "no close within the fall .* 2020-02-21 and 2020-02-28"),
        ("2019-12-30", "2020-02-05", "does not reach"),
        ("2020-01-06", "2020-02-05", "does not reach"),  # the close before the first return is unknown
        ("2020-04-01", "2020-05-18", "does not reach"),
        ("1987-08-25", "1987-12-04", "does not reach"),
    ],
)
def test_weekly_rows_cannot_replay_what_they_do_not_hold(start, end, why):
    with pytest.raises(MissingDataError, match=why):
        stress.replay(WEEKLY, MIX, event="x", start=start, end=end, approximate=True)


@pytest.mark.parametrize(
    ("start", "end"), [("2020-02-26", "2020-04-08"), ("2020-01-22", "2020-02-26")], ids=["peak", "trough"]
)
def test_a_hole_in_weekly_rows_is_no_close_nearby(start, end):
    returns = WEEKLY.frame.drop(pd.to_datetime(["2020-02-28", "2020-03-06"]))
    holed = Scenarios.from_returns(returns, periods_per_year=52)
    with pytest.raises(
        MissingDataError, match="no close near 2020-02-26: none from 2020-02-21 to 2020-03-13"
    ):
        stress.replay(holed, MIX, event="x", start=start, end=end, approximate=True)
    stress.replay(WEEKLY, MIX, event="x", start=start, end=end, approximate=True)


@given(st.integers(0, 120), st.integers(1, 80))
def test_a_near_window_is_the_last_close_before_either_date(after, length):
    start = FRIDAYS.index[0] + pd.Timedelta(days=after)
    end = start + pd.Timedelta(days=length)
    (found, left_out) = stress.replays(WEEKLY, MIX, [event("x", start, end)])
    before = [d for d in FRIDAYS.index if d <= start][-1]
    last = [d for d in FRIDAYS.index if d <= end][-1]
    known = before >= FRIDAYS.index[1] and end <= FRIDAYS.index[-1]
    exact = not (pd.bdate_range(before, start)[1:].size or pd.bdate_range(last, end)[1:].size)
    if known and last > before:
        assert not left_out
        ratio = FRIDAYS.loc[last] / FRIDAYS.loc[before] - 1
        assert found[0].table["asset_return"].to_dict() == pytest.approx(ratio.to_dict(), abs=1e-12)
        assert found[0].approximate is not exact
    elif not exact:
        assert not found


@pytest.mark.parametrize(
    ("history", "word"),
    [
        (HISTORY.with_probabilities(np.r_[0.2, np.full(8, 0.1)]), "weighted"),
        (HISTORY.over_horizon(2), "overlapping"),
        (Scenarios(HISTORY.returns, HISTORY.assets, 252, index=HISTORY.index), "not in time order"),
        (Scenarios(HISTORY.returns, HISTORY.assets, 252, ordered=True), "without dates"),
        (
            Scenarios(HISTORY.returns, HISTORY.assets, 252, index=HISTORY.index[::-1], ordered=True),
            "increasing",
        ),
    ],
)
def test_only_a_dated_history_can_be_replayed(history, word):
    with pytest.raises(InputError, match=word):
        run(history)


@pytest.mark.parametrize("start", ["2020-02-25", "2020-03-01"])
def test_a_window_that_does_not_run_forward_is_refused(start):
    with pytest.raises(InputError, match="not before its end"):
        run(start=start)


@pytest.mark.parametrize("start", ["the peak", "", None, pd.NaT, "2020-13-45"])
def test_a_date_that_cannot_be_read_is_refused(start):
    with pytest.raises(InputError, match=r"write (it|a date) like 2020-02-19"):
        run(start=start)


def test_weights_of_other_assets_are_refused():
    with pytest.raises(AssetMismatchError, match="GOLD"):
        run(portfolio=Portfolio("x", {"SPY": 0.5, "BND": 0.2, "GOLD": 0.3}))
    with pytest.raises(AssetMismatchError, match="BND"):
        run(portfolio=Portfolio("x", {"SPY": 1.0}))


# ---- several at once ----


def event(name, start, end):
    return Event(name, pd.Timestamp(start), pd.Timestamp(end))


def test_replays_says_why_an_event_is_left_out():
    covered, left_out = stress.replays(
        HISTORY,
        MIX,
        [
            event("Too early", "1987-08-25", "1987-12-04"),
            event("Inside", "2020-02-18", "2020-02-25"),
            event("Cut", "2020-02-18", "2020-03-10"),
        ],
    )
    assert [r.event for r in covered] == ["Inside"]
    assert covered[0].loss == run().loss
    assert list(left_out) == ["Too early", "Cut"]
    assert "1987-08-25" in left_out["Too early"]
    assert "2020-03-10" in left_out["Cut"]


def test_replays_of_weekly_rows_are_near_and_tell_the_reasons_apart():
    covered, left_out = stress.replays(
        WEEKLY,
        MIX,
        [
            event("COVID", "2020-02-19", "2020-03-23"),
            event("Short", "2020-02-24", "2020-02-27"),
            event("Old", "1987-08-25", "1987-12-04"),
        ],
    )
    assert [(r.event, r.approximate) for r in covered] == [("COVID", True)]
    assert "no close within the fall" in left_out["Short"]
    assert "does not reach" in left_out["Old"]


def test_replays_hides_no_other_error():
    events = [event("Inside", "2020-02-18", "2020-02-25")]
    with pytest.raises(AssetMismatchError):
        stress.replays(HISTORY, Portfolio("x", {"SPY": 1.0}), events)
    with pytest.raises(InputError, match="weighted"):
        stress.replays(HISTORY.with_probabilities(np.r_[0.2, np.full(8, 0.1)]), MIX, events)
    with pytest.raises(InputError, match="Inside appears more than once"):
        stress.replays(HISTORY, MIX, events * 2)
