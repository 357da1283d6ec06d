"""Smallest variance by exchanges: the critical line and the optimality conditions are the oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore.numerics.corners import Box
from riskcore.numerics.critical_line import solve_critical_line, solve_minimum_variance
from riskcore.numerics.pivoting import exchanged_minimum, exchanged_tangency


@given(
    n=st.integers(2, 25),
    seed=st.integers(0, 10_000),
    low=st.sampled_from([0.0, -0.1, 0.01]),
    cap=st.sampled_from([1.0, 0.5, 3.0]),
)
def test_exchanges_find_what_the_critical_line_finds(n: int, seed: int, low: float, cap: float) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(size=(3 * n, n)) * rng.uniform(0.2, 2.0, n) + 2 * rng.normal(size=(3 * n, 1))
    covariance = returns.T @ returns / len(returns)
    lower, upper = np.full(n, low), np.full(n, min(1.0, max(cap / n, 1.5 / n)))
    path = solve_critical_line(covariance, np.zeros(n), lower, upper).weights[0]
    found = solve_minimum_variance(covariance, lower, upper)
    assert np.abs(found.weights[0] - path).max() < 1e-10
    weights = exchanged_minimum(covariance, Box(lower, upper))
    if weights is not None:
        pull = covariance @ weights
        assert abs(weights.sum() - 1.0) < 1e-12
        assert (weights >= lower).all()
        assert (weights <= upper).all()
        # No weight can be moved from an asset that has some to one that has room and lower the variance.
        assert pull[weights > lower].max() <= pull[weights < upper].min() * (1 + 1e-10)


def test_two_uncorrelated_assets_by_hand() -> None:
    box = Box(np.zeros(2), np.ones(2))
    assert exchanged_minimum(np.diag([4.0, 1.0]), box) == pytest.approx([0.2, 0.8], abs=1e-15)


def test_duplicates_are_left_to_the_critical_line() -> None:
    covariance = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert exchanged_minimum(covariance, Box(np.zeros(3), np.ones(3))) is None
    found = solve_minimum_variance(covariance, np.zeros(3), np.ones(3))
    assert found.weights[0, :2].sum() == pytest.approx(0.5, abs=1e-9)


def test_bounds_without_room_are_left_to_the_critical_line() -> None:
    half = np.full(2, 0.5)
    assert exchanged_minimum(np.eye(2), Box(half, half)) is None
    assert solve_minimum_variance(np.eye(2), half, half).weights[0].tolist() == [0.5, 0.5]


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(0, 10_000), st.integers(-6, 6))
def test_the_tangency_is_optimal_by_its_conditions(n, seed, power):
    rng = np.random.default_rng(seed)
    rows = rng.standard_t(5, (n + 40, n)) + rng.standard_normal((n + 40, 1))
    covariance = np.atleast_2d(np.cov(rows.T)) * 10.0**power
    excess = (rng.standard_normal(n) + 0.5) * 10.0 ** (power / 2)
    weights = exchanged_tangency(covariance, excess)
    if weights is None:
        return
    assert weights.min() >= 0.0 and weights.sum() == pytest.approx(1.0, abs=1e-12)
    pull = covariance @ weights
    slope = pull - (weights @ pull) / (weights @ excess) * excess  # Σw − κe: 0 where held, never below
    size = np.abs(pull).max()
    assert slope.min() > -1e-9 * size and np.abs(slope[weights > 0]).max() < 1e-9 * size


def test_a_tangency_by_hand_and_those_that_are_left_to_others():
    # By hand: w ∝ Σ⁻¹e = (0.2 / 0.04, 0.1 / 0.01) = (5, 10).
    assert exchanged_tangency(np.diag([0.04, 0.01]), np.array([0.2, 0.1])) == pytest.approx([1 / 3, 2 / 3])
    assert exchanged_tangency(np.diag([0.04, 0.01]), np.array([-0.2, 0.0])) is None
    twins = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert exchanged_tangency(twins, np.array([0.1, 0.1])) is None
    assert exchanged_tangency(np.diag([0.04, 1e-18]), np.array([0.2, 0.1])) is None
