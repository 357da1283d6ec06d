"""From text cells to numbers: one decimal mark for the whole file, and every other cell named.

The mark is inferred from all cells together, because one cell such as 1,234 cannot tell.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import FileFormatError, listed

__all__ = [
    "MISSING",
    "NumberColumn",
    "decimal_mark",
    "is_missing",
    "is_number",
    "iso_currency",
    "parse_numbers",
    "parse_volumes",
]

Floats = NDArray[np.float64]
MISSING = frozenset(
    "na n/a #n/a #na #nv #n.v. nan null none nil - -- – — . .. ? #div/0! #value! #ref! #name? #num! #null! "
    "#getting_data #spill! #calc! n.a. n.d. nd".split()
) | {"", "#n/a n/a", "#n/a field not applicable", "k.a."}
INFINITE = frozenset("inf -inf +inf infinity -infinity +infinity ∞ -∞ #inf 1.#inf".split())
PLAIN = {".": re.compile(r"[0-9.eE+\-\n]*"), ",": re.compile(r"[0-9,eE+\-\n]*")}
LONGEST_NUMBER = 64  # characters; longer cells are text, and are not worth a pattern search
# Three letters glued to digits are a currency only where they are a usual one: ABC1 is a ticker.
CODES = (
    "USD|EUR|GBP|GBX|JPY|CHF|HKD|INR|CAD|AUD|NZD|CNY|SEK|NOK|DKK|SGD|KRW|BRL|ZAR|MXN|PLN|CZK|HUF|TRY|RUB|"
    "ILS|THB|TWD|IDR|MYR|PHP|CLP|COP|ARS|AED|SAR|EGP|RON|BGN|ISK|VND|PKR|NGN|KES"
)
SIGNS = r"US\$|R\$|HK\$|A\$|C\$|S\$|[$€£¥₹₩₽₺₪₫฿]|kr\.?|zł|Fr\.?|GBp|Kč|Ft"
UNAMBIGUOUS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "zł": "PLN",
    "₽": "RUB",
    "₩": "KRW",
    "US$": "USD",
    "R$": "BRL",
}
SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9}
CURRENCY = rf"(?:{SIGNS}|(?:{CODES})|[A-Z]{{3}}(?=\s)|(?<=\s)[A-Z]{{3}})"
NUMBER = re.compile(
    rf"(?P<sign>[+\-]?)\s*(?P<before>{CURRENCY})?\s*(?P<sign2>[+\-]?)"
    rf"(?P<body>[0-9](?:[0-9.,' ]*[0-9])?[.,]?|[.,][0-9]+)(?P<power>[eE][+\-]?[0-9]{{1,3}})?"
    rf"\s*(?P<minus>-?)\s*(?P<after>{CURRENCY}|%)?"
)
GROUPS = {
    ".": re.compile(r"[0-9]{1,3}(?:[,' ][0-9]{3})+(?:\.[0-9]*)?|[0-9]*\.?[0-9]*"),
    ",": re.compile(r"[0-9]{1,3}(?:[.' ][0-9]{3})+(?:,[0-9]*)?|[0-9]*,?[0-9]*"),
}
INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}(?:\.[0-9]*)?")
SAME = str.maketrans({"−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "\uff05": "%"})


@dataclass(frozen=True)
class NumberColumn:
    """One column read: values (NaN where missing), whether it held percentages, and its currency sign."""

    values: Floats
    missing: int
    percent: bool
    currency: str


def is_missing(cell: str) -> bool:
    """Whether the cell is empty or one of the usual words for a missing value."""
    return not cell or cell.lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether the cell can be read as a number under one decimal mark or the other."""
    return cell.lower() in INFINITE or _match(cell) is not None


