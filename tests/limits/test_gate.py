"""The gate: schema, values against the functions of the other pages, statuses, breaches through time."""

import math

import numpy as np
import pandas as pd
import pytest

from riskcore.data.crises import load_crises
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError
from riskcore.limits import Limits, Situation, breached_since, check
from riskcore.measures import cvar, risk, value_at_risk
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.statistics import describe
from riskcore.stress import index_gap, replays

EVERYTHING = {
    "volatility": 0.1,
    "var": 0.02,
    "cvar": 0.03,
    "drawdown": 0.4,
    "worst_replay": 0.3,
    "largest_weight": 0.5,
    "largest_share": 0.6,
    "liquidity_days": 3.0,
    "weights": {"Equity": 0.9, "BND": 0.2},
    "shares": {"Equity": 0.95, "SPY": 0.2},
    "replays": {"COVID 2020": 0.25},
    "factors": {"Market": 0.8},
    "index_gap": [{"fall": 0.15, "limit": 0.12}],
    "shock": [{"name": "Gold", "moves": {"GOLD": -0.3, "Equity": -0.1}, "limit": 0.1}],
    "share_measure": "volatility",
    "warn_at": 0.8,
}


@pytest.fixture(scope="module")
def situation():
    prices = load_sample("global")
    assets = list(prices.default_assets)
    history = prices.scenarios(assets, "2015-01-01")
    return Situation(
        history.over_horizon(5),
        0.95,
        history=history,
        whole=prices.scenarios(assets),
        crises=load_crises(),
        with_index=history,
        index="SPY",
        groups={"Equity": ["SPY", "QQQ", "FTSE100", "NIKKEI225", "HANGSENG"]},
        value=1e6,
        daily_volume=dict.fromkeys(assets, 1e5),
        exposures={"Market": {"SPY": 1.0, "QQQ": 1.2}},
        horizon="1-week",
    )


@pytest.fixture(scope="module")
def held(situation):
    return Portfolio(
        "A", dict(zip(situation.scenarios.assets, [0.3, 0.2, 0.1, 0.1, 0.1, 0.15, 0.05], strict=True))
    )


def test_every_value_is_that_of_the_other_pages_to_the_last_digit(situation, held):
    found = {f.key: f.value for f in check(situation, held, Limits.from_mapping(EVERYTHING)).limits}
    weekly, daily = situation.scenarios, situation.history
    w = held.weights
    equity = list(situation.groups["Equity"])
    volatility = risk(weekly, held, "volatility")
    covered, _ = replays(situation.whole, held, situation.crises)
    covid = next(r for r in covered if "COVID" in r.event)
    returns = weekly.returns
    marginal = np.cov(returns.T, bias=True) @ w.to_numpy() / returns.dot(w.to_numpy()).std()
    share = pd.Series(w.to_numpy() * marginal / returns.dot(w.to_numpy()).std(), index=w.index)
    assert found["volatility"] == volatility.value * weekly.periods_per_year**0.5
    assert found["var"] == value_at_risk(weekly, held, confidence=0.95).value
    assert found["cvar"] == cvar(weekly, held, confidence=0.95).value
    assert found["drawdown"] == describe(daily, held).max_drawdown
    assert found["worst_replay"] == max(r.loss for r in covered)
    assert found["replay:COVID 2020"] == covid.loss
    assert found["gap:0.15"] == index_gap(daily, held, index_asset="SPY", gap=-0.15).loss
    assert found["largest_weight"] == 0.3
    assert found["weight:Equity"] == pytest.approx(0.8, rel=1e-14)
    assert found["weight:BND"] == 0.15
    assert found["largest_share"] == pytest.approx(share.max(), rel=1e-12)
    assert found["share:Equity"] == pytest.approx(share[equity].sum(), rel=1e-12)
    assert found["share:SPY"] == pytest.approx(share["SPY"], rel=1e-12)
    assert found["shock:Gold"] == pytest.approx(0.3 * w["GOLD"] + 0.1 * 0.8, rel=1e-12)
    assert found["liquidity_days"] == pytest.approx(0.3 * 1e6 / (0.2 * 1e5), rel=1e-12)
    assert found["factor:Market"] == pytest.approx(w["SPY"] + 1.2 * w["QQQ"], rel=1e-12)


def test_status_by_hand(situation, held):
    top = check(situation, held, Limits(largest_weight=0.3)).limits[0]
    assert (top.value, top.utilisation, top.status) == (0.3, 1.0, "warn")  # at the limit is not above it
    just_below = math.nextafter(0.3, 0.0)
    assert check(situation, held, Limits(largest_weight=just_below)).status == "breach"
    assert check(situation, held, Limits(largest_weight=0.34)).status == "pass"
    assert check(situation, held, Limits(largest_weight=0.33)).status == "warn"
    assert check(situation, held, Limits(largest_weight=0.33, warn_at=0.95)).status == "pass"


def test_without_limits_the_gate_is_unset_and_what_cannot_be_checked_does_not_pass(situation, held):
    assert check(situation, held, Limits()).status == "unset"
    old = Limits.from_mapping({"replays": {"Black Monday 1987": 0.5, "Nonsense": 0.5}, "largest_weight": 0.9})
    gate = check(situation, held, old)
    assert gate.status == "unchecked"
    assert [f.status for f in gate.limits] == ["pass", "unchecked", "unchecked"]
    assert "no crisis called Nonsense" in gate.limits[2].reason
    bare = Situation(situation.scenarios, 0.95)
    gate = check(bare, held, Limits.from_mapping(EVERYTHING))
    assert {f.key for f in gate.unchecked} == {
        "drawdown", "weight:Equity", "share:Equity", "worst_replay", "replay:COVID 2020", "gap:0.15",
        "shock:Gold", "liquidity_days", "factor:Market",
    }  # fmt: skip
    assert all(f.reason for f in gate.unchecked)


