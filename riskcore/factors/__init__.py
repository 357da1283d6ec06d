"""Factor models: exposures, contributions of factors, statistical factors, shocks and limits."""

from riskcore.factors.covariance import factor_covariance, model_covariance
from riskcore.factors.currency import unhedged
from riskcore.factors.decomposition import factor_contributions
from riskcore.factors.exposures import ERRORS, Errors, fit_exposures, portfolio_exposures
from riskcore.factors.grouping import factor_groups, joint_bet, pegged_rates
from riskcore.factors.limits import exposure_limits
from riskcore.factors.shocks import factor_moves, factor_shock
from riskcore.factors.statistical import principal_components, statistical_factors

__all__ = [
    "ERRORS",
    "Errors",
    "exposure_limits",
    "factor_contributions",
    "factor_covariance",
    "factor_groups",
    "factor_moves",
    "factor_shock",
    "fit_exposures",
    "joint_bet",
    "model_covariance",
    "pegged_rates",
    "portfolio_exposures",
    "principal_components",
    "statistical_factors",
    "unhedged",
]
