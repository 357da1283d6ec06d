import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcore.errors import InputError
from riskcore.figures.bars import CHARACTER, NARROWEST_PLOT, Bars, draw_bars, order_rows, shared_scale
from riskcore.figures.theme import LIGHT

NO_HOVER = ["", "", ""]


def bars(*values, first=""):
    return Bars("A", np.array(values), "#000001", "#000002", [""] * len(values), first)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20), st.integers(1, 12))
def test_every_row_is_shown_or_summed_exactly_once(values, most):
    first = np.array(values)
    kept, rest = order_rows(first, None, most)
    assert sorted([*kept, *rest]) == list(range(first.size))
    assert list(first[kept]) == sorted(first[kept], reverse=True)
    assert rest.size != 1
    if rest.size:
        assert kept.size == most
        assert np.abs(first[kept]).min() >= np.abs(first[rest]).max()


def test_a_row_large_in_the_second_portfolio_only_is_kept():
    kept, rest = order_rows(np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.0, 0.0, 0.9]), 2)
    assert list(kept) == [0, 3]
    assert sorted(rest) == [1, 2]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.text("abc", max_size=12))
def test_numbers_fit_beside_every_bar_on_a_phone(values, label):
    series = bars(*values, first=label)
    scale = shared_scale([series])
    per_unit = NARROWEST_PLOT / (scale.high - scale.low)
    for i, value in enumerate(values):
        wide = CHARACTER * len(f"{value:.1f}" + (label if i == 0 else ""))
        if value > 0:
            assert (scale.high - value) * per_unit + scale.end_pixels >= wide
        elif value < -0.05:
            assert (value - scale.low) * per_unit + scale.start_pixels >= wide


def test_all_zero_bars_still_have_an_axis():
    scale = shared_scale([bars(0.0, 0.0)])
    assert (scale.low, scale.high) == (0.0, 1.0)


def test_rows_are_numbered_so_that_labels_alike_stay_apart():
    long = "iShares Core MSCI Emerging Markets "
    figure = draw_bars(
        [long * 2 + "A", long * 2 + "B", "600519"], [bars(1.0, 2.0, -3.0)], theme=LIGHT, axis_title="%"
    )
    (trace,) = figure.data
    assert list(trace.y) == [0, 1, 2]
    axis = figure.layout.yaxis
    assert axis.ticktext[0] == axis.ticktext[1] == "iShares Core MSCI<br>Emerging Markets…"
    assert axis.ticktext[2] == "600519"
    assert list(axis.tickvals) == [0, 1, 2]
    assert tuple(axis.range) == (2.5, -0.5)
    assert list(trace.text) == ["1.0", "2.0", "−3.0"]
    assert trace.cliponaxis is False
    assert axis.automargin is figure.layout.xaxis.automargin is True


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="nothing to draw"):
        draw_bars([], [bars()], theme=LIGHT, axis_title="%")
    with pytest.raises(InputError, match="nothing to draw"):
        draw_bars(["SPY"], [], theme=LIGHT, axis_title="%")


def test_uneven_lengths_are_refused():
    with pytest.raises(InputError, match="one value and one hover text per row"):
        draw_bars(["SPY", "BND"], [bars(1.0)], theme=LIGHT, axis_title="%")


def test_no_rows_to_show_is_refused():
    with pytest.raises(InputError, match="most=0"):
        order_rows(np.array([1.0]), None, 0)


def test_the_layout_is_given_whole_because_changing_it_is_ten_times_slower(monkeypatch):
    def slow(*_, **__):
        raise AssertionError("update_layout is what pages wait for")

    monkeypatch.setattr(go.Figure, "update_layout", slow)
    series = bars(1.0, -2.0)
    drawn = draw_bars(["SPY", "BND"], [series], theme=LIGHT, axis_title="loss, %")
    assert drawn.layout.margin.r == shared_scale([series]).end_pixels
    assert drawn.layout.xaxis.zerolinecolor == LIGHT.muted
