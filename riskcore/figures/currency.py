"""The unhedged risk by asset, split into what the market did and what the exchange rate did."""

import numpy as np
import pandas as pd

from riskcore.figures.bars import Bars, draw_bars, order_rows
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme
from riskcore.figures.words import percent, plain, shorten, unbroken
from riskcore.results.currency import CurrencyEffectResult

__all__ = ["draw_currency_effect"]


def draw_currency_effect(
    found: CurrencyEffectResult,
    *,
    theme: Theme,
    base: str,
    which: int = 0,
    name: str = "A",
    most: int = 8,
    horizon_label: str = "",
) -> Drawing:
    """Draw the local (solid) and the currency part (pale) of each asset's unhedged contribution.

    Parameters
    ----------
    found
        The parts; a currency part of NaN, for an asset that was not converted, has no bar.
    theme
        LIGHT or DARK.
    base
        The base currency, three letters.
    which, name
        0 for A and 1 for B; what it is called.
    most
        Assets drawn; the table has all.
    horizon_label
        Such as "1-day".
    """
    table = found.table.sort_values("unhedged", ascending=False, kind="stable")
    kept, rest = order_rows(table["unhedged"].to_numpy(dtype=np.float64), None, most)
    labels = [str(table.index[i]) for i in kept]
    parts = {kind: 100.0 * table[kind].to_numpy(dtype=np.float64) for kind in ("local", "currency")}
    values = {k: np.append(v[kept], np.nansum(v[rest])) if rest.size else v[kept] for k, v in parts.items()}
    if rest.size:
        labels.append(f"other {rest.size}")
    measure = unbroken(f"{horizon_label} {found.label}".strip())
    hover = [
        f"<b>{plain(label, 40)}</b> in {plain(name)}<br>local {percent(a / 100, 3)} of value<br>"
        + ("currency not counted, no rate" if np.isnan(b) else f"currency {percent(b / 100, 3)} of value")
        for label, a, b in zip(labels, values["local"], values["currency"], strict=True)
    ]
    largest = float(np.nanmax(np.abs(np.concatenate(list(values.values())))))
    digits = 1 if largest == 0.0 else min(max(1, 2 - int(np.floor(np.log10(largest)))), 12)
    through = found.table["currency"].dropna()
    most_words = (
        f"; most through {shorten(through.idxmax())}, {percent(float(through.max()), 3)}"
        if through.any()
        else ""
    )
    return Drawing(
        draw_bars(
            labels,
            [
                Bars("local", values["local"], theme.solid(which), theme.ink, hover, " local"),
                Bars("currency", values["currency"], theme.pale(which), theme.muted, hover, " currency"),
            ],
            theme=theme,
            axis_title="% of value",
            digits=digits,
        ),
        f"{shorten(name)}, unhedged in {base}: local (solid) and currency part (pale) of the {measure}",
        f"Bars by asset. Currencies carry {percent(found.currency, 3)} of value of an unhedged "
        f"{measure} of {percent(found.unhedged, 3)}{most_words}. Hedged it is {percent(found.hedged, 3)}.",
        pd.DataFrame(
            {
                f"{name} weight (% of value)": 100 * table["weight"],
                "local part (% of value)": 100 * table["local"],
                f"currency part, {base} (% of value)": 100 * table["currency"],
                "unhedged contribution (% of value)": 100 * table["unhedged"],
                "hedged contribution (% of value)": 100 * table["hedged"],
                "exchange rate": [found.rates.get(str(asset), "none") for asset in table.index],
            }
        ).rename_axis("asset"),
        f"Contributions to the risk of returns converted to {base} without a hedge. Local is what the asset "
        "did in its own currency, currency what the exchange rate did to the result; both together add up "
        "to the unhedged risk. A negative part lowers it.",
    )
