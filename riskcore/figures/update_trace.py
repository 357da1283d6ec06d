"""Traces of the CVaR-adjusted update: the CVaR along the steps of every form."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import percent, plain
from riskcore.results.update_trace import UpdateTrace

__all__ = ["draw_update_traces"]

MOST_POINTS = 160
# The first two colours are those of A and B.
FIRST_COLOUR = 2
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def draw_update_traces(
    traces: Sequence[UpdateTrace], *, theme: Theme, horizon_label: str = "1-day"
) -> Drawing:
    r"""Draw the CVaR after every step, one line per form, steps on a logarithmic axis.

    Parameters
    ----------
    traces
        One to six, of one confidence, started from the same weights.
    theme
        LIGHT or DARK.
    horizon_label
        The period as an adjective.

    Raises
    ------
    InputError
        No trace, more than six, or traces of several confidences.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> trace = UpdateTrace("printed", "As printed", "x", 0.95, pd.DataFrame([[1.0], [1.0]]),
    ...     np.array([0.02, 0.02]), np.array([0.02, 0.02]), np.zeros(1), np.zeros(2), np.zeros(1), "none",
    ...     False, pd.Series([1.0]), None, 0.0)
    >>> draw_update_traces([trace], theme=LIGHT).alt
    'Lines of the 1-day CVaR 95\xa0% by step. As printed: from 2.000\xa0% to 2.000\xa0% in 1 step.'
    """
    if not 1 <= len(traces) <= len(DASHES):
        raise InputError(f"Draw one to {len(DASHES)} traces, got {len(traces)}.")
    if len({trace.confidence for trace in traces}) > 1:
        raise InputError("The traces have different confidences; draw those of one.")
    what = f"{horizon_label} CVaR {100 * traces[0].confidence:g}\N{NO-BREAK SPACE}%"
    figure = go.Figure()
    for i, trace in enumerate(traces):
        rows = _rows(trace.steps)
        figure.add_scatter(
            name=plain(trace.label, 40),
            mode="lines",
            # Step 0 has no place on a logarithmic axis: steps are counted from 1, the start.
            x=rows + 1,
            y=100.0 * trace.cvar[rows],
            line={"color": theme.categorical[FIRST_COLOUR + i], "width": 2, "dash": DASHES[i]},
            hovertemplate=f"{plain(trace.label, 40)}, step %{{x}}: %{{y:.4f}}\u00a0%<extra></extra>",
        )
    figure.layout = base_layout(theme, height=380) | {
        "xaxis": value_axis(theme, "step, logarithmic (1 = the start)", type="log", dtick=1),
        "yaxis": value_axis(theme, f"{what}, %", nticks=6),
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.25, "font": {"size": 12}},
    }
    ends = "; ".join(
        f"{t.label}: from {percent(float(t.cvar[0]), 3)} to {percent(float(t.cvar[-1]), 3)} in "
        f"{t.steps:,} step{'s'[: t.steps != 1]}"
        for t in traces
    )
    table = pd.DataFrame(
        {
            t.label: {
                "steps": float(t.steps),
                f"{what} at the start (%)": 100.0 * float(t.cvar[0]),
                f"{what} after the last step (%)": 100.0 * float(t.cvar[-1]),
                f"lowest {what} met (%)": 100.0 * float(t.best_cvar[-1]),
                "last change of weights (% of value)": 100.0 * float(t.weight_change[-1]),
                "projected-gradient norm": float(t.gradient_norm[-1]),
                "certificate": float(t.residual[-1]),
            }
            for t in traces
        }
    ).T.rename_axis("form")
    return Drawing(
        figure,
        f"{what} along the steps of every form",
        f"Lines of the {what} by step. {ends}.",
        table,
        "Each line is one reading of the same rule, from the same start. A line that falls leads to less "
        "CVaR; not all are meant to, and a lower line is no better portfolio.",
    )


def _rows(steps: int) -> np.ndarray:
    """Return the steps to draw: all where they are few, else spread evenly on the logarithmic axis."""
    if steps < MOST_POINTS:
        return np.arange(steps + 1)
    return np.unique(np.geomspace(1, steps + 1, MOST_POINTS).round().astype(np.intp)) - 1
