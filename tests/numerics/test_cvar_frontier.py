"""The mean–CVaR frontier and the highest mean under a CVaR cap, against linear programs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from riskcore.errors import ConfidenceError, InfeasibleError, InputError, MissingDataError, ProbabilityError
from riskcore.numerics.cvar_frontier import solve_cvar_frontier, solve_maximum_mean
from riskcore.numerics.cvar_program import solve_minimum_cvar


def market(rows, n, seed=0):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(4, (rows, n)) * rng.uniform(0.3, 1.5, n)
    return returns + 0.005 * rng.standard_t(4, (rows, 1)) + rng.uniform(0, 1e-3, n)


def equal(rows):
    return np.full(rows, 1.0 / rows)


def tilted(rows):
    p = np.exp(np.linspace(-2, 0, rows))
    return p / p.sum()


def program(returns, p, confidence, *, target=None, cap=None):
    """Rockafellar–Uryasev as a linear program (HiGHS): least CVaR at a mean, or highest mean under a cap."""
    rows, n = returns.shape
    means = p @ returns
    risk = np.concatenate([np.zeros(n), [1.0], p / (1 - confidence)])
    above = np.hstack([-returns, -np.ones((rows, 1)), -np.eye(rows)])
    bounds = [(0, None)] * n + [(None, None)] + [(0, None)] * rows
    equality = np.concatenate([np.ones(n), np.zeros(rows + 1)])[None, :]
    gain = np.concatenate([means, np.zeros(rows + 1)])
    if cap is None:
        cost, extra, right = risk, -gain, -target
    else:
        cost, extra, right = -gain, risk, cap
    found = linprog(
        cost,
        A_ub=np.vstack([above, extra]),
        b_ub=np.append(np.zeros(rows), right),
        A_eq=equality,
        b_eq=[1.0],
        bounds=bounds,
    )
    return found.fun if cap is None else -found.fun


def cvar(returns, p, confidence, w):
    losses = -returns @ w
    return min(t + p @ np.maximum(losses - t, 0) / (1 - confidence) for t in losses)


@pytest.mark.parametrize("weights_of_rows", [equal, tilted])
@pytest.mark.parametrize("n", [2, 8])
def test_every_point_has_the_least_cvar_at_its_mean(weights_of_rows, n):
    returns, p = market(200, n, seed=n), weights_of_rows(200)
    found = solve_cvar_frontier(returns, p, 0.9, 9)
    assert found.weights.shape == (9, n) and found.residual <= 1e-6
    np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, atol=1e-12)
    assert found.weights.min() >= 0 and (np.diff(found.means) > 0).all()
    np.testing.assert_allclose(found.means, found.weights @ (p @ returns), rtol=1e-12)
    for w, mean, risk in zip(found.weights, found.means, found.cvars, strict=True):
        assert risk == pytest.approx(cvar(returns, p, 0.9, w), rel=1e-10)
        assert risk <= program(returns, p, 0.9, target=mean * (1 - 1e-12)) * (1 + 1e-7)


def test_the_ends_are_the_minimum_and_the_best_asset():
    returns, p = market(500, 6), equal(500)
    found = solve_cvar_frontier(returns, p, 0.95, 5)
    assert found.cvars[0] == pytest.approx(solve_minimum_cvar(returns, p, 0.95).cvar, rel=1e-9)
    assert found.weights[-1].tolist() == [float(i == np.argmax(returns.mean(axis=0))) for i in range(6)]


def test_the_frontier_is_convex_and_leaves_no_long_gap():
    returns, p = market(2000, 10), equal(2000)
    found = solve_cvar_frontier(returns, p, 0.95, 15)
    slopes = np.diff(found.cvars) / np.diff(found.means)
    assert (np.diff(slopes) >= -1e-6 * slopes.max()).all()
    along = np.diff(found.means) / np.ptp(found.means) + np.diff(found.cvars) / np.ptp(found.cvars)
    assert along.max() <= 4 * 2 / 14


def test_two_assets_by_hand():
    # The tail at 0.9 is the worst of three rows: CVaR(x) = max(0.02x, 0.01(1 − x)), means (1/300, 1/1500):
    # least at x = 1/3, then 0.02x: one straight chord, halved by mixtures.
    rows = np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]])
    found = solve_cvar_frontier(rows, equal(3), 0.9, 5)
    np.testing.assert_allclose(found.weights[:, 0], [1 / 3, 1 / 2, 2 / 3, 5 / 6, 1], atol=1e-9)
    np.testing.assert_allclose(found.cvars, 0.02 * found.weights[:, 0], rtol=1e-9)


@pytest.mark.parametrize("weights_of_rows", [equal, tilted])
def test_the_highest_mean_under_a_cap_agrees_with_the_linear_program(weights_of_rows):
    returns, p = market(250, 7, seed=3), weights_of_rows(250)
    ends = solve_cvar_frontier(returns, p, 0.9, 2).cvars
    for share in (0.0, 0.05, 0.4, 0.8):
        cap = ends[0] + share * (ends[1] - ends[0])
        found, _ = solve_maximum_mean(returns, p, 0.9, cap)
        best = program(returns, p, 0.9, cap=cap)
        assert found.mean == pytest.approx(best, abs=2e-6 * np.ptp(p @ returns))
        assert cvar(returns, p, 0.9, found.weights) <= cap * (1 + 1e-9) and found.gap <= 1e-6
        assert found.weights.min() >= 0 and found.weights.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_loose_cap_gives_the_best_asset():
    returns, p = market(200, 5), equal(200)
    found, _ = solve_maximum_mean(returns, p, 0.95, 1.0)
    assert found.weights.tolist() == [float(i == np.argmax(returns.mean(axis=0))) for i in range(5)]
    assert found.gap == 0.0


def test_tied_means_take_the_smaller_cvar():
    rows = market(300, 4)
    rows -= rows.mean(axis=0)
    rows[:, :2] += 1e-3
    found = solve_cvar_frontier(rows, equal(300), 0.9, 4)
    pair = solve_minimum_cvar(rows[:, :2], equal(300), 0.9)
    assert found.cvars[-1] == pytest.approx(pair.cvar, rel=1e-7)
    np.testing.assert_allclose(found.weights[-1, 2:], 0.0, atol=1e-12)


def test_a_frontier_of_one_portfolio_has_one_point():
    rows = market(200, 3)
    rows -= rows.mean(axis=0)
    assert len(solve_cvar_frontier(rows, equal(200), 0.9, 5).weights) == 1
    assert len(solve_cvar_frontier(rows[:, :1], equal(200), 0.9, 5).weights) == 1
    better = np.c_[rows[:, 0], rows[:, 0] + 0.01]  # the second is better in every scenario
    assert solve_cvar_frontier(better, equal(200), 0.9, 5).weights.tolist() == [[0.0, 1.0]]


def test_duplicates_constants_and_more_assets_than_rows():
    rows = market(60, 4)
    for table in (np.c_[rows, rows[:, :2]], np.c_[rows, np.full(60, 1e-4)], market(12, 30)):
        found = solve_cvar_frontier(table, equal(len(table)), 0.9, 6)
        assert found.residual <= 1e-6
        for mean, risk in zip(found.means[1:4], found.cvars[1:4], strict=True):
            best = program(table, equal(len(table)), 0.9, target=mean)
            assert risk <= best + 2e-6 * np.abs(table).max()


def test_a_perfect_hedge_begins_the_frontier_at_no_risk():
    rows = market(200, 4)
    rows[:, 1] = -rows[:, 0]
    found = solve_cvar_frontier(rows, equal(200), 0.95, 5)
    assert abs(found.cvars[0]) <= 1e-9 and found.residual <= 1e-6
    np.testing.assert_allclose(found.weights[0], [0.5, 0.5, 0, 0], atol=1e-7)
    for mean, risk in zip(found.means[1:], found.cvars[1:], strict=True):
        best = program(rows, equal(200), 0.95, target=mean * (1 - 1e-12))
        assert risk == pytest.approx(best, abs=1e-7 * found.cvars[-1])


def test_assets_that_neither_end_holds_enter_between_them():
    # The third is thrice the first with a better mean: too risky for one end, too safe for the other.
    rng = np.random.default_rng(0)
    common, own = rng.standard_t(4, 400), rng.standard_t(4, 400)
    rows = np.c_[0.001 * common, 0.02 * own, 0.003 * common + 1e-4 * rng.normal(size=400)]
    rows += np.array([0.0, 2e-3, 1.2e-3]) - rows.mean(axis=0)
    found = solve_cvar_frontier(rows, equal(400), 0.95, 6)
    assert found.weights[0, 2] < 1e-7 and found.weights[-1].tolist() == [0.0, 1.0, 0.0]
    assert found.weights[1:-1, 2].min() > 0.1
    for mean, risk in zip(found.means[1:-1], found.cvars[1:-1], strict=True):
        best = program(rows, equal(400), 0.95, target=mean * (1 - 1e-12))
        assert risk == pytest.approx(best, rel=1e-7)


@settings(max_examples=15)
@given(st.integers(2, 8), st.integers(0, 10_000), st.integers(-8, 8))
def test_order_and_scale_change_nothing(n, seed, power):
    returns, scale = market(150, n, seed=seed), 10.0**power
    order = np.random.default_rng(seed).permutation(n)
    one = solve_cvar_frontier(returns, equal(150), 0.9, 3)
    two = solve_cvar_frontier(returns[::-1, order] * scale, equal(150), 0.9, 3)
    np.testing.assert_allclose(two.cvars[[0, -1]] / scale, one.cvars[[0, -1]], rtol=1e-7)
    cap = 0.5 * (one.cvars[0] + one.cvars[-1])
    mean, other = (
        solve_maximum_mean(r, equal(150), 0.9, c)[0].mean
        for r, c in ((returns, cap), (returns[:, order] * scale, cap * scale))
    )
    assert other / scale == pytest.approx(mean, abs=3e-6 * np.ptp(returns.mean(axis=0)))


def test_a_cap_below_the_minimum_is_refused_with_the_minimum():
    returns, p = market(200, 5), equal(200)
    least = solve_minimum_cvar(returns, p, 0.95)
    with pytest.raises(InfeasibleError, match="the smallest is") as caught:
        solve_maximum_mean(returns, p, 0.95, 0.9 * least.cvar)
    assert caught.value.details["cvar"] == pytest.approx(least.cvar)


def test_unusable_input_is_refused():
    returns, p = market(50, 3), equal(50)
    for points in (1, 0, -2):
        with pytest.raises(InputError, match="at least 2 points"):
            solve_cvar_frontier(returns, p, 0.9, points)
    with pytest.raises(InputError, match="must be a number"):
        solve_maximum_mean(returns, p, 0.9, np.nan)
    with pytest.raises(ConfidenceError):
        solve_cvar_frontier(returns, p, 0.05, 5)
    with pytest.raises(ProbabilityError):
        solve_cvar_frontier(returns, 2 * p, 0.9, 5)
    returns[3, 1] = np.nan
    with pytest.raises(MissingDataError):
        solve_cvar_frontier(returns, p, 0.9, 5)
