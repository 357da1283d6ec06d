"""Named stresses: each is exactly the shocks it says."""

import numpy as np
import pytest

from riskcore import Portfolio, cvar, risk
from riskcore.errors import InputError
from riskcore.scenarios import Scenarios
from riskcore.stress import NAMED, NamedStress, named_stress, read_stress, shock_contributions

DRAWS = np.random.default_rng(3).normal(0, 0.01, (500, 4))
PRIOR = Scenarios(DRAWS, ("SPY", "QQQ", "BND", "GOLD"), 252)
GROUPS = {"Equity": ("SPY", "QQQ"), "Commodity": ("GOLD",), "Bonds": ("BND",)}
HELD = Portfolio("A", {"SPY": 0.4, "QQQ": 0.2, "BND": 0.3, "GOLD": 0.1})


def stressed(stress):
    return named_stress(PRIOR, stress, groups=GROUPS, durations={"BND": 6.0})


def test_moves_and_yields_compound_by_hand():
    built = NamedStress("Both", (("Equity", -0.2), ("QQQ", -0.1), ("BND", -0.05)), basis_points=200)
    found = stressed(built)
    assert np.allclose(found.moves, [-0.2, 0.8 * 0.9 - 1, 0.95 * 0.88 - 1, 0.0], atol=1e-15)
    total = shock_contributions(found, HELD)["contribution"].sum()
    assert np.isclose(total, 0.4 * -0.2 + 0.2 * -0.28 + 0.3 * (0.95 * 0.88 - 1), atol=1e-15)
    assert np.allclose(found.scenarios.returns[:, 0], 0.8 * (1 + DRAWS[:, 0]) - 1, atol=1e-15)


def test_volatility_and_correlations_come_before_the_move():
    found = stressed(NamedStress("Wide", (("Equity", -0.1),), volatility=2.0, correlation=1.0))
    spread = DRAWS.std(axis=0) * np.array([2 * 0.9, 2 * 0.9, 2, 2])
    volatility = risk(found.scenarios, HELD, "volatility").value
    assert np.isclose(volatility, HELD.weights.to_numpy() @ spread, rtol=1e-10)


@pytest.mark.parametrize("stress", NAMED, ids=lambda s: s.name)
def test_every_bundled_stress_says_its_shocks_and_has_a_risk(stress):
    assert read_stress(stress.name, stress.content) == stress
    if stress.name.startswith("Crypto"):
        assert any("no Crypto" in note for note in stressed(stress).notes)
    assert np.isfinite(cvar(stressed(stress).scenarios, HELD, confidence=0.95).value)
    for name, move in stress.moves:
        assert f"{name} {100 * move:+g} %".replace("-", "−") in stress.words


def test_what_meets_nothing_is_said_and_alone_refused():
    crypto = NamedStress("Crypto", (("Crypto", -0.6),))
    with pytest.raises(InputError, match=r"meets none of these assets.*no Crypto"):
        stressed(crypto)
    rates = NamedStress("Rates", basis_points=100)
    with pytest.raises(InputError, match="No asset here has a duration"):
        named_stress(PRIOR, rates, groups=GROUPS, durations={})


def test_a_stress_without_a_shock_is_refused():
    with pytest.raises(InputError, match="holds no shock"):
        NamedStress("Nothing")


@pytest.mark.parametrize(
    "content", [{"moves": "SPY"}, {"moves": [["SPY", "much"]]}, {"volatility": None}, {}, {"moves": 3}]
)
def test_saved_content_that_is_no_stress_is_refused(content):
    with pytest.raises(InputError):
        read_stress("Mine", content)
