"""Walk-forward backtest: growth of 1 over drawdowns, and the weights that were held."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, readable_index
from riskcore.figures.lines import date_strings, thin
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, number, percent, plain, shorten
from riskcore.results.backtest import BacktestResult, MethodBacktest

__all__ = ["draw_backtest", "draw_held_weights", "stacked_areas"]

Floats = NDArray[np.float64]
HEIGHT, NAME_GAP = 470, 0.055
MOST_POINTS = 1200
# Places in the theme's categorical colours that are neither A's nor B's; with dashes, colour is never alone.
COLOURS = (2, 3, 4, 5, 6, 7, 8, 9)
LINE_COLOURS = COLOURS[:-1]  # the last is too pale for a thin line
DASHES = ("solid", "dash", "dot", "dashdot")
NAME_LENGTH = 18
TICKS = np.array([a * 10.0**b for b in range(-6, 7) for a in (1, 1.5, 2, 3, 5, 7)])
MOST_ASSETS = 7


def draw_backtest(
    found: BacktestResult, *, theme: Theme, letters: Mapping[str, str] | None = None
) -> Drawing:
    r"""Draw growth of 1 of every rule on a logarithmic axis, and below it the loss since the last peak.

    Parameters
    ----------
    found
        Paths net of costs.
    theme
        LIGHT or DARK.
    letters
        Rule by key to "A" or "B" where it is that portfolio's now; it gets the portfolio's colour.

    Raises
    ------
    InputError
        A letter is neither A nor B.

    """
    marked = dict(letters or {})
    if set(marked.values()) - {"A", "B"}:
        raise InputError(f"Rules can be marked A or B, not {', '.join(sorted(set(marked.values())))}.")
    styles = _styles(found, marked, theme)
    rows = _rows(found)
    figure = go.Figure()
    for key, method in found.methods.items():
        _add_path(figure, method, rows, styles[key])
    _arrange(figure, found, theme)
    _name_ends(figure, found, styles, marked, theme)
    ends = [f"{m.label} {number(float(m.growth.iloc[-1]), 2)}" for m in found.methods.values()]
    worst = max(found.methods.values(), key=lambda m: m.max_drawdown)
    bp = f"{1e4 * found.costs:g} bp"
    return Drawing(
        figure,
        f"Growth of 1, and loss since the last peak, net of {bp} · walk-forward: weights from past data only",
        f"Lines of the growth of 1 from {dated(found.start)} to {dated(found.end)}, ending at "
        f"{', '.join(ends)}; below, lines of the loss since the last peak, deepest for {worst.label}, "
        f"{percent(worst.max_drawdown)} on {dated(worst.drawdown.idxmax())}.",
        _table(found, rows),
        f"What 1 became when the weights were set anew ({found.rebalance}) from earlier rows only, drifted "
        f"with returns in between, and every purchase and sale paid {bp}. The upper axis is logarithmic: "
        "equal steps are equal percentages. The lower lines are how far each stood below its highest value. "
        "The table has the dates drawn: every line’s highest and lowest points are among them.",
    )


def draw_held_weights(method: MethodBacktest, *, theme: Theme, most: int = MOST_ASSETS) -> Drawing:
    """Draw the weights of one rule just after each trade, as stacked areas.

    Parameters
    ----------
    method
        The rule; its weights are not negative.
    theme
        LIGHT or DARK.
    most
        Assets drawn apart; the others are summed.

    Raises
    ------
    InputError
        `most` is not 1 to 7, or a weight is negative.
    MissingDataError
        There is only one trade: nothing to follow through time.
    """
    if not 1 <= most < len(COLOURS):
        raise InputError(f"Draw 1 to {len(COLOURS) - 1} assets, not {most}.")
    table = method.weights
    if len(table) < 2:
        raise MissingDataError(f"{method.label} was weighted once only; there is nothing through time.")
    if float(table.to_numpy().min()) < -1e-9:
        raise InputError(f"{method.label} holds short positions, which stacked areas cannot show.")
    order = table.mean().sort_values(ascending=False, kind="stable").index
    kept = order if len(order) <= most + 1 else order[:most]
    drawn = table[list(kept)]
    if len(kept) < len(order):
        drawn = drawn.assign(**{f"other {len(order) - len(kept)}": table[order[most:]].sum(axis=1)})
    first = str(order[0])
    lowest, highest = float(table[order[0]].min()), float(table[order[0]].max())
    return Drawing(
        stacked_areas(drawn, theme),
        f"Weights of {method.label} just after each trade, % of value",
        f"Stacked areas of the weights of {method.label} at {len(table):,} dates. Largest on average: "
        f"{shorten(first)}, from {percent(lowest)} to {percent(highest)}.",
        (100.0 * table)
        .add_suffix(" (% of value)")
        .pipe(lambda t: t.set_axis(readable_index(t.index, "date"))),
        "The weights each trade led to, estimated on earlier rows only; they drift until the next trade.",
    )


Style = tuple[str, str, float]


def _styles(found: BacktestResult, letters: Mapping[str, str], theme: Theme) -> dict[str, Style]:
    """Return colour, dash and width of each rule: A's and B's own, then others that are neither."""
    styles: dict[str, Style] = {}
    for place, key in enumerate(k for k in found.methods if k not in letters):
        colour = theme.categorical[LINE_COLOURS[place % len(LINE_COLOURS)]]
        styles[key] = (colour, DASHES[place % len(DASHES)], 1.4)
    for key, letter in letters.items():
        styles[key] = (theme.solid("AB".index(letter)), "solid", 2.2)
    return styles


def _rows(found: BacktestResult) -> NDArray[np.intp]:
    """Return the rows drawn, the same for all rules: every line keeps its extremes."""
    each = max(60, MOST_POINTS // len(found.methods) // 2)
    kept = [thin(m.growth.to_numpy(), each) for m in found.methods.values()]
    kept += [thin(np.append(0.0, m.drawdown.to_numpy()), each) for m in found.methods.values()]
    return np.unique(np.concatenate(kept))


def _add_path(figure: go.Figure, method: MethodBacktest, rows: NDArray[np.intp], style: Style) -> None:
    colour, dash, width = style
    dates = date_strings(method.growth.index[rows])
    below = np.append(0.0, method.drawdown.to_numpy())[rows]
    figure.add_scatter(
        name=plain(method.label),
        mode="lines",
        x=dates,
        y=method.growth.to_numpy()[rows].astype(np.float32),
        customdata=[number(100.0 * float(d), 1) for d in below],
        line={"color": colour, "dash": dash, "width": width},
        hovertemplate=f"{plain(method.label)}: %{{y:.2f}}, %{{customdata}}\u00a0% below its peak"
        "<extra></extra>",
    )
    figure.add_scatter(
        name=plain(method.label),
        mode="lines",
        x=dates,
        y=(-100.0 * below).astype(np.float32),
        yaxis="y2",
        line={"color": colour, "dash": dash, "width": 0.7 * width},
        hoverinfo="skip",
    )


def _arrange(figure: go.Figure, found: BacktestResult, theme: Theme) -> None:
    every = np.concatenate([m.growth.to_numpy() for m in found.methods.values()])
    low, high = float(every.min()) / 1.03, float(every.max()) * 1.05
    ticks = [float(t) for t in TICKS if low <= t <= high]
    figure.layout = base_layout(
        theme,
        height=HEIGHT,
        right=40 + 6 * max(len(shorten(m.label, NAME_LENGTH)) for m in found.methods.values()),
    ) | {
        "hovermode": "x unified",
        "xaxis": value_axis(
            theme,
            type="date",
            nticks=6,
            hoverformat="%-d %b %Y",
            range=[str(found.start)[:10], str(found.end)[:10]],
            anchor="y2",
            showgrid=False,
        ),
        "yaxis": value_axis(
            theme,
            "growth of 1, log scale",
            type="log",
            domain=[0.40, 1.0],
            range=[float(np.log10(low)), float(np.log10(high))],
            tickmode="array",
            tickvals=ticks,
            ticktext=[f"{t:g}" for t in ticks],
        ),
        "yaxis2": value_axis(
            theme,
            "below the last peak, %",
            domain=[0.0, 0.34],
            nticks=4,
            rangemode="tozero",
            zeroline=True,
            zerolinecolor=theme.muted,
        ),
    }


def _name_ends(
    figure: go.Figure,
    found: BacktestResult,
    styles: Mapping[str, Style],
    letters: Mapping[str, str],
    theme: Theme,
) -> None:
    """Write the names beside the last values, moved apart where the lines end close together."""
    ends = np.array([float(np.log10(m.growth.iloc[-1])) for m in found.methods.values()])
    low, high = (float(v) for v in figure.layout.yaxis.range)
    for key, place in zip(found.methods, apart(ends, NAME_GAP * (high - low), low, high), strict=True):
        colour = styles[key][0]
        mark = f"{letters[key]} ·" if key in letters else f'<span style="color:{colour}">■</span>'
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=float(place),
            text=f"{mark} {plain(found.methods[key].label, NAME_LENGTH)}",
            showarrow=False,
            xanchor="left",
            xshift=4,
            font={"color": colour if key in letters else theme.ink, "size": 11},
        )


def apart(places: Floats, gap: float, low: float, high: float) -> Floats:
    """Return the places moved as little as needed to stand `gap` apart between `low` and `high`.

    Examples
    --------
    >>> apart(np.array([1.0, 1.0, 0.2]), 0.1, 0.0, 1.0).round(6).tolist()
    [0.9, 1.0, 0.2]
    """
    order = np.argsort(places, kind="stable")
    moved = places[order].copy()
    for i in range(1, moved.size):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    moved[-1] = min(moved[-1], max(high, low + gap * (moved.size - 1)))
    for i in range(moved.size - 2, -1, -1):
        moved[i] = min(moved[i], moved[i + 1] - gap)
    result = np.empty_like(moved)
    result[order] = moved
    return result


def stacked_areas(drawn: pd.DataFrame, theme: Theme) -> go.Figure:
    """Return up to eight weights through time (dates × assets, fractions, not negative) as stacked areas."""
    figure = go.Figure()
    dates = date_strings(drawn.index)
    middles = []
    height = 0.0
    for place, column in enumerate(drawn.columns):
        values = 100.0 * drawn[column].to_numpy(dtype=np.float64)
        middles.append(height + values[-1] / 2.0)
        height += values[-1]
        figure.add_scatter(
            name=plain(column),
            mode="lines",
            x=dates,
            y=values.astype(np.float32),
            stackgroup="weights",
            fillcolor=theme.categorical[COLOURS[place]],
            line={"color": theme.surface, "width": 0.6},
            hovertemplate=f"{plain(column)}: %{{y:.1f}}\u00a0%<extra></extra>",
        )
    figure.layout = base_layout(
        theme, height=320, right=26 + 9 * max(len(shorten(c, 12)) for c in drawn.columns)
    ) | {
        "hovermode": "x unified",
        "xaxis": value_axis(theme, type="date", nticks=6, showgrid=False, range=[dates[0], dates[-1]]),
        "yaxis": value_axis(theme, "% of value", nticks=6, range=[0, 100]),
    }
    for place, (column, at) in enumerate(
        zip(drawn.columns, apart(np.array(middles), 6.0, 0.0, 100.0), strict=True)
    ):
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=float(at),
            text=f'<span style="color:{theme.categorical[COLOURS[place]]}">■</span> {plain(column, 12)}',
            showarrow=False,
            xanchor="left",
            xshift=2,
            font={"color": theme.ink, "size": 12},
        )
    return figure


def _table(found: BacktestResult, rows: NDArray[np.intp]) -> pd.DataFrame:
    columns = {}
    for m in found.methods.values():
        columns[f"{m.label} (growth of 1)"] = m.growth
        columns[f"{m.label} below its peak (%)"] = 100.0 * m.drawdown.reindex(m.growth.index, fill_value=0.0)
    table = pd.DataFrame(columns).iloc[rows]
    return table.set_axis(readable_index(table.index, "date"))
