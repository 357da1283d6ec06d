"""Certificates of constrained weights: their distance to a bound no portfolio in the region can beat."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.solver import Answer, Objective, Region, support
from riskcore.errors import ConvergenceError

__all__ = ["mean_gap", "relative_gap"]

Floats = NDArray[np.float64]
ACCEPTED = 1e-6


def relative_gap(region: Region, objective: Objective, answer: Answer, weights: Floats) -> float:
    """Return the certified relative distance to the optimum.

    For any v that keeps the constraints, with ν the price of the mean m asked for and q the scenarios'
    weights, risk(v) is at least a function of v that is linear but for costs; its minimum is the bound.
    """
    price = answer.floor
    mean, target = objective.floor if objective.floor is not None else (np.zeros(region.size), 0.0)
    if objective.tail is not None and answer.tail is not None:
        slope = -(objective.tail.returns.T @ answer.tail)
        bound = price * target + support(region, slope - price * mean, 1.0 + price)
        reached = objective.tail.value(weights) + region.cost(weights)
        size = float(answer.tail @ np.abs(objective.tail.losses(weights)))
        return _accepted(max(0.0, reached - bound) / size)
    assert objective.factor is not None
    pull = objective.factor.T @ (objective.factor @ weights)
    variance = float(weights @ pull)
    if objective.gain is None:
        slope = 2.0 * pull
        bound = variance - 2.0 * variance + price * target + support(region, slope - price * mean, price)
        return _accepted(max(0.0, variance - bound) / max(variance, 1e-6))
    charge = 1.0 if objective.charge else 0.0
    ratio = variance / (float(objective.gain @ weights) - charge * region.cost(weights))
    least = support(region, pull - ratio * objective.gain, charge * ratio)
    return _accepted(max(0.0, -least) / variance)


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
