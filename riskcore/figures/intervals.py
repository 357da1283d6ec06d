"""Shares of risk as dots, with the interval in which they could lie by chance."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import order_rows
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import interval, number, percent, plain, shorten, unbroken
from riskcore.results.uncertainty import ContributionIntervalResult

__all__ = ["draw_contribution_intervals"]

Floats = NDArray[np.float64]
ROW_PIXELS = 22
OFFSET = 0.17


def draw_contribution_intervals(
    found: Sequence[ContributionIntervalResult],
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    most: int = 8,
    horizon_label: str = "",
) -> Drawing:
    r"""Draw each asset's share of the risk as a dot with its interval, A above B in every row.

    Parameters
    ----------
    found
        One or two results of the same measure and level, over the same assets: A, then B.
    theme
        LIGHT or DARK.
    names
        What A and B are called.
    most
        Assets drawn, those with the largest shares in either; the table has all.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        Not one or two results, or they differ in measure, level, coverage or assets.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"component": [0.015], "component_lower": [0.01], "component_upper": [0.02],
    ...     "relative": [1.0], "relative_lower": [1.0], "relative_upper": [1.0]}, index=["SPY"])
    >>> one = ContributionIntervalResult(table, 0.95, "cvar", "CVaR 95 %", 0.95, "A", "block", 9.0, 1000,
    ...     50.0, None)
    >>> draw_contribution_intervals([one], theme=LIGHT).title
    'Share of CVaR 95\xa0% with its 95\xa0% interval: A'
    """
    check_names(names)
    _check_comparable(found)
    shares = all(bool(one.table["relative"].notna().all()) for one in found)
    column = "relative" if shares else "component"
    measure = unbroken(f"{horizon_label} {found[0].label}".strip())
    size = [one.table[column].to_numpy(dtype=np.float64) for one in found]
    kept, _ = order_rows(size[0], size[1] if len(size) > 1 else None, most)
    kept = kept[:most] if kept.size > most else kept
    shown = [one.table.iloc[kept] for one in found]
    level = percent(found[0].level, 0)
    title = (
        f"{'Share of' if shares else 'Contribution to'} {measure} with its {level} interval: "
        + " and ".join(shorten(n) for n in names[: len(found)])
    )
    return Drawing(
        _figure(shown, column, names, measure, theme),
        title,
        f"Dots with intervals by asset. {_widest(shown, column, names)}",
        _table(found, names, measure),
        f"The dot is the contribution on this history; the bar holds {level} of those on resampled histories "
        "of the same length, built from blocks of consecutive days. Where bars are long, the order of assets "
        "may be chance.",
    )


def _check_comparable(found: Sequence[ContributionIntervalResult]) -> None:
    if len(found) not in (1, 2):
        raise InputError(f"Give the intervals of one or two portfolios, got {len(found)}.")
    first = found[0]
    for other in found[1:]:
        same = (other.measure, other.confidence, other.level) == (
            first.measure,
            first.confidence,
            first.level,
        )
        if not same or list(other.table.index) != list(first.table.index):
            raise InputError(
                f"{first.portfolio} ({first.label}) and {other.portfolio} ({other.label}) are not "
                "comparable; take the same measure, level and assets for both."
            )


def _figure(
    shown: Sequence[pd.DataFrame], column: str, names: tuple[str, str], measure: str, theme: Theme
) -> go.Figure:
    labels = [str(asset) for asset in shown[0].index]
    figure = go.Figure()
    lows, highs = [0.0], [0.0]
    digits = 1 if column == "relative" else 3
    for which, table in enumerate(shown):
        value, low, high = (
            100.0 * table[f"{column}{end}"].to_numpy(dtype=np.float64) for end in ("", "_lower", "_upper")
        )
        offset = 0.0 if len(shown) == 1 else (2 * which - 1) * OFFSET
        figure.add_trace(_dots(labels, value, low, high, offset, which, names[which], measure, theme))
        for row, end in enumerate(np.maximum(high, value)):
            name = f" {plain(names[which], 14)}" if row == 0 else ""
            figure.add_annotation(
                x=float(end),
                y=row + offset,
                text=f"{number(float(value[row]), digits)}{name}",
                showarrow=False,
                xanchor="left",
                xshift=5,
                font={"color": theme.muted if row else theme.ink, "size": 12},
            )
        lows.append(float(min(low.min(), value.min())))
        highs.append(float(max(high.max(), value.max())))
    room = 0.04 * ((max(highs) - min(lows)) or 1.0)
    figure.update_layout(
        base_layout(theme, height=ROW_PIXELS * len(shown) * len(labels) + 72),
        xaxis=value_axis(
            theme,
            "% of the total" if column == "relative" else "% of value",
            range=[min(lows) - (room if min(lows) < 0 else 0.0), max(highs) + room],
            nticks=6,
            zeroline=min(lows) < 0.0,
            zerolinecolor=theme.muted,
        ),
        yaxis=value_axis(
            theme,
            range=[len(labels) - 0.5, -0.5],
            tickmode="array",
            tickvals=list(range(len(labels))),
            ticktext=[plain(label, 18) for label in labels],
            tickfont={"color": theme.ink, "size": 13},
            showgrid=False,
        ),
        margin_r=48 + 8 * max(len(shorten(n, 14)) for n in names[: len(shown)]),
    )
    return figure


def _dots(
    labels: Sequence[str],
    value: Floats,
    low: Floats,
    high: Floats,
    offset: float,
    which: int,
    name: str,
    measure: str,
    theme: Theme,
) -> go.Scatter:
    hover = [
        f"<b>{plain(label, 40)}</b> in {plain(name)}<br>{percent(v / 100)} of {plain(measure, 40)}<br>"
        f"interval {interval(min(a, b) / 100, max(a, b) / 100)}"
        for label, v, a, b in zip(labels, value, low, high, strict=True)
    ]
    return go.Scatter(
        name=plain(name),
        mode="markers",
        x=value,
        y=np.arange(value.size) + offset,
        marker={"color": theme.solid(which), "size": 9, "symbol": ("circle", "diamond")[which]},
        # A dot outside its percentile interval is possible; the bar then ends at the dot.
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.maximum(high - value, 0.0),
            "arrayminus": np.maximum(value - low, 0.0),
            "color": theme.solid(which),
            "thickness": 2,
            "width": 4,
        },
        hovertext=hover,
        hoverinfo="text",
    )


def _widest(shown: Sequence[pd.DataFrame], column: str, names: tuple[str, str]) -> str:
    sentences = []
    for table, name in zip(shown, names, strict=False):
        top = int(table[column].to_numpy(dtype=np.float64).argmax())
        row = table.iloc[top]
        low, high = sorted((float(row[f"{column}_lower"]), float(row[f"{column}_upper"])))
        sentences.append(
            f"In {shorten(name)}, {shorten(table.index[top])} is largest: {percent(float(row[column]))}, "
            f"interval {interval(low, high)}."
        )
    return " ".join(sentences)


def _table(found: Sequence[ContributionIntervalResult], names: tuple[str, str], measure: str) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for one, name in zip(found, names, strict=False):
        for kind, unit in (
            ("relative", f"share of {measure} (%)"),
            ("component", f"part of {measure} (% of value)"),
        ):
            for end in ("", "_lower", "_upper"):
                title = f"{name} {unit}" + {"": "", "_lower": " from", "_upper": " to"}[end]
                columns[title] = 100.0 * one.table[f"{kind}{end}"]
    order = found[0].table["component"].sort_values(ascending=False).index
    return pd.DataFrame(columns).loc[order].rename_axis("asset")
