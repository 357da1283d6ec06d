"""Saved price sets: content, recipe and origin under the key that links use, with every version.

The numbers are kept as Parquet, one column per asset, so that they come back bit for bit and in well under
a second; the same numbers are kept once however often they are saved.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from sqlalchemy import Connection, insert, select

from riskcore.data.price_set import ASSET_COLUMNS, PriceSet
from riskcore.data.store import schema
from riskcore.data.store.database import Database
from riskcore.data.store.names import as_json, checked_name, checked_text, shown
from riskcore.data.store.schema import sealed
from riskcore.data.store.shelf import Shelf, now, read_time
from riskcore.errors import InputError, StoreError

__all__ = ["PriceSetShelf", "SavedPriceSet", "from_parquet", "to_parquet"]

PLAIN_FIELDS = ("key", "label", "periods_per_year", "source", "returns_basis", "default_index")
LIST_FIELDS = ("notes", "default_assets")
VOLUME = "volume "  # how the columns of volumes begin; a data set without any has none


@dataclass(frozen=True)
class SavedPriceSet:
    """What is known about one version of a saved price set, without its numbers.

    Parameters
    ----------
    key
        What links and `PriceSetShelf.load` name it by.
    name
        What the person calls it.
    version
        1 for the first save, one more for every change.
    fingerprint
        Of the price set as saved.
    recipe
        How it was made out of what it came from.
    source, fetched_at
        Where the prices come from, and when they were fetched (UTC; None where they were not).
    rows, tickers, first, last
        Its size and span.
    note, author, saved_at
        Why, by whom and when (UTC).
    deleted_at
        When it was deleted; None while it is in the list.
    """

    key: str
    name: str
    version: int
    fingerprint: str
    recipe: Mapping[str, Any]
    source: str
    fetched_at: datetime | None
    rows: int
    tickers: tuple[str, ...]
    first: str
    last: str
    note: str
    author: str
    saved_at: datetime
    deleted_at: datetime | None


class PriceSetShelf(Shelf):
    """Saves, loads, lists, renames, duplicates, deletes and restores price sets; `Store.price_sets`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, schema.price_sets, schema.price_set_versions, "the price set")

    def save(
        self,
        prices: PriceSet,
        *,
        name: str | None = None,
        recipe: Mapping[str, Any] | None = None,
        fetched_at: datetime | None = None,
        note: str = "",
        author: str = "",
    ) -> SavedPriceSet:
        """Save a price set under its key: a new one, or a new version where the key is saved already.

        The same content with the same recipe and note makes no new version; a deleted set comes back.

        Parameters
        ----------
        prices
            The price set.
        name
            What the person calls it; its label when omitted.
        recipe
            The choices it was made by, of texts, numbers, lists and mappings.
        fetched_at
            When the prices were fetched, with a time zone.
        note, author
            For the history of versions.

        Raises
        ------
        InputError
            The name, the recipe or the time cannot be saved.
        StoreError
            Nothing was saved, and why.
        """
        label = checked_name(prices.label if name is None else name)
        checked_name(prices.key, "key")
        content, about = _encoded(prices)
        digest = blake2b(content, digest_size=16).hexdigest()
        row = {
            "fingerprint": prices.fingerprint,
            "content": digest,
            "about": about,
            "recipe": as_json(dict(recipe or {}), "recipe"),
            "source": checked_text(prices.source, "source"),
            "fetched_at": _utc(fetched_at),
            "note": checked_text(note, "note"),
            "author": checked_text(author, "author"),
        }
        with self._database.saving(self._called(label)) as connection:
            self._keep_content(connection, digest, content)
            return _saved(self._keep(connection, prices.key, label, row))

    def load(self, key: str, version: int | None = None) -> PriceSet:
        """Return a price set as it was saved, under its present key and name; deleted ones too.

        Raises
        ------
        InputError
            There is no such price set or version.
        StoreError
            Its content is damaged, or the store cannot be read.
        """
        with self._database.reading("The price set") as connection:
            row = self._version(connection, key, version)
            contents = schema.price_contents
            content = connection.scalar(select(contents.c.content).where(contents.c.digest == row["content"]))
        return _decoded(bytes(content or b""), row, self._called(row["name"]))

    def about(self, key: str, version: int | None = None) -> SavedPriceSet:
        """Return what is known about a price set, without reading its numbers.

        Raises
        ------
        InputError
            There is no such price set or version.
        """
        with self._database.reading("The price set") as connection:
            return _saved(self._version(connection, key, version))

    def all(self, *, deleted: bool = False) -> tuple[SavedPriceSet, ...]:
        """Return the newest version of every price set in the list (or deleted), the last saved first."""
        with self._database.reading("The list of price sets") as connection:
            return tuple(_saved(row) for row in self._newest(connection, deleted=deleted))

    def versions(self, key: str) -> tuple[SavedPriceSet, ...]:
        """Return every version of a price set, the newest first.

        Raises
        ------
        InputError
            There is no such price set.
        """
        with self._database.reading("The versions of the price set") as connection:
            return tuple(_saved(row) for row in self._all_versions(connection, key))

    def duplicate(self, key: str, name: str, *, author: str = "") -> SavedPriceSet:
        """Save the newest version of a price set under a new key and name.

        Raises
        ------
        InputError
            The name cannot be used, or there is no such price set.
        """
        checked_name(name)
        with self._database.saving(self._called(name)) as connection:
            source = self._version(connection, key, None)
            table = schema.price_sets
            taken = set(connection.scalars(select(table.c.key)))
            copy = next(f"{key}-{n}" for n in range(2, len(taken) + 3) if f"{key}-{n}" not in taken)
            columns = ("fingerprint", "content", "about", "recipe", "source", "fetched_at", "note")
            row = {column: source[column] for column in columns}
            row["author"] = checked_text(author, "author") or source["author"]
            return _saved(self._keep(connection, checked_name(copy, "key"), name, row))

    def _keep_content(self, connection: Connection, digest: str, content: bytes) -> None:
        table = schema.price_contents
        if connection.scalar(select(table.c.digest).where(table.c.digest == digest)) is None:
            connection.execute(insert(table).values(digest=digest, content=content))

    def _keep(self, connection: Connection, key: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
        table = schema.price_sets
        version = 1
        if connection.scalar(select(table.c.key).where(table.c.key == key)) is None:
            self._add_entry(connection, key, name)
        else:
            newest = self._version(connection, key, None)
            entry = sealed(self._entry(connection, key) | {"name": name, "deleted_at": None})
            connection.execute(table.update().where(table.c.key == key).values(entry))
            same = ("fingerprint", "content", "recipe", "fetched_at", "note")
            if all(newest[column] == row[column] for column in same):
                return newest | entry | {"digest": newest["digest"]}
            version = newest["version"] + 1
        full = sealed({"key": key, "version": version, **row, "saved_at": now()})
        connection.execute(insert(schema.price_set_versions).values(full))
        return self._entry(connection, key) | full


def to_parquet(columns: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays of one length as a compact Parquet file.

    Examples
    --------
    >>> from_parquet(to_parquet({"x": np.array([1.5, np.nan])}))["x"].tolist()
    [1.5, nan]
    """
    table = pa.table({name: pa.array(values, from_pandas=False) for name, values in columns.items()})
    floats = [name for name, values in columns.items() if values.dtype.kind == "f"]
    file = io.BytesIO()
    # The bytes of a float compress far better when first bytes stand together, second bytes together, …
    encoding = {name: "BYTE_STREAM_SPLIT" if name in floats else "PLAIN" for name in columns}
    pq.write_table(table, file, compression="zstd", use_dictionary=False, column_encoding=encoding)
    return file.getvalue()


def from_parquet(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a Parquet file by name, in their order."""
    table = pq.read_table(io.BytesIO(content))
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _encoded(prices: PriceSet) -> tuple[bytes, str]:
    """Return the numbers as Parquet and the words as JSON, after making sure that they come back the same."""
    values = prices.prices.to_numpy()
    # Columns are named by their position, because a ticker may be called anything, even "date".
    columns = {str(n): np.ascontiguousarray(values[:, n]) for n in range(values.shape[1])}
    if prices.volumes is not None:
        traded = prices.volumes.to_numpy()
        columns |= {f"{VOLUME}{n}": np.ascontiguousarray(traded[:, n]) for n in range(traded.shape[1])}
    content = to_parquet({"date": prices.prices.index.to_numpy().astype(np.int64), **columns})
    words: dict[str, Any] = {field: getattr(prices, field) for field in PLAIN_FIELDS}
    words |= {field: list(getattr(prices, field)) for field in LIST_FIELDS}
    words["tickers"] = list(prices.tickers)
    words["assets"] = {column: prices.assets[column].tolist() for column in ASSET_COLUMNS}
    words["assets_called"] = prices.assets.index.name
    words["rows"] = len(prices.prices)
    words["first"], words["last"] = (f"{prices.prices.index[n]:%Y-%m-%d}" for n in (0, -1))
    about = as_json(words, "price set")
    if _price_set(content, about).fingerprint != prices.fingerprint:
        raise StoreError(
            f"{shown(prices.label)} was not saved: written and read back it would not be the same. "
            "Make sure that its asset table holds only text.",
            kind="inexact",
        )
    return content, about


def _price_set(content: bytes, about: str) -> PriceSet:
    words = json.loads(about)
    columns = from_parquet(content)
    index = pd.DatetimeIndex(columns.pop("date").view("datetime64[us]"), name="date")
    tickers = pd.Index(words["tickers"], dtype="str")
    rows = tickers.rename(words["assets_called"])
    values = np.column_stack([v for name, v in columns.items() if not name.startswith(VOLUME)])
    traded = [v for name, v in columns.items() if name.startswith(VOLUME)]
    return PriceSet(
        prices=pd.DataFrame(values, index=index, columns=tickers, copy=False),
        volumes=pd.DataFrame(np.column_stack(traded), index=index, columns=tickers) if traded else None,
        assets=pd.DataFrame(words["assets"], index=rows, columns=list(ASSET_COLUMNS), dtype="str"),
        **({f: words[f] for f in PLAIN_FIELDS} | {f: tuple(words[f]) for f in LIST_FIELDS}),
    )


def _decoded(content: bytes, row: Mapping[str, Any], what: str) -> PriceSet:
    if blake2b(content, digest_size=16).hexdigest() != row["content"]:
        raise StoreError(
            f"{what} is not what was saved: its numbers are damaged on the disk. Start riskcore again: it "
            "sets the damaged file aside and restores the last backup.",
            kind="damaged",
        )
    prices = _price_set(content, row["about"])
    if (prices.key, prices.label) == (row["key"], row["name"]):
        return prices
    return replace(prices, key=row["key"], label=row["name"])


def _saved(row: Mapping[str, Any]) -> SavedPriceSet:
    about = json.loads(row["about"])
    fetched, gone = row["fetched_at"], row["deleted_at"]
    return SavedPriceSet(
        key=row["key"],
        name=row["name"],
        version=row["version"],
        fingerprint=row["fingerprint"],
        recipe=json.loads(row["recipe"]),
        source=row["source"],
        fetched_at=None if fetched is None else read_time(fetched),
        rows=about["rows"],
        tickers=tuple(about["tickers"]),
        first=about["first"],
        last=about["last"],
        note=row["note"],
        author=row["author"],
        saved_at=read_time(row["saved_at"]),
        deleted_at=None if gone is None else read_time(gone),
    )


def _utc(time: datetime | None) -> str | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise InputError("The time of fetching has no time zone; give it in UTC.", fetched_at=time)
    return time.astimezone(UTC).isoformat(timespec="microseconds")
