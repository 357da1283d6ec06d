"""Which days make a risk figure, and which assets made each of them, as a shaded table."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.bars import order_rows
from riskcore.figures.drawing import Drawing, readable_index
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, number, percent, plain, shorten, unbroken
from riskcore.results import ContributionResult

__all__ = ["draw_days_by_asset"]

Floats = NDArray[np.float64]
ROW_PIXELS = 28
OTHERS, ALL = "all others", "together"


def draw_days_by_asset(
    days: pd.DataFrame,
    whole: ContributionResult,
    *,
    theme: Theme,
    which: int = 0,
    name: str = "A",
    most: int = 8,
    horizon_label: str = "",
) -> Drawing:
    """Draw what each asset added to the figure on the days that add most, with the rest and the sum below.

    Parameters
    ----------
    days
        Assets × dates: the part of each asset's component that comes from that day, most important first.
    whole
        The components themselves, over the same assets; rows and columns of the picture add up to them.
    theme
        LIGHT or DARK.
    which, name
        0 for A and 1 for B; what it is called.
    most
        Assets with a column of their own; the others are summed.
    horizon_label
        Such as "1-day".

    Raises
    ------
    MissingDataError
        No day is given, or an entry is missing.
    InputError
        The assets of the two differ.
    """
    if days.empty or not np.isfinite(days.to_numpy(dtype=np.float64)).all():
        raise MissingDataError("There is no day to show, or an entry is missing; give at least one day.")
    if list(days.index) != list(whole.table.index):
        raise InputError(
            "The days and the contributions are of different assets; take both of one portfolio."
        )
    shares = whole.relative_defined
    scale = 100.0 / whole.total if shares else 100.0
    component = whole.table["component"].to_numpy(dtype=np.float64)
    parts = days.to_numpy(dtype=np.float64).T
    lines = scale * np.vstack([parts, component - parts.sum(axis=0), component])
    kept, rest = order_rows(scale * component, None, most)
    cells = np.column_stack(
        [lines[:, kept], *([lines[:, rest].sum(axis=1)] if rest.size else []), lines.sum(axis=1)]
    )
    columns = [str(days.index[i]) for i in kept] + ([f"other {rest.size}"] if rest.size else []) + [ALL]
    rows = [dated(day) for day in days.columns]
    measure = unbroken(f"{horizon_label} {whole.label}".strip())
    which_dates = f"{len(rows)} dates that add" if len(rows) > 1 else "date that adds"
    together = percent(cells[: len(rows), -1].sum() / 100)
    unit = f"% of {shorten(name)}’s {measure}" if shares else f"{measure}, % of value"
    top, share = rows[0], percent(cells[0, -1] / 100, 2)
    return Drawing(
        _heat(cells, rows, columns, theme, which, unit),
        f"The {which_dates} most to the {measure} of {shorten(name)}, "
        + ("% of the figure" if shares else "% of value"),
        f"Shaded table of the top dates ({len(rows)}) by asset. {top} adds most, {share} of "
        f"{'the figure' if shares else 'value'}; together they add {together}.",
        _table(days, component, shares, whole.total, measure),
        f"Each number is what one asset added to the figure on one date, in {unit}. Rows add up to the "
        "right, columns add up downwards, to the contributions of the first picture. A negative "
        "number lowered the figure.",
    )


def _table(days: pd.DataFrame, component: Floats, shares: bool, total: float, measure: str) -> pd.DataFrame:
    table = days.T.set_axis(readable_index(days.columns, "date"))
    table.loc[OTHERS] = component - days.to_numpy(dtype=np.float64).sum(axis=1)
    table.loc[ALL] = component
    table[ALL] = table.sum(axis=1)
    parts = (100.0 * table).add_suffix(f" (part of {measure}, % of value)")
    if shares:
        parts[f"{ALL} (share of {measure}, %)"] = 100.0 * table[ALL] / total
    return parts


def _heat(
    cells: Floats, rows: list[str], columns: list[str], theme: Theme, which: int, unit: str
) -> go.Figure:
    inner = cells[: len(rows), : len(columns) - 1]
    peak = max(float(np.abs(inner).max()), 1e-12)
    digits = 2 if peak < 10 else 1
    # Sums are in another order of size than single entries: they are printed, never shaded.
    shade = np.full(cells.shape, 0.0)
    shade[: len(rows), : len(columns) - 1] = np.maximum(inner, 0.0)
    labels = [*rows, OTHERS, ALL]
    text = [[number(v, digits if i < len(rows) else 1) for v in line] for i, line in enumerate(cells)]
    hover = [
        [
            f"<b>{plain(row, 40)}</b>, {plain(column, 40)}<br>{number(v, 3)} {plain(unit, 60)}"
            for column, v in zip(columns, line, strict=True)
        ]
        for row, line in zip(labels, cells, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            name="part",
            z=shade,
            x=np.arange(len(columns)),
            y=np.arange(len(labels)),
            zmin=0.0,
            zmax=peak,
            colorscale=[[0.0, theme.surface], [1.0, theme.pale(which)]],
            showscale=False,
            xgap=2,
            ygap=2,
            text=text,
            texttemplate="%{text}",
            textfont={"color": theme.ink, "size": 12},
            hovertext=hover,
            hoverinfo="text",
        )
    )
    ticks: dict[str, Any] = {"tickmode": "array", "showgrid": False, "ticks": ""}
    figure.layout = base_layout(theme, height=ROW_PIXELS * len(labels) + 96) | {
        "xaxis": value_axis(
            theme,
            side="top",
            autotickangles=[0, -90],
            tickvals=list(range(len(columns))),
            ticktext=[plain(c, 12) for c in columns[:-1]] + [f"<b>{ALL}</b>"],
            range=[-0.5, len(columns) - 0.5],
            **ticks,
        ),
        "yaxis": value_axis(
            theme,
            tickvals=list(range(len(labels))),
            ticktext=[plain(r, 16) for r in labels[:-1]] + [f"<b>{ALL}</b>"],
            tickfont={"color": theme.ink, "size": 12},
            range=[len(labels) - 0.5, -0.5],
            **ticks,
        ),
    }
    figure.add_hline(y=len(rows) - 0.5, line={"color": theme.muted, "width": 1})
    return figure
