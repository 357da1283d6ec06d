"""The exhibits against hand cases, brute force and separately written experiments."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.exhibits import betting_odds, one_day_more, squared_differences
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
    # Every sequence of five bets with its probability; quantiles of the wealth by sorting.
    p, odds, bets = 0.55, 1.3, 5
    found = betting_odds(p, odds, multiples=[0.0, 0.5, 1.0, 3.0], bets=bets)
    assert found.kelly == pytest.approx(p - (1 - p) / odds)
    for multiple in (0.0, 0.5, 1.0, 3.0):
        f = multiple * found.kelly
        paths = [
            (
                np.prod([1 + f * odds if won else 1 - f for won in path]),
                p ** sum(path) * (1 - p) ** (5 - sum(path)),
            )
            for path in product((True, False), repeat=bets)
        ]
        wealth, chance = np.array(sorted(paths)).T
        for level, frame in ((0.1, found.low), (0.5, found.median), (0.9, found.high)):
            by_hand = wealth[np.searchsorted(np.cumsum(chance), level)]
            assert frame[multiple].iloc[-1] == pytest.approx(by_hand, rel=1e-12)
    growth = p * np.log(1 + found.kelly * odds) + (1 - p) * np.log(1 - found.kelly)
    assert found.growth[1.0] == pytest.approx(growth, rel=1e-12)
    assert (found.median.iloc[0] == 1.0).all()


def test_the_median_gambler_grows_at_the_expected_log_growth():
    found = betting_odds(0.55, 1.0, multiples=[0.5, 1.0, 2.0, 3.0], bets=1000)
    # 550 wins of 1,000 are the median, so the two agree to rounding.
    np.testing.assert_allclose(np.log(found.median.iloc[-1]), 1000 * found.growth, rtol=1e-10)
    assert found.median.iloc[-1].idxmax() == 1.0 and found.median[2.0].iloc[-1] < 1.0


def test_a_stake_that_can_lose_everything_ends_at_nothing():
    found = betting_odds(0.6, 1.0, multiples=[6.0, 5.5], bets=60)
    assert (found.median.iloc[-1] == 0.0).all() and (found.growth == -np.inf).all()
    assert found.median[5.5].iloc[1] == pytest.approx(2.1)  # the median gambler wins the first bet


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
        (lambda: betting_odds(0.4, 1, multiples=[1], bets=5), InputError, "on average"),
        (lambda: betting_odds(0.6, 1, multiples=[-1], bets=5), InputError, "from 0"),
        (lambda: betting_odds(0.6, 1, multiples=[1], bets=0), InputError, "at least one"),
        (lambda: betting_odds(60, 1, multiples=[1], bets=5), InputError, "did you mean 0.6"),
    ],
)
def test_refusals_say_what_and_what_to_try(call, error, words):
    with pytest.raises(error, match=words):
        call()
