"""Views: each kind holds, the sequence against a cone solver, extreme posteriors, and what is refused."""

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.contributions import risk_contributions
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, ConfidenceError, InfeasibleViewsError, InputError
from riskcore.measures import MEASURES, cvar, risk, value_at_risk, volatility
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    CorrelationView,
    CvarView,
    MeanView,
    QuantileView,
    RankView,
    SkewView,
    VarView,
    VolatilityView,
    apply_views,
)

ASSETS = ["SPY", "BND", "GOLD", "NIKKEI225"]
SAMPLE = load_sample("global").scenarios(ASSETS)
MIX = Portfolio("Mix", {"SPY": 0.5, "BND": 0.3, "GOLD": 0.1, "NIKKEI225": 0.1})
STOCKS = Portfolio("Stocks", {"SPY": 0.6, "NIKKEI225": 0.4})
X, Y = SAMPLE.returns[:, 0], SAMPLE.returns[:, 1]


def made(seed=0, rows=250):
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(5, (rows, 3)) * 0.01
    returns[:, 1] += 0.5 * returns[:, 0]
    return Scenarios(returns, ("A", "B", "C"), 252, rng.dirichlet(np.full(rows, 3.0)))


def test_no_views_leave_the_prior():
    for prior in (SAMPLE, made()):
        found = apply_views(prior, [])
        assert (found.scenarios.probabilities == prior.probabilities).all()
        assert (found.relative_entropy, found.kept_share, found.residual) == (0.0, 1.0, 0.0)
        assert (
            found.views.empty
            and (found.correlations["change"] == 0).all()
            and not found.moved["viewed"].any()
        )


def test_each_kind_of_view_holds_by_its_definition():
    found = apply_views(
        SAMPLE,
        [
            MeanView("SPY", -0.001),
            RankView("GOLD", "BND", by=0.001),
            VolatilityView("SPY", 0.02),
            CorrelationView("SPY", "BND", 0.4),
            SkewView("GOLD", -0.8, sense="<="),
            VolatilityView(STOCKS, 0.012, sense=">="),
            CvarView(MIX, confidence=0.95, value=0.032),
        ],
    )
    q = found.scenarios.probabilities
    mean, spread = q @ X, np.sqrt(q @ (X - q @ X) ** 2)
    assert mean == pytest.approx(-0.001, abs=1e-12)
    assert spread == pytest.approx(0.02, rel=1e-9)
    assert q @ (SAMPLE.returns[:, 2] - Y) >= 0.001 - 1e-12
    correlation = (q @ (X * Y) - mean * (q @ Y)) / spread / np.sqrt(q @ Y**2 - (q @ Y) ** 2)
    assert correlation == pytest.approx(0.4, abs=1e-9)
    gold = SAMPLE.returns[:, 2] - q @ SAMPLE.returns[:, 2]
    assert (q @ gold**3) / (q @ gold**2) ** 1.5 <= -0.8 + 1e-9
    assert cvar(found.scenarios, MIX, confidence=0.95).value == pytest.approx(0.032, rel=1e-9)
    stocks = SAMPLE.returns @ np.array([0.6, 0, 0, 0.4])
    assert np.sqrt(q @ stocks**2 - (q @ stocks) ** 2) >= 0.012 - 1e-10
    assert found.views["held"].all() and found.residual <= 1e-8
    assert found.steps == (
        "means, rankings, quantiles and VaR",
        "volatilities",
        "correlations and skewness",
        "CVaR",
    )
    assert found.moved["viewed"].all()


@pytest.mark.parametrize("sense", ["=", ">=", "<="])
def test_a_var_view_is_the_var_of_the_posterior(sense):
    for value in (0.01, 0.03):
        found = apply_views(SAMPLE, [VarView("SPY", confidence=0.95, value=value, sense=sense)])
        used = found.views.loc[0, "used"]
        assert np.isin(used, -X) and abs(used - value) < 1e-3
        after = value_at_risk(
            found.scenarios, Portfolio("S", {"SPY": 1, "BND": 0, "GOLD": 0, "NIKKEI225": 0}), confidence=0.95
        ).value
        assert found.views.loc[0, "after"] == after and found.views.loc[0, "held"]
        if sense == "=":
            assert after == used
        assert {"=": True, ">=": after >= value, "<=": after <= value}[sense]


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("sense", ["=", ">=", "<="])
def test_a_quantile_view_is_the_quantile_of_the_posterior(level, sense):
    prior = made(2)
    asked = np.quantile(prior.returns[:, 0], level) + 0.004
    found = apply_views(prior, [QuantileView("A", level=level, value=asked, sense=sense)])
    order = np.argsort(prior.returns[:, 0])
    reached = np.cumsum(found.scenarios.probabilities[order])
    after = prior.returns[order[np.argmax(reached >= level - 1e-12)], 0]
    assert found.views.loc[0, "after"] == after and found.views.loc[0, "held"]
    if sense == "=":
        assert after == found.views.loc[0, "used"]


