"""Minimum variance, maximum Sharpe and the mean–variance frontier on labelled scenarios."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation.frontiers import mean_variance_frontier
from riskcore.allocation.inputs import bound_arrays, moments
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError, MissingDataError
from riskcore.moments import ledoit_wolf_covariance, sample_covariance, sample_mean
from riskcore.scenarios import Scenarios

ASSETS = ("SPY", "BND", "GLD", "EEM")
OPEN = {"lower": -np.inf, "upper": np.inf}


def scenarios(rows=800, seed=0, extra=None, probabilities=None):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_normal((rows, 4)) * [1.0, 0.3, 0.8, 1.4]
    returns += 0.004 * rng.standard_normal((rows, 1)) + [0.0008, 0.0003, 0.0006, 0.0009]
    assets = ASSETS
    if extra is not None:
        returns, assets = np.c_[returns, np.broadcast_to(extra, rows)], (*ASSETS, "CASH")
    return Scenarios(returns, assets, 252, np.empty(0) if probabilities is None else probabilities)


def volatility(s, w):
    losses = -s.returns @ np.asarray(w)
    return np.sqrt(s.probabilities @ (losses - s.probabilities @ losses) ** 2)


def some_portfolios(n, count=2000, seed=1):
    return np.random.default_rng(seed).dirichlet(np.full(n, 0.5), count)


@pytest.mark.parametrize("solve", [minimum_variance, maximum_sharpe])
@pytest.mark.parametrize("weighted", [False, True])
def test_results_say_what_was_solved_and_shares_are_those_of_the_volatility(solve, weighted):
    p = np.linspace(1, 3, 800)
    s = scenarios(probabilities=p / p.sum() if weighted else None)
    found = solve(s)
    assert found.method == solve.__name__ and found.status == "optimal" and found.measure == "volatility"
    assert found.weights.min() >= 0 and found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.residual <= 1e-10 and found.solved.endswith("sample covariance.")
    w = found.weights.to_numpy()
    losses = -s.returns @ w
    part = -w * (s.probabilities * (losses - s.probabilities @ losses) @ s.returns)
    np.testing.assert_allclose(found.shares, part / part.sum(), atol=1e-10)


def test_no_random_portfolio_has_less_volatility_or_a_larger_ratio():
    s = scenarios()
    tried = some_portfolios(4)
    vols = np.array([volatility(s, w) for w in tried])
    assert volatility(s, minimum_variance(s).weights) <= vols.min()
    best = maximum_sharpe(s, risk_free=1e-4).weights.to_numpy()
    ratio = (s.returns.mean(axis=0) @ best - 1e-4) / volatility(s, best)
    assert ratio >= ((tried @ s.returns.mean(axis=0) - 1e-4) / vols).max()


def test_without_bounds_the_closed_forms():
    s = scenarios()
    inverse = np.linalg.inv(sample_covariance(s).to_numpy())
    least = inverse.sum(axis=1) / inverse.sum()
    np.testing.assert_allclose(minimum_variance(s, **OPEN).weights, least, rtol=1e-10)
    tangency = inverse @ (s.returns.mean(axis=0) - 1e-4)
    found = maximum_sharpe(s, risk_free=1e-4, **OPEN)
    np.testing.assert_allclose(found.weights, tangency / tangency.sum(), rtol=1e-10)
    assert "any size and sign" in found.solved and found.residual <= 1e-10
    wide = {"lower": -50.0, "upper": 50.0}
    np.testing.assert_allclose(minimum_variance(s, **wide).weights, least, atol=1e-10)


def test_the_frontier_runs_from_the_minimum_to_the_best_asset_in_even_steps_of_the_mean():
    s = scenarios()
    found = mean_variance_frontier(s, points=11)
    assert found.weights.shape == (11, 4) and list(found.weights.columns) == list(ASSETS)
    np.testing.assert_allclose(found.weights.iloc[0], minimum_variance(s).weights, atol=1e-12)
    assert found.weights.iloc[-1].max() == 1.0 and found.mean[-1] == pytest.approx(sample_mean(s).max())
    np.testing.assert_allclose(np.diff(found.mean), np.ptp(found.mean) / 10, rtol=1e-8)
    np.testing.assert_allclose(found.risk, [volatility(s, w) for w in found.weights.to_numpy()], rtol=1e-10)
    assert (np.diff(found.risk) > 0).all() and (np.diff(found.risk, 2) > -1e-12).all()  # rising and convex
    assert found.portfolio(0).weights["BND"] == found.weights["BND"].iloc[0]


def test_the_frontier_touches_the_largest_ratio():
    s = scenarios()
    found = mean_variance_frontier(s, points=400)
    best = maximum_sharpe(s)
    ratio = float(sample_mean(s) @ best.weights) / volatility(s, best.weights)
    assert (found.mean / found.risk).max() == pytest.approx(ratio, rel=1e-4)
    assert (found.mean / found.risk).max() <= ratio * (1 + 1e-12)


def test_the_frontier_without_bounds_is_the_hyperbola_of_merton():
    s = scenarios()
    found = mean_variance_frontier(s, points=5, **OPEN)
    inverse, mu = np.linalg.inv(sample_covariance(s).to_numpy()), s.returns.mean(axis=0)
    a, b, c = mu @ inverse.sum(axis=1), mu @ inverse @ mu, inverse.sum()
    expected = (c * found.mean**2 - 2 * a * found.mean + b) / (b * c - a**2)
    np.testing.assert_allclose(found.risk**2, expected, rtol=1e-8)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, rtol=1e-12)
    assert found.residual <= 1e-10


def test_bounds_are_matched_by_label_and_kept():
    s = scenarios()
    upper = {"EEM": 0.1, "BND": 0.4, "SPY": 0.9, "GLD": 0.9}
    for found in (minimum_variance(s, upper=upper), maximum_sharpe(s, upper=upper)):
        assert all(found.weights[a] <= upper[a] + 1e-15 for a in ASSETS)
        assert "bounds of each asset" in found.solved
    assert minimum_variance(s, upper=upper).weights["BND"] == pytest.approx(0.4)
    _, high = bound_arrays(s, 0.1, np.inf)
    np.testing.assert_allclose(high, 0.7)
    assert "10 % to 50 %" in minimum_variance(s, lower=0.1, upper=0.5).solved


def test_moments_are_matched_by_label():
    s = scenarios()
    order = ["EEM", "GLD", "SPY", "BND"]
    table, mean = sample_covariance(s).loc[order, order], sample_mean(s)[order]
    direct, given = maximum_sharpe(s), maximum_sharpe(s, mean=mean, covariance=table)
    pd.testing.assert_series_equal(direct.weights, given.weights)
    assert given.measure is None and given.shares is None
    shrunk = minimum_variance(s, covariance="ledoit_wolf")
    assert "Ledoit–Wolf" in shrunk.solved
    other = minimum_variance(s, covariance=ledoit_wolf_covariance(s))
    pd.testing.assert_series_equal(shrunk.weights, other.weights)


@pytest.mark.parametrize("solve", [minimum_variance, maximum_sharpe])
def test_label_order_changes_nothing(solve):
    s, order = scenarios(), ["EEM", "SPY", "GLD", "BND"]
    pd.testing.assert_series_equal(solve(s).weights[order], solve(s.select(order)).weights, atol=1e-10)


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e8])
def test_scale_changes_nothing(scale):
    s = scenarios()
    scaled = Scenarios(s.returns * scale, ASSETS, 252)
    for solve in (minimum_variance, maximum_sharpe):
        np.testing.assert_allclose(solve(scaled).weights, solve(s).weights, atol=1e-9)
    one, two = mean_variance_frontier(s, points=5), mean_variance_frontier(scaled, points=5)
    np.testing.assert_allclose(two.risk, one.risk * scale, rtol=1e-9)


def test_riskless_cash_is_the_minimum_and_its_rate_gives_the_tangency():
    s = scenarios(extra=1e-4)
    found = minimum_variance(s)
    assert found.weights["CASH"] == pytest.approx(1.0, abs=1e-9) and found.shares is None
    tangency = maximum_sharpe(s, risk_free=1e-4)
    alone = maximum_sharpe(s.select(list(ASSETS)), risk_free=1e-4)
    held = tangency.weights[list(ASSETS)]
    np.testing.assert_allclose(held / held.sum(), alone.weights, atol=1e-8)


def test_a_riskless_gain_has_no_largest_ratio():
    with pytest.raises(InfeasibleError, match=r"100 % CASH has no volatility and earns 0\.0001") as caught:
        maximum_sharpe(scenarios(extra=1e-4))
    assert caught.value.details["weights"]["CASH"] == pytest.approx(1.0)


def test_a_rate_that_nothing_beats_is_refused_with_the_best_asset():
    with pytest.raises(InfeasibleError, match=r"earns more than the risk-free rate of 0.01 .* 100 % EEM"):
        maximum_sharpe(scenarios(), risk_free=0.01)
    with pytest.raises(InfeasibleError, match="no maximum: the minimum-variance portfolio"):
        maximum_sharpe(scenarios(), risk_free=0.01, **OPEN)
    with pytest.raises(InputError, match="risk-free rate must be a number"):
        maximum_sharpe(scenarios(), risk_free=np.nan)


def test_singular_covariances_are_refused_without_bounds_and_solved_with_them():
    few = scenarios(rows=4)
    for solve in (minimum_variance, maximum_sharpe, mean_variance_frontier):
        with pytest.raises(InfeasibleError, match="Without bounds there is no single answer"):
            solve(few, **OPEN)
    with pytest.raises(InfeasibleError, match="constant asset"):
        minimum_variance(scenarios(extra=1e-4), **OPEN)
    assert minimum_variance(few).weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"lower": 0.3}, InfeasibleError, "minimum weights of 4 assets add up to 120 %"),
        ({"upper": 0.2}, InfeasibleError, "maximum weights of 4 assets add up to 80 %"),
        ({"upper": {"SPY": 1.0}}, AssetMismatchError, "nothing for BND, GLD, EEM"),
        ({"lower": dict.fromkeys((*ASSETS, "TLT"), 0.0)}, AssetMismatchError, "no returns for TLT"),
        ({"upper": np.nan}, InputError, "not a number"),
        ({"lower": -np.inf, "upper": dict.fromkeys(ASSETS, np.inf) | {"SPY": 1.0}}, InputError, "no limit"),
        ({"covariance": "oracle"}, InputError, "No covariance estimator"),
        (
            {"covariance": pd.DataFrame(np.eye(4), ASSETS, [*ASSETS[:3], "TLT"])},
            AssetMismatchError,
            "columns",
        ),
        ({"covariance": pd.DataFrame(np.tri(4), ASSETS, ASSETS)}, InputError, "not symmetric"),
        ({"covariance": pd.DataFrame(1.0 - 2.0 * np.eye(4), ASSETS, ASSETS)}, InputError, "semidefinite"),
        ({"covariance": pd.DataFrame(np.eye(4) * np.nan, ASSETS, ASSETS)}, MissingDataError, "missing"),
    ],
)
def test_bounds_and_moments_that_cannot_be_used_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        minimum_variance(scenarios(), **settings)


def test_means_need_every_asset_once():
    with pytest.raises(AssetMismatchError, match="nothing for EEM"):
        maximum_sharpe(scenarios(), mean=pd.Series(0.1, ASSETS[:3]))
    with pytest.raises(AssetMismatchError, match="more than one for SPY"):
        moments(scenarios(), mean=pd.Series(0.1, [*ASSETS, "SPY"]))


@pytest.mark.parametrize("points", [1, 0, -3, 2.5])
def test_a_frontier_needs_two_points(points):
    with pytest.raises(InputError, match="at least 2 points"):
        mean_variance_frontier(scenarios(), points=points)


def test_a_frontier_of_one_portfolio_has_one_point():
    s = scenarios()
    found = mean_variance_frontier(s, mean=pd.Series(0.001, ASSETS))
    np.testing.assert_allclose(found.weights, [minimum_variance(s).weights], atol=1e-12)
    assert len(mean_variance_frontier(s.select(["GLD"])).weights) == 1
    assert len(mean_variance_frontier(s, mean=pd.Series(0.001, ASSETS), **OPEN).weights) == 1
