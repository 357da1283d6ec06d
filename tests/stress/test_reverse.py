"""Reverse stress, regimes and liquidity against a solver, simulations and hand cases, and what is refused."""

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, NumericalError
from riskcore.numerics.pooling import relative_entropy
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    expected_correlation,
    exponential_decay,
    liquidation,
    realised_volatility,
    regime_correlations,
    reverse_stress,
)

ASSETS = ["SPY", "BND", "GOLD", "NIKKEI225"]
SAMPLE = load_sample("global").scenarios(ASSETS)
MIX = Portfolio("Mix", {"SPY": 0.5, "BND": 0.3, "GOLD": 0.1, "NIKKEI225": 0.1})
W = MIX.weights.to_numpy()
MEAN, COVARIANCE = SAMPLE.returns.mean(axis=0), np.cov(SAMPLE.returns.T, bias=True)


# ---- reverse stress ----


@pytest.mark.parametrize("loss", [0.02, 0.06, 0.25])
def test_the_move_is_that_of_a_quadratic_solver(loss):
    found = reverse_stress(SAMPLE, MIX, loss=loss)
    root = np.linalg.inv(np.linalg.cholesky(COVARIANCE))
    r = cp.Variable(4)
    problem = cp.Problem(cp.Minimize(cp.norm(root @ (r - MEAN))), [-W @ r >= loss])
    problem.solve(solver=cp.CLARABEL)
    assert found.table["move"].to_numpy() == pytest.approx(r.value, abs=1e-6)
    assert found.distance == pytest.approx(problem.value, rel=1e-6)
    assert found.reached == pytest.approx(loss, rel=1e-12)
    assert found.table["contribution"].sum() == pytest.approx(-loss, rel=1e-12)


def test_the_reweighting_is_the_smallest_that_loses_as_much():
    found = reverse_stress(SAMPLE, MIX, loss=0.02)
    q = found.posterior.probabilities
    losses = -SAMPLE.returns @ W
    assert q @ losses == pytest.approx(0.02, abs=1e-12)
    # Any other tilt that loses as much is further away: mixtures of the prior and of the worst days.
    for count in (5, 50, 500):
        worst = np.zeros(SAMPLE.count)
        worst[np.argsort(-losses)[:count]] = 1 / count
        share = (0.02 - losses.mean()) / (worst @ losses - losses.mean())
        if 0 < share < 1:
            other = share * worst + (1 - share) * SAMPLE.probabilities
            assert relative_entropy(other, SAMPLE.probabilities) > found.relative_entropy
    # Its log density is a straight line in the loss.
    slope = np.polyfit(losses, np.log(q), 1)
    assert np.abs(np.polyval(slope, losses) - np.log(q)).max() < 1e-8
    assert found.table["pooled_move"].to_numpy() == pytest.approx(q @ SAMPLE.returns, abs=1e-14)


def test_the_nearest_scenario_is_found_by_looking_at_all():
    found = reverse_stress(SAMPLE, MIX, loss=0.03)
    inverse = np.linalg.inv(COVARIANCE)
    best, label = np.inf, None
    for row, date in zip(SAMPLE.returns, SAMPLE.index, strict=True):
        if -row @ W >= 0.03 and (row - MEAN) @ inverse @ (row - MEAN) < best:
            best, label = (row - MEAN) @ inverse @ (row - MEAN), date
    assert (found.nearest, found.nearest_distance) == (label, pytest.approx(np.sqrt(best), rel=1e-8))
    assert found.nearest_distance >= found.distance


def test_beyond_all_scenarios_only_the_ellipsoid_answers():
    found = reverse_stress(SAMPLE, MIX, loss=0.4)
    assert found.posterior is None and found.nearest is None and np.isnan(found.relative_entropy)
    assert found.table["pooled_move"].isna().all() and found.distance > 20


