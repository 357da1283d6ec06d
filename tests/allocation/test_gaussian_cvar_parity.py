"""Gaussian CVaR parity: against cvxpy, volatility parity where means vanish, and its refusals."""

from statistics import NormalDist

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from riskcore.allocation.gaussian_cvar_parity import gaussian_cvar_parity, normal_tail_factor
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, ConfidenceError, InfeasibleError, InputError, MissingDataError
from riskcore.moments import sample_covariance
from riskcore.numerics.budgeting import solve_risk_budget_volatility
from riskcore.numerics.gaussian_parity import solve_gaussian_parity
from riskcore.scenarios import Scenarios


def market(n, seed=0, rows=400, drift=0.1):
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((rows, n)) * rng.uniform(0.3, 3.0, n) + rng.standard_normal((rows, 1))
    covariance = np.cov(returns.T, bias=True).reshape(n, n) * 1e-4
    return rng.uniform(-0.5, 1.0, n) * drift * np.sqrt(np.diag(covariance)), covariance


def shares(mean, covariance, gamma, w):
    part = w * (-mean + gamma * covariance @ w / np.sqrt(w @ covariance @ w))
    return part / part.sum()


def scenarios(rows=600, seed=1, extra=None, drift=5e-4):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_normal((rows, 4)) * [1.0, 0.3, 0.8, 1.4] + 0.004 * rng.standard_normal(
        (rows, 1)
    )
    returns += drift
    names = ("SPY", "BND", "GLD", "EEM")
    if extra is not None:
        returns, names = np.c_[returns, extra(returns)], (*names, "EXTRA")
    return Scenarios(returns, names, 252)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_tail_factor_is_the_mean_of_a_normal_beyond_its_quantile(confidence):
    assert normal_tail_factor(confidence) == pytest.approx(
        norm.expect(lambda x: x, lb=norm.ppf(confidence)) / (1 - confidence), rel=1e-9
    )


@pytest.mark.parametrize("n", [2, 5, 30])
def test_agrees_with_the_cvxpy_model(n):
    mean, covariance = market(n, seed=n)
    rng = np.random.default_rng(n)
    budgets, gamma = 0.5 * rng.dirichlet(np.ones(n)) + 0.5 / n, normal_tail_factor(0.95)
    found = solve_gaussian_parity(mean, covariance, gamma, budgets)
    x, unit = cp.Variable(n), np.sqrt(np.diag(covariance).mean())
    root = np.linalg.cholesky(covariance).T / unit
    problem = cp.Problem(cp.Minimize(gamma * cp.norm(root @ x) - (mean / unit) @ x - budgets @ cp.log(x)))
    problem.solve(cp.CLARABEL)
    np.testing.assert_allclose(found.weights, x.value / x.value.sum(), atol=1e-3)  # all CLARABEL gives
    risk = gamma * np.sqrt(found.weights @ covariance @ found.weights) - mean @ found.weights
    best = found.weights / risk  # at the solution the risk of x is Σ b = 1
    ours = 1.0 - budgets @ np.log(best * unit)
    assert ours == pytest.approx(problem.value, rel=1e-6) and ours <= problem.value + 1e-9
    np.testing.assert_allclose(shares(mean, covariance, gamma, found.weights), budgets, rtol=1e-9)


def test_without_means_it_is_volatility_parity():
    _, covariance = market(8)
    budgets = np.full(8, 1 / 8)
    one = solve_gaussian_parity(np.zeros(8), covariance, 2.0, budgets).weights
    np.testing.assert_allclose(one, solve_risk_budget_volatility(covariance, budgets).weights, rtol=1e-9)


def test_two_assets_by_hand():
    # Uncorrelated, σ = 1, γ = 2, means (0.5, 0), equal shares: w₁(2w₁/s − ½) = w₂·2w₂/s with s² = w₁² + w₂².
    found = solve_gaussian_parity(np.array([0.5, 0.0]), np.eye(2), 2.0, np.array([0.5, 0.5]))
    a, b = found.weights
    s = np.hypot(a, b)
    assert a * (2 * a / s - 0.5) == pytest.approx(b * 2 * b / s, rel=1e-10) and a > b


@given(st.integers(1, 12), st.integers(0, 10_000), st.integers(-8, 8))
def test_order_and_scale_change_nothing_and_shares_are_the_budgets(n, seed, power):
    mean, covariance = market(n, seed=seed)
    budgets = np.full(n, 1.0 / n)
    one = solve_gaussian_parity(mean, covariance, 2.06, budgets)
    order, scale = np.random.default_rng(seed).permutation(n), 10.0**power
    two = solve_gaussian_parity(
        mean[order] * scale, covariance[np.ix_(order, order)] * scale**2, 2.06, budgets[order]
    )
    np.testing.assert_allclose(two.weights, one.weights[order], rtol=1e-8)
    np.testing.assert_allclose(shares(mean, covariance, 2.06, one.weights), budgets, rtol=1e-8)


def test_duplicates_and_more_assets_than_rows():
    mean, covariance = market(30, rows=10)
    budgets = np.full(30, 1 / 30)
    found = solve_gaussian_parity(mean * 0.01, covariance, 2.06, budgets)
    np.testing.assert_allclose(shares(mean * 0.01, covariance, 2.06, found.weights), budgets, rtol=1e-8)
    twice = np.r_[0:5, 0:2]
    mean, covariance = market(5)
    found = solve_gaussian_parity(mean[twice], covariance[np.ix_(twice, twice)], 2.06, np.full(7, 1 / 7))
    np.testing.assert_allclose(found.weights[:2], found.weights[5:], rtol=1e-9)


