"""Black–Litterman against the published example of He and Litterman, and against Bayes' rule written out."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation.black_litterman import View, black_litterman, black_litterman_posterior
from riskcore.allocation.mean_variance import maximum_sharpe
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError
from riskcore.moments import sample_covariance
from riskcore.scenarios import Scenarios

# He, Litterman (1999), The intuition behind Black-Litterman model portfolios, tables 1 and 2 (yearly).
COUNTRIES = ("Australia", "Canada", "France", "Germany", "Japan", "UK", "USA")
CORRELATIONS = np.array(
    [
        [1.000, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
        [0.488, 1.000, 0.664, 0.655, 0.310, 0.608, 0.779],
        [0.478, 0.664, 1.000, 0.861, 0.355, 0.783, 0.668],
        [0.515, 0.655, 0.861, 1.000, 0.354, 0.777, 0.653],
        [0.439, 0.310, 0.355, 0.354, 1.000, 0.405, 0.306],
        [0.512, 0.608, 0.783, 0.777, 0.405, 1.000, 0.652],
        [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1.000],
    ]
)
VOLATILITIES = np.array([16.0, 20.3, 24.8, 27.1, 21.0, 20.0, 18.7]) / 100
MARKET = dict(zip(COUNTRIES, (0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615), strict=True))
EQUILIBRIUM = [3.9, 6.9, 8.4, 9.0, 4.3, 6.8, 7.6]
# Table 4: Germany outperforms the rest of Europe (France and the UK by market weight) by 5 % a year.
VIEW = View({"Germany": 1.0, "France": -5.2 / 17.6, "UK": -12.4 / 17.6}, 0.05)
POSTERIOR_MEANS = [4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1]
POSTERIOR_WEIGHTS = [1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6]

ASSETS = ("SPY", "BND", "GLD", "EEM")
HELD = {"SPY": 0.5, "BND": 0.3, "GLD": 0.05, "EEM": 0.15}


def published():
    """Scenarios with exactly the published covariance: ± the columns of its root."""
    root = np.linalg.cholesky(CORRELATIONS * np.outer(VOLATILITIES, VOLATILITIES)) * np.sqrt(7)
    return Scenarios(np.concatenate([root.T, -root.T]), COUNTRIES, 1)


def scenarios(seed=0, rows=700):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_normal((rows, 4)) * [1.0, 0.3, 0.8, 1.4]
    returns += 0.004 * rng.standard_normal((rows, 1))
    return Scenarios(returns, ASSETS, 252)


def test_the_published_equilibrium_of_he_and_litterman():
    found = black_litterman_posterior(published(), MARKET)
    np.testing.assert_allclose(100 * found.equilibrium, EQUILIBRIUM, atol=0.051)
    np.testing.assert_allclose(found.mean, found.equilibrium)
    np.testing.assert_allclose(found.unconstrained, np.array(list(MARKET.values())) / 1.05, rtol=1e-9)


def test_the_published_posterior_of_he_and_litterman():
    found = black_litterman_posterior(published(), MARKET, [VIEW])
    np.testing.assert_allclose(100 * found.mean, POSTERIOR_MEANS, atol=0.06)
    np.testing.assert_allclose(100 * found.unconstrained, POSTERIOR_WEIGHTS, atol=0.06)
    # Unviewed assets keep the market's weight over 1 + τ exactly: the view moves its own portfolio only.
    for country in ("Australia", "Canada", "Japan", "USA"):
        assert found.unconstrained[country] == pytest.approx(MARKET[country] / 1.05, rel=1e-9)


def test_the_allocator_holds_the_published_weights_in_proportion():
    found = black_litterman(published(), MARKET, [VIEW], lower=-np.inf, upper=np.inf)
    expected = np.array(POSTERIOR_WEIGHTS) / sum(POSTERIOR_WEIGHTS)
    np.testing.assert_allclose(found.weights, expected, atol=1.5e-3)  # the printed ones add up to 95.1 %
    long = black_litterman(published(), MARKET, [VIEW])
    assert long.weights.min() >= 0 and long.weights["France"] == 0 and long.weights["Germany"] > 0.2
    assert long.method == "black_litterman" and "1 view " in long.solved and long.measure is None


def test_without_views_the_market():
    found = black_litterman(scenarios(), HELD)
    assert found.weights.to_dict() == pytest.approx(HELD, abs=1e-9) and "no views" in found.solved


def test_the_posterior_is_bayes_rule_with_precisions():
    s = scenarios()
    views = [View({"SPY": 1.0, "EEM": -1.0}, 3e-4), View({"GLD": 1.0}, -1e-4, variance=2e-7)]
    found = black_litterman_posterior(s, HELD, views, risk_aversion=3.0, tau=0.02)
    sigma = sample_covariance(s).to_numpy()
    picks = np.array([[1.0, 0, 0, -1], [0, 0, 1, 0]])
    omega = np.diag([picks[0] @ (0.02 * sigma) @ picks[0], 2e-7])
    precision = np.linalg.inv(0.02 * sigma) + picks.T @ np.linalg.inv(omega) @ picks
    prior = 3.0 * sigma @ np.array(list(HELD.values()))
    right = np.linalg.inv(0.02 * sigma) @ prior + picks.T @ np.linalg.inv(omega) @ [3e-4, -1e-4]
    np.testing.assert_allclose(found.mean, np.linalg.solve(precision, right), rtol=1e-9)
    np.testing.assert_allclose(found.covariance, sigma + np.linalg.inv(precision), rtol=1e-9)
    np.testing.assert_allclose(found.view_variances, np.diag(omega), rtol=1e-12)


def test_a_certain_view_holds_exactly_and_leaves_no_uncertainty_about_itself():
    s = scenarios()
    found = black_litterman_posterior(s, HELD, [View({"SPY": 1.0, "EEM": -1.0}, 3e-4, variance=0.0)])
    assert found.mean["SPY"] - found.mean["EEM"] == pytest.approx(3e-4, rel=1e-10)
    pick = np.array([1.0, 0, 0, -1])
    own = pick @ (found.covariance.to_numpy() - sample_covariance(s).to_numpy()) @ pick
    assert abs(own) <= 1e-12 * (pick @ sample_covariance(s).to_numpy() @ pick)


def test_a_vague_view_changes_nothing_and_a_view_of_the_equilibrium_keeps_the_means():
    s = scenarios()
    prior = black_litterman_posterior(s, HELD)
    vague = black_litterman_posterior(s, HELD, [View({"SPY": 1.0}, 0.5, variance=1e12)])
    np.testing.assert_allclose(vague.mean, prior.mean, rtol=1e-9)
    same = black_litterman_posterior(s, HELD, [View({"SPY": 1.0}, float(prior.equilibrium["SPY"]))])
    np.testing.assert_allclose(same.mean, prior.mean, rtol=1e-12)


def test_the_weights_are_those_of_the_largest_posterior_ratio():
    s, views = scenarios(), [View({"GLD": 1.0}, 5e-4)]
    posterior = black_litterman_posterior(s, HELD, views)
    direct = maximum_sharpe(s, mean=posterior.mean, covariance=posterior.covariance, upper=0.6)
    pd.testing.assert_series_equal(black_litterman(s, HELD, views, upper=0.6).weights, direct.weights)


def test_label_order_and_scale_change_nothing():
    s, views = scenarios(), [View({"GLD": 1.0}, 5e-4)]
    one = black_litterman(s, HELD, views).weights
    order = ["EEM", "SPY", "GLD", "BND"]
    two = black_litterman(s.select(order), HELD, views).weights
    pd.testing.assert_series_equal(one[order], two, atol=1e-9)
    # δ is mean over variance, so returns in other units need views in these units squared over δ: δ falls.
    scaled = Scenarios(s.returns * 100, ASSETS, 252)
    three = black_litterman(scaled, HELD, [View({"GLD": 1.0}, 5e-2)], risk_aversion=0.025).weights
    np.testing.assert_allclose(three, one, atol=1e-9)


@pytest.mark.parametrize(
    ("market", "views", "settings", "error", "message"),
    [
        ({"SPY": 1.0}, [], {}, AssetMismatchError, r"market weights .* nothing for BND"),
        (HELD | {"SPY": 0.4}, [], {}, InputError, "add up to 90 %"),
        (HELD | {"SPY": 0.9, "BND": -0.1}, [], {}, InputError, "nothing short"),
        (HELD, [View({"TLT": 1.0}, 0.1)], {}, AssetMismatchError, "View 1 is about TLT"),
        (HELD, [View({"SPY": 0.0}, 0.1)], {}, InputError, "View 1 needs a return"),
        (HELD, [View({"SPY": 1.0}, np.nan)], {}, InputError, "View 1 needs a return"),
        (HELD, [View({"SPY": 1.0}, 0.1, variance=-1.0)], {}, InputError, "variance of view 1"),
        (HELD, [], {"tau": 0.0}, InputError, "τ must be a positive number"),
        (HELD, [], {"risk_aversion": -2.0}, InputError, "risk aversion δ must be"),
    ],
)
def test_weights_views_and_settings_that_cannot_be_used_are_refused(market, views, settings, error, message):
    with pytest.raises(error, match=message):
        black_litterman(scenarios(), market, views, **settings)


def test_certain_views_that_contradict_are_named():
    views = [
        View({"GLD": 1.0}, 1e-4),
        View({"SPY": 1.0}, 1e-4, variance=0.0),
        View({"SPY": 2.0}, 5e-4, variance=0.0),
    ]
    with pytest.raises(InfeasibleError, match="Views 2, 3 are about the same thing") as caught:
        black_litterman(scenarios(), HELD, views)
    assert caught.value.details["views"] == [2, 3]


def test_a_view_on_riskless_cash_needs_a_variance():
    s = scenarios()
    cash = Scenarios(np.c_[s.returns, np.full(s.count, 2.0**-13)], (*ASSETS, "CASH"), 252)
    market = HELD | {"SPY": 0.4, "CASH": 0.1}
    with pytest.raises(InfeasibleError, match="View 1 is about a portfolio without volatility"):
        black_litterman(cash, market, [View({"CASH": 1.0}, 1e-4)])


def test_bearish_views_on_everything_leave_no_ratio_to_maximise():
    views = [View({a: 1.0}, -0.01, variance=0.0) for a in ASSETS]
    with pytest.raises(InfeasibleError, match="earns more than the risk-free rate"):
        black_litterman(scenarios(), HELD, views)
