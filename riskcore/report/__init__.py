"""Reports to keep and to hand round: one A4 page of HTML, one workbook, from the same contents."""

from riskcore.report.contents import Report, ReportTable
from riskcore.report.page import to_html
from riskcore.report.workbook import to_xlsx

__all__ = ["Report", "ReportTable", "to_html", "to_xlsx"]
