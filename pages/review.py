"""Review: may it go out? Limits and their use, since when, the cure, and the decision that is frozen."""

from riskcore.dashboard.factors_script import FIT_IMPORTS, fit_lines
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.limits_gate import limits_in_force, situation_of
from riskcore.dashboard.review_cure import basket_and_cure
from riskcore.dashboard.review_decision import decision
from riskcore.dashboard.review_limits import limits_editor
from riskcore.dashboard.review_report import report
from riskcore.dashboard.review_sections import gate, since
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.widgets import guarded

IMPORTS = """
from riskcore.data.crises import load_crises
from riskcore.limits import Limits, Situation, check
from riskcore.stress import proxied_crises
"""
SCRIPT = """
whole = prices.scenarios({assets!r})
wide = {wide}
groups = {groups!r}
{exposures}
situation = Situation(scenarios, {confidence!r}, history=history, whole=whole, crises=load_crises(),
                      with_index=wide, index={index!r}, groups=groups, value={value!r},
                      daily_volume={volumes!r}, participation={participation!r}, exposures=exposures,
                      durations={durations!r},
                      proxied=proxied_crises(prices, {assets!r}, load_crises(), index_asset={index!r}))
gate = check(situation, a, Limits.from_mapping({limits!r}))
print(gate.status, len(gate.limits))
print(gate.table().to_string())
"""
frame = open_page("review", uses={"a", "confidence", "horizon", "window", "value", "bench"})
frame.sections(gate, limits_editor, since, basket_and_cure, decision, report)
with guarded():
    book = frame.book
    names = list(dict.fromkeys([*book.assets, *([book.benchmark] if book.benchmark else [])]))
    wide = f"prices.scenarios({names!r}{window_literal(book)})"
    held = limits_in_force(book)
    situation = situation_of(book, book.a, held)
    factors = list(situation.exposures)
    exposures = fit_lines(book, factors) if factors else "exposures = {}"
    if factors:
        exposures += "\nexposures = {name: column.to_dict() for name, column in model.exposures.items()}"
    body = SCRIPT.format(
        assets=list(book.assets),
        wide=wide if book.benchmark else None,
        confidence=frame.view.confidence,
        index=book.benchmark,
        value=frame.view.value,
        limits=held.limits.to_mapping(),
        groups=dict(situation.groups),
        exposures=exposures,
        volumes=dict(situation.daily_volume),
        participation=situation.participation,
        durations=dict(situation.durations),
    )
    frame.footer(page_script(book, body, imports=IMPORTS + FIT_IMPORTS * bool(factors)))
