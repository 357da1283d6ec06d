"""Entropy pooling: the scenario probabilities closest to a prior among all that satisfy linear views.

Closest in relative entropy, Σ q (log q − log p). A view is one row: a number per scenario whose expectation
is to equal a target, or not to exceed it. The dual has one unknown per view, however many the scenarios.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleViewsError, InputError, MissingDataError, listed
from riskcore.numerics.pooling_dual import ACCEPTED, AIM, System, minimise_dual, start_of
from riskcore.numerics.tail import checked

__all__ = ["Pooled", "effective_scenarios", "pool", "relative_entropy"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RANGE_SLACK = 1e-12


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
    found = minimise_dual(system, start_of(system))
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


def _standardised(p: Floats, a: Floats, b: Floats, upper: Flags) -> System:
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
    return System(prior, rows, (b - centre)[kept] * unit, upper[kept], possible, kept, sign, scale[kept])


def _conflict(system: System) -> list[int]:
    """Return views that contradict each other while any one fewer does not."""
    for view in system.kept.tolist():
        smaller = system.without(view)
        if smaller.kept.size and minimise_dual(smaller, np.zeros(smaller.kept.size)) is None:
            system = smaller
    return [int(view) for view in system.kept]
