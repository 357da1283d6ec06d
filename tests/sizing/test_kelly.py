"""Kelly stakes against closed forms, cvxpy and brute force."""

from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InfeasibleError, InputError, MissingDataError, NumericalError
from riskcore.numerics.growth import growth_optimal_fraction, growth_optimal_weights, log_growth
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.sizing import (
    binary_kelly,
    fall_probability,
    gaussian_growth,
    kelly_stake,
    kelly_weights,
    uncertain_edge_share,
)

ONE = Portfolio("All in", {"X": 1.0})
STILL = np.array([[0.01, 0.0], [-0.01, 0.0]])


def stream(returns, probabilities=None, k=252.0):
    p = np.empty(0) if probabilities is None else np.asarray(probabilities, float)
    return Scenarios(np.asarray(returns, float)[:, None], ("X",), k, p, ordered=probabilities is None)


def market(rows, assets, seed=1):
    rng = np.random.default_rng(seed)
    common = rng.standard_t(5, (rows, 1)) * 0.006
    returns = common + rng.standard_t(5, (rows, assets)) * 0.008 + 0.0008 * (1 + np.arange(assets) % 3)
    return Scenarios(returns, tuple(f"A{i}" for i in range(assets)), 252.0, ordered=True)


@given(st.floats(0.05, 0.95), st.floats(0.1, 20.0))
def test_the_exact_stake_of_a_binary_bet_is_edge_over_odds(p, odds):
    found = growth_optimal_fraction(np.array([odds, -1.0]), 1.0, np.array([p, 1.0 - p]))
    assert found == pytest.approx(binary_kelly(p, odds), abs=1e-9)


def test_two_definitions_of_the_same_bet_differ():
    coin = stream([1.0, -1.0], [0.6, 0.4], k=1.0)
    found = kelly_stake(coin, ONE)
    assert found.exact == pytest.approx(0.2, abs=1e-12)  # edge / odds = 0.2 / 1
    assert found.gaussian == pytest.approx(0.2 / 0.96, rel=1e-12)  # edge / variance


def test_the_gaussian_stake_is_edge_over_variance_and_twice_it_grows_at_the_risk_free_rate():
    rng = np.random.default_rng(3)
    returns = rng.normal(0.0006, 0.01, 3000)
    rate = 0.0001
    found = kelly_stake(stream(returns), ONE, risk_free=rate)
    edge, variance = returns.mean() - rate, returns.var()
    assert found.gaussian == pytest.approx(edge / variance, rel=1e-12)
    assert found.edge == pytest.approx(252 * edge, rel=1e-12)
    growth = gaussian_growth(np.array([0.0, 1.0, 2.0]) * found.gaussian, found.edge, found.volatility, 0.0252)
    assert growth[2] == pytest.approx(growth[0], abs=1e-14)
    assert growth[1] - 0.0252 == pytest.approx(found.edge**2 / found.volatility**2 / 2, rel=1e-12)
    assert found.t_statistic == pytest.approx(edge / np.sqrt(variance / 3000), rel=1e-12)


def test_the_exact_stake_is_the_peak_of_the_log_growth_by_brute_force():
    s = market(900, 1)
    x = s.returns[:, 0]
    found = kelly_stake(s, Portfolio("P", {"A0": 1.0}))
    around = found.exact + np.linspace(-0.01, 0.01, 2001)
    brute = np.array([np.log1p(f * x).mean() for f in around])
    assert abs(around[brute.argmax()] - found.exact) <= 1e-5
    curve = found.curve["exact"]
    assert curve.max() <= 252 * np.log1p(found.exact * x).mean() + 1e-12
    assert curve.loc[curve.index >= found.highest].eq(-np.inf).all()
    assert curve.loc[curve.index < 0.999 * found.highest].gt(-np.inf).all()


def test_probabilities_count_as_repetition():
    plain = stream([0.02, -0.01, 0.02, 0.02])
    weighted = stream([0.02, -0.01], [0.75, 0.25])
    assert kelly_stake(plain, ONE).exact == pytest.approx(kelly_stake(weighted, ONE).exact, rel=1e-12)


def test_cash_earns_the_rate_and_the_stake_scales_with_the_portfolio():
    s = market(500, 2)
    whole = kelly_stake(s, Portfolio("P", {"A0": 0.5, "A1": 0.5}), risk_free=1e-4)
    half = kelly_stake(s, Portfolio("P", {"A0": 0.25, "A1": 0.25}), risk_free=1e-4)
    assert half.exact == pytest.approx(2 * whole.exact, rel=1e-9)
    assert half.gaussian == pytest.approx(2 * whole.gaussian, rel=1e-9)


