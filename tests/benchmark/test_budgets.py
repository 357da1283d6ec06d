"""Weights within CVaR budgets: against linear programs written separately, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from riskcore.allocation.solver import Objective, solve_program
from riskcore.benchmark import active_risk
from riskcore.benchmark.budget_program import gap, task_of
from riskcore.benchmark.budgets import (
    Budgets,
    least_active_cvar,
    least_cvar,
    most_active_return,
    nearest_within,
    position_risks,
)
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, ConfidenceError, InfeasibleError, InputError
from riskcore.measures import cvar, volatility
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

LEVEL = 0.95


@pytest.fixture(scope="module")
def sample() -> Scenarios:
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets), "2024-01-01")


@pytest.fixture(scope="module")
def low_risk(sample) -> Portfolio:
    return Portfolio("BM", {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}).on(sample.assets)


def equal(sample: Scenarios) -> Portfolio:
    return Portfolio("A", {a: 1 / sample.size for a in sample.assets})


def program(sample, caps, objective, least_return=None):
    """Return the optimum of Rockafellar and Uryasev's linear program, by HiGHS.

    caps: (weights subtracted, limit or None); the first cap without a limit is what is minimised, where
    `objective` is None. Variables: w, then a level and S excesses for each cap.
    """
    r, p = sample.returns, sample.probabilities
    s, n = r.shape
    size = n + len(caps) * (1 + s)
    cost, rows, limits = np.zeros(size), [], []
    if objective is not None:
        cost[:n] = -objective
    for k, (base, limit) in enumerate(caps):
        start = n + k * (1 + s)
        over = np.zeros((s, size))
        over[:, :n], over[:, start] = -r, -1.0
        over[np.arange(s), start + 1 + np.arange(s)] = -1.0
        rows.append(over)
        limits.append(-(r @ base))
        value = np.zeros(size)
        value[start], value[start + 1 : start + 1 + s] = 1.0, p / (1 - LEVEL)
        if limit is None:
            cost += value
        else:
            rows.append(value[None])
            limits.append(np.array([limit]))
    if least_return is not None:
        mean = np.zeros((1, size))
        mean[0, :n] = -(p @ r)
        rows.append(mean)
        limits.append(np.array([-least_return]))
    budget = np.zeros((1, size))
    budget[0, :n] = 1.0
    bounds = [(0, 1)] * n + ([(None, None)] + [(0, None)] * s) * len(caps)
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(
        cost, np.vstack(rows), np.concatenate(limits), budget, [1.0], bounds, method="highs", options=tight
    )
    assert found.status == 0
    return found.fun, found.x[:n]


def test_most_active_return_is_the_linear_program_s(sample, low_risk):
    b, none = low_risk.weights.to_numpy(), np.zeros(sample.size)
    mean = sample.probabilities @ sample.returns
    found = most_active_return(sample, low_risk, Budgets(LEVEL, active=0.004, total=0.009))
    value, weights = program(sample, [(b, 0.004), (none, 0.009)], mean)
    assert abs(float(mean @ found.weights) + value) <= 1e-8
    assert np.allclose(found.weights, weights, atol=1e-4)
    reached = active_risk(sample, Portfolio("PF", found.weights), low_risk, confidence=LEVEL)
    assert reached.tracking_risk <= 0.004 + 1e-9
    assert reached.total <= 0.009 + 1e-9
    assert min(abs(reached.tracking_risk - 0.004), abs(reached.total - 0.009)) < 1e-8  # a budget binds


def test_target_return_target_risk_and_a_tracking_cap_meet_in_one_portfolio(sample, low_risk):
    """Levels are taken from the first solution; the optimum is unique, so all three must be the same."""
    mean = sample.probabilities @ sample.returns
    target = float(mean @ equal(sample).weights)
    first = least_cvar(sample, low_risk, Budgets(LEVEL), least_return=target)
    one = Portfolio("PF", first.weights)
    risk = cvar(sample, one, confidence=LEVEL).value
    value, weights = program(sample, [(np.zeros(sample.size), None)], None, target)
    assert abs(risk - value) <= 1e-8
    assert np.allclose(first.weights, weights, atol=1e-4)

    second = most_active_return(sample, low_risk, Budgets(LEVEL, total=risk))
    assert abs(float(mean @ second.weights) - target) <= 1e-8
    assert np.allclose(second.weights, first.weights, atol=1e-4)

    difference = Portfolio("TE", first.weights - low_risk.weights)
    error = volatility(sample, difference).value
    third = most_active_return(sample, low_risk, Budgets(LEVEL, total=risk, tracking_error=error))
    assert abs(float(mean @ third.weights) - target) <= 1e-8
    assert np.allclose(third.weights, first.weights, atol=1e-4)

    tail = cvar(sample, difference, confidence=LEVEL).value
    fourth = most_active_return(sample, low_risk, Budgets(LEVEL, total=risk, active=tail))
    assert abs(float(mean @ fourth.weights) - target) <= 1e-8
    assert np.allclose(fourth.weights, first.weights, atol=1e-4)


def test_a_tighter_tracking_error_binds(sample, low_risk):
    found = most_active_return(sample, low_risk, Budgets(LEVEL, tracking_error=0.001))
    difference = Portfolio("TE", found.weights - low_risk.weights)
    assert np.isclose(volatility(sample, difference).value, 0.001, rtol=1e-6)


def test_the_nearest_is_a_itself_within_the_budgets_and_a_projection_beyond(sample, low_risk):
    import cvxpy as cp

    a = equal(sample)
    own = active_risk(sample, a, low_risk, confidence=LEVEL)
    loose = Budgets(LEVEL, active=1.01 * own.tracking_risk, total=1.01 * own.total)
    assert np.allclose(nearest_within(sample, low_risk, loose, start=a).weights, a.weights, atol=1e-7)

    found = nearest_within(sample, low_risk, Budgets(LEVEL, active=0.003), start=a).weights
    w = cp.Variable(sample.size)
    tail = cp.cvar(-100 * sample.returns @ (w - low_risk.weights.to_numpy()), LEVEL)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(w - a.weights)), [w >= 0, cp.sum(w) == 1, tail <= 0.3])
    problem.solve(solver=cp.CLARABEL)
    assert np.allclose(found, w.value, atol=1e-4)
    assert abs(float(((found - a.weights) ** 2).sum()) - problem.value) <= 1e-6


def test_a_budget_per_position_bounds_each_and_its_contribution(sample, low_risk):
    found = most_active_return(sample, low_risk, Budgets(LEVEL, position=0.001))
    table = position_risks(sample, Portfolio("PF", found.weights), low_risk, confidence=LEVEL)
    assert (table["alone"] <= 0.001 * (1 + 1e-7)).all()
    assert (table["contribution"] <= table["alone"] + 1e-12).all()
    assert np.isclose(table["alone"].max(), 0.001, rtol=1e-6)
    whole = active_risk(sample, Portfolio("PF", found.weights), low_risk, confidence=LEVEL)
    assert np.isclose(table["contribution"].sum(), whole.tracking_risk, rtol=1e-10)


def test_a_benchmark_outside_the_assets_is_followed_and_not_held():
    wide = load_sample("global").scenarios(["SPY", "BND", "QQQ"], "2024-01-01")
    bm = Portfolio("BM", {"QQQ": 1.0}).on(wide.assets)
    found = most_active_return(wide, bm, Budgets(LEVEL, active=0.02, held=("SPY", "BND")))
    assert found.weights["QQQ"] == 0.0
    assert found.weights["SPY"] > 0.5
    with pytest.raises(InfeasibleError, match=r"CVaR\(TE\) of 0.1 %") as caught:
        most_active_return(wide, bm, Budgets(LEVEL, active=0.001, held=("SPY", "BND")))
    least = float(str(caught.value.details["smallest"]))
    value, _ = program(wide.select(["SPY", "BND", "QQQ"]), [(bm.weights.to_numpy(), None)], None)
    assert least > value + 1e-4  # QQQ itself would be 0


def test_an_expected_return_of_the_reader_counts_by_label(sample, low_risk):
    mean = pd.Series(0.0, index=sample.assets[::-1])
    mean["FTSE100"] = 0.001
    found = most_active_return(sample, low_risk, Budgets(LEVEL, active=0.003), mean=mean)
    bets = found.weights - low_risk.weights
    assert bets.idxmax() == "FTSE100"


def test_the_certificate_is_small_at_the_optimum_and_large_away_from_it(sample, low_risk):
    within = Budgets(LEVEL, active=0.004, total=0.009)
    task = task_of(sample, low_risk, within)
    mean = sample.probabilities @ sample.returns
    goal = Objective(linear=-mean / np.abs(mean).max())
    answer = solve_program(task.capped(), goal)
    optimum = most_active_return(sample, low_risk, within)
    assert 0.0 <= optimum.residual <= 1e-5
    # At the benchmark itself the bound shows what is given away: the whole of the best active return.
    lost = float(mean @ (optimum.weights - low_risk.weights)) / np.abs(mean).max()
    assert np.isclose(gap(task, goal, answer, low_risk.weights.to_numpy()), lost, atol=1e-5)
    assert lost > 0.1


# ---- refusals ----


def test_a_budget_too_small_names_the_smallest_that_can_be_kept(sample, low_risk):
    value, _ = program(sample, [(low_risk.weights.to_numpy(), 0.003), (np.zeros(sample.size), None)], None)
    with pytest.raises(InfeasibleError, match="keeps the CVaR") as caught:
        most_active_return(sample, low_risk, Budgets(LEVEL, active=0.003, total=0.5 * value))
    assert np.isclose(float(str(caught.value.details["smallest"])), value, rtol=1e-6)
    # What the sentence prints can be asked for.
    printed = float(str(caught.value).partition("budget is ")[2].partition(" %")[0]) / 100
    assert value <= printed <= value * 1.001
    most_active_return(sample, low_risk, Budgets(LEVEL, active=0.003, total=printed))


@pytest.mark.parametrize(
    ("settings", "kind", "named"),
    [
        ({"confidence": 95}, ConfidenceError, "0.95"),
        ({"confidence": 0.4}, ConfidenceError, "0.4"),
        ({"confidence": LEVEL, "active": -0.01}, InputError, "active budget"),
        ({"confidence": LEVEL, "tracking_error": float("nan")}, InputError, "tracking error budget"),
        ({"confidence": LEVEL, "total": float("inf")}, InputError, "total budget"),
    ],
)
def test_what_is_no_budget_is_refused(settings, kind, named):
    with pytest.raises(kind, match=named):
        Budgets(**settings)


@pytest.mark.parametrize(
    ("call", "kind", "named"),
    [
        (
            lambda s, b: most_active_return(s, Portfolio("BM", {"MSCI": 1.0}), Budgets(LEVEL)),
            AssetMismatchError,
            "MSCI",
        ),
        (lambda s, b: most_active_return(s, b, Budgets(LEVEL, held=("TSLA",))), InputError, "TSLA"),
        (
            lambda s, b: nearest_within(s, b, Budgets(LEVEL), start=Portfolio("A", {"SPY": 1.0})),
            AssetMismatchError,
            "BND",
        ),
        (
            lambda s, b: most_active_return(s, b, Budgets(LEVEL), mean=pd.Series({"SPY": 0.1})),
            AssetMismatchError,
            "BND",
        ),
        (lambda s, b: least_cvar(s, b, Budgets(LEVEL), least_return=0.1), InfeasibleError, "the highest is"),
        (
            lambda s, b: most_active_return(s, b, Budgets(LEVEL, position=0.001, held=("SPY",))),
            InfeasibleError,
            "budget per position",
        ),
    ],
)
def test_what_cannot_be_solved_is_refused_by_name(sample, low_risk, call, kind, named):
    with pytest.raises(kind, match=named):
        call(sample, low_risk)


def test_the_smallest_active_risk_is_where_budgets_begin_to_be_kept(sample):
    held = sample.assets[:5]
    bm = Portfolio("BM", dict.fromkeys(sample.assets, 0.0))
    least = least_active_cvar(sample, bm, Budgets(0.95, held=held))
    assert least == pytest.approx(program(sample.select(held), [(np.zeros(5), None)], None)[0], rel=1e-6)
    most_active_return(sample, bm, Budgets(0.95, active=1.001 * least, held=held))
    with pytest.raises(InfeasibleError, match="the smallest is"):
        most_active_return(sample, bm, Budgets(0.95, active=0.999 * least, held=held))
    earning = float(sample.returns.mean(axis=0)[:5].max())
    assert least_active_cvar(sample, bm, Budgets(0.95, held=held), least_return=earning) > 1.5 * least
    with pytest.raises(InfeasibleError, match="more than that of any asset"):
        least_active_cvar(sample, bm, Budgets(0.95, held=held), least_return=2 * earning)


def test_a_benchmark_that_may_be_held_leaves_no_active_risk(sample):
    bm = Portfolio("BM", dict.fromkeys(sample.assets, 1.0 / sample.size))
    assert least_active_cvar(sample, bm, Budgets(0.95)) == pytest.approx(0.0, abs=1e-8)
