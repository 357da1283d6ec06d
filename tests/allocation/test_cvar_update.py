"""CVaR-adjusted updates: each form ends where it should, certified; the paper's rule does what is said."""

import numpy as np
import pandas as pd
import pytest

from riskcore.allocation import cvar_parity, minimum_cvar
from riskcore.allocation.cvar_update import FORMS, cvar_update, trace_cvar_update
from riskcore.errors import AssetMismatchError, ConfidenceError, ConvergenceError, InputError
from riskcore.numerics.cvar_update import _Tail
from riskcore.scenarios import Scenarios

ASSETS = ("SPY", "BND", "GLD", "EEM", "TLT")


def scenarios(rows=1000, seed=0, weighted=False, extra=None):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(4, (rows, 5)) * [1.0, 0.5, 0.8, 1.4, 0.9]
    returns += 0.005 * rng.standard_t(4, (rows, 1)) * [1, 0.1, 0.3, 1.3, -0.2] + 2e-4
    names = ASSETS
    if extra is not None:
        returns, names = np.c_[returns, extra(returns)], (*ASSETS, "EXTRA")
    p = np.linspace(1, 3, rows)
    return Scenarios(returns, names, 252, p / p.sum() if weighted else np.empty(0))


def tail_average(s, w, confidence):
    """CVaR by the Rockafellar–Uryasev minimum over all candidates for VaR."""
    losses = -s.returns @ np.asarray(w)
    return min(
        t + s.probabilities @ np.maximum(losses - t, 0) / (1 - confidence)
        for t in np.unique(losses)[-int(0.2 * len(losses)) :]
    )


