"""Review: may it go out? Limits and their use, since when, the cure, and the decision that is frozen."""

import pandas as pd

from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.limits_gate import limits_in_force, situation_of
from riskcore.dashboard.review_cure import basket_and_cure
from riskcore.dashboard.review_decision import decision
from riskcore.dashboard.review_limits import limits_editor
from riskcore.dashboard.review_sections import gate, since
from riskcore.dashboard.script import page_script, window_literal
from riskcore.dashboard.widgets import guarded
from riskcore.limits import Situation
from riskcore.periods import spacing

IMPORTS = """
from riskcore.data.crises import load_crises
from riskcore.factors import fit_exposures
from riskcore.limits import Limits, Situation, check
from riskcore.periods import weekly
"""
SCRIPT = """
whole = prices.scenarios({assets!r})
wide = {wide}
groups = {groups!r}
{exposures}
situation = Situation(scenarios, {confidence!r}, history=history, whole=whole, crises=load_crises(),
                      with_index=wide, index={index!r}, groups=groups, value={value!r},
                      daily_volume={volumes!r}, participation={participation!r}, exposures=exposures,
                      durations={durations!r})
gate = check(situation, a, Limits.from_mapping({limits!r}))
print(gate.status, len(gate.limits))
print(gate.table().to_string())
"""
EXPOSURES = """
fitted = {fitted}
model = fit_exposures(fitted.select({assets!r}), fitted.select({factors!r}))
exposures = {{name: column.to_dict() for name, column in model.exposures.items()}}
"""


def exposure_lines(book: Book, situation: Situation) -> str:
    """Return the lines that fit the exposures the gate used."""
    if not situation.exposures:
        return "exposures = {}"
    assets, factors = list(book.assets), list(situation.exposures)
    wide = f"prices.scenarios({list(dict.fromkeys([*assets, *factors]))!r}{window_literal(book)})"
    daily = spacing(pd.DatetimeIndex(book.base.index)) == "day"
    fitted = f"weekly({wide})" if daily else f"{wide}.over_horizon({book.periods})"
    return EXPOSURES.format(fitted=fitted, assets=assets, factors=factors).strip()


frame = open_page("review", uses={"a", "confidence", "horizon", "window", "value", "bench"})
frame.sections(gate, limits_editor, since, basket_and_cure, decision)
with guarded():
    book = frame.book
    names = list(dict.fromkeys([*book.assets, *([book.benchmark] if book.benchmark else [])]))
    wide = f"prices.scenarios({names!r}{window_literal(book)})"
    held = limits_in_force(book)
    situation = situation_of(book, book.a, held)
    body = SCRIPT.format(
        assets=list(book.assets),
        wide=wide if book.benchmark else None,
        confidence=frame.view.confidence,
        index=book.benchmark,
        value=frame.view.value,
        limits=held.limits.to_mapping(),
        groups=dict(situation.groups),
        exposures=exposure_lines(book, situation),
        volumes=dict(situation.daily_volume),
        participation=situation.participation,
        durations=dict(situation.durations),
    )
    frame.footer(page_script(book, body, imports=IMPORTS))
