"""Stress: what the portfolio loses when something happens that is asked for by name."""

from riskcore.stress.conditional_gap import conditional_index_gap, fitted_returns
from riskcore.stress.correlation_shock import correlation_shock
from riskcore.stress.generation import (
    block_paths,
    conditioned_by_kernel,
    conditioned_by_range,
    exponential_decay,
    realised_volatility,
    resampled_paths,
)
from riskcore.stress.library import NAMED, NamedStress, named_stress, read_stress
from riskcore.stress.liquidity import liquidation
from riskcore.stress.proxies import ProxiedCrisis, proxied_crises, proxy_of, stand_ins
from riskcore.stress.regimes import expected_correlation, regime_correlations
from riskcore.stress.replay import replay, replays
from riskcore.stress.reverse import reverse_stress
from riskcore.stress.scenario_shocks import (
    DURATIONS,
    combined_shock,
    comonotone,
    direct_shock,
    rates_shock,
    shock_contributions,
    volatility_shock,
)
from riskcore.stress.shocks import index_gap
from riskcore.stress.simulated import fit_t_copula, simulated_copula, simulated_t
from riskcore.stress.view_language import (
    CorrelationView,
    CvarView,
    MeanView,
    QuantileView,
    RankView,
    SkewView,
    VarView,
    View,
    VolatilityView,
)
from riskcore.stress.view_sentences import read_views
from riskcore.stress.views import apply_views

__all__ = [
    "DURATIONS",
    "NAMED",
    "CorrelationView",
    "CvarView",
    "MeanView",
    "NamedStress",
    "ProxiedCrisis",
    "QuantileView",
    "RankView",
    "SkewView",
    "VarView",
    "View",
    "VolatilityView",
    "apply_views",
    "block_paths",
    "combined_shock",
    "comonotone",
    "conditional_index_gap",
    "conditioned_by_kernel",
    "conditioned_by_range",
    "correlation_shock",
    "direct_shock",
    "expected_correlation",
    "exponential_decay",
    "fit_t_copula",
    "fitted_returns",
    "index_gap",
    "liquidation",
    "named_stress",
    "proxied_crises",
    "proxy_of",
    "rates_shock",
    "read_stress",
    "read_views",
    "realised_volatility",
    "regime_correlations",
    "replay",
    "replays",
    "resampled_paths",
    "reverse_stress",
    "shock_contributions",
    "simulated_copula",
    "simulated_t",
    "stand_ins",
    "volatility_shock",
]
