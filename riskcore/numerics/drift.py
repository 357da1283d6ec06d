"""Weights that are bought once and then left alone: what they earn row by row, and what they become."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["drift"]

Floats = NDArray[np.float64]


def drift(returns: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return what portfolios earn on each row when nothing is traded, and the weights they end with.

    With G_ti = Π_{s≤t} (1 + r_si), value V_t = 1 + Σ_i w_i (G_ti − 1), V_0 = 1: the return of row t is
    V_t / V_{t−1} − 1 and the last weights are w_i G_Ti / V_T. What is not invested, 1 − Σ w, is cash at 0.

    Parameters
    ----------
    returns
        m × n simple returns, decimal, m ≥ 1.
    weights
        n × k at the start, one column per portfolio, as fractions of its value.

    Returns
    -------
    (m × k returns, n × k last weights)
        Where a value reaches 0 or less neither means anything: they are not finite or return ≤ −1, and
        callers refuse that.

    Examples
    --------
    >>> earned, left = drift(np.array([[0.5, 0.0], [0.0, 0.2]]), np.array([[0.5], [0.5]]))
    >>> earned.round(12).tolist(), left.round(12).tolist()
    ([[0.25], [0.08]], [[0.555555555556], [0.444444444444]])
    """
    growth = np.cumprod(1.0 + returns, axis=0)
    values = 1.0 + (growth - 1.0) @ weights
    before = np.vstack([np.ones(weights.shape[1]), values[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        earned = values / before - 1.0
        last = weights * growth[-1][:, None] / values[-1]
    return earned, last
