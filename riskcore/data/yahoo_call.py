"""One ticker asked of Yahoo through yfinance, with retries, and every failure turned into a sentence.

yfinance is imported inside the functions: it costs most of a second, and most sessions never need it.
Callers hold the process-wide lock of `riskcore.data.yahoo`, since yfinance keeps one session per process.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["STOPPING", "Outcome", "ask", "described", "no_prices", "set_up"]

ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds
REQUEST_SECONDS = 10.0
MISSING_SHARE = 0.05
LATE_START, EARLY_END = pd.Timedelta(days=10), pd.Timedelta(days=10)
# After these Yahoo will not answer the next ticker either; asking on would only make it worse.
STOPPING = frozenset({"rate limited", "no connection"})
CLASSES = {"EQUITY": "Equity", "CRYPTOCURRENCY": "Crypto", "CURRENCY": "Currency"}
NOT_THERE = ("no data found", "not found", "delisted")
NO_RANGE = ("data doesn't exist", "no price data found")


@dataclass(frozen=True)
class Outcome:
    """What came of one ticker: closing prices adjusted for splits and dividends, or the reason for none.

    `volumes` are the pieces traded on the same days, None where Yahoo has none (currencies, most indices).
    `whole` is everything known of the ticker ("close", "volume"), to be stored; it was asked for from
    `asked_from` on.
    """

    status: str
    sentence: str
    closes: pd.Series | None = None
    currency: str = ""
    name: str = ""
    asset_class: str = "Unclassified"
    volumes: pd.Series | None = None
    whole: pd.DataFrame | None = None
    asked_from: pd.Timestamp | None = None


def set_up() -> None:
    """Point yfinance's cache of time zones and cookies at our own folder, and make it raise.

    The folder lies under RISKCORE_HOME, or in the user's cache folder of the platform.
    """
    import platformdirs
    import yfinance

    home = os.environ.get("RISKCORE_HOME")
    folder = Path(home) / "cache" if home else Path(platformdirs.user_cache_dir("riskcore", appauthor=False))
    yfinance.set_tz_cache_location(str(folder / "yfinance"))
    yfinance.config.debug.hide_exceptions = False


def ask(
    ticker: str, start: pd.Timestamp, end: pd.Timestamp | None, *, pause: Callable[[float], bool]
) -> Outcome:
    """Ask Yahoo for the daily adjusted closes of one ticker, trying three times.

    Parameters
    ----------
    ticker
        A symbol that has been checked for length and characters.
    start, end
        First and last day, both included; to the present day when `end` is None.
    pause
        Waits the seconds given; returns False when the wait was interrupted and no more tries are wanted.

    Returns
    -------
    Outcome
        Always: a failure is an outcome too, so that one ticker cannot hide the others.
    """
    from yfinance.data import YfData

    failure = Outcome("no connection", f"{ticker}: Yahoo was not asked.")
    for attempt in range(ATTEMPTS):
        # yfinance keeps failed answers: without this a retry would be given the former failure again.
        YfData.cache_get.cache_clear()
        outcome = _attempt(ticker, start, end)
        if outcome.status not in {"no connection", "unreadable"}:
            return outcome
        failure = outcome
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
        if attempt + 1 < ATTEMPTS and not pause(random.uniform(0.0, longest)):
            break
    return failure


def _attempt(ticker: str, start: pd.Timestamp, end: pd.Timestamp | None) -> Outcome:
    from yfinance.exceptions import YFException, YFPricesMissingError, YFRateLimitError

    try:
        return _history(ticker, start, end)
    except YFRateLimitError:
        return Outcome(
            "rate limited", "Yahoo refuses more requests for now (HTTP 429); try again in some minutes."
        )
    except YFPricesMissingError as error:
        return no_prices(ticker, start, end, str(error.yahoo_reason or ""))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, YFException) as error:
        # JSONDecodeError is a ValueError; the others are what a changed or cut answer does to yfinance.
        return _unreadable(ticker, type(error).__name__)
    except OSError as error:
        return Outcome(
            "no connection",
            f"Yahoo cannot be reached ({type(error).__name__}): no network, or Yahoo is down.",
        )


def _history(ticker: str, start: pd.Timestamp, end: pd.Timestamp | None) -> Outcome:
    import yfinance
    from yfinance.exceptions import YFTzMissingError

    handle = yfinance.Ticker(ticker)
    try:
        frame = handle.history(
            start=start.strftime("%Y-%m-%d"),
            # Yahoo's end is exclusive, ours is not.
            end=None if end is None else (end + pd.Timedelta(days=1)).strftime("%Y-%m-%d"),
            interval="1d",
            auto_adjust=True,
            actions=False,
            timeout=REQUEST_SECONDS,
        )
    except YFTzMissingError:
        return _unknown_or_down(ticker)
    except ValueError:
        raise  # curl_cffi's JSONDecodeError is an OSError as well, and not meant below
    except OSError as error:
        # yfinance looks for the time zone elsewhere, where an unknown ticker and a fault look alike.
        if not getattr(getattr(error, "response", None), "status_code", 0):
            raise
        return _unknown_or_down(ticker)
    about = handle.get_history_metadata()
    return _checked(
        ticker,
        frame,
        start,
        end,
        currency=str(about.get("currency") or ""),
        name=str(about.get("longName") or about.get("shortName") or ticker)[:120],
        asset_class=CLASSES.get(str(about.get("instrumentType")), "Unclassified"),
    )


def _checked(
    ticker: str,
    frame: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp | None,
    *,
    currency: str,
    name: str,
    asset_class: str,
) -> Outcome:
    """Accept closes that are dated in order, positive and nearly complete; say where they fall short."""
    if frame.empty or "Close" not in frame:
        return no_prices(ticker, start, end, "")
    closes = frame["Close"].astype(np.float64)
    dates = pd.DatetimeIndex(closes.index).tz_localize(None).normalize().as_unit("us")
    closes = pd.Series(closes.to_numpy(), index=dates, name=ticker)
    if not (dates.is_monotonic_increasing and dates.is_unique):
        return Outcome("unusable", f"{ticker}: Yahoo's dates are repeated or out of order; not used.")
    missing = float(closes.isna().mean())
    if missing > MISSING_SHARE:
        return Outcome(
            "unusable", f"{ticker}: {100 * missing:.0f} % of Yahoo's prices are missing; not used."
        )
    wrong = closes.index[~(closes.isna() | (np.isfinite(closes) & (closes > 0)))]
    if len(wrong):
        return Outcome(
            "unusable", f"{ticker}: Yahoo's price on {wrong[0]:%Y-%m-%d} is not positive; not used."
        )
    status, sentence = described(ticker, closes, start, end)
    return Outcome(status, sentence, closes, currency, name, asset_class, _volumes(frame, dates))


def _volumes(frame: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.Series | None:
    """Return the volumes; a series of zeros is Yahoo's way of having none, a negative one is no volume."""
    if "Volume" not in frame:
        return None
    volumes = pd.Series(frame["Volume"].to_numpy(dtype=np.float64), index=dates)
    volumes = volumes.where(np.isfinite(volumes) & (volumes >= 0))
    return volumes if (volumes > 0).any() else None


