"""Benchmark: how much of the risk is the benchmark's, how much the active positions', and what they share."""

import streamlit as st

from riskcore.dashboard.benchmark_budgets import budgets
from riskcore.dashboard.benchmark_found import Against, against
from riskcore.dashboard.benchmark_overshoot import overshoots
from riskcore.dashboard.benchmark_script import lines_of
from riskcore.dashboard.benchmark_sections import ask, positions, shared_risk, told
from riskcore.dashboard.benchmark_views import attribution, figures
from riskcore.dashboard.controls import benchmark_control
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

VIEWS = {
    "attribution": ("Attribution", attribution),
    "figures": ("Beta and capture", figures),
    "budgets": ("Budgets", budgets),
    "overshoot": ("Overshoot", overshoots),
}


def closer_look(found: Against) -> None:
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
        found.lines.append(VIEWS[chosen][1](found))
    else:
        st.caption("By asset, relative figures, weights within CVaR budgets, and what if active risk grows.")


def lead(found: Against) -> None:
    """Say what the benchmark brings, above the control, and draw it."""
    with sentence:
        told(found)
    shared_risk(found)


frame = open_page(
    "benchmark", uses={"a", "b", "confidence", "horizon", "measure", "window", "bench", "value"}
)
sentence = st.container()
if not frame.view.present:
    benchmark_control(frame.book)
script = page_script(frame.book, "")
if frame.book.benchmark_code is None:
    with sentence:
        frame.sections(lambda _: ask())
else:
    with guarded():
        found = against(frame.book)
        views = [view for _, view in VIEWS.values()] if frame.view.present else [closer_look]
        frame.sections(*[lambda _, part=part: part(found) for part in (lead, positions, *views)])
        body, imports = lines_of(found)
        script = page_script(frame.book, body, imports=imports)
frame.footer(script)
