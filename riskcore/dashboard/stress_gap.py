"""A fall of the index on the Stress page: by betas, and by what assets did when it fell."""

import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.stress_words import (
    NO_LIMIT,
    both_words,
    portfolio_benchmark_words,
    shorter_words,
    worth,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.figures import draw_index_gap
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio
from riskcore.results.shocks import ConditionalGapResult
from riskcore.scenarios import Scenarios
from riskcore.stress import conditional_index_gap, fitted_returns, index_gap

__all__ = ["BETAS", "USUAL_BETAS", "USUAL_GAP", "gap"]

# What the slider starts from, a fall in percent.
USUAL_GAP = 15
BETAS = {"weekly": "Weekly", "dimson": "Dimson", "daily": "Daily"}
USUAL_BETAS = "weekly"
DAILY = 200
# Assets of the whole world have no market whose close comes early or late.
WORLDWIDE = {"", "Global"}


def gap(frame: Frame) -> None:
    """Carry a fall of the index to the assets: by their betas, and by what they did when it fell."""
    book = frame.book
    index = book.benchmark
    if index is None:
        st.subheader("If an index falls at once", anchor=False)
        st.markdown("This data has no known index: choose one under More → Benchmark.")
        return
    st.subheader(plain(f"If {index} falls at once"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fall = st.slider(
            f"Fall of {plain(index)}, %", 1, 60, USUAL_GAP, key="gap", bind="query-params", width=320
        )
        betas = betas_control(book)
    wide, move = book.with_index, -fall / 100
    a, b = (
        cached.compute(index_gap, wide, h.portfolio.on(wide.assets), index_asset=index, gap=move, betas=betas)
        for h in book.both
    )
    daily = f" {both_words(book, [-a.total_return_daily, -b.total_return_daily])} with daily betas."
    st.markdown(
        plain(
            f"{both_words(book, [a.loss, b.loss])} with betas from {a.weeks:,} {a.basis}."
            + (daily if a.has_daily and betas != "daily" else "")
        )
    )
    with guarded():
        of_a, of_b = (
            cached.compute(_given, wide, h.portfolio.on(wide.assets), index_asset=index, gap=move)
            for h in book.both
        )
        st.markdown(plain(conditional_words(book, of_a, of_b)))
    for letter in [h.letter for h, found in zip(book.both, (a, b), strict=True) if found.loss > 1]:
        notice(f"{letter} loses more than its whole value: {NO_LIMIT}")
    show(draw_index_gap(a, b, theme=current_theme(), worth=worth(book)), key="stress_gap")
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
        "The asset’s beta says how much of a move of the index it has followed on average. The conditional "
        "expectation reweights the weeks as little as possible until the index is expected to fall as far; "
        "beyond its worst week a fitted multivariate t answers instead.",
        r"\text{loss}=-\sum_i w_i\,\beta_i\,g,\qquad"
        r"\beta_i=\frac{\operatorname{Cov}(r_i,r_{\text{index}})}{\operatorname{Var}(r_{\text{index}})},"
        r"\qquad\text{or}\quad-\sum_i w_i\,E[r_i\mid r_{\text{index}}=g]",
    )


def betas_control(book: Book) -> str:
    """Let the reader choose which betas carry the fall, where the data has days to measure them on."""
    if book.prices.periods_per_year < DAILY:
        return USUAL_BETAS
    chosen = st.segmented_control(
        "Betas",
        list(BETAS),
        format_func=lambda kind: BETAS[kind],
        default=USUAL_BETAS,
        required=True,
        key="betas",
        bind="query-params",
        help="Weekly: separate weeks. Dimson: daily, the day before and after added. Daily: the same day.",
    )
    return chosen if chosen in BETAS else USUAL_BETAS


def _given(
    scenarios: Scenarios, portfolio: Portfolio, *, index_asset: str, gap: float
) -> ConditionalGapResult:
    """Return the conditional expectation, with a fit that is remembered while the slider moves."""
    return conditional_index_gap(
        scenarios,
        portfolio,
        index_asset=index_asset,
        gap=gap,
        fit=lambda history: cached.derived(fitted_returns, history),
    )


def conditional_words(book: Book, a: ConditionalGapResult, b: ConditionalGapResult) -> str:
    """Return what A and B are expected to lose given the fall, and how far that is from what was seen."""
    said = both_words(book, [a.loss, b.loss])
    unit = "week" if a.basis.startswith("weekly") else "period"
    worst = f"{a.index_asset}’s worst {unit} here was {percent(a.range[0])}"
    if a.extrapolated:
        return (
            f"{said} by conditional expectation — extrapolated: {worst}, so a fitted multivariate t "
            f"(ν = {a.nu:.2g}) answers instead of the data."
        )
    few = "" if a.effective_scenarios >= 20 else f", which only {a.effective_scenarios:.1f} of them carry"
    return f"{said} by conditional expectation: what happened in {unit}s like it{few}; {worst}."
