"""Factor models on labelled scenarios: parts add up, and each part is what its definition says."""

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, allocate, risk
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, RiskcoreError
from riskcore.factors import (
    exposure_limits,
    factor_contributions,
    factor_covariance,
    factor_moves,
    factor_shock,
    fit_exposures,
    model_covariance,
    portfolio_exposures,
    principal_components,
    statistical_factors,
    unhedged,
)
from riskcore.measures import MEASURES
from riskcore.moments import sample_covariance
from riskcore.numerics.pca import components, noise_edge
from riskcore.periods import weekly
from riskcore.scenarios import Scenarios
from riskcore.stress import direct_shock

FACTORS = ["SPY", "BND", "GOLD"]
NAMES = ("X", "Y", "Z", "V")


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


@pytest.fixture(scope="module")
def weeks(sample):
    return weekly(sample)


@pytest.fixture(scope="module")
def a(sample):
    return allocate("equal_weight", sample).portfolio("A")


def pair(seed, rows=200, weighted=False):
    """Return four assets, two factors and a long-short portfolio."""
    rng = np.random.default_rng(seed)
    f = rng.standard_t(4, (rows, 2)) * 0.01 + 0.001
    r = f @ rng.normal(0.7, 0.6, (2, 4)) + rng.standard_t(4, (rows, 4)) * 0.006 - 0.0005
    p = rng.dirichlet(np.ones(rows)) if weighted else np.empty(0)
    assets = Scenarios(r, NAMES, 252, p)
    portfolio = Portfolio("A", dict(zip(NAMES, rng.normal(0.25, 0.5, 4), strict=True)))
    return assets, Scenarios(f, ("F", "G"), 252, p), portfolio


@pytest.mark.parametrize("measure", ["volatility", "cvar", "var", "semideviation", "worst"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_add_up_to_the_risk_whatever_the_exposures(measure, weighted, seed):
    assets, factors, portfolio = pair(seed, weighted=weighted)
    b = pd.DataFrame(np.random.default_rng(seed + 50).normal(size=(4, 2)), index=NAMES, columns=["F", "G"])
    level = 0.9 if MEASURES[measure].uses_confidence else None
    found = factor_contributions(assets, factors, b, portfolio, measure, confidence=level)
    whole = risk(assets, portfolio, measure, confidence=level).value
    assert found.total == pytest.approx(whole, rel=1e-10)
    assert found.table["component"].sum() == pytest.approx(whole, rel=1e-10)
    assert found.table["relative"].sum() == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_each_part_of_cvar_is_its_definition(weighted):
    assets, factors, portfolio = pair(7, weighted=weighted)
    b = pd.DataFrame(np.random.default_rng(8).normal(size=(4, 2)), index=NAMES, columns=["F", "G"])
    found = factor_contributions(assets, factors, b, portfolio, "cvar", confidence=0.9)
    q = risk(assets, portfolio, "cvar", confidence=0.9).identifier
    w = portfolio.weights.to_numpy()
    rest = assets.returns - factors.returns @ b.to_numpy().T
    alpha = assets.probabilities @ rest
    x = w @ b.to_numpy()
    np.testing.assert_allclose(
        found.factors, [-x[k] * (q @ factors.returns[:, k]) for k in (0, 1)], rtol=1e-10
    )
    np.testing.assert_allclose(found.specific, -w * (q @ (rest - alpha)), rtol=1e-9)
    assert found.mean == pytest.approx(-float(w @ alpha), rel=1e-10)
    np.testing.assert_allclose(found.exposure, x, rtol=1e-12)
    part, own = factors.returns @ x, rest @ w
    spread = np.cov(part, own, aweights=assets.probabilities, ddof=0)
    assert found.relation == pytest.approx(spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1]), rel=1e-9)


def test_parts_of_volatility_are_covariances_over_volatility():
    assets, factors, portfolio = pair(9)
    fit = fit_exposures(assets, factors)
    found = factor_contributions(assets, factors, fit.exposures, portfolio, "volatility")
    own = assets.returns @ portfolio.weights.to_numpy()
    x = fit.exposures.to_numpy().T @ portfolio.weights.to_numpy()
    by_hand = [x[k] * np.cov(factors.returns[:, k], own, ddof=0)[0, 1] / own.std() for k in (0, 1)]
    np.testing.assert_allclose(found.factors, by_hand, rtol=1e-10)
    assert found.mean == pytest.approx(0.0, abs=1e-15)
    # Least squares on the same rows leaves nothing of the factors in ε: x'Fx/σ is the factors' part.
    assert found.relation == pytest.approx(0.0, abs=1e-10)
    within = float(x @ fit.factor_covariance.to_numpy() @ x) / own.std()
    assert found.factors.sum() == pytest.approx(within, rel=1e-10)


