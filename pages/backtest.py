"""Backtest: would it have worked? Rules walked forward from past data only, net of costs."""

from functools import partial

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.backtest_run import (
    IMPORTS,
    Choices,
    backtest_script,
    choose,
    letters_of,
    outcome,
)
from riskcore.dashboard.backtest_words import (
    basis,
    caution,
    compared_rule,
    few_rows,
    figures_table,
    story,
    trouble,
)
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, guarded, notice, show, show_table
from riskcore.figures import draw_backtest, draw_held_weights
from riskcore.figures.words import dated
from riskcore.results.backtest import BacktestResult

UNITS = {252.0: "1-day", 365.0: "1-day", 52.0: "1-week", 26.0: "2-week", 12.0: "1-month", 4.0: "1-quarter"}


def unit_of(frame: Frame) -> str:
    """Return what one row is, as an adjective: "1-day"."""
    return UNITS.get(frame.book.base.periods_per_year, "single-period")


def told(frame: Frame, choices: Choices) -> BacktestResult | None:
    """Run the backtest and say what happened; None where it has not run."""
    found = outcome(frame, choices)
    if found is None:
        return None
    st.header(plain(story(found, letters_of(frame.book))), anchor=False)
    st.caption("Walk-forward: weights from past data only.")
    for line in trouble(found) + few_rows(found):
        notice(line)
    if frame.book.periods > 1:
        notice(
            f"Weights are estimated on, and held over, {unit_of(frame)} returns, whatever the horizon: "
            f"{frame.book.horizon_label} windows overlap, and a path is lived one row at a time."
        )
    return found


def paths(frame: Frame, *, found: BacktestResult | None) -> None:
    """Draw growth of 1 and drawdowns."""
    if found is None:
        return
    letters = {key: letter for key, letter in letters_of(frame.book).items() if key in found.methods}
    show(draw_backtest(found, theme=current_theme(), letters=letters), key="backtest_paths")
    one = compared_rule(found, letters) or found.methods["equal_weight"]
    if one.sharpe is None:
        return
    explain(
        frame.view,
        f"At each trade a rule sees only earlier rows. {one.label} turned 1 into {one.growth.iloc[-1]:.2f}, "
        f"after costs of {100 * one.costs_per_year:.3f} % a year. Its Sharpe ratio is the average return "
        "above the risk-free rate over the volatility, both per year.",
        r"W_t=W_{t-1}\Big(1-\kappa\sum_i|w_i-w_i^-|\Big)(1+r_t),\qquad "
        rf"S=\frac{{k\bar r-r_f}}{{\sqrt k\,\sigma}}={one.sharpe.value:.3f},\quad\kappa={found.costs:g}",
    )


def figures(frame: Frame, *, found: BacktestResult | None) -> None:
    """Show the figures of every rule with their intervals."""
    if found is None:
        return
    st.markdown("**Figures of each, walk-forward and net of costs**")
    data_table(figures_table(found, letters_of(frame.book), unit_of(frame)), key="backtest_figures")
    with st.container(horizontal=True):
        with st.popover("Full digits", type="tertiary", icon=":material/table:"):
            show_table(found.table.set_index("label"), key="backtest_digits")
        with st.popover("How it is computed", type="tertiary", icon=":material/info:"):
            st.caption(plain(basis(found, unit_of(frame))))
    st.caption(plain(caution(found, frame.book.prices.source)))


def weights(frame: Frame, *, found: BacktestResult | None) -> None:
    """Fold away the weights through time."""
    if found is None:
        return
    with st.container() if frame.view.present else st.expander("Weights through time"):
        held(found)


@st.fragment
def held(found: BacktestResult) -> None:
    """Draw the weights of one rule, and list the dates at which it had no answer."""
    with guarded():
        keys = {m.label: key for key, m in found.methods.items()}
        chosen = st.selectbox(
            "Rule", list(keys), index=len(keys) - 1, key="held", bind="query-params", width=420
        )
        method = found.methods[keys[chosen]]
        show(draw_held_weights(method, theme=current_theme()), key="backtest_weights")
        if method.failures:
            table = pd.DataFrame({"why": dict(method.failures)})
            table.index = pd.Index([dated(day) for day in table.index], name="kept its weights on")
            data_table(table, key="backtest_failures")


frame = open_page("backtest", uses={"a", "b", "confidence", "window", "risk_free"})
sentence = st.container()
choices = choose(hidden=frame.view.present > 0)
place = st.container()
parts = (paths, figures, weights)
# The foot of the page does not wait for the run.
state.count_parts(len(parts))
with guarded():
    frame.footer(page_script(frame.book, backtest_script(frame, choices), imports=IMPORTS))
result = None
with sentence, guarded():
    result = told(frame, choices)
with place:
    frame.sections(*[partial(part, found=result) for part in parts])
