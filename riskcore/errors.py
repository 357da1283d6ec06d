"""Every error a user can see, under one base.

A message says what is wrong, which label, row or value it concerns, and what to try. The offending
values are attributes as well, so that a page or a script can act on them.
"""

from collections.abc import Iterable

__all__ = [
    "AssetMismatchError",
    "ConfidenceError",
    "ConvergenceError",
    "FileFormatError",
    "InfeasibleError",
    "InfeasibleViewsError",
    "InputError",
    "MissingDataError",
    "NumericalError",
    "ProbabilityError",
    "RiskcoreError",
    "SourceError",
    "StoreError",
    "listed",
]


def listed(labels: Iterable[object], *, most: int = 5) -> str:
    """Return the labels as one readable list, cut after `most`.

    Examples
    --------
    >>> listed(["SPY", "BND"])
    'SPY, BND'
    >>> listed(range(9), most=3)
    '0, 1, 2 and 6 more'
    """
    names = [str(label) for label in labels]
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


class RiskcoreError(Exception):
    """Base of all errors meant for the reader; `details` holds the offending values by name."""

    user_facing = True

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.details = details


class InputError(RiskcoreError, ValueError):
    """Something the caller gave cannot be used as it stands."""


class AssetMismatchError(InputError):
    """Asset labels of two inputs do not agree."""


class ProbabilityError(InputError):
    """Scenario probabilities are not a probability vector."""


class ConfidenceError(InputError):
    """A confidence level lies outside (0.5, 1)."""


class MissingDataError(InputError):
    """Values are missing or not finite, or there are too few of them."""


class FileFormatError(InputError):
    """A file or pasted text cannot be read as what it should be."""


class NumericalError(RiskcoreError, RuntimeError):
    """A computation has no trustworthy answer."""


class ConvergenceError(NumericalError):
    """A solver stopped before its answer could be verified."""


class InfeasibleError(NumericalError):
    """No answer satisfies what was asked."""


class InfeasibleViewsError(InfeasibleError):
    """No scenario probabilities satisfy the views."""


class SourceError(RiskcoreError):
    """A data source failed, refused, or answered with something unusable."""


class StoreError(RiskcoreError):
    """What was to be kept could not be saved or read: disk, rights, lock, damage or server."""
