"""Shocks that give stressed scenarios: identities to 1e-10, definitions by hand, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore import stress
from riskcore.contributions import risk_contributions
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, RiskcoreError
from riskcore.measures import cvar, value_at_risk, volatility
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

ASSETS = ["SPY", "BND", "GOLD", "NIKKEI225"]
SAMPLE = load_sample("global").scenarios(ASSETS)
MIX = Portfolio("Mix", {"SPY": 0.5, "BND": 0.3, "GOLD": 0.1, "NIKKEI225": 0.1})
SHORT = Portfolio("Short", {"SPY": 1.2, "BND": -0.7, "GOLD": 0.3, "NIKKEI225": -0.4})


def made(seed=0, rows=200, assets=4, weighted=True, cash=False):
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(4, (rows, assets)) * 0.01 + 0.5 * rng.standard_t(4, (rows, 1)) * 0.01
    if cash:
        returns[:, -1] = 0.0001
    p = rng.dirichlet(np.full(rows, 2.0)) if weighted else np.full(rows, 1 / rows)
    return Scenarios(returns, tuple("ABCD"[:assets]), 252, p)


def spread(scenarios):
    p, r = scenarios.probabilities, scenarios.returns
    return np.sqrt(p @ (r - p @ r) ** 2)


def correlations(scenarios):
    p, r = scenarios.probabilities, scenarios.returns
    away = r - p @ r
    return (away.T * p) @ away / np.outer(spread(scenarios), spread(scenarios))


# ---- volatility ----


def test_volatility_times_three_triples_it_and_keeps_means_and_correlations():
    for scenarios in (SAMPLE, made()):
        found = stress.volatility_shock(scenarios, 3.0).scenarios
        assert spread(found) == pytest.approx(3 * spread(scenarios), rel=1e-10)
        assert found.probabilities @ found.returns == pytest.approx(
            scenarios.probabilities @ scenarios.returns, abs=1e-15
        )
        assert np.abs(correlations(found) - correlations(scenarios)).max() < 1e-10
    assert volatility(stress.volatility_shock(SAMPLE, 3).scenarios, MIX).value == pytest.approx(
        3 * volatility(SAMPLE, MIX).value, rel=1e-10
    )


def test_cvar_under_a_volatility_shock_scales_about_the_mean():
    found = stress.volatility_shock(SAMPLE, 2.5).scenarios
    mean = -(SAMPLE.returns @ MIX.on(ASSETS).weights.to_numpy()).mean()
    before, after = (cvar(s, MIX, confidence=0.95).value for s in (SAMPLE, found))
    assert after == pytest.approx(mean + 2.5 * (before - mean), rel=1e-10)
    parts = risk_contributions(found, MIX, "cvar", confidence=0.95).table["component"]
    assert parts.sum() == pytest.approx(after, rel=1e-12)


def test_only_the_assets_named_are_stretched():
    found = stress.volatility_shock(SAMPLE, 2.0, assets=["GOLD"])
    assert found.name == "Volatility of GOLD × 2"
    ratio = spread(found.scenarios) / spread(SAMPLE)
    assert ratio == pytest.approx([1, 1, 2, 1], rel=1e-12)
    assert (found.scenarios.returns[:, [0, 1, 3]] == SAMPLE.returns[:, [0, 1, 3]]).all()


def test_a_scenario_below_minus_100_percent_is_flagged():
    s = Scenarios(np.array([[-0.4, 0.0], [0.4, 0.0], [0.0, 0.1]]), ("X", "Y"), 252)
    assert stress.volatility_shock(s, 3.0).below_total_loss == {"X": 1}
    assert stress.volatility_shock(s, 3.0).flagged and not stress.volatility_shock(s, 2.0).flagged


@pytest.mark.parametrize("factor", [-1.0, np.nan, np.inf])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(InputError, match="≥ 0"):
        stress.volatility_shock(SAMPLE, factor)


def test_an_unknown_asset_is_refused_everywhere():
    for call in (
        lambda: stress.volatility_shock(SAMPLE, 2.0, assets=["SPX"]),
        lambda: stress.direct_shock(SAMPLE, {"SPX": -0.1}),
        lambda: stress.direct_shock(SAMPLE, {"US": -0.1}, members={"US": ["SPX"]}),
        lambda: stress.rates_shock(SAMPLE, 100, durations={"SPX": 5}),
        lambda: stress.rates_shock(SAMPLE, 100, durations={"BND": 5}, convexities={"SPX": 5}),
    ):
        with pytest.raises(AssetMismatchError, match="SPX is not among the assets"):
            call()


# ---- correlations ----


@pytest.mark.parametrize(
    "scenarios", [SAMPLE, made(), made(3, cash=True)], ids=["sample", "weighted", "cash"]
)
@pytest.mark.parametrize("weights", [[0.5, 0.3, 0.1, 0.1], [1.2, -0.7, 0.3, -0.4]])
def test_at_correlation_one_volatility_is_the_weighted_sum(scenarios, weights):
    p = Portfolio("P", dict(zip(scenarios.assets, weights, strict=True)))
    found = stress.correlation_shock(scenarios, 1.0)
    assert found.notes == ()
    expected = abs(np.array(weights) @ spread(scenarios))
    assert volatility(found.scenarios, p).value == pytest.approx(expected, rel=1e-10)
    assert spread(found.scenarios) == pytest.approx(spread(scenarios), rel=1e-10, abs=1e-15)


@given(seed=st.integers(0, 5000), weight=st.floats(0, 1), weighted=st.booleans())
def test_any_table_of_correlations_is_reached(seed, weight, weighted):
    scenarios = made(seed, weighted=weighted)
    base = np.random.default_rng(seed).normal(size=(4, 3))
    target = base @ base.T
    target /= np.sqrt(np.outer(np.diag(target), np.diag(target)))
    table = pd.DataFrame(target, index=list("ABCD"), columns=list("ABCD")).loc[list("DBAC"), list("CADB")]
    found = stress.correlation_shock(scenarios, table, weight=weight).scenarios
    wanted = (1 - weight) * correlations(scenarios) + weight * target
    assert np.abs(correlations(found) - wanted).max() < 1e-10
    assert spread(found) == pytest.approx(spread(scenarios), rel=1e-10)
    assert found.probabilities @ found.returns == pytest.approx(
        scenarios.probabilities @ scenarios.returns, abs=1e-14
    )


def test_the_map_is_the_product_of_matrix_roots():
    from scipy.linalg import sqrtm

    r = SAMPLE.returns
    covariance = np.cov(r.T, bias=True)
    goal = np.full((4, 4), 0.7) + 0.3 * np.eye(4)
    goal *= np.outer(spread(SAMPLE), spread(SAMPLE))
    expected = r.mean(axis=0) + (r - r.mean(axis=0)) @ np.linalg.inv(sqrtm(covariance)) @ sqrtm(goal)
    found = stress.correlation_shock(SAMPLE, 0.7).scenarios.returns
    assert np.abs(found - expected.real).max() < 1e-9


def test_assets_that_are_copies_of_each_other_keep_their_volatility():
    rng = np.random.default_rng(1)
    two = rng.normal(0, 0.01, (300, 2))
    s = Scenarios(np.column_stack([two, two[:, 0]]), ("A", "B", "C"), 252)
    found = stress.correlation_shock(s, 1.0)
    assert found.notes == ()
    assert np.abs(correlations(found.scenarios) - 1).max() < 1e-10
    assert spread(found.scenarios) == pytest.approx(spread(s), rel=1e-10)


def test_too_few_directions_are_said():
    s = Scenarios(np.random.default_rng(1).normal(0, 0.01, (3, 4)), tuple("ABCD"), 252)
    found = stress.correlation_shock(s, 0.0)
    assert "too few directions" in found.notes[0]


def test_correlations_nobody_can_have_are_refused():
    table = pd.DataFrame(np.eye(4), index=ASSETS, columns=ASSETS)
    table.loc["SPY", "BND"] = table.loc["BND", "SPY"] = 0.9
    table.loc["SPY", "GOLD"] = table.loc["GOLD", "SPY"] = 0.9
    table.loc["BND", "GOLD"] = table.loc["GOLD", "BND"] = -0.9
    with pytest.raises(InputError, match="smallest eigenvalue"):
        stress.correlation_shock(SAMPLE, table)
    with pytest.raises(InputError, match=r"lies between -0\.3333 and 1"):
        stress.correlation_shock(SAMPLE, -0.5)
    with pytest.raises(InputError, match="lies between"):
        stress.correlation_shock(SAMPLE, np.nan)
    with pytest.raises(InputError, match="weight"):
        stress.correlation_shock(SAMPLE, 0.5, weight=1.5)


def test_a_table_that_is_no_table_of_correlations_is_refused():
    table = pd.DataFrame(np.eye(4), index=ASSETS, columns=ASSETS)
    with pytest.raises(AssetMismatchError, match="GOLD"):
        stress.correlation_shock(SAMPLE, table.drop("GOLD"))
    with pytest.raises(InputError, match="symmetric"):
        stress.correlation_shock(SAMPLE, table + np.triu(np.full((4, 4), 0.1), 1))
    with pytest.raises(InputError, match="missing"):
        stress.correlation_shock(SAMPLE, table.replace(0.0, np.nan))


# ---- comonotone ----


@pytest.mark.parametrize(
    "scenarios", [SAMPLE, made(), made(5, cash=True)], ids=["sample", "weighted", "cash"]
)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_comonotone_cvar_is_the_weighted_sum_of_each(scenarios, confidence):
    found = stress.comonotone(scenarios).scenarios
    weights = dict(zip(scenarios.assets, [0.5, 0.3, 0.1, 0.1], strict=True))
    p = Portfolio("P", weights)
    for measure in (cvar, value_at_risk):
        alone = [
            measure(scenarios, Portfolio(a, {b: float(a == b) for b in weights}), confidence=confidence).value
            for a in weights
        ]
        expected = np.dot(list(weights.values()), alone)
        assert measure(found, p, confidence=confidence).value == pytest.approx(expected, rel=1e-10)


def test_comonotone_keeps_every_distribution():
    scenarios = made(7)
    found = stress.comonotone(scenarios).scenarios
    for k in range(4):
        for power in (1, 2, 3):
            assert found.probabilities @ found.returns[:, k] ** power == pytest.approx(
                scenarios.probabilities @ scenarios.returns[:, k] ** power, rel=1e-9
            )
    assert (np.diff(found.returns, axis=0) >= 0).all() and not found.ordered


# ---- direct and rates ----


def test_a_direct_shock_comes_before_the_period():
    found = stress.direct_shock(SAMPLE, {"SPY": -0.2})
    assert found.moves.round(12).to_dict() == {"SPY": -0.2, "BND": 0.0, "GOLD": 0.0, "NIKKEI225": 0.0}
    assert found.scenarios.returns[:, 0] == pytest.approx(0.8 * (1 + SAMPLE.returns[:, 0]) - 1)
    assert np.abs(found.scenarios.returns[:, 1:] - SAMPLE.returns[:, 1:]).max() < 1e-15
    table = stress.shock_contributions(found, MIX)
    assert table["contribution"].sum() == pytest.approx(-0.1) and table.loc["BND", "contribution"] == 0.0


def test_a_group_and_a_currency_compound():
    found = stress.direct_shock(
        SAMPLE,
        {"Stocks": -0.2, "JPY": -0.1, "NIKKEI225": -0.05},
        members={"Stocks": ["SPY", "NIKKEI225"], "JPY": ["NIKKEI225"]},
    )
    assert found.moves["NIKKEI225"] == pytest.approx(0.8 * 0.9 * 0.95 - 1, abs=1e-15)
    assert found.moves["SPY"] == pytest.approx(-0.2) and found.moves["BND"] == 0.0


def test_rates_by_duration_and_convexity():
    found = stress.rates_shock(SAMPLE, 150, durations={"BND": 6.2}, convexities={"BND": 50})
    assert found.moves["BND"] == pytest.approx(-6.2 * 0.015 + 0.5 * 50 * 0.015**2, abs=1e-15)
    assert stress.shock_contributions(found, MIX)["contribution"].sum() == pytest.approx(
        0.3 * found.moves["BND"]
    )
    assert set(stress.DURATIONS.values()) <= {0.25, 2.0, 6.0, 17.0, 6.5}


def test_shocks_combine_in_order():
    both = stress.combined_shock(
        SAMPLE,
        [
            lambda s: stress.volatility_shock(s, 2),
            lambda s: stress.direct_shock(s, {"SPY": -0.1}),
            lambda s: stress.direct_shock(s, {"SPY": -0.1}),
        ],
    )
    assert both.name == "Volatility × 2, then SPY -10 %, then SPY -10 %"
    assert both.moves["SPY"] == pytest.approx(-0.19)
    wide = stress.volatility_shock(SAMPLE, 2).scenarios.returns[:, 0]
    assert both.scenarios.returns[:, 0] == pytest.approx(0.81 * (1 + wide) - 1)


def test_inputs_keep_their_dates_and_probabilities():
    posterior = SAMPLE.with_probabilities(
        np.linspace(1, 2, SAMPLE.count) / np.linspace(1, 2, SAMPLE.count).sum()
    )
    for found in (
        stress.volatility_shock(posterior, 2.0),
        stress.correlation_shock(posterior, 0.8),
        stress.direct_shock(posterior, {"SPY": -0.1}),
    ):
        assert found.scenarios.index.equals(posterior.index) and found.scenarios.ordered
        assert (found.scenarios.probabilities == posterior.probabilities).all()
        assert found.scenarios.fingerprint != posterior.fingerprint


@pytest.mark.parametrize(
    ("move", "hint"), [(-20, "did you mean -0.2"), (-1.1, "did you mean"), (np.nan, "got nan")]
)
def test_a_move_in_percent_is_refused(move, hint):
    with pytest.raises(InputError, match=hint):
        stress.direct_shock(SAMPLE, {"SPY": move})


def test_a_group_with_the_name_of_an_asset_is_refused():
    with pytest.raises(InputError, match="SPY is an asset and a group"):
        stress.direct_shock(SAMPLE, {"SPY": -0.1}, members={"SPY": ["BND"]})


@pytest.mark.parametrize(
    "call",
    [
        lambda: stress.direct_shock(SAMPLE, {}),
        lambda: stress.combined_shock(SAMPLE, []),
        lambda: stress.rates_shock(SAMPLE, 1, durations={}),
        lambda: stress.rates_shock(SAMPLE, 5000, durations={"BND": 6}),
        lambda: stress.rates_shock(SAMPLE, np.nan, durations={"BND": 6}),
        lambda: stress.rates_shock(SAMPLE, 100, durations={"BND": 600}),
        lambda: stress.rates_shock(SAMPLE, 2000, durations={"BND": 8}),
        lambda: stress.shock_contributions(
            stress.rates_shock(SAMPLE, 1, durations={"BND": 6}), Portfolio("x", {"SPY": 1})
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    if "2000" in str(call.__code__.co_consts):
        # 8 years × 20 points lose more than everything.
        with pytest.raises(InputError, match="more than everything"):
            call()
        return
    with pytest.raises(RiskcoreError):
        call()
