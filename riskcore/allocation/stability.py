"""Stability of allocators: their weights on histories resampled in blocks."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.mean_variance import maximum_sharpe
from riskcore.allocation.registry import ALLOCATORS, allocate
from riskcore.errors import InputError, NumericalError, RiskcoreError, listed
from riskcore.estimators import james_stein_mean
from riskcore.numerics.block_length import optimal_block_length
from riskcore.numerics.bootstrap import membership_counts
from riskcore.results.stability import StabilityResult
from riskcore.scenarios import Scenarios

__all__ = ["LADDER", "SHRUNK", "shrunk_maximum_sharpe", "weight_stability"]

Floats = NDArray[np.float64]
SHRUNK = "shrunk_maximum_sharpe"
LADDER = ("equal_weight", "equal_risk_contribution", SHRUNK, "maximum_sharpe")
"""The rungs from robust to fragile: no estimate, covariances, shrunk means, means as they are."""


def shrunk_maximum_sharpe(scenarios: Scenarios, *, risk_free: float = 0.0) -> Floats:
    """Return long-only weights of the largest Sharpe ratio on James–Stein means and Ledoit–Wolf covariance.

    Raises
    ------
    InputError, InfeasibleError, ConvergenceError
        As for `estimators.james_stein_mean` and `mean_variance.maximum_sharpe`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(0.001, 0.01, (500, 4))
    >>> round(float(shrunk_maximum_sharpe(Scenarios(rows, tuple("ABCD"), 252)).sum()), 9)
    1.0
    """
    found = maximum_sharpe(
        scenarios, risk_free=risk_free, mean=james_stein_mean(scenarios), covariance="ledoit_wolf"
    )
    weights: Floats = found.weights.to_numpy()
    return weights


def weight_stability(
    scenarios: Scenarios,
    methods: Sequence[str],
    *,
    rng: np.random.Generator,
    confidence: float | None = None,
    risk_free: float = 0.0,
    resamples: int = 100,
    block_length: float | None = None,
    level: float = 0.9,
    progress: Callable[[float], None] | None = None,
) -> StabilityResult:
    """Return how far the weights of allocators move on resampled histories.

    Stationary block bootstrap: whole stretches of rows are drawn, so that calm and wild times stay together.
    All allocators see the same resamples. Not moving is no merit by itself: equal weight never does.

    Parameters
    ----------
    scenarios
        Time-ordered, of equal probability.
    methods
        Keys of the registry, or `SHRUNK`.
    rng
        Source of the resamples.
    confidence, risk_free
        As for `registry.allocate`.
    resamples
        At least 20.
    block_length
        Mean length in rows; when omitted, what the squared equal-weight returns ask for (Politis, White).
    level
        Share of the resamples between the ends of a range.
    progress
        Called with the share done, from 0 to 1.

    Raises
    ------
    InputError
        Scenarios are weighted or not ordered, or a setting cannot be used.

    References
    ----------
    Politis, Romano (1994); Michaud (1989) for the instability.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(0.001, 0.01, (300, 2))
    >>> s = Scenarios(rows, ("SPY", "BND"), 252, ordered=True)
    >>> found = weight_stability(s, ["equal_weight", "maximum_sharpe"], rng=np.random.default_rng(1))
    >>> float(found.moved["equal_weight"]), bool(found.moved["maximum_sharpe"] > 0.05)
    (0.0, True)
    """
    _check(scenarios, methods, resamples, level)
    length = _length(scenarios) if block_length is None else block_length
    solvers = {method: _solver(method, confidence, risk_free) for method in methods}
    known, refused = _on_history(scenarios, solvers)
    drawn: dict[str, list[Floats]] = {method: [] for method in known}
    failures = dict.fromkeys(known, 0)
    done = 0
    for chunk in membership_counts(scenarios.count, block_length=length, resamples=resamples, rng=rng):
        for counts in chunk:
            # Rows are repeated rather than weighted, because shrinkage is derived for equal probabilities.
            rows = np.repeat(scenarios.returns, counts, axis=0)
            resample = Scenarios(rows, scenarios.assets, scenarios.periods_per_year)
            for method in known:
                try:
                    drawn[method].append(solvers[method](resample))
                except NumericalError:
                    failures[method] += 1
            done += 1
            if progress is not None:
                progress(done / resamples)
    return _summary(scenarios, known, drawn, failures, refused, (level, resamples, float(length)))


def _check(scenarios: Scenarios, methods: Sequence[str], resamples: int, level: float) -> None:
    unknown = [m for m in methods if m not in ALLOCATORS and m != SHRUNK]
    if unknown or not methods or len(set(methods)) < len(methods):
        raise InputError(
            f"Name each allocator once, out of {listed([*ALLOCATORS, SHRUNK], most=20)}; got "
            f"{listed(methods) or 'none'}."
        )
    if scenarios.weighted or not scenarios.ordered:
        raise InputError("Blocks need time-ordered scenarios of equal probability; these are not.")
    if resamples < 20:
        raise InputError(f"Ranges of weights need at least 20 resamples, got {resamples}.")
    if not 0.5 <= level < 1.0:
        raise InputError(f"The level of a range lies between 0.5 and 1, got {level:g}.")


def _length(scenarios: Scenarios) -> float:
    together = scenarios.returns.mean(axis=1)
    length = optimal_block_length((together - together.mean()) ** 2)
    return float(min(max(length, scenarios.overlap), scenarios.count))


def _solver(method: str, confidence: float | None, risk_free: float) -> Callable[[Scenarios], Floats]:
    def solve(scenarios: Scenarios) -> Floats:
        if method == SHRUNK:
            return shrunk_maximum_sharpe(scenarios, risk_free=risk_free)
        found = allocate(method, scenarios, confidence=confidence, risk_free=risk_free)
        weights: Floats = found.weights.to_numpy()
        return weights

    return solve


def _on_history(
    scenarios: Scenarios, solvers: dict[str, Callable[[Scenarios], Floats]]
) -> tuple[dict[str, Floats], dict[str, str]]:
    known, refused = {}, {}
    for method, solve in solvers.items():
        try:
            known[method] = solve(scenarios)
        except RiskcoreError as error:
            refused[method] = str(error)
    return known, refused


def _summary(
    scenarios: Scenarios,
    known: dict[str, Floats],
    drawn: dict[str, list[Floats]],
    failures: dict[str, int],
    refused: dict[str, str],
    plan: tuple[float, int, float],
) -> StabilityResult:
    level, resamples, length = plan
    names = list(scenarios.assets)
    ends = ((1.0 - level) / 2, (1.0 + level) / 2)
    lower, upper, moved = {}, {}, {}
    for method, base in known.items():
        if not drawn[method]:
            lower[method] = upper[method] = np.full(base.size, np.nan)
            moved[method] = np.nan
            continue
        weights = np.array(drawn[method])
        lower[method], upper[method] = np.quantile(weights, ends, axis=0)
        moved[method] = float(0.5 * np.abs(weights - base).sum(axis=1).mean())
    return StabilityResult(
        weights=pd.DataFrame(known, index=names),
        lower=pd.DataFrame(lower, index=names),
        upper=pd.DataFrame(upper, index=names),
        moved=pd.Series(moved, name="moved", dtype=np.float64),
        failures=pd.Series(failures, name="failures", dtype=np.int64),
        refused=refused,
        level=level,
        resamples=resamples,
        block_length=length,
    )
