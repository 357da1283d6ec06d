"""Risk budgeting for volatility, against closed forms, cvxpy and the definition."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore.errors import ConvergenceError, InfeasibleError, InputError
from riskcore.numerics.budgeting import solve_risk_budget_volatility


def equal(n):
    return np.full(n, 1.0 / n)


def share_error(covariance, weights, budgets):
    """The certificate, written again from the definition in extended precision."""
    sigma, w = covariance.astype(np.longdouble), weights.astype(np.longdouble)
    part = w * (sigma @ w)
    return float(np.max(np.abs(part / part.sum() - budgets)))


def one_factor(n, rng, rows=400):
    returns = rng.standard_t(4, (rows, n)) * rng.uniform(0.3, 3.0, n) + rng.standard_t(4, (rows, 1))
    return np.cov(returns.T).reshape(n, n)


def test_two_assets_are_inverse_volatility_whatever_their_correlation():
    for rho in (-0.9, -0.3, 0.0, 0.5, 0.99):
        covariance = np.array([[0.04, rho * 0.02], [rho * 0.02, 0.01]])
        found = solve_risk_budget_volatility(covariance, equal(2))
        np.testing.assert_allclose(found.weights, [1 / 3, 2 / 3], rtol=1e-12)


def test_uncorrelated_assets_get_root_budget_over_volatility():
    sigma, budgets = np.array([0.1, 0.2, 0.4]), np.array([0.5, 0.3, 0.2])
    expected = np.sqrt(budgets) / sigma
    found = solve_risk_budget_volatility(np.diag(sigma**2), budgets)
    np.testing.assert_allclose(found.weights, expected / expected.sum(), rtol=1e-11)


def test_equal_correlations_are_inverse_volatility():
    sigma = np.array([0.1, 0.2, 0.4, 0.05])
    correlation = np.full((4, 4), 0.35) + 0.65 * np.eye(4)
    found = solve_risk_budget_volatility(correlation * np.outer(sigma, sigma), equal(4))
    np.testing.assert_allclose(found.weights, (1 / sigma) / (1 / sigma).sum(), rtol=1e-11)


def test_one_asset_gets_everything():
    found = solve_risk_budget_volatility(np.array([[1e-20]]), np.array([1.0]))
    assert found.weights.tolist() == [1.0]


@pytest.mark.parametrize("n", [5, 40, 90])  # Cholesky below 65 assets, conjugate gradients above
def test_agrees_with_the_cvxpy_model(n):
    rng = np.random.default_rng(n)
    covariance = one_factor(n, rng)
    budgets = rng.dirichlet(np.ones(n)) * 0.5 + 0.5 / n
    x = cp.Variable(n)
    root = np.linalg.cholesky(covariance)
    model = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(root.T @ x) - budgets @ cp.log(x)))
    model.solve(cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    found = solve_risk_budget_volatility(covariance, budgets)
    y = found.weights / np.sqrt(found.weights @ covariance @ found.weights)
    assert 0.5 - budgets @ np.log(y) <= model.value + 1e-12  # no worse than the oracle
    np.testing.assert_allclose(found.weights, x.value / x.value.sum(), atol=1e-5)
    assert share_error(covariance, found.weights, budgets) < 1e-12


@pytest.mark.parametrize("n", [3, 20, 64, 65, 150])
@pytest.mark.parametrize("scale", [1e-16, 1.0, 1e16])  # of the covariance: 1e-8 to 1e8 of the returns
def test_shares_hold_at_any_scale(n, scale):
    covariance = one_factor(n, np.random.default_rng(n))
    reference = solve_risk_budget_volatility(covariance, equal(n)).weights
    found = solve_risk_budget_volatility(covariance * scale, equal(n))
    assert share_error(covariance, found.weights, equal(n)) < 1e-12
    np.testing.assert_allclose(found.weights, reference, rtol=1e-9)


@pytest.mark.parametrize("n", [12, 100])
def test_singular_covariances_and_duplicates(n):
    rng = np.random.default_rng(1)
    few = one_factor(n, rng, rows=3 * n // 4)  # fewer rows than assets
    found = solve_risk_budget_volatility(few, equal(n))
    assert share_error(few, found.weights, equal(n)) < 1e-12
    twice = np.r_[np.arange(n), 0]
    covariance = one_factor(n, rng)[np.ix_(twice, twice)]
    found = solve_risk_budget_volatility(covariance, equal(n + 1))
    assert share_error(covariance, found.weights, equal(n + 1)) < 1e-12
    assert found.weights[0] == pytest.approx(found.weights[-1], rel=1e-9)


@pytest.mark.parametrize("n", [6, 80])
def test_tiny_budgets(n):
    covariance = one_factor(n, np.random.default_rng(2))
    budgets = np.full(n, 1e-6)
    budgets[0] = 1 - 1e-6 * (n - 1)
    found = solve_risk_budget_volatility(covariance, budgets)
    assert share_error(covariance, found.weights, budgets) < 1e-14


@settings(max_examples=60)
@given(st.integers(2, 75), st.integers(0, 10_000), st.floats(0.0, 0.95))
def test_shares_are_the_budgets_and_order_does_not_matter(n, seed, negative):
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random(n) < 0.3, -negative, 1.0)  # some assets move against the common factor
    returns = rng.normal(size=(3 * n + 5, n)) + 2 * sign * rng.normal(size=(3 * n + 5, 1))
    covariance = np.cov(returns.T)
    budgets = np.exp(rng.uniform(-6, 0, n))
    budgets /= budgets.sum()
    untouched = covariance.copy()
    found = solve_risk_budget_volatility(covariance, budgets)
    assert found.weights.min() > 0 and found.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert share_error(covariance, found.weights, budgets) < 1e-11
    order = rng.permutation(n)
    other = solve_risk_budget_volatility(covariance[np.ix_(order, order)], budgets[order])
    np.testing.assert_allclose(other.weights, found.weights[order], rtol=1e-7)
    assert (covariance == untouched).all()


def test_an_asset_without_volatility_is_refused_by_position():
    with pytest.raises(InfeasibleError, match="without volatility") as caught:
        solve_risk_budget_volatility(np.diag([0.04, 0.0, 0.01]), equal(3))
    assert caught.value.details["assets"] == [1]


def test_a_perfect_hedge_is_refused_with_its_weights():
    covariance = np.array([[1.0, -2.0, 0.3], [-2.0, 4.0, -0.6], [0.3, -0.6, 1.0]])
    with pytest.raises(InfeasibleError, match="perfect hedge") as caught:
        solve_risk_budget_volatility(covariance, equal(3))
    w = caught.value.details["weights"]
    assert w @ covariance @ w < 1e-8


def test_what_rounding_hides_is_refused_rather_than_returned():
    rho = -1 + 1e-9  # the shares exist, but the covariance's last digit moves them by more than 1e-10
    with pytest.raises(ConvergenceError, match="verified only to"):
        solve_risk_budget_volatility(np.array([[1.0, rho], [rho, 1.0]]), np.array([0.3, 0.7]))


def test_a_covariance_that_is_not_positive_semidefinite_is_refused():
    covariance = np.array([[1.0, -0.9, -0.9], [-0.9, 1.0, -0.9], [-0.9, -0.9, 1.0]])
    with pytest.raises((ConvergenceError, InfeasibleError)):
        solve_risk_budget_volatility(covariance, equal(3))


@pytest.mark.parametrize(
    ("budgets", "words"),
    [
        ([0.5, 0.6], "sum to 1"),
        ([1.0, 0.0], "positive"),
        ([1.5, -0.5], "positive"),
        ([0.5, np.nan], "positive"),
    ],
)
def test_budgets_that_are_not_shares_are_refused(budgets, words):
    with pytest.raises(InputError, match=words):
        solve_risk_budget_volatility(np.eye(2), np.array(budgets))


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(InputError, match="shape"):
        solve_risk_budget_volatility(np.eye(3), equal(2))