def test_singular_covariances_need_no_inverse():
    twice = Scenarios(
        np.column_stack([SAMPLE.returns, SAMPLE.returns[:, 0], np.full(SAMPLE.count, 1e-4)]),
        (*ASSETS, "COPY", "CASH"),
        252,
    )
    p = Portfolio("P", {"SPY": 0.25, "BND": 0.3, "GOLD": 0.1, "NIKKEI225": 0.1, "COPY": 0.25, "CASH": 0.0})
    found = reverse_stress(twice, p, loss=0.05)
    plain = reverse_stress(SAMPLE, MIX, loss=0.05)
    assert found.distance == pytest.approx(plain.distance, rel=1e-9)
    assert found.table.loc["COPY", "move"] == pytest.approx(plain.table.loc["SPY", "move"], rel=1e-9)
    assert found.table.loc["CASH", "move"] == pytest.approx(1e-4, rel=1e-6)


def test_a_mean_that_loses_more_needs_no_move():
    s = Scenarios(np.array([[-0.1], [-0.2], [-0.3]]), ("A",), 252)
    found = reverse_stress(s, Portfolio("A", {"A": 1.0}), loss=0.05)
    assert (found.distance, found.reached) == (0.0, pytest.approx(0.2))
    assert found.relative_entropy == 0.0


@pytest.mark.parametrize(
    ("loss", "hint"), [(0.0, "positive"), (-0.1, "positive"), (np.nan, "positive"), (15, "0.15")]
)
def test_a_loss_that_is_none_is_refused(loss, hint):
    with pytest.raises(InputError, match=hint):
        reverse_stress(SAMPLE, MIX, loss=loss)


def test_a_portfolio_that_never_moves_is_refused():
    s = Scenarios(np.column_stack([SAMPLE.returns[:, 0], SAMPLE.returns[:, 0]]), ("A", "B"), 252)
    with pytest.raises(NumericalError, match="never moves"):
        reverse_stress(s, Portfolio("Flat", {"A": 1.0, "B": -1.0}), loss=0.1)
    with pytest.raises(AssetMismatchError):
        reverse_stress(s, MIX, loss=0.1)


# ---- regimes ----


@given(rho=st.floats(-0.99, 0.99), ratio=st.floats(0.05, 20))
def test_the_rise_through_volatility_alone_is_that_of_a_regression(rho, ratio):
    # y = βx + e: the correlation at variance v of x is β√v / √(β²v + s²).
    beta, rest = rho, np.sqrt(1 - rho**2)
    expected = beta * np.sqrt(ratio) / np.sqrt(beta**2 * ratio + rest**2)
    assert float(expected_correlation(rho, ratio)) == pytest.approx(expected, abs=1e-12)
    assert float(expected_correlation(expected_correlation(rho, ratio), 1 / ratio)) == pytest.approx(
        rho, abs=1e-9
    )


def test_regimes_are_the_rows_of_highest_state():
    state = realised_volatility(SAMPLE, "SPY")
    found = regime_correlations(SAMPLE, index_asset="SPY", state=state, share=0.2)
    known = state.dropna()
    high = known.sort_values().index[len(known) - round(0.2 * len(known)) :]
    table = SAMPLE.frame
    turbulent, calm = table.loc[high], table.loc[known.index.difference(high)]
    assert (found.turbulent_rows, found.calm_rows) == (len(turbulent), len(calm))
    for asset in ASSETS[1:]:
        assert found.table.loc[asset, "turbulent"] == pytest.approx(
            turbulent.corr().loc["SPY", asset], abs=1e-12
        )
        assert found.table.loc[asset, "calm"] == pytest.approx(calm.corr().loc["SPY", asset], abs=1e-12)
    ratio = turbulent["SPY"].var(ddof=0) / calm["SPY"].var(ddof=0)
    assert found.variance_ratio == pytest.approx(ratio, rel=1e-12) and ratio > 3
    assert found.table["unexplained"].to_numpy() == pytest.approx(
        (found.table["turbulent"] - expected_correlation(found.table["calm"].to_numpy(), ratio)).to_numpy()
    )
    assert found.matrices["calm"].shape == (4, 4)


