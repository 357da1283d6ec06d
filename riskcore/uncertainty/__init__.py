"""How far a risk figure could be off by chance: intervals for risks, differences and contributions."""

from riskcore.uncertainty.intervals import contribution_intervals, difference_interval, risk_interval
from riskcore.uncertainty.plan import FEW_TAIL_SCENARIOS, Measure, Method

__all__ = [
    "FEW_TAIL_SCENARIOS",
    "Measure",
    "Method",
    "contribution_intervals",
    "difference_interval",
    "risk_interval",
]
