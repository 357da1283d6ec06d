"""Stress: what would hurt? Dated crises, three shocks, and everything else on request."""

from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.stress_crises import crises, one_crisis
from riskcore.dashboard.stress_script import script_of
from riskcore.dashboard.stress_shocks import correlations, gap, rates
from riskcore.dashboard.widgets import guarded

frame = open_page("stress", uses={"a", "b", "confidence", "horizon", "window", "bench", "value"})
frame.sections(crises, one_crisis, gap, rates, correlations)
with guarded():
    body, imports = script_of(frame.book)
    frame.footer(page_script(frame.book, body, imports=imports))
