"""Equal risk contribution, CVaR parity and minimum CVaR against other libraries and cvxpy models, in one run.

Run with `OMP_NUM_THREADS=1 python benchmarks/bench_allocation.py [--peers] [--more] [--quick]`. "passes" are
products of the returns with a weight vector, the least any method needs. Errors are of the answer, worked
out the same way for all: the largest relative gap of a risk share for volatility; for minimum CVaR and CVaR
parity how far the objective is above the certified lower bound, relative to the CVaR.
"""

import argparse

import numpy as np
import peers
from timing import Rival, best, compare, cvar, head, returns_of

from riskcore.numerics.budgeting import solve_risk_budget_volatility
from riskcore.numerics.cvar_program import solve_cvar_parity, solve_minimum_cvar

CONFIDENCE = 0.95
MOST_CELLS_OF_ORACLE = 900_000  # cvxpy needs minutes beyond
MOST_CELLS_OF_PEERS = 1_000_000

EQUAL_RISK = (("t4", 2000, 20), ("t4", 2000, 100), ("t4", 2000, 500))
PARITY = (("t4", 8312, 20), ("t4", 8312, 100), ("t4", 50_000, 100))
MINIMUM = (("t4", 8312, 20), ("t4", 10_000, 100), ("t4", 100_000, 100))
MORE_EQUAL_RISK = (("t4", 2000, 5), ("sample", 2000, 50), ("t4", 1000, 500))
MORE = (("sample", 8312, 20), ("sample", 2500, 50), ("copies", 2500, 50), ("t4", 2500, 50), ("t4", 1000, 10))


def equal_risk(kind: str, rows: int, n: int, with_peers: bool, quick: bool) -> None:
    """Equal risk contribution; the covariance is made before the clock starts."""
    returns = returns_of(kind, rows, n)
    covariance, budgets = np.cov(returns.T), np.full(n, 1.0 / n)
    ours, found = best(lambda: solve_risk_budget_volatility(covariance, budgets), 20)

    def gap(weights: np.ndarray) -> float:
        part = weights * (covariance @ weights)
        return float(np.max(np.abs(n * part / part.sum() - 1.0)))

    rivals = peers.equal_risk(returns) if with_peers else []
    if not quick:
        import cvxpy as cp

        root = np.linalg.cholesky(covariance + 1e-14 * np.trace(covariance) * np.eye(n))
        x = cp.Variable(n)
        model = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(root.T @ x) - budgets @ cp.log(x)))

        def oracle() -> np.ndarray:
            model.solve(cp.CLARABEL)
            return x.value / x.value.sum()

        rivals.append(Rival("cvxpy", oracle))
    compare(
        "equal risk contribution",
        (f"n={n}", kind),
        (ours, gap(found.weights)),
        rivals,
        gap,
        100.0,
        close=1e-3,
    )


def minimum(kind: str, rows: int, n: int, with_peers: bool, quick: bool) -> None:
    """Minimum CVaR."""
    returns, p = returns_of(kind, rows, n), np.full(rows, 1.0 / rows)
    ours, found = best(lambda: solve_minimum_cvar(returns, p, CONFIDENCE))
    passes = ours / best(lambda: returns @ found.weights, 20)[0]
    bound = found.cvar - found.gap * float(found.tail_weights @ np.abs(returns @ found.weights))

    def above(weights: np.ndarray) -> float:
        held = np.maximum(weights, 0.0) / np.maximum(weights, 0.0).sum()
        return cvar(-(returns @ held), CONFIDENCE) / bound - 1.0

    rivals = peers.minimum_cvar(returns) if with_peers and rows * n <= MOST_CELLS_OF_PEERS else []
    rivals += [] if quick else oracles(returns, parity=False)
    target = {(8312, 20): 20.0, (10_000, 100): 40.0}.get((rows, n))
    error = max(above(found.weights), found.gap)
    compare(
        f"minimum CVaR ({passes:.0f} passes)", (f"{rows}×{n}", kind), (ours, error), rivals, above, target
    )


def parity(kind: str, rows: int, n: int, with_peers: bool, quick: bool) -> None:
    """Equal contributions to CVaR: log CVaR(w) − Σ log(w_i) / n, least at parity, on all rows."""
    returns, p, budgets = returns_of(kind, rows, n), np.full(rows, 1.0 / rows), np.full(n, 1.0 / n)
    ours, found = best(lambda: solve_cvar_parity(returns, p, CONFIDENCE, budgets))
    passes = ours / best(lambda: returns @ found.weights, 20)[0]

    def objective(weights: np.ndarray) -> float:
        return float(np.log(cvar(-(returns @ weights), CONFIDENCE)) - np.log(weights).mean())

    def above(weights: np.ndarray) -> float:
        return objective(weights) - objective(found.weights)

    rivals = peers.parity(returns) if with_peers and rows * n <= MOST_CELLS_OF_PEERS else []
    rivals += [] if quick else oracles(returns, parity=True)
    target = {(8312, 20): 50.0, (8312, 100): 200.0}.get((rows, n))
    error = max(found.residual, found.gap)
    compare(f"CVaR parity ({passes:.0f} passes)", (f"{rows}×{n}", kind), (ours, error), rivals, above, target)


def oracles(returns: np.ndarray, *, parity: bool) -> list[Rival]:
    """Return the cvxpy model of the problem, where it is small enough."""
    rows, n = returns.shape
    if returns.size > MOST_CELLS_OF_ORACLE:
        return []
    import cvxpy as cp

    x, t = cp.Variable(n, nonneg=True), cp.Variable()
    risk = t + cp.sum(cp.pos(-100 * returns @ x - t)) / (rows * (1 - CONFIDENCE))
    if parity:
        model = cp.Problem(cp.Minimize(risk - cp.sum(cp.log(x)) / n))
    else:
        model = cp.Problem(cp.Minimize(risk), [cp.sum(x) == 1])

    def oracle() -> np.ndarray:
        model.solve(cp.CLARABEL)
        return x.value / x.value.sum()

    return [Rival("cvxpy", oracle)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the cvxpy models")
    parser.add_argument("--peers", action="store_true", help="against the peers that are installed")
    parser.add_argument("--more", action="store_true", help="other sizes, resampled days, duplicated columns")
    parser.add_argument("--only", choices=("equal-risk", "parity", "minimum"), help="one of the tasks")
    asked = parser.parse_args()
    if asked.peers:
        print("peers:", ", ".join(peers.installed()) or "none are installed")
    head("risk share gap; objective above the bound or, for parity's peers, above ours")
    settings = asked.peers, asked.quick
    more = MORE if asked.more else ()
    for name, bench, cases in (
        ("equal-risk", equal_risk, EQUAL_RISK + (MORE_EQUAL_RISK if asked.more else ())),
        ("parity", parity, PARITY + more),
        ("minimum", minimum, MINIMUM + more),
    ):
        for case in cases if asked.only in (None, name) else ():
            bench(*case, *settings)


if __name__ == "__main__":
    main()
