import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import LIGHT, draw_exceptions

from .conftest import NASTY, text_of


def forecasts(**changes):
    loss = np.array([0.01, -0.02, 0.05, 0.02, 0.04])
    var = np.array([0.02, 0.02, 0.02, 0.03, 0.03])
    days = pd.date_range("2020-03-09", periods=5, freq="D")
    columns = {"var": var, "cvar": 1.5 * var, "loss": loss, "exception": loss > var}
    return pd.DataFrame(columns | changes, index=days)


def draw(table, **changes):
    given = {"theme": LIGHT, "model_label": "Historical", "confidence": 0.95} | changes
    return draw_exceptions(table, **given)


def test_crosses_stand_where_the_loss_exceeds_the_forecast():
    drawing = draw(forecasts())
    loss, var, crosses = drawing.figure.data
    np.testing.assert_allclose(loss.y, [1, -2, 5, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(var.y, [2, 2, 2, 3, 3], rtol=1e-6)
    assert list(crosses.x) == ["2020-03-11", "2020-03-13"]
    np.testing.assert_allclose(crosses.y, [5, 4], rtol=1e-6)
    assert crosses.marker.color == LIGHT.loss
    assert "x" in crosses.marker.symbol
    assert (loss.line.color, var.line.color) == (LIGHT.a_pale, LIGHT.a)
    assert "11 Mar 2020" in crosses.hovertext[0]
    assert "A lost 5.00\u00a0%; VaR 95\u00a0% forecast 2.00\u00a0%" in crosses.hovertext[0]


def test_the_words_count_and_name_the_farthest():
    drawing = draw(forecasts(), name="B", which=1)
    assert (
        "2 of 5 losses exceed it. The farthest beyond: 5.00\u00a0% against 2.00\u00a0% (11 Mar 2020)."
        in drawing.alt
    )
    assert drawing.figure.data[1].line.color == LIGHT.b
    assert drawing.table.loc["2020-03-13", "loss (% of value)"] == pytest.approx(4.0)


def test_a_forecast_without_exception_is_drawn():
    calm = forecasts(loss=np.zeros(5), exception=np.zeros(5, dtype=bool))
    drawing = draw(calm)
    assert len(drawing.figure.data[2].x) == 0
    assert "0 of 5 losses exceed it" in drawing.alt


def test_no_cross_is_lost_where_the_lines_are_thinned():
    count = 6000
    loss = np.where(np.arange(count) % 50 == 0, 0.05, 0.0)
    table = pd.DataFrame(
        {"var": 0.02, "cvar": 0.03, "loss": loss, "exception": loss > 0.02},
        index=pd.date_range("2000-01-03", periods=count, freq="B"),
    )
    drawn = draw(table).figure.data
    assert len(drawn[0].x) <= 1200
    assert len(drawn[2].x) == count // 50


def test_labels_from_a_reader_stay_letters():
    assert "<a href" not in text_of(draw(forecasts(), name=NASTY).figure)


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (forecasts().drop(columns="cvar"), InputError, "cvar is missing"),
        (forecasts(exception=np.zeros(5, dtype=bool)), InputError, "loss above VaR"),
        (forecasts().reset_index(drop=True), InputError, "increasing dates"),
        (forecasts(var=[0.02, np.nan, 0.02, 0.03, 0.03]), MissingDataError, "gaps"),
        (forecasts().iloc[:0], MissingDataError, "empty"),
    ],
    ids=["column", "flag", "dates", "gap", "empty"],
)
def test_refusals(table, error, said):
    with pytest.raises(error, match=said):
        draw(table)