def test_a_negative_edge_has_a_negative_stake_and_leaves_nothing_to_an_unsure_one():
    found = kelly_stake(stream([0.01, -0.02, 0.005, -0.004]), ONE)
    assert found.gaussian < 0 and found.exact < 0 and found.curve.index[-1] < 0
    assert found.safe_share == 0.0


def test_overlapping_rows_count_as_fewer():
    days = market(400, 1)
    single = kelly_stake(days, Portfolio("P", {"A0": 1.0}))
    overlapping = kelly_stake(replace(days, overlap=4), Portfolio("P", {"A0": 1.0}))
    assert overlapping.t_statistic == pytest.approx(single.t_statistic / 2, rel=1e-12)


def model(scenarios, limit, rate):
    w = cp.Variable(scenarios.size, nonneg=True)
    wealth = 1 + rate + (scenarios.returns - rate) @ w
    problem = cp.Problem(cp.Maximize(scenarios.probabilities @ cp.log(wealth)), [cp.sum(w) <= limit])
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    return np.asarray(w.value), float(problem.value)


@pytest.mark.parametrize(
    ("rows", "assets", "limit", "rate"), [(400, 5, 1.0, 0.0), (300, 8, 3.0, 2e-4), (60, 12, 20.0, 0)]
)
def test_exact_stakes_in_many_assets_are_those_of_a_convex_program(rows, assets, limit, rate):
    s = market(rows, assets)
    found = kelly_weights(s, exact=True, limit=limit, risk_free=rate)
    weights, growth = model(s, limit, rate)
    assert found.growth / 252 == pytest.approx(growth, abs=2e-10)
    np.testing.assert_allclose(found.weights, weights, atol=2e-3 * limit)
    assert found.weights.min() >= 0 and found.weights.sum() <= limit * (1 + 1e-12)
    assert found.gap <= 252e-10


def test_the_exact_stakes_of_one_asset_without_a_binding_limit_are_the_stream_s():
    s = market(800, 1)
    alone = kelly_stake(s, Portfolio("P", {"A0": 1.0})).exact
    found = kelly_weights(s, exact=True, limit=2 * alone).weights["A0"]
    assert found == pytest.approx(alone, rel=1e-3)  # growth is flat at its peak: a gap of 1e-10 is this wide


def test_gaussian_stakes_solve_the_normal_equations():
    s = market(700, 4)
    found = kelly_weights(s, exact=False, risk_free=1e-4).weights.to_numpy()
    x = s.returns - 1e-4
    second = x.T @ x / len(x) - np.outer(x.mean(0), x.mean(0))
    np.testing.assert_allclose(second @ found, x.mean(0), rtol=1e-10)


def test_permuting_assets_permutes_stakes():
    s = market(300, 5)
    turned = s.select(tuple(reversed(s.assets)))
    first = kelly_weights(s, exact=True, limit=1.0).growth
    assert kelly_weights(turned, exact=True, limit=1.0).growth == pytest.approx(first, abs=3e-8)


def test_odds_of_falling_from_the_start_follow_thorp():
    assert fall_probability(0.5, 1.0) == pytest.approx(0.5)
    assert fall_probability(0.5, 0.5) == pytest.approx(0.5**3)
    assert fall_probability(0.2, 1.5) == pytest.approx(0.2 ** (1 / 3))
    assert fall_probability(0.9, 2.0) == fall_probability(0.1, 3.0) == 1.0


def test_the_odds_of_falling_hold_in_a_simulation():
    # Discrete steps miss falls between them, so the simulated odds are a little below the closed form.
    rng = np.random.default_rng(5)
    edge, sigma, steps, years, paths = 0.06, 0.2, 250, 40, 3000
    f = edge / sigma**2  # full Kelly
    drift, spread = (f * edge - f**2 * sigma**2 / 2) / steps, f * sigma / np.sqrt(steps)
    level, lowest = np.zeros(paths), np.zeros(paths)
    for _ in range(years * steps):
        level += drift + spread * rng.standard_normal(paths)
        np.minimum(lowest, level, out=lowest)
    share = (lowest <= np.log(0.5)).mean()
    assert 0.44 < share < 0.5 + 3 * np.sqrt(0.25 / paths)


def test_the_share_left_to_an_unsure_edge():
    assert uncertain_edge_share(2.0) == 0.75
    assert uncertain_edge_share(-2.0) == 0.75
    assert uncertain_edge_share(1.0) == 0.0
    assert uncertain_edge_share(np.inf) == 1.0


