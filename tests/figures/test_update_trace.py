import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError
from riskcore.figures import LIGHT
from riskcore.figures.update_trace import draw_update_traces
from riskcore.results.update_trace import UpdateTrace


def trace(label="Form", steps=3, confidence=0.95):
    cvar = np.linspace(0.03, 0.02, steps + 1)
    return UpdateTrace(
        form="gradient",
        label=label,
        solved="x",
        confidence=confidence,
        path=pd.DataFrame(np.ones((steps + 1, 1)), columns=["SPY"]),
        cvar=cvar,
        best_cvar=cvar,
        weight_change=np.full(steps, 0.01),
        gradient_norm=np.ones(steps + 1),
        residual=np.full(steps, 1e-5),
        residual_name="gap",
        converged=True,
        best=pd.Series([1.0], index=["SPY"]),
        shares=None,
        seconds=0.0,
    )


def test_lines_are_the_cvar_in_percent_counted_from_the_start():
    drawing = draw_update_traces([trace()], theme=LIGHT)
    line = drawing.figure.data[0]
    assert np.allclose(line.y, [3, 8 / 3, 7 / 3, 2])
    assert np.array_equal(line.x, [1, 2, 3, 4])
    assert np.isclose(drawing.table.loc["Form", "last change of weights (% of value)"], 1.0)


def test_long_traces_are_thinned_to_their_ends():
    line = draw_update_traces([trace(steps=5000)], theme=LIGHT).figure.data[0]
    assert len(line.x) <= 160
    assert (line.x[0], line.x[-1]) == (1, 5001)
    assert np.isclose(line.y[-1], 2.0)


def test_no_form_has_the_colour_of_a_or_b():
    lines = draw_update_traces([trace(str(i)) for i in range(6)], theme=LIGHT).figure.data
    assert not {line.line.color for line in lines} & {LIGHT.a, LIGHT.b}
    assert len({line.line.dash for line in lines}) == 6


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="one to 6"):
        draw_update_traces([], theme=LIGHT)
    with pytest.raises(InputError, match="different confidences"):
        draw_update_traces([trace(), trace("Other", confidence=0.99)], theme=LIGHT)
