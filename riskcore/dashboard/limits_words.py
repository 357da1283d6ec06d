"""The gate in words and tables: never a colour alone."""

from typing import Literal

import pandas as pd

from riskcore.errors import listed
from riskcore.figures.words import number, percent
from riskcore.results.limits import GateResult, LimitResult, Status

__all__ = ["COLOURS", "ICONS", "WORDS", "figure_words", "gate_sentence", "gate_table"]

WORDS: dict[Status, str] = {
    "pass": "pass",
    "warn": "warn",
    "breach": "breach",
    "unchecked": "not checked",
    "unset": "no limits",
}
ICONS: dict[Status, str] = {
    "pass": ":material/check_circle:",
    "warn": ":material/warning:",
    "breach": ":material/block:",
    "unchecked": ":material/help:",
    "unset": ":material/radio_button_unchecked:",
}
COLOURS: dict[Status, Literal["green", "orange", "red", "gray"]] = {
    "pass": "green",
    "warn": "orange",
    "breach": "red",
    "unchecked": "gray",
    "unset": "gray",
}


def figure_words(found: LimitResult, value: float | None) -> str:
    """Return a value of a limit with its unit."""
    if value is None:
        return "—"
    if found.unit == "exposure":
        return number(value, 2)
    return f"{value:.1f}\N{NO-BREAK SPACE}days" if found.unit == "days" else percent(value, 2)


def gate_sentence(gate: GateResult, most: int = 1000) -> str:
    """Return what the gate says of a portfolio, in one or two sentences; may hold names typed by a reader.

    Limits beyond `most` that breach or cannot be checked are counted, not named.
    """
    name, count = gate.portfolio, len(gate.limits)
    if gate.status == "unset":
        return f"No limits are set, so {name} neither passes nor fails."
    if gate.breaches:
        worst = sorted(gate.breaches, key=lambda f: -(f.utilisation or 0.0))
        first = worst[0]
        said = [
            f"{first.name} is {figure_words(first, first.value)}, above its limit of "
            f"{figure_words(first, first.limit)}"
        ]
        said += [
            f"{f.name} is {figure_words(f, f.value)} ({figure_words(f, f.limit)} allowed)" for f in worst[1:]
        ]
        said += [f"{f.name} cannot be checked" for f in gate.unchecked]
        if len(said) > most:
            said[most:] = [f"{len(said) - most} more in the table"]
        return f"{name} may not go out: {'; '.join(said)}."
    if gate.unchecked:
        names = listed((f.name for f in gate.unchecked), most=most)
        return f"{name} cannot be released: {names} cannot be checked. {gate.unchecked[0].reason}"
    nearest = max(gate.limits, key=lambda f: f.utilisation or 0.0)
    return (
        f"{name} passes {'all ' if count > 1 else ''}{count} limit{'s' if count > 1 else ''}; the nearest is "
        f"{nearest.name} at {percent(nearest.utilisation or 0.0, 0)} of its limit."
    )


def gate_table(before: GateResult, after: GateResult | None = None) -> pd.DataFrame:
    """Return one row per limit with value, limit, use and status, before and after a trade."""
    rows = []
    for position, found in enumerate(before.limits):
        row = {
            "limit on": found.name,
            "limit": figure_words(found, found.limit),
            "value": figure_words(found, found.value),
            "used, %": None if found.utilisation is None else round(100 * found.utilisation, 2),
            "status": WORDS[found.status],
        }
        if after is not None:
            then = after.limits[position]
            row |= {
                "after": figure_words(then, then.value),
                "used after, %": None if then.utilisation is None else round(100 * then.utilisation, 2),
                "status after": WORDS[then.status],
            }
        rows.append(row)
    return pd.DataFrame(rows)
