"""Base currency: prices converted by dated exchange rates, each as it was known on the day of the price.

The rates that come with riskcore are the euro reference rates of the European Central Bank; a data set
fetched from Yahoo may carry Yahoo's own among its columns.
"""

import gzip
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.holdings_words import PARTS
from riskcore.data.price_set import PriceSet, complete_assets
from riskcore.errors import InputError, MissingDataError, listed

__all__ = [
    "LONGEST_AGE",
    "Rates",
    "convert",
    "convertible",
    "ecb_rates",
    "fetch_rates",
    "joined",
    "rate_tickers",
    "rates_in",
    "unit_of",
    "with_rates",
]

ECB_FILE = "ecb_per_eur_2000_2026.csv.gz"
ECB_SOURCE = "ECB reference rates"
YAHOO_SOURCE = "Yahoo’s exchange rates"
# Calendar days. Easter and Christmas close the ECB for four days in a row; a longer silence is a gap.
LONGEST_AGE = 5
CODE = re.compile(r"[A-Z]{3}")
YAHOO_PAIR = re.compile(r"([A-Z]{3})?([A-Z]{3})=X")
ADVICE = "keep the local returns"
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rates:
    """Dated exchange rates, each in units of a currency per one unit of the pivot currency.

    Parameters
    ----------
    per_pivot
        Dates × currencies, positive; NaN where a currency was not quoted. The pivot itself is left out.
    pivot
        The currency all rates are against, and crosses go through: "EUR" for the ECB's.
    source
        Whose rates they are, in a few words.

    Raises
    ------
    InputError
        Dates are not strictly increasing, a currency is not three letters, or a rate is not positive.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    >>> rates = Rates(pd.DataFrame({"USD": [1.1, 1.2], "GBP": [0.88, 0.8]}, index=days), "EUR", "example")
    >>> round(rates.at("GBP", "USD", "2024-01-02"), 6)    # dollars for a pound: 1.1 / 0.88
    1.25
    """

    per_pivot: pd.DataFrame
    pivot: str
    source: str

    def __post_init__(self) -> None:
        """Validate."""
        index = self.per_pivot.index
        if not isinstance(index, pd.DatetimeIndex) or not (index.is_monotonic_increasing and index.is_unique):
            raise InputError("Exchange rates must be indexed by strictly increasing dates.")
        codes = [self.pivot, *(str(c) for c in self.per_pivot.columns)]
        wrong = [c for c in codes if not CODE.fullmatch(c)]
        if wrong or len(set(codes)) < len(codes):
            raise InputError(f"Currencies are distinct codes of three letters, got {listed(wrong or codes)}.")
        values = self.per_pivot.to_numpy(dtype=np.float64)
        bad = ~(np.isnan(values) | (np.isfinite(values) & (values > 0)))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                f"The rate of {self.per_pivot.columns[column]} on {index[row]:%Y-%m-%d} is "
                f"{values[row, column]:g}; exchange rates are positive."
            )

    @property
    def currencies(self) -> tuple[str, ...]:
        """All currencies there are rates for, the pivot first."""
        return (self.pivot, *(str(c) for c in self.per_pivot.columns))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the content, to key caches with."""
        digest = blake2b(digest_size=16)
        digest.update(self.per_pivot.to_numpy(dtype=np.float64).tobytes())
        digest.update(self.per_pivot.index.to_numpy().tobytes())
        digest.update(repr((self.currencies, self.source)).encode())
        return digest.hexdigest()

    def cross(self, currency: str, base: str) -> pd.Series:
        """Return what one unit of `currency` is worth in `base`, on the days both were fixed.

            rate = (units of base per pivot) / (units of currency per pivot)

        Raises
        ------
        MissingDataError
            There is no rate for one of them.
        """
        self._check((currency, base))
        return (self._column(base) / self._column(currency)).dropna()

    def on(
        self, currency: str, base: str, days: pd.DatetimeIndex, *, within: int = LONGEST_AGE
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return the last rate known on each day, and how many calendar days old it is.

        A rate of a later day is never used. NaN and −1 where the last one is more than `within` days old,
        or there is none yet.
        """
        if currency == base:
            return np.ones(len(days)), np.zeros(len(days), dtype=np.int64)
        fixed = self.cross(currency, base)
        place = fixed.index.searchsorted(days, side="right") - 1
        known = place >= 0
        rate, age = np.full(len(days), np.nan), np.full(len(days), -1, dtype=np.int64)
        gap = (days[known] - fixed.index[place[known]]) // pd.Timedelta(days=1)
        rate[known], age[known] = fixed.to_numpy()[place[known]], np.asarray(gap, dtype=np.int64)
        old = age > within
        rate[old], age[old] = np.nan, -1
        return rate, age

    def at(self, currency: str, base: str, day: object, *, within: int = LONGEST_AGE) -> float:
        """Return what one unit of `currency` is worth in `base` on a day: the last rate known then.

        Raises
        ------
        MissingDataError
            There is no rate for one of them, or none on the day or in the days before it.
        """
        when = pd.DatetimeIndex([pd.Timestamp(str(day))])
        rate = float(self.on(currency, base, when, within=within)[0][0])
        if np.isnan(rate):
            raise MissingDataError(
                f"{self.source} have none for {currency} in {base} on {when[0]:%Y-%m-%d} or in the {within} "
                f"days before it; {self._span((currency, base))}."
            )
        return rate

    def last_common(self, currencies: Sequence[str], until: object = None) -> pd.Timestamp:
        """Return the last day on which every one of the currencies was fixed, on or before `until`.

        Raises
        ------
        MissingDataError
            There is no rate for one of them, or no such day.
        """
        self._check(currencies)
        foreign = [c for c in dict.fromkeys(currencies) if c != self.pivot]
        days = pd.DatetimeIndex(self.per_pivot[foreign].dropna().index)
        if until is not None:
            days = days[days <= pd.Timestamp(str(until))]
        if not len(days):
            raise MissingDataError(f"{self.source} have no common day for {listed(currencies)}.")
        return pd.Timestamp(days[-1])

    def _column(self, currency: str) -> pd.Series:
        if currency == self.pivot:
            return pd.Series(1.0, index=self.per_pivot.index)
        return self.per_pivot[currency].astype(np.float64)

    def _check(self, currencies: Sequence[str]) -> None:
        unknown = [c for c in dict.fromkeys(currencies) if c not in self.currencies]
        if unknown:
            raise MissingDataError(
                f"{self.source} have none for {listed((c or 'no currency') for c in unknown)}; there are "
                f"{listed(self.currencies, most=30)}.",
                currencies=unknown,
            )

    def _span(self, currencies: Sequence[str]) -> str:
        foreign = [c for c in dict.fromkeys(currencies) if c != self.pivot]
        days = self.per_pivot[foreign].dropna().index
        return (
            f"there are some from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
            if len(days)
            else "there are none"
        )


