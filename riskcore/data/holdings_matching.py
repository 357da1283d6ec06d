"""From what the table calls its assets to the assets the data has; rows of one asset are added up."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from riskcore.data.holdings_entries import Entry
from riskcore.data.holdings_reading import Position, Unmatched
from riskcore.data.matching import match_asset, suggestions
from riskcore.errors import AssetMismatchError, MissingDataError, listed

__all__ = ["isins_of", "matched", "summed"]

SAME_PRICE = 0.005
MOST_SUGGESTED = 50  # rows; likeness of names takes milliseconds for each


def isins_of(known: pd.DataFrame | Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Return ISIN (lower case) to ticker, where the asset table has a column isin.

    Examples
    --------
    >>> isins_of(pd.DataFrame({"name": ["Apple"], "isin": ["US0378331005"]}, index=["AAPL"]))
    {'us0378331005': 'AAPL'}
    """
    if not isinstance(known, pd.DataFrame) or "isin" not in known.columns:
        return {}
    return {str(code).casefold(): str(ticker) for ticker, code in known["isin"].items() if str(code)}


def matched(
    entries: list[Entry],
    names: dict[str, str] | None,
    isins: dict[str, str],
    given: Mapping[str, str | None],
    money: frozenset[str] = frozenset(),
) -> tuple[list[Entry], list[str], list[Unmatched], list[str]]:
    """Return the entries kept, the label of each, those without an asset, and what was said on the way.

    `given` maps what rows are called to assets, None to leave one out; those in `money` become cash. Ticker,
    name and ISIN of a row must mean one asset. Without known assets every row is its own.

    Raises
    ------
    AssetMismatchError
        A row means two assets, a name means several, or an answer names what is not there.
    MissingDataError
        Every row was left out.
    """
    foreign = [t for t in given.values() if t is not None and names is not None and t not in names]
    absent = [s for s in (*given, *sorted(money)) if s not in {e.spelled for e in entries}]
    if foreign or absent:
        raise AssetMismatchError(
            f"{listed(foreign or absent)} was answered but is not in the {'data' if foreign else 'table'}."
        )
    kept: list[Entry] = []
    labels: list[str] = []
    unmatched: list[Unmatched] = []
    renamed: list[str] = []
    left: list[str] = []
    for row in entries:
        entry = replace(row, cash=True) if row.spelled in money else row
        if entry.spelled in given and given[entry.spelled] is None:
            left.append(f"{entry.spelled[:40]} ({entry.place})")
            continue
        label = given.get(entry.spelled) or _label(entry, names, isins)
        if label is None:
            asked = names if names is not None and len(unmatched) < MOST_SUGGESTED else {}
            unmatched.append(_unmatched(entry, asked))
        elif label.casefold() != entry.spelled.casefold() and not entry.cash:
            renamed.append(f"{entry.spelled[:40]} as {label}")
        kept.append(entry)
        labels.append(label or entry.spelled)
    notes = [f"Matched: {listed(renamed, most=10)}."] if renamed else []
    if left:
        notes.append(f"Left out as chosen: {listed(left, most=10)}; the weights are those of the rest.")
    if not [e for e in kept if not e.cash]:
        raise MissingDataError("No holding is left.")
    return kept, labels, unmatched, notes


def _label(entry: Entry, names: dict[str, str] | None, isins: dict[str, str]) -> str | None:
    if names is None or entry.cash:
        return entry.spelled
    found = [isins[n.casefold()] for n in entry.names if n.casefold() in isins]
    found += [m for m in (match_asset(n, names) for n in entry.names) if m is not None]
    if len(set(found)) > 1:
        raise AssetMismatchError(
            f"{listed(entry.names)} in {entry.place} mean different assets ({listed(dict.fromkeys(found))}); "
            "correct the row.",
            readings=tuple(dict.fromkeys(found)),
        )
    return found[0] if found else None


def _unmatched(entry: Entry, names: dict[str, str]) -> Unmatched:
    near = list(dict.fromkeys(s for n in entry.names for s in suggestions(n, names)))[:3]
    hint = f"did you mean {' or '.join(near)}? Else add" if near else "add"
    return Unmatched(
        entry.spelled,
        entry.place,
        tuple(near),
        f"The data has no {entry.spelled[:40]} ({entry.place}): {hint} its prices to the data, "
        "or leave it out.",
    )


def summed(positions: list[Position], answer: str | None) -> tuple[list[Position], list[str]]:
    """Add up rows of one asset where they fit together, and say so.

    Raises
    ------
    AssetMismatchError
        They contradict each other (price, currency, side, kind) or are the same twice, and the answer is
        not "sum"; kinds and currencies are never added up.
    """
    groups: dict[str, list[Position]] = {}
    for p in positions:
        groups.setdefault(p.label, []).append(p)
    notes, merged = [], []
    for label, group in groups.items():
        if len(group) == 1:
            merged.append(group[0])
            continue
        where = listed(p.place for p in group)
        why = _contradiction(group)
        if why and (answer != "sum" or len({(p.kind, p.currency) for p in group}) > 1):
            raise AssetMismatchError(
                f"{label[:40]} stands in {where} with {why}; correct the rows, or say that they add up.",
                duplicates=[label],
                readings=("sum",),
            )
        quantity = math.fsum(p.quantity for p in group)
        values = [p.value for p in group if p.value is not None]
        value = math.fsum(values) if len(values) == len(group) else None
        first = group[0]
        merged.append(
            Position(
                label,
                first.spelled,
                first.kind,
                quantity,
                first.price if len({p.price for p in group}) == 1 else None,
                first.currency,
                value,
                where,
            )
        )
        parts = " + ".join(f"{p.quantity:g}" for p in group)
        notes.append(f"{label} stands in {where}; the rows were added up: {parts} = {quantity:g}.")
    return merged, notes


def _contradiction(group: list[Position]) -> str:
    prices = [p.price for p in group if p.price is not None]
    if len({p.kind for p in group}) > 1:
        return "shares in one row and an amount in another"
    if len({p.currency for p in group}) > 1:
        return f"several currencies ({listed(sorted({p.currency or 'none' for p in group}))})"
    if prices and max(prices) > min(prices) * (1 + SAME_PRICE):
        return f"different prices ({min(prices):g} and {max(prices):g})"
    if min(p.quantity for p in group) < 0 < max(p.quantity for p in group):
        return "a long and a short position"
    if len({(p.quantity, p.value) for p in group}) < len(group):
        return "the same numbers: is one a copy"
    return ""
