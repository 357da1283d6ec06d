"""Portfolio codes with a content of their own: typed weights, shares that drift with prices, saved ones.

`w:SPY~0.6;BND~0.4` are weights. `n:SPY~100;BND~50;$USD~2500` are shares and cash, worth what the data's last
prices make of them; a third number, as in `SPY~100~0.73`, is the price then stated for one share per price of
the data, for data that is rebased or adjusted. `p:<key>` is a saved portfolio, `p:<key>@3` its version 3.
"""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from riskcore.dashboard import saved
from riskcore.dashboard.view import SAVED_CODE, SHARES_CODE, quoted, typed_weights, unquoted
from riskcore.data.holdings_shares import Shares
from riskcore.errors import InputError, RiskcoreError

if TYPE_CHECKING:
    from riskcore.data.store import SavedPortfolio

__all__ = [
    "assets_of",
    "code_of",
    "content_of",
    "details_of",
    "known_saved",
    "pinned_code",
    "saved_codes",
    "saved_title",
    "shares_code",
    "shares_of",
]

MONEY = "$"
SAVED_KEY = re.compile(r"p:([0-9A-Za-z_-]{1,64})(?:@([0-9]{1,6}))?")


def shares_code(shares: Shares) -> str:
    """Return shares and cash as one portfolio code for the URL.

    Examples
    --------
    >>> shares_code(Shares({"SPY": 100.0, "BND": 50.0}, {"USD": 2500.0}, {"SPY": 0.75}))
    'n:SPY~100~0.75;BND~50;$USD~2500'
    """
    parts = []
    for asset, number in shares.pieces.items():
        label = quoted(asset)
        if label.startswith(MONEY):
            label = "%24" + label[1:]
        factor = shares.factors.get(asset, 1.0)
        parts.append(f"{label}~{number:.12g}" + ("" if factor == 1.0 else f"~{factor:.12g}"))
    parts += [f"{MONEY}{quoted(code)}~{money:.12g}" for code, money in shares.cash.items() if money]
    return SHARES_CODE + ";".join(parts)


def shares_of(code: str) -> Shares | None:
    """Return the shares behind a code, None for a code of another kind.

    Raises
    ------
    ValueError
        The code starts as shares but cannot be read.

    Examples
    --------
    >>> shares_of("n:SPY~100~0.75;BND~50;$USD~2500").cash
    {'USD': 2500.0}
    """
    if not code.startswith(SHARES_CODE):
        return None
    pieces: dict[str, float] = {}
    cash: dict[str, float] = {}
    factors: dict[str, float] = {}
    for part in code[len(SHARES_CODE) :].split(";"):
        label, *numbers = part.split("~")
        money = label.startswith(MONEY)
        name = unquoted(label[1:] if money else label.replace("%24", MONEY))
        if len(numbers) not in ({1} if money else {1, 2}) or not (name or money):
            raise ValueError("is not a list of ticker~shares")
        values = [_number(text) for text in numbers]
        if name in (cash if money else pieces):
            raise ValueError(f"names {name[:40]} twice")
        if money:
            cash[name] = values[0]
            continue
        pieces[name] = values[0]
        if len(values) == 2:
            if values[1] <= 0:
                raise ValueError(f"has a price of {name[:40]} that is not positive")
            factors[name] = values[1]
    if not pieces:
        raise ValueError("names no asset")
    return Shares(pieces, cash, factors)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a list of ticker~shares") from None
    if not math.isfinite(value):
        raise ValueError("has a number that is not finite")
    return value


def code_of(entry: "SavedPortfolio", *, pinned: bool = False) -> str:
    """Return the code of a saved portfolio: its newest version, or this one for good."""
    return f"{SAVED_CODE}{entry.key}" + (f"@{entry.version}" if pinned else "")


def pinned_code(code: str) -> str:
    """Return the code that means for good what this one means now: a saved portfolio in its version.

    Raises
    ------
    InputError, StoreError
        As in `known_saved`.
    """
    entry = known_saved(code)
    return code if entry is None else code_of(entry, pinned=True)


def known_saved(code: str) -> "SavedPortfolio | None":
    """Return the saved portfolio a code names, None for a code of another kind.

    Raises
    ------
    InputError
        Nothing is saved under it, it was deleted, or there is no such version.
    StoreError
        The store cannot be read.
    """
    if not code.startswith(SAVED_CODE):
        return None
    found = SAVED_KEY.fullmatch(code)
    if found is None:
        raise InputError(f"“{code[:40]}” does not name a saved portfolio.")
    version = None if found[2] is None else int(found[2])
    newest = saved.portfolios().get(found[1])
    if newest is not None and version in (None, newest.version):
        return newest
    try:
        entry = saved.store().portfolios.load(found[1], version)
    except InputError as error:
        which = "" if version is None else f", version {version},"
        raise InputError(
            f"No saved portfolio{which} has the key {found[1][:12]} on this server; it may have been saved "
            "on another one."
        ) from error
    if entry.deleted_at is not None:
        raise InputError(f"{entry.name[:60]} was deleted; it can be restored on the Data page.")
    return entry


def saved_codes() -> list[str]:
    """Return the codes of all saved portfolios, the last saved first; none where nothing was ever saved."""
    if not saved.present():
        return []
    try:
        return [code_of(entry) for entry in saved.portfolios().values()]
    except RiskcoreError:
        return []  # a store in trouble says so on the Data page; it must not close the others


def saved_title(code: str) -> str:
    """Return the name of a saved portfolio, and its version where the code pins one; plain text.

    Where there is none it says so: a title is never a reason to fail.
    """
    try:
        entry = known_saved(code)
    except RiskcoreError:
        entry = None
    if entry is None:
        return "Saved portfolio, not found"
    return f"{entry.name}, version {entry.version}" if "@" in code else entry.name


def content_of(code: str) -> dict[str, float] | Shares | None:
    """Return the weights or shares a code holds, None for the name of a rule or a preset.

    Raises
    ------
    InputError
        A saved portfolio is not there, or the code cannot be read.
    """
    entry = known_saved(code)
    if entry is None:
        try:
            return typed_weights(code) or shares_of(code)
        except ValueError as error:
            raise InputError(f"“{code[:40]}” {error}.") from error
    if entry.kind == "weights":
        return dict(entry.positions)
    return Shares(
        dict(entry.positions),
        _numbers(entry.details.get("cash")),
        _numbers(entry.details.get("price factors")),
    )


def details_of(shares: Shares) -> dict[str, object]:
    """Return what is saved beside the pieces, for `content_of` to read."""
    return {"cash": dict(shares.cash), "price factors": dict(shares.factors)}


def _numbers(found: object) -> dict[str, float]:
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, Mapping) else {}


def assets_of(code: str) -> frozenset[str] | None:
    """Return the assets a code holds, None where it holds nothing that can be read.

    Examples
    --------
    >>> sorted(assets_of("n:SPY~100;BND~0;GOLD~5")), assets_of("equal_weight")
    (['GOLD', 'SPY'], None)
    """
    try:
        content = content_of(code)
    except RiskcoreError:
        return None
    held = content.pieces if isinstance(content, Shares) else content
    return None if held is None else frozenset(asset for asset, number in held.items() if number)
