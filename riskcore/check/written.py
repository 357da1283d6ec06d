"""A portfolio file as text: what the pages write for `riskcore-check` to read."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

__all__ = ["to_toml"]


def to_toml(content: Mapping[str, Mapping[str, Any]]) -> str:
    """Return tables of texts, numbers, dates, lists and mappings as TOML, numbers with all their digits.

    Examples
    --------
    >>> print(to_toml({"portfolio": {"name": "A", "weights": {"SPY": 0.5, "B D": 0.5}}}), end="")
    [portfolio]
    name = "A"
    weights = { SPY = 0.5, "B D" = 0.5 }
    """
    parts = []
    for name, table in content.items():
        lines = [f"{_key(key)} = {_value(value)}" for key, value in table.items()]
        parts.append("\n".join([f"[{_key(name)}]", *lines]) + "\n")
    return "\n".join(parts)


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(key))} = {_value(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    return _text(value) if isinstance(value, str) else repr(value)
