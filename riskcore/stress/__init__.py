"""Stress: what the portfolio loses when something happens that is asked for by name."""

from riskcore.stress.replay import replay, replays
from riskcore.stress.shocks import index_gap

__all__ = ["index_gap", "replay", "replays"]
