import numpy as np
import pandas as pd
import pytest

from riskcore.errors import InputError, MissingDataError
from riskcore.figures import LIGHT, draw_days_by_asset

from .conftest import NASTY, contribution, text_of

DAYS = pd.DataFrame(
    {"2020-03-12": [0.003, 0.001, 0.0005], "2008-10-10": [0.002, 0.001, -0.001]}, index=["SPY", "QQQ", "BND"]
).rename(columns=pd.Timestamp)


def test_rows_add_up_to_the_right_and_columns_downwards(a):
    (heat,) = draw_days_by_asset(DAYS, a, theme=LIGHT).figure.data
    text = [list(row) for row in heat.text]
    # Total 2 % of value: SPY's 0.3 % on 12 March 2020 is 15 % of it.
    assert text[0] == ["15.0", "5.0", "2.5", "22.5"]
    assert text[1] == ["10.0", "5.0", "−5.0", "10.0"]
    assert text[2] == ["50.0", "20.0", "−2.5", "67.5"]
    assert text[3] == ["75.0", "30.0", "−5.0", "100.0"]


def test_sums_are_never_shaded_and_negative_parts_neither(a):
    (heat,) = draw_days_by_asset(DAYS, a, theme=LIGHT).figure.data
    shade = np.array(heat.z)
    assert (shade[2:] == 0).all()
    assert (shade[:, -1] == 0).all()
    assert shade[1, 2] == 0
    assert heat.zmax == pytest.approx(15.0)


def test_the_table_is_in_percent_of_value_and_adds_up(a):
    table = draw_days_by_asset(DAYS, a, theme=LIGHT, horizon_label="1-day").table
    assert table.index.tolist() == ["2020-03-12", "2008-10-10", "all others", "together"]
    spy = table.iloc[:, 0]
    assert spy.tolist() == pytest.approx([0.3, 0.2, 1.0, 1.5])
    assert table.loc["together"].iloc[-1] == pytest.approx(100.0)
    assert table.loc["together"].iloc[:3].sum() == pytest.approx(table.loc["together"].iloc[3])


def test_undefined_shares_show_percent_of_value():
    flat = contribution(components=(0.01, -0.01, 0.0))
    drawing = draw_days_by_asset(DAYS, flat, theme=LIGHT)
    assert "% of value" in drawing.title
    assert drawing.figure.data[0].text[0][0] == "0.30"


def test_further_assets_are_summed(a):
    drawing = draw_days_by_asset(DAYS, a, theme=LIGHT, most=1)
    assert tuple(drawing.figure.layout.xaxis.ticktext) == ("SPY", "other 2", "<b>together</b>")
    assert [row[1] for row in drawing.figure.data[0].text] == ["7.5", "0.0", "17.5", "25.0"]


def test_alt_names_the_top_date(a):
    assert "12 Mar 2020 adds most, 22.50\N{NO-BREAK SPACE}% of the figure" in (
        draw_days_by_asset(DAYS, a, theme=LIGHT).alt
    )


def test_labels_from_readers_are_escaped():
    names = [NASTY, "QQQ", "BND"]
    drawing = draw_days_by_asset(DAYS.set_axis(names), contribution(index=names), theme=LIGHT)
    assert "<a href" not in text_of(drawing.figure)


def test_refusals(a):
    with pytest.raises(MissingDataError, match="no day"):
        draw_days_by_asset(DAYS.iloc[:, :0], a, theme=LIGHT)
    with pytest.raises(MissingDataError, match="missing"):
        draw_days_by_asset(DAYS.replace(0.003, np.nan), a, theme=LIGHT)
    with pytest.raises(InputError, match="different assets"):
        draw_days_by_asset(DAYS.iloc[:2], a, theme=LIGHT)
