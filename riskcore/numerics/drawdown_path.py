"""Drawdown as a risk measure: losses along one path, cumulated without compounding.

Uncompounded, a drawdown is a sum of losses, so it scales with the portfolio and has exact contributions.
The start of the path counts as a peak.
"""

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.tail import checked, tail_weights, worst_weights

__all__ = ["conditional_drawdown_weights", "maximum_drawdown_weights", "path_drawdowns"]

Floats = NDArray[np.float64]


def path_drawdowns(losses: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return each drawdown D_t = max_{s≤t} C_s − C_t, and the row its peak follows.

    C_t = −Σ_{s≤t} l_s with C_0 = 0. The second array counts rows from 1, with 0 the start: D_t is the sum of
    the losses in rows peak_t + 1 … t. The latest of equal peaks counts.

    Examples
    --------
    >>> drawdowns, peaks = path_drawdowns(np.array([1.0, -3.0, 2.0, 1.0]))
    >>> drawdowns.tolist(), peaks.tolist()
    ([1.0, 0.0, 2.0, 3.0], [0, 2, 2, 2])
    """
    wealth = np.concatenate(([0.0], np.cumsum(-losses)))
    peak = np.maximum.accumulate(wealth)
    at = np.maximum.accumulate(np.where(wealth == peak, np.arange(wealth.size), 0))
    return (peak - wealth)[1:], at[1:]


def conditional_drawdown_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the gradient q of CDaR_c, the CVaR of the S drawdowns of the path: CDaR_c = Σ q_s l_s.

    Parameters
    ----------
    losses
        S losses in time order.
    probabilities
        S, all equal.
    confidence
        c in (0.5, 1).

    Raises
    ------
    InputError
        The probabilities differ.

    References
    ----------
    Chekhlov, Uryasev, Zabarankin (2005), Drawdown measure in portfolio optimization.

    Examples
    --------
    >>> path = np.array([1.0, -3.0, 2.0, 1.0])
    >>> float(conditional_drawdown_weights(path, np.full(4, 0.25), 0.6) @ path)
    2.625
    """
    values, weights = _one_path(losses, probabilities)
    drawdowns, peaks = path_drawdowns(values)
    return _spread(tail_weights(drawdowns, weights, confidence), peaks)


def maximum_drawdown_weights(losses: Floats, probabilities: Floats) -> Floats:
    """Return the gradient q of the largest drawdown: 1 on its rows; equal ones share.

    Examples
    --------
    >>> maximum_drawdown_weights(np.array([1.0, -3.0, 2.0, 1.0]), np.full(4, 0.25)).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    values, weights = _one_path(losses, probabilities)
    drawdowns, peaks = path_drawdowns(values)
    return _spread(worst_weights(drawdowns, weights), peaks)


def _one_path(losses: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    values, weights = checked(losses, probabilities)
    if values.ndim != 1 or float(np.ptp(weights)) > 1e-12 / weights.size:
        raise InputError("A drawdown needs one path of equally likely rows; use the plain history.")
    return values, weights


def _spread(weights: Floats, peaks: NDArray[np.intp]) -> Floats:
    """Give the weight of each drawdown to every loss since its peak."""
    q = np.zeros_like(weights)
    for peak in np.unique(peaks[weights > 0.0]):
        end = int(np.searchsorted(peaks, peak, side="right"))
        # Rows peak + 1 … t counted from 1 are the slots peak … t − 1; at the peak's own row nothing is lost.
        q[peak:end] = np.cumsum(weights[peak:end][::-1])[::-1]
    return q
