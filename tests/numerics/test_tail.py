"""The kernels behind the measures: hand cases, closed forms, separately written definitions, refusals."""

import math
from decimal import Decimal

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from riskcore.errors import (
    ConfidenceError,
    InputError,
    MissingDataError,
    NumericalError,
    ProbabilityError,
)
from riskcore.numerics.deviations import mean_deviation_weights, semideviation_weights, volatility_weights
from riskcore.numerics.drawdown_path import (
    conditional_drawdown_weights,
    maximum_drawdown_weights,
    path_drawdowns,
)
from riskcore.numerics.entropic import entropic_weights
from riskcore.numerics.spectral import rank_weights, smoothed_quantile_weights, spectral_weights
from riskcore.numerics.tail import (
    check_confidence,
    quantile_weights,
    tail_weights,
    value_at_risk,
    values_at_risk,
    worst_weights,
)
from riskcore.numerics.tail_variants import floor_tail_weights, linear_quantile_weights, tail_mean_weights

LEVELLED = [
    tail_weights,
    quantile_weights,
    entropic_weights,
    spectral_weights,
    smoothed_quantile_weights,
    linear_quantile_weights,
    tail_mean_weights,
    floor_tail_weights,
    conditional_drawdown_weights,
]
FREE = [
    volatility_weights,
    semideviation_weights,
    mean_deviation_weights,
    worst_weights,
    maximum_drawdown_weights,
]


def equal(count):
    return np.full(count, 1.0 / count)


def weighted_case(seed, count=40):
    rng = np.random.default_rng(seed)
    p = rng.exponential(size=count) * (rng.random(count) > 0.2)
    return np.round(rng.standard_t(3, count), 1), p / p.sum()


# Confidence


@pytest.mark.parametrize("value", [0.95, 0.500001, 0.9999, np.float64(0.99)])
def test_a_level_between_a_half_and_one_is_taken_as_it_is(value):
    assert check_confidence(value) == float(value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (95, 0.95),
        (0.05, 0.95),
        (5, 0.95),
        (97.5, 0.975),
        (0.01, 0.99),
        (99.9, 0.999),
        (np.float64(2.5), 0.975),
    ],
)
def test_a_level_on_another_scale_is_refused_with_what_was_meant(value, meant):
    with pytest.raises(ConfidenceError, match=rf"did you mean {meant}\?") as caught:
        check_confidence(value)
    assert caught.value.details["meant"] == pytest.approx(meant)


@pytest.mark.parametrize(
    "value",
    [
        0,
        0.5,
        1,
        1.0,
        -0.95,
        50,
        100,
        195,
        math.nan,
        math.inf,
        True,
        np.True_,
        "0.95",
        None,
        Decimal("0.95"),
        1j,
    ],
)
def test_what_is_no_level_is_refused_without_a_guess(value):
    with pytest.raises(ConfidenceError) as caught:
        check_confidence(value)
    assert "did you mean" not in str(caught.value)
    assert "0.95" in str(caught.value)


@pytest.mark.parametrize("weigh", LEVELLED)
@pytest.mark.parametrize("level", [95, 0.05, True, math.nan])
def test_every_levelled_kernel_refuses_a_wrong_level(weigh, level):
    with pytest.raises(ConfidenceError):
        weigh(np.arange(10.0), equal(10), level)


# Inputs


@pytest.mark.parametrize("weigh", [*[lambda x, p, f=f: f(x, p, 0.9) for f in LEVELLED], *FREE])
class TestRefusals:
    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_a_missing_loss_names_its_row(self, weigh, bad):
        losses = np.arange(20.0)
        losses[7] = bad
        with pytest.raises(MissingDataError, match="row 7"):
            weigh(losses, equal(20))

    @pytest.mark.parametrize(
        "p", [np.full(20, 0.1), np.full(20, math.nan), np.r_[-0.05, 0.15, equal(18) * 0.9]]
    )
    def test_probabilities_that_are_none(self, weigh, p):
        with pytest.raises(ProbabilityError):
            weigh(np.arange(20.0), p)

    def test_lengths_that_differ(self, weigh):
        with pytest.raises(InputError, match="do not match"):
            weigh(np.arange(20.0), equal(19))

    def test_nothing_at_all(self, weigh):
        with pytest.raises(InputError):
            weigh(np.empty(0), np.empty(0))


