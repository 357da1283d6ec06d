"""Correlations by regime on the Stress page, beside what volatility alone makes of them."""

import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, show
from riskcore.figures import draw_regimes
from riskcore.figures.words import number, percent
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.results.reverse import RegimeResult
from riskcore.scenarios import Scenarios
from riskcore.stress import realised_volatility, regime_correlations

__all__ = ["regimes"]

WINDOW = 8
# The average of a few correlations over some dozens of weeks is not known any better than this.
SAME = 0.05


def regimes(frame: Frame) -> Lines:
    """Compare correlations in calm and turbulent times, and what volatility alone makes of them."""
    book = frame.book
    index = book.benchmark
    if index is None:
        st.markdown("This data has no known index: choose one under More → Benchmark.")
        return Lines("")
    if len(book.with_index.assets) < 2:
        st.markdown(plain(f"There is no asset beside {index} for it to be correlated with."))
        return Lines("")
    share = (
        st.slider("Turbulent share of the time, %", 5, 40, 10, 5, key="turb", bind="query-params", width=320)
        / 100
    )
    found = cached.derived(_regimes, book.with_index, index=index, share=share)
    rise = (found.table["turbulent"] - found.table["calm"]).mean()
    beyond = found.table["unexplained"].mean()
    st.markdown(
        plain(
            f"In the most turbulent {percent(share, 0)} of the {found.state.rpartition(', ')[0] or 'rows'}, "
            f"{index}’s variance is {found.variance_ratio:.1f} times that of the rest. Correlations with it "
            f"are {_higher(rise)} there on average; volatility alone would make them "
            f"{_higher(rise - beyond)}, so dependence itself is {_stronger(beyond)}."
        )
    )
    show(draw_regimes(found, theme=current_theme()), key="stress_regimes")
    st.caption(
        plain(
            f"{found.turbulent_rows:,} turbulent and {found.calm_rows:,} calm ones, by the volatility of "
            f"{index} known before each; history, whatever scenarios are active."
        )
    )
    return Lines("")


def _higher(change: float) -> str:
    return f"{number(abs(change), 2)} {'higher' if change >= 0 else 'lower'}"


def _stronger(change: float) -> str:
    if abs(change) < SAME:
        return "about the same"
    return "stronger" if change > 0 else "weaker"


def _regimes(scenarios: Scenarios, *, index: str, share: float) -> RegimeResult:
    apart = spacing(trading_dates(scenarios, "Regimes"))
    used = weekly(scenarios) if apart == "day" else scenarios
    window = min(WINDOW, max(2, used.count // 4))
    state_of = realised_volatility(used, index, window=window)
    unit = "weeks" if apart in ("day", "week") else "rows"
    return regime_correlations(
        used, index_asset=index, state=state_of.rename(f"{unit}, by volatility"), share=share
    )
