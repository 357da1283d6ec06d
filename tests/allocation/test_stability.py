"""Block bootstrap of allocators' weights, against weights solved one resample at a time."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation import maximum_sharpe, minimum_variance
from riskcore.allocation.stability import LADDER, SHRUNK, shrunk_maximum_sharpe, weight_stability
from riskcore.data.sample import load_sample
from riskcore.errors import InputError
from riskcore.estimators import james_stein_mean
from riskcore.numerics.bootstrap import membership_counts
from riskcore.scenarios import Scenarios


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def noise():
    rows = np.random.default_rng(0).normal(0.0005, [0.01, 0.02, 0.015, 0.005], (400, 4))
    return Scenarios(rows, ("A", "B", "C", "D"), 252, ordered=True)


def test_ranges_and_moves_are_those_of_weights_solved_one_by_one(noise):
    found = weight_stability(noise, ["minimum_variance"], rng=rng(), resamples=30, block_length=5)
    counts = np.concatenate(list(membership_counts(400, block_length=5, resamples=30, rng=rng())))
    # The same moments by weights instead of by repeated rows.
    solved = np.array(
        [minimum_variance(noise.with_probabilities(c / 400)).weights.to_numpy() for c in counts]
    )
    base = minimum_variance(noise).weights.to_numpy()
    assert np.allclose(found.weights["minimum_variance"], base)
    assert np.allclose(found.lower["minimum_variance"], np.quantile(solved, 0.05, axis=0), atol=1e-9)
    assert np.allclose(found.upper["minimum_variance"], np.quantile(solved, 0.95, axis=0), atol=1e-9)
    assert np.isclose(found.moved["minimum_variance"], np.abs(solved - base).sum(1).mean() / 2, atol=1e-9)


def test_the_ladder_holds_on_the_sample():
    prices = load_sample("global")
    sample = prices.scenarios(list(prices.default_assets))
    found = weight_stability(sample, LADDER, rng=rng(), resamples=40)
    moved = [found.moved[m] for m in LADDER]
    assert moved[0] == 0
    assert moved == sorted(moved)
    assert moved[2] > 3 * moved[1]


def test_the_shrunk_rung_uses_shrunk_means(noise):
    wanted = maximum_sharpe(noise, mean=james_stein_mean(noise), covariance="ledoit_wolf").weights
    assert np.allclose(shrunk_maximum_sharpe(noise), wanted)


def test_the_same_seed_gives_the_same_ranges_and_another_others(noise):
    one, two, other = (
        weight_stability(noise, ["maximum_sharpe"], rng=rng(s), resamples=20).lower for s in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, two)
    assert not np.allclose(one, other)


def test_who_has_no_answer_is_named_and_the_others_stay():
    rows = np.random.default_rng(0).normal(-0.01, 0.001, (100, 3))
    found = weight_stability(
        Scenarios(rows, ("A", "B", "C"), 252, ordered=True),
        ["equal_weight", "maximum_sharpe", SHRUNK],
        rng=rng(),
        resamples=20,
    )
    assert "risk-free rate" in found.refused["maximum_sharpe"]
    assert "four assets" in found.refused[SHRUNK]
    assert list(found.weights.columns) == ["equal_weight"]


def test_resamples_without_an_answer_are_counted():
    rows = np.random.default_rng(3).normal(0.0001, 0.01, (200, 2))
    found = weight_stability(
        Scenarios(rows, ("A", "B"), 252, ordered=True), ["maximum_sharpe"], rng=rng(), resamples=60
    )
    assert 0 < found.failures["maximum_sharpe"] < 60
    assert np.isfinite(found.moved["maximum_sharpe"])


def test_blocks_are_at_least_as_long_as_the_overlap(noise):
    found = weight_stability(noise.over_horizon(21), ["equal_weight"], rng=rng(), resamples=20)
    assert found.block_length >= 21


def test_progress_ends_at_one(noise):
    told = []
    weight_stability(noise, ["equal_weight"], rng=rng(), resamples=25, progress=told.append)
    assert len(told) == 25
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": ["magic"]}, "Name each allocator once"),
        ({"methods": []}, "Name each allocator once"),
        ({"methods": ["equal_weight", "equal_weight"]}, "Name each allocator once"),
        ({"resamples": 5}, "at least 20 resamples"),
        ({"level": 1.0}, "between 0.5 and 1"),
        ({"block_length": 0.5}, "block length"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(noise, changes, said):
    settings = {"methods": ["equal_weight"], "rng": rng()} | changes
    with pytest.raises(InputError, match=said):
        weight_stability(noise, settings.pop("methods"), **settings)


def test_weighted_and_unordered_scenarios_are_refused(noise):
    weighted = noise.with_probabilities(np.arange(400) / np.arange(400).sum())
    for one in (weighted, Scenarios(noise.returns, noise.assets, 252)):
        with pytest.raises(InputError, match="time-ordered scenarios of equal probability"):
            weight_stability(one, ["equal_weight"], rng=rng())
