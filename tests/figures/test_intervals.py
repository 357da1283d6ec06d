import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures import DARK, LIGHT, draw_contribution_intervals
from riskcore.results.uncertainty import ContributionIntervalResult

from .conftest import NASTY, text_of


def found(name="A", shares=(0.75, 0.30, -0.05), half=0.1, assets=("SPY", "QQQ", "BND"), **changes):
    share = np.array(shares)
    table = pd.DataFrame(
        {
            "component": 0.02 * share,
            "component_lower": 0.02 * (share - half),
            "component_upper": 0.02 * (share + 2 * half),
            "relative": share,
            "relative_lower": share - half,
            "relative_upper": share + 2 * half,
        },
        index=list(assets),
    )
    given = {
        "level": 0.95,
        "measure": "cvar",
        "label": "CVaR 95 %",
        "confidence": 0.95,
        "portfolio": name,
        "method": "block",
        "block_length": 20.0,
        "resamples": 1000,
        "tail_scenarios": 60.0,
        "warning": None,
    } | changes
    return ContributionIntervalResult(table=table, **given)


def test_dots_and_bars_are_the_shares_and_their_bounds():
    figure = draw_contribution_intervals(
        [found(), found("B", (0.4, 0.3, 0.3))], theme=LIGHT, horizon_label="1-day"
    ).figure
    one, two = figure.data
    np.testing.assert_allclose(one.x, [75, 30, -5])
    np.testing.assert_allclose(one.error_x.array, [20, 20, 20])
    np.testing.assert_allclose(one.error_x.arrayminus, [10, 10, 10])
    assert (one.marker.color, two.marker.color) == (LIGHT.a, LIGHT.b)
    assert one.marker.symbol != two.marker.symbol
    assert (np.array(one.y) < np.array(two.y)).all()
    low, high = figure.layout.xaxis.range
    assert low < -15
    assert high > 95


def test_the_numbers_stand_at_the_ends_and_the_first_row_names_the_portfolios():
    figure = draw_contribution_intervals([found(), found("B")], theme=DARK, names=("A", "B")).figure
    texts = [a.text for a in figure.layout.annotations]
    assert texts[0] == "75.0 A"
    assert "75.0 B" in texts
    assert "−5.0" in texts


def test_undefined_shares_fall_back_to_components():
    nothing = found()
    nothing = ContributionIntervalResult(
        **{
            **vars(nothing),
            "table": nothing.table.assign(relative=np.nan, relative_lower=np.nan, relative_upper=np.nan),
        }
    )
    drawing = draw_contribution_intervals([nothing], theme=LIGHT)
    np.testing.assert_allclose(drawing.figure.data[0].x, [1.5, 0.6, -0.1])
    assert drawing.figure.layout.xaxis.title.text == "% of value"
    assert drawing.title.startswith("Contribution to")


def test_a_dot_outside_its_interval_is_still_drawn():
    odd = found()
    table = odd.table.assign(relative_upper=odd.table["relative"] - 0.01)
    figure = draw_contribution_intervals(
        [ContributionIntervalResult(**{**vars(odd), "table": table})], theme=LIGHT
    ).figure
    np.testing.assert_allclose(figure.data[0].error_x.array, 0.0)


def test_only_the_largest_are_drawn_and_the_table_has_all():
    names = [f"X{i}" for i in range(12)]
    many = found(shares=tuple(np.linspace(0.2, 0.01, 12)), assets=names)
    drawing = draw_contribution_intervals([many], theme=LIGHT, most=5)
    assert tuple(drawing.figure.layout.yaxis.ticktext) == tuple(names[:5])
    assert list(drawing.table.index) == names
    assert all("(" in column for column in drawing.table.columns)


def test_labels_from_readers_are_escaped():
    text = text_of(draw_contribution_intervals([found(assets=(NASTY, "Q", "B"))], theme=LIGHT).figure)
    assert "<a href" not in text
    assert "$y$" not in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "one or two"),
        ([found(), found("B"), found("C")], "one or two"),
        ([found(), found("B", label="VaR 95 %", measure="var")], "not comparable"),
        ([found(), found("B", confidence=0.99)], "not comparable"),
        ([found(), found("B", level=0.9)], "not comparable"),
        ([found(), found("B", assets=("SPY", "QQQ", "GOLD"))], "same measure, level and assets"),
    ],
)
def test_refusals(given, words):
    with pytest.raises(InputError, match=words):
        draw_contribution_intervals(given, theme=LIGHT)
