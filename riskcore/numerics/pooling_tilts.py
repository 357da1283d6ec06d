"""Posteriors q ∝ p exp(θ (l − η)₊) that give losses one CVaR at a given threshold η, in sorted losses."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "STEPS",
    "Ranked",
    "Tilt",
    "bisect_threshold",
    "rank_losses",
    "solve_tilt",
    "tilt_at_loss",
    "tilt_between",
    "tilt_factors",
]

Floats = NDArray[np.float64]
STEPS = 200


class Ranked(NamedTuple):
    """Distinct losses in ascending order, their probabilities, and the probability beyond each."""

    losses: Floats
    mass: Floats
    beyond: Floats


class Tilt(NamedTuple):
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


def rank_losses(losses: Floats, mass: Floats) -> tuple[Ranked, NDArray[np.intp]]:
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
    return Ranked(np.append(least, values), merged, beyond), place


def bisect_threshold(ranked: Ranked, tail: float, goal: float, start: int, found: Tilt) -> Tilt:
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
        tilt = tilt_at_loss(ranked, tail, goal, middle, found.theta)
        if tilt.beyond <= tail:
            last, found = middle, tilt
        else:
            low, more = middle, tilt.beyond - tail
    return found


def tilt_at_loss(ranked: Ranked, tail: float, goal: float, at: int, guess: float = 0.0) -> Tilt:
    """Return the tilt with E_q (l − η)₊ = (1−c)(v − η) for η = the loss at this place."""
    eta = ranked.losses[at]
    excess, rest = ranked.losses[at + 1 :] - eta, float(1.0 - ranked.beyond[at])
    mean = float(tail * (goal - eta))
    theta, log_total = solve_tilt(excess, ranked.mass[at + 1 :], rest, mean, guess)
    beyond = 1.0 - rest * float(np.exp(-log_total))
    held = float(ranked.mass[at]) * float(np.exp(-log_total))
    return Tilt(at, False, theta, log_total, theta * mean - log_total, beyond, beyond + held)


def tilt_between(ranked: Ranked, tail: float, goal: float, at: int, guess: float) -> Tilt:
    """Return the tilt with η below this loss and above the one before: P_q(l ≥ loss) = 1 − c, tail mean v."""
    inside = float(ranked.mass[at:].sum())
    excess = ranked.losses[at:] - ranked.losses[at]
    mean = float(goal - ranked.losses[at])
    theta, log_total = solve_tilt(excess, ranked.mass[at:] / inside, 0.0, mean, guess)
    share = tail * np.log(tail / inside) + (1.0 - tail) * np.log((1.0 - tail) / (1.0 - inside))
    divergence = float(share + tail * (theta * mean - log_total))
    return Tilt(at, True, theta, log_total, divergence, tail, tail)


def tilt_factors(ranked: Ranked, tail: float, tilt: Tilt) -> Floats:
    """Return what the probability of every distinct loss is multiplied by."""
    excess = np.maximum(ranked.losses - ranked.losses[tilt.at], 0.0)
    factors = np.exp(tilt.theta * excess - tilt.log_total)
    if tilt.inside:
        inside = float(ranked.mass[tilt.at :].sum())
        factors *= tail / inside
        factors[: tilt.at] = (1.0 - tail) / (1.0 - inside)
    return np.asarray(factors)


def solve_tilt(
    excess: Floats, mass: Floats, rest: float, goal: float, guess: float, accepted: float = 4e-16
) -> tuple[float, float]:
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
        if abs(mean - goal) <= accepted * goal:
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
