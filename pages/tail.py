"""Tail: how bad is bad? The distribution of returns, the VaR line, the CVaR tail and the worst days."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.intervals import (
    SEED,
    difference_note,
    difference_of,
    difference_words,
    interval_of,
    interval_words,
    resampled,
)
from riskcore.dashboard.script import page_script
from riskcore.dashboard.sentences import few_tail_note, holding_note, tail_words
from riskcore.dashboard.tail_sections import (
    VIEWS,
    chosen_view,
    draw_view,
    view_imports,
    view_script,
    which_view,
)
from riskcore.dashboard.tail_words import in_sample_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import clicked, current_theme, data_table, explain, guarded, notice, show
from riskcore.figures import draw_tail_histogram, draw_worst_days
from riskcore.figures.words import dated, percent
from riskcore.results.uncertainty import IntervalResult
from riskcore.worst import worst_scenarios

WORST = 10
USES = {"a", "b", "confidence", "horizon", "window", "value"}
IMPORTS = """
import numpy as np
from riskcore import value_at_risk
from riskcore.uncertainty import difference_interval
from riskcore.worst import worst_scenarios
"""
SCRIPT = """
for portfolio in (a, b):
    var = value_at_risk(scenarios, portfolio, confidence={confidence!r})
    tail = cvar(scenarios, portfolio, confidence={confidence!r})
    print(portfolio.name, "VaR", f"{{var.value:.10f}}", "CVaR", f"{{tail.value:.10f}}")
{apart}print(worst_scenarios(scenarios, a, count={worst}).losses)
"""
APART = """rng = np.random.default_rng({seed})
apart = difference_interval(scenarios, a, b, "cvar", confidence={confidence!r}, rng=rng)
print("A − B", f"{{apart.value:.10f}} from {{apart.lower:.10f}} to {{apart.upper:.10f}}")
"""


def distribution(frame: Frame) -> None:
    """Draw the histogram of A over B with VaR, CVaR and their intervals."""
    book = frame.book
    st.header(plain(tail_words(book, book.a)), anchor=False)
    st.markdown(plain(tail_words(book, book.b)))
    if in_sample := in_sample_note(book):
        st.caption(in_sample)
    intervals: dict[str, IntervalResult] = {}
    with guarded():
        intervals = {"var": interval_of(book, book.a, "var"), "cvar": interval_of(book, book.a, "cvar")}
        apart = difference_of(book, "cvar")
        st.markdown(plain(difference_words(book, apart)))
        if note := difference_note(apart):
            st.caption(plain(note))
    var = [book.risk(h, "var") for h in book.both]
    cvar = [book.risk(h, "cvar") for h in book.both]
    for note in filter(None, [*(holding_note(h) for h in book.both), few_tail_note(cvar)]):
        notice(note)
    show(
        draw_tail_histogram(
            var[0],
            cvar[0],
            var[1],
            cvar[1],
            theme=current_theme(),
            intervals=intervals,
            probabilities=book.scenarios.probabilities if book.scenarios.weighted else None,
            horizon_label=book.horizon_label,
            past=not frame.view.scenario_set,
        ),
        key="tail_histogram",
    )
    if intervals:
        st.caption(plain(interval_words(intervals["cvar"])))
        for warning in dict.fromkeys(found.warning for found in intervals.values() if found.warning):
            st.caption(plain(warning))
    level = f"{100 * frame.view.confidence:g}\N{NO-BREAK SPACE}%"
    possible = book.scenarios.probabilities > 0
    beyond = int((possible & (var[0].losses > var[0].value)).sum())
    explain(
        frame.view,
        f"VaR {level} is the loss that {level} of the {book.basis} do not exceed: {percent(var[0].value, 2)} "
        f"for A. CVaR is the average of what lies beyond it, {beyond:,} of {possible.sum():,} returns "
        f"and a fraction of the one at VaR: {percent(cvar[0].value, 2)}. VaR says nothing about how far the "
        "tail reaches; CVaR does."
        + (
            " The interval of A − B draws both from the same resampled days, so what they share cancels and "
            "it is narrower than the two apart."
            if intervals
            else ""
        ),
        r"\text{CVaR}_c=\frac{1}{1-c}\Big[\sum_{l_s>\text{VaR}}p_s\,l_s"
        r"+\big(1-c-P(l>\text{VaR})\big)\text{VaR}\Big]"
        rf"={100 * cvar[0].value:.3f}\,\%,\quad c={frame.view.confidence:g},\;"
        rf"\text{{VaR}}={100 * var[0].value:.3f}\,\%",
    )


def worst(frame: Frame) -> None:
    """Draw the worst days of A with B beside, and the assets behind a chosen one."""
    book = frame.book
    found = cached.compute(worst_scenarios, book.scenarios, book.a.portfolio, count=WORST)
    if found.losses.max() <= 0:
        st.markdown("A never loses in this window, so it has no worst days.")
        return
    beside = book.risk(book.b, "cvar").losses[found.rows]
    table = pd.DataFrame({"A": found.losses, "B": pd.Series(beside, index=found.losses.index)})
    left, right = st.columns([4, 3], gap="medium")
    with left:
        show(
            draw_worst_days(table, theme=current_theme(), horizon_label=book.horizon_label),
            key="tail_worst",
            on_click=choose_clicked,
        )
        st.caption("Click a bar to see the assets behind it.")
        if book.periods > 1:
            st.caption(
                "Each row ends on its date; windows that share a day with a worse one are passed over, "
                "so these are separate events."
            )
    with right:
        chosen = st.selectbox(
            "Which assets made it",
            range(len(found.rows)),
            format_func=lambda i: f"{dated(found.losses.index[i])} · A {percent(-found.losses.iloc[i])}",
            key="worst_day",
        )
        parts = found.by_asset.iloc[chosen].sort_values(ascending=False)
        shown = pd.DataFrame(
            {
                "asset return, %": 100 * book.scenarios.frame.iloc[found.rows[chosen]].loc[parts.index],
                "part of A’s loss, % of value": 100 * parts,
            }
        )
        data_table(shown.round(3), key="worst_assets")
        st.caption("The parts add up to A’s loss: weight × asset return, losses positive.")


def choose_clicked() -> None:
    """Choose the day whose bar was clicked."""
    row = clicked("tail_worst")
    if row is not None:
        state.store("worst_day", row)


frame = open_page("tail", uses=USES | ({"risk_free"} if chosen_view() == "statistics" else set()))
views = [lambda frame, view=view: draw_view(frame, view) for view in VIEWS] if frame.view.present else []
frame.sections(distribution, worst, *views)
chosen = None if frame.view.present else which_view()
# The view may take seconds; the foot of the page does not wait for it.
place = st.container()
with guarded():
    confidence = frame.view.confidence
    apart = APART.format(confidence=confidence, seed=SEED) if resampled(frame.book) else ""
    script = SCRIPT.format(confidence=confidence, apart=apart, worst=WORST)
    frame.footer(
        page_script(frame.book, script + view_script(frame, chosen), imports=IMPORTS + view_imports(chosen))
    )
if not frame.view.present:
    with place, guarded():
        draw_view(frame, chosen)
