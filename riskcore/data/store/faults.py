"""What went wrong with a disk or a server, in one sentence that says what was saved and what was not.

The codes of SQLite and PostgreSQL are read, never their messages: those change, and are translated.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from riskcore.errors import StoreError

__all__ = ["BUSY_SECONDS", "Fault", "explained", "fault_of", "is_damage"]

BUSY_SECONDS = 5


@dataclass(frozen=True)
class Fault:
    """A kind of failure: its name, the reason for the sentence, and what to try."""

    kind: str
    reason: str
    advice: str


FULL = Fault("full", "the disk is full", "Free some space and try again.")
BUSY = Fault("busy", f"the store has been busy with others for {BUSY_SECONDS} seconds", "Try again.")
READ_ONLY = Fault(
    "read-only",
    "the store may be read but not written",
    "Ask for the right to write there, or name another folder in RISKCORE_HOME.",
)
NO_ACCESS = Fault(
    "no access",
    "its folder or file cannot be opened or made",
    "Ask for the right to write there, or name another folder in RISKCORE_HOME.",
)
DAMAGED = Fault(
    "damaged",
    "its file is damaged",
    "Start riskcore again: it sets the damaged file aside and restores the last backup.",
)
DEVICE = Fault(
    "device",
    "the disk or network folder it lies on failed",
    "Check the disk, or name another folder in RISKCORE_HOME.",
)
UNREACHABLE = Fault(
    "unreachable",
    "the database server does not answer, or refuses this user, password or database",
    "Check that it runs and that RISKCORE_DATABASE_URL is right, then try again.",
)

SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: NO_ACCESS,
    sqlite3.SQLITE_CANTOPEN: NO_ACCESS,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_IOERR: DEVICE,
}
# Codes, or the two characters their class begins with (PostgreSQL's manual, appendix A).
POSTGRESQL = {
    "53100": FULL,
    "55P03": BUSY,
    "57014": BUSY,
    "40P01": BUSY,
    "25006": READ_ONLY,
    "42501": READ_ONLY,
    "28": UNREACHABLE,
    "3D": UNREACHABLE,
    "08": UNREACHABLE,
    "57": UNREACHABLE,
    "53": UNREACHABLE,
    "58": DEVICE,
    "XX": DEVICE,
}
SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: NO_ACCESS,
    errno.EPERM: NO_ACCESS,
    errno.ENOTDIR: NO_ACCESS,
    errno.EEXIST: NO_ACCESS,
    errno.ENAMETOOLONG: NO_ACCESS,
}


def fault_of(error: BaseException) -> Fault:
    """Return what kind of failure an error of SQLAlchemy, SQLite, PostgreSQL or the system is."""
    if isinstance(error, PoolTimeout):
        return BUSY
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, UnicodeDecodeError):
        return DAMAGED  # the driver read text that was never written as text
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        found = None if code is None else SQLITE.get(code & 0xFF)
    elif isinstance(cause, OSError):
        found = SYSTEM.get(cause.errno or 0, DEVICE)
    else:
        found = _of_server(cause, error)
    return found or _unforeseen(cause)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a file is damaged, and not merely out of reach."""
    return fault_of(error) is DAMAGED


@contextmanager
def explained(outcome: str, kept: str, *, place: str) -> Iterator[None]:
    """Turn a failure inside the block into a StoreError.

    Parameters
    ----------
    outcome
        What did not happen, to be followed by the reason: "X was not saved".
    kept
        What is true all the same: "What was saved before is unchanged."
    place
        Where the store is, without a password.

    Raises
    ------
    StoreError
        With `details["kind"]`: full, busy, read-only, no access, damaged, device, unreachable, unforeseen.
    """
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, OSError, UnicodeDecodeError) as error:
        fault = fault_of(error)
        raise StoreError(
            f"{outcome}: {fault.reason} ({place}). {kept} {fault.advice}", kind=fault.kind, place=place
        ) from error


def _of_server(cause: BaseException, error: BaseException) -> Fault | None:
    state = getattr(cause, "sqlstate", None)
    if state is None:
        # psycopg has no code where no connection came about; SQLAlchemy marks one that broke.
        lost = isinstance(error, DBAPIError) and (
            error.connection_invalidated or type(cause).__name__ in {"OperationalError", "ConnectionTimeout"}
        )
        return UNREACHABLE if lost else None
    return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])


def _unforeseen(cause: BaseException) -> Fault:
    words = " ".join(str(cause).split())[:160]
    return Fault("unforeseen", f"the database answered “{words}”", "Try again.")
