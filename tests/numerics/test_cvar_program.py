"""CVaR parity and minimum CVaR, against cvxpy models, hand cases and their own certificates re-derived."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore.errors import (
    ConfidenceError,
    ConvergenceError,
    InfeasibleError,
    InputError,
    MissingDataError,
    ProbabilityError,
)
from riskcore.numerics.cvar_program import solve_cvar_parity, solve_minimum_cvar

TIGHT = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


def equal(n):
    return np.full(n, 1.0 / n)


def fat(rows, n, seed, common=1.0):
    rng = np.random.default_rng(seed)
    return 0.01 * (rng.standard_t(3, (rows, n)) + common * rng.standard_t(3, (rows, 1)))


def cvar_by_definition(losses, p, confidence):
    """Sort, fill the worst 1 − c of probability from the top: written apart from the code under test."""
    room, total = 1.0 - confidence, 0.0
    for s in np.argsort(-losses, kind="stable"):
        part = min(p[s], room)
        total += part * losses[s]
        room -= part
        if room <= 1e-15:
            break
    return total / (1.0 - confidence)


def check_parity(found, returns, p, confidence, budgets, tolerance=1e-9):
    """Prove the answer from q alone: q is a tail weighting, attains the CVaR, and shares are the budgets."""
    q, w = found.tail_weights, found.weights
    assert w.min() > 0 and w.sum() == pytest.approx(1.0, abs=1e-13)
    assert q.sum() == pytest.approx(1.0, abs=1e-10) and q.min() >= 0
    assert (q <= p / (1 - confidence) * (1 + 1e-9)).all()
    part = -w * (q @ returns)
    cvar = cvar_by_definition(-returns @ w, p, confidence)
    assert found.cvar == pytest.approx(cvar, rel=1e-10)
    assert part.sum() == pytest.approx(cvar, rel=max(tolerance, 1e-9))
    assert np.max(np.abs(part / part.sum() / budgets - 1)) <= tolerance
    assert found.residual <= tolerance and found.gap <= tolerance


def check_minimum(found, returns, p, confidence, tolerance=1e-8):
    q, w = found.tail_weights, found.weights
    assert w.min() >= 0 and w.sum() == pytest.approx(1.0, abs=1e-13)
    assert q.sum() == pytest.approx(1.0, abs=1e-10) and q.min() >= 0
    assert (q <= p / (1 - confidence) * (1 + 1e-9)).all()
    cvar = cvar_by_definition(-returns @ w, p, confidence)
    assert found.cvar == pytest.approx(cvar, rel=1e-9, abs=1e-12 * np.abs(returns).max())
    # No long-only portfolio can have a smaller CVaR than the smallest pulled-back loss.
    assert cvar - (-q @ returns).min() <= tolerance * np.abs(returns @ w).max()


def test_two_assets_that_never_lose_together_by_hand():
    returns = np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]])
    found = solve_cvar_parity(returns, equal(3), 0.6, equal(2))
    np.testing.assert_allclose(found.weights, [1 / 3, 2 / 3], rtol=1e-8)
    # Tail of 0.4: either loss is 2/300, one with weight 1/3 / 0.4 and the rest on the other.
    assert found.cvar == pytest.approx(2 / 300, rel=1e-9)


def test_a_tie_at_var_needs_the_dual_weights():
    returns = np.array([[-0.03, -0.01], [-0.01, -0.02], [-0.02, -0.01], [0.0, 0.0]])
    budgets = np.array([0.5, 0.5])
    found = solve_cvar_parity(returns, equal(4), 0.7, budgets)
    check_parity(found, returns, equal(4), 0.7, budgets)


def test_identical_assets_get_identical_weights_and_parity_is_scale_free_per_asset():
    base = fat(400, 3, 1)
    returns = np.c_[base, base[:, 0]]
    found = solve_cvar_parity(returns, equal(400), 0.95, equal(4))
    assert found.weights[0] == pytest.approx(found.weights[3], rel=1e-7)
    stretch = np.array([1e-4, 1.0, 30.0])
    plain = solve_cvar_parity(base, equal(400), 0.95, equal(3)).weights / stretch
    scaled = solve_cvar_parity(base * stretch, equal(400), 0.95, equal(3)).weights
    np.testing.assert_allclose(scaled, plain / plain.sum(), rtol=1e-7)


@pytest.mark.parametrize(("rows", "n", "confidence"), [(250, 4, 0.95), (600, 12, 0.9), (300, 6, 0.99)])
@pytest.mark.parametrize("weighted", [False, True])
def test_parity_agrees_with_the_cvxpy_model(rows, n, confidence, weighted):
    returns = fat(rows, n, rows + n)
    rng = np.random.default_rng(rows)
    p = rng.dirichlet(np.ones(rows)) if weighted else equal(rows)
    budgets = rng.dirichlet(3 * np.ones(n))
    found = solve_cvar_parity(returns, p, confidence, budgets)
    check_parity(found, returns, p, confidence, budgets)
    y, t = cp.Variable(n), cp.Variable()
    risk = t + cp.sum(cp.multiply(p, cp.pos(-100 * returns @ y - t))) / (1 - confidence)
    model = cp.Problem(cp.Minimize(risk - budgets @ cp.log(y)))
    model.solve(cp.CLARABEL, **TIGHT)
    assert model.status == "optimal"
    np.testing.assert_allclose(found.weights, y.value / y.value.sum(), atol=2e-5)


@pytest.mark.parametrize(("rows", "n", "confidence"), [(250, 4, 0.95), (600, 30, 0.9), (100, 40, 0.99)])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_minimum_agrees_with_the_cvxpy_model(rows, n, confidence, weighted):
    returns = fat(rows, n, rows + n, common=0.3)
    p = np.random.default_rng(rows).dirichlet(np.ones(rows)) if weighted else equal(rows)
    found = solve_minimum_cvar(returns, p, confidence)
    check_minimum(found, returns, p, confidence)
    x, t = cp.Variable(n, nonneg=True), cp.Variable()
    risk = t + cp.sum(cp.multiply(p, cp.pos(-100 * returns @ x - t))) / (1 - confidence)
    model = cp.Problem(cp.Minimize(risk), [cp.sum(x) == 1])
    model.solve(cp.CLARABEL, **TIGHT)
    assert 100 * found.cvar == pytest.approx(model.value, rel=1e-7)


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1.0, 1e8])
def test_scale_changes_nothing(scale):
    returns = fat(1500, 8, 5)
    for solve in (
        lambda r: solve_cvar_parity(r, equal(1500), 0.95, equal(8)),
        lambda r: solve_minimum_cvar(r, equal(1500), 0.95),
    ):
        reference, found = solve(returns), solve(returns * scale)
        np.testing.assert_allclose(found.weights, reference.weights, atol=1e-7)
        assert found.cvar == pytest.approx(scale * reference.cvar, rel=1e-9)
        assert found.residual <= 1e-9


def test_rows_and_columns_in_any_order_and_inputs_untouched():
    returns = fat(3000, 6, 6)  # enough rows for screening to depend on where they stand
    p = np.random.default_rng(6).dirichlet(np.ones(3000))
    budgets = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    kept, kept_p = returns.copy(), p.copy()
    rows, columns = np.random.default_rng(7).permutation(3000), np.array([3, 1, 5, 0, 2, 4])
    moved = returns[rows][:, columns]
    one = solve_cvar_parity(returns, p, 0.975, budgets)
    two = solve_cvar_parity(moved, p[rows], 0.975, budgets[columns])
    np.testing.assert_allclose(two.weights, one.weights[columns], rtol=1e-8)
    least = solve_minimum_cvar(returns, p, 0.975)
    again = solve_minimum_cvar(np.asfortranarray(moved), p[rows], 0.975)
    assert again.cvar == pytest.approx(least.cvar, rel=1e-9)
    assert (returns == kept).all() and (p == kept_p).all()


def test_scenarios_that_cannot_happen_do_not_count():
    returns = fat(300, 4, 8)
    impossible = np.full((20, 4), -0.9)
    p = np.r_[equal(300), np.zeros(20)]
    found = solve_cvar_parity(np.r_[returns, impossible], p, 0.95, equal(4))
    plain = solve_cvar_parity(returns, equal(300), 0.95, equal(4))
    np.testing.assert_allclose(found.weights, plain.weights, rtol=1e-8)
    assert found.tail_weights.shape == (320,) and (found.tail_weights[300:] == 0).all()


def test_splitting_a_scenario_in_two_changes_nothing():
    returns = fat(200, 4, 9)
    worst = int(np.argmin(returns.sum(axis=1)))
    p = np.r_[equal(200), 0.0]
    p[[worst, 200]] = 0.3 / 200, 0.7 / 200
    found = solve_cvar_parity(np.r_[returns, returns[[worst]]], p, 0.95, equal(4))
    plain = solve_cvar_parity(returns, equal(200), 0.95, equal(4))
    np.testing.assert_allclose(found.weights, plain.weights, rtol=1e-8)


@pytest.mark.parametrize("rows", [1, 3, 19])
def test_one_tail_scenario_or_less(rows):
    returns = -np.abs(fat(rows, 3, 10))  # CVaR is the worst loss
    found = solve_cvar_parity(returns, equal(rows), 0.95, equal(3))
    check_parity(found, returns, equal(rows), 0.95, equal(3), tolerance=1e-7)
    assert found.cvar == pytest.approx((-returns @ found.weights).max(), rel=1e-9)
    least = solve_minimum_cvar(returns, equal(rows), 0.95)
    check_minimum(least, returns, equal(rows), 0.95, tolerance=1e-7)


def test_more_assets_than_scenarios():
    returns = fat(40, 90, 11)
    check_parity(solve_cvar_parity(returns, equal(40), 0.9, equal(90)), returns, equal(40), 0.9, equal(90))
    check_minimum(solve_minimum_cvar(returns, equal(40), 0.9), returns, equal(40), 0.9)


def test_one_asset():
    returns = fat(500, 1, 12)
    found = solve_cvar_parity(returns, equal(500), 0.95, np.array([1.0]))
    assert found.weights.tolist() == [1.0]
    assert found.cvar == pytest.approx(cvar_by_definition(-returns[:, 0], equal(500), 0.95), rel=1e-12)
    assert solve_minimum_cvar(returns, equal(500), 0.95).cvar == pytest.approx(found.cvar, rel=1e-12)


def test_tiny_budgets():
    returns = fat(2000, 5, 13)
    budgets = np.array([1 - 4e-6, 1e-6, 1e-6, 1e-6, 1e-6])
    found = solve_cvar_parity(returns, equal(2000), 0.95, budgets)
    check_parity(found, returns, equal(2000), 0.95, budgets, tolerance=1e-7)


def test_a_start_changes_the_time_only():
    returns = fat(4000, 10, 14)
    first = solve_cvar_parity(returns, equal(4000), 0.95, equal(10))
    warm = solve_cvar_parity(returns, equal(4000), 0.96, equal(10), start=first.weights)
    cold = solve_cvar_parity(returns, equal(4000), 0.96, equal(10))
    np.testing.assert_allclose(warm.weights, cold.weights, rtol=1e-8)
    least = solve_minimum_cvar(returns, equal(4000), 0.96, start=first.weights)
    assert least.cvar == pytest.approx(solve_minimum_cvar(returns, equal(4000), 0.96).cvar, rel=1e-9)


@settings(max_examples=50)
@given(st.integers(0, 100_000))
def test_every_answer_proves_itself(seed):
    rng = np.random.default_rng(seed)
    rows, n = int(rng.choice([8, 50, 300, 1500])), int(rng.choice([2, 5, 15]))
    returns = fat(rows, n, seed)
    kind = seed % 4
    if kind == 1:
        returns = returns.round(3)
    elif kind == 2:
        returns = rng.choice([-0.02, -0.01, 0.0, 0.01], (rows, n))
    elif kind == 3:
        returns = np.array([returns[max(0, i - 4) : i + 1].sum(axis=0) for i in range(rows)])
    p = [equal(rows), rng.dirichlet(np.ones(rows))][int(rng.integers(2))]
    confidence = float(rng.choice([0.75, 0.9, 0.95, 0.99]))
    budgets = rng.dirichlet(np.ones(n)) * 0.9 + 0.1 / n
    check_minimum(solve_minimum_cvar(returns, p, confidence), returns, p, confidence, tolerance=1e-7)
    try:
        found = solve_cvar_parity(returns, p, confidence, budgets)
    except InfeasibleError as error:  # then the portfolio it names is the proof
        w = error.details["weights"]
        assert cvar_by_definition(-returns @ w, p, confidence) <= 1e-8 * np.abs(returns).max()
    else:
        check_parity(found, returns, p, confidence, budgets, tolerance=1e-6)


@pytest.mark.parametrize("extra", [0.0, 1e-4])  # cash at 0, and cash that earns
def test_parity_with_cash_is_refused_with_the_portfolio(extra):
    returns = np.c_[fat(800, 3, 15), np.full(800, extra)]
    with pytest.raises(InfeasibleError, match="no solution") as caught:
        solve_cvar_parity(returns, equal(800), 0.95, equal(4))
    assert caught.value.details["weights"][3] == pytest.approx(1.0, abs=1e-6)
    assert caught.value.details["cvar"] == pytest.approx(-extra, abs=1e-9)


def test_parity_with_a_perfect_hedge_is_refused():
    base = fat(800, 3, 16)
    with pytest.raises(InfeasibleError, match="hedges") as caught:
        solve_cvar_parity(np.c_[base, -base[:, 0]], equal(800), 0.95, equal(4))
    assert caught.value.details["weights"] == pytest.approx([0.5, 0.0, 0.0, 0.5], abs=1e-5)


def test_parity_where_the_tail_gains_is_refused():
    with pytest.raises(InfeasibleError, match="no solution"):
        solve_cvar_parity(np.abs(fat(50, 3, 17)) + 0.001, equal(50), 0.95, equal(3))


def test_assets_that_only_stand_still_are_refused():
    with pytest.raises(InfeasibleError, match="CVaR of 0"):
        solve_cvar_parity(np.zeros((10, 2)), equal(10), 0.95, equal(2))


def test_cash_that_costs_has_a_risk_and_a_share():
    returns = np.c_[fat(800, 3, 18), np.full(800, -1e-5)]
    found = solve_cvar_parity(returns, equal(800), 0.95, equal(4))
    check_parity(found, returns, equal(800), 0.95, equal(4))


@pytest.mark.parametrize("confidence", [0.05, 95, 1.0, 0.5, float("nan")])
def test_confidence_out_of_range_is_refused(confidence):
    for solve in (
        lambda c: solve_cvar_parity(fat(20, 2, 0), equal(20), c, equal(2)),
        lambda c: solve_minimum_cvar(fat(20, 2, 0), equal(20), c),
    ):
        with pytest.raises(ConfidenceError):
            solve(confidence)


def test_probabilities_that_are_none_are_refused():
    for p in (np.full(20, 0.04), np.r_[1.5, np.full(19, -0.5 / 19)], equal(19)):
        with pytest.raises(ProbabilityError):
            solve_cvar_parity(fat(20, 2, 0), p, 0.95, equal(2))


def test_missing_returns_are_refused():
    returns = fat(20, 2, 0)
    returns[3, 1] = np.nan
    with pytest.raises((MissingDataError, ConvergenceError)):
        solve_minimum_cvar(returns, equal(20), 0.95)


@pytest.mark.parametrize("budgets", [[0.5, 0.6], [1.0, 0.0], [0.2, 0.3, 0.5]])
def test_budgets_that_are_not_shares_are_refused(budgets):
    with pytest.raises(InputError):
        solve_cvar_parity(fat(20, 2, 0), equal(20), 0.95, np.array(budgets))
