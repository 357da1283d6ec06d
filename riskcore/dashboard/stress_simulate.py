"""Resampled, conditioned and simulated scenarios on the Stress page; the seed is always shown."""

from dataclasses import replace

import streamlit as st

from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.scenario_set import set_title, set_words
from riskcore.dashboard.script import Lines, scenario_lines
from riskcore.dashboard.stress_shocks import draw_stressed
from riskcore.dashboard.stress_views import use_everywhere
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import explain

__all__ = ["simulate"]

SIDES = {"high": "Turbulent", "low": "Calm"}
KINDS = {
    "decay": "Recent weighs more",
    "state": "Turbulent or calm days",
    "blocks": "Block bootstrap",
    "paths": "Resampled days",
    "t": "Multivariate t",
    "copula": "t copula",
}
WORDS = {
    "decay": "Probabilities halve for every half-life back in time.",
    "state": "Only days before which the index was most, or least, volatile over 21 days count.",
    "blocks": "Paths over the horizon are made of stretches of the history; clusters of volatility stay.",
    "paths": "Paths over the horizon are made of single days drawn by probabilities that favour recent ones "
    "(fully flexible resampling); clusters of volatility are lost.",
    "t": "Draws from a multivariate t fitted to the history: the tails reach beyond what was seen.",
    "copula": "Every asset keeps the returns it had; how they come together is a fitted t copula.",
}


def simulate(frame: Frame) -> Lines:
    """Let the reader choose how scenarios are made, and show what A and B risk under them."""
    kind = st.segmented_control(
        "How",
        list(KINDS),
        format_func=lambda k: KINDS[k],
        default="state",
        required=True,
        key="drawn",
        bind="query-params",
    )
    kind = kind if kind in KINDS else "state"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = _code(kind)
    past = replace(frame, view=frame.view.but(scenario_set=""), book=Book(frame.view.but(scenario_set="")))
    stressed = Book(frame.view.but(scenario_set=code)).scenarios
    st.caption(plain(f"{WORDS[kind]} {set_words(code, stressed).partition(': ')[2]}"))
    draw_stressed(past, stressed, set_title(code), key="stress_simulated")
    use_everywhere(code, "simulated_use")
    explain(
        frame.view,
        "Every measure takes scenarios with probabilities: changing either is all a simulation does.",
        r"p_t\propto 2^{-(T-t)/h},\qquad \prod_{k=1}^{h}(1+r_{t_k})-1,\qquad "
        r"\mu+\sqrt{\nu/\chi^2_\nu}\,\Lambda^{1/2}z",
    )
    lines, imports = scenario_lines(past.book, code)
    body = (
        f"scenarios = history.over_horizon({past.book.periods})\n{lines}\n"
        "for portfolio in (a, b):\n"
        "    found = risk_contributions(scenarios, portfolio, 'cvar', "
        f"confidence={frame.view.confidence!r})\n"
        "    print(portfolio.name, 'simulated', f'{found.total:.10f}')"
    )
    return Lines(body, imports)


def _code(kind: str) -> str:
    """Draw the settings of a kind and return its code."""
    if kind == "decay":
        years = st.slider("Half-life, years", 0.1, 10.0, 2.0, 0.1, key="half", bind="query-params", width=260)
        return f"decay:{years:g}"
    if kind == "state":
        side = st.segmented_control(
            "Days",
            list(SIDES),
            format_func=lambda side: SIDES[side],
            default="high",
            required=True,
            key="side",
            bind="query-params",
        )
        share = st.slider("Share of days, %", 5, 50, 20, 5, key="share", bind="query-params", width=260)
        return f"state:{'low' if side == 'low' else 'high'}~{share / 100:g}"
    seed = st.number_input("Seed", 0, 999_999, 1, key="seed", bind="query-params", width=120)
    if kind == "blocks":
        length = st.slider("Mean block, days", 1, 60, 10, key="block", bind="query-params", width=260)
        return f"blocks:{length}~5000~{seed}"
    if kind == "paths":
        years = st.slider("Half-life, years", 0.1, 10.0, 2.0, 0.1, key="half", bind="query-params", width=260)
        return f"paths:{years:g}~5000~{seed}"
    return f"{kind}:5000~{seed}"
