"""Exhibits: small experiments with fixed seeds that show one idea each."""

from riskcore.exhibits.betting import betting_odds
from riskcore.exhibits.one_day_more import one_day_more
from riskcore.exhibits.squared_differences import squared_differences

__all__ = ["betting_odds", "one_day_more", "squared_differences"]