@pytest.mark.parametrize(
    "weigh", [linear_quantile_weights, tail_mean_weights, floor_tail_weights, conditional_drawdown_weights]
)
def test_conventions_for_equal_scenarios_refuse_weighted_ones(weigh):
    with pytest.raises(InputError, match="equally likely"):
        weigh(np.arange(4.0), np.array([0.1, 0.2, 0.3, 0.4]), 0.9)


def test_the_floor_variant_needs_one_whole_tail_scenario():
    with pytest.raises(MissingDataError, match="19 scenarios hold no whole tail scenario"):
        floor_tail_weights(np.arange(19.0), equal(19), 0.95)
    assert floor_tail_weights(np.arange(20.0), equal(20), 0.95) @ np.arange(20.0) == 19.0


def test_one_vector_functions_refuse_a_table():
    table = np.ones((4, 2))
    for call in (value_at_risk, entropic_weights, linear_quantile_weights, conditional_drawdown_weights):
        with pytest.raises(InputError):
            call(table, equal(4), 0.9)


# Quantile and tail


def test_the_three_conventions_on_losses_1_to_50():
    losses = np.random.default_rng(0).permutation(np.arange(1.0, 51.0))
    found = [
        weigh(losses, equal(50), 0.95) @ losses
        for weigh in (tail_weights, tail_mean_weights, floor_tail_weights)
    ]
    assert found == pytest.approx([49.2, 49.0, 49.5], abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 17, 21, 100, 101, 1000])
@pytest.mark.parametrize("level", [0.55, 0.57, 0.9, 0.95, 0.99])
def test_linear_is_numpys_percentile_and_tail_mean_averages_beyond_it(count, level):
    losses = np.random.default_rng(count).standard_normal(count)
    threshold = np.quantile(losses, level)
    assert linear_quantile_weights(losses, equal(count), level) @ losses == pytest.approx(
        threshold, abs=1e-12
    )
    beyond = losses[losses >= threshold - 1e-12]
    assert tail_mean_weights(losses, equal(count), level) @ losses == pytest.approx(beyond.mean(), abs=1e-12)


def test_the_floor_variant_counts_whole_scenarios_and_shares_ties():
    # 10 × (1 − 0.9) is 0.9999999999999998 and must be 1.
    assert floor_tail_weights(np.arange(10.0), equal(10), 0.9).tolist() == [0.0] * 9 + [1.0]
    losses = np.array([3.0, 2.0, 2.0, 1.0, 0.0])
    assert floor_tail_weights(losses, equal(5), 0.6).tolist() == [0.5, 0.25, 0.25, 0.0, 0.0]


def test_ties_at_the_boundary_share_in_proportion_to_probability():
    losses = np.array([5.0, 3.0, 3.0, 3.0, 0.0])
    p = np.array([0.04, 0.1, 0.3, 0.0, 0.56])
    # 10 % of tail: 4 points on the loss of 5, the other 6 shared 1 : 3 by the two possible threes.
    assert tail_weights(losses, p, 0.9) == pytest.approx([0.4, 0.15, 0.45, 0.0, 0.0], abs=1e-14)
    assert quantile_weights(losses, p, 0.9) == pytest.approx([0.0, 0.25, 0.75, 0.0, 0.0], abs=1e-14)


def test_less_than_one_tail_scenario_gives_the_worst_loss():
    losses = np.array([0.01, -0.02, 0.05, 0.0])
    assert tail_weights(losses, equal(4), 0.95).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert value_at_risk(losses, equal(4), 0.95) == 0.05


def test_scenarios_that_cannot_happen_do_not_count():
    losses, p = np.array([9.0, 1.0, 2.0, -3.0]), np.array([0.0, 0.5, 0.5, 0.0])
    assert value_at_risk(losses, p, 0.9) == 2.0
    assert worst_weights(losses, p) @ losses == 2.0
    assert entropic_weights(losses, p, 0.9) @ losses == pytest.approx(2.0)
    assert volatility_weights(losses, p) @ losses == pytest.approx(0.5)


def test_many_portfolios_at_once_are_each_alone():
    rng = np.random.default_rng(1)
    losses, p = np.round(rng.standard_normal((60, 7)), 1), rng.dirichlet(np.ones(60))
    for weigh in (tail_weights, quantile_weights):
        together = weigh(losses, p, 0.9)
        assert together.shape == losses.shape
        for column in range(7):
            np.testing.assert_array_equal(together[:, column], weigh(losses[:, column], p, 0.9))
    assert values_at_risk(losses, p, 0.9).tolist() == [value_at_risk(x, p, 0.9) for x in losses.T]
    assert np.einsum("sm,sm->m", worst_weights(losses, p), losses).tolist() == losses.max(axis=0).tolist()


