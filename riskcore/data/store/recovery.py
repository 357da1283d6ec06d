"""A damaged file: noticed when it is opened, set aside, replaced by its last backup, and what can be saved.

The damaged file is never deleted. Rows carry a seal, so what is read from it afterwards is either exactly
what was saved or left out.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from riskcore.data.store.backups import Backups, flush, time_of
from riskcore.data.store.faults import BUSY_SECONDS, is_damage
from riskcore.data.store.schema import (
    TABLES,
    USER,
    check_not_newer,
    document_versions,
    documents,
    portfolio_versions,
    portfolios,
    price_set_versions,
    price_sets,
    seal,
)
from riskcore.data.store.soundness import check, rows, tables_of, version_of
from riskcore.errors import StoreError

__all__ = ["Rescue", "alone", "examine", "replace_damaged", "salvage"]

WITH_VERSIONS = (
    (portfolios, portfolio_versions),
    (price_sets, price_set_versions),
    (documents, document_versions),
)
COMPANIONS = ("-wal", "-shm")
ORDERS = ("ASC", "DESC")  # from both ends up to the damaged page


@dataclass(frozen=True)
class Rescue:
    """What was done about a damaged file."""

    file: Path
    trouble: str
    aside: Path | None
    backup: Path | None

    def sentence(self, recovered: int) -> str:
        """Tell the reader, with the number of rows that were read from the damaged file afterwards."""
        told = f"The store {self.file} {self.trouble}"
        if self.aside is not None:
            told += f"; the file is set aside as {self.aside.name}"
        if self.backup is not None:
            told += f". Its backup of {time_of(self.backup)} was restored"
        else:
            told += ". There was no backup of it, so a new one was begun"
        if recovered:
            return f"{told}, and {recovered:,} newer entries were recovered from the damaged file."
        later = "after the backup" if self.backup else "before"
        return f"{told}. What was saved {later} and is missing now could not be recovered."

    def sentence_of_copies(self, recovered: int) -> str:
        """Tell the reader about copies of fetched prices, which are no loss."""
        told = f"The copies of fetched prices in {self.file} were unusable: the file {self.trouble}"
        if self.aside is not None:
            told += f" and is set aside as {self.aside.name}"
        rest = f"{recovered:,} copies were recovered, the others" if recovered else "They"
        return f"{told}. {rest} will be fetched again when they are needed."


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time open and mend the files of a folder; a killed one lets go."""
    lock = folder / "opening.sqlite"  # a lock that works the same on every system; it stays empty
    with closing(sqlite3.connect(lock, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            lock.write_bytes(b"")
            connection.execute("BEGIN EXCLUSIVE")
        yield


def examine(file: Path, backups: Backups) -> str | None:
    """Return what is wrong with a file, as the end of a sentence, or None when it is sound.

    Raises
    ------
    StoreError
        It is of a newer version, or belongs to another program; it is left alone.
    sqlite3.Error, OSError
        It cannot be opened for another reason than damage.
    """
    if not file.exists():
        return "is gone" if backups.all() else None
    try:
        with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
            tables = tables_of(connection)
            if "riskcore_schema" not in tables:
                return _without_tables(file, bool(tables), bool(backups.all()))
            check_not_newer(version_of(connection, backups.part), backups.part)
            check(connection, backups.part)
            return None
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return "was damaged"
        raise


def replace_damaged(file: Path, trouble: str, backups: Backups) -> Rescue:
    """Put the newest sound backup in the place of a damaged file, which is kept under another name."""
    fresh = file.with_suffix(".restoring")
    backup = backups.restore(fresh)  # first, so that a full disk leaves everything as it was
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S%f")
    aside = file.with_name(f"{file.stem}.damaged-{stamp}{file.suffix}")
    for companion in ("", *COMPANIONS):
        beside = file.with_name(file.name + companion)
        if beside.exists():
            os.replace(beside, aside.with_name(aside.name + companion))
    if backup is not None:
        os.replace(fresh, file)
    flush(file.parent)
    return Rescue(file, trouble, aside if aside.exists() else None, backup)


def salvage(damaged: Path, connection: Connection, part: str) -> int:
    """Copy the rows of a damaged file that are whole and that the restored one lacks; return how many."""
    found: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    with closing(sqlite3.connect(damaged, timeout=BUSY_SECONDS)) as source:
        for table in TABLES[part]:
            whole = found.setdefault(table.name, {})
            for order in ORDERS:
                try:
                    for row in rows(source, table.name, order):
                        if set(row) == set(table.columns.keys()) and row["digest"] == seal(row):
                            whole[tuple(row[column.name] for column in table.primary_key)] = row
                except sqlite3.DatabaseError as error:
                    if not is_damage(error):
                        raise
    changed = sum(
        _put(connection, table, row) for table in TABLES[part] for row in found[table.name].values()
    )
    # A name whose versions are all lost would be invisible, and taken for ever.
    for entries, versions in WITH_VERSIONS if part == USER else ():
        owners = select(versions.columns[0])
        changed -= connection.execute(delete(entries).where(entries.columns[0].not_in(owners))).rowcount
    return changed


def _put(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Add a row, or put it in the place of an older one of the same key; 1 where something was changed."""
    same = and_(*(column == row[column.name] for column in table.primary_key))
    present = connection.execute(select(table.c.digest).where(same)).scalar()
    if present == row["digest"]:
        return 0
    try:
        with connection.begin_nested():
            if present is None:
                connection.execute(insert(table).values(row))
            else:
                connection.execute(table.update().where(same).values(row))
    except IntegrityError:
        return 0  # its parent or its name is missing from what could be read; the file set aside has it
    return 1


def _without_tables(file: Path, others: bool, expected: bool) -> str | None:
    if others:
        raise StoreError(
            f"{file} is a database of another program, so nothing was opened or changed. Name another "
            "folder in RISKCORE_HOME.",
            kind="foreign",
        )
    return "was empty" if expected else None
