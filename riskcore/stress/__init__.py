"""Stress: what the portfolio loses when something happens that is asked for by name."""

from riskcore.stress.conditional_gap import conditional_index_gap
from riskcore.stress.correlation_shock import correlation_shock
from riskcore.stress.replay import replay, replays
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
from riskcore.stress.views import apply_views

__all__ = [
    "DURATIONS",
    "CorrelationView",
    "CvarView",
    "MeanView",
    "QuantileView",
    "RankView",
    "SkewView",
    "VarView",
    "View",
    "VolatilityView",
    "apply_views",
    "combined_shock",
    "comonotone",
    "conditional_index_gap",
    "correlation_shock",
    "direct_shock",
    "index_gap",
    "rates_shock",
    "replay",
    "replays",
    "shock_contributions",
    "volatility_shock",
]
