"""Sampling intervals for the pages: the same resamples at every visit, from a seed that is shown."""

from math import floor, log10

import numpy as np

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.figures.words import money, number
from riskcore.portfolio import Portfolio
from riskcore.results.tail_models import TailModelsResult
from riskcore.results.uncertainty import IntervalResult
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import Measure, difference_interval, risk_interval

__all__ = ["SEED", "difference_of", "difference_words", "interval_of", "interval_words"]

SEED = 1


def interval_of(book: Book, holding: Holding, measure: Measure) -> IntervalResult:
    """Return the 95 % sampling interval of a figure: stationary block bootstrap, seed shown."""
    return cached.compute(
        _interval,
        book.scenarios,
        holding.portfolio,
        measure=measure,
        confidence=None if measure == "volatility" else book.view.confidence,
        seed=SEED,
    )


def _interval(
    scenarios: Scenarios, portfolio: Portfolio, *, measure: Measure, confidence: float | None, seed: int
) -> IntervalResult:
    return risk_interval(
        scenarios,
        portfolio,
        measure,
        confidence=confidence,
        rng=np.random.default_rng(seed),
    )


def difference_of(book: Book, measure: Measure) -> IntervalResult:
    """Return A − B in a risk figure with its 95 % interval, both drawn from the same resampled days."""
    return cached.compute(
        _difference,
        book.scenarios,
        book.a.portfolio,
        other=tuple(float(w) for w in book.b.portfolio.aligned(book.scenarios.assets)),
        measure=measure,
        confidence=None if measure == "volatility" else book.view.confidence,
        seed=SEED,
    )


def _difference(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    other: tuple[float, ...],
    measure: Measure,
    confidence: float | None,
    seed: int,
) -> IntervalResult:
    return difference_interval(
        scenarios,
        portfolio,
        Portfolio("B", dict(zip(scenarios.assets, other, strict=True))),
        measure,
        confidence=confidence,
        rng=np.random.default_rng(seed),
    )


def difference_words(book: Book, found: IntervalResult) -> str:
    """Return "B’s 1-day CVaR 95 % is lower by 0.72 percentage points; 95 % interval 0.56 to 0.88."."""
    what = f"{book.horizon_label} {found.label}"
    if found.lower == found.upper == 0.0:
        return f"A and B have the same {what}."
    lower = found.value >= 0
    low, high = (found.lower, found.upper) if lower else (-found.upper, -found.lower)
    # Two figures of the interval's half width; the other numbers follow.
    digits = min(6, max(1, 1 - floor(log10(50 * (high - low))))) if high > low else 2
    size, low_words, high_words = (number(100 * v, digits) for v in (abs(found.value), low, high))
    if book.view.value is not None:
        size += f" percentage points ({money(abs(found.value) * book.view.value, book.view.currency)})"
    else:
        size += " percentage points"
    direction = "lower" if lower else "higher"
    level = f"{100 * found.level:g}\N{NO-BREAK SPACE}%"
    if found.excludes_zero:
        return f"B’s {what} is {direction} by {size}; {level} interval {low_words} to {high_words}."
    return (
        f"B’s {what} is {direction} by {size}, but that is not settled: the {level} interval, "
        f"{low_words} to {high_words}, holds 0."
    )


def interval_words(found: IntervalResult | TailModelsResult) -> str:
    """Return how an interval was made, for a caption."""
    blocks = f", mean block {found.block_length:.0f} periods" if found.block_length else ""
    return (
        f"{100 * found.level:g}\N{NO-BREAK SPACE}% intervals: stationary block bootstrap of the history, "
        f"{found.resamples:,} resamples{blocks}, seed {SEED}."
    )
