"""Failures of disks and servers, and addresses that are none: each one sentence."""

import errno
import socket
import sqlite3

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from riskcore.data.store import home_folder, open_store
from riskcore.data.store.database import server_url
from riskcore.data.store.faults import explained, fault_of
from riskcore.errors import InputError, RiskcoreError, StoreError


class ServerError(Exception):
    def __init__(self, sqlstate):
        super().__init__("eine\nübersetzte Meldung")
        self.sqlstate = sqlstate


def from_server(code):
    return DBAPIError("SELECT 1", {}, ServerError(code))


def from_sqlite(code):
    error = sqlite3.OperationalError("words that may change")
    error.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, error)


KINDS = {
    "full": [
        from_sqlite(sqlite3.SQLITE_FULL),
        from_server("53100"),
        OSError(errno.ENOSPC, ""),
        OSError(errno.EDQUOT, ""),
    ],
    "busy": [from_sqlite(sqlite3.SQLITE_BUSY), from_sqlite(517), from_server("55P03"), from_server("40P01")],
    "read-only": [
        from_sqlite(sqlite3.SQLITE_READONLY),
        from_server("25006"),
        from_server("42501"),
        OSError(errno.EROFS, ""),
    ],
    "no access": [
        from_sqlite(sqlite3.SQLITE_CANTOPEN),
        PermissionError(errno.EACCES, ""),
        NotADirectoryError(errno.ENOTDIR, ""),
    ],
    "damaged": [
        from_sqlite(sqlite3.SQLITE_CORRUPT),
        from_sqlite(sqlite3.SQLITE_NOTADB),
        from_sqlite(267),
        UnicodeDecodeError("utf-8", b"x", 0, 1, ""),
    ],
    "device": [
        from_sqlite(sqlite3.SQLITE_IOERR),
        from_sqlite(778),
        OSError(errno.EIO, ""),
        from_server("58030"),
    ],
    "unreachable": [from_server("57P01"), from_server("28P01"), from_server("3D000"), from_server("08006")],
    "unforeseen": [
        from_sqlite(sqlite3.SQLITE_ERROR),
        from_server("42P01"),
        DBAPIError("x", {}, ValueError("?")),
    ],
}


@pytest.mark.parametrize(("kind", "error"), [(k, e) for k, errors in KINDS.items() for e in errors])
def test_every_failure_is_one_sentence_of_its_kind(kind, error):
    assert fault_of(error).kind == kind
    with pytest.raises(StoreError) as caught, explained("X was not saved", "Y is unchanged.", place="here"):
        raise error
    sentence = str(caught.value)
    assert sentence.startswith("X was not saved: ")
    assert "(here). Y is unchanged. " in sentence
    assert "\n" not in sentence
    assert caught.value.details["kind"] == kind
    assert isinstance(caught.value, RiskcoreError)


def test_mistakes_in_the_program_are_not_explained_away():
    with pytest.raises(KeyError), explained("X", "Y", place="here"):
        raise KeyError("a mistake")


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///x.db",
        "mysql://a:secret@b/c",
        "no address",
        "postgresql",
        "http://secret@x",
        "://",
        "postgresql://h:port/x",
    ],
)
def test_an_address_that_is_not_of_postgresql_is_refused_without_repeating_it(address, monkeypatch):
    monkeypatch.setenv("RISKCORE_DATABASE_URL", address)
    with pytest.raises(
        InputError, match="RISKCORE_DATABASE_URL is not the address of a PostgreSQL"
    ) as caught:
        open_store()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_the_usual_spellings_of_an_address_are_read(scheme):
    assert server_url(f"{scheme}://a:b@c:1/d").drivername == "postgresql+psycopg"


def test_a_server_that_does_not_answer_is_explained_without_the_password():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # nobody listens here
        with pytest.raises(
            StoreError, match="The store could not be read: the database server does"
        ) as caught:
            open_store(url=f"postgresql://ann:secret@127.0.0.1:{port}/risk")
    assert caught.value.details["kind"] == "unreachable"
    assert "Nothing was changed." in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_connection_that_the_server_ends_is_explained_and_the_next_call_works(server):
    with open_store(url=server) as store:
        saved = store.portfolios.save("Mine", {"A": 1.0})
        other = create_engine(server_url(server))

        def end_it(connection):
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            with other.connect() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

        database = store.portfolios._database
        with pytest.raises(StoreError, match="“It” was not saved: the database server does not answer"):
            with database.saving("“It”") as connection:
                end_it(connection)
                connection.execute(text("SELECT 1"))
        with pytest.raises(StoreError, match="“It” may or may not have been saved: the connection"):
            with database.saving("“It”") as connection:
                connection.execute(text("SELECT 1"))
                end_it(connection)
        other.dispose()
        assert store.portfolios.all() == (saved,)


@pytest.mark.slow
def test_a_server_kept_busy_by_another_writer_is_explained_and_can_be_read(server):
    with open_store(url=server) as store, open_store(url=server) as other:
        saved = store.portfolios.save("Mine", {"A": 1.0})
        with other.portfolios._database.saving("x"):
            with pytest.raises(StoreError, match="“Mine” was not saved: the store has been busy"):
                store.portfolios.save("Mine", {"A": 2.0})
            assert store.portfolios.all() == (saved,)


def test_a_missing_driver_is_explained(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"install riskcore\[postgres\]"):
        open_store(url="postgresql://a@b/c")


def test_an_address_and_a_folder_are_one_too_many(tmp_path):
    with pytest.raises(InputError, match="an address or a folder, not both"):
        open_store(url="postgresql://a@b/c", home=tmp_path)


def test_where_the_store_is(tmp_path, monkeypatch):
    monkeypatch.delenv("RISKCORE_DATABASE_URL", raising=False)
    monkeypatch.setenv("RISKCORE_HOME", str(tmp_path / "a"))
    with open_store() as store:
        assert store.place == str(tmp_path / "a" / "riskcore.sqlite")
    monkeypatch.setenv("RISKCORE_DATABASE_URL", "no address")
    with open_store(home=tmp_path / "b") as store:
        assert store.place == str(tmp_path / "b" / "riskcore.sqlite")
    monkeypatch.delenv("RISKCORE_HOME")
    assert "riskcore" in home_folder().name


def test_the_server_is_used_when_the_environment_names_it(server, monkeypatch):
    monkeypatch.setenv("RISKCORE_DATABASE_URL", server)
    with open_store() as store:
        assert "database" in store.place
        store.back_up()
        assert store.messages == ()