def solved(p, rows, targets):
    q = cp.Variable(p.size, nonneg=True)
    scale = np.abs(rows).max(axis=1)
    views = [cp.sum(q) == 1, (rows / scale[:, None]) @ q == targets / scale]
    problem = cp.Problem(cp.Minimize(cp.sum(cp.kl_div(q, p))), views)
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    return q.value, problem.value


def test_the_sequence_is_heuristic_h1_of_vorobets_2021():
    # Written from the paper: every step solves from the prior with all views so far, the means and
    # volatilities a view needs being those of the step before.
    prior = made(4)
    p, (a, b, c) = prior.probabilities, prior.returns.T
    targets = {"mean": 0.002, "vol": 0.009, "rho": 0.1}
    q0, _ = solved(p, np.stack([a]), np.array([0.002]))
    mb = q0 @ b
    rows = [a, b, (b - mb) ** 2]
    goals = [0.002, mb, 0.009**2]
    q1, _ = solved(p, np.stack(rows), np.array(goals))
    mc, sb = q1 @ c, 0.009
    sc = np.sqrt(q1 @ (c - mc) ** 2)
    rows += [c, (c - mc) ** 2, (b - mb) * (c - mc)]
    goals += [mc, sc**2, 0.1 * sb * sc]
    q2, divergence = solved(p, np.stack(rows), np.array(goals))
    found = apply_views(
        prior,
        [
            CorrelationView("B", "C", targets["rho"]),
            MeanView("A", targets["mean"]),
            VolatilityView("B", targets["vol"]),
        ],
    )
    assert found.relative_entropy == pytest.approx(divergence, abs=1e-6)
    assert np.abs(found.scenarios.probabilities - q2).max() < 1e-5
    assert [words.rpartition(" at ")[0] for words in found.held_fixed] == [
        "mean of B",
        "volatility of B",
        "mean of C",
        "volatility of C",
    ]


def test_views_on_a_normal_prior_give_meuccis_closed_form():
    # Meucci (2008), section 3: with means and covariances as views a normal stays normal.
    nodes, mass = np.polynomial.hermite_e.hermegauss(50)
    mass = mass / mass.sum()
    x, z = np.repeat(nodes, 50), np.tile(nodes, 50)
    prior = Scenarios(
        np.column_stack([x, 0.6 * x + 0.8 * z]) / 100,
        ("X", "Y"),
        252,
        np.repeat(mass, 50) * np.tile(mass, 50),
    )
    found = apply_views(prior, [MeanView("X", 0.005), VolatilityView("X", 0.012)])
    assert found.moved.loc["Y", "mean_after"] == pytest.approx(0.6 * 0.005, abs=1e-8)
    assert found.moved.loc["Y", "volatility_after"] == pytest.approx(
        0.01 * np.sqrt(0.36 * 1.44 + 0.64), abs=1e-7
    )
    assert found.relative_entropy == pytest.approx(0.5**2 / 2 + (1.44 - 1 - np.log(1.44)) / 2, abs=1e-6)


def test_trust_blends_the_nested_posteriors():
    sure, half = MeanView("A", 0.002, trust=0.8), VolatilityView("B", 0.009, trust=0.3)
    prior = made(5)
    both = apply_views(prior, [MeanView("A", 0.002), VolatilityView("B", 0.009)]).scenarios.probabilities
    one = apply_views(prior, [MeanView("A", 0.002)]).scenarios.probabilities
    found = apply_views(prior, [sure, half])
    expected = 0.3 * both + 0.5 * one + 0.2 * prior.probabilities
    assert np.abs(found.scenarios.probabilities - expected).max() < 1e-14
    assert found.views["held"].tolist() == [False, False]
    mean = prior.probabilities @ prior.returns[:, 0]
    assert found.views.loc[0, "after"] == pytest.approx(0.8 * 0.002 + 0.2 * mean, abs=1e-12)


