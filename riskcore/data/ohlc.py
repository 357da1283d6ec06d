"""The table of one ticker, recognised by what its numbers do and not by what its headings say.

On every day low ≤ open, close ≤ high, and often the next day leaves that range, as assets that merely lie
between two others seldom do; the next open lies nearer to the last close than the next close to the last
open; an adjusted close moves with the close but for rare steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DayColumns", "day_columns"]

Floats = NDArray[np.float64]
FEWEST_ROWS = 8  # fewer show no structure
SURE_ROWS = 20  # fewer may show it by chance
LEAVING = 0.2  # share of days on which a price leaves the range of the day before, at least
MOST_COLUMNS = 14
INSIDE = 0.995  # share of rows that keep the inequality; vendors round
WIDEST_DAY = 0.12  # typical high over low − 1 of one asset; that of two unrelated ones is wider
CLEARER = 0.75  # how much nearer the open of a day must lie to the close before it
SAME_CHANGES = 0.9  # share of rows on which an adjusted close changes as the close does


@dataclass(frozen=True)
class DayColumns:
    """Which column is what; `close` is None where it is one of `candidates` and must be asked.

    `likely` is False where nothing but the inequality speaks for it, which the prices of several assets may
    keep, too; `sure` where there are days enough to exclude chance.
    """

    high: int
    low: int
    close: int | None
    candidates: tuple[int, ...]
    adjusted: int | None = None
    likely: bool = False
    sure: bool = False


def day_columns(columns: Mapping[int, Floats], direction: int) -> DayColumns | None:
    """Find the high, low, close and adjusted close among columns of numbers.

    Parameters
    ----------
    columns
        Position to values (NaN where missing), rows in the order of the file.
    direction
        1 where the oldest row comes first, −1 where the newest does, 0 where that is not known.

    Returns
    -------
    DayColumns or None
        None where no two columns enclose another one on nearly every row.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> close = 100 * np.exp(rng.normal(0, 0.01, 50).cumsum())
    >>> open_ = np.r_[100, close[:-1]] * 1.001
    >>> high, low = np.maximum(open_, close) * 1.002, np.minimum(open_, close) * 0.998
    >>> day_columns({0: close, 1: open_, 2: high, 3: low}, 1).close
    0
    """
    rows = min((len(v) for v in columns.values()), default=0)
    positive = {j: v for j, v in columns.items() if _like_a_price(v)}
    if rows < FEWEST_ROWS or not 3 <= len(positive) <= MOST_COLUMNS:
        return None
    found = _bounds(positive)
    if found is None:
        return None
    high, low, inside = found
    close = _close(positive, inside, direction)
    adjusted = None
    if close is not None:
        rest = [j for j in positive if j not in {high, low, close}]
        adjusted = next((j for j in rest if _adjusts(positive[j], positive[close])), None)
    open_day = positive[high][1:] > positive[low][1:]
    likely = len(inside) > 1 and any(
        bool((positive[j] == positive[edge])[1:][open_day].any()) for j in inside for edge in (high, low)
    )
    sure = likely and int(open_day.sum()) >= SURE_ROWS
    return DayColumns(high, low, close, tuple(inside), adjusted, likely, sure)


def _like_a_price(values: Floats) -> bool:
    present = values[~np.isnan(values)]
    return 2 * len(present) > len(values) and bool((present > 0).all())


def _bounds(columns: Mapping[int, Floats]) -> tuple[int, int, list[int]] | None:
    """Return the pair of columns that encloses the most others, and those it encloses."""
    best: tuple[int, int, list[int]] | None = None
    widest = 0.0
    for high, low in permutations(columns, 2):
        ratio = columns[high] / columns[low]
        ratio = ratio[~np.isnan(ratio)]
        if len(ratio) < FEWEST_ROWS or (ratio >= 1 - 1e-9).mean() < INSIDE:
            continue
        width = float(np.median(ratio)) - 1.0
        if not 0.0 < width <= WIDEST_DAY:
            continue
        inside = [
            j
            for j, values in columns.items()
            if j not in {high, low} and _within(values, columns[low], columns[high])
        ]
        if inside and (best is None or (len(inside), width) > (len(best[2]), widest)):
            best, widest = (high, low, inside), width
    return best


def _within(values: Floats, low: Floats, high: Floats) -> bool:
    """Whether values lie in the range of their day nearly always, in that of a neighbour much less.

    An open lies in the range of the day before, and a close in that of the day after, nearly always, too.
    """
    before = _share_between(values[1:], low[:-1], high[:-1])
    after = _share_between(values[:-1], low[1:], high[1:])
    other = min(before, after)
    return _share_between(values, low, high) >= INSIDE and other <= 1.0 - LEAVING


def _share_between(values: Floats, low: Floats, high: Floats) -> float:
    known = ~(np.isnan(values) | np.isnan(low) | np.isnan(high))
    kept = (values >= low * (1 - 1e-9)) & (values <= high * (1 + 1e-9))
    return float(kept[known].mean()) if 2 * int(known.sum()) > len(values) else 0.0


def _close(columns: Mapping[int, Floats], inside: list[int], direction: int) -> int | None:
    """Return the close among the columns enclosed: the one the next open, or a former close, follows."""
    for close in inside:
        # Exchanges print the former close beside each day's.
        former = (j for j in columns if j not in inside)
        if direction and any(_gap(columns[j], columns[close], direction) < 1e-9 for j in former):
            return close
    different = [
        j for k, j in enumerate(inside) if not any(np.array_equal(columns[j], columns[i]) for i in inside[:k])
    ]
    if len(different) == 1:
        return different[0]
    if direction == 0:
        return None
    gaps = sorted((_gap(columns[o], columns[c], direction), c) for o, c in permutations(different, 2))
    nearest, close = gaps[0]
    other = min((gap for gap, c in gaps if c != close), default=np.inf)
    return close if nearest < CLEARER * other else None


def _gap(opens: Floats, closes: Floats, direction: int) -> float:
    """Return how far an open typically lies from the close of the day before."""
    later, former = (opens[1:], closes[:-1]) if direction > 0 else (opens[:-1], closes[1:])
    gaps = np.abs(np.log(later / former))
    gaps = gaps[~np.isnan(gaps)]
    return float(gaps.mean()) if len(gaps) else float("inf")


def _adjusts(values: Floats, close: Floats) -> bool:
    ratio = np.log(values / close)
    known = ~np.isnan(ratio)
    if int(known.sum()) < FEWEST_ROWS:
        return False
    steps = np.abs(np.diff(ratio[known]))
    moves = np.abs(np.diff(np.log(close[known])))
    # Prices are rounded: a step is one only where it is a good part of the usual move.
    return bool((steps <= 0.05 * np.median(moves) + 1e-12).mean() >= SAME_CHANGES)
