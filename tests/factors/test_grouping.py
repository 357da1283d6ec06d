"""Factors that share their moves: groups, what a group carries together, and pegged exchange rates."""

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, allocate
from riskcore.data.currency import ecb_rates, with_rates
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.factors import factor_contributions, factor_groups, fit_exposures, joint_bet, pegged_rates
from riskcore.periods import weekly
from riskcore.scenarios import Scenarios

NAMES = ["SPY", "QQQ", "BND", "X"]


def covariance(correlations, scale=(0.2, 0.25, 0.05, 1.0)):
    """Return the covariance of four factors with the correlations given by pair."""
    values = np.eye(4)
    for (i, j), rho in correlations.items():
        values[i, j] = values[j, i] = rho
    return pd.DataFrame(values * np.outer(scale, scale), NAMES, NAMES)


@pytest.mark.parametrize(
    ("correlations", "groups"),
    [
        ({}, (("SPY",), ("QQQ",), ("BND",), ("X",))),
        ({(0, 1): 0.9}, (("SPY", "QQQ"), ("BND",), ("X",))),
        ({(0, 3): -0.8}, (("SPY", "X"), ("QQQ",), ("BND",))),
        ({(0, 1): 0.75, (1, 3): 0.75}, (("SPY", "QQQ", "X"), ("BND",))),
        ({(1, 2): 0.8, (0, 3): 0.8, (0, 1): 0.71}, (tuple(NAMES),)),
        ({(0, 1): 0.707}, (("SPY",), ("QQQ",), ("BND",), ("X",))),
    ],
    ids=["alone", "a pair", "against each other", "a chain", "two pairs joined", "just below half"],
)
def test_factors_are_grouped_by_what_they_share(correlations, groups):
    assert factor_groups(covariance(correlations)) == groups
    assert factor_groups(covariance(correlations, scale=(1e-6, 1.0, 10.0, 1e4))) == groups


def test_what_a_group_carries_does_not_depend_on_how_it_is_split():
    """SPY and QQQ, or SPY and the difference of the two, span the same moves: one joint share."""
    prices = load_sample("global")
    sample = prices.scenarios(list(prices.default_assets))
    a = allocate("equal_weight", sample).portfolio("A")
    rows = sample.select(["SPY", "QQQ", "BND"])
    turned = Scenarios(rows.returns @ [[0.5, 1, 0], [0.5, -1, 0], [0, 0, 1]], ("MEAN", "GAP", "BND"), 252)
    shares, largest = [], []
    for factors, joint in ((rows, ("SPY", "QQQ")), (turned, ("MEAN", "GAP"))):
        plain = Scenarios(sample.returns, sample.assets, 252)
        moves = Scenarios(factors.returns, factors.assets, 252)
        b = fit_exposures(plain, moves).exposures
        found = factor_contributions(plain, moves, b, a, confidence=0.95)
        names, share = joint_bet(found, [joint, ("BND",)])
        assert names == joint
        shares.append(share)
        largest.append(found.common_bet[1])
    assert shares[0] == pytest.approx(shares[1], rel=1e-10)
    assert abs(largest[0] - largest[1]) > 0.02


def test_rates_held_by_a_peg_are_found_in_every_base_currency():
    prices = load_sample("global")
    for base, anchor in (("USD", None), ("EUR", "USD in EUR"), ("GBP", "USD in GBP")):
        wide, rates, _ = with_rates(prices, list(prices.default_assets), base, ecb_rates())
        rows = weekly(wide.scenarios(list(dict.fromkeys(rates.values()))))
        found = pegged_rates(rows, rates)
        assert list(found) == [f"HKD in {base}"]
        assert found[f"HKD in {base}"][0] == anchor
        # The band of the Hong Kong Monetary Authority is 7.75 to 7.85, 0.65 % either way of its middle.
        assert 0.003 < found[f"HKD in {base}"][1] < 0.009
        assert pegged_rates(rows, rates, below=1e-9) == {}
        # In 2025 it crossed its band from one end to the other, within weeks.
        wild = weekly(wide.scenarios(list(dict.fromkeys(rates.values())), "2025-04-01"))
        assert list(pegged_rates(wild, rates)) == [f"HKD in {base}"]


def test_what_grouping_refuses():
    with pytest.raises(InputError, match=r"lies in \[0, 1\), got 1"):
        factor_groups(covariance({}), above=1.0)
    still = covariance({}, scale=(0.2, 0.0, 0.05, 1.0))
    with pytest.raises(InputError, match="The factor QQQ does not move"):
        factor_groups(still)
    rows = Scenarios(np.array([[0.01], [-0.01]]), ("USD in EUR",), 52)
    with pytest.raises(AssetMismatchError, match="No returns for HKD in EUR"):
        pegged_rates(rows, {"HANGSENG": "HKD in EUR"})
    with pytest.raises(InputError, match="a positive number, got 0"):
        pegged_rates(rows, {"SPY": "USD in EUR"}, below=0.0)
    with pytest.raises(MissingDataError, match="two returns or more"):
        pegged_rates(Scenarios(rows.returns[:1], rows.assets, 52), {"SPY": "USD in EUR"})
    x = Scenarios(np.array([[0.01], [-0.02], [0.03]]), ("F",), 52)
    found = factor_contributions(
        x, x, pd.DataFrame({"F": [1.0]}, ["F"]), Portfolio("A", {"F": 1.0}), "cvar", confidence=0.9
    )
    for groups in ([("F",), ("G",)], [()], [("F",), ("F",)]):
        with pytest.raises(AssetMismatchError, match="Groups hold every factor once"):
            joint_bet(found, groups)


def test_a_total_near_zero_has_no_joint_share():
    x = Scenarios(np.array([[0.01, 0.01], [-0.02, -0.02], [0.03, 0.03]]), ("F", "H"), 52)
    b = pd.DataFrame({"F": [1.0, 1.0]}, ["F", "H"])
    nothing = Portfolio("A", {"F": 1.0, "H": -1.0})
    found = factor_contributions(x, x.select(["F"]), b, nothing, "volatility")
    assert np.isnan(joint_bet(found, [("F",)])[1])
