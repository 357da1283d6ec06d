"""Time and accuracy of frontiers, HRP and the other allocators without scenarios in their hot path.

Run with `OMP_NUM_THREADS=1 python benchmarks/bench_frontiers.py [--peers] [--quick]`. Every row is the best
of a few runs in this process; "certificate" is the residual the solver reports, "oracle" a cvxpy model
(CLARABEL) or a plain implementation of the same rule, run once, and "diff." how far the two are apart,
relative.
"""

import argparse
import importlib.util
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy as np
from bench_allocation import best, fat_tailed

from riskcore.allocation.gaussian_cvar_parity import normal_tail_factor
from riskcore.numerics.clustering import solve_hierarchical
from riskcore.numerics.critical_line import (
    solve_critical_line,
    solve_maximum_ratio,
    solve_minimum_variance,
    weights_at_means,
)
from riskcore.numerics.cvar_frontier import solve_cvar_frontier, solve_maximum_mean
from riskcore.numerics.gaussian_parity import solve_gaussian_parity

CONFIDENCE = 0.95


class Row(NamedTuple):
    """One line of the table; times in milliseconds, NaN where not run."""

    task: str
    size: str
    ours: float
    certificate: float
    oracle: float
    difference: float


def once(run: Callable[[], object]) -> float:
    """Return the time of one run in milliseconds."""
    began = perf_counter()
    run()
    return 1e3 * (perf_counter() - began)


