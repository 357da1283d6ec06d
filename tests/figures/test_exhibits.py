import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures import DARK, LIGHT
from riskcore.figures.enlarge import enlarged
from riskcore.figures.exhibits import draw_betting, draw_compared
from riskcore.results.exhibits import BettingOdds

from .conftest import NASTY, text_of

SPACE = "\N{NO-BREAK SPACE}"
WORDS = {"title": "Mean", "unit": "% a day", "definition": "The mean."}


def betting(stakes=(1.0, 2.0)):
    median = pd.DataFrame({m: np.geomspace(1.0, 10.0 / m**9, 5) for m in stakes})
    return BettingOdds(median, median / 2, median * 2, pd.Series(0.01, index=list(stakes)), 0.1)


def test_rows_and_columns_keep_their_order_and_hold_no_markup():
    table = pd.DataFrame({"before": [1.0, -2.0], "after": [3.0, 4.0]}, index=["SPY", NASTY])
    drawing = draw_compared(table, theme=LIGHT, **WORDS)
    assert [list(trace.x) for trace in drawing.figure.data] == [[1.0, -2.0], [3.0, 4.0]]
    assert "<img" not in text_of(drawing.figure)
    assert list(drawing.table.columns) == ["before (% a day)", "after (% a day)"]


def test_neither_a_nor_b_lends_its_colour():
    table = pd.DataFrame({"before": [1.0], "after": [3.0]}, index=["SPY"])
    for theme in (LIGHT, DARK):
        used = {trace.marker.color for trace in draw_compared(table, theme=theme, **WORDS).figure.data}
        used |= {trace.line.color for trace in draw_betting(betting(), theme=theme).figure.data}
        assert not used & {theme.a, theme.b, theme.loss}


def test_every_stake_has_a_line_with_its_name_at_the_end():
    drawing = draw_betting(betting(), theme=LIGHT)
    names = [f"10{SPACE}% Kelly", f"20{SPACE}%"]
    assert [trace.name for trace in drawing.figure.data] == names
    assert [a.text for a in drawing.figure.layout.annotations] == names
    assert drawing.figure.layout.yaxis.type == "log" and len(drawing.table.columns) == 6


def test_the_guess_is_named_and_names_keep_apart():
    drawing = draw_betting(betting((1.0, 1.01, 1.02, 2.0)), theme=LIGHT, guess=1.01)
    names = drawing.figure.layout.annotations
    assert [a.text for a in names][:2] == [f"10{SPACE}% Kelly", f"10.1{SPACE}% you"]
    low, high = drawing.figure.layout.yaxis.range
    assert (np.diff([a.y for a in names]) <= -0.06 * (high - low)).all()


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (lambda: draw_compared(pd.DataFrame(), theme=LIGHT, **WORDS), "at least one row"),
        (lambda: draw_compared(pd.DataFrame(np.ones((1, 4))), theme=LIGHT, **WORDS), "one to three columns"),
        (lambda: draw_betting(betting(range(1, 9)), theme=LIGHT), "at most 6"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, text):
    with pytest.raises(InputError, match=text):
        draw()


def test_names_at_the_ends_of_bars_have_more_room_when_presented():
    table = pd.DataFrame({"a long name of a column": [1.0, 1.0]}, index=["SPY", "BND"])
    figure = draw_compared(table, theme=LIGHT, **WORDS).figure
    assert enlarged(figure).layout.margin.r == round(1.5 * figure.layout.margin.r) > 28
