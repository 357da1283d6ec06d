"""A data set that was just read, with what was found in it, and the button that takes it."""

import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.view import View
from riskcore.dashboard.widgets import data_table
from riskcore.data.price_set import PriceSet

__all__ = ["RESET", "notes", "offer"]

# Typed and preset portfolios belong to the assets they were made for.
RESET = {"a": View.a, "b": View.b}
SHOWN_NOTES = 6


def offer(prices: PriceSet, book: Book, *, key: str) -> None:
    """Say what was read and let the reader take it."""
    first, last = prices.prices.index[0], prices.prices.index[-1]
    st.success(
        plain(
            f"{prices.label}: {counted(len(prices.tickers), 'asset')}, {len(prices.prices):,} rows, "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}."
        ),
        icon=":material/check:",
    )
    notes(prices)
    data_table(prices.prices.tail(5), key=f"{key}_preview")
    held = cached.keep_price_set(prices)
    if held == book.view.data:
        st.caption("This is the data set shown on every page.")
    else:
        st.button(
            "Use this data",
            type="primary",
            key=f"{key}_use",
            on_click=state.change,
            kwargs={"data": held, "assets": (), "start": None, "end": None, "bench": "", **RESET},
        )
    st.caption(
        "Until it is saved (below), loaded data lives in this server’s memory: a link finds it until the "
        "server restarts."
    )


def notes(prices: PriceSet) -> None:
    """Show what is said of a data set, a long list folded."""
    for note in prices.notes[:SHOWN_NOTES]:
        st.caption(plain(f"• {note}"))
    rest = prices.notes[SHOWN_NOTES:]
    if rest:
        with st.expander(f"{len(rest)} more remarks"):
            for note in rest:
                st.caption(plain(f"• {note}"))
