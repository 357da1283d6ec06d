"""Frozen snapshots: what was decided, kept as it was, for good.

There is no way to change or delete one here, and a seal finds a change made elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select

from riskcore.data.store import schema
from riskcore.data.store.database import Database
from riskcore.data.store.names import as_json, checked_name, checked_text, shown
from riskcore.data.store.schema import sealed
from riskcore.data.store.shelf import now, read_time, sound
from riskcore.errors import InputError

__all__ = ["Snapshot", "SnapshotShelf"]


@dataclass(frozen=True)
class Snapshot:
    """A frozen state of things.

    Parameters
    ----------
    key
        Identity.
    title
        What the person called it; titles need not differ.
    schema_version
        In which form the content is, so that a later program reads it right.
    content
        Texts, numbers, lists and mappings, as frozen.
    note, author, frozen_at
        Why, by whom and when (UTC).
    """

    key: str
    title: str
    schema_version: int
    content: Mapping[str, Any]
    note: str
    author: str
    frozen_at: datetime


class SnapshotShelf:
    """Freezes and shows snapshots; `Store.snapshots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def freeze(
        self,
        title: str,
        content: Mapping[str, Any],
        *,
        schema_version: int,
        note: str = "",
        author: str = "",
    ) -> Snapshot:
        """Keep a state of things for good.

        Parameters
        ----------
        title
            Up to 200 characters.
        content
            Made of texts, finite numbers, lists and mappings.
        schema_version
            The form of the content, 1 or more.
        note, author
            Why and by whom.

        Raises
        ------
        InputError
            The title or the content cannot be kept.
        StoreError
            Nothing was frozen, and why.
        """
        if schema_version < 1:
            raise InputError(f"The schema version of a snapshot is at least 1, got {schema_version}.")
        row = sealed(
            {
                "id": uuid4().hex,
                "title": checked_name(title, "title"),
                "schema_version": schema_version,
                "content": as_json(dict(content), "snapshot"),
                "note": checked_text(note, "note"),
                "author": checked_text(author, "author"),
                "frozen_at": now(),
            }
        )
        with self._database.saving(f"The snapshot {shown(title)}") as connection:
            connection.execute(insert(schema.snapshots).values(row))
        return _snapshot(row)

    def load(self, key: str) -> Snapshot:
        """Return a snapshot as it was frozen.

        Raises
        ------
        InputError
            There is no such snapshot.
        StoreError
            It is not what was frozen, or the store cannot be read.
        """
        table = schema.snapshots
        with self._database.reading("The snapshot") as connection:
            row = connection.execute(select(table).where(table.c.id == key)).mappings().first()
        if row is None:
            raise InputError(
                f"There is no snapshot with the key {shown(key)}; choose one of the list.", key=key
            )
        return _snapshot(row)

    def all(self) -> tuple[Snapshot, ...]:
        """Return every snapshot, the newest first."""
        table = schema.snapshots
        with self._database.reading("The list of snapshots") as connection:
            rows = connection.execute(select(table).order_by(table.c.frozen_at.desc(), table.c.id)).mappings()
            return tuple(_snapshot(row) for row in rows)


def _snapshot(row: Mapping[Any, Any]) -> Snapshot:
    kept = sound(row, f"The snapshot {shown(row['title'])}")
    return Snapshot(
        key=kept["id"],
        title=kept["title"],
        schema_version=kept["schema_version"],
        content=json.loads(kept["content"]),
        note=kept["note"],
        author=kept["author"],
        frozen_at=read_time(kept["frozen_at"]),
    )
