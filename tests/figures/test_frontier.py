import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import DARK, LIGHT
from riskcore.figures.frontier import FRONTIER_TRACE, draw_frontier
from riskcore.results.frontier import FrontierResult

from .conftest import NASTY, text_of

MARKS = pd.DataFrame(
    {"mean": [0.0003, 0.00021, 0.0002], "risk": [0.011, 0.0052, 0.0051]},
    index=["Equal weight", "CVaR parity", "Close by"],
)


def frontier(measure="cvar", points=3):
    weights = pd.DataFrame({"SPY": np.linspace(0, 1, points), "BND": 1 - np.linspace(0, 1, points)})
    return FrontierResult(
        weights=weights,
        mean=np.linspace(0.0001, 0.0005, points),
        risk=np.linspace(0.004, 0.02, points),
        measure=measure,
        label="Mean–risk frontier",
        solved="x",
        status="optimal",
        residual=0.0,
        residual_name="gap",
        iterations=1,
        seconds=0.0,
        confidence=0.95 if measure == "cvar" else None,
    )


def drawn(**changes):
    settings = {"theme": LIGHT, "periods_per_year": 252, "a": "Equal weight", "b": "CVaR parity"} | changes
    marks = settings.pop("marks", MARKS)
    return draw_frontier(settings.pop("found", frontier()), marks, **settings)


def trace(drawing, name):
    return next(t for t in drawing.figure.data if t.name == name)


def test_cvar_stays_per_period_and_means_are_per_year():
    drawing = drawn()
    curve = drawing.figure.data[FRONTIER_TRACE]
    assert np.allclose(curve.x, [0.4, 1.2, 2.0])
    assert np.allclose(curve.y, [2.52, 7.56, 12.6])
    assert drawing.figure.layout.xaxis.title.text == "1-day CVaR 95\u00a0%, %"
    assert np.allclose(trace(drawing, "A").x, [1.1])


def test_volatility_is_per_year_by_the_root():
    drawing = drawn(found=frontier("volatility"))
    assert np.allclose(
        drawing.figure.data[FRONTIER_TRACE].x, 100 * np.sqrt(252) * np.array([0.004, 0.012, 0.02])
    )
    assert "volatility per year (1-day returns)" in drawing.alt


def test_a_and_b_have_their_colours_and_letters_and_nothing_is_best():
    for theme in (LIGHT, DARK):
        drawing = drawn(theme=theme)
        assert trace(drawing, "A").marker.color == theme.a
        assert trace(drawing, "B").marker.color == theme.b
        assert trace(drawing, "A").text[0].startswith("A")
        assert "best" not in text_of(drawing.figure).lower()
        assert "in-sample" in drawing.title


def test_one_portfolio_that_is_both_is_named_both():
    assert trace(drawn(b="Equal weight"), "A and B").text[0].startswith("A B")


def test_labels_without_room_are_left_out_but_hover_and_table_keep_them():
    drawing = drawn(a=None, b="CVaR parity")
    others = trace(drawing, "portfolios")
    near = list(MARKS.index.drop("CVaR parity")).index("Close by")
    assert "Close by" in others.hovertext[near]
    assert "Close by" in drawing.table.index
    twelve = pd.concat([MARKS.iloc[[0]].set_axis([f"Portfolio {i}"]) for i in range(12)])
    crowded = drawn(marks=twelve, a=None, b=None)
    assert sum(bool(t) for t in trace(crowded, "portfolios").text) <= 4


def test_the_point_chosen_is_a_ring_on_the_curve():
    ring = trace(drawn(chosen=1), "chosen")
    assert np.allclose([ring.x[0], ring.y[0]], [1.2, 7.56])
    assert all(t.name != "chosen" for t in drawn().figure.data)


def test_the_table_holds_points_with_weights_and_every_portfolio():
    table = drawn().table
    assert len(table) == 6
    assert np.isclose(table.loc["point 2", "SPY (% of value)"], 50)
    assert np.isclose(table.loc["Equal weight", "mean return per year (%)"], 7.56)


def test_names_are_shown_letter_by_letter():
    drawing = drawn(marks=MARKS.rename(index={"Close by": NASTY}))
    assert "<a href" not in text_of(drawing.figure)


def test_a_frontier_of_one_portfolio_is_a_point():
    assert drawn(found=frontier(points=1)).figure.data[FRONTIER_TRACE].mode == "markers"


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="none of the portfolios"):
        drawn(a="Nobody")
    with pytest.raises(InputError, match="no point 4"):
        drawn(chosen=3)
    with pytest.raises(InputError, match="same name"):
        drawn(marks=pd.concat([MARKS, MARKS]), a=None, b=None)
    with pytest.raises(MissingDataError, match="missing or infinite"):
        drawn(marks=MARKS.replace(0.011, np.nan))