def test_interdependence_without_contagion_is_explained():
    rng = np.random.default_rng(2)
    wide = np.where(np.arange(20_000) < 4000, 4.0, 1.0)
    x = wide * rng.normal(0, 0.01, 20_000)
    s = Scenarios(np.column_stack([x, 0.4 * x + rng.normal(0, 0.01, 20_000)]), ("X", "Y"), 252)
    row = regime_correlations(s, index_asset="X", state=pd.Series(wide), share=0.2).table.loc["Y"]
    assert row["turbulent"] - row["calm"] > 0.4
    assert abs(row["unexplained"]) < 0.02 and row["adjusted"] == pytest.approx(row["calm"], abs=0.03)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"index_asset": "SPX"}, AssetMismatchError, "SPX"),
        ({"share": 0.0}, InputError, "between 0 and 1"),
        ({"share": 10}, InputError, "between 0 and 1"),
        ({"share": 0.001}, MissingDataError, "turbulent regime has"),
        ({"share": 0.999}, MissingDataError, "calm regime has"),
        ({"state": pd.Series([1.0])}, AssetMismatchError, "same labels"),
        ({"scenarios": exponential_decay(SAMPLE, half_life=99)}, InputError, "equal probability"),
    ],
)
def test_regimes_that_cannot_be_told_apart_are_refused(change, error, words):
    settings = {
        "scenarios": SAMPLE,
        "index_asset": "SPY",
        "state": realised_volatility(SAMPLE, "SPY"),
        "share": 0.1,
    } | change
    with pytest.raises(error, match=words):
        regime_correlations(settings.pop("scenarios"), **settings)


def test_an_index_that_stands_still_is_refused():
    s = Scenarios(np.zeros((100, 1)), ("A",), 252)
    with pytest.raises(InputError, match="never moves"):
        regime_correlations(s, index_asset="A", state=pd.Series(np.arange(100.0)), share=0.5)


# ---- liquidity ----

VOLUME = {"SPY": 3e10, "BND": 4e8, "GOLD": 1e9, "NIKKEI225": 2e9}
SPREAD = {"SPY": 1e-4, "BND": 2e-4, "GOLD": 3e-4, "NIKKEI225": 8e-4}


def test_days_and_cost_by_hand():
    p = Portfolio("P", {"SPY": 0.5, "BND": -0.3, "GOLD": 0.0})
    found = liquidation(p, value=2e9, daily_volume=VOLUME, spread=SPREAD, participation=0.1)
    assert found.table["days"].to_dict() == pytest.approx({"SPY": 1e9 / 3e9, "BND": 6e8 / 4e7})
    assert found.days == pytest.approx(15.0)
    assert found.cost == pytest.approx(0.5 * (1e-4 * 1e9 + 2e-4 * 6e8))
    assert found.cost_share == pytest.approx(found.cost / 2e9)
    assert found.sold_by(3) == pytest.approx((1e9 + 6e8 * 3 / 15) / 1.6e9)
    assert (found.sold_by(0), found.sold_by(15)) == (0.0, pytest.approx(1.0))


def test_a_stress_divides_volumes_and_widens_spreads():
    plain = liquidation(MIX, value=1e9, daily_volume=VOLUME, spread=SPREAD)
    hard = liquidation(
        MIX, value=1e9, daily_volume=VOLUME, spread=SPREAD, volume_factor=0.25, spread_factor=5
    )
    assert hard.days == pytest.approx(4 * plain.days) and hard.cost == pytest.approx(5 * plain.cost)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"daily_volume": {"SPY": 1e9}}, MissingDataError, "no daily volume for BND, GOLD, NIKKEI225"),
        ({"spread": {}}, MissingDataError, "no spread for SPY"),
        ({"value": 0}, InputError, "value is a positive"),
        ({"participation": 20}, InputError, "share of the daily volume"),
        ({"volume_factor": 0}, InputError, "factor on volumes"),
        ({"spread_factor": np.nan}, InputError, "factor on spreads"),
        ({"daily_volume": VOLUME | {"BND": 0.0}}, InputError, "volume of BND"),
        ({"spread": SPREAD | {"GOLD": 5.0}}, InputError, "volume of GOLD"),
        ({"portfolio": Portfolio("Empty", {"SPY": 0.0})}, InputError, "holds nothing"),
    ],
)
def test_liquidity_out_of_unknown_numbers_is_refused(change, error, words):
    settings = {"portfolio": MIX, "value": 1e6, "daily_volume": VOLUME, "spread": SPREAD} | change
    with pytest.raises(error, match=words):
        liquidation(settings.pop("portfolio"), **settings)
