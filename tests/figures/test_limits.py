"""How far limits are used: order, words, colours and the line, from a gate written by hand."""

import pytest

from riskcore.errors import InputError
from riskcore.figures.limits import draw_utilisation
from riskcore.figures.theme import DARK, LIGHT
from riskcore.results.limits import GateResult, LimitResult
from tests.figures.conftest import NASTY, text_of

GATE = GateResult(
    "A",
    (
        LimitResult("cvar", "CVaR", 0.02, 0.01),
        LimitResult("days", "Days", 4.0, 5.0, "days"),
        LimitResult("replay", "Replay", 0.2, None, reason="No data."),
        LimitResult("gain", "Gap", 0.1, -0.02),
        LimitResult("warn", "Weight", 0.5, 0.47),
    ),
)


def test_the_most_used_stands_on_top_with_its_verdict_in_words():
    drawing = draw_utilisation(GATE, theme=LIGHT)
    bars, verdicts = drawing.figure.data
    assert [float(v) for v in bars.x] == [125.0, 94.0, 50.0, 0.0, 0.0]
    assert [t.strip().replace("\N{NO-BREAK SPACE}", " ") for t in verdicts.text] == [
        "125 % BREACH",
        "94 % warn",
        "50 % pass",
        "0 % pass",
        "not checked",
    ]
    assert list(bars.marker.color) == [LIGHT.loss, *[LIGHT.a] * 4]
    assert drawing.title == "A: 1 of 5 limits breached"
    assert drawing.table.loc["days", "utilisation"] == 1.25
    assert "Days 125" in drawing.alt
    assert "5.0 days of 4.0 days allowed" in bars.hovertext[0]
    assert [s.x0 for s in drawing.figure.layout.shapes] == [100.0]


def test_both_themes_differ_in_colour_only_and_names_are_never_markup():
    nasty = GateResult(NASTY, (LimitResult("x", NASTY, 0.1, 0.2),))
    light, dark = (draw_utilisation(nasty, theme=theme) for theme in (LIGHT, DARK))
    assert dark.figure.data[0].marker.color[0] == DARK.loss
    assert "<a href" not in text_of(light.figure)


def test_a_gate_without_limits_is_refused():
    with pytest.raises(InputError, match="No limits are set"):
        draw_utilisation(GateResult("A", ()), theme=LIGHT)
