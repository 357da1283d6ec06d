"""Saved portfolios: weights or shares under a name, with every version ever saved."""

import json
import math
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
from riskcore.errors import InputError, MissingDataError
from riskcore.portfolio import Portfolio

__all__ = ["KINDS", "PortfolioShelf", "SavedPortfolio"]

# Shares drift with prices, weights do not.
KINDS = ("weights", "shares")


@dataclass(frozen=True)
class SavedPortfolio:
    """One version of a saved portfolio.

    Parameters
    ----------
    key
        Identity, the same for all versions and names of this portfolio.
    name
        What the person called it, byte for byte.
    version
        1 for the first save, one more for every change.
    kind
        "weights" (fractions of the value) or "shares" (pieces held, short ones negative).
    positions
        Asset to weight or shares, in the order given.
    details
        What else was saved with it: currency, value, data set.
    note, author, saved_at
        Why, by whom and when (UTC).
    deleted_at
        When the portfolio was deleted; None while it is in the list.
    """

    key: str
    name: str
    version: int
    kind: str
    positions: Mapping[str, float]
    details: Mapping[str, Any]
    note: str
    author: str
    saved_at: datetime
    deleted_at: datetime | None

    def portfolio(self) -> Portfolio:
        """Return the weights as a Portfolio.

        Raises
        ------
        InputError
            It holds shares, which become weights only with prices.
        """
        if self.kind != "weights":
            raise InputError(
                f"{shown(self.name)} holds {self.kind}; multiply them by prices first to get weights.",
                name=self.name,
            )
        return Portfolio(self.name, dict(self.positions))


class PortfolioShelf(Shelf):
    """Saves, lists, renames, duplicates, deletes and restores portfolios; `Store.portfolios`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, schema.portfolios, schema.portfolio_versions, "the portfolio")

    def save(
        self,
        name: str,
        positions: Mapping[str, float],
        *,
        kind: str = "weights",
        details: Mapping[str, Any] | None = None,
        note: str = "",
        author: str = "",
    ) -> SavedPortfolio:
        """Save a portfolio: a new one, or a new version of the one in the list that has exactly this name.

        What is saved already, with the same note, makes no new version. No version is ever overwritten.

        Parameters
        ----------
        name
            Up to 200 characters, kept byte for byte; "My Portfolio" and "my portfolio" are two.
        positions
            Asset to weight (fraction) or shares, finite.
        kind
            "weights" or "shares".
        details
            What belongs to it (currency, value, data set), made of texts, numbers, lists and mappings.
        note, author
            For the history of versions.

        Returns
        -------
        SavedPortfolio
            What is in the store now; when this returns, it is on the disk.

        Raises
        ------
        InputError
            The name, a position, the kind or the details cannot be saved.
        StoreError
            Nothing was saved, and why.
        """
        checked_name(name)
        row = {
            "kind": _checked_kind(kind),
            "positions": as_json(_checked_positions(positions), "positions"),
            "details": as_json(dict(details or {}), "details"),
            "note": checked_text(note, "note"),
            "author": checked_text(author, "author"),
        }
        with self._database.saving(self._called(name)) as connection:
            key = self._key_of(connection, name)
            if key is None:
                key = uuid4().hex
                self._add_entry(connection, key, name)
                return _saved(self._append(connection, key, 1, row))
            newest = self._version(connection, key, None)
            if all(newest[column] == value for column, value in row.items() if column != "author"):
                return _saved(newest)
            return _saved(self._append(connection, key, newest["version"] + 1, row))

    def load(self, key: str, version: int | None = None) -> SavedPortfolio:
        """Return the newest version of a portfolio, or the one asked for; deleted ones too.

        Raises
        ------
        InputError
            There is no such portfolio or version.
        """
        with self._database.reading("The portfolio") as connection:
            return _saved(self._version(connection, key, version))

    def find(self, name: str) -> SavedPortfolio | None:
        """Return the newest version of the portfolio in the list with exactly this name, None without one."""
        with self._database.reading(self._called(name)) as connection:
            key = self._key_of(connection, name)
            return None if key is None else _saved(self._version(connection, key, None))

    def all(self, *, deleted: bool = False) -> tuple[SavedPortfolio, ...]:
        """Return the newest version of every portfolio in the list (or deleted), the last saved first."""
        with self._database.reading("The list of portfolios") as connection:
            return tuple(_saved(row) for row in self._newest(connection, deleted=deleted))

    def versions(self, key: str) -> tuple[SavedPortfolio, ...]:
        """Return every version of a portfolio, the newest first.

        Raises
        ------
        InputError
            There is no such portfolio.
        """
        with self._database.reading("The versions of the portfolio") as connection:
            return tuple(_saved(row) for row in self._all_versions(connection, key))

    def duplicate(self, key: str, name: str, *, author: str = "") -> SavedPortfolio:
        """Save the newest version of a portfolio as the first of a new one.

        Raises
        ------
        InputError
            The name cannot be used or is taken, or there is no such portfolio.
        """
        checked_name(name)
        with self._database.saving(self._called(name)) as connection:
            source = self._version(connection, key, None)
            if self._key_of(connection, name) is not None:
                raise self._taken(name)
            copy = uuid4().hex
            self._add_entry(connection, copy, name)
            row = {column: source[column] for column in ("kind", "positions", "details", "note")}
            row["author"] = checked_text(author, "author") or source["author"]
            return _saved(self._append(connection, copy, 1, row))

    def _key_of(self, connection: Connection, name: str) -> str | None:
        table = schema.portfolios
        return connection.scalar(select(table.c.id).where(table.c.name == name, table.c.deleted_at.is_(None)))

    def _append(
        self, connection: Connection, key: str, version: int, row: Mapping[str, Any]
    ) -> dict[str, Any]:
        full = sealed({"portfolio_id": key, "version": version, **row, "saved_at": now()})
        connection.execute(insert(schema.portfolio_versions).values(full))
        return self._entry(connection, key) | full


def _saved(row: Mapping[str, Any]) -> SavedPortfolio:
    gone = row["deleted_at"]
    return SavedPortfolio(
        key=row["id"],
        name=row["name"],
        version=row["version"],
        kind=row["kind"],
        positions=MappingProxyType(json.loads(row["positions"])),
        details=MappingProxyType(json.loads(row["details"])),
        note=row["note"],
        author=row["author"],
        saved_at=read_time(row["saved_at"]),
        deleted_at=None if gone is None else read_time(gone),
    )


def _checked_kind(kind: str) -> str:
    if kind not in KINDS:
        raise InputError(f"A portfolio holds weights or shares, not {str(kind)[:40]!r}.", kind=kind)
    return kind


def _checked_positions(positions: Mapping[str, float]) -> dict[str, float]:
    if not positions:
        raise MissingDataError("A portfolio needs at least one position to be saved.")
    checked: dict[str, float] = {}
    for asset, amount in positions.items():
        if not isinstance(asset, str) or not asset.strip():
            raise InputError(f"The asset {asset!r} is no name; name every position.")
        try:
            value = float(amount)
        except (TypeError, ValueError):
            raise InputError(f"The position in {shown(asset)} is no number.", asset=asset) from None
        if not math.isfinite(value):
            raise MissingDataError(f"The position in {shown(asset)} is {value}, not a number.", asset=asset)
        checked[asset] = value
    return checked
