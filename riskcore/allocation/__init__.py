"""Allocators: scenarios in, weights with their certificate out."""

from riskcore.allocation.black_litterman import View, black_litterman, black_litterman_posterior
from riskcore.allocation.bounds import Relaxation, nearest_bounds
from riskcore.allocation.conflicts import Conflict
from riskcore.allocation.constrained import constrained
from riskcore.allocation.constrained_frontiers import constrained_frontier, constrained_maximum_mean
from riskcore.allocation.constraint_words import missed, named
from riskcore.allocation.constraints import Constraints, GroupBound
from riskcore.allocation.cvar_update import cvar_update, trace_cvar_update
from riskcore.allocation.frontiers import maximum_mean, mean_cvar_frontier, mean_variance_frontier
from riskcore.allocation.gaussian_cvar_parity import gaussian_cvar_parity
from riskcore.allocation.hierarchical import hierarchical_risk_parity
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.allocation.measure_parity import measure_parity
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.allocation.registry import ALLOCATORS, Allocator, allocate
from riskcore.allocation.risk_budgets import cvar_parity, equal_risk_contribution
from riskcore.allocation.simple import equal_weight, inverse_volatility
from riskcore.allocation.stability import weight_stability

__all__ = [
    "ALLOCATORS",
    "Allocator",
    "Conflict",
    "Constraints",
    "GroupBound",
    "Relaxation",
    "View",
    "allocate",
    "black_litterman",
    "black_litterman_posterior",
    "constrained",
    "constrained_frontier",
    "constrained_maximum_mean",
    "cvar_parity",
    "cvar_update",
    "equal_risk_contribution",
    "equal_weight",
    "gaussian_cvar_parity",
    "hierarchical_risk_parity",
    "inverse_volatility",
    "maximum_diversification",
    "maximum_mean",
    "maximum_sharpe",
    "mean_cvar_frontier",
    "mean_variance_frontier",
    "measure_parity",
    "minimum_cvar",
    "minimum_variance",
    "missed",
    "named",
    "nearest_bounds",
    "trace_cvar_update",
    "weight_stability",
]