@given(seed=st.integers(0, 2000), pull=st.floats(0.3, 0.97))
def test_an_extreme_posterior_still_has_exact_risk_and_contributions(seed, pull):
    prior = made(seed, rows=80)
    p = Portfolio("P", {"A": 0.5, "B": 0.8, "C": -0.3})
    losses = -prior.returns @ np.array([0.5, 0.8, -0.3])
    before = cvar(prior, p, confidence=0.95).value
    asked = before + pull * (losses.max() - before)
    found = apply_views(prior, [CvarView(p, confidence=0.95, value=asked), MeanView("C", 0.0005)])
    posterior = found.scenarios
    q = posterior.probabilities
    # The expected shortfall as the mean of the worst 5 % of probability, by a plain loop.
    left, total = 0.05, 0.0
    for k in np.argsort(-losses):
        part = min(left, q[k])
        total, left = total + part * losses[k], left - part
    assert cvar(posterior, p, confidence=0.95).value == pytest.approx(total / 0.05, rel=1e-10)
    assert total / 0.05 == pytest.approx(asked, rel=1e-8)
    for measure in ("cvar", "volatility", "evar", "worst"):
        level = 0.95 if MEASURES[measure].uses_confidence else None
        parts = risk_contributions(posterior, p, measure, confidence=level)
        assert parts.table["component"].sum() == pytest.approx(
            risk(posterior, p, measure, confidence=level).value, rel=1e-10
        )


def test_one_scenario_with_more_than_five_percent_is_marked():
    prior = made(6, rows=60)
    worst = prior.returns[:, 0].min()
    found = apply_views(prior, [MeanView("A", 0.7 * worst)])
    p = Portfolio("P", {"A": 1.0, "B": 0.0, "C": 0.0})
    assert found.few_scenarios and found.largest_probability > 0.05
    assert cvar(found.scenarios, p, confidence=0.9).value == pytest.approx(-worst, rel=1e-12)
    parts = risk_contributions(found.scenarios, p, "cvar", confidence=0.9).table["component"]
    assert parts.sum() == pytest.approx(-worst, rel=1e-12)
    assert not apply_views(SAMPLE, [MeanView("SPY", 0.0)]).few_scenarios


def test_two_cvar_views_both_hold():
    found = apply_views(
        SAMPLE,
        [CvarView("SPY", confidence=0.95, value=0.05), CvarView(MIX, confidence=0.99, value=0.03)],
    )
    assert found.views["held"].all()
    assert cvar(found.scenarios, MIX, confidence=0.99).value == pytest.approx(0.03, rel=1e-8)


def test_what_else_moved_is_measured_by_the_measures():
    found = apply_views(SAMPLE, [VolatilityView("SPY", 0.02)])
    for asset in ASSETS:
        alone = Portfolio(asset, {a: float(a == asset) for a in ASSETS})
        assert found.moved.loc[asset, "volatility_after"] == pytest.approx(
            volatility(found.scenarios, alone).value
        )
        assert found.moved.loc[asset, "volatility_before"] == pytest.approx(volatility(SAMPLE, alone).value)
    assert found.moved["viewed"].to_dict() == {"SPY": True, "BND": False, "GOLD": False, "NIKKEI225": False}
    row = found.correlations.set_index(["first", "second"]).loc[("SPY", "BND")]
    assert row["before"] == pytest.approx(np.corrcoef(X, Y)[0, 1])
    assert found.correlations["change"].abs().is_monotonic_decreasing
    assert found.held_fixed == (f"mean of SPY at {100 * X.mean():.4g} %",)


def test_the_order_of_the_views_does_not_matter():
    views = [MeanView("A", 0.002), VolatilityView("B", 0.009), CorrelationView("A", "C", 0.2)]
    prior = made(8)
    one, two = (apply_views(prior, order).scenarios.probabilities for order in (views, views[::-1]))
    assert np.abs(one - two).max() < 1e-12


