"""Figures of the Benchmark page: structure, numbers, names of readers, refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures.benchmark import draw_active_attribution, draw_active_positions
from riskcore.figures.benchmark_overshoot import draw_overshoot
from riskcore.figures.benchmark_waterfall import draw_risk_waterfall
from riskcore.figures.theme import DARK, LIGHT
from riskcore.results.benchmark import ActiveRiskResult, OvershootResult

ASSETS = ["SPY", "<a href='x'>B</a>"]


def decomposed(name="A", benchmark="BM", label="CVaR 95 %", level=0.95) -> ActiveRiskResult:
    table = pd.DataFrame(
        {
            "weight": [0.7, 0.3],
            "benchmark_weight": [0.6, 0.4],
            "active_weight": [0.1, -0.1],
            "total": [0.018, 0.002],
            "benchmark": [0.016, 0.004],
            "tracking": [0.004, 0.001],
            "diversification_benchmark": [-0.001, -0.002],
            "diversification_active": [-0.001, -0.001],
        },
        index=pd.Index(ASSETS, name="asset"),
    )
    return ActiveRiskResult(name, benchmark, "cvar", label, level, 0.02, 0.02, 0.005, -0.003, -0.002, table)


def line(name, levels=(0.01, 0.02)) -> OvershootResult:
    table = pd.DataFrame(
        {
            "actual": levels,
            "total": [0.02, 0.03][: len(levels)],
            "benchmark": 0.02,
            "tracking": levels,
            "diversification": -0.01,
            "effective_scenarios": [100.0, 50.0][: len(levels)],
            "tail_scenarios": np.nan,
            "kept_share": [1.0, 0.5][: len(levels)],
            "overshoot": [0.0, 0.01][: len(levels)],
        }
    )
    return OvershootResult(name, "volatility", "Volatility", None, 0.01, True, table)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_waterfall_carries_on_where_the_bar_above_ends(theme):
    drawing = draw_risk_waterfall([decomposed(), decomposed("B")], theme=theme, horizon_label="1-day")
    bars = [trace for trace in drawing.figure.data if trace.type == "bar"]
    assert len(bars) == 2
    for bar in bars:
        assert np.allclose(bar.base, [0.0, 2.0, 2.5, 0.0])
        assert np.allclose(bar.x, [2.0, 0.5, -0.5, 2.0])
    assert bars[0].marker.color[3] == theme.a
    assert bars[1].marker.color[3] == theme.b
    table = drawing.table["A 1-day CVaR 95\N{NO-BREAK SPACE}% (% of value)"]
    assert np.isclose(table[["R(BM)", "R(TE)", "f"]].sum(), table["R(PF)"])
    assert np.isclose(
        table["f, part of the benchmark"] + table["f, part of the active positions"], table["f"]
    )


def test_active_positions_escape_names_and_tell_who_is_furthest_away():
    weights, parts = draw_active_positions([decomposed(), decomposed("B")], theme=LIGHT)
    assert "<a href" not in str(parts.figure.to_dict())
    assert np.allclose(parts.table["A share of R(TE) (%)"], [80.0, 20.0])
    assert "furthest from the benchmark in SPY" in weights.alt


def test_the_largest_active_weights_are_drawn_whatever_they_contribute():
    assets = [f"X{i}" for i in range(12)]

    def found(name, bets):
        columns = decomposed().table.columns
        table = pd.DataFrame(0.0, index=pd.Index(assets, name="asset"), columns=columns)
        table["active_weight"], table["tracking"] = bets, np.arange(12, 0, -1) / 1000
        return replace(decomposed(name), table=table)

    a, b = np.full(12, 0.001), np.full(12, 0.001)
    a[10], b[11] = -0.1, 0.2
    drawings = draw_active_positions([found("A", a), found("B", b)], theme=LIGHT, most=3)
    shown = [list(one.figure.layout.yaxis.ticktext) for one in drawings]
    assert shown == [["X11", "X10", "X0", "other 9"], ["X0", "X1", "X2", "other 9"]]
    assert np.allclose(drawings[0].figure.data[1].x, [20.0, 0.1, 0.1, 0.9])


def test_the_attribution_adds_up_across_and_down():
    drawing = draw_active_attribution(decomposed(), theme=LIGHT)
    assert [trace.name for trace in drawing.figure.data] == ["A benchmark", "A active", "A shared"]
    table = drawing.table
    assert np.allclose(table.iloc[:, :4].sum(axis=1), table.iloc[:, 4])
    assert np.allclose(table.loc["all assets"], [2.0, 0.5, -0.3, -0.2, 2.0])


def test_the_overshoot_names_its_lines_and_leaves_out_what_volatility_has_not():
    drawing = draw_overshoot([line("A’s own"), line("ρ = 0.5")], theme=LIGHT, own="A’s own")
    own = drawing.figure.data[0]
    assert own.line.color == LIGHT.a
    assert np.allclose(own.y, [0.0, 1.0])
    assert {a.text for a in drawing.figure.layout.annotations} == {"A’s own", "ρ = 0.5"}
    assert "effective scenarios in the tail" not in drawing.table.columns
    assert drawing.table["effective scenarios"].tolist() == [100.0, 50.0] * 2
    assert "50 effective scenarios" in own.hovertext[1]


def test_an_offset_is_called_one_wherever_f_is_named():
    drawing = draw_risk_waterfall([decomposed()], theme=LIGHT, shared="Offset")
    assert "Offset<br>f" in drawing.figure.layout.yaxis.ticktext
    assert "<b>Offset f</b>" in drawing.figure.data[0].hovertext[2]
    assert "+ offset = portfolio" in drawing.title
    assert "iversification" not in f"{drawing.title} {drawing.alt} {drawing.figure.to_json()}"


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: draw_risk_waterfall([], theme=LIGHT), "one or two"),
        (lambda: draw_risk_waterfall([decomposed()] * 3, theme=LIGHT, names=("A", "B", "C")), "one or two"),
        (lambda: draw_risk_waterfall([decomposed()] * 2, theme=LIGHT, names=("A", "A")), "same name"),
        (lambda: draw_risk_waterfall([decomposed(), decomposed("B", "SPY")], theme=LIGHT), "different"),
        (lambda: draw_active_positions([decomposed(), decomposed("B", level=0.9)], theme=LIGHT), "different"),
        (lambda: draw_overshoot([], theme=LIGHT), "at least one"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, named):
    with pytest.raises(InputError, match=named):
        call()
