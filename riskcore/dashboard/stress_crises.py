"""The dated crises of the Stress page: all of them, and one by asset and through time."""

import streamlit as st

from riskcore.dashboard.frame import Frame
from riskcore.dashboard.sentences import holding_note
from riskcore.dashboard.stress_words import (
    both_replayed,
    ruin_words,
    say_left_out,
    short_names,
    worst_words,
    worth,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.figures import closes_words, draw_crisis_losses, draw_loss_by_asset, draw_replay_path

__all__ = ["crises", "one_crisis"]

FIRST_SHOWN = 5


def crises(frame: Frame) -> None:
    """Replay the dated crises: the worst first, all on request."""
    book = frame.book
    of_a, of_b, left_out = both_replayed(book)
    if not of_a:
        notice("No dated crisis lies inside this data, so there is nothing to replay.")
        say_left_out(book, left_out)
        return
    st.header(plain(worst_words(book, of_a, of_b, len(left_out))), anchor=False)
    beyond = (ruin_words(h.letter, found) for h, found in zip(book.both, (of_a, of_b), strict=True))
    for note in filter(None, (*(holding_note(h) for h in book.both), *beyond)):
        notice(note)
    more = len(of_a) > FIRST_SHOWN
    everything = more and st.toggle(f"All {len(of_a)} replays", key="crises", bind="query-params")
    shown = slice(None if everything else FIRST_SHOWN)
    short = short_names()
    show(
        draw_crisis_losses(
            [
                (short[a.event], a.total_return, b.total_return)
                for a, b in zip(of_a[shown], of_b[shown], strict=True)
            ],
            theme=current_theme(),
            replayed=of_a[shown],
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
    say_left_out(book, left_out)
    explain(
        frame.view,
        "Each asset keeps its own holding from the peak to the trough, so the losses by asset add up to the "
        "portfolio’s loss exactly.",
        r"R=\sum_i w_i\Big(\prod_{t}(1+r_{t,i})-1\Big)",
    )


def one_crisis(frame: Frame) -> None:
    """Show one crisis by asset and through time."""
    of_a, of_b, _ = both_replayed(frame.book)
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
