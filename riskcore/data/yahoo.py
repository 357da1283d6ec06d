"""Prices from Yahoo: every ticker has its own status, and a failure is one clear sentence.

One download runs at a time in the whole process, in a thread of its own, so that the caller can show
progress, stop, and be answered in bounded time even when Yahoo is not.
"""

import queue
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import pandas as pd

from riskcore.data import yahoo_call
from riskcore.data.assembly import common_days
from riskcore.data.price_set import PriceSet, complete_assets, infer_periods_per_year, plain_assets
from riskcore.data.yahoo_call import STOPPING, Outcome
from riskcore.data.yahoo_ranges import renew
from riskcore.errors import InputError, RiskcoreError, SourceError, listed

if TYPE_CHECKING:
    from riskcore.data.store import StoredSeries

__all__ = ["TickerStatus", "YahooAnswer", "fetch_prices"]

MOST_TICKERS = 100
TICKER = re.compile(r"[A-Z0-9^][A-Z0-9.\-=^&]{0,24}")
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
PATIENCE = (30.0, 8.0)  # seconds allowed in all: a start, and so much per ticker
TICK = 0.05  # seconds between two looks at the worker
ENDING = STOPPING | {"cancelled", "too slow", "broken off"}
BROKEN_OFF = Outcome("broken off", "The download from Yahoo broke off for an unforeseen reason; try again.")

_only_one = threading.Lock()


@dataclass(frozen=True)
class TickerStatus:
    """What came of one ticker.

    Parameters
    ----------
    ticker
        The symbol asked for.
    status
        ok, short (history shorter than asked, or with gaps), unknown, no data, unusable, unreadable, rate
        limited, no connection, too slow, broken off, cancelled, not asked.
    sentence
        The same for the reader.
    rows, first, last, currency
        What was received; 0, None and empty when nothing was.
    """

    ticker: str
    status: str
    sentence: str
    rows: int = 0
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    currency: str = ""


@dataclass(frozen=True)
class YahooAnswer:
    """The prices that could be used, and a status for every ticker asked for, in that order.

    `series` has all that is known of each ticker that arrived (dates by "close" and "volume"), also outside
    the days asked for, and `about` what Yahoo says of it: what a copy to be stored consists of.
    """

    prices: PriceSet | None
    statuses: list[TickerStatus]
    series: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    about: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class _Worker:
    """Asks one ticker after the other until told to stop; outcomes arrive in `answers`."""

    tickers: list[str]
    start: pd.Timestamp
    end: pd.Timestamp | None
    copies: "Mapping[str, StoredSeries]"
    stop: threading.Event = field(default_factory=threading.Event)
    answers: "queue.Queue[Outcome]" = field(default_factory=queue.Queue)

    def run(self) -> None:
        """Work in the thread of its own; an unforeseen error ends it and goes to the server's log."""
        while not _only_one.acquire(timeout=TICK):
            if self.stop.is_set():
                return
        try:
            yahoo_call.set_up()
            for ticker in self.tickers:
                if self.stop.is_set():
                    return
                copy = self.copies.get(ticker)
                outcome = renew(ticker, self.start, self.end, copy, pause=self._pause)
                self.answers.put(outcome)
                if outcome.status in STOPPING:
                    return
        finally:
            _only_one.release()
            self.answers.put(BROKEN_OFF)  # read only when a ticker has had no outcome

    def _pause(self, seconds: float) -> bool:
        return not self.stop.wait(seconds)


