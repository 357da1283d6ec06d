"""Frozen results: what was computed, with its settings, its diagnostics and enough to drill down."""

from riskcore.results.allocation import AllocationResult
from riskcore.results.backtest import BacktestFigure, BacktestResult, MethodBacktest
from riskcore.results.frontier import FrontierResult
from riskcore.results.risk import (
    ContributionResult,
    RiskResult,
    RollingContributionResult,
    TradeResult,
    WorstResult,
)
from riskcore.results.stress import IndexGapResult, ReplayResult
from riskcore.results.tail_models import TailModelResult, TailModelsResult
from riskcore.results.uncertainty import ContributionIntervalResult, IntervalResult
from riskcore.results.update_trace import UpdateTrace
from riskcore.results.validation import (
    CvarTestResult,
    LikelihoodRatioResult,
    ModelBacktestResult,
    TrafficLightResult,
    VarBacktestResult,
)

__all__ = [
    "AllocationResult",
    "BacktestFigure",
    "BacktestResult",
    "ContributionIntervalResult",
    "ContributionResult",
    "CvarTestResult",
    "FrontierResult",
    "IndexGapResult",
    "IntervalResult",
    "LikelihoodRatioResult",
    "MethodBacktest",
    "ModelBacktestResult",
    "ReplayResult",
    "RiskResult",
    "RollingContributionResult",
    "TailModelResult",
    "TailModelsResult",
    "TradeResult",
    "TrafficLightResult",
    "UpdateTrace",
    "VarBacktestResult",
    "WorstResult",
]
