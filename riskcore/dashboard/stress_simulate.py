"""Resampled, conditioned and simulated scenarios on the Stress page; the seed is always shown."""

from dataclasses import replace

import streamlit as st

from riskcore.dashboard import scenario_set
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.scenario_set import set_title, set_words
from riskcore.dashboard.scenario_set.making import STATE_WINDOW
from riskcore.dashboard.script import Lines, scenario_lines
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.stress_views import use_everywhere
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import explain
from riskcore.errors import InputError
from riskcore.figures.words import percent
from riskcore.periods import spacing, trading_dates
from riskcore.scenarios import Scenarios

__all__ = ["simulate"]

SIDES = {"high": "Turbulent", "low": "Calm"}
KINDS = {
    "decay": "Recent weighs more",
    "state": "Turbulent or calm days",
    "near": "Days of like volatility",
    "blocks": "Block bootstrap",
    "paths": "Resampled days",
    "t": "Multivariate t",
    "copula": "t copula",
}
WORDS = {
    "decay": "Probabilities halve for every half-life back in time.",
    "state": "Only {rows} before which {index} was most, or least, volatile over {window} {rows} count.",
    "near": "{Rows} weigh more the closer {index}’s volatility over the {window} {rows} before was to the "
    "chosen one: a bell curve in its logarithm.",
    "blocks": "Paths over {horizon} are made of stretches of the history; clusters of volatility stay.",
    "paths": "Paths over {horizon} are made of single {rows} drawn by probabilities that favour recent ones "
    "(fully flexible resampling); clusters of volatility are lost.",
    "t": "Draws from a multivariate t fitted to the history: the tails reach beyond what was seen.",
    "copula": "Every asset keeps the returns it had; how they come together is a fitted t copula.",
}
FORMULAS = {
    "decay": r"p_t\propto 2^{-(T-t)/h}",
    "state": r"p_t\propto 1\{z_t\ge q\}\quad\text{or}\quad p_t\propto 1\{z_t\le q\}",
    "near": r"p_t\propto\exp\left(-\tfrac12\left(\frac{\log z_t-\log q}{b}\right)^2\right)",
    "blocks": r"\prod_{k=1}^{h}(1+r_{t_k})-1,\qquad t_{k+1}=t_k+1\text{ with probability }1-1/b",
    "paths": r"\prod_{k=1}^{h}(1+r_{t_k})-1,\qquad P(t_k=t)\propto 2^{-(T-t)/h_{1/2}}",
    "t": r"\mu+\sqrt{\nu/\chi^2_\nu}\,\Lambda^{1/2}z",
    "copula": r"F_i^{-1}(t_\nu(x_i)),\qquad x=\sqrt{\nu/\chi^2_\nu}\,C^{1/2}z",
}
ROWS = {"day": "days", "week": "weeks", "month": "months"}
DRAWN = 5000


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
        code = _code(kind, _rows(frame.book))
    past = replace(frame, view=frame.view.but(scenario_set=""), book=Book(frame.view.but(scenario_set="")))
    stressed = Book(frame.view.but(scenario_set=code)).scenarios
    said = (
        _how(past.book, kind),
        set_words(code, stressed).partition(": ")[2],
        _more(past.book, kind, stressed),
    )
    st.caption(plain(" ".join(filter(None, said))))
    draw_stressed(past, stressed, set_title(code), key="stress_simulated")
    use_everywhere(code, "simulated_use")
    explain(
        frame.view,
        "Every measure takes scenarios with probabilities: changing either is all a simulation does.",
        FORMULAS.get(kind, FORMULAS["t"]),
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


def _rows(book: Book) -> str:
    """Return what the rows of the data are called: days, weeks, months, or just rows."""
    try:
        return ROWS.get(spacing(trading_dates(book.base, "Scenarios")), "rows")
    except InputError:
        return "rows"


def _how(book: Book, kind: str) -> str:
    """Return how scenarios of a kind are made."""
    rows = _rows(book)
    return WORDS[kind].format(
        rows=rows,
        Rows=rows.capitalize(),
        index=book.benchmark or "the index",
        window=STATE_WINDOW,
        horizon=book.horizon_label.replace("-", " "),
    )


def _more(book: Book, kind: str, stressed: Scenarios) -> str:
    """Return what a reader of these scenarios should know besides."""
    if kind == "blocks" and book.periods == 1:
        return (
            f"Over {book.horizon_label.replace('-', ' ')} a path is one row of the history, and blocks "
            "change nothing: choose a longer horizon above."
        )
    if kind in ("t", "copula"):
        return f"Fitted: {stressed.source.rpartition('; ')[2].partition(', ')[2]}."
    if kind == "near":
        known = scenario_set.known_before(book.history, book.periods, book.with_index, book.benchmark or "")
        rank = float((known.dropna() <= known.iloc[-1]).mean())
        return f"Before the last row here it was at its {percent(rank, 0)} quantile."
    return ""


def _code(kind: str, rows: str) -> str:
    """Draw the settings of a kind and return its code."""
    if kind == "decay":
        years = st.slider("Half-life, years", 0.1, 10.0, 2.0, 0.1, key="half", bind="query-params", width=260)
        return f"decay:{years:g}"
    if kind == "state":
        side = st.segmented_control(
            rows.capitalize(),
            list(SIDES),
            format_func=lambda side: SIDES[side],
            default="high",
            required=True,
            key="side",
            bind="query-params",
        )
        share = st.slider(f"Share of {rows}, %", 5, 50, 20, 5, key="share", bind="query-params", width=260)
        return f"state:{'low' if side == 'low' else 'high'}~{share / 100:g}"
    if kind == "near":
        rank = st.slider("Volatility: its quantile, %", 1, 99, 90, key="like", bind="query-params", width=260)
        wide = st.slider("Width, ± %", 5, 100, 25, 5, key="wide", bind="query-params", width=260)
        return f"near:{rank / 100:g}~{wide / 100:g}"
    seed = st.number_input("Seed", 0, 999_999, 1, key="seed", bind="query-params", width=120)
    if kind == "blocks":
        length = st.slider(f"Mean block, {rows}", 1, 60, 10, key="block", bind="query-params", width=260)
        return f"blocks:{length}~{DRAWN}~{seed}"
    if kind == "paths":
        years = st.slider("Half-life, years", 0.1, 10.0, 2.0, 0.1, key="half", bind="query-params", width=260)
        return f"paths:{years:g}~{DRAWN}~{seed}"
    return f"{kind}:{DRAWN}~{seed}"