def test_log_growth_says_where_nothing_is_left():
    found = log_growth(np.array([0.5, -0.5]), 1.0, np.array([0.5, 0.5]), np.array([1.0, 2.0, 3.0]))
    assert found[0] == pytest.approx(0.5 * np.log(0.75)) and (found[1:] == -np.inf).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: binary_kelly(60, 1.0), InputError, "did you mean 0.6"),
        (lambda: binary_kelly(0.0, 1.0), InputError, "between 0 and 1"),
        (lambda: binary_kelly(0.5, -1.0), InputError, "odds"),
        (lambda: fall_probability(1.2, 1.0), InputError, "share of the starting wealth"),
        (lambda: fall_probability(0.5, 0.0), InputError, "positive multiple"),
        (lambda: uncertain_edge_share(np.nan), InputError, "not a number"),
        (lambda: kelly_stake(stream([0.01, 0.02, 0.03]), ONE), InfeasibleError, "No scenario loses"),
        (lambda: kelly_stake(stream([-0.01, -0.02]), ONE), InfeasibleError, "No scenario gains"),
        (lambda: kelly_stake(stream([0.01, 0.01]), ONE), NumericalError, "does not move"),
        (lambda: kelly_stake(stream([0.01, -0.01]), ONE, risk_free=3.0), InputError, "decimal per period"),
        (lambda: kelly_weights(market(50, 2), exact=True), InputError, "needs a limit"),
        (lambda: kelly_weights(market(50, 2), exact=True, limit=-1.0), InputError, "needs a limit"),
        (lambda: kelly_weights(market(50, 2), exact=False, limit=1.0), InputError, "no limit"),
        (lambda: kelly_weights(market(5, 9), exact=False), MissingDataError, "singular"),
        (
            lambda: kelly_weights(
                Scenarios(np.array([[0.01, 0.0], [-0.01, 0.0]]), ("X", "Y"), 1), exact=False
            ),
            InfeasibleError,
            "Y does not move",
        ),
    ],
)
def test_refusals_say_what_and_what_to_try(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_duplicates_do_not_stop_the_exact_stakes():
    s = market(300, 3)
    doubled = Scenarios(np.column_stack([s.returns, s.returns[:, 0]]), (*s.assets, "again"), 252.0)
    found = kelly_weights(doubled, exact=True, limit=2.0)
    assert found.growth == pytest.approx(kelly_weights(s, exact=True, limit=2.0).growth, abs=1e-7)


@given(st.integers(0, 10_000))
def test_the_certificate_bounds_what_any_other_stakes_could_gain(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.002, 0.03, (40, 3))
    p = rng.dirichlet(np.ones(40))
    limit = float(rng.uniform(0.3, 3.0))
    weights, gap = growth_optimal_weights(x, 1.0, p, limit=limit)
    best = p @ np.log(1 + x @ weights)
    others = rng.dirichlet(np.ones(4), 200)[:, :3] * limit
    assert (p @ np.log(np.maximum(1 + x @ others.T, 1e-300)) <= best + gap + 1e-13).all()


def test_break_even_is_where_growth_is_that_of_no_stake():
    s = market(900, 1)
    found = kelly_stake(s, Portfolio("P", {"A0": 1.0}), risk_free=1e-4)
    x = s.returns[:, 0] - 1e-4
    assert found.exact < found.break_even < found.highest
    assert np.log(1 + 1e-4 + found.break_even * x).mean() == pytest.approx(np.log1p(1e-4), abs=1e-10)


def test_where_ruin_is_rare_break_even_lies_next_to_it():
    x = np.array([0.01] * 9999 + [-0.02])
    found = kelly_stake(stream(x), ONE)
    assert found.break_even == pytest.approx(found.highest, rel=1e-12)


def test_the_range_of_the_peak_is_that_of_a_lower_and_a_higher_edge():
    s = market(900, 1)
    x = s.returns[:, 0]
    found = kelly_stake(s, Portfolio("P", {"A0": 1.0}))
    error = 1.959963984540054 * x.std() / np.sqrt(900)
    for end, shifted in ((found.lowest, x - error), (found.farthest, x + error)):
        grid = end + np.linspace(-0.02, 0.02, 2001)
        growth = np.array([np.log1p(f * shifted).mean() for f in grid])
        assert abs(grid[growth.argmax()] - end) <= 4e-5
    assert found.lowest < found.exact < found.farthest


def test_the_range_never_reaches_past_ruin():
    found = kelly_stake(stream([0.011, 0.012, 0.011, 0.012, -0.001]), ONE)
    assert found.farthest <= found.highest
