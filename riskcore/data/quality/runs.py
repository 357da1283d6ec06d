"""Prices that do not move: stale runs, and holidays over which the last price was carried forward."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.quality.calendars import Calendar, Markets
from riskcore.data.quality.report import Finding, counted, days
from riskcore.data.recipe import DropAsset, DropRows, Keep, Step

__all__ = ["STALE_PRICES", "equal_runs", "still_findings"]

STALE_PRICES = 5
LONG_RUN = 20  # a month of one price is no quiet week
MOST_OFFERED_ROWS = 60  # leaving out more rows for one asset is no repair
# Carried-forward holidays: so many days at least, and so large a share of them unchanged.
FEWEST_FILLS, FILL_SHARE = 3, 0.6
Bools = NDArray[np.bool_]


def equal_runs(values: NDArray[np.float64], least: int) -> list[tuple[int, int]]:
    """Return start and length of each run of at least `least` equal values.

    Examples
    --------
    >>> equal_runs(np.array([1.0, 2, 2, 2, 3, 3]), 3)
    [(1, 3)]
    """
    if not len(values):
        return []
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    return [(int(starts[k]), int(lengths[k])) for k in np.flatnonzero(lengths >= least)]


def still_findings(prices: pd.DataFrame, markets: Markets) -> list[Finding]:
    """Return stale runs of at least five equal prices, and holidays filled with the last price.

    A run over days on which the asset's market was closed is a filled holiday and no stale run.
    """
    values = prices.to_numpy()
    dates = pd.DatetimeIndex(prices.index)
    joint = _joint_holidays(prices, markets)
    closed: dict[str, Bools] = {}
    found = []
    for j, name in enumerate(map(str, prices.columns)):
        calendar = markets.assets.get(name)
        key = calendar.code if calendar is not None else ""
        if key not in closed:
            closed[key] = calendar.closed(dates) if calendar is not None else joint
        there = ~np.isnan(values[:, j])
        series, shut, when = values[there, j], closed[key][there], dates[there]
        still = np.r_[False, series[1:] == series[:-1]][: len(series)]
        found += _stale(name, series, shut, when)
        found += _filled(name, still, shut, when, calendar)
    return found


def _joint_holidays(prices: pd.DataFrame, markets: Markets) -> Bools:
    """Return the days on which all assets without an exchange stand still while another one moves.

    One exchange rate may close unchanged by chance; several at once mean that there was no fixing.
    """
    loose = [j for j, c in enumerate(prices.columns) if markets.assets.get(str(c)) is None]
    none = np.zeros(len(prices), bool)
    if len(loose) < 2 or len(loose) == prices.shape[1] or markets.table is None:
        return none
    values = prices.to_numpy()
    same, known = values[1:] == values[:-1], ~np.isnan(values[1:] - values[:-1])
    others = np.setdiff1d(np.arange(values.shape[1]), loose)
    unmoved = (same | ~known)[:, loose].all(axis=1) & (known[:, loose].sum(axis=1) >= 2)
    none[1:] = unmoved & (known & ~same)[:, others].any(axis=1)
    return none


def _stale(name: str, series: NDArray[np.float64], shut: Bools, when: pd.DatetimeIndex) -> list[Finding]:
    runs = [
        (start, length)
        for start, length in equal_runs(series, STALE_PRICES)
        if length - int(shut[start + 1 : start + length].sum()) >= STALE_PRICES
    ]
    if not runs:
        return []
    repeated = np.concatenate([np.arange(start + 1, start + length) for start, length in runs])
    start, longest = max(runs, key=lambda run: run[1])
    more = f", and {counted(len(runs) - 1, 'more run')}" if len(runs) > 1 else ""
    choices: tuple[Step, ...] = (Keep("stale", name),)
    if len(repeated) <= MOST_OFFERED_ROWS and len(series) - len(repeated) >= 2:
        choices += (DropRows(tuple(when[repeated].strftime("%Y-%m-%d"))),)
    return [
        Finding(
            "stale",
            "problem" if longest >= LONG_RUN else "check",
            name,
            when[repeated],
            len(repeated),
            f"{name} shows the same price on {longest} rows from {when[start]:%Y-%m-%d} to "
            f"{when[start + longest - 1]:%Y-%m-%d} (stale?){more}; such days understate its risk.",
            (*choices, DropAsset(name)),
            size=float(longest),
        )
    ]


def _filled(
    name: str, still: Bools, shut: Bools, when: pd.DatetimeIndex, calendar: Calendar | None
) -> list[Finding]:
    fills = still & shut
    count, holidays = int(fills.sum()), int(shut.sum())
    if count < FEWEST_FILLS or count < FILL_SHARE * holidays:
        return []
    share = 100 * count / len(when)
    where = f"holidays of {calendar.code}" if calendar is not None else "days without a fixing"
    dates = when[fills]
    return [
        Finding(
            "filled holidays",
            "note",
            name,
            dates,
            count,
            f"{name} shows a 0 return on {counted(count, 'day')} ({share:.1f} %), all {where} "
            f"({days(dates)}): the last price was carried forward. Daily volatility and correlations are "
            "understated a little; weekly ones hardly.",
            (Keep("filled holidays", name), DropRows(tuple(dates.strftime("%Y-%m-%d"))), DropAsset(name)),
            size=share / 100,
        )
    ]
