"""Closer look of the Allocation page: the highest mean for a cap on CVaR."""

import pandas as pd
import streamlit as st

from riskcore.allocation import Constraints, constrained_maximum_mean, maximum_mean
from riskcore.dashboard import cached
from riskcore.dashboard.allocation_frontier import held_words
from riskcore.dashboard.allocation_script import estimate_lines, literal
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.allocation_terms import Terms, mean_of
from riskcore.dashboard.comparison import settings
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent, unbroken
from riskcore.measures import risk
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["highest_mean"]


def highest_mean(weighed: Weighed) -> Lines:
    """Let the reader cap CVaR, and show who earned most under the cap."""
    book, asked = weighed.book, weighed.terms
    usual = round(100 * weighed.cvars[weighed.found[0].title], 2)
    typed = st.number_input(
        f"{weighed.cvar_words} at most, %",
        0.0,
        100.0,
        usual,
        0.05,
        key="atmost",
        bind="query-params",
        width=220,
        help=f"Starts from that of {weighed.found[0].title}.",
    )
    if any(refusal.conflict for refusal in weighed.refused):
        st.caption("No portfolio keeps all constraints, see above.")
        return Lines("")
    cap = round(float(typed) / 100, 8)
    solved = cached.derived(solve_cap, book.scenarios, cap=cap, terms=asked, **settings(book))
    show(
        draw_weights(pd.DataFrame({"highest mean": solved.weights}), theme=current_theme()),
        key="allocation_cap",
    )
    reached = cached.compute(
        risk, book.scenarios, solved.portfolio(), measure="cvar", confidence=book.view.confidence
    ).value
    means = mean_of(book.scenarios, asked, settings(book)["risk_free"])
    mean = float(solved.weights.to_numpy() @ means.to_numpy()) * book.scenarios.periods_per_year
    st.markdown(
        plain(
            f"Mean {card_percent(mean)} per year with {weighed.cvar_words} {card_percent(reached)}: "
            f"{held_words(solved.weights)}."
        )
    )
    make_buttons(solved.weights, "cap")
    held = f" Held by {'; '.join(solved.binding)}." if solved.binding else ""
    st.caption(
        plain(
            unbroken(
                f"In-sample. {solved.solved}{held} Certificate: {solved.residual_name}, "
                f"{solved.residual:.1e}."
            )
        )
    )
    explain(
        book.view,
        "Among all portfolios whose average loss in the tail stays below the cap, the one that earned most. "
        "It stands on means of the past, the weakest of all inputs.",
        r"\max_w\;\mu^\top w\quad\text{such that}\quad\mathrm{CVaR}(w)\le k,\;\;\textstyle\sum_i w_i=1,"
        rf"\qquad k={100 * cap:.4g}\,\%",
    )
    return _lines(weighed, cap)


def solve_cap(
    scenarios: Scenarios, *, cap: float, terms: Terms, confidence: float, risk_free: float
) -> AllocationResult:
    """Return the weights with the highest mean under the cap: by the fast algorithm, or by a program."""
    if terms.constraints is None and terms.mean == "sample":
        return maximum_mean(scenarios, confidence=confidence, cap=cap)
    return constrained_maximum_mean(
        scenarios,
        terms.constraints or Constraints(),
        confidence=confidence,
        cap=cap,
        mean=mean_of(scenarios, terms, risk_free),
        covariance=terms.covariance,
    )


def _lines(weighed: Weighed, cap: float) -> Lines:
    asked, level = weighed.terms, f"confidence={weighed.book.view.confidence!r}, cap={cap!r}"
    show_it = "print(found.weights.to_string(float_format='%.10f'))"
    if asked.constraints is None and asked.mean == "sample":
        return Lines(
            f"found = maximum_mean(scenarios, {level})\n{show_it}",
            "from riskcore.allocation import maximum_mean",
        )
    before, estimates = estimate_lines(weighed.book, asked)
    held = literal(asked.constraints or Constraints())
    return Lines(
        f"{before}found = constrained_maximum_mean(scenarios, {held}, {level}{estimates})\n{show_it}",
        "from riskcore.allocation import Constraints, GroupBound, constrained_maximum_mean",
    )
