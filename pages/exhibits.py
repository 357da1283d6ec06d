"""Exhibits: numbered, each one idea with a question before the answer."""

import streamlit as st

from riskcore.dashboard.exhibit_material import Material
from riskcore.dashboard.exhibits import EXHIBITS, hide_answer
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import guarded
from riskcore.figures.qr_code import draw_qr_code

NUMBERS = [str(place) for place in range(1, len(EXHIBITS) + 1)]

frame = open_page("exhibits", uses=())
chosen = st.segmented_control(
    "Exhibit",
    NUMBERS,
    default=NUMBERS[0],
    key="exhibit",
    bind="query-params",
    required=True,
    on_change=hide_answer,
)
number = int(chosen or NUMBERS[0])
exhibit = EXHIBITS[number - 1]
if not frame.view.present:
    st.caption(plain(" · ".join(f"{place} {one.title}" for place, one in enumerate(EXHIBITS, 1))))


def shown(frame: Frame) -> None:
    """Ask, take the guess, and show what is true once the reader wants to know."""
    st.header(plain(f"{number} · {exhibit.title}"), anchor=False)
    st.markdown(plain(exhibit.question))
    guess = exhibit.guess()
    with st.container(horizontal=True, vertical_alignment="center"):
        revealed = st.toggle("Show what is true", key="reveal", bind="query-params")
        st.button("Reset", on_click=exhibit.reset, type="tertiary", icon=":material/restart_alt:")
        with st.popover("QR code", type="tertiary", icon=":material/qr_code_2:"), guarded():
            address = f"{(st.context.url or 'exhibits').split('?')[0]}?exhibit={number}"
            st.image(draw_qr_code(address), width=320)
            st.caption(plain(f"The question without its answer: {address}"))
    if revealed:
        exhibit.reveal(guess, Material())
    st.caption("Exhibits use the bundled sample and fixed seeds, whatever is chosen above.")


frame.sections(shown)
with guarded():
    frame.footer(exhibit.script)
