"""Risk budgets under any convex measure, against other solvers, conic models and the definition of shares."""

import numpy as np
import pytest

from riskcore.allocation import cvar_parity, equal_risk_contribution, measure_parity
from riskcore.allocation.measure_parity import SHARED
from riskcore.errors import AssetMismatchError, ConfidenceError, InfeasibleError, InputError
from riskcore.measures import MEASURES, risk
from riskcore.scenarios import Scenarios

NAMES = ("SPY", "QQQ", "EEM", "BND")
BUDGETS = dict(zip(NAMES, (0.4, 0.3, 0.2, 0.1), strict=True))
C = 0.9


def market(rows=160, seed=0, weighted=False, names=NAMES):
    rng = np.random.default_rng(seed)
    n = len(names)
    drawn = rng.standard_t(5, (rows, 1)) * 0.008 + rng.standard_t(5, (rows, n)) * 0.004 * np.arange(1, n + 1)
    p = rng.dirichlet(np.full(rows, 5.0)) if weighted else np.empty(0)
    return Scenarios(drawn - drawn.mean(axis=0), names, 252, p, ordered=not weighted)


def model(measure, s, y):
    """Return a measure of −R y in cvxpy, from its definition on equally likely scenarios."""
    import cvxpy as cp

    losses = -s.returns @ y
    rows = s.count
    if measure == "semideviation":
        return cp.norm(cp.pos(losses - cp.sum(losses) / rows)) / np.sqrt(rows)
    if measure == "mad":
        return cp.norm1(losses - cp.sum(losses) / rows) / rows
    if measure == "worst":
        return cp.max(losses)
    path = cp.hstack([0.0, cp.cumsum(-losses)])
    peak = cp.Variable(rows + 1)
    falls = peak - path
    model.limits = [falls >= 0, peak[1:] >= peak[:-1]]
    if measure == "max_drawdown":
        return cp.max(falls)
    return cp.cvar(falls[1:], C)


@pytest.mark.parametrize("measure", ["semideviation", "mad", "worst", "max_drawdown", "cdar"])
def test_the_weights_are_those_of_the_conic_model(measure):
    import cvxpy as cp

    s, b = market(), np.array(list(BUDGETS.values()))
    y = cp.Variable(4)
    model.limits = []
    goal = model(measure, s, 100 * y) - b @ cp.log(y)
    cp.Problem(cp.Minimize(goal), model.limits).solve(
        solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11
    )
    found = measure_parity(s, measure, confidence=C, budgets=BUDGETS)
    np.testing.assert_allclose(found.weights, y.value / y.value.sum(), atol=2e-6)
    assert found.residual <= 1e-6


@pytest.mark.parametrize("weighted", [False, True])
def test_volatility_and_cvar_agree_with_their_own_solvers(weighted):
    s = market(weighted=weighted)
    for measure, other in (
        ("volatility", equal_risk_contribution(s)),
        ("cvar", cvar_parity(s, confidence=C)),
    ):
        found = measure_parity(s, measure, confidence=C)
        np.testing.assert_allclose(found.weights, other.weights, atol=1e-6)
        np.testing.assert_allclose(found.shares, 0.25, rtol=1e-6)


@pytest.mark.parametrize("measure", ["semideviation", "evar", "volatility"])
def test_smooth_measures_have_the_budgeted_shares_by_their_own_gradient(measure):
    s = market(weighted=True)
    found = measure_parity(s, measure, confidence=C, budgets=BUDGETS)
    figure = risk(s, found.portfolio(), measure, confidence=C)
    bumps = 1e-5 * np.eye(4)
    up, down = (
        [risk(s, found.weights + bump, measure, confidence=C).value for bump in sign * bumps]
        for sign in (1.0, -1.0)
    )
    share = found.weights * (np.array(up) - down) / 2e-5 / figure.value
    np.testing.assert_allclose(share, list(BUDGETS.values()), atol=1e-5)


@pytest.mark.parametrize("measure", SHARED)
def test_order_scale_duplicates_and_few_rows(measure):
    s = market(rows=80)
    found = measure_parity(s, measure, confidence=C).weights
    turned = measure_parity(s.select(NAMES[::-1]), measure, confidence=C).weights
    np.testing.assert_allclose(turned[list(NAMES)], found, atol=1e-5)
    small = Scenarios(1e-6 * s.returns, NAMES, 252, ordered=True)
    np.testing.assert_allclose(measure_parity(small, measure, confidence=C).weights, found, atol=1e-5)
    double = Scenarios(np.column_stack([s.returns, s.returns[:, 3]]), (*NAMES, "COPY"), 252, ordered=True)
    held = measure_parity(double, measure, confidence=C).weights
    assert held["COPY"] == pytest.approx(held["BND"], rel=1e-4)
    single = Scenarios(s.returns[:, :1], NAMES[:1], 252, ordered=True)
    assert measure_parity(single, measure, confidence=C).weights.tolist() == [1.0]
    assert MEASURES[measure].label in measure_parity(single, measure, confidence=C).solved


def test_what_cannot_be_shared_out_is_refused():
    s = market()
    with pytest.raises(InputError, match="not convex"):
        measure_parity(s, "var", confidence=C)
    with pytest.raises(ConfidenceError):
        measure_parity(s, "evar")
    with pytest.raises(InputError, match="risk measure"):
        measure_parity(s, "beta")
    with pytest.raises(InputError):
        measure_parity(market(weighted=True), "cdar", confidence=C)
    with pytest.raises(AssetMismatchError, match="no budget for"):
        measure_parity(s, "mad", budgets={"SPY": 1.0})
    with pytest.raises(InputError, match="150 %"):
        measure_parity(s, "mad", budgets=dict.fromkeys(NAMES, 0.375))
    hedge = Scenarios(
        np.column_stack([s.returns[:, 0], -s.returns[:, 0]]), ("SPY", "SHORT"), 252, ordered=True
    )
    for measure in SHARED:
        with pytest.raises(InfeasibleError, match="no risk to share out"):
            measure_parity(hedge, measure, confidence=C)
    gains = Scenarios(np.abs(s.returns) + 0.01, NAMES, 252, ordered=True)
    with pytest.raises(InfeasibleError, match="100 %"):
        measure_parity(gains, "worst")
