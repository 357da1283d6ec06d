"""Frontiers, maximum Sharpe ratio, HRP and others without many scenarios, against other libraries in one run.

Run with `OMP_NUM_THREADS=1 python benchmarks/bench_frontiers.py [--peers] [--more] [--quick]`. Errors are of
the answer, worked out the same way for all: how far a point is above the frontier at its own mean, relative
to its risk (largest over the points); how far a Sharpe ratio is below the best one, relative; for HRP the
largest difference of a weight from ours, which follows the paper and so does not judge other conventions.
"""

import argparse

import numpy as np
import peers
from timing import Rival, best, compare, cvar, head, returns_of

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
from riskcore.numerics.pivoting import exchanged_tangency

CONFIDENCE = 0.95
MOMENT_SIZES = (("t4", 2000, 20), ("t4", 2000, 100), ("t4", 2000, 500))
MORE_MOMENTS = (("sample", 2000, 20), ("sample", 2000, 50), ("t4", 2000, 200))
TAIL_SIZES = (("t4", 8312, 20), ("t4", 10_000, 100))
MORE_TAILS = (("sample", 8312, 20), ("sample", 2500, 50), ("copies", 2500, 50))
MOST_ASSETS_OF_ORACLE = 100


def mean_variance(kind: str, rows: int, n: int, with_peers: bool, quick: bool) -> None:
    """50 points of the mean–variance frontier, and the largest Sharpe ratio."""
    returns = returns_of(kind, rows, n)
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    lower, upper, size = np.zeros(n), np.ones(n), (f"n={n}", kind)

    def points() -> np.ndarray:
        line = solve_critical_line(covariance, mean, lower, upper)
        return weights_at_means(line, np.linspace(line.means[-1], line.means[0], 50))[0]

    line = solve_critical_line(covariance, mean, lower, upper)

    def above(weights: np.ndarray) -> float:
        variance = np.einsum("ki,ij,kj->k", weights, covariance, weights)
        return float(np.max(variance / weights_at_means(line, weights @ mean)[1])) - 1.0

    ours, weights = best(points, 20)
    rivals = peers.frontier(returns, "variance", 50) if with_peers else []
    if not quick and n <= MOST_ASSETS_OF_ORACLE:
        rivals.append(
            Rival("cvxpy", lambda: frontier_oracle(mean, covariance, (line.means[-1], line.means[0])))
        )
    compare(
        "mean–variance frontier (50)",
        size,
        (ours, max(above(weights), line.residual)),
        rivals,
        above,
        15.0,
        close=1e-4,
    )

    def along() -> np.ndarray:
        return solve_maximum_ratio(solve_critical_line(covariance, mean, lower, upper), mean)

    def sharpe() -> np.ndarray:
        found = exchanged_tangency(covariance, mean)
        return along() if found is None else found

    def ratio(w: np.ndarray) -> float:
        return float(w @ mean) / np.sqrt(w @ covariance @ w)

    ours, weights = best(sharpe, 20)
    most = ratio(along())

    def below(w: np.ndarray) -> float:
        return 1.0 - ratio(w) / most

    rivals = peers.maximum_sharpe(returns) if with_peers else []
    compare("maximum Sharpe", size, (ours, max(below(weights), 0.0)), rivals, below, 15.0, close=1e-4)


