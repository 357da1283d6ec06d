"""Grouped horizontal bars with their numbers at the end: the shape most figures share.

Rows sit at whole numbers and carry their labels as tick texts. Labels never become categories, so two
labels that look alike after shortening stay two rows, and tickers made of digits are not read as numbers.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, plain, shorten

__all__ = ["Bars", "Scale", "add_marks", "draw_bars", "order_rows", "row_label", "shared_scale"]

Floats = NDArray[np.float64]
ROW_FILL = 0.80
BAR_PIXELS = 16.0
# Room for the numbers right of the bars is reserved in pixels, so that it holds at any width; a bar is
# taken to be at least this long for its share of the axis (a phone), and a character this wide.
NARROWEST_PLOT = 190.0
CHARACTER = 6.6
# Row labels take two lines of this many characters at most.
LABEL_CHARACTERS = 18
TWO_LINES_PIXELS = 38.0


@dataclass(frozen=True)
class Bars:
    """One bar per row: `values` in the unit of the axis (NaN draws none), plain-words `hover` texts.

    `first_label` follows the number on the first row and takes the place of a legend.
    """

    name: str
    values: Floats
    colour: str
    text_colour: str
    hover: Sequence[str]
    first_label: str = ""


@dataclass(frozen=True)
class Scale:
    """Range of the value axis and the room left and right of it, to share between figures side by side."""

    low: float
    high: float
    start_pixels: int
    end_pixels: int


def order_rows(first: Floats, second: Floats | None, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to show, largest `first` on top, and the rows to sum into one.

    Kept are the `most` rows that are largest in size in either portfolio, so that a strong hedge is not
    hidden among the others; one row left over is shown rather than called "other 1".

    Raises
    ------
    InputError
        `most` is below 1.

    Examples
    --------
    >>> order_rows(np.array([0.1, -0.5, 0.4, 0.01, 0.02]), None, 2)
    (array([2, 1]), array([0, 4, 3]))
    """
    if most < 1:
        raise InputError(f"A chart needs at least one row, got most={most}.")
    size = np.abs(first) if second is None else np.maximum(np.abs(first), np.abs(second))
    largest = np.argsort(-size, kind="stable")
    keep = most if first.size > most + 1 else first.size
    kept = largest[:keep]
    return kept[np.argsort(-first[kept], kind="stable")], largest[keep:]


def shared_scale(series: Sequence[Bars], digits: int = 1) -> Scale:
    """Return one scale that holds all bars, zero and the numbers at their ends.

    Examples
    --------
    >>> bars = Bars("A", np.array([1.0, 4.0]), "#000000", "#000000", ["", ""])
    >>> shared_scale([bars])
    Scale(low=0.0, high=4.0, start_pixels=0, end_pixels=28)
    """
    every = np.concatenate([np.asarray(s.values, dtype=np.float64) for s in series])
    every = every[np.isfinite(every)]
    low, high = min(0.0, float(every.min(initial=0.0))), max(0.0, float(every.max(initial=0.0)))
    if low == high:
        high = 1.0
    per_unit = NARROWEST_PLOT / (high - low)
    left, right = [0.0], [16.0]
    for bars in series:
        for value, text in zip(bars.values, _texts(bars, digits), strict=True):
            wide = CHARACTER * len(text) + 8.0
            if value < 0.0:
                # The number of a negative bar stands left of it and must not run into the row labels.
                left.append(wide - (float(value) - low) * per_unit)
            elif np.isfinite(value):
                right.append(wide - (high - float(value)) * per_unit)
    return Scale(low, high, round(max(left)), round(max(right)))


