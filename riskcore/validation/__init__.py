"""Checking forecasts against what happened."""

from riskcore.validation.cvar_tests import acerbi_szekely
from riskcore.validation.exception_tests import (
    conditional_coverage,
    independence,
    kupiec,
    nonrejection_region,
    traffic_light,
)
from riskcore.validation.var_backtest import backtest_var
from riskcore.validation.walk_forward import walk_forward

__all__ = [
    "acerbi_szekely",
    "backtest_var",
    "conditional_coverage",
    "independence",
    "kupiec",
    "nonrejection_region",
    "traffic_light",
    "walk_forward",
]
