import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import DARK, LIGHT, draw_tail_models, draw_thresholds
from riskcore.results.tail_models import TailModelsResult

from .conftest import NASTY, text_of


def models(name="A", scale=1.0, confidence=0.95, **changes):
    rows = {
        "historical": ("Historical", 0.010, 0.009, 0.012, 0.020, 0.018, 0.024, True, None),
        "gaussian": ("Gaussian", 0.011, 0.010, 0.013, 0.015, 0.014, 0.017, False, "Outside its domain."),
        "evt": ("Extreme value (peaks over threshold)", *[np.nan] * 6, False, "Too few losses."),
    }
    columns = [
        "label",
        "var",
        "var_lower",
        "var_upper",
        "cvar",
        "cvar_lower",
        "cvar_upper",
        "reliable",
        "note",
    ]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.iloc[:, 1:7] *= scale
    for (row, column), value in changes.pop("cells", {}).items():
        table.loc[row, column] = value
    return TailModelsResult(name, confidence, table, {}, 0.95, "block", 20.0, 1000, 100.0, None)


def thresholds(xi=(0.1, 0.2, np.nan)):
    return pd.DataFrame(
        {"xi": xi, "xi_error": [0.05, 0.1, np.nan], "exceedances": [200.0, 100.0, np.nan]},
        index=pd.Index([0.9, 0.95, 0.98], name="quantile"),
    )


def dots(figure):
    return [t for t in figure.data if t.mode == "markers"]


def texts(figure):
    return [[word.strip("\u00a0") for word in t.text] for t in figure.data if t.mode == "text"]


def test_every_model_has_a_dot_at_its_figure_and_a_line_over_its_interval():
    drawing = draw_tail_models(models(), models("B", 0.5), theme=LIGHT)
    a, b = dots(drawing.figure)
    np.testing.assert_allclose(a.x, [2.0, 1.5])
    np.testing.assert_allclose(b.x, [1.0, 0.75])
    lines = [t for t in drawing.figure.data if t.mode == "lines"]
    np.testing.assert_allclose([t.x for t in lines], [[1.8, 2.4], [1.4, 1.7], [0.9, 1.2], [0.7, 0.85]])
    assert (lines[0].line.color, lines[2].line.color) == (LIGHT.a, LIGHT.b)
    assert all(np.ptp(t.y) == 0 for t in lines)
    # The dots lie on their own lines, A above B.
    np.testing.assert_allclose([*a.y, *b.y], [t.y[0] for t in lines])
    assert a.y[0] < b.y[0]


def test_var_is_drawn_on_request():
    drawing = draw_tail_models(models(), theme=DARK, measure="var")
    np.testing.assert_allclose(dots(drawing.figure)[0].x, [1.0, 1.1])
    assert "VaR 95\u00a0%" in drawing.title
    assert "CVaR" not in drawing.title


def test_doubt_and_refusal_are_told_without_colour():
    drawing = draw_tail_models(models(), theme=LIGHT)
    a = dots(drawing.figure)[0]
    assert list(a.marker.color) == [LIGHT.a, LIGHT.surface]
    assert texts(drawing.figure)[0] == ["2.00\u00a0 A", "1.50 in doubt", "no figure"]
    assert "Gaussian 1.50\u00a0% (in doubt); Extreme value (peaks over threshold) no figure." in drawing.alt
    assert drawing.table["A note"].tolist() == ["", "Outside its domain.", "Too few losses."]
    assert "in doubt" in a.hovertext[1]


def test_an_infinite_figure_and_an_open_interval_are_said_and_do_not_stretch_the_axis():
    cells = {("evt", "var"): 0.01, ("evt", "cvar"): np.inf, ("gaussian", "cvar_upper"): np.inf}
    drawing = draw_tail_models(models(cells=cells), theme=LIGHT)
    assert texts(drawing.figure)[0][2] == "infinite"
    assert max(drawing.figure.layout.xaxis.range) < 4
    assert "infinite" in drawing.alt
    arrow = next(t for t in drawing.figure.data if t.mode == "lines+markers")
    assert np.isfinite(arrow.x).all()


def test_the_table_has_full_digits_for_both():
    table = draw_tail_models(models(), models("B", 1 / 3), theme=LIGHT).table
    assert table.loc["Historical", "B CVaR (% of value)"] == pytest.approx(100 * 0.02 / 3, rel=1e-15)
    assert table.loc["Historical", "A CVaR to"] == pytest.approx(2.4)


def test_labels_from_a_reader_stay_letters():
    drawing = draw_tail_models(models(NASTY), theme=LIGHT, names=(NASTY, "B"))
    assert "<a href" not in text_of(drawing.figure)


@pytest.mark.parametrize(
    ("b", "measure", "error"),
    [
        (models("B", confidence=0.99), "cvar", InputError),
        (None, "volatility", InputError),
        (None, "cvar", MissingDataError),
    ],
    ids=["level", "measure", "nothing"],
)
def test_refusals(b, measure, error):
    empty = {(row, column): np.nan for row in models().table.index for column in ("cvar", "cvar_upper")}
    a = models(cells=empty) if error is MissingDataError else models()
    with pytest.raises(error):
        draw_tail_models(a, b, theme=LIGHT, measure=measure)


def test_thresholds_show_xi_with_error_bars_and_leave_out_what_has_no_fit():
    drawing = draw_thresholds(thresholds(), thresholds((0.3, 0.4, 0.5)), theme=LIGHT)
    a, b = drawing.figure.data
    np.testing.assert_allclose(a.y, [0.1, 0.2])
    np.testing.assert_allclose(a.error_y.array, [1.959964 * 0.05, 1.959964 * 0.1], rtol=1e-6)
    assert len(b.y) == 3
    assert (a.marker.symbol, b.marker.symbol) == ("circle", "diamond")
    assert "A: ξ from 0.10 to 0.20. B: ξ from 0.30 to 0.50." in drawing.alt
    assert "200 exceedances" in a.hovertext[0]


def test_thresholds_of_a_portfolio_without_any_fit_are_said():
    drawing = draw_thresholds(thresholds([np.nan] * 3), thresholds(), theme=LIGHT)
    assert len(drawing.figure.data) == 1
    assert drawing.figure.data[0].line.color == LIGHT.b
    assert "A: no fit. B: ξ from" in drawing.alt


def test_thresholds_without_any_fit_are_refused():
    with pytest.raises(MissingDataError, match="enough exceedances"):
        draw_thresholds(thresholds([np.nan] * 3), theme=LIGHT)
