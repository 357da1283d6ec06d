"""What was read from holdings becomes A or B: in the link, or saved where it is too long for one."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from riskcore.dashboard import saved, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.portfolio_codes import code_of, details_of, shares_code
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import query_of, weights_code
from riskcore.dashboard.widgets import current_theme, data_table, guarded, notice, show
from riskcore.data.holdings import HoldingsReading
from riskcore.data.holdings_shares import Shares, shares_from
from riskcore.errors import InputError, MissingDataError, RiskcoreError
from riskcore.figures.drift import draw_drift, month_ends
from riskcore.figures.words import dated

__all__ = ["Holdings", "basis_words", "holdings_of", "offer", "show_drift"]

LONGEST_CODE = 4000
NAME = "holdings_name"


@dataclass(frozen=True)
class Holdings:
    """What can be made A or B: shares where the table states them, else weights."""

    content: Shares | dict[str, float]
    data: str

    @property
    def code(self) -> str:
        """The portfolio code, however long."""
        return shares_code(self.content) if isinstance(self.content, Shares) else weights_code(self.content)

    @property
    def assets(self) -> frozenset[str]:
        """The assets held."""
        numbers = self.content.pieces if isinstance(self.content, Shares) else self.content
        return frozenset(asset for asset, number in numbers.items() if number)

    def save(self, name: str) -> str:
        """Save it under a name, and return the code that names it."""
        shelf = saved.store().portfolios
        if shelf.find(name) is not None:
            raise InputError(f"A portfolio is called {name[:60]} already; choose another name.")
        if isinstance(self.content, Shares):
            details = {"data": self.data, **details_of(self.content)}
            kept = shelf.save(name, self.content.pieces, kind="shares", details=details)
        else:
            kept = shelf.save(name, self.content, details={"data": self.data})
        saved.forget()
        return code_of(kept)


def holdings_of(reading: HoldingsReading, book: Book) -> Holdings:
    """Return the shares of a reading, or its weights where not every position is a number of shares."""
    shares = shares_from(reading, book.local, rates_for(book.local, reading.currency or "EUR"))
    return Holdings(reading.weights if shares is None else shares, book.view.data)


def basis_words(reading: HoldingsReading, book: Book) -> str:
    """Say whether the weights drift, and what the pages do with them."""
    kept = "Risk figures hold the latest weights constant, rebalanced every period."
    if reading.unit != "shares" or any(p.kind != "shares" for p in reading.positions):
        return f"{reading.drifts} {kept}"
    day = dated(book.local.common_end([p.label for p in reading.positions if p.quantity]))
    own = any(p.price is not None for p in reading.positions)
    basis = (
        f"at the table’s prices, which are taken to be those of {day}, the last day of the data, and move "
        "with the data from there"
        if own
        else f"at the prices of {day}, the last day of the data"
    )
    return f"{reading.drifts} They are weighed {basis}; the value follows. {kept}"


def offer(holdings: Holdings, money: Mapping[str, object], book: Book) -> None:
    """Make the holdings A or B, with the assets they need and the value they have."""
    wanted = {*book.assets, *holdings.assets}
    assets = tuple(t for t in book.local.tickers if t in wanted)
    added = [a for a in assets if a not in book.assets]
    if added:
        notice(f"{', '.join(added)} will be added to the assets shown.")
    code = holdings.code
    too_long = len(code) > LONGEST_CODE
    if too_long:
        notice(
            f"{len(holdings.assets)} positions are too many for a link: they are saved under a name, and the "
            "link names that."
        )
        st.text_input("Name to save them under", key=NAME, max_chars=200, width=320)
    changes = {**({"assets": assets} if added else {}), **money}
    with st.container(horizontal=True, vertical_alignment="center"):
        for letter in ("a", "b"):
            st.button(
                f"Save and make this {letter.upper()}" if too_long else f"Make this {letter.upper()}",
                key=f"use_{letter}",
                type="primary",
                on_click=_save_and_use if too_long else state.change,
                args=(letter, holdings, changes) if too_long else (),
                kwargs=None if too_long else {letter: code, **changes},
            )
        if code in (book.view.a, book.view.b):
            st.page_link(
                "pages/contributions.py",
                label=f"This is {'A' if code == book.view.a else 'B'}: see who carries its risk",
                icon=":material/bar_chart:",
                query_params=query_of(book.asked),
                width="content",
            )


def _save_and_use(letter: str, holdings: Holdings, changes: Mapping[str, object]) -> None:
    try:
        code = holdings.save(str(state.recall(NAME) or ""))
    except RiskcoreError as error:
        state.say(str(error))
        return
    state.change(**{letter: code, **changes})


def show_drift(book: Book) -> None:
    """Draw, folded, what the shares of A or B would have weighed without any trade."""
    held = [(h, shares) for h in _solved(book) if (shares := book.shares(h.code)) is not None]
    if not held:
        return
    with st.expander("How these shares drifted"), guarded():
        for holding, shares in held:
            weights = shares.through_time(book.local, rates_for(book.local, "EUR"))
            if float(weights.to_numpy().min()) < 0.0:
                notice(f"{holding.letter} holds short positions, which stacked areas cannot show: a table.")
                data_table(100.0 * month_ends(weights).add_suffix(", %"), key=f"drift_{holding.letter}")
                continue
            drawing = draw_drift(weights, theme=current_theme(), name=holding.letter)
            show(drawing, key=f"drift_{holding.letter}")
        st.caption(
            plain(
                "Shares drift with prices, weights do not. Dividends are reinvested where the data includes "
                "them, so these are the weights of the data’s prices, not of a broker’s statement."
            )
        )


def _solved(book: Book) -> tuple[Holding, ...]:
    try:
        return book.both
    except (InputError, MissingDataError):
        return ()
