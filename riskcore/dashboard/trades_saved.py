"""Saved baskets: keep the basket, or A after it as a portfolio; open or delete what is kept."""

from functools import partial

import streamlit as st

from riskcore.dashboard import saved, state
from riskcore.dashboard.basket import basket_words, traded
from riskcore.dashboard.book import Book
from riskcore.data.store import Kept

__all__ = ["saved_baskets", "saving"]

KIND = "basket"


def saving(book: Book) -> None:
    """Let the reader save the basket, or A after it."""
    with st.popover("Save", icon=":material/save:"):
        st.text_input("Name", key="basket_name", max_chars=200, placeholder="Less equity, March")
        st.button(
            "Save the basket", key="basket_save", on_click=state.told, args=(partial(_keep_basket, book),)
        )
        st.button(
            "Save A after it as a portfolio",
            key="basket_save_portfolio",
            on_click=state.told,
            args=(partial(_keep_portfolio, book),),
        )
        st.caption("A name that exists gets a new version; older ones stay.")


def _keep_basket(book: Book) -> str:
    kept = saved.store().kept.save(
        KIND,
        str(state.recall("basket_name") or ""),
        {"basket": book.view.basket, "a": book.view.a, "a title": book.a.title, "data": book.view.data},
    )
    return f"{kept.name} is saved as a basket, version {kept.version}: {basket_words(book.view.basket)}."


def _keep_portfolio(book: Book) -> str:
    name = str(state.recall("basket_name") or "")
    weights = {str(k): float(v) for k, v in book.after.portfolio.weights.items() if v}
    kept = saved.store().portfolios.save(
        name,
        weights,
        details={
            "data": book.view.data,
            "made from": f"{book.a.title} with {basket_words(book.view.basket)}",
        },
    )
    saved.forget()
    return f"{name} is saved, version {kept.version}."


def saved_baskets(book: Book) -> None:
    """List the saved baskets and let the reader open or delete one."""
    if not saved.present():
        return
    kept = saved.store().kept.all(KIND)
    if not kept:
        return
    named = {entry.key: entry for entry in kept}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Saved baskets",
            list(named),
            index=None,
            format_func=lambda key: _title(named[key]) if key in named else key,
            placeholder="Choose",
            key="basket_chosen",
            width=260,
        )
        if chosen in named:
            for label, doing in (("Open", _opened), ("Delete", _deleted)):
                st.button(
                    label,
                    key=f"basket_{label}",
                    on_click=state.told,
                    args=(partial(doing, book, named[chosen]),),
                )


def _title(entry: Kept) -> str:
    made_for = entry.content.get("a title")
    return f"{entry.name}, version {entry.version}" + (f", made for {made_for}" if made_for else "")


def _opened(book: Book, entry: Kept) -> str:
    code = str(entry.content.get("basket", ""))
    traded(book.a.portfolio, code, "")
    state.change(basket=code)
    return f"The basket is {entry.name}, version {entry.version}: {basket_words(code)}, on A as it is now."


def _deleted(_: Book, entry: Kept) -> str:
    saved.store().kept.delete(entry.key)
    return f"{entry.name} is deleted from the saved baskets."
