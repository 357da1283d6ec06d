"""Frontier: the efficient portfolios as a curve, and every portfolio compared as a mark beside it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten
from riskcore.results.frontier import FrontierResult

__all__ = ["FRONTIER_TRACE", "draw_frontier"]

Floats = NDArray[np.float64]
FRONTIER_TRACE = 0
"""Position of the curve among the traces, for pages that let the reader click a point of it."""
HEIGHT = 400
# Labels are placed for a phone, in pixels; on a wider drawing they only have more room.
ROOM = (330.0, 330.0)
CHARACTER, LINE, AWAY = 6.6, 16.0, 9.0
SIDES = (
    ("middle right", 1.0, 0.0),
    ("middle left", -1.0, 0.0),
    ("top center", 0.0, 1.0),
    ("bottom center", 0.0, -1.0),
)
MARGIN = 0.08
STEPS = np.linspace(0.0, 1.0, 120)


def draw_frontier(
    frontier: FrontierResult,
    marks: pd.DataFrame,
    *,
    theme: Theme,
    periods_per_year: float,
    horizon_label: str = "1-day",
    a: str | None = None,
    b: str | None = None,
    chosen: int | None = None,
) -> Drawing:
    r"""Draw a frontier with other portfolios on the same axes; nothing is marked as best.

    Parameters
    ----------
    frontier
        Means and risks per period.
    marks
        Columns "mean" and "risk", per period, in the risk of the frontier; one row per portfolio.
    theme
        LIGHT or DARK.
    periods_per_year
        Scales means by its product and volatilities by its root; CVaR stays per period.
    horizon_label
        The period as an adjective.
    a, b
        The rows of `marks` that are A and B now.
    chosen
        Point of the frontier to point out, from 0.

    Raises
    ------
    InputError
        Names repeat, `a` or `b` is no row, or there is no such point.
    MissingDataError
        A mean or risk is missing.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> found = FrontierResult(pd.DataFrame({"SPY": [0.2, 1.0]}), np.array([0.0002, 0.0004]),
    ...     np.array([0.004, 0.012]), "cvar", "Mean–CVaR frontier", "x", "optimal", 0.0, "gap", 1, 0.0, 0.95)
    >>> draw_frontier(found, pd.DataFrame({"mean": [0.0003], "risk": [0.01]}, index=["A"]), theme=LIGHT,
    ...     periods_per_year=252, a="A").alt
    'Curve of 2 efficient portfolios, from 0.4\xa0% to 1.2\xa0% 1-day CVaR 95\xa0% and from 5.0\xa0% to ...
    """
    _check(frontier, marks, a, b, chosen)
    x, y = _shown(frontier.risk, frontier.mean, frontier.measure, periods_per_year)
    mark_x, mark_y = _shown(
        marks["risk"].to_numpy(dtype=np.float64),
        marks["mean"].to_numpy(dtype=np.float64),
        frontier.measure,
        periods_per_year,
    )
    risk_words = _risk_words(frontier, horizon_label)
    letters = [_letters(str(name), a, b) for name in marks.index]
    named = [
        f"{shorten(f'{letter}: {name}' if letter != name else str(name))}: "
        f"{percent(r / 100)} and {percent(m / 100)}"
        for name, letter, r, m in zip(marks.index, letters, mark_x, mark_y, strict=True)
        if letter
    ]
    return Drawing(
        _figure(frontier, (x, y), (mark_x, mark_y), list(marks.index), letters, chosen, risk_words, theme),
        f"{frontier.label}, in-sample",
        f"Curve of {x.size} efficient portfolios, from {percent(x[0] / 100)} to {percent(x[-1] / 100)} "
        f"{risk_words} and from {percent(y[0] / 100)} to {percent(y[-1] / 100)} mean return per year. "
        + (f"{'; '.join(named)}." if named else "A and B are not marked."),
        _table(frontier, (x, y), (mark_x, mark_y), [str(n) for n in marks.index], risk_words),
        "The curve holds the portfolios that had the least risk at each mean return on this very window. "
        "In-sample: average returns are the weakest of all inputs, and the curve, chosen with hindsight, "
        "flatters itself against every mark below it.",
    )


def _check(
    frontier: FrontierResult, marks: pd.DataFrame, a: str | None, b: str | None, chosen: int | None
) -> None:
    if not marks.empty:
        check_names([str(name) for name in marks.index])
    values = (frontier.mean, frontier.risk, marks[["mean", "risk"]].to_numpy(dtype=np.float64))
    if not all(np.isfinite(v).all() for v in values):
        raise MissingDataError("A mean or a risk is missing or infinite; leave that portfolio out.")
    for which, row in (("A", a), ("B", b)):
        if row is not None and row not in marks.index:
            raise InputError(f"{which} is {row!r}, which is none of the portfolios drawn.", row=row)
    if chosen is not None and not 0 <= chosen < frontier.mean.size:
        raise InputError(f"The frontier has {frontier.mean.size} points; there is no point {chosen + 1}.")


def _shown(risk: Floats, mean: Floats, measure: str, periods_per_year: float) -> tuple[Floats, Floats]:
    """Return risk and mean in percent, as the axes show them."""
    scale = float(np.sqrt(periods_per_year)) if measure == "volatility" else 1.0
    return 100.0 * scale * risk, 100.0 * periods_per_year * mean


def _risk_words(frontier: FrontierResult, horizon_label: str) -> str:
    if frontier.measure == "volatility":
        return f"volatility per year ({horizon_label} returns)"
    return f"{horizon_label} CVaR {100 * (frontier.confidence or 0.0):g}\N{NO-BREAK SPACE}%"


def _letters(name: str, a: str | None, b: str | None) -> str:
    return "".join(letter for letter, row in (("A", a), ("B", b)) if row == name)


def _figure(
    frontier: FrontierResult,
    curve: tuple[Floats, Floats],
    marks: tuple[Floats, Floats],
    names: Sequence[object],
    letters: Sequence[str],
    chosen: int | None,
    risk_words: str,
    theme: Theme,
) -> go.Figure:
    """Return the curve, the point chosen as a ring, and the marks with as many labels as there is room."""
    x, y = (np.concatenate([c, m]) for c, m in zip(curve, marks, strict=True))
    ranges = _range(x), _range(y)
    figure = go.Figure()
    figure.add_scatter(
        name="frontier",
        mode="lines+markers" if curve[0].size > 1 else "markers",
        x=curve[0],
        y=curve[1],
        line={"color": theme.ink, "width": 1.6},
        marker={"color": theme.ink, "size": 5},
        hovertext=[
            f"<b>Point {i + 1}</b><br>{_hover(r, m, risk_words)}<br>{_largest(frontier.weights.iloc[i])}"
            for i, (r, m) in enumerate(zip(*curve, strict=True))
        ],
        hoverinfo="text",
    )
    if chosen is not None:
        figure.add_scatter(
            name="chosen",
            mode="markers",
            x=curve[0][[chosen]],
            y=curve[1][[chosen]],
            marker={"color": "rgba(0,0,0,0)", "size": 15, "line": {"color": theme.ink, "width": 2}},
            hoverinfo="skip",
        )
    labels = [_label(str(n), letter) for n, letter in zip(names, letters, strict=True)]
    placed = _placed(curve, marks, labels, letters, ranges)
    for group in dict.fromkeys(letters):
        rows = [i for i, letter in enumerate(letters) if letter == group]
        colour = theme.solid("AB".index(group[0])) if group else theme.muted
        figure.add_scatter(
            name=" and ".join(group) or "portfolios",
            mode="markers+text",
            x=marks[0][rows],
            y=marks[1][rows],
            marker={"color": colour, "size": 12 if group else 8},
            text=[plain(placed[i][0], 26) for i in rows],
            textposition=[placed[i][1] for i in rows],
            textfont={"color": colour, "size": 12},
            cliponaxis=False,
            hovertext=[
                f"<b>{plain(labels[i], 40)}</b><br>{_hover(marks[0][i], marks[1][i], risk_words)}"
                for i in rows
            ],
            hoverinfo="text",
        )
    figure.layout = base_layout(theme, height=HEIGHT) | {
        "xaxis": value_axis(theme, f"{risk_words}, %", range=ranges[0], nticks=7),
        "yaxis": value_axis(theme, "mean return, % per year", range=ranges[1], nticks=6),
        "hovermode": "closest",
    }
    return figure


def _label(name: str, letters: str) -> str:
    return f"{' '.join(letters)} · {name}" if letters and not name.startswith(letters) else name


def _hover(risk: float, mean: float, risk_words: str) -> str:
    space = "\N{NO-BREAK SPACE}"
    return f"{number(risk, 2)}{space}% {risk_words}<br>{number(mean, 2)}{space}% mean return per year"


def _largest(weights: pd.Series) -> str:
    top = weights.sort_values(ascending=False).head(3)
    held = [f"{plain(asset, 16)} {percent(float(w), 0)}" for asset, w in top.items() if w > 5e-4]
    return ", ".join(held)


def _range(values: Floats) -> list[float]:
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or max(abs(high), 1.0) * MARGIN
    return [low - room, high + room]


def _placed(
    curve: tuple[Floats, Floats],
    marks: tuple[Floats, Floats],
    labels: Sequence[str],
    letters: Sequence[str],
    ranges: tuple[list[float], list[float]],
) -> list[tuple[str, str]]:
    """Return text and side of each label that touches neither line nor label, "" where there is no room.

    A and B come first, and shrink to their letter before they go.
    """
    line_x, line_y = (
        _pixels(np.interp(STEPS, np.linspace(0, 1, c.size), c), i, ranges) for i, c in enumerate(curve)
    )
    mark_x, mark_y = (_pixels(values, i, ranges) for i, values in enumerate(marks))
    points = [*zip(line_x, line_y, strict=True), *zip(mark_x, mark_y, strict=True)]
    taken = [(x - 4.0, y - 4.0, x + 4.0, y + 4.0) for x, y in points]
    placed = [("", "middle right")] * len(labels)
    for i in sorted(range(len(labels)), key=lambda k: not letters[k]):
        texts = [shorten(labels[i], 26), *([" ".join(letters[i])] if letters[i] else [])]
        others = [box for k, box in enumerate(taken) if k != line_x.size + i]
        found = next(
            (
                (text, side, box)
                for text in texts
                for side, right, up in SIDES
                for box in [_box(text, float(mark_x[i]), float(mark_y[i]), right, up)]
                if box[0] >= 0.0 and box[2] <= ROOM[0] and not any(_touch(box, other) for other in others)
            ),
            None,
        )
        if found is not None:
            placed[i] = found[:2]
            taken.append(found[2])
    return placed


def _pixels(values: Floats, axis: int, ranges: tuple[list[float], list[float]]) -> Floats:
    low, high = ranges[axis]
    return (values - low) / (high - low) * ROOM[axis]


def _box(text: str, x: float, y: float, right: float, up: float) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a label beside a mark."""
    width = CHARACTER * len(text)
    centre, middle = x + right * (AWAY + width / 2), y + up * (AWAY + LINE / 2)
    return centre - width / 2, middle - LINE / 2, centre + width / 2, middle + LINE / 2


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def _table(
    frontier: FrontierResult,
    curve: tuple[Floats, Floats],
    marks: tuple[Floats, Floats],
    names: list[str],
    risk_words: str,
) -> pd.DataFrame:
    """Return points and portfolios with their numbers; the weights of the points beside them."""
    columns = (f"{risk_words} (%)", "mean return per year (%)")
    labels = [f"point {i + 1}" for i in range(curve[0].size)]
    points = pd.DataFrame(dict(zip(columns, curve, strict=True)), index=labels)
    weights = (100.0 * frontier.weights).set_axis(labels).add_suffix(" (% of value)")
    others = pd.DataFrame(dict(zip(columns, marks, strict=True)), index=names)
    return pd.concat([points.join(weights), others]).rename_axis("portfolio")
