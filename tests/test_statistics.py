"""Descriptive statistics against plain loops, hand cases, and what is not defined."""

import math
import statistics as plain

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskcore import statistics
from riskcore.data.sample import load_sample
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, NumericalError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

ONE = Portfolio("All in", {"A": 1.0})


def dated(values, start="2024-01-01", freq="B", periods_per_year=252):
    table = pd.DataFrame({"A": values}, index=pd.date_range(start, periods=len(values), freq=freq))
    return Scenarios.from_returns(table, periods_per_year=periods_per_year)


def random_case(seed=0, rows=300, assets=4):
    draws = np.random.default_rng(seed).standard_t(4, (rows, assets)) * 0.01 + 0.0004
    draws += 0.5 * draws[:, :1]
    names = ["A", "B", "C", "D", "E", "F"][:assets]
    table = pd.DataFrame(draws, columns=names, index=pd.date_range("2023-01-02", periods=rows, freq="B"))
    weights = np.random.default_rng(seed + 1).dirichlet(np.ones(assets))
    return Scenarios.from_returns(table, periods_per_year=252), Portfolio(
        "P", dict(zip(names, weights, strict=True))
    )


def portfolio_returns(history, portfolio):
    return [sum(portfolio.weights[a] * row[a] for a in history.assets) for _, row in history.frame.iterrows()]


@pytest.mark.parametrize("seed", range(3))
def test_moments_and_ratios_from_the_standard_library(seed):
    history, portfolio = random_case(seed)
    r = portfolio_returns(history, portfolio)
    found = statistics.describe(history, portfolio, risk_free=0.02)
    mean, vol = plain.fmean(r), plain.pstdev(r)
    down = math.sqrt(sum(min(x - 0.02 / 252, 0) ** 2 for x in r) / len(r))
    assert found.mean == pytest.approx(252 * mean)
    assert found.volatility == pytest.approx(math.sqrt(252) * vol)
    assert found.sharpe == pytest.approx((252 * mean - 0.02) / (math.sqrt(252) * vol))
    assert found.sortino == pytest.approx((252 * mean - 0.02) / (math.sqrt(252) * down))
    assert found.skewness == pytest.approx(stats.skew(r))
    assert found.excess_kurtosis == pytest.approx(stats.kurtosis(r))
    assert found.growth == pytest.approx(math.prod(1 + x for x in r) ** (252 / len(r)) - 1)
    assert found.calmar == pytest.approx(found.growth / found.max_drawdown)
    assert "252" in found.basis
    assert "2 %" in found.basis


@pytest.mark.parametrize("seed", range(3))
def test_drawdowns_of_a_plain_loop(seed):
    history, portfolio = random_case(seed)
    value = peak = 1.0
    depths = []
    for r in portfolio_returns(history, portfolio):
        value *= 1 + r
        peak = max(peak, value)
        depths.append(1 - value / peak)
    found = statistics.describe(history, portfolio)
    path = statistics.drawdown_path(history, portfolio)
    assert path.tolist() == pytest.approx(depths, abs=1e-11)
    assert path.name == "P"
    assert found.max_drawdown == pytest.approx(max(depths))
    assert found.trough == history.index[depths.index(max(depths))]
    assert found.average_drawdown == pytest.approx(plain.fmean(depths))
    assert found.ulcer_index == pytest.approx(math.sqrt(plain.fmean(d * d for d in depths)))


def test_the_dates_of_a_drawdown_by_hand():
    # Wealth 1.1, 0.99, 0.88, 1.1, 1.0: peak on day 1, trough on day 3, back on day 4.
    history = dated([0.1, -0.1, -1 / 9, 0.25, -1 / 11])
    found = statistics.describe(history, ONE)
    days = history.index
    assert (found.peak, found.trough, found.recovery) == (days[0], days[2], days[3])
    assert found.max_drawdown == pytest.approx(0.2)
    water = found.longest_under_water
    assert (water.start, water.end, water.periods, water.recovered) == (days[1], days[2], 2, True)
    assert found.average_drawdown == pytest.approx((0 + 0.1 + 0.2 + 0 + 1 / 11) / 5)


