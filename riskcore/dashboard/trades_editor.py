"""The editor of the Trade basket page: add to the basket, take it as B, clear, save, open saved ones."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.basket import AFTER, CASH, PRO_RATA, basket_code, trades_of, with_change
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.text import plain
from riskcore.dashboard.trades_saved import saved_baskets, saving
from riskcore.dashboard.widgets import data_table
from riskcore.errors import InputError
from riskcore.figures.words import percent

__all__ = ["editor"]

POINTS = "% points"


def editor(frame: Frame) -> None:
    """Say what the basket does, and let the reader add to it, take from it, apply and save it."""
    book, view = frame.book, frame.view
    st.header(plain(_headline(book)), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left, st.form("basket_form", clear_on_submit=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Asset", book.assets, key="basket_asset", width=150)
            st.number_input(
                "Change",
                -1e15,
                1e15,
                value=-5.0,
                step=1.0,
                key="basket_points",
                width=140,
                help="Negative sells, positive buys",
            )
            units = [POINTS, *([view.currency] if view.value is not None else [])]
            st.selectbox(
                "In",
                units,
                key="basket_unit",
                width=130,
                help="Percentage points of the value; money once a portfolio value is given under More",
            )
            st.selectbox(
                "The other side",
                [PRO_RATA, CASH, *book.assets],
                format_func=lambda s: {PRO_RATA: "the others, pro rata", CASH: "cash"}.get(s, s),
                key="basket_source",
                width=190,
                help="What pays for a purchase, or takes the proceeds of a sale",
            )
            st.form_submit_button("Add to the basket", type="primary", on_click=_add, args=(book,))
    with right:
        if view.basket:
            _basket(book)
        saved_baskets(book)


def _headline(book: Book) -> str:
    """Return what the basket does to the tail, in one sentence."""
    if not book.view.basket:
        return "What if? Put a trade in the basket to see A before and after it."
    old, new = (book.risk(h, "cvar") for h in (book.a, book.after))
    verb = (
        "stays at"
        if abs(new.value - old.value) < 5e-7
        else "falls to"
        if new.value < old.value
        else "rises to"
    )
    return f"With the basket A’s {book.horizon_label} {new.label} {verb} {amount(book, new.value)}" + (
        "." if verb == "stays at" else f" from {amount(book, old.value)}."
    )


def _basket(book: Book) -> None:
    """Show the trades, and let the reader take A after them as B, clear or save them."""
    _trades(book)
    with st.container(horizontal=True):
        st.button(
            "Show it as B",
            on_click=state.change,
            kwargs={"b": AFTER},
            disabled=book.view.b == AFTER,
            help="Every page then compares A with A after the basket",
        )
        st.button("Clear", on_click=_cleared, args=(book.view.b,))
        saving(book)


def _trades(book: Book) -> None:
    trades = trades_of(book.view.basket)
    before = book.a.portfolio.weights
    rows = [
        {"asset": a, "now, %": 100 * before[a], "change, points": 100 * c, "after, %": 100 * (before[a] + c)}
        for a, c in trades.items()
    ]
    cash = -sum(trades.values())
    if abs(cash) > 1e-9:
        rows.append(
            {
                "asset": "cash",
                "now, %": 100 * book.a.cash,
                "change, points": 100 * cash,
                "after, %": 100 * (book.a.cash + cash),
            }
        )
    data_table(pd.DataFrame(rows), key="basket_table", hide_index=True)
    bought = sum(c for c in trades.values() if c > 0)
    sold = -sum(c for c in trades.values() if c < 0)
    st.caption(plain(f"One-way turnover {percent(max(bought, sold))}: the larger of bought and sold."))


def _add(book: Book) -> None:
    number = float(str(state.recall("basket_points") or 0.0))
    points = book.view.value is None or (state.recall("basket_unit") or POINTS) == POINTS
    change = number / 100 if points else number / float(book.view.value or 1.0)
    try:
        trades = with_change(
            book.a.portfolio,
            trades_of(book.view.basket),
            str(state.recall("basket_asset") or book.assets[0]),
            change,
            str(state.recall("basket_source") or PRO_RATA),
        )
    except InputError as error:
        state.say(str(error))
        return
    state.change(basket=basket_code(trades))


def _cleared(b: str) -> None:
    state.change(basket="", **({"b": "risk_parity"} if b == AFTER else {}))
