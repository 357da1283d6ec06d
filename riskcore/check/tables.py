"""The tables of a portfolio file, read with one sentence for whatever cannot be used."""

import math
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from riskcore.errors import InputError, listed

__all__ = ["TABLES", "day", "names", "number", "numbers", "read_tables"]

TABLES = {
    "data": {"sample", "file", "assets", "start", "end"},
    "portfolio": {"name", "weights", "shares", "cash"},
    "risk": {
        "confidence",
        "horizon",
        "index",
        "value",
        "daily_volume",
        "participation",
        "factors",
        "durations",
    },
    "groups": None,
    "limits": None,
}


def read_tables(path: Path) -> dict[str, Any]:
    """Return every table of a file, empty where it is left out.

    Raises
    ------
    InputError
        The file cannot be read, is not TOML, or names what is not known.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is no file'}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.") from error
    _known("the file", content, set(TABLES))
    for name, keys in TABLES.items():
        table = content.setdefault(name, {})
        if not isinstance(table, dict):
            raise InputError(f"[{name}] is a table of names and values.")
        if keys is not None:
            _known(f"[{name}]", table, keys)
    return content


def _known(where: str, table: Mapping[str, object], known: set[str]) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise InputError(f"{where} has no {listed(unknown)}; it may have {', '.join(sorted(known))}.")


def number(name: str, value: object, *, above: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number above one bound and at most another.

    Raises
    ------
    InputError
        It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{name} must be a number, not {str(value)[:40]!r}.")
    if not above < value <= most:
        top = "" if most == math.inf else f" and at most {most:g}"
        raise InputError(f"{name} must be above {above:g}{top}, not {value:g}.")
    return float(value)


def numbers(
    name: str, table: object, *, above: float = -math.inf, most: float = math.inf
) -> dict[str, float]:
    """Return a table of numbers, each as by `number`.

    Raises
    ------
    InputError
        It is no table, or a value is no such number.
    """
    if not isinstance(table, dict):
        raise InputError(f"{name} is a table of names and numbers, such as {{ SPY = 0.6 }}.")
    return {key: number(f"{name}, {key}", value, above=above, most=most) for key, value in table.items()}


def names(name: str, value: object) -> list[str]:
    """Return a list of different names.

    Raises
    ------
    InputError
        It is none.
    """
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise InputError(f'{name} is a list of names, such as ["SPY", "BND"].')
    return value


def day(name: str, value: object) -> str | None:
    """Return a date as text, None where there is none.

    Raises
    ------
    InputError
        It is no date.
    """
    if value is None:
        return None
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise InputError(f"{name} is a date such as 2020-02-19, not {str(value)[:40]!r}.") from None
