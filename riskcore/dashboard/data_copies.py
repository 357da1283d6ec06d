"""Dated copies of fetched prices: kept ticker by ticker, offered when the source fails."""

from collections.abc import Sequence
from hashlib import blake2b

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.text import counted, plain
from riskcore.data.assembly import common_days
from riskcore.data.price_set import PriceSet, complete_assets, infer_periods_per_year, plain_assets
from riskcore.data.store import StoredSeries
from riskcore.data.yahoo import TickerStatus, YahooAnswer
from riskcore.errors import RiskcoreError, StoreError, listed

__all__ = ["keep_copies", "offer_copies"]

ABOUT = ("name", "asset_class", "currency")
# What is the source's failure and not the ticker's.
SOURCE_FAILED = frozenset(
    {"rate limited", "no connection", "too slow", "unreadable", "broken off", "not asked"}
)


def keep_copies(answer: YahooAnswer) -> None:
    """Keep a copy of every fetched ticker; a better copy is never given up for a worse answer."""
    try:
        shelf = saved.store().series
        for ticker, series in answer.series.items():
            shelf.keep_better(ticker, series, about=answer.about[ticker])
    except StoreError as error:
        st.warning(plain(f"The prices arrived, but no copy was kept. {error}"))


def offer_copies(statuses: Sequence[TickerStatus]) -> None:
    """Offer the stored copies of the tickers asked for, where the source failed for one of them."""
    if not any(s.status in SOURCE_FAILED for s in statuses):
        return
    found = [saved.store().series.load(s.ticker) for s in statuses]
    copies = [copy for copy in found if copy is not None]
    if not copies:
        return
    oldest = min(copy.frame.index[-1] for copy in copies)
    st.info(
        plain(
            f"Copies of {counted(len(copies), 'ticker')} of the {len(statuses)} are stored "
            f"({listed((c.ticker for c in copies), most=8)}); the oldest ends on {oldest:%Y-%m-%d}."
        ),
        icon=":material/history:",
    )
    st.button(
        "Use the stored copies", key="yahoo_copies", on_click=_take, args=(tuple(copies), list(statuses))
    )


def _take(copies: tuple[StoredSeries, ...], statuses: list[TickerStatus]) -> None:
    try:
        key = cached.keep_price_set(_price_set(copies))
    except RiskcoreError as error:
        state.store("yahoo_trouble", str(error))
        return
    state.store("yahoo_answer", ([vars(s) for s in statuses], key))
    state.store("yahoo_failed", None)
    state.store("yahoo_trouble", None)


def _price_set(copies: Sequence[StoredSeries]) -> PriceSet:
    """Return the copies as one data set, with the day each was fetched among its notes."""
    closes = pd.DataFrame({copy.ticker: copy.frame["close"] for copy in copies}).sort_index()
    frame, left_out = common_days(closes)
    notes = [
        f"{c.ticker}: stored copy fetched on {c.fetched_at:%Y-%m-%d}, to {c.frame.index[-1]:%Y-%m-%d}."
        for c in copies
    ]
    notes += left_out
    names = list(frame.columns)
    traded = {c.ticker: c.frame["volume"] for c in copies if "volume" in c.frame}
    assets = plain_assets(names, kind="adjusted close")
    for column in ABOUT:
        assets[column] = [str(c.about.get(column, "")) for c in copies]
    fetched = min(c.fetched_at for c in copies)
    digest = blake2b(frame.to_numpy().tobytes() + repr(names).encode(), digest_size=6).hexdigest()
    return PriceSet(
        key=f"yahoo-copy-{digest}",
        label=f"Stored copies: {listed(names, most=4)}",
        prices=frame,
        assets=assets,
        periods_per_year=infer_periods_per_year(pd.DatetimeIndex(frame.index)),
        source=f"Yahoo, stored copies of {fetched:%Y-%m-%d}",
        notes=tuple(notes),
        default_assets=complete_assets(frame),
        volumes=pd.DataFrame(traded).reindex(index=frame.index, columns=frame.columns) if traded else None,
    )
