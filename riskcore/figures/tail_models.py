"""Models of the tail side by side, and how the extreme-value fit depends on its threshold."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.bars import row_label
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import interval, number, percent, plain, shorten
from riskcore.results.tail_models import TailModelsResult

__all__ = ["draw_tail_models", "draw_thresholds"]

Floats = NDArray[np.float64]
TITLES = {"cvar": "CVaR", "var": "VaR"}
ROW_PIXELS = 50
LABEL_CHARACTERS = 22
# A stands above the middle of its row and B below it.
PLACES = (-0.17, 0.17)
DOUBTED = "in doubt"
Z95 = 1.959963984540054


def draw_tail_models(
    a: TailModelsResult,
    b: TailModelsResult | None = None,
    *,
    theme: Theme,
    measure: Literal["cvar", "var"] = "cvar",
    names: tuple[str, str] = ("A", "B"),
    horizon_label: str = "1-day",
) -> Drawing:
    """Draw one figure of every tail model as a dot with its sampling interval, A above B in each row.

    A full dot is a figure nothing speaks against; a hollow one, marked "in doubt", has a note. A model that
    refuses the scenarios reads "no figure".

    Parameters
    ----------
    a, b
        `table_of_models` of A and of B at the same level.
    theme
        LIGHT or DARK.
    measure
        "cvar" or "var".
    names
        What A and B are called.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        Another measure, or A and B differ in confidence or models.
    MissingDataError
        No model has a finite figure.
    """
    check_names(names)
    if measure not in TITLES:
        raise InputError(f"Tail models give cvar and var, not {measure!r}.")
    shown = [a] if b is None else [a, b]
    if b is not None and (a.confidence != b.confidence or list(a.table.index) != list(b.table.index)):
        raise InputError("A and B must be drawn for the same models at the same confidence.")
    ends = np.concatenate([100 * r.table[[measure, f"{measure}_upper"]].to_numpy().ravel() for r in shown])
    starts = np.concatenate([100 * r.table[[measure, f"{measure}_lower"]].to_numpy().ravel() for r in shown])
    if not np.isfinite(ends).any():
        raise MissingDataError("No tail model has a figure for these scenarios, so there is nothing to draw.")
    low, high = float(starts[np.isfinite(starts)].min()), float(ends[np.isfinite(ends)].max())
    room = (high - low) or abs(high) or 1.0
    label = f"{TITLES[measure]} {100 * a.confidence:g}\u00a0%"
    figure = go.Figure()
    for which, result in enumerate(shown):
        _add_intervals(figure, result.table, measure, which, high + 0.04 * room, theme)
        figure.add_trace(_dots(result.table, measure, which, names[which], theme))
        figure.add_trace(_numbers(result.table, measure, which, names[which], (low, high), theme))
    labels = [row_label(text, LABEL_CHARACTERS) for text in a.table["label"]]
    figure.layout = base_layout(theme, height=ROW_PIXELS * len(labels) + 64) | {
        "xaxis": value_axis(
            theme,
            f"{horizon_label} {label}, % of value",
            range=[low - 0.06 * room, high + 0.42 * room],
            nticks=6,
        ),
        "yaxis": value_axis(
            theme,
            range=[len(labels) - 0.5, -0.5],
            tickvals=list(range(len(labels))),
            ticktext=labels,
            tickfont={"color": theme.ink, "size": 13},
            showgrid=False,
        ),
    }
    return Drawing(
        figure,
        f"{label} by model of the tail, {horizon_label}, with {100 * a.level:g}\u00a0% intervals",
        f"Dots with intervals, one row per model, {label}. " + " ".join(_told(shown, measure, names)),
        _models_table(shown, names),
        f"{label} of the same returns under different assumptions about the tail. The bar is the "
        f"{100 * a.level:g}\u00a0% sampling interval. A hollow dot is {DOUBTED}: its reason stands below.",
    )


def draw_thresholds(
    a: pd.DataFrame,
    b: pd.DataFrame | None = None,
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
) -> Drawing:
    """Draw the tail index ξ against the threshold of the extreme-value fit, with 95 % error bars.

    Parameters
    ----------
    a, b
        `threshold_table` of A and of B: index = quantiles; xi and xi_error are used.
    theme
        LIGHT or DARK.
    names
        What A and B are called.

    Raises
    ------
    MissingDataError
        No threshold has a fit.
    """
    tables = [a] if b is None else [a, b]
    check_names(names[: len(tables)])
    if not any(np.isfinite(t["xi"].to_numpy(dtype=np.float64)).any() for t in tables):
        raise MissingDataError(
            "No threshold leaves enough exceedances for an extreme-value fit; use a longer window."
        )
    figure = go.Figure(
        layout=base_layout(
            theme, height=280, right=16 + 8 * max(len(shorten(n, 14)) for n in names[: len(tables)])
        )
        | {
            "xaxis": value_axis(
                theme, "the tail begins at this quantile of losses, %", nticks=8, showgrid=False
            ),
            "yaxis": value_axis(
                theme, "ξ (0 = exponential tail)", nticks=6, zeroline=True, zerolinecolor=theme.muted
            ),
        }
    )
    for which, table in enumerate(tables):
        fitted = table[np.isfinite(table["xi"])]
        if fitted.empty:
            continue
        x = 100 * fitted.index.to_numpy(dtype=np.float64) + (-0.12, 0.12)[which] * (len(tables) - 1)
        xi = fitted["xi"].to_numpy(dtype=np.float64)
        figure.add_scatter(
            name=plain(names[which]),
            x=x,
            y=xi,
            mode="lines+markers",
            line={"color": theme.solid(which), "width": 1.5},
            marker={"size": 8, "symbol": ("circle", "diamond")[which]},
            error_y={
                "array": Z95 * fitted["xi_error"].to_numpy(dtype=np.float64),
                "width": 3,
                "thickness": 1,
            },
            hovertext=[
                f"<b>{plain(names[which])}</b>, tail from the {100 * q:g}\u00a0% quantile<br>"
                f"{row['exceedances']:.0f} exceedances, ξ {number(row['xi'], 2)} "
                f"± {number(Z95 * row['xi_error'], 2)}"
                for q, row in fitted.iterrows()
            ],
            hoverinfo="text",
        )
        figure.add_annotation(
            x=float(x[-1]),
            y=float(xi[-1]),
            text=plain(names[which], 14),
            showarrow=False,
            xanchor="left",
            xshift=8,
            font={"color": theme.solid(which), "size": 14},
        )
    return Drawing(
        figure,
        "Tail index ξ by threshold",
        "Lines of the tail index over thresholds. "
        + " ".join(
            f"{shorten(n)}: ξ from {number(float(t['xi'].min()), 2)} to {number(float(t['xi'].max()), 2)}."
            if np.isfinite(t["xi"]).any()
            else f"{shorten(n)}: no fit."
            for n, t in zip(names, tables, strict=False)
        ),
        pd.concat([t.add_prefix(f"{n} ") for n, t in zip(names, tables, strict=False)], axis=1).rename_axis(
            "quantile"
        ),
        "The extreme-value tail is fitted to the losses beyond a threshold. Where ξ stays level within "
        "its 95\u00a0% error bars the choice of threshold does not matter; a drift says the tail has not "
        "begun yet. "
        "ξ above 0 is a tail heavier than exponential; at 1 the mean loss would be infinite.",
    )


def _add_intervals(
    figure: go.Figure, table: pd.DataFrame, measure: str, which: int, cap: float, theme: Theme
) -> None:
    """Add one line per finite interval; an end at infinity is drawn to the cap with an arrow."""
    bounds = 100 * table[[f"{measure}_lower", f"{measure}_upper"]].to_numpy(dtype=np.float64)
    for row, (start, stop) in enumerate(bounds):
        if not np.isfinite(start):
            continue
        y = row + PLACES[which]
        figure.add_scatter(
            x=[start, stop if np.isfinite(stop) else cap],
            y=[y, y],
            mode="lines" if np.isfinite(stop) else "lines+markers",
            marker={"symbol": ["line-ns", "triangle-right"], "size": [1, 10]},
            line={"color": theme.solid(which), "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )


def _dots(table: pd.DataFrame, measure: str, which: int, name: str, theme: Theme) -> go.Scatter:
    values = 100 * table[measure].to_numpy(dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(values))
    reliable = table["reliable"].to_numpy(dtype=np.bool_)[rows]
    solid = ("circle", "diamond")[which]
    return go.Scatter(
        name=plain(name),
        x=values[rows],
        y=rows + PLACES[which],
        mode="markers",
        marker={
            "color": [theme.solid(which) if r else theme.surface for r in reliable],
            "size": 10,
            "symbol": solid,
            "line": {"color": theme.solid(which), "width": 2},
        },
        hovertext=[_hover(table.iloc[row], measure, name) for row in rows],
        hoverinfo="text",
    )


def _hover(row: pd.Series, measure: str, name: str) -> str:
    text = f"<b>{plain(name)}</b>, {plain(row['label'], 60)}<br>{TITLES[measure]} {percent(row[measure], 2)}"
    low, high = float(row[f"{measure}_lower"]), float(row[f"{measure}_upper"])
    if np.isfinite([low, high]).all():
        text += f", interval {interval(low, high, 2)}"
    return text if row["reliable"] else f"{text}<br>{DOUBTED}: see the note below"


def _numbers(
    table: pd.DataFrame, measure: str, which: int, name: str, ends: tuple[float, float], theme: Theme
) -> go.Scatter:
    """Return the figures as text right of their intervals."""
    figures = table[[measure, f"{measure}_upper"]].to_numpy(dtype=np.float64) * 100
    texts, places = [], []
    for row, (value, upper) in enumerate(figures):
        if np.isnan(value):
            text, place = "no figure", ends[0]
        elif np.isinf(value):
            text, place = "infinite", ends[1]
        else:
            text = number(value, 2) + ("" if table["reliable"].iloc[row] else f" {DOUBTED}")
            place = upper if np.isfinite(upper) else ends[1] + 0.06 * (ends[1] - ends[0])
        texts.append(f"\u00a0\u00a0{text}" + (f"\u00a0 {plain(name, 8)}" if row == 0 else ""))
        places.append(place)
    return go.Scatter(
        x=places,
        y=np.arange(len(texts)) + PLACES[which],
        mode="text",
        text=texts,
        textposition="middle right",
        textfont={"color": theme.solid(which) if which == 0 else theme.ink, "size": 12},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _told(shown: Sequence[TailModelsResult], measure: str, names: tuple[str, str]) -> list[str]:
    told = []
    for result, name in zip(shown, names, strict=False):
        parts = []
        for row in result.table.to_dict("records"):
            value = float(row[measure])
            said = "no figure" if np.isnan(value) else "infinite" if np.isinf(value) else percent(value, 2)
            doubt = "" if row["reliable"] or not np.isfinite(value) else f" ({DOUBTED})"
            parts.append(f"{row['label']} {said}{doubt}")
        told.append(f"{shorten(name)}: {'; '.join(parts)}.")
    return told


def _models_table(shown: Sequence[TailModelsResult], names: tuple[str, str]) -> pd.DataFrame:
    parts: dict[str, object] = {}
    columns = {"var": "VaR", "cvar": "CVaR"}
    for result, name in zip(shown, names, strict=False):
        for key, title in columns.items():
            parts[f"{name} {title} (% of value)"] = 100 * result.table[key]
            parts[f"{name} {title} from"] = 100 * result.table[f"{key}_lower"]
            parts[f"{name} {title} to"] = 100 * result.table[f"{key}_upper"]
        parts[f"{name} note"] = result.table["note"].fillna("")
    table = pd.DataFrame(parts)
    return table.set_axis(pd.Index(shown[0].table["label"], name="model"))
