import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import LIGHT, draw_drawdowns
from riskcore.figures.lines import draw_lines, thin

from .conftest import NASTY, text_of

DATES = pd.date_range("2007-07-31", periods=4800, freq="B")
A = pd.Series(np.abs(np.sin(np.arange(4800) / 300)) * 0.4, index=DATES)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=300), st.integers(4, 60))
def test_thinning_keeps_ends_and_extremes_in_order(values, most):
    line = np.array(values)
    rows = thin(line, most)
    assert rows.size <= most or line.size <= most
    assert (np.diff(rows) > 0).all()
    assert (rows[0], rows[-1]) == (0, line.size - 1)
    assert (line[rows].min(), line[rows].max()) == (line.min(), line.max())


def test_thinning_refuses_gaps_and_too_few_points():
    with pytest.raises(InputError, match="missing values"):
        thin(np.array([0.0, np.nan]))
    with pytest.raises(InputError, match="at least 4"):
        thin(np.zeros(9), 3)


def test_drawdowns_are_thinned_small_and_point_down():
    drawing = draw_drawdowns(A, A / 2, theme=LIGHT)
    a, b = drawing.figure.data
    assert (a.name, b.name) == ("A", "B")
    assert a.y.dtype == np.float32
    assert len(a.y) <= 1200
    assert a.y.min() == pytest.approx(-100 * A.max(), rel=1e-6)
    assert a.y.max() <= 0
    assert a.x[0] == "2007-07-31"
    assert len(drawing.figure.to_json()) < 60_000
    assert len(drawing.table) == 4800
    assert list(drawing.table.columns) == ["A below its peak (%)", "B below its peak (%)"]
    assert drawing.figure.layout.yaxis.title.text == "below the last peak, %"
    assert [n.text for n in drawing.figure.layout.annotations] == ["A", "B"]
    assert "40.0\u00a0% below its peak" in drawing.alt


def test_names_that_end_together_are_moved_apart():
    figure = draw_drawdowns(A, A, theme=LIGHT).figure
    one, two = (n.y for n in figure.layout.annotations)
    assert abs(one - two) >= 0.069 * 40


def test_templates_do_not_interpret_names():
    figure = draw_drawdowns(A, theme=LIGHT, names=(NASTY, "B")).figure
    template = figure.data[0].hovertemplate
    assert template.count("%{") == 1
    assert "<a" not in text_of(figure)


@pytest.mark.parametrize("factor", [-1.0, 3.0])
def test_drawdowns_outside_zero_to_one_are_refused(factor):
    with pytest.raises(InputError, match="between 0 and 1"):
        draw_drawdowns(factor * A, theme=LIGHT)


def test_gaps_and_empty_series_are_refused():
    for bad in (A.iloc[:0], A.where(A > 0.1)):
        with pytest.raises(MissingDataError, match="empty or has gaps"):
            draw_drawdowns(bad, theme=LIGHT)


def test_an_index_that_is_not_increasing_dates_is_refused():
    for bad in (A[::-1], A.reset_index(drop=True), pd.concat([A.iloc[:1], A.iloc[:1]])):
        with pytest.raises(InputError, match="increasing dates"):
            draw_drawdowns(bad, theme=LIGHT)


def test_three_lines_are_refused():
    with pytest.raises(InputError, match="one or two"):
        draw_lines([A, A, A], "ABC", theme=LIGHT, axis_title="%", said="")
