"""Saved data sets and portfolios on the page: save, open, rename, duplicate, delete, restore, versions."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_quality import decisions_of
from riskcore.dashboard.portfolio_codes import code_of, details_of
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.view import View
from riskcore.dashboard.widgets import data_table
from riskcore.data.store import PortfolioShelf, PriceSetShelf, SavedPortfolio, SavedPriceSet
from riskcore.errors import InputError, RiskcoreError, listed

__all__ = ["saved_things"]

TOLD = "saved_told"
Entry = SavedPriceSet | SavedPortfolio
WORDS = {"sets": "data set", "portfolios": "portfolio"}


def saved_things(book: Book) -> None:
    """Save the data set, A or B; list what is saved and let the reader manage it."""
    store = saved.store()
    for message in store.messages:
        st.warning(plain(message), icon=":material/healing:")
    told = state.recall(TOLD)
    if told:
        kind, sentence = told
        (st.success if kind == "done" else st.error)(plain(sentence))
        state.store(TOLD, None)
    left, right = st.columns(2)
    with left:
        st.subheader("Data sets", anchor=False)
        _save_set(book)
        _list("sets", store.price_sets.all(), book)
        _deleted("sets", store.price_sets.all(deleted=True))
    with right:
        st.subheader("Portfolios", anchor=False)
        _save_portfolio(book)
        _list("portfolios", store.portfolios.all(), book)
        _deleted("portfolios", store.portfolios.all(deleted=True))


def _run(doing: Callable[[], str]) -> None:
    """Do something to the store in a button's callback; the next run tells what became of it."""
    try:
        state.store(TOLD, ("done", doing()))
        saved.forget()
    except RiskcoreError as error:
        state.store(TOLD, ("failed", str(error)))


def _typed(key: str) -> str:
    return str(state.recall(key) or "")


def _save_set(book: Book) -> None:
    with st.popover("Save this data set", icon=":material/save:"):
        st.text_input("Name", value=book.local.label, key=_name_key(book), max_chars=200)
        st.text_input("Note (optional)", key="save_set_note")
        st.button("Save", key="save_set", type="primary", on_click=_run, args=(lambda: _keep_set(book),))
        st.caption("With its prices and your decisions: the link to it works for good.")


def _name_key(book: Book) -> str:
    # Another data set proposes its own name.
    return f"save_set_name_{book.local.fingerprint[:10]}"


def _keep_set(book: Book) -> str:
    name, key = _typed(_name_key(book)), book.view.data
    made = cached.origin(key)
    base = made.base if made else key
    kept = saved.save_price_set(book.local, name, _typed("save_set_note"), base, decisions_of(key))
    state.change(data=kept)
    return f"{name} is saved; its link restores it."


def _save_portfolio(book: Book) -> None:
    with st.popover("Save A or B", icon=":material/save:"):
        st.segmented_control("Which", ["A", "B"], default="A", required=True, key="save_which")
        st.text_input("Name", key="save_portfolio_name", max_chars=200, placeholder="Growth, spring")
        st.text_input("Note (optional)", key="save_portfolio_note")
        st.button(
            "Save", key="save_portfolio", type="primary", on_click=_run, args=(lambda: _keep_portfolio(book),)
        )
        st.caption(
            "Saves its weights as they are now; shares are saved as shares and drift with prices. A name "
            "that exists gets a new version."
        )


def _keep_portfolio(book: Book) -> str:
    holding = book.a if _typed("save_which") == "A" else book.b
    name = _typed("save_portfolio_name")
    details: dict[str, object] = {
        "data": book.view.data,
        "made from": holding.title,
        "value": book.asked.value,
        "currency": book.asked.currency,
    }
    shares, note = book.shares(holding.code), _typed("save_portfolio_note")
    shelf = saved.store().portfolios
    if shares is not None:
        details |= details_of(shares)
        kept = shelf.save(name, shares.pieces, kind="shares", details=details, note=note)
    else:
        weights = {str(k): float(v) for k, v in holding.portfolio.weights.items() if v}
        kept = shelf.save(name, weights, details=details, note=note)
    return f"{name} is saved, version {kept.version}."


def _list(kind: str, entries: Sequence[Entry], book: Book) -> None:
    word = WORDS[kind]
    if not entries:
        st.caption(f"No {word} is saved yet.")
        return
    data_table(pd.DataFrame([_row(entry) for entry in entries]), key=f"saved_{kind}", hide_index=True)
    named, labels = {entry.key: entry for entry in entries}, _labels(entries)
    key = st.selectbox(
        f"Saved {word}",
        list(named),
        index=None,
        format_func=lambda k: labels.get(k, k),
        placeholder=f"Choose a saved {word}",
        key=f"chosen_{kind}",
    )
    if key in named:
        _manage(kind, named[key], book)


def _labels(entries: Sequence[Entry]) -> dict[str, str]:
    """Return key to name, with what tells like names apart: a menu knows its lines by their words only."""
    names = [entry.name for entry in entries]
    return {
        e.key: e.name
        if names.count(e.name) == 1
        else f"{e.name} · {e.saved_at:%Y-%m-%d %H:%M} · {e.key[-6:]}"
        for e in entries
    }


