"""Regression: certified values, and errors coded a second time from their definitions."""

import tracemalloc

import numpy as np
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.regression import collinear_columns, default_lags, newey_west, regress

# Longley (1967), J. Am. Stat. Assoc. 62; certified values of NIST's Statistical Reference Datasets.
LONGLEY = np.array(
    [
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
        [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
        [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
        [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
        [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
        [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
        [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
        [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
        [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
)
SLOPES = [
    15.0618722713733,
    -0.0358191792925910,
    -2.02022980381683,
    -1.03322686717359,
    -0.0511041056535807,
    1829.15146461355,
]
ERRORS = [
    84.9149257747669,
    0.0334910077722432,
    0.488399681651699,
    0.214274163161675,
    0.226073200069370,
    455.478499142212,
]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(3)
    x = rng.standard_t(5, (300, 3)) * [0.01, 0.002, 0.05] + [0.001, 0.0, -0.002]
    y = x @ rng.normal(0.5, 1.0, (3, 4)) + 0.004 * rng.standard_normal((300, 4)) * (1 + 30 * np.abs(x[:, :1]))
    return x, y


def test_longley_gives_the_certified_values():
    found = regress(LONGLEY[:, 1:], LONGLEY[:, :1])
    np.testing.assert_allclose(found.slopes[:, 0], SLOPES, rtol=1e-10)
    np.testing.assert_allclose(found.slope_errors[:, 0], ERRORS, rtol=1e-10)
    np.testing.assert_allclose(found.intercepts, -3482258.63459582, rtol=1e-10)
    np.testing.assert_allclose(found.intercept_errors, 890420.383607373, rtol=1e-10)
    np.testing.assert_allclose(found.r_squared, 0.995479004577296, rtol=1e-12)
    assert found.freedom == pytest.approx(9.0, rel=1e-12)


def test_slopes_and_classic_errors_are_those_of_the_normal_equations(sample):
    x, y = sample
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.inv(design.T @ design)
    found = regress(x, y)
    for column in range(y.shape[1]):
        beta, squares, _, _ = np.linalg.lstsq(design, y[:, column], rcond=None)
        errors = np.sqrt(np.diag(inverse) * squares[0] / (len(x) - 4))
        np.testing.assert_allclose(found.slopes[:, column], beta[1:], rtol=1e-10)
        np.testing.assert_allclose(found.intercepts[column], beta[0], rtol=1e-9)
        np.testing.assert_allclose(found.slope_errors[:, column], errors[1:], rtol=1e-10)
        np.testing.assert_allclose(found.intercept_errors[column], errors[0], rtol=1e-10)
        np.testing.assert_allclose(found.residuals[:, column], y[:, column] - design @ beta, atol=1e-15)


@pytest.mark.parametrize("lags", [0, 1, 7])
def test_newey_west_is_the_double_sum_of_its_definition(sample, lags):
    x, y = sample
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.inv(design.T @ design)
    found = regress(x, y, lags=lags)
    rows = np.arange(len(x))
    kernel = np.maximum(0.0, 1.0 - np.abs(rows[:, None] - rows) / (lags + 1.0))
    for column in range(y.shape[1]):
        error = y[:, column] - design @ np.linalg.lstsq(design, y[:, column], rcond=None)[0]
        scores = design * error[:, None]
        spread = inverse @ (scores.T @ kernel @ scores) @ inverse
        np.testing.assert_allclose(found.slope_errors[:, column], np.sqrt(np.diag(spread))[1:], rtol=1e-10)
        np.testing.assert_allclose(found.intercept_errors[column], np.sqrt(spread[0, 0]), rtol=1e-9)


def test_newey_west_by_hand():
    # Γ0 = 1 + 4 + 1 = 6, Γ1 = 2·1 + (−1)·2 = 0; with two lags Γ2 = −1 at weight 1/3.
    scores = np.array([[1.0], [2.0], [-1.0]])
    assert newey_west(scores, 1)[0, 0] == pytest.approx(6.0)
    assert newey_west(scores, 2)[0, 0] == pytest.approx(6.0 - 2.0 / 3.0)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 5.0])
def test_ridge_solves_its_own_normal_equations(sample, penalty):
    x, y = sample
    centred, target = x - x.mean(axis=0), y - y.mean(axis=0)
    gram = centred.T @ centred
    ridge = gram + penalty * len(x) * np.diag(x.var(axis=0))
    beta = np.linalg.solve(ridge, centred.T @ target)
    freedom = len(x) - 1 - np.trace(np.linalg.solve(ridge, gram))
    residuals = target - centred @ beta
    spread = np.linalg.inv(ridge) @ gram @ np.linalg.inv(ridge)
    errors = np.sqrt(np.outer(np.diag(spread), (residuals**2).sum(axis=0) / freedom))
    found = regress(x, y, penalty=penalty)
    np.testing.assert_allclose(found.slopes, beta, rtol=1e-10)
    np.testing.assert_allclose(found.slope_errors, errors, rtol=1e-10)
    assert found.freedom == pytest.approx(freedom, rel=1e-12)


def test_a_penalty_of_one_halves_a_single_slope(sample):
    x, y = sample
    plain, halved = (regress(x[:, :1], y, penalty=p).slopes for p in (0.0, 1.0))
    np.testing.assert_allclose(halved, plain / 2, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
@pytest.mark.parametrize("lags", [None, 4])
def test_units_and_order_change_nothing_but_themselves(sample, scale, lags):
    x, y = sample
    one = regress(x, y, lags=lags, penalty=0.1)
    order = [2, 0, 1]
    other = regress(x[:, order] * scale, y[:, ::-1], lags=lags, penalty=0.1)
    for name in ("slopes", "slope_errors"):
        np.testing.assert_allclose(
            getattr(other, name) * scale, getattr(one, name)[order][:, ::-1], rtol=1e-9
        )
    np.testing.assert_allclose(other.r_squared, one.r_squared[::-1], rtol=1e-12)


def test_a_column_made_of_regressors_leaves_nothing_and_a_constant_one_has_no_r_squared(sample):
    x, _ = sample
    found = regress(x, np.column_stack([x[:, 1], 2 * x[:, 0] - x[:, 2], np.full(len(x), 0.01)]))
    assert (found.residuals == 0.0).all()
    assert (found.slope_errors == 0.0).all()
    np.testing.assert_allclose(found.slopes[:, 1], [2, 0, -1], atol=1e-12)
    np.testing.assert_allclose(found.r_squared[:2], 1.0, rtol=1e-15)
    assert np.isnan(found.r_squared[2])


def test_errors_cover_the_truth_as_often_as_they_say():
    # AR(1) factor and errors, ρ = 0.8: classic 95 % intervals are far too narrow, Newey–West's, which are
    # known to fall a little short, nearly right. 150 draws leave a standard error of 0.03.
    rng = np.random.default_rng(11)
    count, inside = 400, {None: 0, 20: 0}
    for _ in range(150):
        shocks = rng.standard_normal((count + 50, 2))
        series = np.empty_like(shocks)
        series[0] = shocks[0]
        for t in range(1, len(shocks)):
            series[t] = 0.8 * series[t - 1] + shocks[t]
        x, e = series[50:, :1], series[50:, 1]
        for lags in inside:
            found = regress(x, (1.5 * x[:, 0] + e)[:, None], lags=lags)
            inside[lags] += abs(found.slopes[0, 0] - 1.5) < 1.96 * found.slope_errors[0, 0]
    assert inside[None] / 150 < 0.75
    assert inside[20] / 150 > 0.82


def test_the_default_lags_are_the_rule_and_cover_the_overlap():
    assert [default_lags(n) for n in (100, 1000, 4647)] == [4, 6, 9]
    assert default_lags(1000, 10) == 20
    assert default_lags(15, 10) == 14


@pytest.mark.parametrize(
    ("x", "bad"),
    [
        ([[1.0, 2.0], [2.0, 2.0], [4.0, 2.0], [0.0, 2.0]], (1,)),
        ([[1.0, 3.0, 0.0], [2.0, 5.0, 1.0], [4.0, 9.0, 5.0], [0.0, 1.0, 2.0]], (0, 1)),
        ([[1.0, 0.0, 1.0], [2.0, 1.0, 3.0], [4.0, 5.0, 9.0], [0.0, 2.0, 2.0], [1.0, 1.0, 2.0]], (0, 1, 2)),
        ([[1.0, 0.0], [2.0, 1.0], [4.0, 5.0]], ()),
    ],
    ids=["constant", "a line of another", "a sum of two", "fine"],
)
def test_collinear_columns_are_named(x, bad):
    assert collinear_columns(np.array(x)) == bad
    assert collinear_columns(np.array(x) * 1e-6) == bad


def test_what_a_regression_refuses(sample):
    x, y = sample
    with pytest.raises(MissingDataError, match="at least 5 rows; there are 4"):
        regress(x[:4], y[:4])
    with pytest.raises(InputError, match="at least 0"):
        regress(x, y, penalty=-1.0)
    with pytest.raises(InputError, match="at least 0"):
        regress(x, y, penalty=float("nan"))
    with pytest.raises(InputError, match="Lags lie between 0 and 299"):
        regress(x, y, lags=300)
    with pytest.raises(InputError, match="collinear"):
        regress(np.column_stack([x, x[:, 0] + x[:, 1]]), y)


def test_collinear_columns_are_found_among_many_rows_without_a_matrix_of_rows_by_rows():
    draws = np.random.default_rng(5).normal(size=(5_000, 3))
    x = np.column_stack([draws, draws[:, 0] - draws[:, 2]])
    tracemalloc.start()
    assert collinear_columns(x) == (0, 2, 3)
    assert collinear_columns(draws) == ()
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
