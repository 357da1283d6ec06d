"""Index gap by conditional expectation: definitions, the fitted t against other fits, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore import stress
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, NumericalError
from riskcore.measures import cvar
from riskcore.numerics.multivariate_t import MultivariateT, conditional_on, fit_multivariate_t
from riskcore.numerics.student_t import fit_student_t
from riskcore.periods import weekly
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

ASSETS = ["SPY", "BND", "GOLD", "NIKKEI225"]
SAMPLE = load_sample("global").scenarios(ASSETS)
EQUAL = Portfolio("Equal", dict.fromkeys(ASSETS, 0.25))
WEEKS = weekly(SAMPLE)


def test_inside_the_range_the_weeks_are_tilted_to_the_gap():
    found = stress.conditional_index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=-0.10)
    assert not found.extrapolated and found.basis == "weekly returns"
    # The tilt by its definition: q ∝ exp(θ x), θ by bisection.
    x = WEEKS.returns[:, 0]
    low, high = -1000.0, 0.0
    for _ in range(200):
        theta = 0.5 * (low + high)
        q = np.exp(theta * (x - x.min()))
        q /= q.sum()
        low, high = (theta, high) if q @ x < -0.10 else (low, theta)
    assert found.table["asset_return"].to_numpy() == pytest.approx(q @ WEEKS.returns, abs=1e-9)
    assert found.effective_scenarios == pytest.approx(np.exp(-q @ np.log(q)), rel=1e-6)
    assert found.loss == pytest.approx(-found.table["contribution"].sum(), abs=1e-12)
    assert found.scenarios.count == WEEKS.count and cvar(found.scenarios, EQUAL, confidence=0.95).value > 0.05


def test_beyond_the_range_the_fitted_t_answers_and_says_so():
    found = stress.conditional_index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=-0.35)
    assert found.extrapolated and found.range[0] > -0.35 and np.isnan(found.effective_scenarios)
    fitted = fit_multivariate_t(WEEKS.returns, WEEKS.probabilities)
    slope = fitted.scatter[:, 0] / fitted.scatter[0, 0]
    expected = fitted.location + slope * (-0.35 - fitted.location[0])
    assert found.table["asset_return"].to_numpy() == pytest.approx(expected, abs=1e-8)
    assert found.scenarios.returns.mean(axis=0) == pytest.approx(expected, abs=1e-8)
    assert np.ptp(found.scenarios.returns[:, 0]) == 0.0
    assert found.nu == pytest.approx(fitted.nu, rel=1e-5)


def test_the_index_itself_makes_the_gap_exactly():
    for gap in (-0.1, -0.4, 0.05):
        found = stress.conditional_index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=gap)
        assert found.table.loc["SPY", "asset_return"] == gap


def test_normal_data_gives_beta_times_gap_either_way():
    rng = np.random.default_rng(3)
    x = rng.normal(0, 0.02, 6000)
    table = pd.DataFrame(
        {"IDX": x, "B": 0.5 * x + rng.normal(0, 0.01, 6000)},
        index=pd.date_range("1990-01-05", periods=6000, freq="W-FRI"),
    )
    history = Scenarios.from_returns(table, periods_per_year=52)
    p = Portfolio("B", {"IDX": 0.0, "B": 1.0})
    for gap in (-0.03, -0.2):
        found = stress.conditional_index_gap(history, p, index_asset="IDX", gap=gap)
        assert found.extrapolated == (gap == -0.2)
        assert found.loss == pytest.approx(-0.5 * gap, rel=0.03)


def test_the_fit_is_a_maximum_of_the_likelihood():
    fitted = fit_multivariate_t(WEEKS.returns, WEEKS.probabilities)

    def value(location, scatter, nu):
        return stats.multivariate_t(location, scatter, nu).logpdf(WEEKS.returns).mean()

    best = value(*fitted)
    for factor in (0.97, 1.03):
        assert value(fitted.location, fitted.scatter, fitted.nu * factor) < best
        assert value(fitted.location, fitted.scatter * factor, fitted.nu) < best
        turned = fitted.scatter.copy()
        turned[0, 1] = turned[1, 0] = turned[0, 1] * factor + 1e-6 * (factor - 1)
        assert value(fitted.location, turned, fitted.nu) < best
    for shift in (-1e-3, 1e-3):
        assert value(fitted.location + shift, fitted.scatter, fitted.nu) < best


def test_one_series_is_fitted_as_the_univariate_t():
    losses = -WEEKS.returns[:, 0]
    other = fit_student_t(losses, WEEKS.probabilities)
    found = fit_multivariate_t(losses[:, None], WEEKS.probabilities)
    assert found.nu == pytest.approx(np.exp(other.theta[2]), rel=1e-3)
    assert found.location[0] == pytest.approx(other.location + other.scale * other.theta[0], abs=1e-5)
    assert np.sqrt(found.scatter[0, 0]) == pytest.approx(other.scale * np.exp(other.theta[1]), rel=1e-3)


def test_weights_count_as_repetitions():
    rng = np.random.default_rng(0)
    values = rng.standard_t(4, (60, 2)) * 0.01
    counts = rng.integers(1, 4, 60)
    weighted = fit_multivariate_t(values, counts / counts.sum())
    repeated = fit_multivariate_t(np.repeat(values, counts, axis=0), np.full(counts.sum(), 1 / counts.sum()))
    assert weighted.nu == pytest.approx(repeated.nu, rel=1e-6)
    assert weighted.scatter == pytest.approx(repeated.scatter, rel=1e-6)


def test_the_conditional_spread_is_that_of_a_simulation():
    t = MultivariateT(np.array([0.0, 0.1]), np.array([[1.0, 0.6], [0.6, 2.0]]), 5.0)
    mean, factor = conditional_on(t, 0, -3.0)
    grid = np.linspace(-60, 60, 240_001)
    joint = stats.multivariate_t(t.location, t.scatter, t.nu).pdf(
        np.column_stack([np.full(grid.size, -3.0), grid])
    )
    density = joint / joint.sum()
    assert mean[1] == pytest.approx(density @ grid, abs=1e-6)
    residual = 2.0 - 0.36
    variance = residual * factor**2 * 6 / 4
    assert density @ (grid - mean[1]) ** 2 == pytest.approx(variance, rel=1e-3)


def test_cash_that_never_moves_stays():
    frame = WEEKS.frame.assign(CASH=0.0002)
    history = Scenarios.from_returns(frame, periods_per_year=52)
    p = Portfolio("P", {**dict.fromkeys(ASSETS, 0.2), "CASH": 0.2})
    for gap in (-0.1, -0.35):
        found = stress.conditional_index_gap(history, p, index_asset="SPY", gap=gap)
        assert found.table.loc["CASH", "asset_return"] == pytest.approx(0.0002)


# ---- refused ----


@pytest.mark.parametrize("gap", [-15, 1.0, np.nan])
def test_a_gap_that_is_no_return_is_refused(gap):
    with pytest.raises(InputError, match="between −1 and 1"):
        stress.conditional_index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=gap)


def test_an_unknown_index_and_other_weights_are_refused():
    with pytest.raises(AssetMismatchError, match="SPX"):
        stress.conditional_index_gap(SAMPLE, EQUAL, index_asset="SPX", gap=-0.1)
    with pytest.raises(AssetMismatchError, match="without a weight"):
        stress.conditional_index_gap(SAMPLE, Portfolio("x", {"SPY": 1}), index_asset="SPY", gap=-0.1)


def test_short_and_undated_histories_are_refused():
    with pytest.raises(MissingDataError, match="at least 30"):
        stress.conditional_index_gap(
            SAMPLE.between("2024-01-01", "2024-04-01"), EQUAL, index_asset="SPY", gap=-0.1
        )
    undated = Scenarios(SAMPLE.returns, SAMPLE.assets, 252, ordered=True)
    with pytest.raises(InputError, match="without dates"):
        stress.conditional_index_gap(undated, EQUAL, index_asset="SPY", gap=-0.1)


def test_series_without_a_density_are_refused():
    twice = WEEKS.frame.assign(MIX=lambda t: 0.5 * t["SPY"] + 0.5 * t["BND"])
    history = Scenarios.from_returns(twice, periods_per_year=52)
    p = Portfolio("P", {**dict.fromkeys(ASSETS, 0.25), "MIX": 0.0})
    with pytest.raises(NumericalError, match="linearly dependent"):
        stress.conditional_index_gap(history, p, index_asset="SPY", gap=-0.5)
    with pytest.raises(NumericalError, match="never moves"):
        fit_multivariate_t(np.zeros((100, 1)), np.full(100, 0.01))
    with pytest.raises(MissingDataError, match="at least 40"):
        fit_multivariate_t(np.zeros((30, 4)), np.full(30, 1 / 30))
