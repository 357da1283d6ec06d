"""The cure: applied it passes, and for convex limits no solver finds a smaller trade."""

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest

from riskcore.data.crises import Crisis
from riskcore.errors import InfeasibleError, MissingDataError
from riskcore.limits import Limits, Situation, check, cure
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

ASSETS = ("W", "X", "Y", "Z")


def situation_of(seed=3, rows=240):
    rng = np.random.default_rng(seed)
    market = rng.standard_t(4, rows) * 0.01
    returns = np.outer(market, [1.3, 1.0, 0.4, 0.05]) + rng.normal(0, 0.004, (rows, 4)) + 2e-4
    index = pd.date_range("2020-01-01", periods=rows, freq="B")
    data = Scenarios.from_returns(
        pd.DataFrame(returns, index=index, columns=list(ASSETS)), periods_per_year=252
    )
    return Situation(
        data,
        0.9,
        history=data,
        groups={"Risky": ["W", "X"]},
        exposures={"Beta": dict(zip(ASSETS, [1.3, 1.0, 0.4, 0.05], strict=True))},
        whole=data,
        crises=(Crisis("Slump", "Slump", index[64], index[104]),),
        value=1e6,
        daily_volume=dict.fromkeys(ASSETS, 1e6),
    )


HELD = Portfolio("A", dict(zip(ASSETS, [0.4, 0.3, 0.2, 0.1], strict=True)))


def least_turnover(situation, held, limits, *, cash=False):
    """The smallest turnover by cvxpy: a second-order cone, Rockafellar and Uryasev, logarithms, rows."""
    data = situation.scenarios
    n, s = data.size, data.count
    start = held.aligned(data.assets)
    w, t = cp.Variable(n), cp.Variable()
    rules = [cp.sum(cp.pos(w - start)) <= t, cp.sum(cp.pos(start - w)) <= t, w >= np.minimum(start, 0.0)]
    rules.append(cp.sum(w) <= start.sum() if cash else cp.sum(w) == start.sum())
    if limits.volatility is not None:
        centred = (data.returns - data.returns.mean(axis=0)) / np.sqrt(s / 252)
        rules.append(cp.norm(centred @ w) <= limits.volatility)

    def cvar(returns):
        level = cp.Variable()
        return level + cp.sum(cp.pos(-returns @ w - level)) / (s * (1 - situation.confidence))

    if limits.cvar is not None:
        rules.append(cvar(data.returns) <= limits.cvar)
    if limits.drawdown is not None:
        depth = cp.Variable(s + 1)
        rules += [depth[1:] >= depth[:-1] - cp.log1p(data.returns @ w), depth >= 0.0]
        rules.append(depth <= -np.log1p(-limits.drawdown))
    if limits.liquidity_days is not None:
        a_day = situation.participation * np.array(list(situation.daily_volume.values()))
        rules.append(situation.value * cp.abs(w) <= limits.liquidity_days * a_day)
    for cap in (limits.worst_replay, *limits.replays.values()):
        if cap is not None:
            rules.append((1 - np.prod(1 + data.returns[65:105], axis=0)) @ w <= cap)
    if limits.largest_weight is not None:
        rules.append(cp.abs(w) <= limits.largest_weight)
    for name, cap in limits.weights.items():
        row = np.array([float(a in situation.members(name)) for a in data.assets])
        rules.append(cp.abs(row @ w) <= cap)
    for name, cap in limits.factors.items():
        rules.append(cp.abs(np.array(list(situation.exposures[name].values())) @ w) <= cap)
    for shock in limits.shocks:
        if not shock.at_once:
            means = data.returns.mean(axis=0)
            rules.append(cvar(means + shock.volatility * (data.returns - means)) <= shock.limit)
            continue
        moves = np.array([shock.moves.get(a, 0.0) for a in data.assets])
        rules.append(-(moves @ w) <= shock.limit)
    problem = cp.Problem(cp.Minimize(t), rules)
    # 240 exponential cones do not close as far as the others.
    gap = 1e-10 if limits.drawdown is None else 1e-8
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=gap, tol_gap_rel=gap, tol_feas=gap)
    assert problem.status == "optimal"
    return float(t.value)


CONVEX = {
    "volatility": {"volatility": 0.12},
    "cvar": {"cvar": 0.012},
    "caps": {"largest_weight": 0.35, "weights": {"Risky": 0.55}},
    "stresses": {"shock": [{"name": "Fall", "moves": {"W": -0.3, "X": -0.2}, "limit": 0.12}]},
    "factor": {"factors": {"Beta": 0.6}},
    "drawdown": {"drawdown": 0.1},
    "days": {"liquidity_days": 1.5},
    "replays": {"worst_replay": 0.02, "replays": {"Slump": 0.015}},
    "wilder": {"shock": [{"name": "Wilder", "moves": {}, "volatility": 2.0, "limit": 0.025}]},
    "all": {
        "volatility": 0.13,
        "cvar": 0.0135,
        "largest_weight": 0.45,
        "weights": {"Risky": 0.6},
        "factors": {"Beta": 0.75},
        "shock": [{"name": "Fall", "moves": {"W": -0.3, "X": -0.2}, "limit": 0.14}],
    },
}