def test_a_peak_at_the_start_and_no_recovery_are_said():
    history = dated([-0.1, -0.1, 0.05])
    found = statistics.describe(history, ONE)
    assert (found.peak, found.recovery) == (None, None)
    assert "starting wealth" in found.reasons["peak"]
    assert found.reasons["recovery"] == "Not reached again by 2024-01-03."
    assert found.longest_under_water.recovered is False


def test_worst_day_week_and_month_by_hand():
    days = pd.date_range("2024-01-01", "2024-03-29", freq="B")
    values = pd.Series(0.0, index=days)
    values["2024-01-10"] = -0.05  # the worst day
    values["2024-01-11"] = 0.04
    values["2024-02-05":"2024-02-09"] = -0.02  # the worst week
    values["2024-03-04"] = values["2024-03-12"] = values["2024-03-20"] = -0.04  # the worst month
    found = statistics.describe(Scenarios.from_returns(values.to_frame("A"), periods_per_year=252), ONE)
    day, week, month = found.worst_day, found.worst_week, found.worst_month
    assert (day.loss, day.start) == (pytest.approx(0.05), pd.Timestamp("2024-01-10"))
    assert week.loss == pytest.approx(1 - 0.98**5)
    assert (week.start, week.end) == (pd.Timestamp("2024-02-05"), pd.Timestamp("2024-02-09"))
    assert month.loss == pytest.approx(1 - 0.96**3)
    assert (month.start, month.end) == (pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-29"))


def test_a_bad_week_that_is_cut_off_does_not_count():
    history = dated([-0.2, 0, 0, 0] + [-0.01] * 5 + [0, -0.3], start="2024-01-02")
    found = statistics.describe(history, ONE)
    assert found.worst_day.loss == pytest.approx(0.3)
    assert found.worst_week.loss == pytest.approx(1 - 0.99**5)
    assert found.worst_month is None
    assert found.reasons["worst_month"] == "There is no complete calendar month in the window."


def test_weights_are_rebalanced_every_period():
    table = pd.DataFrame({"A": [1.0, 0.0], "B": [0.0, -0.5]}, index=pd.date_range("2024-01-01", periods=2))
    history = Scenarios.from_returns(table, periods_per_year=252)
    path = statistics.drawdown_path(history, Portfolio("Half", {"B": 0.5, "A": 0.5}))
    assert path.tolist() == pytest.approx([0.0, 0.25])  # bought and held it would be 1/6


def test_diversification_ratio_and_bets_from_the_definition():
    history, portfolio = random_case(5)
    w = portfolio.weights.to_numpy()
    cov = np.cov(history.returns.T, ddof=0)
    found = statistics.describe(history, portfolio)
    assert found.diversification_ratio == pytest.approx(w @ np.sqrt(np.diag(cov)) / math.sqrt(w @ cov @ w))
    assert 1 <= found.effective_bets <= 4


def test_one_asset_is_one_bet_and_no_diversification():
    found = statistics.describe(dated([0.01, -0.02, 0.03]), ONE)
    assert (found.diversification_ratio, found.effective_bets) == pytest.approx((1.0, 1.0))


def test_cash_and_assets_not_held_change_neither_ratio_nor_bets():
    history, portfolio = random_case(2)
    more = history.frame.assign(CASH=0.0001, NOTE=0.0, OTHER=history.frame["A"] * 2)
    wider = Scenarios.from_returns(more, periods_per_year=252)
    with_cash = Portfolio("P", {**portfolio.weights.to_dict(), "CASH": 0.5, "NOTE": 0.1, "OTHER": 0.0})
    one, two = statistics.describe(history, portfolio), statistics.describe(wider, with_cash)
    assert two.effective_bets == pytest.approx(one.effective_bets, rel=1e-9)
    assert two.diversification_ratio == pytest.approx(one.diversification_ratio, rel=1e-9)


@given(st.integers(0, 10**6))
def test_splitting_a_scenario_in_two_halves_changes_no_moment(seed):
    history, portfolio = random_case(seed, rows=20)
    split = Scenarios(
        np.vstack([history.returns, history.returns[:1]]),
        history.assets,
        252,
        probabilities=np.r_[0.5 / 20, np.full(19, 1 / 20), 0.5 / 20],
    )
    one, two = statistics.describe(history, portfolio), statistics.describe(split, portfolio)
    names = ("mean", "volatility", "sharpe", "sortino", "skewness", "excess_kurtosis")
    for name in (*names, "diversification_ratio", "effective_bets"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), rel=1e-7, abs=1e-9)


