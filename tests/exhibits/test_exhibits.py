"""The exhibits against hand cases, brute force and separately written experiments."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.exhibits import betting_paths, one_day_more, squared_differences
from riskcore.scenarios import Scenarios


def market(rows=600, assets=4, seed=1):
    rng = np.random.default_rng(seed)
    scale = 0.004 * (1 + np.arange(assets))
    returns = rng.normal(0.0003, 0.004, (rows, 1)) + rng.normal(0.0, scale, (rows, assets))
    days = pd.bdate_range("2020-01-01", periods=rows)
    return Scenarios(returns, tuple("ABCDEFGH"[:assets]), 252.0, index=days, ordered=True)


def test_success_is_reported_where_shares_are_far_from_equal():
    found = squared_differences(market(), starts=3, rng=np.random.default_rng(1))
    table = found.attempts.set_index(["problem", "start"])
    assert table["says_success"].all()
    pairwise = table.loc["Σ(RCᵢ − RCⱼ)², SLSQP"]
    assert (pairwise["largest_share"] - 0.25 > 0.02).any()
    convex = table.loc[("convex problem", "any")]
    assert convex["largest_share"] == pytest.approx(0.25, abs=1e-10)
    assert convex["smallest_share"] == pytest.approx(0.25, abs=1e-10)
    free = table.loc["Σ(RCᵢ − RCⱼ)², least squares"]
    assert (free["sum_of_weights"] - 1.0).abs().max() > 0.05  # nothing fixes the scale
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0)
    assert len(found.attempts) == len(found.shares) == 10


def test_the_pairwise_objective_is_below_the_usual_tolerance_at_equal_weights():
    s = market()
    covariance = np.cov(s.returns.T, ddof=0)
    w = np.full(4, 0.25)
    part = w * (covariance @ w) / np.sqrt(w @ covariance @ w)
    assert sum((a - b) ** 2 for a, b in product(part, part)) < 1e-4
    first = squared_differences(s, starts=1, rng=np.random.default_rng(1)).attempts
    assert first.loc[first["problem"] == "Σ(RCᵢ − RCⱼ)², SLSQP", "steps"].iloc[0] <= 3


def test_one_day_more_is_two_solutions_apart():
    s = market()
    found = one_day_more(s, ["equal_weight", "inverse_volatility"], rows=100, days=5)
    assert found.worst["equal_weight"] == 0.0
    for day in range(5):
        last = s.count - 5 + day
        before = 1 / s.returns[last - 100 : last].std(axis=0)
        after = 1 / s.returns[last - 100 : last + 1].std(axis=0)
        moved = 0.5 * np.abs(after / after.sum() - before / before.sum()).sum()
        assert found.turnover["inverse_volatility"].iloc[day] == pytest.approx(moved, abs=1e-12)
    place = found.turnover["inverse_volatility"].idxmax()
    assert place in s.index[-5:]
    gap = (found.after - found.before).loc["inverse_volatility"].abs().sum() / 2
    assert gap == pytest.approx(found.worst["inverse_volatility"], abs=1e-12)


def test_markowitz_moves_more_than_parity():
    found = one_day_more(market(), ["equal_risk_contribution", "maximum_sharpe"], rows=250, days=40)
    assert found.worst["maximum_sharpe"] > 5 * found.worst["equal_risk_contribution"] > 0


def test_gamblers_by_counting_every_path():
    # Three even bets at Kelly: the median of all 8 equally likely paths when p = 1/2 + edge is simulated.
    found = betting_paths(
        0.6, 1.0, multiples=[0.5, 1.0, 3.0], bets=3, paths=40_001, rng=np.random.default_rng(2)
    )
    assert found.kelly == pytest.approx(0.2)
    # Wins in three bets: 2 is the median count (P(≥2) = 0.648).
    for multiple in (0.5, 1.0, 3.0):
        f = multiple * 0.2
        assert found.median[multiple].iloc[-1] == pytest.approx((1 + f) ** 2 * (1 - f), rel=1e-12)
    growth = 0.6 * np.log(1.2) + 0.4 * np.log(0.8)
    assert found.growth[1.0] == pytest.approx(growth, rel=1e-12)
    assert (found.low.to_numpy() <= found.median.to_numpy()).all()
    assert (found.median.to_numpy() <= found.high.to_numpy()).all()


def test_a_stake_that_can_lose_everything_ends_at_nothing():
    found = betting_paths(0.6, 1.0, multiples=[5.5], bets=60, paths=50, rng=np.random.default_rng(1))
    assert found.median[5.5].iloc[-1] == 0.0 and found.growth[5.5] == -np.inf


def test_the_same_seed_gives_the_same_exhibit():
    first, again = (
        betting_paths(0.55, 1.0, multiples=[1.0], bets=20, paths=100, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.median, again.median)


RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: squared_differences(market(assets=1), starts=1, rng=RNG), InputError, "two assets"),
        (lambda: squared_differences(market(), starts=0, rng=RNG), InputError, "one start"),
        (lambda: squared_differences(market(), starts=1, rng=1), InputError, "generator"),
        (
            lambda: one_day_more(market(), ["best"], rows=100, days=5),
            InputError,
            "called best",
        ),
        (lambda: one_day_more(market(), [], rows=100, days=5), InputError, "nothing"),
        (lambda: one_day_more(market(), ["equal_weight"], rows=5, days=5), InputError, "at least 8 rows"),
        (
            lambda: one_day_more(market(), ["equal_weight"], rows=600, days=5),
            MissingDataError,
            "there are 600",
        ),
        (
            lambda: one_day_more(
                Scenarios(market().returns, tuple("ABCD"), 252.0), ["equal_weight"], rows=50, days=5
            ),
            InputError,
            "time order",
        ),
        (lambda: betting_paths(0.4, 1, multiples=[1], bets=5, paths=5, rng=RNG), InputError, "on average"),
        (lambda: betting_paths(0.6, 1, multiples=[-1], bets=5, paths=5, rng=RNG), InputError, "from 0"),
        (lambda: betting_paths(0.6, 1, multiples=[1], bets=0, paths=5, rng=RNG), InputError, "at least one"),
        (lambda: betting_paths(0.6, 1, multiples=[1], bets=5, paths=5, rng=None), InputError, "generator"),
    ],
)
def test_refusals_say_what_and_what_to_try(call, error, words):
    with pytest.raises(error, match=words):
        call()
