"""Small saved things of one form each: stresses, crises, limits, baskets, under a name, with every version.

What the content means is for the one who saves it; the store keeps any mapping that JSON can hold.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from riskcore.data.store import schema
from riskcore.data.store.database import Database
from riskcore.data.store.names import as_json, checked_name, checked_text, shown
from riskcore.data.store.schema import sealed
from riskcore.data.store.shelf import Shelf, now, read_time
from riskcore.errors import InputError

__all__ = ["Kept", "KeptShelf"]

KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """One version of a saved thing.

    Parameters
    ----------
    key
        Identity, the same for all versions and names.
    kind
        What sort of thing it is: "stress", "limits", "basket", …
    name
        What the person called it, byte for byte; one of a name and kind is in the list.
    version
        1 for the first save, one more for every change.
    content
        Texts, numbers, lists and mappings, as saved.
    note, author, saved_at
        Why, by whom and when (UTC).
    deleted_at
        When it was deleted; None while it is in the list.
    """

    key: str
    kind: str
    name: str
    version: int
    content: Mapping[str, Any]
    note: str
    author: str
    saved_at: datetime
    deleted_at: datetime | None


class KeptShelf(Shelf):
    """Saves, lists, renames, deletes and restores small named things of any kind; `Store.kept`.

    `rename`, `delete` and `restore` take the key of what was saved.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, schema.documents, schema.document_versions, "the entry")

    def save(
        self, kind: str, name: str, content: Mapping[str, Any], *, note: str = "", author: str = ""
    ) -> Kept:
        """Save under a name: a new one, or a new version of the one of this kind with exactly this name.

        What is saved already, with the same note, makes no new version. No version is ever overwritten.

        Parameters
        ----------
        kind
            What sort of thing it is: up to 40 small letters, digits, hyphens and underscores.
        name
            Up to 200 characters, kept byte for byte.
        content
            Made of texts, finite numbers, lists and mappings.
        note, author
            For the history of versions.

        Returns
        -------
        Kept
            What is in the store now; when this returns, it is on the disk.

        Raises
        ------
        InputError
            The kind, the name or the content cannot be saved.
        StoreError
            Nothing was saved, and why.
        """
        _checked_kind(kind)
        checked_name(name)
        row = {
            "content": as_json(dict(content), "content"),
            "note": checked_text(note, "note"),
            "author": checked_text(author, "author"),
        }
        with self._database.saving(f"The {kind} {shown(name)}") as connection:
            key = self._key_of(connection, kind, name)
            if key is None:
                key = uuid4().hex
                self._add_entry(connection, key, name, kind=kind)
                return _kept(self._append(connection, key, 1, row))
            newest = self._version(connection, key, None)
            if newest["content"] == row["content"] and newest["note"] == row["note"]:
                return _kept(newest)
            return _kept(self._append(connection, key, newest["version"] + 1, row))

    def load(self, kind: str, which: str, version: int | None = None) -> Kept:
        """Return the newest version, or the one asked for, of the one with this name or key.

        A name is looked for in the list; a key finds deleted ones too.

        Raises
        ------
        InputError
            There is none of this kind, or no such version.
        """
        with self._database.reading(f"The {_checked_kind(kind)} {shown(which)}") as connection:
            key = self._key_of(connection, kind, which)
            if key is None:
                entries = schema.documents
                of_key = select(entries.c.id).where(entries.c.kind == kind, entries.c.id == which)
                key = connection.scalar(of_key)
            if key is None:
                raise InputError(
                    f"There is no saved {kind} {shown(which)}; choose one of the list.",
                    kind=kind,
                    which=which,
                )
            return _kept(self._version(connection, key, version))

    def find(self, kind: str, name: str) -> Kept | None:
        """Return the newest version of the one in the list with exactly this name, None without one."""
        with self._database.reading(f"The {_checked_kind(kind)} {shown(name)}") as connection:
            key = self._key_of(connection, kind, name)
            return None if key is None else _kept(self._version(connection, key, None))

    def all(self, kind: str, *, deleted: bool = False) -> tuple[Kept, ...]:
        """Return the newest version of all of a kind in the list (or deleted), the last saved first."""
        of_kind = schema.documents.c.kind == _checked_kind(kind)
        with self._database.reading(f"The list of what is saved as {kind}") as connection:
            rows = self._newest(connection, deleted=deleted, where=of_kind)
            return tuple(_kept(row) for row in rows)

    def versions(self, key: str) -> tuple[Kept, ...]:
        """Return every version of what has this key, the newest first.

        Raises
        ------
        InputError
            There is no such key.
        """
        with self._database.reading("The versions") as connection:
            return tuple(_kept(row) for row in self._all_versions(connection, key))

    def _key_of(self, connection: Connection, kind: str, name: str) -> str | None:
        table = schema.documents
        wanted = select(table.c.id).where(
            table.c.kind == kind, table.c.name == name, table.c.deleted_at.is_(None)
        )
        return connection.scalar(wanted)

    def _append(
        self, connection: Connection, key: str, version: int, row: Mapping[str, Any]
    ) -> dict[str, Any]:
        full = sealed({"document_id": key, "version": version, **row, "saved_at": now()})
        connection.execute(insert(schema.document_versions).values(full))
        return self._entry(connection, key) | full


def _kept(row: Mapping[str, Any]) -> Kept:
    gone = row["deleted_at"]
    return Kept(
        key=row["id"],
        kind=row["kind"],
        name=row["name"],
        version=row["version"],
        content=MappingProxyType(json.loads(row["content"])),
        note=row["note"],
        author=row["author"],
        saved_at=read_time(row["saved_at"]),
        deleted_at=None if gone is None else read_time(gone),
    )


def _checked_kind(kind: str) -> str:
    if not isinstance(kind, str) or not KIND.fullmatch(kind):
        raise InputError(
            f"A kind is one word of small letters such as “stress”, not {str(kind)[:40]!r}.", kind=kind
        )
    return kind
