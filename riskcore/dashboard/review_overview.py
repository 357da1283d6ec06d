"""What the Overview says of the Review page: the light of the gate, and the last snapshot."""

import streamlit as st

from riskcore.dashboard.frame import PAGES, Frame
from riskcore.dashboard.limits_gate import gate_of
from riskcore.dashboard.limits_words import COLOURS, ICONS, WORDS, gate_sentence
from riskcore.dashboard.review_decision import changes_since, last_snapshot
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import query_of
from riskcore.dashboard.widgets import show_table

__all__ = ["gate_light"]


def gate_light(frame: Frame) -> None:
    """Show the light of A’s gate, grey without limits, then what changed since the last snapshot."""
    book = frame.book
    found = gate_of(book, book.a)
    with st.container(horizontal=True, vertical_alignment="center", key="gate_light"):
        st.badge(
            f"Gate: {WORDS[found.status]}",
            icon=ICONS[found.status],
            color=COLOURS[found.status],
            width="content",
        )
        st.markdown(plain(gate_sentence(found)))
        st.page_link(
            PAGES["review"].file, label="Review", icon=PAGES["review"].icon, query_params=query_of(book.asked)
        )
    last = last_snapshot()
    if last is not None:
        words, table = changes_since(book, last)
        with st.expander(plain(words)):
            show_table(table, key="overview_since")
