"""How many prices each asset should have in a year or month, and how many are there."""

import numpy as np
import pandas as pd

from riskcore.data.quality.calendars import Markets
from riskcore.results.quality import Coverage

__all__ = ["coverage"]

PERIODS = {"year": "Y", "month": "M"}


def coverage(prices: pd.DataFrame, markets: Markets, freq: str) -> Coverage:
    """Return the shares of expected prices that are present, by asset and period.

    Expected are the trading days of the table's calendar between its first and last row, or its rows
    where no calendar is known; of an asset with another market only the days on which that was open too.
    An asset that did not exist yet has a share of 0.
    """
    dates = pd.DatetimeIndex(prices.index)
    if markets.table is not None:
        sessions = markets.table.between(dates[0], dates[-1])
        # Before a calendar is recorded, the rows themselves are what can be expected.
        dates = sessions.union(dates[(dates < markets.table.first) | (dates > markets.table.last)])
    where = prices.index.get_indexer(dates)
    present = prices.notna().to_numpy()[where] & (where >= 0)[:, None]
    expected = np.ones(present.shape, bool)
    for j, name in enumerate(map(str, prices.columns)):
        calendar = markets.assets.get(name)
        if calendar is not None and calendar is not markets.table:
            expected[:, j] = ~calendar.closed(dates)
    periods = dates.to_period(PERIODS[freq])
    starts = np.unique(periods.asi8, return_index=True)[1]
    count = np.add.reduceat(expected.astype(np.int64), starts, axis=0)
    there = np.add.reduceat((present & expected).astype(np.int64), starts, axis=0)
    columns = periods[starts].astype(str)
    share = np.where(count > 0, there / np.maximum(count, 1), np.nan)
    index = prices.columns
    return Coverage(
        pd.DataFrame(share.T, index=index, columns=columns),
        pd.DataFrame(count.T, index=index, columns=columns),
        freq,
    )
