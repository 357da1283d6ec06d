"""Stress: what would hurt? Dated crises replayed, and a fall of an index carried by betas."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.sentences import holding_note, loss_words
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show, show_table
from riskcore.figures import (
    closes_words,
    draw_crisis_losses,
    draw_index_gap,
    draw_loss_by_asset,
    draw_replay_path,
)
from riskcore.figures.words import dated
from riskcore.results import ReplayResult
from riskcore.scenarios import Scenarios
from riskcore.stress import index_gap, replays

FIRST_SHOWN = 5
# What the index falls by, in percent, as the link says it.
GAPS = ("10", "15", "20")
USUAL_GAP = "15"
NOTHING = 1e-12
NO_LIMIT = "with shorts or borrowed money a loss does not stop at 100\N{NO-BREAK SPACE}%."
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


def both_replayed(book: Book) -> tuple[list[ReplayResult], list[ReplayResult], dict[str, str]]:
    """Return the replays of A and of B, the worst for A first, and why other crises are left out."""
    (of_a, left_out), (of_b, _) = (
        cached.compute(replays, book.whole, h.portfolio, crises=cached.crises()) for h in book.both
    )
    order = sorted(range(len(of_a)), key=lambda i: of_a[i].total_return)
    return [of_a[i] for i in order], [of_b[i] for i in order], left_out


def short_names() -> dict[str, str]:
    """Return the names that fit beside a bar."""
    return {crisis.event: crisis.short for crisis in cached.crises()}


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


def both_words(book: Book, losses: Sequence[float], where: Sequence[str] = ("", "")) -> str:
    """Return "A loses 34 % in 2008, B 16 % in Rates 2022": the verb once where it is the same."""
    said = ["neither loses nor gains" if abs(loss) < NOTHING else loss_words(book, loss) for loss in losses]
    verb = f"{said[0].split(' ')[0]} "
    if verb != "neither ":
        said[1] = said[1].removeprefix(verb)
    same = f", both in {where[0]}" if where[0] and where[0] == where[1] else ""
    a, b = ("" if same or not place else f" in {place}" for place in where)
    return f"A {said[0]}{a}, B {said[1]}{b}{same}"


def worst_words(book: Book, of_a: list[ReplayResult], of_b: list[ReplayResult], left_out: int) -> str:
    """Return the headline: the worst replay of A and of B, and out of how many."""
    worst = [min(found, key=lambda r: r.total_return) for found in (of_a, of_b)]
    count = len(of_a)
    over = "The only replay" if count == 1 else f"Worst of {count} replays"
    of = f" (of {count + left_out} dated crises)" if left_out else ""
    short = short_names()
    where = [f"{short[r.event]} ≈" if r.approximate else short[r.event] for r in worst]
    return f"{over}{of}: {both_words(book, [r.loss for r in worst], where)}."


def ruin_words(letter: str, found: list[ReplayResult]) -> str | None:
    """Return where a portfolio ends below zero, None where it never does."""
    lost = [r.event for r in found if r.loss > 1]
    if not lost:
        return None
    return f"{letter} loses more than its whole value in {len(lost)} of {len(found)} replays: {NO_LIMIT}"


def say_left_out(book: Book, left_out: dict[str, str]) -> None:
    """Name the crises that are not replayed, by reason, and offer the reasons in full."""
    if not left_out:
        return
    days = pd.DatetimeIndex(book.whole.index)
    outside: list[str] = []
    inside: list[str] = []
    for crisis in cached.crises():
        if crisis.event in left_out:
            (inside if crisis.covered_by(days) else outside).append(crisis.short)
    if outside:
        st.caption(
            plain(
                f"Not replayed, because the returns these assets share run only from {dated(days[0])} to "
                f"{dated(days[-1])}: {', '.join(outside)}."
            )
        )
    if inside:
        st.caption(
            plain(
                "Not replayed, because the data has no closes near enough to the peak and the trough: "
                f"{', '.join(inside)}."
            )
        )
    if not book.view.present:
        with st.popover("Why not", type="tertiary", icon=":material/help:"):
            reasons = pd.DataFrame({"why it is not replayed": left_out}).rename_axis("event")
            show_table(reasons, key="stress_left_out")


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
    notes = [shorter_words(book, wide, index), "A beta is an average over the window: a crisis can be worse."]
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


def shorter_words(book: Book, wide: Scenarios, index: str) -> str | None:
    """Return over which dates betas are estimated where the index has a shorter history than the assets."""
    own, shared = book.base.index, wide.index
    if (shared[0], shared[-1]) == (own[0], own[-1]):
        return None
    return (
        f"The betas are estimated from {dated(shared[0])} to {dated(shared[-1])}, which is all that {index} "
        f"shares with these assets; their own returns run from {dated(own[0])} to {dated(own[-1])}."
    )


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
