"""Entropy pooling with one view on CVaR and no other: a search over its threshold, in sorted losses.

The posterior is q ∝ p exp(θ (l − η)₊), θ > 0 to raise CVaR and θ < 0 to lower it, with η its own VaR.
"""

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.tail import boundary

__all__ = ["tilted_to_cvar"]

Floats = NDArray[np.float64]
GRID = 24
"""Thresholds that are compared at first."""
FEW = 400
"""Distinct losses among which every threshold can be afforded; more are gathered into as many."""
BINS = 4096
TINY = 1e-200
CREEPS = 20
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
    # A raise never moves η below the prior VaR, so what lies below it need not be told apart.
    # What lies below the lowest threshold that can be best need not be told apart. A raise never moves it
    # below the prior VaR.
    floor = cut.value if raising else _floor(unit, p, tail, goal)
    ranked, place = _ranked(np.maximum(unit, floor), p)
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


def _floor(losses: Floats, mass: Floats, tail: float, goal: float) -> float:
    """Return a loss below which no threshold lowers CVaR for less than one threshold that is tried.

    At the optimum η is the posterior VaR, P_q(l > η) ≤ 1 − c. So with P_p(l > η) = π above 1 − c the
    divergence is at least that of the two events, and π cannot exceed the one at which that is too much.
    """
    drawn = np.append(np.arange(0, losses.size, max(1, losses.size // FEW)), np.argmin(losses))
    drawn = drawn[np.argsort(losses[drawn], kind="stable")]
    sample, share = losses[drawn], mass[drawn] / float(mass[drawn].sum())
    beyond = np.cumsum(share[::-1])[::-1]
    least = max(tail, float(beyond[min(int(np.searchsorted(sample, goal)), sample.size - 1)]))
    places = np.searchsorted(-beyond, -np.geomspace(1.0, least, GRID))
    cuts = np.unique(np.append(sample[np.minimum(places, sample.size - 1)], sample[0]))
    cuts = cuts[cuts < goal]
    tried = float(cuts[np.argmin(_scanned(sample, share, tail, goal, cuts))])
    above = losses > tried
    part = mass[above]
    mean = tail * (goal - tried)
    theta, log_total = _solved(losses[above] - tried, part, 1.0 - float(part.sum()), mean, 0.0)
    most = theta * mean - log_total
    low, high = tail, 1.0
    while high - low > 1e-6 * low:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _two_events(tail, middle) > most else (middle, high)
    # The edge of a bin, rather than the loss itself, is found without sorting and only a little lower.
    held = np.bincount((losses * BINS).astype(np.intp), weights=mass)
    lowest = int(np.flatnonzero(np.cumsum(held[::-1])[::-1] > high).max(initial=0))
    return lowest / BINS


def _two_events(tail: float, mass: float) -> float:
    """Return the divergence of probabilities (1 − c, c) from (π, 1 − π)."""
    return tail * log(tail / mass) + (1.0 - tail) * log((1.0 - tail) / (1.0 - mass))


def _lowered(ranked: _Ranked, tail: float, goal: float, last: int) -> _Tilt:
    """Minimise the divergence over the losses 0 … last, then beside the best of them.

    Many losses are first gathered into few, on which thresholds are compared; about the best of them the
    divergence falls while more than 1 − c lies beyond η.
    """
    few = last < FEW
    coarse = ranked if few else _gathered(ranked, goal)
    top = int(np.searchsorted(coarse.losses, ranked.losses[last], side="right")) - 1
    near = _best_of_grid(coarse, tail, goal, max(top, 0))
    if few:
        best = _at_loss(ranked, tail, goal, near)
    else:
        low = int(np.searchsorted(ranked.losses, coarse.losses[max(near - 1, 0)]))
        high = int(np.searchsorted(ranked.losses, coarse.losses[near + 1]))
        best = _bisected(ranked, tail, goal, low, _at_loss(ranked, tail, goal, min(high, last)))
    beside = [at for at in (best.at, best.at + 1) if 0 < at < ranked.losses.size and ranked.losses[at] < goal]
    choices = [best, *(_between(ranked, tail, goal, at) for at in beside)]
    return min(choices, key=lambda tilt: tilt.divergence)


def _best_of_grid(ranked: _Ranked, tail: float, goal: float, last: int) -> int:
    """Return the place of the best threshold of a grid that is refined around it."""
    first = 0
    while True:
        grid = np.unique(np.linspace(first, last, GRID).round().astype(int))
        best = int(np.argmin(_scanned(ranked.losses, ranked.mass, tail, goal, ranked.losses[grid])))
        if grid.size == last - first + 1:
            return int(grid[best])
        first, last = int(grid[max(best - 1, 0)]), int(grid[min(best + 1, grid.size - 1)])


def _scanned(losses: Floats, mass: Floats, tail: float, goal: float, cuts: Floats) -> Floats:
    """Return what a lowered CVaR costs at each of these thresholds, all solved side by side.

    Newton on log E_q (l − η)₊, which is almost convex in θ. Thresholds are among the losses.
    """
    excess = np.maximum(losses - cuts[:, None], 0.0)
    means = tail * (goal - cuts)
    theta, cost = np.zeros(cuts.size), np.zeros(cuts.size)
    low, high = np.full(cuts.size, -np.inf), np.zeros(cuts.size)
    for taken in range(STEPS):
        weights = np.exp(theta[:, None] * excess)
        weights *= mass
        total = weights.sum(axis=1)
        cost = np.maximum(cost, theta * means - np.log(total))
        weights *= excess
        mean = np.maximum(weights.sum(axis=1) / total, TINY)
        miss = np.log(mean / means)
        if float(np.abs(miss).max()) < 1e-6:
            break
        spread = np.maximum(np.einsum("ks,ks->k", weights, excess) / total - mean**2, TINY)
        low, high = np.where(miss < 0.0, theta, low), np.where(miss > 0.0, theta, high)
        step = theta - miss * mean / spread
        # Losses of many sizes make Newton creep: then the bracket is doubled, or halved on a log scale.
        halved = -np.sqrt(low * np.minimum(high, 1e-9 * low))
        theta = np.where((step <= low) | (step >= high) | (taken > CREEPS), halved, step)
        theta[np.isinf(low)] = step[np.isinf(low)] * (2.0 if taken > CREEPS else 1.0)
    return cost


def _bisected(ranked: _Ranked, tail: float, goal: float, start: int, found: _Tilt) -> _Tilt:
    """Return the tilt at the first place from `start` with at most 1 − c beyond it, given one further up.

    The probability beyond falls almost evenly from place to place, so it is interpolated; every third try
    halves the bracket in any case.
    """
    low, last, more = start - 1, found.at, 0.0
    for taken in range(STEPS):
        if last - low <= 1:
            break
        middle = (low + last) // 2
        if more > 0.0 and taken % 3:
            less = tail - found.beyond
            middle = min(max(low + round(more / (more + less) * (last - low)), low + 1), last - 1)
        tilt = _at_loss(ranked, tail, goal, middle, found.theta)
        if tilt.beyond <= tail:
            last, found = middle, tilt
        else:
            low, more = middle, tilt.beyond - tail
    return found


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
    top, total, peak = 0.0, 1.0, float(excess.max())
    for _ in range(STEPS):
        top = max(0.0, theta * peak)
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
