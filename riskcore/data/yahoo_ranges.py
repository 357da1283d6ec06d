"""A ticker of which a copy is stored: only the days that are missing are asked for.

The first days asked for are days the copy has. Where the two differ the history has been adjusted anew, for a
split or a dividend, and all of it is fetched again: two scales are never put together.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskcore.data import yahoo_call
from riskcore.data.yahoo_call import Outcome

if TYPE_CHECKING:
    from riskcore.data.store import StoredSeries

__all__ = ["renew"]

OVERLAP = 10  # stored rows asked for again at each end
FEWEST_COMMON = 3
SAME = 1e-4  # relative; adjusted closes are rounded by their source
NEAR_START = pd.Timedelta(days=10)
Pause = Callable[[float], bool]


def renew(
    ticker: str,
    start: pd.Timestamp,
    end: pd.Timestamp | None,
    stored: "StoredSeries | None",
    *,
    pause: Pause,
) -> Outcome:
    """Ask for what the copy lacks between `start` and `end`; without a copy for everything.

    Parameters
    ----------
    ticker, start, end, pause
        As `yahoo_call.ask`.
    stored
        The copy, None where there is none.

    Returns
    -------
    Outcome
        Closes and volumes from `start` to `end`, and in `whole` all that is known, to be stored.
    """
    if stored is None or len(stored.frame) < OVERLAP:
        return _fresh(ticker, start, end, pause=pause)
    whole = stored.frame
    new = 0
    for first, last in _missing(stored, start, end):
        part = yahoo_call.ask(ticker, first, last, pause=pause)
        if part.status == "no data":
            continue  # nothing before the first day, or none since the last
        if part.closes is None:
            return part
        piece = _table(part)
        if not _agrees(piece, whole):
            return _anew(ticker, min(start, whole.index[0]), start, end, stored, pause)
        new += len(piece.index.difference(whole.index))
        whole = piece.combine_first(whole)
    fetched = f"{new:,} new days were fetched" if new else "no new day"
    why = f"{fetched}, the rest is the stored copy of {stored.fetched_at:%Y-%m-%d}"
    return _from_whole(ticker, whole, start, end, stored, why)


def _missing(
    stored: "StoredSeries", start: pd.Timestamp, end: pd.Timestamp | None
) -> list[tuple[pd.Timestamp, pd.Timestamp | None]]:
    """Return the ranges to ask for, each reaching into the copy by some days."""
    days = stored.frame.index
    until = pd.Timestamp.now("UTC").tz_localize(None).normalize() if end is None else end
    ranges: list[tuple[pd.Timestamp, pd.Timestamp | None]] = []
    asked_from = pd.Timestamp(str(stored.about.get("asked_from") or days[0]))
    if start < min(asked_from, days[0]) and start < days[0] - NEAR_START:
        ranges.append((start, days[OVERLAP - 1]))
    # A row fetched on its own day may have been fetched before the markets closed.
    unsettled = stored.fetched_at.date() <= days[-1].date()
    if days[-1] < until or unsettled:
        ranges.append((days[-OVERLAP], end))
    return ranges


def _table(outcome: Outcome) -> pd.DataFrame:
    columns = {"close": outcome.closes, "volume": outcome.volumes}
    table = pd.DataFrame({name: values for name, values in columns.items() if values is not None})
    return table[table["close"].notna()]


def _agrees(piece: pd.DataFrame, whole: pd.DataFrame) -> bool:
    common = piece.index.intersection(whole.index[:-1])
    if len(common) < FEWEST_COMMON:
        return False
    ratio = piece.loc[common, "close"].to_numpy() / whole.loc[common, "close"].to_numpy()
    return bool((np.abs(ratio - 1.0) <= SAME).all())


def _fresh(ticker: str, start: pd.Timestamp, end: pd.Timestamp | None, *, pause: Pause) -> Outcome:
    outcome = yahoo_call.ask(ticker, start, end, pause=pause)
    return outcome if outcome.closes is None else replace(outcome, whole=_table(outcome), asked_from=start)


def _anew(
    ticker: str,
    earliest: pd.Timestamp,
    start: pd.Timestamp,
    end: pd.Timestamp | None,
    stored: "StoredSeries",
    pause: Pause,
) -> Outcome:
    # To the present day: the copy must not become shorter for a question about the past.
    again = _fresh(ticker, earliest, None, pause=pause)
    if again.whole is None:
        return again
    why = (
        f"its history has changed since the copy of {stored.fetched_at:%Y-%m-%d} (a split or a dividend), so "
        "all of it was fetched anew"
    )
    return _from_whole(ticker, again.whole, start, end, stored, why)


def _from_whole(
    ticker: str,
    whole: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp | None,
    stored: "StoredSeries",
    why: str,
) -> Outcome:
    asked = whole.loc[start:end]
    if asked.empty:
        return yahoo_call.no_prices(ticker, start, end)
    status, sentence = yahoo_call.described(ticker, asked["close"], start, end)
    earlier = pd.Timestamp(str(stored.about.get("asked_from") or stored.frame.index[0]))
    return Outcome(
        status,
        f"{sentence.removesuffix('.')}; {why}.",
        asked["close"].rename(ticker),
        str(stored.about.get("currency", "")),
        str(stored.about.get("name", ticker)),
        str(stored.about.get("asset_class", "Unclassified")),
        volumes=asked["volume"].rename(ticker) if "volume" in asked else None,
        whole=whole,
        asked_from=min(start, earlier),
    )
