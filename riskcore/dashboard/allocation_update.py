"""Closer look of the Allocation page: the CVaR-adjusted update in every form, side by side."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import trace_cvar_update
from riskcore.allocation.cvar_update import FORMS
from riskcore.dashboard import cached
from riskcore.dashboard.allocation_frontier import held_words
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.figures.update_trace import draw_update_traces
from riskcore.figures.words import percent
from riskcore.results.update_trace import UpdateTrace

__all__ = ["update"]

# The paper's variant has no certificate to stop at, and a fixed step never settles.
MOST_STEPS = {"paper": 300}
LEAST_STEPS = 5000


def update(weighed: Weighed) -> Lines:
    """Draw the traces of all forms, and say where each ends."""
    book = weighed.book
    traces: list[UpdateTrace] = [
        cached.derived(
            trace_cvar_update,
            book.scenarios,
            confidence=book.view.confidence,
            form=form,
            steps=MOST_STEPS.get(form, LEAST_STEPS),
        )
        for form in FORMS
    ]
    notice(
        "As printed, the rule multiplies every weight by the same factor exp(−CVaR), which cancels: it does "
        "nothing, and w' = w. The other forms put something in its place that differs by asset."
    )
    show(
        draw_update_traces(traces, theme=current_theme(), horizon_label=book.horizon_label),
        key="allocation_update",
    )
    for trace in traces:
        st.markdown(f"**{plain(trace.label)}.** {plain(_words(trace))}")
        if trace.form != "printed":
            make_buttons(trace.best, f"update_{trace.form}")
    _steps(traces, weighed.cvar_words)
    st.caption(
        "In-sample, from equal weights; every form is shown to where its certificate or its steps end."
    )
    explain(
        book.view,
        "The marginal form moves money away from assets at which one more unit adds most to CVaR; it stops "
        "where all that are held add the same, which is the minimum.",
        r"w_i'=\frac{w_i\,e^{-\eta\,\partial\mathrm{CVaR}/\partial w_i}}"
        r"{\sum_j w_j\,e^{-\eta\,\partial\mathrm{CVaR}/\partial w_j}},\qquad"
        r"\frac{w_i\,e^{-\mathrm{CVaR}}}{\sum_j w_j\,e^{-\mathrm{CVaR}}}=w_i",
    )
    return Lines(
        f"for form, steps in {[(f, MOST_STEPS.get(f, LEAST_STEPS)) for f in FORMS]!r}:\n"
        f"    trace = trace_cvar_update(scenarios, confidence={book.view.confidence!r}, "
        "form=form, steps=steps)\n"
        "    print(form, trace.steps, f'{trace.cvar[-1]:.10f}', f'{trace.best_cvar[-1]:.10f}')",
        "from riskcore.allocation import trace_cvar_update",
    )


def _steps(traces: list[UpdateTrace], measure: str) -> None:
    """Show every step of one form in numbers."""
    with st.expander("Step by step"):
        by_label = {trace.label: trace for trace in traces}
        chosen = by_label[str(st.selectbox("Form", list(by_label), key="update_form", width=280))]
        table = pd.DataFrame(
            {
                f"{measure}, %": 100.0 * chosen.cvar,
                "lowest met, %": 100.0 * chosen.best_cvar,
                "change of weights, % of value": 100.0 * np.append(np.nan, chosen.weight_change),
                "projected-gradient norm": chosen.gradient_norm,
            },
            index=pd.RangeIndex(chosen.cvar.size, name="steps taken"),
        )
        data_table(table, key="update_steps")


def _words(trace: UpdateTrace) -> str:
    ends: pd.Series = trace.best
    if trace.form == "printed":
        reached = "It stays where it started"
    elif trace.converged:
        reached = f"Certified after {trace.steps:,} steps ({trace.residual_name}, {trace.residual[-1]:.1e})"
    else:
        reached = f"Shown for {trace.steps:,} steps, not certified"
    lowest = percent(float(trace.best_cvar[-1]), 3)
    return f"{trace.solved} {reached}; lowest CVaR met {lowest}; ends with {held_words(ends)}."
