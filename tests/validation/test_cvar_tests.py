"""Acerbi–Szekely statistics by hand, and their size and power against known distributions."""

import numpy as np
import pytest
from scipy import stats

from riskcore.errors import ConfidenceError, InputError, MissingDataError
from riskcore.numerics.student_t import student_t_tail
from riskcore.validation import acerbi_szekely
from riskcore.validation.cvar_tests import TAIL_STEPS, statistics


def verdicts(losses, nu, confidence, rng, scale=1.0):
    """Test forecasts of a t distribution with unit scale times `scale`."""
    var, cvar = student_t_tail(nu, confidence)
    shape = (student_t_tail(nu, 1 - (1 - confidence) * TAIL_STEPS)[0] / cvar)[None]
    days = scale * np.ones(losses.size)
    return acerbi_szekely(losses, var * days, cvar * days, shape, confidence=confidence, rng=rng)


def test_statistics_by_hand():
    # T = 10, c = 0.8: exceptions 3 and 5 against CVaR 4 → ratios 0.75 and 1.25.
    losses = np.array([0, 1, 3, 0, -2, 5, 1, 0, 2, 0.5])
    z1, z2 = statistics(losses, np.full(10, 2.0), np.full(10, 4.0), confidence=0.8)
    assert z1 == pytest.approx(1 - 1.0)
    assert z2 == pytest.approx(1 - 2.0 / (10 * 0.2))


def test_a_loss_equal_to_var_is_no_exception():
    z1, z2 = statistics(np.full(4, 2.0), np.full(4, 2.0), np.full(4, 3.0), confidence=0.75)
    assert np.isnan(z1)
    assert z2 == 1


def test_critical_values_printed_by_acerbi_and_szekely():
    # Acerbi and Szekely (2014): for T = 250 and 2.5 %, the 5 % critical value of Z2 stays near −0.70 for t
    # with 5 or more degrees of freedom up to the Gaussian, and is about −0.82 for ν = 3.
    for nu, printed in ((3, -0.82), (10, -0.70), (100, -0.70)):
        _, z2 = verdicts(np.zeros(250), nu, 0.975, np.random.default_rng(3))
        assert z2.critical_value == pytest.approx(printed, abs=0.04)


@pytest.mark.slow
def test_size_is_five_percent_and_power_is_high():
    rng = np.random.default_rng(4)
    right = [verdicts(rng.standard_t(5, 1000), 5, 0.975, rng) for _ in range(400)]
    for position in (0, 1):
        assert np.mean([pair[position].rejected for pair in right]) == pytest.approx(0.05, abs=0.03)
    wrong = [verdicts(rng.standard_t(3, 1000), 100, 0.975, rng) for _ in range(100)]
    assert np.mean([z2.rejected for _, z2 in wrong]) > 0.9


def test_a_cvar_that_is_too_small_is_rejected_and_one_too_large_is_not():
    losses = stats.t.rvs(5, size=2000, random_state=5)
    small = verdicts(losses, 5, 0.95, np.random.default_rng(6), scale=0.75)
    large = verdicts(losses, 5, 0.95, np.random.default_rng(6), scale=1.5)
    assert small[1].rejected
    assert small[1].statistic < small[1].critical_value < 0
    assert not any(z.rejected for z in large)
    assert large[1].statistic > 0


def test_mean_tail_of_the_simulation_is_its_cvar():
    # The tail bands average to CVaR: the simulated Z1 is centred at 0.
    from riskcore.validation.cvar_tests import _CHANCES

    for nu in (3.0, 5.0, 100.0):
        _, cvar = student_t_tail(nu, 0.975)
        shape = student_t_tail(nu, 1 - 0.025 * TAIL_STEPS)[0] / cvar
        assert _CHANCES @ shape == pytest.approx(1, abs=0.004)


def test_without_an_exception_only_the_number_speaks():
    z1, z2 = verdicts(np.zeros(300), 5, 0.99, np.random.default_rng(7))
    assert np.isnan(z1.p_value)
    assert "no exception" in z1.note
    assert not z1.rejected
    assert z2.statistic == 1
    assert z2.p_value == pytest.approx(1)


@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, 95])
def test_refuses_confidence_outside_its_range(confidence):
    with pytest.raises(ConfidenceError):
        statistics(np.ones(4), np.ones(4), np.ones(4), confidence=confidence)


def test_refuses_shapes_that_do_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="three vectors"):
        statistics(np.ones(4), np.ones(3), np.ones(4), confidence=0.95)
    with pytest.raises(InputError, match="columns"):
        acerbi_szekely(np.ones(4), np.ones(4), np.ones(4), np.ones((4, 3)), confidence=0.95, rng=rng)
    with pytest.raises(MissingDataError, match="no forecasts"):
        statistics(np.ones(0), np.ones(0), np.ones(0), confidence=0.95)


def test_refuses_a_cvar_that_is_no_loss_and_too_few_simulations():
    with pytest.raises(InputError, match="zero or negative"):
        statistics(np.ones(4), np.ones(4), np.array([1, 1, 0.0, 1]), confidence=0.95)
    shape = np.ones((1, TAIL_STEPS.size))
    with pytest.raises(InputError, match="at least 200"):
        acerbi_szekely(
            np.ones(4),
            np.ones(4),
            np.ones(4),
            shape,
            confidence=0.95,
            rng=np.random.default_rng(0),
            simulations=50,
        )
