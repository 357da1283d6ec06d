"""Result of resampling allocators: how far their weights would have been elsewhere on other histories."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

__all__ = ["StabilityResult"]


@dataclass(frozen=True, eq=False)
class StabilityResult:
    """Weights on the history, and where they lay on resampled ones.

    Attributes
    ----------
    weights, lower, upper
        Assets × allocators: on the scenarios themselves, and the ends of the middle `level` of the resamples.
    moved
        By allocator: the average, over resamples, of half the sum of absolute differences to `weights`, the
        share of the value that would have been elsewhere.
    failures
        By allocator: resamples on which it had no answer; they are left out of its ranges.
    refused
        Allocators without an answer on the scenarios themselves, and why.
    level, resamples, block_length
        Of the ranges; how many resamples; mean length of the blocks in rows.
    """

    weights: pd.DataFrame
    lower: pd.DataFrame
    upper: pd.DataFrame
    moved: pd.Series
    failures: pd.Series
    refused: Mapping[str, str]
    level: float
    resamples: int
    block_length: float
