"""Calendar periods: complete weeks and months, and windows between closes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InputError, MissingDataError
from riskcore.periods import blocks, row_window, spacing, trading_dates, weekly
from riskcore.scenarios import Scenarios


def spans(days, period):
    found = blocks(days, period)
    return [(days[a], days[b]) for a, b in zip(found.starts, found.lasts, strict=True)]


@given(st.integers(0, 40), st.integers(1, 60), st.lists(st.integers(0, 59), max_size=10))
def test_complete_weeks_are_those_of_a_plain_loop(shift, rows, holidays):
    days = pd.date_range("2024-01-01", periods=rows + shift, freq="B")[shift:]
    days = days.delete([h for h in set(holidays) if 0 < h < len(days) - 1])
    weeks = {}
    for day in days:
        weeks.setdefault(day.isocalendar()[:2], []).append(day)
    listed = list(weeks.values())
    if listed[-1][-1].weekday() != 4:
        listed = listed[:-1]
    if listed and listed[0][0] == days[0] and days[0].weekday() != 0:
        listed = listed[1:]
    assert spans(days, "week") == [(week[0], week[-1]) for week in listed]


def test_months_that_may_be_cut_are_left_out():
    days = pd.date_range("2024-01-02", "2024-04-29", freq="B")
    assert spans(days, "month") == [
        (pd.Timestamp("2024-02-01"), pd.Timestamp("2024-02-29")),
        (pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-29")),
    ]
    whole = pd.date_range("2024-01-01", "2024-04-30", freq="B")
    assert len(spans(whole, "month")) == 4


def test_a_month_that_ends_on_a_weekend_is_complete_on_its_last_friday():
    days = pd.date_range("2024-03-01", "2024-03-29", freq="B")  # 30 and 31 March are a weekend
    assert len(spans(days, "month")) == 1


def test_a_market_open_every_day_has_weeks_from_saturday_to_friday():
    days = pd.date_range("2024-01-06", "2024-01-19")
    assert spans(days, "week") == [
        (pd.Timestamp("2024-01-06"), pd.Timestamp("2024-01-12")),
        (pd.Timestamp("2024-01-13"), pd.Timestamp("2024-01-19")),
    ]
    assert len(spans(days[1:], "week")) == 1  # the Saturday is missing


def test_a_rare_saturday_session_does_not_make_saturdays_trading_days():
    days = pd.date_range("2024-01-01", "2024-03-29", freq="B").append(pd.DatetimeIndex(["2024-02-03"]))
    days = days.sort_values()
    assert spans(days, "week")[0][0] == pd.Timestamp("2024-01-01")


def test_a_window_without_a_whole_period_has_none():
    assert spans(pd.date_range("2024-01-02", "2024-01-04"), "week") == []
    assert spans(pd.date_range("2024-01-03", "2024-01-10", freq="B"), "week") == []


def test_weekly_returns_by_hand():
    days = pd.date_range("2024-01-05", "2024-01-15", freq="B")  # Friday to the Monday after next
    table = pd.DataFrame({"A": [0.5, 0.1, 0.1, 0.0, 0.0, -0.5, 0.9]}, index=days)
    found = weekly(Scenarios.from_returns(table, periods_per_year=252))
    assert found.frame["A"].to_dict() == pytest.approx({pd.Timestamp("2024-01-12"): 1.21 * 0.5 - 1})
    assert (found.periods_per_year, found.ordered, found.overlap) == (52, True, 1)


@pytest.mark.parametrize(
    ("freq", "expected"), [("D", "day"), ("B", "day"), ("W", "week"), ("ME", "month"), ("QE", "other")]
)
def test_spacing_is_read_from_the_dates(freq, expected):
    assert spacing(pd.date_range("2020-01-01", periods=12, freq=freq)) == expected


def test_a_window_is_rows_after_the_start_up_to_the_end():
    days = pd.date_range("2024-01-01", periods=10, freq="B")
    assert row_window(days, days[2], days[5]) == (3, 6)


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("2023-12-28", "2024-01-05", "start from"),  # Friday the 29th could be missing
        ("2024-01-05", "2024-01-15", "end with"),
        ("2024-02-01", "2024-02-05", "no returns between"),
    ],
)
def test_a_window_out_of_reach_is_refused(start, end, sentence):
    days = pd.date_range("2024-01-01", periods=10, freq="B")
    with pytest.raises(MissingDataError, match=sentence):
        row_window(days, pd.Timestamp(start), pd.Timestamp(end))
    assert row_window(days, pd.Timestamp("2023-12-29"), pd.Timestamp("2024-01-13")) == (0, 10)


def test_a_close_more_than_five_days_before_the_start_is_a_gap():
    days = pd.date_range("2024-01-01", periods=40, freq="B")
    near = days.delete([10, 11, 12])  # Monday to Wednesday missing: the last close is Friday
    assert row_window(near, days[12], days[20])[0] == 10
    far = days.delete([10, 11, 12, 13])
    with pytest.raises(MissingDataError, match="start from"):
        row_window(far, days[13], days[20])


def test_two_rows_on_one_day_are_refused():
    stamps = pd.DatetimeIndex(["2024-01-01 10:00", "2024-01-01 16:00"])
    twice = Scenarios([[0.1], [0.2]], ("A",), 500, index=stamps, ordered=True)
    with pytest.raises(InputError, match="one row per day"):
        trading_dates(twice, "A replay")


def test_every_problem_of_undated_scenarios_is_named():
    loose = Scenarios([[0.1], [0.2]], ("A",), 252, probabilities=[0.3, 0.7])
    with pytest.raises(InputError, match="not in time order and weighted and without dates"):
        weekly(loose)
