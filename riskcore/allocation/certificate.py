"""Certificates of constrained weights: their distance to a bound no portfolio in the region can beat."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver import Answer, Objective, Region, Tail, support
from riskcore.errors import ConvergenceError
from riskcore.numerics.tail import tail_weights

__all__ = ["mean_gap", "relative_gap"]

Floats = NDArray[np.float64]
ACCEPTED = 1e-6


def relative_gap(region: Region, objective: Objective, answer: Answer, weights: Floats) -> float:
    """Return the certified relative distance to the optimum.

    For any v that keeps the constraints, risk(v) is at least a function of v that is linear but for costs;
    its minimum among those that have the mean asked for is the bound.
    """
    if objective.tail is not None and answer.tail is not None:
        return _tail_gap(region, objective, objective.tail, answer.tail, weights)
    assert objective.factor is not None
    pull = objective.factor.T @ (objective.factor @ weights)
    variance = float(weights @ pull)
    if objective.gain is None:
        bound = support(region, 2.0 * pull, 0.0, floor=objective.floor) - variance
        return _accepted(max(0.0, variance - bound) / max(variance, 1e-6))
    charge = 1.0 if objective.charge else 0.0
    ratio = variance / (float(objective.gain @ weights) - charge * region.cost(weights))
    least = support(region, pull - ratio * objective.gain, charge * ratio)
    return _accepted(max(0.0, -least) / variance)


def _tail_gap(region: Region, objective: Objective, tail: Tail, q: Floats, weights: Floats) -> float:
    """Return the gap of a CVaR by the solver's weights of the scenarios, else by those of the losses reached.

    Any q with Σq = 1 and 0 ≤ q ≤ p/(1 − c) gives a bound; where only one portfolio has the mean asked for,
    the solver's are inexact.
    """
    losses = tail.losses(weights)
    size, reached = float(q @ np.abs(losses)), tail.value(weights) + region.cost(weights)
    own = tail_weights(losses, tail.probabilities, tail.confidence)
    gap = np.inf
    for candidate in (q, own):
        bound = support(region, -(tail.returns.T @ candidate), 1.0, floor=objective.floor)
        gap = min(gap, max(0.0, reached - bound) / size)
        if gap <= ACCEPTED:
            break
    return _accepted(gap)


def mean_gap(region: Region, mean: Floats, answer: Answer, weights: Floats) -> float:
    """Return how much higher the net mean of another portfolio could be, in units of the common risk.

    The first cap on CVaR, at its price and with its scenarios' weights, moves into the bound.
    """
    price, q = answer.caps[0]
    rest = replace(region, tails=region.tails[1:])
    tail = region.tails[0]
    slope = -mean - price * (tail.returns.T @ q)
    bound = support(rest, slope, 1.0 + price) - price * float(tail.cap or 0.0)
    reached = -float(mean @ weights) + region.cost(weights)
    return _accepted(max(0.0, reached - bound))


def _accepted(gap: float) -> float:
    if not gap <= ACCEPTED:
        raise ConvergenceError(
            f"The optimum under the constraints could be verified only to {gap:.1e}, not to {ACCEPTED:.0e}; "
            "widen or drop a constraint.",
            residual=gap,
        )
    return gap