def test_a_tail_on_the_last_digit_of_confidence_still_answers():
    losses = np.arange(1000.0)
    for level in (0.5 + 1e-12, 1.0 - 1e-12, math.nextafter(1.0, 0.0)):
        q = tail_weights(losses, equal(1000), level)
        assert q.sum() == pytest.approx(1.0, abs=1e-12)
        assert value_at_risk(losses, equal(1000), level) <= q @ losses <= 999.0


# Deviations


@pytest.mark.parametrize("seed", range(20))
def test_deviations_match_their_definitions(seed):
    losses, p = weighted_case(seed)
    mean = math.fsum(p * losses)
    deviation = [x - mean for x in losses]
    pairs = list(zip(p, deviation, strict=True))
    expected = [
        math.sqrt(math.fsum(w * d * d for w, d in pairs)),
        math.sqrt(math.fsum(w * max(d, 0.0) ** 2 for w, d in pairs)),
        math.fsum(w * abs(d) for w, d in pairs),
    ]
    kernels = (volatility_weights, semideviation_weights, mean_deviation_weights)
    assert [weigh(losses, p) @ losses for weigh in kernels] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, -0.3, 1e8, 1e-8])
@pytest.mark.parametrize("weigh", [volatility_weights, semideviation_weights, mean_deviation_weights])
def test_equal_losses_deviate_by_nothing(weigh, level):
    q = weigh(np.full(7, level), np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3]))
    assert q.tolist() == [0.0] * 7


@pytest.mark.parametrize("weigh", [volatility_weights, semideviation_weights, mean_deviation_weights])
def test_rounding_is_no_deviation(weigh):
    losses = np.array([0.1 + 0.2, 0.3, 0.3])
    assert losses[0] != losses[1]
    assert weigh(losses, equal(3)).tolist() == [0.0] * 3


def test_deviations_of_a_gaussian():
    nodes, p = gaussian(64)
    assert volatility_weights(nodes, p) @ nodes == pytest.approx(1.0, abs=1e-12)
    grid = stats.norm.ppf((np.arange(200_001) + 0.5) / 200_001)
    p = equal(grid.size)
    assert semideviation_weights(grid, p) @ grid == pytest.approx(math.sqrt(0.5), rel=1e-4)
    assert mean_deviation_weights(grid, p) @ grid == pytest.approx(math.sqrt(2 / math.pi), rel=1e-5)


# Entropic and spectral


def gaussian(count):
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


@pytest.mark.parametrize("level", [0.6, 0.9, 0.95, 0.99])
def test_entropic_var_of_a_gaussian(level):
    nodes, p = gaussian(120)
    losses = 0.01 + 0.2 * nodes
    expected = 0.01 + 0.2 * math.sqrt(-2.0 * math.log(1.0 - level))
    assert entropic_weights(losses, p, level) @ losses == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("level", [0.55, 0.9, 0.99])
def test_entropic_var_is_the_least_exponential_bound(seed, level):
    losses, p = weighted_case(seed)

    def bound(log_t):
        t = math.exp(log_t)
        return (special.logsumexp(t * losses, b=p) - math.log(1.0 - level)) / t

    found = entropic_weights(losses, p, level)
    if found.max() < 1.0:
        least = optimize.minimize_scalar(
            bound, bounds=(-5, 8), method="bounded", options={"xatol": 1e-10}
        ).fun
        assert found @ losses == pytest.approx(least, abs=1e-8)
    # The value as a maximum over posteriors: q is one of them, with its whole divergence budget spent.
    divergence = special.rel_entr(found, p).sum()
    assert divergence <= -math.log(1.0 - level) + 1e-9
    assert divergence == pytest.approx(-math.log(1.0 - level), abs=1e-9) or found.max() == 1.0


