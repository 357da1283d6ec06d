"""Entropy pooling: the scenario probabilities closest to a prior among all that satisfy linear views.

Closest in relative entropy, Σ q (log q − log p). A view is one row: a number per scenario whose expectation
is to equal a target, or not to exceed it. The dual has one unknown per view, however many the scenarios.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleViewsError, InputError, MissingDataError, listed
from riskcore.numerics.tail import checked

__all__ = ["Pooled", "effective_scenarios", "pool", "relative_entropy"]

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
RANGE_SLACK = 1e-12
# How far apart one step may drive two exponents, unless they are further apart already.
LEAP = 100.0
# The last Hessian serves again after a step that left less than this share of the residual.
SERVES = 0.01
# A start is found on about this many scenarios.
SAMPLE = 4000


@dataclass(frozen=True, eq=False)
class Pooled:
    """Posterior probabilities of one pooling.

    Attributes
    ----------
    probabilities
        q, S posterior probabilities; the prior itself, unchanged, when it satisfies the views already.
    multipliers
        θ, one per row, per unit of the row: q ∝ p exp(θ' rows). 0 for an inequality that does not bind, and
        negative for one that does.
    relative_entropy
        Σ q (log q − log p), in nats.
    residual
        The largest miss of a view, in prior standard deviations of its row.
    rounds
        Newton steps taken.
    """

    probabilities: Floats
    multipliers: Floats
    relative_entropy: float
    residual: float
    rounds: int


def relative_entropy(posterior: Floats, prior: Floats) -> float:
    """Return Σ q (log q − log p) in nats, infinite where q puts probability on what p excludes.

    Examples
    --------
    >>> round(relative_entropy(np.array([1.0, 0.0]), np.array([0.5, 0.5])), 12)
    0.69314718056
    """
    held = posterior > 0.0
    q, p = posterior[held], prior[held]
    if (p == 0.0).any():
        return float("inf")
    # Never below 0 in real arithmetic; rounding may leave −1e-17.
    return max(0.0, float(q @ (np.log(q) - np.log(p))))


def effective_scenarios(probabilities: Floats) -> float:
    """Return exp(−Σ q log q): how many equally likely scenarios would be as spread out. Between 1 and S.

    References
    ----------
    Meucci (2012), Effective number of scenarios in fully flexible probabilities.

    Examples
    --------
    >>> round(effective_scenarios(np.array([0.25, 0.25, 0.25, 0.25, 0.0])), 12)
    4.0
    """
    held = probabilities[probabilities > 0.0]
    return float(np.exp(-(held @ np.log(held))))


def pool(probabilities: Floats, rows: Floats, targets: Floats, at_most: Flags | None = None) -> Pooled:
    """Return the q closest to p with rows q = targets, and rows q ≤ targets where `at_most` says so.

        min Σ q (log q − log p)   over q ≥ 0, Σ q = 1

    By projected Newton on the dual, log Σ p exp(θ'a) − θ'd with θ ≥ 0 for inequalities, where the rows a and
    targets d are centred and scaled by the prior. Its Hessian is the covariance of the rows under q.

    Parameters
    ----------
    probabilities
        p, S, non-negative, sum 1. A scenario of probability 0 keeps it.
    rows
        M × S, finite: one row per view.
    targets
        M, in the unit of each row.
    at_most
        M flags; all equalities when omitted. For "at least", change the sign of row and target.

    Returns
    -------
    Pooled
        With no rows, or views that hold already, exactly the prior.

    Raises
    ------
    InfeasibleViewsError
        No q satisfies the views: one lies outside the range of its row, or several contradict each other.
        `details["views"]` has their row numbers.
    ConvergenceError
        The residual stayed above 1e-8 standard deviations.
    InputError, MissingDataError, ProbabilityError
        Shapes do not match, a number is not finite, p is no probability vector.

    References
    ----------
    Meucci (2008), Fully flexible views: theory and practice, eqs. 13, 16 and the dual of appendix A.1;
    Bertsekas (1982), Projected Newton methods for optimization problems with simple constraints.

    Examples
    --------
    A die whose mean is to be 4.5 (Jaynes):

    >>> die = pool(np.full(6, 1 / 6), np.arange(1.0, 7.0)[None, :], np.array([4.5]))
    >>> die.probabilities.round(5).tolist()
    [0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749]
    """
    p, a, b, upper = _checked(probabilities, rows, targets, at_most)
    if b.size == 0:
        return Pooled(p, np.empty(0), 0.0, 0.0, 0)
    _check_ranges(p, a, b, upper)
    system = _standardised(p, a, b, upper)
    if np.abs(system.miss(np.zeros(system.kept.size), -system.targets)).max(initial=0.0) <= AIM:
        return Pooled(p, np.zeros(b.size), 0.0, 0.0, 0)
    found = _newton(system, _start(system))
    if found is None:
        conflict = _conflict(system)
        raise InfeasibleViewsError(
            f"The views {listed(conflict, most=20)} (counted from 0) contradict each other on these "
            "scenarios: no probabilities satisfy all of them. Weaken or remove one.",
            views=conflict,
        )
    theta, state, rounds = found
    residual = float(np.abs(system.miss(theta, state.gradient)).max(initial=0.0))
    if residual > ACCEPTED:
        raise ConvergenceError(
            f"Entropy pooling stopped {residual:.1e} standard deviations from the views; they ask for almost "
            "all probability on very few scenarios. Weaken the most extreme one.",
            residual=residual,
        )
    q = np.zeros(p.size)
    q[system.possible] = state.weights
    multipliers = np.zeros(b.size)
    multipliers[system.kept] = theta * system.sign / system.scale
    return Pooled(q, multipliers, relative_entropy(q, p), residual, rounds)


@dataclass(frozen=True, eq=False)
class _State:
    """Dual value, gradient E_q a − d and weights q at one θ."""

    value: float
    gradient: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class _System:
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

    def without(self, view: int) -> "_System":
        keep = np.flatnonzero(self.kept != view)
        parts = (self.prior, self.rows[keep], self.targets[keep], self.bounded[keep], self.possible)
        return _System(*parts, self.kept[keep], self.sign[keep], self.scale[keep])

    def at(self, theta: Floats) -> _State:
        """Return the dual, its gradient and the weights at θ."""
        exponent = theta @ self.rows
        top = float(exponent.max())
        exponent -= top
        weights = np.exp(exponent, out=exponent)
        weights *= self.prior
        total = float(weights.sum())
        weights /= total
        value = top + log(total) - float(theta @ self.targets)
        return _State(value, self.rows @ weights - self.targets, weights)

    def hessian(self, state: _State) -> Floats:
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


def _checked(
    probabilities: Floats, rows: Floats, targets: Floats, at_most: Flags | None
) -> tuple[Floats, Floats, Floats, Flags]:
    a = np.asarray(rows, dtype=np.float64)
    b = np.asarray(targets, dtype=np.float64)
    upper = np.zeros(b.shape, dtype=np.bool_) if at_most is None else np.asarray(at_most, dtype=np.bool_)
    p = np.asarray(probabilities, dtype=np.float64)
    checked(np.zeros(p.shape), p)
    if b.ndim != 1 or upper.shape != b.shape or (b.size and a.shape != (b.size, p.size)):
        raise InputError(
            f"Views of shape {a.shape}, targets of shape {b.shape} and {p.size} probabilities do not match; "
            "give one row and one target per view, one column per scenario."
        )
    for name, finite in (("targets", np.isfinite(b)), ("rows", np.isfinite(a).all(axis=-1))):
        if not np.all(finite):
            views = np.flatnonzero(~finite).tolist()
            raise MissingDataError(
                f"The {name} of view {listed(views)} (counted from 0) are missing or infinite; repair them.",
                views=views,
            )
    return p, a, b, upper


def _check_ranges(p: Floats, a: Floats, b: Floats, upper: Flags) -> None:
    """Refuse a view that no scenario reaches: the cheapest and clearest proof that views are infeasible."""
    possible = p > 0.0
    seen = a if possible.all() else a[:, possible]
    low, high = seen.min(axis=1), seen.max(axis=1)
    slack = RANGE_SLACK * np.maximum(np.maximum(np.abs(low), np.abs(high)), high - low)
    for view in np.flatnonzero((b < low - slack) | (~upper & (b > high + slack))):
        raise InfeasibleViewsError(
            f"View {view} (counted from 0) asks for {b[view]:.6g}, outside what the scenarios reach: "
            f"{low[view]:.6g} to {high[view]:.6g}. Ask for less, or add scenarios that go further.",
            views=[int(view)],
            low=float(low[view]),
            high=float(high[view]),
        )


def _standardised(p: Floats, a: Floats, b: Floats, upper: Flags) -> _System:
    possible = p > 0.0
    prior, seen = (p, a) if possible.all() else (p[possible], a[:, possible])
    centre = seen @ prior
    rows, scale = np.empty_like(seen), np.empty(b.size)
    # Row by row, so that a row is still in the cache when it is read again.
    for row, given, middle, view in zip(rows, seen, centre, range(b.size), strict=True):
        np.subtract(given, middle, out=row)
        scale[view] = np.sqrt((row * prior) @ row)
    # A row that does not vary passed the range test, so its view holds whatever the probabilities.
    kept = np.flatnonzero(scale > 1e-14 * np.maximum(np.abs(centre), np.abs(b)))
    sign = np.where(upper[kept], -1.0, 1.0)
    unit = sign / scale[kept]
    rows = rows[kept] if kept.size < b.size else rows
    rows *= unit[:, None]
    return _System(prior, rows, (b - centre)[kept] * unit, upper[kept], possible, kept, sign, scale[kept])


def _start(system: _System) -> Floats:
    """Return the θ of a part of the scenarios, from which all take few steps; 0 where it is no help."""
    zero = np.zeros(system.kept.size)
    stride = system.prior.size // SAMPLE
    if stride < 4:
        return zero
    prior = system.prior[::stride] / system.prior[::stride].sum()
    rows = np.ascontiguousarray(system.rows[:, ::stride])
    part = replace(system, prior=prior, rows=rows, possible=np.ones(prior.size, dtype=np.bool_))
    found = _newton(part, zero)
    return found[0] if found is not None and system.at(found[0]).value < 0.0 else zero


def _newton(system: _System, start: Floats) -> tuple[Floats, _State, int] | None:
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


def _searched(system: _System, theta: Floats, state: _State, hessian: Floats) -> tuple[Floats, _State] | None:
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


def _conflict(system: _System) -> list[int]:
    """Return views that contradict each other while any one fewer does not."""
    for view in system.kept.tolist():
        smaller = system.without(view)
        if smaller.kept.size and _newton(smaller, np.zeros(smaller.kept.size)) is None:
            system = smaller
    return [int(view) for view in system.kept]
