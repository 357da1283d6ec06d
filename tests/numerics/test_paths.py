"""Paths against plain loops written from the definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.numerics import paths

RETURNS = st.lists(st.floats(-0.9, 2.0), min_size=1, max_size=40).map(np.array)


def loop_drawdowns(returns):
    value, peak, found = 1.0, 1.0, []
    for r in returns:
        value *= 1 + r
        peak = max(peak, value)
        found.append((peak - value) / peak)
    return found


@given(RETURNS)
def test_drawdowns_are_those_of_a_plain_loop(returns):
    found = paths.drawdowns(returns)
    assert found.tolist() == pytest.approx(loop_drawdowns(returns), abs=1e-11)
    assert ((found >= 0) & (found <= 1)).all()


def test_the_starting_wealth_is_a_peak():
    assert paths.drawdowns(np.array([-0.2, -0.5])).tolist() == pytest.approx([0.2, 0.6])


def test_losing_everything_is_a_drawdown_of_one_for_ever():
    assert paths.drawdowns(np.array([0.5, -1.0, 3.0])).tolist() == [0.0, 1.0, 1.0]


def test_a_recovery_up_to_rounding_is_a_recovery():
    returns = np.array([0.0, -0.03, 3 / 97, 0.0])
    assert paths.wealth(returns)[2] < 1.0  # by rounding only
    assert paths.drawdowns(returns)[2] == 0.0
    assert paths.deepest_drawdown(paths.drawdowns(returns)) == (0, 1, 2)


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ([0.1, 0.3, 0.0, 0.2], (-1, 1, 2)),
        ([0.0, 0.2, 0.0, 0.3], (2, 3, None)),
        ([0.3, 0.0, 0.3, 0.0], (-1, 0, 1)),
        ([0.0, 0.0], (-1, -1, -1)),
        ([0.5], (-1, 0, None)),
    ],
)
def test_the_deepest_drawdown_has_its_peak_and_recovery(depths, expected):
    assert paths.deepest_drawdown(np.array(depths)) == expected


@given(RETURNS)
def test_the_longest_stretch_is_that_of_a_plain_loop(returns):
    depths = paths.drawdowns(returns)
    best, run = 0, 0
    for depth in depths:
        run = run + 1 if depth > 0 else 0
        best = max(best, run)
    found = paths.longest_under_water(depths)
    assert (0 if found is None else found[1] - found[0] + 1) == best
    if found is not None:
        assert (depths[found[0] : found[1] + 1] > 0).all()


@given(st.integers(1, 30), st.integers(0, 10**6))
def test_blocks_compound_like_a_loop(rows, seed):
    draw = np.random.default_rng(seed)
    returns = draw.normal(0, 0.2, (rows, 2))
    starts = np.unique(draw.integers(0, rows, 4))
    stop = int(draw.integers(starts[-1] + 1, rows + 1))
    found = paths.compound_blocks(returns, starts, stop)
    for row, (low, high) in enumerate(zip(starts, [*starts[1:], stop], strict=True)):
        for asset in range(2):
            growth = 1.0
            for t in range(low, high):
                growth *= 1 + returns[t, asset]
            assert found[row, asset] == pytest.approx(growth - 1, abs=1e-12)


def test_no_blocks_give_no_returns():
    assert paths.compound_blocks(np.ones((3, 2)), np.array([], dtype=np.intp), 3).shape == (0, 2)


@given(st.integers(1, 20), st.integers(0, 10**6))
def test_buy_and_hold_is_shares_times_prices(rows, seed):
    draw = np.random.default_rng(seed)
    prices = np.vstack([[100.0, 20.0, 5.0], draw.uniform(1, 200, (rows, 3))])
    weights = draw.normal(0.3, 1, 3)
    gains, values = paths.buy_and_hold(prices[1:] / prices[:-1] - 1, weights)
    shares, cash = weights / prices[0], 1 - weights.sum()
    assert values.tolist() == pytest.approx([cash + p @ shares for p in prices[1:]], rel=1e-9, abs=1e-9)
    assert weights @ gains == pytest.approx(values[-1] - 1, abs=1e-9)


def test_inputs_stay_as_they_were():
    returns = np.array([[0.1, -0.2], [0.3, 0.4]])
    before = returns.copy()
    paths.buy_and_hold(returns, np.array([0.5, 0.5]))
    paths.drawdowns(returns[:, 0])
    paths.compound_blocks(returns, np.array([0]), 2)
    assert (returns == before).all()