def test_entropic_var_is_the_worst_loss_once_its_probability_fills_the_tail():
    losses = np.arange(20.0)
    assert entropic_weights(losses, equal(20), 0.95) @ losses == 19.0
    assert entropic_weights(losses, equal(20), 0.99) @ losses == 19.0
    assert entropic_weights(losses, equal(20), 0.94) @ losses < 19.0


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("level", [0.6, 0.95])
def test_spectral_risk_is_the_integral_of_the_spectrum_times_the_quantile(seed, level):
    losses, p = weighted_case(seed, 12)
    k = 1.0 / (1.0 - level)
    total, start = 0.0, 0.0
    for s in np.argsort(losses):
        end = start + p[s]
        area, _ = integrate.quad(lambda u: k * math.exp(-k * (1 - u)) / (1 - math.exp(-k)), start, end)
        total += area * losses[s]
        start = end
    assert spectral_weights(losses, p, level) @ losses == pytest.approx(total, abs=1e-10)


@pytest.mark.parametrize("seed", range(10))
def test_rank_weights_with_the_cvar_spectrum_are_the_tail_weights(seed):
    losses, p = weighted_case(seed)
    ranked = rank_weights(losses, p, lambda t: np.minimum(t / 0.1, 1.0))
    np.testing.assert_allclose(ranked, tail_weights(losses, p, 0.9), atol=1e-13)


# Smoothed quantile


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("level", [0.6, 0.9, 0.95])
def test_the_smoothed_quantile_is_a_tilted_epanechnikov_kernel(seed, level):
    losses, p = weighted_case(seed, 200)
    var = value_at_risk(losses, p, level)
    half = (1.0 - level) / 2.0
    kernel, below = np.zeros(losses.size), 0.0
    for loss in np.unique(losses):
        tied = losses == loss
        above = below + p[tied].sum()
        low, high = (np.clip((u - level) / half, -1.0, 1.0) for u in (below, above))
        mass, _ = integrate.quad(lambda x: 0.75 * (1.0 - x * x), low, high)
        if p[tied].sum() > 0:
            kernel[tied] = mass * p[tied] / p[tied].sum()
        below = above
    near = kernel > 1e-13
    gaps = losses[near] - var
    assert gaps.min() < 0.0 < gaps.max()
    theta = optimize.minimize_scalar(lambda t: special.logsumexp(t * gaps, b=kernel[near]), bracket=(-1, 1)).x
    expected = np.zeros(losses.size)
    expected[near] = special.softmax(np.log(kernel[near]) + theta * gaps)
    found = smoothed_quantile_weights(losses, p, level)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert found @ losses == pytest.approx(var, abs=1e-10 * np.abs(losses).max())


@pytest.mark.parametrize("count", [15, 20, 40])
def test_a_quantile_with_neighbours_on_one_side_only_has_no_contributions(count):
    """With 40 the kernel ends exactly where the next loss begins: rounding must not make it a neighbour."""
    losses = np.arange(float(count))
    with pytest.raises(NumericalError, match="all lie on one side"):
        smoothed_quantile_weights(losses, equal(count), 0.95)


def test_a_quantile_that_fills_the_kernel_needs_no_tilt():
    losses = np.array([3.0, 3.0, 1.0])
    assert smoothed_quantile_weights(losses, np.array([0.2, 0.2, 0.6]), 0.9).tolist() == [0.5, 0.5, 0.0]


# Drawdowns


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("level", [0.6, 0.9, 0.95])
def test_path_measures_match_their_definitions(seed, level):
    losses = np.random.default_rng(seed).standard_normal(60)
    wealth = [0.0]
    for loss in losses:
        wealth.append(wealth[-1] - loss)
    drawdowns = [max(wealth[: t + 1]) - wealth[t] for t in range(1, len(wealth))]
    np.testing.assert_allclose(path_drawdowns(losses)[0], drawdowns, atol=1e-13)
    largest = maximum_drawdown_weights(losses, equal(60)) @ losses
    assert largest == pytest.approx(max(drawdowns), abs=1e-12)
    size = 60 * (1.0 - level)
    whole, ranked = int(size + 1e-9), sorted(drawdowns, reverse=True)
    expected = (sum(ranked[:whole]) + (size - whole) * ranked[whole]) / size
    found = conditional_drawdown_weights(losses, equal(60), level) @ losses
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_path_that_only_rises_has_no_drawdown():
    losses = -np.ones(5)
    assert maximum_drawdown_weights(losses, equal(5)).tolist() == [0.0] * 5
    assert conditional_drawdown_weights(losses, equal(5), 0.8).tolist() == [0.0] * 5


def test_the_start_counts_as_a_peak():
    losses = np.array([0.1, 0.2, -0.5, 0.1])
    assert maximum_drawdown_weights(losses, equal(4)).tolist() == [1.0, 1.0, 0.0, 0.0]
