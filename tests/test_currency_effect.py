import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore import Portfolio, Scenarios
from riskcore.currency_effect import currency_effect
from riskcore.errors import AssetMismatchError, ConfidenceError, InputError

ASSETS = ("SPY", "FTSE100", "NIKKEI225", "GBPUSD", "JPYUSD")
RATES = {"FTSE100": "GBPUSD", "NIKKEI225": "JPYUSD"}


def history(seed=0, count=400):
    returns = np.random.default_rng(seed).standard_t(5, (count, 5)) * [0.01, 0.011, 0.013, 0.006, 0.007]
    return Scenarios(returns, ASSETS, periods_per_year=252, ordered=True)


def portfolio(*weights):
    return Portfolio("A", dict(zip(ASSETS, (*weights, 0.0, 0.0), strict=True)))


def by_hand(scenarios, weights, tail):
    """CVaR parts from the definition: the mean over the `tail` worst rows of the unhedged portfolio."""
    spy, ftse, nikkei, gbp, jpy = scenarios.returns.T
    dollars = np.column_stack([spy, (1 + ftse) * (1 + gbp) - 1, (1 + nikkei) * (1 + jpy) - 1])
    worst = np.argsort(dollars @ weights)[:tail]
    local = -np.array([spy[worst].mean(), ftse[worst].mean(), nikkei[worst].mean()]) * weights
    return local, -dollars[worst].mean(axis=0) * weights - local


def test_parts_are_those_of_the_definition():
    s, weights = history(), np.array([0.5, 0.3, 0.2])
    found = currency_effect(s, portfolio(*weights), "cvar", rates=RATES, confidence=0.95)
    local, currency = by_hand(s, weights, 20)
    np.testing.assert_allclose(found.table["local"], local, rtol=1e-12)
    np.testing.assert_allclose(found.table["currency"], currency, atol=1e-15)
    assert found.table.loc["SPY", "currency"] == 0.0
    assert found.unhedged == pytest.approx((local + currency).sum(), rel=1e-12)


def test_volatility_agrees_with_covariances():
    s, weights = history(1), np.array([0.2, 0.5, 0.3])
    found = currency_effect(s, portfolio(*weights), "volatility", rates=RATES)
    spy, ftse, nikkei, gbp, jpy = s.returns.T
    parts = np.column_stack([spy, ftse, nikkei, gbp * (1 + ftse), jpy * (1 + nikkei)])
    covariance = np.cov(parts.T, bias=True)
    w = np.array([*weights, *weights[1:]])
    expected = w * (covariance @ w) / np.sqrt(w @ covariance @ w)
    np.testing.assert_allclose(found.table["local"], expected[:3], rtol=1e-9)
    np.testing.assert_allclose(found.table["currency"], [0.0, *expected[3:]], atol=1e-15, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 50),
    st.lists(st.floats(-1, 2), min_size=3, max_size=3).filter(lambda w: sum(map(abs, w)) > 0.1),
    st.sampled_from([("cvar", 0.95), ("volatility", None), ("worst", None)]),
)
def test_the_parts_add_up_to_both_risks(seed, weights, measure):
    name, confidence = measure
    found = currency_effect(history(seed, 120), portfolio(*weights), name, rates=RATES, confidence=confidence)
    table = found.table
    assert table[["local", "currency"]].sum().sum() == pytest.approx(found.unhedged, abs=1e-14)
    assert table["hedged"].sum() == pytest.approx(found.hedged, abs=1e-14)
    np.testing.assert_allclose(table["unhedged"], table["local"] + table["currency"])


def test_a_rate_that_never_moves_changes_nothing():
    s = history(2)
    still = Scenarios(s.returns * [1, 1, 1, 0, 0], ASSETS, periods_per_year=252)
    found = currency_effect(still, portfolio(0.4, 0.3, 0.3), "cvar", rates=RATES, confidence=0.9)
    assert found.hedged == pytest.approx(found.unhedged, rel=1e-14)
    assert found.currency == 0.0


def test_an_asset_without_a_rate_keeps_its_local_return():
    s = history(3).select(["SPY", "FTSE100", "NIKKEI225", "GBPUSD"])
    a = Portfolio("A", {"SPY": 0.2, "FTSE100": 0.4, "NIKKEI225": 0.4, "GBPUSD": 0.0})
    table = currency_effect(s, a, "cvar", rates={"FTSE100": "GBPUSD"}, confidence=0.95).table
    assert table.loc[["SPY", "NIKKEI225"], "currency"].tolist() == [0.0, 0.0]
    assert table.loc["FTSE100", "currency"] != 0.0
    assert isinstance(table.index, pd.Index)
    assert "GBPUSD" not in table.index


@pytest.mark.parametrize(
    ("rates", "error", "words"),
    [
        ({}, InputError, "Name an exchange rate"),
        ({"FTSE100": "EURUSD"}, AssetMismatchError, "No returns for EURUSD"),
        ({"DAX": "GBPUSD"}, AssetMismatchError, "No returns for DAX"),
        ({"FTSE100": "GBPUSD", "GBPUSD": "JPYUSD"}, InputError, "GBPUSD cannot be an asset to convert"),
    ],
)
def test_rates_that_cannot_be_used_are_refused(rates, error, words):
    with pytest.raises(error, match=words):
        currency_effect(history(), portfolio(1, 0, 0), "cvar", rates=rates, confidence=0.95)


def test_a_rate_that_is_held_is_an_asset_in_the_base_currency():
    s = history(4)
    holding = Portfolio("A", dict(zip(ASSETS, (0.5, 0.2, 0.2, 0.1, 0.0), strict=True)))
    found = currency_effect(s, holding, "cvar", rates=RATES, confidence=0.95)
    spy, ftse, nikkei, gbp, jpy = s.returns.T
    gains = 0.5 * spy + 0.2 * ((1 + ftse) * (1 + gbp) - 1) + 0.2 * ((1 + nikkei) * (1 + jpy) - 1) + 0.1 * gbp
    worst = np.argsort(gains)[:20]
    assert found.table.index.tolist() == ["SPY", "FTSE100", "NIKKEI225", "GBPUSD"]
    assert found.unhedged == pytest.approx(-gains[worst].mean(), rel=1e-12)
    assert found.table.loc["GBPUSD", "local"] == pytest.approx(-0.1 * gbp[worst].mean(), rel=1e-12)
    assert found.table.loc["GBPUSD", "currency"] == 0.0


def test_a_bad_level_is_refused():
    with pytest.raises(ConfidenceError, match="did you mean"):
        currency_effect(history(), portfolio(1, 0, 0), "cvar", rates=RATES, confidence=95)


def test_weights_for_other_assets_are_refused():
    with pytest.raises(AssetMismatchError, match="JPYUSD"):
        currency_effect(history(), Portfolio("A", {"SPY": 1.0}), "cvar", rates=RATES, confidence=0.95)
