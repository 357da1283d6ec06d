"""The dated crises of the Stress page: all of them, and one by asset and through time."""

from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from riskcore.dashboard import saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.sentences import holding_note
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import (
    offer_reasons,
    proxy_note,
    ruin_words,
    say_left_out,
    short_names,
    worst_words,
    worth,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import quoted, unquoted
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.data.crises import Crisis
from riskcore.errors import InputError
from riskcore.figures import closes_words, draw_crisis_losses, draw_loss_by_asset, draw_replay_path

__all__ = ["add_crisis", "crises", "one_crisis", "own_crises"]

FIRST_SHOWN = 5
KIND, OWN = "crisis", "own"
MOST_OWN = 20


def crises(frame: Frame) -> None:
    """Replay the dated crises: the worst first, all on request."""
    book = frame.book
    own = own_crises(book)
    of_a, of_b, left_out = both_replayed(book, own)
    if not of_a:
        notice("No dated crisis lies inside this data, so there is nothing to replay.")
        say_left_out(book, left_out)
        if not frame.view.present:
            offer_reasons(left_out)
        return
    st.header(plain(worst_words(book, of_a, of_b, len(left_out))), anchor=False)
    beyond = (ruin_words(h.letter, found) for h, found in zip(book.both, (of_a, of_b), strict=True))
    for note in filter(None, (*(holding_note(h) for h in book.both), *beyond)):
        notice(note)
    more = len(of_a) > FIRST_SHOWN
    everything = more and st.toggle(f"All {len(of_a)} replays", key="crises", bind="query-params")
    short = short_names() | {crisis.event: crisis.short for crisis in own}
    # The reader’s own crises are always among those shown.
    drawn = [i for i, a in enumerate(of_a) if everything or i < FIRST_SHOWN or a.event in _names(own)]
    show(
        draw_crisis_losses(
            [
                (short[a.event], a.total_return, b.total_return)
                for a, b in ((of_a[i], of_b[i]) for i in drawn)
            ],
            theme=current_theme(),
            replayed=[of_a[i] for i in drawn],
            worth=worth(book),
        ),
        key="stress_crises",
    )
    st.caption(
        "Weights bought at the S&P 500’s peak close and held to its trough close. A replay uses all the "
        "data; the sample window matters only to weights that are solved on it."
    )
    near = [a for a in of_a if a.approximate]
    if near:
        closes = closes_words(near[0]).partition(", ")[2]
        st.caption(
            f"≈ {closes}. The last one before the peak and the last one before the trough stand in for "
            "them, with their dates in the table; what happens between two closes is not seen, so a short "
            "fall can look much too small."
        )
    stood_in = proxy_note(of_a)
    if stood_in:
        st.caption(plain(stood_in))
    say_left_out(book, left_out)
    if not frame.view.present:
        with st.container(horizontal=True):
            add_crisis(book)
            offer_reasons(left_out)
    explain(
        frame.view,
        "Each asset keeps its own holding from the peak to the trough, so the losses by asset add up to the "
        "portfolio’s loss exactly.",
        r"R=\sum_i w_i\Big(\prod_{t}(1+r_{t,i})-1\Big)",
    )


def one_crisis(frame: Frame) -> None:
    """Show one crisis by asset and through time."""
    of_a, of_b, _ = both_replayed(frame.book, own_crises(frame.book))
    if not of_a:
        return
    events = [a.event for a in of_a]
    chosen = st.selectbox("One crisis in detail", events, key="crisis", bind="query-params", width=520)
    a, b = next(pair for pair in zip(of_a, of_b, strict=True) if pair[0].event == chosen)
    st.caption(plain(f"{closes_words(a)}."))
    left, right = st.columns(2, gap="medium")
    with left:
        show(draw_loss_by_asset(a, b, theme=current_theme(), worth=worth(frame.book)), key="stress_assets")
    with right:
        show(draw_replay_path(a, b, theme=current_theme()), key="stress_path")


def _names(crises_: tuple[Crisis, ...]) -> set[str]:
    return {crisis.event for crisis in crises_}


def own_crises(book: Book) -> tuple[Crisis, ...]:
    """Return the reader's own crises: those in the link, "name~from~to", as far as they can be read."""
    found: dict[str, Crisis] = {}
    for part in str(st.query_params.get(OWN, "")).split(";")[:MOST_OWN]:
        name, *days = (unquoted(piece) for piece in part.split("~"))
        try:
            start, end = (pd.Timestamp(date.fromisoformat(day)) for day in days)
        except ValueError:
            continue
        if name.strip() and start < end and name not in short_names():
            found[name] = Crisis(name[:60], name[:18], start, end)
    return tuple(found.values())


def add_crisis(book: Book) -> None:
    """Let the reader name a crisis of their own, keep it, and bring kept ones back."""
    own = own_crises(book)
    with st.popover("Own crises", icon=":material/add:", type="tertiary"):
        with st.form("own_crisis", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", max_chars=60, key="own_name", width=180)
            first, last = book.first.date(), book.last.date()
            start = st.date_input("From the close of", first, key="own_start", format="YYYY-MM-DD", width=140)
            end = st.date_input("To the close of", last, key="own_end", format="YYYY-MM-DD", width=140)
            keep = st.checkbox("Keep it", key="own_keep", help="Saved on this server; others see it too")
            if st.form_submit_button("Replay", icon=":material/replay:"):
                with guarded():
                    _add(own, name.strip(), start, end, keep)
        for place, crisis in enumerate(own):
            st.button(
                plain(f"Remove {crisis.event}"),
                key=f"own_remove_{place}",
                type="tertiary",
                icon=":material/close:",
                on_click=_link,
                args=([c for c in own if c is not crisis],),
            )
        _kept(own)


def _add(own: tuple[Crisis, ...], name: str, start: object, end: object, keep: bool) -> None:
    if not name or not isinstance(start, date) or not isinstance(end, date):
        raise InputError("A crisis needs a name, the day of its peak and the day of its trough.")
    if start >= end:
        raise InputError(f"{name} must begin before it ends: {start} is not before {end}.")
    if name in short_names() or name in _names(own):
        raise InputError(f"There is a crisis called {name} already; choose another name.")
    if keep:
        saved.store().kept.save(KIND, name, {"start": start.isoformat(), "end": end.isoformat()})
    _link([*own, Crisis(name, name[:18], pd.Timestamp(start), pd.Timestamp(end))])
    st.rerun()


def _kept(own: tuple[Crisis, ...]) -> None:
    """Offer the crises kept on this server, none where nothing is."""
    if not saved.present():
        return
    with guarded():
        for place, kept in enumerate(saved.store().kept.all(KIND)):
            days = [str(kept.content.get(key, "")) for key in ("start", "end")]
            if kept.name in _names(own) or not all(days):
                continue
            crisis = Crisis(kept.name, kept.name[:18], *(pd.Timestamp(day) for day in days))
            with st.container(horizontal=True):
                st.button(
                    plain(f"Replay {kept.name} ({days[0]} to {days[1]})"),
                    key=f"kept_crisis_{place}",
                    type="tertiary",
                    icon=":material/replay:",
                    on_click=_link,
                    args=([*own, crisis],),
                )
                st.button(
                    "Delete",
                    key=f"kept_delete_{place}",
                    type="tertiary",
                    icon=":material/delete:",
                    on_click=state.told,
                    args=(partial(_delete, kept.key, kept.name),),
                )


def _delete(key: str, name: str) -> str:
    saved.store().kept.delete(key)
    return f"{name} is deleted."


def _link(own: list[Crisis]) -> None:
    """Let the link hold the reader's own crises."""
    if own:
        st.query_params[OWN] = ";".join(f"{quoted(c.event)}~{c.start:%Y-%m-%d}~{c.end:%Y-%m-%d}" for c in own)
    else:
        st.query_params.pop(OWN, None)
