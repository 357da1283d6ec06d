"""What a table of prices may hide: looked for, counted, named with ticker and date, never repaired."""

import numpy as np
import pandas as pd

from riskcore.data.quality.histories import longest_break
from riskcore.data.quality.jumps import likeness
from riskcore.data.quality.report import counted
from riskcore.data.quality.runs import equal_runs
from riskcore.errors import FileFormatError, MissingDataError, listed

__all__ = ["check_prices", "check_returns", "quality_notes"]

NEGATIVE_SHARE = 0.05  # above this share of negative values a table is not one of prices
PERCENT_POINTS = 0.05  # typical returns above 5 % a row are more likely 0.05 percent points
STALE_ROWS = 10
JUMP_UP, JUMP_DOWN = 0.8, -0.4


def check_prices(prices: pd.DataFrame) -> None:
    """Refuse what cannot be prices: mostly negative tables, and single zero or negative prices.

    Raises
    ------
    FileFormatError
        More than 5 % of the values are negative: these look like returns.
    MissingDataError
        A price is zero or negative; ticker and date are named.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=2)
    >>> check_prices(pd.DataFrame({"A": [1.0, 2.0]}, index=days))
    """
    values = prices.to_numpy()
    present = values[~np.isnan(values)]
    negative = float((present < 0).mean()) if present.size else 0.0
    if negative > NEGATIVE_SHARE:
        points = float(np.median(np.abs(present))) > PERCENT_POINTS
        scale = "in percent points (1.2 = 1.2 %)" if points else "as decimals (0.012 = 1.2 %)"
        raise FileFormatError(
            f"{100 * negative:.0f} % of the values are negative, so these are not prices; they look like "
            f"returns {scale}. Give prices, or say which kind of returns they are.",
            question="kind",
            readings=("returns", "percent returns"),
        )
    wrong = np.argwhere(values <= 0)
    if len(wrong):
        row, column = wrong[0]
        what = "zero" if values[row, column] == 0 else f"negative ({values[row, column]:g})"
        more = f" ({len(wrong)} such prices in all)" if len(wrong) > 1 else ""
        raise MissingDataError(
            f"{prices.columns[column]} has a {what} price on {prices.index[row]:%Y-%m-%d}{more}; "
            "correct it or leave the cell empty.",
            asset=str(prices.columns[column]),
            date=prices.index[row],
        )


def check_returns(returns: pd.DataFrame, *, percent: bool, asked: bool) -> None:
    """Refuse what cannot be returns: −100 % and below, or percentages that are all positive."""
    values = returns.to_numpy()
    present = values[~np.isnan(values)]
    if percent and not asked and present.size and not (present <= 0).any() and np.median(present) > 0.5:
        raise FileFormatError(
            "All values are positive percentages, typically "
            f"{100 * np.median(present):.0f} %: prices in percent of par, or returns? Say which.",
            question="kind",
            readings=("prices", "returns"),
        )
    wrong = np.argwhere(values <= -1)
    if len(wrong):
        row, column = wrong[0]
        raise MissingDataError(
            f"{returns.columns[column]} has a return of {100 * values[row, column]:.4g} % on "
            f"{returns.index[row]:%Y-%m-%d}, which loses everything or more; correct it.",
            asset=str(returns.columns[column]),
            date=returns.index[row],
        )


def quality_notes(prices: pd.DataFrame) -> list[str]:
    """Return what the reader should know about the prices, one sentence per finding.

    Missing values and late starts, runs of unchanged prices (10 rows or more), moves of more than +80 %
    or −40 % in one row with the split they resemble, and long gaps between rows.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> quality_notes(pd.DataFrame({"A": [50.0, 51.0, 5.1, 5.2]}, index=days))
    ['A moves by −90.0 % on 2024-01-03 (like an unadjusted 10:1 split).']
    """
    notes = _missing_notes(prices)
    for column in prices.columns:
        series = prices[column].dropna()
        notes += _stale_note(str(column), series)
        notes += _jump_notes(str(column), series)
    return notes + _gap_note(prices.index)


def _missing_notes(prices: pd.DataFrame) -> list[str]:
    missing = prices.isna()
    notes: list[str] = []
    empty: list[str] = []
    inside: dict[str, pd.Index] = {}
    for column in prices.columns[missing.any()]:
        present = np.flatnonzero(~missing[column])
        if not len(present):
            empty.append(str(column))
            continue
        first, last = int(present[0]), int(present[-1])
        if first:
            after = f"{counted(first, 'row')} after the first of the table"
            notes.append(f"{column} starts on {prices.index[first]:%Y-%m-%d}, {after}.")
        if last < len(prices) - 1:
            before = f"{counted(len(prices) - 1 - last, 'row')} before the last of the table"
            notes.append(f"{column} ends on {prices.index[last]:%Y-%m-%d}, {before}.")
        between = prices.index[first : last + 1][missing[column].to_numpy()[first : last + 1]]
        if len(between):
            inside[str(column)] = between
    if empty:
        notes.append(f"No values at all: {listed(empty, most=20)}.")
    if inside:
        total = sum(len(dates) for dates in inside.values())
        named = listed(
            (f"{c} {len(d)} ({listed((f'{x:%Y-%m-%d}' for x in d), most=3)})" for c, d in inside.items()),
            most=10,
        )
        notes.insert(0, f"Missing prices inside the history: {total}, in {named}. Nothing was filled in.")
    return notes


def _stale_note(name: str, series: pd.Series) -> list[str]:
    runs = equal_runs(series.to_numpy(), STALE_ROWS)
    if not runs:
        return []
    start, longest = max(runs, key=lambda run: run[1])
    more = f", and in {counted(len(runs) - 1, 'more run')}" if len(runs) > 1 else ""
    return [f"{name} is unchanged (stale?) for {longest} rows from {series.index[start]:%Y-%m-%d}{more}."]


def _jump_notes(name: str, series: pd.Series) -> list[str]:
    values = series.to_numpy()
    moves = values[1:] / values[:-1] - 1.0
    found = map(int, np.flatnonzero((moves > JUMP_UP) | (moves < JUMP_DOWN)))
    told = [k for k in found if not _is_return(values, k)]
    notes = []
    for k in told[:3]:
        sign = "+" if moves[k] > 0 else "−"
        move = f"{sign}{abs(100 * moves[k]):.1f} %"
        notes.append(f"{name} moves by {move} on {series.index[k + 1]:%Y-%m-%d}{_explained(values, k)}.")
    rest = len(told) - 3
    if rest > 0:
        notes.append(f"{name} has {counted(rest, 'more move')} of that size.")
    return notes


def _is_return(values: np.ndarray, k: int) -> bool:
    """Whether a jump only takes back the one in the row before, which was told as a typing error."""
    return (
        k > 0
        and likeness(values, k - 1, back_rows=1).kind == "typing error"
        and (abs(values[k] / values[k - 1] - 1.0) > -JUMP_DOWN)
    )


def _explained(values: np.ndarray, k: int) -> str:
    """Say what a jump resembles: a price typed wrongly and put right, or a split nobody adjusted for."""
    like = likeness(values, k, back_rows=1)
    if like.kind == "typing error":
        return " and back in the next row (a typing error?)"
    return f" (like an unadjusted {like.words} split)" if like.kind == "split" else ""


def _gap_note(index: pd.Index) -> list[str]:
    found = longest_break(index)
    if found is None:
        return []
    before, after = found
    gap = (after - before) / pd.Timedelta(days=1)
    return [f"There is a gap of {gap:.0f} days between {before:%Y-%m-%d} and {after:%Y-%m-%d}."]
