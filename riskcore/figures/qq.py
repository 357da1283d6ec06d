"""Losses against the quantiles a distribution expects: where a model's tail is too thin."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, percent, plain, shorten

__all__ = ["draw_qq"]

MODELS = {"gaussian": "Gaussian", "student_t": "Student-t"}
# All points of both tails are drawn, and this many between them, where they would hide one another.
TAIL_POINTS, BODY_POINTS = 150, 200


def draw_qq(
    table: pd.DataFrame,
    *,
    theme: Theme,
    name: str = "A",
    which: int = 0,
    horizon_label: str = "1-day",
) -> Drawing:
    """Draw the losses of a portfolio against what a Gaussian and a Student-t fit expect at their rank.

    Parameters
    ----------
    table
        `quantile_table`: losses in increasing order with columns loss, gaussian, student_t, fractions of
        value.
    theme
        LIGHT or DARK.
    name
        What the portfolio is called.
    which
        0 draws in A's colour, 1 in B's.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        A column is missing, or the losses do not increase.
    MissingDataError
        There are fewer than two losses.
    """
    check_names([name])
    absent = [c for c in ("loss", *MODELS) if c not in table]
    if absent:
        raise InputError(f"A QQ plot needs the columns loss, gaussian and student_t; {absent[0]} is missing.")
    if len(table) < 2:
        raise MissingDataError("A QQ plot needs at least two losses.")
    if not table["loss"].is_monotonic_increasing:
        raise InputError("The losses of a QQ plot must be in increasing order.")
    drawn = table.iloc[_rows_drawn(len(table))]
    loss = 100 * drawn["loss"].to_numpy(dtype=np.float64)
    low, high = float(loss[0]), float(loss[-1])
    room = 0.04 * ((high - low) or 1.0)
    figure = go.Figure()
    marks = {
        "gaussian": {"color": theme.muted, "symbol": "circle-open", "size": 6},
        "student_t": {"color": theme.solid(which), "symbol": "circle", "size": 6},
    }
    for key, title in MODELS.items():
        expected = 100 * drawn[key].to_numpy(dtype=np.float64)
        figure.add_scatter(
            name=title,
            x=expected,
            y=loss,
            mode="markers",
            marker=marks[key],
            cliponaxis=True,
            hovertext=[
                f"<b>{plain(dated(label))}</b><br>loss {percent(y / 100, 2)}; "
                f"{title} expects {percent(x / 100, 2)} at this rank"
                for label, x, y in zip(drawn.index, expected, loss, strict=True)
            ],
            hoverinfo="text",
        )
    expects = f"{horizon_label} loss the model expects at this rank, %"
    figure.layout = base_layout(theme, height=380) | {
        "xaxis": value_axis(theme, expects, range=[low - room, high + room], nticks=8),
        "yaxis": value_axis(theme, f"{horizon_label} loss, %", range=[low - room, high + room], nticks=8),
    }
    figure.add_shape(
        type="line", x0=low, x1=high, y0=low, y1=high, line={"color": theme.muted, "width": 1, "dash": "dash"}
    )
    _name_curves(figure, drawn, high, theme, which)
    worst = table.iloc[-1]
    return Drawing(
        figure,
        f"{horizon_label} losses of {shorten(name)} against Gaussian and Student-t",
        f"QQ plot of {len(table):,} losses of {shorten(name)}. The worst, {percent(float(worst['loss']), 2)} "
        f"({dated(table.index[-1])}), would be {percent(float(worst['gaussian']), 2)} under a Gaussian and "
        f"{percent(float(worst['student_t']), 2)} under a Student-t.",
        (100 * table[["loss", *MODELS]])
        .iloc[::-1]
        .set_axis(readable_index(table.index[::-1], "scenario"))
        .rename(columns={"loss": "loss (%)", "gaussian": "Gaussian (%)", "student_t": "Student-t (%)"}),
        "Each dot is one scenario: its loss upwards, and to the right the loss that the fitted distribution "
        "expects at its rank. On the dashed line both agree; above it the loss was larger than the model "
        "says. The upper right is the tail of losses.",
    )


def _rows_drawn(count: int) -> NDArray[np.intp]:
    """Return all rows of both tails and an even choice of the others."""
    ends = min(TAIL_POINTS, count // 2)
    body = np.linspace(ends, count - 1 - ends, BODY_POINTS).round().astype(np.intp)
    return np.unique(np.concatenate([np.arange(ends), body, np.arange(count - ends, count)]))


def _name_curves(figure: go.Figure, drawn: pd.DataFrame, high: float, theme: Theme, which: int) -> None:
    """Write the models' names beside the tail of their dots: the farther right one below, the other left."""
    row = drawn.iloc[max(len(drawn) - 4, 0)]
    order = sorted(MODELS, key=lambda key: float(row[key]))
    for key, anchor, shift in zip(order, ("right", "left"), (0, -20), strict=True):
        at = 100 * float(row[key])
        figure.add_annotation(
            x=min(at, high),
            y=100 * float(row["loss"]),
            text=MODELS[key],
            showarrow=False,
            # Near the right edge the name would be cut.
            xanchor=anchor if at < 0.7 * high else "right",
            xshift=-8 if anchor == "right" else 8,
            yshift=shift,
            font={"color": theme.ink if key == "gaussian" else theme.solid(which), "size": 13},
        )
