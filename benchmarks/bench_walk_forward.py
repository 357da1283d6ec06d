"""Time of a walk-forward backtest: 8 allocators, 240 monthly trades, 20 assets, with costs and intervals.

Run with `OMP_NUM_THREADS=1 python benchmarks/bench_walk_forward.py [--peers] [--window 504]`. The data are
simulated, one-factor Student t. "allocators" is the time inside them; the rest is drift, figures and
bootstrap. Seconds of processor time, so that a busy machine counts less. With `--peers` and skfolio
installed, its walk-forward of the same rules runs on the same rows: each rule twice, ours once more in
between, and the ratio is that of the shortest times.
"""

import argparse
import importlib.util
from time import process_time

import numpy as np
import pandas as pd

from riskcore.allocation import allocate
from riskcore.results.backtest import BacktestResult
from riskcore.scenarios import Scenarios
from riskcore.validation import walk_forward

MONTHS, ASSETS, CONFIDENCE = 240, 20, 0.95
RULES = (
    "equal_weight",
    "inverse_volatility",
    "equal_risk_contribution",
    "cvar_parity",
    "minimum_cvar",
    "minimum_variance",
    "maximum_diversification",
    "hierarchical_risk_parity",
)


def simulated(window: int, seed: int = 0) -> Scenarios:
    """Return daily returns long enough for the window and 240 months after it."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2000-01-03", periods=window + MONTHS * 22 + 30, freq="B")
    own = rng.standard_t(4, (len(days), ASSETS)) * rng.uniform(0.3, 1.5, ASSETS)
    common = rng.standard_t(4, (len(days), 1)) * rng.uniform(0.3, 1.5, ASSETS)
    table = pd.DataFrame(0.007 * (own + common) + 0.0003, days, [f"A{i}" for i in range(ASSETS)])
    return Scenarios.from_returns(table, periods_per_year=252)


def trimmed(history: Scenarios, window: int) -> tuple[Scenarios, list[int]]:
    """Return the history cut after 240 trades, and the first rows held."""
    months = pd.DatetimeIndex(history.index).to_period("M")
    firsts = [t for t in range(window, history.count) if months[t] != months[t - 1]]
    stop = firsts[MONTHS]
    cut = Scenarios.from_returns(history.frame.iloc[:stop], periods_per_year=252)
    return cut, firsts[:MONTHS]


def time_of_allocators(history: Scenarios, starts: list[int], window: int) -> dict[str, float]:
    """Return the seconds each rule takes on all windows, and nothing else."""
    past = [
        Scenarios.from_returns(history.frame.iloc[first - window : first], periods_per_year=252)
        for first in starts
    ]
    seconds = {}
    for rule in RULES:
        began = process_time()
        for window_of_rows in past:
            allocate(rule, window_of_rows, confidence=CONFIDENCE)
        seconds[rule] = process_time() - began
    return seconds


def time_of_ours(history: Scenarios, window: int) -> tuple[float, BacktestResult]:
    """Return the seconds of one run with all rules, and its result."""
    rng = np.random.default_rng(1)
    began = process_time()
    found = walk_forward(history, RULES, confidence=CONFIDENCE, window=window, costs=0.001, rng=rng)
    return process_time() - began, found


def time_of_peer(history: Scenarios, window: int, ours: float) -> None:
    """Time skfolio's walk-forward on the rules both have; it belongs to the bench extra."""
    if importlib.util.find_spec("skfolio") is None:
        print("skfolio is not installed: no peer.")
        return
    from skfolio import RiskMeasure
    from skfolio.model_selection import WalkForward, cross_val_predict
    from skfolio.optimization import (
        EqualWeighted,
        HierarchicalRiskParity,
        InverseVolatility,
        MaximumDiversification,
        MeanRisk,
        RiskBudgeting,
    )

    models = {
        "equal_weight": EqualWeighted(),
        "inverse_volatility": InverseVolatility(),
        "equal_risk_contribution": RiskBudgeting(risk_measure=RiskMeasure.VARIANCE),
        "cvar_parity": RiskBudgeting(risk_measure=RiskMeasure.CVAR),
        "minimum_cvar": MeanRisk(risk_measure=RiskMeasure.CVAR),
        "minimum_variance": MeanRisk(risk_measure=RiskMeasure.VARIANCE),
        "maximum_diversification": MaximumDiversification(),
        "hierarchical_risk_parity": HierarchicalRiskParity(),
    }
    total = 0.0
    for rule, model in models.items():
        seconds = np.inf
        for _ in range(2):
            began = process_time()
            cross_val_predict(model, history.frame, cv=WalkForward(test_size=21, train_size=window))
            seconds = min(seconds, process_time() - began)
            ours = min(ours, time_of_ours(history, window)[0])
        total += seconds
        print(f"  skfolio {rule:26} {seconds:8.2f} s", flush=True)
    print(f"skfolio together {total:.2f} s, ours {ours:.2f} s: {total / ours:.1f}×")


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=int, default=504, help="rows each estimate rests on")
    parser.add_argument("--peers", action="store_true", help="also time skfolio where it is installed")
    asked = parser.parse_args()
    history, starts = trimmed(simulated(asked.window), asked.window)
    best, found = min((time_of_ours(history, asked.window) for _ in range(3)), key=lambda run: run[0])
    trades = len(found.methods["equal_weight"].weights)
    size = f"{len(found.methods)} allocators × {trades} months × {ASSETS} assets"
    print(f"{size}, window {asked.window}: {best:.2f} s")
    seconds = time_of_allocators(history, starts, asked.window)
    for rule, value in seconds.items():
        print(f"  {rule:34} {value:8.2f} s")
    print(f"allocators together {sum(seconds.values()):.2f} s; failures {found.failures}")
    if asked.peers:
        time_of_peer(history, asked.window, best)


if __name__ == "__main__":
    main()
