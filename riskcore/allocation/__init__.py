"""Allocators: scenarios in, weights with their certificate out."""

from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.allocation.registry import ALLOCATORS, Allocator, allocate
from riskcore.allocation.risk_budgets import cvar_parity, equal_risk_contribution
from riskcore.allocation.simple import equal_weight, inverse_volatility

__all__ = [
    "ALLOCATORS",
    "Allocator",
    "allocate",
    "cvar_parity",
    "equal_risk_contribution",
    "equal_weight",
    "inverse_volatility",
    "minimum_cvar",
]
