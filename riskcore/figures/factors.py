"""Factors: exposures with their intervals, and what factors carry of the risk."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.figures.bars import Bars, draw_bars, row_label
from riskcore.figures.drawing import Drawing, check_names
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten, unbroken
from riskcore.results.factors import (
    FactorContributionResult,
    FactorShockResult,
    PortfolioExposureResult,
)

__all__ = ["draw_factor_exposures", "draw_factor_risk", "draw_factor_shock"]

Floats = NDArray[np.float64]
ROW_PIXELS = 46
BAR = 0.36
SPECIFIC, MEAN = "specific to assets", "unexplained mean"


def draw_factor_exposures(
    found: Sequence[PortfolioExposureResult],
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    basis: str = "",
) -> Drawing:
    r"""Draw the exposure of A and B to every factor as paired bars with intervals.

    Parameters
    ----------
    found
        One or two results over the same factors: A, then B.
    theme
        LIGHT or DARK.
    names
        What A and B are called.
    basis
        On which returns, such as "weekly returns".

    Raises
    ------
    InputError
        Not one or two results, or they differ in factors or level.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"exposure": [0.8], "standard_error": [0.1], "lower": [0.6], "upper": [1.0]},
    ...                      index=["SPY"])
    >>> one = PortfolioExposureResult("A", table, 0.95, 0.9)
    >>> draw_factor_exposures([one], theme=LIGHT).alt
    'Exposure of A to SPY: 0.80, interval 0.60 to 1.00.'
    """
    check_names(names)
    _check_pair([tuple(one.table.index) for one in found], "factors")
    if len({one.level for one in found}) > 1:
        raise InputError("The intervals of A and B have different levels; take one for both.")
    factors = [str(f) for f in found[0].table.index]
    figure = go.Figure()
    low = min(0.0, *(float(one.table["lower"].min()) for one in found))
    high = max(0.0, *(float(one.table["upper"].max()) for one in found))
    room = 0.04 * ((high - low) or 1.0)
    figure.layout = base_layout(theme, height=ROW_PIXELS * len(factors) + 64, right=72) | {
        "bargap": 0.0,
        "xaxis": value_axis(
            theme,
            "% moved when the factor moves 1 %",
            range=[low - (room if low < 0.0 else 0.0), high + room],
            zeroline=low < 0.0,
            zerolinecolor=theme.muted,
            nticks=6,
        ),
        "yaxis": _rows(theme, factors),
    }
    for which, one in enumerate(found):
        offset = 0.0 if len(found) == 1 else (2 * which - 1) * BAR / 2
        _add_exposures(figure, one, which, offset, names[which], theme)
    level = percent(found[0].level, 0)
    texts = [
        f"Exposure of {shorten(name)} to {shorten(factor)}: {number(float(row['exposure']), 2)}, interval "
        f"{number(float(row['lower']), 2)} to {number(float(row['upper']), 2)}."
        for one, name in zip(found, names, strict=False)
        for factor, row in one.table.iterrows()
    ]
    pair = " and ".join(shorten(name) for name in names[: len(found)])
    table = pd.DataFrame(
        {
            f"{name} {str(column).replace('_', ' ')} (% per 1 %)": one.table[column]
            for one, name in zip(found, names, strict=False)
            for column in one.table.columns
        }
    )
    return Drawing(
        figure,
        f"Exposure of {pair} to each factor, with its {level} interval{f', {basis}' if basis else ''}",
        " ".join(texts),
        table.rename_axis("factor"),
        "By how many percent the portfolio moves on average when this factor moves by 1 % and the other "
        f"factors do not. The line is the {level} interval of the regression.",
    )


def _add_exposures(
    figure: go.Figure, one: PortfolioExposureResult, which: int, offset: float, name: str, theme: Theme
) -> None:
    value, low, high = (one.table[c].to_numpy(dtype=np.float64) for c in ("exposure", "lower", "upper"))
    labels = [str(f) for f in one.table.index]
    figure.add_bar(
        orientation="h",
        name=plain(name),
        x=value,
        y=np.arange(value.size) + offset,
        width=BAR * 0.9,
        marker={"color": theme.solid(which), "line": {"width": 0}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": high - value,
            "arrayminus": value - low,
            "color": theme.ink,
            "thickness": 1.5,
            "width": 4,
        },
        hovertext=[
            f"<b>{plain(name)}</b> to {plain(label, 40)}<br>{number(v, 3)} % per 1 %<br>"
            f"interval {number(lo, 3)} to {number(hi, 3)}"
            for label, v, lo, hi in zip(labels, value, low, high, strict=True)
        ],
        hoverinfo="text",
    )
    for row, end in enumerate(np.maximum(high, 0.0)):
        figure.add_annotation(
            x=float(end),
            y=row + offset,
            text=number(float(value[row]), 2) + (f" {plain(name, 10)}" if row == 0 else ""),
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"color": theme.ink, "size": 12},
        )


def _rows(theme: Theme, labels: Sequence[str]) -> dict[str, object]:
    return value_axis(
        theme,
        range=[len(labels) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=[row_label(label) for label in labels],
        tickfont={"color": theme.ink, "size": 13},
        showgrid=False,
    )


def draw_factor_risk(
    found: Sequence[FactorContributionResult],
    *,
    theme: Theme,
    names: tuple[str, str] = ("A", "B"),
    horizon_label: str = "",
) -> Drawing:
    """Draw what each factor, the assets' specific parts and the unexplained mean add to the risk of A and B.

    Shares in percent of the risk; in percent of value where a total is too near zero to divide by. The
    unexplained mean has a row only where it is 0.05 % of the risk or more.

    Raises
    ------
    InputError
        Not one or two results, or they differ in measure, level or factors.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> one = FactorContributionResult("A", "volatility", "Volatility", None, 0.01,
    ...     pd.Series({"SPY": 1.0}), pd.Series({"SPY": 0.008}), pd.Series({"QQQ": 0.002}), 0.0, 0.0)
    >>> draw_factor_risk([one], theme=LIGHT, horizon_label="1-day").title
    'A: share of 1-day volatility by factor'
    """
    check_names(names)
    _check_pair([(*one.factors.index, one.measure, one.confidence) for one in found], "factors or measure")
    shares = all(one.relative_defined for one in found)
    column = "relative" if shares else "component"
    tables = [one.table for one in found]
    keep = [
        place
        for place, kind in enumerate(tables[0]["kind"])
        if kind != "mean" or max(abs(float(t[column].iloc[place])) for t in tables) >= 0.0005
    ]
    labels = [
        {"specific": SPECIFIC, "mean": MEAN}.get(str(kind), str(source))
        for source, kind in tables[0]["kind"].items()
    ]
    label = found[0].label.lower() if found[0].confidence is None else found[0].label
    measure = unbroken(f"{horizon_label} {label}".strip())
    values = [100.0 * t[column].to_numpy(dtype=np.float64) for t in tables]
    series = [
        Bars(
            name,
            value[keep],
            theme.solid(which),
            theme.ink,
            [
                f"<b>{plain(labels[i], 40)}</b> in {plain(name)}<br>{percent(value[i] / 100, 2)} of "
                f"{plain(measure, 40) if shares else 'value'}"
                for i in keep
            ],
            f" {plain(name, 8)}",
        )
        for which, (value, name) in enumerate(zip(values, names, strict=False))
    ]
    figure = draw_bars(
        [labels[i] for i in keep],
        series,
        theme=theme,
        axis_title=f"% of {plain(measure, 40)}" if shares else "% of value",
        digits=1 if shares else 3,
    )
    pair = " and ".join(shorten(name) for name in names[: len(found)])
    table = pd.DataFrame({"kind": tables[0]["kind"].to_numpy()}, index=pd.Index(labels, name="source"))
    for one, name in zip(tables, names, strict=False):
        table[f"{name} component of {measure} (% of value)"] = 100.0 * one["component"].to_numpy()
        table[f"{name} share of {measure} (%)"] = 100.0 * one["relative"].to_numpy()
    alt = " ".join(
        f"{shorten(name)}: "
        + ", ".join(f"{shorten(labels[i])} {percent(value[i] / 100)}" for i in keep)
        + "."
        for value, name in zip(values, names, strict=False)
    )
    return Drawing(
        figure,
        f"{pair}: share of {measure} by factor" if shares else f"{pair}: {measure} by factor, % of value",
        alt,
        table,
        "A factor’s part is the portfolio’s exposure times what the factor loses where the measure looks "
        "(volatility: on all days, CVaR: on the worst). What no factor explains is specific to the assets. "
        "All parts add up to the risk exactly; a negative one lowers it.",
    )


def draw_factor_shock(
    found: Sequence[FactorShockResult], *, theme: Theme, names: tuple[str, str] = ("A", "B")
) -> Drawing:
    r"""Draw what A and B lose, by factor and in all, when the factors move as typed.

    Raises
    ------
    InputError
        Not one or two results, or they differ in factors or moves.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> parts = pd.DataFrame({"exposure": [0.8], "move": [-0.1], "contribution": [-0.08]}, index=["SPY"])
    >>> one = FactorShockResult("A", parts["move"], ("SPY",), "still", pd.DataFrame(), parts, -0.08, ())
    >>> draw_factor_shock([one], theme=LIGHT).alt
    'A loses 8.0\xa0% of value in all.'
    """
    check_names(names)
    _check_pair([tuple(one.moves.items()) for one in found], "moves")
    labels = [*(str(f) for f in found[0].by_factor.index), "in all"]
    moves = [f"moves {percent(float(m))}" for m in found[0].moves] + ["all factors together"]
    series = []
    for which, (one, name) in enumerate(zip(found, names, strict=False)):
        value = -100.0 * np.append(one.by_factor["contribution"].to_numpy(dtype=np.float64), one.total_return)
        hover = [
            f"<b>{plain(label, 40)}</b> {plain(move, 40)}<br>{plain(name)} "
            f"{'loses' if v >= 0 else 'gains'} {percent(abs(v) / 100, 2)} of value"
            for label, move, v in zip(labels, moves, value, strict=True)
        ]
        series.append(Bars(name, value, theme.solid(which), theme.ink, hover, f" {plain(name, 8)}"))
    table = pd.DataFrame(
        {"move (%)": [*(100.0 * found[0].moves), np.nan]}, index=pd.Index(labels, name="factor")
    )
    for one, bars, name in zip(found, series, names, strict=False):
        table[f"{name} exposure (% per 1 %)"] = [*one.by_factor["exposure"], np.nan]
        table[f"{name} loss (% of value)"] = bars.values
    alt = " ".join(
        f"{shorten(name)} {'loses' if one.loss >= 0 else 'gains'} {percent(abs(one.loss))} of value in all."
        for one, name in zip(found, names, strict=False)
    )
    return Drawing(
        draw_bars(labels, series, theme=theme, axis_title="loss, % of value", digits=2),
        f"Loss of {' and '.join(shorten(n) for n in names[: len(found)])} when the factors move, by factor",
        alt,
        table,
        "Exposure times move, losses positive. One instant move: what is specific to assets stands still, "
        "and exposures are taken to hold however large the move.",
    )


def _check_pair(keys: Sequence[object], what: str) -> None:
    if len(keys) not in (1, 2):
        raise InputError(f"Give the results of one or two portfolios, got {len(keys)}.")
    if any(key != keys[0] for key in keys[1:]):
        raise InputError(f"A and B are not comparable: their {what} differ.")
