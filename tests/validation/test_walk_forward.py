"""Walk-forward: no look into the future, drift and costs by hand, figures from their definitions."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcore.allocation import ALLOCATORS, allocate
from riskcore.errors import ConfidenceError, ConvergenceError, InputError, MissingDataError, NumericalError
from riskcore.numerics.drift import drift
from riskcore.scenarios import Scenarios
from riskcore.validation import walk_forward as public
from riskcore.validation.walk_forward import walk_forward

RULES = ["inverse_volatility", "cvar_parity", "minimum_variance"]
ASSETS = ("SPY", "BND", "GOLD")


def history(rows=600, seed=0, freq="B", start="2020-01-01", assets=ASSETS, per_year=252):
    rng = np.random.default_rng(seed)
    scale = np.array([0.012, 0.004, 0.009, 0.02])[: len(assets)]
    days = pd.date_range(start, periods=rows, freq=freq)
    values = rng.standard_t(5, (rows, len(assets))) * scale + 0.0003
    return Scenarios.from_returns(
        pd.DataFrame(values, index=days, columns=list(assets)), periods_per_year=per_year
    )


def run(scenarios, methods=RULES, **changes):
    given = {"confidence": 0.9, "window": 100, "costs": 0.001, "rng": np.random.default_rng(1)} | changes
    return walk_forward(scenarios, methods, **given)


def changed(scenarios, returns):
    return Scenarios(
        returns, scenarios.assets, scenarios.periods_per_year, index=scenarios.index, ordered=True
    )


def test_it_is_public():
    assert public is walk_forward


@pytest.mark.parametrize("window", [100, None])
@pytest.mark.parametrize("cut", [200, 421])
def test_a_corrupted_future_changes_nothing_before_it_to_the_bit(window, cut):
    s = history()
    garbage = s.returns.copy()
    garbage[cut:] = np.random.default_rng(9).uniform(-0.5, 0.9, garbage[cut:].shape)
    one, two = (run(x, window=window, warm_up=120) for x in (s, changed(s, garbage)))
    last = s.index[cut - 1]
    for key, before in one.methods.items():
        after = two.methods[key]
        for name in ("returns", "growth", "drawdown", "weights", "turnover", "costs"):
            kept, held = getattr(before, name).loc[:last], getattr(after, name).loc[:last]
            assert len(kept)
            assert np.array_equal(kept.to_numpy(), held.to_numpy()), (key, name)
        assert not np.array_equal(before.returns.loc[last:].to_numpy(), after.returns.loc[last:].to_numpy())


def test_a_corrupted_past_outside_the_window_changes_no_weights():
    s = history()
    garbage = s.returns.copy()
    garbage[:50] += 0.3
    one, two = (run(x, warm_up=200) for x in (s, changed(s, garbage)))
    for key, before in one.methods.items():
        assert np.array_equal(before.weights, two.methods[key].weights)


def test_the_row_of_the_trade_is_the_last_one_seen():
    s = history()
    found = run(s)
    for date, weights in found.methods["cvar_parity"].weights.iterrows():
        stop = s.index.get_loc(date) + 1
        seen = s.frame.iloc[stop - 100 : stop]
        again = allocate("cvar_parity", Scenarios.from_returns(seen, periods_per_year=252), confidence=0.9)
        np.testing.assert_allclose(weights, again.weights, rtol=0, atol=1e-9)
        assert s.index[stop].month != date.month


def test_a_rule_that_uses_the_risk_free_rate_gets_it_per_row():
    s = history(300)
    found = run(s, ["maximum_sharpe"], risk_free=0.03, window=250).methods["maximum_sharpe"]
    stop = s.index.get_loc(found.weights.index[0]) + 1
    seen = Scenarios.from_returns(s.frame.iloc[stop - 250 : stop], periods_per_year=252)
    with_rate, without = (allocate("maximum_sharpe", seen, risk_free=r).weights for r in (0.03 / 252, 0.0))
    np.testing.assert_allclose(found.weights.iloc[0], with_rate, atol=1e-12)
    assert np.abs(with_rate - without).max() > 1e-3


def test_three_rows_by_hand_with_costs():
    # Two rows to learn from, then one purchase on 31 Jan and one trade from drifted weights on 28 Feb.
    days = pd.to_datetime(["2020-01-30", "2020-01-31", "2020-02-03", "2020-02-28", "2020-03-02"])
    table = pd.DataFrame(
        {"X": [0.01, -0.01, 0.10, 0.20, -0.50], "Y": [0.02, 0.00, 0.00, 0.10, 0.30]}, index=days
    )
    s = Scenarios.from_returns(table, periods_per_year=252)
    found = run(s, [], window=2, costs=0.01).methods["equal_weight"]
    # 31 Jan: buy all, cost 1 %. 3 Feb: 0.5·1.1 + 0.5 = 1.05. 28 Feb: 0.5·1.32 + 0.5·1.1 = 1.21.
    # Drifted weights 0.66/1.21 and 0.55/1.21; back to one half: Σ|Δ| = 0.11/1.21, cost 1 % of it.
    # 2 Mar: 0.5·(−0.5) + 0.5·0.3 = −0.1.
    moved = 0.11 / 1.21
    np.testing.assert_allclose(
        found.returns, [0.99 * 1.05 - 1, 1.21 / 1.05 - 1, (1 - 0.01 * moved) * 0.9 - 1], atol=1e-15
    )
    np.testing.assert_allclose(
        found.growth, [1, 0.99 * 1.05, 0.99 * 1.21, 0.99 * 1.21 * (1 - 0.01 * moved) * 0.9], atol=1e-15
    )
    np.testing.assert_allclose(found.costs, [0.01, 0.01 * moved], atol=1e-15)
    np.testing.assert_allclose(found.turnover, [moved / 2], atol=1e-15)
    assert found.drawdown.iloc[-1] == pytest.approx(1 - (1 - 0.01 * moved) * 0.9)
    assert found.turnover_per_year == pytest.approx(moved / 2 * 252 / 3)
    assert list(found.weights.index) == [days[1], days[3]]


def plain_walk(s, method, window, costs):
    """The same backtest in plain Python: rows one by one, holdings in money."""
    holdings, value, returns, traded = [], 1.0, [], []
    for t in range(1, s.count):
        new_month = s.index[t].month != s.index[t - 1].month
        if t >= window and new_month:
            past = Scenarios.from_returns(s.frame.iloc[t - window : t], periods_per_year=252)
            target = allocate(method, past, confidence=0.9).weights.tolist()
            old = [h / value for h in holdings] if holdings else [0.0] * s.size
            moved = sum(abs(a - b) for a, b in zip(target, old, strict=True))
            traded.append(moved)
            paid = value * (1 - costs * moved)
            holdings = [w * paid for w in target]
        if holdings:
            holdings = [h * (1 + r) for h, r in zip(holdings, s.returns[t].tolist(), strict=True)]
            returns.append(sum(holdings) / value - 1)
            value = sum(holdings)
    return returns, traded


@pytest.mark.parametrize("method", ["equal_weight", *RULES])
def test_paths_agree_with_a_loop_over_money(method):
    s = history()
    found = run(s, costs=0.004).methods[method]
    returns, traded = plain_walk(s, method, 100, 0.004)
    # Searches that begin at the weights held end at the same certified risk, but not at the same last digits.
    near = 1e-7 if "start" in ALLOCATORS[method].takes else 1e-14
    np.testing.assert_allclose(found.returns, returns, rtol=0, atol=max(1e-2 * near, 1e-13))
    np.testing.assert_allclose(found.costs, 0.004 * np.array(traded), atol=near)
    np.testing.assert_allclose(found.turnover, np.array(traded[1:]) / 2, atol=near)


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_drift_keeps_the_money(rows, n, seed):
    rng = np.random.default_rng(seed)
    returns, weights = rng.uniform(-0.3, 0.4, (rows, n)), rng.dirichlet(np.ones(n), 2).T
    earned, last = drift(returns, weights)
    for k in range(2):
        money = weights[:, k] * np.prod(1 + returns, axis=0)
        assert np.prod(1 + earned[:, k]) == pytest.approx(money.sum(), rel=1e-12)
        np.testing.assert_allclose(last[:, k], money / money.sum(), atol=1e-13)


def test_drift_leaves_cash_alone():
    earned, last = drift(np.array([[1.0]]), np.array([[0.5]]))
    assert (earned[0, 0], last[0, 0]) == (0.5, pytest.approx(2 / 3))


def test_figures_from_their_definitions():
    found = run(history(), risk_free=0.02)
    equal = found.methods["equal_weight"].returns
    for key, m in found.methods.items():
        r = m.returns
        assert m.growth_per_year.value == pytest.approx(m.growth.iloc[-1] ** (252 / len(r)) - 1, rel=1e-12)
        assert m.volatility.value == pytest.approx(r.std(ddof=0) * np.sqrt(252), rel=1e-12)
        sharpe = (252 * r.mean() - 0.02) / (r.std(ddof=0) * np.sqrt(252))
        assert m.sharpe.value == pytest.approx(sharpe, rel=1e-10)
        high = np.maximum.accumulate(m.growth)
        assert m.max_drawdown == pytest.approx(float((1 - m.growth / high).max()), rel=1e-12)
        worst = np.sort(-r.to_numpy())[::-1]
        tail = 0.1 * len(r)
        whole = int(tail + 1e-9)
        cvar = (worst[:whole].sum() + (tail - whole) * worst[whole]) / tail
        assert m.cvar.value == pytest.approx(cvar, rel=1e-10)
        if key == "equal_weight":
            assert m.sharpe_difference is None
        else:
            base = (252 * equal.mean() - 0.02) / (equal.std(ddof=0) * np.sqrt(252))
            assert m.sharpe_difference.value == pytest.approx(sharpe - base, rel=1e-9)
        for figure in (m.growth_per_year, m.volatility, m.sharpe, m.cvar):
            assert figure.lower < figure.value < figure.upper
    assert found.table.loc["cvar_parity", "sharpe_difference"] == m_value(found, "cvar_parity")


def m_value(found, key):
    return found.methods[key].sharpe_difference.value


def test_the_difference_is_paired():
    # A rule that is nearly equal weight: apart, both Sharpe ratios are uncertain; their difference is not.
    s = history(1500, seed=3, assets=("SPY", "BND"))
    twins = changed(s, np.column_stack([s.returns[:, 0], 1.05 * s.returns[:, 0] + 1e-4]))
    found = run(twins, ["inverse_volatility"]).methods["inverse_volatility"]
    alone = found.sharpe.upper - found.sharpe.lower
    assert found.sharpe_difference.upper - found.sharpe_difference.lower < alone / 50


def test_the_interval_of_a_difference_agrees_with_its_large_sample_error():
    # Independent rows: the variance of the difference of two Sharpe ratios by the delta method.
    s = history(5000, seed=5)
    found = run(s, ["inverse_volatility"], costs=0.0)
    one, two = (found.methods[k].returns.to_numpy() for k in ("inverse_volatility", "equal_weight"))
    scores = []
    for r in (one, two):
        z = (r - r.mean()) / r.std()
        scores.append(z - 0.5 * (r.mean() / r.std()) * (z**2 - 1))
    error = np.sqrt(252) * (scores[0] - scores[1]).std() / np.sqrt(one.size)
    figure = found.methods["inverse_volatility"].sharpe_difference
    assert (figure.upper - figure.lower) / (2 * 1.96 * error) == pytest.approx(1.0, abs=0.15)


def test_a_rule_s_figures_do_not_depend_on_the_others():
    one, two = run(history(), RULES), run(history(), ["minimum_variance"])
    assert one.table.loc["minimum_variance"].equals(two.table.loc["minimum_variance"])
    assert list(two.methods) == ["equal_weight", "minimum_variance"]


def test_calendars():
    s = history()
    for rebalance, apart in (("weekly", 5), ("quarterly", 65)):
        dates = run(s, [], rebalance=rebalance).methods["equal_weight"].weights.index
        rows = np.diff(s.index.get_indexer(dates))
        assert np.median(rows) == pytest.approx(apart, abs=1)
    weekly = run(s, [], rebalance="weekly").methods["equal_weight"].weights.index
    assert set(weekly.day_of_week) == {4}


def test_a_longer_warm_up_puts_windows_on_the_same_rows():
    s = history()
    starts = {run(s, [], window=w, warm_up=150).start for w in (50, 100, None)}
    assert len(starts) == 1
    assert run(s, [], window=None).start == s.index[s.index.get_indexer([run(s, [], window=252).start])[0]]


def test_without_costs_and_trades_nothing_is_paid():
    found = run(history(), costs=0.0).methods["cvar_parity"]
    assert (found.costs == 0).all()
    assert found.costs_per_year == 0.0
    assert found.turnover_per_year > 0


def failing(monkeypatch, dates, key="minimum_variance", error=ConvergenceError):
    real, calls = allocate, []

    def solve(method, past, **settings):
        if method == key:
            calls.append(past.index[-1])
            if len(calls) in dates:
                raise error("The solver stopped before its answer could be verified.")
        return real(method, past, **settings)

    monkeypatch.setattr(sys.modules[walk_forward.__module__], "allocate", solve)


def test_a_rule_without_an_answer_keeps_its_drifted_weights_and_says_so(monkeypatch):
    failing(monkeypatch, {3})
    s = history()
    found = run(s).methods["minimum_variance"]
    ((date, reason),) = found.failures.items()
    assert date == found.weights.index[2]
    assert "before its answer could be verified" in reason
    assert found.costs.loc[date] == 0.0
    assert found.turnover.loc[date] == 0.0
    first = s.index.get_loc(found.weights.index[1]) + 1
    stop = s.index.get_loc(date) + 1
    money = found.weights.iloc[1].to_numpy() * np.prod(1 + s.returns[first:stop], axis=0)
    np.testing.assert_allclose(found.weights.loc[date], money / money.sum(), atol=1e-14)
    assert run(s).table["failures"].sum() == 0


def test_a_rule_without_first_weights_is_refused_and_the_others_go_on(monkeypatch):
    failing(monkeypatch, {1})
    found = run(history())
    assert "before its answer could be verified" in found.refused["minimum_variance"]
    assert list(found.methods) == ["equal_weight", "inverse_volatility", "cvar_parity"]


def test_a_fault_of_the_program_is_not_swallowed(monkeypatch):
    failing(monkeypatch, {3}, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        run(history())


def test_progress_rises_to_one_and_can_stop_the_run():
    shares = []
    run(history(), progress=shares.append)
    assert shares[-1] == 1.0
    assert (np.diff(shares) > 0).all()

    class StoppedError(Exception):
        pass

    def stop(share):
        raise StoppedError

    with pytest.raises(StoppedError):
        run(history(), progress=stop)


def test_too_few_rows_have_figures_but_no_intervals_and_say_so():
    found = run(history(130))
    assert found.rows < 60
    assert "at least 60" in found.no_intervals
    m = found.methods["cvar_parity"]
    assert m.volatility.lower is None
    assert m.sharpe_difference.lower is None
    assert np.isnan(found.table.loc["cvar_parity", "sharpe_upper"])


def test_a_path_without_volatility_has_no_sharpe():
    flat = changed(history(), np.full((600, 3), 0.001))
    m = run(flat, [], costs=0.0).methods["equal_weight"]
    assert m.sharpe is None
    assert m.max_drawdown == 0.0


def test_every_rule_walks():
    found = run(history(300), list(ALLOCATORS))
    assert set(found.methods) | set(found.refused) == set(ALLOCATORS)
    for m in found.methods.values():
        np.testing.assert_allclose(m.weights.sum(axis=1), 1.0, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"window": 1}, InputError, "at least 2 rows"),
        ({"window": 5000}, MissingDataError, "No month begins after the first 5,000 rows"),
        ({"warm_up": 50}, InputError, "at least 100 rows"),
        ({"window": None, "warm_up": 1}, InputError, "at least 2 rows"),
        ({"costs": 10}, InputError, "10 basis points"),
        ({"costs": -0.01}, InputError, "from 0 to 0.1"),
        ({"costs": float("nan")}, InputError, "from 0 to 0.1"),
        ({"rebalance": "daily"}, InputError, "weekly, monthly, quarterly"),
        ({"confidence": 95}, ConfidenceError, "0.95"),
        ({"risk_free": 3}, InputError, "decimal per year"),
        ({"methods": ["magic"]}, InputError, "No allocator magic"),
        ({"methods": "cvar_parity"}, InputError, "as a list"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, error, said):
    with pytest.raises(error, match=said):
        run(history(), **changes)


def test_only_a_dated_history_can_be_walked():
    s = history()
    weights = np.full(600, 1 / 600)
    weights[:2] *= (0.5, 1.5)
    with pytest.raises(InputError, match="weighted"):
        run(s.with_probabilities(weights))
    with pytest.raises(InputError, match="overlapping"):
        run(s.over_horizon(5))
    with pytest.raises(InputError, match="without dates"):
        run(Scenarios(s.returns, s.assets, 252, ordered=True))


def test_rows_sparser_than_the_rebalance_are_refused():
    months = history(200, freq="ME", start="2000-01-31", per_year=12)
    with pytest.raises(InputError, match=r"weekly rebalance needs at least one row a week.*about 31 days"):
        run(months, window=60, rebalance="weekly")
    assert run(months, [], window=60, rebalance="monthly").rows == 140
    assert len(run(months, [], window=60, rebalance="quarterly").methods["equal_weight"].weights) == 47


def test_a_total_loss_is_refused():
    s = history()
    returns = s.returns.copy()
    returns[300] = -1.0
    with pytest.raises(NumericalError, match="loses everything"):
        run(changed(s, returns), [])
