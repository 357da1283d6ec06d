"""Review: may it go out? Limits and their use, since when, the cure, and the decision that is frozen."""

from riskcore.dashboard.frame import open_page
from riskcore.dashboard.limits_code import limits_of
from riskcore.dashboard.review_decision import decision
from riskcore.dashboard.review_sections import basket_and_cure, gate, limits_editor, since
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.widgets import guarded

IMPORTS = """
from riskcore.data.crises import load_crises
from riskcore.limits import Limits, Situation, check
"""
SCRIPT = """
whole = prices.scenarios({assets!r})
wide = {wide}
classes = prices.assets.loc[{assets!r}, "asset_class"]
groups = {{kind: list(classes.index[classes == kind]) for kind in classes.unique() if kind}}
situation = Situation(scenarios, {confidence!r}, history=history, whole=whole, crises=load_crises(),
                      with_index=wide, index={index!r}, groups=groups, value={value!r})
gate = check(situation, a, Limits.from_mapping({limits!r}))
print(gate.status, len(gate.limits))
print(gate.table().to_string())
"""

frame = open_page("review", uses={"a", "confidence", "horizon", "window", "value", "bench"})
frame.sections(gate, limits_editor, since, basket_and_cure, decision)
with guarded():
    book = frame.book
    names = list(dict.fromkeys([*book.assets, *([book.benchmark] if book.benchmark else [])]))
    wide = f"prices.scenarios({names!r}{window_literal(book)})"
    body = SCRIPT.format(
        assets=list(book.assets),
        wide=wide if book.benchmark else None,
        confidence=frame.view.confidence,
        index=book.benchmark,
        value=frame.view.value,
        limits=limits_of(frame.view.limits).to_mapping(),
    )
    frame.footer(page_script(book, body, imports=IMPORTS))
