"""Entropy pooling in passes of exp, and against fortitudo.tech and skfolio where they are installed.

Run `OMP_NUM_THREADS=1 python benchmarks/bench_pooling.py`. One pass is exp over S × 10 numbers; the target
for ten views is 20 at 100,000 scenarios. The peers are no part of the project's environments: install them
beside it to compare (`pip install fortitudo.tech skfolio`), otherwise their lines are left out.

With fortitudo.tech comes its simulation of ten asset classes, on which Vorobets (2021), Sequential entropy
pooling heuristics, prints the posterior of the original method (Table 4): relative entropy 34.36 %, and
exp of minus that, 70.92 %.
"""

import importlib
import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from riskcore.numerics.pooling import pool
from riskcore.numerics.pooling_cvar import CvarGoal, pool_cvar

SIZES = (10_000, 100_000)
VIEWS = 10
MOST_PASSES = 20.0
LEAST_GAIN = 10.0
PUBLISHED = (0.3436, 0.7092)


def peer(module: str, name: str) -> object | None:
    """Return an attribute of a library that may not be there."""
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        return None


def shortest(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Return the shortest processor time of each call in milliseconds, taking turns."""
    best = [np.inf] * len(calls)
    for _ in range(repeats):
        for place, call in enumerate(calls):
            start = time.process_time()
            call()
            best[place] = min(best[place], time.process_time() - start)
    return [1e3 * value for value in best]


def market(count: int) -> np.ndarray:
    """Return fat-tailed returns with a common factor, count × 10."""
    rng = np.random.default_rng(0)
    returns = rng.standard_t(4, (count, VIEWS)) * 0.01
    return returns + 0.5 * returns[:, :1]


def linear(count: int) -> None:
    """Print ten mean views: passes of exp, and the peer in the same run."""
    returns = market(count)
    rows, p = np.ascontiguousarray(returns.T), np.full(count, 1 / count)
    signs = np.sign(np.random.default_rng(1).normal(size=VIEWS))
    targets = rows @ p + 0.1 * rows.std(axis=1) * signs
    calls: list[Callable[[], object]] = [lambda: np.exp(returns), lambda: pool(p, rows, targets)]
    other = peer("fortitudo.tech", "entropy_pooling")
    if callable(other):
        a, b = np.vstack([np.ones(count), rows]), np.append(1.0, targets)[:, None]
        calls.append(lambda: other(p[:, None], a, b))
    times = shortest(15, *calls)
    mark = ("within" if times[1] <= MOST_PASSES * times[0] else "OVER") + f" {MOST_PASSES:.0f}"
    residual = pool(p, rows, targets).residual
    print(f"{count:>7} × {VIEWS} views: one pass {times[0]:.3f} ms, pool {times[1]:.2f} ms = "
          f"{times[1] / times[0]:.1f} passes, {mark}; residual {residual:.0e}")  # fmt: skip
    if callable(other):
        reached = other(p[:, None], a, b).ravel()
        miss = np.abs((rows @ reached - targets) / rows.std(axis=1)).max()
        print(f"{'':>20} fortitudo.tech {times[2]:.2f} ms, residual {miss:.0e}: × {times[2] / times[1]:.2f}")


def tail(count: int) -> None:
    """Print one CVaR view raised and one lowered, and the peer in the same run."""
    returns = market(count)
    losses, p = -returns[:, 0], np.full(count, 1 / count)
    before = CvarGoal(losses, 0.95, 0.0).reached(p)
    for factor in (1.5, 0.9):
        goal = CvarGoal(losses, 0.95, factor * before)
        calls: list[Callable[[], object]] = [lambda goal=goal: pool_cvar(p, [goal])]
        other = peer("skfolio.prior", "EntropyPooling")
        if callable(other):
            table = pd.DataFrame(returns[:, :2], columns=["X", "Y"])
            model = other(cvar_views=[f"X == {factor * before:.12f}"], cvar_beta=0.95)
            calls.append(lambda model=model, table=table: model.fit(table))
        times = shortest(5, *calls)
        line = f"{count:>7} CVaR × {factor}: {times[0]:.2f} ms"
        if len(times) > 1:
            gain = times[1] / times[0]
            line += (
                f", skfolio {times[1]:.1f} ms: × {gain:.0f}, {'met' if gain >= LEAST_GAIN else 'BELOW 10'}"
            )
        print(line)


def published() -> None:
    """Print the example of Vorobets (2021) beside what he prints, where his data is installed."""
    load = peer("fortitudo.tech", "load_pnl")
    if not callable(load):
        print("the published example needs fortitudo.tech and its data")
        return
    r = load().to_numpy()
    mean, spread = r.mean(axis=0), r.std(axis=0)
    away = r - mean
    rows = [*r[:, 2:7].T, *(away[:, 2:5] ** 2).T, away[:, 2] * away[:, 3], away[:, 5] ** 2]
    rows += [(away[:, 4] / spread[4]) ** 3, -((away[:, 4] / spread[4]) ** 4)]
    targets = [*mean[2:6], 0.1, *spread[2:5] ** 2, 0.5 * spread[2] * spread[3], 0.04, -0.75, -3.5]
    at_most = np.array([False] * 9 + [True] * 3)
    found = pool(np.full(len(r), 1 / len(r)), np.array(rows), np.array(targets), at_most)
    entropy = found.relative_entropy
    print(f"Vorobets (2021), Table 4: relative entropy {entropy:.4f} and share {np.exp(-entropy):.4f}, "
          f"printed {PUBLISHED[0]} and {PUBLISHED[1]}")  # fmt: skip


def main() -> None:
    """Print everything."""
    for count in SIZES:
        linear(count)
    for count in SIZES:
        tail(count)
    published()


if __name__ == "__main__":
    main()
