"""Contributions to Gaussian and modified VaR and CVaR: two oracles, properties, refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskcore.contributions import risk_contributions
from riskcore.errors import AssetMismatchError, ConfidenceError, InputError, NumericalError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.tail_models import MOMENT_MODELS, model_contributions, tail_risk

LONG = np.longdouble
BOTH = ("var", "cvar")
LEVELS = [0.9, 0.95, 0.99, 0.995]
NAMES = ("SPY", "BND", "GLD", "VNQ")


def scenarios(seed=1, count=250, weighted=False, skew=1.0):
    rng = np.random.default_rng(seed)
    common = -skew * rng.exponential(size=(count, 1)) + rng.normal(size=(count, 1))
    returns = (common * [1.0, 0.2, -0.3, 1.2] + rng.normal(size=(count, 4)) * [0.5, 0.6, 1.0, 0.8]) / 100
    p = rng.dirichlet(np.full(count, 2.0)) if weighted else np.full(count, 1 / count)
    return Scenarios(returns, NAMES, periods_per_year=252, probabilities=p)


def portfolio(*weights):
    return Portfolio("A", dict(zip(NAMES, weights, strict=True)))


LONG_ONLY = portfolio(0.4, 0.3, 0.2, 0.1)
LONG_SHORT = portfolio(0.9, -0.4, 0.2, 0.3)
CASES = [
    (scenarios(1), LONG_ONLY),
    (scenarios(2, weighted=True), LONG_ONLY),
    (scenarios(3, skew=-1.0), LONG_SHORT),
    (scenarios(4, count=40, weighted=True), LONG_SHORT),
]


def by_tensors(s, weights, model, measure, c):
    """Value and gradient as Boudt, Peterson and Croux write them: returns, level 1 − c, full tensors."""
    p, alpha = s.probabilities, 1 - c
    mu = p @ s.returns
    d = s.returns - mu
    sigma = np.einsum("s,si,sj->ij", p, d, d)
    m3 = np.einsum("s,si,sj,sk->ijk", p, d, d, d)
    m4 = np.einsum("s,si,sj,sk,sl->ijkl", p, d, d, d, d)
    w = weights
    two, d_two = w @ sigma @ w, 2 * sigma @ w
    three, d_three = np.einsum("ijk,i,j,k", m3, w, w, w), 3 * np.einsum("ijk,j,k->i", m3, w, w)
    four, d_four = np.einsum("ijkl,i,j,k,l", m4, w, w, w, w), 4 * np.einsum("ijkl,j,k,l->i", m4, w, w, w)
    z = stats.norm.ppf(alpha)
    skew, kurt = three / two**1.5, four / two**2 - 3
    d_skew = d_three / two**1.5 - 1.5 * three / two**2.5 * d_two
    d_kurt = d_four / two**2 - 2 * four / two**3 * d_two
    if model == "gaussian":
        skew, kurt, d_skew, d_kurt = 0.0, 0.0, 0 * w, 0 * w
    g = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurt / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    d_g = (z**2 - 1) * d_skew / 6 + (z**3 - 3 * z) * d_kurt / 24 - (2 * z**3 - 5 * z) * skew * d_skew / 18

    def powers(q):
        """∫_{−∞}^g z^q φ(z) dz by the recursion I_q = −g^{q−1} φ(g) + (q−1) I_{q−2}, and its slope in g."""
        if q < 2:
            return -stats.norm.pdf(g) if q else stats.norm.cdf(g)
        return -(g ** (q - 1)) * stats.norm.pdf(g) + (q - 1) * powers(q - 2)

    def mean_of(*coefficients):
        """−∫ z · polynomial · φ below g, coefficients from the constant on; and its slope in g."""
        whole = -sum(a * powers(q + 1) for q, a in enumerate(coefficients))
        return whole, -g * sum(a * g**q for q, a in enumerate(coefficients)) * stats.norm.pdf(g)

    plain, third = mean_of(1), mean_of(0, -3, 0, 1)
    fourth, sixth = mean_of(3, 0, -6, 0, 1), mean_of(-15, 0, 45, 0, -15, 0, 1)
    parts = list(zip(plain, third, fourth, sixth, strict=True))
    es, es_by_g = ((a + skew / 6 * b + kurt / 24 * e + skew**2 / 72 * f) / alpha for a, b, e, f in parts)
    d_es = (
        es_by_g * d_g
        + (third[0] * d_skew / 6 + fourth[0] * d_kurt / 24 + sixth[0] * skew * d_skew / 36) / alpha
    )
    if measure == "var" or -es > g:
        es, d_es = -g, -d_g
    deviation = np.sqrt(two)
    return -w @ mu + deviation * es, -mu + d_two / (2 * deviation) * es + deviation * d_es


def long_value(s, w, model, measure, c):
    """The model's value in extended precision."""
    p = s.probabilities.astype(LONG)
    p = p / p.sum()
    losses = -(s.returns.astype(LONG) @ w)
    mean = p @ losses
    m2, m3, m4 = (p @ (losses - mean) ** k for k in (2, 3, 4))
    z, skew, kurt = LONG(stats.norm.ppf(c)), m3 / m2 ** LONG(1.5), m4 / m2**2 - 3
    if model == "gaussian":
        skew = kurt = LONG(0)
    g = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurt / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    if measure == "var":
        return mean + np.sqrt(m2) * g
    density = np.exp(-g * g / 2) / np.sqrt(2 * LONG(np.pi)) / (1 - LONG(c))
    beyond = density * (
        1
        + skew * g**3 / 6
        + kurt * (g**4 - 2 * g**2 - 1) / 24
        + skew**2 * (g**6 - 9 * g**4 + 9 * g**2 + 3) / 72
    )
    return mean + np.sqrt(m2) * max(beyond, g)


