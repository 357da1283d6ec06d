"""The forms of the Data page for prices: samples, files, Yahoo tickers, the choice of assets."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_copies import keep_copies, offer_copies
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.view import View
from riskcore.dashboard.widgets import data_table, guarded, notice
from riskcore.data.files import Answers, load_prices
from riskcore.data.price_set import PriceSet
from riskcore.data.sample import SAMPLES
from riskcore.data.yahoo import fetch_prices
from riskcore.errors import InputError, SourceError

__all__ = ["asset_choice", "csv_door", "sample_door", "yahoo_door"]

MOST_MEGABYTES = 64
YAHOO_YEARS = 10


def sample_door(book: Book) -> None:
    """Offer the bundled samples."""
    current = book.view.data if book.view.data in SAMPLES else None
    st.selectbox(
        "Bundled sample",
        list(SAMPLES),
        index=None,
        format_func=lambda key: SAMPLES[key].label,
        placeholder="Choose a sample",
        key=state.seed("data", current) if current else state.key_of("data"),
        on_change=_use_sample,
        width=420,
    )
    if current:
        st.caption(plain(SAMPLES[current].description))
        _notes(book.prices)


def csv_door(book: Book) -> None:
    """Load a file of prices: one date column and one column per asset."""
    st.caption(
        "CSV, Excel or Parquet: one row per date, one column per asset, prices. Nothing is filled, dropped "
        "or rescaled without being said; what cannot be read is refused with its row and column."
    )
    uploaded = st.file_uploader(
        "File of prices",
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        max_upload_size=MOST_MEGABYTES,
        key="csv_file",
    )
    if uploaded is None:
        return
    prices = _read(uploaded.getvalue(), uploaded.name)
    if prices is not None:
        _offer(prices, book, key="csv")


def _read(content: bytes, name: str) -> PriceSet | None:
    """Read a file, asking the reader wherever it can be read in several ways; None while one is open."""
    answers = Answers()
    for _ in fields(Answers):
        try:
            return load_prices(content, name, answers)
        except InputError as error:
            question, readings = error.details.get("question"), error.details.get("readings")
            if not isinstance(question, str) or not isinstance(readings, Iterable):
                raise
            st.warning(plain(error), icon=":material/help:")
            chosen = st.radio(
                "Which is right?", list(readings), index=None, key=f"answer_{name}_{len(content)}_{question}"
            )
        if chosen is None:
            return None
        answers = replace(
            answers, **{question: chosen.startswith("day") if question == "day_first" else chosen}
        )
    return load_prices(content, name, answers)


def yahoo_door(book: Book) -> None:
    """Fetch tickers from Yahoo, with a status for each."""
    with st.form("yahoo", border=False):
        tickers = st.text_input(
            "Tickers, separated by spaces or commas", placeholder="SPY BND GLD", key="yahoo_tickers"
        )
        today = date.today()
        start = st.date_input(
            "From",
            value=today - timedelta(days=365 * YAHOO_YEARS),
            min_value=date(1970, 1, 1),
            max_value=today,
            format="YYYY-MM-DD",
            key="yahoo_start",
            width=160,
        )
        asked = st.form_submit_button("Fetch", icon=":material/download:")
    if asked:
        state.store("yahoo_answer", None)
        state.store("yahoo_failed", None)
        with guarded():
            _fetch(tickers, start)
    failed = state.recall("yahoo_failed")
    if failed:
        with guarded():
            offer_copies(failed)
    answer = state.recall("yahoo_answer")
    if answer:
        statuses, key = answer
        if statuses:
            data_table(pd.DataFrame(statuses), hide_index=True, key="yahoo_statuses")
        if key:
            _offer(cached.price_set(key), book, key="yahoo")


def _fetch(text: str, start: object) -> None:
    names = list(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))
    bar = st.progress(0.0, "Asking Yahoo …")
    try:
        answer = fetch_prices(
            names,
            start=start,
            progress=lambda done, total, ticker: bar.progress(
                done / total, plain(f"Asking Yahoo for {ticker} …")
            ),
        )
    except SourceError as error:
        statuses = error.details.get("statuses")
        told = list(statuses) if isinstance(statuses, Iterable) else []
        state.store("yahoo_answer", ([vars(s) for s in told], None))
        state.store("yahoo_failed", told)
        raise
    finally:
        bar.empty()
    kept = None
    if answer.prices is not None:
        kept = cached.keep_price_set(answer.prices)
        keep_copies(answer.prices)
    state.store("yahoo_failed", answer.statuses)
    state.store("yahoo_answer", ([vars(s) for s in answer.statuses], kept))


def _offer(prices: PriceSet, book: Book, *, key: str) -> None:
    """Say what was read and let the reader take it."""
    first, last = prices.prices.index[0], prices.prices.index[-1]
    st.success(
        plain(
            f"{prices.label}: {counted(len(prices.tickers), 'asset')}, {len(prices.prices):,} rows, "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}."
        ),
        icon=":material/check:",
    )
    _notes(prices)
    data_table(prices.prices.tail(5), key=f"{key}_preview")
    held = cached.keep_price_set(prices)
    if held == book.view.data:
        st.caption("This is the data set shown on every page.")
    else:
        st.button(
            "Use this data",
            type="primary",
            key=f"{key}_use",
            on_click=state.change,
            kwargs={"data": held, "assets": (), "start": None, "end": None, "bench": "", **RESET},
        )
    st.caption(
        "Until it is saved (below), loaded data lives in this server’s memory: a link finds it until the "
        "server restarts."
    )


# Typed and preset portfolios belong to the assets they were made for.
RESET = {"a": View.a, "b": View.b}


def _use_sample() -> None:
    chosen = state.recall(state.key_of("data"))
    state.change(data=chosen, assets=(), start=None, end=None, bench="", **RESET)


def _notes(prices: PriceSet) -> None:
    for note in prices.notes:
        st.caption(plain(f"• {note}"))


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
    for asset, first, years in book.prices.shortened_by(book.assets):
        if years >= 0.1:
            notice(
                f"{asset} starts on {first:%Y-%m-%d}: with it, every page uses the history from then on, "
                f"{years:.1f} years less than without it."
            )
    for asset, last, years in book.prices.cut_by(book.assets):
        if years >= 0.1:
            notice(
                f"{asset} ends on {last:%Y-%m-%d}: with it, every page stops there, "
                f"{years:.1f} years earlier than without it."
            )
    table = book.local.assets.loc[list(book.local.tickers), ["name", "asset_class", "region", "currency"]]
    table = table.assign(
        first_price=[f"{d:%Y-%m-%d}" if pd.notna(d) else "none" for d in book.local.first_dates],
        shown=[ticker in book.assets for ticker in book.local.tickers],
    )
    with st.expander("All assets of this data set"):
        data_table(table, key="asset_table")


def _described(prices: PriceSet, ticker: str) -> str:
    name = str(prices.assets.loc[ticker, "name"])
    return ticker if name in ("", ticker) else f"{ticker} · {name}"


def _use_assets() -> None:
    chosen: tuple[str, ...] = tuple(state.recall(state.key_of("assets")) or ())
    state.change(assets=chosen)
    if not chosen:
        state.say("At least one asset is needed: the first choice of this data set is shown again.")
