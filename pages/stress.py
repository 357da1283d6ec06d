"""Stress: what would hurt? Dated crises replayed, and a fall of an index carried by betas."""

import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.sentences import holding_note
from riskcore.dashboard.stress_words import (
    NO_LIMIT,
    both_replayed,
    both_words,
    portfolio_benchmark_words,
    ruin_words,
    say_left_out,
    short_names,
    shorter_words,
    worst_words,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.figures import (
    closes_words,
    draw_crisis_losses,
    draw_index_gap,
    draw_loss_by_asset,
    draw_replay_path,
)
from riskcore.stress import index_gap

FIRST_SHOWN = 5
# What the index falls by, in percent, as the link says it.
GAPS = ("10", "15", "20")
USUAL_GAP = "15"
# Assets of the whole world have no market whose close comes early or late.
WORLDWIDE = {"", "Global"}
SCRIPT = """
for portfolio in (a, b):
    covered, left_out = replays(whole, portfolio, load_crises())
    for found in covered:
        print(portfolio.name, found.event, f"{found.total_return:.10f}")
"""
GAP_SCRIPT = """
with_index = prices.scenarios({assets!r}{window})
for portfolio in (a, b):
    fall = index_gap(with_index, portfolio.on(with_index.assets), index_asset={index!r}, gap={gap})
    print(portfolio.name, "gap", f"{{fall.total_return:.10f}}")
"""


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
        show(draw_loss_by_asset(a, b, theme=current_theme()), key="stress_assets")
    with right:
        show(draw_replay_path(a, b, theme=current_theme()), key="stress_path")


def gap(frame: Frame) -> None:
    """Carry a fall of the benchmark to the assets by their betas."""
    book = frame.book
    index = book.benchmark
    if index is None:
        st.subheader("If an index falls at once", anchor=False)
        st.markdown("This data has no known index: choose one under More → Benchmark.")
        if book.benchmark_code is not None:
            st.caption(plain(portfolio_benchmark_words(book)))
        return
    st.subheader(plain(f"If {index} falls at once"), anchor=False)
    chosen = st.segmented_control(
        "Fall of the index, %", GAPS, default=USUAL_GAP, key="gap", required=True, bind="query-params"
    )
    wide = book.with_index
    a, b = (
        cached.compute(index_gap, wide, h.portfolio.on(wide.assets), index_asset=index, gap=fall_of(chosen))
        for h in book.both
    )
    daily = f" {both_words(book, [-a.total_return_daily, -b.total_return_daily])} with daily betas."
    st.markdown(
        plain(
            f"{both_words(book, [a.loss, b.loss])} with betas from {a.weeks:,} {a.basis}."
            + (daily if a.has_daily else "")
        )
    )
    for letter in [h.letter for h, found in zip(book.both, (a, b), strict=True) if found.loss > 1]:
        notice(f"{letter} loses more than its whole value: {NO_LIMIT}")
    show(draw_index_gap(a, b, theme=current_theme()), key="stress_gap")
    notes = [
        portfolio_benchmark_words(book),
        shorter_words(book, wide, index),
        "A beta is an average over the window: a crisis can be worse.",
    ]
    if a.has_daily and len(set(book.prices.assets.loc[list(wide.assets), "region"]) - WORLDWIDE) > 1:
        notes.insert(
            0,
            "Closes in Asia and Europe come before New York’s, so daily betas miss part of what markets in "
            "different regions share; weekly returns do not.",
        )
    st.caption(plain(" ".join(filter(None, notes))))
    explain(
        frame.view,
        "The asset’s beta says how much of a move of the index it has followed on average.",
        r"\text{loss}=-\sum_i w_i\,\beta_i\,g,\qquad"
        r"\beta_i=\frac{\operatorname{Cov}(r_i,r_{\text{index}})}{\operatorname{Var}(r_{\text{index}})}",
    )


def fall_of(chosen: object) -> float:
    """Return the move of the index behind a choice; the usual one where the link names none on offer."""
    return -int(str(chosen) if chosen in GAPS else USUAL_GAP) / 100


def script_of(book: Book) -> str:
    """Return the script that prints the replays, and the gap where there is an index."""
    body = f"whole = prices.scenarios({list(book.assets)!r})\n{SCRIPT.strip()}\n"
    names, index = "replays", book.benchmark
    if index is not None:
        assets = list(dict.fromkeys((*book.assets, index)))
        fall = fall_of(state.recall("gap"))
        body += GAP_SCRIPT.format(assets=assets, window=window_literal(book), index=index, gap=fall)
        names = "index_gap, replays"
    imports = f"from riskcore.data.crises import load_crises\nfrom riskcore.stress import {names}"
    return page_script(book, body, imports=imports)


frame = open_page("stress", uses={"a", "b", "window", "bench", "value"})
frame.sections(crises, one_crisis, gap)
with guarded():
    frame.footer(script_of(frame.book))
