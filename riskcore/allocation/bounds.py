"""Bounds on weights that leave no portfolio: which conflict, and the nearest that do not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, listed
from riskcore.numerics.simplex import projected_to_simplex

__all__ = ["Relaxation", "nearest_bounds"]

Floats = NDArray[np.float64]
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Bounds that a fully invested portfolio can keep, and what stood in the way of those asked for.

    `conflict` is empty where nothing had to change; `lower` and `upper` are the bounds asked for with the
    smallest change in the sum of squares.
    """

    lower: pd.Series
    upper: pd.Series
    conflict: str


def nearest_bounds(lower: pd.Series, upper: pd.Series) -> Relaxation:
    """Return the nearest bounds between which weights can sum to 1, and the conflict in words.

    A minimum above its maximum raises the maximum to it. Minima above 1 in all are lowered by the same
    amount each, but not below 0; maxima below 1 in all are raised by the same amount each.

    Parameters
    ----------
    lower, upper
        By asset, fractions of value; finite, minima not negative.

    Raises
    ------
    InputError
        The assets differ, or a bound is not finite or a minimum negative.

    Examples
    --------
    >>> names = ["SPY", "BND", "GOLD"]
    >>> found = nearest_bounds(pd.Series(0.4, names), pd.Series(1.0, names))
    >>> found.conflict, found.lower.round(4).tolist()
    ('3 assets × minimum 40 % = 120 % > 100 %', [0.3333, 0.3333, 0.3333])
    """
    if list(lower.index) != list(upper.index) or lower.empty:
        raise InputError("Minima and maxima need the same assets, in the same order.")
    low, high = lower.to_numpy(dtype=np.float64), upper.to_numpy(dtype=np.float64)
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low >= 0.0).all()):
        raise InputError("Bounds must be numbers, and minima at least 0.")
    conflicts = []
    crossed = [str(a) for a, lo, hi in zip(lower.index, low, high, strict=True) if lo > hi + ROUNDING]
    if crossed:
        conflicts.append(f"the minimum of {listed(crossed)} is above its maximum")
    if low.sum() > 1.0 + ROUNDING:
        conflicts.append(f"{_sum_words(low, 'minimum')} > 100 %")
        low = projected_to_simplex(low)
    high = np.maximum(high, low)
    if high.sum() < 1.0 - ROUNDING:
        conflicts.append(f"{_sum_words(high, 'maximum')} < 100 %")
        high = high + (1.0 - float(high.sum())) / high.size
    return Relaxation(
        pd.Series(low, index=lower.index, name="lower"),
        pd.Series(high, index=upper.index, name="upper"),
        "; ".join(conflicts),
    )


def _sum_words(bounds: Floats, side: str) -> str:
    total = f"{100 * float(bounds.sum()):.4g} %"
    if np.ptp(bounds) < ROUNDING:
        return f"{bounds.size} assets × {side} {100 * float(bounds[0]):.4g} % = {total}"
    plural = {"minimum": "minima", "maximum": "maxima"}[side]
    return f"the {plural} of {bounds.size} assets add up to {total}"
