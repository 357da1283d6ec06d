"""CVaR contributions in memory passes of the returns matrix, and against other libraries in one run.

Run `OMP_NUM_THREADS=1 python benchmarks/bench_contributions.py [--peers]`; the target for CVaR at
10,000 × 100 is 6 passes, one pass being R @ w. "kernel" is the losses, the tail weights and the marginals on
arrays; "labelled" adds matching the labels and building the result, a cost that does not grow with the
scenarios, and is what the peers are compared with. Errors: largest difference of a contribution from the
average of the tail, over the CVaR.
"""

import argparse

import numpy as np
import peers
from timing import best, compare, head, returns_of

from riskcore.contributions import risk_contributions
from riskcore.numerics.tail import tail_weights
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

SIZES = (("t4", 8_312, 20), ("t4", 10_000, 100), ("t4", 100_000, 100), ("sample", 2_500, 50))
CONFIDENCE = 0.95
MOST_PASSES = 6.0
MOST_CELLS_OF_PEERS = 1_000_000


def kernel(returns: np.ndarray, weights: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the CVaR components on plain arrays."""
    q = tail_weights(-(returns @ weights), probabilities, CONFIDENCE)
    rows = np.flatnonzero(q)
    return -weights * (q[rows] @ returns[rows])


def plain(returns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the contributions as anyone would write them: sort, average the tail, share the boundary row."""
    count = len(returns)
    tail = count * (1 - CONFIDENCE)
    whole = int(tail + 1e-9)
    worst = np.argsort(returns @ weights)
    total = returns[worst[:whole]].sum(axis=0) + (tail - whole) * returns[worst[whole]]
    return -weights * total / tail


def main() -> None:
    """Print times and passes for every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="against the peers that are installed")
    asked = parser.parse_args()
    if asked.peers:
        print("peers:", ", ".join(peers.installed()) or "none are installed")
    head("largest difference from the plain average of the tail, over the CVaR")
    for kind, count, size in SIZES:
        returns = returns_of(kind, count, size)
        names = tuple(f"a{i}" for i in range(size))
        scenarios = Scenarios(returns, names, periods_per_year=252)
        weights = np.full(size, 1.0 / size)
        portfolio = Portfolio("equal", dict(zip(names, weights.tolist(), strict=True)))
        exact, rows = plain(returns, weights), (f"{count}×{size}", kind)

        def apart(components: np.ndarray, exact: np.ndarray = exact) -> float:
            return float(np.max(np.abs(np.asarray(components) - exact)) / exact.sum())

        def labelled(measure: str, s: Scenarios = scenarios, p: Portfolio = portfolio) -> object:
            return risk_contributions(s, p, measure, confidence=CONFIDENCE)

        one = best(lambda s=scenarios, w=weights: s.returns @ w, 101)[0]
        ours, found = best(lambda s=scenarios, w=weights: kernel(s.returns, w, s.probabilities), 51)
        word = "within" if ours <= MOST_PASSES * one else "OVER"
        compare(f"kernel: {ours / one:.1f} passes", rows, (ours, apart(found)), [], apart)
        print(f"{'':26} {word} {MOST_PASSES:g} passes of {one:.3f} ms")
        ours, found = best(lambda call=labelled: call("cvar"), 51)
        few = asked.peers and count * size <= MOST_CELLS_OF_PEERS
        rivals = peers.contributions(returns, weights) if few else []
        error = apart(found.table["component"].to_numpy())
        compare(f"labelled: {ours / one:.1f} passes", rows, (ours, error), rivals, apart)
        for key in ("volatility", "var", "evar"):
            taken = best(lambda k=key, call=labelled: call(k), 21)[0]
            print(f"{'labelled ' + key:26} {rows[0]:>12} {kind:>7} {taken:9.3f}, {taken / one:.1f} passes")


if __name__ == "__main__":
    main()