@pytest.mark.parametrize("c", LEVELS)
@pytest.mark.parametrize("measure", BOTH)
@pytest.mark.parametrize("model", MOMENT_MODELS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_full_tensors_and_finite_differences_agree(case, model, measure, c):
    s, a = CASES[case]
    found = model_contributions(s, a, model, measure, confidence=c)
    w = a.weights.to_numpy()
    value, gradient = by_tensors(s, w, model, measure, c)
    marginal = found.table["marginal"].to_numpy()
    size = np.abs(gradient).max()
    assert found.total == pytest.approx(value, rel=1e-11)
    assert marginal == pytest.approx(gradient, abs=1e-11 * size)
    assert found.table["component"].sum() == pytest.approx(found.total, rel=1e-12)
    w, h = w.astype(LONG), LONG(1e-5)
    differences = [
        float(
            (long_value(s, w + h * e, model, measure, c) - long_value(s, w - h * e, model, measure, c))
            / (2 * h)
        )
        for e in np.eye(4)
    ]
    assert marginal == pytest.approx(differences, abs=2e-8 * size)


def test_the_cases_reach_both_sides_of_the_floor():
    held = {
        (case, c): model_contributions(s, a, "cornish_fisher", "cvar", confidence=c).total
        == model_contributions(s, a, "cornish_fisher", "var", confidence=c).total
        for case, (s, a) in enumerate(CASES)
        for c in LEVELS
    }
    assert set(held.values()) == {True, False}


@pytest.mark.parametrize("model", MOMENT_MODELS)
@pytest.mark.parametrize("c", LEVELS)
def test_totals_and_notes_are_those_of_the_model(model, c):
    for s, a in CASES:
        one = tail_risk(s, a, model, confidence=c)
        for measure in BOTH:
            found = model_contributions(s, a, model, measure, confidence=c)
            assert found.total == pytest.approx(getattr(one, measure), rel=1e-12)
            assert found.note == one.note


def test_gaussian_two_assets_by_hand():
    # Returns ±σ₁, ±σ₂, independent: Σ = diag(0.0004, 0.0001), μ = (0.001, 0).
    returns = np.array([[0.021, 0.01], [0.021, -0.01], [-0.019, 0.01], [-0.019, -0.01]])
    s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    a = Portfolio("A", {"SPY": 0.6, "BND": 0.4})
    found = model_contributions(s, a, "gaussian", "var", confidence=0.95).table["marginal"]
    deviation = np.sqrt(0.36 * 0.0004 + 0.16 * 0.0001)
    z = 1.6448536269514722
    expected = [-0.001 + z * 0.6 * 0.0004 / deviation, z * 0.4 * 0.0001 / deviation]
    assert found.tolist() == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 10_000), st.sampled_from(MOMENT_MODELS), st.sampled_from(BOTH), st.floats(0.6, 0.99))
