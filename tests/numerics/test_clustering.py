"""Hierarchical risk parity against a plain implementation of the paper, written from its text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InfeasibleError, InputError, MissingDataError
from riskcore.numerics.clustering import bisect_risk, leaf_order, solve_hierarchical


def one_factor(n, seed=0, rows=300):
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((rows, n)) * rng.uniform(0.3, 3.0, n) + rng.standard_normal((rows, 1))
    return np.cov(returns.T).reshape(n, n)


def tree_of_the_paper(covariance):
    """Leaves by merging the two nearest clusters, distance of clusters = that of their nearest members."""
    n, sigma = len(covariance), np.sqrt(np.diag(covariance))
    near = np.sqrt(np.maximum(0.0, 0.5 * (1 - covariance / np.outer(sigma, sigma))))
    np.fill_diagonal(near, 0.0)
    apart = np.array([[np.sqrt(((near[:, i] - near[:, j]) ** 2).sum()) for j in range(n)] for i in range(n)])
    clusters = {i: [i] for i in range(n)}
    number = n
    while len(clusters) > 1:
        pairs = [(a, b) for a in clusters for b in clusters if a < b]
        a, b = min(pairs, key=lambda p: min(apart[i, j] for i in clusters[p[0]] for j in clusters[p[1]]))
        clusters[number] = clusters.pop(a) + clusters.pop(b)
        number += 1
    return next(iter(clusters.values()))


def bisection_of_the_paper(covariance, order):
    weights = np.ones(len(covariance))

    def variance(items):
        block = covariance[np.ix_(items, items)]
        inside = 1.0 / np.diag(block)
        inside = inside / inside.sum()
        return inside @ block @ inside

    def split(items):
        if len(items) > 1:
            left, right = items[: len(items) // 2], items[len(items) // 2 :]
            one, two = variance(left), variance(right)
            weights[left] *= two / (one + two)  # α = 1 − one / (one + two)
            weights[right] *= one / (one + two)
            split(left)
            split(right)

    split(list(order))
    return weights


@pytest.mark.parametrize("n", [2, 3, 5, 8, 13, 20, 31])
def test_agrees_with_the_paper(n):
    covariance = one_factor(n, seed=n)
    found = solve_hierarchical(covariance)
    expected = bisection_of_the_paper(covariance, found.order)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)
    # Which of two merged clusters comes first is a convention that the paper leaves to the library. The tree
    # is the same if every cluster met on the way is one that the paper's tree has: compare merge distances.
    assert sorted(found.order) == list(range(n))
    np.testing.assert_allclose(np.sort(found.links[:, 2]), merge_distances(covariance), rtol=1e-9)


def merge_distances(covariance):
    """Single linkage merges at the edges of the minimum spanning tree (Kruskal)."""
    n, sigma = len(covariance), np.sqrt(np.diag(covariance))
    near = np.sqrt(np.maximum(0.0, 0.5 * (1 - covariance / np.outer(sigma, sigma))))
    np.fill_diagonal(near, 0.0)
    apart = np.sqrt(((near[:, :, None] - near[:, None, :]) ** 2).sum(axis=0))
    parent, used = list(range(n)), []

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    pairs = [(apart[i, j], i, j) for i in range(n) for j in range(i)]
    for d, i, j in sorted(pairs):
        if root(i) != root(j):
            parent[root(i)] = root(j)
            used.append(d)
    return np.array(used)


@pytest.mark.parametrize("n", [4, 9, 16])
def test_neighbours_along_the_leaves_are_clusters_of_the_plain_tree(n):
    covariance = one_factor(n, seed=3 * n)
    ours, plain = list(solve_hierarchical(covariance).order), tree_of_the_paper(covariance)
    # The pair merged first stands side by side in both.
    links = solve_hierarchical(covariance).links
    pair = {int(links[0, 0]), int(links[0, 1])}
    for order in (list(map(int, ours)), plain):
        places = sorted(order.index(i) for i in pair)
        assert places[1] - places[0] == 1


def test_the_leaves_of_separate_blocks_stay_together():
    block = np.full((3, 3), 0.8) + 0.2 * np.eye(3)
    correlation = np.kron(np.eye(2), block)[np.ix_([0, 3, 1, 4, 2, 5], [0, 3, 1, 4, 2, 5])]
    order = leaf_order(correlation)[0]
    assert {frozenset(int(i) % 2 for i in half) for half in (order[:3], order[3:])} == {
        frozenset({0}),
        frozenset({1}),
    }


def test_uncorrelated_assets_get_inverse_variance_weights():
    variance = np.array([1.0, 4.0, 2.0, 0.5, 8.0])
    inverse = 1 / variance
    np.testing.assert_allclose(bisect_risk(np.diag(variance))[0], inverse / inverse.sum(), rtol=1e-13)


def test_four_assets_by_hand():
    # Two pairs with correlation ½ inside and 0 between, variances 1 and 4: a pair has variance
    # (1 + 1 + 2·½)/4 = ¾ and 4·¾ = 3, so the pairs get 3/(¾ + 3) = 0.8 and 0.2, halved inside.
    pair = np.array([[1.0, 0.5], [0.5, 1.0]])
    covariance = np.kron(np.diag([1.0, 4.0]), pair)
    np.testing.assert_allclose(solve_hierarchical(covariance).weights, [0.4, 0.4, 0.1, 0.1], rtol=1e-13)


def test_assets_of_very_different_size_keep_their_digits():
    covariance = one_factor(40, seed=7)
    scale = 10.0 ** np.linspace(-8, 8, 40)
    wide = covariance * np.outer(scale, scale)
    found = solve_hierarchical(wide)
    np.testing.assert_allclose(found.weights, bisection_of_the_paper(wide, found.order), rtol=1e-10)


@given(st.integers(2, 25), st.integers(0, 10_000), st.integers(-8, 8))
def test_order_and_scale_change_nothing(n, seed, power):
    covariance = one_factor(n, seed=seed)
    one = solve_hierarchical(covariance)
    scaled = solve_hierarchical(covariance * 100.0**power)
    np.testing.assert_allclose(scaled.weights, one.weights, rtol=1e-9)
    # Under a permutation the tree is the same; SciPy may turn a branch, which the halves follow. The weights
    # of the leaves in order are those of the plain rule either way.
    order = np.random.default_rng(seed).permutation(n)
    moved = covariance[np.ix_(order, order)]
    other = solve_hierarchical(moved)
    np.testing.assert_allclose(np.sort(other.links[:, 2]), np.sort(one.links[:, 2]), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.weights, bisection_of_the_paper(moved, other.order), rtol=1e-9)


def test_duplicates_and_more_assets_than_rows():
    covariance = one_factor(30, rows=10)
    twice = covariance[np.ix_([*range(30), 0, 1], [*range(30), 0, 1])]
    found = solve_hierarchical(twice)
    assert found.weights.sum() == pytest.approx(1.0) and (found.weights > 0).all()
    places = {int(i): k for k, i in enumerate(found.order)}
    assert abs(places[0] - places[30]) == 1 and abs(places[1] - places[31]) == 1
    assert found.links[:2, 2].tolist() == [0.0, 0.0]


def test_one_asset():
    assert solve_hierarchical(np.array([[4.0]])).weights.tolist() == [1.0]


def test_what_cannot_be_clustered_is_refused():
    with pytest.raises(InfeasibleError, match="without volatility") as caught:
        solve_hierarchical(np.diag([1.0, 0.0, 2.0]))
    assert caught.value.details["assets"] == [1]
    with pytest.raises(InputError, match="as many rows as columns"):
        solve_hierarchical(np.ones((2, 3)))
    with pytest.raises(MissingDataError, match="missing or infinite"):
        solve_hierarchical(np.array([[1.0, np.nan], [np.nan, 1.0]]))
    hedge = np.array([[1.0, -1.0], [-1.0, 1.0]])
    with pytest.raises(InfeasibleError, match="perfect hedge"):
        bisect_risk(np.kron(np.eye(2), hedge))