def decimal_mark(
    columns: Sequence[Sequence[str]],
    *,
    separator: str,
    given: str | None = None,
    where: Callable[[str], str] = "".format,
) -> str:
    """Return "." or ",": the decimal mark that every number of the file agrees with.

    A mark is certain where it stands once and is not followed by exactly three digits, or follows the other
    mark, or stands after a leading 0 or more than three digits. Where nothing is certain and a mark
    is followed by three digits everywhere, both readings are possible and the file is refused.

    `where` adds to a cell in a message where it stands. In a comma-separated file, and where cells are typed
    (no separator), a point is the decimal mark.

    Raises
    ------
    FileFormatError
        Both marks are certain in different cells, or both readings are possible and `given` is None.

    Examples
    --------
    >>> decimal_mark([["1.234,50", "7"]], separator=";")
    ','
    """
    if given is not None:
        if given not in {".", ","}:
            raise FileFormatError(f"The decimal mark is . or , and not {given!r}.")
        return given
    certain, possible = _evidence(columns)
    if len(certain) == 2:
        raise FileFormatError(
            f"The decimal mark is mixed: {certain['.'][:30]}{where(certain['.'])} uses a point and "
            f"{certain[','][:30]}{where(certain[','])} a comma. Write all numbers one way.",
            cells=tuple(certain.values()),
        )
    if certain:
        return next(iter(certain))
    if not possible or (set(possible) == {"."} and separator in {",", ""}):
        return "."
    cell = next(iter(possible.values()))
    as_decimal, as_thousands = re.sub("[.,]", ".", cell), re.sub("[.,]", "", cell)
    raise FileFormatError(
        f"Every number has three digits after its mark: {cell[:30]} is {as_decimal[:30]} or "
        f"{as_thousands[:30]}. Say which by the decimal mark, or export with another number of decimals.",
        question="decimal",
        readings=(".", ","),
    )


def parse_numbers(
    cells: Sequence[str], *, decimal: str, name: str, place: Callable[[int], str]
) -> NumberColumn:
    """Read one column.

    Parameters
    ----------
    cells
        The text of the column.
    decimal
        The decimal mark of the file, "." or ",".
    name
        The ticker, for messages.
    place
        Turns a position in `cells` into words such as "line 27".

    Raises
    ------
    FileFormatError
        A cell is not a number, or is infinite (ticker, place and text are named); percentages and plain
        numbers, or two currencies, are mixed in the column.

    Examples
    --------
    >>> parse_numbers(["$1,000.5", "n/a"], decimal=".", name="A", place=str).values.tolist()
    [1000.5, nan]
    """
    plain = _plain(cells, decimal)
    if plain is not None:
        return plain
    values = np.full(len(cells), np.nan)
    percent: dict[bool, int] = {}
    currencies: dict[str, int] = {}
    missing = 0
    for row, cell in enumerate(cells):
        if is_missing(cell):
            missing += 1
            continue
        if cell.lower() in INFINITE:
            raise FileFormatError(
                f"{name} has an infinite value ({cell[:20]}) in {place(row)}; correct it.", column=name
            )
        values[row], currency, is_percent = _value(cell, decimal, name, place(row))
        percent.setdefault(is_percent, row)
        if currency:
            currencies.setdefault(currency, row)
    if len(percent) == 2:
        raise FileFormatError(
            f"{name} mixes percentages ({place(percent[True])}) and plain numbers ({place(percent[False])}); "
            "write all one way.",
            column=name,
        )
    if len(currencies) > 1:
        where = listed(f"{sign} in {place(row)}" for sign, row in currencies.items())
        raise FileFormatError(f"{name} mixes currencies ({where}); convert them to one.", column=name)
    return NumberColumn(values, missing, True in percent, next(iter(currencies), ""))


def parse_volumes(cells: Sequence[str], *, decimal: str) -> Floats:
    """Read volumes; 1.2M means 1,200,000, and what is no number is missing: no price depends on it.

    Examples
    --------
    >>> parse_volumes(["1.2M", "3,400", "-"], decimal=".").tolist()
    [1200000.0, 3400.0, nan]
    """
    plain = _plain(cells, decimal)
    if plain is not None:
        return np.where(plain.values >= 0, plain.values, np.nan)
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        factor = SUFFIXES.get(cell[-1:].upper(), 1.0)
        number = cell[:-1] if factor > 1.0 else cell
        if is_missing(number) or number.lower() in INFINITE or _match(number) is None:
            continue
        try:
            value = factor * _value(number, decimal, "", "")[0]
        except FileFormatError:
            continue
        values[row] = value if value >= 0 else np.nan
    return values


