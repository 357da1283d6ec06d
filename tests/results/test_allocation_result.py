"""Contributions certified by a solution, where the portfolio's own are not unique."""

import numpy as np
import pytest

from riskcore import cvar, risk_contributions, volatility
from riskcore.allocation import cvar_parity, equal_risk_contribution, equal_weight
from riskcore.data.sample import load_sample


@pytest.fixture(scope="module")
def sample():
    prices = load_sample("global")
    return prices.scenarios(list(prices.default_assets))


def test_certified_contributions_are_equal_and_add_up(sample):
    solved = cvar_parity(sample, confidence=0.95)
    total = cvar(sample, solved.portfolio("B"), confidence=0.95)
    found = solved.contributions(total)
    assert np.allclose(found.table["relative"], 1 / 7, atol=1e-9)
    assert np.isclose(found.table["component"].sum(), total.value, rtol=1e-12)
    assert np.allclose(found.table["weight"] * found.table["marginal"], found.table["component"])


def test_they_stay_within_what_ties_leave_open(sample):
    # At a tie the naive contributions differ from the certified ones by less than one tied scenario's weight.
    solved = cvar_parity(sample, confidence=0.95)
    total = cvar(sample, solved.portfolio("B"), confidence=0.95)
    naive = risk_contributions(sample, solved.portfolio("B"), "cvar", confidence=0.95)
    gap = np.abs(solved.contributions(total).table["relative"] - naive.table["relative"]).max()
    assert 1e-6 < gap < 1e-3


def test_another_measure_or_level_has_no_certificate(sample):
    solved = cvar_parity(sample, confidence=0.95)
    b = solved.portfolio("B")
    assert solved.contributions(cvar(sample, b, confidence=0.99)) is None
    assert solved.contributions(volatility(sample, b)) is None
    a = equal_weight(sample)
    assert a.contributions(cvar(sample, a.portfolio("A"), confidence=0.95)) is None


def test_volatility_parity_certifies_what_the_contributions_say(sample):
    solved = equal_risk_contribution(sample)
    b = solved.portfolio("B")
    own = risk_contributions(sample, b, "volatility").table["relative"]
    assert np.allclose(solved.contributions(volatility(sample, b)).table["relative"], own, atol=1e-10)
