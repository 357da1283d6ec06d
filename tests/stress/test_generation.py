"""Generated scenarios: probabilities by definition, draws against what they come from, and refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.measures import cvar
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    MeanView,
    apply_views,
    block_paths,
    conditioned_by_kernel,
    conditioned_by_range,
    exponential_decay,
    fit_t_copula,
    realised_volatility,
    resampled_paths,
    simulated_copula,
    simulated_t,
)

ASSETS = ["SPY", "BND", "GOLD"]
SAMPLE = load_sample("global").scenarios(ASSETS)


def small(rows=6):
    returns = np.arange(1.0, 2 * rows + 1).reshape(rows, 2) / 100
    return Scenarios(returns, ("A", "B"), 252, index=pd.date_range("2024-01-01", periods=rows), ordered=True)


def t_draws(nu=4.0, rows=6000, rho=0.6, seed=1):
    rng = np.random.default_rng(seed)
    normal = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], rows)
    return Scenarios(0.01 * normal / np.sqrt(rng.chisquare(nu, (rows, 1)) / nu), ("A", "B"), 252)


# ---- probabilities ----


def test_decay_halves_every_half_life():
    p = exponential_decay(SAMPLE, half_life=250).probabilities
    assert p.sum() == pytest.approx(1, abs=1e-13)
    assert p[-1] / p[-251] == pytest.approx(2, rel=1e-12) and p[-1] / p[-501] == pytest.approx(4, rel=1e-12)


def test_realised_volatility_looks_back_only():
    state = realised_volatility(SAMPLE, "SPY", window=21)
    returns = SAMPLE.frame["SPY"]
    assert state.iloc[:21].isna().all()
    assert state.iloc[100] == pytest.approx(returns.iloc[79:100].std(ddof=0), rel=1e-9)
    assert state.iloc[-1] == pytest.approx(returns.iloc[-22:-1].std(ddof=0), rel=1e-9)
    half = realised_volatility(SAMPLE, Portfolio("H", {"SPY": 0.5, "BND": 0.5}))
    assert half.iloc[50] == pytest.approx(
        (0.5 * SAMPLE.frame["SPY"] + 0.5 * SAMPLE.frame["BND"]).iloc[29:50].std(ddof=0), rel=1e-9
    )


def test_a_range_keeps_the_rows_inside_it():
    state = realised_volatility(SAMPLE, "SPY")
    found = conditioned_by_range(SAMPLE, state, low=0.02)
    inside = (state >= 0.02).to_numpy()
    assert found.probabilities == pytest.approx(inside / inside.sum(), abs=1e-16)
    worse = cvar(found, Portfolio("S", {"SPY": 1, "BND": 0, "GOLD": 0}), confidence=0.95).value
    assert worse == pytest.approx(
        cvar(
            Scenarios(SAMPLE.returns[inside], tuple(ASSETS), 252),
            Portfolio("S", {"SPY": 1, "BND": 0, "GOLD": 0}),
            confidence=0.95,
        ).value
    )


def test_a_kernel_weighs_by_distance_and_conditions_multiply():
    state = pd.Series([0.1, 0.2, 0.3, np.nan, 0.2, 0.5], index=small().index)
    found = conditioned_by_kernel(small(), state, at=0.2, bandwidth=0.1).probabilities
    weights = np.exp(-0.5 * np.array([1, 0, 1, np.inf, 0, 9]))
    assert found == pytest.approx(weights / weights.sum(), abs=1e-15)
    both = conditioned_by_kernel(exponential_decay(small(), half_life=2), state, at=0.2, bandwidth=0.1)
    weights = weights * 2.0 ** (np.arange(6) / 2)
    assert both.probabilities == pytest.approx(weights / weights.sum(), abs=1e-15)


def test_a_kernel_far_from_every_row_takes_the_closest():
    state = pd.Series(np.linspace(0, 1, 6), index=small().index)
    found = conditioned_by_kernel(small(), state, at=100.0, bandwidth=0.01)
    assert found.probabilities.round(12).tolist() == [0, 0, 0, 0, 0, 1]


# ---- paths ----


def test_paths_of_one_step_are_rows_drawn_by_their_probabilities():
    posterior = apply_views(SAMPLE, [MeanView("SPY", -0.005)]).scenarios
    found = resampled_paths(posterior, periods=1, paths=200_000, rng=np.random.default_rng(3))
    expected = posterior.probabilities @ posterior.returns
    error = found.returns.std(axis=0) / np.sqrt(200_000)
    assert (np.abs(found.returns.mean(axis=0) - expected) < 4 * error).all()
    assert np.isin(found.returns[:100, 0].round(12), SAMPLE.returns[:, 0].round(12)).all()


def test_paths_compound_and_say_their_horizon():
    found = resampled_paths(small(), periods=5, paths=100_000, rng=np.random.default_rng(4))
    mean = (1 + small().returns.mean(axis=0)) ** 5 - 1
    assert found.returns.mean(axis=0) == pytest.approx(mean, rel=5e-3)
    assert found.periods_per_year == pytest.approx(50.4) and not found.ordered
    assert "5" in found.source


def test_a_row_without_probability_is_never_drawn():
    prior = small().with_probabilities([0.0, 0.5, 0.0, 0.5, 0.0, 0.0])
    found = resampled_paths(prior, periods=1, paths=5000, rng=np.random.default_rng(5))
    assert set(found.returns[:, 0].round(4)) == {0.03, 0.07}


def test_long_blocks_follow_the_history():
    found = block_paths(small(), periods=2, paths=60_000, block_length=6, rng=np.random.default_rng(6))
    growth = 1 + small().returns[:, 0]
    following = {round(float(growth[k] * growth[(k + 1) % 6] - 1), 10) for k in range(6)}
    share = np.isin(found.returns[:, 0].round(10), list(following)).mean()
    # Followed with probability 5/6, or met by a jump to the next row or the one before (the same product).
    assert share == pytest.approx(5 / 6 + 2 / 36, abs=0.005)


def test_blocks_of_one_are_single_rows():
    found = block_paths(small(), periods=3, paths=60_000, block_length=1, rng=np.random.default_rng(7))
    alone = resampled_paths(small(), periods=3, paths=60_000, rng=np.random.default_rng(8))
    assert found.returns.mean(axis=0) == pytest.approx(alone.returns.mean(axis=0), rel=0.01)
    assert found.returns.std(axis=0) == pytest.approx(alone.returns.std(axis=0), rel=0.02)


def test_the_same_seed_gives_the_same_scenarios():
    for draw in (
        lambda seed: resampled_paths(SAMPLE, periods=5, paths=50, rng=np.random.default_rng(seed)),
        lambda seed: block_paths(
            SAMPLE, periods=5, paths=50, block_length=5, rng=np.random.default_rng(seed)
        ),
        lambda seed: simulated_t(SAMPLE, count=50, rng=np.random.default_rng(seed)),
    ):
        assert draw(1).fingerprint == draw(1).fingerprint != draw(2).fingerprint


# ---- simulation ----


def test_draws_of_a_t_have_the_fitted_moments_and_tails():
    history = t_draws()
    found = simulated_t(history, count=100_000, rng=np.random.default_rng(9))
    assert np.corrcoef(found.returns.T)[0, 1] == pytest.approx(0.6, abs=0.05)
    level = np.quantile(found.returns[:, 0], 0.01)
    assert level == pytest.approx(0.01 * stats.t(4).ppf(0.01), rel=0.08)
    assert (found.returns.min(axis=0) < history.returns.min(axis=0)).any()


def test_the_copula_finds_what_made_the_draws():
    for nu in (3.0, 8.0):
        copula = fit_t_copula(t_draws(nu, seed=int(nu)))
        assert copula.nu == pytest.approx(nu, rel=0.25)
        assert copula.correlations[0, 1] == pytest.approx(0.6, abs=0.03)
        assert copula.repaired < 1e-6


def test_the_likelihood_of_the_copula_is_that_of_scipy():
    history = t_draws(rows=400)
    copula = fit_t_copula(history)
    u = stats.rankdata(history.returns, axis=0) / 401

    def value(nu):
        x = stats.t(nu).ppf(u)
        joint = stats.multivariate_t([0, 0], copula.correlations, nu).logpdf(x)
        return (joint - stats.t(nu).logpdf(x).sum(axis=1)).mean()

    assert value(copula.nu) > max(value(copula.nu * 0.98), value(copula.nu * 1.02))


def test_a_copula_keeps_margins_that_differ():
    rng = np.random.default_rng(1)
    base = t_draws(rows=3000).returns
    history = Scenarios(np.column_stack([np.exp(50 * base[:, 0]) - 1, base[:, 1]]), ("A", "B"), 252)
    found = simulated_copula(history, count=60_000, rng=rng)
    for k in range(2):
        for level in (0.01, 0.1, 0.5, 0.9, 0.99):
            assert np.mean(found.returns[:, k] <= np.quantile(history.returns[:, k], level)) == pytest.approx(
                level, abs=0.005
            )
    tau = stats.kendalltau(found.returns[:5000, 0], found.returns[:5000, 1]).statistic
    assert tau == pytest.approx(stats.kendalltau(*history.returns.T).statistic, abs=0.03)


def test_t_margins_reach_beyond_the_history():
    history = t_draws(rows=300)
    drawn = simulated_copula(history, count=50_000, rng=np.random.default_rng(2), margins="student_t")
    assert drawn.returns[:, 0].min() < history.returns[:, 0].min()
    assert np.median(drawn.returns[:, 0]) == pytest.approx(np.median(history.returns[:, 0]), abs=1.5e-3)


# ---- refused ----

RNG = np.random.default_rng(0)
UNORDERED = Scenarios(SAMPLE.returns, tuple(ASSETS), 252)
WEIGHTED = exponential_decay(SAMPLE, half_life=100)
STATE = pd.Series(np.arange(6.0), index=small().index)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: exponential_decay(UNORDERED, half_life=5), InputError, "time order"),
        (lambda: exponential_decay(SAMPLE, half_life=0), InputError, "positive number"),
        (lambda: realised_volatility(UNORDERED, "SPY"), InputError, "time order"),
        (lambda: realised_volatility(SAMPLE, "SPY", window=1), InputError, "at least 2"),
        (lambda: realised_volatility(small(), "A", window=6), MissingDataError, "more rows"),
        (lambda: realised_volatility(SAMPLE, "SPX"), AssetMismatchError, "SPX"),
        (lambda: conditioned_by_range(small(), STATE, low=9), MissingDataError, "No scenario is left"),
        (lambda: conditioned_by_range(small(), STATE.iloc[1:], low=1), AssetMismatchError, "same labels"),
        (lambda: conditioned_by_range(SAMPLE, STATE, low=1), AssetMismatchError, "same labels"),
        (lambda: conditioned_by_kernel(small(), STATE, at=1, bandwidth=0), InputError, "bandwidth"),
        (
            lambda: conditioned_by_kernel(small(), STATE * np.nan, at=1, bandwidth=1),
            MissingDataError,
            "state",
        ),
        (lambda: resampled_paths(SAMPLE, periods=0, paths=5, rng=RNG), InputError, "at least one step"),
        (lambda: resampled_paths(SAMPLE, periods=1, paths=5, rng=7), InputError, "NumPy generator"),
        (lambda: resampled_paths(SAMPLE.over_horizon(5), periods=1, paths=5, rng=RNG), InputError, "overlap"),
        (lambda: block_paths(WEIGHTED, periods=1, paths=5, block_length=5, rng=RNG), InputError, "stretches"),
        (lambda: block_paths(SAMPLE, periods=1, paths=5, block_length=0.5, rng=RNG), InputError, "between 1"),
        (lambda: simulated_t(SAMPLE, count=0, rng=RNG), InputError, "at least one"),
        (lambda: simulated_t(SAMPLE, count=5, rng=None), InputError, "NumPy generator"),
        (lambda: simulated_copula(WEIGHTED, count=5, rng=RNG), InputError, "equal probability"),
        (lambda: simulated_copula(SAMPLE, count=5, rng=RNG, margins="normal"), InputError, "margins"),
        (lambda: simulated_copula(small(), count=5, rng=RNG), MissingDataError, "at least 50"),
    ],
)
def test_what_cannot_be_generated_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
