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

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

__all__ = ["Point", "TailProgram", "TailSolution", "solve_tail_program"]

Floats = NDArray[np.float64]
STEP_FRACTION = 0.9999
MOST_ITERATIONS = 100
HALFWAY = 0.1
NEAR = 1e-2
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

    `ended` is "converged", "refused", "unbounded" (budgeting: an x without risk under the reduced program) or
    "stalled".
    `halfway` is the last x further than `HALFWAY` from the solution: near it, and far enough from the bounds
    to begin again from when scenarios join.
    """

    point: Point
    fractions: Floats
    iterations: int
    ended: str
    halfway: Floats


class _State(NamedTuple):
    """Primal x, t, (z, u) and dual (α, β), λ, θ; β = 1 − α is kept apart: near 1 it has no digits.

    `pair` holds z and u in its rows, `share` α and β: on the central path share · pair = μ.
    """

    x: Floats
    t: float
    pair: Floats
    share: Floats
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
    pair: Floats
    share: Floats
    lam: Floats
    theta: float


def solve_tail_program(
    program: TailProgram,
    point: Point,
    *,
    tolerance: float,
    refuse: Callable[[Floats, float], bool] | None = None,
) -> TailSolution:
    """Solve from a point with x > 0, λ > 0 and μ > 0; losses and risk should be of the order of 1.

    `tolerance` bounds the duality gap, the relative errors of the contributions and |Σ c α − m|. `refuse` is
    asked once, at `NEAR` from the solution, whether x and t show that other scenarios are needed.
    """
    matrix = np.empty((len(program.caps), point.x.size + 1))
    matrix[:, :-1] = program.losses
    matrix[:, -1] = -1.0
    total = float(program.caps.sum())
    state = best = _initial(program, point)
    halfway = point.x
    least, stalled, ended = np.inf, 0, "stalled"
    for iteration in range(MOST_ITERATIONS):  # noqa: B007 (returned: the steps taken)
        view = _look(program, matrix, state)
        merit = max(view.error, view.gap)
        stalled = 0 if merit < 0.9 * least else stalled + 1
        if merit < least:
            least, best = merit, state
        if merit > HALFWAY:
            halfway = state.x
        if merit <= tolerance:
            ended = "converged"
            break
        if refuse is not None and merit <= NEAR:
            if refuse(state.x, state.t):
                ended = "refused"
                break
            refuse = None
        if program.budgets is not None and view.risk < RISKLESS * float(state.x.sum()):
            best, ended = state, "unbounded"
            break
        if stalled >= 15 or not np.isfinite(merit):
            break
        moved = _advance(program, matrix, state, view, total, floor=0.2 * tolerance)
        if moved is None:
            break
        state = moved
    mu = _complementarity(program, total, best)
    return TailSolution(
        Point(best.x, best.t, best.lam, best.theta, mu), best.share[0], iteration, ended, halfway
    )


def _initial(program: TailProgram, point: Point) -> _State:
    """Add the central u, z, α: α z = μ, (1 − α) u = μ and u − z = L x − t."""
    ratio = (program.losses @ point.x - point.t) / point.mu
    size = np.abs(ratio)
    small = 2.0 / (2.0 + size + np.sqrt(size**2 + 4.0))  # the smaller of α and β, without cancellation
    share = np.empty((2, ratio.size))
    share[0] = np.where(ratio < 0, small, 1.0 - small)
    share[1] = np.where(ratio < 0, 1.0 - small, small)
    return _State(point.x, point.t, point.mu / share, share, point.lam, point.theta)


def _complementarity(program: TailProgram, total: float, s: _State) -> float:
    """Return μ, the mean of α z and β u (and of n λ x without budgets), weighted by the caps."""
    pairs = float((s.share * s.pair @ program.caps).sum())
    if program.budgets is None:
        return (pairs + float(s.lam @ s.x)) / (2.0 * total + 1.0)
    return pairs / (2.0 * total)


def _look(program: TailProgram, matrix: Floats, s: _State) -> _View:
    drawn = matrix.T @ (program.caps * s.share[0])
    pull = program.tail_gradient + drawn[:-1]
    mass_error = program.mass + float(drawn[-1])
    risk = program.mass * s.t + float(program.tail_gradient @ s.x) + float(program.caps @ s.pair[1])
    if program.budgets is None:
        gap = risk - float((pull / program.prices).min())
        error = abs(mass_error)
    else:
        gap = float((s.share * s.pair @ program.caps).sum())
        error = max(float(np.abs(s.x * pull / program.budgets - 1.0).max()), abs(mass_error))
    return _View(matrix @ np.append(s.x, s.t), pull, mass_error, risk, gap, error)


def _advance(
    program: TailProgram, matrix: Floats, s: _State, view: _View, total: float, *, floor: float
) -> _State | None:
    """Take one predictor–corrector step; None when the equations cannot be solved."""
    system = _system(program, matrix, s, view)
    if system is None:
        return None
    held = program.budgets
    target = np.zeros_like(s.x) if held is None else held
    ahead = _solve(system, -s.pair, target - s.lam * s.x)
    primal, dual = _lengths(s, ahead)
    mu = _complementarity(program, total, s)
    after = _complementarity(program, total, _moved(s, ahead, min(1.0, primal), min(1.0, dual)))
    centre = max(mu * min(1.0, after / mu) ** 3, min(mu, floor / (1.0 + 2.0 * total)))
    if held is None:
        target = np.full_like(s.x, centre / s.x.size)
    # Second-order terms beyond μ itself come from steps that cannot be taken in full, and mislead.
    most = mu / s.x.size if held is None else held
    second = ahead.share * ahead.pair
    np.minimum(np.maximum(second, -mu, out=second), mu, out=second)
    bent = np.minimum(np.maximum(ahead.lam * ahead.x, -most), most)
    final = _solve(system, (centre - second) / s.share - s.pair, target - s.lam * s.x - bent)
    primal, dual = _lengths(s, final)
    return _moved(s, final, min(1.0, STEP_FRACTION * primal), min(1.0, STEP_FRACTION * dual))


def _moved(s: _State, d: _Step, primal: float, dual: float) -> _State:
    return _State(
        s.x + primal * d.x,
        s.t + primal * d.t,
        s.pair + primal * d.pair,
        s.share + dual * d.share,
        s.lam + dual * d.lam,
        s.theta + dual * d.theta,
    )


class _System(NamedTuple):
    """The factored equations at one iterate, and what both of their solutions use.

    `ratio` is pair / share, `spread` its sum H, `lean` the excesses' residual z − u + L x − t, `rest` that of
    the gradient, `priced` the solution for a'x.
    """

    program: TailProgram
    matrix: Floats
    state: _State
    factor: Floats
    weight: Floats
    ratio: Floats
    spread: Floats
    lean: Floats
    rest: Floats
    priced: Floats


def _system(program: TailProgram, matrix: Floats, s: _State, view: _View) -> _System | None:
    ratio = s.pair / s.share
    spread = ratio[0] + ratio[1]
    weight = program.caps / spread
    factor = _factor(matrix, weight, s.lam / s.x)
    if factor is None:
        return None
    rest = np.empty(s.x.size + 1)
    rest[:-1] = view.pull - s.lam - s.theta * program.prices
    rest[-1] = view.mass_error
    priced = np.empty(0)
    if program.budgets is None:
        priced = dpotrs(factor, np.append(program.prices, 0.0), lower=False, overwrite_b=True)[0]
    lean = s.pair[0] - s.pair[1] + view.excess
    return _System(program, matrix, s, factor, weight, ratio, spread, lean, rest, priced)


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


def _solve(system: _System, wanted: Floats, rx: Floats) -> _Step:
    """Return the direction for the residuals of share · pair over share, and of λ x."""
    program, matrix, s = system.program, system.matrix, system.state
    rho = wanted[0] - wanted[1] + system.lean
    right = -(matrix.T @ (system.weight * rho)) - system.rest
    right[:-1] += rx / s.x
    step = dpotrs(system.factor, right, lower=False, overwrite_b=True)[0]
    theta = 0.0
    if program.budgets is None:
        missing = 1.0 - float(program.prices @ s.x)
        priced = system.priced
        theta = (missing - float(program.prices @ step[:-1])) / float(program.prices @ priced[:-1])
        step = step + theta * priced
    share = np.empty_like(s.share)
    np.divide(rho + matrix @ step, system.spread, out=share[0])
    np.negative(share[0], out=share[1])
    x = step[:-1]
    return _Step(x, float(step[-1]), wanted - system.ratio * share, share, (rx - s.lam * x) / s.x, theta)


def _lengths(s: _State, d: _Step) -> tuple[float, float]:
    """Return how far primal and dual variables can go before one of them is zero."""
    primal = min(float((d.x / s.x).min()), float((d.pair / s.pair).min()))
    dual = min(float((d.lam / s.lam).min()), float((d.share / s.share).min()))
    return (-1.0 / primal if primal < -1e-3 else 1e3), (-1.0 / dual if dual < -1e-3 else 1e3)