@settings(max_examples=60, deadline=None)
def test_components_add_up_and_the_size_of_the_portfolio_does_not_matter(seed, model, measure, c):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=4)
    s = scenarios(seed, count=30, weighted=bool(seed % 2), skew=rng.normal())
    one = model_contributions(s, portfolio(*w), model, measure, confidence=c)
    gross = one.table["component"].abs().sum()
    assert one.table["component"].sum() == pytest.approx(one.total, abs=1e-12 * gross)
    three = model_contributions(s, portfolio(*(3 * w)), model, measure, confidence=c)
    top = one.table["marginal"].abs().max()
    assert three.table["marginal"].tolist() == pytest.approx(one.table["marginal"].tolist(), abs=1e-11 * top)


@pytest.mark.parametrize("measure", BOTH)
@pytest.mark.parametrize("model", MOMENT_MODELS)
def test_order_and_splitting_of_scenarios_change_nothing(model, measure):
    s, a = CASES[1]
    one = model_contributions(s, a, model, measure, confidence=0.95)
    rows, columns = np.random.default_rng(0).permutation(s.count), [2, 0, 3, 1]
    shuffled = Scenarios(
        s.returns[rows][:, columns],
        tuple(NAMES[i] for i in columns),
        periods_per_year=252,
        probabilities=s.probabilities[rows],
    )
    halves = Scenarios(
        np.vstack([s.returns, s.returns]),
        NAMES,
        periods_per_year=252,
        probabilities=np.concatenate([s.probabilities, s.probabilities]) / 2,
    )
    for other in (shuffled, halves):
        found = model_contributions(other, a, model, measure, confidence=0.95)
        pd.testing.assert_frame_equal(found.table.loc[list(NAMES)], one.table, rtol=1e-9)


def test_gaussian_and_historical_var_contributions_agree_within_sampling_error():
    rng = np.random.default_rng(11)
    root = np.array([[1.0, 0, 0], [0.6, 0.8, 0], [-0.2, 0.3, 0.9]])
    s = Scenarios(rng.normal(size=(200_000, 3)) @ root.T / 100, NAMES[:3], periods_per_year=252)
    a = Portfolio("A", dict(zip(NAMES, (0.5, 0.3, 0.2), strict=False)))
    model = model_contributions(s, a, "gaussian", "var", confidence=0.95).table["component"]
    history = risk_contributions(s, a, "var", confidence=0.95).table["component"]
    # The smoothed VaR rests on about 10,000 scenarios, whose assets scatter by about 1 % about the portfolio.
    assert np.abs(model - history).max() < 4 * 0.005 / np.sqrt(10_000)
    assert history.sum() == pytest.approx(model.sum(), rel=0.01)


def test_modified_reads_what_the_gaussian_does_not():
    # Two assets alike in mean, variance and correlation; the losses of one have the long tail.
    rng = np.random.default_rng(5)
    crash = 1 - rng.exponential(size=100_000)
    s = Scenarios(np.column_stack([crash, -crash[::-1]]) / 100, ("SPY", "GLD"), periods_per_year=252)
    a = Portfolio("A", {"SPY": 0.5, "GLD": 0.5})
    plain, modified = (
        model_contributions(s, a, model, "var", confidence=0.99).table["relative"] for model in MOMENT_MODELS
    )
    assert plain["SPY"] == pytest.approx(0.5, abs=0.02)
    assert modified["SPY"] > 0.6


