"""What the benchmarks share: a clock, data of several kinds, and the table of ratios.

Times are processor time of this process, the best of several runs, so that a busy machine counts less; BLAS
should have one thread (`OMP_NUM_THREADS=1`), or its threads are counted as well.
"""

from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import numpy as np
from cvxpy.error import SolverError

__all__ = ["KINDS", "Rival", "best", "compare", "cvar", "fat_tailed", "head", "returns_of"]

PATIENCE = 2.0
"""Seconds after which a slow call is not repeated."""
BROKEN = (ArithmeticError, AttributeError, LookupError, RuntimeError, SolverError, TypeError, ValueError)
"""What peers raise where they have no answer."""


class Rival(NamedTuple):
    """A peer: its name, and the call that is timed."""

    name: str
    run: Callable[[], object]


def best(run: Callable[[], object], times: int = 5) -> tuple[float, object]:
    """Return the shortest time in milliseconds, and the last result."""
    shortest, spent, result = np.inf, 0.0, None
    for _ in range(times):
        began = process_time()
        result = run()
        taken = process_time() - began
        shortest, spent = min(shortest, taken), spent + taken
        if spent > PATIENCE:
            break
    return 1e3 * shortest, result


def fat_tailed(rows: int, n: int, seed: int = 0) -> np.ndarray:
    """Return one-factor Student t returns with 4 degrees of freedom, about 1 to 3 % a day."""
    rng = np.random.default_rng(seed)
    beta = rng.uniform(0.3, 1.5, n)
    own = rng.standard_t(4, (rows, n)) * rng.uniform(0.3, 1.5, n)
    return 0.007 * (own + rng.standard_t(4, (rows, 1)) * beta) + 0.0003


def _resampled(rows: int, n: int) -> np.ndarray:
    """Return days of the bundled history drawn with replacement; assets beyond it are noisy copies."""
    from riskcore.data.sample import load_sample

    prices = load_sample("global")
    days = prices.scenarios(list(prices.default_assets)).returns
    rng = np.random.default_rng(1)
    days = days[rng.integers(0, len(days), rows)]
    columns = rng.permutation(np.arange(n) % days.shape[1])
    noise = rng.standard_normal((rows, n)) * 0.3 * days.std(axis=0)[columns]
    return days[:, columns] + (noise if n > days.shape[1] else 0.0)


def _duplicated(rows: int, n: int) -> np.ndarray:
    """Return fat-tailed returns whose last tenth of columns, at least one, repeats the first ones."""
    returns, copies = fat_tailed(rows, n), max(1, n // 10)
    returns[:, -copies:] = returns[:, :copies]
    return returns


KINDS: dict[str, Callable[[int, int], np.ndarray]] = {
    "t4": fat_tailed,
    "sample": _resampled,
    "copies": _duplicated,
}
"""Returns by kind: simulated fat tails, days of the sample drawn again, duplicated columns."""


def returns_of(kind: str, rows: int, n: int) -> np.ndarray:
    """Return rows × n returns of a kind."""
    return KINDS[kind](rows, n)


def cvar(losses: np.ndarray, confidence: float) -> float:
    """Return the CVaR of equally likely losses, its own code: a sort and the fraction at the boundary."""
    tail = losses.size * (1 - confidence)
    whole = int(tail + 1e-9)
    worst = np.sort(losses)[::-1]
    return float((worst[:whole].sum() + (tail - whole) * worst[min(whole, losses.size - 1)]) / tail)


def head(accuracy: str) -> None:
    """Print the column names; `accuracy` says what both are judged by."""
    print(
        f"{'task':26} {'size':>12} {'data':>7} {'ours ms':>9} {'error':>8}   {'peer':15} {'ms':>9} "
        f"{'error':>8} {'ratio':>7}  target"
    )
    print(f"errors: {accuracy}")


def compare(
    task: str,
    size: tuple[str, str],
    ours: tuple[float, float],
    rivals: list[Rival],
    judge: Callable[[object], float],
    target: float | None = None,
    close: float = 1e-6,
) -> None:
    """Time the rivals and print one line for each: the fastest peer that is close first, cvxpy models last.

    Parameters
    ----------
    size
        Rows × columns in words, and the kind of data.
    ours
        Milliseconds and error.
    judge
        The error of what a rival returned, by the same measure as ours.
    target
        The ratio aimed at, against the fastest peer whose error is at most `close`; faster ones that are less
        exact are shown, and said to be.
    """
    found = []
    for rival in rivals:
        try:
            time, answer = best(rival.run, 3)
            error = judge(answer)
            found.append((rival.name.startswith("cvxpy"), not error <= close, time, rival.name, error))
        except BROKEN as error:
            print(f"  {rival.name} has no answer: {type(error).__name__}: {str(error).splitlines()[:1]}")
    line = f"{task:26} {size[0]:>12} {size[1]:>7} {ours[0]:9.3f} {ours[1]:8.0e}"
    if not found:
        print(line, flush=True)
    for place, (_, inexact, time, name, error) in enumerate(sorted(found)):
        ratio = time / ours[0]
        mark = "  inexact" if inexact else ""
        if place == 0 and not inexact and target is not None and not name.startswith("cvxpy"):
            mark = f"  ≥ {target:g}: {'met' if ratio >= target else 'MISSED'}"
        begin = line if place == 0 else " " * len(line)
        print(f"{begin}   {name:15} {time:9.1f} {error:8.0e} {ratio:6.0f}×{mark}", flush=True)
