"""The parts of the Trade basket page below the editor: what the basket does to every headline number."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_gate import gate_of, limits_in_force, stresses_of
from riskcore.dashboard.limits_words import gate_table
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import proxy_note, short_names
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.errors import MissingDataError
from riskcore.figures import draw_crisis_losses, draw_weight_and_risk
from riskcore.figures.words import card_percent, percent
from riskcore.limits import Limits
from riskcore.results import ReplayResult
from riskcore.statistics import describe
from riskcore.stress import index_gap

__all__ = [
    "before_after",
    "contributions",
    "headline_numbers",
    "headline_table",
    "limits",
    "stress_table",
    "stresses",
]

GAP = -0.15
MOST_CRISES = 8
NAMES = ("A", "A after")
STRESS_WORDS = (
    "The loss at once where prices and yields alone move; where volatilities or correlations do as well, the "
    "CVaR of the stressed scenarios over the horizon. As on the Stress page, saved ones too."
)


def both(book: Book) -> tuple[Holding, Holding]:
    """Return A and A after the basket."""
    return book.a, book.after


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
        rows["worst replay, % lost"] = 100 * worst.loss + 0.0
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
    return _with_change(pd.DataFrame(columns, dtype=float))


def _with_change(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of A and A after with the change, 0 where only rounding differs."""
    change = table["A after"] - table["A"]
    return table.assign(change=change.mask(change.abs() <= 1e-12 * table.abs().max(axis=1), 0.0))


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
    theme = current_theme().before_after()
    drawings = draw_weight_and_risk(found, theme=theme, names=NAMES, horizon_label=book.horizon_label)
    for column, drawing, key in zip(st.columns(2), drawings, ("before", "after"), strict=True):
        with column:
            show(drawing, key=f"basket_shares_{key}")
    explain(
        frame.view,
        "Pale bars are money, solid bars are risk; the second chart is A after the basket. The whole "
        "portfolio is valued anew after the trades, nothing is extrapolated.",
        r"w'=w+\Delta,\qquad\text{share}_i=\frac{w'_i\,\partial\rho/\partial w'_i}{\rho(w')}",
    )


def stresses(frame: Frame) -> None:
    """Draw the dated crises before and after."""
    book = frame.book
    of_a, after, _ = both_replayed(book, of=both(book))
    if of_a:
        _crises(of_a, after)
    else:
        notice("No dated crisis lies inside this data, so nothing is replayed.")
    table = stress_table(book)
    if not table.empty:
        st.markdown("**Named stresses before and after**", help=STRESS_WORDS)
        data_table(table, key="basket_stresses")


def _crises(of_a: list[ReplayResult], after: list[ReplayResult]) -> None:
    short = short_names()
    shown = of_a[:MOST_CRISES]
    rows = [(short[a.event], a.total_return, b.total_return) for a, b in zip(shown, after, strict=False)]
    theme = current_theme().before_after()
    show(draw_crisis_losses(rows, theme=theme, names=NAMES, replayed=shown), key="basket_crises")
    if note := proxy_note(shown):
        st.caption(plain(note))


def stress_table(book: Book) -> pd.DataFrame:
    """Return every stress of the Stress page, bundled or saved, in percent: A, A after and the change."""
    stresses = stresses_of(book, limits_in_force(book))
    if not stresses:
        return pd.DataFrame()
    only = Limits(shocks=tuple(stresses.values()))
    found = [gate_of(book, holding, only).limits for holding in both(book)]
    rows = {
        f"{one.name}, %": {
            name: None if f.value is None else 100 * f.value
            for name, f in zip(NAMES, (one, then), strict=True)
        }
        for one, then in zip(*found, strict=True)
    }
    return _with_change(pd.DataFrame.from_dict(rows, orient="index").astype(float)).rename_axis("loss in")


def limits(frame: Frame) -> None:
    """Show the gate before and after, or where limits are set."""
    book = frame.book
    st.subheader("Limits", anchor=False)
    if not limits_in_force(book).limits.any:
        st.markdown("No limits are set, so nothing is passed or breached: set them on the Review page.")
        return
    before, after = (gate_of(book, h) for h in both(book))
    data_table(gate_table(before, after), key="basket_limits", hide_index=True)
    unchecked = (
        f" {len(after.unchecked)} cannot be checked: the Review page says why." if after.unchecked else ""
    )
    if before.breaches or after.breaches:
        said = f"{len(before.breaches)} breached before, {len(after.breaches)} after the basket."
    else:
        said = f"No limit is breached before or after. Largest use after: {card_percent(_most(after))}."
    st.caption(plain(said + unchecked))


def _most(gate: object) -> float:
    used = [f.utilisation for f in getattr(gate, "limits", ()) if f.utilisation is not None]
    return max(used, default=0.0)
