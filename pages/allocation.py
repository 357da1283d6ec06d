"""Allocation: how could it be weighted? The allocators side by side, one click to make one A or B."""

from riskcore.dashboard.allocation_sections import (
    Weighed,
    choice,
    more_methods,
    weighed,
    weights_and_figures,
)
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

SCRIPT = """
for method, settings in {solved!r}.items():
    solved = allocate(method, scenarios, **settings)
    level = cvar(scenarios, solved.portfolio(), confidence={confidence!r})
    facts = describe(scenarios, solved.portfolio(), risk_free={risk_free!r})
    print(solved.label, "CVaR", f"{{level.value:.10f}}", "volatility", f"{{facts.volatility:.10f}}")
    print("mean", f"{{facts.mean:.10f}}", "Sharpe", facts.sharpe)
    print("worst drawdown", describe(history, solved.portfolio()).max_drawdown)
    print(solved.weights.to_string(float_format="%.10f"))
"""


def lines_of(weighed: Weighed) -> str:
    """Return the lines that print the page's numbers: those with an answer, then the closer looks."""
    book = weighed.book
    refused = {refusal.code for refusal in weighed.refused}
    return SCRIPT.format(
        solved={m: book.settings_of(m) for m in weighed.methods if m not in refused},
        confidence=book.view.confidence,
        risk_free=book.view.risk_free,
    )


frame = open_page("allocation", uses={"a", "b", "confidence", "horizon", "window", "risk_free"})
script = page_script(frame.book, "")
with guarded():
    compared = weighed(frame.book, more_methods(drawn=not frame.view.present))
    parts = [choice, weights_and_figures]
    frame.sections(*[lambda _, part=part: part(compared) for part in parts])
    script = page_script(
        compared.book, lines_of(compared), imports="from riskcore.statistics import describe"
    )
frame.footer(script)
