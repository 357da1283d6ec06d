"""The overshoot: printed figures in the Gaussian case, by formula and by pooling, and the CVaR twin."""

import numpy as np
import pytest

from riskcore.benchmark import active_at, active_portfolio, gaussian_overshoot, overshoot, stress_levels
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, ConfidenceError, InputError, NumericalError
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

# METHODS §7: benchmark 10 %, active positions planned at 2 % and actually at 5 %.
PRINTED = {0.0: 0.98, 0.25: 1.57, 0.5: 2.09, 0.75: 2.57}
BM, TE = Portfolio("BM", {"BM": 1.0, "TE": 0.0}), Portfolio("TE", {"BM": 0.0, "TE": 1.0})


def exact_moments(rho: float, *, rows: int = 4000, mean: float = 0.0) -> Scenarios:
    """Return normal draws made to have the moments 10 %, 2 % and ρ to rounding."""
    raw = np.random.default_rng(20).normal(size=(rows, 2))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / rows)).T
    wanted = np.array([[0.01, rho * 0.002], [rho * 0.002, 0.0004]])
    return Scenarios(mean + white @ np.linalg.cholesky(wanted).T, ("BM", "TE"), 1)


@pytest.mark.parametrize(("rho", "points"), PRINTED.items())
def test_the_printed_overshoot_by_formula(rho, points):
    assert f"{gaussian_overshoot(10.0, 2.0, 5.0, rho):.2f}" == f"{points:.2f}"


@pytest.mark.parametrize(("rho", "points"), PRINTED.items())
def test_the_printed_overshoot_by_pooling(rho, points):
    scenarios = exact_moments(rho)
    found = overshoot(scenarios, BM, TE, "volatility", levels=[0.02, 0.03, 0.05])
    last = found.table.iloc[-1]
    assert found.refused is None
    assert f"{100 * last['overshoot']:.2f}" == f"{points:.2f}"
    assert np.isclose(last["overshoot"], gaussian_overshoot(0.1, 0.02, 0.05, rho), rtol=0, atol=1e-8)
    assert np.allclose([last["benchmark"], last["tracking"]], [0.1, 0.05], rtol=1e-7)
    assert (np.diff(found.table["effective_scenarios"]) < 0).all()


def test_a_benchmark_left_alone_follows_its_regression_on_the_active_positions():
    # Stressing TE alone leaves the law of BM given TE as it is: Var(BM) = (1 − ρ² + ρ² k²) σ². Small k: the
    # weights have no variance from k² = 2 on, and no sample would come near the formula.
    rho, k = 0.5, 1.2
    found = overshoot(exact_moments(rho, rows=60_000), BM, TE, "volatility", levels=[k * 0.02], hold=False)
    expected = 0.1 * np.sqrt(1 - rho**2 + rho**2 * k**2)
    assert np.isclose(found.table["benchmark"].iloc[0], expected, rtol=0.005)  # of 60,000 draws
    assert not found.held


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


def of_sample(sample, benchmark):
    bm = Portfolio("BM", benchmark).on(sample.assets)
    equal = Portfolio("A", {a: 1 / sample.size for a in sample.assets})
    return bm, active_portfolio(equal, bm, sample.assets)


@pytest.mark.parametrize("benchmark", [{"SPY": 1.0}, {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}])
def test_the_cvar_twin_on_the_sample(sample, benchmark):
    bm, te = of_sample(sample, benchmark)
    planned = risk(sample, te, "cvar", confidence=0.95).value
    levels = stress_levels(planned, multiple=2.0, count=4)
    ends = []
    for rho in PRINTED:
        positions = active_at(
            sample, bm, te, correlation=rho, planned=planned, measure="cvar", confidence=0.95
        )
        found = overshoot(sample, bm, positions, "cvar", levels=levels, confidence=0.95)
        table = found.table
        assert np.allclose(table["actual"], levels)
        assert np.allclose(table["tracking"], table["actual"], rtol=1e-6)
        assert np.allclose(table["benchmark"], table["benchmark"].iloc[0], rtol=1e-6)
        assert (table["diversification"] <= 1e-15).all()
        assert table["overshoot"].iloc[0] == 0.0
        assert (np.diff(table["overshoot"]) > 0).all()
        assert (
            table["overshoot"] <= table["actual"] - planned - table["diversification"].iloc[0] + 1e-12
        ).all()
        ends.append(table["overshoot"].iloc[-1])
    if benchmark == {"SPY": 1.0}:  # as in the Gaussian case; beside bonds the active risk is the larger part
        assert (np.diff(ends) > 0).all()


