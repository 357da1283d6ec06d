"""Constrained allocators against models written from the definitions, hand cases, and every refusal."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation import (
    Constraints,
    GroupBound,
    allocate,
    constrained,
    constrained_frontier,
    constrained_maximum_mean,
    maximum_mean,
    mean_cvar_frontier,
    mean_variance_frontier,
    missed,
)
from riskcore.allocation.constrained import CONSTRAINED
from riskcore.allocation.solver import model
from riskcore.data.sample import load_sample
from riskcore.errors import (
    AssetMismatchError,
    ConfidenceError,
    ConvergenceError,
    InfeasibleError,
    InputError,
)
from riskcore.scenarios import Scenarios

NAMES = ("SPY", "QQQ", "EEM", "BND", "GOLD")
STOCKS = ("SPY", "QQQ", "EEM")
NOW = {"SPY": 0.5, "BND": 0.5}
BENCH = {"SPY": 0.6, "BND": 0.4}
C = 0.9


def market(rows=300, seed=0, weighted=False):
    rng = np.random.default_rng(seed)
    common = rng.standard_t(5, (rows, 1)) * np.array([0.01, 0.013, 0.012, -0.001, 0.001])
    own = rng.standard_t(5, (rows, 5)) * np.array([0.002, 0.004, 0.006, 0.003, 0.008])
    p = rng.dirichlet(np.full(rows, 5.0)) if weighted else np.empty(0)
    drawn = common + own
    centre = drawn.mean(axis=0) - np.array([4, 6, 5, 1, 3]) * 1e-4
    return Scenarios(drawn - centre, NAMES, 252, p)


TRACKED = "tracking error ≤ 1.587 % per year (0.1 % per period)"
GIVEN = {
    "groups": {"groups": (GroupBound("Stocks", STOCKS, 0.3, 0.7), GroupBound("Safe", ("BND", "GOLD"), 0.35))},
    "bounds": {"lower": {a: 0.05 for a in NAMES}, "upper": 0.45},
    "short": {"lower": -1.0, "upper": 2.0, "short": 0.2},
    "gross": {"lower": -np.inf, "upper": np.inf, "gross": 1.3},
    "turnover": {"current": NOW, "turnover": 0.25},
    "costs": {
        "current": NOW,
        "costs": {a: 1e-3 * (i + 1) for i, a in enumerate(NAMES)},
        "periods_held": 21.0,
    },
    "tracking": {"benchmark": BENCH, "tracking_error": 0.003},
    "cvar": {"cvar": 0.0102, "confidence": C},
    "active": {"benchmark": BENCH, "active_cvar": 0.006, "confidence": C},
}
GIVEN["all"] = {
    **GIVEN["groups"],
    **GIVEN["costs"],
    "lower": -0.2,
    "upper": 0.5,
    "short": 0.1,
    "gross": 1.15,
    "turnover": 0.6,
    "benchmark": BENCH,
    "tracking_error": 0.006,
    "active_cvar": 0.011,
    "cvar": 0.0145,
    "confidence": C,
}


def written(s, given, w, k=1.0):
    """Return the constraints of w = y/k in cvxpy, straight from their definitions, and the costs."""
    import cvxpy as cp

    R, p, one = s.returns, s.probabilities, np.ones(5)
    low, high = (
        np.array([x[a] for a in NAMES]) if isinstance(x, dict) else x * one
        for x in (given.get("lower", 0.0), given.get("upper", 1.0))
    )
    now = np.array([given.get("current", {}).get(a, 0.0) for a in NAMES])
    b = np.array([given.get("benchmark", {}).get(a, 0.0) for a in NAMES])
    limits = [cp.sum(w) == k]
    limits += [w[i] >= k * low[i] for i in range(5) if np.isfinite(low[i])]
    limits += [w[i] <= k * high[i] for i in range(5) if np.isfinite(high[i])]
    for g in given.get("groups", ()):
        total = cp.sum([w[NAMES.index(a)] for a in g.assets])
        limits += [total >= k * g.lower] if np.isfinite(g.lower) else []
        limits += [total <= k * g.upper] if np.isfinite(g.upper) else []
    costs = given.get("costs", 0.0)
    rates = np.array([costs[a] for a in NAMES]) if isinstance(costs, dict) else costs * one
    cost = rates @ cp.abs(w - k * now) / given.get("periods_held", 252.0)
    if "short" in given:
        limits.append(cp.sum(cp.neg(w)) <= k * given["short"])
    if "gross" in given:
        limits.append(cp.norm1(w) <= k * given["gross"])
    if "turnover" in given:
        limits.append(cp.norm1(w - k * now) / 2 <= k * given["turnover"])
    if "tracking_error" in given:
        centred = np.sqrt(p)[:, None] * (R - p @ R)
        limits.append(cp.norm(centred @ (w - k * b)) <= k * given["tracking_error"])
    for cap, against in (("cvar", 0.0 * b), ("active_cvar", b)):
        if cap in given:
            limits.append(rockafellar(-R @ (w - k * against), p) + cost <= k * given[cap])
    return limits, cost


def rockafellar(losses, p):
    import cvxpy as cp

    t = cp.Variable()
    return t + p @ cp.pos(losses - t) / (1 - C)


def oracle(key, s, given):
    """Return the best value of an allocator from its definition: variance, ratio or CVaR."""
    import cvxpy as cp

    R, p = s.returns, s.probabilities
    centred = np.sqrt(p)[:, None] * (R - p @ R)
    w = cp.Variable(5)
    if key in ("minimum_variance", "minimum_cvar"):
        limits, cost = written(s, given, w)
        goal = rockafellar(-R @ w, p) + cost
        goal = 1e4 * cp.sum_squares(centred @ w) if key == "minimum_variance" else 100 * goal
        return solved(goal, limits) / (1e4 if key == "minimum_variance" else 100)
    k = cp.Variable()
    limits, cost = written(s, given, w, k)
    gain = p @ R @ w - cost if key == "maximum_sharpe" else np.sqrt((centred**2).sum(axis=0)) @ w
    return 1e-2 / np.sqrt(solved(cp.sum_squares(100 * centred @ w), [*limits, 100 * gain >= 1, k >= 0])) * 100


def solved(goal, limits):
    import cvxpy as cp

    problem = cp.Problem(cp.Minimize(goal), limits)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    assert problem.status in ("optimal", "optimal_inaccurate")
    return problem.value


def value(key, s, given, w):
    """Return what an allocator optimises, on given weights, with NumPy alone."""
    R, p = s.returns, s.probabilities
    variance = float(p @ (R @ w - p @ R @ w) ** 2)
    costs = given.get("costs", {})
    change = np.abs(w - [given.get("current", {}).get(a, 0.0) for a in NAMES])
    cost = sum(costs[a] * change[i] for i, a in enumerate(NAMES)) / given["periods_held"] if costs else 0.0
    if key == "minimum_variance":
        return variance
    if key == "maximum_sharpe":
        return (p @ R @ w - cost) / np.sqrt(variance)
    if key == "maximum_diversification":
        return np.sqrt(p @ (R - p @ R) ** 2) @ w / np.sqrt(variance)
    losses = np.sort(-R @ w)[::-1]
    order = np.argsort(R @ w)
    room = np.clip((1 - C) - np.r_[0.0, np.cumsum(p[order])[:-1]], 0.0, p[order])
    return float(room @ losses) / (1 - C) + cost


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("key", CONSTRAINED)
def test_the_optimum_is_that_of_the_definition(key, given):
    s, g = market(), GIVEN[given]
    found = constrained(key, s, Constraints(**g), confidence=C)
    w = found.weights.to_numpy()
    assert value(key, s, g, w) == pytest.approx(oracle(key, s, g), rel=1e-6)
    assert not missed(s, Constraints(**g), found.weights)
    assert found.status == "optimal"
    assert found.residual <= 1e-6
    assert w.sum() == pytest.approx(1.0, abs=1e-9)


def test_weighted_scenarios_count_by_their_probabilities():
    s, g = market(rows=120, weighted=True), GIVEN["all"] | {"cvar": 0.02}
    for key in ("minimum_cvar", "maximum_sharpe"):
        found = constrained(key, s, Constraints(**g), confidence=C)
        assert value(key, s, g, found.weights.to_numpy()) == pytest.approx(oracle(key, s, g), rel=1e-6)


def test_a_hand_case_of_costs_and_turnover():
    # Volatilities 2:1 and no correlation: the least variance has 20 % SPY; 10 % may be traded.
    rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    s = Scenarios(rows, ("SPY", "BND"), 252)
    found = constrained("minimum_variance", s, Constraints(current={"SPY": 0.5, "BND": 0.5}, turnover=0.1))
    assert found.weights.to_dict() == pytest.approx({"SPY": 0.4, "BND": 0.6}, abs=1e-7)
    assert found.binding == ("one-way turnover ≤ 10 %",)
    # One-way turnover out of cash is what is bought.
    with pytest.raises(InfeasibleError, match="turnover"):
        constrained("minimum_variance", s, Constraints(current={"SPY": 0.0}, turnover=0.9))
    dear = Constraints(current={"SPY": 1.0}, costs=0.5, periods_held=1.0)
    assert constrained("minimum_cvar", s, dear, confidence=C).weights["SPY"] == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("key", CONSTRAINED)
def test_order_scale_and_labels_change_nothing(key):
    s, g = market(), {**GIVEN["groups"], **GIVEN["turnover"], "turnover": 0.6}
    found = constrained(key, s, Constraints(**g), confidence=C).weights
    turned = s.select(NAMES[::-1])
    other = constrained(key, turned, Constraints(**g), confidence=C).weights
    np.testing.assert_allclose(other[list(NAMES)], found, atol=2e-6)
    for scale in (1e-6, 1e3):
        scaled = Scenarios(scale * s.returns, NAMES, 252)
        np.testing.assert_allclose(
            constrained(key, scaled, Constraints(**g), confidence=C).weights, found, atol=2e-6
        )


def test_without_limits_that_bind_the_fast_algorithms_agree():
    s, loose = market(), Constraints(gross=2.0)
    for key in CONSTRAINED:
        fast = allocate(key, s, confidence=C)
        slow = constrained(key, s, loose, confidence=C)
        assert slow.solver == "CLARABEL"
        assert fast.solver == "own"
        np.testing.assert_allclose(slow.weights, fast.weights, atol=1e-6)
        bounded = constrained(key, s, Constraints(), confidence=C)
        assert bounded.solver == "own"
    tight = constrained("minimum_variance", s, Constraints(upper=0.5))
    assert tight.solver == "own"
    assert "BND ≤ 50 %" in tight.binding


@pytest.mark.parametrize("measure", ["volatility", "cvar"])
def test_frontiers_agree_with_the_fast_ones_and_with_the_definition(measure):
    import cvxpy as cp

    s, level = market(), C if measure == "cvar" else None
    loose = constrained_frontier(measure, s, Constraints(gross=2.0), points=5, confidence=level)
    fast = mean_cvar_frontier(s, confidence=C, points=200) if level else mean_variance_frontier(s, points=200)
    np.testing.assert_allclose(loose.risk, np.interp(loose.mean, fast.mean, fast.risk), rtol=2e-4)
    found = constrained_frontier(measure, s, Constraints(**GIVEN["all"]), points=4, confidence=level)
    assert (np.diff(found.mean) > 0).all()
    key = "minimum_cvar" if level else "minimum_variance"
    w, p = cp.Variable(5), s.probabilities
    limits, cost = written(s, GIVEN["all"], w)
    for row, mean in zip(found.weights.to_numpy(), found.mean, strict=True):
        centred = s.returns - p @ s.returns
        goal = rockafellar(-s.returns @ w, p) + cost if level else cp.sum_squares(centred @ w) / len(p)
        best = (
            solved(1e4 * goal, [*limits, 1e3 * (p @ s.returns @ w - cost) >= 1e3 * mean * (1 - 1e-9)]) / 1e4
        )
        assert value(key, s, GIVEN["all"], row) == pytest.approx(best, rel=1e-5)


HELD = dict.fromkeys(("QQQ", "FTSE100", "NIKKEI225", "HANGSENG", "BND", "GOLD"), -0.125) | {"SPY": 0.11}


@pytest.mark.parametrize(
    ("given", "level", "measure"),
    [
        ({"lower": HELD, "upper": 1.125, "gross": 1.25}, 0.95, "cvar"),
        (
            {"benchmark": {"SPY": 1.0}, "tracking_error": 0.006, "cvar": 0.015, "confidence": 0.9},
            0.9,
            "volatility",
        ),
    ],
)
def test_frontiers_reach_their_end_where_hardly_a_portfolio_is_left(given, level, measure):
    prices = load_sample("global")
    s = prices.scenarios(list(prices.default_assets))
    limits = Constraints(**given)
    found = constrained_frontier(measure, s, limits, points=8, confidence=level)
    assert found.residual <= 1e-6
    top = constrained_maximum_mean(s, limits, confidence=level, cap=given.get("cvar", 1.0)).weights
    range_ = found.mean[-1] - found.mean[0]
    assert float(top @ s.returns.mean(axis=0)) == pytest.approx(found.mean[-1], abs=1.1e-4 * range_)


def test_an_answer_does_not_depend_on_what_was_solved_before():
    s, limits = market(), Constraints(**GIVEN["all"])
    first = constrained("minimum_cvar", s, limits, confidence=C).weights
    constrained("minimum_cvar", market(seed=3), Constraints(**GIVEN["all"] | {"cvar": 0.02}), confidence=C)
    again = constrained("minimum_cvar", s, limits, confidence=C).weights
    assert (again == first).all()


def test_the_highest_mean_under_a_cap_on_cvar():
    import cvxpy as cp

    s, g = market(), GIVEN["groups"]
    w = cp.Variable(5)
    limits, _ = written(s, g, w)
    best = -solved(
        -1e3 * (s.probabilities @ s.returns @ w),
        [*limits, rockafellar(-s.returns @ w, s.probabilities) <= 0.009],
    )
    found = constrained_maximum_mean(s, Constraints(**g), confidence=C, cap=0.009)
    assert 1e3 * s.probabilities @ s.returns @ found.weights == pytest.approx(best, rel=1e-7)
    assert "CVaR 90 % ≤ 0.9 % per period" in found.binding
    free = constrained_maximum_mean(s, Constraints(), confidence=C, cap=0.009)
    np.testing.assert_allclose(free.weights, maximum_mean(s, confidence=C, cap=0.009).weights, atol=1e-6)
    with pytest.raises(InfeasibleError, match=r"CVaR 90 % ≤ 0\.01 % per period"):
        constrained_maximum_mean(s, Constraints(), confidence=C, cap=1e-4)
    with pytest.raises(InputError, match="another confidence"):
        constrained_maximum_mean(s, Constraints(cvar=0.01, confidence=0.99), confidence=C, cap=0.01)
    with pytest.raises(InputError, match="finite"):
        constrained_maximum_mean(s, Constraints(), confidence=C, cap=np.nan)


def conflict_of(s, **given):
    with pytest.raises(InfeasibleError) as told:
        constrained("minimum_variance", s, Constraints(**given))
    return told.value.details["conflict"]


def test_a_conflict_is_told_by_name_with_the_nearest_that_can_be_kept():
    s = market()
    found = conflict_of(
        s,
        groups=(
            GroupBound("Bonds", ("BND",), 0.6),
            GroupBound("Stocks", STOCKS, 0.5),
            GroupBound("Gold", ("GOLD",), -np.inf, 0.3),
        ),
    )
    assert found.names == ("Bonds ≥ 60 %", "Stocks ≥ 50 %")
    assert found.sentence.startswith(
        "Bonds ≥ 60 % and Stocks ≥ 50 % need 110 % of the value: lower them by 10 points in total."
    )
    assert found.total == pytest.approx(0.1, abs=1e-6)
    assert found.nearest == pytest.approx({"Bonds ≥ 60 %": 0.55, "Stocks ≥ 50 %": 0.45}, abs=1e-4)
    assert found.alone == pytest.approx({"Bonds ≥ 60 %": 0.5, "Stocks ≥ 50 %": 0.4}, abs=1e-4)


def test_what_is_nearest_is_not_repeated_as_another_way():
    given = Constraints(**GIVEN["active"], lower={a: 0.6 * (a == "QQQ") for a in NAMES})
    with pytest.raises(InfeasibleError) as refused:
        constrained("minimum_variance", market(), given)
    said = str(refused.value)
    near, other = said.split("The nearest that can be kept: ")[1].rstrip(".").split(", or this alone: ")
    assert near.startswith("QQQ ≥ ")
    assert other.startswith("active CVaR 90 % ≤ ")


def test_many_bounds_alike_are_told_together():
    s = market()
    assert "5 assets ≥ 30 % need 150 % of the value" in conflict_of(s, lower=0.3).sentence
    assert "5 assets ≤ 10 % allow only 50 % of the value" in conflict_of(s, upper=0.1).sentence


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (
            {"groups": (GroupBound("Bonds", ("BND",), 0.8),), "cvar": 1e-3, "confidence": C},
            ["CVaR 90 % ≤ 0.1 % per period"],
        ),
        (
            {"groups": (GroupBound("Gold", ("GOLD",), 0.9),), "benchmark": BENCH, "tracking_error": 0.001},
            ["Gold ≥ 90 %", TRACKED],
        ),
        (
            {"upper": 0.3, "current": NOW, "turnover": 0.1},
            ["one-way turnover ≤ 10 %", "SPY ≤ 30 %", "BND ≤ 30 %"],
        ),
        (
            {
                "lower": -1.0,
                "upper": 2.0,
                "groups": (GroupBound("Stocks", STOCKS, 1.4),),
                "gross": 1.5,
                "short": 0.3,
            },
            ["Stocks ≥ 140 %", "gross exposure ≤ 150 %"],
        ),
    ],
)
def test_what_is_nearest_can_be_kept_and_what_conflicts_cannot(given, names):
    found = conflict_of(market(), **given)
    assert set(names) <= set(found.names)
    assert found.nearest
    for name, limit in found.alone.items():
        if limit is not None:
            assert name in found.names


def test_the_nearest_limits_leave_room():
    s = market()
    found = conflict_of(
        s, benchmark=BENCH, tracking_error=0.001, groups=(GroupBound("Gold", ("GOLD",), 0.9),)
    )
    gold = found.alone["Gold ≥ 90 %"]
    track = found.alone[TRACKED]
    kept = Constraints(
        benchmark=BENCH, tracking_error=0.001, groups=(GroupBound("Gold", ("GOLD",), gold - 1e-5),)
    )
    assert constrained("minimum_variance", s, kept).weights["GOLD"] == pytest.approx(gold, abs=1e-3)
    beyond = Constraints(
        benchmark=BENCH, tracking_error=0.001, groups=(GroupBound("Gold", ("GOLD",), gold + 1e-3),)
    )
    with pytest.raises(InfeasibleError):
        constrained("minimum_variance", s, beyond)
    wide = Constraints(
        benchmark=BENCH, tracking_error=track + 1e-7, groups=(GroupBound("Gold", ("GOLD",), 0.9),)
    )
    assert constrained("minimum_variance", s, wide).weights["GOLD"] == pytest.approx(0.9, abs=1e-4)


def test_what_has_no_optimum_is_explained():
    s = market()
    free = {"lower": -np.inf, "upper": np.inf}
    with pytest.raises(InfeasibleError, match="nothing limits how much is sold short"):
        constrained_maximum_mean(s, Constraints(**free), confidence=C, cap=10.0)
    with pytest.raises(InfeasibleError, match="earns more than the risk-free rate"):
        constrained("maximum_sharpe", s, Constraints(gross=1.2), risk_free=0.01)
    hedge = Scenarios(np.column_stack([s.returns[:, 0], 0.001 - s.returns[:, 0]]), ("UP", "DOWN"), 252)
    with pytest.raises(InfeasibleError, match="no volatility"):
        constrained("maximum_sharpe", hedge, Constraints(gross=1.2))
    with pytest.raises(InfeasibleError, match="no volatility"):
        constrained("maximum_diversification", hedge, Constraints(gross=1.2))


def test_singular_duplicated_and_short_histories():
    s = market(rows=4)
    for key in ("minimum_variance", "minimum_cvar"):
        found = constrained(key, s, Constraints(**GIVEN["groups"], gross=1.0), confidence=C)
        assert value(key, s, {}, found.weights.to_numpy()) == pytest.approx(
            oracle(key, s, GIVEN["groups"]), rel=1e-5, abs=1e-12
        )
    twice = Scenarios(market().returns[:, [0, 0, 1, 3, 4]], NAMES, 252)
    found = constrained("minimum_variance", twice, Constraints(**GIVEN["turnover"]))
    assert value("minimum_variance", twice, {}, found.weights.to_numpy()) == pytest.approx(
        oracle("minimum_variance", twice, GIVEN["turnover"]), rel=1e-6
    )
    flat = Scenarios(np.zeros((5, 5)), NAMES, 252)
    with pytest.raises(InputError, match="No asset has any volatility"):
        constrained("minimum_variance", flat, Constraints(gross=1.2))


def test_one_asset_and_many():
    one = Scenarios(np.array([[0.01], [-0.02]]), ("SPY",), 252)
    assert constrained("minimum_variance", one, Constraints(gross=1.2)).weights["SPY"] == pytest.approx(1.0)
    rng = np.random.default_rng(3)
    names = tuple(f"A{i}" for i in range(40))
    wide = Scenarios(
        0.01 * rng.standard_normal((200, 40)) + 0.004 * rng.standard_normal((200, 1)), names, 252
    )
    found = constrained(
        "minimum_cvar", wide, Constraints(groups=(GroupBound("First", names[:20], 0.9),)), confidence=C
    )
    assert found.residual <= 1e-6
    assert found.weights[list(names[:20])].sum() == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"short": -0.1}, InputError, "short"),
        ({"gross": 0.9}, InputError, "at least 1"),
        ({"turnover": 0.1}, InputError, "current"),
        ({"costs": 0.001}, InputError, "current"),
        ({"costs": -0.001, "current": NOW}, InputError, "fraction of what is traded"),
        ({"costs": 0.001, "current": NOW, "periods_held": 0}, InputError, "positive number of periods"),
        ({"tracking_error": 0.01}, InputError, "benchmark"),
        ({"active_cvar": 0.01, "confidence": C}, InputError, "benchmark"),
        ({"cvar": np.inf, "confidence": C}, InputError, "finite"),
        ({"cvar": 0.01}, ConfidenceError, "Confidence"),
        ({"cvar": 0.01, "confidence": 95}, ConfidenceError, "0.95"),
        ({"groups": (GroupBound("None", ()),)}, InputError, "no assets"),
    ],
)
def test_constraints_that_mean_nothing_are_refused(given, error, said):
    with pytest.raises(error, match=said):
        Constraints(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"groups": (GroupBound("Tech", ("TSLA",), 0.1),)}, "TSLA"),
        ({"current": {"TSLA": 1.0}, "turnover": 0.1}, "The portfolio held now holds TSLA"),
        ({"benchmark": {"TSLA": 1.0}, "tracking_error": 0.1}, "The benchmark holds TSLA"),
        ({"upper": {"SPY": 0.5}}, "nothing for"),
    ],
)
def test_labels_the_data_does_not_have_are_refused(given, said):
    with pytest.raises(AssetMismatchError, match=said):
        constrained("minimum_variance", market(), Constraints(**given))


def test_allocators_that_take_no_constraints_say_so():
    s = market()
    for key in ("equal_weight", "cvar_parity", "hierarchical_risk_parity"):
        with pytest.raises(InputError, match="cannot be held to constraints"):
            allocate(key, s, confidence=C, constraints=Constraints(upper=0.5))
    with pytest.raises(InputError, match="takes no constraints"):
        constrained("equal_weight", s, Constraints())
    with pytest.raises(InputError, match="not a number"):
        constrained("minimum_variance", s, Constraints(lower=np.nan))
    with pytest.raises(InputError, match="volatility or CVaR"):
        constrained_frontier("var", s, Constraints(), points=5)
    with pytest.raises(InputError, match="at least 2 points"):
        constrained_frontier("volatility", s, Constraints(), points=1)
    assert missed(s, Constraints(upper=0.5), pd.Series({a: float(a == "SPY") for a in NAMES})) == (
        "SPY ≤ 50 %",
    )


def test_a_solver_that_stops_early_is_an_error():
    class Stopped:
        status = "user_limit"

        def solve(self, **_):
            return None

    with pytest.raises(ConvergenceError, match="user_limit"):
        model.run(Stopped())


def test_a_model_is_compiled_once_for_a_shape_and_smaller_problems_fit():
    s, both = market(), {**GIVEN["turnover"], **GIVEN["cvar"]}
    model.compiled.cache_clear()
    constrained("minimum_variance", s, Constraints(**both))
    before = model.compiled.cache_info().misses
    for cap, turnover in ((0.0103, 0.3), (0.0106, 0.35), (0.0111, 0.26)):
        given = both | {"cvar": cap, "turnover": turnover}
        found = constrained("minimum_variance", s, Constraints(**given)).weights.to_numpy()
        assert value("minimum_variance", s, given, found) == pytest.approx(
            oracle("minimum_variance", s, given), rel=1e-6
        )
    few = s.select(["SPY", "BND", "GOLD"])
    constrained("minimum_variance", few, Constraints(**both))
    assert model.compiled.cache_info().misses == before