def _row(entry: Entry) -> dict[str, object]:
    when = f"{entry.saved_at:%Y-%m-%d %H:%M} UTC"
    if isinstance(entry, SavedPriceSet):
        about: dict[str, object] = {"assets": len(entry.tickers), "from": entry.first, "to": entry.last}
    else:
        about = {"positions": len(entry.positions), "of": entry.kind, "version": entry.version}
    return {"name": entry.name, **about, "note": entry.note, "saved": when}


def _manage(kind: str, entry: Entry, book: Book) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if isinstance(entry, SavedPriceSet):
            _open_set(entry, book)
        else:
            _open_portfolio(entry, book)
        st.button(
            "Delete",
            icon=":material/delete:",
            key=f"delete_{kind}",
            on_click=_run,
            args=(_deleting(kind, entry),),
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Another name", key=f"name_{kind}", max_chars=200, width=200)
        st.button("Rename", key=f"rename_{kind}", on_click=_run, args=(_renaming(kind, entry),))
        st.button("Duplicate", key=f"duplicate_{kind}", on_click=_run, args=(_copying(kind, entry),))


def _open_set(entry: SavedPriceSet, book: Book) -> None:
    if entry.key == book.view.data:
        st.caption("Shown on every page.", width="content")
        return
    st.button("Open", key="open_set", type="primary", on_click=_show_set, args=(entry.key,))


def _show_set(key: str) -> None:
    state.change(data=key, assets=(), start=None, end=None, bench="", a=View.a, b=View.b)


def _open_portfolio(newest: SavedPortfolio, book: Book) -> None:
    versions = saved.store().portfolios.versions(newest.key) if newest.version > 1 else (newest,)
    entry = newest
    if len(versions) > 1:
        said = {v.version: f"{v.version} · {v.saved_at:%Y-%m-%d %H:%M} {v.note}".rstrip() for v in versions}
        number = st.selectbox(
            "Version", list(said), format_func=said.__getitem__, key=f"version_{newest.key}", width=220
        )
        entry = next(v for v in versions if v.version == number)
    for letter in ("a", "b"):
        st.button(
            f"Open as {letter.upper()}",
            key=f"open_{letter}",
            type="primary",
            on_click=_run,
            args=(partial(_hold, letter, entry, book),),
        )


def _hold(letter: str, entry: SavedPortfolio, book: Book) -> str:
    """Make a saved portfolio A or B, with the data it was saved with where the present data lacks assets."""
    held = [asset for asset, weight in entry.positions.items() if weight]
    data, told = book.view.data, ""
    changes: dict[str, object] = {}
    if not set(held) <= set(book.local.tickers):
        data = str(entry.details.get("data", ""))
        tickers = cached.price_set(data).tickers
        changes = {"data": data, "start": None, "end": None, "bench": "", "a": View.a, "b": View.b}
        told = ", with the data it was saved with"
    else:
        tickers = book.local.tickers
    absent = [a for a in held if a not in tickers]
    if absent:
        raise InputError(f"{entry.name} holds {listed(absent)}, which the data does not have.")
    shown = book.assets if data == book.view.data else cached.price_set(data).default_assets
    changes["assets"] = tuple(t for t in tickers if t in {*shown, *held})
    if entry.details.get("value"):
        changes |= {"value": entry.details["value"], "currency": entry.details.get("currency", View.currency)}
    pinned = entry.version != saved.store().portfolios.load(entry.key).version
    state.change(**{**changes, letter: code_of(entry, pinned=pinned)})
    return f"{letter.upper()} is {entry.name}, version {entry.version}{told}."


def _shelf(kind: str) -> PriceSetShelf | PortfolioShelf:
    store = saved.store()
    return store.price_sets if kind == "sets" else store.portfolios


def _deleting(kind: str, entry: Entry) -> Callable[[], str]:
    def delete() -> str:
        _shelf(kind).delete(entry.key)
        return f"{entry.name} is deleted; it can be restored below."

    return delete


def _renaming(kind: str, entry: Entry) -> Callable[[], str]:
    def rename() -> str:
        name = _typed(f"name_{kind}")
        _shelf(kind).rename(entry.key, name)
        saved.load_price_set.clear()
        return f"{entry.name} is now {name}."

    return rename


def _copying(kind: str, entry: Entry) -> Callable[[], str]:
    def duplicate() -> str:
        name = _typed(f"name_{kind}")
        _shelf(kind).duplicate(entry.key, name)
        return f"{entry.name} is duplicated as {name}."

    return duplicate


def _deleted(kind: str, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    named, labels = {entry.key: entry.name for entry in entries}, _labels(entries)
    with st.expander(f"{counted(len(named), 'deleted ' + WORDS[kind])}"):
        key = st.selectbox(
            f"Deleted {WORDS[kind]}",
            list(named),
            format_func=lambda k: labels.get(k, k),
            key=f"gone_{kind}",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Another name", key=f"back_{kind}", max_chars=200, width=200, placeholder="where it is taken"
            )
            st.button(
                "Restore", key=f"restore_{kind}", on_click=_run, args=(_restoring(kind, key, named[key]),)
            )
        st.caption(
            "What is deleted keeps all its versions, and links to it still work; nothing is erased here."
        )


def _restoring(kind: str, key: str, name: str) -> Callable[[], str]:
    def restore() -> str:
        other = _typed(f"back_{kind}").strip()
        _shelf(kind).restore(key, other or None)
        return f"{name} is restored{f' as {other}' if other else ''}."

    return restore
