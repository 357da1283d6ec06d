"""Minimum CVaR and CVaR risk budgeting on weighted scenarios: exact, by screening and interior points.

Few scenarios decide: those far in the tail enter linearly, those far in the body not at all, and only a band
around VaR goes to the interior-point engine. The answer is exact as soon as a full pass finds no scenario on
the wrong side; otherwise those join the band and it is solved again.

Every answer is certified by its dual tail weights q (0 ≤ q ≤ p / (1 − c), Σq = 1). For any long-only w,
CVaR(w) ≥ Σ_s q_s l_s(w), so with l = −R w:

- minimum CVaR lies between min_i (−R'q)_i and CVaR(w);
- contributions are w_i (−R'q)_i. Where several scenarios tie at VaR, CVaR has many gradients; the plain
  Euler contributions take one of them and are off by up to 1e-3, while q is the one that fits the answer.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import (
    ConvergenceError,
    InfeasibleError,
    InputError,
    MissingDataError,
    NumericalError,
    ProbabilityError,
)
from riskcore.numerics.budgeting import check_budgets, solve_risk_budget_volatility
from riskcore.numerics.interior_point import Point, TailProgram, TailSolution, solve_tail_program
from riskcore.numerics.tail import boundary, check_confidence, checked

__all__ = ["CvarSolution", "solve_cvar_parity", "solve_minimum_cvar"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ACCEPTED = 1e-6
ENGINE_TOLERANCE = 1e-11
LOOSE = 1e-2
MOST_ROUNDS = 25
BARRIERS = (0.05, 1.0, 20.0)
"""First barrier parameter over the spread of the losses, and larger ones where it got stuck: the larger, the
sooner a start that is not centred is forgotten, and the more steps are needed."""
FLOOR = 1e-2
BAND, BAND_PER_ASSET = 200, 8
MIN_BAND, MIN_BAND_PER_ASSET = 400, 8
SAMPLE, SAMPLE_PER_ASSET = 500, 8
FLAT = 1e-3
"""Risk over the root mean square of the parts below which the parts set the scale, not the risk."""
RISKLESS = 1e-8
"""CVaR of a long-only portfolio over the root mean square of its parts below which parity is refused."""


@dataclass(frozen=True, eq=False)
class CvarSolution:
    """Weights, their CVaR, and the dual tail weights that prove them.

    Attributes
    ----------
    weights
        n non-negative numbers that sum to 1.
    cvar, var
        Of the portfolio, per period, a loss, positive = bad; exact, on all scenarios.
    tail_weights
        q over all S scenarios, 0 ≤ q ≤ p / (1 − c), Σq = 1.
    shares
        w_i (−R'q)_i over their sum.
    residual
        The certificate. Parity: largest |share_i − b_i| / b_i. Minimum CVaR: the gap below.
    gap
        CVaR(w) less its lower bound, over Σ q |l|: Σ q l for parity, min_i (−R'q)_i for the minimum.
    iterations
        Interior-point steps, all rounds together.
    kept
        Scenarios in the last band.
    """

    weights: Floats
    cvar: float
    var: float
    tail_weights: Floats
    shares: Floats
    residual: float
    gap: float
    iterations: int
    kept: int


class _Problem(NamedTuple):
    """Scenarios with p > 0, `unit` = root mean square return per asset; x = weights · unit."""

    returns: Floats
    probabilities: Floats
    caps: Floats
    confidence: float
    unit: Floats
    budgets: Floats | None


class _Band(NamedTuple):
    """Rows kept, rows fixed in the tail, and the dual mass the latter leave."""

    kept: Rows
    tail: Rows
    mass: float


class _Pass(NamedTuple):
    """One full pass: losses at the positions, VaR, CVaR."""

    losses: Floats
    var: float
    cvar: float


def solve_cvar_parity(
    returns: Floats,
    probabilities: Floats,
    confidence: float,
    budgets: Floats,
    *,
    start: Floats | None = None,
) -> CvarSolution:
    """Return the long-only weights whose shares of the CVaR are the budgets.

    Minimises CVaR(y) − Σ b_i ln y_i over y > 0; w = y / Σy. At the solution y_i (−R'q)_i = b_i with the dual
    tail weights q. A solution exists, and is unique, exactly when every long-only portfolio has CVaR > 0.

    Parameters
    ----------
    returns
        S × n, gains positive.
    probabilities
        S, non-negative, sum 1.
    confidence
        c in (0.5, 1).
    budgets
        n positive shares that sum to 1.
    start
        Weights to start from (the answer at a neighbouring level); they change the time, not the answer.

    Raises
    ------
    InputError, ConfidenceError, MissingDataError, ProbabilityError
        Inputs are unusable.
    InfeasibleError
        Some long-only portfolio has CVaR ≤ 0; `weights` and `cvar` are that portfolio's.
    ConvergenceError
        Shares and duality gap could not be verified to 1e-6.

    References
    ----------
    Mausser, Romanko (2018), Long-only equal risk contribution portfolios for CVaR under discrete
    distributions; Rockafellar, Uryasev (2000).

    Examples
    --------
    >>> rows = np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]])
    >>> answer = solve_cvar_parity(rows, np.full(3, 1 / 3), 0.6, np.array([0.5, 0.5]))
    >>> answer.weights.round(6).tolist(), answer.shares.round(6).tolist()
    ([0.333333, 0.666667], [0.5, 0.5])
    """
    check_budgets(budgets, returns.shape[1] if returns.ndim == 2 else 0)
    problem = _prepare(returns, probabilities, confidence, budgets)
    first = _budgeting_start(problem) if start is None else start * problem.unit
    for barrier in BARRIERS:
        end = _rounds(problem, first, BAND + BAND_PER_ASSET * first.size, barrier)
        found = _certified(problem, end, probabilities)
        if max(found.residual, found.gap) <= ACCEPTED:
            return found
        if barrier == BARRIERS[0]:
            first = _beside(problem, _refuse_riskless(problem))
    raise ConvergenceError(
        f"CVaR parity could be verified only to {found.residual:.1e} of the budgets (duality gap "
        f"{found.gap:.1e}), not to {ACCEPTED:.0e}; try another confidence or fewer assets.",
        residual=found.residual,
        gap=found.gap,
    )


def solve_minimum_cvar(
    returns: Floats, probabilities: Floats, confidence: float, *, start: Floats | None = None
) -> CvarSolution:
    """Return the long-only, fully invested weights with the smallest CVaR.

    Where several portfolios reach it, one of them.

    Parameters
    ----------
    returns, probabilities, confidence, start
        As for `solve_cvar_parity`.

    Raises
    ------
    InputError, ConfidenceError, MissingDataError, ProbabilityError
        Inputs are unusable.
    ConvergenceError
        The gap between CVaR(w) and the lower bound could not be closed to 1e-6.

    References
    ----------
    Rockafellar, Uryasev (2000), Optimization of conditional value-at-risk, eq. 17.

    Examples
    --------
    >>> rows = np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]])
    >>> solve_minimum_cvar(rows, np.full(3, 1 / 3), 0.9).weights.round(6).tolist()
    [0.333333, 0.666667]
    """
    problem = _prepare(returns, probabilities, confidence, None)
    first = _near(problem, _minimum_start(problem) if start is None else start * problem.unit)
    for barrier in BARRIERS:
        end = _rounds(problem, first, MIN_BAND + MIN_BAND_PER_ASSET * first.size, barrier)
        found = _certified(problem, end, probabilities)
        if found.gap <= ACCEPTED:
            return found
        first = np.ones(first.size)
    raise ConvergenceError(
        f"The minimum of CVaR could be verified only to {found.gap:.1e} of its size, not to "
        f"{ACCEPTED:.0e}; try another confidence or fewer assets.",
        gap=found.gap,
    )


def _prepare(returns: Floats, probabilities: Floats, confidence: float, budgets: Floats | None) -> _Problem:
    level = check_confidence(confidence)
    if returns.ndim != 2 or returns.shape[1] == 0:
        raise InputError(f"Returns need scenarios as rows and assets as columns; got shape {returns.shape}.")
    if len(probabilities) != len(returns):
        raise ProbabilityError(f"{len(probabilities)} probabilities for {len(returns)} scenarios.")
    checked(probabilities, probabilities)
    possible = probabilities > 0.0
    if not possible.all():
        returns, probabilities = returns[possible], probabilities[possible]
    sample = returns[:: max(1, len(returns) // 1000)]
    unit = np.sqrt(np.einsum("si,si->i", sample, sample) / len(sample))
    for column in np.flatnonzero(~(unit > 0)):
        unit[column] = np.abs(returns[:, column]).max()
    if not np.isfinite(unit).all():
        raise MissingDataError("Returns are missing or infinite; repair or leave out those scenarios.")
    lively = unit > 0
    unit[~lively] = np.median(unit[lively]) if lively.any() else 1.0
    return _Problem(returns, probabilities, probabilities / (1.0 - level), level, unit, budgets)


def _budgeting_start(problem: _Problem) -> Floats:
    """Return volatility parity on a sample of rows: near enough to begin with."""
    budgets = problem.budgets
    assert budgets is not None
    rows = problem.returns[:: max(1, len(problem.returns) // max(1000, 3 * problem.unit.size))] / problem.unit
    rows = rows - rows.mean(axis=0)
    try:
        return solve_risk_budget_volatility(rows.T @ rows / len(rows), budgets).weights
    except NumericalError:  # too few rows, or a flat asset: any start will do, this one costs a few steps
        return np.sqrt(budgets)


def _minimum_start(problem: _Problem) -> Floats:
    """Return a loose minimum on a random sample of rows, or a first guess where there are few."""
    count, n = problem.returns.shape
    size = SAMPLE + SAMPLE_PER_ASSET * n
    if count < 3 * size:
        return np.ones(n)
    rows = np.sort(np.random.default_rng(0).choice(count, max(count // 10, size), replace=False))
    sample = problem.probabilities[rows]
    total = float(sample.sum())
    if total == 0.0:  # all of the sample underflows: it says nothing
        return np.ones(n)
    smaller = problem._replace(
        returns=problem.returns[rows],
        probabilities=sample / total,
        caps=sample / (total * (1.0 - problem.confidence)),
    )
    return _near(smaller, _minimum_start(smaller))


class _Round(NamedTuple):
    """Where the rounds ended: the full pass, the band and its solution, and all steps taken."""

    full: _Pass
    band: _Band
    solution: TailSolution
    iterations: int


def _near(problem: _Problem, x: Floats) -> Floats:
    """Return positions near the minimum, from one loose solve on a band."""
    point, full = _start(problem, x, BARRIERS[0])
    band = _screen(problem, full, MIN_BAND + MIN_BAND_PER_ASSET * x.size)
    return _solve_band(problem, band, point, LOOSE).point.x


def _rounds(problem: _Problem, x: Floats, size: int, barrier: float) -> _Round:
    """Solve on a band around VaR, look at all scenarios, mend the band, until none is on the wrong side."""
    point, full = _start(problem, x, barrier)
    band = _screen(problem, full, size)
    total = 0
    for _ in range(MOST_ROUNDS):
        solution = _solve_band(problem, band, point, ENGINE_TOLERANCE)
        total += solution.iterations
        tried = _full_pass(problem, solution.point.x)
        wrong = _wrong_side(tried.losses, solution.point.t, band)
        riskless = tried.cvar < RISKLESS * float(solution.point.x.sum())
        if wrong.size == 0 or (solution.ended == "unbounded" and riskless):
            break
        if wrong.size <= 0.5 * band.kept.size and solution.ended != "unbounded":
            band = _widened(problem, band, tried.losses, solution.point.t, wrong.size)
            point, full = _start(problem, solution.point.x, barrier)
            continue
        # The band was too narrow for the step: begin again on twice its size, no worse than before.
        size = 2 * band.kept.size
        point, full = _start(problem, _better(problem, point.x, solution.point.x), barrier)
        band = _screen(problem, full, size)
    return _Round(tried, band, solution, total)


def _better(problem: _Problem, old: Floats, new: Floats) -> Floats:
    """Return the best of both and their mean, judged on all scenarios."""
    held = 1.0 / problem.unit
    old, new = old / float(held @ old), new / float(held @ new)
    return min((old, new, 0.5 * (old + new)), key=lambda x: _objective(problem, x))


def _objective(problem: _Problem, x: Floats) -> float:
    """Return what is minimised, over multiples of x where the budgets choose the multiple."""
    cvar = _full_pass(problem, x).cvar
    if problem.budgets is None:
        return cvar
    return float(np.log(cvar) - problem.budgets @ np.log(x)) if cvar > 0 else -np.inf


def _start(problem: _Problem, x: Floats, barrier: float) -> tuple[Point, _Pass]:
    """Return a centred point near x, in units in which losses, or for parity the CVaR, are of order 1."""
    x = np.maximum(x, (FLOOR if problem.budgets is None else 1e-8) * float(x.max()))
    full = _full_pass(problem, x)
    spread = max(2.0 * float(np.abs(full.losses).mean()), FLAT * float(x.sum()))
    size = spread if problem.budgets is None else max(full.cvar, FLAT * spread)
    x = x / size
    scaled = _Pass(full.losses / size, full.var / size, full.cvar / size)
    barrier = barrier * spread / size
    if problem.budgets is None:
        return Point(x, scaled.var, barrier / (x.size * x), scaled.cvar, barrier), scaled
    return Point(x, scaled.var, problem.budgets / x, 0.0, barrier), scaled


def _full_pass(problem: _Problem, x: Floats) -> _Pass:
    losses = problem.returns @ (x / -problem.unit)
    cut = boundary(losses, problem.probabilities, problem.confidence)
    tail = float(problem.probabilities[cut.beyond] @ losses[cut.beyond]) + cut.remainder * cut.value
    return _Pass(losses, cut.value, tail / (cut.beyond_mass + cut.remainder))


def _screen(problem: _Problem, full: _Pass, size: int) -> _Band:
    """Keep the `size` scenarios nearest to VaR, or more where ties or probabilities leave them no freedom."""
    distance = np.abs(full.losses - full.var)
    while size < 0.8 * distance.size:
        reach = np.partition(distance, size - 1)[size - 1]
        near = distance <= reach
        kept = np.flatnonzero(near)
        tail = np.flatnonzero(~near & (full.losses > full.var))
        mass = 1.0 - float(problem.caps[tail].sum())
        if 0.02 < mass / float(problem.caps[kept].sum()) < 0.98:
            return _Band(kept, tail, mass)
        size *= 2
    return _Band(np.arange(distance.size), np.empty(0, dtype=np.intp), 1.0)


def _wrong_side(losses: Floats, level: float, band: _Band) -> Rows:
    """Return the scenarios left out of the band whose loss contradicts where they were put."""
    beyond = losses > level
    beyond[band.kept] = False
    wrong = beyond
    wrong[band.tail] = losses[band.tail] < level
    return np.flatnonzero(wrong)


def _widened(problem: _Problem, band: _Band, losses: Floats, level: float, extra: int) -> _Band:
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
    return _Band(np.flatnonzero(chosen), tail, 1.0 - float(problem.caps[tail].sum()))


def _solve_band(problem: _Problem, band: _Band, point: Point, tolerance: float) -> TailSolution:
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
    return solve_tail_program(program, point, tolerance=tolerance)


def _certified(problem: _Problem, end: _Round, probabilities: Floats) -> CvarSolution:
    """Evaluate the last round on all scenarios: exact CVaR, dual tail weights, shares and gaps."""
    held = end.solution.point.x / problem.unit
    total = float(held.sum())
    weights, losses, cvar = held / total, end.full.losses / total, end.full.cvar / total
    q = np.zeros(losses.size)
    q[end.band.tail] = problem.caps[end.band.tail]
    inner = np.minimum(problem.caps[end.band.kept], 2.0 * end.band.mass) * end.solution.fractions
    q[end.band.kept] = inner * (end.band.mass / float(inner.sum()))
    active = np.flatnonzero(q)
    pull = -(q[active] @ problem.returns[active])
    expected = float(q @ losses)
    shares = _over(weights * pull, expected)
    bound = float(pull.min()) if problem.budgets is None else expected
    gap = float(_over(cvar - bound, max(float(q @ np.abs(losses)), FLAT * float(weights @ problem.unit))))
    residual = gap if problem.budgets is None else float(np.max(np.abs(shares / problem.budgets - 1.0)))
    tail_weights = np.zeros(probabilities.size)
    tail_weights[probabilities > 0.0] = q
    level, kept = end.full.var / total, end.band.kept.size
    return CvarSolution(
        weights, cvar, level, tail_weights, shares, residual, max(gap, 0.0), end.iterations, kept
    )


def _over(value: Floats | float, size: float) -> Floats:
    """Return value / size, with 0 / 0 = 0: a portfolio without gains or losses has no error either."""
    if size != 0.0:
        return np.asarray(value) / size
    return np.where(np.asarray(value) == 0.0, 0.0, np.inf)


def _refuse_riskless(problem: _Problem) -> Floats:
    """Return the positions of the minimum-CVaR portfolio, or refuse parity because it has no risk."""
    try:
        least = solve_minimum_cvar(problem.returns, problem.probabilities, problem.confidence)
    except ConvergenceError:  # then parity has to succeed or fail by its own certificate
        return np.ones(problem.unit.size)
    positions = least.weights * problem.unit
    if least.cvar <= RISKLESS * float(positions.sum()):
        raise InfeasibleError(
            f"CVaR parity has no solution: a long-only portfolio of these assets has a CVaR of "
            f"{least.cvar:.3g}, not above 0, so there is no risk to share out. Leave out the asset that "
            "hedges the others, or choose a higher confidence.",
            weights=least.weights,
            cvar=least.cvar,
        )
    return positions


def _beside(problem: _Problem, least: Floats) -> Floats:
    """Return the best mix of the minimum and the budgets: assets that hedge one another need it to start."""
    assert problem.budgets is not None
    mixes = [least / float(least.sum()) + share * problem.budgets for share in (1.0, 0.1, 1e-2, 1e-3, 1e-4)]
    return min(mixes, key=lambda x: _objective(problem, x))
