"""Closer look of the Allocation page: the frontiers, every portfolio beside them, any point as A or B."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import (
    Constraints,
    constrained_frontier,
    mean_cvar_frontier,
    mean_variance_frontier,
)
from riskcore.allocation.covariances import covariance_matrix
from riskcore.dashboard import cached, state
from riskcore.dashboard.allocation_script import estimate_lines, literal
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.allocation_terms import Terms, mean_of
from riskcore.dashboard.comparison import settings
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show
from riskcore.figures.frontier import FRONTIER_TRACE, draw_frontier
from riskcore.figures.words import card_percent, percent, unbroken
from riskcore.measures import risk
from riskcore.results.frontier import FrontierResult
from riskcore.scenarios import Scenarios

__all__ = ["frontier", "held_words"]

KINDS = {"cvar": "Mean–CVaR", "volatility": "Mean–variance"}
POINTS = {"cvar": 20, "volatility": 30}
# Where every point is a program of its own.
FEWER = 8
LEAST_SHOWN = 5e-4


def frontier(weighed: Weighed) -> Lines:
    """Draw one frontier with every portfolio beside it, and offer the point chosen as A or B."""
    book = weighed.book
    kind = st.segmented_control(
        "Frontier",
        list(KINDS),
        format_func=lambda kind: KINDS[kind],
        default="cvar",
        required=True,
        key="frontier",
        bind="query-params",
    )
    if any(refusal.conflict for refusal in weighed.refused):
        st.caption("No frontier: no portfolio keeps all constraints, see above.")
        return Lines("")
    found = _solved(weighed, str(kind))
    chosen = _point(found)
    place = st.container()
    with place:
        show(
            draw_frontier(
                found,
                _marks(weighed, found.measure),
                theme=current_theme(),
                periods_per_year=book.scenarios.periods_per_year,
                horizon_label=book.horizon_label,
                a=weighed.letters.get("A"),
                b=weighed.letters.get("B"),
                chosen=chosen,
            ),
            key="allocation_frontier",
            on_click=_take_point,
        )
    weights = found.weights.iloc[chosen]
    costly = weighed.terms.constraints is not None and weighed.terms.constraints.has_costs
    net = "Means and CVaR are net of the costs of trading from A. " if costly else ""
    st.markdown(plain(_point_words(weighed, found, chosen)))
    make_buttons(weights, "point")
    st.caption(
        plain(
            f"In-sample. {net}{unbroken(found.solved)} "
            f"Certificate: {found.residual_name}, {found.residual:.1e}. "
            "Marks without a label say who they are on hover and in the table; they need not keep the "
            "constraints."
        )
    )
    explain(
        book.view,
        "Every point solves the same problem for another mean return m: the least risk among the portfolios "
        "allowed that earned m in this window. The curve bends because mixing assets that fall on "
        "different days lowers risk more than it lowers the mean.",
        r"\min_{w\in W,\;\sum_i w_i=1}\;\rho(w)\quad\text{such that}\quad \mu^\top w\ge m,\qquad"
        rf"\mu^\top w={100 * found.mean[chosen]:.4f}\,\%,\;\rho(w)={100 * found.risk[chosen]:.4f}\,\%",
    )
    return _lines(weighed, str(kind))


def _lines(weighed: Weighed, kind: str) -> Lines:
    """Return the lines that print the frontier."""
    book, asked = weighed.book, weighed.terms
    level = "" if kind == "volatility" else f"confidence={book.view.confidence!r}, "
    before, estimates = estimate_lines(book, asked)
    show_it = "print(found.weights.assign(mean=found.mean, risk=found.risk).to_string(float_format='%.10f'))"
    if _is_programmed(asked, kind):
        held = literal(asked.constraints or Constraints())
        return Lines(
            f"{before}found = constrained_frontier({kind!r}, scenarios, {held}, {level}"
            f"points={_points(asked, kind)}{estimates})\n{show_it}",
            "from riskcore.allocation import Constraints, GroupBound, constrained_frontier",
        )
    call = "mean_variance_frontier" if kind == "volatility" else "mean_cvar_frontier"
    return Lines(
        f"{before}found = {call}(scenarios, {level}points={POINTS[kind]}{estimates})\n{show_it}",
        f"from riskcore.allocation import {call}",
    )


def held_words(weights: pd.Series) -> str:
    """Return the weights in a sentence, largest first: "BND 48 %, QQQ 20 %"."""
    ranked = weights.sort_values(ascending=False, key=np.abs)
    named = [f"{asset} {percent(float(w))}" for asset, w in ranked.items() if abs(w) >= LEAST_SHOWN]
    more = f" and {len(named) - 8} more" if len(named) > 8 else ""
    return ", ".join(named[:8]) + more


def _is_programmed(asked: Terms, kind: str) -> bool:
    """Return whether the frontier is beyond the fast algorithms."""
    return asked.constraints is not None or (kind == "cvar" and asked.mean != "sample")


def _points(asked: Terms, kind: str) -> int:
    return FEWER if _is_programmed(asked, kind) else POINTS[kind]


def _solved(weighed: Weighed, kind: str) -> FrontierResult:
    return cached.derived(
        solve_frontier,
        weighed.book.scenarios,
        kind=kind,
        terms=weighed.terms,
        points=_points(weighed.terms, kind),
        **settings(weighed.book),
    )


def solve_frontier(
    scenarios: Scenarios, *, kind: str, terms: Terms, points: int, confidence: float, risk_free: float
) -> FrontierResult:
    """Return the frontier under the terms: by the fast algorithms, or by a program for every point."""
    mean = None if terms.mean == "sample" else mean_of(scenarios, terms, risk_free)
    if _is_programmed(terms, kind):
        return constrained_frontier(
            kind,
            scenarios,
            terms.constraints or Constraints(),
            points=points,
            confidence=confidence,
            mean=mean,
            covariance=terms.covariance,
        )
    if kind == "volatility":
        return mean_variance_frontier(scenarios, points=points, mean=mean, covariance=terms.covariance)
    return mean_cvar_frontier(scenarios, confidence=confidence, points=points)


def _marks(weighed: Weighed, measure: str) -> pd.DataFrame:
    """Return mean and risk per period of every portfolio compared, by the estimates of the frontier."""
    book, asked, rows = weighed.book, weighed.terms, {}
    data, level = book.scenarios, book.view.confidence
    means = mean_of(data, asked, settings(book)["risk_free"]).to_numpy()
    sigma = covariance_matrix(data, asked.covariance).to_numpy() if measure == "volatility" else None
    for one in weighed.found:
        weights = one.portfolio.aligned(data.assets)
        if sigma is None:
            figure = float(cached.compute(risk, data, one.portfolio, measure=measure, confidence=level).value)
        else:
            figure = float(weights @ sigma @ weights) ** 0.5
        # The frontier is net of costs, and so is what stands beside it.
        held = {str(asset): float(w) for asset, w in one.portfolio.weights.items()}
        cost = asked.constraints.cost(held) if asked.constraints is not None else 0.0
        paid = cost if sigma is None else 0.0
        rows[one.title] = {"mean": float(weights @ means) - cost, "risk": figure + paid}
    return pd.DataFrame.from_dict(rows, orient="index")


def _point(found: FrontierResult) -> int:
    """Let the reader choose a point, by the slider or on the chart; return its position."""
    count = found.mean.size
    if count < 2:
        return 0
    asked = str(state.recall("point") or 1)
    if asked.isdecimal() and int(asked) > count:
        state.store("point", count)
    chosen = st.slider(
        "Point, from the least risk to the highest mean",
        1,
        count,
        key="point",
        bind="query-params",
        help="A click on the curve chooses as well.",
    )
    return int(chosen) - 1


def _take_point() -> None:
    """Move the slider to the point of the curve that was clicked; other marks are not on it."""
    event = state.recall("allocation_frontier_chart")
    points = event["selection"]["points"] if event else []
    if points and points[0]["curve_number"] == FRONTIER_TRACE:
        state.store("point", int(points[0]["point_index"]) + 1)


def _point_words(weighed: Weighed, found: FrontierResult, chosen: int) -> str:
    book = weighed.book
    per_year = book.scenarios.periods_per_year
    if found.measure == "cvar":
        figure = f"{weighed.cvar_words} {card_percent(float(found.risk[chosen]))}"
    else:
        figure = f"volatility {card_percent(float(found.risk[chosen]) * per_year**0.5)} per year"
    mean = card_percent(float(found.mean[chosen]) * per_year)
    return (
        f"Point {chosen + 1} of {found.mean.size}: {figure}, mean {mean} per year in this window. "
        f"{held_words(found.weights.iloc[chosen])}."
    )