def test_the_posterior_names_its_source():
    found = apply_views(SAMPLE, [MeanView("SPY", 0.0)])
    assert found.scenarios.source == f"{SAMPLE.source}; 1 view" and found.scenarios.weighted


# ---- refused ----


def test_a_view_out_of_reach_is_named_with_the_range():
    with pytest.raises(
        InfeasibleViewsError, match=r"“mean of SPY ≥ 30 %” .* -10\.9\d* % to 14\.\d* %"
    ) as caught:
        apply_views(SAMPLE, [MeanView("BND", 0.0), MeanView("SPY", 0.3, sense=">=")])
    assert caught.value.details["views"] == [1]
    with pytest.raises(InfeasibleViewsError, match=r"CVaR 95.% of SPY = 20 %.* to 10\.9"):
        apply_views(SAMPLE, [CvarView("SPY", confidence=0.95, value=0.2)])


def test_contradicting_views_are_named_and_no_others():
    views = [
        MeanView("GOLD", 0.0),
        MeanView("SPY", 0.002, sense=">="),
        RankView("BND", "SPY", by=0.001),
        MeanView("BND", 0.001, sense="<="),
    ]
    with pytest.raises(
        InfeasibleViewsError, match=r"“mean of SPY ≥ 0\.2 %”, “mean of BND − mean of SPY"
    ) as caught:
        apply_views(SAMPLE, views)
    assert caught.value.details["views"] == [1, 2, 3]


def test_a_contradiction_with_what_is_held_fixed_says_so():
    views = [
        CorrelationView("A", "B", 0.9),
        CorrelationView("B", "C", 0.9),
        CorrelationView("A", "C", -0.5),
    ]
    with pytest.raises(InfeasibleViewsError, match="held fixed from an earlier step") as caught:
        apply_views(made(9), views)
    assert caught.value.details["views"] == [0, 1, 2]


def test_the_same_view_twice_and_one_name_for_two_things_are_refused():
    with pytest.raises(InputError, match="more than once"):
        apply_views(SAMPLE, [MeanView("SPY", 0.0), MeanView("SPY", 0.0)])
    with pytest.raises(InputError, match="different things Stocks"):
        apply_views(SAMPLE, [MeanView(STOCKS, 0.0), VolatilityView(Portfolio("Stocks", {"SPY": 1.0}), 0.01)])


def test_unknown_assets_are_refused():
    with pytest.raises(AssetMismatchError, match="SPX"):
        apply_views(SAMPLE, [MeanView("SPX", 0.0)])
    with pytest.raises(AssetMismatchError, match="DAX"):
        apply_views(SAMPLE, [VolatilityView(Portfolio("Europe", {"DAX": 1.0}), 0.01)])


def test_things_that_never_move_have_no_correlation():
    prior = made(1)
    still = Scenarios(np.column_stack([prior.returns, np.full(250, 0.001)]), ("A", "B", "C", "D"), 252)
    with pytest.raises(InputError, match="D never moves"):
        apply_views(still, [CorrelationView("A", "D", 0.5)])
    with pytest.raises(InputError, match="D never moves"):
        apply_views(still, [SkewView("D", 0.5)])


def test_a_quantile_beyond_all_scenarios_is_refused():
    with pytest.raises(InputError, match="No scenario satisfies"):
        apply_views(SAMPLE, [VarView("SPY", confidence=0.95, value=0.5, sense=">=")])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MeanView("A", np.nan), "no finite value"),
        (lambda: MeanView("A", 0.0, sense="<"), "one of =, >= and <="),
        (lambda: MeanView("A", 0.0, trust=0.0), "lies in"),
        (lambda: RankView("A", "B", trust=1.2), "lies in"),
        (lambda: VolatilityView("A", -0.01), "positive"),
        (lambda: CorrelationView("A", "B", 50), "did you mean 0.5"),
        (lambda: CorrelationView("A", "A", 0.5), "two different"),
        (lambda: SkewView("A", np.inf), "no finite value"),
        (lambda: QuantileView("A", level=5, value=0.0), "between 0 and 1"),
    ],
)
def test_what_is_no_view_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize("kind", [VarView, CvarView])
@pytest.mark.parametrize("level", [0.05, 95])
def test_a_confidence_upside_down_is_refused(kind, level):
    with pytest.raises(ConfidenceError, match=r"did you mean 0\.95"):
        kind("A", confidence=level, value=0.02)