def fetch_prices(
    tickers: Sequence[str],
    *,
    start: object,
    end: object = None,
    copies: "Mapping[str, StoredSeries] | None" = None,
    progress: Callable[[int, int, str], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float | None = None,
) -> YahooAnswer:
    """Fetch daily closes adjusted for splits and dividends, each ticker in its own currency.

    Parameters
    ----------
    tickers
        Yahoo symbols, at most 100; letters, digits and . - = ^ & only.
    start, end
        First and last day, both included; to the present day when `end` is omitted.
    copies
        Ticker to the stored copy of it, where there is one: only the days it lacks are asked for. A history
        that was adjusted anew since is fetched whole, and the status says so.
    progress
        Called with (tickers done, tickers in all, the ticker being asked).
    cancelled
        Asked several times a second; True stops the download and keeps what has arrived.
    patience
        Seconds after which the download stops; 30 and 8 per ticker when omitted.

    Returns
    -------
    YahooAnswer
        A price set of the tickers that arrived, and a status for each one asked. Where their calendars
        differ only days on which all of them traded are kept, and the notes say how many were not.

    Raises
    ------
    InputError
        A ticker has impossible characters, there are none or too many, or the dates are no range.
    SourceError
        Nothing usable arrived; `details["statuses"]` has the status of every ticker.
    """
    names = _clean(tickers)
    first, last = _range(start, end)
    limit = PATIENCE[0] + PATIENCE[1] * len(names) if patience is None else patience
    outcomes = _collect(
        _Worker(names, first, last, dict(copies or {})),
        deadline=time.monotonic() + limit,
        progress=progress or (lambda done, total, ticker: None),
        cancelled=cancelled or (lambda: False),
    )
    statuses = [_status(name, outcome) for name, outcome in zip(names, outcomes, strict=True)]
    usable = {n: o for n, o in zip(names, outcomes, strict=True) if o.closes is not None}
    if not usable:
        raise SourceError(_why(statuses), statuses=statuses)
    try:
        return YahooAnswer(_price_set(usable), statuses, _series(usable), _about(usable))
    except RiskcoreError as error:
        raise SourceError(f"Yahoo's prices cannot be used: {error}", statuses=statuses) from error


def _series(usable: dict[str, Outcome]) -> dict[str, pd.DataFrame]:
    return {ticker: o.whole for ticker, o in usable.items() if o.whole is not None}


def _about(usable: dict[str, Outcome]) -> dict[str, dict[str, str]]:
    return {
        ticker: {
            "name": o.name,
            "asset_class": o.asset_class,
            "currency": o.currency,
            "asked_from": f"{o.asked_from:%Y-%m-%d}" if o.asked_from is not None else "",
        }
        for ticker, o in usable.items()
    }


def _clean(tickers: Sequence[str]) -> list[str]:
    if isinstance(tickers, str):
        raise InputError("Give a list of tickers, not one text.")
    names = list(dict.fromkeys(str(t).strip().upper() for t in tickers))
    if not names or names == [""]:
        raise InputError("Give at least one ticker, such as SPY.")
    if len(names) > MOST_TICKERS:
        raise InputError(f"{len(names)} tickers are too many at once; ask for at most {MOST_TICKERS}.")
    for name in names:
        if ISIN.fullmatch(name):
            raise InputError(
                f"{name} is an ISIN; give Yahoo's ticker instead, such as SPY or VOD.L.", ticker=name
            )
        if not TICKER.fullmatch(name):
            raise InputError(
                f"{name[:30]!r} is not a Yahoo ticker: up to 25 letters, digits and . - = ^ & are possible.",
                ticker=name[:200],
            )
    return names


def _range(start: object, end: object) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    days: list[pd.Timestamp | None] = []
    for value, word in ((start, "start"), (end, "end")):
        if value is None and word == "end":
            days.append(None)
            continue
        words = str(value)
        try:
            day = pd.Timestamp(words)
        except ValueError as error:
            raise InputError(f"The {word}, {words[:40]}, is not a date.") from error
        if pd.isna(day):
            raise InputError(f"The {word} is not a date.")
        days.append(day.tz_localize(None).normalize())
    first, last = days
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    if first is None or first >= (today if last is None else last):
        until = "today" if last is None else f"the end, {last:%Y-%m-%d}"
        raise InputError(f"The start must be a day before {until}.")
    return first, last


def _collect(
    worker: _Worker,
    *,
    deadline: float,
    progress: Callable[[int, int, str], object],
    cancelled: Callable[[], bool],
) -> list[Outcome]:
    """Run the worker and return one outcome per ticker, come what may."""
    total = len(worker.tickers)
    outcomes: list[Outcome] = []
    threading.Thread(target=worker.run, name="riskcore-yahoo", daemon=True).start()
    try:
        while len(outcomes) < total:
            progress(len(outcomes), total, worker.tickers[len(outcomes)])
            outcome = _next(worker, deadline, cancelled)
            outcomes.append(outcome)
            if outcome.status in ENDING:
                break
    finally:
        worker.stop.set()
    reason = f"not asked, because {_because(outcomes[-1].status)}." if outcomes else ""
    outcomes += [Outcome("not asked", f"{t}: {reason}") for t in worker.tickers[len(outcomes) :]]
    progress(total, total, worker.tickers[-1])
    return outcomes


def _next(worker: _Worker, deadline: float, cancelled: Callable[[], bool]) -> Outcome:
    while True:
        try:
            return worker.answers.get(timeout=TICK)
        except queue.Empty:
            if cancelled():
                return Outcome("cancelled", "The download was stopped.")
            if time.monotonic() > deadline:
                return Outcome("too slow", "Yahoo did not answer in time; try again later, or fewer tickers.")


def _because(status: str) -> str:
    return {
        "rate limited": "Yahoo refuses more requests for now",
        "no connection": "Yahoo cannot be reached",
        "cancelled": "the download was stopped",
        "broken off": "the download broke off",
    }.get(status, "the time allowed was over")


def _status(ticker: str, outcome: Outcome) -> TickerStatus:
    closes = outcome.closes
    if closes is None:
        return TickerStatus(ticker, outcome.status, outcome.sentence)
    return TickerStatus(
        ticker,
        outcome.status,
        outcome.sentence,
        rows=len(closes),
        first=pd.Timestamp(closes.index[0]),
        last=pd.Timestamp(closes.index[-1]),
        currency=outcome.currency,
    )


def _why(statuses: list[TickerStatus]) -> str:
    """Say in one sentence why nothing arrived: the first failure that stopped the batch, else all."""
    asked = [s for s in statuses if s.status != "not asked"]
    stopping = [s for s in asked if s.status in ENDING]
    if stopping or len(asked) == 1:
        return (stopping or asked)[0].sentence
    kinds = listed(f"{s.ticker} ({s.status})" for s in asked)
    return f"Yahoo has no usable prices for any of these tickers: {kinds}."


def _price_set(usable: dict[str, Outcome]) -> PriceSet:
    closes = {ticker: o.closes for ticker, o in usable.items() if o.closes is not None}
    frame, notes = common_days(pd.DataFrame(closes).sort_index())
    names = list(usable)
    assets = plain_assets(names, currencies=[o.currency for o in usable.values()], kind="adjusted close")
    assets["name"] = [o.name for o in usable.values()]
    assets["asset_class"] = [o.asset_class for o in usable.values()]
    currencies = sorted({o.currency for o in usable.values()} - {""})
    if len(currencies) > 1:
        notes.append(f"Prices are in {listed(currencies)}; returns are local, as if currency-hedged.")
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    if frame.index[-1] >= today:
        notes.append("The last row is today's and may change until the markets close.")
    # An exchange rate among other assets is there to convert them, not to be held.
    rates = {n for n, o in usable.items() if o.asset_class == "Currency"}
    ready = tuple(a for a in complete_assets(frame) if a not in rates or len(rates) == len(names))
    if ready and len(ready) < len(names):
        left = listed(n for n in names if n not in ready and n not in rates)
        if left:
            notes.append(f"{left} has gaps or ended early and is not among the assets chosen at first.")
    digest = blake2b(frame.to_numpy().tobytes() + repr(names).encode(), digest_size=6).hexdigest()
    return PriceSet(
        key=f"yahoo-{digest}",
        label=f"Yahoo: {listed(names, most=4)}",
        prices=frame,
        assets=assets,
        periods_per_year=infer_periods_per_year(pd.DatetimeIndex(frame.index)),
        source=f"Yahoo, fetched {today:%Y-%m-%d}",
        notes=tuple(notes),
        default_assets=ready,
        volumes=_volumes(usable, frame),
    )


def _volumes(usable: dict[str, Outcome], frame: pd.DataFrame) -> pd.DataFrame | None:
    found = {ticker: o.volumes for ticker, o in usable.items() if o.volumes is not None}
    if not found:
        return None
    return pd.DataFrame(found).reindex(index=frame.index, columns=frame.columns)
