"""Stability: how far the weights of allocators move when the history is drawn again."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import percent, plain, shorten
from riskcore.results.stability import StabilityResult

__all__ = ["draw_stability"]

ROW = 20


def draw_stability(found: StabilityResult, names: Mapping[str, str], *, theme: Theme) -> Drawing:
    r"""Draw the range of every weight of every allocator, the weight on the history as a dot.

    Parameters
    ----------
    found
        Assets × allocators.
    names
        What each allocator is called, by key; it names the rows, in the order of `found`.
    theme
        LIGHT or DARK.

    Raises
    ------
    InputError
        Nothing could be resampled, or an allocator has no name.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskcore.figures.theme import LIGHT
    >>> one = pd.DataFrame({"x": [0.4, 0.6]}, index=["SPY", "BND"])
    >>> result = StabilityResult(one, one - 0.1, one + 0.1, pd.Series({"x": 0.07}), pd.Series({"x": 0}), {},
    ...     0.9, 100, 5.0)
    >>> draw_stability(result, {"x": "Risk parity"}, theme=LIGHT).alt
    'Ranges of 2 weights under 1 allocator. Moved on average: Risk parity 7.0\xa0%.'
    """
    drawn = [key for key in found.weights.columns if np.isfinite(found.lower[key]).all()]
    if not drawn:
        raise InputError("No allocator had an answer on any resample; there is nothing to draw.")
    absent = [key for key in drawn if key not in names]
    if absent:
        raise InputError(f"No name for the allocator {absent[0]!r}; give one.", keys=absent)
    moved = ", ".join(f"{shorten(names[key])} {percent(float(found.moved[key]))}" for key in drawn)
    rows = len(found.weights)
    ends = f"middle {100 * found.level:g}\N{NO-BREAK SPACE}% of resamples"
    table = (
        100.0
        * found.weights[drawn]
        .rename(columns=lambda key: f"{names[key]} (%)")
        .join(found.lower[drawn].rename(columns=lambda key: f"{names[key]} from (%)"))
        .join(found.upper[drawn].rename(columns=lambda key: f"{names[key]} to (%)"))
    ).rename_axis("asset")
    return Drawing(
        _figure(found, drawn, names, theme),
        f"Weights on resampled histories, {ends}, % of value",
        f"Ranges of {rows} weights under {len(drawn)} allocator{'s' if len(drawn) > 1 else ''}. "
        f"Moved on average: {moved}.",
        table,
        f"Each bar spans the {ends}; the dot is the weight on the history itself. "
        "Moved: the share of the value that would on average have been in other assets.",
    )


def _figure(found: StabilityResult, drawn: list[str], names: Mapping[str, str], theme: Theme) -> go.Figure:
    """Return one block of rows per allocator, its name and how far it moved above it."""
    figure = go.Figure()
    assets = [str(a) for a in found.weights.index]
    ticks: list[tuple[int, str]] = []
    place = 0
    for key in drawn:
        text = f"<b>{plain(names[key], 26)}</b> · moved {percent(float(found.moved[key]))} on average"
        figure.add_annotation(
            x=0, xref="paper", y=place, text=text, showarrow=False, xanchor="left", font={"color": theme.ink}
        )
        rows = [place + 1 + i for i in range(len(assets))]
        ticks += [(row, plain(asset, 12)) for row, asset in zip(rows, assets, strict=True)]
        low, high, now = (
            100.0 * table[key].to_numpy(dtype=np.float64)
            for table in (found.lower, found.upper, found.weights)
        )
        hover = [
            f"<b>{plain(names[key], 40)}</b><br>{plain(asset, 40)} {percent(n / 100)}, "
            f"resampled {percent(lo / 100)} to {percent(hi / 100)}"
            for asset, n, lo, hi in zip(assets, now, low, high, strict=True)
        ]
        figure.add_bar(
            name=f"{shorten(names[key])} range",
            orientation="h",
            base=low,
            # A weight that never moves still shows as a line.
            x=np.maximum(high - low, 0.15),
            y=rows,
            width=0.6,
            marker={"color": theme.muted, "opacity": 0.5},
            hovertext=hover,
            hoverinfo="text",
        )
        figure.add_scatter(
            name=shorten(names[key]),
            mode="markers",
            x=now,
            y=rows,
            marker={"color": theme.ink, "size": 6},
            hovertext=hover,
            hoverinfo="text",
        )
        place = rows[-1] + 1
    figure.update_layout(
        base_layout(theme, height=ROW * place + 60),
        xaxis=value_axis(theme, "weight, % of value", nticks=6),
        yaxis=value_axis(
            theme,
            tickmode="array",
            tickvals=[row for row, _ in ticks],
            ticktext=[label for _, label in ticks],
            range=[place - 0.4, -0.7],
            showgrid=False,
        ),
        bargap=0,
    )
    return figure
