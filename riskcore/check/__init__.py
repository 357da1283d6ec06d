"""The command `riskcore-check portfolio.toml`: the gate of a portfolio file, with an exit code."""

from riskcore.check.command import main, report
from riskcore.check.situation import situation_of
from riskcore.check.written import to_toml

__all__ = ["main", "report", "situation_of", "to_toml"]
