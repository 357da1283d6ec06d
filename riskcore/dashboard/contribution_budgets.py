"""Closer look of the Contributions page: shares of the risk that the reader gives out."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation import cvar_parity, equal_risk_contribution
from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.contribution_compared import Compared, offer_as_b, one_of
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show, show_table
from riskcore.errors import InputError, listed
from riskcore.figures.budgets import draw_budgets
from riskcore.figures.words import number, percent
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["budgets"]

FULL = 100.0
# Typed percentages with two decimals can miss 100 by this much when they are rounded thirds or sevenths.
ROUNDING = 0.05


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
    offer_as_b(portfolio, "budgets")
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