def test_rows_and_columns_in_another_order_change_nothing():
    assets, factors, portfolio = pair(4)
    b = fit_exposures(assets, factors).exposures
    one = factor_contributions(assets, factors, b, portfolio, "cvar", confidence=0.93)
    order = np.random.default_rng(0).permutation(200)
    shuffled = Scenarios(assets.returns[order][:, ::-1], NAMES[::-1], 252)
    moves = Scenarios(factors.returns[order][:, ::-1], ("G", "F"), 252)
    other = factor_contributions(shuffled, moves, b, portfolio, "cvar", confidence=0.93)
    pd.testing.assert_series_equal(other.factors[["F", "G"]], one.factors, rtol=1e-10)
    pd.testing.assert_series_equal(other.specific[list(NAMES)], one.specific, rtol=1e-10)


def test_risk_scales_with_the_position_and_shares_do_not():
    assets, factors, portfolio = pair(5)
    b = fit_exposures(assets, factors).exposures
    one, ten = (
        factor_contributions(assets, factors, b, Portfolio("A", k * portfolio.weights), confidence=0.9)
        for k in (1.0, 10.0)
    )
    assert ten.total == pytest.approx(10 * one.total, rel=1e-12)
    np.testing.assert_allclose(ten.table["relative"], one.table["relative"], rtol=1e-10)


def test_a_portfolio_that_cancels_has_no_shares():
    assets, factors, _ = pair(6)
    b = fit_exposures(assets, factors).exposures
    found = factor_contributions(assets, factors, b, Portfolio("0", dict.fromkeys(NAMES, 0.0)), "volatility")
    assert found.total == 0.0
    assert not found.relative_defined
    assert np.isnan(found.common_bet[1])
    assert np.isnan(found.relation)


def test_the_exposure_of_a_portfolio_is_that_of_its_assets_with_its_own_error(weeks, a):
    factors = weeks.select(FACTORS)
    fit = fit_exposures(weeks, factors)
    found = portfolio_exposures(weeks, factors, a)
    w = a.aligned(weeks.assets)
    np.testing.assert_allclose(found.table["exposure"], fit.exposures.to_numpy().T @ w, rtol=1e-10)
    design = np.column_stack([np.ones(weeks.count), factors.returns])
    beta, squares, _, _ = np.linalg.lstsq(design, weeks.returns @ w, rcond=None)
    error = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * squares[0] / (weeks.count - 4))[1:]
    np.testing.assert_allclose(found.table["standard_error"], error, rtol=1e-10)
    # The 97.5 % quantile of Student's t with 959 degrees of freedom is 1.96243.
    np.testing.assert_allclose(found.table["upper"], beta[1:] + 1.96243 * error, rtol=1e-5)


def test_the_sample_says_what_the_page_says(sample, weeks, a):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    assert fit.made_of_factors == tuple(n for n in sample.assets if n in FACTORS)
    daily = fit_exposures(sample, sample.select(FACTORS))
    # Closes at different hours: the weekly exposure of the Nikkei is four times the daily one.
    assert fit.exposures.loc["NIKKEI225", "SPY"] > 3.5 * daily.exposures.loc["NIKKEI225", "SPY"]
    found = factor_contributions(sample, sample.select(FACTORS), fit.exposures, a, confidence=0.95)
    assert found.common_bet[0] == "SPY"
    assert found.common_bet[1] == pytest.approx(0.795, abs=0.001)
    assert (found.specific[FACTORS].abs() < 1e-15).all()


def test_t_statistics_are_missing_where_nothing_can_be_tested(weeks):
    fit = fit_exposures(weeks, weeks.select(FACTORS), errors="newey_west")
    assert fit.lags == 6
    assert fit.t_statistics.loc["SPY"].isna().all()
    t = fit.exposures.loc["QQQ", "SPY"] / fit.standard_errors.loc["QQQ", "SPY"]
    assert fit.t_statistics.loc["QQQ", "SPY"] == pytest.approx(t)


def test_inflation_is_one_over_one_minus_r_squared_of_the_other_factors(weeks):
    factors = weeks.select(["SPY", "QQQ", "BND"])
    found = fit_exposures(weeks, factors).inflation
    for name in factors.assets:
        rest = factors.select([f for f in factors.assets if f != name])
        r_squared = fit_exposures(factors.select([name]), rest).r_squared[name]
        assert found[name] == pytest.approx(1 / (1 - r_squared), rel=1e-9)


