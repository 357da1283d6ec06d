"""Weighted moments against their definition, and the estimators on labelled scenarios."""

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import LedoitWolf

from riskcore.errors import InputError
from riskcore.estimators import covariance_matrix
from riskcore.moments import ledoit_wolf_covariance, sample_covariance, sample_mean
from riskcore.numerics.moments import weighted_covariance, weighted_mean
from riskcore.scenarios import Scenarios


def scenarios(seed=0, rows=60, probabilities=None):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0005, 0.01, (rows, 3))
    given = np.empty(0) if probabilities is None else probabilities
    return Scenarios(returns, ("SPY", "BND", "GLD"), 252, given)


def test_moments_are_the_weighted_sums():
    rng = np.random.default_rng(1)
    returns, p = rng.normal(size=(7, 2)), rng.dirichlet(np.ones(7))
    mean = sum(p[s] * returns[s] for s in range(7))
    spread = sum(p[s] * np.outer(returns[s] - mean, returns[s] - mean) for s in range(7))
    np.testing.assert_allclose(weighted_mean(returns, p), mean, rtol=1e-13)
    np.testing.assert_allclose(weighted_covariance(returns, p), spread, rtol=1e-12)


def test_splitting_a_scenario_changes_nothing():
    rng = np.random.default_rng(2)
    returns, p = rng.normal(size=(9, 3)), rng.dirichlet(np.ones(9))
    split = np.r_[p[:-1], 0.3 * p[-1], 0.7 * p[-1]]
    np.testing.assert_allclose(
        weighted_covariance(np.r_[returns, returns[-1:]], split), weighted_covariance(returns, p), rtol=1e-12
    )


def test_a_far_mean_costs_no_digits():
    rng = np.random.default_rng(3)
    returns, p = rng.normal(size=(50, 2)), np.full(50, 0.02)
    np.testing.assert_allclose(
        weighted_covariance(returns + 1e6, p), weighted_covariance(returns, p), rtol=1e-8
    )


def test_labelled_moments_follow_the_assets():
    s = scenarios()
    assert list(sample_mean(s).index) == ["SPY", "BND", "GLD"]
    frame = pd.DataFrame(s.returns, columns=list(s.assets))
    pd.testing.assert_frame_equal(sample_covariance(s), frame.cov(ddof=0), rtol=1e-10)
    pd.testing.assert_frame_equal(covariance_matrix(s, "sample"), sample_covariance(s))


def test_ledoit_wolf_is_the_published_estimator():
    s = scenarios()
    np.testing.assert_allclose(ledoit_wolf_covariance(s), LedoitWolf().fit(s.returns).covariance_, rtol=1e-12)
    sample, shrunk = sample_covariance(s).to_numpy(), ledoit_wolf_covariance(s).to_numpy()
    off, target = sample[0, 1], np.trace(sample) / 3
    delta = 1 - shrunk[0, 1] / off
    np.testing.assert_allclose(shrunk, (1 - delta) * sample + delta * target * np.eye(3), rtol=1e-9)


def test_ledoit_wolf_refuses_weighted_scenarios():
    p = np.linspace(1, 2, 60)
    with pytest.raises(InputError, match="equal probability"):
        ledoit_wolf_covariance(scenarios(probabilities=p / p.sum()))


def test_an_unknown_estimator_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="sample, ewma, ledoit_wolf, oas, denoised"):
        covariance_matrix(scenarios(), "shrunk")
