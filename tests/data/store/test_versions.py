"""Stores of older and newer versions: brought forward in order with a backup before, or refused unchanged."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from riskcore.data.store import open_store
from riskcore.data.store.backups import Backups
from riskcore.data.store.database import server_url
from riskcore.data.store.schema import CACHE, STEPS, TABLES, USER
from riskcore.errors import StoreError

VERSION_1 = Path(__file__).with_name("version_1.sql")
VERSION_2 = Path(__file__).with_name("version_2.sql")


def query(store, words):
    with store.portfolios._database.reading("x") as connection:
        return connection.execute(text(words)).all()


def change(where, *statements):
    with open_store(**where) as store, store.portfolios._database.saving("x") as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_store_that_version_1_wrote_opens_with_everything_in_it(tmp_path):
    with closing(sqlite3.connect(tmp_path / "riskcore.sqlite")) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
    with open_store(home=tmp_path) as store:
        assert store.messages == ()
        assert query(store, "SELECT version FROM riskcore_schema") == [(len(STEPS[USER]),)]
        (mine,) = store.portfolios.all()
        assert (mine.name, mine.version, mine.note, mine.author) == ("Müller 基金 🚀", 2, "second", "Bob")
        assert (mine.positions, mine.details) == ({"SPY": 1 / 3, "BND": 2 / 3}, {"currency": "EUR"})
        assert store.portfolios.load(mine.key, 1).positions == {"SPY": 0.6, "BND": 0.4}
        (gone,) = store.portfolios.all(deleted=True)
        assert (gone.kind, gone.positions) == ("shares", {"SPY": -12.0})
        (about,) = store.price_sets.all()
        assert (about.recipe, about.fetched_at) == ({"fill": 3}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        prices = store.price_sets.load("file-1")
        assert prices.fingerprint == about.fingerprint
        assert prices.prices["SPY"].tolist() == [100.0, 101.5, 1 / 3]
        assert store.snapshots.freeze("new", {}, schema_version=1).title == "new"
    backup = Backups(tmp_path / "riskcore.sqlite").all()[-1]
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT version FROM riskcore_schema").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM portfolio_versions").fetchall() == [(3,)]


def test_a_store_that_version_2_wrote_opens_with_a_shelf_for_smaller_things(where):
    statements = VERSION_2.read_text("utf-8").replace("BLOB", "BYTEA" if "url" in where else "BLOB")
    begin, commit = "BEGIN TRANSACTION;", "COMMIT;"
    body = statements[statements.index(begin) + len(begin) : statements.index(commit)]
    if "url" in where:
        # SQLite lists tables by name; a server wants the table that is referred to first.
        parts = [part.strip() for part in body.split(";\n") if part.strip()]
        referring = [part for part in parts if "REFERENCES" in part or part.startswith("INSERT")]
        engine = create_engine(server_url(where["url"]))
        with engine.begin() as connection:
            for part in [p for p in parts if p not in referring] + sorted(referring, key=_rank):
                connection.exec_driver_sql(part)
        engine.dispose()
    else:
        home = Path(where["home"])
        home.mkdir()
        with closing(sqlite3.connect(home / "riskcore.sqlite")) as connection:
            connection.executescript(statements)
    with open_store(**where) as store:
        assert store.messages == ()
        (mine,) = store.portfolios.all()
        assert (mine.positions, mine.note) == ({"SPY": 0.6, "BND": 0.4}, "n")
        (frozen,) = store.snapshots.all()
        assert frozen.content == {"weights": {"SPY": 1 / 3}, "words": ["é", None, 2]}
        assert store.kept.all("stress") == ()
        saved = store.kept.save("stress", "Oil shock", {"SPY": -0.1})
    with open_store(**where) as store:
        assert store.kept.load("stress", "Oil shock") == saved
        assert store.portfolios.all() == (mine,)


def _rank(statement):
    return (statement.startswith("INSERT"), "portfolio_versions" in statement.split("VALUES")[0])


def test_steps_are_taken_in_order_with_a_copy_before_them(where, monkeypatch):
    with open_store(**where) as store:
        saved = store.portfolios.save("Mine", {"A": 1.0})
    latest = len(STEPS[USER])
    steps = (
        ("CREATE TABLE limits (name TEXT NOT NULL, content {bytes})",),
        ("ALTER TABLE limits ADD COLUMN author TEXT", "INSERT INTO limits (name) VALUES ('first')"),
    )
    monkeypatch.setitem(STEPS, USER, (*STEPS[USER], *steps))
    with open_store(**where) as store:
        assert store.portfolios.all() == (saved,)
        assert query(store, "SELECT name, author FROM limits") == [("first", None)]
        versions = query(store, "SELECT version FROM riskcore_schema ORDER BY version")
        assert versions[-1] == (latest + 2,)
        if "url" in where:
            assert query(store, f"SELECT name FROM portfolios_version_{latest}") == [("Mine",)]


def test_a_step_that_fails_leaves_the_store_as_it_was(where, monkeypatch):
    with open_store(**where) as store:
        saved = store.portfolios.save("Mine", {"A": 1.0})
    steps = (("CREATE TABLE half_done (x TEXT)",), ("INSERT INTO no_such_table VALUES (1)",))
    with monkeypatch.context() as patch:
        patch.setitem(STEPS, USER, (*STEPS[USER], *steps))
        with pytest.raises(StoreError, match="The new form of the store was not saved") as caught:
            open_store(**where)
        assert "What was saved before is unchanged." in str(caught.value)
    with open_store(**where) as store:
        assert store.portfolios.all() == (saved,)
        with store.portfolios._database.reading("x") as connection:
            assert not inspect(connection).has_table("half_done")


@pytest.mark.parametrize("part", [USER, CACHE])
def test_a_newer_store_is_refused_and_left_as_it_is(where, tmp_path, part):
    with open_store(**where) as store:
        store.portfolios.save("Mine", {"A": 1.0})
        shelf = store.portfolios if part == USER else store.series
        with shelf._database.saving("x") as connection:
            connection.execute(text(f"UPDATE riskcore_schema SET version = 99 WHERE part = '{part}'"))
            connection.execute(text("CREATE TABLE from_the_future (x TEXT)"))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.sqlite")}
    with pytest.raises(
        StoreError, match=r"written by a newer riskcore \(its tables are version 99"
    ) as caught:
        open_store(**where)
    assert "Nothing was changed. Update riskcore" in str(caught.value)
    assert caught.value.details["kind"] == "newer"
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.sqlite")} == before


def test_the_steps_lead_to_the_tables_that_the_program_uses(where):
    with open_store(**where) as store:
        for part, shelf in ((USER, store.portfolios), (CACHE, store.series)):
            with shelf._database.reading("x") as connection:
                found = inspect(connection)
                for table in TABLES[part]:
                    columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
                    assert columns == {c.name: bool(c.nullable) for c in table.columns}, table.name
                    key = found.get_pk_constraint(table.name)["constrained_columns"]
                    assert key == [c.name for c in table.primary_key], table.name


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO portfolio_versions VALUES ('nobody', 1, 'weights', '{}', '{}', '', '', '', '')",
        "INSERT INTO price_set_versions VALUES ('x', 1, '', 'none', '', '', '', NULL, '', '', '', '')",
        "INSERT INTO document_versions VALUES ('nobody', 1, '{}', '', '', '', '')",
        "DELETE FROM portfolios",
    ],
)
def test_the_database_itself_refuses_versions_without_their_entry(where, statement):
    with open_store(**where) as store:
        saved = store.portfolios.save("Mine", {"A": 1.0})
    with pytest.raises(StoreError, match="x was not saved"):
        change(where, statement)
    with open_store(**where) as store:
        assert store.portfolios.all() == (saved,)
