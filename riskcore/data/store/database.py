"""One database: a SQLite file or a PostgreSQL server, with one way to read and one way to save.

Saving takes the writer's place first (BEGIN IMMEDIATE, or an advisory lock on the server), so what is read
inside a save is still true when it is written.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from riskcore.data.store.faults import BUSY_SECONDS, explained, fault_of
from riskcore.errors import InputError, StoreError

__all__ = ["Database", "open_file", "open_server", "server_url"]

READING = "riskcore_reading"
ONE_WRITER = 7_475_636_307  # any number, the same for every riskcore


class Database:
    """Reads and saves in transactions; every failure is a StoreError.

    Parameters
    ----------
    engine
        SQLAlchemy's engine.
    place
        Where it is, in words without a password.
    file
        The file of SQLite, None for a server.
    """

    def __init__(self, engine: Engine, place: str, file: Path | None = None) -> None:
        self.engine = engine
        self.place = place
        self._file = file
        self._known: int | None = None  # which file the open connections belong to
        self.after_saving: Callable[[], object] = lambda: None

    @contextmanager
    def reading(self, what: str) -> Iterator[Connection]:
        """Give a connection that reads one consistent state."""
        told = explained(f"{what} could not be read", "Nothing was changed.", place=self.place)
        self._follow_file()
        with told, self.engine.connect() as plain:
            connection = plain.execution_options(**{READING: True})
            with connection.begin():
                yield connection

    @contextmanager
    def saving(self, what: str) -> Iterator[Connection]:
        """Give a connection whose changes are all kept when the block ends, or none of them.

        Raises
        ------
        StoreError
            Nothing was saved, or (a server lost in the moment of saving) it is not known whether it was.
        """
        told = explained(f"{what} was not saved", "What was saved before is unchanged.", place=self.place)
        known = self._follow_file()
        with told, self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            try:
                transaction.commit()
            except DBAPIError as error:
                if fault_of(error).kind == "unreachable":
                    raise self._uncertain(what, "the connection to the server broke") from error
                raise
        if self._file is not None and known not in (None, _identity(self._file)):
            raise self._uncertain(what, "another process set the file aside")
        self.after_saving()

    def _follow_file(self) -> int | None:
        """Leave a file that another process has set aside for the one that stands in its place.

        SQLite would go on writing into the file that was moved, where nobody will look for it.
        """
        if self._file is None:
            return None
        present = _identity(self._file)
        if self._known is not None and present is None:
            raise StoreError(
                f"The file of the store is gone ({self.place}). Nothing was changed. Start riskcore again: "
                "it restores the last backup.",
                kind="gone",
            )
        if self._known not in (None, present):
            self.engine.dispose()
        self._known = present
        return present

    def _uncertain(self, what: str, why: str) -> StoreError:
        return StoreError(
            f"{what} may or may not have been saved: {why} in the moment of saving ({self.place}). Look at "
            "the list before you save again.",
            kind="unknown",
        )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_file(file: Path, *, durable: bool) -> Database:
    """Return the database in a SQLite file; the file is made at the first use.

    Parameters
    ----------
    file
        Where it is.
    durable
        Whether a save must survive a power cut (user data), or only a killed process (copies of prices).
    """
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_timeout=BUSY_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return Database(engine, str(file), file)


def _identity(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


def server_url(url: str) -> URL:
    """Return the address of a PostgreSQL server, read from text.

    Raises
    ------
    InputError
        It is not the address of a PostgreSQL database. The text is not repeated: it may hold a password.

    Examples
    --------
    >>> server_url("postgresql://ann@db.example/risk").drivername
    'postgresql+psycopg'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise InputError(
            "RISKCORE_DATABASE_URL is not the address of a PostgreSQL database; write it as "
            "postgresql://user:password@host:5432/database, or leave it out to keep everything in a file."
        )
    return parsed.set(drivername="postgresql+psycopg")


def open_server(url: str) -> Database:
    """Return the database of a PostgreSQL server.

    Raises
    ------
    InputError
        The address is not one of PostgreSQL.
    StoreError
        The driver is not installed.
    """
    address = server_url(url)
    try:
        engine = create_engine(
            address,
            connect_args={} if "connect_timeout" in address.query else {"connect_timeout": BUSY_SECONDS},
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            "RISKCORE_DATABASE_URL asks for PostgreSQL, and its driver is not installed; install "
            "riskcore[postgres], or leave the variable out to keep everything in a file.",
            kind="no driver",
        ) from error

    @event.listens_for(engine, "begin")
    def _one_writer(connection: Connection) -> None:
        if connection.get_execution_options().get(READING):
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            return
        connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_WRITER})

    return Database(engine, f"{address.host or 'local server'}, database {address.database or ''}".rstrip())
