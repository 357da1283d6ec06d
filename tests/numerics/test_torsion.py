"""Minimum-torsion bets against a general optimiser and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from riskcore.errors import NumericalError
from riskcore.numerics.torsion import effective_number_of_bets, minimum_torsion


def correlation_of(seed, n):
    draws = np.random.default_rng(seed).normal(size=(n, 3 * n)) + 0.7 * np.random.default_rng(
        seed + 1
    ).normal(size=3 * n)
    return np.corrcoef(draws)


def root_of(correlation):
    values, vectors = np.linalg.eigh(correlation)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


@pytest.mark.parametrize("seed", range(4))
def test_the_torsion_is_the_optimum_of_its_definition(seed):
    # Bets X z of the standardised assets z: least squared tracking error subject to no correlation.
    C = correlation_of(seed, 3)

    def error(flat):
        off = flat.reshape(3, 3) - np.eye(3)
        return float(np.trace(off @ C @ off.T))

    def correlations(flat):
        cov = flat.reshape(3, 3) @ C @ flat.reshape(3, 3).T
        return cov[np.triu_indices(3, 1)]

    solved = minimize(
        error,
        np.linalg.inv(root_of(C)).ravel(),
        constraints={"type": "eq", "fun": correlations},
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    assert solved.success
    pi = minimum_torsion(C)
    ours = pi @ np.linalg.inv(root_of(C))
    assert error(ours.ravel()) == pytest.approx(solved.fun, rel=1e-6)
    assert ours == pytest.approx(solved.x.reshape(3, 3), abs=1e-3)


@given(st.integers(0, 10**6), st.integers(2, 7))
def test_bets_are_uncorrelated(seed, n):
    pi = minimum_torsion(correlation_of(seed, n))
    cov = pi @ pi.T
    assert np.abs(cov - np.diag(np.diag(cov))).max() < 1e-12


@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.3, 0.99])
@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.9, 0.1), (1.0, -0.4)])
def test_two_assets_have_a_closed_form(rho, weights):
    # By symmetry both bets keep the same size, so the amounts are those of the matrix root.
    vol = np.array([0.1, 0.3])
    x, y = vol * weights
    a, b = (math.sqrt(1 + rho) + math.sqrt(1 - rho)) / 2, (math.sqrt(1 + rho) - math.sqrt(1 - rho)) / 2
    p = (a * x + b * y) ** 2 / ((a * x + b * y) ** 2 + (b * x + a * y) ** 2)
    expected = math.exp(-sum(q * math.log(q) for q in (p, 1 - p) if q > 0))
    cov = np.outer(vol, vol) * np.array([[1, rho], [rho, 1]])
    assert effective_number_of_bets(np.array(weights), cov) == pytest.approx(expected, rel=1e-9)


def test_uncorrelated_assets_count_by_their_variance_shares():
    cov = np.diag([1.0, 1.0, 1.0, 1.0])
    assert effective_number_of_bets(np.full(4, 0.25), cov) == pytest.approx(4)
    assert effective_number_of_bets(np.array([1.0, 0, 0, 0]), cov) == pytest.approx(1)


@given(st.integers(0, 10**6), st.integers(2, 6), st.sampled_from([1e-8, 1.0, 1e8]))
def test_scale_and_order_change_nothing(seed, n, scale):
    draw = np.random.default_rng(seed)
    C, w, vol = correlation_of(seed, n), draw.normal(size=n), draw.uniform(0.1, 2, n)
    cov = np.outer(vol, vol) * C
    bets = effective_number_of_bets(w, cov)
    order = draw.permutation(n)
    assert 1 - 1e-12 <= bets <= n + 1e-9
    assert effective_number_of_bets(w * 3, cov * scale) == pytest.approx(bets, rel=1e-8)
    assert effective_number_of_bets(w[order], cov[np.ix_(order, order)]) == pytest.approx(bets, rel=1e-8)


def test_a_combination_of_other_assets_is_refused():
    with pytest.raises(NumericalError, match="combination of the others"):
        minimum_torsion(np.ones((2, 2)))


def test_a_portfolio_without_variance_is_refused():
    with pytest.raises(NumericalError, match="no variance"):
        effective_number_of_bets(np.zeros(2), np.eye(2))
