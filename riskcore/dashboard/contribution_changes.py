"""Closer looks of the Contributions page at what could be: trades, risk budgets, an unhedged currency."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import cvar_parity, equal_risk_contribution
from riskcore.contributions import best_trade, incremental_risk
from riskcore.currency_effect import currency_effect
from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.contribution_sections import Compared, Lines, in_text, marginal_table, one_of
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.script import rates_literal, window_literal
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import weights_code
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show, show_table
from riskcore.data.currency import unit_of, with_rates
from riskcore.data.price_set import PriceSet
from riskcore.errors import InputError, listed
from riskcore.figures.budgets import draw_budgets
from riskcore.figures.currency import draw_currency_effect
from riskcore.figures.words import dated, number, percent
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult, TradeResult
from riskcore.results.currency import CurrencyEffectResult
from riskcore.scenarios import Scenarios

__all__ = ["budgets", "currency", "has_rates", "trades"]

BASE = "USD"
FULL = 100.0
# Typed percentages with two decimals can miss 100 by this much when they are rounded thirds or sevenths.
ROUNDING = 0.05


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
        _offer(_after(holding, found), "trade")
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


def _offer(portfolio: Portfolio, key: str) -> None:
    """Offer to make a portfolio B."""
    weights = {str(asset): round(float(w), 12) for asset, w in portfolio.weights.items()}
    st.button(
        "Make this B",
        key=f"contributions_{key}_b",
        type="primary",
        on_click=_make_b,
        args=(weights_code({asset: w for asset, w in weights.items() if w} or weights),),
    )


def _make_b(code: str) -> None:
    # B is what the reader wants to see now, not the pair of rules that may be on show.
    state.store("compared", "ab")
    state.change(b=code)


def budgets(compared: Compared) -> Lines:
    """Let the reader share out the risk; show how far from it A or B is, and the weights that meet it."""
    book, which = compared.book, one_of(compared)
    holding = compared.holdings[which]
    measure = "volatility" if compared.measure == "volatility" else "cvar"
    if compared.measure == "var":
        notice("Budgets are set in CVaR: VaR is not convex, so weights that meet them need not exist.")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        wanted = _typed_budgets(book.assets)
    with right, guarded():
        shares = book.contributions(holding, measure)
        show(
            draw_budgets(
                shares,
                wanted / wanted.sum() if abs(wanted.sum() - 1) <= ROUNDING / FULL else wanted,
                theme=current_theme(),
                which=which,
                name=holding.letter,
                horizon_label=book.horizon_label,
            ),
            key="contributions_budgets",
        )
    solved = _solved(book, wanted, measure)
    _show_solution(book, holding, wanted, solved)
    explain(
        book.view,
        "A budget says what share of the risk an asset may carry. The long-only weights that meet positive "
        "budgets are the minimum of a convex function, so there is one answer. "
        f"{wanted.index[0]} has a budget of {percent(float(wanted.iloc[0]), 2)}; with "
        f"{percent(float(solved.weights.iloc[0]), 2)} of the money it meets it.",
        r"\min_{y>0}\;\rho(y)-\sum_i b_i\log y_i,\qquad w=y/\textstyle\sum_i y_i,\qquad"
        rf"\sum_i b_i={100 * float(wanted.sum()):.2f}\,\%",
    )
    level = "" if measure == "volatility" else f"confidence={book.view.confidence!r}, "
    solver = "equal_risk_contribution" if measure == "volatility" else "cvar_parity"
    given = {asset: float(share) for asset, share in (wanted / wanted.sum()).items()}
    return Lines(
        f"solved = {solver}(scenarios, {level}budgets={given!r})\n"
        "print(solved.weights.to_string(float_format='%.10f'))\n"
        "print(solved.shares.to_string(float_format='%.10f'))",
        f"from riskcore.allocation import {solver}",
    )


def _typed_budgets(assets: tuple[str, ...]) -> pd.Series:
    """Return the budgets typed, as fractions; equal until the reader changes them."""
    start = pd.DataFrame(
        {"budget, %": np.full(len(assets), FULL / len(assets))}, index=pd.Index(assets, name="asset")
    )
    edited = st.data_editor(
        start,
        # Edits are kept by row, so they belong to this list of assets.
        key="budgets_" + "_".join(assets),
        width="stretch",
        disabled=["asset"],
        column_config={
            "budget, %": st.column_config.NumberColumn(min_value=0.0, max_value=FULL, format="%.2f")
        },
    )
    total = float(edited["budget, %"].sum())
    st.caption(f"Budgets add up to {number(total, 2)}\N{NO-BREAK SPACE}% of the risk.")
    return edited["budget, %"].astype(float) / FULL


def _solved(book: Book, wanted: pd.Series, measure: str) -> AllocationResult:
    """Return the weights that meet the budgets; refusals speak of what was typed."""
    empty = [str(asset) for asset, share in wanted.items() if not share > 0]
    if empty:
        raise InputError(
            f"The budget of {listed(empty)} is not above 0. Every asset needs one; an asset that shall carry "
            "no risk is left out on the Data page."
        )
    total = FULL * float(wanted.sum())
    if abs(total - FULL) > ROUNDING:
        raise InputError(
            f"The budgets add up to {number(total, 2)} %, not to 100 %: {number(abs(FULL - total), 2)} "
            f"points are {'missing' if total < FULL else 'too many'}. Change them until they do."
        )
    found: AllocationResult = cached.compute(
        _solve,
        book.scenarios,
        Portfolio("budgets", wanted / wanted.sum()),
        measure=measure,
        confidence=None if measure == "volatility" else book.view.confidence,
    )
    return found


def _solve(
    scenarios: Scenarios, portfolio: Portfolio, *, measure: str, confidence: float | None
) -> AllocationResult:
    # The budgets travel as a portfolio, because that is what shared results are remembered by.
    shares = {str(asset): float(share) for asset, share in portfolio.weights.items()}
    if confidence is None:
        return equal_risk_contribution(scenarios, budgets=shares)
    return cvar_parity(scenarios, confidence=confidence, budgets=shares)


def _show_solution(book: Book, holding: Holding, wanted: pd.Series, solved: AllocationResult) -> None:
    portfolio = solved.portfolio("budgets")
    measure = solved.measure or "cvar"
    now, then = book.risk(holding, measure), book.risk(_held(portfolio), measure)
    st.markdown(
        plain(
            f"The weights that meet these budgets have a {book.horizon_label} {in_text(then.label)} of "
            f"{percent(then.value, 2)} of value; {holding.letter} has {percent(now.value, 2)}. "
            f"Largest weight: {solved.weights.idxmax()}, {percent(float(solved.weights.max()))}."
        )
    )
    _offer(portfolio, "budgets")
    show_table(
        pd.DataFrame(
            {
                "budget, %": 100 * wanted,
                "weight that meets it, %": 100 * solved.weights,
                f"weight in {holding.letter}, %": 100 * holding.portfolio.weights,
            }
        ),
        key="contributions_solution",
        caption=f"{solved.solved} Largest relative gap between share and budget: {solved.residual:.1e}.",
    )


def _held(portfolio: Portfolio) -> Holding:
    return Holding("budgets", "", "Risk budgets", portfolio, None)


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
    notes = [f"Converted with {listed(used, most=10)} ({'; '.join(str(kind) for kind in kinds)})."]
    if wide.count < compared.book.scenarios.count:
        notes.append(f"Rates begin later: the figures here are from {dated(wide.index[0])} on.")
    changes = "how much each date counts" if compared.measure == "volatility" else "which dates are worst"
    notes.append(
        f"Hedging also changes {changes}, so the currency part is not the difference between the "
        "two figures. Rates are fixed at another time of day than the closes, so 1-day figures are "
        "approximate; weekly ones are less so. Costs and carry of a hedge are not counted."
    )
    return " ".join(notes)