def test_the_allocator_labels_its_result():
    s = scenarios()
    found = gaussian_cvar_parity(s, confidence=0.95)
    w = found.weights.to_numpy()
    expected = shares(s.returns.mean(axis=0), sample_covariance(s).to_numpy(), normal_tail_factor(0.95), w)
    np.testing.assert_allclose(expected, 0.25, rtol=1e-9)
    assert found.measure == "gaussian_cvar" and found.confidence == 0.95 and "γ = 2.063" in found.solved
    assert found.method == "gaussian_cvar_parity" and found.residual <= 1e-9
    budgets = {"EEM": 0.1, "GLD": 0.2, "BND": 0.3, "SPY": 0.4}
    other = gaussian_cvar_parity(s, confidence=0.95, budgets=budgets)
    assert other.shares.to_dict() == pytest.approx(budgets, rel=1e-9)
    assert other.label == "Risk budgets (Gaussian CVaR)"


def test_unbounded_is_explained_with_the_portfolio_that_makes_it_so():
    s = scenarios(drift=0.02)
    with pytest.raises(InfeasibleError, match=r"unbounded: the portfolio .* not below γ = 2\.063") as caught:
        gaussian_cvar_parity(s, confidence=0.95)
    w = caught.value.details["weights"].to_numpy()
    losses = -s.returns @ w
    ratio = -losses.mean() / losses.std()
    assert caught.value.details["ratio"] == pytest.approx(ratio, rel=1e-9) and ratio >= normal_tail_factor(
        0.95
    )
    tried = np.random.default_rng(0).dirichlet(np.full(4, 0.5), 500)
    assert ratio >= ((tried @ s.returns.mean(axis=0)) / (tried @ s.returns.T).std(axis=1)).max()


def test_just_below_the_limit_there_is_a_solution_and_above_it_none():
    mean, covariance = np.array([1.0, 0.5]), np.diag([1.0, 1.0])
    limit = np.sqrt(1.25)  # the largest ratio: |Σ^{-1/2} μ|, long-only here
    budgets = np.array([0.5, 0.5])
    found = solve_gaussian_parity(mean, covariance, limit * 1.001, budgets)
    np.testing.assert_allclose(shares(mean, covariance, limit * 1.001, found.weights), budgets, rtol=1e-6)
    with pytest.raises(InfeasibleError, match="not below γ"):
        solve_gaussian_parity(mean, covariance, limit * 0.999, budgets)


def test_a_perfect_hedge_and_a_constant_asset_are_named():
    for gain, reason in ((1e-4, "unbounded: the portfolio 50 % "), (0.0, "neither volatility nor loss")):
        with pytest.raises(InfeasibleError, match=reason) as caught:
            gaussian_cvar_parity(scenarios(extra=lambda r, gain=gain: gain - r[:, 0]), confidence=0.95)
        assert caught.value.details["weights"][["SPY", "EXTRA"]].to_list() == pytest.approx([0.5, 0.5])
    # A hedge that surely loses has a risk of its own: the loss.
    found = gaussian_cvar_parity(scenarios(extra=lambda r: -r[:, 0] - 1e-4), confidence=0.95)
    assert found.shares.to_numpy() == pytest.approx(np.full(5, 0.2), rel=1e-9)
    with pytest.raises(InfeasibleError, match="EXTRA has the same return"):
        gaussian_cvar_parity(scenarios(extra=lambda r: np.full(len(r), 1e-4)), confidence=0.95)


def test_unusable_input_is_refused():
    s = scenarios()
    with pytest.raises(ConfidenceError, match=r"0\.95"):
        gaussian_cvar_parity(s, confidence=0.05)
    with pytest.raises(AssetMismatchError, match="no budget for"):
        gaussian_cvar_parity(s, confidence=0.95, budgets={"SPY": 1.0})
    with pytest.raises(AssetMismatchError, match="means"):
        gaussian_cvar_parity(s, confidence=0.95, mean=pd.Series({"SPY": 0.0}))
    with pytest.raises(InputError, match="γ must be"):
        solve_gaussian_parity(np.zeros(2), np.eye(2), -1.0, np.full(2, 0.5))
    with pytest.raises(InputError, match="shape"):
        solve_gaussian_parity(np.zeros(3), np.eye(2), 2.0, np.full(2, 0.5))
    with pytest.raises(MissingDataError, match="missing or infinite"):
        solve_gaussian_parity(np.array([np.nan, 0]), np.eye(2), 2.0, np.full(2, 0.5))
    with pytest.raises(InfeasibleError, match="without volatility"):
        solve_gaussian_parity(np.zeros(2), np.diag([1.0, 0.0]), 2.0, np.full(2, 0.5))


def test_on_real_data_contributions_are_equal_under_the_gaussian_formula():
    prices = load_sample("global")
    s = prices.scenarios(list(prices.default_assets))
    w = gaussian_cvar_parity(s, confidence=0.95).weights.to_numpy()
    mean, sigma = s.returns.mean(axis=0), np.cov(s.returns.T, bias=True)
    factor = NormalDist().pdf(NormalDist().inv_cdf(0.95)) / 0.05
    parts = w * (-mean + factor * sigma @ w / np.sqrt(w @ sigma @ w))
    np.testing.assert_allclose(parts / parts.sum(), 1 / 7, rtol=1e-8)
