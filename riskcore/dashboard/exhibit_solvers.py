"""Exhibits about solvers: an objective that fails, and how far Markowitz moves with one day more."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import ALLOCATORS
from riskcore.dashboard import cached
from riskcore.dashboard.exhibit_material import SEED, SPACE, Guess, Material, said
from riskcore.dashboard.text import counted
from riskcore.dashboard.widgets import current_theme, data_table, show
from riskcore.exhibits import one_day_more, squared_differences
from riskcore.figures.exhibits import draw_compared
from riskcore.figures.words import percent
from riskcore.results.exhibits import OneDayMore, SquaredDifferences
from riskcore.scenarios import Scenarios

__all__ = ["DAYS", "METHODS", "ROWS", "STARTS", "failing_objective", "markowitz_moves"]

METHODS = ("equal_risk_contribution", "minimum_variance", "maximum_sharpe")
ROWS, DAYS, STARTS = 500, 120, 3


def failing_objective(guess: Guess, material: Material) -> None:
    """Let solvers report success on the objectives that fail."""
    found = cached.derived(_tried, material.days)
    table = found.attempts
    first = int(np.flatnonzero(table["problem"] == "Σ(RCᵢ − RCⱼ)², SLSQP")[0])
    last = len(table) - 1
    shares, steps = found.shares.to_numpy()[first], int(table["steps"].to_numpy()[first])
    said(
        None if guess is None else str(guess).lower(),
        f"They are not: it reports success after {counted(steps, 'step')} with shares from "
        f"{percent(float(shares.min()))} to {percent(float(shares.max()))}.",
    )
    show(
        draw_compared(
            pd.DataFrame(
                {
                    "squared differences": 100 * found.shares.iloc[first],
                    "convex problem": 100 * found.shares.iloc[last],
                }
            ),
            theme=current_theme(),
            title="Share of volatility by asset: “solved”, and solved",
            unit="share of volatility, %",
            definition=(
                "Both were asked for equal shares. The squares of differences of daily risks are so small "
                "that the solver’s tolerance is met where it starts; the convex problem has one answer."
            ),
        ),
        key="exhibit_squares",
    )
    shown = table.assign(
        smallest_share=100 * table["smallest_share"], largest_share=100 * table["largest_share"]
    )
    data_table(
        shown.rename(
            columns={
                "says_success": "reports success",
                "sum_of_weights": "sum of weights",
                "smallest_share": "smallest share, %",
                "largest_share": "largest share, %",
            }
        ),
        key="exhibit_squares_all",
        hide_index=True,
    )
    st.caption(
        "Other starts end elsewhere. Left free, the weights need not sum to 1: all weights at 0 would be a "
        "perfect "
        "score. Dividing by the total helps, to the solver’s tolerance only."
    )


def _tried(data: Scenarios) -> SquaredDifferences:
    return squared_differences(data, starts=STARTS, rng=np.random.default_rng(SEED))


def markowitz_moves(guess: Guess, material: Material) -> None:
    """Add one day and see who moves."""
    found = cached.derived(_moved, material.days)
    worst = found.worst
    said(
        None if guess is None else f"{float(guess):.0f}{SPACE}%",
        f"On the worst of {DAYS} days one more observation of {ROWS + 1} moves "
        f"{percent(float(worst['maximum_sharpe']))} of the money; volatility parity moves "
        f"{percent(float(worst['equal_risk_contribution']), 2)}.",
    )
    table = pd.DataFrame({"worst day": 100 * worst, "middle day": 100 * found.turnover.median()}).rename(
        index={m: ALLOCATORS[m].label for m in METHODS}
    )
    show(
        draw_compared(
            table,
            theme=current_theme(),
            title=f"Money moved by one more day after {ROWS}",
            unit="one-way turnover, %",
            definition=(
                "Half the sum of absolute weight changes between the estimate with and without the last day, "
                f"over the last {DAYS} days of the sample."
            ),
            digits=2,
        ),
        key="exhibit_day",
    )
    day = found.turnover["maximum_sharpe"].idxmax()
    show(
        draw_compared(
            pd.DataFrame(
                {
                    "before": 100 * found.before.loc["maximum_sharpe"],
                    "one day later": 100 * found.after.loc["maximum_sharpe"],
                }
            ),
            theme=current_theme(),
            title=f"Maximum Sharpe before and with {day:%-d %b %Y}",
            unit="weight, %",
            definition="The same rule on the same days, and on one day more.",
        ),
        key="exhibit_day_weights",
    )


def _moved(data: Scenarios) -> OneDayMore:
    return one_day_more(data, METHODS, rows=ROWS, days=DAYS)
