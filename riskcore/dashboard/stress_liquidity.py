"""Liquidity on the Stress page: how long selling takes and what it costs."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import held_of
from riskcore.dashboard.linked_table import linked_table
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.volumes import known_volumes
from riskcore.dashboard.widgets import data_table
from riskcore.errors import InputError
from riskcore.figures.words import money, percent
from riskcore.results.reverse import LiquidityResult
from riskcore.stress import liquidation

__all__ = ["liquidity"]

VOLUME, SPREAD = "daily volume, money", "spread, basis points"
PER_BASIS_POINT = 1e-4
UNITS = {"days": "days to sell", "cost": "cost, {}"}
# How volumes and spreads move in the stressed case.
LESS_VOLUME, WIDER = 0.5, 3.0


def liquidity(frame: Frame) -> Lines:
    """Show how long selling takes and what it costs, as things are and when markets dry up."""
    book = frame.book
    value = book.view.value
    if value is None:
        st.markdown("Selling takes time in money: type the portfolio’s value under More → Portfolio value.")
        return Lines("")
    typed = linked_table(
        "adv",
        _known_volumes(book),
        ranges={VOLUME: (0.01, 1e15), SPREAD: (0.0, 5000.0)},
        helps={
            VOLUME: f"What is traded on an average day, in {book.view.currency}",
            SPREAD: "Bid–ask spread; half of it is the cost of one sale",
        },
    )
    part = (
        st.slider("Share of the daily volume, %", 1, 50, 20, key="part", bind="query-params", width=320) / 100
    )
    sold: dict[str, LiquidityResult] = {}
    for holding in book.both:
        try:
            usual, dry = (_sold(book, holding, typed, part, stressed) for stressed in (False, True))
        except InputError as problem:
            st.markdown(plain(problem))
            continue
        sold[holding.letter] = usual
        st.markdown(
            plain(
                f"{holding.letter} takes {_days(usual.days)} to sell and costs "
                f"{money(usual.cost, book.view.currency)} ({percent(usual.cost_share, 2)}) in half spreads; "
                f"at half the volume and three times the spread {_days(dry.days)} and "
                f"{money(dry.cost, book.view.currency)}. "
                f"{percent(usual.sold_by(1.0), 0)} can be sold in one day."
            )
        )
    if not sold:
        return Lines("")
    shown = pd.concat(
        {
            f"{letter} {title.format(book.view.currency)}": found.table[name]
            for letter, found in sold.items()
            for name, title in UNITS.items()
        },
        axis=1,
    )
    data_table(shown.rename_axis("asset"), key="stress_liquidity")
    st.caption("The price impact of selling beyond half the spread is not in it.")
    return Lines("")


def _days(days: float) -> str:
    return "less than a day" if days < 1.0 else f"{np.ceil(days):,.0f} days"


def _known_volumes(book: Book) -> pd.DataFrame:
    """Return the volumes known in the money of the view, NaN where there are none; spreads start unknown."""
    index = pd.Index(book.assets, name="asset")
    # Those typed for the gate stand in for what the data does not know.
    known = pd.Series({**known_volumes(book), **held_of(book.view.limits).volumes}, dtype=float).reindex(
        index
    )
    return pd.DataFrame({VOLUME: known, SPREAD: np.nan}, index=index)


def _sold(book: Book, holding: Holding, typed: pd.DataFrame, part: float, stressed: bool) -> LiquidityResult:
    return liquidation(
        holding.portfolio,
        value=float(book.view.value or 0.0),
        daily_volume={str(a): float(v) for a, v in typed[VOLUME].dropna().items()},
        spread={str(a): float(v) * PER_BASIS_POINT for a, v in typed[SPREAD].dropna().items()},
        participation=part,
        volume_factor=LESS_VOLUME if stressed else 1.0,
        spread_factor=WIDER if stressed else 1.0,
    )
