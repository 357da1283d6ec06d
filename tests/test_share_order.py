import numpy as np
import pytest

from riskcore import Portfolio, Scenarios, risk_contributions
from riskcore.errors import InputError, MissingDataError
from riskcore.share_order import share_gaps
from riskcore.uncertainty import contribution_intervals


def history(scales, seed=0, count=1500):
    returns = np.random.default_rng(seed).standard_t(5, (count, len(scales))) * np.array(scales) / 100
    return Scenarios(returns, tuple("ABCDEF"[: len(scales)]), periods_per_year=252, ordered=True)


def equal(scenarios):
    return Portfolio("P", dict.fromkeys(scenarios.assets, 1.0 / scenarios.size))


@pytest.mark.parametrize(("measure", "confidence"), [("cvar", 0.95), ("volatility", None)])
@pytest.mark.parametrize("method", ["block", "iid"])
def test_between_two_assets_the_gap_is_twice_the_share_less_one(measure, confidence, method):
    s = history([2.0, 1.8])
    given = {"confidence": confidence, "method": method}
    row = share_gaps(s, equal(s), measure, rng=np.random.default_rng(3), **given).iloc[0]
    shares = contribution_intervals(s, equal(s), measure, rng=np.random.default_rng(3), **given).table
    larger = shares.loc[row["larger"]]
    for gap, share in (("gap", "relative"), ("lower", "relative_lower"), ("upper", "relative_upper")):
        assert row[gap] == pytest.approx(2 * larger[share] - 1, abs=1e-12)


def test_neighbours_run_down_the_ranking_and_gaps_are_those_of_the_shares():
    s = history([1.0, 3.0, 2.0, 0.5])
    table = share_gaps(s, equal(s), "cvar", confidence=0.9, rng=np.random.default_rng(0))
    shares = risk_contributions(s, equal(s), "cvar", confidence=0.9).table["relative"]
    ranked = shares.sort_values(ascending=False)
    assert table["larger"].tolist() == list(ranked.index[:-1])
    assert table["smaller"].tolist() == list(ranked.index[1:])
    np.testing.assert_allclose(table["gap"], -np.diff(ranked), atol=1e-12)
    assert (table["lower"] <= table["gap"]).all()


def test_twins_are_not_told_apart_and_a_giant_is():
    s = history([3.0, 1.0, 1.0])
    table = share_gaps(s, equal(s), "volatility", rng=np.random.default_rng(0))
    assert table["settled"].tolist() == [True, False]


def test_a_total_near_zero_has_no_gaps():
    s = history([1.0, 1.0])
    mirrored = Scenarios(np.column_stack([s.returns[:, 0], s.returns[:, 0]]), ("A", "B"), 252, ordered=True)
    hedged = Portfolio("P", {"A": 1.0, "B": -0.9999})
    table = share_gaps(mirrored, hedged, "cvar", confidence=0.95, rng=np.random.default_rng(0))
    assert table[["gap", "lower", "upper"]].isna().all().all()
    assert not table["settled"].any()


def test_refusals():
    s = history([1.0, 1.0])
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="at least two assets"):
        share_gaps(s.select(["A"]), Portfolio("P", {"A": 1.0}), "volatility", rng=rng)
    with pytest.raises(InputError, match="not for 'var'"):
        share_gaps(s, equal(s), "var", confidence=0.95, rng=rng)
    with pytest.raises(InputError, match="at least 100 resamples"):
        share_gaps(s, equal(s), "cvar", confidence=0.95, resamples=10, rng=rng)
    with pytest.raises(MissingDataError, match="12 independent"):
        share_gaps(history([1.0, 1.0], count=8), equal(s), "volatility", rng=rng)
