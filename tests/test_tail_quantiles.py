import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskcore import Portfolio
from riskcore.errors import AssetMismatchError, MissingDataError, NumericalError
from riskcore.scenarios import Scenarios
from riskcore.tail_models import quantile_table

ONE = Portfolio("A", {"SPY": 1.0})


def scenarios(returns, **settings):
    return Scenarios(np.asarray(returns)[:, None], ("SPY",), periods_per_year=252, **settings)


def test_quantiles_agree_with_scipy_s_distributions():
    returns = np.random.default_rng(0).standard_t(4, 3000) / 100
    table = quantile_table(scenarios(returns), ONE)
    losses = np.sort(-returns)
    levels = (np.arange(3000) + 0.5) / 3000
    np.testing.assert_allclose(table["loss"], losses)
    np.testing.assert_allclose(table["level"], levels, rtol=1e-10)
    np.testing.assert_allclose(
        table["gaussian"], stats.norm.ppf(levels, losses.mean(), losses.std()), rtol=1e-8, atol=1e-12
    )
    nu, location, scale = stats.t.fit(losses)
    assert table.attrs["nu"] == pytest.approx(nu, rel=0.02)
    np.testing.assert_allclose(
        table["student_t"], stats.t.ppf(levels, nu, location, scale), rtol=0.02, atol=2e-4
    )


def test_losses_that_are_student_t_lie_on_its_line_and_above_the_gaussian_one():
    nu, levels = 4, (np.arange(2000) + 0.5) / 2000
    table = quantile_table(scenarios(-0.01 * stats.t.ppf(levels, nu)), ONE)
    inner = slice(100, -100)
    np.testing.assert_allclose(
        table["student_t"].iloc[inner], table["loss"].iloc[inner], rtol=0.03, atol=1e-5
    )
    assert table["loss"].iloc[-1] > 1.5 * table["gaussian"].iloc[-1]


def test_unequal_probabilities_move_the_ranks_and_impossible_scenarios_leave():
    rng = np.random.default_rng(1)
    returns = rng.normal(0, 0.01, 200)
    p = rng.random(200)
    p[[3, 50]] = 0.0
    p /= p.sum()
    table = quantile_table(scenarios(returns, probabilities=p), ONE)
    assert len(table) == 198
    order = [i for i in np.argsort(-returns) if p[i] > 0]
    expected, total = [], 0.0
    for i in order:
        expected.append(total + p[i] / 2)
        total += p[i]
    np.testing.assert_allclose(table["level"], expected, atol=1e-14)


@given(scale=st.floats(0.1, 10.0), shift=st.floats(-0.02, 0.02))
def test_a_scaled_and_shifted_sample_has_scaled_and_shifted_quantiles(scale, shift):
    base = np.random.default_rng(2).standard_t(5, 300) / 100
    before = quantile_table(scenarios(base), ONE)
    after = quantile_table(scenarios(scale * base - shift), ONE)
    for column in ("loss", "gaussian", "student_t"):
        np.testing.assert_allclose(
            after[column], scale * before[column] + shift, rtol=2e-5, atol=2e-6 * scale
        )


@pytest.mark.parametrize(
    ("returns", "error"),
    [(np.zeros(200), NumericalError), (np.linspace(-0.01, 0.01, 20), MissingDataError)],
    ids=["constant", "few"],
)
def test_samples_that_cannot_be_fitted_are_refused(returns, error):
    with pytest.raises(error):
        quantile_table(scenarios(returns), ONE)


def test_other_labels_are_refused():
    with pytest.raises(AssetMismatchError):
        quantile_table(scenarios(np.linspace(-0.01, 0.01, 200)), Portfolio("A", {"BND": 1.0}))
