"""The threshold at which lowering a CVaR costs least: the search is not convex, so regions are compared."""

from math import log

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.pooling_tilts import (
    STEPS,
    Ranked,
    Tilt,
    bisect_threshold,
    solve_tilt,
    tilt_at_loss,
    tilt_between,
)

__all__ = ["lower_cvar", "lowest_threshold"]

Floats = NDArray[np.float64]
GRID = 24
"""Thresholds that are compared at first."""
ROUGH_GRID, ROUGH = 12, 1e-1
"""Thresholds of which one gives a first bound, and how well each is solved."""
FEW = 400
"""Distinct losses among which every threshold can be afforded; more are gathered into as many."""
BINS = 4096
# A divergence is off by the square of what its tilt is off by.
NEAR = 1e-6
TINY = 1e-200
CREEPS = 20


def lowest_threshold(losses: Floats, mass: Floats, tail: float, goal: float) -> float:
    """Return a loss below which no threshold lowers CVaR for less than one threshold that is tried.

    At the optimum η is the posterior VaR, P_q(l > η) ≤ 1 − c. So with P_p(l > η) = π above 1 − c the
    divergence is at least that of the two events, and π cannot exceed the one at which that is too much.
    """
    drawn = np.append(np.arange(0, losses.size, max(1, losses.size // FEW)), np.argmin(losses))
    drawn = drawn[np.argsort(losses[drawn], kind="stable")]
    sample, share = losses[drawn], mass[drawn] / float(mass[drawn].sum())
    beyond = np.cumsum(share[::-1])[::-1]
    least = max(tail, float(beyond[min(int(np.searchsorted(sample, goal)), sample.size - 1)]))
    places = np.searchsorted(-beyond, -np.geomspace(1.0, least, ROUGH_GRID))
    cuts = np.unique(np.append(sample[np.minimum(places, sample.size - 1)], sample[0]))
    cuts = cuts[cuts < goal]
    cost, tilts = _scanned(sample, share, tail, goal, cuts, np.zeros(cuts.size), ROUGH)
    best = int(np.argmin(cost))
    tried = float(cuts[best])
    above = losses > tried
    part = mass[above]
    mean = tail * (goal - tried)
    rest = 1.0 - float(part.sum())
    theta, log_total = solve_tilt(losses[above] - tried, part, rest, mean, float(tilts[best]), NEAR)
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


def lower_cvar(ranked: Ranked, tail: float, goal: float, last: int) -> Tilt:
    """Minimise the divergence over the losses 0 … last, then beside the best of them.

    Many losses are first gathered into few, on which thresholds are compared; about the best of them the
    divergence falls while more than 1 − c lies beyond η.
    """
    few = last < FEW
    coarse = ranked if few else _gathered(ranked, goal)
    top = int(np.searchsorted(coarse.losses, ranked.losses[last], side="right")) - 1
    near, theta = _best_of_grid(coarse, tail, goal, max(top, 0))
    if few:
        best = tilt_at_loss(ranked, tail, goal, near, theta)
    else:
        low = int(np.searchsorted(ranked.losses, coarse.losses[max(near - 1, 0)]))
        high = int(np.searchsorted(ranked.losses, coarse.losses[near + 1]))
        best = bisect_threshold(
            ranked, tail, goal, low, tilt_at_loss(ranked, tail, goal, min(high, last), theta)
        )
    beside = [at for at in (best.at, best.at + 1) if 0 < at < ranked.losses.size and ranked.losses[at] < goal]
    choices = [best, *(tilt_between(ranked, tail, goal, at, best.theta) for at in beside)]
    return min(choices, key=lambda tilt: tilt.divergence)


def _best_of_grid(ranked: Ranked, tail: float, goal: float, last: int) -> tuple[int, float]:
    """Return the place of the best threshold of a grid that is refined around it, and its θ."""
    first = 0
    cuts, tilts = np.zeros(1), np.zeros(1)
    while True:
        grid = np.unique(np.linspace(first, last, GRID).round().astype(int))
        guess = np.interp(ranked.losses[grid], cuts, tilts)
        cuts = ranked.losses[grid]
        cost, tilts = _scanned(ranked.losses, ranked.mass, tail, goal, cuts, guess)
        best = int(np.argmin(cost))
        if grid.size == last - first + 1:
            return int(grid[best]), float(tilts[best])
        first, last = int(grid[max(best - 1, 0)]), int(grid[min(best + 1, grid.size - 1)])


def _scanned(
    losses: Floats,
    mass: Floats,
    tail: float,
    goal: float,
    cuts: Floats,
    guess: Floats,
    accepted: float = 1e-6,
) -> tuple[Floats, Floats]:
    """Return what a lowered CVaR costs at each of these thresholds, and θ, all solved side by side.

    Newton on log E_q (l − η)₊, which is almost convex in θ. Thresholds are among the losses. Where the CVaR
    over a threshold is low enough as it is, the cost is 0.
    """
    excess = np.maximum(losses - cuts[:, None], 0.0)
    weights = np.empty_like(excess)
    means = tail * (goal - cuts)
    theta, cost = guess, np.zeros(cuts.size)
    low, high = np.full(cuts.size, -np.inf), np.zeros(cuts.size)
    for taken in range(STEPS):
        np.multiply(theta[:, None], excess, out=weights)
        np.exp(weights, out=weights)
        total = weights @ mass
        cost = np.maximum(cost, theta * means - np.log(total))
        weights *= excess
        mean = np.maximum(weights @ mass / total, TINY)
        ratio = mean / means
        miss = np.log(np.where(theta < 0.0, ratio, np.maximum(ratio, 1.0)))
        if float(np.abs(miss).max()) < accepted:
            break
        weights *= excess
        spread = np.maximum(weights @ mass / total - mean**2, TINY)
        low, high = np.where(miss < 0.0, theta, low), np.where(miss > 0.0, theta, high)
        step = theta - miss * mean / spread
        # Losses of many sizes make Newton creep: then the bracket is doubled, or halved on a log scale.
        halved = -np.sqrt(low * np.minimum(high, 1e-9 * low))
        theta = np.where((step <= low) | (step >= high) | (taken > CREEPS), halved, step)
        theta[np.isinf(low)] = step[np.isinf(low)] * (2.0 if taken > CREEPS else 1.0)
    return cost, theta


def _gathered(ranked: Ranked, goal: float) -> Ranked:
    """Replace every run of neighbours by its mean loss; the goal divides, and the largest stays alone."""
    size = ranked.losses.size
    edges = np.unique(np.linspace(0, size, FEW + 1).astype(int)[:-1])
    edges = np.union1d(edges, [min(int(np.searchsorted(ranked.losses, goal)), size - 1), size - 1])
    mass = np.add.reduceat(ranked.mass, edges)
    losses = np.add.reduceat(ranked.mass * ranked.losses, edges) / mass
    return Ranked(losses, mass, np.append(np.cumsum(mass[::-1])[::-1][1:], 0.0))
