"""Backups of the file with what people saved: made while it is in use, checked, and the last few kept."""

import filecmp
import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from riskcore.data.store.schema import USER
from riskcore.data.store.soundness import check

__all__ = ["BACKUP_EVERY", "KEPT", "Backups", "flush"]

BACKUP_EVERY = 120.0  # seconds between two backups while things are being saved
KEPT = 8


class Backups:
    """The backups of one SQLite file, each whole when it was made, in a folder beside it.

    Parameters
    ----------
    file
        The file that is backed up.
    part
        Which tables are in it.
    """

    def __init__(self, file: Path, part: str = USER) -> None:
        self.file = file
        self.part = part
        self.folder = file.parent / "backups"

    def all(self) -> list[Path]:
        """Return the backups, the newest first; the time is in the name."""
        return sorted(self.folder.glob(f"{self.file.stem}-*.sqlite"), reverse=True)

    def due(self) -> bool:
        """Whether the newest backup is older than two minutes, or there is none."""
        newest = self.all()[:1]
        return not newest or abs(time.time() - newest[0].stat().st_mtime) > BACKUP_EVERY

    def make(self) -> Path:
        """Make a backup, unless nothing has changed since the newest, and return the newest.

        Raises
        ------
        sqlite3.Error, OSError
            There is no room, no right, or the file is damaged; the older backups stay.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        made = self.folder / f"{self.file.stem}-{stamp}.sqlite"
        unfinished = made.with_suffix(f".{os.getpid()}.part")
        try:
            self._copy(unfinished)
            newest = self.all()[:1]
            if newest and filecmp.cmp(unfinished, newest[0], shallow=False):
                os.utime(newest[0])
                return newest[0]
            os.replace(unfinished, made)
            flush(self.folder)
        finally:
            unfinished.unlink(missing_ok=True)
        self._thin()
        return made

    def restore(self, target: Path) -> Path | None:
        """Copy the newest sound backup to `target` and return it; None where there is none."""
        for backup in self.all():
            with closing(sqlite3.connect(backup)) as connection:
                try:
                    check(connection, self.part)
                except sqlite3.DatabaseError:
                    continue  # the next older one is tried, and none at all is said by the caller
            shutil.copyfile(backup, target)
            flush(target)
            return backup
        return None

    def _copy(self, target: Path) -> None:
        with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            check(copy, self.part)
        flush(target)

    def _thin(self) -> None:
        for old in self.all()[KEPT:]:
            old.unlink(missing_ok=True)
        for part in self.folder.glob("*.part"):  # what a killed process has left
            if time.time() - part.stat().st_mtime > 3600:
                part.unlink(missing_ok=True)


def time_of(backup: Path) -> str:
    """Return when a backup was made, in UTC, for a sentence."""
    stamp = backup.stem.rpartition("-")[2]
    return f"{datetime.strptime(stamp, '%Y%m%dT%H%M%S%f'):%Y-%m-%d %H:%M} UTC"


def flush(path: Path) -> None:
    """Make sure that a file, or the names in a folder, have reached the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows writes names by itself and opens no folders
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
