"""The active scenario set: what all pages compute on instead of history, as a code that fits in a link.

A code is empty for history, or a kind and its settings: "views:" with the sentences themselves, "vol:2",
"corr:0.8", "decay:2", "state:high~0.2", "near:0.9~0.25", "t:5000~1", "copula:5000~1", "blocks:10~5000~1",
"paths:2~5000~1". Nothing is stored: a copied link brings the set back.
"""

from riskcore.dashboard.scenario_set.codes import (
    OFFERED,
    VIEWS,
    kind_of,
    mentions,
    needs_state,
    set_title,
    set_words,
)
from riskcore.dashboard.scenario_set.making import Named, active, build, known_before, pooled, viewable
from riskcore.dashboard.scenario_set.script import names_literal, script_lines
from riskcore.dashboard.scenario_set.stays import still_history

__all__ = [
    "OFFERED",
    "VIEWS",
    "Named",
    "active",
    "build",
    "kind_of",
    "known_before",
    "mentions",
    "names_literal",
    "needs_state",
    "pooled",
    "script_lines",
    "set_title",
    "set_words",
    "still_history",
    "viewable",
]