@pytest.mark.parametrize("rho", [-1.0, -0.3, 0.0, 0.6, 1.0])
def test_positions_have_the_correlation_and_the_risk_asked_for(sample, rho):
    bm, te = of_sample(sample, {"SPY": 0.6, "BND": 0.4})
    found = active_at(sample, bm, te, correlation=rho, planned=0.004)
    r, b = sample.returns @ found.aligned(sample.assets), sample.returns @ bm.aligned(sample.assets)
    assert np.isclose(np.corrcoef(r, b)[0, 1], rho, atol=1e-10)
    assert np.isclose(r.std(), 0.004, rtol=1e-10)


def test_a_level_no_scenario_reaches_ends_the_line_and_says_why(sample):
    bm, te = of_sample(sample, {"SPY": 1.0})
    planned = risk(sample, te, "cvar", confidence=0.99).value
    found = overshoot(sample, bm, te, "cvar", levels=[planned, 3 * planned], confidence=0.99)
    assert len(found.table) == 1
    assert found.refused is not None
    assert found.refused[0] == 3 * planned
    assert "outside what the scenarios reach" in found.refused[1]


# ---- refusals ----


def test_no_active_positions_are_refused(sample):
    bm, _ = of_sample(sample, {"SPY": 1.0})
    none = Portfolio("TE", {a: 0.0 for a in sample.assets})
    with pytest.raises(NumericalError, match="no active positions"):
        overshoot(sample, bm, none, "volatility", levels=[0.1])
    with pytest.raises(NumericalError, match="only more or less"):
        active_at(sample, bm, none, correlation=0.5, planned=0.01)
    with pytest.raises(NumericalError, match="only more or less"):
        active_at(sample, bm, Portfolio("TE", -bm.weights), correlation=0.5, planned=0.01)
    with pytest.raises(NumericalError, match="never moves"):
        active_at(sample, none, Portfolio("TE", bm.weights), correlation=0.5, planned=0.01)


@pytest.mark.parametrize(
    ("settings", "kind", "named"),
    [
        ({"measure": "var", "levels": [0.02], "confidence": 0.95}, InputError, "not of 'var'"),
        ({"measure": "cvar", "levels": [0.06]}, ConfidenceError, "0.95"),
        ({"measure": "volatility", "levels": [0.01, 0.03]}, InputError, "upward only"),
        ({"measure": "volatility", "levels": [0.03, 0.03]}, InputError, "increasing"),
        ({"measure": "volatility", "levels": []}, InputError, "increasing"),
        ({"measure": "volatility", "levels": [0.02, float("nan")]}, InputError, "increasing"),
    ],
)
def test_what_is_no_overshoot_is_refused(settings, kind, named):
    with pytest.raises(kind, match=named):
        overshoot(exact_moments(0.0, rows=200), BM, TE, **settings)


def test_impossible_inputs_are_refused():
    scenarios = exact_moments(0.0, rows=200)
    with pytest.raises(InputError, match="between −1 and 1"):
        gaussian_overshoot(10, 2, 5, 1.5)
    with pytest.raises(InputError, match="not negative"):
        gaussian_overshoot(10, -2, 5, 0)
    with pytest.raises(InputError, match="between −1 and 1"):
        active_at(scenarios, BM, TE, correlation=2.0, planned=0.01)
    with pytest.raises(InputError, match="positive"):
        active_at(scenarios, BM, TE, correlation=0.0, planned=0.0)
    with pytest.raises(InputError, match="positive plan"):
        stress_levels(0.0)
    with pytest.raises(AssetMismatchError, match="TSLA"):
        overshoot(scenarios, Portfolio("BM", {"TSLA": 1.0}), TE, "volatility", levels=[0.02])
