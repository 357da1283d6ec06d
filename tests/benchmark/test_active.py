"""R(PF) = R(BM) + R(TE) + f: the identity, its split, its contributions, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.benchmark import active_portfolio, active_risk, relative_figures, with_series
from riskcore.errors import AssetMismatchError, ConfidenceError, InputError, MissingDataError
from riskcore.measures import MEASURES
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

SUBADDITIVE = [key for key in MEASURES if key != "var"]
TERMS = {
    "total": "total",
    "benchmark": "benchmark_risk",
    "tracking": "tracking_risk",
    "diversification_benchmark": "benchmark_part",
    "diversification_active": "active_part",
}


def drawn(seed: int, *, rows: int = 60, assets: int = 4, weighted: bool = False) -> Scenarios:
    rng = np.random.default_rng(seed)
    mixed = rng.standard_t(4, (rows, assets)) @ rng.normal(0, 1, (assets, assets)) * 0.01 + 0.0005
    p = rng.dirichlet(np.ones(rows)) if weighted else np.empty(0)
    return Scenarios(mixed, tuple(f"X{i}" for i in range(assets)), 252, probabilities=p, ordered=not weighted)


def held(scenarios: Scenarios, name: str, weights) -> Portfolio:
    return Portfolio(name, dict(zip(scenarios.assets, weights, strict=True)))


def pair(scenarios: Scenarios, seed: int) -> tuple[Portfolio, Portfolio]:
    rng = np.random.default_rng(seed + 1)
    n = scenarios.size
    return held(scenarios, "A", rng.normal(0.3, 0.5, n)), held(scenarios, "BM", rng.dirichlet(np.ones(n)))


@given(st.integers(0, 10**6), st.sampled_from(SUBADDITIVE))
def test_diversification_and_both_its_parts_never_raise_a_subadditive_risk(seed, measure):
    scenarios = drawn(seed, weighted=not MEASURES[measure].needs_order and seed % 2 == 1)
    found = active_risk(scenarios, *pair(scenarios, seed), measure, confidence=0.9)
    slack = 1e-12 * max(abs(found.total), abs(found.benchmark_risk), abs(found.tracking_risk))
    if measure == "evar":  # solved by a line search: equality, the worst case, to its accuracy
        slack *= 1e4
    assert found.benchmark_part <= slack
    assert found.active_part <= slack


@given(st.integers(0, 10**6), st.sampled_from(list(MEASURES)))
def test_every_term_is_the_sum_of_its_contributions_and_the_terms_add_up(seed, measure):
    scenarios = drawn(seed)
    found = active_risk(scenarios, *pair(scenarios, seed), measure, confidence=0.9)
    largest = float(np.abs(scenarios.returns).max())
    for column, term in TERMS.items():
        assert abs(found.table[column].sum() - getattr(found, term)) <= 1e-10 * largest
    parts = found.table.drop(columns=["weight", "benchmark_weight", "active_weight", "total"]).sum(axis=1)
    assert np.allclose(parts, found.table["total"], rtol=0, atol=1e-10 * largest)
    whole = found.benchmark_risk + found.tracking_risk + found.diversification
    assert abs(whole - found.total) <= 1e-10 * largest


@pytest.mark.parametrize("measure", ["cvar", "volatility", "var"])
@pytest.mark.parametrize("which", ["all cash", "the benchmark itself", "twice the benchmark"])
def test_nothing_to_share_is_exactly_zero_and_not_rounding_with_a_sign(measure, which):
    for seed in range(40):
        scenarios = drawn(seed)
        weights = np.random.default_rng(seed).dirichlet(np.ones(scenarios.size))
        base = weights * (which != "all cash")
        ours = weights * (2.0 if which.startswith("twice") else 1.0)
        pf, bm = held(scenarios, "A", ours), held(scenarios, "BM", base)
        found = active_risk(scenarios, pf, bm, measure, confidence=None if measure == "volatility" else 0.9)
        assert (found.benchmark_part, found.active_part, found.diversification) == (0.0, 0.0, 0.0)
        assert (found.table[["diversification_benchmark", "diversification_active"]] == 0.0).all(axis=None)


def test_var_can_have_a_positive_f():
    # Two bets that lose in different scenarios: neither reaches the VaR 90 % by itself, together they do.
    returns = np.zeros((100, 2))
    returns[:8, 0] = returns[8:16, 1] = -1.0
    scenarios = Scenarios(returns + 1e-6 * np.arange(100)[:, None], ("X", "Y"), 252)
    found = active_risk(
        scenarios, held(scenarios, "A", [1, 1]), held(scenarios, "BM", [1, 0]), "var", confidence=0.9
    )
    assert found.diversification > 0.9


def test_cvar_by_hand():
    # Losses of BM 1..20 %, of TE the same reversed: tail of 2 at 0.9.
    up = np.arange(1.0, 21.0) / 100
    scenarios = Scenarios(-np.column_stack([up, up[::-1]]), ("X", "Y"), 252)
    found = active_risk(
        scenarios, held(scenarios, "A", [1.0, 0.5]), held(scenarios, "BM", [1, 0]), "cvar", confidence=0.9
    )
    # PF loses l + (21 − l)/2 = l/2 + 10.5: worst where BM is worst, there TE loses 0.5 and 1, mean 0.75 %.
    assert np.isclose(found.benchmark_risk, 0.195, rtol=1e-12)
    assert np.isclose(found.tracking_risk, 0.0975, rtol=1e-12)
    assert np.isclose(found.total, 0.2025, rtol=1e-12)
    assert np.isclose(found.benchmark_part, 0.0, atol=1e-15)
    assert np.isclose(found.active_part, 0.0075 - 0.0975, rtol=1e-12)


def test_the_variance_identity_with_rho():
    scenarios = drawn(5, weighted=True)
    a, bm = pair(scenarios, 5)
    found = active_risk(scenarios, a, bm, "volatility")
    rho = relative_figures(scenarios, a, bm).active_correlation
    b, t = found.benchmark_risk, found.tracking_risk
    assert np.isclose(found.total**2, b**2 + t**2 + 2 * rho * b * t, rtol=1e-12)


def test_a_portfolio_equal_to_the_benchmark_has_no_active_risk():
    scenarios = drawn(3)
    bm = held(scenarios, "BM", [0.1 + 0.2, 0.2, 0.3, 0.2])
    a = held(scenarios, "A", [0.3, 0.2, 0.3, 0.2])  # 0.1 + 0.2 is not 0.3 in floating point
    for measure in ("cvar", "volatility", "var"):
        found = active_risk(scenarios, a, bm, measure, confidence=0.9)
        assert not found.active
        assert found.tracking_risk == 0.0
        assert found.shares.isna().all()
        assert np.isclose(found.total, found.benchmark_risk, rtol=1e-14)
    figures = relative_figures(scenarios, a, bm)
    assert figures.tracking_error == 0.0
    assert np.isnan(figures.information_ratio)
    assert np.isclose(figures.beta, 1.0, rtol=1e-12)


def test_an_external_series_is_a_benchmark_like_any_other():
    scenarios = drawn(7)
    series = pd.Series(scenarios.returns @ [0.5, 0.5, 0.0, 0.0], index=scenarios.index).sample(
        frac=1, random_state=1
    )
    wide = with_series(scenarios, series, "Index")
    a = held(scenarios, "A", [0.25] * 4)
    outside = active_risk(
        wide, a.on(wide.assets), Portfolio("BM", {"Index": 1.0}).on(wide.assets), confidence=0.9
    )
    inside = active_risk(scenarios, a, held(scenarios, "BM", [0.5, 0.5, 0, 0]), confidence=0.9)
    for term in TERMS.values():
        assert np.isclose(getattr(outside, term), getattr(inside, term), rtol=1e-12, atol=1e-16)


def test_relative_figures_are_those_of_their_definitions():
    scenarios = drawn(11)
    a, bm = pair(scenarios, 11)
    r, b = scenarios.frame @ a.weights, scenarios.frame @ bm.weights
    found = relative_figures(scenarios, a, bm)
    assert np.isclose(found.tracking_error, (r - b).std(ddof=0), rtol=1e-12)
    assert np.isclose(found.tracking_error_per_year, (r - b).std(ddof=0) * np.sqrt(252), rtol=1e-12)
    assert np.isclose(
        found.information_ratio, (r - b).mean() / (r - b).std(ddof=0) * np.sqrt(252), rtol=1e-10
    )
    assert np.isclose(found.beta, np.polyfit(b, r, 1)[0], rtol=1e-9)
    assert np.isclose(found.correlation, np.corrcoef(r, b)[0, 1], rtol=1e-10)
    assert np.isclose(found.up_capture, r[b > 0].mean() / b[b > 0].mean(), rtol=1e-12)
    assert np.isclose(found.down_capture, r[b < 0].mean() / b[b < 0].mean(), rtol=1e-12)
    assert found.up_scenarios + found.down_scenarios == scenarios.count


def test_against_cash_there_is_no_beta_and_no_capture():
    scenarios = drawn(13)
    found = relative_figures(scenarios, pair(scenarios, 13)[0], held(scenarios, "BM", [0.0] * 4))
    assert np.isnan([found.beta, found.correlation, found.active_correlation, found.up_capture]).all()
    assert found.tracking_error > 0.0


def test_splitting_a_scenario_and_the_order_of_assets_change_nothing():
    scenarios = drawn(17)
    a, bm = pair(scenarios, 17)
    halves = Scenarios(
        np.vstack([scenarios.returns, scenarios.returns[:1]]),
        scenarios.assets,
        252,
        probabilities=np.r_[0.5 / 60, np.full(59, 1 / 60), 0.5 / 60],
    )
    turned = scenarios.select(scenarios.assets[::-1])
    one = active_risk(scenarios, a, bm, confidence=0.9)
    for other in (halves, turned):
        found = active_risk(other, a, bm, confidence=0.9)
        assert np.allclose(found.table.loc[list(scenarios.assets)], one.table, rtol=1e-10, atol=1e-15)


# ---- refusals ----


@pytest.mark.parametrize(
    ("call", "kind", "named"),
    [
        (lambda s, a, b: active_risk(s, a, b, "cvar"), ConfidenceError, "0.95"),
        (lambda s, a, b: active_risk(s, a, b, "cvar", confidence=95), ConfidenceError, "0.95"),
        (lambda s, a, b: active_risk(s, a, b, "beta"), InputError, "beta"),
        (
            lambda s, a, b: active_risk(s, a, Portfolio("BM", {"MSCI": 1.0}), confidence=0.9),
            AssetMismatchError,
            "MSCI",
        ),
        (lambda s, a, b: relative_figures(s, a, Portfolio("BM", {"MSCI": 1.0})), AssetMismatchError, "MSCI"),
        (lambda s, a, b: active_portfolio(a, b, ("X0",)), AssetMismatchError, "X1"),
        (lambda s, a, b: with_series(s, pd.Series(0.0, index=s.index), "X0"), AssetMismatchError, "X0"),
        (
            lambda s, a, b: with_series(s, pd.Series(0.0, index=s.index[:50]), "I"),
            MissingDataError,
            "10 of 60",
        ),
        (
            lambda s, a, b: with_series(s, pd.Series(0.0, index=[*s.index, 0]), "I"),
            MissingDataError,
            "two returns",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(call, kind, named):
    scenarios = drawn(1)
    with pytest.raises(kind, match=named):
        call(scenarios, *pair(scenarios, 1))
