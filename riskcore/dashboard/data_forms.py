"""The door for the bundled samples."""

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_offer import RESET, notes
from riskcore.dashboard.text import plain
from riskcore.data.sample import SAMPLES

__all__ = ["sample_door"]


def sample_door(book: Book) -> None:
    """Offer the bundled samples."""
    current = book.view.data if book.view.data in SAMPLES else None
    st.selectbox(
        "Bundled sample",
        list(SAMPLES),
        index=None,
        format_func=lambda key: SAMPLES[key].label,
        placeholder="Choose a sample",
        key=state.seed("data", current) if current else state.key_of("data"),
        on_change=_use_sample,
        width=420,
    )
    if current:
        st.caption(plain(SAMPLES[current].description))
        notes(book.local)


def _use_sample() -> None:
    chosen = state.recall(state.key_of("data"))
    state.change(data=chosen, assets=(), start=None, end=None, bench="", **RESET)
