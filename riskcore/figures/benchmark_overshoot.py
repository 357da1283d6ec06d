"""The overshoot: total risk over plan against the risk of the active positions, one line per portfolio."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten, unbroken
from riskcore.results.benchmark import OvershootResult

__all__ = ["draw_overshoot"]

# Names at the right end are kept this far apart, as a share of the axis.
NAME_GAP = 0.075
DASHES = ("solid", "dash", "dashdot", "longdash", "dot")


def draw_overshoot(
    lines: Sequence[OvershootResult],
    *,
    theme: Theme,
    own: str | None = None,
    which: int = 0,
    horizon_label: str = "",
) -> Drawing:
    """Draw total risk over plan as active risk rises, each line named at its end.

    Parameters
    ----------
    lines
        Of one measure and level, each with one level or more.
    theme
        LIGHT or DARK.
    own
        The name of the line that is A's or B's own, drawn in its colour.
    which
        0 where the own line is A's, 1 where it is B's.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        There is no line, or they differ in measure or level.
    """
    if not lines or len({(one.measure, one.confidence) for one in lines}) != 1:
        raise InputError("Draw lines of one measure and level, at least one.")
    label = lines[0].label.lower() if lines[0].confidence is None else lines[0].label
    measure = unbroken(f"{horizon_label} {label}".strip())
    figure = go.Figure()
    ends = []
    for place, one in enumerate(lines):
        colour = theme.solid(which) if one.name == own else theme.muted
        table = 100.0 * one.table[["actual", "overshoot"]]
        figure.add_scatter(
            name=plain(one.name),
            mode="lines+markers",
            x=table["actual"].to_numpy(),
            y=table["overshoot"].to_numpy(),
            line={"color": colour, "width": 3 if one.name == own else 1.6, "dash": DASHES[place % 5]},
            marker={"size": 5},
            hovertext=[_hover(one, row, measure) for _, row in one.table.iterrows()],
            hoverinfo="text",
        )
        ends.append((float(table["actual"].iloc[-1]), float(table["overshoot"].iloc[-1]), one.name, colour))
    values = np.concatenate([100.0 * one.table["overshoot"].to_numpy(dtype=np.float64) for one in lines])
    low, high = float(min(0.0, values.min())), float(max(values.max(), 1e-9))
    figure.layout = base_layout(
        theme, height=360, right=24 + 8 * max(len(shorten(one.name, 14)) for one in lines)
    ) | {
        "xaxis": value_axis(theme, f"{measure} of the active positions, % of value", nticks=6),
        "yaxis": value_axis(
            theme,
            "total over plan, % of value",
            nticks=6,
            range=[low - 0.04 * (high - low), high + 0.06 * (high - low)],
            zeroline=True,
            zerolinecolor=theme.muted,
        ),
    }
    _name_ends(figure, ends, (low, high), theme)
    last = [f"{shorten(one.name)} {percent(float(one.table['overshoot'].iloc[-1]), 2)}" for one in lines]
    most = max(float(one.table["actual"].iloc[-1]) for one in lines)
    return Drawing(
        figure,
        f"{measure} over plan when the active positions are riskier than planned",
        f"Lines of total {measure} over plan against the risk of the active positions, planned at "
        f"{percent(lines[0].planned, 2)} and stressed up to {percent(most, 2)}. "
        f"At their ends: {', '.join(last)}.",
        _table(lines, measure),
        "The probabilities are moved as little as possible until the active positions have the risk on the "
        "axis; the height is what the whole portfolio’s risk is then above its plan. ρ is the correlation of "
        "benchmark and active positions at plan: the less they diversify, the more of the risk arrives.",
    )


def _hover(one: OvershootResult, row: pd.Series, measure: str) -> str:
    return (
        f"<b>{plain(one.name)}</b><br>"
        f"R(TE) {percent(row['actual'], 2)} (planned {percent(one.planned, 2)})<br>"
        f"{plain(measure, 40)} {percent(row['total'], 2)}, {percent(row['overshoot'], 2)} over plan<br>"
        f"f {percent(row['diversification'], 2)}<br>"
        f"{number(row['effective_scenarios'], 0)} effective scenarios"
    )


def _name_ends(
    figure: go.Figure, ends: list[tuple[float, float, str, str]], span: tuple[float, float], theme: Theme
) -> None:
    """Write the names right of the lines, from the highest down, none over another."""
    gap, ceiling = NAME_GAP * (span[1] - span[0]), span[1]
    ranked = sorted(ends, key=lambda end: -end[1])
    for below, (x, y, name, colour) in enumerate(ranked, 1):
        # Names still to come need room above the axis.
        place = max(min(y, ceiling), span[0] + gap * (len(ranked) - below))
        ceiling = place - gap
        figure.add_annotation(
            x=x,
            y=place,
            text=plain(name, 14),
            showarrow=False,
            xanchor="left",
            xshift=8,
            font={"color": theme.ink if colour == theme.muted else colour, "size": 12},
        )


def _table(lines: Sequence[OvershootResult], measure: str) -> pd.DataFrame:
    parts = []
    for one in lines:
        table = one.table
        columns = {
            f"R(TE) {measure} (% of value)": 100.0 * table["actual"],
            "R(TE) over its plan (times)": table["actual"] / one.planned,
            f"R(BM) {measure} (% of value)": 100.0 * table["benchmark"],
            "f (% of value)": 100.0 * table["diversification"],
            f"R(PF) {measure} (% of value)": 100.0 * table["total"],
            "R(PF) over plan (% of value)": 100.0 * table["overshoot"],
            "effective scenarios": table["effective_scenarios"],
            "effective scenarios in the tail": table["tail_scenarios"],
            "kept share of the plan’s probabilities": table["kept_share"],
        }
        part = pd.DataFrame(columns)
        part.index = pd.Index([one.name] * len(part), name="active positions")
        parts.append(part)
    whole = pd.concat(parts)
    return whole.dropna(axis="columns", how="all")