@cache
def ecb_rates() -> Rates:
    """Return the euro reference rates of the European Central Bank that come with riskcore.

    Units of 22 currencies per euro, fixed at about 14:15 in Frankfurt, from 2000 to 30 October 2026.

    Examples
    --------
    >>> rates = ecb_rates()
    >>> rates.at("EUR", "USD", "2024-01-02"), len(rates.currencies)
    (1.0956, 23)
    """
    raw = (files("riskcore.data") / "samples" / ECB_FILE).read_bytes()
    table = pd.read_csv(io.BytesIO(gzip.decompress(raw)), index_col=0, parse_dates=[0])
    table.index = pd.DatetimeIndex(table.index).as_unit("us")
    return Rates(table, "EUR", ECB_SOURCE)


def unit_of(currency: str) -> tuple[str, float]:
    """Return the currency a price is in and how many units of it one unit of the price is worth.

    Pence are a hundredth of a pound where the currency says so.

    Examples
    --------
    >>> unit_of("GBp"), unit_of("GBX"), unit_of("USD")
    (('GBP', 0.01), ('GBP', 0.01), ('USD', 1.0))
    """
    return PARTS.get(currency, (currency, 1.0))


def convertible(prices: PriceSet, base: str, rates: Rates) -> tuple[str, ...]:
    """Return the assets whose stated currency has a rate into `base`, in the order of the data.

    Examples
    --------
    >>> from riskcore.data.sample import load_sample
    >>> len(convertible(load_sample("global"), "EUR", ecb_rates()))
    12
    """
    if base not in rates.currencies:
        return ()
    units = {asset: unit_of(str(code))[0] for asset, code in prices.assets["currency"].items()}
    return tuple(asset for asset in prices.tickers if units[asset] in {base, *rates.currencies})


