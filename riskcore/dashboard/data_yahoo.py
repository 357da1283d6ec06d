"""The door for Yahoo tickers: presets, a download with progress that can be stopped, a status per ticker."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.data_copies import keep_copies, offer_copies
from riskcore.dashboard.data_offer import offer
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import data_table, guarded
from riskcore.data.store import StoredSeries
from riskcore.data.yahoo import TickerStatus, YahooAnswer, fetch_prices
from riskcore.data.yahoo_presets import PRESETS
from riskcore.errors import RiskcoreError, SourceError, StoreError

__all__ = ["yahoo_door"]

YEARS = 10
LOOK = 0.1  # seconds between two looks at a download


def yahoo_door(book: Book) -> None:
    """Fetch tickers from Yahoo, with a status for each."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Start from", width="content")
        for name, tickers in PRESETS.items():
            st.button(
                name,
                type="tertiary",
                key=f"yahoo_preset_{name}",
                help=" ".join(tickers).replace("^", "\\^"),
                on_click=state.store,
                args=("yahoo_tickers", " ".join(tickers)),
            )
    with st.form("yahoo", border=False):
        typed = st.text_input(
            "Tickers, separated by spaces or commas", placeholder="SPY BND GLD", key="yahoo_tickers"
        )
        today = date.today()
        start = st.date_input(
            "From",
            value=today - timedelta(days=365 * YEARS),
            min_value=date(1970, 1, 1),
            max_value=today,
            format="YYYY-MM-DD",
            key="yahoo_start",
            width=160,
        )
        asked = st.form_submit_button("Fetch", icon=":material/download:")
    if asked:
        for key in ("yahoo_answer", "yahoo_failed", "yahoo_trouble"):
            state.store(key, None)
        state.store("yahoo_job", _Download(typed, start))
    job = state.recall("yahoo_job")
    if isinstance(job, _Download):
        _watch(job)
        state.store("yahoo_job", None)
        _settle(job)
    _show(book)


class _Download:
    """One download in a thread of its own: it goes on while the page is drawn again, until it is stopped."""

    def __init__(self, typed: str, start: object) -> None:
        self.names = list(dict.fromkeys(typed.upper().replace(",", " ").replace(";", " ").split()))
        self.start = start
        self.stop = threading.Event()
        self.finished = threading.Event()
        self.done = 0
        self.ticker = ""
        self.answer: YahooAnswer | None = None
        self.error: RiskcoreError | None = None
        self._copies = _copies(self.names)
        threading.Thread(target=self._run, name="riskcore-download", daemon=True).start()

    def _run(self) -> None:
        try:
            self.answer = fetch_prices(
                self.names,
                start=self.start,
                copies=self._copies,
                progress=self._note,
                cancelled=self.stop.is_set,
            )
        except RiskcoreError as error:
            self.error = error
        finally:
            self.finished.set()

    def _note(self, done: int, total: int, ticker: str) -> None:
        self.done, self.ticker = done, ticker


def _copies(names: Sequence[str]) -> Mapping[str, StoredSeries]:
    """Return the stored copies, so that only what they lack is asked for; none where the store is away."""
    try:
        shelf = saved.store().series
        return {name: copy for name in names[:100] if (copy := shelf.load(name)) is not None}
    except StoreError as error:
        st.warning(plain(f"Stored copies cannot be used; everything is fetched. {error}"))
        return {}


def _watch(job: _Download) -> None:
    """Show the progress and a button to stop, until the download ends."""
    place = st.empty()
    if job.finished.wait(LOOK):
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0)
        st.button("Stop", key="yahoo_stop", icon=":material/stop_circle:", on_click=job.stop.set)
    while not job.finished.wait(LOOK):
        total = max(1, len(job.names))
        bar.progress(
            job.done / total, plain(f"{job.done} of {total} tickers done, asking for {job.ticker} …")
        )
    place.empty()


def _settle(job: _Download) -> None:
    """Keep what came of a download: prices, copies, and the status of every ticker."""
    if job.answer is not None:
        keep_copies(job.answer)
        prices = job.answer.prices
        kept = None if prices is None else cached.keep_price_set(prices)
        _remember(job.answer.statuses, kept)
        return
    error = job.error or SourceError("The download broke off for an unforeseen reason; try again.")
    statuses = error.details.get("statuses")
    _remember(list(statuses) if isinstance(statuses, Iterable) else [], None)
    state.store("yahoo_trouble", str(error))


def _remember(statuses: list[TickerStatus], key: str | None) -> None:
    state.store("yahoo_failed", statuses)
    state.store("yahoo_answer", ([vars(s) for s in statuses], key))


def _show(book: Book) -> None:
    trouble = state.recall("yahoo_trouble")
    if trouble:
        st.error(plain(trouble), icon=":material/error:")
    failed = state.recall("yahoo_failed")
    if failed:
        with guarded():
            offer_copies(failed)
    answer = state.recall("yahoo_answer")
    if answer:
        statuses, key = answer
        if statuses:
            data_table(_status_table(statuses), hide_index=True, key="yahoo_statuses")
        if key:
            offer(cached.price_set(key), book, key="yahoo")


def _status_table(statuses: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return what came of each ticker, failures first."""
    table = pd.DataFrame(statuses)
    for column in ("first", "last"):
        table[column] = [f"{day:%Y-%m-%d}" if pd.notna(day) else "" for day in table[column]]
    failed = table["rows"] == 0
    return pd.concat([table[failed], table[~failed]])
