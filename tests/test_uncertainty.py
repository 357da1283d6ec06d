"""Intervals for risks, differences and contributions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore.errors import AssetMismatchError, ConfidenceError, InputError, MissingDataError, NumericalError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import contribution_intervals, difference_interval, risk_interval

HALF = Portfolio("A", {"SPY": 0.5, "BND": 0.5})


def rng():
    return np.random.default_rng(20260)


def clustered(count=3000, seed=1):
    """Two assets with a common volatility that comes in waves."""
    source = np.random.default_rng(seed)
    waves = np.zeros(count)
    for t in range(1, count):
        waves[t] = 0.97 * waves[t - 1] + 0.2 * source.normal()
    returns = 0.01 * np.exp(waves)[:, None] * source.normal(size=(count, 2)) * [1.0, 0.4]
    return Scenarios(returns, ("SPY", "BND"), periods_per_year=252, ordered=True)


def independent(count=3000, seed=2):
    returns = np.random.default_rng(seed).standard_t(4, (count, 2)) / 100
    return Scenarios(returns, ("SPY", "BND"), periods_per_year=252, ordered=True)


CASES = [("var", 0.95), ("cvar", 0.95), ("volatility", None)]


@pytest.mark.parametrize(("measure", "confidence"), CASES)
@pytest.mark.parametrize("method", ["block", "iid", "asymptotic"])
def test_methods_agree_on_independent_days(measure, confidence, method):
    s = independent(6000)
    r = risk_interval(s, HALF, measure, confidence=confidence, method=method, rng=rng())
    losses = -s.returns @ [0.5, 0.5]
    if measure == "var":
        value = np.sort(losses)[::-1][300]
    elif measure == "cvar":
        value = np.sort(losses)[::-1][:300].mean()
    else:
        value = losses.std()
    assert r.value == pytest.approx(value, rel=1e-12)
    assert r.lower < r.value < r.upper
    plain = risk_interval(s, HALF, measure, confidence=confidence, method="iid", rng=rng())
    # Blocks of a few days widen an interval of independent days a little at most.
    assert (r.upper - r.lower) / (plain.upper - plain.lower) == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize(("measure", "confidence"), CASES)
def test_clustered_volatility_widens_the_block_interval(measure, confidence):
    s = clustered()
    block = risk_interval(s, HALF, measure, confidence=confidence, rng=rng())
    iid = risk_interval(s, HALF, measure, confidence=confidence, method="iid", rng=rng())
    assert block.block_length > 10
    assert block.upper - block.lower > 1.3 * (iid.upper - iid.lower)


def test_interval_of_gaussian_volatility_is_the_textbook_one():
    returns = np.random.default_rng(3).normal(size=(4000, 1)) / 100
    s = Scenarios(returns, ("SPY",), periods_per_year=252)
    one = Portfolio("A", {"SPY": 1.0})
    low, high = np.sqrt(4000 * returns.var() / stats.chi2(3999).ppf([0.975, 0.025]))
    for method in ("iid", "asymptotic"):
        r = risk_interval(s, one, "volatility", method=method, rng=rng())
        assert (r.lower, r.upper) == pytest.approx((low, high), rel=0.006)


def test_interval_of_var_is_the_binomial_order_statistic_one():
    losses = np.arange(1.0, 2001.0)
    s = Scenarios(-losses[:, None] / 1e4, ("SPY",), periods_per_year=252)
    ranks = stats.binom(2000, 0.95).ppf([0.025, 0.975])
    for method in ("iid", "asymptotic"):
        r = risk_interval(s, Portfolio("A", {"SPY": 1.0}), "var", confidence=0.95, method=method, rng=rng())
        assert (r.lower * 1e4, r.upper * 1e4) == pytest.approx(tuple(ranks), abs=3)


def test_overlapping_windows_get_blocks_at_least_as_long_as_the_overlap():
    s = independent(2000).over_horizon(20)
    r = risk_interval(s, HALF, "cvar", confidence=0.9, rng=rng())
    assert r.block_length >= 20
    assert r.tail_scenarios == pytest.approx(1981 / 20 * 0.1)
    iid = risk_interval(s, HALF, "cvar", confidence=0.9, method="iid", rng=rng())
    naive = Scenarios(s.returns, s.assets, periods_per_year=12.6)
    narrow = risk_interval(naive, HALF, "cvar", confidence=0.9, method="iid", rng=rng())
    assert iid.upper - iid.lower > 2.5 * (narrow.upper - narrow.lower)


def test_thin_tail_is_said_with_its_measured_coverage():
    r = risk_interval(independent(1000), HALF, "cvar", confidence=0.99, rng=rng())
    assert r.tail_scenarios == pytest.approx(10)
    assert "Only 10 independent scenarios" in r.warning
    assert "93 %" in r.warning
    thinner = risk_interval(independent(500), HALF, "cvar", confidence=0.99, rng=rng())
    assert "73 %" in thinner.warning
    plain = risk_interval(independent(1000), HALF, "cvar", confidence=0.99, method="asymptotic", rng=rng())
    assert "83 %" in plain.warning
    assert risk_interval(independent(1000), HALF, "cvar", confidence=0.95, rng=rng()).warning is None


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (50, "Less than one independent scenario lies in the tail: in simulations"),
        (100, "Only 1 independent scenario lies in the tail: in simulations"),
        (300, "Only 3 independent scenarios lie in the tail: in simulations"),
    ],
)
def test_the_warning_of_a_thin_tail_is_a_sentence(count, said):
    warning = risk_interval(independent(count), HALF, "cvar", confidence=0.99, rng=rng()).warning
    assert warning.startswith(said)


def test_weighted_scenarios_count_by_their_effective_number():
    s = independent(2000)
    p = np.where(np.arange(2000) < 1000, 1.0, 1e-9)
    r = risk_interval(
        s.with_probabilities(p / p.sum()), HALF, "cvar", confidence=0.95, method="iid", rng=rng()
    )
    first = Scenarios(s.returns[:1000], s.assets, periods_per_year=252)
    alone = risk_interval(first, HALF, "cvar", confidence=0.95, method="iid", rng=rng())
    assert r.tail_scenarios == pytest.approx(50, rel=1e-4)
    assert (r.value, r.lower, r.upper) == pytest.approx((alone.value, alone.lower, alone.upper), rel=0.02)


def test_paired_difference_is_narrower_than_two_separate_intervals():
    s = clustered()
    a, b = HALF, Portfolio("B", {"SPY": 0.45, "BND": 0.55})
    d = difference_interval(s, a, b, "cvar", confidence=0.95, rng=rng())
    one, two = (risk_interval(s, p, "cvar", confidence=0.95, rng=rng()) for p in (a, b))
    assert d.value == pytest.approx(one.value - two.value, rel=1e-12)
    assert d.portfolio == "A − B"
    assert d.excludes_zero
    assert one.lower < two.upper
    assert d.upper - d.lower < 0.4 * (one.upper - one.lower)


@pytest.mark.parametrize(("measure", "confidence"), CASES)
def test_a_portfolio_does_not_differ_from_itself(measure, confidence):
    d = difference_interval(clustered(500), HALF, HALF, measure, confidence=confidence, rng=rng())
    assert (d.value, d.lower, d.upper) == (0, 0, 0)
    assert not d.excludes_zero


def test_difference_changes_sign_with_the_order():
    s = independent(800)
    b = Portfolio("B", {"SPY": 0.9, "BND": 0.1})
    one = difference_interval(s, HALF, b, "cvar", confidence=0.9, rng=rng())
    two = difference_interval(s, b, HALF, "cvar", confidence=0.9, rng=rng())
    assert (one.value, one.lower, one.upper) == pytest.approx((-two.value, -two.upper, -two.lower), abs=1e-15)


@pytest.mark.parametrize(("measure", "confidence"), CASES[1:])
@pytest.mark.parametrize("method", ["block", "iid"])
def test_contribution_of_the_only_asset_is_the_risk(measure, confidence, method):
    s = independent(700)
    one = Portfolio("A", {"SPY": 1.0, "BND": 0.0})
    row = contribution_intervals(s, one, measure, confidence=confidence, method=method, rng=rng()).table
    whole = risk_interval(s, one, measure, confidence=confidence, method=method, rng=rng())
    assert row.loc["SPY", "component"] == pytest.approx(whole.value, rel=1e-12)
    assert row.loc["SPY", "component_upper"] - row.loc["SPY", "component_lower"] == pytest.approx(
        whole.upper - whole.lower, rel=0.15
    )
    assert row.loc["SPY", ["relative", "relative_lower", "relative_upper"]].tolist() == pytest.approx([1] * 3)
    assert row.loc["BND", ["component_lower", "component_upper"]].tolist() == pytest.approx([0, 0])


@pytest.mark.parametrize(("measure", "confidence"), CASES[1:])
def test_contribution_intervals_match_explicit_resamples(measure, confidence):
    s = independent(240)
    weights = np.array([0.7, 0.3])
    table = contribution_intervals(
        s,
        Portfolio("A", {"SPY": 0.7, "BND": 0.3}),
        measure,
        confidence=confidence,
        method="iid",
        resamples=4000,
        rng=rng(),
    ).table
    source, drawn = rng(), []
    for _ in range(4000):
        parts = -s.returns[source.integers(0, 240, 240)] * weights
        total = parts.sum(axis=1)
        if measure == "cvar":
            drawn.append(parts[np.argsort(-total)[:12]].mean(axis=0))
        else:
            drawn.append([np.cov(x, total, bias=True)[0, 1] / total.std() for x in parts.T])
    shares = np.array(drawn) / np.sum(drawn, axis=1, keepdims=True)
    for name, values in (("component", np.array(drawn)), ("relative", shares)):
        for side, q in (("lower", 0.025), ("upper", 0.975)):
            found = table[f"{name}_{side}"].to_numpy()
            assert found == pytest.approx(np.quantile(values, q, axis=0), rel=0.06)


def test_var_contributions_have_intervals_around_the_gaussian_ones():
    # Euler contributions of a Gaussian VaR: w_i (Σw)_i / σ · z_c, without mean.
    covariance = np.array([[1.0, 0.3], [0.3, 0.25]]) * 1e-4
    returns = np.random.default_rng(4).multivariate_normal([0, 0], covariance, 4000)
    s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252, ordered=True)
    w = np.array([0.5, 0.5])
    table = contribution_intervals(s, HALF, "var", confidence=0.9, resamples=300, rng=rng()).table
    exact = w * (covariance @ w) / np.sqrt(w @ covariance @ w) * stats.norm.ppf(0.9)
    assert (table["component_lower"] < exact).all()
    assert (exact < table["component_upper"]).all()
    whole = risk_interval(s, HALF, "var", confidence=0.9, resamples=300, rng=rng())
    assert table["component"].sum() == pytest.approx(whole.value, rel=1e-9)
    assert (table["component_upper"] - table["component_lower"] < 0.5 * table["component"]).all()


def test_refuses_var_contributions_that_do_not_exist():
    # Half the days lose exactly 1 %, the others gain: beyond VaR there is nothing to balance what lies below.
    losses = np.r_[np.full(50, 0.01), -np.linspace(0.01, 0.02, 50)]
    s = Scenarios(-losses[:, None], ("SPY",), periods_per_year=252, ordered=True)
    with pytest.raises(NumericalError):
        contribution_intervals(s, Portfolio("A", {"SPY": 1.0}), "var", confidence=0.52, rng=rng())


def test_shares_are_undefined_when_the_total_may_be_zero():
    s = independent(400)
    gains = Scenarios(s.returns + 0.012, s.assets, periods_per_year=252, ordered=True)
    r = contribution_intervals(gains, HALF, "cvar", confidence=0.6, rng=rng())
    assert r.table["component"].notna().all()
    assert r.table[["relative", "relative_lower", "relative_upper"]].isna().all().all()
    assert "undefined" in r.warning


def test_intervals_do_not_depend_on_the_order_of_weights_and_scale_with_the_unit():
    s = clustered(600)
    swapped = Portfolio("A", pd.Series({"BND": 0.5, "SPY": 0.5}))
    one = risk_interval(s, HALF, "cvar", confidence=0.9, rng=rng())
    two = risk_interval(s, swapped, "cvar", confidence=0.9, rng=rng())
    assert (one.lower, one.upper) == (two.lower, two.upper)
    for scale in (1e-8, 1e8):
        scaled = Scenarios(s.returns * scale, s.assets, periods_per_year=252, ordered=True)
        r = risk_interval(scaled, HALF, "cvar", confidence=0.9, rng=rng())
        assert (r.lower / scale, r.upper / scale) == pytest.approx((one.lower, one.upper), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, 95, float("nan")])
def test_refuses_confidence_outside_its_range(confidence):
    with pytest.raises(ConfidenceError):
        risk_interval(independent(100), HALF, "cvar", confidence=confidence, rng=rng())


@pytest.mark.parametrize("level", [0.05, 0.5, 1.0, 95, float("nan")])
def test_refuses_levels_outside_their_range(level):
    with pytest.raises(InputError, match="level of an interval"):
        risk_interval(independent(100), HALF, "cvar", confidence=0.9, level=level, rng=rng())


def test_refuses_blocks_of_unordered_scenarios():
    s = Scenarios(independent(100).returns, ("SPY", "BND"), periods_per_year=252)
    for call in (
        lambda: risk_interval(s, HALF, "cvar", confidence=0.9, rng=rng()),
        lambda: difference_interval(s, HALF, HALF, "cvar", confidence=0.9, rng=rng()),
        lambda: contribution_intervals(s, HALF, "cvar", confidence=0.9, rng=rng()),
    ):
        with pytest.raises(InputError, match="these are unordered"):
            call()


def test_refuses_blocks_of_weighted_scenarios():
    s = independent(100)
    p = np.arange(1, 101) / 5050
    with pytest.raises(InputError, match="these are weighted"):
        risk_interval(s.with_probabilities(p), HALF, "cvar", confidence=0.9, rng=rng())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"measure": "range", "confidence": 0.9}, "No interval for the measure"),
        ({"measure": "cvar", "confidence": None}, "needs a confidence between"),
        ({"measure": "volatility", "confidence": 0.9}, "no confidence level"),
        ({"measure": "cvar", "confidence": 0.9, "method": "jackknife"}, "No method"),
        ({"measure": "cvar", "confidence": 0.9, "resamples": 99}, "at least 100"),
    ],
)
def test_refuses_settings_that_do_not_exist(settings, words):
    with pytest.raises(InputError, match=words):
        risk_interval(independent(100), HALF, rng=rng(), **settings)


def test_refuses_what_only_one_figure_has():
    s = independent(100)
    with pytest.raises(InputError, match="No method 'asymptotic' here"):
        difference_interval(s, HALF, HALF, "var", confidence=0.9, method="asymptotic", rng=rng())
    with pytest.raises(InputError, match="No interval for the measure"):
        contribution_intervals(s, HALF, "range", confidence=0.9, rng=rng())


def test_refuses_too_few_scenarios():
    with pytest.raises(MissingDataError, match="at least 12 independent"):
        risk_interval(independent(11), HALF, "cvar", confidence=0.9, rng=rng())
    with pytest.raises(MissingDataError, match=r"there are 5\.0"):
        risk_interval(independent(119).over_horizon(20), HALF, "cvar", confidence=0.9, rng=rng())


def test_refuses_the_volatility_of_a_constant():
    s = Scenarios(np.full((50, 1), 0.01), ("SPY",), periods_per_year=252, ordered=True)
    with pytest.raises(NumericalError, match="same loss"):
        risk_interval(s, Portfolio("A", {"SPY": 1.0}), "volatility", rng=rng())


def test_refuses_weights_of_other_assets():
    with pytest.raises(AssetMismatchError):
        risk_interval(independent(50), Portfolio("A", {"SPY": 1.0}), "cvar", confidence=0.9, rng=rng())