def frontier_oracle(mean: np.ndarray, covariance: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Solve 50 points by a cvxpy model compiled once."""
    import cvxpy as cp

    n, unit, size = mean.size, np.diag(covariance).mean(), np.ptp(mean)
    w, target = cp.Variable(n), cp.Parameter()
    root = np.linalg.cholesky(covariance / unit + 1e-12 * np.eye(n)).T
    limits = [cp.sum(w) == 1, w >= 0, (mean / size) @ w >= target]
    model = cp.Problem(cp.Minimize(cp.sum_squares(root @ w)), limits)
    found = []
    for value in np.linspace(*ends, 50):
        target.value = value / size * (1 - 1e-12)
        model.solve(cp.CLARABEL)
        found.append(np.maximum(w.value, 0.0) / np.maximum(w.value, 0.0).sum())
    return np.array(found)


def hierarchical(kind: str, rows: int, n: int, with_peers: bool) -> None:
    """HRP; ours with the covariance, as the peers' time has theirs."""
    returns = returns_of(kind, rows, n)
    ours, found = best(lambda: solve_hierarchical(np.cov(returns.T)), 10)
    covariance = np.cov(returns.T)
    alone = best(lambda: solve_hierarchical(covariance), 20)[0]
    rivals = peers.hierarchical(returns) if with_peers else []

    def apart(weights: np.ndarray) -> float:
        return float(np.max(np.abs(weights - found.weights)))

    compare(f"HRP ({alone:.2f} without Σ)", (f"n={n}", kind), (ours, 0.0), rivals, apart, 50.0, close=1.0)


def others(kind: str, rows: int, n: int) -> None:
    """Maximum diversification and Gaussian CVaR parity: our times only."""
    returns, size = returns_of(kind, rows, n), (f"n={n}", kind)
    mean, covariance = returns.mean(axis=0), np.cov(returns.T)
    scale = 1 / np.sqrt(np.diag(covariance))
    correlation = covariance * np.outer(scale, scale)
    ours, line = best(lambda: solve_minimum_variance(correlation, np.zeros(n), np.ones(n)), 10)
    compare("maximum diversification", size, (ours, line.residual), [], float)
    gamma, budgets = normal_tail_factor(CONFIDENCE), np.full(n, 1 / n)
    ours, found = best(lambda: solve_gaussian_parity(mean, covariance, gamma, budgets), 10)
    compare("Gaussian CVaR parity", size, (ours, found.residual), [], float)


def mean_cvar(kind: str, rows: int, n: int, with_peers: bool) -> None:
    """20 points of the mean–CVaR frontier, and the highest mean under a cap halfway."""
    returns, p, size = returns_of(kind, rows, n), np.full(rows, 1 / rows), (f"{rows}×{n}", kind)
    ours, found = best(lambda: solve_cvar_frontier(returns, p, CONFIDENCE, 20), 5)
    fine = solve_cvar_frontier(returns, p, CONFIDENCE, 200)

    def above(weights: np.ndarray) -> float:
        held = np.maximum(weights, 0.0) / np.maximum(weights, 0.0).sum(axis=1, keepdims=True)
        risks = np.array([cvar(-(returns @ w), CONFIDENCE) for w in held])
        # Between 200 exact points the frontier lies a little below the chord: an answer may be below it.
        return float(np.max(risks / np.interp(held @ returns.mean(axis=0), fine.means, fine.cvars))) - 1.0

    rivals = peers.frontier(returns, "cvar", 20) if with_peers else []
    compare("mean–CVaR frontier (20)", size, (ours, found.residual), rivals, above, 40.0, close=1e-4)
    cap = 0.5 * (found.cvars[0] + found.cvars[-1])
    capped, (answer, _) = best(lambda: solve_maximum_mean(returns, p, CONFIDENCE, cap), 3)
    compare("highest mean, CVaR cap", size, (capped, answer.gap), [], float)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="against the peers that are installed")
    parser.add_argument("--quick", action="store_true", help="without the cvxpy models")
    parser.add_argument("--more", action="store_true", help="other sizes, resampled days, duplicated columns")
    asked = parser.parse_args()
    if asked.peers:
        print("peers:", ", ".join(peers.installed()) or "none are installed")
    head("risk above the frontier; Sharpe ratio below the best; weight apart from ours (HRP)")
    sizes = MOMENT_SIZES + (MORE_MOMENTS if asked.more else ())
    for case in sizes:
        mean_variance(*case, asked.peers, asked.quick)
    for case in sizes:
        hierarchical(*case, asked.peers)
    for case in MOMENT_SIZES:
        others(*case)
    for case in TAIL_SIZES + (MORE_TAILS if asked.more else ()):
        mean_cvar(*case, asked.peers)


if __name__ == "__main__":
    main()
