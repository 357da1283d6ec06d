"""Projection onto the simplex against the quadratic program and the conditions of optimality."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskcore.numerics.simplex import clipped_to_simplex, projected_to_simplex

POINTS = arrays(np.float64, st.integers(1, 12), elements=st.floats(-100, 100))


def test_agrees_with_the_quadratic_program():
    rng = np.random.default_rng(0)
    for n in (2, 5, 20):
        point = rng.standard_normal(n)
        w = cp.Variable(n, nonneg=True)
        cp.Problem(cp.Minimize(cp.sum_squares(w - point)), [cp.sum(w) == 1]).solve(cp.CLARABEL)
        np.testing.assert_allclose(projected_to_simplex(point), w.value, atol=1e-6)


@given(POINTS)
def test_what_is_held_is_shifted_by_one_number_and_the_rest_lies_below_it(point):
    w = projected_to_simplex(point)
    assert w.min() >= 0 and w.sum() == pytest.approx(1.0, abs=1e-12)
    shift = (point - w)[w > 0]
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)
    assert (point[w == 0] <= shift[0] + 1e-9).all()


@given(POINTS, st.floats(-1e6, 1e6))
def test_a_shift_of_all_changes_nothing_and_twice_is_once(point, shift):
    w = projected_to_simplex(point)
    np.testing.assert_allclose(projected_to_simplex(point + shift), w, atol=1e-8)
    np.testing.assert_allclose(projected_to_simplex(w), w, atol=1e-12)


def test_clipping_is_not_the_nearest_point():
    point = np.array([0.8, 0.6, -0.4])
    near, clipped = projected_to_simplex(point), clipped_to_simplex(point, 1e-5)
    np.testing.assert_allclose(near, [0.6, 0.4, 0.0], atol=1e-15)
    np.testing.assert_allclose(clipped, np.array([0.8, 0.6, 1e-5]) / 1.40001, rtol=1e-14)
    assert np.linalg.norm(near - point) < np.linalg.norm(clipped - point)
