"""Kupiec, Christoffersen and the traffic light against numbers printed by others."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskcore.errors import ConfidenceError, InputError, MissingDataError
from riskcore.validation import conditional_coverage, independence, kupiec, nonrejection_region, traffic_light


def flags_with(n00, n01, n10, n11):
    """Return flags in time order whose transitions are counted so; starts and ends on a quiet day."""
    assert n01 == n10
    runs = [[True] for _ in range(n01)]
    for extra in range(n11):
        runs[extra % n01].append(True)
    quiet = np.full(n01 + 1, 1)
    quiet[0] += n00
    flags = []
    for gap, run in zip(quiet, [*runs, []], strict=True):
        flags += [False] * int(gap) + run
    return np.array(flags)


# Kupiec (1995), Table 3, as reprinted in Jorion, Value at Risk (2007), Table 6-2: non-rejection regions of
# the number of failures N at the 5 % test level for 255, 510 and 1000 days; "1 < N < 11" is 2 … 10. For 255
# days at 99 % the table prints "N < 7" without a lower limit.
PRINTED = [
    (0.99, (None, 6), (2, 10), (5, 16)),
    (0.975, (3, 11), (7, 20), (16, 35)),
    (0.95, (7, 20), (17, 35), (38, 64)),
    (0.925, (12, 27), (28, 50), (60, 91)),
    (0.90, (17, 35), (39, 64), (82, 119)),
]


@pytest.mark.parametrize(("confidence", "year", "two_years", "four_years"), PRINTED)
def test_nonrejection_regions_printed_by_kupiec(confidence, year, two_years, four_years):
    found = [nonrejection_region(days, confidence=confidence) for days in (255, 510, 1000)]
    if year[0] is None:
        found[0] = (None, found[0][1])
    assert found == [year, two_years, four_years]


def test_no_failure_in_a_year_at_99_percent_is_rejected_by_the_formula():
    # −2 · 255 · log 0.99 = 5.126 > 3.841, although the printed table gives no lower limit.
    found = kupiec(0, 255, confidence=0.99)
    assert found.statistic == pytest.approx(5.126, abs=5e-4)
    assert found.rejected


def test_numbers_printed_in_a_manual():
    # MathWorks Risk Management Toolbox, documentation of varbacktest/cc: 1043 days, 57 failures at 95 %, with
    # N00 = 932, N10 = N01 = 53, N11 = 4; POF 0.46147 (0.49694), CCI 0.25866 (0.61104), CC 0.72013 (0.69763).
    flags = flags_with(932, 53, 53, 4)
    assert (flags.size, int(flags.sum())) == (1043, 57)
    before, after = flags[:-1], flags[1:]
    assert int((before & after).sum()) == 4
    assert int((~before & ~after).sum()) == 932
    number, apart = kupiec(57, 1043, confidence=0.95), independence(flags)
    both = conditional_coverage(flags, confidence=0.95)
    for found, statistic, p_value in (
        (number, 0.46147, 0.49694),
        (apart, 0.25866, 0.61104),
        (both, 0.72013, 0.69763),
    ):
        assert found.statistic == pytest.approx(statistic, abs=5e-6)
        assert found.p_value == pytest.approx(p_value, abs=5e-6)
        assert not found.rejected


def test_zones_printed_by_the_basel_committee():
    # Basel Committee (1996), Table 2: cumulative probability of 0 … 10 exceptions in 250 days at 99 %.
    printed = [8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99]
    zones = 5 * ["green"] + 5 * ["yellow"] + ["red"]
    for x, (cumulative, zone) in enumerate(zip(printed, zones, strict=True)):
        light = traffic_light(x, 250, confidence=0.99)
        assert light.zone == zone
        assert 100 * light.probability == pytest.approx(cumulative, abs=0.006)
    assert (light.yellow_from, light.red_from, light.expected) == (5, 10, pytest.approx(2.5))
    assert traffic_light(250, 250, confidence=0.99).zone == "red"


@given(st.integers(1, 2000), st.sampled_from([0.9, 0.95, 0.975, 0.99]))
def test_zone_limits_are_the_first_counts_that_reach_their_probability(days, confidence):
    light = traffic_light(0, days, confidence=confidence)
    for count, reached in ((light.yellow_from, 0.95), (light.red_from, 0.9999)):
        assert stats.binom.cdf(count, days, 1 - confidence) >= reached
        assert count == 0 or stats.binom.cdf(count - 1, days, 1 - confidence) < reached


@given(st.integers(1, 400), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_kupiec_is_the_ratio_of_two_binomial_likelihoods(days, data, confidence):
    x = data.draw(st.integers(0, days))
    found = kupiec(x, days, confidence=confidence)
    best, claimed = stats.binom.logpmf(x, days, x / days), stats.binom.logpmf(x, days, 1 - confidence)
    assert found.statistic == pytest.approx(max(2 * (best - claimed), 0), abs=1e-7)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 1))


def test_the_expected_number_of_exceptions_fits_perfectly():
    assert kupiec(5, 100, confidence=0.95).statistic == pytest.approx(0, abs=1e-12)


@given(st.integers(0, 10_000))
def test_independence_is_the_ratio_of_markov_to_constant_chances(seed):
    rng = np.random.default_rng(seed)
    flags = rng.random(60) < 0.3
    found = independence(flags)
    pairs = list(pairwise(flags))
    if not any(b for b, _ in pairs) or all(b for b, _ in pairs):
        assert np.isnan(found.statistic)
        return
    after = {state: np.array([a for b, a in pairs if b == state]) for state in (False, True)}
    everything = np.array([a for _, a in pairs])

    def likelihood(values):
        return stats.bernoulli.logpmf(values, values.mean()).sum()

    exact = 2 * (likelihood(after[False]) + likelihood(after[True]) - likelihood(everything))
    assert found.statistic == pytest.approx(max(exact, 0), abs=1e-9)


def test_clusters_are_found_and_spread_exceptions_are_not():
    clustered = np.zeros(500, bool)
    clustered[100:112] = clustered[300:313] = True
    spread = np.zeros(500, bool)
    spread[::20] = True
    assert clustered.sum() == spread.sum() == 25
    assert independence(clustered).rejected
    assert conditional_coverage(clustered, confidence=0.95).rejected
    assert not conditional_coverage(spread, confidence=0.95).rejected


@pytest.mark.slow
def test_tests_reject_right_forecasts_about_as_often_as_they_say():
    flags = np.random.default_rng(12).random((2000, 2000)) < 0.05
    for test in (
        lambda f: kupiec(int(f.sum()), f.size, confidence=0.95),
        independence,
        lambda f: conditional_coverage(f, confidence=0.95),
    ):
        assert np.mean([test(f).rejected for f in flags]) == pytest.approx(0.05, abs=0.02)


def test_no_exception_leaves_independence_without_an_answer():
    for flags in (np.zeros(50, bool), np.r_[np.zeros(49, bool), True], np.ones(50, bool)):
        for found in (independence(flags), conditional_coverage(flags, confidence=0.95)):
            assert np.isnan(found.p_value)
            assert not found.rejected
            assert "compare" in found.note


@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, 95, float("nan")])
def test_refuses_confidence_outside_its_range(confidence):
    for call in (
        lambda: kupiec(1, 100, confidence=confidence),
        lambda: traffic_light(1, 100, confidence=confidence),
        lambda: nonrejection_region(100, confidence=confidence),
        lambda: conditional_coverage(np.tile([True, False], 50), confidence=confidence),
    ):
        with pytest.raises(ConfidenceError):
            call()


@pytest.mark.parametrize(("x", "days"), [(-1, 10), (11, 10), (0, 0)])
def test_refuses_counts_that_do_not_fit(x, days):
    for test in (kupiec, traffic_light):
        with pytest.raises(InputError, match="do not fit together"):
            test(x, days, confidence=0.95)


def test_refuses_what_is_not_a_vector_of_flags():
    for wrong in (np.array([0, 1, 0]), np.zeros((2, 2), bool), [0.1, 0.2]):
        with pytest.raises(InputError, match="true and false"):
            independence(wrong)
    with pytest.raises(MissingDataError, match="at least 2"):
        independence(np.array([True]))
    with pytest.raises(InputError, match="significance"):
        nonrejection_region(100, confidence=0.95, significance=5)
