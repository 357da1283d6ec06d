"""Screening: solve CVaR programs on a band of scenarios around VaR, and prove it on all of them.

Scenarios far in the tail enter linearly, those far in the body not at all, and only a band around VaR goes to
the interior-point engine. As soon as a full pass finds no scenario on the wrong side, the answer is that of
all scenarios; otherwise those join the band, or a wider band is drawn about a better point.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.numerics.interior_point import Point, TailProgram, TailSolution, solve_tail_program
from riskcore.numerics.tail import boundary

__all__ = [
    "BARRIERS",
    "FLAT",
    "MINIMUM_BARRIERS",
    "RISKLESS",
    "Band",
    "FullPass",
    "Screened",
    "TailProblem",
    "minimum_band",
    "near_minimum",
    "objective",
    "solve_screened",
]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ENGINE_TOLERANCE = 1e-11
LOOSE = 0.03
"""Gap at which a first guess of the minimum is good enough to screen by."""
WHOLE = 0.8
"""Share of the scenarios from which a band takes them all."""
MOST_ROUNDS = 25
BARRIERS = (0.05, 1.0, 20.0)
"""First barrier parameter over the spread of the losses, and larger ones where it got stuck: the larger, the
sooner a start that is not centred is forgotten, and the more steps are needed."""
MINIMUM_BARRIERS = (0.2, 2.0, 20.0)
"""The same for the minimum, whose weights move further: many of them to 0."""
FLOOR = 0.03
"""Smallest position over the largest in a start: nearer to zero than that, the first steps are short."""
MIN_BAND, MIN_BAND_PER_ASSET, MIN_BAND_ROWS = 400, 8, 25
FLAT = 1e-3
"""Risk over the root mean square of the parts below which the parts set the scale, not the risk."""
RISKLESS = 1e-8
"""CVaR of a long-only portfolio over the root mean square of its parts below which parity is refused."""


class TailProblem(NamedTuple):
    """Scenarios with p > 0, `unit` = root mean square return per asset; x = weights · unit."""

    returns: Floats
    probabilities: Floats
    caps: Floats
    confidence: float
    unit: Floats
    budgets: Floats | None


class Band(NamedTuple):
    """Rows kept, rows fixed in the tail, and the dual mass the latter leave."""

    kept: Rows
    tail: Rows
    mass: float


class FullPass(NamedTuple):
    """One full pass: losses at the positions, VaR, CVaR."""

    losses: Floats
    var: float
    cvar: float


class Screened(NamedTuple):
    """Where the rounds ended: the full pass, the band and its solution, and all steps taken."""

    full: FullPass
    band: Band
    solution: TailSolution
    iterations: int


def near_minimum(problem: TailProblem, x: Floats) -> Floats:
    """Return positions near the minimum, from one loose solve on a band."""
    if minimum_band(problem) >= WHOLE * len(problem.returns):
        return x  # the band would hold every scenario, and its solution needs no better start
    band = _screen(problem, x, minimum_band(problem))
    return _solve_band(problem, band, _start(problem, x, MINIMUM_BARRIERS[0]), LOOSE).point.x


def solve_screened(problem: TailProblem, x: Floats, size: int, barrier: float) -> Screened:
    """Solve on a band around VaR, look at all scenarios, mend the band, until none is on the wrong side."""
    point, band = _start(problem, x, barrier), _screen(problem, x, size)
    total = 0

    def lacks(x: Floats, level: float) -> bool:
        return _wrong_side(_full_pass(problem, x).losses, level, band).size > 0

    for _ in range(MOST_ROUNDS):
        solution = _solve_band(problem, band, point, ENGINE_TOLERANCE, lacks)
        total += solution.iterations
        tried = _full_pass(problem, solution.point.x)
        wrong = _wrong_side(tried.losses, solution.point.t, band)
        riskless = tried.cvar < RISKLESS * float(solution.point.x.sum())
        if (wrong.size == 0 and solution.ended != "refused") or (solution.ended == "unbounded" and riskless):
            break
        if wrong.size <= 0.5 * band.kept.size and solution.ended != "unbounded":
            band = _widened(problem, band, tried.losses, solution.point.t, wrong.size)
            point = _start(problem, solution.halfway, barrier)
            continue
        # The band was too narrow for the step: begin again on twice its size, no worse than before.
        size = 2 * band.kept.size
        better = _better(problem, point.x, solution.point.x)
        point, band = _start(problem, better, barrier), _screen(problem, better, size)
    return Screened(tried, band, solution, total)


def minimum_band(problem: TailProblem) -> int:
    """Return how many scenarios to keep at first: the minimum moves further from its start than parity."""
    rows, n = problem.returns.shape
    return int(MIN_BAND + MIN_BAND_PER_ASSET * n + rows // MIN_BAND_ROWS)


def _better(problem: TailProblem, old: Floats, new: Floats) -> Floats:
    """Return the best of both and their mean, judged on all scenarios."""
    held = 1.0 / problem.unit
    old, new = old / float(held @ old), new / float(held @ new)
    return min((old, new, 0.5 * (old + new)), key=lambda x: objective(problem, x))


def objective(problem: TailProblem, x: Floats) -> float:
    """Return what is minimised, over multiples of x where the budgets choose the multiple."""
    cvar = _full_pass(problem, x).cvar
    if problem.budgets is None:
        return cvar
    return float(np.log(cvar) - problem.budgets @ np.log(x)) if cvar > 0 else -np.inf


def _start(problem: TailProblem, x: Floats, barrier: float) -> Point:
    """Return a centred point near x, in units in which losses, or for parity the CVaR, are of order 1."""
    x = np.maximum(x, (FLOOR if problem.budgets is None else 1e-8) * float(x.max()))
    full = _full_pass(problem, x)
    spread = max(2.0 * float(np.abs(full.losses).mean()), FLAT * float(x.sum()))
    size = spread if problem.budgets is None else max(full.cvar, FLAT * spread)
    x, level, barrier = x / size, full.var / size, barrier * spread / size
    if problem.budgets is None:
        return Point(x, level, barrier / (x.size * x), full.cvar / size, barrier)
    return Point(x, level, problem.budgets / x, 0.0, barrier)


def _full_pass(problem: TailProblem, x: Floats) -> FullPass:
    losses = problem.returns @ (x / -problem.unit)
    cut = boundary(losses, problem.probabilities, problem.confidence)
    tail = float(problem.probabilities[cut.beyond] @ losses[cut.beyond]) + cut.remainder * cut.value
    return FullPass(losses, cut.value, tail / (cut.beyond_mass + cut.remainder))


def _screen(problem: TailProblem, x: Floats, size: int) -> Band:
    """Keep the `size` scenarios nearest to VaR, or more where ties or probabilities leave them no freedom."""
    full = _full_pass(problem, x)
    distance = np.abs(full.losses - full.var)
    while size < WHOLE * distance.size:
        reach = np.partition(distance, size - 1)[size - 1]
        near = distance <= reach
        kept = np.flatnonzero(near)
        tail = np.flatnonzero(~near & (full.losses > full.var))
        mass = 1.0 - float(problem.caps[tail].sum())
        if 0.02 < mass / float(problem.caps[kept].sum()) < 0.98:
            return Band(kept, tail, mass)
        size *= 2
    return Band(np.arange(distance.size), np.empty(0, dtype=np.intp), 1.0)


def _wrong_side(losses: Floats, level: float, band: Band) -> Rows:
    """Return the scenarios left out of the band whose loss contradicts where they were put."""
    beyond = losses > level
    beyond[band.kept] = False
    wrong = beyond
    wrong[band.tail] = losses[band.tail] < level
    return np.flatnonzero(wrong)


def _widened(problem: TailProblem, band: Band, losses: Floats, level: float, extra: int) -> Band:
    """Keep the band, add every scenario on the wrong side and the `extra` nearest to the level."""
    count = losses.size
    left = np.ones(count, dtype=np.bool_)
    left[band.kept] = False
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[band.kept] = True
    chosen[_wrong_side(losses, level, band)] = True
    distance = np.where(left, np.abs(losses - level), np.inf)
    if extra < int(left.sum()):
        chosen |= distance <= np.partition(distance, extra)[extra]
    else:
        chosen[:] = True
    tail = np.flatnonzero((losses > level) & ~chosen)
    return Band(np.flatnonzero(chosen), tail, 1.0 - float(problem.caps[tail].sum()))


def _solve_band(
    problem: TailProblem,
    band: Band,
    point: Point,
    tolerance: float,
    refuse: Callable[[Floats, float], bool] | None = None,
) -> TailSolution:
    prices = 1.0 / problem.unit
    program = TailProgram(
        losses=problem.returns[band.kept] / -problem.unit,
        # q ≤ mass holds anyway; heavy scenarios with far larger caps would only blur the first steps.
        caps=np.minimum(problem.caps[band.kept], 2.0 * band.mass),
        tail_gradient=problem.caps[band.tail] @ problem.returns[band.tail] / -problem.unit,
        mass=band.mass,
        budgets=problem.budgets,
        prices=prices / float(prices @ point.x),
    )
    return solve_tail_program(program, point, tolerance=tolerance, refuse=refuse)
