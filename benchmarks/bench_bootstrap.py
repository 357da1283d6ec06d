"""Resampling against a plain NumPy loop, and the coverage of the intervals.

Run `python benchmarks/bench_bootstrap.py` for the times (one thread), and add `--coverage` for the table in
docs/intervals.md (several minutes).
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import stats

from riskcore.numerics.block_length import optimal_block_length
from riskcore.numerics.bootstrap import block_tail_risks, iid_tail_risks
from riskcore.numerics.empirical import rank_sample
from riskcore.numerics.resampled import tail_interval
from riskcore.numerics.tail import value_at_risk

DAYS, RESAMPLES, CONFIDENCE = 8312, 1000, 0.95
REPETITIONS = 2000
SIZES = (
    (500, 0.99),
    (1000, 0.99),
    (500, 0.975),
    (2000, 0.99),
    (500, 0.95),
    (3000, 0.99),
    (1000, 0.95),
    (5000, 0.99),
    (2000, 0.95),
    (4000, 0.95),
    (8000, 0.95),
)


def shortest(times: int, *calls) -> list[float]:
    """Return the shortest processor time of each call in seconds, taking turns."""
    taken = []
    for _ in range(times):
        turn = []
        for call in calls:
            start = time.process_time()
            call()
            turn.append(time.process_time() - start)
        taken.append(turn)
    return np.min(taken, axis=0).tolist()


def plain_loop(losses, rng):
    """VaR and CVaR of each resample as anyone would write it: draw, quantile, mean beyond."""
    found = np.empty((RESAMPLES, 2))
    for b in range(RESAMPLES):
        sample = rng.choice(losses, losses.size)
        var = np.quantile(sample, CONFIDENCE)
        found[b] = var, sample[sample >= var].mean()
    return found


def careful_loop(losses, rng, block_length=None):
    """Do the same with the fastest NumPy pieces: integers as indices, one partition."""
    n = losses.size
    whole = int(n * (1 - CONFIDENCE))
    found = np.empty((RESAMPLES, 2))
    days = np.arange(n)
    for b in range(RESAMPLES):
        if block_length is None:
            sample = losses[rng.integers(0, n, n)]
        else:
            fresh = rng.random(n) < 1 / block_length
            fresh[0] = True
            first = np.maximum.accumulate(np.where(fresh, days, 0))
            sample = losses[(rng.integers(0, n, n)[first] + days - first) % n]
        top = np.partition(sample, n - whole - 1)[n - whole - 1 :]
        found[b] = top.min(), top.mean()
    return found


def times() -> None:
    """Print the times of both bootstraps and of the loops."""
    losses = stats.t.rvs(4, size=DAYS, random_state=1) / 100
    p = np.full(DAYS, 1 / DAYS)
    rng = np.random.default_rng(2)
    settings = {"confidence": CONFIDENCE, "resamples": RESAMPLES, "rng": rng}
    print(f"{RESAMPLES} resamples of {DAYS} days")
    iid, block, plain, careful, careful_blocks = shortest(
        5,
        lambda: iid_tail_risks(losses, p, draws=DAYS, **settings),
        lambda: block_tail_risks(losses, block_length=20, **settings),
        lambda: plain_loop(losses, rng),
        lambda: careful_loop(losses, rng),
        lambda: careful_loop(losses, rng, 20),
    )
    for name, ours, loops in (
        ("i.i.d.", iid, (("plain loop", plain), ("careful loop", careful))),
        ("blocks of 20", block, (("careful loop", careful_blocks),)),
    ):
        against = ", ".join(f"{label} {1e3 * t:.0f} ms = {t / ours:.0f} times" for label, t in loops)
        print(f"{name:12s} {1e3 * ours:6.1f} ms; {against}")


def clustered(n, rng):
    """Losses with t6 noise times a volatility whose logarithm is AR(1): 0.98, deviation 0.6."""
    waves = stats.norm.rvs(size=n + 500, random_state=rng) * 0.12
    log_volatility = np.empty(n + 500)
    log_volatility[0] = 0
    for t in range(1, n + 500):
        log_volatility[t] = 0.98 * log_volatility[t - 1] + waves[t]
    return (np.exp(log_volatility) * rng.standard_t(6, n + 500))[500:]


def verdicts(losses, drawn, truth, confidence):
    """Return whether VaR's percentile, CVaR's percentile and CVaR's studentised interval hold the truth."""
    ranked = rank_sample(losses, np.full(losses.size, 1 / losses.size))
    value, spread = float(ranked.figures(confidence)[1]), ranked.spread(confidence)
    lower, upper = np.quantile(drawn.var, [0.025, 0.975])
    held = [lower <= truth[0] <= upper]
    for studentised in (False, True):
        lower, upper = tail_interval(value, spread, drawn, level=0.95, studentised=studentised)
        held.append(lower <= truth[1] <= upper)
    return np.array(held, float)


def shown(shares) -> str:
    """Return three coverages in words."""
    return "VaR {:.3f}  CVaR percentile {:.3f}  CVaR studentised {:.3f}".format(*shares)


def coverage() -> None:
    """Print how often nominal 95 % intervals hold the truth."""
    rng = np.random.default_rng(20261121)
    print("independent t4 losses, i.i.d. bootstrap")
    for n, c in SIZES:
        q = stats.t.ppf(c, 4)
        truth = q, stats.t.pdf(q, 4) / (1 - c) * (4 + q * q) / 3
        p = np.full(n, 1 / n)
        hits = np.zeros(3)
        for _ in range(REPETITIONS):
            losses = rng.standard_t(4, n)
            drawn = iid_tail_risks(losses, p, confidence=c, draws=n, resamples=RESAMPLES, rng=rng)
            hits += verdicts(losses, drawn, truth, c)
        print(f"n={n:5d} c={c} tail={n * (1 - c):5.0f}  {shown(hits / REPETITIONS)}")
    print("clustered volatility: chosen blocks against i.i.d.")
    long = np.sort(np.concatenate([clustered(200_000, rng) for _ in range(20)]))
    for n, c in ((1000, 0.95), (4000, 0.95), (4000, 0.99)):
        tail = long[int(long.size * c) :]
        truth = tail[0], tail.mean()
        block, plain = np.zeros(3), np.zeros(3)
        repetitions = REPETITIONS // 4
        for _ in range(repetitions):
            losses = clustered(n, rng)
            threshold = value_at_risk(losses, np.full(n, 1 / n), c)
            length = optimal_block_length(np.maximum(losses - threshold, 0))
            settings = {"confidence": c, "resamples": RESAMPLES, "rng": rng}
            block += verdicts(losses, block_tail_risks(losses, block_length=length, **settings), truth, c)
            drawn = iid_tail_risks(losses, np.full(n, 1 / n), draws=n, **settings)
            plain += verdicts(losses, drawn, truth, c)
        for name, hits in (("blocks", block), ("i.i.d.", plain)):
            print(f"n={n:5d} c={c} tail={n * (1 - c):5.0f} {name}  {shown(hits / repetitions)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", action="store_true", help="measure coverage as well")
    arguments = parser.parse_args()
    times()
    if arguments.coverage:
        coverage()
