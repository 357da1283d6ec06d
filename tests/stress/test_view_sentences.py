"""Views written as sentences: what is read, and what is asked about."""

import numpy as np
import pytest

from riskcore import Portfolio
from riskcore.errors import AssetMismatchError, InfeasibleViewsError, InputError
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    CorrelationView,
    CvarView,
    MeanView,
    QuantileView,
    RankView,
    SkewView,
    VarView,
    VolatilityView,
    apply_views,
    read_views,
)

PRIOR = Scenarios(np.random.default_rng(5).normal(0, 0.01, (400, 3)), ("SPY", "BND", "Salt and Co"), 252)
STOCKS = Portfolio("Stocks", {"SPY": 0.5, "Salt and Co": 0.5})
NAMES = {**{a: a for a in PRIOR.assets}, "Stocks": STOCKS}


def read(line):
    (view,) = read_views(line, NAMES, PRIOR)
    return view


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("mean of SPY = -0.1 %", MeanView("SPY", -0.001)),
        ("Return of spy is at most −0.1%.", MeanView("SPY", -0.001, "<=")),
        ("volatility of SPY ≥ 0.02", VolatilityView("SPY", 0.02, ">=")),
        ("skewness of SPY below -1", SkewView("SPY", -1.0, "<=")),
        ("correlation of SPY and Salt and Co = 0.5", CorrelationView("SPY", "Salt and Co", 0.5)),
        ("correlation of Salt and Co, SPY = 50 %", CorrelationView("Salt and Co", "SPY", 0.5)),
        ("BND beats SPY", RankView("BND", "SPY")),
        ("BND beats SPY by 0.1 %, 60 % sure", RankView("BND", "SPY", 0.001, ">=", 0.6)),
        ("VaR 95 % of SPY = 3 %", VarView("SPY", 0.95, 0.03)),
        ("VaR 0.95 of SPY = 3 %", VarView("SPY", 0.95, 0.03)),
        ("Expected shortfall 95 of SPY = 3 %", CvarView("SPY", 0.95, 0.03)),
        ("vol of SPY = 2 %", VolatilityView("SPY", 0.02)),
        ("CVaR 97.5% of SPY >= 4 % (confidence 70 %)", CvarView("SPY", 0.975, 0.04, ">=", 0.7)),
        ("5 % quantile of BND <= -2 %", QuantileView("BND", 0.05, -0.02, "<=")),
    ],
)
def test_a_sentence_is_the_view_it_says(line, view):
    assert read(line) == view


def test_what_a_view_says_of_itself_is_read_back():
    for view in (
        MeanView("SPY", -0.00125, "<="),
        RankView("BND", "Salt and Co", 0.001),
        VolatilityView("BND", 0.02),
        CorrelationView("SPY", "Salt and Co", -0.25, ">="),
        SkewView("SPY", -1.5),
        QuantileView("SPY", 0.05, -0.02),
        VarView("SPY", 0.99, 0.03),
        CvarView("SPY", 0.95, 0.05, ">="),
    ):
        assert read(view.words) == view


def test_a_group_is_named_like_an_asset():
    assert read("mean of stocks = 0.1 %").on is STOCKS


def test_times_means_of_what_the_prior_says():
    spread = float(np.sqrt(PRIOR.returns[:, 0].var()))
    assert np.isclose(read("volatility of SPY × 2").value, 2 * spread, rtol=1e-12)
    assert np.isclose(read("volatility of SPY x 0.5").value, 0.5 * spread, rtol=1e-12)


def test_lines_without_words_count_for_nothing():
    assert read_views("\n  \n", NAMES, PRIOR) == []
    found = apply_views(PRIOR, read_views("", NAMES, PRIOR))
    assert found.scenarios.probabilities.tolist() == PRIOR.probabilities.tolist()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SPY will fall", "is no view that can be read"),
        ("mean of SPY", "is no view that can be read"),
        ("mean of SPY = 1", "is 1 meant as 1 %"),
        ("volatility of SPY = -2 %", "A volatility is positive"),
        ("correlation of SPY and BND = 3", "between −1 and 1"),
        ("correlation of SPY = 0.3", "two names"),
        ("VaR 5 % of SPY = 3 %", "did you mean 0.95"),
        ("mean of SPY = 0.1 %, 0 % sure", "trust"),
        ("mean of SPY = nan %", "is no view that can be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_line(line, said):
    with pytest.raises(InputError, match=said) as problem:
        read(line)
    assert line[:20] in str(problem.value)


@pytest.mark.parametrize("line", ["mean of XYZ = 0.1 %", "SPY beats XYZ", "correlation of SPY and XYZ = 0.1"])
def test_an_unknown_name_is_refused_with_what_is_known(line):
    with pytest.raises(AssetMismatchError, match=r"XYZ.*SPY, BND, Salt and Co, Stocks"):
        read(line)


def test_a_quantile_no_scenario_has_is_refused_with_the_range_in_percent():
    with pytest.raises(InputError, match=r"VaR 95\s% of SPY ≥ 90 %: its values run from -?\d.* % to \d.* %"):
        apply_views(PRIOR, [read("VaR 95 % of SPY ≥ 90 %")])


def test_too_many_lines_are_refused():
    with pytest.raises(InputError, match="At most 50 views"):
        read_views("mean of SPY = 0 %\n" * 51, NAMES, PRIOR)


def test_views_that_contradict_are_named_as_written():
    with pytest.raises(InfeasibleViewsError, match=r"mean of SPY ≥ 0.5 %.*mean of SPY ≤ 0.1 %"):
        apply_views(PRIOR, read_views("mean of SPY ≥ 0.5 %\nmean of SPY ≤ 0.1 %", NAMES, PRIOR))
