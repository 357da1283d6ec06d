"""How long the blocks of a bootstrap should be for a series with memory."""

from math import ceil, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import MissingDataError

__all__ = ["optimal_block_length"]

Floats = NDArray[np.float64]
TOLERANCE = 1e-9


def optimal_block_length(series: Floats) -> float:
    """Return the expected block length that suits the stationary bootstrap of the mean of `series`.

    b = (2 G² / D)^{1/3} n^{1/3} with G = Σ λ(k/M) |k| R(k), D = 2 (Σ λ(k/M) R(k))², the flat-top window
    λ(x) = min(1, 2(1 − |x|)) and M twice the lag after which max(5, √log₁₀ n) autocorrelations in a row stay
    inside ±2 √(log₁₀ n / n). Between 1 and min(3 √n, n/3).

    Parameters
    ----------
    series
        n values in time order. For a quantile or a tail mean pass its influence values (a tail indicator, the
        excess over VaR): returns are nearly uncorrelated while their tails cluster.

    Returns
    -------
    float
        In periods, at least 1; 1 for a constant series.

    Raises
    ------
    MissingDataError
        Fewer than 12 values.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23, section 3.2; corrected D by Patton, Politis and White
    (2009), Econometric Reviews 28.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(size=2000)
    >>> bool(optimal_block_length(noise) < 5 < optimal_block_length(np.cumsum(noise)))
    True
    """
    n = series.size
    if n < 12:
        raise MissingDataError(f"A block length needs at least 12 ordered scenarios; got {n}.")
    centred = series - series.mean()
    run = max(5, ceil(sqrt(log10(n))))
    longest = min(ceil(sqrt(n)) + run, n - 1)
    covariance = np.array([centred[: n - k] @ centred[k:] for k in range(longest + 1)]) / n
    if sqrt(covariance[0]) <= TOLERANCE * float(np.abs(series).max()):
        return 1.0
    small = np.abs(covariance[1:] / covariance[0]) < 2 * sqrt(log10(n) / n)
    window = np.lib.stride_tricks.sliding_window_view(small, min(run, small.size)).all(axis=1)
    last = int(np.argmax(window)) if window.any() else int(np.flatnonzero(~small)[-1]) + 1
    lags = np.arange(1, min(2 * max(last, 1), longest) + 1)
    taper = np.minimum(1.0, 2.0 * (1.0 - lags / lags[-1])) if lags.size > 1 else np.ones(1)
    slope = 2.0 * (taper * lags) @ covariance[lags]
    spectrum = covariance[0] + 2.0 * taper @ covariance[lags]
    limit = ceil(min(3 * sqrt(n), n / 3))
    if spectrum <= 0:
        # A flat-top estimate can turn negative; the longest allowed block is the cautious answer.
        return float(limit)
    return float(np.clip((slope**2 / spectrum**2 * n) ** (1 / 3), 1.0, limit))
