from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import DARK, LIGHT, draw_backtest, draw_held_weights
from riskcore.figures.backtest import apart
from riskcore.results.backtest import BacktestFigure, BacktestResult, MethodBacktest

from .conftest import NASTY, text_of

DAYS = pd.to_datetime(["2020-01-31", "2020-02-03", "2020-02-28", "2020-03-02"])
WEIGHTS = pd.DataFrame({"SPY": [0.5, 0.3], "BND": [0.4, 0.6], "GOLD": [0.1, 0.1]}, index=DAYS[[0, 2]])


def method(key="equal_weight", label="Equal weight", growth=(1.0, 1.2, 0.9, 1.8), days=DAYS, weights=WEIGHTS):
    path = pd.Series(growth, index=days)
    high = np.maximum.accumulate(path)
    figure = BacktestFigure(0.1, 0.05, 0.2)
    return MethodBacktest(
        method=key,
        label=label,
        returns=path.pct_change().iloc[1:],
        growth=path,
        drawdown=(1 - path / high).iloc[1:],
        weights=weights,
        turnover=pd.Series([0.2], index=DAYS[[2]]),
        costs=pd.Series([0.001, 0.0004], index=DAYS[[0, 2]]),
        failures=MappingProxyType({}),
        growth_per_year=figure,
        volatility=figure,
        sharpe=figure,
        sharpe_difference=None,
        cvar=figure,
        max_drawdown=float((1 - path / high).max()),
        turnover_per_year=0.2,
        costs_per_year=0.001,
    )


def result(*methods):
    first = methods[0]
    return BacktestResult(
        methods=MappingProxyType({m.method: m for m in methods}),
        refused=MappingProxyType({}),
        window=100,
        rebalance="monthly",
        costs=0.001,
        warm_up=100,
        risk_free=0.0,
        confidence=0.95,
        start=first.growth.index[0],
        end=first.growth.index[-1],
        periods_per_year=252,
        rows=len(first.returns),
        level=0.95,
        resamples=0,
        no_intervals="Only 3 rows were held.",
    )


PARITY = method("cvar_parity", "CVaR parity", (1.0, 1.1, 1.05, 1.5))


def traces(drawing, axis):
    return {t.name: t for t in drawing.figure.data if (t.yaxis or "y") == axis}


def test_the_lines_are_growth_above_and_drawdown_below():
    drawing = draw_backtest(result(method(), PARITY), theme=LIGHT)
    up, down = traces(drawing, "y"), traces(drawing, "y2")
    np.testing.assert_allclose(up["Equal weight"].y, [1.0, 1.2, 0.9, 1.8], rtol=1e-6)
    np.testing.assert_allclose(down["Equal weight"].y, [0, 0, -25, 0], atol=1e-5)
    np.testing.assert_allclose(down["CVaR parity"].y, [0, 0, -100 * (1 - 1.05 / 1.1), 0], rtol=1e-5)
    assert drawing.figure.layout.yaxis.type == "log"
    assert up["Equal weight"].customdata[2] == "25.0"


def test_a_and_b_have_their_colours_and_no_one_else_does():
    third = method("minimum_variance", "Minimum variance", (1.0, 1.0, 1.1, 1.2))
    for theme in (LIGHT, DARK):
        drawing = draw_backtest(
            result(method(), PARITY, third), theme=theme, letters={"equal_weight": "A", "cvar_parity": "B"}
        )
        up = traces(drawing, "y")
        assert up["Equal weight"].line.color == theme.a
        assert up["CVaR parity"].line.color == theme.b
        assert up["Minimum variance"].line.color not in (theme.a, theme.b)
        names = [n.text for n in drawing.figure.layout.annotations]
        assert names[:2] == ["A · Equal weight", "B · CVaR parity"]
        assert names[2].endswith("■</span> Minimum variance")
    plain = traces(draw_backtest(result(method(), PARITY), theme=LIGHT), "y")
    assert not {t.line.color for t in plain.values()} & {LIGHT.a, LIGHT.b}