def draw_bars(
    labels: Sequence[object],
    series: Sequence[Bars],
    *,
    theme: Theme,
    axis_title: str,
    scale: Scale | None = None,
    digits: int = 1,
) -> go.Figure:
    """Return grouped horizontal bars, first row on top, first series on top within its row.

    Parameters
    ----------
    labels
        One per row, as the user gave them; escaped and shortened here.
    series
        One `Bars` each.
    theme
        LIGHT or DARK.
    axis_title
        Quantity and unit of the value axis.
    scale
        To share between figures; by default that of these bars.
    digits
        Decimals of the numbers at the bars' ends.

    Raises
    ------
    InputError
        There is no row or no series, or the lengths differ.
    """
    count = len(labels)
    if count == 0 or not series:
        raise InputError("There is nothing to draw: no rows or no series were given.")
    uneven = [s.name for s in series if len(s.values) != count or len(s.hover) != count]
    if uneven:
        raise InputError(f"{uneven[0]} does not have one value and one hover text per row.", series=uneven)
    scale = scale or shared_scale(series, digits)
    row = ROW_FILL / len(series)
    texts = [row_label(label) for label in labels]
    least = TWO_LINES_PIXELS if any("<br>" in text for text in texts) else 26.0
    pixels = max(BAR_PIXELS * len(series) / ROW_FILL, least)
    layout = base_layout(theme, height=round(count * pixels) + 64, right=scale.end_pixels) | {
        "bargap": 0.0,
        "xaxis": value_axis(
            theme,
            axis_title,
            range=[scale.low, scale.high],
            nticks=6,
            zeroline=scale.low < 0.0,
            zerolinecolor=theme.muted,
        ),
        "yaxis": _label_axis(theme, texts, scale.start_pixels),
    }
    return go.Figure([_trace(s, place, row, digits) for place, s in enumerate(series)], layout)


def _label_axis(theme: Theme, texts: Sequence[str], standoff: int) -> dict[str, Any]:
    """Return the row axis: one tick per row, no grid, first row on top."""
    return value_axis(
        theme,
        range=[len(texts) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(texts))),
        ticktext=list(texts),
        ticklabelstandoff=standoff,
        tickfont={"color": theme.ink, "size": 13},
        showgrid=False,
    )


def row_label(label: object, most: int = LABEL_CHARACTERS) -> str:
    """Return a row label on one line, or on two of `most` characters where it is long; escaped.

    Examples
    --------
    >>> row_label("Extreme value (peaks over threshold)")
    'Extreme value<br>(peaks over thres…'
    """
    lines = textwrap.wrap(shorten(label, 60), most, break_long_words=False) or [""]
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    return "<br>".join(plain(line, most) for line in lines)


def _trace(bars: Bars, place: int, height: float, digits: int) -> go.Bar:
    """Return one series of bars with its numbers outside the ends."""
    values = np.asarray(bars.values, dtype=np.float64)
    return go.Bar(
        orientation="h",
        name=plain(bars.name),
        x=values,
        y=np.arange(values.size),
        offset=place * height - ROW_FILL / 2,
        width=height * 0.92,
        marker={"color": bars.colour, "line": {"width": 0}},
        text=_texts(bars, digits),
        textposition="outside",
        textangle=0,
        textfont={"color": bars.text_colour, "size": 12},
        cliponaxis=False,
        constraintext="none",
        hovertext=list(bars.hover),
        hoverinfo="text",
    )


def _texts(bars: Bars, digits: int) -> list[str]:
    """Return the numbers at the ends; the first one says what the series is."""
    texts = [number(float(v), digits) for v in bars.values]
    return [texts[0] + bars.first_label, *texts[1:]]


def add_marks(
    figure: go.Figure,
    bars: Sequence[Floats],
    marks: Sequence[Floats],
    hover: Sequence[Sequence[str]],
    what: str,
    theme: Theme,
) -> None:
    """Add a mark to each bar, and move the numbers of the bars beyond bar and mark.

    `figure` has one series of bars per entry of `bars`, in the same order; the marks are in the same unit
    and are `what`: "with daily betas"; NaN draws none.
    """
    texts = [(trace.text, trace.textfont.color, trace.name) for trace in figure.data]
    figure.update_traces(text=None)
    row = ROW_FILL / len(bars)
    for which, (bar, mark) in enumerate(zip(bars, marks, strict=True)):
        rows = np.arange(bar.size) + (which + 0.5) * row - ROW_FILL / 2
        words, colour, name = texts[which]
        figure.add_scatter(
            name=f"{name} {what}",
            mode="markers",
            x=mark,
            y=rows,
            marker={"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": theme.ink}},
            hovertext=list(hover[which]),
            hoverinfo="text",
            cliponaxis=False,
        )
        figure.add_scatter(
            name=f"{name} numbers",
            mode="text",
            x=np.where(bar < 0.0, np.fmin(bar, mark), np.fmax(bar, mark)),
            y=rows,
            text=[f"\u00a0{text}\u00a0" for text in words],
            textposition=["middle left" if v < 0.0 else "middle right" for v in bar],
            textfont={"color": colour, "size": 12},
            hoverinfo="skip",
            cliponaxis=False,
        )
