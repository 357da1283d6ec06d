"""Descriptive statistics: what a portfolio's history looks like, with dates and reasons."""

from riskcore.statistics.correlations import correlation_comparison
from riskcore.statistics.description import describe
from riskcore.statistics.history import dated_returns, drawdown_path

__all__ = ["correlation_comparison", "dated_returns", "describe", "drawdown_path"]
