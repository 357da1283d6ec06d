"""Copies of fetched prices, one per ticker; a better copy is never given up for a worse answer.

Adjusted closes are scaled anew by every dividend. Two fetches of one ticker therefore agree when their ratio
is the same on all common days; then the older days are scaled to the newer fetch and nothing is lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import delete, insert, select

from riskcore.data.store import schema
from riskcore.data.store.database import Database
from riskcore.data.store.names import as_json, checked_name, checked_text
from riskcore.data.store.price_sets import from_parquet, to_parquet
from riskcore.data.store.schema import sealed
from riskcore.data.store.shelf import read_time, sound
from riskcore.errors import InputError

__all__ = ["Decision", "SeriesShelf", "StoredSeries"]

CLOSE = "close"
COMMON_DAYS = 5  # fewer cannot show whether two fetches agree
AGREEMENT = 1e-4  # relative; adjusted closes are rounded by their source


@dataclass(frozen=True, eq=False)
class StoredSeries:
    """The copy of one ticker.

    Parameters
    ----------
    ticker
        The symbol, byte for byte.
    frame
        Dates by columns: "close", and others such as "volume" where the source gave them.
    about
        What the source says of it: currency, name, asset class.
    source, fetched_at
        Where the last accepted answer came from, and when (UTC).
    """

    ticker: str
    frame: pd.DataFrame
    about: Mapping[str, Any]
    source: str
    fetched_at: datetime


@dataclass(frozen=True, eq=False)
class Decision:
    """What became of an answer, in a sentence, and the copy that is stored now (None without any)."""

    outcome: Literal["stored", "replaced", "extended", "kept"]
    sentence: str
    stored: StoredSeries | None


class SeriesShelf:
    """Keeps the best copy of every ticker; `Store.series`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, ticker: str) -> StoredSeries | None:
        """Return the stored copy of a ticker, None where there is none."""
        table = schema.series
        with self._database.reading(f"The copy of {ticker[:25]}") as connection:
            row = connection.execute(select(table).where(table.c.ticker == ticker)).mappings().first()
        return None if row is None else _stored(row)

    def tickers(self) -> tuple[str, ...]:
        """Return the tickers of which there is a copy, sorted."""
        with self._database.reading("The list of stored tickers") as connection:
            return tuple(sorted(connection.scalars(select(schema.series.c.ticker))))

    def keep_better(
        self,
        ticker: str,
        new: pd.DataFrame | pd.Series | None,
        *,
        source: str = "Yahoo",
        fetched_at: datetime | None = None,
        about: Mapping[str, Any] | None = None,
        failure: str = "nothing came",
    ) -> Decision:
        """Store an answer if it is as good as the stored copy, add what the copy lacks, or keep the copy.

        Parameters
        ----------
        ticker
            The symbol.
        new
            Dated closes, or a table with the column "close" and others such as "volume"; None or empty for
            an answer that failed.
        source, about
            Where it comes from, and what the source says of it.
        fetched_at
            When, with a time zone; now when omitted.
        failure
            Why nothing usable came, for the sentence.

        Returns
        -------
        Decision
            "stored": the first copy. "replaced": the answer has every day the copy had. "extended": it has
            fewer, agrees on the common days, and its days were added. "kept": it failed, adds
            nothing, or disagrees, and the copy is as it was.

        Raises
        ------
        InputError
            The ticker cannot be used, or the time has no time zone.
        StoreError
            Nothing was changed, and why.
        """
        checked_name(ticker, "ticker")
        moment = fetched_at or datetime.now(UTC)
        if moment.tzinfo is None:
            raise InputError("The time of fetching has no time zone; give it in UTC.", fetched_at=moment)
        table = schema.series
        with self._database.saving(f"The copy of {ticker[:25]}") as connection:
            row = connection.execute(select(table).where(table.c.ticker == ticker)).mappings().first()
            old = None if row is None else _stored(row)
            frame, unusable = _usable(new, failure)
            if frame is None:
                return Decision("kept", _kept(ticker, unusable, old), old)
            outcome, sentence, best = _decide(ticker, frame, old)
            if outcome == "kept":
                return Decision("kept", sentence, old)
            fresh = {
                "ticker": ticker,
                "about": as_json(dict(about or (old.about if old else {})), "about"),
                "source": checked_text(source, "source"),
                "fetched_at": moment.astimezone(UTC).isoformat(timespec="microseconds"),
                "content": _packed(best),
            }
            connection.execute(delete(table).where(table.c.ticker == ticker))
            connection.execute(insert(table).values(sealed(fresh)))
        return Decision(outcome, sentence, _stored(sealed(fresh)))


