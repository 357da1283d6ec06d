"""Prices that move too far in one row: splits nobody adjusted for, typing errors, and true outliers."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.quality.calendars import ALWAYS, Markets
from riskcore.data.quality.report import Finding, percent
from riskcore.data.recipe import LARGEST_RATIO, AdjustSplit, CutWindow, DropAsset, DropRows, Keep, Step

__all__ = ["Likeness", "jump_findings", "likeness"]

# New shares per old ones of the splits that happen.
SPLITS = ((3, 2), *((new, 1) for new in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 50, 100)))
SPLIT_TOLERANCE = 0.04  # of the ratio: the market moves on the day of a split too
BACK_TOLERANCE = 0.1
BACK_ROWS = 3  # a typing error may stand for some rows
# A move is looked at when it is large for anything, and far beyond what the asset did around it.
LOG_LEAST = float(np.log(1.25))
LOG_MOST = 600.0
TIMES_USUAL = 10.0
AROUND = 125  # rows on each side that say what is usual
BREAKING = float(np.log(1.5))  # a persistent fall by a third, or rise by a half, breaks the series
UNHEARD_OF = float(np.log(2.0))  # even for what trades day and night
MOST_PER_ASSET = 10
# So many assets that jump on one day, and such a share of them, are a market that moved.
FEWEST_AT_ONCE, SHARE_AT_ONCE = 3, 0.25
SCALE = 1.4826  # median absolute value to standard deviation, for a normal distribution
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """What a jump resembles.

    Parameters
    ----------
    kind
        "typing error" (back within some rows), "split", or "" for neither.
    words
        The split as brokers write it, "2:1" or "1:10"; empty when it is none.
    ratio
        New price per old price of that split; else of the jump itself.
    rows
        For a typing error: how many rows it stood.
    """

    kind: str
    words: str
    ratio: float
    rows: int = 0


def likeness(values: Floats, k: int, *, back_rows: int = BACK_ROWS) -> Likeness:
    """Say what the jump from values[k] to values[k + 1] resembles.

    Examples
    --------
    >>> likeness(np.array([50.0, 5.1, 5.2]), 0).words
    '10:1'
    >>> likeness(np.array([50.0, 5.1, 51.0]), 0).kind
    'typing error'
    """
    ratio = _ratio(values, k)
    after = values[k + 2 : k + 2 + back_rows]
    back = np.flatnonzero(np.abs(after - values[k]) < BACK_TOLERANCE * values[k])
    if len(back):
        return Likeness("typing error", "", ratio, int(back[0]) + 1)
    size = ratio if ratio > 1 else 1 / ratio
    new, old = min(SPLITS, key=lambda s: abs(size * s[1] / s[0] - 1))
    if abs(size * old / new - 1) > SPLIT_TOLERANCE:
        return Likeness("", "", ratio)
    words = f"{old}:{new}" if ratio > 1 else f"{new}:{old}"
    return Likeness("split", words, new / old if ratio > 1 else old / new)


@dataclass(frozen=True)
class _Jump:
    asset: str
    series: Floats
    dates: pd.DatetimeIndex
    k: int
    like: Likeness
    always_open: bool

    @property
    def date(self) -> pd.Timestamp:
        return self.dates[self.k + 1]

    @property
    def change(self) -> float:
        return _ratio(self.series, self.k)


def _ratio(values: Floats, k: int) -> float:
    """Return values[k + 1] / values[k], kept finite for numbers no price has."""
    log = float(np.log(values[k + 1]) - np.log(values[k]))
    return float(np.exp(np.clip(log, -LOG_MOST, LOG_MOST)))


def jump_findings(prices: pd.DataFrame, markets: Markets) -> list[Finding]:
    """Return moves of more than +25 % or −20 % in one row that are ten times the usual of their time.

    The usual is 1.4826 times the median absolute log return of the 125 rows on each side. Where a quarter
    of the assets jump on one day, it is the market that moved. What never closes has no splits.
    """
    values = prices.to_numpy()
    dates = pd.DatetimeIndex(prices.index)
    jumps: dict[str, list[_Jump]] = {}
    for j, name in enumerate(map(str, prices.columns)):
        calendar = markets.assets.get(name)
        there = ~np.isnan(values[:, j])
        always = calendar is not None and calendar.code == ALWAYS
        jumps[name] = _of_asset(name, values[there, j], dates[there], always)
    at_once = Counter(jump.date for found in jumps.values() for jump in found)
    alive = prices.notna().sum(axis=1)
    shared = {
        date: count
        for date, count in at_once.items()
        if count >= FEWEST_AT_ONCE and count >= SHARE_AT_ONCE * int(alive[date])
    }
    return [finding for found in jumps.values() for finding in _findings(found, shared)]


def _of_asset(name: str, series: Floats, dates: pd.DatetimeIndex, always: bool) -> list[_Jump]:
    moves = np.diff(np.log(series))
    found: list[_Jump] = []
    back_at = -1
    for k in map(int, np.flatnonzero(np.abs(moves) >= LOG_LEAST)):
        # The way back from a typing error is not a second one.
        if k <= back_at or not _unusual(moves, k):
            continue
        jump = _Jump(name, series, dates, k, likeness(series, k), always)
        if jump.like.kind == "typing error":
            back_at = k + jump.like.rows
        found.append(jump)
    return found


def _unusual(moves: Floats, k: int) -> bool:
    around = np.r_[moves[max(0, k - AROUND) : k], moves[k + 1 : k + 1 + AROUND]]
    usual = SCALE * float(np.median(np.abs(around))) if len(around) else 0.0
    return bool(abs(moves[k]) >= TIMES_USUAL * usual)


def _findings(jumps: list[_Jump], shared: dict[pd.Timestamp, int]) -> list[Finding]:
    found = [_finding(jump, shared.get(jump.date, 1) - 1) for jump in jumps]
    if len(found) <= MOST_PER_ASSET:
        return found
    rest, name = found[MOST_PER_ASSET:], jumps[0].asset
    when = pd.DatetimeIndex([f.dates[0] for f in rest])
    words = f"{name} has {len(rest)} more jumps between {when[0]:%Y-%m-%d} and {when[-1]:%Y-%m-%d}."
    more = Finding("jump", "check", name, when, len(rest), words, (Keep("jump", name), DropAsset(name)))
    return [*found[:MOST_PER_ASSET], more]


def _finding(jump: _Jump, others: int) -> Finding:
    name, change, day = jump.asset, jump.change, f"{jump.date:%Y-%m-%d}"
    before, after = jump.series[jump.k], jump.series[jump.k + 1]
    said = f"{name} moves by {percent(change - 1)} on {day} (from {before:.6g} to {after:.6g})"
    like = jump.like
    if like.kind == "typing error":
        return _typing_error(jump, said)
    if others or (jump.always_open and abs(np.log(change)) < UNHEARD_OF):
        why = (
            f"as {others} others do on that day: the market moved" if others else "far for the days around it"
        )
        choices: tuple[Step, ...] = (Keep("jump", name), DropAsset(name))
        return _one("jump", "note" if others else "check", jump, f"{said}, {why}.", choices)
    small = 1 / LARGEST_RATIO <= like.ratio <= LARGEST_RATIO
    ways: tuple[Step, ...] = (AdjustSplit(name, day, like.ratio),) if small else ()
    if len(jump.dates) - jump.k - 1 >= 2:
        ways += (CutWindow(start=day),)
    if like.kind == "split" and not jump.always_open:
        choices = (Keep("split", name), *ways, DropAsset(name))
        words = f"{said}, the size of a {like.words} split nobody adjusted for."
        return _one("split", "problem", jump, words, choices)
    severity = "problem" if abs(np.log(change)) >= BREAKING else "check"
    words = (
        f"{said}: too far for the days around it and like no usual split; a demerger, a special payment, an "
        "error, or true."
    )
    return _one("jump", severity, jump, words, (Keep("jump", name), *ways, DropAsset(name)))


def _typing_error(jump: _Jump, said: str) -> Finding:
    name, rows = jump.asset, jump.like.rows
    when = jump.dates[jump.k + 1 : jump.k + 1 + rows]
    back = "in the next row" if rows == 1 else f"{rows} rows later"
    choices = (
        Keep("typing error", name),
        DropRows(tuple(when.strftime("%Y-%m-%d"))),
        DropAsset(name),
    )
    words = f"{said} and is back {back}: a typing error?"
    return Finding("typing error", "problem", name, when, rows, words, choices, jump.change)


def _one(kind: str, severity: str, jump: _Jump, sentence: str, choices: tuple[Step, ...]) -> Finding:
    when = jump.dates[jump.k + 1 : jump.k + 2]
    return Finding(kind, severity, jump.asset, when, 1, sentence, choices, jump.change)
