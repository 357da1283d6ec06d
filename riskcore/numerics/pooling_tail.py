"""Entropy pooling with one view on CVaR and no other: a search over its threshold, in sorted losses.

The posterior is q ∝ p exp(θ (l − η)₊), θ > 0 to raise CVaR and θ < 0 to lower it, with η its own VaR.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.tail import boundary

__all__ = ["tilted_to_cvar"]

Floats = NDArray[np.float64]
GRID = 24
STEPS = 200


class _Ranked(NamedTuple):
    """Distinct losses in ascending order, their probabilities, and the probability beyond each."""

    losses: Floats
    mass: Floats
    beyond: Floats


class _Tilt(NamedTuple):
    """One posterior that satisfies the view: a factor on p per distinct loss, and what it costs.

    `beyond` and `reached` are the posterior probabilities of losses above, and at or above, the threshold.
    """

    factors: Floats
    divergence: float
    beyond: float
    reached: float


def tilted_to_cvar(losses: Floats, probabilities: Floats, confidence: float, value: float) -> Floats:
    """Return the q closest to p in relative entropy with CVaR_c(l) = `value`.

    Raising CVaR is a convex problem, and η is found by bisection over the losses. Lowering it is not: the
    divergence is minimised over η on a grid of the losses that is refined around its best point.

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
    # A raise never moves η below the prior VaR, so what lies below it need not be told apart.
    ranked, place = _ranked(np.maximum(unit, cut.value) if raising else unit, p)
    last = int(np.searchsorted(ranked.losses, goal, side="left")) - 1
    if raising:
        best = _raised(ranked, tail, goal, last)
    else:
        best = _lowered(ranked, tail, goal, min(last, int(np.searchsorted(ranked.losses, cut.value))))
    q = np.zeros_like(probabilities)
    q[possible] = p * best.factors[place]
    return np.asarray(q / q.sum())


def _ranked(losses: Floats, mass: Floats) -> tuple[_Ranked, NDArray[np.intp]]:
    """Merge equal losses; also return the place of each loss among the distinct ones."""
    least = float(losses.min())
    above = np.flatnonzero(losses > least)
    values, places = np.unique(losses[above], return_inverse=True)
    place = np.zeros(losses.size, dtype=np.intp)
    place[above] = places + 1
    merged: Floats = np.zeros(values.size + 1)
    np.add.at(merged, place, mass)
    # Summed from the far end, where the small masses are.
    beyond = np.append(np.cumsum(merged[::-1])[::-1][1:], 0.0)
    return _Ranked(np.append(least, values), merged, beyond), place


def _raised(ranked: _Ranked, tail: float, goal: float, last: int) -> _Tilt:
    """Bisect for the first threshold with at most 1 − c beyond it; the optimum is there or just below it.

    The dual is quasi-concave in η with a slope of the sign of P_q(l > η) − (1 − c).
    """
    start, found = 0, _at_loss(ranked, tail, goal, last)
    while start < last:
        middle = (start + last) // 2
        tilt = _at_loss(ranked, tail, goal, middle)
        if tilt.beyond <= tail:
            last, found = middle, tilt
        else:
            start = middle + 1
    return found if found.reached >= tail else _between(ranked, tail, goal, last)


def _lowered(ranked: _Ranked, tail: float, goal: float, last: int) -> _Tilt:
    """Minimise the divergence over the losses 0 … last, then beside the best of them."""
    tilts: dict[int, _Tilt] = {}
    first = 0
    best = last
    while True:
        grid = np.unique(np.linspace(first, last, GRID).round().astype(int)).tolist()
        for at in grid:
            if at not in tilts:
                tilts[at] = _at_loss(ranked, tail, goal, at)
        best = min(grid, key=lambda at: tilts[at].divergence)
        if len(grid) == last - first + 1:
            break
        place = grid.index(best)
        first, last = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    near = [at for at in (best, best + 1) if 0 < at < ranked.losses.size and ranked.losses[at] < goal]
    choices = [tilts[best], *(_between(ranked, tail, goal, at) for at in near)]
    return min(choices, key=lambda tilt: tilt.divergence)


def _at_loss(ranked: _Ranked, tail: float, goal: float, at: int) -> _Tilt:
    """Return the tilt with E_q (l − η)₊ = (1−c)(v − η) for η = the loss at this place."""
    eta = ranked.losses[at]
    excess, rest = ranked.losses[at + 1 :] - eta, float(1.0 - ranked.beyond[at])
    mean = float(tail * (goal - eta))
    theta, log_total = _solved(excess, ranked.mass[at + 1 :], rest, mean)
    factors = np.exp(np.append(np.zeros(at + 1), theta * excess) - log_total)
    beyond = float(factors[at + 1 :] @ ranked.mass[at + 1 :])
    held = float(factors[at] * ranked.mass[at])
    return _Tilt(factors, theta * mean - log_total, beyond, beyond + held)


def _between(ranked: _Ranked, tail: float, goal: float, at: int) -> _Tilt:
    """Return the tilt with η below this loss and above the one before: P_q(l ≥ loss) = 1 − c, tail mean v."""
    inside = float(ranked.mass[at:].sum())
    excess = ranked.losses[at:] - ranked.losses[at]
    mean = float(goal - ranked.losses[at])
    theta, log_total = _solved(excess, ranked.mass[at:] / inside, 0.0, mean)
    raised = np.exp(theta * excess - log_total) * (tail / inside)
    factors = np.append(np.full(at, (1.0 - tail) / (1.0 - inside)), raised)
    share = tail * np.log(tail / inside) + (1.0 - tail) * np.log((1.0 - tail) / (1.0 - inside))
    return _Tilt(factors, float(share + tail * (theta * mean - log_total)), tail, tail)


def _solved(excess: Floats, mass: Floats, rest: float, goal: float) -> tuple[float, float]:
    """Return θ with Σ m x e^{θx} / (rest + Σ m e^{θx}) = goal, and the log of the denominator.

    The mean rises with θ; Newton's step, or half of the bracket where the step would leave it.
    """
    low, high, theta = -np.inf, np.inf, 0.0
    top, total = 0.0, 1.0
    for _ in range(STEPS):
        top = max(0.0, theta * float(excess[-1]))
        raised = mass * np.exp(theta * excess - top)
        total = float(raised.sum()) + rest * float(np.exp(-top))
        first = raised * excess
        mean = float(first.sum()) / total
        if abs(mean - goal) <= 4e-16 * goal:
            break
        low, high = (theta, high) if mean < goal else (low, theta)
        if high - low <= 1e-15 * abs(theta):
            break
        spread = float(first @ excess) / total - mean * mean
        step = theta + (goal - mean) / spread if spread > 0.0 else np.nan
        if low < step < high and abs(step - theta) <= 2.0 * max(1.0, abs(theta)):
            theta = step
        elif np.isfinite(low) and np.isfinite(high):
            theta = 0.5 * (low + high)
        else:
            theta += np.copysign(2.0 * max(1.0, abs(theta)), goal - mean)
    return theta, top + float(np.log(total))
