"""In which currency a view shows returns and money: rates, base currencies, the value that follows."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskcore.dashboard import cached
from riskcore.dashboard.portfolio_codes import content_of
from riskcore.dashboard.view import CURRENCIES, LOWEST_VALUE, View
from riskcore.data.currency import Rates, convertible, ecb_rates, rates_in, unit_of
from riskcore.data.holdings_shares import Shares
from riskcore.data.price_set import PriceSet
from riskcore.errors import MissingDataError, listed
from riskcore.figures.words import dated, money

__all__ = ["Money", "bases_of", "in_base", "money_of", "rates_for", "shares_words", "why_no_base"]

HIGHEST_VALUE = 1e15


@dataclass(frozen=True)
class Money:
    """The portfolio's value as the pages show it, and where it comes from.

    Parameters
    ----------
    value
        None where none is given and none follows from shares.
    currency
        Of all money figures: the base currency where one is set.
    words
        How the value came about, for a chip; empty without one.
    """

    value: float | None
    currency: str
    words: str = ""


def rates_for(local: PriceSet, base: str, assets: Sequence[str] | None = None) -> Rates:
    """Return the rates among the data's own columns where they reach every asset, else the ECB's."""
    own = rates_in(local)
    if own is not None and set(assets or local.tickers) <= set(convertible(local, base, own)):
        return own
    return ecb_rates()


def bases_of(local: PriceSet, assets: Sequence[str]) -> tuple[str, ...]:
    """Return the currencies every one of the assets can be converted to, the most asked for first."""
    needed = {unit_of(str(local.assets.loc[asset, "currency"]))[0] for asset in assets}
    found: dict[str, None] = {}
    for rates in (ecb_rates(), rates_in(local)):
        if rates is not None and needed <= set(rates.currencies):
            found |= dict.fromkeys(rates.currencies)
    asked = [code for code in CURRENCIES if code in found]
    return tuple(dict.fromkeys([*asked, *found]))


def why_no_base(local: PriceSet, assets: Sequence[str]) -> str:
    """Return why there is no base currency to choose."""
    codes = {asset: str(local.assets.loc[asset, "currency"]) for asset in assets}
    unstated = [asset for asset, code in codes.items() if not code]
    if unstated:
        return f"The data does not state the currency of {listed(unstated)}"
    return f"There are no exchange rates for {listed(sorted({unit_of(c)[0] for c in codes.values()}))}"


def in_base(local: PriceSet, base: str, assets: Sequence[str]) -> PriceSet:
    """Return the data in the base currency, with every asset that can be converted.

    Raises
    ------
    MissingDataError
        One of `assets` cannot.
    """
    rates = rates_for(local, base, assets)
    able = convertible(local, base, rates)
    unable = [asset for asset in assets if asset not in able]
    # An asset that cannot be converted and is not shown is left away; one that is shown is refused by name.
    chosen = tuple(a for a in local.tickers if a in unable or (a in able and pd.notna(local.first_dates[a])))
    return cached.converted(local, base, rates, chosen)


def money_of(view: View, local: PriceSet, assets: Sequence[str]) -> Money:
    """Return the value the pages show: the one given, in the base currency; else that of shares in A or B.

    Shares worth less than a cent or more than a quadrillion set no value.

    Raises
    ------
    MissingDataError
        The value cannot be converted.
    """
    if view.value is not None:
        return _given(view, view.value, local, assets)
    for letter, code in (("A", view.a), ("B", view.b)):
        shares = content_of(code)
        if isinstance(shares, Shares):
            unit = view.base or view.currency
            worth = shares.values(local, rates_for(local, unit), unit)
            if not LOWEST_VALUE <= worth.total <= HIGHEST_VALUE:
                continue
            words = f"Value {money(worth.total, unit)}: the shares of {letter} on {dated(worth.day)}"
            return Money(worth.total, unit, words)
    return Money(None, view.base or view.currency)


def shares_words(letter: str, code: str, local: PriceSet) -> str | None:
    """Return at which prices shares are weighed, None for a portfolio of weights."""
    shares = content_of(code)
    if not isinstance(shares, Shares):
        return None
    held = [asset for asset, number in shares.pieces.items() if number]
    return f"{letter}: shares at the prices of {dated(local.common_end(held))}"


def _given(view: View, value: float, local: PriceSet, assets: Sequence[str]) -> Money:
    stated = f"Value {view.currency} {value:,.0f}"
    if not view.base or view.base == view.currency:
        return Money(value, view.currency, stated)
    rates = rates_for(local, view.base, assets)
    if view.currency not in rates.currencies:
        rates = ecb_rates()
    day = local.common_end(assets)
    try:
        rate = rates.at(view.currency, view.base, day)
    except MissingDataError:
        day = rates.last_common([view.currency, view.base])
        rate = rates.at(view.currency, view.base, day)
    converted = money(value * rate, view.base)
    return Money(value * rate, view.base, f"{stated} = {converted}, {rates.source} of {dated(day)}")
