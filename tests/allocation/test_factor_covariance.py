"""Allocators on the covariance of a factor model: by name and as a table, and the model coded anew."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation import ALLOCATORS, Constraints, allocate
from riskcore.allocation.covariances import COVARIANCE_LABELS, COVARIANCES, covariance_matrix
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError, MissingDataError
from riskcore.scenarios import Scenarios

TAKING = [key for key, one in ALLOCATORS.items() if "covariance" in one.takes]


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets), "2018-01-01")


def by_hand(s):
    """B F B' + D from correlations taken apart with numpy, components above the noise line."""
    r = s.returns
    scale = r.std(axis=0)
    values, vectors = np.linalg.eigh(np.corrcoef(r.T))
    kept = vectors[:, values > (1 + np.sqrt(r.shape[1] / r.shape[0])) ** 2] / scale[:, None]
    f = r @ kept
    design = np.column_stack([np.ones(len(f)), f])
    fitted = np.linalg.lstsq(design, r, rcond=None)[0]
    b, rest = fitted[1:].T, r - design @ fitted
    return b @ np.atleast_2d(np.cov(f.T, bias=True)) @ b.T + np.diag(rest.var(axis=0))


def test_the_factor_covariance_is_that_of_the_model_coded_anew(sample):
    found = covariance_matrix(sample, "factor")
    expected = by_hand(sample)
    assert np.abs(found.to_numpy() - expected).max() < 1e-10 * expected.max()
    apart = np.abs(found - covariance_matrix(sample, "sample")).to_numpy()
    assert apart.max() > 1e-3 * expected.max()  # it is another estimate than the sample's


@pytest.mark.parametrize("key", TAKING)
def test_the_name_and_the_table_give_the_same_weights(sample, key):
    table = covariance_matrix(sample, "factor")
    shuffled = table.iloc[::-1, ::-1]
    named, given = (
        allocate(key, sample, confidence=0.95, covariance=covariance) for covariance in ("factor", shuffled)
    )
    pd.testing.assert_series_equal(named.weights, given.weights, rtol=0, atol=1e-12)
    assert "factor model covariance" in named.solved or key == "hierarchical_risk_parity"
    assert named.measure != "volatility"
    plain = allocate(key, sample, confidence=0.95)
    if key != "inverse_volatility":  # the model keeps the variances
        assert np.abs(plain.weights - named.weights).max() > 1e-5


def test_constraints_take_it_as_well(sample):
    held = Constraints(upper=dict.fromkeys(sample.assets, 0.4))
    table = covariance_matrix(sample, "factor")
    named, given = (
        allocate("minimum_variance", sample, covariance=c, constraints=held) for c in ("factor", table)
    )
    pd.testing.assert_series_equal(named.weights, given.weights, rtol=0, atol=1e-9)
    assert named.weights.max() <= 0.4 + 1e-9


def test_what_cannot_be_used_is_refused(sample):
    assert set(COVARIANCES) == set(COVARIANCE_LABELS)
    with pytest.raises(InputError, match=r"choose one of .*factor"):
        allocate("minimum_variance", sample, covariance="factors")
    with pytest.raises(InputError, match="at least two assets"):
        allocate("minimum_variance", sample.select(("SPY",)), covariance="factor")
    rising = np.linspace(1.0, 2.0, sample.count)
    weighted = sample.with_probabilities(rising / rising.sum())
    with pytest.raises(InputError, match="equal probability"):
        allocate("minimum_variance", weighted, covariance="factor")
    table = covariance_matrix(sample, "factor")
    for key in ("inverse_volatility", "equal_risk_contribution"):
        with pytest.raises(AssetMismatchError, match="covariance"):
            allocate(key, sample, covariance=table.drop(index="SPY"))
        flat = table.copy()
        flat.loc["SPY"], flat["SPY"] = 0.0, 0.0
        with pytest.raises(InfeasibleError, match="SPY no volatility"):
            allocate(key, sample, covariance=flat)
        with pytest.raises(InputError, match="not symmetric"):
            allocate(key, sample, covariance=table + np.triu(np.ones(table.shape)))


def test_too_few_rows_for_the_factors_are_refused():
    few = Scenarios(np.random.default_rng(0).normal(0, 0.01, (2, 3)), ("A", "B", "C"), 252)
    with pytest.raises(MissingDataError, match="at least 3 rows"):
        allocate("minimum_variance", few, covariance="factor")
