"""One primal–dual interior-point engine for minimum CVaR and CVaR risk budgeting on a few scenarios.

Both minimise, over x > 0, a level t and excesses u_s,

    g'x + m t + Σ_s c_s u_s,    u_s ≥ L_s x − t,  u ≥ 0,

where L are the losses of the scenarios kept, c_s = p_s / (1 − confidence) their caps, g = Σ c_s L_s and
1 − m = Σ c_s those of the scenarios known to lie in the tail. Minimum CVaR adds a'x = 1; budgeting subtracts
Σ b_i ln x_i. The only difference in the code: with λ_i the multiplier of x_i > 0, λ_i x_i is driven to 0 in
the first and held at b_i in the second. The dual tail weights are q_s = c_s α_s with α in (0, 1).

Eliminating u and its slack z leaves (n+1)² equations, E'WE + diag(λ/x) with E = [L, −1], W = c / H and
H = z/α + u/(1 − α), solved twice per step (Mehrotra's predictor and corrector).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

__all__ = ["Point", "TailProgram", "TailSolution", "solve_tail_program"]

Floats = NDArray[np.float64]
STEP_FRACTION = 0.995
MOST_ITERATIONS = 100
RISKLESS = 1e-9
"""Risk per unit of positions (losses of order 1) below which budgeting is taken to have no solution."""


@dataclass(frozen=True, eq=False)
class TailProgram:
    """The scenarios kept, and what is known of the others.

    Attributes
    ----------
    losses, caps
        M × n losses of the scenarios kept, and their largest dual weights c_s = p_s / (1 − confidence).
    tail_gradient, mass
        g and m: the summed losses of the scenarios fixed in the tail, and the dual mass left for the rest,
        0 < m < Σ c_s.
    budgets
        n positive risk shares b; None for minimum CVaR.
    prices
        a in a'x = 1; used only without budgets.
    """

    losses: Floats
    caps: Floats
    tail_gradient: Floats
    mass: float
    budgets: Floats | None
    prices: Floats


class Point(NamedTuple):
    """Where to start or stop: positions x, level t, multipliers λ of x > 0 and θ of a'x = 1, barrier μ.

    The excesses and fractions that belong to it are those of the central path at (x, t, μ), so that a point
    carries over to a program with other scenarios.
    """

    x: Floats
    t: float
    lam: Floats
    theta: float
    mu: float


class TailSolution(NamedTuple):
    """The best iterate: the point, the fractions α of the caps, the steps taken, and how it ended.

    `ended` is "converged", "unbounded" (budgeting: an x without risk under the reduced program) or "stalled".
    """

    point: Point
    fractions: Floats
    iterations: int
    ended: str


class _State(NamedTuple):
    """Primal x, t, u, z and dual α, β = 1 − α (kept apart: near 1 the difference has no digits), λ, θ."""

    x: Floats
    t: float
    u: Floats
    z: Floats
    alpha: Floats
    beta: Floats
    lam: Floats
    theta: float


class _View(NamedTuple):
    """What the iterate says: excesses L x − t, losses pulled back L'q + g, and how far from optimal."""

    excess: Floats
    pull: Floats
    mass_error: float
    risk: float
    gap: float
    error: float


class _Step(NamedTuple):
    x: Floats
    t: float
    u: Floats
    z: Floats
    alpha: Floats
    lam: Floats
    theta: float


def solve_tail_program(program: TailProgram, point: Point, *, tolerance: float) -> TailSolution:
    """Solve from a point with x > 0, λ > 0 and μ > 0; losses and risk should be of the order of 1.

    `tolerance` bounds the duality gap, the relative errors of the contributions and |Σ c α − m|.
    """
    matrix = np.empty((len(program.caps), point.x.size + 1))
    matrix[:, :-1] = program.losses
    matrix[:, -1] = -1.0
    state = best = _initial(program, point)
    least, stalled, ended = np.inf, 0, "stalled"
    for iteration in range(MOST_ITERATIONS):  # noqa: B007 (returned: the steps taken)
        view = _look(program, state)
        merit = max(view.error, view.gap)
        stalled = 0 if merit < 0.9 * least else stalled + 1
        if merit < least:
            least, best = merit, state
        if merit <= tolerance:
            ended = "converged"
            break
        if program.budgets is not None and view.risk < RISKLESS * float(state.x.sum()):
            best, ended = state, "unbounded"
            break
        if stalled >= 15 or not np.isfinite(merit):
            break
        moved = _advance(program, matrix, state, view, floor=0.2 * tolerance)
        if moved is None:
            break
        state = moved
    mu = _complementarity(program, best)
    return TailSolution(Point(best.x, best.t, best.lam, best.theta, mu), best.alpha, iteration, ended)


def _initial(program: TailProgram, point: Point) -> _State:
    """Add the central u, z, α: α z = μ, (1 − α) u = μ and u − z = L x − t."""
    ratio = (program.losses @ point.x - point.t) / point.mu
    size = np.abs(ratio)
    small = 2.0 / (2.0 + size + np.sqrt(size**2 + 4.0))  # the smaller of α and β, without cancellation
    alpha = np.where(ratio < 0, small, 1.0 - small)
    beta = np.where(ratio < 0, 1.0 - small, small)
    return _State(point.x, point.t, point.mu / beta, point.mu / alpha, alpha, beta, point.lam, point.theta)


def _complementarity(program: TailProgram, s: _State) -> float:
    """Return μ, the mean of α z and (1 − α) u (and of n λ x without budgets), weighted by the caps."""
    pairs = float(program.caps @ (s.alpha * s.z + s.beta * s.u))
    count = 2.0 * float(program.caps.sum())
    if program.budgets is None:
        return (pairs + float(s.lam @ s.x)) / (count + 1.0)
    return pairs / count


