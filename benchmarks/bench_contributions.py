"""Contributions in memory passes of the returns matrix: one pass = reading it once in R @ w.

Run `OMP_NUM_THREADS=1 python benchmarks/bench_contributions.py`; the target for CVaR at 10,000 × 100 is 6.
"kernel" is the losses, the tail weights and the marginals on arrays; "labelled" adds matching the labels and
building the result, a cost that does not grow with the scenarios.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

from riskcore.contributions import risk_contributions
from riskcore.numerics.tail import tail_weights
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

SIZES = ((8_312, 20), (10_000, 100), (100_000, 100))
CONFIDENCE = 0.95
TARGET = 6.0


def milliseconds(call: Callable[[], object], repeats: int = 101) -> float:
    """Return the median time of a call."""
    call()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return 1e3 * median(times)


def kernel(returns: np.ndarray, weights: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the CVaR components on plain arrays."""
    q = tail_weights(-(returns @ weights), probabilities, CONFIDENCE)
    rows = np.flatnonzero(q)
    return -weights * (q[rows] @ returns[rows])


def main() -> None:
    """Print times and passes for every size."""
    print(f"{'size':>13} {'measure':>10} {'one pass':>9} {'time':>9} {'passes':>7}")
    for count, size in SIZES:
        returns = np.random.default_rng(0).standard_t(4, (count, size)) * 0.01
        names = tuple(f"a{i}" for i in range(size))
        scenarios = Scenarios(returns, names, periods_per_year=252)
        weights = np.full(size, 1.0 / size)
        portfolio = Portfolio("equal", dict(zip(names, weights.tolist(), strict=True)))
        one = milliseconds(lambda r=scenarios.returns, w=weights: r @ w)
        calls: dict[str, Callable[[], object]] = {
            "kernel": lambda s=scenarios, w=weights: kernel(s.returns, w, s.probabilities)
        }
        for key in ("cvar", "volatility", "var", "evar"):
            calls[key] = lambda s=scenarios, p=portfolio, k=key: risk_contributions(
                s, p, k, confidence=CONFIDENCE
            )
        for key, call in calls.items():
            taken = milliseconds(call, 31)
            mark = ""
            if (count, size) == (10_000, 100) and key in ("kernel", "cvar"):
                mark = "  within 6" if taken / one <= TARGET else "  OVER 6"
            print(f"{count:>7}×{size:<5} {key:>10} {one:>6.3f} ms {taken:>6.3f} ms {taken / one:>7.1f}{mark}")


if __name__ == "__main__":
    main()
