"""Whether a SQLite file is whole: its pages by SQLite's own check, its rows by their seals."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from riskcore.data.store.schema import TABLES, seal

__all__ = ["check", "rows", "tables_of", "version_of"]


def check(connection: sqlite3.Connection, part: str) -> None:
    """Read everything once.

    Raises
    ------
    sqlite3.DatabaseError
        A page or a row is damaged; the code is that of a damaged file.
    """
    with _reading(connection):
        _check(connection, part)


def _check(connection: sqlite3.Connection, part: str) -> None:
    # The quick check would not notice an index that has lost a row.
    (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
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
    with _reading(connection):
        listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name for (name,) in listed}


def rows(connection: sqlite3.Connection, table: str, order: str = "ASC") -> Iterator[dict[str, Any]]:
    """Give the rows of a table in the order they lie in the file; bytes that are no text do not stop it."""
    with _reading(connection):
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def version_of(connection: sqlite3.Connection, part: str) -> int:
    """Return the version of the tables of a part, 0 where none is written down."""
    with _reading(connection):
        row = connection.execute("SELECT version FROM riskcore_schema WHERE part = ?", (part,)).fetchone()
    if row is not None and not isinstance(row[0], int):
        raise _damaged("the version is no number")
    return 0 if row is None else row[0]


@contextmanager
def _reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Call damage what can be nothing else in statements that are known to be right.

    A damaged list of tables makes SQLite miss them, or complain in bytes that are no text.
    """
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    except UnicodeDecodeError as error:
        raise _damaged("its texts are no text") from error
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            raise _damaged(str(error)) from error
        raise


def _damaged(words: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(words)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