def described(
    ticker: str, closes: pd.Series, start: pd.Timestamp, end: pd.Timestamp | None
) -> tuple[str, str]:
    """Return "ok" or "short", and how many days came, and where they fall short of what was asked."""
    first, last = closes.index[0], closes.index[-1]
    until = end if end is not None else pd.Timestamp.now("UTC").tz_localize(None).normalize()
    parts = [f"{ticker}: {len(closes)} days from {first:%Y-%m-%d} to {last:%Y-%m-%d}"]
    if first > start + LATE_START:
        parts.append(f"asked from {start:%Y-%m-%d}, but its history starts later")
    if last < until - EARLY_END:
        parts.append(f"no price after {last:%Y-%m-%d}")
    if closes.isna().any():
        parts.append(f"{int(closes.isna().sum())} prices are missing")
    return "ok" if len(parts) == 1 else "short", "; ".join(parts) + "."


def no_prices(ticker: str, start: pd.Timestamp, end: pd.Timestamp | None, reason: str = "") -> Outcome:
    """Return the outcome for a ticker without prices in the range, by the reason Yahoo gave."""
    words = reason.lower()
    if any(mark in words for mark in NOT_THERE):
        return _unknown(ticker)
    if reason and not any(mark in words for mark in NO_RANGE):
        return _unreadable(ticker, reason[:80])
    until = f"{end:%Y-%m-%d}" if end is not None else "today"
    return Outcome("no data", f"{ticker}: Yahoo has no prices between {start:%Y-%m-%d} and {until}.")


def _unknown_or_down(ticker: str) -> Outcome:
    """Tell a ticker Yahoo does not know from a Yahoo that is down: yfinance reports both alike.

    The answer it saw is still in its cache, so this asks nothing.
    """
    from yfinance.data import YfData
    from yfinance.scrapers import history

    seen = YfData().cache_get(
        url=f"{history._BASE_URL_}/v8/finance/chart/{ticker}",
        params={"range": "1d", "interval": "1d"},
        timeout=10,
    )
    return _by_code(ticker, int(seen.status_code))


def _by_code(ticker: str, code: int) -> Outcome:
    if code == 429:
        return Outcome(
            "rate limited", "Yahoo refuses more requests for now (HTTP 429); try again in some minutes."
        )
    return _unknown(ticker) if code in {400, 404} else _unreadable(ticker, f"HTTP {code}")


def _unknown(ticker: str) -> Outcome:
    return Outcome(
        "unknown",
        f"{ticker}: Yahoo does not know this ticker, or it is no longer traded; check the spelling.",
    )


def _unreadable(ticker: str, why: str) -> Outcome:
    return Outcome(
        "unreadable", f"{ticker}: Yahoo answered with something other than prices ({why}); try again later."
    )
