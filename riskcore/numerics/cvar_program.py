"""Minimum CVaR and CVaR risk budgeting on weighted scenarios: exact, by screening and interior points.

Few scenarios decide: see `screening` for how they are found and `interior_point` for what is solved on them.

Every answer is certified by its dual tail weights q (0 ≤ q ≤ p / (1 − c), Σq = 1). For any long-only w,
CVaR(w) ≥ Σ_s q_s l_s(w), so with l = −R w:

- minimum CVaR lies between min_i (−R'q)_i and CVaR(w);
- contributions are w_i (−R'q)_i. Where several scenarios tie at VaR, CVaR has many gradients; the plain
  Euler contributions take one of them and are off by up to 1e-3, while q is the one that fits the answer.
"""

from dataclasses import dataclass

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
from riskcore.numerics.screening import (
    BARRIERS,
    FLAT,
    MINIMUM_BARRIERS,
    RISKLESS,
    Screened,
    TailProblem,
    minimum_band,
    near_minimum,
    objective,
    solve_screened,
)
from riskcore.numerics.tail import check_confidence, checked

__all__ = ["CvarSolution", "solve_cvar_parity", "solve_minimum_cvar"]

Floats = NDArray[np.float64]

ACCEPTED = 1e-6
BAND, BAND_PER_ASSET = 200, 8
SAMPLE, SAMPLE_PER_ASSET = 500, 8
NARROWER, NEARER = 0.3, 0.01
"""Share of the usual band that is kept about weights the caller knows to be near, and the first barrier of
parity from there."""


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
    band, barriers = BAND + BAND_PER_ASSET * budgets.size, BARRIERS
    if start is None:
        first = _budgeting_start(problem)
    else:
        first, band, barriers = start * problem.unit, int(NARROWER * band), (NEARER, *BARRIERS[1:])
    for barrier in barriers:
        end = solve_screened(problem, first, band, barrier)
        found = _certified(problem, end, probabilities)
        if max(found.residual, found.gap) <= ACCEPTED:
            return found
        if barrier == barriers[0]:
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
    band = minimum_band(problem)
    if start is None:
        first = near_minimum(problem, _minimum_start(problem))
    else:
        first, band = start * problem.unit, int(NARROWER * band)
    for barrier in MINIMUM_BARRIERS:
        end = solve_screened(problem, first, band, barrier)
        found = _certified(problem, end, probabilities)
        if found.gap <= ACCEPTED:
            return found
        first = np.ones(first.size)
    raise ConvergenceError(
        f"The minimum of CVaR could be verified only to {found.gap:.1e} of its size, not to "
        f"{ACCEPTED:.0e}; try another confidence or fewer assets.",
        gap=found.gap,
    )


def _prepare(
    returns: Floats, probabilities: Floats, confidence: float, budgets: Floats | None
) -> TailProblem:
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
    return TailProblem(returns, probabilities, probabilities / (1.0 - level), level, unit, budgets)


def _budgeting_start(problem: TailProblem) -> Floats:
    """Return volatility parity on a sample of rows: near enough to begin with."""
    budgets = problem.budgets
    assert budgets is not None
    rows = problem.returns[:: max(1, len(problem.returns) // max(1000, 3 * problem.unit.size))] / problem.unit
    rows = rows - rows.mean(axis=0)
    try:
        return solve_risk_budget_volatility(rows.T @ rows / len(rows), budgets).weights
    except NumericalError:  # too few rows, or a flat asset: any start will do, this one costs a few steps
        return np.sqrt(budgets)


def _minimum_start(problem: TailProblem) -> Floats:
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
    return near_minimum(smaller, _minimum_start(smaller))


def _certified(problem: TailProblem, end: Screened, probabilities: Floats) -> CvarSolution:
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


def _refuse_riskless(problem: TailProblem) -> Floats:
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


def _beside(problem: TailProblem, least: Floats) -> Floats:
    """Return the best mix of the minimum and the budgets: assets that hedge one another need it to start."""
    assert problem.budgets is not None
    mixes = [least / float(least.sum()) + share * problem.budgets for share in (1.0, 0.1, 1e-2, 1e-3, 1e-4)]
    return min(mixes, key=lambda x: objective(problem, x))
