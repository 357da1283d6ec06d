"""The distribution of returns with its tail: VaR, CVaR and every scenario behind them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bins import Bins, count_returns
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, interval, number, percent, plain, shorten, unbroken
from riskcore.figures.worst_days import lost
from riskcore.results import RiskResult
from riskcore.results.uncertainty import IntervalResult

__all__ = ["draw_tail_histogram"]

Floats = NDArray[np.float64]
# More dots than this hide one another; the worst are kept and the definition says so.
MOST_DOTS = 500
HISTOGRAM_SHARE = 0.64
# Room left of the CVaR line for its label, as a share of the width, for a phone.
LABEL_SHARE = 0.36
HEADROOM = 1.42


def draw_tail_histogram(
    a: RiskResult,
    a_cvar: RiskResult,
    b: RiskResult | None = None,
    b_cvar: RiskResult | None = None,
    *,
    theme: Theme,
    intervals: Mapping[str, IntervalResult] | None = None,
    probabilities: Floats | None = None,
    horizon_label: str = "1-day",
    names: tuple[str, str] = ("A", "B"),
    past: bool = True,
) -> Drawing:
    """Draw the returns of A with VaR and CVaR, B as an outline, and the tail scenarios by date below.

    The upper panel counts scenarios by return: body pale, tail solid. The lower panel shows every scenario
    in A's tail as a dot at its return and its date, so that the few that matter can be seen.

    Parameters
    ----------
    a, b
        VaR of A and of B, a loss per period as a fraction of value.
    a_cvar, b_cvar
        CVaR at the same level; its identifier says which scenarios form the tail.
    theme
        LIGHT or DARK.
    intervals
        Sampling intervals of A's figures, keys "var" and "cvar".
    probabilities
        One per scenario where they are unequal (views, decay); bars are then probabilities, not counts.
    horizon_label
        Such as "1-day" or "1-week".
    names
        What A and B are called.
    past
        Whether the scenarios are history as it happened; the definition then says what that is worth.

    Raises
    ------
    InputError
        VaR and CVaR differ in portfolio or level or are swapped, an interval belongs to another figure, or
        only one of b and b_cvar is given.
    ProbabilityError
        There is not one non-negative probability per scenario.
    """
    check_names(names)
    _check_pair(a, a_cvar)
    if (b is None) != (b_cvar is None):
        raise InputError("B needs both its VaR and its CVaR; only one of them was given.")
    if b is not None and b_cvar is not None:
        _check_pair(b, b_cvar)
    known = _checked_intervals(intervals or {}, a, a_cvar)
    bins_a, bins_b = count_returns(a, b, probabilities)
    height_title = f"number of {horizon_label} returns" if probabilities is None else "probability, %"
    tail = _tail_rows(a_cvar)
    figure = go.Figure(
        [
            *_body_and_tail(bins_a, a, height_title, names[0], theme),
            *([] if bins_b is None else [_outline(bins_b, names[1], theme)]),
            _dots(a, b, tail[:MOST_DOTS], names, theme),
        ]
    )
    low, high = _span(bins_a, a_cvar)
    peak = max(bins_a.heights.max(), 0.0 if bins_b is None else bins_b.heights.max())
    figure.layout = _two_panels(
        theme, (f"{horizon_label} return, % of value", height_title), (low, high), peak, a.index
    )
    _threshold_lines(figure, a, a_cvar, known, theme)
    _name_curves(figure, bins_a, bins_b, names, theme)
    return Drawing(
        figure,
        f"{horizon_label} returns of {shorten(names[0])}"
        + ("" if b is None else f", with {shorten(names[1])} as a line")
        + ", and the scenarios in the tail"
        + (" by date" if isinstance(a.index, pd.DatetimeIndex) else ""),
        _tail_alt(a, a_cvar, b, b_cvar, names, horizon_label),
        _tail_table(a, b, tail, names),
        _tail_definition(a, tail.size, past),
    )


def _check_pair(var: RiskResult, cvar: RiskResult) -> None:
    """Refuse a VaR and a CVaR that do not belong together."""
    if (var.portfolio, var.confidence) != (cvar.portfolio, cvar.confidence):
        raise InputError(
            f"{var.label} of {var.portfolio} and {cvar.label} of {cvar.portfolio} do not belong together; "
            "compute both for one portfolio at one level.",
            labels=[var.label, cvar.label],
        )
    # CVaR is never below VaR; a little room is left for rounding.
    if cvar.value < var.value - 1e-9 * max(1.0, abs(var.value)):
        raise InputError(
            f"CVaR {percent(cvar.value, 2)} is below VaR {percent(var.value, 2)}; were the two swapped?",
            var=var.value,
            cvar=cvar.value,
        )


def _checked_intervals(
    intervals: Mapping[str, IntervalResult], var: RiskResult, cvar: RiskResult
) -> dict[str, list[str]]:
    """Return the intervals in two short lines each; refuse unknown keys and intervals of other figures."""
    figures = {"var": var, "cvar": cvar}
    words = {}
    for key, found in intervals.items():
        if key not in figures:
            raise InputError(f"Intervals are given for 'var' and 'cvar', not for {key!r}.", key=key)
        own = figures[key]
        if (found.portfolio, found.confidence) != (own.portfolio, own.confidence):
            raise InputError(
                f"The interval is of {found.label} of {found.portfolio}, the figure is {own.label} of "
                f"{own.portfolio}; compute both for one portfolio at one level.",
                labels=[found.label, own.label],
            )
        words[key] = [f"{percent(found.level, 0)} interval", interval(found.lower, found.upper)]
    return words


def _tail_rows(cvar: RiskResult) -> NDArray[np.intp]:
    """Return the scenarios that carry CVaR, worst first."""
    rows = np.flatnonzero(cvar.identifier > 0.0)
    return rows[np.argsort(-cvar.losses[rows], kind="stable")]


def _span(bins: Bins, cvar: RiskResult) -> tuple[float, float]:
    """Return the range of returns shown, with room for the label left of the CVaR line."""
    low, high = float(bins.edges[0]), float(bins.edges[-1])
    line = -100.0 * cvar.value
    return min(low, (line - LABEL_SHARE * high) / (1.0 - LABEL_SHARE)), high


def _body_and_tail(bins: Bins, var: RiskResult, height_title: str, name: str, theme: Theme) -> list[go.Bar]:
    """Return the bars right of −VaR (pale) and left of it (solid)."""
    whole = bool((bins.heights == np.round(bins.heights)).all())
    in_tail = bins.centres < -100.0 * var.value
    hover = [
        f"{plain(name)}, return of {number(lo, 2)} to {number(hi, 2)} %<br>{height_title}: "
        f"{number(count, 0 if whole else 2)}"
        for count, lo, hi in zip(bins.heights, bins.edges[:-1], bins.edges[1:], strict=True)
    ]

    def trace(label: str, rows: NDArray[np.bool_], colour: str) -> go.Bar:
        some = rows & (bins.heights > 0)
        return go.Bar(
            name=f"{plain(name)} {label}",
            x=bins.centres[some],
            y=bins.heights[some],
            width=float(bins.edges[1] - bins.edges[0]) * 0.94,
            marker={"color": colour, "line": {"width": 0}},
            hovertext=[text for text, keep in zip(hover, some, strict=True) if keep],
            hoverinfo="text",
        )

    return [trace("body", ~in_tail, theme.a_pale), trace("tail", in_tail, theme.a)]


def _outline(bins: Bins, name: str, theme: Theme) -> go.Scatter:
    """Return B's counts as a step line over the bins it occupies."""
    occupied = np.flatnonzero(bins.heights)
    start, stop = int(occupied[0]), int(occupied[-1]) + 1
    return go.Scatter(
        name=plain(name),
        mode="lines",
        x=np.concatenate([[bins.edges[start]], bins.edges[start : stop + 1]]),
        y=np.concatenate([[0.0], bins.heights[start:stop], [0.0]]),
        line={"color": theme.b, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _dots(
    a: RiskResult, b: RiskResult | None, rows: NDArray[np.intp], names: tuple[str, str], theme: Theme
) -> go.Scatter:
    """Return the tail scenarios of A at their return and date."""
    same = b is not None and b.index.equals(a.index)
    hover = []
    for row in rows:
        text = f"<b>{plain(dated(a.index[row]))}</b><br>{lost(names[0], float(a.losses[row]))}"
        if same and b is not None:
            text += f"<br>{lost(names[1], float(b.losses[row]))}"
        hover.append(text)
    when = a.index[rows]
    return go.Scatter(
        name=f"{plain(names[0])} tail scenarios",
        mode="markers",
        x=-100.0 * a.losses[rows],
        y=[d.strftime("%Y-%m-%d") for d in when] if isinstance(when, pd.DatetimeIndex) else rows + 1,
        yaxis="y2",
        marker={"color": theme.a, "size": 6, "opacity": 0.7, "line": {"width": 0}},
        hovertext=hover,
        hoverinfo="text",
        cliponaxis=False,
    )


def _two_panels(
    theme: Theme, titles: tuple[str, str], span: tuple[float, float], peak: float, index: pd.Index
) -> dict[str, Any]:
    """Return the layout: counts above, dates below, one axis of returns."""
    layout = base_layout(theme, height=460)
    is_dated = isinstance(index, pd.DatetimeIndex)
    lower_range = (
        [index.min().strftime("%Y-%m-%d"), index.max().strftime("%Y-%m-%d")]
        if is_dated
        else [0, len(index) + 1]
    )
    layout |= {
        "bargap": 0.0,
        "barmode": "overlay",
        "xaxis": value_axis(theme, titles[0], range=list(span), anchor="y2", nticks=10),
        "yaxis": value_axis(
            theme,
            titles[1],
            range=[0.0, peak * HEADROOM],
            domain=[1 - HISTOGRAM_SHARE, 1],
            nticks=5,
        ),
        "yaxis2": value_axis(
            theme,
            "tail by date" if is_dated else "tail by scenario number",
            range=lower_range,
            domain=[0.0, 1 - HISTOGRAM_SHARE - 0.05],
            type="date" if is_dated else "linear",
            nticks=5,
        ),
    }
    return layout


def _threshold_lines(
    figure: go.Figure, var: RiskResult, cvar: RiskResult, known: Mapping[str, list[str]], theme: Theme
) -> None:
    """Add VaR (dashed, label right, above the bars) and CVaR (red, label left) with their intervals."""
    for result, key, colour, dash, anchor in (
        (var, "var", theme.ink, "dash", "left"),
        (cvar, "cvar", theme.loss, "solid", "right"),
    ):
        x = -100.0 * result.value
        figure.add_shape(
            type="line",
            x0=x,
            x1=x,
            xref="x",
            y0=0.0,
            y1=1.0,
            yref="paper",
            line={"color": colour, "width": 2, "dash": dash},
        )
        lines = [plain(unbroken(result.label), 40), f"<b>{percent(result.value)}</b>"]
        lines += known.get(key, [])
        figure.add_annotation(
            x=x,
            y=1.0,
            xref="x",
            yref="paper",
            text="<br>".join(lines),
            showarrow=False,
            xanchor=anchor,
            yanchor="top",
            xshift=6 if anchor == "left" else -6,
            align=anchor,
            font={"color": colour, "size": 12},
        )


def _name_curves(figure: go.Figure, a: Bins, b: Bins | None, names: tuple[str, str], theme: Theme) -> None:
    """Write A and B right of their curves, at heights where neither curve is in the way."""
    curves = [(a, 0)] if b is None else [(a, 0), (b, 1)]
    curves.sort(key=lambda item: -item[0].heights.max())
    tallest = curves[0][0].heights.max()
    for (bins, which), level in zip(curves, (0.86, 0.34), strict=False):
        y = level * min(tallest, bins.heights.max() * 2)
        # The label is as tall as a tenth of the panel; both curves must be below its foot there.
        foot = y - 0.1 * tallest
        x = max(float(c.edges[1:][c.heights >= foot].max(initial=-np.inf)) for c, _ in curves)
        figure.add_annotation(
            x=x,
            y=y,
            text=plain(names[which], 14),
            showarrow=False,
            xanchor="left",
            xshift=5,
            font={"color": theme.solid(which), "size": 14},
        )


def _tail_alt(
    a: RiskResult,
    a_cvar: RiskResult,
    b: RiskResult | None,
    b_cvar: RiskResult | None,
    names: tuple[str, str],
    horizon_label: str,
) -> str:
    """Return the finding: VaR, CVaR and the worst scenario of A, then B's figures."""
    worst = int(np.argmax(a.losses))
    text = (
        f"Histogram of {horizon_label} returns. {shorten(names[0])}: {unbroken(a.label)} {percent(a.value)}, "
        f"{unbroken(a_cvar.label)} {percent(a_cvar.value)}, worst loss {percent(a.losses[worst])} "
        f"({dated(a.index[worst])})."
    )
    if b is not None and b_cvar is not None:
        var, cvar = (f"{unbroken(r.label)} {percent(r.value)}" for r in (b, b_cvar))
        text += f" {shorten(names[1])}: {var}, {cvar}."
    return text


def _tail_table(
    a: RiskResult, b: RiskResult | None, rows: NDArray[np.intp], names: tuple[str, str]
) -> pd.DataFrame:
    """Return the tail scenarios of A, worst first, all of them."""
    columns = {f"{names[0]} loss (% of value)": 100.0 * a.losses[rows]}
    if b is not None and b.index.equals(a.index):
        columns[f"{names[1]} loss (% of value)"] = 100.0 * b.losses[rows]
    return pd.DataFrame(columns, index=readable_index(a.index[rows], "scenario"))


def _tail_definition(var: RiskResult, tail: int, past: bool) -> str:
    """Return what VaR, CVaR and the dots are."""
    rest = percent(1.0 - (var.confidence or 0.0), 1)
    place = "date" if isinstance(var.index, pd.DatetimeIndex) else "number"
    parts = [
        f"VaR is the loss that is exceeded in {rest} of the scenarios; CVaR is the average loss in that "
        f"{rest}, the tail. Solid bars and dots are the tail; each dot is one scenario at its return and "
        f"its {place}.",
        "Returns are after the fact: a record of the past, not a forecast."
        if past
        else "The scenarios are not history as it happened.",
    ]
    if tail > MOST_DOTS:
        parts.append(f"Of {tail:,} tail scenarios the {MOST_DOTS} worst are drawn.")
    return " ".join(parts)