def _usable(new: pd.DataFrame | pd.Series | None, failure: str) -> tuple[pd.DataFrame | None, str]:
    """Return the answer as a table without days that have no close, or why there is none."""
    if new is None or len(new) == 0:
        return None, failure
    frame = new.to_frame(CLOSE) if isinstance(new, pd.Series) else new
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None or CLOSE not in frame.columns:
        return None, "the answer has no dated closes"
    if not (index.is_monotonic_increasing and index.is_unique):
        return None, "the dates of the answer are not in order"
    frame = frame[frame[CLOSE].notna()].astype(np.float64)
    if frame.empty:
        return None, "the answer has no closes"
    closes = frame[CLOSE].to_numpy()
    if not (np.isfinite(closes) & (closes > 0)).all():
        return None, "the answer has closes that are not positive"
    frame.index = pd.DatetimeIndex(frame.index).as_unit("us").rename("date")
    return frame, ""


def _kept(ticker: str, why: str, old: StoredSeries | None) -> str:
    if old is None:
        return f"{ticker}: {why}, and there is no stored copy."
    return f"{ticker}: {why}; the copy {_described(old)} is kept."


def _described(old: StoredSeries) -> str:
    return f"of {old.fetched_at:%Y-%m-%d} ({len(old.frame):,} days to {old.frame.index[-1]:%Y-%m-%d})"


def _decide(
    ticker: str, new: pd.DataFrame, old: StoredSeries | None
) -> tuple[Literal["stored", "replaced", "extended", "kept"], str, pd.DataFrame]:
    span = f"{len(new):,} days to {new.index[-1]:%Y-%m-%d}"
    if old is None:
        return "stored", f"{ticker}: {span} stored.", new
    lost = old.frame.index.difference(new.index)
    lost_columns = old.frame.columns.difference(new.columns)
    if not len(lost) and not len(lost_columns):
        return "replaced", f"{ticker}: {span} replace the copy {_described(old)}.", new
    if not len(new.index.difference(old.frame.index)):
        why = f"the answer ({span}) is shorter and adds no day"
        return "kept", _kept(ticker, why, old), old.frame
    ratio, trouble = _ratio(new, old.frame)
    if ratio is None:
        why = f"the answer ({span}) lacks {len(lost):,} days of the copy and {trouble}"
        return "kept", _kept(ticker, why, old), old.frame
    scaled = old.frame.copy()
    scaled[CLOSE] *= ratio
    best = new.combine_first(scaled)
    added = len(best) - len(scaled)
    return "extended", f"{ticker}: {added:,} days were added to the copy {_described(old)}.", best


def _ratio(new: pd.DataFrame, old: pd.DataFrame) -> tuple[float | None, str]:
    """Return by what the old closes are multiplied to continue the new ones, or why that is unknown."""
    # The last stored day may have been fetched while markets were open: it is allowed to have changed.
    common = old.index[:-1].intersection(new.index)
    if len(common) < COMMON_DAYS:
        return None, f"shares only {len(common)} settled days with it, too few to compare"
    ratios = new.loc[common, CLOSE].to_numpy() / old.loc[common, CLOSE].to_numpy()
    ratio = float(np.median(ratios))
    apart = np.abs(ratios / ratio - 1.0) > AGREEMENT
    if apart.any():
        return None, (
            f"disagrees with it on {int(apart.sum()):,} of {len(common):,} common days, "
            f"first {common[apart][0]:%Y-%m-%d}"
        )
    return ratio, ""


def _packed(frame: pd.DataFrame) -> bytes:
    dates = frame.index.to_numpy().astype(np.int64)
    columns = {str(column): frame[column].to_numpy(dtype=np.float64, copy=True) for column in frame.columns}
    return to_parquet({"date": dates, **columns})


def _stored(row: Mapping[Any, Any]) -> StoredSeries:
    kept = sound(row, f"The copy of {row['ticker'][:25]}")
    columns = from_parquet(bytes(kept["content"]))
    index = pd.DatetimeIndex(columns.pop("date").view("datetime64[us]"), name="date")
    return StoredSeries(
        ticker=kept["ticker"],
        frame=pd.DataFrame(columns, index=index),
        about=json.loads(kept["about"]),
        source=kept["source"],
        fetched_at=read_time(kept["fetched_at"]),
    )
