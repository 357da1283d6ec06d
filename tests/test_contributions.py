"""Contributions add up, are exact at ties, agree with closed forms; trades are those of brute force."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore.contributions import (
    best_trade,
    contributions_by_scenario,
    incremental_risk,
    risk_contributions,
    rolling_contributions,
)
from riskcore.errors import (
    AssetMismatchError,
    ConfidenceError,
    InfeasibleError,
    InputError,
    MissingDataError,
    NumericalError,
)
from riskcore.measures import MEASURES, risk
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

KEYS = sorted(MEASURES)
NAMES = ("SPY", "BND", "GLD", "EEM")
A = Portfolio("A", dict(zip(NAMES, (0.4, 0.3, 0.2, 0.1), strict=True)))
HEDGED = Portfolio("hedged", dict(zip(NAMES, (1.2, -0.5, 0.4, -0.1), strict=True)))
COVARIANCE = np.array(
    [[4.0, -0.4, 0.3, 3.5], [-0.4, 0.5, 0.2, -0.3], [0.3, 0.2, 2.5, 0.6], [3.5, -0.3, 0.6, 6.0]]
)


def history(count=1000, seed=0, dated=True):
    draws = np.random.default_rng(seed).multivariate_normal([0.03] * 4, COVARIANCE, count) / 100
    index = pd.bdate_range("2015-01-01", periods=count) if dated else pd.RangeIndex(count)
    return Scenarios(draws, NAMES, 252, index=index, ordered=True)


def reweighted(scenarios, portfolio, asset, weight):
    weights = portfolio.weights.copy()
    weights[asset] = weight
    return Portfolio(portfolio.name, weights)


# By asset


@pytest.mark.parametrize("portfolio", [A, HEDGED])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("key", KEYS)
def test_components_add_up_to_the_risk(key, level, portfolio):
    found = risk_contributions(history(), portfolio, key, confidence=level)
    value = risk(history(), portfolio, key, confidence=level).value
    assert found.total == pytest.approx(value, rel=1e-10)
    assert found.table["component"].sum() == pytest.approx(value, rel=1e-10)
    assert found.table["relative"].sum() == pytest.approx(1.0, rel=1e-10) and found.relative_defined
    np.testing.assert_allclose(found.table["component"], found.table["weight"] * found.table["marginal"])
    assert found.table.index.tolist() == list(NAMES)


def test_volatility_contributions_are_those_of_the_covariance():
    scenarios = history()
    w = A.weights.to_numpy()
    covariance = np.cov(scenarios.returns.T, bias=True)
    expected = w * (covariance @ w) / math.sqrt(w @ covariance @ w)
    found = risk_contributions(scenarios, A, "volatility").table["component"]
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_by_hand_with_a_short_and_a_fractional_boundary():
    # Losses 5, 2, 1, −4; the worst 1.5 of 4 scenarios are the first and half of the second.
    returns = np.array([[-4.0, 2.0], [-1.0, 2.0], [-1.0, 0.0], [3.0, -2.0]])
    scenarios = Scenarios(returns, ("X", "Y"), 252)
    found = risk_contributions(scenarios, Portfolio("P", {"Y": -0.5, "X": 1.0}), "cvar", confidence=0.625)
    assert found.table["component"].tolist() == pytest.approx([3.0, 1.0])
    assert found.total == pytest.approx(4.0)
    assert found.table["relative"].tolist() == pytest.approx([0.75, 0.25])


def test_tied_scenarios_take_part_whatever_their_order():
    """Both scenarios lose 2 with different assets; a tail of one of them belongs to both, half and half."""
    returns = np.array([[-4.0, 0.0], [0.0, -4.0], *[[0.1, 0.1]] * 18])
    p = Portfolio("P", {"X": 0.5, "Y": 0.5})
    for rows in (returns, returns[::-1]):
        for key in ("cvar", "var", "worst", "evar"):
            table = risk_contributions(Scenarios(rows, ("X", "Y"), 252), p, key, confidence=0.95).table
            assert table["component"].tolist() == pytest.approx([1.0, 1.0]), key


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_var_contributions_are_the_gaussian_ones_within_sampling_error(level):
    count = 40_000
    scenarios = history(count, seed=4, dated=False)
    w = A.weights.to_numpy()
    sigma = math.sqrt(w @ COVARIANCE @ w) / 100
    beta = COVARIANCE @ w / (w @ COVARIANCE @ w)
    expected = w * (-0.0003 + stats.norm.ppf(level) * sigma * beta)
    found = risk_contributions(scenarios, A, "var", confidence=level)
    # A component is the mean of −w_i R_i over the kernel's ~ count (1 − c)·0.8 scenarios, given the loss.
    residual = np.sqrt(np.diag(COVARIANCE) - beta**2 * (w @ COVARIANCE @ w)) / 100
    error = w * residual / math.sqrt(0.8 * count * (1.0 - level))
    quantile_error = math.sqrt(level * (1 - level) / count) * sigma / stats.norm.pdf(stats.norm.ppf(level))
    assert (np.abs(found.table["component"] - expected) < 4 * error + 4 * quantile_error * w * beta).all()
    assert (4 * error < 0.2 * sigma).all()


def test_cvar_contributions_are_the_gaussian_ones_within_sampling_error():
    count, level = 40_000, 0.95
    scenarios = history(count, seed=5, dated=False)
    w = A.weights.to_numpy()
    sigma = math.sqrt(w @ COVARIANCE @ w) / 100
    beta = COVARIANCE @ w / (w @ COVARIANCE @ w)
    factor = stats.norm.pdf(stats.norm.ppf(level)) / (1 - level)
    expected = w * (-0.0003 + factor * sigma * beta)
    table = risk_contributions(scenarios, A, "cvar", confidence=level).table
    tail = risk(scenarios, A, "cvar", confidence=level).identifier > 0
    error = (scenarios.returns[tail] * w).std(axis=0) / math.sqrt(count * (1 - level))
    assert (np.abs(table["component"] - expected) < 4.5 * error).all()


def test_shares_of_nearly_no_risk_are_not_printed():
    returns = np.random.default_rng(0).normal(0, 0.01, (200, 1)) @ [[1.0, 1.0]]
    returns[:, 1] += 1e-6 * np.random.default_rng(1).standard_normal(200)
    scenarios = Scenarios(returns, ("X", "Y"), 252)
    found = risk_contributions(scenarios, Portfolio("spread", {"X": 1.0, "Y": -1.0}), "volatility")
    assert not found.relative_defined and found.table["relative"].isna().all()
    assert found.table["component"].sum() == pytest.approx(found.total, abs=1e-14)
    nothing = risk_contributions(scenarios, Portfolio("cash", {"X": 0.0, "Y": 0.0}), "cvar", confidence=0.95)
    assert nothing.total == 0.0 and not nothing.relative_defined


def test_groups_add_up_and_every_asset_needs_one():
    found = risk_contributions(history(), A, "cvar", confidence=0.95)
    groups = {"SPY": "equity", "EEM": "equity", "BND": "bonds", "GLD": "gold"}
    table = found.grouped(groups)
    assert table["component"].sum() == pytest.approx(found.total)
    assert table.loc["equity", "component"] == pytest.approx(
        found.table.loc[["SPY", "EEM"], "component"].sum()
    )
    with pytest.raises(AssetMismatchError, match="GLD"):
        found.grouped({k: v for k, v in groups.items() if k != "GLD"})


def test_var_contributions_are_refused_where_they_do_not_exist():
    scenarios = history(15)
    assert risk(scenarios, A, "var", confidence=0.95).value == (-(scenarios.returns @ A.weights)).max()
    with pytest.raises(NumericalError, match="one side"):
        risk_contributions(scenarios, A, "var", confidence=0.95)


def test_refusals_of_contributions_are_those_of_measures():
    with pytest.raises(ConfidenceError, match=r"0\.95"):
        risk_contributions(history(), A, "cvar", confidence=0.05)
    with pytest.raises(ConfidenceError):
        risk_contributions(history(), A)
    with pytest.raises(InputError):
        risk_contributions(history(), A, "beta")
    with pytest.raises(AssetMismatchError, match="EEM"):
        risk_contributions(history().select(NAMES[:3]), A, "volatility")


# By scenario


@pytest.mark.parametrize("key", KEYS)
def test_days_add_up_to_the_components(key):
    scenarios = history(300)
    everything = contributions_by_scenario(scenarios, HEDGED, key, confidence=0.9, count=300)
    table = risk_contributions(scenarios, HEDGED, key, confidence=0.9).table
    np.testing.assert_allclose(everything.sum(axis=1), table["component"], atol=1e-14)
    assert everything.shape == (4, 300)
    driving = everything.sum()
    assert (driving.diff().dropna() <= 1e-18).all()


def test_the_top_days_are_the_drivers():
    scenarios = history()
    table = contributions_by_scenario(scenarios, A, "cvar", confidence=0.95, count=5)
    drivers = risk(scenarios, A, "cvar", confidence=0.95).drivers(5)
    assert table.columns.equals(drivers.index)
    np.testing.assert_allclose(table.sum(), drivers["loss"] * drivers["identifier"])
    day = table.columns[0]
    expected = -scenarios.frame.loc[day] * A.weights * drivers["identifier"].iloc[0]
    np.testing.assert_allclose(table[day], expected)


def test_no_days_are_refused():
    with pytest.raises(InputError, match="at least one"):
        contributions_by_scenario(history(), A, "volatility", count=0)


# Through time


@pytest.mark.parametrize("key", KEYS)
def test_each_window_is_the_answer_for_that_window(key):
    scenarios = history(400)
    found = rolling_contributions(scenarios, A, key, 150, 60, confidence=0.9)
    assert found.components.index.tolist() == [scenarios.index[end] for end in (159, 219, 279, 339, 399)]
    for date in found.components.index[[0, -1]]:
        end = scenarios.index.get_loc(date) + 1
        part = scenarios.between(scenarios.index[end - 150], date)
        alone = risk_contributions(part, A, key, confidence=0.9)
        np.testing.assert_allclose(found.components.loc[date], alone.table["component"], atol=1e-15)
        np.testing.assert_allclose(found.relative.loc[date], alone.table["relative"], atol=1e-12)
        assert found.total[date] == pytest.approx(alone.total)


def test_windows_that_cannot_be_are_refused():
    scenarios = history(100)
    with pytest.raises(MissingDataError, match="exceeds the history of 100"):
        rolling_contributions(scenarios, A, "volatility", 101, 1)
    for window, step in ((1, 1), (50, 0)):
        with pytest.raises(InputError, match="at least 2 rows"):
            rolling_contributions(scenarios, A, "volatility", window, step)
    for bad in (
        scenarios.with_probabilities(np.arange(1, 101) / 5050),
        Scenarios(scenarios.returns, NAMES, 252),
    ):
        with pytest.raises(InputError, match="time-ordered"):
            rolling_contributions(bad, A, "volatility", 50, 10)


def test_a_window_without_var_contributions_is_named():
    with pytest.raises(NumericalError, match=r"In the window to 2015-\d\d-\d\d.*one side"):
        rolling_contributions(history(100), A, "var", 15, 5, confidence=0.95)


# Positions and trades


@pytest.mark.parametrize("portfolio", [A, HEDGED])
@pytest.mark.parametrize("key", KEYS)
def test_incremental_risk_is_the_difference_of_two_valuations(key, portfolio):
    scenarios = history(300)
    table = incremental_risk(scenarios, portfolio, key, confidence=0.9, size=0.05)
    now = risk(scenarios, portfolio, key, confidence=0.9).value
    for asset, row in table.iterrows():
        held = portfolio.weights[asset]
        without = risk(scenarios, reweighted(scenarios, portfolio, asset, 0.0), key, confidence=0.9).value
        more = risk(
            scenarios, reweighted(scenarios, portfolio, asset, held + 0.05), key, confidence=0.9
        ).value
        assert row["risk_without"] == pytest.approx(without, abs=1e-14)
        assert row["incremental"] == pytest.approx(now - without, abs=1e-14)
        assert row["adding"] == pytest.approx(more - now, abs=1e-14)


@pytest.mark.parametrize("size", [0.01, 0.2])
@pytest.mark.parametrize("portfolio", [A, HEDGED])
@pytest.mark.parametrize("key", KEYS)
def test_the_best_trade_is_the_best_of_all_pairs(key, portfolio, size):
    scenarios = history(200, seed=2)
    now = risk(scenarios, portfolio, key, confidence=0.9).value
    changes = {}
    for sell, buy in itertools.permutations(NAMES, 2):
        if portfolio.weights[sell] >= size - 1e-12:
            moved = reweighted(scenarios, portfolio, sell, portfolio.weights[sell] - size)
            moved = reweighted(scenarios, moved, buy, portfolio.weights[buy] + size)
            changes[sell, buy] = risk(scenarios, moved, key, confidence=0.9).value - now
    best = min(changes, key=changes.get)
    found = best_trade(scenarios, portfolio, key, confidence=0.9, size=size)
    assert (found.sell, found.buy) == best and found.exact
    assert found.change == pytest.approx(changes[best], abs=1e-14)
    assert found.per_unit == pytest.approx(changes[best] / size)
    assert found.before == pytest.approx(now) and found.after < found.before
    second = sorted(changes, key=changes.get)[1]
    if changes[second] < -1e-12:
        assert found.second == second
        assert found.second_change == pytest.approx(changes[second], abs=1e-14)
    else:
        assert found.second is None and found.second_change is None
    if key != "var":
        assert found.first_order <= found.change + 1e-12


def test_trades_too_many_to_value_are_marked():
    count = 50
    returns = np.random.default_rng(0).normal(0, 0.01, (60, count))
    names = tuple(f"a{i}" for i in range(count))
    equal = Portfolio("equal", dict.fromkeys(names, 1 / count))
    scenarios = Scenarios(returns, names, 252)
    assert not best_trade(scenarios, equal, "var", confidence=0.9).exact
    assert best_trade(scenarios, equal, "cvar", confidence=0.9).exact


def test_shorts_are_sold_only_when_allowed():
    scenarios = history()
    only_bonds = Portfolio("bonds", dict(zip(NAMES, (0.0, 1.0, 0.0, 0.0), strict=True)))
    assert best_trade(scenarios, only_bonds, "volatility").sell == "BND"
    # Cash alone has no risk, and nothing to sell.
    cash = Portfolio("cash", dict.fromkeys(NAMES, 0.0))
    with pytest.raises(InfeasibleError, match="cash holds no position to sell"):
        best_trade(scenarios, cash, "volatility")
    with pytest.raises(InfeasibleError, match=r"no position of 50\u00a0% to sell: its largest is 40\u00a0%"):
        best_trade(scenarios, A, "volatility", size=0.5)
    with pytest.raises(InfeasibleError, match="only one asset to trade"):
        best_trade(scenarios.select(["SPY"]), Portfolio("one", {"SPY": 1.0}), "volatility")
    with pytest.raises(InfeasibleError, match="lowers its Volatility"):
        best_trade(scenarios, cash, "volatility", long_only=False)


def test_a_portfolio_at_its_minimum_has_no_better_trade():
    scenarios = history()
    inverse = np.linalg.solve(np.cov(scenarios.returns.T), np.ones(4))
    least = Portfolio("least", dict(zip(NAMES, inverse / inverse.sum(), strict=True)))
    with pytest.raises(InfeasibleError, match="smaller one"):
        best_trade(scenarios, least, "volatility", long_only=False)


@pytest.mark.parametrize("size", [0.0, -0.1, math.nan, math.inf])
def test_a_trade_needs_a_size(size):
    for call in (best_trade, incremental_risk):
        with pytest.raises(InputError, match="positive"):
            call(history(), A, "volatility", size=size)


def test_trades_need_a_level_a_path_and_the_same_labels():
    weighted = history(100).with_probabilities(np.arange(1, 101) / 5050)
    for call in (best_trade, incremental_risk, contributions_by_scenario):
        with pytest.raises(ConfidenceError):
            call(history(), A, "cvar")
        with pytest.raises(InputError, match="unequal"):
            call(weighted, A, "max_drawdown")
        with pytest.raises(AssetMismatchError):
            call(history(), Portfolio("P", {"SPY": 1.0}), "volatility")
