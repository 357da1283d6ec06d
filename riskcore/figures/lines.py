"""Lines over time, thinned without losing their extremes: drawdowns and replayed paths."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, percent, plain, shorten

__all__ = ["date_strings", "draw_drawdowns", "draw_lines", "thin"]

Floats = NDArray[np.float64]
MOST_POINTS = 1200
# Two names at the right end are kept this far apart, as a share of the axis.
NAME_GAP = 0.07


def thin(values: Floats, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Return the positions to draw: first, last, and smallest and largest of each stretch.

    Examples
    --------
    >>> thin(np.array([0.0, 1.0, -5.0, 2.0, 0.5, 3.0, 0.0, 1.0]), 6)
    array([0, 2, 3, 5, 6, 7])

    Raises
    ------
    InputError
        `most` is below 4, or the values are not finite.
    """
    if most < 4:
        raise InputError(f"A thinned line needs at least 4 points, got most={most}.")
    if not np.isfinite(values).all():
        raise InputError("A line with missing values cannot be thinned; leave those dates out.")
    if values.size <= most:
        return np.arange(values.size)
    kept = {0, values.size - 1}
    for stretch in np.array_split(np.arange(values.size), (most - 2) // 2):
        kept |= {int(stretch[values[stretch].argmin()]), int(stretch[values[stretch].argmax()])}
    return np.array(sorted(kept), dtype=np.intp)


def date_strings(index: pd.Index) -> list[str]:
    """Return ISO dates, which are half the size of time stamps in the page."""
    return [str(d)[:10] for d in index]


def draw_lines(
    series: Sequence[pd.Series],
    names: Sequence[str],
    *,
    theme: Theme,
    axis_title: str,
    said: str,
    height: int = 300,
) -> go.Figure:
    """Return one or two dated series of fractions as lines in percent, named at their right end.

    Parameters
    ----------
    series
        One or two, indexed by increasing dates, as fractions.
    names
        One per series; A's colour goes to the first.
    theme
        LIGHT or DARK.
    axis_title
        Quantity and unit.
    said
        Words between the name and the value in hover texts, such as "below its peak".
    height
        In pixels.

    Raises
    ------
    InputError
        Not one or two series, or an index that is not increasing dates.
    MissingDataError
        A series is empty or not finite.
    """
    if len(series) not in (1, 2) or len(names) < len(series):
        raise InputError(f"Draw one or two named lines, got {len(series)} and {len(names)} names.")
    check_names(names[: len(series)])
    for line, name in zip(series, names, strict=False):
        _check_line(line, name)
    right = 16 + 8 * max(len(shorten(n, 14)) for n in names[: len(series)])
    axes = {
        "xaxis": value_axis(theme, type="date", nticks=6, range=_date_range(series), hoverformat="%-d %b %Y"),
        "yaxis": value_axis(theme, axis_title, nticks=6, zeroline=True, zerolinecolor=theme.muted),
    }
    figure = go.Figure(
        layout=base_layout(theme, height=height, right=right) | axes | {"hovermode": "x unified"}
    )
    for which, (line, name) in enumerate(zip(series, names, strict=False)):
        values = 100.0 * line.to_numpy(dtype=np.float64)
        rows = thin(values)
        figure.add_scatter(
            name=plain(name),
            mode="lines",
            x=date_strings(line.index[rows]),
            y=values[rows].astype(np.float32),
            line={"color": theme.solid(which), "width": 2 if which == 0 else 1.6},
            hovertemplate=f"{plain(name)}: %{{y:.1f}}\u00a0% {said}<extra></extra>",
        )
    _name_ends(figure, series, names, theme)
    return figure


def draw_drawdowns(
    a: pd.Series,
    b: pd.Series | None = None,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    basis: str = "compounded returns",
) -> Drawing:
    r"""Draw how far A and B stood below their last peak, as lines under zero.

    Parameters
    ----------
    a, b
        Drawdown by date as a fraction of the last peak, 0 … 1, positive = lost.
    theme
        LIGHT or DARK.
    names
        What A and B are called.
    basis
        How the path was built, in words.

    Raises
    ------
    InputError
        A value lies outside 0 … 1: drawdowns are losses, so −0.2 should be 0.2.
    MissingDataError
        A series is empty or has gaps.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> fall = pd.Series([0.0, 0.2, 0.1], index=pd.to_datetime(["2020-02-19", "2020-03-23", "2020-04-06"]))
    >>> draw_drawdowns(fall, theme=LIGHT).alt
    'Lines of the loss since the last peak. A stood lowest on 23 Mar 2020, 20.0\xa0% below its peak.'
    """
    series = [a] if b is None else [a, b]
    for line, name in zip(series, names, strict=False):
        values = line.to_numpy(dtype=np.float64)
        _check_line(line, name)
        if values.min() < 0.0 or values.max() > 1.0:
            raise InputError(
                f"Drawdowns of {shorten(name)} must lie between 0 and 1, positive = lost; "
                f"got {values.min():.4g} to {values.max():.4g}.",
                portfolio=name,
            )
    figure = draw_lines(
        [-line for line in series],
        names,
        theme=theme,
        axis_title="below the last peak, %",
        said="from its last peak",
    )
    figure.update_layout(yaxis_rangemode="tozero")
    lowest = [
        f"{shorten(n)} stood lowest on {dated(line.idxmax())}, {percent(float(line.max()))} below its peak."
        for line, n in zip(series, names, strict=False)
    ]
    return Drawing(
        figure,
        f"Loss since the last peak of {' and '.join(shorten(n) for n in names[: len(series)])}",
        f"Lines of the loss since the last peak. {' '.join(lowest)}",
        pd.DataFrame(
            {f"{n} below its peak (%)": 100.0 * line for line, n in zip(series, names, strict=False)}
        ).pipe(lambda t: t.set_axis(readable_index(t.index, "date"))),
        f"At each date, how far the value stood below its highest value until then, from {basis}; "
        "the starting value counts as a peak. Zero means a new high.",
    )


def _date_range(series: Sequence[pd.Series]) -> list[str]:
    """Return the first and the last date of all lines."""
    first, last = min(line.index[0] for line in series), max(line.index[-1] for line in series)
    return [str(first)[:10], str(last)[:10]]


def _check_line(line: pd.Series, name: str) -> None:
    """Refuse a series that is not a line over time."""
    if line.empty or not np.isfinite(line.to_numpy(dtype=np.float64)).all():
        raise MissingDataError(
            f"The series of {shorten(name)} is empty or has gaps; fill or leave out dates."
        )
    dates = isinstance(line.index, pd.DatetimeIndex)
    if not (dates and line.index.is_monotonic_increasing and line.index.is_unique):
        raise InputError(f"The series of {shorten(name)} needs increasing dates without duplicates.")


def _name_ends(figure: go.Figure, series: Sequence[pd.Series], names: Sequence[str], theme: Theme) -> None:
    """Write the names at the right ends, moved apart where the lines end close together."""
    ends = np.array([100.0 * float(line.iloc[-1]) for line in series])
    every = np.concatenate([100.0 * line.to_numpy(dtype=np.float64) for line in series])
    gap = NAME_GAP * (float(np.ptp(every)) or 1.0)
    if ends.size == 2 and abs(ends[0] - ends[1]) < gap:
        centre, upper = ends.mean(), int(ends[1] > ends[0])
        ends[upper], ends[1 - upper] = centre + gap / 2, centre - gap / 2
    last = max(line.index[-1] for line in series)
    for which, end in enumerate(ends):
        figure.add_annotation(
            x=str(last)[:10],
            y=float(end),
            text=plain(names[which], 14),
            showarrow=False,
            xanchor="left",
            xshift=5,
            font={"color": theme.solid(which), "size": 14},
        )
