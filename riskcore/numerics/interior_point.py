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
from scipy.linalg.blas import dsyrk
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
    """Primal (x, z, u) and dual (λ, α, β), each in one vector; y = (x, t), and the multiplier θ.

    β = 1 − α is kept apart: near 1 it has no digits. On the central path α z = β u = μ.
    """

    y: Floats
    primal: Floats
    dual: Floats
    theta: float


class _View(NamedTuple):
    """What the iterate says: excesses L x − t, losses pulled back L'q + g, and how far from optimal.

    `paired` is Σ c (α z + β u), with λ'x added without budgets.
    """

    excess: Floats
    pull: Floats
    mass_error: float
    risk: float
    paired: float
    gap: float
    error: float


class _Engine:
    """A program with what every step uses: E = [L, −1], and the cost of each complementary pair."""

    def __init__(self, program: TailProgram) -> None:
        self.program, self.size = program, program.prices.size
        self.matrix = np.empty((len(program.caps), self.size + 1))
        self.matrix[:, :-1] = program.losses
        self.matrix[:, -1] = -1.0
        free = program.budgets is None
        self.costs = np.concatenate([np.full(self.size, float(free)), program.caps, program.caps])
        caps = 2.0 * float(program.caps.sum())
        self.total, self.spare = caps + free, caps + 1.0


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
    engine = _Engine(program)
    state = best = _initial(program, point)
    barrier = point.mu
    halfway = point.x
    least, stalled, ended = np.inf, 0, "stalled"
    for iteration in range(MOST_ITERATIONS):  # noqa: B007 (returned: the steps taken)
        view = _look(engine, state)
        merit = max(view.error, view.gap)
        stalled = 0 if merit < 0.9 * least else stalled + 1
        x = state.y[:-1]
        if merit < least:
            least, best, barrier = merit, state, view.paired / engine.total
        if merit > HALFWAY:
            halfway = x
        if merit <= tolerance:
            ended = "converged"
            break
        if refuse is not None and merit <= NEAR:
            if refuse(x, float(state.y[-1])):
                ended = "refused"
                break
            refuse = None
        if program.budgets is not None and view.risk < RISKLESS * float(x.sum()):
            best, ended = state, "unbounded"
            break
        if stalled >= 15 or not np.isfinite(merit):
            break
        moved = _advance(engine, state, view, floor=0.2 * tolerance)
        if moved is None:
            break
        state = moved
    n = engine.size
    solved = Point(best.y[:-1], float(best.y[-1]), best.dual[:n], best.theta, barrier)
    return TailSolution(solved, best.dual[n : n + len(program.caps)], iteration, ended, halfway)


def _initial(program: TailProgram, point: Point) -> _State:
    """Add the central u, z, α: α z = μ, (1 − α) u = μ and u − z = L x − t."""
    ratio = (program.losses @ point.x - point.t) / point.mu
    size = np.abs(ratio)
    small = 2.0 / (2.0 + size + np.sqrt(size**2 + 4.0))  # the smaller of α and β, without cancellation
    alpha, beta = np.where(ratio < 0, small, 1.0 - small), np.where(ratio < 0, 1.0 - small, small)
    return _State(
        np.append(point.x, point.t),
        np.concatenate([point.x, point.mu / alpha, point.mu / beta]),
        np.concatenate([point.lam, alpha, beta]),
        point.theta,
    )


def _look(engine: _Engine, s: _State) -> _View:
    program, n, count = engine.program, engine.size, len(engine.matrix)
    x = s.y[:-1]
    drawn = engine.matrix.T @ (program.caps * s.dual[n : n + count])
    pull = program.tail_gradient + drawn[:-1]
    mass_error = program.mass + float(drawn[-1])
    risk = program.mass * float(s.y[-1]) + float(program.tail_gradient @ x)
    risk += float(program.caps @ s.primal[n + count :])
    paired = float(engine.costs @ (s.primal * s.dual))
    if program.budgets is None:
        gap = risk - float((pull / program.prices).min())
        error = abs(mass_error)
    else:
        gap = paired
        error = max(float(np.abs(x * pull / program.budgets - 1.0).max()), abs(mass_error))
    return _View(engine.matrix @ s.y, pull, mass_error, risk, paired, gap, error)


