"""Frozen results: what was computed, with its settings, its diagnostics and enough to drill down."""

from riskcore.results.allocation import AllocationResult
from riskcore.results.risk import (
    ContributionResult,
    RiskResult,
    RollingContributionResult,
    TradeResult,
    WorstResult,
)
from riskcore.results.stress import IndexGapResult, ReplayResult
from riskcore.results.uncertainty import ContributionIntervalResult, IntervalResult

__all__ = [
    "AllocationResult",
    "ContributionIntervalResult",
    "ContributionResult",
    "IndexGapResult",
    "IntervalResult",
    "ReplayResult",
    "RiskResult",
    "RollingContributionResult",
    "TradeResult",
    "WorstResult",
]