def _look(program: TailProgram, s: _State) -> _View:
    q = program.caps * s.alpha
    pull = program.tail_gradient + program.losses.T @ q
    mass_error = program.mass - float(q.sum())
    risk = program.mass * s.t + float(program.tail_gradient @ s.x) + float(program.caps @ s.u)
    if program.budgets is None:
        gap = risk - float((pull / program.prices).min())
        error = abs(mass_error)
    else:
        gap = float(q @ s.z + (program.caps * s.beta) @ s.u)
        error = max(float(np.max(np.abs(s.x * pull / program.budgets - 1.0))), abs(mass_error))
    return _View(program.losses @ s.x - s.t, pull, mass_error, risk, gap, error)


def _advance(program: TailProgram, matrix: Floats, s: _State, view: _View, *, floor: float) -> _State | None:
    """Take one predictor–corrector step; None when the equations cannot be solved."""
    spread = s.z / s.alpha + s.u / s.beta
    weight = program.caps / spread
    factor = _factor(matrix, weight, s.lam / s.x)
    if factor is None:
        return None
    system = _System(program, matrix, s, view, factor, weight, spread)
    held = program.budgets
    target = np.zeros_like(s.x) if held is None else held
    ahead = _solve(system, -s.alpha * s.z, -s.beta * s.u, target - s.lam * s.x)
    primal, dual = _lengths(s, ahead)
    mu = _complementarity(program, s)
    after = _complementarity(program, _moved(s, ahead, min(1.0, primal), min(1.0, dual)))
    centre = max(mu * min(1.0, after / mu) ** 3, min(mu, floor / (1.0 + 2.0 * float(program.caps.sum()))))
    if held is None:
        target = np.full_like(s.x, centre / s.x.size)
    # Second-order terms beyond μ itself come from steps that cannot be taken in full, and mislead.
    most = mu / s.x.size if held is None else held
    final = _solve(
        system,
        centre - s.alpha * s.z - np.clip(ahead.alpha * ahead.z, -mu, mu),
        centre - s.beta * s.u + np.clip(ahead.alpha * ahead.u, -mu, mu),
        target - s.lam * s.x - np.clip(ahead.lam * ahead.x, -most, most),
    )
    primal, dual = _lengths(s, final)
    return _moved(s, final, min(1.0, STEP_FRACTION * primal), min(1.0, STEP_FRACTION * dual))


def _moved(s: _State, d: _Step, primal: float, dual: float) -> _State:
    return _State(
        s.x + primal * d.x,
        s.t + primal * d.t,
        s.u + primal * d.u,
        s.z + primal * d.z,
        s.alpha + dual * d.alpha,
        s.beta - dual * d.alpha,
        s.lam + dual * d.lam,
        s.theta + dual * d.theta,
    )


def _factor(matrix: Floats, weight: Floats, diagonal: Floats) -> Floats | None:
    scaled = matrix * np.sqrt(weight)[:, None]
    normal = scaled.T @ scaled
    n = diagonal.size
    ridge = 0.0
    for _ in range(6):
        trial = normal.copy()
        corner = trial.ravel()[:: n + 2]
        corner[:n] += diagonal
        corner += ridge * corner
        factor, info = dpotrf(trial.T, lower=False, overwrite_a=True)
        if info == 0:
            return np.asarray(factor)
        # Rounding made a semidefinite matrix indefinite (duplicates, more assets than scenarios). The ridge
        # changes the step, not the equations it aims at: the next iterate measures its own errors.
        ridge = max(1e-15, 100.0 * ridge)
    return None


class _System(NamedTuple):
    """The factored equations at one iterate."""

    program: TailProgram
    matrix: Floats
    state: _State
    view: _View
    factor: Floats
    weight: Floats
    spread: Floats


def _solve(system: _System, ra: Floats, rb: Floats, rx: Floats) -> _Step:
    """Return the direction for the complementarity residuals of α z, (1 − α) u and λ x."""
    program, matrix, s, view, factor, weight, spread = system
    n = s.x.size
    # ρ collects the complementarity targets and what u − z = L x − t is off by.
    rho = ra / s.alpha - rb / s.beta + (s.z - s.u + view.excess)
    right = -(matrix.T @ (weight * rho))
    right[:n] += rx / s.x - (view.pull - s.lam - s.theta * program.prices)
    right[n] -= view.mass_error
    theta = 0.0
    if program.budgets is None:
        both = np.zeros((n + 1, 2), order="F")
        both[:, 0] = right
        both[:n, 1] = program.prices
        solved = dpotrs(factor, both, lower=False, overwrite_b=True)[0]
        missing = 1.0 - float(program.prices @ s.x)
        theta = (missing - float(program.prices @ solved[:n, 0])) / float(program.prices @ solved[:n, 1])
        step = solved[:, 0] + theta * solved[:, 1]
    else:
        step = dpotrs(factor, right, lower=False, overwrite_b=True)[0]
    alpha = (rho + matrix @ step) / spread
    du = (rb + s.u * alpha) / s.beta
    dz = (ra - s.z * alpha) / s.alpha
    return _Step(step[:n], float(step[n]), du, dz, alpha, (rx - s.lam * step[:n]) / s.x, theta)


def _lengths(s: _State, d: _Step) -> tuple[float, float]:
    """Return how far primal and dual variables can go before one of them is zero."""
    primal = min(float((d.x / s.x).min()), float((d.u / s.u).min()), float((d.z / s.z).min()))
    ratio = d.alpha / s.alpha
    dual = min(float((d.lam / s.lam).min()), float(ratio.min()), -float((d.alpha / s.beta).max()))
    return (-1.0 / primal if primal < -1e-3 else 1e3), (-1.0 / dual if dual < -1e-3 else 1e3)
