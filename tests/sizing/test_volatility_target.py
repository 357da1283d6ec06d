"""Volatility targets against hand cases, corrupted futures and simulated truth; odds of falls."""

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError, NumericalError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.sizing import drawdown_odds, volatility_target

ONE = Portfolio("All in", {"X": 1.0})


def history(returns, k=252.0):
    return Scenarios(np.asarray(returns, float)[:, None], ("X",), k, ordered=True)


def wild(rows=600, seed=2):
    rng = np.random.default_rng(seed)
    level = 0.01 * np.exp(0.5 * np.sin(np.arange(rows) / 40))
    return level * rng.standard_normal(rows)


@pytest.mark.parametrize(("window", "lag"), [(20, 1), (20, 3), (63, 2)])
def test_each_scale_rests_on_the_rows_before_it_alone(window, lag):
    r = wild()
    found = volatility_target(history(r), ONE, target=0.12, window=window, lag=lag, cap=3.0, risk_free=1e-4)
    first = window + lag - 1
    assert len(found.scale) == r.size - first
    for t in (first, first + 7, r.size - 1):
        seen = r[t - lag - window + 1 : t - lag + 1]
        estimate = np.sqrt(252 * np.sum((seen - seen.mean()) ** 2) / (window - 1))
        scale = min(3.0, 0.12 / estimate)
        assert found.scale.loc[t] == pytest.approx(scale, rel=1e-12)
        assert found.returns.loc[t] == pytest.approx(scale * (r[t] - 1e-4) + 1e-4, rel=1e-12)


def test_the_exponential_estimate_follows_its_recursion():
    r = wild()
    found = volatility_target(history(r), ONE, target=0.12, window=None, decay=0.9, lag=2)
    variance = float(np.mean(r[:63] ** 2))
    known = {62: variance}
    for t in range(63, r.size):
        variance = 0.9 * variance + 0.1 * r[t] ** 2
        known[t] = variance
    for t in (64, 100, r.size - 1):
        assert found.estimate.loc[t] == pytest.approx(np.sqrt(252 * known[t - 2]), rel=1e-12)


@pytest.mark.parametrize(("window", "lag"), [(30, 1), (30, 4), (None, 3)])
def test_the_next_size_is_the_one_held_once_its_row_has_come(window, lag):
    r = wild()
    now = volatility_target(history(r[:-1]), ONE, target=0.12, window=window, lag=lag, cap=3.0)
    later = volatility_target(history(r), ONE, target=0.12, window=window, lag=lag, cap=3.0)
    assert now.next_scale == pytest.approx(later.scale.iloc[-1], rel=1e-12)


@pytest.mark.parametrize("window", [None, 30])
def test_the_future_is_not_seen(window):
    r = wild()
    spoiled = r.copy()
    spoiled[400:] = 0.3 * np.sign(spoiled[400:])
    honest = volatility_target(history(r), ONE, target=0.1, window=window, cap=1.0)
    corrupted = volatility_target(history(spoiled), ONE, target=0.1, window=window, cap=1.0)
    # The scale of row 400 is still made of rows up to 399.
    pd.testing.assert_series_equal(honest.scale.loc[:400], corrupted.scale.loc[:400])
    assert honest.scale.loc[401] != corrupted.scale.loc[401]