def _advance(engine: _Engine, s: _State, view: _View, *, floor: float) -> _State | None:
    """Take one predictor–corrector step; None when the equations cannot be solved."""
    system = _system(engine, s, view)
    if system is None:
        return None
    n, held = engine.size, engine.program.budgets
    product, pairs, shares = s.primal[:n] * s.dual[:n], s.primal[n:], s.dual[n:]
    aim: Floats | float = 0.0 if held is None else held
    ahead = _solve(system, -pairs, aim - product)
    primal, dual = _lengths(s, ahead)
    mu = view.paired / engine.total
    reached = (s.primal + min(1.0, primal) * ahead.primal) * (s.dual + min(1.0, dual) * ahead.dual)
    after = float(engine.costs @ reached) / engine.total
    centre = max(mu * min(1.0, after / mu) ** 3, min(mu, floor / engine.spare))
    # Second-order terms beyond μ itself come from steps that cannot be taken in full, and mislead.
    most = mu / n if held is None else held
    bent = np.minimum(np.maximum(ahead.dual[:n] * ahead.primal[:n], -most), most)
    second = ahead.dual[n:] * ahead.primal[n:]
    np.minimum(np.maximum(second, -mu, out=second), mu, out=second)
    aim = centre / n if held is None else held
    final = _solve(system, (centre - second) / shares - pairs, aim - product - bent)
    primal, dual = (min(1.0, STEP_FRACTION * length) for length in _lengths(s, final))
    return _State(
        s.y + primal * final.y,
        s.primal + primal * final.primal,
        s.dual + dual * final.dual,
        s.theta + dual * final.theta,
    )


class _System(NamedTuple):
    """The factored equations at one iterate, and what both of their solutions use.

    `ratio` is (z, u) / (α, β), `spread` its sum H, `lean` the excesses' residual z − u + L x − t, `rest` that
    of the gradient, `priced` the solution for a'x.
    """

    engine: _Engine
    state: _State
    factor: Floats
    weight: Floats
    ratio: Floats
    spread: Floats
    lean: Floats
    rest: Floats
    priced: Floats


def _system(engine: _Engine, s: _State, view: _View) -> _System | None:
    program, n, count = engine.program, engine.size, len(engine.matrix)
    ratio = s.primal[n:] / s.dual[n:]
    spread = ratio[:count] + ratio[count:]
    weight = program.caps / spread
    factor = _factor(engine.matrix, weight, s.dual[:n] / s.primal[:n])
    if factor is None:
        return None
    rest = np.empty(n + 1)
    rest[:-1] = view.pull - s.dual[:n] - s.theta * program.prices
    rest[-1] = view.mass_error
    priced = np.empty(0)
    if program.budgets is None:
        priced = dpotrs(factor, np.append(program.prices, 0.0), lower=False, overwrite_b=True)[0]
    lean = s.primal[n : n + count] - s.primal[n + count :] + view.excess
    return _System(engine, s, factor, weight, ratio, spread, lean, rest, priced)


def _factor(matrix: Floats, weight: Floats, diagonal: Floats) -> Floats | None:
    scaled = matrix * np.sqrt(weight)[:, None]
    n = diagonal.size
    ridge = 0.0
    for _ in range(6):
        normal = dsyrk(1.0, scaled.T)
        corner = normal.T.ravel()[:: n + 2]
        corner[:n] += diagonal
        corner += ridge * corner
        factor, info = dpotrf(normal, lower=False, clean=False, overwrite_a=True)
        if info == 0:
            return np.asarray(factor)
        # Rounding made a semidefinite matrix indefinite (duplicates, more assets than scenarios). The ridge
        # changes the step, not the equations it aims at: the next iterate measures its own errors.
        ridge = max(1e-15, 100.0 * ridge)
    return None


def _solve(system: _System, wanted: Floats, rx: Floats) -> _State:
    """Return the direction for the residuals of (α, β) · (z, u) over (α, β), and of λ x."""
    engine, s = system.engine, system.state
    n, count = engine.size, len(engine.matrix)
    x = s.y[:-1]
    rho = wanted[:count] - wanted[count:] + system.lean
    right = -(engine.matrix.T @ (system.weight * rho)) - system.rest
    right[:-1] += rx / x
    step = dpotrs(system.factor, right, lower=False, overwrite_b=True)[0]
    theta = 0.0
    if engine.program.budgets is None:
        prices, priced = engine.program.prices, system.priced
        missing = 1.0 - float(prices @ x)
        theta = (missing - float(prices @ step[:-1])) / float(prices @ priced[:-1])
        step = step + theta * priced
    primal, dual = np.empty_like(s.primal), np.empty_like(s.dual)
    primal[:n] = step[:-1]
    dual[:n] = (rx - s.dual[:n] * step[:-1]) / x
    np.divide(rho + engine.matrix @ step, system.spread, out=dual[n : n + count])
    np.negative(dual[n : n + count], out=dual[n + count :])
    np.subtract(wanted, system.ratio * dual[n:], out=primal[n:])
    return _State(step, primal, dual, theta)


def _lengths(s: _State, d: _State) -> tuple[float, float]:
    """Return how far primal and dual variables can go before one of them is zero."""
    primal, dual = float((d.primal / s.primal).min()), float((d.dual / s.dual).min())
    return (-1.0 / primal if primal < -1e-3 else 1e3), (-1.0 / dual if dual < -1e-3 else 1e3)
