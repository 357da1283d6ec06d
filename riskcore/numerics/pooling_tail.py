"""Entropy pooling with one view on CVaR and no other: a search over its threshold, in sorted losses.

The posterior is q ∝ p exp(θ (l − η)₊), θ > 0 to raise CVaR and θ < 0 to lower it, with η its own VaR.
"""

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.pooling_lowered import lower_cvar, lowest_threshold
from riskcore.numerics.pooling_tilts import (
    Ranked,
    Tilt,
    bisect_threshold,
    rank_losses,
    tilt_at_loss,
    tilt_between,
    tilt_factors,
)
from riskcore.numerics.tail import boundary

__all__ = ["tilted_to_cvar"]

Floats = NDArray[np.float64]


def tilted_to_cvar(losses: Floats, probabilities: Floats, confidence: float, value: float) -> Floats:
    """Return the q closest to p in relative entropy with CVaR_c(l) = `value`.

    Raising CVaR is a convex problem, and η is found by bisection over the losses. Lowering it is not: any
    answer bounds the thresholds that can cost less, a grid of those finds the best region, and bisection η.

    Parameters
    ----------
    losses, probabilities
        S losses, positive = bad, and their probabilities, sum 1.
    confidence
        c in (0.5, 1).
    value
        Strictly between the smallest and the largest loss that has any probability; callers check that and
        the CVaR of what comes back.

    References
    ----------
    Rockafellar, Uryasev (2000), Optimization of conditional value-at-risk, for CVaR as a minimum over η.

    Examples
    --------
    >>> losses = np.arange(1.0, 5.0)
    >>> tilted_to_cvar(losses, np.full(4, 0.25), 0.75, 3.5).round(6).tolist()
    [0.291667, 0.291667, 0.291667, 0.125]
    """
    possible = probabilities > 0.0
    low, high = float(losses[possible].min()), float(losses[possible].max())
    unit, p = (losses[possible] - low) / (high - low), probabilities[possible]
    tail, goal = 1.0 - confidence, (value - low) / (high - low)
    cut = boundary(unit, p, confidence)
    excess = unit[cut.beyond] - cut.value
    raising = goal > cut.value + float(p[cut.beyond] @ excess) / tail
    # What lies below the lowest threshold that can be best need not be told apart. A raise never moves it
    # below the prior VaR.
    floor = cut.value if raising else lowest_threshold(unit, p, tail, goal)
    ranked, place = rank_losses(np.maximum(unit, floor), p)
    last = int(np.searchsorted(ranked.losses, goal, side="left")) - 1
    if raising:
        best = _raised(ranked, tail, goal, last)
    else:
        best = lower_cvar(ranked, tail, goal, min(last, int(np.searchsorted(ranked.losses, cut.value))))
    q = np.zeros_like(probabilities)
    q[possible] = p * tilt_factors(ranked, tail, best)[place]
    return np.asarray(q / q.sum())


def _raised(ranked: Ranked, tail: float, goal: float, last: int) -> Tilt:
    """Bisect for the first threshold with at most 1 − c beyond it; the optimum is there or just below it.

    The dual is quasi-concave in η with a slope of the sign of P_q(l > η) − (1 − c).
    """
    found = bisect_threshold(ranked, tail, goal, 0, tilt_at_loss(ranked, tail, goal, last))
    return found if found.reached >= tail else tilt_between(ranked, tail, goal, found.at, found.theta)
