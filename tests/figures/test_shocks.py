"""Figures of shocks, stressed risks and regimes: their bars, marks, money and refusals."""

import numpy as np
import pandas as pd
import pytest

from riskcore import Portfolio, risk_contributions
from riskcore.errors import InputError
from riskcore.figures import LIGHT, draw_move_by_asset, draw_regimes, draw_stressed_risk
from riskcore.results.reverse import RegimeResult
from riskcore.scenarios import Scenarios
from riskcore.stress import volatility_shock

PRIOR = Scenarios(np.random.default_rng(2).normal(0, 0.01, (300, 3)), ("SPY", "BND", "GOLD"), 252)
WIDE = volatility_shock(PRIOR, 2.0).scenarios
BOTH = (
    Portfolio("A", {"SPY": 0.7, "BND": 0.3, "GOLD": 0.0}),
    Portfolio("B", {"SPY": 0, "BND": 0, "GOLD": 1.0}),
)
SPACE = "\N{NO-BREAK SPACE}"


def moved(weight, returns):
    table = pd.DataFrame({"weight": weight, "asset_return": returns}, index=["SPY", "BND", "GOLD"])
    return table.assign(contribution=table["weight"] * table["asset_return"])


def parts(scenarios, measure="cvar", level=0.95):
    return [risk_contributions(scenarios, p, measure, confidence=level) for p in BOTH]


def test_a_move_shows_what_moves_in_money_and_adds_up():
    a, b = moved([0.5, 0.3, 0.2], [-0.2, -0.05, 0.0]), moved([0.0, 1.0, 0.0], [-0.2, -0.05, 0.0])
    drawing = draw_move_by_asset(a, b, what="Fall", definition="D.", theme=LIGHT, worth=(2e6, "EUR"))
    bars = drawing.figure.data
    assert drawing.figure.layout.yaxis.ticktext == ("SPY", "BND")
    assert np.allclose(bars[0].x, [200, 30])
    assert np.allclose(bars[1].x, [0, 100])
    assert drawing.figure.layout.xaxis.title.text == "loss, EUR thousand (left of zero: gain)"
    assert drawing.title == f"Fall: A loses 11.5{SPACE}%, B 5.0{SPACE}%"
    money = drawing.table["A contribution (EUR, negative = lost)"]
    assert np.isclose(money.sum(), -0.115 * 2e6)
    plain = draw_move_by_asset(a, b, what="Fall", definition="D.", theme=LIGHT)
    assert np.allclose(plain.figure.data[0].x, [10, 1.5])
    assert not any("EUR" in column for column in plain.table.columns)


def test_a_stressed_risk_has_bars_after_and_marks_before():
    before, after = parts(PRIOR), parts(WIDE)
    drawing = draw_stressed_risk(before, after, what="volatility × 2", theme=LIGHT, horizon_label="1-day")
    solid, marks = drawing.figure.data[0], drawing.figure.data[2]
    order = list(drawing.figure.layout.yaxis.ticktext)
    assert np.allclose(solid.x, 100 * after[0].table["component"][order])
    assert np.allclose(marks.x, 100 * before[0].table["component"][order])
    assert np.isclose(sum(solid.x), 100 * after[0].total)
    assert drawing.title.startswith(f"1-day CVaR 95{SPACE}% by asset under “volatility × 2” (bars)")
    shares = drawing.table["A share after (% of the risk)"]
    assert np.isclose(shares.sum(), 100.0)


def test_regimes_have_a_number_at_every_bar():
    table = pd.DataFrame(
        {"calm": [0.5, -0.2], "turbulent": [0.8, 0.1], "expected": [0.7, -0.3], "unexplained": [0.1, 0.4]},
        index=["GOLD", "BND"],
    ).assign(adjusted=0.0, all=0.0)
    drawing = draw_regimes(RegimeResult("SPY", "volatility", table, 90, 10, 4.0, {}), theme=LIGHT)
    numbers = [t for t in drawing.figure.data if t.type == "scatter" and t.mode == "text"]
    assert all(np.isfinite(np.asarray(t.x, dtype=float)).all() for t in numbers)
    assert "GOLD: calm 0.50, turbulent 0.80, expected 0.70" in drawing.alt


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="one measure and level"):
        draw_stressed_risk(parts(PRIOR), parts(WIDE, "volatility", None), what="x", theme=LIGHT)
    with pytest.raises(InputError, match="got 1 and 2"):
        draw_stressed_risk(parts(PRIOR)[:1], parts(WIDE), what="x", theme=LIGHT)
