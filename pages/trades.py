"""Trade basket: what if I change these? Several trades at once, before and after."""

from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.trades_editor import editor
from riskcore.dashboard.trades_sections import before_after, contributions, limits, stresses
from riskcore.dashboard.widgets import guarded

SCRIPT = """
after = Portfolio("A after", {weights!r})
for portfolio in (a, after):
    print(portfolio.name, "CVaR", f"{{cvar(scenarios, portfolio, confidence={confidence!r}).value:.10f}}")
    print(risk_contributions(scenarios, portfolio, {measure!r}, confidence={confidence!r}).table)
"""

frame = open_page("trades", uses={"a", "b", "confidence", "horizon", "measure", "window", "value", "bench"})
# Without a trade there is nothing to compare.
frame.sections(editor, *((before_after, contributions, stresses, limits) if frame.view.basket else ()))
with guarded():
    weights = {str(k): float(v) for k, v in frame.book.after.portfolio.weights.items()}
    body = SCRIPT.format(weights=weights, confidence=frame.view.confidence, measure=frame.view.measure)
    frame.footer(page_script(frame.book, body))
