"""The dual of entropy pooling, log Σ p e^{θ'a} − θ'd, and the projected Newton that minimises it."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACCEPTED", "AIM", "State", "System", "minimise_dual", "start_of"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
AIM = 1e-13
"""Residual the iteration aims for, in prior standard deviations of the row."""
ACCEPTED = 1e-8
"""Residual above which an answer is refused."""
ROUNDS = 500
# Rows of a block of scenarios should stay in the processor's cache while they are read three times.
BLOCK_ELEMENTS = 1 << 15
# Flat directions of the dual (rows that repeat each other) get no longer a step than this allows.
FLAT = 1e-14
# How far apart one step may drive two exponents, unless they are further apart already.
LEAP = 100.0
# The last Hessian serves again after a step that left less than this share of the residual.
SERVES = 0.01
# A start is found on about this many scenarios.
SAMPLE = 4000


@dataclass(frozen=True, eq=False)
class State:
    """Dual value, gradient E_q a − d and weights q at one θ."""

    value: float
    gradient: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class System:
    """Standardised views on the scenarios that are possible; inequalities have θ ≥ 0.

    `kept` are the row numbers of the views that vary at all, `floor` is the lowest value a feasible dual has.
    """

    prior: Floats
    rows: Floats
    targets: Floats
    bounded: Flags
    possible: Flags
    kept: NDArray[np.intp]
    sign: Floats
    scale: Floats

    @cached_property
    def spans(self) -> Floats:
        """Return the range of every row: θ · spans bounds how far apart two exponents can be."""
        return np.asarray(self.rows.max(axis=1) - self.rows.min(axis=1))

    @property
    def floor(self) -> float:
        """Return log min p: no q is further from p in relative entropy, and the dual never exceeds that."""
        return log(float(self.prior.min()))

    def miss(self, theta: Floats, gradient: Floats) -> Floats:
        """Return the gradient where it counts: an inequality that holds with room to spare misses nothing."""
        return np.where(self.bounded & (theta <= 0.0) & (gradient > 0.0), 0.0, gradient)

    def without(self, view: int) -> "System":
        """Return the system without one of its views, by its row number."""
        keep = np.flatnonzero(self.kept != view)
        parts = (self.prior, self.rows[keep], self.targets[keep], self.bounded[keep], self.possible)
        return System(*parts, self.kept[keep], self.sign[keep], self.scale[keep])

    def at(self, theta: Floats) -> State:
        """Return the dual, its gradient and the weights at θ."""
        exponent = theta @ self.rows
        top = float(exponent.max())
        exponent -= top
        weights = np.exp(exponent, out=exponent)
        weights *= self.prior
        total = float(weights.sum())
        weights /= total
        value = top + log(total) - float(theta @ self.targets)
        return State(value, self.rows @ weights - self.targets, weights)

    def hessian(self, state: State) -> Floats:
        """Return the covariance of the rows under q, reading the rows block by block."""
        count, size = self.rows.shape
        second = np.zeros((count, count))
        width = max(256, BLOCK_ELEMENTS // max(count, 1))
        buffer = np.empty((count, width))
        for start in range(0, size, width):
            part = self.rows[:, start : start + width]
            raised = np.multiply(part, state.weights[start : start + width], out=buffer[:, : part.shape[1]])
            second += raised @ part.T
        mean = state.gradient + self.targets
        return second - np.outer(mean, mean)


def start_of(system: System) -> Floats:
    """Return the θ of a part of the scenarios, from which all take few steps; 0 where it is no help."""
    zero = np.zeros(system.kept.size)
    stride = system.prior.size // SAMPLE
    if stride < 4:
        return zero
    prior = system.prior[::stride] / system.prior[::stride].sum()
    rows = np.ascontiguousarray(system.rows[:, ::stride])
    part = replace(system, prior=prior, rows=rows, possible=np.ones(prior.size, dtype=np.bool_))
    found = minimise_dual(part, zero)
    return found[0] if found is not None and system.at(found[0]).value < 0.0 else zero


def minimise_dual(system: System, start: Floats) -> tuple[Floats, State, int] | None:
    """Return θ, the state there and the steps taken; None once the dual proves that no q exists.

    A Hessian costs five times as much as a gradient, so the last one is kept while it still serves.
    """
    theta = start
    state = system.at(theta)
    best = theta, state, 0
    least, before, stalled = np.inf, np.inf, 0
    hessian = system.hessian(state)
    for taken in range(ROUNDS):
        worst = float(np.abs(system.miss(theta, state.gradient)).max(initial=0.0))
        stalled = 0 if worst < 0.5 * least else stalled + 1
        if worst < least:
            best, least = (theta, state, taken), worst
        # Below the accepted residual, three steps without halving it mean that rounding has been reached.
        if least <= AIM or (least <= ACCEPTED and stalled >= 3):
            return best
        if state.value < system.floor - 1e-6:
            return None
        if worst > SERVES * before:
            hessian = system.hessian(state)
        before = worst
        moved = _searched(system, theta, state, hessian)
        if moved is None:
            return best
        theta, state = moved
    return best


def _searched(system: System, theta: Floats, state: State, hessian: Floats) -> tuple[Floats, State] | None:
    """Return the projected Newton step, halved until the dual falls enough; None if it no longer does."""
    free = ~(system.bounded & (theta <= 0.0) & (state.gradient > 0.0))
    step = np.zeros(theta.size)
    step[free] = -_solved(hessian[np.ix_(free, free)], state.gradient[free])
    noise = 1e-13 * (1.0 + abs(state.value))
    # A step that carries nearly all weight onto one scenario leaves no curvature to find the way back with.
    reach = float(np.abs(step) @ system.spans)
    length = min(1.0, max(LEAP, float(np.abs(theta) @ system.spans)) / reach) if reach > 0.0 else 1.0
    for _ in range(60):
        moved = theta + length * step
        moved[system.bounded] = np.maximum(moved[system.bounded], 0.0)
        there = system.at(moved)
        expected = float(state.gradient @ (moved - theta))
        # Close to the end the value changes by less than rounding, and the gradient has to decide.
        if there.value <= state.value + 1e-4 * expected + (noise if -expected < 1e3 * noise else 0.0):
            return moved, there
        length *= 0.5
    return None


def _solved(hessian: Floats, gradient: Floats) -> Floats:
    values, vectors = np.linalg.eigh(hessian)
    floor = max(FLAT * float(values[-1]), 1e-200) if values.size else 0.0
    solution: Floats = vectors @ ((vectors.T @ gradient) / np.maximum(values, floor))
    return solution
