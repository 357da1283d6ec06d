"""Where the risk of today's weights came from through time: stacked areas that add up to the risk."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, readable_index
from riskcore.figures.lines import date_strings
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, number, percent, plain, shorten, unbroken
from riskcore.results import RollingContributionResult

__all__ = ["draw_contributions_through_time"]

Floats = NDArray[np.float64]
HEIGHT = 380
# Names at the right end are kept this far apart, as a share of the axis.
NAME_GAP = 0.062
# Places in the theme's list: the first two are A and B, which assets must not take; the darkest come last.
COLOURS = (2, 4, 3, 7, 8, 9, 5, 6)


def draw_contributions_through_time(
    found: RollingContributionResult,
    *,
    theme: Theme,
    name: str = "A",
    by: str = "asset",
    most: int = 7,
    horizon_label: str = "",
) -> Drawing:
    """Draw the contributions in each window as stacked areas, dated by the window's end.

    Parameters
    ----------
    found
        Contributions of one set of weights through time.
    theme
        LIGHT or DARK.
    name
        What the portfolio is called.
    by
        What the parts are: "asset", "region".
    most
        Series drawn one by one, those largest on average; the others are summed.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        `most` lies outside 1 … 7, or the index is not dates.
    MissingDataError
        There is no window.
    """
    if not 1 <= most < len(COLOURS):
        raise InputError(f"Draw 1 to {len(COLOURS) - 1} series, not {most}.")
    if found.components.empty:
        raise MissingDataError("There is no window to draw; choose a shorter one.")
    if not isinstance(found.components.index, pd.DatetimeIndex):
        raise InputError("Contributions through time need dated windows.")
    table = found.components
    order = table.abs().mean().sort_values(ascending=False, kind="stable").index
    means = table.mean().to_dict()
    kept = order if len(order) <= most + 1 else order[:most]
    drawn = table[sorted(kept, key=lambda c: -means[c])]
    if len(kept) < len(order):
        drawn = drawn.assign(**{f"other {len(order) - len(kept)}": table[order[most:]].sum(axis=1)})
    measure = unbroken(f"{horizon_label} {found.label}".strip())
    highest = int(found.total.to_numpy().argmax())
    peak, leader = found.total.index[highest], table.columns[int(table.iloc[highest].to_numpy().argmax())]
    return Drawing(
        _figure(drawn, found.total, measure, theme),
        f"{measure} of {shorten(name)} by {by} through time, with today’s weights",
        f"Stacked areas by date. The {measure} is highest in the window to {dated(peak)}, "
        f"{percent(float(found.total.max()), 2)} of value, most of it from {shorten(leader)}; "
        f"in the last window it is {percent(float(found.total.iloc[-1]), 2)}.",
        _table(table, found.total, measure),
        f"Each point is one window of history ending on its date, {found.window:,} rows long, with the "
        "weights held as they are today. Parts add up to the line, which is the risk of that window. A part "
        "below zero lowers the risk.",
    )


def _table(table: pd.DataFrame, total: pd.Series, measure: str) -> pd.DataFrame:
    parts = (100.0 * table).add_suffix(f" (part of {measure}, % of value)")
    parts.insert(0, f"{measure} (% of value)", 100.0 * total)
    return parts.set_axis(readable_index(parts.index, "window to"))


def _figure(drawn: pd.DataFrame, total: pd.Series, measure: str, theme: Theme) -> go.Figure:
    figure = go.Figure()
    dates, whole = date_strings(drawn.index), total.to_numpy(dtype=np.float64)
    colours = [theme.categorical[place] for place in COLOURS]
    for column, colour in zip(drawn.columns, colours, strict=False):
        part = drawn[column].to_numpy(dtype=np.float64)
        # Parts above and below zero are stacked apart, or a negative one would hide under a positive one.
        for side, shown in (("up", np.maximum(part, 0.0)), ("down", np.minimum(part, 0.0))):
            if side == "up" or shown.any():
                figure.add_trace(_area(column, dates, shown, colour, side, theme))
        share = np.divide(part, whole, out=np.full(part.size, np.nan), where=whole != 0)
        figure.add_scatter(
            name=plain(column),
            mode="lines",
            x=dates,
            y=(100.0 * part).astype(np.float32),
            line={"color": colour, "width": 0},
            customdata=[number(100.0 * float(s), 0) for s in share],
            hovertemplate=f"{plain(column)}: %{{y:.2f}}\u00a0% of value, %{{customdata}}\u00a0% of the risk"
            "<extra></extra>",
        )
    figure.add_scatter(
        name="together",
        mode="lines",
        x=dates,
        y=(100.0 * whole).astype(np.float32),
        line={"color": theme.ink, "width": 1.6},
        hovertemplate=f"{plain(measure, 40)}: %{{y:.2f}}\u00a0%<extra></extra>",
    )
    figure.layout = base_layout(
        theme, height=HEIGHT, right=26 + 10 * max(len(shorten(c, 12)) for c in drawn.columns)
    ) | {
        "hovermode": "x unified",
        "xaxis": value_axis(
            theme, type="date", nticks=8, hoverformat="%-d %b %Y", showgrid=False, range=[dates[0], dates[-1]]
        ),
        "yaxis": value_axis(theme, "% of value", nticks=6, zeroline=True, zerolinecolor=theme.muted),
    }
    _name_ends(figure, drawn, colours, theme)
    return figure


def _area(column: object, dates: list[str], part: Floats, colour: str, side: str, theme: Theme) -> go.Scatter:
    return go.Scatter(
        name=plain(column),
        mode="lines",
        x=dates,
        y=(100.0 * part).astype(np.float32),
        stackgroup=side,
        fillcolor=colour,
        # A hairline in the colour of the page keeps neighbours apart without colour.
        line={"color": theme.surface, "width": 0.6},
        hoverinfo="skip",
    )


def _name_ends(figure: go.Figure, drawn: pd.DataFrame, colours: Sequence[str], theme: Theme) -> None:
    """Write the names beside the last window, in the order of its parts, moved apart where they are thin."""
    last = 100.0 * drawn.iloc[-1].to_numpy(dtype=np.float64)
    middle = np.where(
        last >= 0,
        np.cumsum(np.maximum(last, 0.0)) - last / 2,
        np.cumsum(np.minimum(last, 0.0)) - last / 2,
    )
    stacked = 100.0 * drawn.clip(lower=0.0).sum(axis=1), 100.0 * drawn.clip(upper=0.0).sum(axis=1)
    high, low = float(stacked[0].max()), float(stacked[1].min())
    places = _apart(middle, NAME_GAP * ((high - low) or 1.0), low, high)
    for column, colour, place in zip(drawn.columns, colours, places, strict=False):
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=float(place),
            text=f'<span style="color:{colour}">■</span> {plain(column, 12)}',
            showarrow=False,
            xanchor="left",
            xshift=2,
            font={"color": theme.ink, "size": 12},
        )


def _apart(middle: Floats, gap: float, low: float, high: float) -> Floats:
    """Return the places moved up until they are `gap` apart, then down as a whole where they overshoot."""
    order = np.argsort(middle, kind="stable")
    places = middle[order].copy()
    for i in range(1, places.size):
        places[i] = max(places[i], places[i - 1] + gap)
    over = places[-1] - high
    if over > 0:
        places = np.maximum(places - over, low + gap * np.arange(places.size))
    result = np.empty_like(places)
    result[order] = places
    return result
