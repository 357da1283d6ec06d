"""Weights of several allocators side by side, as a table whose cells are shaded by weight."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten

__all__ = ["draw_weights"]

Floats = NDArray[np.float64]
ROW_PIXELS = 30
PHONE_CHARACTERS = 30


def draw_weights(
    weights: pd.DataFrame, *, theme: Theme, a: str | None = None, b: str | None = None
) -> Drawing:
    r"""Draw the weights of several allocators: one row each, one column per asset, darker = larger.

    Parameters
    ----------
    weights
        Assets × allocators, fractions of value; shorts allowed.
    theme
        LIGHT or DARK.
    a, b
        The columns that are A and B now; their rows are named in the colours of A and B.

    Raises
    ------
    InputError
        `a` or `b` is no column, or labels repeat.
    MissingDataError
        The table is empty or a weight is missing.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"Equal weight": [0.5, 0.5], "Risk parity": [0.2, 0.8]}, index=["SPY", "BND"])
    >>> draw_weights(table, theme=LIGHT, a="Equal weight").alt
    'Table of weights, 2 allocators by 2 assets. Largest weight: 80.0\xa0% of Risk parity in BND.'
    """
    if weights.empty or not np.isfinite(weights.to_numpy(dtype=np.float64)).all():
        raise MissingDataError(
            "The weights are empty or missing in places; give every asset a weight, 0 if none."
        )
    if not (weights.index.is_unique and weights.columns.is_unique):
        raise InputError("Assets and allocators need distinct names; rename the ones that repeat.")
    for which, column in (("A", a), ("B", b)):
        if column is not None and column not in weights.columns:
            raise InputError(f"{which} is {column!r}, which is none of the allocators drawn.", column=column)
    values = 100.0 * weights.to_numpy(dtype=np.float64).T
    rows = [str(c) for c in weights.columns]
    assets = [str(i) for i in weights.index]
    place = np.unravel_index(int(np.argmax(np.abs(values))), values.shape)
    allocator, asset = rows[place[0]], assets[place[1]]
    return Drawing(
        _heat(values, rows, assets, (a, b), theme),
        "Weights by allocator, % of value" + _highlighted(a, b),
        f"Table of weights, {len(rows)} allocators by {len(assets)} assets. Largest weight: "
        f"{percent(values[place] / 100)} of {shorten(allocator)} in {shorten(asset)}.",
        (100.0 * weights).add_suffix(" (% of value)").rename_axis("asset"),
        "Each row is one way to weight the same assets, each number a share of value in percent. "
        "In-sample: the weights were chosen on the same data that judge them.",
    )


def _highlighted(a: str | None, b: str | None) -> str:
    """Return which rows are A and B, so that colour is not alone in saying it."""
    named = [f"{which} is {shorten(c)}" for which, c in (("A", a), ("B", b)) if c is not None]
    return f" ({', '.join(named)})" if named else ""


def _heat(
    values: Floats, rows: list[str], assets: list[str], chosen: tuple[str | None, str | None], theme: Theme
) -> go.Figure:
    """Return the shaded table with a number in each cell."""
    peak = max(float(np.abs(values).max()), 1e-12)
    # On a phone a cell holds few characters: decimals go before numbers touch; hover and table keep them.
    widest = max(len(number(float(v), 1)) for v in values.flat)
    digits = 1 if widest * len(assets) <= PHONE_CHARACTERS else 0
    shade = [[0.0, theme.b_pale], [0.5, theme.surface], [1.0, theme.a_pale]]
    # Without shorts the scale is one-sided, so that B's hue never appears without meaning.
    low = -peak if values.min() < -1e-12 else 0.0
    scale = shade if low < 0.0 else [[0.0, theme.surface], [1.0, theme.a_pale]]
    hover = [
        [
            f"<b>{plain(row, 40)}</b><br>{percent(v / 100)} in {plain(asset, 40)}"
            for asset, v in zip(assets, line, strict=True)
        ]
        for row, line in zip(rows, values, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            name="weight",
            z=values,
            x=np.arange(len(assets)),
            y=np.arange(len(rows)),
            zmin=low,
            zmax=peak,
            colorscale=scale,
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[number(v, digits) for v in line] for line in values],
            texttemplate="%{text}",
            textfont={"color": theme.ink, "size": 12},
            hovertext=hover,
            hoverinfo="text",
        )
    )
    figure.layout = base_layout(theme, height=ROW_PIXELS * len(rows) + 96) | {
        "xaxis": value_axis(
            theme,
            tickmode="array",
            tickvals=list(range(len(assets))),
            ticktext=[plain(x, 12) for x in assets],
            side="top",
            showgrid=False,
            ticks="",
            range=[-0.5, len(assets) - 0.5],
        ),
        "yaxis": value_axis(
            theme,
            tickmode="array",
            tickvals=list(range(len(rows))),
            ticktext=[_row_label(row, chosen, theme) for row in rows],
            tickfont={"color": theme.ink, "size": 13},
            showgrid=False,
            ticks="",
            range=[len(rows) - 0.5, -0.5],
        ),
    }
    return figure


def _row_label(row: str, chosen: tuple[str | None, str | None], theme: Theme) -> str:
    """Return the allocator's name; those of A and B bold, in colour and with their letter."""
    letters = [which for which, column in enumerate(chosen) if column == row]
    if not letters:
        return plain(row, 20)
    marked = " ".join(f'<span style="color:{theme.solid(i)}">{"AB"[i]}</span>' for i in letters)
    return f"<b>{marked} · {plain(row, 18)}</b>"
