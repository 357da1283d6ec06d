"""Betas in place of assets without prices, and Dimson betas."""

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.results.stress import Proxy
from riskcore.scenarios import Scenarios
from riskcore.stress import index_gap, proxy_of, replay

PRICES = load_sample("global")
BOTH = PRICES.scenarios(["SPY", "BND"])
STAND_IN = Proxy("BTC", "SPY", 1.5, 0.2, 500, "weekly returns")
CRISIS = {"event": "2008", "start": "2007-10-09", "end": "2009-03-09"}
HELD = Portfolio("A", {"SPY": 0.5, "BND": 0.3, "BTC": 0.2})


def test_a_proxy_makes_beta_times_the_index_and_adds_up():
    closes = PRICES.prices.loc["2007-10-09":"2009-03-09", ["SPY", "BND"]]
    made = closes.iloc[-1] / closes.iloc[0] - 1
    found = replay(BOTH, HELD, **CRISIS, proxies=[STAND_IN])
    assert np.isclose(found.table.loc["BTC", "asset_return"], 1.5 * made["SPY"], atol=1e-12)
    by_hand = 0.5 * made["SPY"] + 0.3 * made["BND"] + 0.2 * 1.5 * made["SPY"]
    assert np.isclose(found.total_return, by_hand, atol=1e-12)
    assert np.isclose(found.table["contribution"].sum(), found.total_return, atol=1e-15)
    assert np.isclose(found.path.iloc[-1] - 1, found.total_return, atol=1e-12)
    day = closes.iloc[100] / closes.iloc[0] - 1
    assert np.isclose(found.path.iloc[100] - 1, 0.8 * day["SPY"] + 0.3 * day["BND"], atol=1e-12)
    assert found.proxied == ("BTC",)


def test_a_proxy_never_loses_more_than_everything():
    steep = Proxy("BTC", "SPY", 4.0, 0.2, 500, "weekly returns")
    found = replay(BOTH, HELD, **CRISIS, proxies=[steep])
    assert found.table.loc["BTC", "asset_return"] == -1.0


def test_without_proxies_nothing_changes():
    held = HELD.weights.drop("BTC")
    found = replay(BOTH, Portfolio("A", held), **CRISIS)
    assert found.proxies == ()
    covid = replay(BOTH, Portfolio("A", held), event="COVID", start="2020-02-19", end="2020-03-23")
    assert round(covid.table.loc["SPY", "asset_return"], 3) == -0.337


def test_the_beta_of_a_proxy_is_the_least_squares_slope():
    pair = PRICES.scenarios(["BTC", "SPY"])
    found = proxy_of(pair, asset="BTC", index_asset="SPY", betas="daily")
    slope, _ = np.polyfit(pair.returns[:, 1], pair.returns[:, 0], 1)
    assert np.isclose(found.beta, slope, rtol=1e-10)
    assert found.observations == pair.count
    assert proxy_of(pair, asset="BTC", index_asset="SPY").basis == "weekly returns"


def test_dimson_is_the_sum_of_three_slopes():
    """Against the normal equations solved one asset at a time, with their covariance."""
    names = ["SPY", "NIKKEI225", "BND"]
    history = PRICES.scenarios(names)
    held = Portfolio("A", {"SPY": 0.2, "NIKKEI225": 0.5, "BND": 0.3})
    found = index_gap(history, held, index_asset="SPY", gap=-0.15, betas="dimson")
    x = history.returns[:, 0]
    design = np.column_stack([np.ones(x.size - 2), x[2:], x[1:-1], x[:-2]])
    for column, name in enumerate(names[1:], start=1):
        y = history.returns[1:-1, column]
        solved, left, *_ = np.linalg.lstsq(design, y, rcond=None)
        covariance = left[0] / (y.size - 4) * np.linalg.inv(design.T @ design)
        assert np.isclose(found.table.loc[name, "beta"], solved[1:].sum(), rtol=1e-9)
        assert np.isclose(
            found.table.loc[name, "standard_error"], np.sqrt(covariance[1:, 1:].sum()), rtol=1e-7
        )
    assert found.table.loc["SPY", "beta"] == 1.0
    daily = index_gap(history, held, index_asset="SPY", gap=-0.15, betas="daily")
    assert np.allclose(daily.table["beta"], found.table["beta_daily"])
    # New York's day reaches Tokyo on the next one: same-day betas miss most of it.
    assert found.table.loc["NIKKEI225", "beta"] > 2 * daily.table.loc["NIKKEI225", "beta"]


def test_what_cannot_stand_in_is_refused():
    with pytest.raises(AssetMismatchError, match="has prices and needs no proxy"):
        replay(BOTH, HELD, **CRISIS, proxies=[Proxy("SPY", "BND", 1.0, 0.1, 99, "weekly returns")])
    with pytest.raises(AssetMismatchError, match="GOLD of a proxy is not among"):
        replay(BOTH, HELD, **CRISIS, proxies=[Proxy("BTC", "GOLD", 1.0, 0.1, 99, "weekly returns")])
    with pytest.raises(AssetMismatchError, match="BTC"):
        replay(BOTH, HELD, **CRISIS)
    with pytest.raises(InputError, match="cannot stand in for itself"):
        proxy_of(BOTH, asset="SPY", index_asset="SPY")
    short = PRICES.scenarios(["BTC", "SPY"], end="2014-12-31")
    with pytest.raises(MissingDataError, match="at least 30"):
        proxy_of(short, asset="BTC", index_asset="SPY")


def test_daily_betas_of_sparse_rows_are_refused():
    days = pd.date_range("2010-01-31", periods=60, freq="ME")
    rows = pd.DataFrame(np.random.default_rng(1).normal(0, 0.03, (60, 2)), index=days, columns=["SPY", "BND"])
    monthly = Scenarios.from_returns(rows, periods_per_year=12)
    held = Portfolio("A", {"SPY": 0.5, "BND": 0.5})
    for kind in ("dimson", "daily"):
        with pytest.raises(InputError, match="need daily returns"):
            index_gap(monthly, held, index_asset="SPY", gap=-0.1, betas=kind)
    with pytest.raises(InputError, match="'weekly', 'dimson' or 'daily'"):
        index_gap(monthly, held, index_asset="SPY", gap=-0.1, betas="hourly")
