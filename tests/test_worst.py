"""The worst separate scenarios, against a plain loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore import Portfolio, Scenarios
from riskcore.errors import AssetMismatchError, InputError
from riskcore.worst import worst_scenarios


def history(returns):
    days = pd.date_range("2024-01-01", periods=len(returns), freq="B")
    assets = [f"A{i}" for i in range(np.shape(returns)[1])]
    return Scenarios.from_returns(pd.DataFrame(returns, index=days, columns=assets), periods_per_year=252)


def equal(scenarios):
    return Portfolio("P", dict.fromkeys(scenarios.assets, 1 / scenarios.size))


def test_hand_case_worst_first_with_the_assets_behind():
    s = history([[0.01, 0.02], [-0.05, 0.01], [-0.01, -0.01], [0.0, -0.10]])
    found = worst_scenarios(s, Portfolio("P", {"A1": 0.25, "A0": 0.75}), count=3)
    assert found.rows.tolist() == [1, 3, 2]
    assert np.allclose(found.losses, [0.035, 0.025, 0.01])
    assert np.allclose(found.by_asset.iloc[0], [0.0375, -0.0025])
    assert found.losses.index[0] == s.index[1]


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 12))
def test_overlapping_rows_share_no_period_and_none_worse_is_missed(seed, horizon, count):
    rng = np.random.default_rng(seed)
    s = history(rng.normal(0, 0.02, (40, 3))).over_horizon(horizon)
    found = worst_scenarios(s, equal(s), count=count)
    losses = -s.returns.mean(axis=1)
    kept = []
    for row in sorted(range(s.count), key=lambda r: -losses[r]):
        if len(kept) < count and all(abs(row - other) >= horizon for other in kept):
            kept.append(row)
    assert found.rows.tolist() == kept
    assert np.allclose(found.by_asset.sum(axis=1), found.losses, atol=1e-15)


def test_an_impossible_scenario_is_not_among_the_worst():
    s = Scenarios(np.array([[-0.5], [-0.1], [0.1]]), ("A",), 252, probabilities=np.array([0.0, 0.5, 0.5]))
    assert worst_scenarios(s, Portfolio("P", {"A": 1.0}), count=1).rows.tolist() == [1]


def test_fewer_come_back_when_there_are_not_so_many():
    s = history([[0.01], [-0.05]])
    assert len(worst_scenarios(s, equal(s), count=10).rows) == 2


@pytest.mark.parametrize("count", [0, -3])
def test_no_scenario_asked_for_is_refused(count):
    s = history([[0.01], [-0.05]])
    with pytest.raises(InputError, match="at least one"):
        worst_scenarios(s, equal(s), count=count)


def test_other_assets_are_refused():
    s = history([[0.01], [-0.05]])
    with pytest.raises(AssetMismatchError):
        worst_scenarios(s, Portfolio("P", {"B": 1.0}))