def test_the_model_covariance_is_bfb_plus_d_and_keeps_variances(weeks):
    factors = weeks.select(FACTORS)
    fit = fit_exposures(weeks, factors)
    found = model_covariance(fit)
    b, centred = fit.exposures.to_numpy(), factors.returns - factors.returns.mean(axis=0)
    rest = weeks.returns - weeks.returns.mean(axis=0) - centred @ b.T
    expected = b @ (centred.T @ centred / weeks.count) @ b.T + np.diag((rest**2).mean(axis=0))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(np.diag(found), np.diag(sample_covariance(weeks)), rtol=1e-10)
    assert list(found.index) == list(found.columns) == list(weeks.assets)
    assert np.linalg.eigvalsh(found.to_numpy()).min() > 0.0


def test_all_statistical_factors_give_back_the_sample_covariance(weeks):
    whole = factor_covariance(weeks, count=weeks.size)
    np.testing.assert_allclose(whole, sample_covariance(weeks), rtol=1e-8, atol=1e-14)
    fewer = factor_covariance(weeks)
    assert not np.allclose(fewer, sample_covariance(weeks), rtol=1e-3)


def test_components_of_a_textbook_covariance():
    # Johnson and Wichern, Applied Multivariate Statistical Analysis, example 8.1: 5.83, 2.00, 0.17 and
    # e1 = (0.383, −0.924, 0); the signs are free, and the exact eigenvalues are 3 ± 2√2.
    values, vectors = components(np.array([[1.0, -2.0, 0.0], [-2.0, 5.0, 0.0], [0.0, 0.0, 2.0]]))
    np.testing.assert_allclose(values, [3 + 2 * np.sqrt(2), 2.0, 3 - 2 * np.sqrt(2)], rtol=1e-12)
    np.testing.assert_allclose(np.abs(vectors[:, 0]), [0.383, 0.924, 0.0], atol=5e-4)
    assert vectors[0, 0] * vectors[1, 0] < 0


@pytest.mark.parametrize("on", ["correlation", "covariance"])
def test_components_are_the_singular_vectors_of_the_rows(weeks, on):
    rows = weeks.returns - weeks.returns.mean(axis=0)
    rows = rows / rows.std(axis=0) if on == "correlation" else rows
    _, singular, turned = np.linalg.svd(rows, full_matrices=False)
    found = principal_components(weeks, on=on)
    np.testing.assert_allclose(found.eigenvalues, singular**2 / weeks.count, rtol=1e-10)
    np.testing.assert_allclose(np.abs(found.loadings), np.abs(turned.T), atol=1e-8)
    assert found.explained.sum() == pytest.approx(1.0)
    assert (found.edge is None) == (on == "covariance")


def test_a_regression_on_statistical_factors_gives_back_the_loadings(weeks):
    factors = statistical_factors(weeks, count=3)
    pca = principal_components(weeks)
    np.testing.assert_allclose(np.corrcoef(factors.returns.T), np.eye(3), atol=1e-10)
    np.testing.assert_allclose(pca.weights.abs().sum(), 1.0, rtol=1e-12)
    scale = np.sqrt(np.diag(sample_covariance(weeks)))
    loadings = pca.loadings.to_numpy()[:, :3]
    size = np.abs(loadings / scale[:, None]).sum(axis=0)
    np.testing.assert_allclose(
        fit_exposures(weeks, factors).exposures, scale[:, None] * loadings * size, rtol=1e-9, atol=1e-12
    )


def test_unrelated_assets_stay_about_the_noise_line_and_a_common_one_rises_above():
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((2000, 40))
    alone = principal_components(Scenarios(noise, tuple(f"N{i}" for i in range(40)), 252))
    assert alone.edge == pytest.approx((1 + np.sqrt(40 / 2000)) ** 2)
    assert alone.eigenvalues.iloc[0] == pytest.approx(alone.edge, rel=0.03)
    common = noise + 0.5 * rng.standard_normal((2000, 1))
    assert principal_components(Scenarios(common, alone.loadings.index, 252)).signal == 1


