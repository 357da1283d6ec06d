"""Frozen results: what was computed, with its settings, its diagnostics and enough to drill down."""

from riskcore.results.allocation import AllocationResult
from riskcore.results.risk import ContributionResult, RiskResult
from riskcore.results.stress import IndexGapResult, ReplayResult

__all__ = ["AllocationResult", "ContributionResult", "IndexGapResult", "ReplayResult", "RiskResult"]
