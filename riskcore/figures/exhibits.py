"""Exhibits: a few things compared row by row, and gamblers through time."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, draw_bars
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, plain, shorten
from riskcore.results.exhibits import BettingOdds

__all__ = ["draw_betting", "draw_compared"]

# Neither colour is A's or B's.
COLOURS = (2, 3, 4)
DASHES = ("dot", "dash", "solid", "dashdot", "longdash", "longdashdot")
# Wealth below this is drawn at the foot of the logarithmic axis.
LEAST_WEALTH = 1e-8
HEIGHT = 360
# Names at the ends of the lines keep this share of the axis apart.
APART = 0.065
SPACE = "\N{NO-BREAK SPACE}"


def draw_compared(
    table: pd.DataFrame, *, theme: Theme, title: str, unit: str, definition: str, digits: int = 1
) -> Drawing:
    """Draw one to three columns of a table as bars beside each other.

    Parameters
    ----------
    table
        Rows to show, in their order; the columns are named as the reader shall read them.
    theme
        LIGHT or DARK.
    title, definition
        Of the drawing.
    unit
        What the numbers are, with their unit.
    digits
        Decimals at the bars' ends.

    Raises
    ------
    InputError
        The table is empty or has more than three columns.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"before": [1.0, 2.0], "after": [2.0, 2.0]}, index=["SPY", "BND"])
    >>> draw_compared(table, theme=LIGHT, title="Mean", unit="% a day", definition="The mean.").alt
    'Bars of % a day: SPY 1.0 before, 2.0 after; BND 2.0 before, 2.0 after.'
    """
    if table.empty or not 1 <= table.shape[1] <= len(COLOURS):
        raise InputError(f"Compare one to three columns of at least one row; got {table.shape}.")
    series = []
    for place, column in enumerate(table.columns):
        values = table[column].to_numpy(dtype=np.float64)
        colour = theme.categorical[COLOURS[place]]
        hover = [
            f"{plain(row)}, {plain(column)}: {number(v, digits + 1)}"
            for row, v in zip(table.index, values, strict=True)
        ]
        series.append(Bars(str(column), values, colour, theme.ink, hover, f" {shorten(column, 24)}"))
    told = "; ".join(
        f"{shorten(row)} "
        + ", ".join(f"{number(v, digits)} {c}" for c, v in zip(table.columns, values, strict=True))
        for row, values in zip(table.index, table.to_numpy(dtype=np.float64).tolist(), strict=True)
    )
    return Drawing(
        draw_bars([str(row) for row in table.index], series, theme=theme, axis_title=unit, digits=digits),
        title,
        f"Bars of {unit}: {told}.",
        table.add_suffix(f" ({unit})"),
        definition,
    )


def draw_betting(found: BettingOdds, *, theme: Theme, guess: float | None = None) -> Drawing:
    """Draw the median gambler's wealth at every stake, on a logarithmic axis.

    Parameters
    ----------
    found
        At most six stakes.
    theme
        LIGHT or DARK.
    guess
        The multiple among them that the reader chose, named as theirs.

    Raises
    ------
    InputError
        More stakes than lines that can be told apart.
    """
    multiples = [float(m) for m in found.median.columns]
    if len(multiples) > len(DASHES):
        raise InputError(f"Draw at most {len(DASHES)} stakes, not {len(multiples)}.")
    figure = go.Figure()
    for place, multiple in enumerate(multiples):
        name = _stake(found, multiple, guess)
        figure.add_scatter(
            name=name,
            mode="lines",
            x=found.median.index.to_numpy(),
            y=found.median[multiple].clip(lower=LEAST_WEALTH).to_numpy(),
            line={"color": theme.categorical[2 + place], "dash": DASHES[place], "width": 2},
            hovertemplate=f"{name}, after %{{x}} bets: %{{y:.3g}}<extra></extra>",
        )
    low, high = _name_ends(figure, found, guess, theme)
    figure.update_layout(
        base_layout(theme, height=HEIGHT),
        xaxis=value_axis(theme, "bets", range=[0, int(found.median.index[-1])]),
        yaxis=value_axis(
            theme,
            "median wealth, log scale (start = 1)",
            type="log",
            range=[low, high],
            nticks=6,
            exponentformat="power",
        ),
        margin_r=84,
    )
    ends = ", ".join(f"{float(found.median[m].iloc[-1]):.2g} at {_stake(found, m, guess)}" for m in multiples)
    table = pd.concat(
        {
            f"{words}, {multiple:g} × Kelly": frame[multiple]
            for words, frame in (
                ("median", found.median),
                ("10th percentile", found.low),
                ("90th", found.high),
            )
            for multiple in multiples
        },
        axis=1,
    )
    return Drawing(
        figure,
        "The median gambler’s wealth by stake",
        f"Lines of median wealth over {found.median.index[-1]:,} bets, from 1 to {ends}.",
        table,
        "Every gambler stakes the same share of the money each time. Half of the gamblers end at or above "
        f"the line, half at or below; what lies under {LEAST_WEALTH:g} is drawn there.",
    )


def _stake(found: BettingOdds, multiple: float, guess: float | None) -> str:
    """Return "10 % Kelly", "25 % you", "5 %"."""
    owner = " you" if multiple == guess else " Kelly" if multiple == 1.0 else ""
    return f"{100.0 * found.kelly * multiple:.3g}{SPACE}%{owner}"


def _name_ends(
    figure: go.Figure, found: BettingOdds, guess: float | None, theme: Theme
) -> tuple[float, float]:
    """Write the stakes at the ends of their lines, apart from each other; return the axis in powers of 10."""
    levels = np.log10(np.maximum(found.median.to_numpy(), LEAST_WEALTH))
    low, high = float(levels.min()) - 0.3, float(levels.max()) + 0.3
    last, room = np.inf, APART * (high - low)
    for place in np.argsort(-levels[-1], kind="stable"):
        last = min(float(levels[-1, place]), last - room)
        figure.add_annotation(
            x=1.0,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=last,
            text=_stake(found, float(found.median.columns[place]), guess),
            showarrow=False,
            font={"size": 12, "color": theme.ink},
        )
    return low, high
