"""The rows of a table of holdings as entries: what is held, how much, and which rows are cash or sums."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from riskcore.data.holdings_columns import NUMERIC, Columns
from riskcore.data.holdings_rows import Body
from riskcore.data.holdings_words import CURRENCIES, LONG, SHORT, is_cash, is_isin
from riskcore.errors import FileFormatError, listed

__all__ = ["Entry", "adds_up", "places", "read_entries"]

SUM_SLACK = 1e-3  # of a sum of rounded amounts
SIGN_WORDS = LONG | SHORT


@dataclass(frozen=True)
class Entry:
    """One row.

    Parameters
    ----------
    spelled
        What the table calls the asset: its ticker, else its name, else its ISIN.
    names
        Everything it is called, in that order.
    place
        The row in words.
    row
        Its row in the grid.
    shares, price, amount, weight
        The numbers, NaN where the table has none; shares, amount and weight carry the sign.
    currency, amount_currency
        The currency of the price, and of the amount where its cell names one.
    cash
        Whether the row is money in the account.
    """

    spelled: str
    names: tuple[str, ...]
    place: str
    row: int
    shares: float
    price: float
    amount: float
    weight: float
    currency: str
    amount_currency: str
    cash: bool


def read_entries(
    body: Body, columns: Columns, *, known: frozenset[str], place: Callable[[int], str]
) -> tuple[list[Entry], list[str]]:
    """Return the rows as entries, sums among them left out and said.

    Raises
    ------
    FileFormatError
        A row has numbers and no name, or a name and no number; a side is neither long nor short, or
        contradicts the sign.
    """
    entries = [_entry(body, columns, k, known, place(k)) for k in range(len(body.rows))]
    notes = []
    kept: list[Entry] = []
    counting = any(math.isfinite(e.shares) for e in entries)
    for entry in entries:
        if _is_sum(entry, kept, known, counting):
            called = f" ({entry.spelled[:30]})" if entry.spelled else ""
            notes.append(f"The sum in {entry.place}{called} was left out.")
        else:
            _check(entry)
            kept.append(entry)
    if not [e for e in kept if not e.cash]:
        raise FileFormatError("The table has no holdings, only cash or sums.")
    return kept, notes


def _entry(body: Body, columns: Columns, k: int, known: frozenset[str], place: str) -> Entry:
    row = body.rows[k]
    cells = {role: row[j] for role, j in columns.roles.items()}
    names = tuple(" ".join(cells[r].split()) for r in ("ticker", "name", "isin") if cells.get(r))
    number = {r: float(columns.numbers[r].values[k]) if r in columns.numbers else math.nan for r in NUMERIC}
    signs = {r: columns.numbers[r].currencies[k] for r in columns.numbers}
    mine = any(n.casefold() in known for n in names)
    cash = not mine and not any(map(is_isin, names)) and any(is_cash(n) or n in CURRENCIES for n in names)
    entry = Entry(
        spelled=names[0] if names else "",
        names=names,
        place=place,
        row=body.places[k],
        shares=number["shares"],
        price=number["price"],
        amount=number["amount"],
        weight=number["weight"],
        currency=cells.get("currency", "") or signs.get("price", "") or signs.get("amount", ""),
        amount_currency=signs.get("amount", ""),
        cash=cash,
    )
    return _signed(entry, cells.get("side", ""))


def _signed(entry: Entry, side: str) -> Entry:
    """Give all numbers of a short position the minus sign, however the table writes it."""
    word = side.casefold()
    if word and word not in SIGN_WORDS:
        raise FileFormatError(
            f"{entry.spelled[:40]} is neither long nor short in {entry.place} ({side[:20]!r}); write one."
        )
    numbers = {"shares": entry.shares, "amount": entry.amount, "weight": entry.weight}
    negative = [name for name, value in numbers.items() if value < 0]
    if word in LONG and negative:
        raise FileFormatError(
            f"{entry.spelled[:40]} is long but has a negative number in {entry.place}; correct one of them."
        )
    if math.isfinite(entry.price) and entry.price < 0:
        raise FileFormatError(f"{entry.spelled[:40]} has a negative price in {entry.place}; correct it.")
    if entry.shares > 0 and (entry.amount < 0 or entry.weight < 0) and word not in SHORT:
        raise FileFormatError(
            f"{entry.spelled[:40]} has positive shares and a negative value in {entry.place}; "
            "correct one of them."
        )
    if not negative and word not in SHORT:
        return entry
    return replace(entry, shares=-abs(entry.shares), amount=-abs(entry.amount), weight=-abs(entry.weight))


def _is_sum(entry: Entry, before: list[Entry], known: frozenset[str], counting: bool) -> bool:
    """Whether a row that is no known asset and counts no shares repeats the sum of rows above it.

    A row with a name is one only where the others count shares: two funds may be worth as much as a third.
    """
    named = entry.cash or any(is_isin(n) or n.casefold() in known for n in entry.names)
    if named or len(before) < 2 or math.isfinite(entry.shares) or (entry.names and not counting):
        return False
    field = "amount" if math.isfinite(entry.amount) else "weight"
    value = float(getattr(entry, field))
    return math.isfinite(value) and value != 0 and adds_up(value, [getattr(e, field) for e in before])


def adds_up(value: float, above: Sequence[float]) -> bool:
    """Whether a value is the sum of all numbers above it, or of the last two or more of them.

    Examples
    --------
    >>> adds_up(5.0, [1.0, 2.0, 3.0]), adds_up(6.0, [1.0, 2.0, 3.0]), adds_up(3.0, [1.0, 2.0, 3.0])
    (True, True, False)
    """
    tails = np.cumsum(np.nan_to_num(np.array(above, dtype=np.float64))[::-1])[1:]
    return bool(np.isclose(tails, value, rtol=SUM_SLACK, atol=0.0).any())


def _check(entry: Entry) -> None:
    numbers = (entry.shares, entry.amount, entry.weight)
    if not entry.names:
        raise FileFormatError(
            f"There is a number but no ticker or name in {entry.place}; name the asset or remove the row."
        )
    if not any(map(math.isfinite, numbers)):
        raise FileFormatError(
            f"{entry.spelled[:40]} has no shares, amount or weight in {entry.place}; "
            "write 0 where nothing is held."
        )


def places(entries: list[Entry]) -> str:
    """Return where entries stand: "line 3, line 9"."""
    return listed((e.place for e in entries), most=6)
