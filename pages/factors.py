"""Factors: the hidden common bet. Exposures, factor and specific risk, shocks of factors."""

from functools import partial

import streamlit as st

from riskcore.dashboard.factors_controls import chosen_model
from riskcore.dashboard.factors_model import Model
from riskcore.dashboard.factors_script import script_imports, script_lines
from riskcore.dashboard.factors_sections import cautions, common_bet, exposures, factor_risk
from riskcore.dashboard.factors_views import VIEWS, offered
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

USES = {"a", "b", "confidence", "horizon", "measure", "window", "value"}


def lead(model: Model) -> None:
    """Say which bet carries most of the risk, above the controls, and draw what every factor carries."""
    with sentence:
        common_bet(model)
    cautions(model)
    factor_risk(model)


def closer_look(model: Model) -> None:
    """Draw the view chosen, none until the reader asks for one."""
    st.subheader("A closer look", anchor=False)
    chosen = st.segmented_control(
        "A closer look",
        offered(model),
        format_func=lambda view: VIEWS[view][0],
        key="closer",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen:
        view(model, chosen)
    else:
        st.caption("By asset, without names, what if: nothing is computed until chosen.")


def view(model: Model, chosen: str) -> None:
    """Draw one view and keep the lines that print its numbers."""
    model.lines.append(VIEWS[chosen][1](model))


def parts_of(frame: Frame, model: Model) -> list[partial[None]]:
    """Return the parts of the page; presented one by one, every view is a part."""
    first = [partial(part, model) for part in (lead, exposures)]
    if frame.view.present:
        return [*first, *(partial(view, model, name) for name in offered(model))]
    return [*first, partial(closer_look, model)]


frame = open_page("factors", uses=USES)
script = page_script(frame.book, "")
sentence = st.container()
with guarded():
    model = chosen_model(frame.book, drawn=not frame.view.present)
    model.check()
    frame.sections(*[lambda _, part=part: part() for part in parts_of(frame, model)])
    script = page_script(frame.book, script_lines(model), imports=script_imports(model))
frame.footer(script)
