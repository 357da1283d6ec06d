"""The parts of the Trade basket page: the editor, and what the basket does to every headline number."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.basket import (
    AFTER,
    CASH,
    PRO_RATA,
    basket_code,
    basket_words,
    trades_of,
    with_change,
)
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_gate import gate_of
from riskcore.dashboard.limits_words import gate_table
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import proxy_note, short_names
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.errors import InputError, MissingDataError, RiskcoreError
from riskcore.figures import draw_crisis_losses, draw_weight_and_risk
from riskcore.figures.words import card_percent, percent
from riskcore.results import ReplayResult
from riskcore.statistics import describe
from riskcore.stress import index_gap

__all__ = [
    "before_after",
    "contributions",
    "editor",
    "headline_numbers",
    "headline_table",
    "limits",
    "stresses",
]

GAP = -0.15
MOST_CRISES = 8
POINTS = "% points"
NAMES = ("A", "A after")


def both(book: Book) -> tuple[Holding, Holding]:
    """Return A and A after the basket."""
    return book.a, book.after


def editor(frame: Frame) -> None:
    """Say what the basket does, and let the reader add to it, take from it, apply and save it."""
    book, view = frame.book, frame.view
    st.header(plain(headline(book)), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left, st.form("basket_form", clear_on_submit=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Asset", book.assets, key="basket_asset", width=150)
            st.number_input(
                "Change",
                -1e15,
                1e15,
                value=-5.0,
                step=1.0,
                key="basket_points",
                width=140,
                help="Negative sells, positive buys",
            )
            units = [POINTS, *([view.currency] if view.value is not None else [])]
            st.selectbox(
                "In",
                units,
                key="basket_unit",
                width=130,
                help="Percentage points of the value; money once a portfolio value is given under More",
            )
            st.selectbox(
                "The other side",
                [PRO_RATA, CASH, *book.assets],
                format_func=lambda s: {PRO_RATA: "the others, pro rata", CASH: "cash"}.get(s, s),
                key="basket_source",
                width=190,
                help="What pays for a purchase, or takes the proceeds of a sale",
            )
            st.form_submit_button("Add to the basket", type="primary", on_click=_add, args=(book,))
    with right:
        _trades(book)
        with st.container(horizontal=True):
            st.button(
                "Show it as B",
                on_click=state.change,
                kwargs={"b": AFTER},
                disabled=not view.basket or view.b == AFTER,
                help="Every page then compares A with A after the basket",
            )
            st.button("Clear", on_click=_cleared, args=(view.b,), disabled=not view.basket)
            _save(book)


def headline(book: Book) -> str:
    """Return what the basket does to the tail, in one sentence."""
    if not book.view.basket:
        return "What if? Put a trade in the basket: nothing is traded until you say so."
    old, new = (book.risk(h, "cvar") for h in both(book))
    verb = (
        "stays at"
        if abs(new.value - old.value) < 5e-7
        else "falls to"
        if new.value < old.value
        else "rises to"
    )
    return f"With the basket A’s {book.horizon_label} {new.label} {verb} {amount(book, new.value)}" + (
        "." if verb == "stays at" else f" from {amount(book, old.value)}."
    )


def _trades(book: Book) -> None:
    trades = trades_of(book.view.basket)
    if not trades:
        st.caption("The basket is empty.")
        return
    before = book.a.portfolio.weights
    rows = [
        {"asset": a, "now, %": 100 * before[a], "change, points": 100 * c, "after, %": 100 * (before[a] + c)}
        for a, c in trades.items()
    ]
    cash = -sum(trades.values())
    if abs(cash) > 1e-9:
        rows.append(
            {
                "asset": "cash",
                "now, %": 100 * book.a.cash,
                "change, points": 100 * cash,
                "after, %": 100 * (book.a.cash + cash),
            }
        )
    data_table(pd.DataFrame(rows), key="basket_table", hide_index=True)
    bought = sum(c for c in trades.values() if c > 0)
    sold = -sum(c for c in trades.values() if c < 0)
    st.caption(plain(f"One-way turnover {percent(max(bought, sold))}: the larger of bought and sold."))


def _add(book: Book) -> None:
    number = float(str(state.recall("basket_points") or 0.0))
    points = book.view.value is None or (state.recall("basket_unit") or POINTS) == POINTS
    change = number / 100 if points else number / float(book.view.value or 1.0)
    try:
        trades = with_change(
            book.a.portfolio,
            trades_of(book.view.basket),
            str(state.recall("basket_asset") or book.assets[0]),
            change,
            str(state.recall("basket_source") or PRO_RATA),
        )
    except InputError as error:
        state.say(str(error))
        return
    state.change(basket=basket_code(trades))


def _cleared(b: str) -> None:
    state.change(basket="", **({"b": "risk_parity"} if b == AFTER else {}))


def _save(book: Book) -> None:
    with st.popover("Save", icon=":material/save:", disabled=not book.view.basket):
        st.text_input("Name", key="basket_name", max_chars=200, placeholder="Less equity, March")
        st.button("Save the basket", key="basket_save", on_click=_kept, args=(lambda: _keep_basket(book),))
        st.button(
            "Save A after it as a portfolio",
            key="basket_save_portfolio",
            on_click=_kept,
            args=(lambda: _keep_portfolio(book),),
        )
        st.caption("A name that exists gets a new version; older ones stay.")


def _kept(doing: Callable[[], str]) -> None:
    try:
        state.say(doing())
    except RiskcoreError as error:
        state.say(str(error))


def _keep_basket(book: Book) -> str:
    kept = saved.store().kept.save(
        "basket",
        str(state.recall("basket_name") or ""),
        {"basket": book.view.basket, "a": book.view.a, "data": book.view.data},
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


def headline_numbers(book: Book, holding: Holding) -> dict[str, float | None]:
    """Return every headline number of a portfolio, in percent but for the bets, full digits."""
    yearly = book.scenarios.periods_per_year**0.5
    level = f"{100 * book.view.confidence:g}\N{NO-BREAK SPACE}%"
    facts = cached.compute(describe, book.base, holding.portfolio)
    over = cached.compute(describe, book.scenarios, holding.portfolio)
    rows: dict[str, float | None] = {
        f"volatility, % per year ({book.horizon_label})": 100
        * (book.risk(holding, "volatility").value * yearly),
        f"{book.horizon_label} VaR {level}, %": 100 * book.risk(holding, "var").value,
        f"{book.horizon_label} CVaR {level}, %": 100 * book.risk(holding, "cvar").value,
        "worst drawdown, %": None if facts.max_drawdown is None else 100 * facts.max_drawdown,
        f"effective bets ({book.horizon_label})": over.effective_bets,
    }
    worst = _worst(book, holding)
    if worst is not None:
        rows["worst replay, % lost"] = 100 * worst.loss
    if book.benchmark is not None:
        loss = _gap_loss(book, holding)
        rows[f"{book.benchmark} −15\N{NO-BREAK SPACE}% at once, % lost"] = (
            None if loss is None else 100 * loss
        )
    rows["invested, %"] = 100 * float(holding.portfolio.weights.sum())
    return rows


def _gap_loss(book: Book, holding: Holding) -> float | None:
    """Return the loss when the index falls by 15 %, None where the window is too short for betas."""
    wide = book.with_index
    try:
        found = cached.compute(
            index_gap, wide, holding.portfolio.on(wide.assets), index_asset=book.benchmark or "", gap=GAP
        )
    except MissingDataError:
        return None
    return found.loss


def headline_table(book: Book) -> pd.DataFrame:
    """Return every headline number of A before and after the basket, and the change."""
    columns = {name: headline_numbers(book, holding) for name, holding in zip(NAMES, both(book), strict=True)}
    table = pd.DataFrame(columns, dtype=float)
    return table.assign(change=table["A after"] - table["A"])


def _worst(book: Book, holding: Holding) -> ReplayResult | None:
    covered = both_replayed(book, of=(holding, holding))[0]
    return covered[0] if covered else None


def before_after(frame: Frame) -> None:
    """Show every headline number before and after."""
    st.subheader("Before and after", anchor=False)
    table = headline_table(frame.book)
    shown = table.rename_axis("of A")
    data_table(shown, key="basket_numbers")
    if frame.book.benchmark is not None and _gap_loss(frame.book, frame.book.a) is None:
        notice("A fall of the index is left out: betas need at least 30 weeks. Choose a longer window.")
    if frame.book.after.short > frame.book.a.short + 1e-9:
        notice(f"After the basket A is short {percent(frame.book.after.short)} of its value.")
    if frame.book.after.cash < -1e-9:
        notice(
            f"After the basket A borrows {percent(-frame.book.after.cash)} of its value, at no interest here."
        )


def contributions(frame: Frame) -> None:
    """Draw weight and risk share before and after."""
    book = frame.book
    found = [book.contributions(h) for h in both(book)]
    drawings = draw_weight_and_risk(
        found, theme=current_theme(), names=NAMES, horizon_label=book.horizon_label
    )
    for column, drawing, key in zip(st.columns(2, gap="medium"), drawings, ("before", "after"), strict=True):
        with column:
            show(drawing, key=f"basket_shares_{key}")
    explain(
        frame.view,
        "Pale bars are money, solid bars are risk; blue is A as it is, orange A after the basket. The whole "
        "portfolio is valued anew after the trades, nothing is extrapolated.",
        r"w'=w+\Delta,\qquad\text{share}_i=\frac{w'_i\,\partial\rho/\partial w'_i}{\rho(w')}",
    )


def stresses(frame: Frame) -> None:
    """Draw the dated crises before and after."""
    book = frame.book
    of_a, after, _ = both_replayed(book, of=both(book))
    if not of_a:
        notice("No dated crisis lies inside this data, so nothing is replayed.")
        return
    short = short_names()
    shown = of_a[:MOST_CRISES]
    rows = [(short[a.event], a.total_return, b.total_return) for a, b in zip(shown, after, strict=False)]
    show(draw_crisis_losses(rows, theme=current_theme(), names=NAMES, replayed=shown), key="basket_crises")
    if note := proxy_note(shown):
        st.caption(plain(note))


def limits(frame: Frame) -> None:
    """Show the gate before and after, or where limits are set."""
    book = frame.book
    st.subheader("Limits", anchor=False)
    if not frame.view.limits:
        st.markdown("No limits are set, so nothing is passed or breached: set them on the Review page.")
        return
    before, after = (gate_of(book, h) for h in both(book))
    data_table(gate_table(before, after), key="basket_limits", hide_index=True)
    better = len(before.breaches) - len(after.breaches)
    st.caption(
        plain(
            f"{len(before.breaches)} breached before, {len(after.breaches)} after the basket."
            if better or before.breaches
            else f"No limit is breached before or after. Largest use after: {card_percent(_most(after))}."
        )
    )


def _most(gate: object) -> float:
    used = [f.utilisation for f in getattr(gate, "limits", ()) if f.utilisation is not None]
    return max(used, default=0.0)
