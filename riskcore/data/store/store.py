"""The store: what people saved, and the copies of fetched prices, in files or on a server."""

import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs
from sqlalchemy import Connection, text

from riskcore.data.store.backups import Backups
from riskcore.data.store.database import Database, open_file, open_server
from riskcore.data.store.faults import explained, fault_of
from riskcore.data.store.kept import KeptShelf
from riskcore.data.store.portfolios import PortfolioShelf
from riskcore.data.store.price_sets import PriceSetShelf
from riskcore.data.store.recovery import alone, examine, replace_damaged, salvage
from riskcore.data.store.schema import CACHE, STEPS, TABLES, USER, migrate, stored_version
from riskcore.data.store.series import SeriesShelf
from riskcore.data.store.snapshots import SnapshotShelf
from riskcore.errors import InputError

__all__ = ["Store", "home_folder", "open_store"]


class Store:
    """Portfolios, price sets, snapshots, small named things, fetched prices; made by `open_store`.

    Attributes
    ----------
    portfolios, price_sets, snapshots, kept, series
        What can be saved and read.
    place
        Where it is: a file or a server, without a password.
    messages
        Sentences the reader should see: what was damaged and restored, a backup that could not be made.
    """

    def __init__(
        self,
        user: Database,
        cache: Database,
        *,
        backups: Backups | None = None,
        messages: list[str] | None = None,
    ) -> None:
        self.portfolios = PortfolioShelf(user)
        self.price_sets = PriceSetShelf(user)
        self.snapshots = SnapshotShelf(user)
        self.kept = KeptShelf(user)
        self.series = SeriesShelf(cache)
        self.place = user.place
        self._databases = (user, cache)
        self._backups = backups
        self._messages = messages or []
        self._unsaved = False  # whether something has been saved that no backup has
        user.after_saving = self._after_saving

    @property
    def messages(self) -> tuple[str, ...]:
        """What the reader should know, in order."""
        return tuple(self._messages)

    def back_up(self) -> None:
        """Make a backup now; one that fails is a message, because what was saved is saved all the same."""
        if self._backups is None:
            return
        try:
            self._backups.make()
            self._unsaved = False
        except (sqlite3.Error, OSError) as error:
            fault = fault_of(error)
            told = f"Everything is saved, but no new backup could be made: {fault.reason}. {fault.advice}"
            if told not in self._messages:
                self._messages.append(told)

    def close(self) -> None:
        """Back up what no backup has yet, and close."""
        if self._unsaved:
            self.back_up()
        for database in self._databases:
            database.close()

    def _after_saving(self) -> None:
        self._unsaved = True
        if self._backups is not None and self._backups.due():
            self.back_up()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()


def open_store(url: str | None = None, home: str | os.PathLike[str] | None = None) -> Store:
    """Open the store, made new, brought up to date or mended where necessary.

    Parameters
    ----------
    url
        Address of a PostgreSQL database; RISKCORE_DATABASE_URL when neither this nor `home` is given.
    home
        Folder for the files of the store; RISKCORE_HOME, or the user's data folder, when omitted.

    Returns
    -------
    Store
        Read its `messages`: they say what was damaged, restored or could not be backed up.

    Raises
    ------
    InputError
        The address is not one of PostgreSQL, or both are given.
    StoreError
        It cannot be opened, is of a newer version or belongs to another program; nothing was changed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, open_store(home=folder) as store:
    ...     saved = store.portfolios.save("60/40", {"SPY": 0.6, "BND": 0.4}, note="first")
    ...     again = store.portfolios.save("60/40", {"SPY": 0.5, "BND": 0.5}, note="less stocks")
    ...     [(p.version, dict(p.positions)) for p in store.portfolios.versions(saved.key)]
    [(2, {'SPY': 0.5, 'BND': 0.5}), (1, {'SPY': 0.6, 'BND': 0.4})]
    """
    if url is not None and home is not None:
        raise InputError("Give the store an address or a folder, not both.")
    address = url if home is not None or url is not None else os.environ.get("RISKCORE_DATABASE_URL")
    return _on_server(address) if address else _in_files(home_folder(home))


def home_folder(home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the store: as given, RISKCORE_HOME, or the user's data folder.

    Examples
    --------
    >>> home_folder("data").name
    'data'
    """
    named = home or os.environ.get("RISKCORE_HOME")
    folder = Path(named) if named else Path(platformdirs.user_data_dir("riskcore", appauthor=False))
    return folder.expanduser().absolute()


def _on_server(url: str) -> Store:
    database = open_server(url)
    for part in (USER, CACHE):
        with database.reading("The store") as connection:
            version = stored_version(connection, part)
        if version == len(STEPS[part]):
            continue
        with database.saving("The new form of the store") as connection:
            if version and part == USER:
                _copy_tables(connection, part)
            migrate(connection, part)
    return Store(database, database)


def _copy_tables(connection: Connection, part: str) -> None:
    """Keep the tables as they are before a step; on a server the copy and the step are one transaction."""
    version = stored_version(connection, part)
    for table in TABLES[part]:
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table.name}) is not None:
            connection.execute(
                text(f"CREATE TABLE IF NOT EXISTS {table.name}_version_{version} AS TABLE {table.name}")
            )


def _in_files(folder: Path) -> Store:
    messages: list[str] = []
    backups = Backups(folder / "riskcore.sqlite")
    nothing = "Nothing was changed."
    with explained("The store could not be opened", nothing, place=str(folder)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(folder):
            user = _ready(backups, messages)
            copies = folder / "prices.sqlite"
            cache = _ready(Backups(copies, CACHE), messages)
    store = Store(user, cache, backups=backups, messages=messages)
    if backups.due():
        store.back_up()
    return store


def _ready(backups: Backups, messages: list[str]) -> Database:
    """Return the database of a file that is sound and of the present version; messages say what was done."""
    file, part = backups.file, backups.part
    trouble = examine(file, backups)
    rescue = None if trouble is None else replace_damaged(file, trouble, backups)
    database = open_file(file, durable=part == USER)
    with database.reading("The store") as connection:
        version = stored_version(connection, part)
    if version != len(STEPS[part]):
        if version and part == USER:
            backups.make()
        with database.saving("The new form of the store") as connection:
            migrate(connection, part)
    if rescue is not None:
        recovered = 0
        if rescue.aside is not None:
            with database.saving("What the damaged file still holds") as connection:
                recovered = salvage(rescue.aside, connection, part)
        told = rescue.sentence if part == USER else rescue.sentence_of_copies
        messages.append(told(recovered))
    return database
