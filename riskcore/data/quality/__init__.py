"""The quality report: what a table of prices hides, by ticker and date, with the choices it leaves."""

from riskcore.data.quality.inspection import inspect
from riskcore.data.quality.report import Finding, QualityReport

__all__ = ["Finding", "QualityReport", "inspect"]
