"""Closes at different hours: the same news shows in one price today and in another tomorrow."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.quality.calendars import Markets
from riskcore.data.quality.report import Finding
from riskcore.data.recipe import DropAsset, Keep

__all__ = ["close_findings"]

FEWEST_ROWS = 250
WEEK = 5  # rows
# The correlation with the reference one day earlier or later must stand out from chance (about 1/√T), ...
LEAST_SHIFTED, ERRORS = 0.1, 5.0
LEAST_HIDDEN = 0.1  # ... and the weekly correlation must exceed the daily one by this
Floats = NDArray[np.float64]


def close_findings(prices: pd.DataFrame, markets: Markets, reference: str | None) -> list[Finding]:
    """Return the assets whose closes come before or after those of the reference.

    The reference is the given asset, else the average standardised return of the assets that follow the
    calendar of the table. An asset lags when its return of today is correlated with the reference's of
    yesterday, and its weekly correlation with the reference is higher than the daily one.
    """
    if markets.table is None or prices.shape[1] < 2 or len(prices) < FEWEST_ROWS:
        return []
    values = prices.to_numpy()
    with np.errstate(invalid="ignore"):
        daily = np.diff(np.log(values), axis=0)
    score = _standardised(daily)
    names = [str(c) for c in prices.columns]
    members = {j for j, name in enumerate(names) if markets.assets.get(name) is markets.table}
    called = reference or f"the average of the {markets.table.code} assets"
    there = ~np.isnan(score[:, sorted(members)])
    total, count = np.nansum(score[:, sorted(members)], axis=1), there.sum(axis=1)
    found = []
    for j, name in enumerate(names):
        if name == reference:
            continue
        own = score[:, j]
        if reference is not None:
            base = score[:, names.index(reference)]
        elif j in members:  # nothing is compared with itself
            base = _mean(total - np.where(np.isnan(own), 0.0, own), count - ~np.isnan(own))
        else:
            base = _mean(total, count)
        finding = _judged(name, own, base, pd.DatetimeIndex(prices.index), called)
        found += [finding] if finding is not None else []
    return found


def _mean(total: Floats, count: NDArray[np.int_]) -> Floats:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _standardised(daily: Floats) -> Floats:
    """Return the returns in units of their spread, cut at four: single days must not decide."""
    there = ~np.isnan(daily)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, daily, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(there, (daily - mean) ** 2, 0.0).sum(axis=0) / count)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (daily - mean) / spread
    return np.clip(np.where(np.isfinite(score), score, np.nan), -4.0, 4.0)


def _judged(name: str, own: Floats, base: Floats, dates: pd.DatetimeIndex, called: str) -> Finding | None:
    both = ~(np.isnan(own) | np.isnan(base))
    if int(both.sum()) < FEWEST_ROWS:
        return None
    start, end = int(np.flatnonzero(both)[0]), int(np.flatnonzero(both)[-1]) + 1
    x = np.where(both, own, 0.0)[start:end]
    y = np.where(both, base, 0.0)[start:end]
    same, lag, lead = _corr(x, y), _corr(x[1:], y[:-1]), _corr(x[:-1], y[1:])
    weekly = _corr(_sums(x), _sums(y))
    least = max(LEAST_SHIFTED, ERRORS / np.sqrt(len(x)))
    shifted = max(lag, lead)
    hidden = weekly - same
    if shifted < least or hidden < LEAST_HIDDEN:
        return None
    order = "before" if lag >= lead else "after"
    day = "the day before" if lag >= lead else "the day after"
    return Finding(
        "asynchronous",
        "note",
        name,
        dates[[start + 1, end]],
        len(x),
        f"{name} seems to close {order} {called}: its daily correlation is {same:.2f}, with {day} "
        f"{shifted:.2f}, by the week {weekly:.2f}. Daily correlations and betas are understated; use weekly "
        "returns where they matter.",
        (Keep("asynchronous", name), DropAsset(name)),
        size=hidden,
    )


def _sums(x: Floats) -> Floats:
    """Return overlapping sums of a week."""
    total = np.concatenate([[0.0], np.cumsum(x)])
    sums: Floats = total[WEEK:] - total[:-WEEK]
    return sums


def _corr(x: Floats, y: Floats) -> float:
    a, b = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0
