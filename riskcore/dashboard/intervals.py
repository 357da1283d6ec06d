"""Sampling intervals for the pages: the same resamples at every visit, from a seed that is shown."""

import numpy as np

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.portfolio import Portfolio
from riskcore.results.uncertainty import IntervalResult
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import Measure, risk_interval

__all__ = ["SEED", "interval_of", "interval_words"]

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


def interval_words(found: IntervalResult) -> str:
    """Return how an interval was made, for a caption."""
    blocks = f", mean block {found.block_length:.0f} periods" if found.block_length else ""
    return (
        f"{100 * found.level:g}\N{NO-BREAK SPACE}% intervals: stationary block bootstrap of the history, "
        f"{found.resamples:,} resamples{blocks}, seed {SEED}."
    )
