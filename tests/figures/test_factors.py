"""Figures of factor models: what they say, what they hold, and what they refuse to draw."""

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures.factors import draw_factor_exposures, draw_factor_risk, draw_factor_shock
from riskcore.figures.factors_model import draw_exposure_map, draw_spectrum
from riskcore.figures.theme import DARK, LIGHT
from riskcore.results.factors import (
    ComponentsResult,
    ExposureResult,
    FactorContributionResult,
    FactorShockResult,
    PortfolioExposureResult,
)
from tests.figures.conftest import NASTY, text_of

SPACE = "\N{NO-BREAK SPACE}"


def own(name="A", factors=("SPY", "BND"), exposure=(0.8, -0.1), level=0.95):
    x = np.array(exposure)
    table = pd.DataFrame(
        {"exposure": x, "standard_error": 0.05, "lower": x - 0.1, "upper": x + 0.1}, index=list(factors)
    )
    return PortfolioExposureResult(name, table, level, 0.9)


def carried(
    name="A", factors=(0.012, 0.002), specific=(0.005, 0.001), mean=0.0, names=("SPY", "BND"), **changes
):
    given = {"measure": "cvar", "label": "CVaR 95 %", "confidence": 0.95} | changes
    total = sum(factors) + sum(specific) + mean
    return FactorContributionResult(
        portfolio=name,
        total=total,
        exposure=pd.Series(0.5, index=list(names)),
        factors=pd.Series(factors, index=list(names)),
        specific=pd.Series(specific, index=["QQQ", "GOLD"]),
        mean=mean,
        relation=0.0,
        **given,
    )


def hit(name="A", move=-0.1, factor="SPY"):
    parts = pd.DataFrame({"exposure": [0.8], "move": [move], "contribution": [0.8 * move]}, index=[factor])
    return FactorShockResult(name, parts["move"], (factor,), "still", pd.DataFrame(), parts, 0.8 * move, ())


def model(factor="SPY", asset="QQQ"):
    b = pd.DataFrame({factor: [1.2, 0.01]}, index=[asset, "BND"])
    flat = pd.Series([0.8, np.nan], index=b.index)
    return ExposureResult(
        b, 0 * b + 0.1, flat, flat, flat, flat, b, 100, 1, 252.0, 0.0, "classic", None, 98.0, ()
    )


def spectrum(edge=1.1):
    names = ["PC1", "PC2"]
    flat = pd.DataFrame([[0.5, 0.5], [0.5, -0.5]], columns=names)
    return ComponentsResult("correlation", pd.Series([1.6, 0.4], names), flat, flat, edge, 1, 900.0)


def test_exposures_are_paired_bars_with_their_intervals():
    found = draw_factor_exposures([own(), own("B", exposure=(0.2, 0.6))], theme=LIGHT, basis="weekly returns")
    first, second = found.figure.data
    assert (first.name, second.name) == ("A", "B")
    assert first.marker.color == LIGHT.a
    np.testing.assert_allclose(second.x, [0.2, 0.6])
    np.testing.assert_allclose(first.error_x.array, 0.1)
    low, high = found.figure.layout.xaxis.range
    assert low < -0.2
    assert high >= 0.9
    assert "Exposure of B to BND: 0.60, interval 0.50 to 0.70." in found.alt
    assert found.table.loc["BND", "B upper (% per 1 %)"] == pytest.approx(0.7)


def test_shares_of_risk_by_factor_leave_out_a_mean_too_small_to_see():
    found = draw_factor_risk([carried(), carried("B", (0.01, 0.0))], theme=DARK, horizon_label="1-day")
    assert found.title == f"A and B: share of 1-day CVaR 95{SPACE}% by factor"
    np.testing.assert_allclose(found.figure.data[0].x, [60.0, 10.0, 30.0])
    assert len(found.table) == 4
    assert f"specific to assets 30.0{SPACE}%" in found.alt
    seen = draw_factor_risk([carried(mean=0.005)], theme=LIGHT)
    assert seen.figure.data[0].x[-1] == pytest.approx(20.0)


def test_undefined_shares_are_drawn_in_percent_of_value():
    found = draw_factor_risk([carried(), carried("B", (0.01, -0.01), (0.0, 0.0))], theme=LIGHT)
    assert "% of value" in found.title
    np.testing.assert_allclose(found.figure.data[1].x, [1.0, -1.0, 0.0])


def test_losses_by_factor_end_with_all_of_them():
    found = draw_factor_shock([hit(), hit("B")], theme=LIGHT)
    np.testing.assert_allclose(found.figure.data[0].x, [8.0, 8.0])
    assert found.table["A loss (% of value)"].iloc[-1] == pytest.approx(8.0)
    gains = draw_factor_shock([hit(move=0.1)], theme=LIGHT)
    assert gains.alt == f"A gains 8.0{SPACE}% of value in all."


def test_the_map_brackets_what_could_be_zero_and_says_where_nothing_moves():
    found = draw_exposure_map(model(), theme=LIGHT)
    (heat,) = found.figure.data
    assert [list(row) for row in heat.text] == [["1.20", f"80{SPACE}%"], ["(0.01)", "–"]]
    assert heat.z[1][0] == pytest.approx(0.003)
    assert found.table.loc["QQQ", "SPY t"] == pytest.approx(12.0)


def test_the_noise_line_is_drawn_only_where_it_applies():
    assert len(draw_spectrum(spectrum(), theme=LIGHT).figure.layout.shapes) == 1
    without = draw_spectrum(spectrum(None), theme=LIGHT)
    assert not without.figure.layout.shapes
    assert "noise line" not in without.alt


def test_names_from_readers_are_shown_letter_by_letter():
    for found in (
        draw_factor_exposures([own(factors=(NASTY, "BND"))], theme=LIGHT),
        draw_factor_risk([carried(names=(NASTY, "BND"))], theme=LIGHT),
        draw_factor_shock([hit(factor=NASTY)], theme=LIGHT),
        draw_exposure_map(model(NASTY, NASTY), theme=LIGHT),
    ):
        drawn = text_of(found.figure)
        assert "<a href" not in drawn
        assert "%{z}" not in drawn
        assert "$y$" not in drawn


@pytest.mark.parametrize(
    ("draw", "given", "said"),
    [
        (draw_factor_exposures, [], "one or two portfolios, got 0"),
        (draw_factor_exposures, [own(), own("B", ("SPY", "GOLD"))], "their factors differ"),
        (draw_factor_exposures, [own(), own("B", level=0.9)], "different levels"),
        (draw_factor_risk, [carried(), carried("B", measure="volatility")], "measure differ"),
        (draw_factor_shock, [hit(), hit("B", -0.2)], "their moves differ"),
        (draw_factor_shock, [hit(), hit(), hit()], "got 3"),
    ],
)
def test_what_cannot_be_compared_is_refused(draw, given, said):
    with pytest.raises(InputError, match=said):
        draw(given, theme=LIGHT)
