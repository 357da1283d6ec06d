"""Sizing: how much? A volatility target through time, Kelly's growth curve, the odds of a fall."""

from functools import partial

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.sizing_sections import (
    FALLS,
    LOOK_BACKS,
    PATHS,
    SEED,
    growth,
    many,
    odds,
    target,
    two_definitions,
)
from riskcore.dashboard.sizing_sized import Sized
from riskcore.dashboard.sizing_words import SHARES
from riskcore.dashboard.widgets import guarded

IMPORTS = """
import numpy as np
from riskcore.sizing import drawdown_odds, kelly_stake, kelly_weights, volatility_target
"""
SCRIPT = """
for portfolio in ({names}):
    sized = volatility_target(
        history, portfolio, target={target!r}, window={window!r}, lag={lag}, cap={cap!r}, risk_free={rate!r}
    )
    print(portfolio.name, "realised", f"{{sized.realised:.10f}}", "next", f"{{sized.next_scale:.6f}}")
    stake = kelly_stake(history, portfolio, risk_free={rate!r})
    print(portfolio.name, "full Kelly", f"{{stake.exact:.10f}}", f"{{stake.gaussian:.10f}}")
    sizes = [1.0] + [share * stake.exact for share in {shares} if stake.edge > 0]
    rng = np.random.default_rng({seed})
    settings = dict(multiples=sizes, years={years}, falls={falls}, paths={paths}, risk_free={rate!r})
    print(drawdown_odds(history, portfolio, rng=rng, **settings).odds.to_string())
"""
ALL_ASSETS = """
print(kelly_weights(history, exact=True, limit={limit!r}, risk_free={rate!r}).weights.to_string())
"""


def folded(frame: Frame, title: str, part: partial[None]) -> None:
    """Fold a section away, but show it open when it is presented."""
    with st.container() if frame.view.present else st.expander(title):
        if frame.view.present:
            st.subheader(title, anchor=False)
        part()


def script_of(sized: Sized) -> str:
    """Return the script that prints the page's numbers, of whoever has a size."""
    rate, body = sized.rate, ""
    if names := ", ".join(holding.letter.lower() for holding, _ in sized.stakes):
        body = SCRIPT.format(
            names=f"{names},",
            target=round(float(state.recall("target") or 10.0) / 100, 6),
            window=LOOK_BACKS.get(str(state.recall("lookback") or ""), 63),
            lag=int(state.recall("lag") or 1),
            cap=float(state.recall("cap") or 2.0),
            years=int(state.recall("years") or 10),
            shares=tuple(SHARES.values()),
            falls=FALLS,
            paths=PATHS,
            seed=SEED,
            rate=rate,
        )
    limit = float(state.recall("borrow") or 1.0)
    return page_script(sized.book, body + ALL_ASSETS.format(limit=limit, rate=rate), imports=IMPORTS)


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
    frame.footer(script_of(sized))
