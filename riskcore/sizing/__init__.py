"""How much: a volatility target through time, Kelly stakes and the odds of a fall."""

from riskcore.sizing.kelly import (
    binary_kelly,
    fall_probability,
    gaussian_growth,
    kelly_stake,
    kelly_weights,
    uncertain_edge_share,
)
from riskcore.sizing.odds import drawdown_odds
from riskcore.sizing.volatility_target import volatility_target

__all__ = [
    "binary_kelly",
    "drawdown_odds",
    "fall_probability",
    "gaussian_growth",
    "kelly_stake",
    "kelly_weights",
    "uncertain_edge_share",
    "volatility_target",
]
