"""Nearest feasible bounds, against the least-squares problem solved by cvxpy."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation.bounds import nearest_bounds
from riskcore.errors import InputError

NAMES = list("ABCDE")


def nearest_minima(low):
    import cvxpy as cp

    x = cp.Variable(low.size)
    cp.Problem(cp.Minimize(cp.sum_squares(x - low)), [x >= 0, cp.sum(x) <= 1]).solve()
    return x.value


def test_minima_above_100_are_projected():
    for low in ([0.5, 0.4, 0.3, 0.0, 0.02], [0.9, 0.9, 0.01, 0.0, 0.0], [0.2001] * 5):
        found = nearest_bounds(pd.Series(low, NAMES), pd.Series(1.0, NAMES))
        assert np.allclose(found.lower, nearest_minima(np.array(low)), atol=1e-5)
        assert found.lower.sum() == pytest.approx(1)
        assert "> 100 %" in found.conflict


def test_maxima_below_100_are_raised_by_the_same_amount():
    found = nearest_bounds(pd.Series(0.0, NAMES), pd.Series([0.1, 0.1, 0.2, 0.2, 0.2], NAMES))
    assert np.allclose(found.upper, np.array([0.1, 0.1, 0.2, 0.2, 0.2]) + 0.04)
    assert found.conflict == "the maxima of 5 assets add up to 80 % < 100 %"


def test_a_minimum_above_its_maximum_is_named():
    found = nearest_bounds(pd.Series([0.3, 0, 0, 0, 0], NAMES), pd.Series([0.2, 1, 1, 1, 1], NAMES))
    assert found.conflict == "the minimum of A is above its maximum"
    assert found.upper["A"] == pytest.approx(0.3)


def test_bounds_that_can_be_kept_are_left_alone():
    low, high = pd.Series(0.2, NAMES), pd.Series(0.2, NAMES)
    found = nearest_bounds(low, high)
    assert found.conflict == ""
    assert np.allclose(found.lower, low)
    assert np.allclose(found.upper, high)


def test_what_is_no_bound_is_refused():
    with pytest.raises(InputError, match="same assets"):
        nearest_bounds(pd.Series(0.0, NAMES), pd.Series(1.0, NAMES[::-1]))
    with pytest.raises(InputError, match="at least 0"):
        nearest_bounds(pd.Series(-0.1, NAMES), pd.Series(1.0, NAMES))
    with pytest.raises(InputError, match="numbers"):
        nearest_bounds(pd.Series(np.nan, NAMES), pd.Series(1.0, NAMES))
