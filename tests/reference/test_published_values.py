"""Gaussian and modified VaR and ES, and modified ES components, against values printed elsewhere.

Printed by PerformanceAnalytics (Peterson, Carl and others) for its EDHEC hedge fund indices, 293 months, in
the recorded outputs of its examples (tests/testthat/_snaps/all_snapshots.md at commit 3813161: "VaR", "ES",
"table.Stats", "EWMAMoments"). Its conventions: a single series has moments divided by T, as here; the
covariance of a portfolio is divided by T − 1 while its third and fourth moments are divided by T, so
portfolio cases hand moments by that convention to the array kernel.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from riskcore.numerics.co_moments import PortfolioMoments, co_moments, figure_gradient, shape_gradients
from riskcore.numerics.moment_tails import Slope, cornish_fisher_slopes, cornish_fisher_tail, gaussian_tail
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.tail_models import model_contributions, tail_risk

# Columns: Gaussian VaR and ES at 95 %; modified VaR and ES at 95 %; at 99 %; skewness and excess kurtosis of
# returns. Printed as returns (−0.02173214); losses here.
PRINTED = {
    "Convertible Arbitrage": (
        *(0.02173214, 0.02872442, 0.02568389, 0.08941788, 0.09538713, 0.09538713),
        *(-2.5970, 18.6011),
    ),
    "CTA Global": (
        *(0.03310173, 0.04260771, 0.0320411, 0.04038067, 0.04561466, 0.05203246),
        *(0.1628, -0.0076),
    ),
    "Distressed Securities": (
        *(0.02296944, 0.0305384, 0.02800272, 0.06732969, 0.07097989, 0.07097989),
        *(-1.7283, 7.7946),
    ),
    "Emerging Markets": (
        *(0.04698035, 0.06062504, 0.05343318, 0.1157089, 0.1261338, 0.1261338),
        *(-1.2205, 6.0126),
    ),
    "Global Macro": (
        *(0.01841688, 0.02451761, 0.01380785, 0.01696439, 0.02309801, 0.02309801),
        *(0.8826, 2.4863),
    ),
    "Long/Short Equity": (
        *(0.02760698, 0.03632667, 0.02950798, 0.04857352, 0.05658921, 0.06580245),
        *(-0.4702, 1.9028),
    ),
    "Short Selling": (
        *(0.07597714, 0.09495821, 0.06215004, 0.06754083, 0.1093869, 0.1941136),
        *(0.7737, 3.6282),
    ),
    "Funds of Funds": (
        *(0.02190044, 0.02861017, 0.02309324, 0.04590385, 0.05423976, 0.05423976),
        *(-0.5969, 4.3957),
    ),
}
COLUMNS = {
    "Convertible Arbitrage": 0,
    "CTA Global": 1,
    "Distressed Securities": 2,
    "Emerging Markets": 3,
    "Global Macro": 7,
    "Long/Short Equity": 8,
    "Short Selling": 11,
    "Funds of Funds": 12,
}

# Modified ES at 95 % of the equally weighted portfolio, and its contributions in the order of the columns.
TOTAL = 0.03625114
CONTRIBUTIONS = [
    *(0.0059762619, -0.0028081561, 0.0052816918, 0.0062522301, 0.0009068639, 0.0058974265, 0.0034627291),
    *(0.0001339207, 0.0036259163, 0.0034602269, 0.0037776798, -0.0031537633, 0.0034381082),
]
# The same example with the 152 months the package held before 2019, printed in the README of
# ULStats/MA4128Assessment-2018.
EARLIER_MONTHS = 152
EARLIER_TOTAL = 0.03241585
EARLIER_CONTRIBUTIONS = [
    *(0.0074750513, -0.0028125166, 0.0039422674, 0.0069376579, 0.0008077760, 0.0037114666, 0.0043125937),
    *(0.0007173036, 0.0036152960, 0.0013693293, 0.0037650911, -0.0048178690, 0.0033924063),
]
# test-VaR_archive_baseline.R at commit ff41794: the first 100 months, weights 0.3, 0.4, 0.3 of three indices.
BASELINE_MONTHS, BASELINE_WEIGHTS, BASELINE_VAR = 100, np.array([0.3, 0.4, 0.3]), 0.012916
BASELINE_FIRST = {
    ("gaussian", "var"): 0.012133,
    ("cornish_fisher", "var"): 0.014674,
    ("gaussian", "cvar"): 0.017133,
}

# Copyleft data: read where a copy lies beside the checkout, never part of it.
EDHEC = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference_inputs" / "pa_edhec.npz"


@pytest.fixture(scope="module")
def edhec():
    if not EDHEC.exists():
        pytest.skip("The EDHEC returns are not beside the checkout.")
    with np.load(EDHEC) as file:
        return file["returns"]


def one_asset(returns):
    return Scenarios(returns[:, None], ("fund",), periods_per_year=12), Portfolio("A", {"fund": 1.0})


def their_moments(returns, weights):
    """Moments by their convention: the covariance over T − 1, everything else over T."""
    count = returns.shape[0]
    ours = co_moments(returns, np.full(count, 1 / count), -returns @ weights)
    factor = np.array([1.0, count / (count - 1), 1.0, 1.0])
    return shape_gradients(PortfolioMoments(ours.values * factor, ours.gradients * factor[:, None]))


@pytest.mark.parametrize("fund", PRINTED)
def test_modified_figures_follow_from_printed_gaussian_ones_and_printed_shape(fund):
    # Mean and deviation are those that the printed Gaussian VaR and ES imply, so all inputs are in print.
    var, cvar, *modified, skewness, kurtosis = PRINTED[fund]
    z, tail = gaussian_tail(0.95)
    deviation = (cvar - var) / (tail - z)
    mean = var - z * deviation
    found = [
        float(mean + deviation * figure)
        for level in (0.95, 0.99)
        for figure in cornish_fisher_tail(-skewness, kurtosis, level)
    ]
    # Skewness and kurtosis are printed with four decimals, which CVaR multiplies up most.
    assert found == pytest.approx(modified, rel=2e-4)


def test_printed_figures_show_where_es_is_held_at_var():
    held = {fund for fund, (*_, var, es, _, _) in PRINTED.items() if var == es}
    found = {
        fund
        for fund, (*_, skewness, kurtosis) in PRINTED.items()
        if np.equal(*cornish_fisher_tail(-skewness, kurtosis, 0.99))
    }
    assert found == held
    assert len(held) == 5


@pytest.mark.parametrize(
    ("total", "printed"), [(TOTAL, CONTRIBUTIONS), (EARLIER_TOTAL, EARLIER_CONTRIBUTIONS)]
)
def test_printed_contributions_add_up(total, printed):
    assert sum(printed) == pytest.approx(total, abs=1e-8)


@pytest.mark.parametrize("fund", PRINTED)
def test_every_printed_digit_of_single_funds(edhec, fund):
    s, a = one_asset(edhec[:, COLUMNS[fund]])
    gaussian, modified, extreme = (
        tail_risk(s, a, model, confidence=level)
        for model, level in (("gaussian", 0.95), ("cornish_fisher", 0.95), ("cornish_fisher", 0.99))
    )
    found = [figure for one in (gaussian, modified, extreme) for figure in (one.var, one.cvar)]
    assert found == pytest.approx(PRINTED[fund][:6], rel=2e-6)
    assert modified.parameters["skewness"] == pytest.approx(-PRINTED[fund][6], abs=5.1e-5)
    assert modified.parameters["excess_kurtosis"] == pytest.approx(PRINTED[fund][7], abs=5.1e-5)
    assert ("shown equal to VaR" in (extreme.note or "")) == (PRINTED[fund][4] == PRINTED[fund][5])


@pytest.mark.parametrize(
    ("months", "total", "printed"),
    [(293, TOTAL, CONTRIBUTIONS), (EARLIER_MONTHS, EARLIER_TOTAL, EARLIER_CONTRIBUTIONS)],
)
def test_every_printed_digit_of_modified_es_contributions(edhec, months, total, printed):
    weights = np.full(13, 1 / 13)
    shape = their_moments(edhec[:months], weights)
    _, es = cornish_fisher_slopes(*shape.values[2:], 0.95)
    value, gradient = figure_gradient(shape, es)
    assert value == pytest.approx(total, abs=5.1e-9)
    assert (weights * gradient).tolist() == pytest.approx(printed, abs=5.1e-11)


def test_our_own_convention_differs_by_parts_of_order_one_over_t(edhec):
    names = tuple(str(i) for i in range(13))
    s = Scenarios(edhec, names, periods_per_year=12)
    a = Portfolio("A", dict.fromkeys(names, 1 / 13))
    found = model_contributions(s, a, "cornish_fisher", "cvar", confidence=0.95)
    assert 0.5 / 293 < abs(found.total / TOTAL - 1) < 2 / 293
    assert found.table["component"].tolist() == pytest.approx(CONTRIBUTIONS, abs=5e-3 * TOTAL)


def test_baseline_of_three_funds(edhec):
    first = edhec[:BASELINE_MONTHS]
    s, a = one_asset(first[:, 0])
    for (model, measure), printed in BASELINE_FIRST.items():
        assert getattr(tail_risk(s, a, model, confidence=0.95), measure) == pytest.approx(printed, abs=5.1e-7)
    shape = their_moments(first[:, :3], BASELINE_WEIGHTS)
    value, gradient = figure_gradient(shape, Slope(stats.norm.ppf(0.95)))
    assert value == pytest.approx(BASELINE_VAR, abs=5.1e-7)
    assert BASELINE_WEIGHTS @ gradient == pytest.approx(value, rel=1e-12)