def test_the_noise_line_counts_independent_rows(sample):
    overlapping = sample.over_horizon(5)
    assert principal_components(overlapping).edge == pytest.approx(noise_edge(7, overlapping.count / 5))
    half = sample.probabilities.copy()
    half[: sample.count // 2] = 0.0
    posterior = sample.with_probabilities(half / half.sum())
    assert principal_components(posterior).rows == pytest.approx((half > 0).sum())


def test_a_shock_is_exposure_times_move_by_asset_and_by_factor(weeks, a):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    found = factor_shock(fit, a, {"SPY": -0.2, "BND": 0.03})
    moved = fit.exposures["SPY"] * -0.2 + fit.exposures["BND"] * 0.03
    np.testing.assert_allclose(found.table["asset_return"], moved, rtol=1e-12, atol=1e-15)
    for table in (found.table, found.by_factor):
        assert table["contribution"].sum() == pytest.approx(found.total_return, rel=1e-10)
    assert found.loss == pytest.approx(-moved.mean(), rel=1e-10)
    assert found.moves["GOLD"] == 0.0
    stressed = direct_shock(weeks, found.table["asset_return"].to_dict())
    np.testing.assert_allclose(stressed.moves[list(weeks.assets)], moved, rtol=1e-12, atol=1e-15)


def test_factors_that_follow_move_by_their_regression_on_the_named(weeks):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    found = factor_moves(fit, {"SPY": -0.1, "GOLD": 0.05}, others="follow")
    centred = weeks.select(FACTORS).returns - weeks.select(FACTORS).returns.mean(axis=0)
    slopes = np.linalg.lstsq(centred[:, [0, 2]], centred[:, 1], rcond=None)[0]
    assert found["BND"] == pytest.approx(slopes @ [-0.1, 0.05], rel=1e-9)
    assert found[["SPY", "GOLD"]].tolist() == [-0.1, 0.05]


def test_an_asset_that_would_lose_more_than_everything_is_named(weeks, a):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    assert factor_shock(fit, a, {"SPY": -0.99}).below_total_loss == ("QQQ",)


def test_limits_say_how_much_is_used(weeks, a):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    x = fit.exposures.to_numpy().T @ a.aligned(weeks.assets)
    stocks, bonds, gold = exposure_limits(
        fit, a, {"SPY": (None, 0.5), "BND": (-0.1, 0.4), "GOLD": (0.2, None)}
    )
    assert (stocks.exposure, stocks.utilisation) == (pytest.approx(x[0]), pytest.approx(x[0] / 0.5))
    assert (stocks.breached, bonds.breached, gold.breached) == (True, False, True)
    assert np.isnan(gold.utilisation)
    short = Portfolio("S", -a.weights)
    (below,) = exposure_limits(fit, short, {"SPY": (-0.5, 1.0)})
    assert below.breached
    assert below.utilisation == pytest.approx(x[0] / 0.5)


def test_hedging_takes_the_exchange_rate_out_of_the_exposures():
    prices = load_sample("global")
    local = weekly(prices.scenarios(["FTSE100", "SPY", "GBPUSD"]))
    open_ = unhedged(local, {"FTSE100": "GBPUSD"})
    both = (1 + local.returns[:, 0]) * (1 + local.returns[:, 2]) - 1
    np.testing.assert_allclose(open_.returns[:, 0], both, rtol=1e-12)
    np.testing.assert_array_equal(open_.returns[:, 1:], local.returns[:, 1:])
    factors = ["SPY", "GBPUSD"]
    with_rate, without = (
        fit_exposures(s.select(["FTSE100"]), s.select(factors)).exposures.loc["FTSE100", "GBPUSD"]
        for s in (open_, local)
    )
    assert with_rate - without == pytest.approx(1.0, abs=0.02)


def tiny(returns, names=("F", "G"), **settings):
    return Scenarios(np.asarray(returns, dtype=float), names, 252, **settings)


def test_what_a_factor_fit_refuses():
    assets, factors, portfolio = pair(1)
    f = factors.returns
    cases = [
        (lambda: fit_exposures(assets, tiny(f[:50])), InputError, "same rows"),
        (
            lambda: fit_exposures(assets, tiny(np.c_[f, f.sum(axis=1)], ("F", "G", "H"))),
            InputError,
            "The factors F, G, H are collinear",
        ),
        (
            lambda: fit_exposures(assets, tiny(np.c_[f[:, 0], 0 * f[:, 0] + 0.01])),
            InputError,
            "factor G never",
        ),
        (lambda: fit_exposures(tiny(f[:3]), tiny(f[:3])), MissingDataError, "2 factors need at least 4 rows"),
        (
            lambda: fit_exposures(tiny(f[:30], overlap=10), tiny(f[:30], overlap=10)),
            MissingDataError,
            "rows that do not overlap; there are 3",
        ),
        (lambda: fit_exposures(assets, tiny(f, ("X", "G"))), AssetMismatchError, "X names an asset and"),
        (lambda: fit_exposures(assets, factors, penalty=-0.1), InputError, "at least 0"),
        (lambda: fit_exposures(assets, factors, errors="white"), InputError, "'classic' or 'newey_west'"),
        (lambda: fit_exposures(assets, factors, lags=3), InputError, "Lags belong to Newey"),
        (lambda: portfolio_exposures(assets, factors, portfolio, level=1.0), InputError, "between 0 and 1"),
        (lambda: portfolio_exposures(assets, factors, Portfolio("B", {"X": 1})), AssetMismatchError, "Y"),
    ]
    for call, kind, words in cases:
        with pytest.raises(kind, match=words):
            call()
    with pytest.raises(MissingDataError, match="Missing or infinite returns in G"):
        tiny([[0.0, np.nan]])


def test_weighted_rows_have_contributions_but_no_fit():
    assets, factors, portfolio = pair(1, weighted=True)
    with pytest.raises(InputError, match="standard errors are not defined for weighted"):
        fit_exposures(assets, factors)
    b = pd.DataFrame(1.0, index=NAMES, columns=["F", "G"])
    assert factor_contributions(assets, factors, b, portfolio, "volatility").total > 0


def test_what_contributions_refuse():
    assets, factors, portfolio = pair(1)
    b = fit_exposures(assets, factors).exposures
    with pytest.raises(AssetMismatchError, match="same assets: V"):
        factor_contributions(assets, factors, b.drop(index="V"), portfolio, "volatility")
    with pytest.raises(AssetMismatchError, match="same factors: H, G"):
        factor_contributions(assets, factors, b.rename(columns={"G": "H"}), portfolio, "volatility")
    with pytest.raises(MissingDataError, match="exposure of Y is missing"):
        factor_contributions(assets, factors, b.assign(F=[0.1, np.nan, 0.2, 0.3]), portfolio, "volatility")
    with pytest.raises(RiskcoreError, match=r"did you mean 0\.95"):
        factor_contributions(assets, factors, b, portfolio, "cvar", confidence=95)


def test_what_statistical_factors_refuse(weeks):
    with pytest.raises(InputError, match="at least two assets"):
        principal_components(weeks.select(["SPY"]))
    with pytest.raises(InputError, match="CASH never moves"):
        principal_components(tiny(np.c_[weeks.returns[:, 0], 0 * weeks.returns[:, 0]], ("SPY", "CASH")))
    with pytest.raises(InputError, match="'correlation' or the 'covariance'"):
        principal_components(weeks, on="returns")
    with pytest.raises(InputError, match="between 1 and 7 statistical factors, not 8"):
        statistical_factors(weeks, count=8)
    with pytest.raises(InputError, match="between 1 and 1 statistical factors"):
        statistical_factors(tiny(weeks.returns[:, [0, 0]]), count=2)
    with pytest.raises(AssetMismatchError, match="same assets"):
        statistical_factors(weeks, found_on=weeks.select(["SPY", "QQQ"]))
    with pytest.raises(MissingDataError, match="at least 3 rows"):
        principal_components(tiny([[0.1, 0.2], [0.0, 0.1]]))


def test_what_shocks_and_limits_refuse(weeks, a):
    fit = fit_exposures(weeks, weeks.select(FACTORS))
    for moves, words in (
        ({}, "at least one factor"),
        ({"OIL": -0.1}, "No factor is called OIL"),
        ({"SPY": -20}, r"did you mean -0\.2\?"),
        ({"SPY": float("nan")}, "between −1 and 10"),
    ):
        with pytest.raises(InputError, match=words):
            factor_shock(fit, a, moves)
    with pytest.raises(InputError, match="'still' or 'follow'"):
        factor_moves(fit, {"SPY": -0.1}, others="run")
    for limits, words in (
        ({"OIL": (0, 1)}, "names OIL, which is no factor"),
        ({"SPY": (None, None)}, "below, above or both"),
        ({"SPY": (1.0, 0.0)}, "lower one first"),
        ({"SPY": (None, float("inf"))}, "below, above or both"),
    ):
        with pytest.raises(InputError, match=words):
            exposure_limits(fit, a, limits)
    with pytest.raises(AssetMismatchError, match="No returns for GBPUSD"):
        unhedged(weeks, {"FTSE100": "GBPUSD"})
    with pytest.raises(InputError, match="an exchange rate at once"):
        unhedged(weeks, {"SPY": "BND", "BND": "GOLD"})
