import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import LIGHT, draw_contributions_through_time
from riskcore.results import RollingContributionResult

from .conftest import NASTY, text_of

DATES = pd.to_datetime(["2020-01-31", "2020-02-28", "2020-03-31"])
PARTS = pd.DataFrame(
    {"SPY": [0.010, 0.012, 0.030], "BND": [-0.002, 0.001, -0.004], "GOLD": [0.001, 0.002, 0.003]}, index=DATES
)


def rolling(parts=PARTS):
    total = parts.sum(axis=1)
    return RollingContributionResult(
        "A", "cvar", "CVaR 95 %", 0.95, 252, 21, total, parts, parts.div(total, axis=0)
    )


def areas(figure, group):
    return {t.name: np.array(t.y) for t in figure.data if t.stackgroup == group}


def test_the_areas_are_the_parts_and_add_up_to_the_line():
    figure = draw_contributions_through_time(rolling(), theme=LIGHT).figure
    up, down = areas(figure, "up"), areas(figure, "down")
    np.testing.assert_allclose(up["SPY"], [1.0, 1.2, 3.0], rtol=1e-6)
    np.testing.assert_allclose(down["BND"], [-0.2, 0.0, -0.4], atol=1e-7)
    assert set(down) == {"BND"}
    (line,) = [t for t in figure.data if t.name == "together"]
    np.testing.assert_allclose(line.y, sum(up.values()) + sum(down.values()), rtol=1e-6)


def test_assets_never_take_the_colours_of_a_and_b():
    figure = draw_contributions_through_time(rolling(), theme=LIGHT).figure
    colours = {t.fillcolor for t in figure.data if t.fillcolor}
    assert len(colours) == 3
    assert not colours & {LIGHT.a, LIGHT.b}


def test_names_stand_beside_the_last_window_apart_from_each_other():
    figure = draw_contributions_through_time(rolling(), theme=LIGHT).figure
    notes = figure.layout.annotations
    assert [n.text.split()[-1] for n in notes] == ["SPY", "GOLD", "BND"]
    heights = sorted(n.y for n in notes)
    assert min(np.diff(heights)) > 0.2


def test_small_parts_are_summed_and_the_table_keeps_them():
    wide = pd.DataFrame({f"X{i}": [0.01 / (i + 1)] * 3 for i in range(10)}, index=DATES)
    drawing = draw_contributions_through_time(rolling(wide), theme=LIGHT, most=3)
    up = areas(drawing.figure, "up")
    assert list(up) == ["X0", "X1", "X2", "other 7"]
    np.testing.assert_allclose(up["other 7"], 100 * wide.iloc[:, 3:].sum(axis=1), rtol=1e-6)
    assert drawing.table.shape == (3, 11)
    np.testing.assert_allclose(drawing.table.iloc[:, 1:].sum(axis=1), drawing.table.iloc[:, 0])


def test_alt_says_when_it_was_highest_and_how_it_ends():
    alt = draw_contributions_through_time(rolling(), theme=LIGHT).alt
    assert "highest in the window to 31 Mar 2020, 2.90" in alt
    assert "most of it from SPY" in alt


def test_labels_from_readers_are_escaped():
    named = PARTS.rename(columns={"SPY": NASTY})
    assert "<a href" not in text_of(draw_contributions_through_time(rolling(named), theme=LIGHT).figure)


def test_refusals():
    for most in (0, 8):
        with pytest.raises(InputError, match="Draw 1 to 7 series"):
            draw_contributions_through_time(rolling(), theme=LIGHT, most=most)
    with pytest.raises(MissingDataError, match="no window"):
        draw_contributions_through_time(rolling(PARTS.iloc[:0]), theme=LIGHT)
    with pytest.raises(InputError, match="dated windows"):
        draw_contributions_through_time(rolling(PARTS.set_axis([1, 2, 3])), theme=LIGHT)