@pytest.mark.parametrize("form", ["gradient", "marginal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_forms_reach_the_minimum_within_their_certified_gap(form, weighted):
    s = scenarios(weighted=weighted)
    found = cvar_update(s, confidence=0.95, form=form)
    best = tail_average(s, minimum_cvar(s, confidence=0.95).weights, 0.95)
    ours = tail_average(s, found.weights, 0.95)
    assert best * (1 - 1e-9) <= ours <= best * (1 + 1e-4)
    assert found.residual <= 1e-4 and found.iterations <= 5000 and found.method == "cvar_update"


def test_the_certificate_is_a_bound_and_not_a_guess():
    s = scenarios()
    trace = trace_cvar_update(s, confidence=0.9)
    best = tail_average(s, minimum_cvar(s, confidence=0.9).weights, 0.9)
    # Best so far less the residual (over tail losses of about its size) is below the optimum at every step.
    losses = -s.returns @ trace.path.to_numpy().T
    sizes = np.sort(np.abs(losses) * (losses > 0), axis=0)[-100:].mean(axis=0)
    assert (trace.best_cvar - trace.residual * sizes <= best * (1 + 1e-6)).all()
    assert trace.converged and trace.residual[-1] <= 1e-4 < trace.residual[-2]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_component_form_reaches_parity(weighted):
    s = scenarios(weighted=weighted)
    found = cvar_update(s, confidence=0.95, form="component")
    np.testing.assert_allclose(found.weights, cvar_parity(s, confidence=0.95).weights, atol=2e-3)
    np.testing.assert_allclose(found.shares, 0.2, rtol=1.001e-3)
    assert found.measure == "cvar" and found.residual <= 1e-3


def test_the_stand_alone_form_ends_in_the_asset_of_least_risk():
    s = scenarios()
    alone = {a: tail_average(s.select([a]), [1.0], 0.95) for a in ASSETS}
    found = cvar_update(s, confidence=0.95, form="standalone")
    assert found.weights.idxmax() == min(alone, key=alone.get)
    assert found.weights.max() >= 1 - 1e-6
    assert found.weights.max() > cvar_update(s, confidence=0.95).weights.max() + 0.1


def test_as_printed_nothing_moves():
    start = {"SPY": 0.1, "BND": 0.2, "GLD": 0.3, "EEM": 0.15, "TLT": 0.25}
    trace = trace_cvar_update(scenarios(), confidence=0.95, form="printed", start=start)
    assert trace.path.iloc[0].to_dict() == trace.path.iloc[-1].to_dict() == start
    assert trace.weight_change.tolist() == [0.0] and not trace.converged and "cancels" in trace.solved


def paper(returns, weights, steps, eta=0.01):
    """S3's update, written again from its description."""

    def onto(w):
        w = np.where(w < 1e-5, 1e-5, w)
        return w / w.sum()

    def risk(w):
        losses = np.sort(-(returns @ w))
        return losses[losses >= np.quantile(losses, 0.95)].mean()

    for _ in range(steps):
        slope = np.zeros(len(weights))
        for i in range(len(weights)):
            raised = weights + 1e-4 * (np.arange(len(weights)) == i)
            slope[i] = (risk(onto(raised)) - risk(weights)) / 1e-4
        weights = onto(weights - eta * slope)
    return weights


def test_the_papers_variant_is_the_papers():
    s = scenarios(rows=300)
    trace = trace_cvar_update(s, confidence=0.95, form="paper", steps=25)
    np.testing.assert_allclose(trace.best, paper(s.returns, np.full(5, 0.2), 25), rtol=1e-9)
    assert trace.steps == 25 and np.isnan(trace.residual).all() and not trace.converged


def test_the_papers_difference_is_the_gradient_less_the_cvar():
    s = scenarios(rows=1000)
    tail, w = _Tail(s.returns, s.probabilities, 0.95), np.array([0.3, 0.1, 0.25, 0.15, 0.2])
    losses = -s.returns @ w
    worst = losses >= np.quantile(losses, 0.95)  # the tail of S3's own CVaR
    gradient = -s.returns[worst].mean(axis=0)
    np.testing.assert_allclose(tail.paper_slope(w), gradient - losses[worst].mean(), atol=2e-4)


def test_the_papers_fixed_step_stays_above_the_gradient_flow():
    s = scenarios()
    flow = trace_cvar_update(s, confidence=0.95)
    fixed = trace_cvar_update(s, confidence=0.95, form="paper", steps=100, step_size=1.0)
    assert fixed.best_cvar[-1] > flow.best_cvar[-1] * (1 + 1e-4)


def test_the_trace_adds_up():
    s = scenarios()
    trace = trace_cvar_update(s, confidence=0.95, steps=40)
    path = trace.path.to_numpy()
    assert trace.path.shape == (41, 5) and trace.steps == 40 and not trace.converged
    np.testing.assert_allclose(path.sum(axis=1), 1.0, atol=1e-12)
    assert path.min() >= 0
    np.testing.assert_allclose(trace.weight_change, np.abs(path[1:] - path[:-1]).sum(axis=1))
    np.testing.assert_allclose(trace.cvar[[0, 7, 40]], [tail_average(s, path[k], 0.95) for k in (0, 7, 40)])
    assert (trace.best_cvar <= np.minimum.accumulate(trace.cvar)).all() and (
        np.diff(trace.best_cvar) <= 0
    ).all()
    assert tail_average(s, trace.best, 0.95) == pytest.approx(trace.best_cvar[-1])
    assert (trace.gradient_norm >= 0).all() and trace.gradient_norm[0] > 0


@pytest.mark.parametrize("form", [f for f in FORMS if f != "paper"])
def test_order_and_scale_change_nothing(form):
    s, order = scenarios(), ["TLT", "EEM", "SPY", "GLD", "BND"]
    one = trace_cvar_update(s, confidence=0.95, form=form, steps=100)
    two = trace_cvar_update(s.select(order), confidence=0.95, form=form, steps=100)
    pd.testing.assert_series_equal(one.best[order], two.best, atol=1e-6)
    for scale in (1e-8, 1e8):
        scaled = Scenarios(s.returns * scale, ASSETS, 252)
        other = trace_cvar_update(scaled, confidence=0.95, form=form, steps=100)
        np.testing.assert_allclose(other.best, one.best, atol=1e-6)


def test_duplicates_few_rows_and_one_asset():
    twice = cvar_update(scenarios(extra=lambda r: r[:, 1]), confidence=0.95)
    assert twice.residual <= 1e-4
    few = scenarios(rows=4)
    best = minimum_cvar(few, confidence=0.95)
    losses = (-few.returns @ cvar_update(few, confidence=0.95).weights).max()
    assert losses <= (-few.returns @ best.weights).max() + 2e-4 * np.abs(few.returns).max()
    for form in ("gradient", "marginal", "component", "standalone"):
        assert cvar_update(scenarios().select(["GLD"]), confidence=0.95, form=form).weights.tolist() == [1.0]


def test_few_scenarios_need_the_shorter_steps():
    s = scenarios(rows=40, seed=2)
    found = cvar_update(s, confidence=0.95)
    best = tail_average(s, minimum_cvar(s, confidence=0.95).weights, 0.95)
    assert tail_average(s, found.weights, 0.95) <= best * (1 + 1e-4) and found.residual <= 1e-4
    assert found.iterations > 2500


def test_what_does_not_converge_is_an_error_with_how_far_it_came():
    gain = scenarios(extra=lambda r: np.full(len(r), 0.001))  # cash has a negative CVaR: no parity exists
    with pytest.raises(ConvergenceError, match="component") as caught:
        cvar_update(gain, confidence=0.95, form="component")
    assert caught.value.details["residual"] > 1e-3
    with pytest.raises(ConvergenceError, match="5000 steps"):
        cvar_update(scenarios(extra=lambda r: r[:, 1]), confidence=0.95, form="standalone")


@pytest.mark.parametrize("form", ["printed", "paper"])
def test_forms_that_prove_nothing_are_no_allocators(form):
    with pytest.raises(InputError, match="proves nothing"):
        cvar_update(scenarios(rows=50), confidence=0.9, form=form)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"form": "momentum"}, InputError, "No update 'momentum'"),
        ({"steps": 0}, InputError, "at least 1 step"),
        ({"step_size": -1.0}, InputError, "positive number"),
        ({"start": {"SPY": 1.0}}, AssetMismatchError, "starting weights"),
        ({"start": dict.fromkeys(ASSETS, 0.25) | {"TLT": 0.0}}, InputError, "must be positive"),
        ({"start": dict.fromkeys(ASSETS, 0.25)}, InputError, "sum to 1"),
        ({"confidence": 95}, ConfidenceError, "0.95"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        trace_cvar_update(scenarios(rows=50), **({"confidence": 0.95} | settings))


def test_the_papers_rule_needs_equal_probabilities():
    with pytest.raises(InputError, match="equally likely"):
        trace_cvar_update(scenarios(rows=50, weighted=True), confidence=0.95, form="paper", steps=2)
