"""The columns of a table of holdings: which is the name, which the shares, the price, the amount, the weight.

Headings propose, numbers decide: shares × price = amount, and weights are amounts over their sum. What
fits several readings is asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from riskcore.data.holdings_rows import Body
from riskcore.data.holdings_words import (
    CURRENCIES,
    LONG,
    ROLES,
    SHORT,
    currency_in,
    is_isin,
    role_of,
)
from riskcore.data.numbers import decimal_mark, is_missing, is_number, parse_numbers
from riskcore.errors import FileFormatError, InputError, listed

__all__ = ["NUMERIC", "Columns", "Numbers", "assign_columns", "read_numbers"]

NUMERIC = ("shares", "price", "amount", "weight")
TEXT = ("ticker", "isin", "name", "currency", "side")
MOSTLY, HALF = 0.8, 0.5  # of the filled cells
PRODUCT_SLACK = 0.01
WEIGHT_SLACK = 0.02
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Numbers:
    """One column of numbers: values (NaN where empty), each cell's currency, and whether % was written."""

    values: Floats
    currencies: list[str]
    percent: bool


@dataclass(frozen=True)
class Columns:
    """Role to column, the numbers, their decimal mark, and what was assumed."""

    roles: dict[str, int]
    numbers: dict[str, Numbers]
    decimal: str
    notes: list[str] = field(default_factory=list)


def assign_columns(
    body: Body,
    *,
    separator: str,
    known: frozenset[str],
    decimal: str | None,
    kind: str | None,
    given: Mapping[str, str],
    place: Callable[[int], str],
) -> Columns:
    """Return which column has which role.

    Parameters
    ----------
    body
        The rows.
    separator
        The character between cells, for the decimal mark.
    known
        Tickers and names the data has, in lower case.
    decimal
        The decimal mark, when it was asked.
    kind
        What the only column of numbers holds, when it was asked: "shares", "amount" or "weight".
    given
        Heading (or the number of the column, from 1) to role, when it was asked; "other" leaves it out.
    place
        Turns a data row into words.

    Raises
    ------
    FileFormatError
        A column has several possible meanings (`details["readings"]`), or the names or numbers are missing.
    InputError
        An answer names a column or role that does not exist.
    """
    cells = [list(column) for column in zip(*body.rows, strict=True)]
    roles = _answered(body.headings, given)
    taken = set(roles.values())
    proposed = {j: role_of(h) if h else "" for j, h in enumerate(body.headings)}
    # Under a heading such as Shares a cell that is no number is a fault, and no sign of another column.
    numeric = [j for j, c in enumerate(cells) if _is_numeric(c, HALF if proposed[j] in NUMERIC else MOSTLY)]
    texts = [j for j in range(len(cells)) if any(cells[j]) and j not in taken]
    _text_roles(roles, texts, numeric, cells, proposed, known)
    if not {"ticker", "isin", "name"} & set(roles):
        raise FileFormatError("No column holds tickers or names; give one, best under the heading Ticker.")
    free = [j for j in numeric if j not in set(roles.values())]
    mark = decimal_mark([cells[j] for j in free], separator=separator, given=decimal)

    def read(j: int) -> Numbers:
        return read_numbers(cells[j], mark, _shown(body.headings, j), place)

    notes = _number_roles(roles, free, read, body.headings, proposed, kind)
    left = [j for j in range(len(cells)) if any(cells[j]) and j not in set(roles.values())]
    if left:
        notes.append(f"Columns left out: {listed((_shown(body.headings, j) for j in left), most=12)}.")
    numbers = {role: read(roles[role]) for role in NUMERIC if role in roles}
    return Columns({r: j for r, j in roles.items() if r in ROLES}, numbers, mark, notes)


def read_numbers(cells: list[str], decimal: str, name: str, place: Callable[[int], str]) -> Numbers:
    """Read one column whose cells may each carry their own currency.

    Raises
    ------
    FileFormatError
        A cell is no number, or percentages and plain numbers are mixed.
    """
    values, currencies, percents = np.full(len(cells), np.nan), [""] * len(cells), set()
    for k, cell in enumerate(cells):
        if is_missing(cell):
            continue
        one = parse_numbers([cell], decimal=decimal, name=name, place=lambda _, k=k: place(k))  # type: ignore[misc]
        values[k] = one.values[0]
        currencies[k] = currency_in(one.currency) if one.currency else ""
        percents.add(one.percent)
    if len(percents) == 2:
        raise FileFormatError(f"{name} mixes percentages and plain numbers; write all one way.")
    return Numbers(values, currencies, percents == {True})


