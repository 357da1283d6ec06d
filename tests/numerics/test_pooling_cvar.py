"""CVaR views against a cone solver, a brute search over thresholds and hand cases, and what is refused."""

from itertools import pairwise

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from riskcore.errors import ConfidenceError, InfeasibleViewsError, InputError, MissingDataError
from riskcore.numerics import pooling_lowered, pooling_tail
from riskcore.numerics.pooling import relative_entropy
from riskcore.numerics.pooling_cvar import CvarGoal, pool_cvar
from riskcore.numerics.pooling_tail import tilted_to_cvar


def cvar(losses, q, confidence):
    """Expected shortfall by its minimum over thresholds: every loss is tried."""
    return min(eta + q @ np.maximum(losses - eta, 0) / (1 - confidence) for eta in losses)


def sample(seed, size=150, equal=False, count=3):
    rng = np.random.default_rng(seed)
    losses = rng.standard_t(4, (count, size)) * 0.01
    losses[1:] += 0.6 * losses[0]
    return losses, np.full(size, 1 / size) if equal else rng.dirichlet(np.full(size, 2.0))


def raised_by_solver(p, goals, rows=(), targets=()):
    """CVaR at least v, as one inequality for every loss as a threshold."""
    q = cp.Variable(p.size, nonneg=True)
    views = [
        cp.sum(q) == 1,
        *(100 * row @ q == 100 * target for row, target in zip(rows, targets, strict=True)),
    ]
    for losses, confidence, value in goals:
        excess = np.maximum(losses[None, :] - losses[:, None], 0)
        views.append(100 * (excess @ q) >= 100 * (1 - confidence) * (value - losses))
    problem = cp.Problem(cp.Minimize(cp.sum(cp.kl_div(q, p))), views)
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    return q.value, problem.value


def lowered_by_search(p, losses, confidence, value, points=12):
    """The least divergence over a fine grid of thresholds, each by a one-dimensional dual of its own."""
    edges = np.sort(losses[losses < value])
    grid = np.concatenate([np.linspace(a, b, points, endpoint=False) for a, b in pairwise(edges)])
    scale, best = losses.std(), np.inf
    for eta in np.append(grid, edges[-1]):
        excess, goal = np.maximum(losses - eta, 0) / scale, (1 - confidence) * (value - eta) / scale
        dual = minimize_scalar(
            lambda k, x=excess, g=goal: np.log(p @ np.exp(-np.exp(k) * x)) + np.exp(k) * g,
            bounds=(-8, 9),
            method="bounded",
            options={"xatol": 1e-10},
        )
        best = min(best, -dual.fun)
    return best


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_raised_cvar_is_that_of_a_cone_solver(seed, share):
    losses, p = sample(seed)
    before = cvar(losses[0], p, 0.9)
    value = before + share * (losses[0].max() - before)
    q = pool_cvar(p, [CvarGoal(losses[0], 0.9, value)]).probabilities
    expected, divergence = raised_by_solver(p, [(losses[0], 0.9, value)])
    assert cvar(losses[0], q, 0.9) == pytest.approx(value, rel=1e-12)
    assert relative_entropy(q, p) == pytest.approx(divergence, abs=1e-6)
    assert np.abs(q - expected).max() < 1e-4


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.9, 0.4, -0.2])
def test_a_lowered_cvar_costs_no_more_than_any_threshold_searched(seed, share):
    losses, p = sample(seed, size=50)
    before = cvar(losses[0], p, 0.9)
    found = pool_cvar(p, [CvarGoal(losses[0], 0.9, share * before)])
    assert cvar(losses[0], found.probabilities, 0.9) == pytest.approx(share * before, rel=1e-11)
    brute = lowered_by_search(p, losses[0], 0.9, share * before)
    assert found.relative_entropy <= brute + 1e-9
    assert found.relative_entropy == pytest.approx(brute, abs=2e-4)


def test_a_tail_of_one_scenario_by_hand():
    # Four equal losses at 0.75: CVaR is q₄ 4 + (1/4 − q₄) 3 over 1/4, so 3.5 needs q₄ = 1/8.
    q = tilted_to_cvar(np.arange(1.0, 5.0), np.full(4, 0.25), 0.75, 3.5)
    assert q == pytest.approx([0.875 / 3] * 3 + [0.125], abs=1e-14)


def test_a_threshold_between_two_losses_by_hand():
    # With η = 10 the tail {10, 11} holds 0.166, with η = 0 0.202: so it holds 0.2, at a mean of 10.6.
    p = np.array([0.9, 0.05, 0.05])
    q = pool_cvar(p, [CvarGoal(np.array([0.0, 10.0, 11.0]), 0.8, 10.6)]).probabilities
    assert q == pytest.approx([0.8, 0.08, 0.12], abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("factor", [0.9, 0.5, 0.0, -0.5])
def test_gathering_many_losses_finds_the_best_of_all_thresholds(seed, factor, monkeypatch):
    losses, p = sample(seed, size=3000)
    goal = CvarGoal(losses[0].round(4), 0.95, factor * cvar(losses[0], p, 0.95))
    fast = pool_cvar(p, [goal])
    monkeypatch.setattr(pooling_lowered, "FEW", 10**9)
    assert fast.relative_entropy == pytest.approx(pool_cvar(p, [goal]).relative_entropy, rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.01, 0.1, 0.4, 0.8])
