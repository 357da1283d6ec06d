"""Closer look of the Factors page: the risk with currencies hedged and unhedged, and what the rates carry."""

import pandas as pd
import streamlit as st

from riskcore.dashboard.factors_model import Currencies, Model, base_of, build, foreign
from riskcore.dashboard.factors_words import peg_words
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.script import Lines, rates_literal, window_literal
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import explain, show_table
from riskcore.errors import listed
from riskcore.figures.words import percent
from riskcore.results.factors import FactorContributionResult

__all__ = ["currencies"]

SWITCH: tuple[Currencies, Currencies] = ("hedged", "unhedged")
SCRIPT = """
foreign_rates = {rates!r}
rated, _, _ = with_rates({local}, {named!r}, {base!r}, {literal})
held = {local}.scenarios({assets!r}{window}).over_horizon({periods})
open_ = unhedged(rated.scenarios({columns!r}{window}), foreign_rates)
for portfolio in (a, b):
    for title, rows in (("hedged", held), ("unhedged", open_.over_horizon({periods}))):
        found = risk(rows.select({assets!r}), portfolio, {measure!r}, confidence={confidence!r})
        print(portfolio.name, title, f"{{found.value:.10f}}")
"""


def currencies(model: Model) -> Lines:
    """Compare the risk hedged and unhedged, and say what exchange rates carry as factors."""
    book, choices = model.book, model.choices
    named = tuple(f for f in choices.factors if f in book.prices.tickers)
    hedged, open_ = (
        build(
            book,
            named,
            count=choices.count,
            on_weeks=choices.weekly,
            penalty=choices.penalty,
            errors=choices.errors,
            currencies=switch,
        )
        for switch in SWITCH
    )
    rates = [f for f in open_.choices.factors if f in dict(open_.choices.rates).values()]
    table = {}
    for holding in book.both:
        without, with_ = hedged.contributions(holding), open_.contributions(holding)
        table[holding.letter] = _row(without, with_, rates)
        whose = f"{holding.letter}’s {book.horizon_label} {in_text(without.label)}"
        st.markdown(plain(f"{whose} {_words(without, with_, rates)}"))
    shown = pd.DataFrame(table)
    show_table(shown, key="factors_currencies", caption="Losses, positive. Hedged: local returns.")
    abroad = foreign(book)
    pegs = peg_words(open_) if named else []
    st.caption(
        plain(
            f"In {base_of(book)}: {listed(abroad, most=10)}. Exchange rates carry no interest and are fixed "
            "at hours of their own. Hedging is taken to be complete and free. “Currencies unhedged” under "
            f"Model turns the whole page. {' '.join(pegs)}".strip()
        )
    )
    _explain(open_, rates)
    return _lines(open_)


def _row(
    hedged: FactorContributionResult, open_: FactorContributionResult, rates: list[str]
) -> dict[str, float]:
    parts = {f"{rate}: part of unhedged, % of value": 100.0 * float(open_.factors[rate]) for rate in rates}
    return {"hedged, % of value": 100.0 * hedged.total, "unhedged, % of value": 100.0 * open_.total} | parts


def _words(hedged: FactorContributionResult, open_: FactorContributionResult, rates: list[str]) -> str:
    """Return "is 1.72 % of value with currencies hedged and 1.75 % unhedged; exchange rates carry 13 % …"."""
    without, with_ = percent(hedged.total, 2), percent(open_.total, 2)
    words = f"is {without} of value with currencies hedged and {with_} unhedged"
    if rates and open_.relative_defined:
        share = float(open_.factors[rates].sum()) / open_.total
        words += (
            f"; exchange rates carry {percent(share, 0)} of it beside the other factors"
            if share >= 0.0
            else f"; exchange rates, as factors beside the others, lower it by {percent(-share, 0)}"
        )
    return f"{words}."


def _explain(open_: Model, rates: list[str]) -> None:
    """Say what unhedged means, and write A's unhedged risk as the sum of its parts."""
    found = open_.contributions(open_.book.a)
    carried = float(found.factors[rates].sum())
    parts = [carried, float(found.factors.sum()) - carried, float(found.specific.sum()), found.mean]
    explain(
        open_.book.view,
        f"Unhedged, a return is the local one and the move x of its currency in {base_of(open_.book)} "
        "compounded; hedged, x is left out. What the rates carry is not the difference of the two risks: "
        "as currencies move with prices, the other factors carry another part too. A’s unhedged risk is the "
        "sum of what exchange rates, other factors, what is specific to assets and the mean that no factor "
        "explains carry.",
        r"\begin{gathered}r^{\text{unhedged}}=(1+r)(1+x)-1\\ "
        + rf"{percent_sum([found.total])}={percent_sum(parts)}\end{{gathered}}",
    )


def _lines(open_: Model) -> Lines:
    """Return the lines that print both risks of A and B."""
    book, rates = open_.book, dict(open_.choices.rates)
    literal = rates_literal(book, base_of(book))
    named = [f for f in open_.choices.factors if f not in rates.values()]
    body = SCRIPT.format(
        rates=rates,
        local="local" if book.view.base else "prices",
        named=list(dict.fromkeys([*book.assets, *named])),
        base=base_of(book),
        literal=literal,
        assets=list(book.assets),
        columns=list(open_.data.assets),
        window=window_literal(book),
        periods=book.periods,
        measure=book.view.measure,
        confidence=None if book.view.measure == "volatility" else book.view.confidence,
    )
    taken = literal.split("(")[0]
    return Lines(
        body,
        f"from riskcore.data.currency import {taken}, with_rates\nfrom riskcore.factors import unhedged\n"
        "from riskcore.measures import risk",
    )
