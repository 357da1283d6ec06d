"""The gate before and after the basket on the Review page, and the smallest trade that cures."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.dashboard import state
from riskcore.dashboard.basket import basket_code, basket_words, trades_of
from riskcore.dashboard.book import Book
from riskcore.dashboard.cached import LongRun
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import Held
from riskcore.dashboard.limits_gate import gate_of, limits_in_force, situation_of
from riskcore.dashboard.limits_words import gate_sentence, gate_table
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import data_table
from riskcore.figures.words import percent
from riskcore.limits import cure
from riskcore.portfolio import Portfolio
from riskcore.results.limits import CureResult
from riskcore.scenarios import Scenarios

__all__ = ["basket_and_cure"]


def basket_and_cure(frame: Frame) -> None:
    """Show the gate before and after the basket, and find the smallest trade that cures."""
    book, view = frame.book, frame.view
    held = limits_in_force(book)
    if not held.limits.any:
        return
    before = gate_of(book, book.a)
    if view.basket:
        st.subheader("Before and after the basket", anchor=False)
        after = gate_of(book, book.after)
        st.markdown(
            plain(f"{basket_words(view.basket)}. After it {gate_sentence(replace(after, portfolio='A'))}")
        )
        data_table(gate_table(before, after), key="review_after", hide_index=True)
    if not before.breaches:
        return
    st.subheader("The cure", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        cash = st.toggle("Proceeds may stay in cash", key="cure_cash")
        asked = st.toggle("Find the smallest trade that cures", key="cure_find")
    if not asked:
        st.caption("Limits on VaR and on shares of risk are searched for, which takes some seconds.")
        return
    run: LongRun[CureResult] = LongRun(
        _cured, book.scenarios, book.a.portfolio, (("view", _CureFor(book, held)), ("cash", bool(cash)))
    )
    # Any control interrupts the run, and so does this button; a run that is stopped leaves nothing.
    stop, bar = st.empty(), st.empty()
    if not run.finished:
        stop.button("Stop", key="cure_stop", on_click=state.store, args=("cure_find", False))
    found = run.result(lambda share: _shown(bar, share))
    stop.empty()
    bar.empty()
    _draw_cure(book, found)


def _shown(bar: DeltaGenerator, share: float) -> None:
    bar.progress(min(share, 1.0), text="Looking for the smallest trade")


class _CureFor:
    """A book and its limits as a setting of a long run: two are the same where all that goes in is."""

    def __init__(self, book: Book, held: Held) -> None:
        self.book, self.held = book, held
        parts = (book.base, book.whole, *([book.with_index] if book.benchmark else []))
        self._key = (
            tuple(p.fingerprint for p in parts),
            (book.prices.fingerprint, book.local.fingerprint),
            (book.view.start, book.view.end),
            held.code,
            book.view.confidence,
            book.view.value,
            book.view.currency,
            book.view.horizon,
            book.benchmark,
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _CureFor) and self._key == other._key


def _cured(
    _: Scenarios, portfolio: Portfolio, *, progress: Callable[[float], None], view: _CureFor, cash: bool
) -> CureResult:
    situation = situation_of(view.book, view.book.a, view.held)
    return cure(situation, portfolio, view.held.limits, cash=cash, progress=progress)


def _draw_cure(book: Book, found: CureResult) -> None:
    moved = found.trades[found.trades.abs() > 5e-7]
    code = basket_code({str(a): float(c) for a, c in found.trades.items()})
    st.markdown(
        plain(
            f"Trading {percent(found.turnover, 2)} one way cures every limit ({found.words}): "
            f"{basket_words(code, most=8)}."
        )
    )
    table = pd.DataFrame(
        {
            "change of weight, points": 100 * moved,
            "after, %": 100 * (book.a.portfolio.weights + found.trades)[moved.index],
        }
    )
    data_table(table, key="review_cure")
    st.button(
        "Put the cure in the basket",
        icon=":material/shopping_basket:",
        type="primary",
        on_click=state.change,
        kwargs={"basket": code},
        disabled=trades_of(code) == trades_of(book.view.basket),
    )
