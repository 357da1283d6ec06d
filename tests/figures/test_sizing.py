import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures import DARK, LIGHT, draw_drawdown_odds, draw_growth_curves, draw_volatility_target
from riskcore.results.sizing import DrawdownOdds, KellyStake, VolatilityTarget

DAYS = pd.date_range("2020-01-01", periods=30, freq="B")


def target(aim=0.1, scale=1.5):
    held = pd.Series(np.linspace(0.5, scale, 30), index=DAYS)
    return VolatilityTarget(
        scale=held,
        estimate=0.1 / held,
        returns=0.01 * held,
        next_scale=1.5,
        unscaled=held * 0 + 0.01,
        realised=0.11,
        unscaled_realised=0.2,
        lowest=0.09,
        highest=0.11,
        rolling=held.iloc[4:] / 10,
        unscaled_rolling=held.iloc[4:] / 5,
        target=aim,
        cap=2.0,
        lag=1,
        window=5,
        decay=None,
        capped=0.0,
        turnover_per_year=3.0,
    )


def stake(edge=0.06):
    multiples = np.linspace(0, 5, 51)
    growth = 0.02 + 0.06 * multiples - 0.02 * multiples**2
    curve = pd.DataFrame(
        {"gaussian": growth, "exact": np.where(multiples > 4, -np.inf, growth)}, index=multiples
    )
    return KellyStake(edge, 0.2, 1.5, 1.5, 0.5, 2.5, 3.0, 4.0, 2.0, 0.75, curve, 0.02)


def odds(*shares):
    table = pd.DataFrame([shares, [s / 2 for s in shares]], index=[0.2, 0.5], columns=[1.0, 2.0])
    return DrawdownOdds(table, table * 0 + 0.01, 10.0, 1000, 5.0)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_letter_keeps_its_colour_even_alone(theme):
    for draw, result in (
        (draw_volatility_target, target()),
        (draw_growth_curves, stake()),
        (lambda found, theme: draw_drawdown_odds(found, ["as it is", "twice"], theme=theme), odds(0.5, 0.9)),
    ):
        figure = draw({"B": result}, theme=theme).figure
        trace = figure.data[-1]
        assert theme.b in (trace.marker.color, trace.line.color if trace.type == "scatter" else None)


def test_the_target_shows_size_above_and_volatility_below_beside_the_target():
    drawing = draw_volatility_target({"A": target(), "B": target(scale=2.0)}, theme=LIGHT)
    assert [t.yaxis or "y" for t in drawing.figure.data] == ["y", "y2", "y2"] * 2
    assert drawing.figure.layout.shapes[0].y0 == pytest.approx(10.0)
    assert "moved 11.0\N{NO-BREAK SPACE}% a year, unscaled 20.0" in drawing.alt
    assert list(drawing.table.columns)[:2] == ["A held, times", "A estimated volatility (% per year)"]


def test_the_curve_marks_peak_and_break_even_and_falls_off_at_ruin():
    drawing = draw_growth_curves({"A": stake()}, theme=LIGHT)
    exact, marks = drawing.figure.data[1], drawing.figure.data[2]
    assert list(marks.x) == [0.375, 0.75, 1.5, 3.0]
    np.testing.assert_allclose(marks.y[2:], [2 + 6 * 1.5 - 2 * 1.5**2, 2.0])
    assert exact.x[-1] == 4.0 and exact.y[-1] == drawing.figure.layout.yaxis.range[0]
    assert drawing.table["exact growth (% per year, log)"].isna().sum() == 10


def test_odds_have_a_bar_for_every_fall_and_size():
    drawing = draw_drawdown_odds({"A": odds(0.5, 0.9)}, ["as it is", "twice"], theme=LIGHT)
    assert [round(x, 6) for x in drawing.figure.data[0].x] == [50.0, 90.0, 25.0, 45.0]
    assert "A at twice falls 50\N{NO-BREAK SPACE}% in 45" in drawing.alt


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: draw_volatility_target({}, theme=LIGHT), "A, B or both"),
        (lambda: draw_volatility_target({"C": target()}, theme=LIGHT), "A, B or both"),
        (lambda: draw_volatility_target({"A": target(), "B": target(0.2)}, theme=LIGHT), "one size"),
        (lambda: draw_growth_curves({"A": stake(-0.01)}, theme=LIGHT), "no edge"),
        (lambda: draw_drawdown_odds({"A": odds(0.5, 0.9)}, ["one"], theme=LIGHT), "Name each"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, words):
    with pytest.raises(InputError, match=words):
        draw()
