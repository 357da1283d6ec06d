"""Stress: what would hurt? Dated crises replayed, and a fall of an index carried by betas."""

import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.sentences import amount, holding_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.figures import draw_crisis_losses, draw_index_gap, draw_loss_by_asset, draw_replay_path
from riskcore.figures.words import percent
from riskcore.stress import index_gap, replays

FIRST_SHOWN = 5
GAPS = (-0.10, -0.15, -0.20)
SCRIPT = """
for portfolio in (a, b):
    for crisis in load_crises():
        if crisis.covered_by(whole.index):
            found = replay(whole, portfolio, event=crisis.event, start=crisis.start, end=crisis.end)
            print(portfolio.name, found.event, f"{{found.total_return:.10f}}")
    wide = portfolio.on(with_index.assets)
    fall = index_gap(with_index, wide, index_asset={index!r}, gap={gap})
    print(portfolio.name, "gap", f"{{fall.total_return:.10f}}")
"""


def crises(frame: Frame) -> None:
    """Replay the dated crises: the worst first, all on request, one in detail."""
    book = frame.book
    found = {
        h.letter: cached.compute(replays, book.whole, h.portfolio, crises=cached.crises()) for h in book.both
    }
    (of_a, left_out), (of_b, _) = found["A"], found["B"]
    if not of_a:
        notice("No dated crisis lies inside this data, so there is nothing to replay.")
        return
    order = sorted(range(len(of_a)), key=lambda i: of_a[i].total_return)
    worst_a, worst_b = of_a[order[0]], min(of_b, key=lambda r: r.total_return)
    st.header(
        plain(
            f"The worst replay costs A {amount(book, worst_a.loss)} ({worst_a.event}) "
            f"and B {amount(book, worst_b.loss)} ({worst_b.event})."
        ),
        anchor=False,
    )
    for note in filter(None, (holding_note(h) for h in book.both)):
        notice(note)
    short = {crisis.event: crisis.short for crisis in cached.crises()}
    everything = st.toggle(f"All {len(order)} crises", key="all_crises") if len(order) > FIRST_SHOWN else True
    shown = order if everything else order[:FIRST_SHOWN]
    show(
        draw_crisis_losses(
            [
                (short.get(of_a[i].event, of_a[i].event), of_a[i].total_return, of_b[i].total_return)
                for i in shown
            ],
            theme=current_theme(),
        ),
        key="stress_crises",
    )
    st.caption(
        "Weights bought at the S&P 500’s peak close and held to its trough close, in "
        f"{plain(book.prices.returns_basis)}. The sample window does not change a replay."
    )
    if left_out:
        names = ", ".join(short.get(name, name) for name in left_out)
        st.caption(plain(f"Not replayed, because these assets have no data for it: {names}."))
    explain(
        frame.view,
        "Each asset keeps its own holding from the peak to the trough, so the losses by asset add up to the "
        "portfolio’s loss exactly.",
        r"R=\sum_i w_i\Big(\prod_{t}(1+r_{t,i})-1\Big)",
    )


def one_crisis(frame: Frame) -> None:
    """Show one crisis by asset and through time."""
    book = frame.book
    (of_a, _), (of_b, _) = (
        cached.compute(replays, book.whole, h.portfolio, crises=cached.crises()) for h in book.both
    )
    if not of_a:
        return
    pairs = sorted(zip(of_a, of_b, strict=True), key=lambda pair: pair[0].total_return)
    chosen = st.selectbox(
        "One crisis in detail",
        range(len(pairs)),
        format_func=lambda i: (
            f"{pairs[i][0].event} ({pairs[i][0].start:%Y-%m-%d} to {pairs[i][0].end:%Y-%m-%d})"
        ),
        key="one_crisis",
        width=520,
    )
    a, b = pairs[chosen]
    left, right = st.columns(2, gap="medium")
    with left:
        show(draw_loss_by_asset(a, b, theme=current_theme()), key="stress_assets")
    with right:
        show(draw_replay_path(a, b, theme=current_theme()), key="stress_path")


def gap(frame: Frame) -> None:
    """Carry a fall of the benchmark to the assets by their weekly betas."""
    book = frame.book
    index = book.benchmark
    st.subheader(plain(f"If {index} falls at once"), anchor=False)
    chosen = st.segmented_control(
        "Fall of the index",
        GAPS,
        default=GAPS[1],
        format_func=lambda g: percent(g, 0),
        key="gap",
        required=True,
        label_visibility="collapsed",
    )
    wide = book.with_index
    a, b = (
        cached.compute(index_gap, wide, h.portfolio.on(wide.assets), index_asset=index, gap=chosen)
        for h in book.both
    )
    st.markdown(
        plain(
            f"A loses {amount(book, a.loss)}, B {amount(book, b.loss)} by betas from {a.basis}; daily "
            f"betas would give {percent(-a.total_return_daily)} and {percent(-b.total_return_daily)}."
        )
    )
    show(draw_index_gap(a, b, theme=current_theme()), key="stress_gap")
    st.caption(
        "Closes in Asia and Europe come before New York’s, so daily betas miss part of what these markets "
        "share; weekly returns do not. A beta is an average over the window: a crisis can be worse."
    )
    explain(
        frame.view,
        "The asset’s beta says how much of a move of the index it has followed on average.",
        r"\text{loss}=-\sum_i w_i\,\beta_i\,g,\qquad"
        r"\beta_i=\frac{\operatorname{Cov}(r_i,r_{\text{index}})}{\operatorname{Var}(r_{\text{index}})}",
    )


frame = open_page("stress", uses={"a", "b", "confidence", "horizon", "measure", "window", "bench", "value"})
frame.sections(crises, one_crisis, gap)
with guarded():
    book = frame.book
    frame.footer(
        page_script(
            book,
            f"whole = prices.scenarios({list(book.assets)!r})\n"
            f"with_index = prices.scenarios({list(book.with_index.assets)!r}{window_literal(book)})\n"
            + SCRIPT.format(index=book.benchmark, gap=state.recall("gap") or GAPS[1]).lstrip("\n"),
            imports="from riskcore.data.crises import load_crises\n"
            "from riskcore.stress import index_gap, replay",
        )
    )
