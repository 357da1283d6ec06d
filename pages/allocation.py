"""Allocation: how could it be weighted? The allocators side by side, one click to make one A or B."""

import streamlit as st

from riskcore.dashboard.allocation_bounds import bounds
from riskcore.dashboard.allocation_frontier import frontier
from riskcore.dashboard.allocation_sections import (
    Weighed,
    choice,
    more_methods,
    weighed,
    weights_and_figures,
)
from riskcore.dashboard.allocation_stability import stability
from riskcore.dashboard.allocation_update import update
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

VIEWS = {
    "frontier": ("Frontier", frontier),
    "stability": ("Stability", stability),
    "bounds": ("Bounds", bounds),
    "update": ("CVaR update", update),
}
SCRIPT = """
for method, settings in {solved!r}.items():
    solved = allocate(method, scenarios, **settings)
    level = cvar(scenarios, solved.portfolio(), confidence={confidence!r})
    facts = describe(scenarios, solved.portfolio(), risk_free={risk_free!r})
    print(solved.label, "CVaR", f"{{level.value:.10f}}", "volatility", f"{{facts.volatility:.10f}}")
    print("mean", f"{{facts.mean:.10f}}", "Sharpe", facts.sharpe)
    print("worst drawdown", describe(history, solved.portfolio()).max_drawdown)
    print(solved.weights.to_string(float_format="%.10f"))
"""


def lines_of(weighed: Weighed) -> str:
    """Return the lines that print the page's numbers: those with an answer, then the closer looks."""
    book = weighed.book
    refused = {refusal.code for refusal in weighed.refused}
    first = SCRIPT.format(
        solved={m: book.settings_of(m) for m in weighed.methods if m not in refused},
        confidence=book.view.confidence,
        risk_free=book.view.risk_free,
    )
    return "\n".join([first, *(lines.body for lines in weighed.lines)])


def closer_look(weighed: Weighed) -> None:
    """Draw the view chosen, none until the reader asks for one."""
    st.subheader("A closer look", anchor=False)
    chosen = st.segmented_control(
        "A closer look",
        list(VIEWS),
        format_func=lambda view: VIEWS[view][0],
        key="closer",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen:
        weighed.lines.append(VIEWS[chosen][1](weighed))
    else:
        st.caption("What was possible, how sure, within which limits: nothing is computed until chosen.")


frame = open_page("allocation", uses={"a", "b", "confidence", "horizon", "window", "risk_free"})
script = page_script(frame.book, "")
with guarded():
    compared = weighed(frame.book, more_methods(drawn=not frame.view.present))
    views = [view for _, view in VIEWS.values()] if frame.view.present else [closer_look]
    parts = [choice, weights_and_figures, *views]
    frame.sections(*[lambda _, part=part: part(compared) for part in parts])
    imports = ["from riskcore.statistics import describe", *(lines.imports for lines in compared.lines)]
    script = page_script(compared.book, lines_of(compared), imports="\n".join(imports))
frame.footer(script)
