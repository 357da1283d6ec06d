"""Where a portfolio's risk comes from: by asset, by day, through time, and what a trade would change."""

from riskcore.contributions.euler import (
    contributions_by_scenario,
    risk_contributions,
    rolling_contributions,
)
from riskcore.contributions.trades import best_trade, incremental_risk

__all__ = [
    "best_trade",
    "contributions_by_scenario",
    "incremental_risk",
    "risk_contributions",
    "rolling_contributions",
]
