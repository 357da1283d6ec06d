"""Paths: wealth, drawdowns and compounding over rows that follow one another in time."""

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "buy_and_hold",
    "compound_blocks",
    "deepest_drawdown",
    "drawdowns",
    "longest_under_water",
    "wealth",
]

Floats = NDArray[np.float64]
# Wealth that is back at its peak up to rounding (−10 %, then +1/9) has recovered.
ROUNDING = 1e-12


def wealth(returns: Floats) -> Floats:
    """Return the compounded wealth W_t = Π_{s≤t} (1 + r_s) after each row, from a starting wealth of 1.

    Parameters
    ----------
    returns
        S simple returns (or S × n, column by column), decimal.

    Examples
    --------
    >>> wealth(np.array([0.5, -0.5])).tolist()
    [1.5, 0.75]
    """
    return np.asarray(np.cumprod(1.0 + returns, axis=0), dtype=np.float64)


def drawdowns(returns: Floats) -> Floats:
    """Return D_t = 1 − W_t / max(1, W_1, …, W_t): how far wealth is below its highest point so far.

    Compounded; the starting wealth counts as a peak, so a loss on the first row is a drawdown.

    Parameters
    ----------
    returns
        S simple returns ≥ −1, decimal. Below −1 wealth changes sign and a drawdown means nothing;
        callers refuse that.

    Returns
    -------
    array of S, each in [0, 1], positive = bad; exactly 0 where wealth is at its peak up to 1e-12.

    Examples
    --------
    >>> drawdowns(np.array([-0.5, 1.0, 0.25, -0.2])).round(12).tolist()
    [0.5, 0.0, 0.0, 0.2]
    """
    value = wealth(returns)
    peak = np.maximum(np.maximum.accumulate(value), 1.0)
    depth = 1.0 - value / peak
    return np.where(depth > ROUNDING, depth, 0.0)


def deepest_drawdown(depths: Floats) -> tuple[int, int, int | None]:
    """Return the rows of the peak, the trough and the recovery of the deepest drawdown.

    Parameters
    ----------
    depths
        S drawdowns as `drawdowns` gives them.

    Returns
    -------
    (peak, trough, recovery)
        Row numbers. Peak −1 is the starting wealth; recovery None means not recovered by the last row.
        The first of several equally deep troughs. Without any drawdown all three are the same row −1.

    Examples
    --------
    >>> deepest_drawdown(np.array([0.0, 0.1, 0.3, 0.0]))
    (0, 2, 3)
    """
    trough = int(np.argmax(depths))
    if depths[trough] == 0.0:
        return -1, -1, -1
    at_peak = np.flatnonzero(depths == 0.0)
    before, after = at_peak[at_peak < trough], at_peak[at_peak > trough]
    return (int(before[-1]) if before.size else -1), trough, (int(after[0]) if after.size else None)


def longest_under_water(depths: Floats) -> tuple[int, int] | None:
    """Return the first and last row of the longest unbroken stretch below a peak, None without any.

    The first of several equally long stretches.

    Examples
    --------
    >>> longest_under_water(np.array([0.2, 0.0, 0.1, 0.3, 0.0]))
    (2, 3)
    """
    below = np.concatenate(([False], depths > 0.0, [False]))
    edges = np.flatnonzero(below[1:] != below[:-1])
    if edges.size == 0:
        return None
    starts, stops = edges[::2], edges[1::2]
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest]) - 1


def compound_blocks(returns: Floats, starts: NDArray[np.intp], stop: int) -> Floats:
    """Return the compounded return of each block of rows: Π_{s in block} (1 + r_s) − 1.

    Parameters
    ----------
    returns
        S × n (or S) simple returns, decimal.
    starts
        First row of each block, strictly increasing; a block ends where the next begins.
    stop
        One past the last row of the last block.

    Returns
    -------
    array with one row per block.

    Examples
    --------
    >>> compound_blocks(np.array([0.5, 1.0, -0.5]), np.array([0, 2]), 3).tolist()
    [2.0, -0.5]
    """
    if starts.size == 0:
        return np.empty((0, *returns.shape[1:]))
    growth = 1.0 + returns[starts[0] : stop]
    return np.asarray(np.multiply.reduceat(growth, starts - starts[0], axis=0) - 1.0, dtype=np.float64)


def buy_and_hold(returns: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return what each asset made over all rows, and the value path of the weights bought and held.

    Value after row t is V_t = 1 + Σ_i w_i (Π_{s≤t} (1 + r_si) − 1): nothing is traded after the start,
    and 1 − Σ w_i stays in cash at 0 (borrowed when negative).

    Parameters
    ----------
    returns
        m × n simple returns, decimal.
    weights
        n, at the start, as fractions of the value.

    Returns
    -------
    (asset returns n, values m)
        w · asset returns = V_m − 1 exactly in real arithmetic.

    Examples
    --------
    >>> gains, values = buy_and_hold(np.array([[0.1, 0.0], [0.1, -0.5]]), np.array([0.5, 0.5]))
    >>> gains.round(12).tolist(), values.round(12).tolist()
    ([0.21, -0.5], [1.05, 0.855])
    """
    gains = wealth(returns) - 1.0
    return gains[-1], 1.0 + gains @ weights
