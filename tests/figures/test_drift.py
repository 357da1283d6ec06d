"""Weights of shares through time: what is drawn is the table, month by month."""

import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drift import draw_drift
from riskcore.figures.theme import DARK, LIGHT

DAYS = pd.bdate_range("2024-01-01", "2024-06-28")


def weights(count: int) -> pd.DataFrame:
    raw = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.02, (len(DAYS), count)), axis=0))
    names = [f"T{k}" for k in range(count)]
    return pd.DataFrame(raw / raw.sum(axis=1, keepdims=True), index=DAYS, columns=names)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_areas_add_up_to_the_whole_at_every_month_end(theme):
    table = weights(12)
    drawing = draw_drift(table, theme=theme, name="A")
    drawn = np.array([trace.y for trace in drawing.figure.data], dtype=float)
    assert drawn.shape == (8, 6)  # seven assets and the others together, six months
    assert np.allclose(drawn.sum(axis=0), 100.0, atol=1e-4)
    ends = table.loc[["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30", "2024-05-31", "2024-06-28"]]
    assert np.allclose(drawing.table.to_numpy(), 100 * ends.to_numpy())
    assert "never been traded" in drawing.title and "6 month ends" in drawing.alt


def test_shorts_and_a_single_month_are_refused():
    with pytest.raises(InputError, match="A holds short positions"):
        draw_drift(weights(3) - 0.9, theme=LIGHT, name="A")
    with pytest.raises(MissingDataError, match="at least two months"):
        draw_drift(weights(3).iloc[:10], theme=LIGHT, name="A")
