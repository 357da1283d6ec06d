import numpy as np
import pandas as pd
import pytest

from riskcore.errors import AssetMismatchError, InputError
from riskcore.figures import LIGHT, draw_budgets

from .conftest import NASTY, contribution, text_of

BUDGETS = pd.Series({"BND": 0.2, "SPY": 0.5, "QQQ": 0.3})


def test_bars_are_matched_by_label_and_the_largest_excess_stands_on_top(a):
    drawing = draw_budgets(a, BUDGETS, theme=LIGHT, horizon_label="1-day")
    share, budget = drawing.figure.data
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("SPY", "QQQ", "BND")
    np.testing.assert_allclose(share.x, [75, 30, -5])
    np.testing.assert_allclose(budget.x, [50, 30, 20])
    assert (share.marker.color, budget.marker.color) == (LIGHT.a, LIGHT.a_pale)


def test_the_table_has_the_difference_in_points(a):
    table = draw_budgets(a, BUDGETS, theme=LIGHT).table
    np.testing.assert_allclose(table["share − budget (points)"], [25, 0, -25], atol=1e-12)


def test_hover_and_alt_say_the_difference_with_its_sign(a):
    drawing = draw_budgets(a, BUDGETS, theme=LIGHT, which=1, name="B")
    assert "+25.0 points" in drawing.figure.data[0].hovertext[0]
    assert "0.0 points" in drawing.figure.data[0].hovertext[1]
    assert "SPY stands +25.0 points from its budget, BND −25.0." in drawing.alt
    assert drawing.figure.data[0].marker.color == LIGHT.b


def test_labels_from_readers_are_escaped():
    names = [NASTY, "QQQ", "BND"]
    drawing = draw_budgets(contribution(index=names), pd.Series(1 / 3, index=names), theme=LIGHT)
    assert "<a href" not in text_of(drawing.figure)


def test_refusals(a):
    with pytest.raises(AssetMismatchError, match="same assets"):
        draw_budgets(a, BUDGETS.drop("BND"), theme=LIGHT)
    with pytest.raises(InputError, match="too near zero"):
        draw_budgets(contribution(components=(0.01, -0.01, 0.0)), BUDGETS, theme=LIGHT)
