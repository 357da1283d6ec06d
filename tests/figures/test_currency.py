from dataclasses import replace

import numpy as np
import pandas as pd

from riskcore.figures import LIGHT, draw_currency_effect
from riskcore.results.currency import CurrencyEffectResult

from .conftest import NASTY, text_of


def effect(names=("SPY", "FTSE100")):
    table = pd.DataFrame(
        {
            "weight": [0.5, 0.5],
            "local": [0.006, 0.008],
            "currency": [0.0, -0.003],
            "unhedged": [0.006, 0.005],
            "hedged": [0.007, 0.009],
        },
        index=list(names),
    )
    return CurrencyEffectResult(
        "A", "cvar", "CVaR 95 %", 0.95, 0.011, 0.016, table, {str(names[1]): "GBPUSD"}
    )


def test_both_parts_stand_in_one_row_in_percent_of_value():
    drawing = draw_currency_effect(effect(), theme=LIGHT, base="USD", horizon_label="1-day")
    local, currency = drawing.figure.data
    np.testing.assert_allclose(local.x, [0.6, 0.8])
    np.testing.assert_allclose(currency.x, [0.0, -0.3])
    assert "unhedged in USD" in drawing.title
    assert tuple(drawing.figure.layout.yaxis.ticktext) == ("SPY", "FTSE100")


def test_the_table_adds_up_and_names_the_rate():
    table = draw_currency_effect(effect(), theme=LIGHT, base="USD").table
    parts = table["local part (% of value)"] + table["currency part, USD (% of value)"]
    np.testing.assert_allclose(parts, table["unhedged contribution (% of value)"])
    assert table["exchange rate"].tolist() == ["none", "GBPUSD"]


def test_alt_gives_unhedged_and_hedged():
    alt = draw_currency_effect(effect(), theme=LIGHT, base="USD").alt
    for words in ("−0.300\N{NO-BREAK SPACE}% of value", "1.100", "Hedged it is 1.600"):
        assert words in alt


def test_further_assets_are_summed():
    table = pd.concat([effect().table.rename(index=lambda n, i=i: f"{n}{i}") for i in range(4)])
    many = CurrencyEffectResult("A", "cvar", "CVaR 95 %", 0.95, 0.044, 0.064, table, {})
    local, currency = draw_currency_effect(many, theme=LIGHT, base="USD", most=3).figure.data
    assert len(local.x) == 4
    np.testing.assert_allclose(sum(local.x) + sum(currency.x), 4.4)


def test_an_asset_that_is_not_converted_has_no_currency_bar():
    found = effect()
    drawing = draw_currency_effect(
        replace(found, table=found.table.assign(currency=[np.nan, -0.003])), theme=LIGHT, base="USD"
    )
    currency = drawing.figure.data[1]
    assert np.isnan(currency.x[0])
    assert currency.x[1] == -0.3
    assert "not counted" in text_of(drawing.figure)
    none = replace(found, table=found.table.assign(currency=np.nan))
    assert "most through" not in draw_currency_effect(none, theme=LIGHT, base="USD").alt


def test_labels_from_readers_are_escaped():
    assert "<a href" not in text_of(
        draw_currency_effect(effect((NASTY, "X")), theme=LIGHT, base="USD").figure
    )
