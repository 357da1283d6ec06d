"""How far each limit is used: bars against one line at 100 %, with the verdict in words."""

from dataclasses import replace

import numpy as np

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, draw_bars, shared_scale
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme
from riskcore.figures.words import number, percent, plain, shorten
from riskcore.results.limits import GateResult, Status

__all__ = ["draw_utilisation"]

WORDS: dict[Status, str] = {
    "pass": "pass",
    "warn": "warn",
    "breach": "BREACH",
    "unchecked": "not checked",
    "unset": "no limit",
}
# Room for " BREACH" behind the number.
VERDICT_PIXELS = 62


def draw_utilisation(gate: GateResult, *, theme: Theme) -> Drawing:
    r"""Draw value / limit of every limit, the most used on top; red and in capitals where it is breached.

    Parameters
    ----------
    gate
        With at least one limit. A limit without a value stands at 0 as "not checked"; a gain is drawn at 0.
    theme
        LIGHT or DARK.

    Raises
    ------
    InputError
        No limit is set.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> from riskcore.results.limits import LimitResult
    >>> gate = GateResult("A", (LimitResult("cvar", "CVaR", 0.02, 0.023),))
    >>> draw_utilisation(gate, theme=LIGHT).title
    'A: 1 of 1 limits breached'
    """
    if not gate.limits:
        raise InputError("No limits are set, so none is used; set some first.")
    rows = sorted(gate.limits, key=lambda f: -np.inf if f.utilisation is None else -f.utilisation)
    rows = [f for f in rows if f.value is not None] + [f for f in rows if f.value is None]
    used = np.array([100.0 * max(f.utilisation or 0.0, 0.0) for f in rows])
    hover = [
        plain(f"{f.name}: {WORDS[f.status]}. ")
        + (
            plain(f.reason, 120)
            if f.value is None
            else f"{_figure(f.value, f.unit)} of {_figure(f.limit, f.unit)} allowed"
        )
        for f in rows
    ]
    colours = [theme.loss if f.status == "breach" else theme.a for f in rows]
    bars = Bars(gate.portfolio, used, theme.a, theme.ink, hover)
    scale = shared_scale([replace(bars, values=np.append(used, 100.0), hover=[*hover, ""])], 0)
    scale = replace(scale, end_pixels=scale.end_pixels + VERDICT_PIXELS)
    figure = draw_bars(
        [f.name for f in rows],
        [bars],
        theme=theme,
        axis_title="Share of the limit used, %",
        scale=scale,
        digits=0,
    )
    texts = [
        WORDS[f.status] if f.value is None else f"{number:.0f}\N{NO-BREAK SPACE}% {WORDS[f.status]}"
        for f, number in zip(rows, used, strict=True)
    ]
    figure.data[0].update(text=None, marker={"color": colours})
    # Behind the line, so that no verdict is crossed by it.
    figure.add_scatter(
        x=np.maximum(used, 100.0),
        y=np.arange(len(rows)),
        mode="text",
        text=[f" {text}" for text in texts],
        textposition="middle right",
        textfont={"color": theme.ink, "size": 12},
        hoverinfo="skip",
        cliponaxis=False,
    )
    figure.add_vline(x=100.0, line={"color": theme.loss, "width": 1.5, "dash": "dash"})
    said = "; ".join(f"{shorten(f.name, 40)} {text}" for f, text in zip(rows, texts, strict=True))
    title = f"{shorten(gate.portfolio)}: {len(gate.breaches)} of {len(rows)} limits breached"
    return Drawing(
        figure,
        title,
        f"Bars of the share of each limit that is used, with a line at 100 %. {said}.",
        gate.table(),
        "The figure divided by its limit; 100 % is the line. Each figure is the one the other pages show.",
    )


def _figure(value: float, unit: str) -> str:
    if unit == "exposure":
        return number(value, 2)
    return f"{value:.1f} days" if unit == "days" else percent(value, 2)