def test_every_figure_is_a_number_or_has_its_reason():
    tilt = np.linspace(1, 2, 300)
    history, portfolio = random_case(1)
    neutral = Portfolio("None", dict.fromkeys("ABCD", 0.0))
    cases = [
        statistics.describe(history, portfolio),
        statistics.describe(history.with_probabilities(tilt / tilt.sum()), portfolio),
        statistics.describe(history, neutral),
        statistics.describe(history, Portfolio("Ruin", dict.fromkeys("ABCD", 20.0))),
        statistics.describe(history.over_horizon(5), portfolio),
        statistics.describe(dated([0.1]), ONE),
        statistics.describe(dated([0.01, 0.02]), ONE),
    ]
    for found in cases:
        for name, value in vars(found).items():
            if value is None:
                assert found.reasons[name].endswith(".")
            if isinstance(value, float):
                assert math.isfinite(value)
        assert all(getattr(found, name) is None for name in found.reasons)


# ---- not defined ----


def test_a_flat_portfolio_has_no_ratios():
    found = statistics.describe(dated([0.001] * 30), ONE)
    for name in ("sharpe", "skewness", "excess_kurtosis", "diversification_ratio", "effective_bets"):
        assert getattr(found, name) is None
        assert "volatility" in found.reasons[name]
    assert found.sortino is None
    assert found.calmar is None
    assert found.max_drawdown == 0.0
    assert found.reasons["calmar"] == "Wealth never fell below its peak."


def test_long_and_short_of_the_same_are_flat_not_rounding():
    draws = np.random.default_rng(0).normal(0, 0.01, 100)
    history = Scenarios(np.column_stack([draws, draws, draws]), ("A", "B", "C"), 252, ordered=True)
    found = statistics.describe(history, Portfolio("Hedged", {"A": 0.1, "B": 0.2, "C": -0.3}))
    assert (found.sharpe, found.sortino, found.diversification_ratio) == (None, None, None)


def test_duplicate_assets_have_no_separate_bets():
    frame = dated([0.01, -0.02, 0.03]).frame
    history = Scenarios.from_returns(frame.assign(B=frame["A"]), periods_per_year=252)
    found = statistics.describe(history, Portfolio("x", {"A": 0.5, "B": 0.5}))
    assert found.effective_bets is None
    assert "combination" in found.reasons["effective_bets"]
    assert found.diversification_ratio == pytest.approx(1.0)


def test_weighted_scenarios_have_moments_but_no_path():
    history, portfolio = random_case(1)
    tilt = np.linspace(1, 2, 300)
    tilt /= tilt.sum()
    found = statistics.describe(history.with_probabilities(tilt), portfolio)
    r = history.returns @ portfolio.weights.to_numpy()
    assert found.mean == pytest.approx(252 * sum(tilt * r))
    for name in ("max_drawdown", "ulcer_index", "growth", "worst_day", "calmar"):
        assert getattr(found, name) is None
        assert "equal probability" in found.reasons[name]
    with pytest.raises(InputError, match="A drawdown needs a path"):
        statistics.drawdown_path(history.with_probabilities(tilt), portfolio)


def test_undated_ordered_rows_have_a_path_but_no_calendar():
    history = Scenarios(np.array([[0.1], [-0.2]]), ("A",), 252, ordered=True)
    found = statistics.describe(history, ONE)
    assert (found.max_drawdown, found.trough) == (pytest.approx(0.2), 1)
    assert "without dates" in found.reasons["worst_week"]