def test_limits_come_back_from_their_mapping():
    limits = Limits.from_mapping(EVERYTHING)
    assert Limits.from_mapping(limits.to_mapping()) == limits
    assert limits.to_mapping() == EVERYTHING
    assert limits.any
    assert not Limits().any
    assert Limits().to_mapping() == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"volatilty": 0.1}, "no limit called volatilty; the limits are .*volatility"),
        ({"cvar": "low"}, "cvar must be a number such as 0.15, not 'low'"),
        ({"cvar": True}, "cvar must be a number"),
        ({"cvar": float("nan")}, "cvar must be a number"),
        ({"cvar": 0}, "cvar must lie above 0"),
        ({"var": -0.1}, "var must lie above 0"),
        ({"drawdown": 30}, r"drawdown must lie above 0 and at most 1, not 30. Did you mean 0.3 \(30 %\)"),
        ({"weights": [0.4]}, "weights are a table of names"),
        ({"weights": {"SPY": "x"}}, "weights, SPY must be a number"),
        ({"shares": {"SPY": 3}}, "Did you mean 0.03"),
        ({"index_gap": [{"fall": 0.15}]}, "has a fall and a limit"),
        ({"index_gap": [{"fall": 1.0, "limit": 0.1}]}, "cannot fall by 100 %"),
        ({"index_gap": {"fall": 0.1}}, "list of tables"),
        ({"shock": [{"name": "x", "moves": {"SPY": -2}, "limit": 0.1}]}, "move of SPY is a return"),
        ({"shock": [{"name": "x", "moves": {}, "limit": 0.1}]}, "moves nothing"),
        ({"shock": [{"name": "x", "moves": {"S": 0.1}, "limit": 0.1}] * 2}, "same name"),
        ({"share_measure": "var"}, "one of cvar, volatility"),
        ({"warn_at": 90}, "share of the limit in"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(given, sentence):
    with pytest.raises(InputError, match=sentence):
        Limits.from_mapping(given)


def test_weights_for_other_assets_are_refused(situation):
    with pytest.raises(AssetMismatchError):
        check(situation, Portfolio("A", {"SPY": 1.0}), Limits(cvar=0.1))


def by_definition(returns, key, level, yearly):
    """The figures once more, from sorted losses and a loop."""
    losses = sorted(-returns, reverse=True)
    if key == "volatility":
        return float(np.sqrt(np.mean((returns - returns.mean()) ** 2)) * np.sqrt(yearly))
    if key == "var":
        return losses[math.floor(round(len(losses) * (1 - level), 9))]
    if key == "cvar":
        k = len(losses) * (1 - level)
        whole = math.floor(round(k, 9))
        return (sum(losses[:whole]) + (k - whole) * losses[whole]) / k
    value, peak, deepest = 1.0, 1.0, 0.0
    for r in returns:
        value *= 1 + r
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest


def test_breaches_are_dated_as_the_definition_says():
    rng = np.random.default_rng(5)
    days = pd.date_range("2020-01-01", periods=160, freq="B")
    calm, wild = rng.normal(0, 0.005, (110, 2)), rng.normal(0, 0.03, (50, 2))
    history = Scenarios.from_returns(
        pd.DataFrame(np.vstack([calm, wild]), index=days, columns=["X", "Y"]), periods_per_year=252
    )
    portfolio = Portfolio("A", {"X": 0.7, "Y": 0.3})
    limits = Limits(volatility=0.2, var=0.02, cvar=0.03, drawdown=0.5)
    found = breached_since(history, portfolio, limits, confidence=0.9, window=40)
    gains = history.returns @ [0.7, 0.3]
    for key in ("volatility", "var", "cvar", "drawdown"):
        values = [by_definition(gains[e - 40 : e], key, 0.9, 252) for e in range(40, 161)]
        assert found[key].value == pytest.approx(values[-1], rel=1e-12)
        over = [v > getattr(limits, key) for v in values]
        assert found[key].share == pytest.approx(np.mean(over))
        run = 0
        while run < len(over) and over[-1 - run]:
            run += 1
        expected = days[160 - run] if run else None
        assert found[key].first == expected, key
        assert not found[key].reaches_back
    assert found["volatility"].first is not None
    assert found["drawdown"].first is None
    always = breached_since(history, portfolio, Limits(volatility=1e-6), confidence=0.9, window=40)
    assert always["volatility"].reaches_back
    assert always["volatility"].first == days[39]


def test_breaches_are_dated_on_a_history_only(situation, held):
    weighted = situation.scenarios.with_probabilities(
        np.arange(1.0, situation.scenarios.count + 1) / np.arange(1.0, situation.scenarios.count + 1).sum()
    )
    with pytest.raises(InputError, match="on a history only"):
        breached_since(weighted, held, Limits(cvar=0.1), confidence=0.95)
    with pytest.raises(InputError, match="A window has from 2 to"):
        breached_since(situation.history, held, Limits(cvar=0.1), confidence=0.95, window=10**6)
