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
FEW = 400
"""Distinct losses among which every threshold can be afforded."""
STEPS = 200


class _Ranked(NamedTuple):
    """Distinct losses in ascending order, their probabilities, and the probability beyond each."""

    losses: Floats
    mass: Floats
    beyond: Floats


class _Tilt(NamedTuple):
    """One posterior that satisfies the view, and what it costs.

    `at` is the place of the threshold, or of the loss just above one that lies between two (`inside`).
    `beyond` and `reached` are the posterior probabilities of losses above, and at or above, the threshold.
    """

    at: int
    inside: bool
    theta: float
    log_total: float
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
    q[possible] = p * _factors(ranked, tail, best)[place]
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
    found = _bisected(ranked, tail, goal, 0, _at_loss(ranked, tail, goal, last))
    return found if found.reached >= tail else _between(ranked, tail, goal, found.at)


def _lowered(ranked: _Ranked, tail: float, goal: float, last: int) -> _Tilt:
    """Minimise the divergence over the losses 0 … last, then beside the best of them.

    Many losses are first gathered into few, on which every threshold region is compared; the best region is
    then searched in the losses themselves, where the divergence falls while more than 1 − c lies beyond η.
    """
    if last < FEW:
        best = _best_of_grid(ranked, tail, goal, last)
    else:
        coarse = _gathered(ranked, goal)
        top = int(np.searchsorted(coarse.losses, ranked.losses[last], side="right")) - 1
        near = _best_of_grid(coarse, tail, goal, max(top, 0))
        low = int(np.searchsorted(ranked.losses, coarse.losses[max(near.at - 1, 0)]))
        high = int(np.searchsorted(ranked.losses, coarse.losses[near.at + 1]))
        end = _at_loss(ranked, tail, goal, min(high, last), near.theta)
        best = _bisected(ranked, tail, goal, low, end)
    beside = [at for at in (best.at, best.at + 1) if 0 < at < ranked.losses.size and ranked.losses[at] < goal]
    choices = [best, *(_between(ranked, tail, goal, at) for at in beside)]
    return min(choices, key=lambda tilt: tilt.divergence)


def _bisected(ranked: _Ranked, tail: float, goal: float, start: int, found: _Tilt) -> _Tilt:
    """Return the tilt at the first place from `start` with at most 1 − c beyond it, given one further up."""
    last = found.at
    while start < last:
        middle = (start + last) // 2
        tilt = _at_loss(ranked, tail, goal, middle, found.theta)
        if tilt.beyond <= tail:
            last, found = middle, tilt
        else:
            start = middle + 1
    return found


def _best_of_grid(ranked: _Ranked, tail: float, goal: float, last: int) -> _Tilt:
    tilts: dict[int, _Tilt] = {}
    first, guess = 0, 0.0
    while True:
        grid = np.unique(np.linspace(first, last, GRID).round().astype(int)).tolist()
        for at in reversed(grid):
            if at not in tilts:
                tilts[at] = _at_loss(ranked, tail, goal, at, guess)
                guess = tilts[at].theta
        best = min(grid, key=lambda at: tilts[at].divergence)
        if len(grid) == last - first + 1:
            return tilts[best]
        place = grid.index(best)
        first, last = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]


def _gathered(ranked: _Ranked, goal: float) -> _Ranked:
    """Replace every run of neighbours by its mean loss; the goal divides, and the largest stays alone."""
    size = ranked.losses.size
    edges = np.unique(np.linspace(0, size, FEW + 1).astype(int)[:-1])
    edges = np.union1d(edges, [min(int(np.searchsorted(ranked.losses, goal)), size - 1), size - 1])
    mass = np.add.reduceat(ranked.mass, edges)
    losses = np.add.reduceat(ranked.mass * ranked.losses, edges) / mass
    return _Ranked(losses, mass, np.append(np.cumsum(mass[::-1])[::-1][1:], 0.0))


def _at_loss(ranked: _Ranked, tail: float, goal: float, at: int, guess: float = 0.0) -> _Tilt:
    """Return the tilt with E_q (l − η)₊ = (1−c)(v − η) for η = the loss at this place."""
    eta = ranked.losses[at]
    excess, rest = ranked.losses[at + 1 :] - eta, float(1.0 - ranked.beyond[at])
    mean = float(tail * (goal - eta))
    theta, log_total = _solved(excess, ranked.mass[at + 1 :], rest, mean, guess)
    beyond = 1.0 - rest * float(np.exp(-log_total))
    held = float(ranked.mass[at]) * float(np.exp(-log_total))
    return _Tilt(at, False, theta, log_total, theta * mean - log_total, beyond, beyond + held)


def _between(ranked: _Ranked, tail: float, goal: float, at: int) -> _Tilt:
    """Return the tilt with η below this loss and above the one before: P_q(l ≥ loss) = 1 − c, tail mean v."""
    inside = float(ranked.mass[at:].sum())
    excess = ranked.losses[at:] - ranked.losses[at]
    mean = float(goal - ranked.losses[at])
    theta, log_total = _solved(excess, ranked.mass[at:] / inside, 0.0, mean, 0.0)
    share = tail * np.log(tail / inside) + (1.0 - tail) * np.log((1.0 - tail) / (1.0 - inside))
    divergence = float(share + tail * (theta * mean - log_total))
    return _Tilt(at, True, theta, log_total, divergence, tail, tail)


def _factors(ranked: _Ranked, tail: float, tilt: _Tilt) -> Floats:
    """Return what the probability of every distinct loss is multiplied by."""
    excess = np.maximum(ranked.losses - ranked.losses[tilt.at], 0.0)
    factors = np.exp(tilt.theta * excess - tilt.log_total)
    if tilt.inside:
        inside = float(ranked.mass[tilt.at :].sum())
        factors *= tail / inside
        factors[: tilt.at] = (1.0 - tail) / (1.0 - inside)
    return np.asarray(factors)


def _solved(excess: Floats, mass: Floats, rest: float, goal: float, guess: float) -> tuple[float, float]:
    """Return θ with Σ m x e^{θx} / (rest + Σ m e^{θx}) = goal, and the log of the denominator.

    The mean rises with θ; Newton's step, or half of the bracket where the step would leave it.
    """
    low, high, theta = -np.inf, np.inf, guess
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
