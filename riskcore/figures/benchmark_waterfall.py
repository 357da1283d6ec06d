"""Risk against a benchmark as a waterfall: R(BM), R(TE) and f → R(PF)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from riskcore.figures.benchmark import check_decompositions, figures_of, measure_of
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import card_percent, number, plain, shorten
from riskcore.results.benchmark import ActiveRiskResult

__all__ = ["draw_risk_waterfall"]

Floats = NDArray[np.float64]
STEPS = ("Benchmark R(BM)", "Active R(TE)", "{shared} f", "Portfolio R(PF)")
MEANINGS = (
    "the benchmark held by itself",
    "the active positions, portfolio minus benchmark, held by themselves",
    "what the portfolio has less (or more) than the two have alone",
    "the portfolio",
)
ROW_PIXELS = 62
BAR = 0.36


@dataclass(frozen=True)
class _Steps:
    """Start and length of the four bars of one portfolio, in percent of value."""

    starts: Floats
    lengths: Floats

    @property
    def ends(self) -> Floats:
        return np.maximum(self.starts, self.starts + self.lengths)


def draw_risk_waterfall(
    found: Sequence[ActiveRiskResult],
    *,
    theme: Theme,
    names: Sequence[str] = ("A", "B"),
    horizon_label: str = "",
    shared: str = "Diversification",
) -> Drawing:
    r"""Draw R(BM) + R(TE) + f = R(PF) as bars that carry on where the one above ends.

    Parameters
    ----------
    found
        One or two decompositions of the same measure against the same benchmark: A, then B.
    theme
        LIGHT or DARK.
    names
        What the portfolios are called.
    horizon_label
        Such as "1-day"; stands before the measure.
    shared
        What f is called: diversification, or an offset where the active positions run against the benchmark.

    Raises
    ------
    InputError
        Not one or two results, or they differ in measure, level or benchmark, or have one name.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> table = pd.DataFrame({"active_weight": [0.1, -0.1]}, index=["SPY", "BND"])
    >>> a = ActiveRiskResult("A", "SPY", "cvar", "CVaR 95 %", 0.95, 0.02, 0.03, 0.01, -0.015, -0.005, table)
    >>> draw_risk_waterfall([a], theme=LIGHT, horizon_label="1-day").alt.partition(". ")[2]
    'A: benchmark 3.0\xa0%, active 1.0\xa0%, diversification −2.0\xa0%, in all 2.0\xa0%.'
    """
    check_decompositions(found, names)
    measure = measure_of(found[0], horizon_label)
    steps = [_steps(one) for one in found]
    digits = figures_of([one.lengths for one in steps], figures=3)
    figure = go.Figure()
    low = min(0.0, *(float(min(s.starts.min(), (s.starts + s.lengths).min())) for s in steps))
    high = max(float(s.ends.max()) for s in steps) or 1.0
    figure.layout = base_layout(
        theme,
        height=round(ROW_PIXELS * len(STEPS) * (0.6 + 0.2 * len(found))) + 60,
        right=16 + 9 * (digits + 8),
    ) | {
        "bargap": 0.0,
        "xaxis": value_axis(
            theme, "% of value", nticks=6, range=[low, high], zeroline=True, zerolinecolor=theme.muted
        ),
        "yaxis": value_axis(
            theme,
            range=[len(STEPS) - 0.5, -0.5],
            tickmode="array",
            tickvals=list(range(len(STEPS))),
            ticktext=[
                step.replace(" R(", "<br>R(").replace(" f", "<br>f").format(shared=shared) for step in STEPS
            ],
            tickfont={"color": theme.ink, "size": 13},
            showgrid=False,
        ),
    }
    for which, one in enumerate(steps):
        _add_steps(figure, one, which, len(found), names[which], (measure, digits, shared), theme)
    said = " ".join(
        f"{shorten(name)}: benchmark {card_percent(one.benchmark_risk)}, "
        f"active {card_percent(one.tracking_risk)}, {shared.lower()} {card_percent(one.diversification)}, "
        f"in all {card_percent(one.total)}."
        for name, one in zip(names, found, strict=False)
    )
    return Drawing(
        figure,
        f"{measure}: benchmark + active positions + {shared.lower()} = portfolio",
        f"Waterfall of {measure}. {said}",
        _waterfall_table(found, names, measure),
        f"R(BM) is the {measure} of {MEANINGS[0]}; R(TE) that of {MEANINGS[1]}; f is {MEANINGS[2]}. "
        "The three add up to the risk of the portfolio exactly.",
    )


def _steps(found: ActiveRiskResult) -> _Steps:
    base, extra, shared = (
        100.0 * v for v in (found.benchmark_risk, found.tracking_risk, found.diversification)
    )
    return _Steps(
        np.array([0.0, base, base + extra, 0.0]), np.array([base, extra, shared, 100.0 * found.total])
    )


def _add_steps(
    figure: go.Figure,
    steps: _Steps,
    which: int,
    count: int,
    name: str,
    words: tuple[str, int, str],
    theme: Theme,
) -> None:
    """Add the four bars of one portfolio, their numbers, and the lines that carry one to the next."""
    measure, digits, shared = words
    offset = (which - (count - 1) / 2) * (BAR + 0.04)
    rows = np.arange(len(STEPS)) + offset
    solid, pale = theme.solid(which), theme.pale(which)
    hover = [
        f"<b>{plain(step.format(shared=shared), 40)}</b>, {plain(name)}<br>"
        f"{number(float(value), digits)} % of value<br>"
        f"{f'{plain(measure, 40)} of ' if place != 2 else ''}{meaning}"
        for place, (step, value, meaning) in enumerate(zip(STEPS, steps.lengths, MEANINGS, strict=True))
    ]
    figure.add_bar(
        name=plain(name),
        orientation="h",
        base=steps.starts,
        x=steps.lengths,
        y=rows,
        width=BAR,
        marker={
            "color": [theme.muted, pale, pale, solid],
            "pattern": {"shape": ["", "", "/", ""], "fgcolor": solid, "size": 5, "solidity": 0.4},
            "line": {"width": 0},
        },
        hovertext=hover,
        hoverinfo="text",
    )
    figure.add_scatter(
        name=f"{plain(name)} numbers",
        mode="text",
        x=steps.ends,
        y=rows,
        text=[f"\u00a0{plain(name, 8)} {number(float(v), digits)}" for v in steps.lengths],
        textposition="middle right",
        textfont={"color": theme.ink, "size": 12},
        hoverinfo="skip",
        cliponaxis=False,
    )
    reached = np.cumsum(steps.lengths[:3])
    for place, x in enumerate(reached):
        figure.add_shape(
            type="line",
            x0=x,
            x1=x,
            y0=rows[place] + BAR / 2,
            y1=rows[place + 1] - BAR / 2,
            line={"color": theme.muted, "width": 1, "dash": "dot"},
        )


def _waterfall_table(found: Sequence[ActiveRiskResult], names: Sequence[str], measure: str) -> pd.DataFrame:
    columns = {
        f"{name} {measure} (% of value)": [
            100.0 * v
            for v in (
                one.benchmark_risk,
                one.tracking_risk,
                one.benchmark_part,
                one.active_part,
                one.diversification,
                one.total,
            )
        ]
        for name, one in zip(names, found, strict=False)
    }
    rows = ["R(BM)", "R(TE)", "f, part of the benchmark", "f, part of the active positions", "f", "R(PF)"]
    return pd.DataFrame(columns, index=pd.Index(rows, name="term"))
