"""The mean–CVaR frontier and the highest mean under a cap on labelled scenarios."""

import numpy as np
import pytest

from riskcore.allocation.frontiers import maximum_mean, mean_cvar_frontier
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.errors import ConfidenceError, InfeasibleError, InputError
from riskcore.scenarios import Scenarios

ASSETS = ("SPY", "BND", "GLD", "EEM")


def scenarios(rows=800, seed=0):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(4, (rows, 4)) * [1.0, 0.3, 0.8, 1.4]
    return Scenarios(returns + np.array([0.0006, 0.0001, 0.0004, 0.0009]), ASSETS, 252)


def test_the_frontier_is_labelled_and_starts_at_the_minimum():
    s = scenarios()
    found = mean_cvar_frontier(s, confidence=0.95, points=12)
    assert found.weights.shape == (12, 4) and list(found.weights.columns) == list(ASSETS)
    assert found.measure == "cvar" and found.confidence == 0.95 and "95 %" in found.solved
    least = minimum_cvar(s, confidence=0.95)
    np.testing.assert_allclose(found.weights.iloc[0], least.weights, atol=1e-6)
    worst = np.sort(-s.returns @ found.weights.to_numpy().T, axis=0)[-40:].mean(axis=0)  # 5 % of 800
    np.testing.assert_allclose(found.risk, worst, rtol=1e-10)
    np.testing.assert_allclose(found.mean, found.weights @ s.returns.mean(axis=0), rtol=1e-12)


def test_the_highest_mean_under_a_cap_lies_on_the_frontier_whatever_the_order():
    s = scenarios()
    frontier = mean_cvar_frontier(s, confidence=0.95, points=60)
    cap = float(frontier.risk[0] + 0.3 * np.ptp(frontier.risk))
    found = maximum_mean(s, confidence=0.95, cap=cap)
    mean = float(found.weights @ s.returns.mean(axis=0))
    low = np.interp(cap, frontier.risk, frontier.mean)  # the chord lies below the concave frontier
    assert low * (1 - 1e-9) <= mean <= low * 1.001
    losses = np.sort(-s.returns @ found.weights)[-40:].mean()
    assert losses == pytest.approx(cap, rel=1e-9) and f"{cap:.4g}" in found.solved
    assert found.method == "maximum_mean" and found.status == "optimal" and found.residual <= 1e-6
    moved = maximum_mean(s.select(["EEM", "BND", "SPY", "GLD"]), confidence=0.95, cap=cap)
    assert float(moved.weights[list(ASSETS)] @ s.returns.mean(axis=0)) == pytest.approx(mean, rel=1e-6)


def test_a_cap_that_nothing_keeps_names_the_calmest_portfolio():
    s = scenarios()
    least = minimum_cvar(s, confidence=0.95)
    with pytest.raises(InfeasibleError, match=r"of 0\.0001 or less: .* with .*% BND") as caught:
        maximum_mean(s, confidence=0.95, cap=1e-4)
    np.testing.assert_allclose(caught.value.details["weights"], least.weights, atol=1e-6)


def test_settings_that_cannot_be_used_are_refused():
    s = scenarios(rows=50)
    with pytest.raises(InputError, match="at least 2 points"):
        mean_cvar_frontier(s, confidence=0.95, points=1)
    with pytest.raises(ConfidenceError, match=r"0\.95"):
        mean_cvar_frontier(s, confidence=95)
    with pytest.raises(ConfidenceError, match=r"0\.95"):
        maximum_mean(s, confidence=0.05, cap=0.01)
    with pytest.raises(InputError, match="must be a number"):
        maximum_mean(s, confidence=0.95, cap=np.inf)
