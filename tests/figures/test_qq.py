import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import LIGHT, draw_qq

from .conftest import NASTY, text_of


def quantiles(count=1000):
    loss = np.linspace(-0.04, 0.05, count)
    index = pd.date_range("2020-01-01", periods=count, freq="D")
    return pd.DataFrame(
        {"level": 0.5, "loss": loss, "gaussian": loss / 2, "student_t": 0.9 * loss}, index=index
    )


def test_both_models_are_drawn_against_the_losses_with_the_line_of_agreement():
    table = quantiles()
    drawing = draw_qq(table, theme=LIGHT)
    gaussian, student = drawing.figure.data
    assert (gaussian.name, student.name) == ("Gaussian", "Student-t")
    np.testing.assert_allclose(gaussian.x, np.asarray(gaussian.y) / 2)
    np.testing.assert_allclose(student.x, 0.9 * np.asarray(student.y))
    line = drawing.figure.layout.shapes[0]
    assert (line.x0, line.x1) == (line.y0, line.y1) == pytest.approx((-4.0, 5.0))
    assert gaussian.marker.symbol != student.marker.symbol
    assert student.marker.color == LIGHT.a


def test_the_tails_are_drawn_whole_and_the_middle_thinned():
    y = np.asarray(draw_qq(quantiles(5000), theme=LIGHT).figure.data[0].y)
    losses = 100 * quantiles(5000)["loss"].to_numpy()
    assert len(y) <= 500
    np.testing.assert_array_equal(y[:150], losses[:150])
    np.testing.assert_array_equal(y[-150:], losses[-150:])
    assert np.diff(y).max() < 5 * 9 / 200


def test_the_words_name_the_worst_loss_and_what_was_expected():
    drawing = draw_qq(quantiles(), theme=LIGHT, name="B", which=1)
    assert "The worst, 5.00\u00a0% (26 Sep 2022), would be 2.50\u00a0% under a Gaussian" in drawing.alt
    assert "4.50\u00a0% under a Student-t" in drawing.alt
    assert drawing.figure.data[1].marker.color == LIGHT.b
    assert drawing.table["loss (%)"].iloc[0] == 5.0
    assert len(drawing.table) == 1000


def test_labels_from_a_reader_stay_letters():
    table = quantiles(3).set_axis([NASTY, "x", NASTY + "2"])
    assert "<a href" not in text_of(draw_qq(table, theme=LIGHT, name=NASTY).figure)


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (quantiles().drop(columns="gaussian"), InputError),
        (quantiles().iloc[::-1], InputError),
        (quantiles(1), MissingDataError),
    ],
    ids=["column", "order", "one"],
)
def test_refusals(table, error):
    with pytest.raises(error):
        draw_qq(table, theme=LIGHT)
