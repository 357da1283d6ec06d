"""CVaR-adjusted updates: rules that move weights against their tail risk, step by step.

Every rule sees the CVaR of the current weights and its gradient g = −R'q, q the tail weights. The averages
ḡ and w̄ over the steps, later ones counting more, prove what single steps cannot: ḡ belongs to the tail
weights q̄, so that min_i ḡ_i bounds the smallest CVaR from below, and w̄_i ḡ_i are risk shares at a kink.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.simplex import clipped_to_simplex, projected_to_simplex
from riskcore.numerics.tail import boundary
from riskcore.numerics.tail_variants import tail_mean_weights

__all__ = ["GAP", "RULES", "UpdatePath", "run_update"]

Floats = NDArray[np.float64]

GAP = 1e-4
"""Gap to the dual bound, over the losses in the tail, at which an update has reached minimum CVaR."""
SHARE_GAP = 1e-3
CONCENTRATED = 1e-6
AVERAGED = 16
"""Every how many steps the average is tried too: single steps jump about a kink."""
SHORTER = 0.1
"""Factor of the step after 1/2, 3/4 and 7/8 of the steps: with few scenarios, long ones never settle."""
PAPER_STEP, PAPER_FLOOR, PAPER_EPSILON = 0.01, 1e-5, 1e-4


class _Look(NamedTuple):
    """The current step: number, weights, CVaR, gradient, Σ q|l|, largest spread of gradients so far."""

    step: int
    weights: Floats
    cvar: float
    gradient: Floats
    size: float
    spread: float


class _Tail:
    """CVaR and its gradient, and the fixed facts about the assets."""

    def __init__(self, returns: Floats, probabilities: Floats, confidence: float) -> None:
        self.returns, self.probabilities, self.confidence = returns, probabilities, confidence
        self.alone = np.array([self.look(column)[0] for column in np.eye(returns.shape[1])])

    def look(self, weights: Floats) -> tuple[float, Floats, float]:
        losses = -(self.returns @ weights)
        cut = boundary(losses, self.probabilities, self.confidence)
        rows = np.flatnonzero(cut.beyond | cut.tied)
        q = np.where(cut.beyond[rows], self.probabilities[rows], 0.0)
        tied = cut.tied[rows]
        q[tied] = self.probabilities[rows[tied]] * (cut.remainder / self.probabilities[rows[tied]].sum())
        q /= cut.beyond_mass + cut.remainder
        tail = losses[rows]
        return float(q @ tail), -(q @ self.returns[rows]), float(q @ np.abs(tail))

    def paper_slope(self, weights: Floats) -> Floats:
        """Return S3's finite difference: raise one weight, clip, renormalise. It tends to g − CVaR."""
        base, n = -(self.returns @ weights), weights.size
        moved = np.array([clipped_to_simplex(w, PAPER_FLOOR) for w in weights + PAPER_EPSILON * np.eye(n)])
        risks = [self._paper_cvar(column) for column in (-(self.returns @ moved.T)).T]
        return (np.array(risks) - self._paper_cvar(base)) / PAPER_EPSILON

    def _paper_cvar(self, losses: Floats) -> float:
        return float(tail_mean_weights(losses, self.probabilities, self.confidence) @ losses)


@dataclass(frozen=True)
class _Rule:
    """One update: how it moves, its default first step, what it proves ("gap", "shares", "one", "none")."""

    move: Callable[[_Tail, _Look, float], Floats]
    step_size: float
    proves: str


@dataclass(frozen=True, eq=False)
class UpdatePath:
    """What `riskcore.results.update_trace.UpdateTrace` shows, as arrays."""

    weights: Floats
    cvar: Floats
    best_cvar: Floats
    gradient_norm: Floats
    residual: Floats
    converged: bool
    best: Floats
    shares: Floats | None


def _gradient(tail: _Tail, at: _Look, step_size: float) -> Floats:
    return projected_to_simplex(at.weights - step_size / np.sqrt(at.step) / at.spread * at.gradient)


def _marginal(tail: _Tail, at: _Look, step_size: float) -> Floats:
    return _damped(at.weights, step_size / np.sqrt(at.step) / at.spread * at.gradient)


def _component(tail: _Tail, at: _Look, step_size: float) -> Floats:
    parts = at.weights * at.gradient * at.weights.size
    return _damped(at.weights, step_size / np.sqrt(at.step) / at.size * parts)


def _standalone(tail: _Tail, at: _Look, step_size: float) -> Floats:
    return _damped(at.weights, step_size / max(float(np.ptp(tail.alone)), _TINY) * tail.alone)


def _printed(tail: _Tail, at: _Look, step_size: float) -> Floats:
    # e^{−CVaR} is the same factor for every asset, so that it cancels in w·e^{−CVaR} / Σ w·e^{−CVaR}.
    return at.weights


def _paper(tail: _Tail, at: _Look, step_size: float) -> Floats:
    return clipped_to_simplex(at.weights - step_size * tail.paper_slope(at.weights), PAPER_FLOOR)


_TINY = float(np.finfo(np.float64).tiny)


def _damped(weights: Floats, exponent: Floats) -> Floats:
    moved = weights * np.exp(np.clip(float(exponent.min()) - exponent, -700.0, 0.0))
    return np.asarray(moved / float(moved.sum()), dtype=np.float64)


RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "gradient": _Rule(_gradient, 1.0, "gap"),
        "marginal": _Rule(_marginal, 15.0, "gap"),
        "component": _Rule(_component, 1.0, "shares"),
        "standalone": _Rule(_standalone, 1.0, "one"),
        "printed": _Rule(_printed, 1.0, "none"),
        "paper": _Rule(_paper, PAPER_STEP, "none"),
    }
)
"""Updates by form; steps are in units of the gradients, except the paper's, which is absolute."""


def run_update(
    returns: Floats,
    probabilities: Floats,
    confidence: float,
    form: str,
    *,
    start: Floats,
    steps: int,
    step_size: float | None = None,
) -> UpdatePath:
    """Run one rule of `RULES` until its certificate holds, or for as many steps as allowed.

    Parameters
    ----------
    returns, probabilities, confidence
        S × n; S, positive, sum 1; c in (0.5, 1), checked.
    form
        A key of `RULES`.
    start
        n positive weights, sum 1.
    steps
        Most steps, at least 1. The scalar update stops after the first: it changes nothing.
    step_size
        η₀; the rule's own when None.

    Raises
    ------
    InputError
        The step size is not positive, or the paper's rule meets weighted scenarios.

    Examples
    --------
    >>> rows, p = np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]]), np.full(3, 1 / 3)
    >>> found = run_update(rows, p, 0.9, "gradient", start=np.full(2, 0.5), steps=5000)
    >>> found.converged, found.best.round(3).tolist()
    (True, [0.333, 0.667])
    """
    rule = RULES[form]
    size = rule.step_size if step_size is None else step_size
    if not (np.isfinite(size) and size > 0.0):
        raise InputError(f"The first step η₀ must be a positive number, got {size}.")
    tail, weights = _Tail(returns, probabilities, confidence), start
    steps = 1 if form == "printed" else steps
    record = _Record(rule.proves, start.size)
    spread = _TINY
    for step in range(1, steps + 2):
        cvar, gradient, scale = tail.look(weights)
        centred = gradient - gradient.mean()
        spread = max(spread, float(np.linalg.norm(centred)))
        if record.proves == "gap" and step % AVERAGED == 0:
            record.offer(tail.look(record.mean_weights)[0], record.mean_weights.copy())
        record.add(step, weights, cvar, gradient, scale, _gradient_norm(weights, gradient, spread))
        if record.done or step > steps:
            break
        if record.proves == "gap" and step in (steps // 2, 3 * steps // 4, 7 * steps // 8):
            size *= SHORTER
            weights, cvar, gradient, scale = record.restart(tail)
        weights = rule.move(tail, _Look(step, weights, cvar, gradient, scale, spread), size)
    return record.path()


def _gradient_norm(weights: Floats, gradient: Floats, spread: float) -> float:
    near = projected_to_simplex(weights - gradient / spread)
    return float(np.linalg.norm(near - weights)) * spread


class _Record:
    """The path so far, its averages and the certificate."""

    def __init__(self, proves: str, n: int) -> None:
        self.proves, self.done = proves, False
        self.weights: list[Floats] = []
        self.rows: list[tuple[float, float, float, float]] = []
        self.best, self.least, self.bound = np.zeros(n), np.inf, -np.inf
        self.mass, self.mean_weights, self.mean_gradient = 0.0, np.zeros(n), np.zeros(n)

    def add(
        self, step: int, weights: Floats, cvar: float, gradient: Floats, scale: float, norm: float
    ) -> None:
        self.offer(cvar, weights)
        count = float(step) ** 3  # the first steps say little: the later, the more they count
        self.mass += count
        self.mean_weights += (count / self.mass) * (weights - self.mean_weights)
        self.mean_gradient += (count / self.mass) * (gradient - self.mean_gradient)
        self.bound = max(self.bound, float(self.mean_gradient.min()))
        residual = np.nan
        if self.proves == "gap":
            residual = max(0.0, self.least - self.bound) / max(scale, _TINY)
            self.done = residual <= GAP
        elif self.proves == "shares":
            residual = float(np.abs(self._shares() * weights.size - 1.0).max())
            self.done = residual <= SHARE_GAP
        elif self.proves == "one":
            residual = 1.0 - float(weights.max())
            self.done = residual <= CONCENTRATED
        self.weights.append(weights)
        self.rows.append((cvar, self.least, norm, residual))

    def offer(self, cvar: float, weights: Floats) -> None:
        if cvar < self.least:
            self.least, self.best = cvar, weights

    def restart(self, tail: _Tail) -> tuple[Floats, float, Floats, float]:
        """Forget the averages, and return the best weights met with their CVaR, gradient and Σ q|l|."""
        self.mass = 0.0
        cvar, gradient, scale = tail.look(self.best)
        return self.best, cvar, gradient, scale

    def _shares(self) -> Floats:
        parts = self.mean_weights * self.mean_gradient
        total = float(parts.sum())
        return parts / total if total > 0.0 else np.full_like(parts, np.inf)

    def path(self) -> UpdatePath:
        cvar, least, norm, residual = (np.array(column) for column in zip(*self.rows, strict=True))
        best, shares = self.weights[-1], None
        if self.proves == "gap":
            best = self.best
        elif self.proves == "shares":
            best, shares = self.mean_weights, self._shares()
        return UpdatePath(np.array(self.weights), cvar, least, norm, residual, self.done, best, shares)