def test_weekly_rows_show_no_worst_day():
    found = statistics.describe(dated([0.1, -0.2, 0.05], freq="W-FRI", periods_per_year=52), ONE)
    assert found.worst_day is None
    assert found.worst_month is None
    assert found.worst_week.loss == pytest.approx(0.2)


def test_losing_more_than_everything_leaves_no_path():
    history = dated([0.01, -0.6, 0.1])
    double = Portfolio("Twice", {"A": 2.0})
    found = statistics.describe(history, double)
    assert found.max_drawdown is None
    assert "loses 120 % in one period (2024-01-02)" in found.reasons["max_drawdown"]
    assert found.worst_day.loss == pytest.approx(1.2)
    for function in (statistics.drawdown_path, statistics.dated_returns):
        with pytest.raises(NumericalError, match="120 %"):
            function(history, double)


@pytest.mark.parametrize(
    ("rate", "hint"), [(3, "did you mean 0.03"), (-2.5, "-0.025"), (math.nan, "got nan")]
)
def test_a_risk_free_rate_in_percent_is_refused(rate, hint):
    with pytest.raises(InputError, match=hint):
        statistics.describe(dated([0.1, 0.2]), ONE, risk_free=rate)


def test_weights_of_other_assets_are_refused():
    other = Portfolio("x", {"B": 1.0})
    for function in (statistics.describe, statistics.drawdown_path, statistics.dated_returns):
        with pytest.raises(AssetMismatchError, match="B"):
            function(dated([0.1, 0.2]), other)


# ---- returns by date ----


def test_dated_returns_are_ratios_of_prices():
    prices = load_sample("global").prices["SPY"]
    history = load_sample("global").scenarios(["SPY"])
    found = statistics.dated_returns(history, Portfolio("SPY", {"SPY": 1.0}))
    for name, start in {
        "MTD": "2025-12-31",
        "QTD": "2025-12-31",
        "YTD": "2025-12-31",
        "1y": "2025-01-16",
    }.items():
        assert found[name].start == pd.Timestamp(start)
        assert found[name].end == pd.Timestamp("2026-01-16")
        assert found[name].value == pytest.approx(prices["2026-01-16"] / prices[start] - 1, rel=1e-10)


def test_dated_returns_start_at_the_last_close_before_a_holiday():
    history = dated([0.01] * 200, start="2023-12-01")
    cut = Scenarios.from_returns(history.frame.drop(pd.Timestamp("2023-12-29")), periods_per_year=252)
    found = statistics.dated_returns(
        Scenarios.from_returns(cut.frame[:"2024-02-14"], periods_per_year=252), ONE
    )
    assert found["YTD"].start == pd.Timestamp("2023-12-28")
    assert found["YTD"].value == pytest.approx(1.01**33 - 1)
    assert found["MTD"].start == pd.Timestamp("2024-01-31")
    assert found["MTD"].value == pytest.approx(1.01**10 - 1)
    assert found["1y"] is None


def test_a_quarter_starts_from_the_last_close_of_the_one_before():
    # Monday the 1st of April belongs to the quarter.
    history = Scenarios.from_returns(
        dated([0.01] * 100, start="2024-03-01").frame[:"2024-05-03"], periods_per_year=252
    )
    found = statistics.dated_returns(history, ONE)
    assert found["QTD"].start == pd.Timestamp("2024-03-29")
    assert found["QTD"].value == pytest.approx(1.01**25 - 1)
    assert found["MTD"].value == pytest.approx(1.01**3 - 1)


def test_a_period_the_data_does_not_reach_is_none():
    found = statistics.dated_returns(dated([0.01] * 10, start="2024-05-20"), ONE)
    assert found == {"MTD": None, "QTD": None, "YTD": None, "1y": None}
    # From the first weekday of the month on, nothing of the month can be missing.
    assert statistics.dated_returns(dated([0.01] * 10, start="2024-05-01"), ONE)["MTD"] is not None


def test_dated_returns_need_dates():
    with pytest.raises(InputError, match="without dates"):
        statistics.dated_returns(Scenarios(np.array([[0.1], [0.2]]), ("A",), 252, ordered=True), ONE)


