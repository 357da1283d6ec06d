"""Time and accuracy of the allocators against cvxpy models, peers where installed, and one pass over memory.

Run with `OMP_NUM_THREADS=1 python benchmarks/bench_allocation.py [--peers] [--quick]`. Every row is the best
of a few runs in this process. "pass" is the time of one product of the returns with a weight vector, the
least any method needs; errors are relative: the certificate for parity, the duality gap for minimum CVaR.
"""

import argparse
import importlib.util
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy as np

from riskcore.numerics.budgeting import solve_risk_budget_volatility
from riskcore.numerics.cvar_program import solve_cvar_parity, solve_minimum_cvar

CONFIDENCE = 0.95
MOST_CELLS_OF_ORACLE = 900_000  # cvxpy needs minutes beyond


class Row(NamedTuple):
    """One line of the table; times in milliseconds, NaN where not run."""

    task: str
    size: str
    ours: float
    error: float
    steps: int
    memory_pass: float
    oracle: float
    difference: float


def best(run: Callable[[], object], times: int = 5) -> tuple[float, object]:
    """Return the shortest time in milliseconds, and the last result."""
    shortest, result = np.inf, None
    for _ in range(times):
        began = perf_counter()
        result = run()
        shortest = min(shortest, 1e3 * (perf_counter() - began))
    return shortest, result


def fat_tailed(rows: int, n: int, seed: int = 0) -> np.ndarray:
    """Return one-factor Student t returns with 4 degrees of freedom, about 1 to 3 % a day."""
    rng = np.random.default_rng(seed)
    beta = rng.uniform(0.3, 1.5, n)
    own = rng.standard_t(4, (rows, n)) * rng.uniform(0.3, 1.5, n)
    return 0.007 * (own + rng.standard_t(4, (rows, 1)) * beta) + 0.0003


def bench_equal_risk(n: int, oracle: bool) -> Row:
    """Equal risk contribution on a covariance."""
    covariance, budgets = np.cov(fat_tailed(1000, n).T), np.full(n, 1.0 / n)
    ours, found = best(lambda: solve_risk_budget_volatility(covariance, budgets), 20)
    touch, _ = best(lambda: covariance @ budgets, 20)
    time, difference = np.nan, np.nan
    if oracle:
        import cvxpy as cp

        root = np.linalg.cholesky(covariance)
        x = cp.Variable(n)
        model = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(root.T @ x) - budgets @ cp.log(x)))
        time, _ = best(lambda: model.solve(cp.CLARABEL), 1)
        difference = float(np.abs(x.value / x.value.sum() - found.weights).max())
    return Row("equal risk (vol.)", f"n={n}", ours, found.residual, found.iterations, touch, time, difference)


def bench_cvar(rows: int, n: int, parity: bool, oracle: bool) -> Row:
    """CVaR parity or minimum CVaR on scenarios of equal probability."""
    returns, p, budgets = fat_tailed(rows, n), np.full(rows, 1.0 / rows), np.full(n, 1.0 / n)
    if parity:
        ours, found = best(lambda: solve_cvar_parity(returns, p, CONFIDENCE, budgets))
    else:
        ours, found = best(lambda: solve_minimum_cvar(returns, p, CONFIDENCE))
    touch, _ = best(lambda: returns @ found.weights)
    time, difference = np.nan, np.nan
    if oracle and rows * n <= MOST_CELLS_OF_ORACLE:
        time, difference = _cvar_oracle(returns, found, parity)
    name = "CVaR parity" if parity else "minimum CVaR"
    return Row(name, f"{rows}×{n}", ours, found.residual, found.iterations, touch, time, difference)


def _cvar_oracle(returns: np.ndarray, found: object, parity: bool) -> tuple[float, float]:
    import cvxpy as cp

    rows, n = returns.shape
    x, t = cp.Variable(n, nonneg=True), cp.Variable()
    risk = t + cp.sum(cp.pos(-100 * returns @ x - t)) / (rows * (1 - CONFIDENCE))
    if parity:
        model = cp.Problem(cp.Minimize(risk - cp.sum(cp.log(x)) / n))
    else:
        model = cp.Problem(cp.Minimize(risk), [cp.sum(x) == 1])
    time, _ = best(lambda: model.solve(cp.CLARABEL), 1)
    if parity:
        return time, float(np.abs(x.value / x.value.sum() - found.weights).max())
    return time, abs(float(model.value) / (100 * found.cvar) - 1)


def bench_peers(rows: int, n: int) -> None:
    """Time the peers that are installed on the same data; they belong to the bench extra."""
    returns = fat_tailed(rows, n)
    if importlib.util.find_spec("skfolio") is None:
        print("skfolio is not installed: no peers.")
        return
    import pandas as pd
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, RiskBudgeting

    frame = pd.DataFrame(returns, columns=[f"A{i}" for i in range(n)])
    for name, model in (
        ("CVaR parity", RiskBudgeting(risk_measure=RiskMeasure.CVAR)),
        ("minimum CVaR", MeanRisk(risk_measure=RiskMeasure.CVAR)),
        ("equal risk (vol.)", RiskBudgeting(risk_measure=RiskMeasure.VARIANCE)),
    ):
        time, _ = best(lambda model=model: model.fit(frame), 1)
        print(f"skfolio {name:18} {rows}×{n:<6} {time:10.1f} ms")


def show(row: Row) -> None:
    """Print one line of the table."""
    ratio = f"{row.oracle / row.ours:7.0f}×" if np.isfinite(row.oracle) else f"{'–':>8}"
    oracle = f"{row.oracle:10.1f}" if np.isfinite(row.oracle) else f"{'–':>10}"
    apart = f"{row.difference:9.1e}" if np.isfinite(row.difference) else f"{'–':>9}"
    print(
        f"{row.task:18} {row.size:>12} {row.ours:10.3f} {row.ours / row.memory_pass:8.1f} "
        f"{row.error:9.1e} {row.steps:6d} {oracle} {ratio} {apart}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the cvxpy models")
    parser.add_argument("--peers", action="store_true", help="also time peers that are installed")
    asked = parser.parse_args()
    oracle = not asked.quick
    print(
        f"{'task':18} {'size':>12} {'ours ms':>10} {'passes':>8} {'error':>9} {'steps':>6} "
        f"{'cvxpy ms':>10} {'ratio':>8} {'apart':>9}"
    )
    for n in (20, 100, 500):
        show(bench_equal_risk(n, oracle))
    for rows, n in ((8312, 20), (8312, 100), (50_000, 100)):
        show(bench_cvar(rows, n, True, oracle))
    for rows, n in ((8312, 20), (10_000, 100), (100_000, 100)):
        show(bench_cvar(rows, n, False, oracle and n == 20))
    if asked.peers:
        bench_peers(8312, 20)


if __name__ == "__main__":
    main()
