"""Entropy pooling against closed forms and an independent convex solver, and what is refused."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InfeasibleViewsError, InputError, MissingDataError, ProbabilityError
from riskcore.numerics import pooling_dual
from riskcore.numerics.pooling import effective_scenarios, pool, relative_entropy


def sample(seed=0, scenarios=400, views=4, equal=True):
    rng = np.random.default_rng(seed)
    rows = rng.standard_t(4, (views, scenarios)) * 0.01 + 0.0004
    rows += 0.5 * rows[:1]
    prior = np.full(scenarios, 1 / scenarios) if equal else rng.dirichlet(np.full(scenarios, 0.7))
    return prior, rows


def solver(prior, rows, targets, at_most):
    """The definition, handed to a cone solver: its probabilities and its relative entropy."""
    q = cp.Variable(prior.size, nonneg=True)
    scale = rows.std(axis=1)
    views = [cp.sum(q) == 1]
    for row, target, size, upper in zip(rows, targets, scale, at_most, strict=True):
        views.append((row / size) @ q <= target / size if upper else (row / size) @ q == target / size)
    problem = cp.Problem(cp.Minimize(cp.sum(cp.kl_div(q, prior))), views)
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    return q.value, problem.value


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_cone_solver(seed):
    prior, rows = sample(seed, equal=seed % 2 == 0)
    scale = np.sqrt(((rows - (rows @ prior)[:, None]) ** 2) @ prior)
    targets = rows @ prior + scale * np.array([0.3, -0.2, 0.4, -0.1])
    at_most = np.array([False, False, True, True])
    found = pool(prior, rows, targets, at_most)
    q, value = solver(prior, rows, targets, at_most)
    assert found.relative_entropy == pytest.approx(value, abs=1e-6)
    assert np.abs(found.probabilities - q).max() < 1e-5
    # The third view asks for no more than what the prior has plus 0.4 standard deviations: it may be idle.
    assert found.relative_entropy <= value + 1e-8


def test_the_conditions_of_optimality_hold():
    prior, rows = sample(7, scenarios=3000, views=5, equal=False)
    spread = np.sqrt(((rows - (rows @ prior)[:, None]) ** 2) @ prior)
    targets = rows @ prior + spread * np.array([0.5, -0.4, -0.3, 2.0, 0.2])
    at_most = np.array([False, False, True, True, False])
    found = pool(prior, rows, targets, at_most)
    q, theta = found.probabilities, found.multipliers
    miss = (rows @ q - targets) / spread
    assert found.residual <= 1e-13
    assert np.abs(miss[~at_most]).max() < 2e-13 and miss[at_most].max() < 2e-13
    assert theta[2] < 0 and theta[3] == 0.0 and miss[3] < -1.0
    # Stationarity: log q/p is affine in the rows with the multipliers as slopes.
    held = prior > 0
    slope = np.log(q[held] / prior[held]) - theta @ rows[:, held]
    assert np.ptp(slope) < 1e-9
    assert q.sum() == pytest.approx(1, abs=1e-14)
    assert found.relative_entropy == pytest.approx(q[held] @ np.log(q[held] / prior[held]), abs=1e-12)


def test_the_loaded_die_of_jaynes():
    # Jaynes (1978), Where do we stand on maximum entropy? A die with mean 4.5.
    q = pool(np.full(6, 1 / 6), np.arange(1.0, 7.0)[None], np.array([4.5])).probabilities
    assert q.round(5).tolist() == [0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749]


def test_a_probability_view_has_a_closed_form():
    prior, rows = sample(2, scenarios=500, views=1, equal=False)
    event = (rows[0] < -0.01).astype(float)
    before = event @ prior
    found = pool(prior, event[None], np.array([0.4]))
    expected = np.where(event > 0, prior * 0.4 / before, prior * 0.6 / (1 - before))
    assert np.abs(found.probabilities - expected).max() < 1e-14
    kl = 0.4 * np.log(0.4 / before) + 0.6 * np.log(0.6 / (1 - before))
    assert found.relative_entropy == pytest.approx(kl, abs=1e-12)


def test_a_normal_prior_is_shifted_as_in_meuccis_closed_form():
    # Meucci (2008), eqs. 22-24: under a mean view on x a normal y moves by its regression on x.
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    x, z = np.repeat(nodes, 60), np.tile(nodes, 60)
    prior = np.repeat(weights, 60) * np.tile(weights, 60)
    y = 0.6 * x + 0.8 * z
    q = pool(prior, x[None], np.array([0.7])).probabilities
    assert q @ y == pytest.approx(0.42, abs=1e-9)
    assert q @ (x - 0.7) ** 2 == pytest.approx(1, abs=1e-8)
    assert relative_entropy(q, prior) == pytest.approx(0.7**2 / 2, abs=1e-9)
    both = pool(prior, np.stack([x, x**2]), np.array([0.7, 0.49 + 1.44])).probabilities
    assert q.size == 3600 and both @ (y - 0.42) ** 2 == pytest.approx(0.36 * 1.44 + 0.64, abs=1e-7)
    assert relative_entropy(both, prior) == pytest.approx(0.245 + (1.44 - 1 - np.log(1.44)) / 2, abs=1e-7)


def test_without_views_the_prior_comes_back_exactly():
    prior, rows = sample(3, equal=False)
    found = pool(prior, np.empty((0, prior.size)), np.empty(0))
    assert found.probabilities.tolist() == prior.tolist() and found.relative_entropy == 0.0
    idle = pool(prior, rows, rows @ prior + 0.001, np.full(4, True))
    assert idle.probabilities.tolist() == prior.tolist() and idle.multipliers.tolist() == [0.0] * 4


def test_views_that_repeat_each_other_are_one_view():
    prior, rows = sample(4)
    twice = np.vstack([rows[:2], rows[0] + rows[1], rows[0]])
    targets = np.array([0.002, -0.001, 0.001, 0.002])
    assert pool(prior, twice, targets).residual <= 1e-12
    alone = pool(prior, rows[:2], targets[:2]).probabilities
    assert np.abs(pool(prior, twice, targets).probabilities - alone).max() < 1e-13


@given(seed=st.integers(0, 10_000), size=st.floats(1e-8, 1e8), shift=st.floats(-0.8, 0.8))
def test_scale_order_and_splitting_do_not_matter(seed, size, shift):
    prior, rows = sample(seed, scenarios=120, views=2, equal=False)
    spread = np.sqrt(((rows - (rows @ prior)[:, None]) ** 2) @ prior)
    targets = rows @ prior + spread * np.array([shift, -0.3 * shift])
    plain = pool(prior, rows, targets).probabilities
    scaled = pool(prior, rows * size, targets * size).probabilities
    assert np.abs(scaled - plain).max() < 1e-10
    order = np.random.default_rng(seed).permutation(120)
    assert np.abs(pool(prior[order], rows[:, order], targets).probabilities - plain[order]).max() < 1e-10
    halves = pool(np.tile(prior / 2, 2), np.tile(rows, 2), targets).probabilities
    assert np.abs(halves[:120] + halves[120:] - plain).max() < 1e-10


@given(seed=st.integers(0, 10_000), pull=st.floats(0.9, 0.9999))
def test_views_close_to_the_edge_of_the_scenarios_hold(seed, pull):
    prior, rows = sample(seed, scenarios=80, views=1)
    target = rows[0].max() * pull + (1 - pull) * (rows[0] @ prior)
    found = pool(prior, rows, np.array([target]))
    assert found.probabilities @ rows[0] == pytest.approx(target, rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_six_views_met_by_almost_one_scenario_hold_up_to_it_and_not_beyond(seed):
    rng = np.random.default_rng(seed)
    rows, prior = rng.standard_t(4, (6, 500)) * 0.01, np.full(500, 1 / 500)
    corner = rows[:, np.argmax(rng.normal(size=6) @ rows)]
    for share in (0.9, 0.999, 0.999999):
        found = pool(prior, rows, share * corner + (1 - share) * (rows @ prior))
        assert found.residual <= 1e-8 and found.probabilities.max() > 0.5
    with pytest.raises(InfeasibleViewsError):
        pool(prior, rows, 1.0001 * corner)


def test_a_scenario_without_probability_keeps_none():
    prior = np.array([0.5, 0.0, 0.5])
    found = pool(prior, np.array([[0.0, 100.0, 1.0]]), np.array([0.75]))
    assert found.probabilities.round(13).tolist() == [0.25, 0.0, 0.75]


def test_many_scenarios_take_the_same_answer_from_the_start_found_on_few():
    prior, rows = sample(5, scenarios=40_000, views=6)
    targets = rows @ prior + 0.4 * rows.std(axis=1) * np.array([1, -1, 1, -1, 1, -1])
    found = pool(prior, rows, targets)
    assert found.residual <= 1e-13
    fast, pooling_dual.SAMPLE = pooling_dual.SAMPLE, 10**9
    try:
        slow = pool(prior, rows, targets)
    finally:
        pooling_dual.SAMPLE = fast
    assert np.abs(found.probabilities - slow.probabilities).max() < 1e-14


def test_inputs_stay_as_they_are():
    prior, rows = sample(6)
    kept = prior.copy(), rows.copy()
    pool(prior, rows, rows @ prior + 0.001)
    assert (prior == kept[0]).all() and (rows == kept[1]).all()


def test_effective_scenarios_of_equal_and_of_one():
    assert effective_scenarios(np.full(250, 0.004)) == pytest.approx(250)
    assert effective_scenarios(np.array([0.0, 1.0])) == 1.0
    assert relative_entropy(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == np.inf


# ---- refused ----


@pytest.mark.parametrize(("target", "at_most"), [(7.0, False), (0.5, False), (0.9, True)])
def test_a_view_out_of_range_is_named_with_the_range(target, at_most):
    rows = np.stack([np.array([3.0, 1, 2, 3, 2, 1]), np.arange(1.0, 7.0)])
    with pytest.raises(InfeasibleViewsError, match=r"View 1 .* 1 to 6") as caught:
        pool(np.full(6, 1 / 6), rows, np.array([2.0, target]), np.array([False, at_most]))
    assert caught.value.details == {"views": [1], "low": 1.0, "high": 6.0}


def test_only_scenarios_with_probability_count_for_the_range():
    prior = np.array([0.5, 0.0, 0.5])
    with pytest.raises(InfeasibleViewsError, match="0 to 1"):
        pool(prior, np.array([[0.0, 100.0, 1.0]]), np.array([2.0]))


def test_views_that_contradict_each_other_are_named_and_no_others():
    prior, rows = sample(8)
    rows = np.vstack([rows, rows[0] + rows[1]])
    targets = np.array([0.003, 0.002, 0.0, 0.0, 0.0055])
    with pytest.raises(InfeasibleViewsError, match="contradict") as caught:
        pool(prior, rows, targets)
    assert caught.value.details["views"] == [0, 1, 4]


def test_a_contradiction_between_an_equality_and_an_inequality_is_named():
    prior, rows = sample(9)
    with pytest.raises(InfeasibleViewsError) as caught:
        pool(prior, rows[[1, 0, 0]], np.array([0.001, 0.002, 0.001]), np.array([False, False, True]))
    assert caught.value.details["views"] == [1, 2]


def test_each_within_range_but_not_together():
    # Both at their highest would need one scenario that is worst for both.
    rows = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    with pytest.raises(InfeasibleViewsError) as caught:
        pool(np.full(4, 0.25), rows, np.array([0.7, 0.7]))
    assert caught.value.details["views"] == [0, 1]
    assert pool(np.full(4, 0.25), rows, np.array([0.4, 0.5])).probabilities[:2].round(12).tolist() == [
        0.4,
        0.5,
    ]


def test_a_row_that_never_varies_holds_or_is_refused():
    prior, rows = sample(1)
    flat = np.vstack([rows[0], np.full(prior.size, 0.5)])
    assert pool(prior, flat, np.array([0.001, 0.5])).residual <= 1e-13
    with pytest.raises(InfeasibleViewsError) as caught:
        pool(prior, flat, np.array([0.001, 0.6]))
    assert caught.value.details["views"] == [1]


@pytest.mark.parametrize(
    ("prior", "rows", "targets", "at_most"),
    [
        (np.full(3, 1 / 3), np.ones((1, 4)), np.ones(1), None),
        (np.full(3, 1 / 3), np.ones((2, 3)), np.ones(1), None),
        (np.full(3, 1 / 3), np.ones(3), np.ones(1), None),
        (np.full(3, 1 / 3), np.ones((1, 3)), np.ones(1), np.array([True, False])),
    ],
)
def test_shapes_that_do_not_match_are_refused(prior, rows, targets, at_most):
    with pytest.raises(InputError, match="do not match"):
        pool(prior, rows, targets, at_most)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    rows = np.array([[0.0, 1.0], [0.0, bad]])
    with pytest.raises(MissingDataError, match="rows of view 1"):
        pool(np.full(2, 0.5), rows, np.array([0.5, 0.5]))
    with pytest.raises(MissingDataError, match="targets of view 0"):
        pool(np.full(2, 0.5), rows[[0, 0]], np.array([bad, 0.5]))


def test_a_prior_that_is_no_probability_is_refused():
    with pytest.raises(ProbabilityError):
        pool(np.array([0.5, 0.6]), np.array([[0.0, 1.0]]), np.array([0.5]))