def convert(
    prices: PriceSet,
    base: str,
    rates: Rates,
    *,
    assets: Sequence[str] | None = None,
    within: int = LONGEST_AGE,
) -> PriceSet:
    """Return the price set in one currency: P_base(t) = P_local(t) · rate(t), exactly.

    So returns compound: 1 + r_base = (1 + r_local)(1 + r_rate). The rate of a day is the last one fixed on
    or before it; how many are older is among the notes. Prices before a currency's first rate, or more
    than `within` days after its last one, have no converted price and are missing; the notes say so.

    Parameters
    ----------
    prices
        Each asset in the currency of its row in the asset table.
    base
        Three letters.
    rates
        `ecb_rates()`, `rates_in(prices)` or others.
    assets
        Which assets the result has; all of them when omitted.
    within
        How many calendar days old a rate may be.

    Returns
    -------
    PriceSet
        Its asset table says `base` for every asset, its `returns_basis` names the rates.

    Raises
    ------
    MissingDataError
        The currency of an asset is not stated or has no rate, or a gap in its rates lies within its prices.
    AssetMismatchError
        An asset is unknown.

    Examples
    --------
    >>> from riskcore.data.price_set import plain_assets
    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    >>> table = plain_assets(["VOD"], currencies=["GBp"])
    >>> local = PriceSet("t", "T", pd.DataFrame({"VOD": [80.0, 88.0]}, index=days), table, 252.0, "example")
    >>> fixed = Rates(pd.DataFrame({"GBP": [0.8, 0.88]}, index=days), "EUR", "example rates")
    >>> convert(local, "EUR", fixed).prices["VOD"].round(6).tolist()    # 80p = £0.80 = €1
    [1.0, 1.0]
    """
    chosen = list(prices.tickers if assets is None else assets)
    prices.common_start(chosen)  # refuses unknown assets and those without any price
    stated = {asset: str(prices.assets.loc[asset, "currency"]) for asset in chosen}
    _check_currencies(stated, base, rates)
    frame, notes = _converted(prices.prices[chosen], stated, base, rates, within)
    table = prices.assets.loc[chosen].copy()
    table["currency"] = base
    held = set(chosen)
    defaults = tuple(a for a in prices.default_assets if a in held)
    return replace(
        prices,
        key=f"{prices.key}-in-{base}",
        prices=frame,
        assets=table,
        volumes=None if prices.volumes is None else prices.volumes[chosen],
        returns_basis=f"returns in {base}, converted by {rates.source}",
        notes=(*prices.notes, *notes),
        default_assets=defaults,
        default_index=prices.default_index if prices.default_index in held else None,
    )


def _check_currencies(stated: Mapping[str, str], base: str, rates: Rates) -> None:
    if base not in rates.currencies:
        raise MissingDataError(
            f"{rates.source} have none for {base[:10]}; choose {listed(rates.currencies, most=30)}.",
            currencies=[base],
        )
    unstated = [asset for asset, code in stated.items() if not code]
    if unstated:
        raise MissingDataError(
            f"The currency of {listed(unstated)} is not stated, so it cannot be converted to {base}; "
            f"{ADVICE}, or leave it out.",
            assets=unstated,
        )
    known = {base, *rates.currencies}
    without = {asset: code for asset, code in stated.items() if unit_of(code)[0] not in known}
    if without:
        where = listed(f"{asset} ({code})" for asset, code in without.items())
        raise MissingDataError(
            f"{rates.source} have none for the currency of {where}; {ADVICE}, leave it out, or fetch "
            f"{listed(sorted({f'{unit_of(c)[0]}{base}=X' for c in without.values()}))} from Yahoo with the "
            "prices.",
            assets=list(without),
            currencies=sorted(set(without.values())),
        )


def _converted(
    local: pd.DataFrame, stated: Mapping[str, str], base: str, rates: Rates, within: int
) -> tuple[pd.DataFrame, list[str]]:
    days = pd.DatetimeIndex(local.index)
    values = local.to_numpy(copy=True)
    notes = []
    for code in dict.fromkeys(stated.values()):
        unit, part = unit_of(code)
        columns = [k for k, asset in enumerate(local.columns) if stated[asset] == code]
        rate, age = rates.on(unit, base, days, within=within)
        priced = ~np.isnan(local.to_numpy()[:, columns]).all(axis=1)
        names = [str(local.columns[k]) for k in columns]
        notes += _notes(unit, base, days[priced], age[priced], names, rates, within)
        values[:, columns] *= (rate if part == 1.0 else rate * part)[:, None]
    return pd.DataFrame(values, index=local.index, columns=local.columns), notes


