"""riskcore: exact, fast portfolio risk on scenarios with probabilities."""

from riskcore.allocation import allocate
from riskcore.contributions import risk_contributions
from riskcore.errors import RiskcoreError
from riskcore.measures import cvar, risk, risk_table, value_at_risk, volatility
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

__all__ = [
    "Portfolio",
    "RiskcoreError",
    "Scenarios",
    "allocate",
    "cvar",
    "risk",
    "risk_contributions",
    "risk_table",
    "value_at_risk",
    "volatility",
]
