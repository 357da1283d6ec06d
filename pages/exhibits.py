"""Exhibits: numbered, each one idea with a question before the answer."""

import streamlit as st

from riskcore.dashboard.exhibit_answers import Material
from riskcore.dashboard.exhibits import EXHIBITS
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import guarded

NUMBERS = [str(place) for place in range(1, len(EXHIBITS) + 1)]

frame = open_page("exhibits", uses=())
chosen = st.segmented_control(
    "Exhibit", NUMBERS, default=NUMBERS[0], key="exhibit", bind="query-params", required=True
)
number = int(chosen or NUMBERS[0])
exhibit = EXHIBITS[number - 1]


def shown(frame: Frame) -> None:
    """Ask, take the guess, and show what is true once the reader wants to know."""
    st.header(plain(f"{number} · {exhibit.title}"), anchor=False)
    st.markdown(plain(exhibit.question))
    guess = exhibit.ask(exhibit.guess_key)
    with st.container(horizontal=True, vertical_alignment="center"):
        revealed = st.toggle("Show what is true", key="reveal", bind="query-params")
        st.button("Reset", on_click=exhibit.reset, type="tertiary", icon=":material/restart_alt:")
    if revealed:
        exhibit.reveal(guess, Material())


frame.sections(shown)
st.caption("Exhibits always use the bundled sample and fixed seeds, so that everybody sees the same numbers.")
with guarded():
    frame.footer(exhibit.script)
