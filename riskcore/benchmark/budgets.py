"""Weights that keep CVaR budgets for the active positions and for the whole portfolio."""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.solver import Objective, solve_program
from riskcore.benchmark.active import active_risk
from riskcore.benchmark.budget_program import Budgets, Task, in_percent, solve_within, task_of
from riskcore.errors import InfeasibleError
from riskcore.measures import cvar
from riskcore.moments import sample_mean
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = [
    "Budgets",
    "least_active_cvar",
    "least_cvar",
    "most_active_return",
    "nearest_within",
    "position_risks",
]

Floats = NDArray[np.float64]


def most_active_return(
    scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets, *, mean: pd.Series | None = None
) -> AllocationResult:
    """Return the weights with the highest expected active return within the budgets.

        max μ'(w − b)  s.t.  CVaR(TE) ≤ active, CVaR(PF) ≤ total, w ≥ 0, Σ w = 1

    Parameters
    ----------
    scenarios
        May be weighted; must hold the assets of the benchmark.
    benchmark
        One weight per asset of the scenarios; shorts, leverage and cash allowed.
    budgets
        At least one of its limits is needed for an answer other than the asset with the highest mean.
    mean
        Expected return per period by asset; the mean of the scenarios when omitted.

    Returns
    -------
    AllocationResult
        `residual` is the larger of the largest excess over a budget (at most 1e-7 of the CVaR of equal
        weights) and the gap to a bound that no weights within the budgets can pass (at most 1e-5, in the
        scale solved in); no gap is known beside a tracking error, whose price the solver does not tell.

    Raises
    ------
    InfeasibleError
        No long-only weights keep the budgets; the message names the budget and the smallest that can be
        kept, `details["smallest"]` has it.
    AssetMismatchError, InputError
        Labels differ, or an asset that may be held is unknown.
    ConvergenceError
        The solver did not reach an answer that keeps the budgets.

    References
    ----------
    Rockafellar, Uryasev (2000), Optimization of conditional value-at-risk; Krokhmal, Palmquist, Uryasev
    (2002), Portfolio optimization with CVaR objective and constraints.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> found = most_active_return(s, Portfolio("BM", {"SPY": 0.6, "BND": 0.4}), Budgets(0.75, active=0.004))
    >>> found.weights.round(6).to_dict()
    {'SPY': 0.8, 'BND': 0.2}
    """
    began = perf_counter()
    task = task_of(scenarios, benchmark, budgets)
    expected = _expected(scenarios, mean)
    goal = Objective(linear=-expected / _size(expected))
    return solve_within(task, goal, "most_active_return", "The highest expected active return", began)


def nearest_within(
    scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets, *, start: Portfolio
) -> AllocationResult:
    """Return the weights nearest to `start` within the budgets: min Σ (w_i − start_i)².

    Parameters, result and refusals as in `most_active_return`; `start` has one weight per asset.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> bm, a = Portfolio("BM", {"SPY": 0.6, "BND": 0.4}), Portfolio("A", {"SPY": 0.7, "BND": 0.3})
    >>> nearest_within(s, bm, Budgets(0.75, active=0.001), start=a).weights.round(6).to_dict()
    {'SPY': 0.65, 'BND': 0.35}
    """
    began = perf_counter()
    task = task_of(scenarios, benchmark, budgets)
    origin = start.aligned(scenarios.assets)
    # Σ w = 1 makes (I − start 1')w the difference from the start.
    goal = Objective(factor=np.eye(origin.size) - np.outer(origin, np.ones(origin.size)))
    return solve_within(task, goal, "nearest_within", f"The weights nearest to {start.name}", began)


