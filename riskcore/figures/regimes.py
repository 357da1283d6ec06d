"""Correlations with an index in calm and in turbulent times, and what volatility alone explains."""

import numpy as np

from riskcore.figures.bars import Bars, add_marks, draw_bars, order_rows, shared_scale
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme
from riskcore.figures.words import number, plain, shorten
from riskcore.results.reverse import RegimeResult

__all__ = ["draw_regimes"]

TITLES = {
    "calm": "calm",
    "turbulent": "turbulent",
    "expected": "expected from volatility alone",
    "unexplained": "turbulent − expected",
    "adjusted": "turbulent, adjusted to calm volatility",
    "all": "all rows",
}


def draw_regimes(found: RegimeResult, *, theme: Theme, most: int = 12) -> Drawing:
    """Draw the calm and the turbulent correlation of every asset with the index, with a mark at the expected.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskcore.figures.theme import LIGHT
    >>> row = pd.DataFrame({"calm": [0.5], "turbulent": [0.8], "expected": [0.7], "unexplained": [0.1],
    ...                     "adjusted": [0.6], "all": [0.6]}, index=["GOLD"])
    >>> draw_regimes(RegimeResult("SPY", "volatility", row, 90, 10, 4.0, {}), theme=LIGHT).alt
    'Bars of correlations with SPY. GOLD: calm 0.50, turbulent 0.80, expected 0.70.'
    """
    table = found.table
    kept, _ = order_rows(table["turbulent"].fillna(0.0).to_numpy(dtype=np.float64), None, most)
    rows = table.iloc[kept]
    labels = [str(asset) for asset in rows.index]
    values = rows[["calm", "turbulent", "expected"]].to_numpy(dtype=np.float64)
    said = [
        f"{shorten(asset)}: calm {number(calm, 2)}, turbulent {number(turbulent, 2)}, "
        f"expected {number(expected, 2)}"
        for asset, (calm, turbulent, expected) in zip(labels, values.tolist(), strict=True)
    ]
    hover = [plain(text, 120) for text in said]
    bars = [
        Bars("calm", values[:, 0], theme.muted, theme.muted, hover, " calm"),
        Bars("turbulent", values[:, 1], theme.categorical[3], theme.ink, hover, " turbulent"),
    ]
    marks = [np.full(len(rows), np.nan), values[:, 2]]
    ghosts = [Bars("expected", marks[1], theme.ink, theme.ink, hover)]
    figure = draw_bars(
        labels,
        bars,
        theme=theme,
        axis_title=f"correlation with {plain(found.index_asset)}",
        scale=shared_scale([*bars, *ghosts], 2),
        digits=2,
    )
    add_marks(
        figure,
        [np.asarray(b.values, dtype=np.float64) for b in bars],
        marks,
        [hover, hover],
        "expected",
        theme,
    )
    return Drawing(
        figure,
        f"Correlation with {shorten(found.index_asset)}: calm and turbulent (bars), expected from volatility "
        "alone (marks)",
        f"Bars of correlations with {shorten(found.index_asset)}. {'; '.join(said[:8])}.",
        table.rename(columns={name: f"{title} (no unit)" for name, title in TITLES.items()}),
        "A correlation rises when the index merely moves more. The mark is what the calm correlation becomes "
        "through that alone (Forbes and Rigobon 2002); only what lies beyond it is a change of dependence.",
    )
