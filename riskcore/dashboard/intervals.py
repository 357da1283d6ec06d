"""Sampling intervals for the pages: the same resamples at every visit, from a seed that is shown."""

from math import floor, log10

import numpy as np

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.errors import InputError
from riskcore.figures.words import money, number
from riskcore.portfolio import Portfolio
from riskcore.results.tail_models import TailModelsResult
from riskcore.results.uncertainty import IntervalResult
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import Measure, difference_interval, risk_interval

__all__ = [
    "SEED",
    "check_resampled",
    "difference_note",
    "difference_of",
    "difference_words",
    "interval_of",
    "interval_words",
    "resampled",
]

SEED = 1


def interval_of(book: Book, holding: Holding, measure: Measure) -> IntervalResult:
    """Return the 95 % sampling interval of a figure: stationary block bootstrap, seed shown."""
    check_resampled(book)
    return cached.compute(
        _interval,
        book.scenarios,
        holding.portfolio,
        measure=measure,
        confidence=None if measure == "volatility" else book.view.confidence,
        seed=SEED,
    )


def resampled(book: Book) -> bool:
    """Whether the scenarios are days in order and of equal probability, which intervals are drawn from."""
    return book.scenarios.ordered and not book.scenarios.weighted


def check_resampled(book: Book) -> None:
    """Refuse to draw from scenarios that are no days in order and of equal probability."""
    if not resampled(book):
        raise InputError(
            "Sampling intervals are drawn from days in order and of equal probability, and the active "
            "scenarios are not: go back to history to see them."
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
    check_resampled(book)
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


def difference_note(found: IntervalResult) -> str | None:
    """Return how the interval of A − B was made and what speaks against it; None where A and B are alike."""
    if found.lower == found.upper == 0.0:
        return None
    made = f"A − B: percentile interval, {_drawn_words(found)}."
    return made if found.warning is None else f"{made} {found.warning}"


def interval_words(
    found: IntervalResult | TailModelsResult, other: IntervalResult | TailModelsResult | None = None
) -> str:
    """Return how an interval was made, or those of A and of another portfolio B, for a caption."""
    return f"{100 * found.level:g}\N{NO-BREAK SPACE}% intervals: {_drawn_words(found, other)}."


def _drawn_words(
    found: IntervalResult | TailModelsResult, other: IntervalResult | TailModelsResult | None = None
) -> str:
    """Return "stationary block bootstrap of the history, 1,000 resamples, mean block 31 periods, seed 1"."""
    blocks = ""
    if found.block_length:
        length = f"{found.block_length:.0f}"
        blocks = f", mean block {length} {'period' if length == '1' else 'periods'}"
        if other is not None and other.block_length:
            blocks += f" for A and {other.block_length:.0f} for B"
    return f"stationary block bootstrap of the history, {found.resamples:,} resamples{blocks}, seed {SEED}"
