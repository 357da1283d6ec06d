"""Sizing: how much? A volatility target through time, Kelly's growth curve, the odds of a fall."""

from functools import partial

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.sizing_sections import (
    LOOK_BACKS,
    Sized,
    growth,
    many,
    odds,
    target,
    two_definitions,
)
from riskcore.dashboard.widgets import guarded

SCRIPT = """
for portfolio in (a, b):
    sized = volatility_target(
        history, portfolio, target={target!r}, window={window!r}, cap={cap!r}, risk_free={rate!r}
    )
    print(portfolio.name, "realised", f"{{sized.realised:.10f}}", "now", f"{{sized.scale.iloc[-1]:.6f}}")
    stake = kelly_stake(history, portfolio, risk_free={rate!r})
    print(portfolio.name, "full Kelly", f"{{stake.exact:.10f}}", f"{{stake.gaussian:.10f}}")
"""


def folded(frame: Frame, title: str, part: partial[None]) -> None:
    """Fold a section away, but show it open when it is presented."""
    with st.container() if frame.view.present else st.expander(title):
        if frame.view.present:
            st.subheader(title, anchor=False)
        part()


def script_of(frame: Frame) -> str:
    """Return the script that prints the page's numbers."""
    book = frame.book
    look = str(state.recall("lookback") or "")
    body = SCRIPT.format(
        target=round(float(state.recall("target") or 10.0) / 100, 6),
        window=LOOK_BACKS.get(look, 63),
        cap=float(state.recall("cap") or 2.0),
        rate=book.view.risk_free / book.base.periods_per_year,
    )
    return page_script(book, body, imports="from riskcore.sizing import kelly_stake, volatility_target")


frame = open_page("sizing", uses={"a", "b", "window", "risk_free"})
sized = Sized(frame)
frame.sections(
    lambda _: target(sized),
    lambda _: growth(sized),
    lambda _: odds(sized),
    lambda f: folded(f, "Stakes in all assets", partial(many, sized)),
    lambda f: folded(f, "Edge over variance, edge over odds", partial(two_definitions, sized)),
)
with guarded():
    frame.footer(script_of(frame))
