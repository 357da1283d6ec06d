import ast
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

import riskcore.figures
from riskcore.errors import InputError
from riskcore.figures import (
    DARK,
    LIGHT,
    Drawing,
    draw_crisis_losses,
    draw_drawdowns,
    draw_index_gap,
    draw_loss_by_asset,
    draw_paired,
    draw_replay_path,
    draw_tail_histogram,
    draw_weight_and_risk,
    draw_weights,
    draw_worst_days,
)

from .conftest import index_gap, replay, tail_pair, text_of

TABLE = pd.DataFrame({"x (%)": [1.0]})
ALLOWED = (
    "riskcore.figures",
    "riskcore.results",
    "riskcore.errors",
    "riskcore.scenarios",
    "riskcore.portfolio",
)


@pytest.mark.parametrize("field", ["title", "alt", "definition"])
def test_a_drawing_without_words_is_refused(field):
    words = {"title": "t", "alt": "a", "definition": "d"} | {field: "  "}
    with pytest.raises(InputError, match=f"needs a {field}"):
        Drawing(figure=go.Figure(), table=TABLE, **words)


def test_a_drawing_without_its_table_is_refused():
    with pytest.raises(InputError, match="table"):
        Drawing(go.Figure(), "t", "a", TABLE.iloc[:0], "d")


@pytest.mark.parametrize(("names", "match"), [(("A", "A"), "same name"), (("A", " "), "without a name")])
def test_portfolios_that_cannot_be_told_apart_are_refused(names, match, a, b):
    line = pd.Series([0.0, 0.1], index=pd.date_range("2020-01-01", periods=2))
    one, two = replay("x", (0.5, 0.3, 0.2)), replay("y", (0.1, 0.2, 0.7))
    gap = index_gap("x", (0.5, 0.3, 0.2))
    for draw in (
        lambda: draw_paired(a, b, theme=LIGHT, names=names),
        lambda: draw_weight_and_risk([a, b], theme=LIGHT, names=names),
        lambda: draw_tail_histogram(*tail_pair(), theme=LIGHT, names=names),
        lambda: draw_worst_days(pd.DataFrame([[0.1, 0.2]], columns=list(names)), theme=LIGHT),
        lambda: draw_crisis_losses([("2008", -0.1, -0.2)], theme=LIGHT, names=names),
        lambda: draw_loss_by_asset(one, two, theme=LIGHT, names=names),
        lambda: draw_replay_path(one, two, theme=LIGHT, names=names),
        lambda: draw_index_gap(gap, gap, theme=LIGHT, names=names),
        lambda: draw_drawdowns(line, line, theme=LIGHT, names=names),
    ):
        with pytest.raises(InputError, match=match):
            draw()


def test_figures_compute_nothing_and_know_no_page():
    for path in Path(riskcore.figures.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [n.name for n in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert not name.startswith("streamlit"), path
                assert not name.startswith("riskcore") or name.startswith(ALLOWED), (path, name)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_comes_from_the_theme(theme, a, b):
    other = DARK if theme is LIGHT else LIGHT
    dates = pd.date_range("2020-01-01", periods=3)
    drawings = [
        draw_paired(a, b, theme=theme),
        draw_drawdowns(pd.Series([0.0, 0.1, 0.2], index=dates), theme=theme),
        draw_weights(pd.DataFrame({"x": [1.0, -1.0]}, index=["p", "q"]), theme=theme),
    ]
    foreign = {other.a, other.b, other.a_pale, other.b_pale, other.ink, other.muted, other.grid, other.loss}
    for drawing in drawings:
        spec = text_of(drawing.figure)
        assert not [c for c in foreign if c in spec]
        assert drawing.figure.layout.title.text is None
