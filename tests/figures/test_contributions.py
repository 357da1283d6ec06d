import numpy as np
import pytest

from riskcore.errors import InputError
from riskcore.figures import DARK, LIGHT, draw_paired, draw_weight_and_risk

from .conftest import NASTY, contribution, text_of


def test_structure_of_one_drawing_per_portfolio(a, b):
    drawings = draw_weight_and_risk([a, b], theme=LIGHT, horizon_label="1-day")
    assert [d.title for d in drawings] == [
        "A · Equal weight: share of money (pale) and of 1-day CVaR 95\u00a0% (solid)",
        "B · Risk parity: share of money (pale) and of 1-day CVaR 95\u00a0% (solid)",
    ]
    for drawing, name, solid, pale in zip(
        drawings, "AB", (LIGHT.a, LIGHT.b), (LIGHT.a_pale, LIGHT.b_pale), strict=True
    ):
        assert [(t.type, t.name, t.marker.color) for t in drawing.figure.data] == [
            ("bar", f"{name} risk", solid),
            ("bar", f"{name} weight", pale),
        ]
        assert drawing.figure.layout.xaxis.title.text == "% of the total"


def test_both_share_one_scale_and_one_order(a, b):
    one, two = (d.figure.layout for d in draw_weight_and_risk([a, b], theme=DARK))
    assert tuple(one.yaxis.ticktext) == tuple(two.yaxis.ticktext) == ("SPY", "QQQ", "BND")
    assert tuple(one.xaxis.range) == tuple(two.xaxis.range)
    assert one.xaxis.range == pytest.approx((-5.0, 75.0))
    assert one.margin.r == two.margin.r
    assert one.yaxis.ticklabelstandoff == two.yaxis.ticklabelstandoff


def test_numbers_at_the_ends_are_the_shares_in_percent(a):
    risk, weight = draw_weight_and_risk([a], theme=LIGHT)[0].figure.data
    np.testing.assert_allclose(risk.x, [75.0, 30.0, -5.0])
    np.testing.assert_allclose(weight.x, [50.0, 30.0, 20.0])
    assert list(risk.text) == ["75.0 risk", "30.0", "−5.0"]
    assert list(weight.text) == ["50.0 money", "30.0", "20.0"]


def test_alt_text_states_the_finding(a):
    drawing = draw_weight_and_risk([a], theme=LIGHT, horizon_label="1-day")[0]
    assert (
        "In A, SPY carries 75.0\u00a0% of 1-day CVaR 95\u00a0% with 50.0\u00a0% of the money." in drawing.alt
    )


def test_the_table_has_all_assets_full_digits_and_units(a, b):
    table = draw_paired(a, b, theme=LIGHT, most=1).table
    assert list(table.index) == ["SPY", "QQQ", "BND"]
    assert table.loc["BND", "A share of CVaR 95\u00a0% (%)"] == pytest.approx(-5.0, abs=1e-12)
    assert table.loc["BND", "B weight (% of value)"] == pytest.approx(70.0)
    assert all("(" in c for c in table.columns)


def test_small_assets_are_summed_and_hedges_are_not_hidden():
    weights = np.full(12, 1 / 12)
    parts = np.array(
        [0.01, 0.009, 0.008, 0.007, 0.0011, 0.001, 0.0009, 0.0008, 0.0007, 0.0006, 0.0005, -0.02]
    )
    many = contribution(weights=weights, components=parts, index=[f"X{i}" for i in range(12)])
    figure = draw_weight_and_risk([many], theme=LIGHT, most=5)[0].figure
    assert tuple(figure.layout.yaxis.ticktext) == ("X0", "X1", "X2", "X3", "X11", "other 7")
    risk, weight = figure.data
    assert risk.x.sum() == pytest.approx(100.0)
    assert weight.x[-1] == pytest.approx(700 / 12)
    assert risk.x[-1] == pytest.approx(100 * parts[4:11].sum() / parts.sum())


def test_undefined_shares_show_components_and_say_so(a):
    near_zero = contribution("Hedged", (0.5, 0.5), (0.004, -0.004))
    drawings = draw_weight_and_risk([a, near_zero], theme=LIGHT)
    for drawing in drawings:
        (trace,) = drawing.figure.data
        assert trace.name.endswith("risk")
        assert drawing.figure.layout.xaxis.title.text == "% of value"
        assert "shares are undefined" in drawing.title
        assert "percent of portfolio value" in drawing.definition
    np.testing.assert_allclose(drawings[1].figure.data[0].x, [0.4, -0.4, 0.0], atol=1e-12)
    assert "shares are undefined near zero" in drawings[1].alt


def test_paired_has_four_bars_in_one_row(a, b):
    drawing = draw_paired(a, b, theme=LIGHT, horizon_label="1-day")
    names = [t.name for t in drawing.figure.data]
    assert names == ["A risk", "A weight", "B risk", "B weight"]
    offsets = [t.offset for t in drawing.figure.data]
    assert offsets == sorted(offsets)
    assert [t.text[0] for t in drawing.figure.data] == [
        "75.0 A risk",
        "50.0 A money",
        "33.3 B risk",
        "10.0 B money",
    ]
    assert "A · Equal weight and B · Risk parity" in drawing.title


def test_assets_held_by_one_portfolio_only_count_zero_in_the_other(a):
    other = contribution("Gold", (1.0,), (0.01,), index=["GOLD"])
    figure = draw_paired(a, other, theme=LIGHT).figure
    assert tuple(figure.layout.yaxis.ticktext) == ("SPY", "QQQ", "GOLD", "BND")
    np.testing.assert_allclose(figure.data[0].x, [75.0, 30.0, 0.0, -5.0])
    np.testing.assert_allclose(figure.data[3].x, [0.0, 0.0, 100.0, 0.0])


def test_user_labels_are_shown_letter_by_letter():
    nasty = contribution(NASTY, index=[NASTY, "%{x}", "QQQ"])
    drawing = draw_weight_and_risk([nasty], theme=LIGHT, names=(NASTY, "B"))[0]
    text = text_of(drawing.figure)
    assert "<a" not in text
    assert "$" not in text
    assert "%{" not in text
    assert NASTY in drawing.table.index


def test_different_measures_are_refused(a):
    for other in (
        contribution(measure="volatility", label="volatility", confidence=None),
        contribution(label="CVaR 99 %", confidence=0.99),
    ):
        with pytest.raises(InputError, match="same measure and level"):
            draw_paired(a, other, theme=LIGHT)


@pytest.mark.parametrize("count", [0, 3])
def test_none_or_three_portfolios_are_refused(a, count):
    with pytest.raises(InputError, match="one or two"):
        draw_weight_and_risk([a] * count, theme=LIGHT)
