import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures import DARK, LIGHT
from riskcore.figures.stability import draw_stability
from riskcore.results.stability import StabilityResult

from .conftest import NASTY, text_of


def result(**changes):
    weights = pd.DataFrame({"x": [0.4, 0.6], "y": [0.5, 0.5]}, index=["SPY", "BND"])
    width = pd.DataFrame({"x": [0.1, 0.2], "y": [0.0, 0.0]}, index=["SPY", "BND"])
    settings = {
        "weights": weights,
        "lower": weights - width,
        "upper": weights + width,
        "moved": pd.Series({"x": 0.07, "y": 0.0}),
        "failures": pd.Series({"x": 0, "y": 0}),
        "refused": {},
        "level": 0.9,
        "resamples": 100,
        "block_length": 5.0,
    } | changes
    return StabilityResult(**settings)


NAMES = {"x": "Risk parity", "y": "Equal weight"}


def test_bars_span_the_ranges_and_dots_are_the_weights():
    drawing = draw_stability(result(), NAMES, theme=LIGHT)
    bar, dots = drawing.figure.data[:2]
    assert np.allclose(bar.base, [30, 40])
    assert np.allclose(bar.x, [20, 40])
    assert np.allclose(dots.x, [40, 60])
    assert "moved 7.0\u00a0% on average" in text_of(drawing.figure)
    assert np.allclose(drawing.table.loc["BND", "Risk parity to (%)"], 80)


def test_a_weight_that_never_moves_is_still_seen():
    bar = draw_stability(result(), NAMES, theme=DARK).figure.data[2]
    assert (np.array(bar.x) > 0).all()


def test_names_are_shown_letter_by_letter():
    found = result(weights=result().weights.rename(index={"SPY": NASTY}))
    assert "<a href" not in text_of(draw_stability(found, NAMES, theme=LIGHT).figure)


def test_what_cannot_be_drawn_is_refused():
    nothing = pd.DataFrame(np.nan, index=["SPY", "BND"], columns=["x", "y"])
    with pytest.raises(InputError, match="nothing to draw"):
        draw_stability(result(lower=nothing), NAMES, theme=LIGHT)
    with pytest.raises(InputError, match="No name"):
        draw_stability(result(), {"x": "Risk parity"}, theme=LIGHT)