def test_it_lands_on_the_target_within_its_sampling_error():
    hits, bias = [], np.sqrt(62 / 60)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        calm_and_wild = np.where(np.arange(4000) // 1000 % 2, 0.02, 0.007)
        found = volatility_target(
            history(rng.standard_normal(4000) * calm_and_wild), ONE, target=0.1, cap=10.0, window=63
        )
        # Rows in which the window spans a change of regime are no test of the estimate.
        steady = found.scale.index.to_numpy() % 1000 > 64
        hits.append(np.sqrt(252) * found.returns[steady].std(ddof=1) / (0.1 * bias))
    mean, error = np.mean(hits), np.std(hits, ddof=1) / np.sqrt(40)
    assert abs(mean - 1.0) < 4 * error + 0.002
    inside = np.mean(np.abs(np.array(hits) - 1.0) < 1.96 / np.sqrt(2 * 3700))
    assert inside > 0.8


def test_steady_volatility_at_the_target_is_left_alone_and_the_cap_holds():
    r = np.tile([0.01, -0.01], 200)
    sigma = np.sqrt(252 * 0.0001 * 20 / 19)
    found = volatility_target(history(r), ONE, target=sigma, window=20)
    np.testing.assert_allclose(found.scale, 1.0, rtol=1e-12)
    assert found.turnover_per_year == pytest.approx(0.0, abs=1e-9)
    capped = volatility_target(history(r), ONE, target=1.9, window=20, cap=1.5)
    assert (capped.scale == 1.5).all() and capped.capped == 1.0


def test_a_quiet_stretch_is_held_at_the_cap():
    r = np.concatenate([np.zeros(40), wild(100)])
    found = volatility_target(history(r), ONE, target=0.1, window=20, cap=2.0)
    assert found.scale.iloc[0] == 2.0 and np.isfinite(found.returns).all()


def test_turnover_counts_the_portfolio_that_is_traded():
    s = Scenarios(np.column_stack([wild(), wild(seed=5)]), ("X", "Y"), 252.0, ordered=True)
    found = volatility_target(s, Portfolio("P", {"X": 1.0, "Y": -0.5}), target=0.1, window=20)
    by_hand = np.abs(np.diff(found.scale)).mean() * 252 * 1.5
    assert found.turnover_per_year == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"target": 10.0}, InputError, "did you mean 0.1"),
        ({"target": 0.0}, InputError, "above 0"),
        ({"target": 0.1, "window": 2}, InputError, "at least 5 rows"),
        ({"target": 0.1, "lag": 0}, InputError, "size itself"),
        ({"target": 0.1, "cap": -1.0}, InputError, "cap"),
        ({"target": 0.1, "window": None, "decay": 1.0}, InputError, "decay"),
        ({"target": 0.1, "window": 400}, MissingDataError, "at least 800"),
        ({"target": 2.0, "cap": 500.0, "window": 5}, NumericalError, "everything or more"),
        ({"target": 0.1, "risk_free": 5.0}, InputError, "decimal per period"),
    ],
)
def test_settings_are_refused_in_a_sentence(settings, error, words):
    r = wild()
    r[300] = -0.3
    with pytest.raises(error, match=words):
        volatility_target(history(r), ONE, **settings)


def test_scenarios_that_are_no_path_are_refused():
    s = Scenarios(wild()[:, None], ("X",), 252.0)
    with pytest.raises(InputError, match="time order"):
        volatility_target(s, ONE, target=0.1)
    with pytest.raises(InputError, match="time order"):
        drawdown_odds(s, ONE, multiples=[1.0], years=1, rng=np.random.default_rng(1))


def test_cash_has_no_size():
    with pytest.raises(NumericalError, match="does not move"):
        volatility_target(history(wild()), Portfolio("Cash", {"X": 0.0}), target=0.1)


def test_odds_of_a_fall_by_counting_every_path():
    # Two equally likely rows, three steps, independent draws: 8 paths, each worth 1/8.
    s = Scenarios(np.array([[0.1], [-0.1]]), ("X",), 1.0, ordered=True)
    exact = 0
    for bits in np.ndindex(2, 2, 2):
        wealth = np.cumprod(1 + np.array([0.1, -0.1])[list(bits)])
        peak = np.maximum.accumulate(np.append(1.0, wealth))[1:]
        exact += (1 - wealth / peak).max() >= 0.15
    found = drawdown_odds(
        s,
        ONE,
        multiples=[1.0],
        years=3,
        falls=[0.15],
        paths=20_000,
        block_length=1,
        rng=np.random.default_rng(1),
    )
    error = found.standard_error.iloc[0, 0]
    assert abs(found.odds.iloc[0, 0] - exact / 8) < 4 * error


def test_odds_rise_with_the_stake_and_fall_with_the_depth():
    found = drawdown_odds(
        history(wild() + 0.0005),
        ONE,
        multiples=[0.25, 0.5, 1.0, 2.0, 40.0],
        years=3,
        paths=300,
        rng=np.random.default_rng(2),
    )
    table = found.odds.to_numpy()
    assert (np.diff(table, axis=1) >= 0).all() and (np.diff(table, axis=0) <= 0).all()
    assert (table[:, -1] == 1.0).all()  # a stake that ruins
    again = drawdown_odds(
        history(wild() + 0.0005),
        ONE,
        multiples=[0.25, 0.5, 1.0, 2.0, 40.0],
        years=3,
        paths=300,
        rng=np.random.default_rng(2),
    )
    pd.testing.assert_frame_equal(found.odds, again.odds)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"multiples": []}, "at least one stake"),
        ({"falls": [20.0]}, "between 0 and 1"),
        ({"paths": 10}, "at least 100"),
        ({"years": 1000.0, "paths": 10_000}, "more than 20,000,000"),
        ({"block_length": 0.5}, "block length"),
        ({"rng": 7}, "generator"),
    ],
)
def test_odds_refuse_what_means_nothing(settings, words):
    given = {"multiples": [1.0], "years": 2.0, "rng": np.random.default_rng(1)} | settings
    with pytest.raises(InputError, match=words):
        drawdown_odds(history(wild()), ONE, **given)
