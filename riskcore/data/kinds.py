"""Whether numbers are prices, returns or growth factors, by how they move from row to row."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import FileFormatError, listed

__all__ = ["GROWTH", "check_kind"]

GROWTH = "growth factors"
Floats = NDArray[np.float64]
FEWEST = 10  # fewer values show no habit
WILD = 0.3  # no price moves by 30 % in a typical row; returns do, from one to the next
SMALL = 1.0  # returns in percent points and as decimals are typically below
STEADY, AWAY = 0.05, 2.0  # prices: typical moves below 5 %, level above 2
FEWEST_FACTORS = 20
FACTOR_RANGE = (0.5, 1.6)
# Mean squared change over variance: about 2 for values that do not remember the last row, near 0 for prices.
FORGETFUL = 1.2


def check_kind(frame: pd.DataFrame, kind: str | None) -> None:
    """Ask what the numbers are where they do not behave like prices and nobody has said.

    Parameters
    ----------
    frame
        Dates × tickers, NaN where missing.
    kind
        The answer, when it was asked.

    Raises
    ------
    FileFormatError
        Some columns look like returns and others like prices; or all are positive, below 1, and move like
        no price, or lie about 1 and forget the row before, as 1 + return does.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> check_kind(pd.DataFrame({"A": [10.0, 11.0, 10.5]}, index=days), None)
    """
    columns = {str(name): frame[name].dropna().to_numpy() for name in frame.columns}
    known = {name: values for name, values in columns.items() if len(values) >= FEWEST}
    wild = [name for name, values in known.items() if _like_returns(values)]
    steady = [name for name, values in known.items() if _like_prices(values)]
    if wild and steady:
        raise FileFormatError(
            f"{listed(wild)} holds numbers like returns, {listed(steady)} numbers like prices; give all "
            "columns as one of them, or load them apart.",
            columns=[*wild, *steady],
        )
    if kind is not None:
        return
    if wild and len(wild) == len(known) and not any((values < 0).any() for values in columns.values()):
        raise FileFormatError(
            f"The numbers of {listed(wild)} change by more than {100 * WILD:.0f} % in a typical row: prices, "
            "or returns? Say which.",
            question="kind",
            readings=("prices", "returns", "percent returns"),
        )
    if known and all(map(_like_factors, known.values())):
        raise FileFormatError(
            "The values lie about 1, and no row goes on from the one before: prices, or growth factors "
            "(1.012 = +1.2 %)? Say which.",
            question="kind",
            readings=("prices", GROWTH),
        )


def _typical_move(values: Floats) -> float:
    before, after = values[:-1], values[1:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moves = np.abs(after / before - 1.0)
    return float(np.median(np.where(np.isnan(moves), 0.0, moves)))


def _like_returns(values: Floats) -> bool:
    small = (values < 0).any() or np.median(values) < SMALL
    return bool(small and _typical_move(values) > WILD)


def _like_prices(values: Floats) -> bool:
    return bool((values > 0).all() and np.median(values) > AWAY and 0 < _typical_move(values) < STEADY)


def _like_factors(values: Floats) -> bool:
    low, high = FACTOR_RANGE
    if len(values) < FEWEST_FACTORS or values.min() < low or values.max() > high:
        return False
    spread = float(np.var(values))
    return spread > 0 and float(np.mean(np.diff(values) ** 2)) > FORGETFUL * spread
