"""What shares weigh on another day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskcore.data.holdings_reading import HoldingsReading, Position, over_total
from riskcore.data.price_set import PriceSet
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed

__all__ = ["drifted_weights"]


def drifted_weights(
    positions: HoldingsReading | Sequence[Position],
    prices: PriceSet | pd.DataFrame,
    date: object,
    *,
    as_of: object = None,
    cash: float = 0.0,
) -> pd.Series:
    """Return the weights of the positions on a date: shares drift with prices, weights do not.

    With `as_of`, a position worth V then is worth V · P(date) / P(as_of): the ratio also holds where the
    data is adjusted for dividends or rebased. Without it, shares are worth quantity · P(date). Amounts and
    weights stay as they are.

    Parameters
    ----------
    positions
        A reading, or positions of one kind, or of shares and amounts.
    prices
        Prices by date; the last row on or before a date counts.
    date
        The day the weights are wanted for.
    as_of
        The day the table's values are of.
    cash
        Money in the account, where positions are given instead of a reading.

    Returns
    -------
    Series
        Weights by label, fractions of the value with cash; they sum to 1 without cash.

    Raises
    ------
    AssetMismatchError
        The prices lack an asset.
    MissingDataError
        There is no price on the date, or the total value is not positive.
    InputError
        A date is none, or weights are mixed with shares.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> frame = pd.DataFrame({"A": [10.0, 20.0], "B": [10.0, 10.0]}, index=days)
    >>> held = [Position(x, x, "shares", 1.0, None, "", None, "line 1") for x in "AB"]
    >>> drifted_weights(held, frame, "2024-01-02").round(3).to_dict()
    {'A': 0.667, 'B': 0.333}
    """
    held = tuple(positions.positions if isinstance(positions, HoldingsReading) else positions)
    money = positions.cash if isinstance(positions, HoldingsReading) else cash
    kinds = {p.kind for p in held}
    if not held:
        raise MissingDataError("There are no positions to weigh.")
    if kinds == {"weight"}:
        return pd.Series({p.label: p.quantity for p in held}, dtype=np.float64)
    if "weight" in kinds:
        raise InputError("Weights cannot be mixed with shares or amounts; give one kind.")
    frame = prices.prices if isinstance(prices, PriceSet) else prices
    shares = [p for p in held if p.kind == "shares" and p.quantity != 0]
    absent = [p.label for p in shares if p.label not in frame.columns]
    if absent:
        raise AssetMismatchError(f"The prices lack {listed(absent)}; add them to the data.", unknown=absent)
    now = _row(frame, date, [p.label for p in shares])
    then = None if as_of is None else _row(frame, as_of, [p.label for p in shares])
    values: dict[str, float] = {}
    for p in held:
        if p.kind != "shares" or p.quantity == 0:
            values[p.label] = p.value if p.value is not None else p.quantity
        elif then is None:
            values[p.label] = p.quantity * now[p.label]
        elif p.value is None:
            raise MissingDataError(f"{p.label} has no value to start from; give its price.", assets=[p.label])
        else:
            values[p.label] = p.value * now[p.label] / then[p.label]
    return pd.Series(over_total(values, money), dtype=np.float64)


def _row(frame: pd.DataFrame, date: object, labels: list[str]) -> dict[str, float]:
    try:
        day = pd.Timestamp(str(date))
    except ValueError as error:
        raise InputError(f"{str(date)[:40]!r} is not a date.") from error
    where = int(frame.index.searchsorted(day, side="right")) - 1
    if where < 0:
        raise MissingDataError(f"There are no prices on or before {day:%Y-%m-%d}.")
    found = {label: float(frame[label].iloc[where]) for label in labels}
    missing = [label for label, price in found.items() if not price > 0]
    if missing:
        raise MissingDataError(
            f"{listed(missing)} has no price on {frame.index[where]:%Y-%m-%d}; choose another day.",
            assets=missing,
        )
    return found
