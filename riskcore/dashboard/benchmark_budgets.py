"""Closer look of the Benchmark page: CVaR budgets for the active positions, and weights that keep them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.benchmark.budgets import (
    Budgets,
    least_active_cvar,
    least_cvar,
    most_active_return,
    nearest_within,
    position_risks,
)
from riskcore.dashboard import cached
from riskcore.dashboard.allocation_sections import IN_SAMPLE, make_buttons
from riskcore.dashboard.benchmark_found import Against, decomposed, weights_key
from riskcore.dashboard.benchmark_words import few_note
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show, show_table
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent
from riskcore.measures import percent as level_words
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.results.benchmark import ActiveRiskResult
from riskcore.scenarios import Scenarios

__all__ = ["budgets"]

AIMS = {
    "return": "Most expected return",
    "a": "Nearest to A",
    "b": "Nearest to B",
    "risk": "Least CVaR at A’s mean",
}
FOUND = "Within budgets"
USUAL_SHARE = 0.5
# A budget at the smallest CVaR possible leaves one portfolio; a little above it there is a choice.
ROOM = 1.05
STILL = 1e-12
NO_LIMIT = "no limit"
ROUNDING = 1e-6
OBJECTIVES = {
    "return": r"\max_w\;\mu^\top(w-b)",
    "a": r"\min_w\;\textstyle\sum_i(w_i-w^A_i)^2",
    "b": r"\min_w\;\textstyle\sum_i(w_i-w^B_i)^2",
    "risk": r"\min_w\;\operatorname{CVaR}(PF)",
}


def budgets(against: Against) -> Lines:
    """Let the reader set CVaR budgets, and show the weights that keep them."""
    book = against.book
    level = book.view.confidence
    aim = str(
        st.segmented_control(
            "Aim",
            list(AIMS),
            format_func=lambda key: AIMS[key],
            default="return",
            required=True,
            key="aim",
            bind="query-params",
        )
    )
    if (book.view.present or book.view.measure == "volatility") and (few := few_note(against, "cvar")):
        notice(few)
    limits = _inputs(against, _usual(against))
    settings: dict[str, object] = {
        "against": weights_key(against.benchmark.portfolio),
        "aim": aim,
        "start": weights_key(against.portfolios[1 if aim == "b" else 0]),
        "held": book.assets,
        "confidence": level,
        "limits": limits,
    }
    found = cached.derived(_solved, against.scenarios, **settings)
    inside = Portfolio(FOUND, found.weights)
    reached = decomposed(book, inside, "cvar")
    st.markdown(plain(_reached_words(against, found, limits)))
    shown = {FOUND: inside, "Benchmark": against.benchmark.portfolio}
    for holding, portfolio in zip(book.both, against.portfolios, strict=True):
        shown[f"{holding.letter} · {holding.title}"] = portfolio
    weights = pd.DataFrame({name: one.weights for name, one in shown.items()})
    drawing = draw_weights(weights, theme=current_theme())
    show(
        replace(drawing, title="Weights within the budgets, of the benchmark, of A and of B, % of value"),
        key="benchmark_budget_weights",
    )
    make_buttons(found.weights.loc[list(book.assets)], "budgets")
    st.markdown(f"**Active positions and their CVaR {level_words(level)}, % of value**")
    show_table(_positions(against, inside, reached.tracking_risk, limits), key="benchmark_budget_positions")
    st.caption(plain(f"{found.solved} Certificate: {found.residual_name}, {found.residual:.1e}. {IN_SAMPLE}"))
    explain(
        book.view,
        "The budgets are convex: the answer is the best there is, not one that a search happened to find. A "
        "budget for each position bounds its CVaR held by itself; what it adds to CVaR(TE) is never more.",
        _formula(aim, limits, reached),
    )
    return Lines(_script(against, aim, limits), "from riskcore.benchmark import budgets as within")


def _formula(
    aim: str, limits: tuple[float | None, float | None, float | None], reached: ActiveRiskResult
) -> str:
    """Return the problem solved, with its budgets and what the answer uses of them."""
    said = [OBJECTIVES[aim]]
    for name, limit, value in (("TE", limits[0], reached.tracking_risk), ("PF", limits[1], reached.total)):
        below = "" if limit is None else rf"\le {percent_sum([limit])}"
        said.append(rf"\operatorname{{CVaR}}({name})={percent_sum([value])}{below}")
    if limits[2] is not None:
        said.append(rf"\operatorname{{CVaR}}(d_i)\le {percent_sum([limits[2]])}")
    if aim == "risk":
        said.append(r"\mu^\top w\ge\mu^\top w^A")
    return (
        r"\begin{gathered}" + r"\\ ".join([*said, r"w\ge 0,\;\;\textstyle\sum_i w_i=1"]) + r"\end{gathered}"
    )


def _usual(against: Against) -> float:
    """Return the budget for active risk to begin with, in percent: half of A’s, if that can be kept."""
    book = against.book
    of_a = decomposed(book, against.portfolios[0], "cvar")
    half = USUAL_SHARE * (of_a.tracking_risk if of_a.active else of_a.benchmark_risk)
    least = cached.derived(
        _least,
        against.scenarios,
        against=weights_key(against.benchmark.portfolio),
        start=weights_key(against.portfolios[0]),
        held=book.assets,
        confidence=book.view.confidence,
    )
    return max(round(100.0 * half, 2), math.ceil(1e4 * ROOM * least) / 100.0, 0.01)


def _least(
    scenarios: Scenarios,
    *,
    against: tuple[tuple[str, float], ...],
    start: tuple[tuple[str, float], ...],
    held: tuple[str, ...],
    confidence: float,
) -> float:
    """Return the smallest CVaR of active positions that leaves weights, also where A’s mean is asked for."""
    benchmark, within = Portfolio("BM", dict(against)), Budgets(confidence, held=held)
    base, mine = benchmark.weights, Portfolio("A", dict(start)).aligned(scenarios.assets)
    mean = scenarios.probabilities @ scenarios.returns
    may = np.isin(scenarios.assets, held)
    itself = bool((base >= 0.0).all()) and abs(float(base.sum()) - 1.0) < STILL and not base[~may].any()
    floor = float(mean @ mine)
    if floor > float(mean[may].max()):
        return 0.0 if itself else least_active_cvar(scenarios, benchmark, within)
    if itself and float(mean @ base.to_numpy()) >= floor:
        return 0.0
    return least_active_cvar(scenarios, benchmark, within, least_return=floor)


def _inputs(against: Against, usual: float) -> tuple[float | None, float | None, float | None]:
    """Draw the three budgets and return them as fractions, None where there is none.

    The first, left empty, is the usual one: it follows the frame, and a link without it says the same.
    """
    level = level_words(against.book.view.confidence)
    horizon = against.book.horizon_label
    values: list[float | None] = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for key, label, empty, help_text in (
            (
                "te",
                f"{horizon} CVaR {level} of the active positions, % at most",
                f"{usual:.3f}",
                "Of all active positions together, TE = portfolio − benchmark. Left empty: half of A’s, or "
                "just above the smallest that leaves weights",
            ),
            ("pf", f"{horizon} CVaR {level} of the portfolio, % at most", NO_LIMIT, "Of the whole portfolio"),
            (
                "each",
                f"{horizon} CVaR {level} of each position, % at most",
                NO_LIMIT,
                "Of each active position held by itself; what it adds to the CVaR of TE is never more",
            ),
        ):
            given = st.number_input(
                label,
                min_value=0.0,
                max_value=1000.0,
                value=None,
                step=0.05,
                format="%.3f",
                placeholder=empty,
                key=key,
                bind="query-params",
                help=help_text,
                width=230,
            )
            values.append(None if given is None else float(given) / 100.0)
    return usual / 100.0 if values[0] is None else values[0], values[1], values[2]


def _solved(
    scenarios: Scenarios,
    *,
    against: tuple[tuple[str, float], ...],
    aim: str,
    start: tuple[tuple[str, float], ...],
    held: tuple[str, ...],
    confidence: float,
    limits: tuple[float | None, float | None, float | None],
) -> AllocationResult:
    benchmark, origin = Portfolio("BM", dict(against)), Portfolio(aim.upper(), dict(start))
    active, total, position = limits
    within = Budgets(confidence, active=active, total=total, position=position, held=held)
    if aim == "return":
        return most_active_return(scenarios, benchmark, within)
    if aim == "risk":
        mean = float(scenarios.probabilities @ scenarios.returns @ origin.aligned(scenarios.assets))
        return least_cvar(scenarios, benchmark, within, least_return=mean)
    return nearest_within(scenarios, benchmark, within, start=origin)


def _reached_words(
    against: Against, found: AllocationResult, limits: tuple[float | None, float | None, float | None]
) -> str:
    """Return what the weights found have used of the budgets."""
    book, scenarios = against.book, against.scenarios
    reached = decomposed(book, Portfolio(FOUND, found.weights), "cvar")
    said = [
        f"CVaR of the active positions {amount(book, reached.tracking_risk)}{_budget_words(limits[0])}",
        f"of the portfolio {amount(book, reached.total)}{_budget_words(limits[1])}",
    ]
    bets = (found.weights - against.benchmark.portfolio.weights).to_numpy()
    mean = float(scenarios.probabilities @ scenarios.returns @ bets) * scenarios.periods_per_year
    return f"{', '.join(said)}; mean active return {card_percent(mean)} per year, in-sample."


def _budget_words(limit: float | None) -> str:
    return "" if limit is None else f" (budget {card_percent(limit)})"


def _positions(
    against: Against,
    inside: Portfolio,
    tracking: float,
    limits: tuple[float | None, float | None, float | None],
) -> pd.DataFrame:
    """Return each active position with its own CVaR, its contribution, and what it uses of the budgets."""
    found = position_risks(
        against.scenarios, inside, against.benchmark.portfolio, confidence=against.book.view.confidence
    )
    table = pd.DataFrame(
        {
            "active weight (% of value)": 100.0 * found["active_weight"],
            "CVaR by itself (% of value)": 100.0 * found["alone"],
            "adds to active CVaR (% of value)": 100.0 * found["contribution"],
        }
    )
    if limits[2]:
        table["of its own budget (%)"] = 100.0 * found["alone"] / limits[2]
    if limits[0]:
        table["of the active budget (%)"] = 100.0 * found["contribution"] / limits[0]
    # Weights that sum to those of the benchmark leave rounding, not a position.
    table.loc["all positions"] = table.sum().where(lambda total: total.abs() > ROUNDING, 0.0)
    # Held together they have the CVaR of TE, not the sum of their own.
    table.loc["all positions", "CVaR by itself (% of value)"] = 100.0 * tracking
    if limits[2]:
        table.loc["all positions", "of its own budget (%)"] = np.nan
    return table.rename_axis("asset")


def _script(against: Against, aim: str, limits: tuple[float | None, float | None, float | None]) -> str:
    """Return the lines that print the weights within the budgets."""
    active, total, position = limits
    level, held = against.book.view.confidence, against.book.assets
    call = {
        "return": "most_active_return(wide, benchmark, budget)",
        "a": "nearest_within(wide, benchmark, budget, start=wide_a)",
        "b": "nearest_within(wide, benchmark, budget, start=wide_b)",
        "risk": "least_cvar(wide, benchmark, budget, least_return=float(wide.probabilities @ wide.returns "
        "@ wide_a.aligned(wide.assets)))",
    }[aim]
    return (
        f"budget = within.Budgets({level!r}, active={active!r}, total={total!r}, position={position!r}, "
        f"held={held!r})\n"
        f"print(within.{call}.weights.to_string(float_format='%.10f'))"
    )