def test_no_threshold_below_the_floor_would_have_been_better(seed, share, monkeypatch):
    rng = np.random.default_rng(seed)
    far, near = 10 + rng.exponential(3, 300), 5 + 0.1 * rng.normal(size=300)
    losses = np.where(
        rng.random(300) < 0.03, far, np.where(rng.random(300) < 0.1, near, rng.normal(size=300))
    )
    p = rng.dirichlet(np.full(300, 0.5))
    before = cvar(losses, p, 0.95)
    goal = CvarGoal(losses, 0.95, before - share * (before - losses.min()))
    fast = pool_cvar(p, [goal])
    monkeypatch.setattr(pooling_tail, "lowest_threshold", lambda *_: 0.0)
    monkeypatch.setattr(pooling_lowered, "GRID", 400)
    assert fast.relative_entropy <= pool_cvar(p, [goal]).relative_entropy * (1 + 1e-10)


@given(seed=st.integers(0, 10_000), share=st.floats(-0.9, 0.95), size=st.sampled_from([1e-8, 1.0, 1e8]))
def test_the_goal_is_reached_at_any_scale_and_with_ties(seed, share, size):
    losses, p = sample(seed, size=60)
    values = losses[0].round(2) * size
    before = cvar(values, p, 0.9)
    edge = values.max() if share > 0 else values.min()
    goal = before + abs(share) * (edge - before)
    if not values.min() < goal < values.max():
        return
    q = pool_cvar(p, [CvarGoal(values, 0.9, goal)]).probabilities
    assert abs(cvar(values, q, 0.9) - goal) < 1e-9 * np.ptp(values)
    assert q.min() >= 0 and q.sum() == pytest.approx(1, abs=1e-13)
    for loss in np.unique(values):
        same = q[values == loss] / p[values == loss]
        assert np.ptp(same) <= 1e-12 * same.max()


@pytest.mark.parametrize("seed", range(4))
def test_two_raised_cvars_and_a_mean_are_those_of_a_cone_solver(seed):
    losses, p = sample(seed)
    goals = [(losses[k], c, cvar(losses[k], p, c) * f) for k, c, f in ((0, 0.9, 1.3), (1, 0.8, 1.4))]
    found = pool_cvar(p, [CvarGoal(*goal, ">=") for goal in goals], -losses[2:], np.array([0.0005]))
    q = found.probabilities
    expected, divergence = raised_by_solver(p, goals, -losses[2:], [0.0005])
    for values, confidence, value in goals:
        assert cvar(values, q, confidence) > value - 1e-9 * np.ptp(values)
    assert -losses[2] @ q == pytest.approx(0.0005, abs=1e-12)
    assert found.relative_entropy == pytest.approx(divergence, abs=1e-6)
    assert np.abs(q - expected).max() < 1e-4


@given(
    seed=st.integers(0, 10_000),
    shares=st.tuples(*[st.floats(-0.4, 0.5)] * 3),
)
def test_several_cvar_views_hold_together_or_are_named(seed, shares):
    losses, p = sample(seed, size=120, equal=True)
    goals = [
        CvarGoal(values, c, cvar(values, p, c) * (1 - max(share, 0)) + share * values.max())
        for values, c, share in zip(losses, (0.9, 0.95, 0.8), shares, strict=True)
    ]
    try:
        q = pool_cvar(p, goals).probabilities
    except InfeasibleViewsError as problem:
        # Neighbours pulled far apart may be impossible; the views to weaken are then named.
        assert set(problem.details["views"]) <= {0, 1, 2} and max(shares) - min(shares) > 0.2
        return
    for goal in goals:
        assert abs(cvar(goal.losses, q, goal.confidence) - goal.value) < 1e-8 * np.ptp(goal.losses)


@pytest.mark.parametrize("seed", [1, 3])
def test_an_equality_that_another_view_overshoots_is_pulled_back(seed):
    losses, p = sample(seed)
    goals = [CvarGoal(losses[k], c, cvar(losses[k], p, c) * f) for k, c, f in ((0, 0.9, 1.3), (1, 0.8, 1.4))]
    over = pool_cvar(p, [goals[1]], -losses[2:], np.array([0.0005])).probabilities
    assert goals[0].reached(over) > goals[0].value * 1.01
    q = pool_cvar(p, goals, -losses[2:], np.array([0.0005])).probabilities
    for goal in goals:
        assert cvar(goal.losses, q, goal.confidence) == pytest.approx(goal.value, rel=1e-9)


