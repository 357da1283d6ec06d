"""Risk measures as risk identifiers: a value and the scenarios behind it, for any portfolio on any scenarios.

A measure is its gradient q in the portfolio's losses l = −R w: risk = Σ_s q_s l_s. The Euler contributions
(`riskcore.contributions`) and the days that drive a figure follow from the same q.
"""

from riskcore.measures.evaluate import (
    check_path,
    cvar,
    portfolio_losses,
    risk,
    risk_table,
    value_at_risk,
    volatility,
)
from riskcore.measures.registry import MEASURES, Measure, measure_named, percent

__all__ = [
    "MEASURES",
    "Measure",
    "check_path",
    "cvar",
    "measure_named",
    "percent",
    "portfolio_losses",
    "risk",
    "risk_table",
    "value_at_risk",
    "volatility",
]