def _notes(
    unit: str,
    base: str,
    days: pd.DatetimeIndex,
    age: NDArray[np.int64],
    names: list[str],
    rates: Rates,
    within: int,
) -> list[str]:
    """Say how old the rates are and where there is none; refuse a gap in the middle."""
    if unit == base:
        return []
    known = np.flatnonzero(age >= 0)
    if not len(known):
        raise MissingDataError(
            f"{rates.source} have none for {unit} in {base} between {days[0]:%Y-%m-%d} and "
            f"{days[-1]:%Y-%m-%d}, so {listed(names)} cannot be converted; {ADVICE}, or leave it out.",
            assets=names,
        )
    first, last = int(known[0]), int(known[-1])
    holes = first + np.flatnonzero(age[first : last + 1] < 0)
    if len(holes):
        raise MissingDataError(
            f"{rates.source} have none for {unit} in {base} on {days[holes[0]]:%Y-%m-%d} or in the {within} "
            f"days before it, and {len(holes)} such days in all; {ADVICE}, choose a window without "
            "them, or allow older rates.",
            assets=names,
            date=days[holes[0]],
        )
    older = age[known] > 0
    notes = [
        f"{unit} in {base}: {rates.source}; on {int(older.sum())} of {len(known)} days the last rate known "
        f"is {_ages(age[known][older])} old."
        if older.any()
        else f"{unit} in {base}: {rates.source}, fixed on every day."
    ]
    if first:
        notes.append(
            f"No rate for {unit} before {days[first]:%Y-%m-%d}: in {base}, {listed(names)} starts then."
        )
    if last < len(days) - 1:
        notes.append(f"No rate for {unit} after {days[last]:%Y-%m-%d}: in {base}, {listed(names)} ends then.")
    return notes


def _ages(ages: NDArray[np.int64]) -> str:
    low, high = int(ages.min()), int(ages.max())
    return f"{low} day{'s' if low > 1 else ''}" if low == high else f"{low} to {high} days"


def with_rates(
    prices: PriceSet,
    assets: Sequence[str],
    base: str,
    rates: Rates,
    *,
    within: int = LONGEST_AGE,
) -> tuple[PriceSet, dict[str, str], dict[str, str]]:
    """Return the assets in their own currencies with the exchange rates into `base` as further columns.

    What `riskcore.currency_effect.currency_effect` takes apart.

    Returns
    -------
    tuple
        The price set; asset to the column of its rate, for those that need one; asset to the currency
        that has no rate.

    Examples
    --------
    >>> from riskcore.data.sample import load_sample
    >>> wide, needed, without = with_rates(load_sample("global"), ["SPY", "FTSE100"], "USD", ecb_rates())
    >>> wide.tickers, needed, without
    (('SPY', 'FTSE100', 'GBP in USD'), {'FTSE100': 'GBP in USD'}, {})
    """
    prices.common_start(assets)
    stated = {asset: unit_of(str(prices.assets.loc[asset, "currency"]))[0] for asset in assets}
    known = set(rates.currencies) if base in rates.currencies else set()
    without = {a: c for a, c in stated.items() if c and c != base and c not in known}
    codes = {a: c for a, c in stated.items() if c and c != base and c in known}
    frame = prices.prices[list(assets)].copy()
    table = prices.assets.loc[list(assets)].copy()
    column: dict[str, str] = {}
    for code in dict.fromkeys(codes.values()):
        name = f"{code} in {base}"
        while name in frame.columns:
            name += " "
        rate, age = rates.on(code, base, pd.DatetimeIndex(frame.index), within=within)
        owners = [a for a, c in codes.items() if c == code]
        priced = frame[owners].notna().any(axis=1).to_numpy()
        _notes(code, base, pd.DatetimeIndex(frame.index)[priced], age[priced], owners, rates, within)
        frame[name] = rate
        said = {"name": name, "asset_class": "Currency", "currency": base, "kind": rates.source}
        table.loc[name] = [said.get(str(c), "") for c in table.columns]
        column[code] = name
    defaults = complete_assets(frame) or tuple(str(c) for c in frame.columns)
    made = replace(
        prices,
        key=f"{prices.key}-rates-{base}",
        prices=frame,
        assets=table,
        volumes=None,
        default_assets=defaults,
        default_index=None,
    )
    return made, {a: column[c] for a, c in codes.items()}, without


def rate_tickers(currencies: Sequence[str], base: str) -> list[str]:
    """Return Yahoo's tickers of the exchange rates into `base`.

    Examples
    --------
    >>> rate_tickers(["USD", "GBp", "EUR", "USD"], "EUR")
    ['USDEUR=X', 'GBPEUR=X']
    """
    units = dict.fromkeys(unit_of(c)[0] for c in currencies)
    wrong = [c for c in (*units, base) if not CODE.fullmatch(c)]
    if wrong:
        raise InputError(f"{listed(wrong)[:60]} is no currency; give codes of three letters, such as EUR.")
    return [f"{unit}{base}=X" for unit in units if unit != base]


