"""Closer look of the Contributions page: marginal contributions, and the trade that lowers the risk most."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from riskcore.contributions import (
    best_trade,
    incremental_risk,
)
from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.contribution_compared import Compared, offer_as_b, one_of
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import explain, guarded, show_table
from riskcore.figures.words import number, percent
from riskcore.portfolio import Portfolio
from riskcore.results import TradeResult

__all__ = ["trades"]


def trades(compared: Compared) -> Lines:
    """Show marginal contributions, what each position adds, and the trade that lowers the risk most."""
    book = compared.book
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        which = one_of(compared)
        points = st.slider("Size of the trade, points", 1, 10, 1, key="contributions_points", width=240)
    holding = compared.holdings[which]
    size = points / 100
    settings = {"measure": compared.measure, "confidence": compared.confidence}
    long_only = bool((holding.portfolio.weights >= 0).all())
    with guarded():
        found = cached.compute(
            best_trade, book.scenarios, holding.portfolio, size=size, long_only=long_only, **settings
        )
        st.markdown(plain(_trade_words(book, holding, found, points)))
        offer_as_b(_after(holding, found), "trade")
        _explain_trade(book, found)
    st.markdown(f"**{plain(f'What each position of {holding.letter} adds, re-evaluated exactly')}**")
    table = cached.compute(incremental_risk, book.scenarios, holding.portfolio, size=size, **settings)
    show_table(
        pd.DataFrame(
            {
                "weight, %": 100 * table["weight"],
                "risk without it, %": 100 * table["risk_without"],
                "removing it, points": -100 * table["incremental"],
                f"risk with {points} more, %": 100 * table["risk_with_more"],
                f"adding {points}, points": 100 * table["adding"],
            }
        ).sort_values("removing it, points"),
        key="contributions_incremental",
        caption=f"Risk: {book.horizon_label} {book.risk(holding).label}, % of value; points: its change. "
        "What is removed becomes cash at no return, what is added is paid from cash. These changes do not "
        "add up to the risk; the components below do.",
    )
    st.markdown("**Marginal and component contributions**")
    with guarded():
        marginal_table(compared)
    return Lines(
        f"print(incremental_risk(scenarios, {'ab'[which]}, {compared.arguments}, size={size!r})"
        ".to_string(float_format='%.10f'))\n"
        f"print(best_trade(scenarios, {'ab'[which]}, {compared.arguments}, size={size!r}, "
        f"long_only={long_only!r}))\n"
        "for portfolio in (a, b):\n"
        f"    print(risk_contributions(scenarios, portfolio, {compared.arguments}).table)",
        "from riskcore.contributions import best_trade, incremental_risk",
    )


def _trade_words(book: Book, holding: Holding, found: TradeResult, points: int) -> str:
    unit = "point" if points == 1 else "points"
    shorts = _short_words(holding, found)
    return (
        f"Selling {points} {unit} of {found.sell} for {found.buy}{shorts} lowers the "
        f"{book.horizon_label} {in_text(found.label)} of {holding.letter} by "
        f"{number(-100 * found.change, 3)} points, to {percent(found.after, 3)} of value. "
        f"{_next_words(found)}"
    )


def _next_words(found: TradeResult) -> str:
    """Return which pair comes next, and that one sample does not rank them."""
    valued = "" if found.exact else "Of the 2,000 most promising pairs valued, "
    if found.second is None or found.second_change is None:
        return f"{valued}{'no' if valued else 'No'} other pair of this size lowers it in this sample."
    sell, buy = found.second
    return (
        f"{valued}{sell} for {buy} comes next, by {number(-100 * found.second_change, 3)}: in-sample, the "
        "order of such pairs is not settled."
    )


def _short_words(holding: Holding, found: TradeResult) -> str:
    """Return what the trade does to short positions, nothing where it touches none."""
    sold, bought = (float(holding.portfolio.weights[asset]) for asset in (found.sell, found.buy))
    done = []
    if sold <= 0.0:
        done.append(f"{'adds to the' if sold < 0.0 else 'opens a'} short in {found.sell}")
    elif round(sold - found.size, 12) < 0.0:
        done.append(f"turns {found.sell} into a short")
    if bought < 0.0:
        after = round(bought + found.size, 12)
        covered = "part of the short" if after < 0.0 else "the short"
        done.append(f"covers {covered} in {found.buy}{' and goes long' if after > 0.0 else ''}")
    return f" ({' and '.join(done)})" if done else ""


def _explain_trade(book: Book, found: TradeResult) -> None:
    slope = "CVaR’s marginal contributions" if found.measure == "var" else "the marginal contributions"
    explain(
        book.view,
        f"A marginal contribution is the slope of the risk in a weight: right for small changes. For this "
        f"trade {slope} promise {number(100 * found.first_order, 4)} points; the portfolio valued anew "
        f"changes by {number(100 * found.change, 4)}.",
        r"\Delta=\rho(w+\delta(e_j-e_i))-\rho(w)"
        rf"={100 * found.after:.4f}\,\%-{100 * found.before:.4f}\,\%={100 * found.change:.4f}\,\%"
        + (
            ""
            if found.measure == "var"
            else r"\;\ge\;\delta(\partial_j\rho-\partial_i\rho)"
            rf"={100 * found.first_order:.4f}\,\%"
        ),
    )


def _after(holding: Holding, found: TradeResult) -> Portfolio:
    weights = holding.portfolio.weights.copy()
    weights[found.sell] -= found.size
    weights[found.buy] += found.size
    return Portfolio(holding.letter, weights)


def marginal_table(compared: Compared) -> None:
    """Show weight, marginal, component and share of both portfolios, and what components add up to."""
    found = [compared.book.contributions(holding) for holding in compared.holdings]
    parts = {
        name: pd.DataFrame(
            {
                "weight, %": 100 * result.table["weight"],
                "marginal, %": 100 * result.table["marginal"],
                "component, % of value": 100 * result.table["component"],
                "share, %": 100 * result.table["relative"],
            }
        )
        for name, result in zip(compared.names, found, strict=True)
    }
    show_table(
        pd.concat(parts, axis=1),
        key="contributions_table",
        caption=f"{found[0].label}, {compared.book.horizon_label}. Marginal: what the risk gains per 1.00 of "
        "weight. Components add up to "
        + " and ".join(_sum_words(compared.names, [result.total for result in found]))
        + ".",
    )


def _sum_words(names: Sequence[str], totals: Sequence[float]) -> list[str]:
    return [f"{percent(total, 4)} for {name}" for name, total in zip(names, totals, strict=True)]
