"""Portfolios match by label, in any order, and nothing they hold is lost on the way."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.portfolio import Portfolio, weights_table

ASSETS = ("SPY", "BND", "GLD")
A = Portfolio("A", {"SPY": 0.6, "BND": 0.5, "GLD": -0.1})


def test_a_mapping_and_a_series_make_the_same_portfolio():
    series = pd.Series({"SPY": 0.6, "BND": 0.5, "GLD": -0.1}, name="whatever")
    for made in (A, Portfolio("A", series)):
        assert made.name == made.weights.name == "A"
        assert made.assets == ASSETS and made.weights.tolist() == [0.6, 0.5, -0.1]


def test_labels_are_words():
    assert Portfolio("P", {600519: 0.5, "SPY": 0.5}).assets == ("600519", "SPY")


def test_a_portfolio_does_not_follow_the_series_it_came_from():
    series = pd.Series({"SPY": 0.6})
    made = Portfolio("A", series)
    series["SPY"] = 9.0
    assert made.weights["SPY"] == 0.6
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "B"


@given(st.permutations(ASSETS))
def test_the_order_of_labels_does_not_matter(order):
    assert A.aligned(order).tolist() == [A.weights[name] for name in order]
    shuffled = Portfolio("A", {name: A.weights[name] for name in order})
    assert shuffled.aligned(ASSETS).tolist() == [0.6, 0.5, -0.1]


def test_on_more_assets_it_holds_none_of_them():
    wider = A.on(["EEM", *ASSETS])
    assert wider.weights.to_dict() == {"EEM": 0.0, "SPY": 0.6, "BND": 0.5, "GLD": -0.1}
    assert wider.name == "A"


def test_an_asset_not_held_can_be_left_out():
    assert Portfolio("P", {"SPY": 1.0, "OLD": 0.0}).on(["SPY"]).weights.to_dict() == {"SPY": 1.0}


def test_a_new_name_keeps_the_weights():
    renamed = A.renamed("B")
    assert (renamed.name, renamed.weights.name) == ("B", "B")
    assert renamed.weights.tolist() == A.weights.tolist() and A.name == "A"


def test_tables_of_one_several_and_ready_made_portfolios_agree():
    b = Portfolio("B", {"GLD": 1 / 3, "BND": 1 / 3, "SPY": 1 / 3})
    both = weights_table([A, b], ASSETS)
    assert both.columns.tolist() == ["A", "B"] and both.index.tolist() == list(ASSETS)
    np.testing.assert_array_equal(weights_table(both, ASSETS[::-1]), both.iloc[::-1])
    np.testing.assert_array_equal(weights_table(A, ASSETS)["A"], both["A"])
    np.testing.assert_array_equal(weights_table(A.weights, ASSETS)["A"], both["A"])
    assert weights_table(pd.Series({"SPY": 1.0}), ["SPY"]).columns.tolist() == ["portfolio"]


# Refusals


def test_what_is_held_cannot_be_dropped():
    with pytest.raises(AssetMismatchError, match="A holds GLD, which the data does not have") as caught:
        A.on(["SPY", "BND"])
    assert caught.value.details["unknown"] == ["GLD"]


def test_a_label_twice_is_refused():
    with pytest.raises(AssetMismatchError, match="SPY more than once"):
        Portfolio("P", pd.Series([0.5, 0.5], index=["SPY", "SPY"]))
    with pytest.raises(AssetMismatchError, match="1 more than once"):
        Portfolio("P", {1: 0.5, "1": 0.5})
    twice = pd.DataFrame({"A": [0.5, 0.5]}, index=["SPY", "SPY"])
    with pytest.raises(AssetMismatchError, match="more than once"):
        weights_table(twice, ["SPY"])


@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_a_weight_that_is_none_names_its_asset(bad):
    with pytest.raises(MissingDataError, match="no usable weight for BND"):
        Portfolio("P", {"SPY": 0.5, "BND": bad})
    with pytest.raises(MissingDataError, match="BND"):
        weights_table(pd.DataFrame({"A": [0.5, bad]}, index=["SPY", "BND"]), ["SPY", "BND"])


def test_no_weights_are_no_portfolio():
    with pytest.raises(MissingDataError, match="P has no weights"):
        Portfolio("P", {})


@pytest.mark.parametrize(
    ("assets", "words"),
    [
        (("SPY", "BND"), "weights without returns: GLD"),
        ((*ASSETS, "EEM"), "returns without a weight: EEM"),
        (("SPY", "BND", "EEM"), "weights without returns: GLD; returns without a weight: EEM"),
        (("spy", "BND", "GLD"), "weights without returns: SPY; returns without a weight: spy"),
    ],
)
@pytest.mark.parametrize("given_as", [A, A.weights, [A], weights_table(A, ASSETS)], ids=type)
def test_labels_that_differ_are_named_on_both_sides(given_as, assets, words):
    with pytest.raises(AssetMismatchError, match=words):
        weights_table(given_as, assets)
    with pytest.raises(AssetMismatchError):
        A.aligned(assets)


def test_two_portfolios_need_two_names():
    with pytest.raises(InputError, match="same name"):
        weights_table([A, A], ASSETS)


@pytest.mark.parametrize("weights", [{"SPY": "abc"}, {"SPY": object()}, [0.6, 0.4], np.array([1.0]), 0.5])
def test_weights_that_are_no_labelled_numbers_are_refused(weights):
    with pytest.raises(InputError, match="weights of A"):
        Portfolio("A", weights)
