"""Allocation: how could it be weighted? The allocators side by side, one click to make one A or B."""

import streamlit as st

from riskcore.dashboard.allocation_cap import highest_mean
from riskcore.dashboard.allocation_frontier import frontier
from riskcore.dashboard.allocation_meaning import terms
from riskcore.dashboard.allocation_sections import (
    Weighed,
    choice,
    lines_of,
    more_methods,
    told,
    weighed,
    weights_and_figures,
)
from riskcore.dashboard.allocation_stability import stability
from riskcore.dashboard.allocation_terms import PLAIN
from riskcore.dashboard.allocation_update import update
from riskcore.dashboard.allocation_views import opinions
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

VIEWS = {
    "frontier": ("Frontier", frontier),
    "stability": ("Stability", stability),
    "cap": ("Highest mean", highest_mean),
    "opinions": ("Black–Litterman", opinions),
    "update": ("CVaR update", update),
}


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


def lead(weighed: Weighed) -> None:
    """Compare the allocators in a sentence, above the inputs, and offer each as A or B."""
    with sentence:
        told(weighed)
    choice(weighed)


frame = open_page("allocation", uses={"a", "b", "confidence", "horizon", "window", "risk_free", "bench"})
script = page_script(frame.book, "")
sentence = st.container()
with guarded():
    drawn = not frame.view.present
    more = more_methods(drawn=drawn)
    asked = PLAIN
    with guarded():
        asked = terms(frame.book, drawn=drawn)
    compared = weighed(frame.book, more, asked)
    views = [view for _, view in VIEWS.values()] if frame.view.present else [closer_look]
    parts = [lead, weights_and_figures, *views]
    frame.sections(*[lambda _, part=part: part(compared) for part in parts])
    imports = ["from riskcore.statistics import describe", *(lines.imports for lines in compared.lines)]
    script = page_script(compared.book, lines_of(compared), imports="\n".join(imports))
frame.footer(script)
