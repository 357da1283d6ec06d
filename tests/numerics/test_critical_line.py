"""The critical line against cvxpy, closed forms and the definition of optimality."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore.errors import ConvergenceError, InfeasibleError, InputError, MissingDataError
from riskcore.numerics import critical_line
from riskcore.numerics.corners import Box, Singular, corners_of
from riskcore.numerics.critical_line import (
    linear_minimum,
    solve_critical_line,
    solve_maximum_ratio,
    solve_minimum_variance,
    weights_at_means,
)
from riskcore.numerics.tableau import walk_tableau

CLARABEL = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}


def market(n, seed=0, rows=300):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(4, (rows, n)) * rng.uniform(0.3, 1.5, n)
    returns += 0.006 * rng.standard_t(4, (rows, 1)) + 0.0003 * rng.standard_normal(n)
    return np.cov(returns.T, bias=True).reshape(n, n), returns.mean(axis=0), returns


def model(covariance, lower, upper, *, means=None, target=None, trade_off=0.0):
    """The smallest ½ w'Σw − λ μ'w by cvxpy, in units of the average variance."""
    unit = np.diag(covariance).mean()
    values, vectors = np.linalg.eigh(covariance / unit)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    w = cp.Variable(len(covariance))
    conditions = [cp.sum(w) == 1, w >= lower, w <= upper]
    if target is not None:
        conditions.append((means @ w) / np.ptp(means) >= target / np.ptp(means))
    objective = 0.5 * cp.sum_squares(root @ w)
    if trade_off:
        objective = objective - (trade_off / unit * means) @ w
    problem = cp.Problem(cp.Minimize(objective), conditions)
    problem.solve(cp.CLARABEL, **CLARABEL)
    return float(problem.value) * unit, w.value


def box(n, kind, seed=0):
    if kind == "long":
        return np.zeros(n), np.ones(n)
    if kind == "short":
        return np.full(n, -0.3), np.ones(n)
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.1, 0.5 / n, n), rng.uniform(1.5 / n, 3.0 / n, n)


@pytest.mark.parametrize("kind", ["long", "short", "ragged"])
@pytest.mark.parametrize("n", [2, 7, 30])
def test_every_corner_minimises_its_trade_off_like_the_cvxpy_model(n, kind):
    covariance, means, _ = market(n)
    lower, upper = box(n, kind)
    line = solve_critical_line(covariance, means, lower, upper)
    for k in sorted({0, len(line.weights) // 2, len(line.weights) - 1}):
        w, trade_off = line.weights[k], line.trade_offs[k]
        ours = 0.5 * w @ covariance @ w - trade_off * means @ w
        best, _ = model(covariance, lower, upper, means=means, trade_off=trade_off)
        assert ours - best <= 1e-9 * (w @ covariance @ w + trade_off * np.ptp(means))
        assert (w >= lower - 1e-15).all() and (w <= upper + 1e-15).all()
        assert w.sum() == pytest.approx(1.0, abs=1e-14)
    assert line.ridge == 0.0 and line.residual <= 1e-12
    assert (np.diff(line.trade_offs) <= 0).all() and line.trade_offs[-1] == 0.0


@pytest.mark.parametrize("kind", ["long", "ragged"])
def test_between_corners_weights_are_efficient_too(kind):
    covariance, means, _ = market(12, seed=3)
    lower, upper = box(12, kind, seed=3)
    line = solve_critical_line(covariance, means, lower, upper)
    targets = np.linspace(line.means[-1], line.means[0], 6)[1:-1]
    weights, variances = weights_at_means(line, targets)
    np.testing.assert_allclose(weights @ means, targets, rtol=1e-12)
    for target, variance, w in zip(targets, variances, weights, strict=True):
        best, _ = model(covariance, lower, upper, means=means, target=target)
        assert variance == pytest.approx(2 * best, rel=1e-8)
        assert variance == pytest.approx(w @ covariance @ w, rel=1e-12)


def test_two_assets_by_hand():
    # Σ = diag(4, 1), w = (x, 1 − x): variance 4x² + (1 − x)² is least at x = 1/5; μ = (2, 1), λ(x) = 5x − 1.
    line = solve_critical_line(np.diag([4.0, 1.0]), np.array([2.0, 1.0]), np.zeros(2), np.ones(2))
    np.testing.assert_allclose(line.weights, [[1, 0], [0.2, 0.8]], atol=1e-15)
    np.testing.assert_allclose(line.trade_offs, [4.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(line.means, [2.0, 1.2])
    np.testing.assert_allclose(line.gradients, [[4, 0], [0.8, 0.8]], atol=1e-15)


def test_the_tangency_portfolio_is_the_closed_form_where_no_bound_binds():
    sigma, means = np.array([0.1, 0.2, 0.3]), np.array([0.05, 0.07, 0.08])
    covariance = np.outer(sigma, sigma) * (0.2 + 0.8 * np.eye(3))
    line = solve_critical_line(covariance, means, np.zeros(3), np.ones(3))
    for rate in (0.0, 0.02):
        direct = np.linalg.solve(covariance, means - rate)
        assert (direct > 0).all()
        np.testing.assert_allclose(solve_maximum_ratio(line, means - rate), direct / direct.sum(), rtol=1e-12)


def test_the_largest_ratio_agrees_with_the_cvxpy_model():
    covariance, means, _ = market(25, seed=8)
    line = solve_critical_line(covariance, means, np.zeros(25), np.full(25, 0.2))
    w = solve_maximum_ratio(line, means)
    # Schaible's transformation: minimise y'Σy with μ'y = 1, y ≥ 0, y ≤ 0.2 Σy; w = y / Σy.
    unit = np.abs(means).max()
    root = np.linalg.cholesky(covariance / np.diag(covariance).mean()).T
    y = cp.Variable(25, nonneg=True)
    problem = cp.Problem(
        cp.Minimize(cp.sum_squares(root @ y)), [(means / unit) @ y == 1, y <= 0.2 * cp.sum(y)]
    )
    problem.solve(cp.CLARABEL, **CLARABEL)
    other = y.value / y.value.sum()
    ratio, best = (v @ means / np.sqrt(v @ covariance @ v) for v in (w, other))
    assert ratio == pytest.approx(best, rel=1e-8) and w.max() <= 0.2 + 1e-15


def test_minimum_variance_is_the_end_of_every_frontier():
    covariance, means, _ = market(20, seed=2)
    least = solve_minimum_variance(covariance, np.zeros(20), np.ones(20))
    line = solve_critical_line(covariance, means, np.zeros(20), np.ones(20))
    np.testing.assert_allclose(least.weights[0], line.weights[-1], atol=1e-13)
    assert len(least.weights) == 1


def test_assets_tied_for_the_highest_mean_are_mixed_for_the_smallest_variance():
    covariance, means, _ = market(6, seed=4)
    means[[1, 3, 4]] = means.max() + 1e-4
    line = solve_critical_line(covariance, means, np.zeros(6), np.ones(6))
    some = solve_minimum_variance(covariance[np.ix_([1, 3, 4], [1, 3, 4])], np.zeros(3), np.ones(3))
    np.testing.assert_allclose(line.weights[0][[1, 3, 4]], some.weights[0], atol=1e-12)
    assert line.weights[0][[0, 2, 5]].tolist() == [0, 0, 0]


def test_rounded_means_with_many_ties_agree_with_cvxpy():
    covariance, means, _ = market(30, seed=6)
    means = np.round(means, 4)
    assert len(set(means)) < 20
    lower, upper = np.zeros(30), np.full(30, 0.1)
    line = solve_critical_line(covariance, means, lower, upper)
    target = 0.5 * (line.means[0] + line.means[-1])
    best, _ = model(covariance, lower, upper, means=means, target=target)
    assert weights_at_means(line, np.array([target]))[1][0] == pytest.approx(2 * best, rel=1e-8)


@pytest.mark.parametrize("cap", [0.25, 0.5])
def test_bounds_that_fill_the_portfolio_exactly_start_at_a_vertex(cap):
    covariance, means, _ = market(8, seed=9)
    line = solve_critical_line(covariance, means, np.zeros(8), np.full(8, cap))
    order = np.argsort(-means)[: round(1 / cap)]
    assert line.weights[0][order].tolist() == [cap] * round(1 / cap)
    best, _ = model(covariance, np.zeros(8), np.full(8, cap))
    w = line.weights[-1]
    assert w @ covariance @ w == pytest.approx(2 * best, rel=1e-9)


def test_riskless_assets_and_perfect_hedges_reach_zero_variance():
    covariance, _, returns = market(5)
    for extra in (np.full(300, 1e-4), -returns[:, 0], np.c_[np.full(300, 1e-4), np.full(300, 2e-4)]):
        table = np.c_[returns, extra]
        n = table.shape[1]
        wide = np.cov(table.T, bias=True)
        line = solve_critical_line(wide, table.mean(axis=0), np.zeros(n), np.ones(n))
        assert np.sqrt(abs(line.weights[-1] @ wide @ line.weights[-1])) <= 1e-7 * np.sqrt(covariance[0, 0])


def test_of_two_riskless_assets_the_better_one_is_held():
    wide = np.zeros((3, 3))
    wide[0, 0] = 1e-4
    line = solve_critical_line(wide, np.array([5e-4, 1e-4, 2e-4]), np.zeros(3), np.ones(3))
    weights, _ = weights_at_means(line, np.array([3e-4]))
    np.testing.assert_allclose(weights, [[1 / 3, 0, 2 / 3]], atol=1e-9)


def test_duplicates_share_what_one_of_them_would_get():
    covariance, means, returns = market(5, seed=1)
    table = np.c_[returns, returns[:, :2]]
    twice = np.cov(table.T, bias=True)
    line = solve_critical_line(twice, table.mean(axis=0), np.zeros(7), np.ones(7))
    alone = solve_critical_line(covariance, means, np.zeros(5), np.ones(5))
    targets = np.linspace(alone.means[-1], alone.means[0], 7)
    merged = weights_at_means(line, targets)[0]
    merged[:, :2] += merged[:, 5:]
    np.testing.assert_allclose(merged[:, :5], weights_at_means(alone, targets)[0], atol=1e-7)
    assert line.residual <= 1e-8


def test_a_ridge_that_was_needed_is_reported_and_hardly_felt(monkeypatch):
    covariance, means, _ = market(6)
    plain = solve_critical_line(covariance, means, np.zeros(6), np.ones(6))
    monkeypatch.setattr(critical_line, "TABLEAU", 0)
    monkeypatch.setattr(critical_line, "REPAIRS", critical_line.REPAIRS[2:])
    line = solve_critical_line(covariance, means, np.zeros(6), np.ones(6))
    assert line.ridge == pytest.approx(1e-10 * np.diag(covariance).mean(), rel=1e-9, abs=0)
    np.testing.assert_allclose(line.weights[-1], plain.weights[-1], atol=1e-8)


def test_what_no_repair_can_verify_is_refused(monkeypatch):
    monkeypatch.setattr(critical_line, "TABLEAU", 0)
    monkeypatch.setattr(critical_line, "REPAIRS", ((0.0, 10.0),))
    covariance, means, _ = market(6)
    with pytest.raises(ConvergenceError, match="could be verified only to") as caught:
        solve_critical_line(covariance, means, np.zeros(6), np.ones(6))
    assert caught.value.details["residual"] > 1e-8


@settings(max_examples=40)
@given(
    st.integers(4, 25), st.integers(0, 10_000), st.sampled_from(["long", "short", "ragged", "tied", "copy"])
)
def test_the_tableau_walks_the_same_corners_as_fresh_factors(n, seed, kind):
    covariance, means, _ = market(n, seed=seed)
    rng = np.random.default_rng(seed)
    lower, upper = np.zeros(n), np.ones(n)
    if kind == "short":
        lower -= 0.2
    if kind == "ragged":
        lower, upper = rng.uniform(-0.3, 0.5 / n, n), rng.uniform(1.2 / n, 0.9, n)
    if kind == "tied":
        means[: n // 2 + 1] = means.max() + 1e-4
    if kind == "copy":
        covariance[0], covariance[:, 0], means[0] = covariance[1], covariance[:, 1], means[1]
        covariance[0, 0] = covariance[1, 1]
    box, centre = Box(lower, upper), (means - means.mean()) / np.ptp(means)
    unit = covariance / np.diag(covariance).mean()
    try:
        tableau = list(corners_of(unit, centre, box, walk_tableau))
        fresh = list(corners_of(unit, centre, box))
    except Singular:
        assert kind == "copy"  # then both leave it to a ridge
        return
    np.testing.assert_allclose([c.trade_off for c in tableau], [c.trade_off for c in fresh], atol=1e-9)
    np.testing.assert_allclose([c.weights for c in tableau], [c.weights for c in fresh], atol=1e-9)


def test_a_tableau_that_lost_its_digits_is_not_believed(monkeypatch):
    covariance, means, _ = market(8)
    exact = solve_critical_line(covariance, means, np.zeros(8), np.ones(8))

    def careless(*market):
        return [corner._replace(weights=corner.weights + 1e-9) for corner in walk_tableau(*market)]

    monkeypatch.setattr(critical_line, "walk_tableau", careless)
    again = solve_critical_line(covariance, means, np.zeros(8), np.ones(8))
    np.testing.assert_allclose(again.weights, exact.weights, atol=1e-13)


def test_two_rows_of_seven_assets_are_verified_or_refused_by_what_was_reached():
    for seed in range(20):
        covariance, means, _ = market(7, seed=seed, rows=2)
        try:
            line = solve_critical_line(covariance, means, np.zeros(7), np.ones(7))
        except ConvergenceError as error:
            assert error.details["residual"] > 1e-8
        else:
            assert line.residual <= 1e-8


def test_more_assets_than_rows():
    covariance, means, _ = market(60, rows=20)
    line = solve_critical_line(covariance, means, np.zeros(60), np.ones(60))
    best, _ = model(covariance, np.zeros(60), np.ones(60))
    w = line.weights[-1]
    assert w @ covariance @ w <= 2 * best + 1e-7 * np.diag(covariance).mean()
    assert line.residual <= 1e-8


@given(
    st.integers(2, 15),
    st.integers(0, 10_000),
    st.sampled_from(["long", "short", "ragged"]),
    st.integers(-8, 8),
)
def test_order_and_scale_change_nothing(n, seed, kind, power):
    covariance, means, _ = market(n, seed=seed)
    lower, upper = box(n, kind, seed=seed)
    line = solve_critical_line(covariance, means, lower, upper)
    order, scale = np.random.default_rng(seed).permutation(n), 10.0**power
    other = solve_critical_line(
        covariance[np.ix_(order, order)] * scale**2, means[order] * scale, lower[order], upper[order]
    )
    targets = np.linspace(line.means[-1], line.means[0], 5)
    one, two = weights_at_means(line, targets)[0], weights_at_means(other, targets * scale)[0]
    np.testing.assert_allclose(two, one[:, order], atol=1e-9)


@given(st.integers(1, 12), st.integers(0, 10_000))
def test_the_linear_minimum_is_that_of_the_linear_program(n, seed):
    rng = np.random.default_rng(seed)
    lower, upper = box(n, "ragged", seed=seed)
    upper = np.maximum(upper, (1.0 - lower.sum()) / n + lower)
    slopes = rng.standard_normal((3, n))
    from scipy.optimize import linprog

    bounds = list(zip(lower, upper, strict=True))
    expected = [linprog(g, A_eq=np.ones((1, n)), b_eq=[1.0], bounds=bounds).fun for g in slopes]
    np.testing.assert_allclose(linear_minimum(slopes, lower, upper), expected, atol=1e-9)


def test_one_asset_and_bounds_without_freedom():
    assert solve_critical_line(np.eye(1), np.ones(1), np.zeros(1), np.ones(1)).weights.tolist() == [[1.0]]
    fixed = np.array([0.2, 0.3, 0.5])
    for lower, upper in ((fixed, np.ones(3)), (np.zeros(3), fixed)):
        line = solve_critical_line(np.eye(3), np.arange(3.0), lower, upper)
        np.testing.assert_allclose(line.weights, [fixed], atol=1e-15)


def test_inputs_are_not_modified():
    covariance, means, _ = market(5)
    before = covariance.copy(), means.copy()
    lower, upper = box(5, "ragged")
    for each in (covariance, means, lower, upper):
        each.setflags(write=False)
    solve_critical_line(covariance, means, lower, upper)
    assert (covariance == before[0]).all() and (means == before[1]).all()


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        (np.full(3, 0.4), np.ones(3), "minimum weights of 3 assets add up to 120 %"),
        (np.zeros(3), np.full(3, 0.3), "maximum weights of 3 assets add up to 90 %"),
    ],
)
def test_bounds_that_leave_no_portfolio_are_refused_with_their_sum(lower, upper, message):
    with pytest.raises(InfeasibleError, match=message) as caught:
        solve_critical_line(np.eye(3), np.arange(3.0), lower, upper)
    assert caught.value.details["total"] == pytest.approx(lower.sum() if lower.any() else upper.sum())


def test_crossed_infinite_and_missing_input_is_refused():
    with pytest.raises(InputError, match="1 of 3 assets have a minimum weight above the maximum"):
        solve_critical_line(np.eye(3), np.ones(3), np.array([0, 0.5, 0]), np.array([1, 0.4, 1]))
    with pytest.raises(InputError, match="finite"):
        solve_critical_line(np.eye(3), np.ones(3), np.full(3, -np.inf), np.ones(3))
    with pytest.raises(InputError, match="shape"):
        solve_critical_line(np.eye(3), np.ones(2), np.zeros(2), np.ones(2))
    with pytest.raises(MissingDataError, match="missing or infinite"):
        solve_critical_line(np.eye(2), np.array([np.nan, 1.0]), np.zeros(2), np.ones(2))
