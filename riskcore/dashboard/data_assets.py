"""The choice of assets, what a young one costs, and the table that says what each of them is."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_quality import apply_decisions
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.widgets import guarded, harmless, notice
from riskcore.data.price_set import PriceSet
from riskcore.data.recipe import Describe, Step
from riskcore.errors import InputError

__all__ = ["asset_choice", "asset_table"]

COST_SHOWN = 0.1  # years
EDITED = {
    "name": "Name",
    "asset_class": "Class",
    "sector": "Sector",
    "region": "Region",
    "currency": "Currency",
    "group": "Group",
    "duration": "Duration, years",
}


def asset_choice(book: Book) -> None:
    """Choose assets, with what a young one costs."""
    st.multiselect(
        "Assets",
        list(book.local.tickers),
        format_func=lambda ticker: _described(book.local, ticker),
        key=state.seed("assets", list(book.assets)),
        on_change=_use_assets,
        label_visibility="collapsed",
    )
    for asset, first, years in book.local.shortened_by(book.assets):
        if years >= COST_SHOWN:
            notice(
                f"{asset} starts on {first:%Y-%m-%d}: with it, every page uses the history from then on, "
                f"{years:.1f} years less than without it."
            )
    for asset, last, years in book.local.cut_by(book.assets):
        if years >= COST_SHOWN:
            notice(
                f"{asset} ends on {last:%Y-%m-%d}: with it, every page stops there, "
                f"{years:.1f} years earlier than without it."
            )


def _described(prices: PriceSet, ticker: str) -> str:
    name = str(prices.assets.loc[ticker, "name"])
    return ticker if name in ("", ticker) else f"{ticker} · {name}"


def _use_assets() -> None:
    chosen: tuple[str, ...] = tuple(state.recall(state.key_of("assets")) or ())
    state.change(assets=chosen)
    if not chosen:
        state.say("At least one asset is needed: the first choice of this data set is shown again.")


def asset_table(book: Book) -> None:
    """Show what each asset is, and let the reader correct it: every change is a step of the recipe."""
    with st.expander("Asset table: name, class, region, currency, group, duration"), guarded():
        st.caption(
            "Contributions and limits can be grouped by group, class, sector, region and currency once every "
            "asset shown has one; a duration is used where yields move (empty: the usual one of its class). "
            "Changes make a new data set; save it to keep them."
        )
        original = book.local
        key = f"assets_{original.fingerprint[:12]}"
        table = _table(original, book)
        st.data_editor(
            harmless(table),
            key=key,
            num_rows="fixed",
            disabled=["_index", "first price", "shown"],
            column_config={
                column: st.column_config.TextColumn(title, max_chars=120)
                for column, title in EDITED.items()
                if column != "duration"
            }
            | {
                "duration": st.column_config.NumberColumn(
                    EDITED["duration"],
                    min_value=-5.0,
                    max_value=50.0,
                    help="Modified duration of a bond or fund",
                )
            },
        )
        steps = _changes(state.recall(key), original)
        if steps:
            st.button(
                f"Keep {counted(len(steps), 'change')}",
                type="primary",
                key="assets_apply",
                on_click=apply_decisions,
                args=(book, steps),
            )
            for step in steps:
                st.caption(plain(step.words))


def _table(prices: PriceSet, book: Book) -> pd.DataFrame:
    table = prices.assets[[c for c in EDITED if c != "duration"]].copy()
    durations = prices.durations
    table["duration"] = [durations.get(ticker) for ticker in prices.tickers]
    table["duration"] = table["duration"].astype("float64")
    table["first price"] = [f"{d:%Y-%m-%d}" if pd.notna(d) else "none" for d in prices.first_dates]
    table["shown"] = [ticker in book.assets for ticker in prices.tickers]
    return table


def _changes(edits: object, prices: PriceSet) -> tuple[Step, ...]:
    """Return the steps the edited cells mean, those that change nothing left out.

    Raises
    ------
    InputError
        A cell holds what cannot be used; asset and field are named.
    """
    rows = edits.get("edited_rows", {}) if isinstance(edits, dict) else {}
    steps: list[Step] = []
    for row, cells in sorted(rows.items(), key=lambda item: int(item[0])):
        ticker = prices.tickers[int(row)]
        for column, value in cells.items():
            if column not in EDITED:
                raise InputError(f"{column[:40]} of {ticker} cannot be changed here.")
            step = Describe(ticker, column, "" if value is None else str(value))
            if step.value != str(prices.assets.loc[ticker, column]):
                steps.append(step)
    return tuple(steps)