def _shown(headings: list[str], j: int) -> str:
    return headings[j][:40] if headings[j] else f"column {j + 1}"


def _answered(headings: list[str], given: Mapping[str, str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for column, role in given.items():
        if role not in (*ROLES, "other"):
            raise InputError(f"A column holds {listed((*ROLES, 'other'), most=12)}, not {str(role)[:40]!r}.")
        if column in headings:
            j = headings.index(column)
        elif str(column).isdigit() and 1 <= int(column) <= len(headings):
            j = int(column) - 1
        else:
            raise InputError(
                f"There is no column {str(column)[:40]!r}; the table has "
                f"{listed((_shown(headings, k) for k in range(len(headings))), most=20)}."
            )
        roles[role if role != "other" else f"other {j}"] = j
    return roles


def _is_numeric(column: list[str], least: float) -> bool:
    filled = [c for c in column if not is_missing(c)]
    return bool(filled) and sum(map(is_number, filled)) >= least * len(filled)


def _share(column: list[str], test: Callable[[str], bool]) -> float:
    filled = [c for c in column if c]
    return sum(map(test, filled)) / len(filled) if filled else 0.0


def _text_roles(
    roles: dict[str, int],
    columns: list[int],
    numeric: list[int],
    cells: list[list[str]],
    proposed: dict[int, str],
    known: frozenset[str],
) -> None:
    """Give out the roles of text: by content where it is unmistakable, then by heading, then by form."""
    for j in columns:
        role = ""
        if _share(cells[j], is_isin) >= MOSTLY:
            role = "isin"
        elif j not in numeric and _share(cells[j], lambda c: c in CURRENCIES) >= MOSTLY:
            role = "currency"
        elif proposed[j] == "ticker":  # 0700 is a ticker, whatever it looks like
            role = "ticker"
        elif j not in numeric and _share(cells[j], lambda c: c.casefold() in LONG | SHORT) == 1.0:
            role = "side"
        elif j not in numeric and proposed[j] in TEXT:
            role = proposed[j]
        elif j not in numeric and proposed[j] == "amount":  # "Valeur" over names
            role = "name"
        if role:
            roles.setdefault(role, j)
    free = [j for j in columns if j not in set(roles.values()) and proposed[j] in {"", "shares", "name"}]
    measured = any(proposed[j] in NUMERIC for j in numeric)
    if not {"ticker", "name", "isin"} & set(roles):
        likely = [j for j in free if _share(cells[j], lambda c: c.casefold() in known) >= 0.5]
        likely += [j for j in free if j not in numeric]
        # Numbers under "Security", beside a column of shares, are codes such as 0700.
        likely += [j for j in free if proposed[j] == "name" and measured]
        if likely:
            roles["ticker"] = likely[0]
            free.remove(likely[0])
    rest = [j for j in free if j not in numeric]
    if "name" not in roles and rest and proposed[rest[0]] == "":
        roles["name"] = rest[0]


def _number_roles(
    roles: dict[str, int],
    free: list[int],
    read: Callable[[int], Numbers],
    headings: list[str],
    proposed: dict[int, str],
    kind: str | None,
) -> list[str]:
    """Give out the roles of numbers, by heading, then by how the columns hang together; else ask."""
    notes: list[str] = []
    for role in NUMERIC:
        named = [j for j in free if proposed[j] == role]
        named += [j for j in free if role == "shares" and proposed[j] == "name"]  # "Position" over numbers
        if role in roles or not named:
            continue
        if len(named) > 1:
            names = tuple(_shown(headings, j) for j in named)
            raise FileFormatError(
                f"Several columns may hold the {_plural(role)}: {listed(names)}. Say which.",
                readings=names,
                role=role,
            )
        roles[role] = named[0]
    loose = [j for j in free if j not in set(roles.values()) and proposed[j] == ""]
    if loose:
        notes += _by_structure(roles, loose, read, headings)
        loose = [j for j in loose if j not in set(roles.values())]
    if {"shares", "amount", "weight"} & set(roles):
        return notes
    if kind is not None and len(loose) == 1:
        roles[kind] = loose[0]
        return notes
    if not loose:
        raise FileFormatError(
            "No column holds shares, amounts or weights; give one beside the names, with such a heading."
        )
    names = tuple(_shown(headings, j) for j in loose)
    if len(loose) == 1:
        raise FileFormatError(
            f"The numbers ({names[0]}) may be shares, amounts or weights. Say which.",
            readings=("shares", "amount", "weight"),
            column=names[0],
        )
    raise FileFormatError(
        f"It cannot be told which of the columns {listed(names, most=10)} holds shares, amounts or weights. "
        "Say what each holds.",
        readings=names,
        columns=names,
    )


def _plural(role: str) -> str:
    return role if role == "shares" else f"{role}s"


def _by_structure(
    roles: dict[str, int], loose: list[int], read: Callable[[int], Numbers], headings: list[str]
) -> list[str]:
    notes: list[str] = []
    columns = {j: read(j) for j in {*loose, *(roles[r] for r in NUMERIC if r in roles)}}
    for a, b, c in permutations(columns, 3):
        if (
            c not in loose
            or a > b
            or not _is_product(columns[a].values, columns[b].values, columns[c].values)
        ):
            continue
        if "amount" not in roles:
            roles["amount"] = c
            notes.append(
                f"{_shown(headings, c)} was read as amounts: {_shown(headings, a)} × {_shown(headings, b)}."
            )
            _shares_and_price(roles, a, b, columns, headings, notes)
        break
    for j in loose:
        if j in set(roles.values()) or "weight" in roles:
            continue
        column = columns[j]
        amount = columns[roles["amount"]].values if "amount" in roles else None
        alone = len(loose) == 1 and not {"shares", "amount"} & set(roles)
        if _are_weights(column, amount) or (alone and column.percent):
            roles["weight"] = j
            notes.append(f"{_shown(headings, j)} was read as weights: {_why_weights(column, amount)}.")
    return notes


def _why_weights(column: Numbers, amount: Floats | None) -> str:
    if amount is not None:
        return "its numbers are the amounts over their sum"
    if column.percent:
        return "its numbers carry a % sign"
    return f"its numbers sum to {float(np.nansum(column.values)):.6g}"


def _is_product(a: Floats, b: Floats, c: Floats) -> bool:
    there = ~np.isnan(a * b * c) & (c != 0)
    if int(there.sum()) < 2:
        return False
    near = np.abs(a[there] * b[there] / c[there] - 1) < PRODUCT_SLACK
    # A column of ones is a product of anything with itself.
    varied = all(len(np.unique(x[there])) > 1 for x in (a, b, c)) and not np.allclose(a[there], c[there])
    return bool(varied and near.mean() >= MOSTLY and not np.allclose(b[there], c[there]))


def _shares_and_price(
    roles: dict[str, int],
    a: int,
    b: int,
    columns: dict[int, Numbers],
    headings: list[str],
    notes: list[str],
) -> None:
    """Tell shares from prices where only their product is known: shares are whole and prices are not."""
    if "shares" in roles or "price" in roles:
        other = b if a in {roles.get("shares"), roles.get("price")} else a
        roles.setdefault("price" if "shares" in roles else "shares", other)
        return
    whole = {j: _whole(columns[j].values) for j in (a, b)}
    if whole[a] == whole[b]:
        names = (_shown(headings, a), _shown(headings, b))
        notes.append(
            f"Which of {listed(names)} holds shares and which prices cannot be told; the amounts were used."
        )
        roles[f"other {a}"], roles[f"other {b}"] = a, b
        return
    roles["shares"], roles["price"] = (a, b) if whole[a] else (b, a)
    notes.append(
        f"{_shown(headings, roles['shares'])} was read as shares (whole numbers) and "
        f"{_shown(headings, roles['price'])} as prices."
    )


def _whole(values: Floats) -> bool:
    there = values[~np.isnan(values)]
    return bool((there == np.round(there)).all())


def _are_weights(column: Numbers, amount: Floats | None) -> bool:
    values = column.values[~np.isnan(column.values)]
    total = float(values.sum())
    scale = 1.0 if column.percent or abs(total) < 10 else 100.0
    if amount is not None:
        both = ~np.isnan(amount) & ~np.isnan(column.values)
        held = float(np.nansum(amount[both]))
        if held == 0 or not both.any():
            return False
        parts = column.values[both] / scale
        shares = amount[both] / held * float(parts.sum())
        return bool(np.abs(parts - shares).max() < WEIGHT_SLACK and abs(parts.sum()) > 0.5)
    return abs(total / scale - 1) < WEIGHT_SLACK
