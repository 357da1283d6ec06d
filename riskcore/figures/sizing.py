"""Sizing: the scale through time with the volatility it leads to, growth past its peak, odds of falls."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing, readable_index
from riskcore.figures.lines import date_strings, thin
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten
from riskcore.results.sizing import DrawdownOdds, KellyStake, VolatilityTarget

__all__ = ["draw_drawdown_odds", "draw_growth_curves", "draw_volatility_target"]

T = TypeVar("T")
SPACE = "\N{NO-BREAK SPACE}"
LETTERS = ("A", "B")
MOST_POINTS = 700
YEARLY = f"%{{y:.1f}}{SPACE}% a year"
UPPER, LOWER = "held, times the portfolio", "volatility, % per year"
# Stakes marked on the growth curve, as shares of the one that grows fastest.
MARKS = ((0.25, "a quarter of Kelly"), (0.5, "half of Kelly"), (1.0, "full Kelly"))
# The names of A's peak and break-even stand below their dots and B's above, so that they keep apart.
LABEL_SHIFTS = {"A": -16, "B": 16}
# How far below lending a growth curve is still drawn, as a share of the highest one's height.
DEPTH = 0.35
# Room above the lines of the volatility target, where their names stand.
HEADROOM = 1.15


def draw_volatility_target(found: Mapping[str, VolatilityTarget], *, theme: Theme) -> Drawing:
    """Draw the multiple held through time, and below it the volatility that came of it, beside the target.

    Parameters
    ----------
    found
        Targets of A, B or both, by letter, with the same settings.
    theme
        LIGHT or DARK.

    Raises
    ------
    InputError
        A result is of neither A nor B, or the targets differ.
    """
    first = _checked(found)
    if any(f.target != first.target for f in found.values()):
        raise InputError("Draw volatility targets of one size together, not of several.")
    figure = go.Figure()
    for name, target in found.items():
        _add_line(figure, target.scale, name, _colour(theme, name), "y", "%{y:.2f} times")
        _add_line(
            figure, 100.0 * target.rolling, name, _colour(theme, name), "y2", f"%{{y:.1f}}{SPACE}% a year"
        )
        _add_line(
            figure,
            100.0 * target.unscaled_rolling,
            f"{name} unscaled",
            _colour(theme, name),
            "y2",
            f"%{{y:.1f}}{SPACE}% a year",
            dash="dot",
        )
    span = [
        str(min(f.scale.index[0] for f in found.values()))[:10],
        str(max(f.scale.index[-1] for f in found.values()))[:10],
    ]
    tops = (
        max(float(f.scale.max()) for f in found.values()),
        100.0 * max(max(first.target, f.rolling.max(), f.unscaled_rolling.max()) for f in found.values()),
    )
    figure.layout = base_layout(theme, height=430, right=52) | {
        "hovermode": "x unified",
        "xaxis": value_axis(
            theme, type="date", nticks=6, hoverformat="%-d %b %Y", range=span, anchor="y2", showgrid=False
        ),
        "yaxis": value_axis(theme, UPPER, domain=[0.56, 1.0], range=[0.0, HEADROOM * tops[0]], nticks=5),
        "yaxis2": value_axis(theme, LOWER, domain=[0.0, 0.48], range=[0.0, HEADROOM * tops[1]], nticks=5),
    }
    figure.add_hline(y=100.0 * first.target, yref="y2", line={"color": theme.ink, "dash": "dash", "width": 1})
    figure.add_annotation(
        x=1.0,
        xref="paper",
        xanchor="left",
        xshift=4,
        y=100.0 * first.target,
        yref="y2",
        text="target",
        showarrow=False,
        font={"size": 12, "color": theme.ink},
    )
    _name_panel(figure, list(found), theme)
    look_back = f"{first.window} rows" if first.window is not None else f"λ = {first.decay:g}"
    return Drawing(
        figure,
        f"Size held for {percent(first.target, 0)} volatility a year, and the volatility that came of it",
        "Lines of the multiple held and of realised volatility with and without scaling. "
        + " ".join(
            f"{shorten(n)} was held {number(float(f.scale.min()), 2)} to {number(float(f.scale.max()), 2)} "
            f"times and moved {percent(f.realised)} a year, unscaled {percent(f.unscaled_realised)}."
            for n, f in found.items()
        ),
        _target_table(found),
        f"Above: target over estimated volatility ({look_back}, at least {first.lag} row before), at most "
        f"{first.cap:g}. Below: volatility of the last {len(first.returns) - len(first.rolling) + 1} rows, "
        "solid with scaling, dotted without.",
    )


def draw_growth_curves(found: Mapping[str, KellyStake], *, theme: Theme) -> Drawing:
    """Draw growth per year by size, exact and Gaussian, with a quarter, half, all and twice of Kelly marked.

    Parameters
    ----------
    found
        Stakes of A, B or both, by letter, with a positive edge.
    theme
        LIGHT or DARK.

    Raises
    ------
    InputError
        A result is of neither A nor B, or an edge is not positive.
    """
    first = _checked(found)
    losing = [n for n, f in found.items() if not f.edge > 0.0]
    if losing:
        raise InputError(f"{shorten(losing[0])} has no edge: there is no size that makes it grow.")
    figure = go.Figure()
    heights = [100.0 * float(f.curve["exact"].max()) for f in found.values()]
    base = 100.0 * first.risk_free
    farthest = max(f.break_even for f in found.values())
    floor = base - DEPTH * (max(heights) - base)
    figure.layout = base_layout(theme, height=360) | {
        "xaxis": value_axis(theme, UPPER, range=[0.0, 1.06 * farthest], nticks=8),
        "yaxis": value_axis(
            theme,
            "growth, % per year (log)",
            range=[floor, max(heights) + 0.14 * (max(heights) - floor)],
            nticks=6,
        ),
        "hovermode": "closest",
    }
    for name, stake in found.items():
        _add_curve(figure, stake, name, theme, floor)
    figure.add_hline(y=base, line={"color": theme.muted, "width": 1})
    return Drawing(
        figure,
        "Growth by size: past the peak, more is less",
        "Curves of growth per year against the multiple held. "
        + " ".join(
            f"{shorten(n)} grows fastest, {percent(height / 100)} a year, at {number(f.exact, 2)} times."
            for (n, f), height in zip(found.items(), heights, strict=True)
        ),
        _growth_table(found),
        "Mean log growth of wealth rebalanced every period to that multiple. Solid: exact on the scenarios. "
        "Dotted: edge and variance alone (Gaussian). Dots: a quarter, half and all of the multiple that "
        "grows "
        "fastest, and the one at which growth is back to the grey line, lending everything at the risk-free "
        "rate.",
    )


def draw_drawdown_odds(found: Mapping[str, DrawdownOdds], labels: Sequence[str], *, theme: Theme) -> Drawing:
    """Draw how often each size fell by given shares from its peak, as lines over the depth of the fall.

    Parameters
    ----------
    found
        Simulations of A, B or both, by letter, with the same falls and horizon.
    labels
        Words for the multiples simulated ("half Kelly"), in their order.
    theme
        LIGHT or DARK.

    Raises
    ------
    InputError
        A result is of neither A nor B, or the labels do not match the sizes.
    """
    one = _checked(found)
    if any(f.odds.shape[1] != len(labels) for f in found.values()):
        raise InputError(f"Name each of the {one.odds.shape[1]} sizes simulated; got {len(labels)} names.")
    figure = go.Figure()
    rows = [f"−{100 * fall:.0f}{SPACE}% · {label}" for fall in one.odds.index for label in labels]
    for name, odds in found.items():
        values = 100.0 * odds.odds.to_numpy().ravel()
        errors = 100.0 * odds.standard_error.to_numpy().ravel()
        figure.add_bar(
            name=plain(name),
            orientation="h",
            y=rows,
            x=values,
            text=[f"{plain(name)} {v:.0f}{SPACE}%" for v in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": _colour(theme, name)},
            customdata=errors,
            hovertemplate=f"{plain(name)}: %{{x:.1f}}{SPACE}% of paths, standard error %{{customdata:.1f}}"
            "<extra></extra>",
        )
    figure.layout = base_layout(theme, height=60 + 21 * len(rows) * len(found)) | {
        "barmode": "group",
        "bargap": 0.25,
        "xaxis": value_axis(theme, "share of paths, %", range=[0, 112], tickvals=[0, 25, 50, 75, 100]),
        "yaxis": value_axis(theme, autorange="reversed", showgrid=False),
    }
    return Drawing(
        figure,
        f"How often {one.years:g} years bring a fall from the peak",
        f"Bars of the share of {one.paths:,} simulated paths that fall from their peak. "
        + " ".join(
            f"{shorten(n)} at {labels[-1]} falls {100 * one.odds.index[-1]:g}{SPACE}% in "
            f"{percent(float(f.odds.to_numpy()[-1, -1]), 0)} of them."
            for n, f in found.items()
        ),
        _odds_table(found, labels),
        f"Paths of {one.years:g} years made of blocks of the history (mean length "
        f"{number(one.block_length, 1)} rows); the starting wealth counts as a peak, and a path that loses "
        "everything stays at zero.",
    )


def _checked(found: Mapping[str, T]) -> T:
    """Return the first result, refusing what has no colour of its own."""
    if not found or set(found) - set(LETTERS):
        raise InputError(f"Draw A, B or both, not {', '.join(found) or 'nothing'}.")
    return next(iter(found.values()))


def _colour(theme: Theme, letter: str) -> str:
    return theme.solid(LETTERS.index(letter))


def _add_line(
    figure: go.Figure, line: pd.Series, name: str, colour: str, axis: str, said: str, dash: str = "solid"
) -> None:
    values = line.to_numpy(dtype=np.float64)
    rows = thin(values, MOST_POINTS)
    figure.add_scatter(
        name=plain(name),
        mode="lines",
        x=date_strings(line.index[rows]),
        y=values[rows].astype(np.float32),
        yaxis=axis,
        line={"color": colour, "width": 1.0 if dash == "dot" else 1.5, "dash": dash},
        hovertemplate=f"{plain(name)}: {said}<extra></extra>",
    )


def _name_panel(figure: go.Figure, names: Sequence[str], theme: Theme) -> None:
    """Name the lines once, in the upper left corner, in their colours."""
    said = "  ".join(
        f'<span style="color:{_colour(theme, name)}"><b>{plain(name, 18)}</b></span>' for name in names
    )
    for y, words in ((1.0, said), (0.48, f"{said}  solid scaled, dotted not")):
        figure.add_annotation(
            x=0.01,
            xref="paper",
            xanchor="left",
            y=y,
            yref="paper",
            yanchor="top",
            text=words,
            showarrow=False,
            font={"size": 12, "color": theme.muted},
            bgcolor=theme.surface,
        )


def _add_curve(figure: go.Figure, stake: KellyStake, name: str, theme: Theme, floor: float) -> None:
    colour = _colour(theme, name)
    for column, dash, width, words in (
        ("gaussian", "dot", 1.2, "Gaussian"),
        ("exact", "solid", 2.2, "exact"),
    ):
        values = 100.0 * stake.curve[column]
        shown = values[values >= floor - abs(floor)]
        if column == "exact":  # the last grid point before ruin may still be high: the curve falls off there
            shown = pd.concat([shown, pd.Series([floor], index=[stake.highest])])
        figure.add_scatter(
            name=f"{plain(name)} {words}",
            mode="lines",
            x=shown.index.to_numpy(),
            y=shown.to_numpy(),
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate=f"{plain(name)} held %{{x:.2f}} times: %{{y:.1f}}{SPACE}% a year ({words})"
            "<extra></extra>",
        )
    curve = stake.curve["exact"]
    marks = [(share * stake.exact, words) for share, words in MARKS] + [(stake.break_even, "break-even")]
    places = np.array([x for x, _ in marks])
    heights = np.append(100.0 * np.interp(places[:-1], curve.index, curve), 100.0 * stake.risk_free)
    figure.add_scatter(
        name=f"{plain(name)} marks",
        mode="markers",
        x=places,
        y=heights,
        marker={"color": colour, "size": 8},
        customdata=[words for _, words in marks],
        hovertemplate="%{customdata}, %{x:.2f} times: %{y:.1f}\u00a0% a year<extra></extra>",
    )
    for place, words in ((2, "full Kelly"), (3, "break-even")):
        figure.add_annotation(
            x=float(places[place]),
            y=float(heights[place]),
            text=f"{plain(name)} {words}",
            showarrow=False,
            yshift=LABEL_SHIFTS[name],
            xanchor="right" if place == 3 else "center",
            xshift=-8 if place == 3 else 0,
            font={"color": colour, "size": 12},
            bgcolor=theme.surface,
            borderpad=1,
        )


def _target_table(found: Mapping[str, VolatilityTarget]) -> pd.DataFrame:
    columns = {}
    for name, target in found.items():
        columns[f"{name} held, times"] = target.scale
        columns[f"{name} estimated volatility (% per year)"] = 100.0 * target.estimate
        columns[f"{name} scaled return (%)"] = 100.0 * target.returns
        columns[f"{name} unscaled return (%)"] = 100.0 * target.unscaled
    table = pd.DataFrame(columns)
    return table.set_axis(readable_index(table.index, "date"))


def _growth_table(found: Mapping[str, KellyStake]) -> pd.DataFrame:
    parts = []
    for name, stake in found.items():
        part = 100.0 * stake.curve.replace(-np.inf, np.nan)
        part.columns = pd.Index([f"{c} growth (% per year, log)" for c in part.columns])
        part.insert(0, "held, times the portfolio", stake.curve.index)
        part.insert(0, "portfolio", name)
        parts.append(part.reset_index(drop=True))
    return pd.concat(parts, ignore_index=True)


def _odds_table(found: Mapping[str, DrawdownOdds], labels: Sequence[str]) -> pd.DataFrame:
    rows = {}
    for name, odds in found.items():
        columns = [
            f"{label} ({multiple:.2f} times), % of paths"
            for label, multiple in zip(labels, odds.odds.columns, strict=True)
        ]
        for fall, shares in zip(odds.odds.index, 100.0 * odds.odds.to_numpy(), strict=True):
            rows[f"{name} falls {100 * fall:g}{SPACE}%"] = dict(zip(columns, shares, strict=True))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fall from the peak")
