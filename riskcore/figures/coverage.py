"""The coverage map: how much of each asset's history is there, by period."""

import numpy as np
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, plain, shorten
from riskcore.results.quality import Coverage

__all__ = ["coverage_map"]

ROW_PIXELS = 24
AXIS_PIXELS = 48
LABEL_CHARACTERS = 18
MOST_PERIODS_WITH_NUMBERS = 26
# A period counts as complete in words when not even one price in 2,000 is missing.
COMPLETE = 0.9995
DEFINITION = (
    "For each asset and period the share of the expected prices that are there. Expected are the days of the "
    "asset’s exchange, or the rows of the table where none is known, since its first price; an empty cell "
    "expects none. Pale is complete, darker has gaps, with the percentage in the cell."
)


def coverage_map(coverage: Coverage, theme: Theme, *, most: int = 40) -> Drawing:
    """Draw the shares of expected prices, assets down and periods across.

    With more than `most` assets those that lack most are drawn; the table has all.

    Raises
    ------
    InputError
        There is no asset or period, or `most` is below 1.
    """
    if coverage.share.empty or most < 1:
        raise InputError("A coverage map needs at least one asset and one period, and room for one row.")
    total = coverage.total
    shown = coverage.share
    if len(shown) > most:
        shown = shown.loc[total.sort_values(kind="stable").index[:most]]
    assets, periods = [str(a) for a in shown.index], [str(p) for p in shown.columns]
    values = shown.to_numpy(dtype=np.float64)
    expected = coverage.expected.loc[shown.index].to_numpy(dtype=np.float64)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(periods))),
            y=list(range(len(assets))),
            zmin=0.0,
            zmax=1.0,
            colorscale=[[0.0, theme.ink], [0.97, theme.muted], [1.0, theme.a_pale]],
            showscale=False,
            xgap=1,
            ygap=2,
            text=_cell_texts(values, len(periods)),
            texttemplate="%{text}",
            textfont={"size": 11, "color": theme.surface},
            hovertext=_hover(assets, periods, values, expected),
            hoverinfo="text",
        ),
        base_layout(theme, height=ROW_PIXELS * len(assets) + AXIS_PIXELS),
    )
    every = max(1, len(periods) // 12)
    figure.update_xaxes(
        value_axis(
            theme,
            showgrid=False,
            tickvals=list(range(0, len(periods), every)),
            ticktext=[plain(p) for p in periods[::every]],
        )
    )
    names = [plain(shorten(a, LABEL_CHARACTERS)) for a in assets]
    figure.update_yaxes(
        value_axis(
            theme, showgrid=False, tickvals=list(range(len(names))), ticktext=names, autorange="reversed"
        )
    )
    table = 100.0 * coverage.share
    table.columns = [f"{p}, %" for p in table.columns]
    table.insert(0, "whole, %", 100.0 * total)
    title = f"Share of expected prices by {coverage.freq}"
    if len(shown) < len(coverage.share):
        title += f", the {len(shown)} assets of {len(coverage.share)} that lack most"
    return Drawing(figure, title, _alt(coverage), table.rename_axis("asset"), DEFINITION)


def _cell_texts(values: np.ndarray, periods: int) -> list[list[str]]:
    if periods > MOST_PERIODS_WITH_NUMBERS:
        return [["" for _ in row] for row in values]
    return [["" if np.isnan(v) or v >= COMPLETE else _percent(v) for v in row] for row in values]


def _percent(share: float) -> str:
    # Never 100 where something is missing.
    return number(np.floor(100 * share), 0)


def _hover(
    assets: list[str], periods: list[str], values: np.ndarray, expected: np.ndarray
) -> list[list[str]]:
    return [
        [
            f"{plain(asset)}, {plain(period)}: no price expected"
            if np.isnan(values[i, j])
            else f"{plain(asset)}, {plain(period)}: {values[i, j] * expected[i, j]:,.0f} of "
            f"{expected[i, j]:,.0f} expected prices ({100 * values[i, j]:.1f} %)"
            for j, period in enumerate(periods)
        ]
        for i, asset in enumerate(assets)
    ]


def _alt(coverage: Coverage) -> str:
    total = coverage.total.dropna()
    lacking = total[total < COMPLETE].sort_values()
    if lacking.empty:
        return f"Coverage map of {len(coverage.share)} assets: no expected price is missing."
    worst = ", ".join(f"{asset} {100 * share:.1f} %" for asset, share in lacking.head(5).items())
    return (
        f"Coverage map of {len(coverage.share)} assets: {len(lacking)} lack prices. Present of those "
        f"expected: {worst}."
    )
