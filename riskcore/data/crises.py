"""Dated crises: from the peak of the S&P 500 to its trough, found in closing prices."""

import io
from dataclasses import dataclass
from functools import cache

import pandas as pd

from riskcore.data.sample import sample_text

__all__ = ["Crisis", "crisis_table", "load_crises"]


@dataclass(frozen=True)
class Crisis:
    """One crisis.

    Parameters
    ----------
    event
        The name in full.
    short
        A name that fits under a bar.
    start, end
        The S&P 500's peak close and trough close; a replay buys at the first and values at the second.
    """

    event: str
    short: str
    start: pd.Timestamp
    end: pd.Timestamp

    def covered_by(self, dates: pd.DatetimeIndex) -> bool:
        """Whether the dates reach from the peak to the trough.

        Examples
        --------
        >>> covid = next(c for c in load_crises() if c.short == "COVID 2020")
        >>> covid.covered_by(pd.date_range("2019-01-01", "2021-01-01"))
        True
        """
        return bool(len(dates)) and dates[0] <= self.start and self.end <= dates[-1]


def crisis_table() -> pd.DataFrame:
    """Return the bundled table as it is: peak, trough, index levels and what other assets lost.

    Columns ending in `_pct` are percentages between the two closes, losses negative.
    """
    return _table().copy()


def load_crises() -> list[Crisis]:
    """Return the crises, oldest first.

    Examples
    --------
    >>> [c.short for c in load_crises() if c.start.year == 2020]
    ['COVID 2020']
    """
    rows = _table().sort_values("peak", kind="stable")
    return [
        Crisis(str(event), str(short), pd.Timestamp(peak), pd.Timestamp(trough))
        for event, short, peak, trough in zip(
            rows["event"], rows["short"], rows["peak"], rows["trough"], strict=True
        )
    ]


@cache
def _table() -> pd.DataFrame:
    dates = ["peak", "trough", "worst_day", "recovered_close"]
    return pd.read_csv(io.StringIO(sample_text("crises.csv")), parse_dates=dates)