# ---- daily against weekly ----


def test_the_sample_shows_tokyo_behind_new_york():
    found = statistics.correlation_comparison(load_sample("global").scenarios(["SPY", "QQQ", "NIKKEI225"]))
    top = found.pairs.iloc[0]
    assert (top["first"], top["second"], top["leader"]) == ("SPY", "NIKKEI225", "SPY")
    assert (round(top["daily"], 2), round(top["weekly"], 2)) == (0.16, 0.65)
    together = found.pairs.set_index(["first", "second"]).loc[("SPY", "QQQ")]
    assert not together["understated"]


def test_correlations_are_those_of_pandas():
    history, _ = random_case(3)
    found = statistics.correlation_comparison(history)
    expected = history.frame.corr()
    assert found.daily.to_numpy() == pytest.approx(expected.to_numpy())
    assert (found.days, found.weeks) == (300, 60)
    a, b = history.frame["A"].to_numpy(), history.frame["B"].to_numpy()
    week = [np.prod(1 + x.reshape(60, 5), axis=1) for x in (a, b)]
    assert found.weekly.loc["A", "B"] == pytest.approx(np.corrcoef(*week)[0, 1])
    pair = found.pairs.set_index(["first", "second"]).loc[("A", "B")]
    assert pair["daily"] == pytest.approx(expected.loc["A", "B"])
    assert pair["weekly"] == pytest.approx(found.weekly.loc["A", "B"])


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("order", [["US", "ASIA"], ["ASIA", "US"]])
def test_the_leader_is_found_whatever_the_order_and_the_sign(sign, order):
    draws = np.random.default_rng(4).normal(0, 0.01, 601)
    frame = pd.DataFrame(
        {"US": draws[1:], "ASIA": sign * draws[:-1]}, index=pd.date_range("2022-01-03", periods=600, freq="B")
    )
    found = statistics.correlation_comparison(Scenarios.from_returns(frame[order], periods_per_year=252))
    pair = found.understated.iloc[0]
    assert pair["leader"] == "US"
    assert pair["lead_correlation"] == pytest.approx(sign, abs=0.02)
    assert pair["weekly"] == pytest.approx(0.8 * sign, abs=0.1)  # four of five days are shared


def test_a_difference_within_its_noise_is_not_called_understated():
    draws = np.random.default_rng(2).normal(0, 0.01, (150, 6))
    table = pd.DataFrame(
        draws, columns=list("ABCDEF"), index=pd.date_range("2024-01-01", periods=150, freq="B")
    )
    found = statistics.correlation_comparison(Scenarios.from_returns(table, periods_per_year=252))
    assert found.pairs["understatement"].max() > 0.15
    assert found.understated.empty


def test_the_same_asset_twice_is_not_understated():
    frame = random_case(3)[0].frame
    found = statistics.correlation_comparison(
        Scenarios.from_returns(frame[["A"]].assign(B=frame["A"]), periods_per_year=252)
    )
    assert found.understated.empty


def test_an_independent_pair_is_not_understated():
    draws = np.random.default_rng(8).normal(0, 0.01, (2000, 2))
    table = pd.DataFrame(draws, columns=["A", "B"], index=pd.date_range("2010-01-01", periods=2000, freq="B"))
    assert statistics.correlation_comparison(
        Scenarios.from_returns(table, periods_per_year=252)
    ).understated.empty


def test_comparisons_without_enough_data_are_refused():
    history, _ = random_case(1, rows=100)
    with pytest.raises(MissingDataError, match="at least 30 complete weeks; the window has 20"):
        statistics.correlation_comparison(history)
    with pytest.raises(MissingDataError, match="two assets"):
        statistics.correlation_comparison(dated([0.01] * 10))
    with pytest.raises(InputError, match="needs daily rows"):
        statistics.correlation_comparison(dated([0.01] * 60, freq="W-FRI"))
    still = Scenarios.from_returns(random_case(1)[0].frame.assign(CASH=0.0), periods_per_year=252)
    with pytest.raises(InputError, match="CASH never moves"):
        statistics.correlation_comparison(still)
