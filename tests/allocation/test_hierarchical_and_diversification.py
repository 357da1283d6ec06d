"""Hierarchical risk parity and maximum diversification on labelled scenarios."""

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest

from riskcore.allocation.hierarchical import hierarchical_risk_parity
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError
from riskcore.moments import sample_covariance
from riskcore.scenarios import Scenarios

BOTH = [hierarchical_risk_parity, maximum_diversification]


def scenarios(n=6, rows=500, seed=0, extra=None, weighted=False):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(5, (rows, n)) * rng.uniform(0.3, 1.5, n) + 0.005 * rng.standard_t(
        5, (rows, 1)
    )
    names = tuple(f"A{i}" for i in range(n))
    if extra is not None:
        returns, names = np.c_[returns, extra(returns)], (*names, "EXTRA")
    p = np.linspace(1, 3, rows)
    return Scenarios(returns, names, 252, p / p.sum() if weighted else np.empty(0))


def ratio(covariance, w):
    return np.sqrt(np.diag(covariance)) @ w / np.sqrt(w @ covariance @ w)


@pytest.mark.parametrize("solve", BOTH)
@pytest.mark.parametrize("weighted", [False, True])
def test_results_are_long_only_fully_invested_and_say_what_was_solved(solve, weighted):
    found = solve(scenarios(weighted=weighted))
    assert found.method == solve.__name__ and found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.weights.min() >= 0 and found.solved.endswith("sample covariance.")
    assert found.status == ("exact" if solve is hierarchical_risk_parity else "optimal")
    assert found.residual <= 1e-10


@pytest.mark.parametrize("n", [2, 6, 25])
def test_the_largest_diversification_agrees_with_the_cvxpy_model(n):
    s = scenarios(n, seed=n)
    covariance = sample_covariance(s).to_numpy()
    sigma = np.sqrt(np.diag(covariance))
    root = np.linalg.cholesky(covariance / covariance.mean()).T
    y = cp.Variable(n, nonneg=True)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(root @ y)), [(sigma / sigma.mean()) @ y == 1])
    problem.solve(cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    w = maximum_diversification(s).weights.to_numpy()
    assert ratio(covariance, w) == pytest.approx(ratio(covariance, y.value / y.value.sum()), rel=1e-9)


def test_assets_held_correlate_equally_with_the_most_diversified_portfolio():
    s = scenarios(12, seed=5)
    covariance, w = sample_covariance(s).to_numpy(), maximum_diversification(s).weights.to_numpy()
    correlation = covariance @ w / np.sqrt(np.diag(covariance) * (w @ covariance @ w))
    held = w > 1e-12
    assert 2 < held.sum() < 12
    np.testing.assert_allclose(correlation[held], correlation[held][0], rtol=1e-10)
    assert (correlation[~held] > correlation[held][0]).all()
    assert f"{ratio(covariance, w):.3g}" in maximum_diversification(s).solved


@pytest.mark.parametrize("solve", BOTH)
@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_scale_changes_nothing(solve, scale):
    s = scenarios()
    scaled = Scenarios(s.returns * scale, s.assets, 252)
    np.testing.assert_allclose(solve(scaled).weights, solve(s).weights, atol=1e-10)


def test_label_order_changes_nothing_for_maximum_diversification():
    s = scenarios()
    order = list(s.assets[::-1])
    one, two = maximum_diversification(s), maximum_diversification(s.select(order))
    pd.testing.assert_series_equal(one.weights[order], two.weights, atol=1e-10)


def test_duplicates_share_what_one_would_get_in_the_most_diversified_portfolio():
    alone = maximum_diversification(scenarios()).weights
    twice = maximum_diversification(scenarios(extra=lambda r: 3.0 * r[:, 1])).weights
    # The copy is three times as volatile: a third of its weight does the same.
    merged = twice.drop("EXTRA")
    merged["A1"] += 3.0 * twice["EXTRA"]
    np.testing.assert_allclose(merged / merged.sum(), alone, atol=1e-7)


@pytest.mark.parametrize("solve", BOTH)
def test_more_assets_than_rows_and_one_asset(solve):
    found = solve(scenarios(30, rows=10))
    assert found.weights.sum() == pytest.approx(1.0) and found.weights.min() >= 0
    assert solve(scenarios(1)).weights.tolist() == [1.0]


@pytest.mark.parametrize("solve", BOTH)
def test_constant_assets_and_foreign_covariances_are_refused(solve):
    with pytest.raises(InfeasibleError, match="EXTRA has the same return in every scenario"):
        solve(scenarios(extra=lambda r: np.full(len(r), 1e-4)))
    s = scenarios()
    with pytest.raises(AssetMismatchError, match="nothing for A5"):
        solve(s, covariance=pd.DataFrame(np.eye(5), s.assets[:5], s.assets[:5]))
    with pytest.raises(InputError, match="No covariance estimator"):
        solve(s, covariance="oracle")


def test_a_given_covariance_without_variance_is_refused_by_name():
    s = scenarios()
    flat = pd.DataFrame(np.diag([1.0, 1, 1, 0, 1, 1]), s.assets, s.assets)
    with pytest.raises(InfeasibleError, match="A3"):
        maximum_diversification(s, covariance=flat)
    with pytest.raises(InfeasibleError, match="A3"):
        hierarchical_risk_parity(s, covariance=flat)


def test_a_perfect_hedge_is_named_by_maximum_diversification():
    with pytest.raises(InfeasibleError, match=r"no volatility .a perfect hedge.") as caught:
        maximum_diversification(scenarios(extra=lambda r: -2.0 * r[:, 0]))
    weights = caught.value.details["weights"]
    assert weights["A0"] == pytest.approx(2 / 3, abs=1e-4) and weights["EXTRA"] == pytest.approx(
        1 / 3, abs=1e-4
    )
