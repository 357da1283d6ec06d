"""Rolling VaR forecasts with what happened: the days that lost more."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.lines import date_strings, thin
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import dated, percent, plain, shorten

__all__ = ["draw_exceptions"]


def draw_exceptions(
    forecasts: pd.DataFrame,
    *,
    theme: Theme,
    model_label: str,
    confidence: float,
    name: str = "A",
    which: int = 0,
    horizon_label: str = "1-day",
) -> Drawing:
    """Draw losses as a pale line, the VaR forecast made before each as a solid one, exceptions as crosses.

    Parameters
    ----------
    forecasts
        Index = increasing dates; columns var, cvar, loss (fractions of value) and exception (loss > var).
    theme
        LIGHT or DARK.
    model_label, confidence
        Of the forecasts, for the words.
    name
        What the portfolio is called.
    which
        0 draws in A's colours, 1 in B's.
    horizon_label
        Such as "1-day".

    Raises
    ------
    InputError
        A column is missing, an exception does not belong to its loss and VaR, or the index is no dates.
    MissingDataError
        The table is empty or has gaps.
    """
    check_names([name])
    _check(forecasts)
    loss, var = (100 * forecasts[c].to_numpy(dtype=np.float64) for c in ("loss", "var"))
    days = date_strings(forecasts.index)
    label = f"VaR {100 * confidence:g}\u00a0%"
    figure = go.Figure()
    for values, colour, width, what in (
        (loss, theme.pale(which), 1, "loss"),
        (var, theme.solid(which), 1.8, f"{label} forecast"),
    ):
        rows = thin(values)
        figure.add_scatter(
            name=what,
            x=[days[i] for i in rows],
            y=values[rows].astype(np.float32),
            mode="lines",
            line={"color": colour, "width": width},
            hoverinfo="skip",
        )
    hits = np.flatnonzero(forecasts["exception"].to_numpy(dtype=np.bool_)).tolist()
    figure.add_scatter(
        name="exception",
        x=[days[i] for i in hits],
        y=loss[hits].astype(np.float32),
        mode="markers",
        marker={"color": theme.loss, "symbol": "x-thin-open", "size": 7, "line": {"width": 1.6}},
        hovertext=[
            f"<b>{plain(dated(forecasts.index[i]))}</b><br>{plain(name)} lost {percent(loss[i] / 100, 2)}; "
            f"{label} forecast {percent(var[i] / 100, 2)}"
            for i in hits
        ],
        hoverinfo="text",
    )
    low = min(float(loss.min()), 0.0)
    layout = base_layout(theme, height=330)
    figure.layout = layout | {
        "xaxis": value_axis(theme, type="date", range=[days[0], days[-1]], nticks=6),
        "yaxis": value_axis(
            theme,
            f"{horizon_label} loss, % of value",
            range=[max(low, -float(loss.max())) * 1.05, max(float(loss.max()), float(var.max())) * 1.08],
            nticks=6,
            zeroline=True,
            zerolinecolor=theme.muted,
        ),
        "hovermode": "closest",
        "margin": layout["margin"] | {"t": 30},
    }
    figure.add_annotation(
        x=0.0,
        y=1.0,
        xref="paper",
        yref="paper",
        text=f'<span style="color:{theme.solid(which)}">━ {label} forecast</span>&nbsp;&nbsp; '
        f'<span style="color:{theme.pale(which)}">━</span> loss&nbsp;&nbsp; '
        f'<span style="color:{theme.loss}">× exception</span>',
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        font={"color": theme.ink, "size": 12},
    )
    worst = int(np.argmax(loss - var))
    return Drawing(
        figure,
        f"Rolling {horizon_label} {label} of {shorten(name)}, {model_label.lower()}, and its exceptions",
        f"Line of the {label} forecast over the losses of {shorten(name)}, {dated(forecasts.index[0])} to "
        f"{dated(forecasts.index[-1])}: {len(hits)} of {len(forecasts):,} losses exceed it. The farthest "
        f"beyond: {percent(loss[worst] / 100, 2)} against {percent(var[worst] / 100, 2)} "
        f"({dated(forecasts.index[worst])}).",
        forecasts.assign(**{c: 100 * forecasts[c] for c in ("var", "cvar", "loss")})
        .rename(
            columns={
                "var": "VaR forecast (% of value)",
                "cvar": "CVaR forecast (% of value)",
                "loss": "loss (% of value)",
            }
        )
        .set_axis(readable_index(forecasts.index, "date")),
        f"The solid line is the {label} forecast, made with earlier data only; the pale line is the loss "
        "that followed (below zero: a gain). A red cross is an exception: a loss above the forecast.",
    )


def _check(forecasts: pd.DataFrame) -> None:
    absent = [c for c in ("var", "cvar", "loss", "exception") if c not in forecasts]
    if absent:
        raise InputError(f"Forecasts need the columns var, cvar, loss and exception; {absent[0]} is missing.")
    numbers = forecasts[["var", "cvar", "loss"]].to_numpy(dtype=np.float64)
    if forecasts.empty or not np.isfinite(numbers).all():
        raise MissingDataError("The forecasts are empty or have gaps; nothing can be drawn.")
    dates = isinstance(forecasts.index, pd.DatetimeIndex)
    if not (dates and forecasts.index.is_monotonic_increasing and forecasts.index.is_unique):
        raise InputError("Forecasts need increasing dates without duplicates.")
    if ((forecasts["loss"] > forecasts["var"]) != forecasts["exception"]).any():
        raise InputError("An exception is a loss above VaR; the column exception says otherwise somewhere.")
