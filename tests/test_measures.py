"""What every measure must satisfy, on generated scenarios; and what the labelled functions refuse."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskcore.contributions import risk_contributions
from riskcore.errors import AssetMismatchError, ConfidenceError, InputError
from riskcore.measures import (
    MEASURES,
    cvar,
    measure_named,
    percent,
    risk,
    risk_table,
    value_at_risk,
    volatility,
)
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

KEYS = sorted(MEASURES)
PATH = [key for key in KEYS if MEASURES[key].needs_order]
FREE = [key for key in KEYS if not MEASURES[key].needs_order]
COHERENT = [key for key in KEYS if MEASURES[key].coherent]
TAIL = [key for key in KEYS if MEASURES[key].kind == "tail"]
# Many measures share these tests: each takes its part of the examples of the profile.
EXAMPLES = settings(max_examples=settings().max_examples // 12)
CONFIDENCES = st.sampled_from([0.6, 0.8, 0.9, 0.95, 0.99])


def make(returns, weights, counts=None):
    names = tuple(f"a{i}" for i in range(np.shape(returns)[1]))
    p = np.empty(0) if counts is None else np.array(counts) / sum(counts)
    scenarios = Scenarios(np.array(returns), names, 252, p, ordered=True)
    return scenarios, Portfolio("P", dict(zip(names, map(float, weights), strict=True)))


def integers(low, high, *shape):
    return arrays(np.int64, shape, elements=st.integers(low, high))


@st.composite
def cases(draw, weighted=True):
    """Draw returns with ties, weights with shorts, counts with zeros (None = equally likely), a level."""
    count, size = draw(st.integers(2, 25)), draw(st.integers(1, 4))
    counts = draw(integers(0, 9, count).filter(np.any)).tolist() if weighted else None
    returns, weights = draw(integers(-20, 20, count, size)), draw(integers(-4, 8, size))
    return returns / 100.0, weights / 4.0, counts, draw(CONFIDENCES)


def cases_for(key):
    return cases(weighted=not MEASURES[key].needs_order)


def unit(returns, weights):
    """Tolerances are relative to the largest loss the assets can bring together; a path adds them up."""
    return float(np.abs(returns).sum(axis=0).max() * (1.0 + np.abs(weights).sum()) + 1e-300)


def value(returns, weights, counts, key, level):
    return risk(*make(returns, weights, counts), key, confidence=level).value


@pytest.mark.parametrize("key", KEYS)
class TestEveryMeasure:
    @EXAMPLES
    @given(data=st.data())
    def test_is_its_identifier_times_the_losses_and_the_sum_of_its_contributions(self, key, data):
        returns, weights, counts, level = data.draw(cases_for(key))
        scenarios, portfolio = make(returns, weights, counts)
        found = risk(scenarios, portfolio, key, confidence=level)
        tol = 1e-11 * unit(returns, weights)
        assert found.value == pytest.approx(float(found.identifier @ -(returns @ weights)), abs=tol)
        if key == "var":
            return
        table = risk_contributions(scenarios, portfolio, key, confidence=level)
        assert table.total == found.value
        assert math.fsum(table.table["component"]) == pytest.approx(found.value, abs=tol)

    @EXAMPLES
    @given(data=st.data(), scale=st.sampled_from([1e-8, 1e-3, 3.0, 1e8]))
    def test_scales_with_the_portfolio_and_with_the_returns(self, key, data, scale):
        returns, weights, counts, level = data.draw(cases_for(key))
        base = value(returns, weights, counts, key, level)
        tol = 1e-10 * unit(returns, weights) * scale
        assert value(returns, scale * weights, counts, key, level) == pytest.approx(scale * base, abs=tol)
        assert value(scale * returns, weights, counts, key, level) == pytest.approx(scale * base, abs=tol)

    @EXAMPLES
    @given(data=st.data())
    def test_does_not_depend_on_the_order_of_the_assets(self, key, data):
        returns, weights, counts, level = data.draw(cases_for(key))
        scenarios, portfolio = make(returns, weights, counts)
        turned = Portfolio("P", portfolio.weights.iloc[::-1])
        base = risk(scenarios, portfolio, key, confidence=level)
        other = risk(scenarios.select(scenarios.assets[::-1]), turned, key, confidence=level)
        assert other.value == pytest.approx(base.value, abs=1e-11 * unit(returns, weights))
        assert risk(scenarios, turned, key, confidence=level).value == base.value

    @EXAMPLES
    @given(data=st.data())
    def test_leaves_its_inputs_as_they_were(self, key, data):
        returns, weights, counts, level = data.draw(cases_for(key))
        scenarios, portfolio = make(returns, weights, counts)
        before = scenarios.returns.copy(), scenarios.probabilities.copy(), portfolio.weights.copy()
        result = risk(scenarios, portfolio, key, confidence=level)
        np.testing.assert_array_equal(scenarios.returns, before[0])
        np.testing.assert_array_equal(scenarios.probabilities, before[1])
        pd.testing.assert_series_equal(portfolio.weights, before[2])
        assert not result.losses.flags.writeable and not result.identifier.flags.writeable

    @EXAMPLES
    @given(data=st.data())
    def test_of_several_portfolios_is_that_of_each(self, key, data):
        returns, weights, counts, level = data.draw(cases_for(key))
        scenarios, portfolio = make(returns, weights, counts)
        other = Portfolio("Q", portfolio.weights * 0.5 + 0.25)
        table = risk_table(scenarios, [portfolio, other], [key], confidence=level)
        for each in (portfolio, other):
            alone = risk(scenarios, each, key, confidence=level).value
            assert table.loc[key, each.name] == pytest.approx(alone, abs=1e-11 * unit(returns, weights))

    @EXAMPLES
    @given(data=st.data(), seed=st.integers(0, 10**6))
    def test_its_gradient_is_its_slope_where_it_has_one(self, key, data, seed):
        returns, weights, counts, level = data.draw(cases_for(key))
        if key == "var":  # a step function of the ranks: its slope is the boundary scenario, tested by hand
            return
        jitter = np.random.default_rng(seed)
        returns = returns + 0.002 * jitter.standard_normal(returns.shape)
        weights = weights + 0.5
        scenarios, portfolio = make(returns, weights, counts)
        marginal = risk_contributions(scenarios, portfolio, key, confidence=level).table["marginal"]
        step = 1e-7
        for i, slope in enumerate(marginal):
            move = step * np.eye(len(weights))[i]
            up, down = (value(returns, weights + s * move, counts, key, level) for s in (1.0, -1.0))
            here = value(returns, weights, counts, key, level)
            # Between the one-sided slopes: they agree except at a kink.
            low, high = sorted(((here - down) / step, (up - here) / step))
            slack = 1e-4 * (1.0 + abs(slope))
            assert low - slack <= slope <= high + slack


@pytest.mark.parametrize("key", FREE)
class TestWeightedMeasures:
    @EXAMPLES
    @given(data=st.data(), seed=st.integers(0, 10**6))
    def test_does_not_depend_on_the_order_of_the_scenarios(self, key, data, seed):
        returns, weights, counts, level = data.draw(cases())
        order = np.random.default_rng(seed).permutation(len(returns))
        turned = value(returns[order], weights, [counts[s] for s in order], key, level)
        assert turned == pytest.approx(
            value(returns, weights, counts, key, level), abs=1e-11 * unit(returns, weights)
        )

    @EXAMPLES
    @given(data=st.data(), which=st.integers(0, 10**6))
    def test_a_scenario_in_two_halves_is_one_scenario(self, key, data, which):
        returns, weights, counts, level = data.draw(cases())
        s = which % len(returns)
        doubled = [2 * k for k in counts]
        split = [*doubled[:s], counts[s], *doubled[s + 1 :], counts[s]]
        tol = 1e-11 * unit(returns, weights)
        halves = value(np.vstack([returns, returns[s]]), weights, split, key, level)
        assert halves == pytest.approx(value(returns, weights, counts, key, level), abs=tol)

    @EXAMPLES
    @given(data=st.data())
    def test_equal_probabilities_are_no_probabilities(self, key, data):
        returns, weights, _, level = data.draw(cases())
        plain = value(returns, weights, None, key, level)
        equal = value(returns, weights, [3] * len(returns), key, level)
        assert equal == pytest.approx(plain, abs=1e-12 * unit(returns, weights))

    @EXAMPLES
    @given(data=st.data())
    def test_scenarios_that_cannot_happen_change_nothing(self, key, data):
        returns, weights, counts, level = data.draw(cases())
        more = np.vstack([returns, np.full((1, returns.shape[1]), -5.0), np.full((1, returns.shape[1]), 5.0)])
        base = value(returns, weights, counts, key, level)
        assert value(more, weights, [*counts, 0, 0], key, level) == pytest.approx(
            base, abs=1e-11 * unit(more, weights)
        )

    @EXAMPLES
    @given(data=st.data(), sure=st.sampled_from([-0.5, 1e-3, 2.0]))
    def test_a_sure_loss_adds_itself_to_tails_and_nothing_to_deviations(self, key, data, sure):
        returns, weights, counts, level = data.draw(cases())
        sized = np.hstack([returns, np.full((len(returns), 1), -1.0)])
        base = value(sized, [*weights, 0.0], counts, key, level)
        moved = value(sized, [*weights, sure], counts, key, level)
        added = sure if MEASURES[key].kind == "tail" else 0.0
        assert moved == pytest.approx(base + added, abs=1e-10 * unit(sized, [*weights, sure]))

    @EXAMPLES
    @given(data=st.data())
    def test_identifiers_sum_to_one_or_to_nothing(self, key, data):
        returns, weights, counts, level = data.draw(cases())
        q = risk(*make(returns, weights, counts), key, confidence=level).identifier
        assert q.sum() == pytest.approx(1.0 if MEASURES[key].kind == "tail" else 0.0, abs=1e-11)
        assert MEASURES[key].kind == "deviation" or q.min() >= 0.0
        assert not q[np.array(counts) == 0].any()


@pytest.mark.parametrize("key", [key for key in KEYS if key != "var"])
@EXAMPLES
@given(data=st.data())
def test_subadditive(key, data):
    returns, weights, counts, level = data.draw(cases_for(key))
    other = (
        np.array(data.draw(st.lists(st.integers(-4, 8), min_size=len(weights), max_size=len(weights)))) / 4
    )
    whole, first, second = (value(returns, w, counts, key, level) for w in (weights + other, weights, other))
    assert whole <= first + second + 1e-11 * (unit(returns, weights) + unit(returns, other))


@pytest.mark.parametrize("key", [*COHERENT, "var"])
@EXAMPLES
@given(data=st.data())
def test_losing_more_in_every_scenario_is_more_risk(key, data):
    returns, weights, counts, level = data.draw(cases())
    extra = (
        np.array(data.draw(st.lists(st.integers(0, 10), min_size=len(returns), max_size=len(returns)))) / 100
    )
    sized = np.column_stack([returns, -extra])
    better, worse = (value(sized, [*weights, held], counts, key, level) for held in (0.0, 1.0))
    assert worse >= better - 1e-11 * unit(sized, [*weights, 1.0])


@EXAMPLES
@given(case=cases())
def test_var_cvar_entropic_and_worst_come_in_this_order(case):
    returns, weights, counts, level = case
    found = [value(returns, weights, counts, key, level) for key in ("var", "cvar", "evar", "worst")]
    slack = 1e-11 * unit(returns, weights)
    assert all(a <= b + slack for a, b in pairwise(found))


def test_var_is_not_subadditive():
    """Two loans of 4 % default each: none defaults in 92 %, so alone each has VaR 0 and both have 1."""
    returns = -np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    counts = [92, 4, 4]
    assert [value(returns, w, counts, "var", 0.95) for w in ([1, 0], [0, 1], [1, 1])] == [0.0, 0.0, 1.0]


# Results


def test_the_result_says_what_it_is():
    scenarios, portfolio = make(-np.arange(1.0, 101.0)[:, None], [1.0])
    found = risk(scenarios, portfolio, "cvar", confidence=0.95)
    assert (found.measure, found.confidence, found.portfolio) == ("cvar", 0.95, "P")
    assert found.label == "CVaR 95\u00a0%"
    assert found.value == float(found) == pytest.approx(98.0)
    assert found.tail_scenarios == pytest.approx(5.0) and found.few_tail_scenarios
    drivers = found.drivers(5)
    assert drivers.index.tolist() == [99, 98, 97, 96, 95]
    assert drivers["share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("level", "words"), [(0.95, "95"), (0.975, "97.5"), (0.99, "99"), (0.999, "99.9"), (0.9975, "99.75")]
)
def test_levels_read_as_percentages_with_a_space_that_does_not_break(level, words):
    assert percent(level) == f"{words}\u00a0%"


def test_var_counts_the_scenarios_beyond_it():
    scenarios, portfolio = make(-np.arange(1.0, 401.0)[:, None], [1.0])
    found = value_at_risk(scenarios, portfolio, confidence=0.95)
    assert found.value == 380.0 and np.flatnonzero(found.identifier).tolist() == [379]
    assert found.tail_scenarios == pytest.approx(20.0) and not found.few_tail_scenarios


def test_overlapping_windows_count_as_the_periods_they_share():
    daily, portfolio = make(np.random.default_rng(0).normal(0, 0.01, (1009, 2)), [0.5, 0.5])
    monthly = daily.over_horizon(10)
    assert monthly.count == 1000
    found = cvar(monthly, portfolio, confidence=0.9)
    assert found.tail_scenarios == pytest.approx(100 / 10)


@pytest.mark.parametrize("key", [key for key in KEYS if MEASURES[key].kind != "tail"])
def test_measures_without_a_tail_do_not_count_one(key):
    scenarios, portfolio = make(np.random.default_rng(0).normal(0, 0.01, (50, 2)), [0.5, 0.5])
    found = risk(scenarios, portfolio, key, confidence=0.9)
    assert found.tail_scenarios is None and not found.few_tail_scenarios


def test_the_variants_on_losses_1_to_50():
    scenarios, portfolio = make(-np.arange(1.0, 51.0)[:, None], [1.0])
    found = [cvar(scenarios, portfolio, confidence=0.95, variant=v) for v in ("exact", "tail_mean", "floor")]
    assert [x.value for x in found] == pytest.approx([49.2, 49.0, 49.5], abs=1e-12)
    assert len({x.label for x in found}) == 3
    linear = value_at_risk(scenarios, portfolio, confidence=0.95, method="linear")
    assert linear.value == pytest.approx(47.55) and "interpolated" in linear.label
    assert value_at_risk(scenarios, portfolio, confidence=0.95).value == 48.0


def test_a_series_of_weights_is_a_portfolio_and_labels_decide():
    scenarios, portfolio = make(np.random.default_rng(0).normal(0, 0.01, (50, 3)), [0.5, 0.3, -0.2])
    series = portfolio.weights.iloc[[2, 0, 1]]
    assert volatility(scenarios, series).value == volatility(scenarios, portfolio).value


def test_volatility_is_not_annualised_or_corrected():
    returns = np.random.default_rng(0).normal(0.001, 0.01, (60, 2))
    found = volatility(*make(returns, [0.5, 0.5])).value
    assert found == pytest.approx((returns @ [0.5, 0.5]).std(), rel=1e-12)


def test_a_table_of_all_measures_has_one_row_each():
    scenarios, portfolio = make(np.random.default_rng(0).normal(0, 0.01, (80, 2)), [0.5, 0.5])
    frame = pd.DataFrame({"A": portfolio.weights, "B": portfolio.weights * 2})
    table = risk_table(scenarios, frame, KEYS, confidence=0.9)
    assert table.index.tolist() == KEYS and table.columns.tolist() == ["A", "B"]
    np.testing.assert_allclose(table["B"], 2 * table["A"], rtol=1e-12)


# Refusals


@pytest.fixture
def plain():
    return make(np.random.default_rng(0).normal(0, 0.01, (30, 2)), [0.5, 0.5])


@pytest.mark.parametrize("key", [key for key in KEYS if MEASURES[key].uses_confidence])
def test_a_measure_with_a_level_needs_one(plain, key):
    with pytest.raises(ConfidenceError, match="needs a confidence"):
        risk(*plain, key)
    with pytest.raises(ConfidenceError, match=r"did you mean 0\.95\?"):
        risk(*plain, key, confidence=95)
    with pytest.raises(ConfidenceError):
        risk_table(*plain, [key])


@pytest.mark.parametrize("key", [key for key in KEYS if not MEASURES[key].uses_confidence])
def test_a_measure_without_a_level_ignores_one_and_says_so(plain, key):
    found = risk(*plain, key, confidence=0.95)
    assert found.confidence is None and found.label == MEASURES[key].label
    assert found.value == risk(*plain, key).value


def test_an_unknown_measure_lists_the_known_ones(plain):
    with pytest.raises(InputError, match=r"'sharpe'.*volatility.*cvar"):
        risk(*plain, "sharpe")
    with pytest.raises(InputError):
        measure_named("CVaR")


def test_unknown_methods_and_variants_list_the_known_ones(plain):
    with pytest.raises(InputError, match="'lower' and 'linear'"):
        value_at_risk(*plain, confidence=0.9, method="higher")
    with pytest.raises(InputError, match="'tail_mean'"):
        cvar(*plain, confidence=0.9, variant="mean")


def test_variants_refuse_weighted_scenarios():
    weighted = make(np.ones((2, 1)), [1.0], [1, 3])
    for call in (
        lambda: value_at_risk(*weighted, confidence=0.9, method="linear"),
        lambda: cvar(*weighted, confidence=0.9, variant="tail_mean"),
        lambda: cvar(*weighted, confidence=0.9, variant="floor"),
    ):
        with pytest.raises(InputError, match="equally likely"):
            call()


@pytest.mark.parametrize("weights", [{"a0": 1.0}, {"a0": 0.5, "a1": 0.5, "x": 0.0}, {"a0": 0.5, "b": 0.5}])
def test_labels_that_differ_are_named(plain, weights):
    for call in (risk, risk_contributions):
        with pytest.raises(AssetMismatchError):
            call(plain[0], Portfolio("P", weights), "volatility")


def test_weights_without_labels_are_refused(plain):
    for bare in ([0.5, 0.5], np.array([0.5, 0.5]), pd.DataFrame({"P": plain[1].weights})):
        with pytest.raises(InputError, match="Portfolio or a Series"):
            volatility(plain[0], bare)


@pytest.mark.parametrize("key", PATH)
def test_path_measures_need_a_path(plain, key):
    scenarios, portfolio = plain
    unordered = Scenarios(scenarios.returns, scenarios.assets, 252)
    weighted = scenarios.with_probabilities(np.arange(1, 31) / 465)
    overlapping = scenarios.over_horizon(5)
    for bad, words in (
        (unordered, "not in time order"),
        (weighted, "unequal probabilities"),
        (overlapping, "overlapping"),
    ):
        for call in (risk, risk_contributions):
            with pytest.raises(InputError, match=words):
                call(bad, portfolio, key, confidence=0.9)
        with pytest.raises(InputError, match=words):
            risk_table(bad, portfolio, ["volatility", key], confidence=0.9)


def test_the_registry_is_complete_and_cannot_be_changed():
    wanted = "volatility semideviation mad var cvar evar spectral worst cdar max_drawdown".split()
    assert list(MEASURES) == wanted
    assert COHERENT == ["cvar", "evar", "spectral", "worst"]
    assert PATH == ["cdar", "max_drawdown"]
    with pytest.raises(TypeError):
        MEASURES["x"] = MEASURES["cvar"]
