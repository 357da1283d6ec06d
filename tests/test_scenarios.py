"""Scenarios take clean data in many shapes, refuse everything else by name, and never change."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, ProbabilityError
from riskcore.scenarios import Scenarios

DATES = pd.bdate_range("2020-01-01", periods=6)
RETURNS = np.array([[0.01, 0.0], [-0.02, 0.01], [0.0, 0.0], [0.03, -0.01], [-0.01, 0.02], [0.02, 0.01]])


def table(**changes):
    return pd.DataFrame(RETURNS, index=DATES, columns=["SPY", "BND"]).assign(**changes)


def history(**settings):
    return Scenarios.from_returns(table(), periods_per_year=252, **settings)


# What it holds


def test_rows_are_a_window_with_the_same_labels():
    s = Scenarios(np.arange(8.0).reshape(4, 2), ("SPY", "BND"), 252, ordered=True)
    window = s.rows(1, 3)
    assert window.returns.tolist() == [[2.0, 3.0], [4.0, 5.0]]
    assert window.index.tolist() == [1, 2]
    assert window.labels is s.labels
    np.testing.assert_array_equal(window.sample_moments[0], [3.0, 4.0])
    assert not window.sample_moments[1].flags.writeable
    with pytest.raises(InputError, match="equal probability"):
        s.with_probabilities([0.1, 0.2, 0.3, 0.4]).rows(0, 2)
    with pytest.raises(MissingDataError):
        s.rows(2, 2)


def test_a_table_with_dates_is_an_ordered_history_of_equal_probability():
    s = history(source="a test")
    assert (s.count, s.size, s.assets, s.periods_per_year) == (6, 2, ("SPY", "BND"), 252)
    assert s.ordered and not s.weighted and s.overlap == 1 and s.source == "a test"
    np.testing.assert_array_equal(s.probabilities, np.full(6, 1 / 6))
    pd.testing.assert_frame_equal(s.frame, table(), check_freq=False)
    assert "6 × 2" in repr(s) and "2020-01-01" in repr(s)


def test_order_is_seen_from_the_dates_unless_said():
    assert not Scenarios.from_returns(table().iloc[::-1], periods_per_year=252).ordered
    assert not Scenarios.from_returns(table().reset_index(drop=True), periods_per_year=252).ordered
    assert Scenarios.from_returns(table().reset_index(drop=True), periods_per_year=252, ordered=True).ordered
    twice = table().set_axis(DATES[[0, 0, 1, 2, 3, 4]])
    assert not Scenarios.from_returns(twice, periods_per_year=252).ordered


def test_prices_become_simple_returns():
    prices = pd.DataFrame({"SPY": [100.0, 110.0, 99.0], "BND": [50.0, 50.0, 55.0]}, index=DATES[:3])
    s = Scenarios.from_prices(prices, periods_per_year=252)
    np.testing.assert_allclose(s.returns, [[0.1, 0.0], [-0.1, 0.1]])
    assert s.ordered and s.index.equals(DATES[1:3])


def test_nothing_can_be_changed_and_nothing_outside_changes_it():
    returns, p = RETURNS.copy(), np.full(6, 1 / 6)
    s = Scenarios(returns, ("SPY", "BND"), 252, p)
    returns[0, 0] = p[0] = 9.0
    assert s.returns[0, 0] == 0.01 and s.probabilities[0] == 1 / 6
    with pytest.raises(ValueError, match="read-only"):
        s.returns[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        s.probabilities[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        s.assets = ("A", "B")


def test_a_read_only_array_is_not_copied():
    returns = RETURNS.copy()
    returns.setflags(write=False)
    assert Scenarios(returns, ("SPY", "BND"), 252).returns is returns


def test_weighted_means_unequal():
    assert not history(probabilities=np.full(6, 1 / 6)).weighted
    assert history(probabilities=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]).weighted


# Fingerprints


def test_equal_content_has_one_fingerprint():
    assert history().fingerprint == history().fingerprint


@pytest.mark.parametrize(
    "other",
    [
        Scenarios.from_returns(table(SPY=0.0), periods_per_year=252),
        Scenarios.from_returns(table().rename(columns={"SPY": "IVV"}), periods_per_year=252),
        Scenarios.from_returns(table()[["BND", "SPY"]], periods_per_year=252),
        Scenarios.from_returns(table(), periods_per_year=12),
        Scenarios.from_returns(table(), periods_per_year=252, ordered=False),
        Scenarios.from_returns(table(), periods_per_year=252, source="elsewhere"),
        Scenarios.from_returns(table(), periods_per_year=252, probabilities=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]),
        Scenarios.from_returns(table().set_axis(DATES + pd.Timedelta(days=1)), periods_per_year=252),
        Scenarios(RETURNS, ("SPY", "BND"), 252, index=DATES, ordered=True, overlap=2),
    ],
)
def test_any_other_content_has_another_fingerprint(other):
    assert other.fingerprint != history().fingerprint


@given(row=st.integers(0, 5), column=st.integers(0, 1))
def test_a_change_in_the_last_digit_changes_the_fingerprint(row, column):
    returns = RETURNS.copy()
    returns[row, column] = np.nextafter(returns[row, column], 1.0)
    other = Scenarios(returns, ("SPY", "BND"), 252, index=DATES, ordered=True)
    assert other.fingerprint != history().fingerprint


# Parts and relatives


def test_some_assets_in_the_order_asked():
    part = history().select(["BND"])
    assert part.assets == ("BND",) and part.index.equals(DATES)
    np.testing.assert_array_equal(part.returns[:, 0], RETURNS[:, 1])
    turned = history().select(("BND", "SPY"))
    np.testing.assert_array_equal(turned.returns, RETURNS[:, ::-1])


def test_a_window_includes_both_dates():
    part = history().between(DATES[1], DATES[3])
    assert part.index.tolist() == DATES[1:4].tolist()
    assert part.probabilities.tolist() == [1 / 3] * 3
    assert history().between("2020-01-02").count == 5
    assert history().between(None, "2020-01-02").count == 2
    assert history().between("2019-01-01", "2030-01-01").count == 6


def test_a_horizon_compounds_overlapping_windows():
    s = history().over_horizon(3)
    expected = np.array([np.prod(1 + RETURNS[i : i + 3], axis=0) - 1 for i in range(4)])
    np.testing.assert_allclose(s.returns, expected, atol=1e-15)
    assert s.index.tolist() == DATES[2:].tolist()
    assert (s.overlap, s.periods_per_year, s.ordered) == (3, 84.0, True)
    assert history().over_horizon(1).returns is not None and history().over_horizon(1).overlap == 1


def test_other_probabilities_keep_the_rows():
    p = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    s = history(source="history").with_probabilities(p)
    np.testing.assert_array_equal(s.probabilities, p)
    np.testing.assert_array_equal(s.returns, RETURNS)
    assert s.ordered and s.source == "history"
    assert history().with_probabilities(p, source="a view").source == "a view"


# Refusals


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_missing_return_names_its_asset_and_how_many(bad):
    with pytest.raises(MissingDataError, match=r"SPY \(6 rows\)") as caught:
        Scenarios.from_returns(table(SPY=bad), periods_per_year=252)
    assert caught.value.details["assets"] == ["SPY"]


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (4,), (2, 2, 2)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(MissingDataError, match="at least one row and one asset"):
        Scenarios(np.zeros(shape), ("SPY", "BND"), 252)


@pytest.mark.parametrize(
    ("assets", "words"),
    [(("SPY",), "1 asset labels for 2"), (("SPY", "SPY"), "more than once"), (("SPY", " "), "empty name")],
)
def test_labels_must_be_distinct_and_as_many_as_columns(assets, words):
    with pytest.raises(AssetMismatchError, match=words):
        Scenarios(RETURNS, assets, 252)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (np.full(5, 0.2), "5 probabilities for 6"),
        (np.full(6, 0.2), "sum to 1, got 1.2"),
        ([-0.1, 0.3, 0.2, 0.2, 0.2, 0.2], "not negative"),
        ([math.nan, 0.2, 0.2, 0.2, 0.2, 0.2], "finite"),
        (np.full((6, 1), 1 / 6), "one per row"),
    ],
)
def test_probabilities_must_be_a_probability_vector(p, words):
    with pytest.raises(ProbabilityError, match=words):
        history(probabilities=p)


@pytest.mark.parametrize("periods", [0, -252, math.nan, math.inf])
def test_periods_per_year_must_be_positive(periods):
    with pytest.raises(InputError, match="periods_per_year"):
        Scenarios(RETURNS, ("SPY", "BND"), periods)


def test_an_index_or_overlap_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="5 labels for 6"):
        Scenarios(RETURNS, ("SPY", "BND"), 252, index=DATES[:5])
    with pytest.raises(InputError, match="overlap"):
        Scenarios(RETURNS, ("SPY", "BND"), 252, overlap=0)


def test_an_unknown_asset_is_named():
    with pytest.raises(AssetMismatchError, match="No returns for XYZ; the data has SPY, BND") as caught:
        history().select(["SPY", "XYZ"])
    assert caught.value.details["unknown"] == ["XYZ"]


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_prices_must_be_present_and_positive(bad):
    prices = pd.DataFrame({"SPY": [100.0, 110.0], "BND": [50.0, bad]}, index=DATES[:2])
    with pytest.raises(MissingDataError, match="in BND"):
        Scenarios.from_prices(prices, periods_per_year=252)


def test_prices_must_be_in_order_and_more_than_one():
    prices = pd.DataFrame({"SPY": [100.0, 110.0]}, index=DATES[:2])
    with pytest.raises(InputError, match="increasing date order"):
        Scenarios.from_prices(prices.iloc[::-1], periods_per_year=252)
    with pytest.raises(InputError, match="duplicate"):
        Scenarios.from_prices(prices.set_axis(DATES[[0, 0]]), periods_per_year=252)
    with pytest.raises(MissingDataError, match="at least two rows"):
        Scenarios.from_prices(prices.iloc[:1], periods_per_year=252)


def test_an_empty_window_says_what_there_is():
    with pytest.raises(MissingDataError, match="2020-01-01 to 2020-01-08"):
        history().between("2021-01-01")


@pytest.mark.parametrize(
    "bad", [history(ordered=False), history(probabilities=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1])]
)
def test_windows_and_horizons_need_a_plain_history(bad):
    with pytest.raises(InputError, match="time-ordered"):
        bad.between(DATES[1])
    with pytest.raises(InputError, match="time-ordered"):
        bad.over_horizon(2)


def test_horizons_that_cannot_be():
    with pytest.raises(InputError, match="at least 1 period"):
        history().over_horizon(0)
    with pytest.raises(MissingDataError, match="at least 7 rows"):
        history().over_horizon(7)
    with pytest.raises(InputError, match="single-period"):
        history().over_horizon(2).over_horizon(2)