def test_jointly_is_the_same_as_alone_where_the_others_are_idle():
    losses, p = sample(5)
    goal = CvarGoal(losses[0], 0.9, 1.5 * cvar(losses[0], p, 0.9))
    idle = CvarGoal(losses[1], 0.9, 10 * losses[1].max(), "<=")
    alone, joint = pool_cvar(p, [goal]).probabilities, pool_cvar(p, [goal, idle]).probabilities
    assert np.abs(alone - joint).max() < 1e-11
    down = CvarGoal(losses[0], 0.9, 0.7 * cvar(losses[0], p, 0.9))
    alone, joint = pool_cvar(p, [down]).probabilities, pool_cvar(p, [down, idle]).probabilities
    assert np.abs(alone - joint).max() < 1e-9


def test_bounds_that_hold_already_leave_the_prior():
    losses, p = sample(6)
    before = cvar(losses[0], p, 0.9)
    goals = [CvarGoal(losses[0], 0.9, before * 1.1, "<="), CvarGoal(losses[0], 0.9, -1.0, ">=")]
    assert pool_cvar(p, goals).probabilities.tolist() == p.tolist()
    assert pool_cvar(p, []).probabilities.tolist() == p.tolist()


def test_a_bound_that_binds_is_met_exactly():
    losses, p = sample(7)
    before = cvar(losses[0], p, 0.9)
    for factor, sense in ((1.2, ">="), (0.8, "<=")):
        q = pool_cvar(p, [CvarGoal(losses[0], 0.9, before * factor, sense)]).probabilities
        assert cvar(losses[0], q, 0.9) == pytest.approx(before * factor, rel=1e-10)


def test_a_posterior_on_few_scenarios_still_reaches_its_goal():
    losses, p = sample(8, size=40, equal=True)
    value = 0.98 * losses[0].max()
    q = pool_cvar(p, [CvarGoal(losses[0], 0.9, value)]).probabilities
    assert q.max() > 0.05
    assert cvar(losses[0], q, 0.9) == pytest.approx(value, rel=1e-11)


# ---- refused ----


def test_a_cvar_beyond_the_largest_loss_is_refused_with_the_range():
    losses, p = sample(0)
    for value in (losses[0].max(), 2 * losses[0].max(), losses[0].min()):
        with pytest.raises(
            InfeasibleViewsError, match=r"View 0 .* between the smallest and the largest"
        ) as caught:
            pool_cvar(p, [CvarGoal(losses[0], 0.9, value)])
        assert caught.value.details["high"] == losses[0].max()


def test_a_loss_without_probability_is_no_way_out():
    losses = np.array([0.0, 1.0, 2.0, 50.0])
    with pytest.raises(InfeasibleViewsError):
        pool_cvar(np.array([0.5, 0.3, 0.2, 0.0]), [CvarGoal(losses, 0.9, 3.0)])


def test_a_cvar_below_the_mean_loss_that_is_asked_for_names_both():
    losses, p = sample(1)
    mean = losses[0] @ p
    with pytest.raises(InfeasibleViewsError) as caught:
        pool_cvar(p, [CvarGoal(losses[0], 0.9, mean - 0.001)], losses[:1], np.array([mean]))
    assert caught.value.details["views"] == [0, 1]


def test_two_cvars_that_cross_are_refused():
    losses, p = sample(2)
    high = cvar(losses[0], p, 0.95)
    goals = [CvarGoal(losses[0], 0.9, high * 1.2, ">="), CvarGoal(losses[0], 0.95, high, "<=")]
    with pytest.raises(InfeasibleViewsError) as caught:
        pool_cvar(p, goals)
    assert caught.value.details["views"] == [0, 1]


@pytest.mark.parametrize(("level", "meant"), [(0.05, "0.95"), (95, "0.95")])
def test_a_confidence_upside_down_is_refused(level, meant):
    losses, p = sample(3)
    with pytest.raises(ConfidenceError, match=f"did you mean {meant}"):
        pool_cvar(p, [CvarGoal(losses[0], level, 0.02)])


def test_goals_that_are_no_goals_are_refused():
    losses, p = sample(4)
    with pytest.raises(InputError, match="one vector of losses"):
        pool_cvar(p, [CvarGoal(losses[0], 0.9, np.nan)])
    with pytest.raises(InputError, match="one of =, >= and <="):
        pool_cvar(p, [CvarGoal(losses[0], 0.9, 0.01, "<")])
    with pytest.raises(InputError, match="one vector of losses"):
        pool_cvar(p, [CvarGoal(losses.T, 0.9, 0.01)])
    with pytest.raises(InputError, match="do not match"):
        pool_cvar(p, [CvarGoal(losses[0, :9], 0.9, 0.01)])
    with pytest.raises(MissingDataError):
        pool_cvar(p, [CvarGoal(np.where(losses[0] > 0, np.nan, 0.0), 0.9, 0.01)])
