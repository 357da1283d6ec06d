"""How much of each asset's history is there: what a coverage map is drawn from."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["Coverage"]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Shares of the expected prices that are present, by asset and period.

    Parameters
    ----------
    share
        Assets × periods, each in [0, 1]; NaN where nothing was expected.
    expected
        Assets × periods: the number of prices expected, whole numbers.
    freq
        What a period is: "year" or "month".
    """

    share: pd.DataFrame
    expected: pd.DataFrame
    freq: str

    @property
    def total(self) -> pd.Series:
        """The share over the whole span, by asset."""
        present = (self.share.fillna(0.0) * self.expected).sum(axis=1)
        return present / self.expected.sum(axis=1)
