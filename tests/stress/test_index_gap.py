"""Index gap: betas against an independent regression, the cost of a fall, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from riskcore import stress
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

ASSETS = ["SPY", "BND", "GOLD", "NIKKEI225", "HANGSENG", "FTSE100"]
SAMPLE = load_sample("global").scenarios(ASSETS)
EQUAL = Portfolio("Equal", dict.fromkeys(ASSETS, 1 / 6))


def made(rows=400, start="2024-01-01", seed=3, freq="B"):
    draws = np.random.default_rng(seed).normal(0, 0.01, (rows, 3))
    table = pd.DataFrame(
        {"IDX": draws[:, 0], "B": 0.5 * draws[:, 0] + draws[:, 1], "C": draws[:, 2]},
        index=pd.date_range(start, periods=rows, freq=freq),
    )
    return Scenarios.from_returns(table, periods_per_year=252)


WEIGHTS = Portfolio("Mix", {"IDX": 0.5, "B": 0.3, "C": 0.2})


def weeks_by_hand(table):
    """Compound each Monday-to-Friday week with a plain loop; the oracle for rows that start on a Monday."""
    found, growth = [], None
    for date, row in table.iterrows():
        growth = (1 + row) if growth is None else growth * (1 + row)
        if date.weekday() == 4:
            found.append(growth - 1)
            growth = None
    return pd.DataFrame(found)


def test_nikkei_against_the_s_and_p_daily_and_weekly():
    table = stress.index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=-0.15).table
    assert round(table.loc["NIKKEI225", "beta_daily"], 2) == 0.19
    assert round(table.loc["NIKKEI225", "beta"], 2) == 0.77


def test_betas_and_errors_are_those_of_a_plain_regression():
    history = made()
    result = stress.index_gap(history, WEIGHTS, index_asset="IDX", gap=-0.1)
    weeks = weeks_by_hand(history.frame)
    assert result.weeks == len(weeks) == 80
    for name, frame in (("", weeks), ("_daily", history.frame)):
        for asset in ("B", "C"):
            oracle = stats.linregress(frame["IDX"], frame[asset])
            assert result.table.loc[asset, f"beta{name}"] == pytest.approx(oracle.slope, rel=1e-10)
            assert result.table.loc[asset, f"standard_error{name}"] == pytest.approx(oracle.stderr, rel=1e-9)


def test_a_fall_of_15_percent_costs_beta_times_15_percent():
    result = stress.index_gap(SAMPLE, EQUAL, index_asset="SPY", gap=-0.15)
    daily = SAMPLE.frame
    portfolio = sum(result.table["beta"] / 6)
    assert abs(result.loss - 0.15 * portfolio) < 1e-10
    assert abs(result.total_return - result.table["contribution"].sum()) < 1e-10
    assert abs(result.total_return_daily + 0.15 * sum(result.table["beta_daily"] / 6)) < 1e-10
    # The beta of the daily rebalanced portfolio is the mean of the daily betas.
    slope = stats.linregress(daily["SPY"], daily.mean(axis=1)).slope
    assert abs(result.total_return_daily + 0.15 * slope) < 1e-10


def test_the_index_has_beta_exactly_one():
    result = stress.index_gap(SAMPLE, EQUAL, index_asset="HANGSENG", gap=-0.2)
    assert result.table.loc["HANGSENG", ["beta", "beta_daily"]].tolist() == [1.0, 1.0]
    assert result.table.loc["HANGSENG", "standard_error"] == 0.0
    assert result.table.loc["HANGSENG", "asset_return"] == -0.2


def test_cut_weeks_at_either_end_are_left_out():
    whole = stress.index_gap(made(), WEIGHTS, index_asset="IDX", gap=-0.1)
    frame = made().frame
    # Without the first Monday and the last Friday both end weeks are cut.
    cut = Scenarios.from_returns(frame.iloc[1:-1], periods_per_year=252)
    shorter = stress.index_gap(cut, WEIGHTS, index_asset="IDX", gap=-0.1)
    inner = Scenarios.from_returns(frame.iloc[5:-5], periods_per_year=252)
    assert shorter.weeks == whole.weeks - 2
    expected = stress.index_gap(inner, WEIGHTS, index_asset="IDX", gap=-0.1).table["beta"]
    assert shorter.table["beta"].tolist() == expected.tolist()


def test_a_holiday_inside_the_data_keeps_its_week():
    frame = made().frame
    gap = Scenarios.from_returns(frame.drop(frame.index[[9, 57]]), periods_per_year=252)
    assert stress.index_gap(gap, WEIGHTS, index_asset="IDX", gap=-0.1).weeks == 80


def test_scaling_the_returns_leaves_betas_alone():
    history = made()
    for scale in (1e-8, 1e2):
        scaled = Scenarios.from_returns(history.frame * scale, periods_per_year=252)
        result = stress.index_gap(scaled, WEIGHTS, index_asset="IDX", gap=-0.1)
        oracle = stats.linregress(history.frame["IDX"], history.frame["B"]).slope
        assert result.table.loc["B", "beta_daily"] == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize(
    ("freq", "per_year", "basis"),
    [
        ("W-FRI", 52, "weekly returns"),
        ("ME", 12, "monthly returns"),
        ("QE", 4, "returns as given (4 per year)"),
    ],
)
def test_data_that_is_not_daily_is_used_as_it_is_and_says_so(freq, per_year, basis):
    history = Scenarios.from_returns(made(60, freq=freq).frame, periods_per_year=per_year)
    result = stress.index_gap(history, WEIGHTS, index_asset="IDX", gap=-0.1)
    assert (result.basis, result.weeks, result.has_daily) == (basis, 60, False)
    assert np.isnan(result.total_return_daily)
    oracle = stats.linregress(history.frame["IDX"], history.frame["B"])
    assert result.table.loc["B", "beta"] == pytest.approx(oracle.slope, rel=1e-10)


def test_daily_data_says_that_it_was_made_weekly():
    result = stress.index_gap(made(), WEIGHTS, index_asset="IDX", gap=-0.1)
    assert (result.basis, result.has_daily) == ("weekly returns", True)


def test_a_short_index_position_gains():
    result = stress.index_gap(
        made(), Portfolio("s", {"IDX": -1, "B": 0, "C": 0}), index_asset="IDX", gap=-0.1
    )
    assert result.loss == pytest.approx(-0.1)


# ---- refused ----


@pytest.mark.parametrize(
    ("gap", "hint"), [(-15, "mean −0.15"), (20.0, "mean 0.2"), (-1.0, "got −1"), (1.5, "mean 0.015")]
)
def test_a_gap_in_percent_is_refused(gap, hint):
    with pytest.raises(InputError) as caught:
        stress.index_gap(made(), WEIGHTS, index_asset="IDX", gap=gap)
    assert hint.replace("−", "-") in str(caught.value).replace("−", "-")


@pytest.mark.parametrize("gap", [float("nan"), float("inf"), -float("inf"), -1e6])
def test_a_gap_that_is_no_return_is_refused_without_a_guess(gap):
    with pytest.raises(InputError, match="between −1 and 1") as caught:
        stress.index_gap(made(), WEIGHTS, index_asset="IDX", gap=gap)
    assert "did you mean" not in str(caught.value)


def test_an_unknown_index_is_refused_with_the_names():
    with pytest.raises(AssetMismatchError, match=r"index SPX .* IDX, B, C"):
        stress.index_gap(made(), WEIGHTS, index_asset="SPX", gap=-0.1)


@pytest.mark.parametrize(("rows", "weeks"), [(149, 29), (145, 29)])
def test_fewer_than_30_weeks_are_refused(rows, weeks):
    with pytest.raises(
        MissingDataError, match=f"at least 30 separate weekly returns; the window has {weeks}"
    ):
        stress.index_gap(made(rows), WEIGHTS, index_asset="IDX", gap=-0.1)
    assert stress.index_gap(made(150), WEIGHTS, index_asset="IDX", gap=-0.1).weeks == 30


def test_data_without_a_whole_week_is_refused():
    with pytest.raises(MissingDataError, match="no complete week"):
        stress.index_gap(made(3), WEIGHTS, index_asset="IDX", gap=-0.1)


@pytest.mark.parametrize("level", [0.0, 0.001, -0.3])
def test_a_constant_index_is_refused(level):
    frame = made().frame.assign(IDX=level)
    with pytest.raises(InputError, match="IDX never moves"):
        stress.index_gap(
            Scenarios.from_returns(frame, periods_per_year=252), WEIGHTS, index_asset="IDX", gap=-0.1
        )


def test_weighted_and_undated_scenarios_are_refused():
    history = made()
    tilt = np.linspace(1, 2, history.count)
    with pytest.raises(InputError, match="weighted"):
        stress.index_gap(history.with_probabilities(tilt / tilt.sum()), WEIGHTS, index_asset="IDX", gap=-0.1)
    undated = Scenarios(history.returns, history.assets, 252, ordered=True)
    with pytest.raises(InputError, match="without dates"):
        stress.index_gap(undated, WEIGHTS, index_asset="IDX", gap=-0.1)


def test_weights_of_other_assets_are_refused():
    with pytest.raises(AssetMismatchError, match="without a weight: C"):
        stress.index_gap(made(), Portfolio("x", {"IDX": 1, "B": 0}), index_asset="IDX", gap=-0.1)
