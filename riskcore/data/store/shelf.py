"""What the shelves have in common: named entries with versions, deleted softly."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from riskcore.data.store.database import Database
from riskcore.data.store.names import checked_name, shown
from riskcore.data.store.schema import seal, sealed
from riskcore.errors import InputError, StoreError

__all__ = ["Shelf", "now", "read_time", "sound"]


def now() -> str:
    """Return this moment in UTC as text that sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def read_time(words: str) -> datetime:
    """Return the time written by `now`."""
    return datetime.fromisoformat(words)


def sound(row: Mapping[Any, Any], what: str) -> dict[str, Any]:
    """Return a row as it was saved, or refuse it when its seal is broken.

    Raises
    ------
    StoreError
        The content is not what was saved: the disk or another program changed it.
    """
    if row["digest"] != seal(row):
        raise StoreError(
            f"{what} is not what was saved: its data is damaged on the disk. Start riskcore again: it sets "
            "the damaged file aside and restores the last backup.",
            kind="damaged",
        )
    return dict(row)


class Shelf:
    """Entries of one table, each with versions in another.

    Parameters
    ----------
    database
        Where they are.
    entries, versions
        The tables; the first column of both is the identity of the entry.
    noun
        What an entry is called in sentences, with its article: "the portfolio".
    """

    def __init__(self, database: Database, entries: Table, versions: Table, noun: str) -> None:
        self._database = database
        self._entries = entries
        self._versions = versions
        self._noun = noun
        self._identity: Column[str] = entries.columns[0]
        self._owner: Column[str] = versions.columns[0]

    def _called(self, name: str) -> str:
        noun = self._noun[0].upper() + self._noun[1:]
        return f"{noun} {shown(name)}"

    def _entry(self, connection: Connection, identity: str) -> dict[str, Any]:
        row = connection.execute(select(self._entries).where(self._identity == identity)).mappings().first()
        if row is None:
            raise InputError(
                f"There is no saved {self._noun.removeprefix('the ')} with the key {shown(identity)}; "
                "choose one of the list.",
                key=identity,
            )
        return sound(row, self._called(str(row["name"])))

    def _version(self, connection: Connection, identity: str, version: int | None) -> dict[str, Any]:
        """Return a row of the versions joined to its entry: the newest, or the one asked for."""
        entry = self._entry(connection, identity)
        wanted = select(self._versions).where(self._owner == identity)
        if version is None:
            wanted = wanted.order_by(self._versions.c.version.desc()).limit(1)
        else:
            wanted = wanted.where(self._versions.c.version == version)
        row = connection.execute(wanted).mappings().first()
        if row is None:
            raise InputError(
                f"{self._called(entry['name'])} has no version {version}; choose one of its versions.",
                key=identity,
                version=version,
            )
        return entry | sound(row, self._called(entry["name"]))

    def _newest(
        self, connection: Connection, *, deleted: bool, where: ColumnElement[bool] | None = None
    ) -> list[dict[str, Any]]:
        """Return the newest version of every entry, or of some, the last saved first."""
        some = true() if where is None else where
        last = (
            select(self._owner, func.max(self._versions.c.version).label("last"))
            .group_by(self._owner)
            .subquery()
        )
        gone = self._entries.c.deleted_at
        wanted = (
            select(self._versions)
            .join(last, (last.columns[0] == self._owner) & (last.c.last == self._versions.c.version))
            .join(self._entries, self._identity == self._owner)
            .where(gone.is_not(None) if deleted else gone.is_(None), some)
            .order_by(self._versions.c.saved_at.desc(), self._owner)
        )
        owner = self._owner.name
        entries = {
            row[self._identity.name]: sound(row, self._called(str(row["name"])))
            for row in connection.execute(select(self._entries).where(some)).mappings()
        }
        rows = connection.execute(wanted).mappings()
        return [entries[row[owner]] | sound(row, self._called(entries[row[owner]]["name"])) for row in rows]

    def _all_versions(self, connection: Connection, identity: str) -> list[dict[str, Any]]:
        entry = self._entry(connection, identity)
        rows = connection.execute(
            select(self._versions).where(self._owner == identity).order_by(self._versions.c.version.desc())
        ).mappings()
        return [entry | sound(row, self._called(entry["name"])) for row in rows]

    def _add_entry(self, connection: Connection, identity: str, name: str, **more: str) -> None:
        row = {self._identity.name: identity, "name": name, "created_at": now(), "deleted_at": None, **more}
        connection.execute(insert(self._entries).values(sealed(row)))

    def _change(self, identity: str, doing: str, *, only: str, **changes: str | None) -> None:
        """Change the name or the deletion mark of an entry that is live or deleted, as `only` says."""
        with self._database.saving(doing) as connection:
            entry = self._entry(connection, identity)
            gone = entry["deleted_at"] is not None
            if gone != (only == "deleted"):
                state = "is deleted; restore it first" if gone else "is not deleted"
                raise InputError(f"{self._called(entry['name'])} {state}.", key=identity)
            changed = sealed(entry | changes)
            try:
                connection.execute(update(self._entries).where(self._identity == identity).values(changed))
            except IntegrityError:
                raise self._taken(changed["name"]) from None

    def _taken(self, name: str) -> InputError:
        return InputError(
            f"{self._called(name)} exists already; choose another name. Nothing was changed.", name=name
        )

    def rename(self, key: str, name: str) -> None:
        """Give an entry another name; its versions stay.

        Raises
        ------
        InputError
            The name cannot be used or is taken, or there is no such entry.
        """
        checked_name(name)
        self._change(key, f"The new name {shown(name)}", only="live", name=name)

    def delete(self, key: str) -> None:
        """Take an entry out of the list; `restore` brings it back with all its versions.

        Raises
        ------
        InputError
            There is no such entry, or it is deleted already.
        """
        self._change(key, f"The deletion of {self._noun}", only="live", deleted_at=now())

    def restore(self, key: str, name: str | None = None) -> None:
        """Bring a deleted entry back, under another name where its own has been taken.

        Raises
        ------
        InputError
            There is no such entry, it is not deleted, or the name is taken.
        """
        doing = f"The return of {self._noun}"
        if name is None:
            self._change(key, doing, only="deleted", deleted_at=None)
        else:
            self._change(key, doing, only="deleted", deleted_at=None, name=checked_name(name))
