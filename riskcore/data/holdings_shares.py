"""Shares and cash as they are held: what they are worth on a day, and what they would have weighed before.

Shares drift with prices: nothing is traded, so weights change every day.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.currency import Rates, unit_of
from riskcore.data.holdings_reading import HoldingsReading
from riskcore.data.price_set import PriceSet
from riskcore.errors import AssetMismatchError, MissingDataError, listed

__all__ = ["Shares", "Worth", "shares_from"]

SAME = 1e-9
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """Pieces held, and cash by currency.

    Parameters
    ----------
    pieces
        Asset to number of shares, negative when short.
    cash
        Currency to money in the account; "" where none is stated.
    factors
        Asset to its stated price per price of the data; 1 for an asset left out.
    """

    pieces: Mapping[str, float]
    cash: Mapping[str, float] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)

    def values(self, prices: PriceSet, rates: Rates, base: str, day: object = None) -> "Worth":
        """Return what the shares are worth on a day: the last row of the data on or before it.

        Parameters
        ----------
        prices
            Each asset in the currency its row states.
        rates
            To add up several currencies with, as known on that day.
        base
            The currency of the value; empty for the one the assets have in common.
        day
            The last row of the assets' common history when omitted.

        Raises
        ------
        AssetMismatchError
            The data lacks an asset.
        MissingDataError
            There is no price on the day, a currency has no rate, or nothing positive is left.
        """
        held = self._held(prices)
        wanted = prices.common_end(held) if day is None else pd.Timestamp(str(day))
        where = int(prices.prices.index.searchsorted(wanted, side="right")) - 1
        row = prices.prices.iloc[max(where, 0)][held]
        if where < 0 or row.isna().any():
            raise MissingDataError(
                f"{listed(row.index[row.isna()]) or listed(held)} has no price on {wanted:%Y-%m-%d}."
            )
        when = pd.Timestamp(prices.prices.index[where])
        units = {asset: unit_of(str(prices.assets.loc[asset, "currency"])) for asset in held}
        target = base or self._common(units)
        worth = {
            asset: self.pieces[asset]
            * self.factors.get(asset, 1.0)
            * float(row[asset])
            * units[asset][1]
            * _rate(units[asset][0], target, rates, when)
            for asset in held
        }
        cash = math.fsum(money * _rate(code, target, rates, when) for code, money in self.cash.items())
        return Worth(worth, cash, target, when)

    def through_time(self, prices: PriceSet, rates: Rates, base: str = "") -> pd.DataFrame:
        """Return what the shares would have weighed on every row of their common history, never traded.

            w_i(t) = n_i f_i P_i(t) x_i(t) / (cash(t) + Σ_j n_j f_j P_j(t) x_j(t))

        with the factor f and the exchange rate x into one currency as known on the day.

        Returns
        -------
        DataFrame
            Dates × assets (and "cash" where there is any), fractions of the value; rows add up to 1. A day
            without a rate is left out.

        Raises
        ------
        AssetMismatchError, MissingDataError
            As `values`; also where the value is not positive on some day.
        """
        held = self._held(prices)
        window = prices.window(held)
        days = pd.DatetimeIndex(window.index)
        units = {asset: unit_of(str(prices.assets.loc[asset, "currency"])) for asset in held}
        target = base or self._common(units)

        def rate(unit: str) -> Floats:
            same = not unit or not target or unit == target
            return np.ones(len(days)) if same else rates.on(unit, target, days)[0]

        columns = {
            asset: self.pieces[asset]
            * self.factors.get(asset, 1.0)
            * units[asset][1]
            * window[asset].to_numpy()
            * rate(units[asset][0])
            for asset in held
        }
        money = np.sum([amount * rate(code) for code, amount in self.cash.items() if amount], axis=0)
        values = pd.DataFrame(columns, index=days)
        if np.any(money):
            values[_free_name("cash", held)] = money
        values = values.dropna()
        total = values.sum(axis=1)
        if values.empty or not (total > 0).all():
            when = f" on {total.index[total <= 0][0]:%Y-%m-%d}" if len(total) else ""
            raise MissingDataError(f"The shares and cash have no positive value{when}, so no weights.")
        return values.div(total, axis=0)

    def _held(self, prices: PriceSet) -> list[str]:
        held = [asset for asset, number in self.pieces.items() if number]
        if not held:
            raise MissingDataError("These shares hold nothing; weights need at least one position.")
        absent = [asset for asset in held if asset not in prices.tickers]
        if absent:
            raise AssetMismatchError(f"{prices.label} has no {listed(absent)}.", unknown=absent)
        return held

    def _common(self, units: Mapping[str, tuple[str, float]]) -> str:
        """Return the first currency named: where there is one only, it is that of everything."""
        named = [*self.cash, *(unit for unit, _ in units.values())]
        return next((code for code in named if code), "")


@dataclass(frozen=True)
class Worth:
    """What shares are worth on a day.

    Parameters
    ----------
    values
        Asset to value.
    cash
        The cash, in the same currency.
    currency
        Three letters; empty where the data states none.
    day
        The day of the prices.
    """

    values: Mapping[str, float]
    cash: float
    currency: str
    day: pd.Timestamp

    @property
    def total(self) -> float:
        """Positions and cash together."""
        return math.fsum([self.cash, *self.values.values()])

    @property
    def weights(self) -> dict[str, float]:
        """Asset to fraction of the total.

        Raises
        ------
        MissingDataError
            The total is not positive.
        """
        if not (math.isfinite(self.total) and self.total > 0):
            raise MissingDataError(
                f"The shares and cash are worth {self.total:,.2f} together; weights need a positive value. "
                "Add the cash the short sales brought."
            )
        return {asset: value / self.total for asset, value in self.values.items()}


def shares_from(reading: HoldingsReading, prices: PriceSet, rates: Rates) -> Shares | None:
    r"""Return the shares a table of holdings states, None where a position is no number of shares.

    The table's own prices stay in the factors: a position is worth what the table says on the last day of
    the data, and moves with the data's prices from there, however these are adjusted or rebased.

    Raises
    ------
    MissingDataError
        A position has no value, or a currency has no rate.

    Examples
    --------
    >>> from riskcore.data.currency import ecb_rates
    >>> from riskcore.data.holdings import read_holdings
    >>> from riskcore.data.price_set import plain_assets
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> frame = pd.DataFrame({"A": [40.0, 50.0]}, index=days)
    >>> data = PriceSet("t", "T", frame, plain_assets(["A"]), 252.0, "example")
    >>> reading = read_holdings("Ticker\tShares\tPrice\nA\t10\t100\n", known=["A"])
    >>> shares_from(reading, data, ecb_rates()).factors
    {'A': 2.0}
    """
    if reading.unit != "shares" or any(p.kind != "shares" for p in reading.positions):
        return None
    pieces = {p.label: p.quantity for p in reading.positions}
    unpriced = [p.label for p in reading.positions if p.value is None and p.quantity]
    if unpriced:
        raise MissingDataError(
            f"No price for {listed(unpriced)}, so the shares have no value.", assets=unpriced
        )
    cash = {reading.currency: reading.cash} if reading.cash else {}
    plain = Shares(pieces, cash).values(prices, rates, reading.currency)
    factors = {
        p.label: (p.value or 0.0) / plain.values[p.label]
        for p in reading.positions
        if p.label in plain.values
    }
    return Shares(pieces, cash, {a: f for a, f in factors.items() if abs(f - 1.0) > SAME})


def _free_name(wanted: str, taken: Sequence[str]) -> str:
    while wanted in taken:
        wanted += " "
    return wanted


def _rate(unit: str, target: str, rates: Rates, day: pd.Timestamp) -> float:
    # Without a stated currency there is nothing to convert by: the reader says which money it is.
    return 1.0 if not unit or not target or unit == target else rates.at(unit, target, day)
