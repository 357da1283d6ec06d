"""A shock of factors on the Stress page: typed moves, carried to the assets by their exposures."""

import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.factors_model import build, default_factors
from riskcore.dashboard.factors_script import FIT_IMPORTS, fit_lines
from riskcore.dashboard.factors_views import moves_control, shock_words
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.script import Lines
from riskcore.dashboard.stress_direct import say_below
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.stress_words import worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show
from riskcore.factors import factor_shock
from riskcore.figures import draw_move_by_asset
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import direct_shock

__all__ = ["factors"]

SHOCK = """
moves = factor_shock(model, a, {moves!r}, others={others!r}).table["asset_return"]
shocked = direct_shock(scenarios, moves.to_dict()).scenarios
for portfolio in (a, b):
    lost = factor_shock(model, portfolio, {moves!r}, others={others!r}).loss
    print(portfolio.name, "factors", f"{{lost:.10f}}")
    print(portfolio.name, "CVaR", f"{{cvar(shocked, portfolio, confidence={confidence!r}).value:.10f}}")
"""


def factors(frame: Frame) -> Lines:
    """Let the reader move the factors; say what A and B lose, and draw the risk after it."""
    book = frame.book
    names = default_factors(book.prices, book.assets)
    if not names:
        st.markdown("This data has no known index over the whole window, so there is no factor to move.")
        return Lines("")
    model = build(book, names)
    fit = model.fit
    moves, others = moves_control(fit)
    if not moves:
        st.caption("No factor moves: move a slider.")
        return Lines("")
    found = [factor_shock(fit, h.portfolio.on(fit.assets), moves, others=others) for h in book.both]
    st.markdown(plain(shock_words(model, found)))
    show(
        draw_move_by_asset(
            found[0].table,
            found[1].table,
            what="Factor shock",
            definition="Weight × the move of the asset: its exposures times the factors’ moves.",
            theme=current_theme(),
            worth=worth(book),
        ),
        key="stress_factors_moves",
    )
    moved = found[0].table["asset_return"]
    shocked = cached.derived(
        _shocked, book.scenarios, moves=tuple((str(asset), float(move)) for asset, move in moved.items())
    )
    draw_stressed(frame, shocked.scenarios, "Factor shock", key="stress_factors")
    say_below(shocked)
    st.caption(
        plain(
            f"Exposures from {fit.rows:,} {model.rows_words}; what is specific to an asset stands still. "
            "Other factors are chosen on the Factors page."
        )
    )
    explain(
        frame.view,
        "Every asset moves by its exposures times the factors’ moves, before the ordinary period.",
        r"m_i=\sum_k B_{ik}m_k,\qquad r'_i=(1+m_i)(1+r_i)-1",
    )
    body = SHOCK.format(moves=moves, others=others, confidence=book.view.confidence)
    return Lines(
        fit_lines(book, names) + body,
        f"{FIT_IMPORTS}\nfrom riskcore.factors import factor_shock\nfrom riskcore.stress import direct_shock",
    )


def _shocked(scenarios: Scenarios, *, moves: tuple[tuple[str, float], ...]) -> ShockResult:
    return direct_shock(scenarios, dict(moves))
