"""Risk against a benchmark: decomposition, relative figures, CVaR budgets and the overshoot."""

from riskcore.benchmark.active import active_portfolio, active_risk, with_series
from riskcore.benchmark.overshoot import active_at, gaussian_overshoot, overshoot, stress_levels
from riskcore.benchmark.relative import relative_figures

__all__ = [
    "active_at",
    "active_portfolio",
    "active_risk",
    "gaussian_overshoot",
    "overshoot",
    "relative_figures",
    "stress_levels",
    "with_series",
]
