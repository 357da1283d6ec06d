"""Closer look of the Contributions page: what exchange rates add to the risk when nothing is hedged."""

from dataclasses import replace

import streamlit as st

from riskcore.currency_effect import currency_effect
from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.contribution_compared import Compared, one_of
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.script import Lines, rates_literal, window_literal
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show
from riskcore.data.currency import unit_of, with_rates
from riskcore.data.price_set import PriceSet
from riskcore.errors import listed
from riskcore.figures.currency import draw_currency_effect
from riskcore.figures.words import dated, number, percent
from riskcore.portfolio import Portfolio
from riskcore.results.currency import CurrencyEffectResult
from riskcore.scenarios import Scenarios

__all__ = ["currency", "has_rates"]

BASE = "USD"


def has_rates(book: Book) -> bool:
    """Whether assets shown are in another currency than the base, and there is a rate for one of them."""
    codes = {unit_of(str(code))[0] for code in book.local.assets.loc[list(book.assets), "currency"]}
    if not book.view.base and len(codes) < 2:
        return False  # one currency, and no other was asked for
    return bool(_rates(book)[1])


def _base(book: Book) -> str:
    return book.view.base or BASE


def _rates(book: Book) -> tuple[PriceSet, dict[str, str], dict[str, str]]:
    """Return local prices with rates beside them, asset to its rate, asset to a currency without one."""
    base = _base(book)
    return with_rates(book.local, book.assets, base, rates_for(book.local, base, book.assets))


def currency(compared: Compared) -> Lines:
    """Draw what exchange rates add to the risk when nothing is hedged."""
    book, which = compared.book, one_of(compared)
    prices, rates, without = _rates(book)
    names = prices.tickers
    wide = cached.scenarios(prices, names, book.view.start, book.view.end, book.periods)
    found = [
        cached.compute(
            _effect,
            wide,
            holding.portfolio.on(wide.assets),
            measure=compared.measure,
            confidence=compared.confidence,
            rates=tuple(rates.items()),
        )
        for holding in compared.holdings
    ]
    for holding, one in zip(compared.holdings, found, strict=True):
        st.markdown(plain(_currency_words(book, holding, one, without)))
    holding = compared.holdings[which]
    show(
        draw_currency_effect(
            _held_part(found[which], without),
            theme=current_theme(),
            base=_base(book),
            which=which,
            name=holding.letter,
            horizon_label=book.horizon_label,
        ),
        key="contributions_currency",
    )
    st.caption(plain(_currency_notes(compared, prices, rates, wide)))
    volatile = compared.measure == "volatility"
    weights = "weights each date has in the volatility" if volatile else "worst dates"
    changes = "how much each date counts" if volatile else "which dates are worst"
    literal = rates_literal(book, _base(book))
    local, foreign = float(found[which].table["local"].sum()), found[which].currency
    explain(
        book.view,
        f"The return in {_base(book)} is the local return plus what the exchange rate does to the result. "
        f"The second part, cross term included, is the currency’s. Both are weighted with the {weights} of "
        f"the unhedged portfolio, so they add up to its risk; hedging also changes {changes}, so the "
        "difference to the hedged risk is another number.",
        rf"\begin{{gathered}}r^{{\text{{{_base(book)}}}}}="
        r"r^{\text{local}}+r^{\text{fx}}(1+r^{\text{local}})\\"
        r"\rho=\sum_i w_i\sum_s q_s\big(-r^{\text{local}}_{si}\big)"
        r"+\sum_i w_i\sum_s q_s\big(-r^{\text{fx}}_{si}(1+r^{\text{local}}_{si})\big)\\"
        rf"={100 * local:.4f}\,\%+{100 * foreign:.4f}\,\%={100 * found[which].unhedged:.4f}\,\%"
        r"\end{gathered}",
    )
    return Lines(
        f"wide, rates, without = with_rates({'local' if book.view.base else 'prices'}, "
        f"{list(book.assets)!r}, {_base(book)!r}, {literal})\n"
        f"wide = wide.scenarios({list(names)!r}{window_literal(book)}).over_horizon({book.periods})\n"
        "for portfolio in (a, b):\n"
        f"    effect = currency_effect(wide, portfolio.on(wide.assets), {compared.arguments}, rates=rates)\n"
        "    print(f'{effect.unhedged:.10f}', f'{effect.hedged:.10f}')\n"
        "    print(effect.table.to_string(float_format='%.10f'))",
        "from riskcore.currency_effect import currency_effect\n"
        f"from riskcore.data.currency import {literal.split('(')[0]}, with_rates",
    )


def _effect(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    measure: str,
    confidence: float | None,
    rates: tuple[tuple[str, str], ...],
) -> CurrencyEffectResult:
    return currency_effect(scenarios, portfolio, measure, rates=dict(rates), confidence=confidence)


def _held_part(found: CurrencyEffectResult, without: dict[str, str]) -> CurrencyEffectResult:
    """Return what is held as it is drawn; an asset without a rate has no currency part, not one of 0."""
    held = found.table[found.table["weight"] != 0.0]
    table = found.table if held.empty else held
    table = table.assign(currency=table["currency"].mask(table.index.isin(list(without))))
    table = table.rename(index={asset: f"{asset} in {code}" for asset, code in without.items()})
    return replace(found, table=table, label=in_text(found.label))


def _currency_words(
    book: Book, holding: Holding, found: CurrencyEffectResult, without: dict[str, str]
) -> str:
    risk = f"{book.horizon_label} {in_text(found.label)}"
    local = [
        f"{asset} stays in {code}" for asset, code in without.items() if found.table["weight"][asset] != 0.0
    ]
    return (
        f"Unhedged in {_base(book)}, the {risk} of {holding.letter} is {percent(found.unhedged, 3)} of "
        f"value, of which {number(100 * found.currency, 3)} points come through currencies"
        f"{'; ' + listed(local) + ', for want of an exchange rate' if local else ''}. Hedged, in local "
        f"returns, it is {percent(found.hedged, 3)}."
    )


def _currency_notes(compared: Compared, prices: PriceSet, rates: dict[str, str], wide: Scenarios) -> str:
    used = list(dict.fromkeys(rates.values()))
    kinds = prices.assets.loc[used, "kind"].unique()
    notes = []
    if compared.book.view.scenario_set:
        notes.append("Exchange rates have no returns in the active scenarios: this view is on history.")
    notes += [f"Converted with {listed(used, most=10)} ({'; '.join(str(kind) for kind in kinds)})."]
    if wide.count < compared.book.scenarios.count:
        notes.append(f"Rates begin later: the figures here are from {dated(wide.index[0])} on.")
    changes = "how much each date counts" if compared.measure == "volatility" else "which dates are worst"
    notes.append(
        f"Hedging also changes {changes}, so the currency part is not the difference between the "
        "two figures. Rates are fixed at another time of day than the closes, so 1-day figures are "
        "approximate; weekly ones are less so. Costs and carry of a hedge are not counted."
    )
    return " ".join(notes)
