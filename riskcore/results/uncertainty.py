"""Results of sampling intervals."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["ContributionIntervalResult", "IntervalResult"]


@dataclass(frozen=True, eq=False)
class IntervalResult:
    """A risk figure, or the difference of two, with its sampling interval.

    Attributes
    ----------
    value, lower, upper
        Losses per period of the scenarios, positive = bad; `value` is the figure on the scenarios themselves.
    level
        Nominal coverage of the interval, 0.95 for 95 %.
    measure, label, confidence, portfolio
        As in `RiskResult`; a difference is named "A − B".
    method
        "block", "iid" or "asymptotic".
    block_length
        Mean block length in periods; None unless the method is "block".
    resamples
        Number of resamples; 0 for "asymptotic".
    tail_scenarios
        Independent scenarios in the tail, effective number × (1 − c); None for volatility.
    warning
        Why the interval should be trusted less, in words for the reader, or None.
    """

    value: float
    lower: float
    upper: float
    level: float
    measure: str
    label: str
    confidence: float | None
    portfolio: str
    method: str
    block_length: float | None
    resamples: int
    tail_scenarios: float | None
    warning: str | None

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval: for a difference, whether its sign is settled."""
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, eq=False)
class ContributionIntervalResult:
    """Euler contributions of one portfolio with sampling intervals.

    Attributes
    ----------
    table
        Index = assets; columns component, component_lower, component_upper (losses per period) and relative,
        relative_lower, relative_upper (shares of the total; NaN when the total comes near zero).
    level, measure, label, confidence, portfolio, method, block_length, resamples, tail_scenarios, warning
        As in `IntervalResult`.
    """

    table: pd.DataFrame
    level: float
    measure: str
    label: str
    confidence: float | None
    portfolio: str
    method: str
    block_length: float | None
    resamples: int
    tail_scenarios: float | None
    warning: str | None
