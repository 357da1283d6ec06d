"""What holdings are worth: amounts as stated, else shares × price, in one currency or not at all."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from riskcore.data.currency import Rates, unit_of
from riskcore.data.holdings_entries import Entry, places
from riskcore.data.holdings_words import PARTS
from riskcore.errors import InputError, MissingDataError, listed

__all__ = ["Market", "Valued", "value_entries"]

SAME_PRICE = 0.2  # a price of the table this far from the data's is said
RATIO_SLACK = 0.02
Prices = Mapping[str, float]


@dataclass(frozen=True)
class Market:
    """What the data knows about prices and money.

    Parameters
    ----------
    prices
        The data's price of each asset; None without any.
    currencies
        The currency of that price; an asset left out has none stated.
    rates
        Exchange rates to add up amounts in several currencies with; None asks for them.
    base
        The currency to add them up in, where the table and the reader name none.
    day
        The day of the prices: where one of them is used, rates are not of a later day.
    """

    prices: Prices | None = None
    currencies: Mapping[str, str] = field(default_factory=dict)
    rates: Rates | None = None
    base: str = ""
    day: object = None


@dataclass(frozen=True)
class Valued:
    """Values in the order of the entries (None where unknown), their currency, and what was assumed."""

    values: list[float | None]
    currency: str
    notes: list[str] = field(default_factory=list)


def value_entries(
    entries: list[Entry],
    labels: list[str],
    market: Market,
    *,
    heading_currency: str,
    rates: Mapping[str, float] | None,
    currency: str | None,
) -> Valued:
    """Return what each entry is worth.

    The amount the table states comes first, then its shares × its price, then its shares × the data's
    price. Amounts in several currencies are added with the rates given, else with the market's of the last
    day on which all these currencies were fixed; the day and the rates are among the notes.

    Parameters
    ----------
    entries, labels
        The rows, and the asset each of them is.
    market
        The data's prices, and exchange rates.
    heading_currency
        The currency the heading of the amounts names; empty where it names none.
    rates
        What one unit of each currency is worth in the portfolio's currency.
    currency
        The portfolio's currency, when it was said.

    Raises
    ------
    MissingDataError
        Amounts are in several currencies and a rate is missing.
    """
    plain = [_in_whole_units(e) for e in entries]
    base, notes = _amounts_in(plain, heading_currency)
    values: list[float | None] = []
    units: list[str] = []
    from_data: list[str] = []
    for entry, label in zip(plain, labels, strict=True):
        value, unit = _one(entry, label, base, market, from_data)
        values.append(value)
        units.append(unit)
    if from_data:
        notes.append(f"Valued at the data's prices, as the table has none: {listed(from_data, most=10)}.")
    notes += _differing_prices(plain, labels, market.prices)
    used = list(dict.fromkeys(u for u, v in zip(units, values, strict=True) if u and v is not None))
    target = currency or (used[0] if len(used) == 1 else "")
    if rates is None and len(used) <= 1 and target in {"", *used}:
        return Valued(values, target, notes)
    when = ""
    if rates is None and market.rates is not None and len(used) > 1:
        target = target or (market.base if market.base in market.rates.currencies else used[0])
        if {target, *used} <= set(market.rates.currencies):
            rates, when = _last_rates(used, target, market.rates, market.day if from_data else None)
            notes += _without_currency(plain, units, values, target)
    return _converted(values, units, used, rates, target, notes, when)


def _last_rates(used: list[str], target: str, rates: Rates, until: object) -> tuple[dict[str, float], str]:
    """Return each currency in the target on the last day all of them were fixed, and that day in words."""
    day = rates.last_common([*used, target], until)
    return {unit: rates.at(unit, target, day) for unit in used}, f", {rates.source} of {day:%Y-%m-%d}"


def _without_currency(
    entries: list[Entry], units: list[str], values: list[float | None], target: str
) -> list[str]:
    silent = [e for e, u, v in zip(entries, units, values, strict=True) if not u and v]
    if not silent:
        return []
    names = listed((e.spelled[:40] for e in silent), most=10)
    return [f"No currency is stated for {names} ({places(silent)}): taken as {target}."]


def _in_whole_units(entry: Entry) -> Entry:
    """Turn a price in pence into pounds; the amount is judged later, as nobody writes it in pence."""
    if entry.currency not in PARTS:
        return entry
    unit, part = PARTS[entry.currency]
    return replace(entry, currency=unit, price=entry.price * part)


def _amounts_in(entries: list[Entry], heading: str) -> tuple[str | None, list[str]]:
    """Return the one currency all amounts are in; None where each is in the currency of its row.

    Where no heading says, shares × price tells: amounts that exceed it by one factor per currency have
    been converted, and the currency with the factor 1 is the one they were converted to.
    """
    if heading:
        return heading, []
    ratios: dict[str, list[float]] = {}
    for entry in entries:
        product = entry.shares * entry.price
        if math.isfinite(product) and product != 0 and math.isfinite(entry.amount) and not entry.cash:
            ratios.setdefault(entry.currency, []).append(entry.amount / product)
    typical = {c: float(np.median(r)) for c, r in ratios.items()}
    tight = {
        c: all(abs(x / typical[c] - 1) < RATIO_SLACK for x in r) for c, r in ratios.items() if typical[c]
    }
    if len(typical) < 2 or not all(tight.values()) or len(tight) < len(typical):
        return None, []
    ones = [c for c, ratio in typical.items() if abs(ratio - 1) < RATIO_SLACK]
    if len(ones) != 1 or not ones[0]:
        return None, []
    return ones[0], [
        f"The amounts are all in {ones[0]}: they differ from shares × price by one rate per currency."
    ]


def _one(
    entry: Entry, label: str, base: str | None, market: Market, from_data: list[str]
) -> tuple[float | None, str]:
    if math.isfinite(entry.amount):
        return entry.amount, base if base is not None else entry.amount_currency or entry.currency
    if entry.cash and math.isfinite(entry.shares):
        return entry.shares * (entry.price if math.isfinite(entry.price) else 1.0), entry.currency
    if not math.isfinite(entry.shares):
        return None, ""
    if entry.shares == 0:
        return 0.0, ""
    if math.isfinite(entry.price):
        return entry.shares * entry.price, entry.currency
    price = market.prices.get(label, math.nan) if market.prices is not None else math.nan
    if not (math.isfinite(price) and price > 0):
        return None, ""
    from_data.append(label)
    unit, part = unit_of(market.currencies.get(label, ""))
    return entry.shares * price * part, unit or entry.currency


def _differing_prices(entries: list[Entry], labels: list[str], prices_at: Prices | None) -> list[str]:
    if prices_at is None:
        return []
    found = []
    for entry, label in zip(entries, labels, strict=True):
        price = prices_at.get(label, math.nan)
        if math.isfinite(entry.price) and math.isfinite(price) and price > 0:
            if abs(entry.price / price - 1) > SAME_PRICE:
                found.append(f"{label} {entry.price:g} in the table, {price:g} in the data")
    if not found:
        return []
    return [
        f"Prices differ ({listed(found, most=4)}): the data may be adjusted, rebased or of another day. The "
        "table's prices were used."
    ]


def _converted(
    values: list[float | None],
    units: list[str],
    used: list[str],
    rates: Mapping[str, float] | None,
    target: str,
    notes: list[str],
    when: str,
) -> Valued:
    known = dict(rates or {})
    for code, rate in known.items():
        if not (isinstance(rate, int | float) and math.isfinite(rate) and rate > 0):
            raise InputError(f"The rate of {str(code)[:10]} must be a positive number, got {rate!r}.")
    if target:
        known.setdefault(target, 1.0)
    missing = [unit for unit in used if unit not in known]
    if missing:
        to = f" in {target}" if target else ""
        raise MissingDataError(
            f"The holdings are in {listed(used)}, which cannot be added up; give what one "
            f"{listed(missing)} is worth{to}, or a column of weights or of amounts in one currency.",
            currencies=used,
            readings=tuple(used),
        )
    done = [None if v is None else v * known.get(u, 1.0) for v, u in zip(values, units, strict=True)]
    said = listed(f"1 {unit} = {known[unit]:g} {target}".rstrip() for unit in used if unit != target)
    return Valued(done, target, [*notes, f"Amounts were converted: {said}{when}."] if said else notes)
