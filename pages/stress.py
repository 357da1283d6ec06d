"""Stress: what would hurt? Dated crises, three shocks, and everything else on request."""

from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import Lines, page_script
from riskcore.dashboard.stress_crises import crises, one_crisis
from riskcore.dashboard.stress_gap import gap
from riskcore.dashboard.stress_more import SECTIONS, closer, more
from riskcore.dashboard.stress_script import script_of
from riskcore.dashboard.stress_shocks import correlations, rates
from riskcore.dashboard.widgets import guarded

added: list[Lines] = []


def further(frame: Frame) -> None:
    """Draw the further stress the reader chose, none until then."""
    chosen = closer()
    if chosen is not None:
        added.append(more(frame, chosen))


frame = open_page("stress", uses={"a", "b", "confidence", "horizon", "window", "bench", "value"})
presented = [lambda frame, key=key: more(frame, key) for key in SECTIONS] if frame.view.present else []
frame.sections(crises, one_crisis, gap, rates, correlations, *(presented or [further]))
script = page_script(frame.book, "")
with guarded():
    body, imports = script_of(frame.book)
    lines = [body, *(each.body for each in added)]
    needed = [imports, *(each.imports for each in added)]
    script = page_script(frame.book, "\n".join(lines), imports="\n".join(filter(None, needed)))
frame.footer(script)
