"""From dates and values to one table, dates × tickers: in date order, each date once, conflicts refused."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.dialect import MAX_CELLS
from riskcore.data.table import Table
from riskcore.errors import FileFormatError, MissingDataError, listed

__all__ = ["common_days", "long_frame", "volume_frame", "wide_frame"]


def wide_frame(
    table: Table, dates: pd.DatetimeIndex, values: NDArray[np.float64], place: Callable[[int], str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of a file with one column per ticker, and what was done to its rows.

    Parameters
    ----------
    table
        Its names and places.
    dates
        One date per row, in the order of the file.
    values
        Rows × tickers; NaN where missing.
    place
        Turns a row into words such as "line 27".

    Raises
    ------
    FileFormatError
        A date or a ticker appears twice with different values.
    """
    names, values, notes = _without_twins(table.names, values)
    order, said = _date_order(dates)
    dates, values = dates[order], values[order]
    same = np.flatnonzero(dates[1:] == dates[:-1])
    for k in same.tolist():
        differ = ~((values[k] == values[k + 1]) | (np.isnan(values[k]) & np.isnan(values[k + 1])))
        if differ.any():
            name = names[int(np.argmax(differ))]
            raise FileFormatError(
                f"The date {dates[k]:%Y-%m-%d} appears twice with different values ({name} and others, in "
                f"{place(int(order[k]))} and {place(int(order[k + 1]))}); keep one row.",
                date=dates[k],
            )
    if len(same):
        keep = np.setdiff1d(np.arange(len(dates)), same + 1)
        dates, values = dates[keep], values[keep]
        said.append(f"Rows that repeat a date with the same values, left out: {len(same)}.")
    return pd.DataFrame(
        values, index=dates.rename("date"), columns=pd.Index(names, dtype="str")
    ), notes + said


def _without_twins(
    names: list[str], values: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float64], list[str]]:
    first: dict[str, int] = {}
    notes = []
    for j, name in enumerate(names):
        if name not in first:
            first[name] = j
        elif not np.array_equal(values[:, first[name]], values[:, j], equal_nan=True):
            raise FileFormatError(
                f"{name} appears twice (columns {first[name] + 2} and {j + 2}) with different values; "
                "rename or remove one.",
                column=name,
            )
        else:
            notes.append(f"{name} appears twice with the same values; one was left out.")
    return list(first), values[:, list(first.values())], notes


def _date_order(dates: pd.DatetimeIndex) -> tuple[NDArray[np.intp], list[str]]:
    order = np.argsort(dates.to_numpy(), kind="stable")
    if dates.is_monotonic_increasing:
        return order, []
    if dates.is_monotonic_decreasing:
        return order, ["The rows ran from the newest to the oldest and were turned round."]
    moved = int((order != np.arange(len(order))).sum())
    return order, [f"The rows were not in date order and were sorted ({moved} moved)."]


def long_frame(
    table: Table, dates: pd.DatetimeIndex, values: NDArray[np.float64], place: Callable[[int], str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of a file with one row per date and ticker; parameters as `wide_frame`.

    Raises
    ------
    FileFormatError
        A ticker appears twice on a date with different values, or the table exceeds the limit.
    """
    days, row_of = np.unique(dates.to_numpy(), return_inverse=True)
    names = list(dict.fromkeys(table.tickers))
    column_of = {name: j for j, name in enumerate(names)}
    if len(days) * len(names) > MAX_CELLS:
        raise FileFormatError(
            f"{len(days)} dates × {len(names)} tickers exceed {MAX_CELLS // 1_000_000} million cells, "
            "which is the limit."
        )
    grid = np.full((len(days), len(names)), np.nan)
    seen: dict[tuple[int, int], int] = {}
    repeated = 0
    for k, (row, name) in enumerate(zip(row_of.tolist(), table.tickers, strict=True)):
        cell = (row, column_of[name])
        if cell in seen:
            before = values[seen[cell]]
            if not (before == values[k] or (np.isnan(before) and np.isnan(values[k]))):
                raise FileFormatError(
                    f"{name} appears twice on {pd.Timestamp(days[row]):%Y-%m-%d} with different values "
                    f"({before:g} in {place(seen[cell])}, {values[k]:g} in {place(k)}); keep one.",
                    asset=name,
                )
            repeated += 1
        seen[cell] = k
        grid[cell] = values[k]
    notes = _moved_in_turn(row_of, table.tickers)
    if repeated:
        notes.append(f"Rows that repeat a ticker and date with the same value, left out: {repeated}.")
    index = pd.DatetimeIndex(days, name="date").as_unit("us")
    return pd.DataFrame(grid, index=index, columns=pd.Index(names, dtype="str")), notes


def _moved_in_turn(row_of: NDArray[np.intp], tickers: list[str]) -> list[str]:
    """Say where the rows of a ticker are in no order of dates, or all run backwards."""
    rows = pd.Series(row_of).groupby(np.asarray(tickers, dtype=object), sort=False)
    steps = rows.diff().dropna()
    if (steps >= 0).all():
        return []
    if (steps <= 0).all():
        return ["The rows ran from the newest to the oldest and were turned round."]
    moved = int((steps < 0).sum())
    return [f"The rows were not in date order and were sorted ({moved} stood before an older one)."]


def volume_frame(table: Table, dates: pd.DatetimeIndex, traded: list[NDArray[np.float64]]) -> pd.DataFrame:
    """Return the volumes of a file by date and ticker, the first where one is stated twice."""
    if table.tickers:
        series = pd.Series(traded[0], index=[dates, pd.Index(table.tickers, dtype="str")])
        return series[~series.index.duplicated()].unstack()
    frame = pd.DataFrame(np.column_stack(traded), index=dates, columns=pd.Index(table.names, dtype="str"))
    return frame.loc[~frame.index.duplicated(), ~frame.columns.duplicated()]


def common_days(prices: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Keep the days on which every ticker alive at the time has a price, and say what that costs.

    Filling a holiday forward would invent a return of 0, and the next one would span two days.

    Raises
    ------
    MissingDataError
        Fewer than half of the days would be left: the tickers are not dated alike.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> frame = pd.DataFrame({"A": [1.0, 2, np.nan, 4], "B": [np.nan, 2, 3, 4]}, index=days)
    >>> common_days(frame)[0].index.day.tolist()
    [1, 2, 4]
    """
    alive = prices.ffill().notna() & prices.bfill().notna()
    absent = alive & prices.isna()
    kept = prices.loc[~absent.any(axis=1)]
    dropped = len(prices) - len(kept)
    if not dropped:
        return kept, []
    counts = absent.sum().sort_values(ascending=False, kind="stable")
    named = _counted((str(ticker), int(days)) for ticker, days in counts.items() if days)
    if 2 * dropped > len(prices):
        raise MissingDataError(
            f"{dropped} of {len(prices)} days lack a price of some ticker ({named}): the dates differ. "
            "Load those apart, or give all of them on the same days.",
            assets=[str(ticker) for ticker in counts.index[counts > 0]],
        )
    return kept, [
        f"{dropped} of {len(prices)} days were left out because some ticker has no price on them ({named})."
    ]


def _counted(pairs: Iterable[tuple[str, int]]) -> str:
    return listed((f"{ticker} on {days}" for ticker, days in pairs), most=5)