@pytest.mark.parametrize("cash", [False, True])
@pytest.mark.parametrize("given", CONVEX.values(), ids=CONVEX.keys())
def test_a_cure_passes_and_no_smaller_trade_cures(given, cash):
    situation, limits = situation_of(), Limits.from_mapping(given)
    assert check(situation, HELD, limits).breaches
    found = cure(situation, HELD, limits, cash=cash)
    assert found.exact
    cured = Portfolio("A", HELD.weights + found.trades)
    assert check(situation, cured, limits).status in ("pass", "warn")
    assert found.after.limits == check(situation, cured, limits).limits
    assert found.turnover == pytest.approx(least_turnover(situation, HELD, limits, cash=cash), abs=2e-7)
    bought, sold = found.trades.clip(lower=0).sum(), -found.trades.clip(upper=0).sum()
    assert found.turnover == pytest.approx(max(bought, sold), rel=1e-12)
    assert bought <= sold + 1e-9 if cash else bought == pytest.approx(sold, abs=1e-9)
    assert cured.weights.min() >= 0.0


def test_no_smaller_trade_cures_a_drawdown():
    """Two assets, so that every trade can be tried: the first that keeps the limit is the smallest."""
    full = situation_of()
    data = full.scenarios.select(["W", "Z"])
    situation = Situation(data, 0.9, history=data)
    held = Portfolio("A", {"W": 0.8, "Z": 0.2})
    now = check(situation, held, Limits(drawdown=1.0)).limits[0].value
    limits = Limits(drawdown=0.7 * now)
    found = cure(situation, held, limits)
    assert found.exact
    sizes = np.linspace(0.0, 0.8, 161)
    fine = [
        bool(check(situation, Portfolio("", {"W": 0.8 - s, "Z": 0.2 + s}), limits).breaches) for s in sizes
    ]
    first = sizes[fine.index(False)]
    assert first - 0.005 - 1e-9 <= found.turnover <= first + 1e-9
    assert found.after.limits[0].utilisation == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    "given",
    [
        {"var": 0.009},
        {"shares": {"Risky": 0.7}},
        {"largest_share": 0.4},
        {"shares": {"Risky": 0.7}, "var": 0.009, "cvar": 0.014},
    ],
)
def test_a_cure_of_limits_that_are_not_convex_passes_and_is_called_the_smallest_found(given):
    situation, limits = situation_of(), Limits.from_mapping(given)
    assert check(situation, HELD, limits).breaches
    found = cure(situation, HELD, limits)
    assert not found.exact
    assert found.words == "smallest found"
    cured = Portfolio("A", HELD.weights + found.trades)
    assert not check(situation, cured, limits).breaches
    assert 0 < found.turnover < 0.5


def test_what_is_found_for_two_assets_is_no_larger_than_a_search_finds():
    data = situation_of().scenarios.select(["W", "Z"])
    situation, held = Situation(data, 0.9), Portfolio("A", {"W": 0.6, "Z": 0.4})
    for limits in (Limits(var=0.006), Limits.from_mapping({"shares": {"W": 0.9}})):
        sizes = np.linspace(0.0, 0.6, 601)
        first = next(
            s
            for s in sizes
            if not check(situation, Portfolio("", {"W": 0.6 - s, "Z": 0.4 + s}), limits).breaches
        )
        assert cure(situation, held, limits).turnover <= first + 0.002


def test_nothing_breached_needs_no_trade_and_a_short_position_is_not_deepened():
    situation = situation_of()
    found = cure(situation, HELD, Limits(largest_weight=0.5))
    assert (found.turnover, found.exact, found.trades.abs().sum()) == (0.0, True, 0.0)
    short = Portfolio("S", dict(zip(ASSETS, [0.9, 0.3, -0.3, 0.1], strict=True)))
    found = cure(situation, short, Limits(cvar=0.012))
    assert (short.weights + found.trades)["Y"] >= -0.3
    assert not found.after.breaches


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"cvar": 1e-5}, r"No trade among these assets meets .*CVaR 90.% \(0\.\d+.% at best\); raise the"),
        ({"weights": {"W": 0.1, "X": 0.1, "Y": 0.1, "Z": 0.1}}, "together"),
        ({"largest_weight": 0.2}, r"meets Largest weight \(25\.0.% at best\); raise the limit"),
    ],
)
def test_what_no_trade_cures_is_named(given, sentence):
    with pytest.raises(InfeasibleError, match=sentence):
        cure(situation_of(), HELD, Limits.from_mapping(given))


def test_shares_that_cannot_be_met_are_named_without_claiming_a_proof():
    with pytest.raises(InfeasibleError, match=r"Risky: share .* That is no proof that there is none"):
        cure(
            situation_of(),
            HELD,
            Limits.from_mapping({"shares": {"Risky": 0.5}, "weights": {"Y": 0.2, "Z": 0.1}}),
        )


def test_a_limit_that_cannot_be_checked_cannot_be_cured():
    with pytest.raises(MissingDataError, match="cannot be checked, so no trade can be said to cure it"):
        cure(situation_of(), HELD, Limits.from_mapping({"replays": {"COVID 2020": 0.2}, "cvar": 0.01}))
