"""Everything else on the Stress page, one at a time: nothing is computed until chosen."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.script import Lines
from riskcore.dashboard.stress_direct import direct, library, say_below
from riskcore.dashboard.stress_factors import factors
from riskcore.dashboard.stress_liquidity import liquidity
from riskcore.dashboard.stress_regimes import regimes
from riskcore.dashboard.stress_reverse import reverse
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.stress_simulate import simulate
from riskcore.dashboard.stress_views import use_everywhere, views
from riskcore.dashboard.widgets import explain
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import volatility_shock

__all__ = ["SECTIONS", "closer", "more"]

KEY = "stress"


class Section(NamedTuple):
    """One further stress: what it is called, what it answers, and what draws it."""

    title: str
    purpose: str
    draw: Callable[[Frame], Lines]


def closer() -> str | None:
    """Draw the choice of one further stress, or none, and return it."""
    st.subheader("More stresses", anchor=False)
    chosen = st.segmented_control(
        "More stresses",
        list(SECTIONS),
        format_func=lambda key: SECTIONS[key].title,
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen not in SECTIONS:
        st.caption("Views, named and direct stresses, simulation and more: nothing is computed until chosen.")
        return None
    return str(chosen)


def more(frame: Frame, chosen: str) -> Lines:
    """Draw one of the further stresses, and return what it adds to the script."""
    section = SECTIONS[chosen]
    if frame.view.present:
        st.subheader(section.title, anchor=False)
    st.caption(section.purpose)
    return section.draw(frame)


def volatility(frame: Frame) -> Lines:
    """Multiply volatilities about the mean."""
    book = frame.book
    times = st.slider("Volatility ×", 0.0, 5.0, 2.0, 0.25, key="times", bind="query-params", width=320)
    found = cached.derived(_stretched, book.scenarios, factor=times)
    draw_stressed(frame, found.scenarios, f"volatility × {times:g}", key="stress_volatility")
    say_below(found)
    if not frame.view.scenario_set:
        use_everywhere(f"vol:{times:g}", "volatility_use")
    explain(
        frame.view,
        "Every return is stretched about its mean: volatilities are multiplied, correlations stay.",
        r"r'=\mu+k\,(r-\mu)",
    )
    return Lines(
        f"wider = volatility_shock(scenarios, {times!r}).scenarios\n"
        "for portfolio in (a, b):\n"
        f"    print(portfolio.name, 'wider', f'{{cvar(wider, portfolio, "
        f"confidence={book.view.confidence!r}).value:.10f}}')",
        "from riskcore.stress import volatility_shock",
    )


def _stretched(scenarios: Scenarios, *, factor: float) -> ShockResult:
    return volatility_shock(scenarios, factor)


SECTIONS = {
    "views": Section(
        "Views", "What if I believe something else of the future than the past says? Write it down.", views
    ),
    "named": Section("Named", "What would a stress cost that has a name, bundled or kept?", library),
    "direct": Section(
        "Direct",
        "What if exactly this happens to assets, classes, regions or currencies?",
        direct,
    ),
    "factors": Section("Factors", "What if factors move, and the assets follow by their exposures?", factors),
    "volatility": Section("Volatility", "What if everything swings more, or less, than it did?", volatility),
    "simulate": Section(
        "Simulate", "What if only some of the past is a guide, or its days come together anew?", simulate
    ),
    "reverse": Section("Reverse", "Which move would cost this much? The likeliest of all that do.", reverse),
    "regimes": Section(
        "Regimes",
        "Do assets depend on each other more in turbulent times, or is it only that everything moves more?",
        regimes,
    ),
    "liquidity": Section("Liquidity", "How long would selling take, and what would it cost?", liquidity),
}