def test_cvar_held_at_var_has_its_contributions_and_says_so():
    returns = -(np.random.default_rng(2).exponential(size=(400, 2)) ** 2) / 100
    s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    a = Portfolio("A", {"SPY": 0.7, "BND": 0.3})
    var, cvar = (model_contributions(s, a, "cornish_fisher", m, confidence=0.99) for m in BOTH)
    assert var.total == cvar.total
    pd.testing.assert_frame_equal(var.table, cvar.table)
    assert "CVaR is shown equal to VaR" in cvar.note
    assert "VaR 99\u00a0%" in tail_risk(s, a, "cornish_fisher", confidence=0.99).note
    # At 90 % CVaR stands above VaR; only the quantiles that fall in the centre are in doubt.
    assert "shown equal" not in tail_risk(s, a, "cornish_fisher", confidence=0.9).note


def test_notes_print_true_minus_signs():
    losses = -(np.random.default_rng(2).exponential(size=300) ** 2)
    s = Scenarios(-losses[:, None], ("SPY",), periods_per_year=252)
    note = tail_risk(s, Portfolio("A", {"SPY": 1.0}), "cornish_fisher", confidence=0.95).note
    assert "skewness of losses −" in note
    assert "-" not in note


def test_the_result_is_labelled_and_groups():
    s, a = CASES[0]
    found = model_contributions(s, a, "cornish_fisher", "cvar", confidence=0.95)
    assert (found.portfolio, found.measure, found.confidence) == ("A", "cvar", 0.95)
    assert found.label == "CVaR 95\u00a0%, Cornish–Fisher"
    grouped = found.grouped({"SPY": "equity", "BND": "bonds", "GLD": "gold", "VNQ": "equity"})
    assert grouped["component"].sum() == pytest.approx(found.total)


def test_shares_near_zero_risk_are_undefined():
    returns = np.random.default_rng(0).normal(size=(500, 2)) / 100
    returns[:, 1] = -returns[:, 0] + 1e-6 * returns[:, 1]
    s = Scenarios(returns, ("SPY", "INV"), periods_per_year=252)
    found = model_contributions(
        s, Portfolio("A", {"SPY": 0.5, "INV": 0.5}), "gaussian", "var", confidence=0.95
    )
    assert not found.relative_defined


@pytest.mark.parametrize("model", ["historical", "student_t", "evt", "Gaussian", "", None])
def test_other_models_are_refused(model):
    s, a = CASES[0]
    with pytest.raises(InputError, match="gaussian, cornish_fisher"):
        model_contributions(s, a, model, "var", confidence=0.95)


@pytest.mark.parametrize("measure", ["volatility", "CVaR", "es", None])
def test_other_measures_are_refused(measure):
    s, a = CASES[0]
    with pytest.raises(InputError, match="var or cvar"):
        model_contributions(s, a, "gaussian", measure, confidence=0.95)


@pytest.mark.parametrize("confidence", [0.05, 95, 1.0, 0.5, float("nan"), "0.95"])
def test_confidence_out_of_range_is_refused(confidence):
    s, a = CASES[0]
    with pytest.raises(ConfidenceError):
        model_contributions(s, a, "cornish_fisher", "cvar", confidence=confidence)


def test_other_labels_are_refused():
    s, _ = CASES[0]
    with pytest.raises(AssetMismatchError):
        model_contributions(s, Portfolio("A", {"SPY": 1.0}), "gaussian", "var", confidence=0.95)


@pytest.mark.parametrize("model", MOMENT_MODELS)
def test_constant_losses_are_refused(model):
    s, a = CASES[0]
    flat = replace(s, returns=np.full((s.count, 4), 0.001))
    with pytest.raises(NumericalError, match="same loss"):
        model_contributions(flat, a, model, "var", confidence=0.95)
    with pytest.raises(NumericalError, match="same loss"):
        model_contributions(s, portfolio(0.0, 0.0, 0.0, 0.0), model, "var", confidence=0.95)