def iso_currency(sign: str) -> str:
    """Return the currency a sign before a price means, empty where several use it.

    Examples
    --------
    >>> iso_currency("€"), iso_currency("CHF"), iso_currency("$")
    ('EUR', 'CHF', '')
    """
    return sign if re.fullmatch("[A-Z]{3}", sign) else UNAMBIGUOUS.get(sign, "")


def _evidence(columns: Sequence[Sequence[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Cells that are certain, and cells that are merely possible, by the decimal mark they speak for."""
    certain: dict[str, str] = {}
    possible: dict[str, str] = {}
    # With one kind of mark in the whole file, the first certain cell settles it.
    kinds = {mark for column in columns for mark in ".," if mark in "\n".join(column)}
    for column in columns:
        for cell in column:
            if "," not in cell and "." not in cell:
                continue
            mark, sure = _mark_of(cell)
            if mark:
                (certain if sure else possible).setdefault(mark, cell)
            if certain and len(kinds) == 1:
                return certain, possible
    return certain, possible


def _plain(cells: Sequence[str], decimal: str) -> NumberColumn | None:
    """Read a column of nothing but digits, marks and empty cells; None when it is not one."""
    joined = "\n".join(cells)
    if not PLAIN[decimal].fullmatch(joined):
        return None
    numbers = joined.replace(",", ".").split("\n") if decimal == "," else cells
    try:
        values = np.fromiter((float(n) if n else np.nan for n in numbers), np.float64, len(cells))
    except ValueError:
        return None  # Some cell, such as 1.2.3 or a lone minus, must be judged one by one.
    missing = cells.count("")
    return (
        NumberColumn(values, missing, False, "")
        if np.isfinite(values).sum() + missing == len(cells)
        else None
    )


def _match(cell: str) -> re.Match[str] | None:
    if len(cell) > LONGEST_NUMBER:
        return None
    text = cell.translate(SAME)
    if text.startswith("(") and text.endswith((")", ")%")):
        text = text[1:].replace(")", "")
    return NUMBER.fullmatch(text)


def _mark_of(cell: str) -> tuple[str, bool]:
    """Which decimal mark a cell speaks for, and whether it can mean nothing else."""
    match = _match(cell)
    if match is None:
        return "", False
    body = match["body"]
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return "", False
    mark = body[last]
    other = "," if mark == "." else "."
    if body.count(mark) > 1:  # 1.234.567 or 1,234,567: this mark parts thousands
        return (other, True) if other not in body else ("", False)
    if other in body or " " in body or "'" in body:
        return mark, True
    before, after = body[:last], body[last + 1 :]
    ambiguous = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return mark, not (ambiguous and not match["power"])


def _value(cell: str, decimal: str, name: str, where: str) -> tuple[float, str, bool]:
    match = _match(cell)
    body = match["body"] if match else ""
    grouped = GROUPS[decimal].fullmatch(body) or (decimal == "." and INDIAN.fullmatch(body))
    if match is None or not grouped:
        hint = f" with the decimal mark {decimal}" if match else ""
        raise FileFormatError(
            f"{name} has {cell[:40]!r} in {where}, which is not a number{hint}; correct it.",
            column=name,
            value=cell[:200],
        )
    for mark in {".", ",", "'", " "} - {decimal}:
        body = body.replace(mark, "")
    percent = match["after"] == "%"
    power = int((match["power"] or "e0")[1:]) - (2 if percent else 0)
    value = float(f"{body.replace(decimal, '.')}e{power}")  # 1.23% is 0.0123, with no division to round
    if not np.isfinite(value):
        raise FileFormatError(
            f"{name} has an infinite value ({cell[:20]}) in {where}; correct it.", column=name
        )
    signs = (match["sign"] + match["sign2"] + match["minus"]).count("-") + cell.startswith("(")
    after = match["after"] or ""
    currency = match["before"] or ("" if percent else after)
    value = -value if signs % 2 else value
    return value, currency, percent
