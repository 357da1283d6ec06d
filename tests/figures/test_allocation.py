import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import DARK, LIGHT, draw_weights

from .conftest import NASTY, text_of

TABLE = pd.DataFrame(
    {"Equal weight": [0.5, 0.5], "Risk parity": [0.213, 0.787], "Kelly": [1.3, -0.3]}, index=["SPY", "BND"]
)


def test_structure():
    drawing = draw_weights(TABLE, theme=LIGHT, a="Equal weight", b="Risk parity")
    (heat,) = drawing.figure.data
    assert heat.type == "heatmap"
    np.testing.assert_allclose(heat.z, 100 * TABLE.to_numpy().T)
    assert list(heat.text[2]) == ["130.0", "−30.0"]
    assert tuple(drawing.figure.layout.xaxis.ticktext) == ("SPY", "BND")
    rows = drawing.figure.layout.yaxis.ticktext
    assert f'color:{LIGHT.a}">A</span> · Equal weight' in rows[0]
    assert f'color:{LIGHT.b}">B</span> · Risk parity' in rows[1]
    assert rows[2] == "Kelly"
    assert drawing.title == "Weights by allocator, % of value (A is Equal weight, B is Risk parity)"
    assert "130.0\u00a0% of Kelly in SPY" in drawing.alt
    assert drawing.table.loc["BND", "Risk parity (% of value)"] == pytest.approx(78.7)


def test_shorts_have_their_own_hue_and_long_only_does_not():
    both = draw_weights(TABLE, theme=DARK).figure.data[0]
    assert (both.zmin, both.zmax) == (-130.0, 130.0)
    longs = draw_weights(TABLE[["Risk parity"]], theme=DARK).figure.data[0]
    assert longs.zmin == 0.0
    assert DARK.b_pale not in [c for _, c in longs.colorscale]


def test_one_row_can_be_both():
    rows = draw_weights(TABLE, theme=LIGHT, a="Kelly", b="Kelly").figure.layout.yaxis.ticktext
    assert LIGHT.a in rows[2]
    assert LIGHT.b in rows[2]


def test_many_assets_show_whole_percents():
    wide = pd.DataFrame({"Equal weight": np.full(14, 1 / 14)}, index=[f"X{i}" for i in range(14)])
    heat = draw_weights(wide, theme=LIGHT).figure.data[0]
    assert set(heat.text[0]) == {"7"}
    assert "7.1\u00a0%" in heat.hovertext[0][0]


def test_names_are_escaped():
    figure = draw_weights(
        TABLE.rename(columns={"Kelly": NASTY}, index={"SPY": NASTY}), theme=LIGHT, a=NASTY
    ).figure
    assert "<a" not in text_of(figure)


def test_refusals():
    with pytest.raises(InputError, match="none of the allocators"):
        draw_weights(TABLE, theme=LIGHT, a="CVaR parity")
    with pytest.raises(InputError, match="distinct names"):
        draw_weights(TABLE.set_axis(["x", "x", "y"], axis=1), theme=LIGHT)
    with pytest.raises(MissingDataError, match="0 if none"):
        draw_weights(TABLE.where(TABLE > 0), theme=LIGHT)
    with pytest.raises(MissingDataError, match="empty"):
        draw_weights(TABLE.iloc[:0], theme=LIGHT)
