"""The simplex of long-only, fully invested weights: the nearest point of it."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["clipped_to_simplex", "projected_to_simplex"]

Floats = NDArray[np.float64]


def projected_to_simplex(point: Floats) -> Floats:
    """Return the w ≥ 0 with Σw = 1 nearest to the point: max(point − τ, 0) for the one τ that sums to 1.

    References
    ----------
    Held, Wolfe, Crowder (1974), Validation of subgradient optimization.

    Examples
    --------
    >>> projected_to_simplex(np.array([0.9, 0.5, -1.0])).round(6).tolist()
    [0.7, 0.3, 0.0]
    """
    high = float(point.max())
    falling = np.sort(point - high)[::-1]  # measured from the largest: huge points keep their digits
    level = (np.cumsum(falling) - 1.0) / np.arange(1, point.size + 1)
    held = int(np.flatnonzero(falling > level)[-1])
    nearest: Floats = np.maximum(point - high - level[held], 0.0)
    return nearest / float(nearest.sum())


def clipped_to_simplex(point: Floats, floor: float) -> Floats:
    """Return max(point, floor) over its sum: on the simplex, but not the nearest point of it.

    Examples
    --------
    >>> clipped_to_simplex(np.array([0.9, 0.5, -1.0]), 0.0).round(6).tolist()
    [0.642857, 0.357143, 0.0]
    """
    raised = np.maximum(point, floor)
    return np.asarray(raised / float(raised.sum()), dtype=np.float64)