def fetch_rates(
    currencies: Sequence[str], base: str, *, start: object, end: object = None, patience: float | None = None
) -> Rates:
    """Fetch the exchange rates of the currencies into `base` from Yahoo.

    Raises
    ------
    InputError
        A currency is no code of three letters, or the dates are no range.
    SourceError
        Yahoo did not answer, or has no rate for one of them; the sentence says which.
    MissingDataError
        Every currency is the base already.
    """
    from riskcore.data.yahoo import fetch_prices
    from riskcore.errors import SourceError

    tickers = rate_tickers(currencies, base)
    if not tickers:
        raise MissingDataError(f"Everything is in {base} already; no exchange rate is needed.")
    answer = fetch_prices(tickers, start=start, end=end, patience=patience)
    failed = [s for s in answer.statuses if s.rows == 0]
    if failed or answer.prices is None:
        raise SourceError(" ".join(s.sentence for s in failed), statuses=answer.statuses)
    found = rates_in(answer.prices)
    if found is None:
        raise SourceError("Yahoo’s exchange rates cannot be used.", statuses=answer.statuses)
    return found


def joined(prices: PriceSet, rates: PriceSet) -> PriceSet:
    """Return a data set with exchange rates as further columns, for `rates_in` to find.

    Nothing is filled: a day without a rate stays without one. No rate is among the assets chosen at first.

    Parameters
    ----------
    prices
        The data set.
    rates
        Exchange rates by Yahoo's tickers, as `fetch_prices` brings them.

    Raises
    ------
    MissingDataError
        The rates have no day in common with the prices.

    Examples
    --------
    >>> from riskcore.data.price_set import plain_assets
    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    >>> def made(name):
    ...     frame = pd.DataFrame({name: [1.0, 2.0]}, index=days)
    ...     return PriceSet(name, name, frame, plain_assets([name], currencies=["USD"]), 252.0, "example")
    >>> both = joined(made("AAA"), made("USDEUR=X"))
    >>> both.tickers, both.default_assets
    (('AAA', 'USDEUR=X'), ('AAA',))
    """
    new = [ticker for ticker in rates.tickers if ticker not in prices.tickers]
    if not new:
        return prices
    columns = rates.prices[new].reindex(prices.prices.index)
    if columns.isna().all().any():
        raise MissingDataError(f"{listed(new)} has no day in common with {prices.label}.", assets=new)
    frame = pd.concat([prices.prices, columns], axis=1)
    return replace(
        prices,
        key=f"{prices.key}-with-rates",
        prices=frame,
        assets=pd.concat([prices.assets, rates.assets.loc[new]]),
        volumes=None if prices.volumes is None else prices.volumes.reindex(columns=frame.columns),
        notes=(*prices.notes, f"Exchange rates beside the prices: {listed(new)} ({rates.source})."),
    )


def rates_in(prices: PriceSet) -> Rates | None:
    """Return the exchange rates among the columns of a data set fetched from Yahoo, None without any.

    `GBPEUR=X` is euros per pound; `JPY=X` is yen per dollar. The pivot is the currency most pairs have;
    pairs without it are left out.

    Examples
    --------
    >>> from riskcore.data.price_set import plain_assets
    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    >>> frame = pd.DataFrame({"GBPEUR=X": [1.25, 1.2], "USDEUR=X": [0.8, 0.8]}, index=days)
    >>> found = rates_in(PriceSet("t", "T", frame, plain_assets(list(frame)), 252.0, "example"))
    >>> found.pivot, round(found.at("GBP", "USD", "2024-01-02"), 6)
    ('EUR', 1.5625)
    """
    pairs: dict[str, tuple[str, str]] = {}
    for ticker in prices.tickers:
        match = YAHOO_PAIR.fullmatch(ticker)
        if match and (match[1] or "USD") != match[2]:
            pairs[ticker] = (match[1] or "USD", match[2])
    if not pairs:
        return None
    sides = [code for pair in pairs.values() for code in pair]
    pivot = max(dict.fromkeys(sides), key=lambda code: (sides.count(code), code == "EUR"))
    columns: dict[str, pd.Series] = {}
    for ticker, (one, other) in pairs.items():
        if one == pivot:
            columns.setdefault(other, prices.prices[ticker])
        elif other == pivot:
            columns.setdefault(one, 1.0 / prices.prices[ticker])
    return Rates(pd.DataFrame(columns), pivot, YAHOO_SOURCE)
