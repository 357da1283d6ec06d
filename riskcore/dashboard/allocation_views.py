"""Closer look of the Allocation page: Black–Litterman, what a market implies and what views make of it."""

import pandas as pd
import streamlit as st

from riskcore.allocation import black_litterman, black_litterman_posterior
from riskcore.dashboard import cached, state
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.allocation_terms import MEANS, POSTERIOR
from riskcore.dashboard.book import Book
from riskcore.dashboard.linked_table import linked_table
from riskcore.dashboard.opinions import (
    MOST,
    RANGES,
    RATE,
    Market,
    Tilt,
    linked_tilts,
    market_of,
    read_market,
    read_tilts,
    usual_market,
    views_of,
)
from riskcore.dashboard.script import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["opinions"]

ASSET, OVER, EXPECTED, SURE = "asset", "earns more than", "by, % per year", "certainty, %"
HALF = 50.0
START = "tilts_start"


def opinions(weighed: Weighed) -> Lines:
    """Let the reader type market weights and views, and show the returns and weights they lead to."""
    book = weighed.book
    market, tilts = _asked(book)
    given = {"market": market, "tilts": tilts, "covariance": weighed.terms.covariance}
    solved: AllocationResult = cached.derived(solve_opinions, book.scenarios, **given)
    means: pd.DataFrame = cached.derived(returns_of, book.scenarios, **given)
    held = pd.Series(dict(market)).reindex(solved.weights.index)
    drawn = pd.DataFrame({"with views": solved.weights, "market": held})
    show(draw_weights(drawn, theme=current_theme()), key="allocation_opinions")
    moved = str((solved.weights - held).abs().idxmax())
    if tilts:
        change = f"from {card_percent(float(held[moved]))} to {card_percent(float(solved.weights[moved]))}"
        st.markdown(plain(f"{len(tilts)} view{'s'[: len(tilts) > 1]} moved {moved} most, {change}."))
    else:
        st.markdown("Without views the answer is the market itself. Type what you expect.")
    make_buttons(solved.weights, "opinions")
    rounded = {str(name): (str(name), 2) for name in means.columns}
    data_table(100 * means, key="opinions_means", width="content", columns=rounded)
    st.caption(
        plain(
            f"Means in % per year over the risk-free rate. {solved.solved} Certificate: "
            f"{solved.residual_name}, {solved.residual:.1e}. Constraints do not apply here."
        )
    )
    explain(
        book.view,
        "Read backwards, market weights say which returns would make them the best choice. A view moves "
        "these by its certainty, and correlated assets move with it. At 50 % a view counts as much as the "
        "market.",
        r"\Pi=\delta\Sigma w_M,\qquad \mu=\Pi+\tau\Sigma P^\top(P\tau\Sigma P^\top+\Omega)^{-1}(Q-P\Pi)",
    )
    return _lines(book, market, tilts, weighed.terms.covariance)


def solve_opinions(
    scenarios: Scenarios, *, market: Market, tilts: tuple[Tilt, ...], covariance: str
) -> AllocationResult:
    """Return the Black–Litterman weights."""
    views = views_of(scenarios, tilts, covariance)
    return black_litterman(scenarios, dict(market), views, covariance=covariance)


def returns_of(
    scenarios: Scenarios, *, market: Market, tilts: tuple[Tilt, ...], covariance: str
) -> pd.DataFrame:
    """Return the means per year, before and after the views."""
    views = views_of(scenarios, tilts, covariance)
    found = black_litterman_posterior(scenarios, dict(market), views, covariance=covariance)
    table = pd.DataFrame({"implied by the market, %": found.equilibrium, "with views, %": found.mean})
    return table * scenarios.periods_per_year


def _asked(book: Book) -> tuple[Market, tuple[Tilt, ...]]:
    """Draw the two editors, or read the link where one part of the page is shown alone."""
    if book.view.present:
        return read_market(book), read_tilts(book.assets)[0]
    before = _linked()
    left, right = st.columns([1, 2])
    with left:
        st.caption("The market; A until you type.")
        table = linked_table("market", usual_market(book), ranges=RANGES)
    with right:
        st.caption("Views; a row each.")
        tilts = _edited(book.assets)
    if _linked() != before and _counts():
        # The allocators above were weighed with the views before this edit.
        st.rerun()
    return market_of(table), tilts


def _edited(assets: tuple[str, ...]) -> tuple[Tilt, ...]:
    """Draw the table of views; it starts from the link, and the link follows it."""
    editor = "tilts_" + "_".join(assets)
    start = state.recall(START)
    if start is None or state.recall(editor) is None:
        known, lost = read_tilts(assets)
        start = pd.DataFrame(
            [(t.asset, t.over, t.value, t.sure) for t in known], columns=[ASSET, OVER, EXPECTED, SURE]
        ).astype({ASSET: object, OVER: object, EXPECTED: float, SURE: float})
        state.store(START, start)
        if lost:
            notice(f"The link has views that cannot be used here: {', '.join(lost)}. They are left out.")
    columns = {
        ASSET: st.column_config.SelectboxColumn(options=list(assets), required=True),
        OVER: st.column_config.SelectboxColumn(options=[RATE, *assets], default=RATE, required=True),
        EXPECTED: st.column_config.NumberColumn(
            min_value=-100.0, max_value=100.0, default=0.0, required=True
        ),
        SURE: st.column_config.NumberColumn(
            min_value=1.0,
            max_value=MOST,
            default=HALF,
            required=True,
            help="50: as uncertain as the market's own return; 100: certain.",
        ),
    }
    edited = st.data_editor(
        start, column_config=columns, key=editor, num_rows="dynamic", hide_index=True, width="stretch"
    )
    whole = edited.dropna()
    tilts = tuple(
        Tilt(str(asset), str(over), float(value), float(sure))
        for asset, over, value, sure in whole.itertuples(index=False)
        if asset != over
    )
    if tilts:
        st.query_params["tilts"] = linked_tilts(tilts)
    else:
        st.query_params.pop("tilts", None)
    return tilts


def _lines(book: Book, market: Market, tilts: tuple[Tilt, ...], covariance: str) -> Lines:
    views = views_of(book.scenarios, tilts, covariance)
    return Lines(
        f"views = {views!r}\n"
        f"found = black_litterman(scenarios, {dict(market)!r}, views, covariance={covariance!r})\n"
        "print(found.weights.to_string(float_format='%.10f'))",
        "from riskcore.allocation import View, black_litterman",
    )


def _counts() -> bool:
    """Return whether the means chosen come from the typed market and views."""
    return state.recall("mu") in (POSTERIOR, MEANS[POSTERIOR])


def _linked() -> tuple[str, str]:
    """Return the market and the views that the link holds now."""
    return str(st.query_params.get("market", "")), str(st.query_params.get("tilts", ""))