def moments(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of 2,000 fat-tailed rows."""
    returns = fat_tailed(2000, n)
    return returns.mean(axis=0), np.cov(returns.T)


def bench_mean_variance(n: int, oracle: bool, cap: float = 1.0) -> Row:
    """50 points of the mean–variance frontier and the largest Sharpe ratio; the oracle does 50 points."""
    mean, covariance = moments(n)
    lower, upper = np.zeros(n), np.full(n, cap)

    def both() -> tuple[float, np.ndarray, np.ndarray]:
        line = solve_critical_line(covariance, mean, lower, upper)
        targets = np.linspace(line.means[-1], line.means[0], 50)
        solve_maximum_ratio(line, mean)
        return line.residual, targets, weights_at_means(line, targets)[1]

    ours, (certificate, targets, variances) = best(both, 10)
    time, difference = np.nan, np.nan
    if oracle:
        import cvxpy as cp

        w, target = cp.Variable(n), cp.Parameter()
        unit, size = np.diag(covariance).mean(), np.ptp(mean)
        root = np.linalg.cholesky(covariance / unit).T
        model = cp.Problem(
            cp.Minimize(cp.sum_squares(root @ w)),
            [cp.sum(w) == 1, w >= lower, w <= upper, (mean / size) @ w >= target],
        )

        def solve_all() -> list[float]:
            found = []
            for value in targets:
                target.value = value / size * (1 - 1e-12)
                model.solve(cp.CLARABEL)
                found.append(model.value * unit)
            return found

        began = perf_counter()
        other = np.array(solve_all())
        time = 1e3 * (perf_counter() - began)
        difference = float(np.max(np.abs(variances / other - 1)))
    name = "frontier (50) + Sharpe" + ("" if cap >= 1 else f", cap {cap:.3g}")
    return Row(name, f"n={n}", ours, certificate, time, difference)


def bench_hierarchical(n: int) -> Row:
    """HRP against a plain recursion on the same leaves."""
    _, covariance = moments(n)
    ours, found = best(lambda: solve_hierarchical(covariance), 10)

    def variance(items: list[int]) -> float:
        block = covariance[np.ix_(items, items)]
        inside = 1 / np.diag(block)
        inside /= inside.sum()
        return float(inside @ block @ inside)

    weights = np.ones(n)

    def split(items: list[int]) -> None:
        if len(items) > 1:
            left, right = items[: len(items) // 2], items[len(items) // 2 :]
            one, two = variance(left), variance(right)
            weights[left] *= two / (one + two)
            weights[right] *= one / (one + two)
            split(left)
            split(right)

    time = once(lambda: split(list(found.order)))
    difference = float(np.max(np.abs(weights / found.weights - 1)))
    return Row("HRP (oracle: split only)", f"n={n}", ours, 0.0, time, difference)


def bench_diversification(n: int) -> Row:
    """Maximum diversification: the minimum variance of the correlation matrix."""
    _, covariance = moments(n)
    scale = 1 / np.sqrt(np.diag(covariance))
    correlation = covariance * np.outer(scale, scale)
    ours, line = best(lambda: solve_minimum_variance(correlation, np.zeros(n), np.ones(n)), 10)
    return Row("maximum diversification", f"n={n}", ours, line.residual, np.nan, np.nan)


def bench_gaussian(n: int) -> Row:
    """Gaussian CVaR parity."""
    mean, covariance = moments(n)
    gamma, budgets = normal_tail_factor(CONFIDENCE), np.full(n, 1 / n)
    ours, found = best(lambda: solve_gaussian_parity(mean, covariance, gamma, budgets), 10)
    return Row("Gaussian CVaR parity", f"n={n}", ours, found.residual, np.nan, np.nan)


def bench_mean_cvar(rows: int, n: int, oracle: bool) -> list[Row]:
    """20 points of the mean–CVaR frontier, and the highest mean under a cap halfway."""
    returns, p = fat_tailed(rows, n), np.full(rows, 1 / rows)
    ours, found = best(lambda: solve_cvar_frontier(returns, p, CONFIDENCE, 20), 3)
    cap = 0.5 * (found.cvars[0] + found.cvars[-1])
    capped, (answer, _) = best(lambda: solve_maximum_mean(returns, p, CONFIDENCE, cap), 3)
    time, difference = np.nan, np.nan
    if oracle:
        import cvxpy as cp

        w, t = cp.Variable(n, nonneg=True), cp.Variable()
        target, mean = cp.Parameter(), returns.mean(axis=0)
        risk = t + cp.sum(cp.pos(-100 * returns @ w - t)) / (rows * (1 - CONFIDENCE))
        model = cp.Problem(cp.Minimize(risk), [cp.sum(w) == 1, (1e4 * mean) @ w >= target])
        errors = []
        began = perf_counter()
        for value, ours_there in zip(found.means, found.cvars, strict=True):
            target.value = 1e4 * value * (1 - 1e-12)
            model.solve(cp.CLARABEL)
            errors.append(abs(100 * ours_there / model.value - 1))
        time, difference = 1e3 * (perf_counter() - began), max(errors)
    size = f"{rows}×{n}"
    return [
        Row("mean–CVaR frontier (20)", size, ours, found.residual, time, difference),
        Row("highest mean, CVaR cap", size, capped, answer.gap, np.nan, np.nan),
    ]


def bench_peers(n: int, rows: int) -> None:
    """Time the peers that are installed on the same data; they belong to the bench extra."""
    if importlib.util.find_spec("skfolio") is None:
        print("skfolio is not installed: no peers.")
        return
    import pandas as pd
    from skfolio import RiskMeasure
    from skfolio.optimization import (
        HierarchicalRiskParity,
        MaximumDiversification,
        MeanRisk,
        ObjectiveFunction,
    )

    frame = pd.DataFrame(fat_tailed(rows, n), columns=[f"A{i}" for i in range(n)])
    for name, model in (
        ("frontier (50)", MeanRisk(efficient_frontier_size=50)),
        ("maximum Sharpe", MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_RATIO)),
        ("mean–CVaR frontier (20)", MeanRisk(risk_measure=RiskMeasure.CVAR, efficient_frontier_size=20)),
        ("HRP", HierarchicalRiskParity()),
        ("maximum diversification", MaximumDiversification()),
    ):
        print(f"skfolio {name:24} {rows}×{n:<6} {once(lambda model=model: model.fit(frame)):10.1f} ms")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="time the peers that are installed")
    parser.add_argument("--quick", action="store_true", help="small sizes, no oracles")
    arguments = parser.parse_args()
    sizes = (20, 100) if arguments.quick else (20, 100, 500)
    table = [bench_mean_variance(n, not arguments.quick and n <= 100) for n in sizes]
    table += [bench_mean_variance(n, False, cap=4 / n) for n in sizes]
    table += [bench_hierarchical(n) for n in sizes]
    table += [bench_diversification(n) for n in sizes]
    table += [bench_gaussian(n) for n in sizes]
    table += bench_mean_cvar(8312, 20, not arguments.quick)
    if not arguments.quick:
        table += bench_mean_cvar(10_000, 100, False)
    print(
        f"{'task':32} {'size':>10} {'ours ms':>9} {'certificate':>12} {'oracle ms':>10} "
        f"{'ratio':>7} {'diff.':>9}"
    )
    for row in table:
        ratio = row.oracle / row.ours
        print(
            f"{row.task:32} {row.size:>10} {row.ours:9.2f} {row.certificate:12.1e} {row.oracle:10.1f} "
            f"{ratio:7.0f} {row.difference:9.1e}"
        )
    if arguments.peers:
        bench_peers(20, 8312)


if __name__ == "__main__":
    main()
