"""The tables of the store, the steps that lead from each version of them to the next, and their seals.

A new store takes every step from the first, so a step that was ever released is never edited: a change is a
new step at the end. Text is compared by its bytes on both databases.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from riskcore.errors import StoreError

__all__ = ["CACHE", "STEPS", "TABLES", "USER", "migrate", "seal", "sealed", "stored_version"]

USER, CACHE = "user", "cache"

metadata = MetaData()
versions = Table(
    "riskcore_schema",
    metadata,
    Column("part", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
portfolios = Table(
    "portfolios",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("digest", Text, nullable=False),
)
portfolio_versions = Table(
    "portfolio_versions",
    metadata,
    Column("portfolio_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("positions", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
price_contents = Table(
    "price_contents",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
price_sets = Table(
    "price_sets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("digest", Text, nullable=False),
)
price_set_versions = Table(
    "price_set_versions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("fetched_at", Text),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("frozen_at", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("digest", Text, nullable=False),
)
document_versions = Table(
    "document_versions",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
series = Table(
    "series",
    metadata,
    Column("ticker", Text, primary_key=True),
    Column("about", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("fetched_at", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
)

# Parents first, so that rows can be copied in this order.
TABLES: Mapping[str, tuple[Table, ...]] = {
    USER: (
        portfolios,
        portfolio_versions,
        price_contents,
        price_sets,
        price_set_versions,
        snapshots,
        documents,
        document_versions,
    ),
    CACHE: (series,),
}

_FIRST = (
    """CREATE TABLE portfolios (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, deleted_at TEXT,
        digest TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX one_portfolio_of_a_name ON portfolios (name) WHERE deleted_at IS NULL",
    """CREATE TABLE portfolio_versions (
        portfolio_id TEXT NOT NULL REFERENCES portfolios (id), version INTEGER NOT NULL, kind TEXT NOT NULL,
        positions TEXT NOT NULL, details TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL,
        saved_at TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (portfolio_id, version))""",
    "CREATE TABLE price_contents (digest TEXT NOT NULL PRIMARY KEY, content {bytes} NOT NULL)",
    """CREATE TABLE price_sets (
        key TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, deleted_at TEXT,
        digest TEXT NOT NULL)""",
    """CREATE TABLE price_set_versions (
        key TEXT NOT NULL REFERENCES price_sets (key), version INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        content TEXT NOT NULL REFERENCES price_contents (digest), about TEXT NOT NULL, recipe TEXT NOT NULL,
        source TEXT NOT NULL, fetched_at TEXT, note TEXT NOT NULL, author TEXT NOT NULL,
        saved_at TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (key, version))""",
)
_SNAPSHOTS = (
    """CREATE TABLE snapshots (
        id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, schema_version INTEGER NOT NULL,
        content TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL, frozen_at TEXT NOT NULL,
        digest TEXT NOT NULL)""",
)
_SERIES = (
    """CREATE TABLE series (
        ticker TEXT NOT NULL PRIMARY KEY, about TEXT NOT NULL, source TEXT NOT NULL,
        fetched_at TEXT NOT NULL, content {bytes} NOT NULL, digest TEXT NOT NULL)""",
)
_DOCUMENTS = (
    """CREATE TABLE documents (
        id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, created_at TEXT NOT NULL,
        deleted_at TEXT, digest TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX one_document_of_a_name ON documents (kind, name) WHERE deleted_at IS NULL",
    """CREATE TABLE document_versions (
        document_id TEXT NOT NULL REFERENCES documents (id), version INTEGER NOT NULL, content TEXT NOT NULL,
        note TEXT NOT NULL, author TEXT NOT NULL, saved_at TEXT NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (document_id, version))""",
)
# Step n leads from version n − 1 to version n. On SQLite the two parts are two files, on PostgreSQL one.
STEPS: dict[str, tuple[tuple[str, ...], ...]] = {USER: (_FIRST, _SNAPSHOTS, _DOCUMENTS), CACHE: (_SERIES,)}
BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def stored_version(connection: Connection, part: str) -> int:
    """Return the version of the tables of a part, 0 where there are none."""
    if not inspect(connection).has_table(versions.name):
        return 0
    found = connection.scalar(select(versions.c.version).where(versions.c.part == part))
    return 0 if found is None else int(found)


def migrate(connection: Connection, part: str) -> None:
    """Take every step that is missing, in order, within the transaction of the caller.

    Raises
    ------
    StoreError
        The tables are of a newer version than this program knows; nothing is touched.
    """
    version = stored_version(connection, part)
    check_not_newer(version, part)
    if version == len(STEPS[part]):
        return
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS riskcore_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL)")
    )
    kind = BYTES[connection.dialect.name]
    for step in STEPS[part][version:]:
        for statement in step:
            connection.execute(text(statement.replace("{bytes}", kind)))
    latest = {"version": len(STEPS[part])}
    if version:
        connection.execute(update(versions).where(versions.c.part == part).values(latest))
    else:
        connection.execute(insert(versions).values(latest | {"part": part}))


def check_not_newer(version: int, part: str) -> None:
    """Refuse tables that a newer program has written."""
    known = len(STEPS[part])
    if version > known:
        raise StoreError(
            f"The store was written by a newer riskcore (its tables are version {version}, this program "
            f"knows version {known}). Nothing was changed. Update riskcore, or name another folder in "
            "RISKCORE_HOME.",
            kind="newer",
            version=version,
        )


def seal(row: Mapping[Any, Any]) -> str:
    """Return the digest of a row, by which damage that the database does not notice is found.

    Examples
    --------
    >>> seal({"id": "1", "name": "A"}) == seal({"name": "A", "id": "1", "digest": "anything"})
    True
    """
    plain = {
        column: blake2b(value, digest_size=16).hexdigest() if isinstance(value, bytes) else value
        for column, value in sorted(row.items())
        if column != "digest"
    }
    if set(plain) == {"content"}:  # the content of a price set is named by its own digest
        return str(plain["content"])
    return blake2b(json.dumps(plain).encode("ascii"), digest_size=16).hexdigest()


def sealed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with its digest."""
    return {**row, "digest": seal(row)}
