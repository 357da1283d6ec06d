"""Entropy pooling with views on CVaR, beside linear ones and each other.

CVaR_q(l) = min_η η + E_q (l − η)₊ / (1−c). So "CVaR at least v" is one linear inequality per η, all of which
must hold (convex: the violated ones are added until none is left), and "at most v" is that inequality turned
round for one η (not convex: η moves to the posterior VaR, which never costs divergence, until it stays).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleViewsError, InputError, listed
from riskcore.numerics.pooling import Pooled, pool, relative_entropy
from riskcore.numerics.pooling_tail import tilted_to_cvar
from riskcore.numerics.tail import check_confidence, checked, tail_weights, value_at_risk

__all__ = ["CvarGoal", "pool_cvar"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sense = Literal["=", ">=", "<="]
HOLDS = 1e-8
"""How far a CVaR may miss its goal, as a share of the range of its losses."""
ROUNDS = 300
SETTLED = 40
MOST_TURNS = 4


@dataclass(frozen=True, eq=False)
class CvarGoal:
    """What the CVaR of one vector of losses is to be.

    Attributes
    ----------
    losses
        S losses, positive = bad.
    confidence
        c in (0.5, 1).
    value
        The CVaR asked for, in the unit of the losses.
    sense
        "=", ">=" (at least) or "<=" (at most).
    """

    losses: Floats
    confidence: float
    value: float
    sense: Sense = "="

    def reached(self, probabilities: Floats) -> float:
        """Return the CVaR of the losses under these probabilities, exact at the boundary of the tail."""
        return float(tail_weights(self.losses, probabilities, self.confidence) @ self.losses)

    def var(self, probabilities: Floats) -> float:
        """Return the VaR of the losses under these probabilities."""
        return value_at_risk(self.losses, probabilities, self.confidence)


@dataclass(eq=False)
class _Side:
    """One goal at work: which way it pushes, and the thresholds whose inequalities are imposed."""

    goal: CvarGoal
    slack: float
    raising: bool = False
    cuts: list[float] = field(default_factory=list)
    turns: int = 0

    def rows(self) -> tuple[list[Floats], list[float]]:
        """Return rows and targets for "at most"; a raise has both signs turned."""
        sign, tail = (-1.0 if self.raising else 1.0), 1.0 - self.goal.confidence
        rows = [sign * np.maximum(self.goal.losses - cut, 0.0) for cut in self.cuts]
        return rows, [sign * tail * (self.goal.value - cut) for cut in self.cuts]

    def holds(self, reached: float) -> bool:
        """Return whether the goal itself is met."""
        miss = reached - self.goal.value
        return (miss >= -self.slack or self.goal.sense == "<=") and (
            miss <= self.slack or self.goal.sense == ">="
        )

    def started(self, posterior: Floats) -> None:
        """Take the first threshold from the solution of the goal alone."""
        goal = self.goal
        self.raising = goal.reached(posterior) < goal.value
        self.cuts = [goal.var(tilted_to_cvar(goal.losses, posterior, goal.confidence, goal.value))]

    def moved(self, posterior: Floats, binding: list[bool]) -> None:
        """Add or move a threshold, or push the other way where the other views have gone too far.

        Thresholds in `binding` that do not bind are dropped: near-copies of a row would cost the others their
        precision.
        """
        if not any(binding) and self.turns < MOST_TURNS:
            self.turns += 1
            self.started(posterior)
        elif self.raising:
            kept = [cut for cut, binds in zip(self.cuts, binding, strict=True) if binds]
            self.cuts = [*kept, self.goal.var(posterior)]
        else:
            self.cuts = [self.goal.var(posterior)]


def pool_cvar(
    probabilities: Floats,
    goals: Sequence[CvarGoal],
    rows: Floats | None = None,
    targets: Floats | None = None,
    at_most: Flags | None = None,
) -> Pooled:
    """Return the q closest to p for which every CVaR is as asked and every linear view holds.

    min Σ q (log q − log p) as `pooling.pool`, with CVaR goals beside its rows. A goal alone is solved in its
    sorted losses; several, or one beside linear views, jointly. Where CVaR is lowered the problem is not
    convex and the answer is a local minimum, started from that of the goal alone.

    Parameters
    ----------
    probabilities
        p, S, non-negative, sum 1.
    goals
        What each CVaR is to be; S losses each.
    rows, targets, at_most
        Linear views, as in `pooling.pool`.

    Returns
    -------
    Pooled
        Every CVaR goal holds to 1e-8 of the range of its losses. `multipliers` are those of the linear views;
        `residual` covers both (for CVaR as a share of the range).

    Raises
    ------
    InfeasibleViewsError
        A CVaR is not between the smallest and the largest loss, or no probabilities were found that satisfy
        all views. `details["views"]` counts linear views first, then the goals.
    ConvergenceError
        The goals did not all hold in the end.
    ConfidenceError, InputError, MissingDataError, ProbabilityError
        As in `pooling.pool` and `tail.tail_weights`.

    Examples
    --------
    >>> losses = np.arange(1.0, 21.0)
    >>> found = pool_cvar(np.full(20, 0.05), [CvarGoal(losses, 0.9, 19.8)])
    >>> round(CvarGoal(losses, 0.9, 0.0).reached(found.probabilities), 9)
    19.8
    """
    p = np.asarray(probabilities, dtype=np.float64)
    a = np.empty((0, p.size)) if rows is None else np.asarray(rows, dtype=np.float64)
    b = np.empty(0) if targets is None else np.asarray(targets, dtype=np.float64)
    upper = np.zeros(b.size, dtype=np.bool_) if at_most is None else np.asarray(at_most, dtype=np.bool_)
    slacks = [_checked_goal(goal, p, b.size + place) for place, goal in enumerate(goals)]
    base = pool(p, a, b, upper)
    sides = [_Side(goal, slack) for goal, slack in zip(goals, slacks, strict=True)]
    if all(side.holds(side.goal.reached(base.probabilities)) for side in sides):
        return base
    if len(goals) == 1 and b.size == 0:
        alone = tilted_to_cvar(goals[0].losses, p, goals[0].confidence, goals[0].value)
        return _verified(sides, Pooled(alone, np.empty(0), relative_entropy(alone, p), 0.0, 1))
    for side in sides:
        if not side.holds(side.goal.reached(base.probabilities)):
            side.started(base.probabilities)
    return _jointly(p, (a, b, upper), sides)


def _jointly(p: Floats, linear: tuple[Floats, Floats, Flags], sides: list[_Side]) -> Pooled:
    a, b, upper = linear
    for taken in range(ROUNDS):
        parts = [side.rows() for side in sides]
        owners = [place for place, (found, _) in enumerate(parts) for _ in found]
        extra = [row for found, _ in parts for row in found]
        goals = [target for _, found in parts for target in found]
        try:
            found = pool(
                p,
                np.vstack([a, *extra]),
                np.append(b, goals),
                np.append(upper, np.ones(len(goals), dtype=np.bool_)),
            )
        except InfeasibleViewsError as problem:
            raise _renamed(problem, b.size, owners) from problem
        reached = [side.goal.reached(found.probabilities) for side in sides]
        missed = [place for place, side in enumerate(sides) if not side.holds(reached[place])]
        if not missed:
            return _verified(sides, replace(found, multipliers=found.multipliers[: b.size]))
        pushed = found.multipliers[b.size :]
        for place in missed:
            theirs = [pushed[k] != 0.0 for k, owner in enumerate(owners) if owner == place]
            # Beside a CVaR that is lowered dropped thresholds may return for ever: later on all are kept.
            if taken >= SETTLED and any(theirs):
                theirs = [True] * len(theirs)
            sides[place].moved(found.probabilities, theirs)
    raise ConvergenceError(
        f"The CVaR views {listed(b.size + place for place in missed)} (counted from 0) could not be made "
        "to hold together with the others. Weaken one, or turn an equality into a bound."
    )


def _checked_goal(goal: CvarGoal, p: Floats, view: int) -> float:
    """Refuse a goal that cannot be met by any probabilities; return the slack within which it holds."""
    check_confidence(goal.confidence)
    losses, _ = checked(goal.losses, p)
    if losses.ndim != 1 or goal.sense not in ("=", ">=", "<=") or not np.isfinite(goal.value):
        raise InputError(
            f"View {view} (counted from 0) needs one vector of losses, a finite CVaR and one of =, >= and "
            f"<=; got losses of shape {losses.shape}, {goal.value} and {goal.sense!r}.",
            views=[view],
        )
    low, high = float(losses[p > 0.0].min()), float(losses[p > 0.0].max())
    beyond = (goal.value >= high and goal.sense != "<=") or (goal.value <= low and goal.sense != ">=")
    if beyond:
        raise InfeasibleViewsError(
            f"View {view} (counted from 0) asks for a CVaR of {goal.value:.6g}, but it can only lie between "
            f"the smallest and the largest loss of the scenarios, {low:.6g} and {high:.6g}. Ask for less, "
            "or add scenarios that go further.",
            views=[view],
            low=low,
            high=high,
        )
    return HOLDS * (high - low)


def _renamed(problem: InfeasibleViewsError, linear: int, owners: list[int]) -> InfeasibleViewsError:
    found = [int(view) for view in np.atleast_1d(np.asarray(problem.details["views"]))]
    views = sorted({view if view < linear else linear + owners[view - linear] for view in found})
    return InfeasibleViewsError(
        f"No probabilities were found that satisfy the views {listed(views, most=20)} (counted from 0) "
        "together. Weaken or remove one.",
        views=views,
    )


def _verified(sides: list[_Side], found: Pooled) -> Pooled:
    shares = []
    for side in sides:
        reached = side.goal.reached(found.probabilities)
        if not side.holds(reached):
            raise ConvergenceError(
                f"A CVaR of {reached:.8g} was reached instead of {side.goal.value:.8g}; the view asks for "
                "almost all probability on very few scenarios. Weaken it."
            )
        wrong = reached - side.goal.value
        counts = side.goal.sense == "=" or (wrong < 0.0) == (side.goal.sense == ">=")
        shares.append(abs(wrong) * HOLDS / side.slack if counts else 0.0)
    return replace(found, residual=max([found.residual, *shares]))