def test_ten_rules_differ_in_colour_or_dash_and_their_names_stand_apart():
    many = [method(f"m{i}", f"Rule {i}", (1.0, 1.1, 1.0, 1.5 + i / 1000)) for i in range(10)]
    drawing = draw_backtest(result(*many), theme=LIGHT)
    looks = {(t.line.color, t.line.dash) for t in traces(drawing, "y").values()}
    assert len(looks) == 10
    heights = sorted(n.y for n in drawing.figure.layout.annotations)
    low, high = drawing.figure.layout.yaxis.range
    assert min(np.diff(heights)) > 0.05 * (high - low)


def test_long_lines_are_thinned_and_keep_their_extremes():
    days = pd.date_range("2000-01-03", periods=6000, freq="B")
    rng = np.random.default_rng(0)
    path = np.exp(np.append(0.0, np.cumsum(rng.normal(0, 0.01, 5999))))
    long = method(growth=path, days=days)
    drawing = draw_backtest(result(long), theme=LIGHT)
    line, below = traces(drawing, "y")["Equal weight"], traces(drawing, "y2")["Equal weight"]
    assert len(line.x) <= 1300
    assert line.y.max() == pytest.approx(path.max(), rel=1e-6)
    assert below.y.min() == pytest.approx(-100 * long.max_drawdown, rel=1e-6)
    assert len(drawing.table) == len(line.x)


def test_alt_and_title_say_what_it_is():
    drawing = draw_backtest(result(method(), PARITY), theme=LIGHT)
    assert "weights from past data only" in drawing.title
    assert "net of 10 bp" in drawing.title
    assert "Equal weight 1.80, CVaR parity 1.50" in drawing.alt
    assert "deepest for Equal weight, 25.0\N{NO-BREAK SPACE}% on 28 Feb 2020" in drawing.alt
    assert drawing.table.loc["2020-02-28", "Equal weight below its peak (%)"] == pytest.approx(25)


def test_weights_stack_to_the_whole():
    drawing = draw_held_weights(method(), theme=LIGHT)
    total = sum(np.array(t.y) for t in drawing.figure.data)
    np.testing.assert_allclose(total, 100, rtol=1e-6)
    assert "BND, from 40.0\N{NO-BREAK SPACE}% to 60.0\N{NO-BREAK SPACE}%" in drawing.alt
    assert not {t.fillcolor for t in drawing.figure.data} & {LIGHT.a, LIGHT.b}


def test_small_weights_are_summed():
    wide = pd.DataFrame(np.full((2, 12), 1 / 12), index=DAYS[[0, 2]], columns=[f"X{i}" for i in range(12)])
    drawing = draw_held_weights(method(weights=wide), theme=LIGHT)
    assert [t.name for t in drawing.figure.data][-1] == "other 5"
    np.testing.assert_allclose(drawing.figure.data[-1].y, 500 / 12, rtol=1e-6)
    assert drawing.table.shape == (2, 12)


def test_labels_from_readers_are_escaped():
    named = WEIGHTS.rename(columns={"SPY": NASTY})
    assert "<a href" not in text_of(draw_held_weights(method(weights=named), theme=LIGHT).figure)


@pytest.mark.parametrize("places", [[0.5, 0.5, 0.5], [1.0, 0.99, 0.98], [0.0, 0.0], [0.2, 0.9]])
def test_apart(places):
    moved = apart(np.array(places), 0.1, 0.0, 1.0)
    assert min(np.diff(np.sort(moved))) > 0.1 - 1e-12
    assert moved.max() <= 1.0 + 1e-12


def test_refusals():
    with pytest.raises(InputError, match="A or B"):
        draw_backtest(result(method()), theme=LIGHT, letters={"equal_weight": "C"})
    with pytest.raises(MissingDataError, match="once only"):
        draw_held_weights(method(weights=WEIGHTS.iloc[:1]), theme=LIGHT)
    with pytest.raises(InputError, match="short positions"):
        draw_held_weights(method(weights=WEIGHTS - 0.2), theme=LIGHT)
    for most in (0, 8):
        with pytest.raises(InputError, match="Draw 1 to 7 assets"):
            draw_held_weights(method(), theme=LIGHT, most=most)
