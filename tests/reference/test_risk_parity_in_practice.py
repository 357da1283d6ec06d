"""The comparison of Yasenova's article on CVaR risk parity, on real data and recomputed every month.

Equal weight against Gaussian CVaR parity for one million: contributions by the article's Gaussian formula,
then profit, volatility and Sharpe ratio. The oracle is written here from the definitions: a cvxpy model for
the weights, and a loop over money for the path.
"""

from statistics import NormalDist

import cvxpy as cp
import numpy as np
import pytest

from riskcore import allocate
from riskcore.data.sample import load_sample
from riskcore.validation import walk_forward

CONFIDENCE, WINDOW, MONEY = 0.95, 500, 1_000_000.0
Z = NormalDist().inv_cdf(CONFIDENCE)
GAMMA = NormalDist().pdf(Z) / (1 - CONFIDENCE)


@pytest.fixture(scope="module")
def history():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets), "2018-01-01", "2023-12-31")


def gaussian_parity(returns):
    """Minimise −w'μ + γ√(w'Σw) − Σ log w / n over w > 0, and scale to 1."""
    mean, covariance = returns.mean(axis=0), np.cov(returns.T, ddof=0)
    scale = np.sqrt(np.diag(covariance))
    root = np.linalg.cholesky(covariance / np.outer(scale, scale)).T
    y = cp.Variable(mean.size)
    risk = -(mean / scale) @ y + GAMMA * cp.norm(root @ y)
    problem = cp.Problem(cp.Minimize(risk - cp.sum(cp.log(y)) / mean.size))
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    w = y.value / scale
    return w / w.sum()


def contributions(returns, w):
    """The Gaussian contributions w_i (−μ_i + γ (Σw)_i / σ)."""
    covariance = np.cov(returns.T, ddof=0)
    return w * (-returns.mean(axis=0) + GAMMA * covariance @ w / np.sqrt(w @ covariance @ w))


def money_path(history, weigh):
    """Hold pieces worth w at each month's last close after the first 500 rows, and count the money daily."""
    months = history.index.to_period("M")
    last = np.flatnonzero(np.append(months[1:] != months[:-1], False))
    trades = [int(t) for t in last if t + 1 >= WINDOW]
    money, path = MONEY, [MONEY]
    for place, trade in enumerate(trades):
        holdings = money * weigh(history.returns[trade + 1 - WINDOW : trade + 1])
        stop = trades[place + 1] + 1 if place + 1 < len(trades) else history.count
        for row in range(trade + 1, stop):
            holdings = holdings * (1 + history.returns[row])
            path.append(holdings.sum())
        money = holdings.sum()
    return np.array(path)


def test_contributions_are_equal_under_the_gaussian_formula_and_only_there(history):
    first = history.between(None, history.index[WINDOW - 1])
    window, n = first.returns, history.size
    weights = allocate("gaussian_cvar_parity", first, confidence=CONFIDENCE).weights.to_numpy()
    solved = contributions(window, weights)
    np.testing.assert_allclose(solved / solved.sum(), 1 / n, atol=1e-9)
    # The model's own weights carry the interior point's accuracy, about 1e-6 of a share.
    np.testing.assert_allclose(gaussian_parity(window), weights, atol=2e-5)
    equal = contributions(window, np.full(n, 1 / n))
    assert np.ptp(equal / equal.sum()) > 0.2


def test_profit_and_sharpe_of_both_monthly_recomputed(history):
    found = walk_forward(
        history,
        ["gaussian_cvar_parity"],
        confidence=CONFIDENCE,
        window=WINDOW,
        rng=np.random.default_rng(1),
    )
    paths = {
        "equal_weight": money_path(history, lambda rows: np.full(history.size, 1 / history.size)),
        "gaussian_cvar_parity": money_path(history, gaussian_parity),
    }
    facts = {}
    for key, path in paths.items():
        method = found.methods[key]
        np.testing.assert_allclose(MONEY * method.growth.to_numpy(), path, rtol=1e-6)
        returns = path[1:] / path[:-1] - 1
        sharpe = np.sqrt(252) * returns.mean() / returns.std()
        assert method.sharpe.value == pytest.approx(sharpe, rel=1e-5)
        facts[key] = (path[-1] - MONEY, returns.std(), sharpe)
    equal, parity = facts["equal_weight"], facts["gaussian_cvar_parity"]
    # As the article found on its own data: calmer, with the lower profit.
    assert parity[1] < 0.8 * equal[1] and parity[0] < equal[0]
    # Its higher Sharpe ratio is a matter of sampling here: the interval of the difference holds zero.
    difference = found.methods["gaussian_cvar_parity"].sharpe_difference
    assert difference.value == pytest.approx(parity[2] - equal[2], rel=1e-4)
    assert not difference.excludes_zero
