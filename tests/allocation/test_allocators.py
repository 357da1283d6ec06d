"""Allocators on labelled scenarios: weights, certificates, label order, and every refusal in words."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation import (
    ALLOCATORS,
    allocate,
    cvar_parity,
    equal_risk_contribution,
    equal_weight,
    inverse_volatility,
    minimum_cvar,
)
from riskcore.errors import AssetMismatchError, ConfidenceError, InfeasibleError, InputError
from riskcore.moments import ledoit_wolf_covariance
from riskcore.scenarios import Scenarios

ASSETS = ("SPY", "BND", "GLD", "EEM")


def scenarios(rows=800, *, probabilities=None, extra=None, seed=0):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(4, (rows, 4)) * [1.0, 0.3, 0.8, 1.4]
    returns += 0.005 * rng.standard_t(4, (rows, 1)) + 0.002  # enough for a Sharpe ratio
    assets = ASSETS
    if extra is not None:
        returns, assets = np.c_[returns, np.broadcast_to(extra, rows)], (*ASSETS, "CASH")
    return Scenarios(returns, assets, 252, np.empty(0) if probabilities is None else probabilities)


def tilted(rows=800):
    p = np.exp(np.linspace(-2, 0, rows))
    return p / p.sum()


def volatility_shares(s, w):
    losses = -s.returns @ w
    centred = s.probabilities * (losses - s.probabilities @ losses)
    part = -w * (centred @ s.returns)
    return part / part.sum()


@pytest.mark.parametrize("key", list(ALLOCATORS))
@pytest.mark.parametrize("weighted", [False, True])
def test_every_allocator_is_long_only_fully_invested_and_says_what_it_solved(key, weighted):
    s = scenarios(probabilities=tilted() if weighted else None)
    found = allocate(key, s, confidence=0.95)
    assert list(found.weights.index) == list(ASSETS)
    assert found.weights.min() >= 0 and found.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.method == key and found.label == ALLOCATORS[key].label
    assert found.solved.endswith(".") and found.seconds >= 0
    assert found.status == ("exact" if found.shares is None else "optimal")
    assert found.measure == ALLOCATORS[key].measure
    assert (found.confidence == 0.95) is ALLOCATORS[key].uses_confidence
    assert found.residual <= 1e-6
    if found.shares is not None:
        assert found.shares.sum() == pytest.approx(1.0, abs=1e-9)
        assert list(found.shares.index) == list(ASSETS)


@pytest.mark.parametrize("key", list(ALLOCATORS))
def test_label_order_changes_nothing(key):
    s, order = scenarios(), ["EEM", "SPY", "GLD", "BND"]
    one, two = allocate(key, s, confidence=0.95), allocate(key, s.select(order), confidence=0.95)
    assert list(two.weights.index) == order
    pd.testing.assert_series_equal(one.weights[order], two.weights, rtol=1e-7, atol=1e-9)


def test_equal_weight_is_one_over_n():
    assert equal_weight(scenarios()).weights.tolist() == [0.25] * 4


def test_inverse_volatility_by_hand():
    rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    found = inverse_volatility(Scenarios(rows, ("SPY", "BND"), 252))
    np.testing.assert_allclose(found.weights, [1 / 3, 2 / 3], rtol=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
def test_equal_risk_contribution_has_equal_volatility_shares(weighted):
    s = scenarios(probabilities=tilted() if weighted else None)
    found = equal_risk_contribution(s)
    np.testing.assert_allclose(volatility_shares(s, found.weights.to_numpy()), 0.25, rtol=1e-10)
    np.testing.assert_allclose(found.shares, 0.25, rtol=1e-10)
    assert found.residual <= 1e-10


def test_budgets_are_matched_by_label():
    s = scenarios()
    budgets = {"EEM": 0.1, "GLD": 0.2, "BND": 0.3, "SPY": 0.4}
    found = equal_risk_contribution(s, budgets=budgets)
    np.testing.assert_allclose(
        volatility_shares(s, found.weights.to_numpy()), [0.4, 0.3, 0.2, 0.1], rtol=1e-9
    )
    tail = cvar_parity(s, confidence=0.95, budgets=budgets)
    assert tail.shares.to_dict() == pytest.approx(budgets, rel=1e-6)
    assert found.label == "Risk budgets (volatility)" and tail.label == "Risk budgets (CVaR)"


def test_shrinkage_gives_equal_shares_under_the_shrunk_covariance_only():
    s = scenarios(rows=40)
    found = equal_risk_contribution(s, covariance="ledoit_wolf")
    part = found.weights * (ledoit_wolf_covariance(s) @ found.weights)
    np.testing.assert_allclose(part / part.sum(), 0.25, rtol=1e-10)
    assert np.abs(volatility_shares(s, found.weights.to_numpy()) - 0.25).max() > 1e-4
    assert "Ledoit–Wolf" in found.solved


def test_cvar_parity_shares_follow_from_the_tail_average_up_to_the_boundary():
    s = scenarios(rows=4000)
    found = cvar_parity(s, confidence=0.95)
    losses = -s.returns @ found.weights.to_numpy()
    worst = np.argsort(-losses)[:200]  # exactly 5 % of 4000
    part = -found.weights.to_numpy() * s.returns[worst].mean(axis=0)
    np.testing.assert_allclose(part / part.sum(), 0.25, atol=5e-3)
    np.testing.assert_allclose(found.shares, 0.25, rtol=1e-6)


def test_minimum_cvar_beats_every_other_allocator():
    s = scenarios()
    worst = {}
    for key in ALLOCATORS:
        losses = np.sort(-s.returns @ allocate(key, s, confidence=0.95).weights.to_numpy())
        worst[key] = losses[-40:].mean()  # 5 % of 800
    assert min(worst, key=worst.get) == "minimum_cvar"


def test_minimum_cvar_takes_riskless_cash():
    found = minimum_cvar(scenarios(extra=1e-4), confidence=0.95)
    assert found.weights["CASH"] == pytest.approx(1.0, abs=1e-6)


def test_one_asset_is_the_whole_portfolio():
    s = scenarios().select(["GLD"])
    for key in ALLOCATORS:
        assert allocate(key, s, confidence=0.95).weights.to_dict() == {"GLD": pytest.approx(1.0)}


def test_constant_assets_are_named_where_volatility_is_needed():
    s = scenarios(extra=1e-4)
    for solve in (inverse_volatility, equal_risk_contribution):
        with pytest.raises(InfeasibleError, match="CASH has the same return in every scenario") as caught:
            solve(s)
        assert caught.value.details["assets"] == ["CASH"]


def test_an_asset_that_moves_only_in_impossible_scenarios_is_constant():
    move = np.r_[0.5, np.full(799, 0.0)]
    s = scenarios(extra=move, probabilities=np.r_[0.0, np.full(799, 1 / 799)])
    with pytest.raises(InfeasibleError, match="CASH"):
        equal_risk_contribution(s)


def test_a_single_scenario_has_no_volatility():
    s = Scenarios(np.array([[-0.01, -0.02]]), ("SPY", "BND"), 252)
    with pytest.raises(InfeasibleError, match="SPY, BND have"):
        equal_risk_contribution(s)
    np.testing.assert_allclose(cvar_parity(s, confidence=0.95).weights, [2 / 3, 1 / 3], rtol=1e-7)


def test_a_perfect_hedge_is_named():
    base = scenarios()
    s = Scenarios(np.c_[base.returns, -base.returns[:, 0]], (*ASSETS, "SHORT"), 252)
    with pytest.raises(InfeasibleError, match=r"SHORT.*no volatility"):
        equal_risk_contribution(s)
    with pytest.raises(InfeasibleError, match=r"SHORT.*CVaR"):
        cvar_parity(s, confidence=0.95)


def test_cvar_parity_names_the_portfolio_that_makes_it_impossible():
    with pytest.raises(InfeasibleError, match=r"100 % CASH has a CVaR 95.% of -0\.01 %") as caught:
        cvar_parity(scenarios(extra=1e-4), confidence=0.95)
    assert caught.value.details["cvar"] == pytest.approx(-1e-4)
    assert caught.value.details["weights"]["CASH"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    "solve", [equal_risk_contribution, lambda s, **k: cvar_parity(s, confidence=0.95, **k)]
)
def test_budgets_that_do_not_fit_are_refused(solve):
    s = scenarios()
    with pytest.raises(AssetMismatchError, match="no returns for TLT; no budget for EEM"):
        solve(s, budgets={"SPY": 0.25, "BND": 0.25, "GLD": 0.25, "TLT": 0.25})
    with pytest.raises(InputError, match="sum to 1"):
        solve(s, budgets=dict.fromkeys(ASSETS, 0.3))
    with pytest.raises(InputError, match="GLD is not a positive number"):
        solve(s, budgets={"SPY": 0.5, "BND": 0.25, "GLD": 0.0, "EEM": 0.25})


def test_shrinkage_of_weighted_scenarios_and_unknown_estimators_are_refused():
    with pytest.raises(InputError, match="equal probability"):
        equal_risk_contribution(scenarios(probabilities=tilted()), covariance="ledoit_wolf")
    with pytest.raises(InputError, match="No covariance estimator"):
        equal_risk_contribution(scenarios(), covariance="magic")


@pytest.mark.parametrize("solve", [cvar_parity, minimum_cvar])
@pytest.mark.parametrize("confidence", [0.05, 95, 1.0])
def test_confidence_out_of_range_is_refused(solve, confidence):
    with pytest.raises(ConfidenceError):
        solve(scenarios(), confidence=confidence)


@pytest.mark.parametrize("key", ["cvar_parity", "minimum_cvar"])
def test_a_missing_confidence_is_refused(key):
    with pytest.raises(ConfidenceError, match="needs a confidence"):
        allocate(key, scenarios())


def test_an_unknown_allocator_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="cvar_parity"):
        allocate("hrp2", scenarios())
