"""Whether a SQLite file is whole: its pages by SQLite's own check, its rows by their seals."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from riskcore.data.store.schema import TABLES, seal

__all__ = ["check", "rows", "tables_of"]


def check(connection: sqlite3.Connection, part: str) -> None:
    """Read everything once.

    Raises
    ------
    sqlite3.DatabaseError
        A page or a row is damaged; the code is that of a damaged file.
    """
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise _damaged(str(answer))
    present = tables_of(connection)
    for table in TABLES[part]:
        if table.name in present:
            for row in rows(connection, table.name):
                if row["digest"] != seal(row):
                    raise _damaged(f"a row of {table.name} is not what was saved")


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the tables."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def rows(connection: sqlite3.Connection, table: str, order: str = "ASC") -> Iterator[dict[str, Any]]:
    """Give the rows of a table in the order they lie in the file; bytes that are no text do not stop it."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    cursor = connection.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _damaged(words: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(words)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