def least_cvar(
    scenarios: Scenarios,
    benchmark: Portfolio,
    budgets: Budgets,
    *,
    least_return: float,
    mean: pd.Series | None = None,
) -> AllocationResult:
    """Return the weights with the smallest CVaR(PF) that earn at least `least_return` within the budgets.

    `least_return` is the expected return per period of the portfolio itself. Other parameters, result and
    refusals as in `most_active_return`; a return no asset reaches is named.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> bm = Portfolio("BM", {"SPY": 0.6, "BND": 0.4})
    >>> least_cvar(s, bm, Budgets(0.75), least_return=0.005).weights.round(6).to_dict()
    {'SPY': 0.5, 'BND': 0.5}
    """
    began = perf_counter()
    task = task_of(scenarios, benchmark, budgets)
    floor = _floor(task, _expected(scenarios, mean), least_return)
    goal = Objective(tail=task.tail(relative=False, cap=None), floor=floor)
    words = f"The smallest CVaR(PF) with a mean of at least {in_percent(least_return)} per period"
    return solve_within(task, goal, "least_cvar", words, began)


def least_active_cvar(
    scenarios: Scenarios, benchmark: Portfolio, budgets: Budgets, *, least_return: float | None = None
) -> float:
    """Return the smallest CVaR(TE) that long-only weights can have within the other budgets.

    Zero where the benchmark itself may be held; more where it holds cash, is short or levered, or holds what
    `budgets.held` leaves out. A budget for CVaR(TE) below it cannot be kept. `budgets.active` is not used;
    `least_return` is a floor on the expected return per period. Refusals as in `least_cvar`.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> cash = Portfolio("BM", {"SPY": 0.0, "BND": 0.0})
    >>> round(least_active_cvar(s, cash, Budgets(0.75, held=("SPY",))), 6)
    0.02
    """
    task = task_of(scenarios, benchmark, budgets)
    floor = None if least_return is None else _floor(task, _expected(scenarios, None), least_return)
    tail = task.tail(relative=True, cap=None)
    found = solve_program(task.capped(active=False), Objective(tail=tail, floor=floor))
    weights = np.clip(found.weights, task.region.lower, task.region.upper)
    return tail.value(weights / float(weights.sum())) * task.scale


def position_risks(
    scenarios: Scenarios, portfolio: Portfolio, benchmark: Portfolio, *, confidence: float
) -> pd.DataFrame:
    """Return every active position with its CVaR by itself and what it adds to CVaR(TE).

    Index = assets; columns active_weight, alone (CVaR of the position held by itself), contribution (they
    add up to CVaR(TE)). A contribution is never more than the position's own CVaR.

    Raises
    ------
    ConfidenceError, AssetMismatchError
        As in `active_risk`.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.01, 0.0], [0.02, 0.0], [0.03, 0.0]]), ("SPY", "BND"), 252)
    >>> pf, bm = Portfolio("A", {"SPY": 0.8, "BND": 0.2}), Portfolio("BM", {"SPY": 0.6, "BND": 0.4})
    >>> position_risks(s, pf, bm, confidence=0.75).round(6).loc["SPY"].to_dict()
    {'active_weight': 0.2, 'alone': 0.004, 'contribution': 0.004}
    """
    found = active_risk(scenarios, portfolio, benchmark, "cvar", confidence=confidence)
    bets = found.table["active_weight"]
    # A position without weight has no CVaR; −0.0 would read as a gain.
    alone = [
        cvar(scenarios.select([str(a)]), Portfolio("alone", {str(a): float(w)}), confidence=confidence).value
        if w
        else 0.0
        for a, w in bets.items()
    ]
    return pd.DataFrame({"active_weight": bets, "alone": alone, "contribution": found.table["tracking"]})


def _floor(task: Task, expected: Floats, least_return: float) -> tuple[Floats, float]:
    """Return a floor on the mean in units of the largest one, refusing what no asset earns."""
    highest = float(expected[task.region.upper > 0.0].max())
    if least_return > highest:
        raise InfeasibleError(
            f"A mean of {in_percent(least_return)} per period is more than that of any asset; the highest is "
            f"{in_percent(highest)}.",
            highest=highest,
        )
    size = _size(expected)
    return expected / size, least_return / size


def _expected(scenarios: Scenarios, mean: pd.Series | None) -> Floats:
    if mean is None:
        return sample_mean(scenarios).to_numpy(dtype=np.float64)
    return Portfolio("mean", mean).aligned(scenarios.assets)


def _size(values: Floats) -> float:
    return float(np.abs(values).max()) or 1.0
