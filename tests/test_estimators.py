"""Further estimators against their definitions, their formulas and the property that justifies them."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation.mean_variance import minimum_variance
from riskcore.errors import InfeasibleError, InputError, MissingDataError
from riskcore.estimators import (
    COVARIANCE_LABELS,
    COVARIANCES,
    MEAN_LABELS,
    MEANS,
    covariance_matrix,
    denoised_covariance,
    ewma_covariance,
    james_stein_mean,
    mean_returns,
    nearest_psd,
    oas_covariance,
)
from riskcore.moments import sample_covariance, sample_mean
from riskcore.scenarios import Scenarios


def scenarios(rows=200, n=6, seed=0, ordered=True, weighted=False):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_normal((rows, n)) * rng.uniform(0.5, 2, n)
    returns += 0.005 * rng.standard_normal((rows, 1))
    p = np.linspace(1, 3, rows)
    p = p / p.sum() if weighted else np.empty(0)
    return Scenarios(returns, tuple(f"A{i}" for i in range(n)), 252, p, ordered=ordered)


def test_exponential_weights_by_the_definition():
    s = scenarios(rows=50, n=3)
    w = np.array([0.9 ** (49 - t) for t in range(50)])
    w /= w.sum()
    centre = sum(w[t] * s.returns[t] for t in range(50))
    expected = sum(w[t] * np.outer(s.returns[t] - centre, s.returns[t] - centre) for t in range(50))
    np.testing.assert_allclose(ewma_covariance(s, decay=0.9), expected, rtol=1e-12)
    near_one = ewma_covariance(s, decay=1 - 1e-12)
    np.testing.assert_allclose(near_one, sample_covariance(s), rtol=1e-9)


def test_oas_by_the_formula_of_its_authors():
    s = scenarios(rows=40)
    sigma, n, p = sample_covariance(s).to_numpy(), 40, 6
    trace, square = np.trace(sigma), np.trace(sigma @ sigma)
    # Chen et al. (2010), eq. 23, with 2/p neglected as scikit-learn does.
    rho = min(1.0, (square / p**2 + (trace / p) ** 2) / ((n + 1) * (square / p**2 - trace**2 / p**3)))
    expected = (1 - rho) * sigma + rho * trace / p * np.eye(p)
    np.testing.assert_allclose(oas_covariance(s), expected, rtol=1e-10)
    assert minimum_variance(s, covariance=oas_covariance(s)).weights.sum() == pytest.approx(1.0)


def test_james_stein_by_its_formula():
    s = scenarios()
    mean, inverse = sample_mean(s).to_numpy(), np.linalg.inv(sample_covariance(s).to_numpy())
    common = inverse.sum(axis=0) @ mean / inverse.sum()
    k = 3 / (200 * (mean - common) @ inverse @ (mean - common))
    np.testing.assert_allclose(james_stein_mean(s), common + max(0, 1 - k) * (mean - common), rtol=1e-9)


def test_james_stein_is_nearer_to_the_truth_on_average():
    true, sigma = np.linspace(0, 1e-3, 8), 0.01
    ours = plain = 0.0
    rng = np.random.default_rng(1)
    for _ in range(200):
        s = Scenarios(true + sigma * rng.standard_normal((60, 8)), tuple("ABCDEFGH"), 252)
        ours += np.sum((james_stein_mean(s) - true) ** 2)
        plain += np.sum((sample_mean(s) - true) ** 2)
    assert ours < 0.8 * plain


def test_james_stein_scales_and_follows_the_labels():
    s = scenarios()
    order = list(s.assets[::-1])
    pd.testing.assert_series_equal(james_stein_mean(s)[order], james_stein_mean(s.select(order)), rtol=1e-9)
    scaled = Scenarios(s.returns * 1e-8, s.assets, 252)
    np.testing.assert_allclose(james_stein_mean(scaled), 1e-8 * james_stein_mean(s), rtol=1e-9)


def test_the_nearest_matrix_is_semidefinite_and_nearer_than_others():
    names = list("ABC")
    given = pd.DataFrame([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], names, names)
    found = nearest_psd(given)
    assert np.linalg.eigvalsh(found.covariance)[0] >= -1e-12 and found.clipped == 1
    assert found.smallest == pytest.approx(-0.8) and found.largest_variance_change > 0
    change = np.linalg.norm(found.covariance - given)
    assert change == pytest.approx(0.8) and found.distance == pytest.approx(0.8 / np.linalg.norm(given))
    rng = np.random.default_rng(0)
    for _ in range(200):
        root = rng.standard_normal((3, 3))
        assert np.linalg.norm(found.covariance + 0.1 * root @ root.T - given) >= change


def test_what_is_a_covariance_stays_as_it_is():
    table = sample_covariance(scenarios(rows=4))  # singular, with rounding below zero
    found = nearest_psd(table)
    assert found.clipped == 0 and found.distance == 0.0 and found.covariance is table


def test_what_cannot_be_estimated_is_refused():
    with pytest.raises(InputError, match="between 0 and 1"):
        ewma_covariance(scenarios(), decay=1.0)
    for bad in (scenarios(ordered=False), scenarios(weighted=True)):
        with pytest.raises(InputError, match="time-ordered"):
            ewma_covariance(bad)
    for estimate in (oas_covariance, james_stein_mean):
        with pytest.raises(InputError, match="equal probability"):
            estimate(scenarios(weighted=True))
    with pytest.raises(InputError, match="four assets on; there are 3"):
        james_stein_mean(scenarios(n=3))
    with pytest.raises(InfeasibleError, match="singular"):
        james_stein_mean(scenarios(rows=5))
    twice = scenarios()
    twice = Scenarios(np.c_[twice.returns, twice.returns[:, 0]], (*twice.assets, "B"), 252)
    with pytest.raises(InfeasibleError, match="singular"):
        james_stein_mean(twice)


def test_tables_that_are_no_covariance_are_refused():
    with pytest.raises(InputError, match="same assets"):
        nearest_psd(pd.DataFrame(np.eye(2), ["A", "B"], ["A", "C"]))
    with pytest.raises(InputError, match="not symmetric"):
        nearest_psd(pd.DataFrame([[1.0, 0.5], [0.2, 1.0]], ["A", "B"], ["A", "B"]))
    with pytest.raises(MissingDataError, match="missing or infinite"):
        nearest_psd(pd.DataFrame([[1.0, np.nan], [np.nan, 1.0]], ["A", "B"], ["A", "B"]))


def test_denoising_by_its_definition():
    s = scenarios(rows=150, n=6)
    sigma = np.cov(s.returns.T, bias=True)
    d = np.sqrt(np.diag(sigma))
    values, vectors = np.linalg.eig(sigma / d[:, None] / d)
    edge = (1 - values.max() / 6) * (1 + (6 / 150) ** 0.5) ** 2
    noise = [v for v in values if v <= edge]
    assert 1 <= len(noise) < 6
    kept = sum(
        (sum(noise) / len(noise) if v <= edge else v) * np.outer(x, x)
        for v, x in zip(values, vectors.T, strict=True)
    )
    expected = [
        [kept[i, j] / (kept[i, i] * kept[j, j]) ** 0.5 * d[i] * d[j] for j in range(6)] for i in range(6)
    ]
    np.testing.assert_allclose(denoised_covariance(s), expected, rtol=1e-10)


def test_denoising_is_nearer_to_the_truth_where_rows_are_few():
    rng, n = np.random.default_rng(0), 30
    true = np.full((n, n), 0.3) + 0.7 * np.eye(n)
    rows = rng.standard_normal((60, n)) @ np.linalg.cholesky(true).T
    s = Scenarios(0.01 * rows, tuple(f"A{i}" for i in range(n)), 252)
    errors = [
        np.linalg.norm(np.linalg.inv(c(s) * 1e4) - np.linalg.inv(true))
        for c in (denoised_covariance, sample_covariance)
    ]
    assert errors[0] < 0.3 * errors[1]


def test_estimators_have_labels_and_refuse_what_they_cannot_weigh():
    assert set(COVARIANCES) == set(COVARIANCE_LABELS)
    assert set(MEANS) == set(MEAN_LABELS)
    for name in ("denoised", "oas", "ledoit_wolf"):
        with pytest.raises(InputError, match="equal probability"):
            covariance_matrix(scenarios(weighted=True), name)
    constant = Scenarios(np.array([[0.01, 0.0], [-0.01, 0.0], [0.02, 0.0]]), ("SPY", "CASH"), 252)
    with pytest.raises(InfeasibleError, match="constant"):
        denoised_covariance(constant)
    with pytest.raises(InputError, match="sample, james_stein"):
        mean_returns(scenarios(), "median")
