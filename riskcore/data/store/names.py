"""Names and texts a person gives to what is saved: any words, never a path, never cleaned up unsaid."""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence

from riskcore.errors import InputError

__all__ = ["LONGEST_NAME", "as_json", "checked_name", "checked_text", "shown"]

LONGEST_NAME = 200
LONGEST_TEXT = 10_000
SHOWN = 60
# Control characters, lone surrogates and characters that reverse the direction of the text around them.
INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked_name(name: object, what: str = "name") -> str:
    """Return the name as given, byte for byte, or refuse it.

    Case, accents, spaces at either end and their Unicode form are kept as they are, and names that differ
    in any of them are different names.

    Parameters
    ----------
    name
        The text to check.
    what
        What is being named, for the sentence.

    Raises
    ------
    InputError
        It is no text, blank, longer than 200 characters, or has control or direction characters.

    Examples
    --------
    >>> checked_name("../My Portfolio <b>")
    '../My Portfolio <b>'
    """
    if not isinstance(name, str):
        raise InputError(f"The {what} must be text, got {type(name).__name__}.")
    if not _visible(name):
        raise InputError(f"The {what} is blank; give at least one visible character.", name=name)
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"The {what} has {len(name):,} characters; at most {LONGEST_NAME} are possible.", name=name
        )
    for place, character in enumerate(name, start=1):
        if unicodedata.category(character) in INVISIBLE or character in DIRECTIONS:
            raise InputError(
                f"Character {place} of the {what} is a control character (U+{ord(character):04X}), such as "
                "a tab or a line break; remove it.",
                name=name,
            )
    return name


def checked_text(text: object, what: str) -> str:
    """Return a note of several lines as given, or refuse it.

    Raises
    ------
    InputError
        It is no text, longer than 10,000 characters, or holds characters no database keeps.

    Examples
    --------
    >>> checked_text("bought on the dip", "note")
    'bought on the dip'
    """
    if not isinstance(text, str):
        raise InputError(f"The {what} must be text, got {type(text).__name__}.")
    if len(text) > LONGEST_TEXT:
        raise InputError(f"The {what} has {len(text):,} characters; at most {LONGEST_TEXT:,} are possible.")
    if "\0" in text or any(unicodedata.category(character) == "Cs" for character in text):
        raise InputError(f"The {what} holds characters that are no text, such as NUL; remove them.")
    return text


def as_json(value: object, what: str) -> str:
    """Return a value made of mappings, lists, texts, numbers and None as JSON that restores it exactly.

    Tuples come back as lists.

    Raises
    ------
    InputError
        Something in it is none of these, a key is no text, or a number is not finite: with its place.

    Examples
    --------
    >>> as_json({"window": ["2020-01-01", None], "fill": 3}, "recipe")
    '{"window": ["2020-01-01", null], "fill": 3}'
    """
    _check_plain(value, what)
    return json.dumps(value, allow_nan=False)


def shown(name: str) -> str:
    """Return a name in quotation marks, cut for a sentence."""
    return f"“{name if len(name) <= SHOWN else name[:SHOWN] + '…'}”"


def _visible(name: str) -> bool:
    return any(unicodedata.category(character)[0] not in "CZ" for character in name)


def _check_plain(value: object, place: str) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"{place} is {value}; only finite numbers can be saved.")
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InputError(f"{place} has the key {key!r}, which is no text; use text for keys.")
            _check_plain(inner, f"{place}, {key[:SHOWN]}")
        return
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for position, inner in enumerate(value):
            _check_plain(inner, f"{place}, item {position + 1}")
        return
    raise InputError(
        f"{place} is a {type(value).__name__}, which cannot be saved; use text, numbers, lists and mappings."
    )
