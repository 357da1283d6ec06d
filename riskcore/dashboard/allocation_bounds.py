"""Closer look of the Allocation page: bounds per asset, what they cost, and why some leave nothing."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from riskcore.allocation import maximum_sharpe, minimum_variance
from riskcore.allocation.bounds import Relaxation, nearest_bounds
from riskcore.dashboard import cached, state
from riskcore.dashboard.allocation_sections import Weighed, make_buttons
from riskcore.dashboard.contribution_sections import Lines
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import quoted, unquoted
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent, unbroken
from riskcore.measures import risk
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["bounds"]

KINDS = {"minimum_variance": "Minimum variance", "maximum_sharpe": "Maximum Sharpe"}
LOW, HIGH = "minimum, %", "maximum, %"
START, ROUND = "bounds_start", "bounds_round"


def bounds(weighed: Weighed) -> Lines:
    """Let the reader bound every weight, and compare the answer with the one without."""
    book = weighed.book
    kind = str(
        st.segmented_control(
            "Allocator",
            list(KINDS),
            format_func=lambda kind: KINDS[kind],
            default="minimum_variance",
            required=True,
            key="bounded",
            bind="query-params",
        )
    )
    table = _edited(book.assets)
    low, high = table[LOW] / 100.0, table[HIGH] / 100.0
    found = nearest_bounds(low, high)
    if found.conflict:
        _conflict(found)
        return Lines("")
    limits = tuple((a, float(low[a]), float(high[a])) for a in book.assets)
    rate = book.view.risk_free / book.scenarios.periods_per_year
    inside = cached.derived(_bounded, book.scenarios, kind=kind, limits=limits, risk_free=rate)
    free = book.solve(kind)
    drawn = pd.DataFrame({"within bounds": inside.weights, "0 to 100 % each": free.weights})
    show(draw_weights(drawn, theme=current_theme()), key="allocation_bounds")
    inner, outer = (
        cached.compute(
            risk, book.scenarios, one.portfolio(), measure="cvar", confidence=book.view.confidence
        ).value
        for one in (inside, free)
    )
    st.markdown(
        plain(
            f"Within the bounds {weighed.cvar_words} is {card_percent(inner)}, without them "
            f"{card_percent(outer)}. In-sample."
        )
    )
    make_buttons(inside.weights, "bounds")
    st.caption(plain(f"{inside.solved} Certificate: {inside.residual_name}, {inside.residual:.1e}."))
    explain(
        book.view,
        "The same problem as without bounds, and every weight kept between its own two.",
        r"\min_w\;w^\top\Sigma w\quad\text{or}\quad\max_w\;\frac{\mu^\top w-r}{\sqrt{w^\top\Sigma w}}\quad"
        r"\text{such that}\quad\textstyle\sum_i w_i=1,\;\;l_i\le w_i\le u_i",
    )
    settings = f", risk_free={rate!r}" if kind == "maximum_sharpe" else ""
    return Lines(
        f"low = { {a: lo for a, lo, _ in limits}!r}\nhigh = { {a: hi for a, _, hi in limits}!r}\n"
        f"found = {kind}(scenarios, lower=low, upper=high{settings})\n"
        "print(found.weights.to_string(float_format='%.10f'))",
        f"from riskcore.allocation import {kind}",
    )


def _bounded(
    scenarios: Scenarios, *, kind: str, limits: tuple[tuple[str, float, float], ...], risk_free: float
) -> AllocationResult:
    lower, upper = ({row[0]: row[side] for row in limits} for side in (1, 2))
    low: Mapping[str, float] = {a: float(v) for a, v in lower.items()}
    high: Mapping[str, float] = {a: float(v) for a, v in upper.items()}
    if kind == "maximum_sharpe":
        return maximum_sharpe(scenarios, risk_free=risk_free, lower=low, upper=high)
    return minimum_variance(scenarios, lower=low, upper=high)


def _edited(assets: tuple[str, ...]) -> pd.DataFrame:
    """Draw the table of bounds; it starts from the link, and the link follows it."""
    key = f"bounds_editor_{state.recall(ROUND) or 0}"
    start = state.recall(START)
    if start is None or state.recall(key) is None or tuple(start.index) != assets:
        start = _from_link(assets)
        state.store(START, start)
    column = st.column_config.NumberColumn(min_value=0.0, max_value=100.0, step=1.0, required=True)
    edited = st.data_editor(
        start, column_config={LOW: column, HIGH: column}, key=key, width="content", disabled=["asset"]
    )
    table: pd.DataFrame = edited.astype(float).fillna({LOW: 0.0, HIGH: 100.0})
    _link(table)
    return table


def _link(table: pd.DataFrame) -> None:
    """Let the link hold the bounds by asset, where they bind at all."""
    bound = table[(table != _wide(tuple(table.index))).any(axis=1)]
    if bound.empty:
        st.query_params.pop("bounds", None)
    else:
        rows = (f"{quoted(str(asset))}~{lo:g}~{hi:g}" for asset, lo, hi in bound.itertuples())
        st.query_params["bounds"] = ";".join(rows)


def _wide(assets: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({LOW: 0.0, HIGH: 100.0}, index=pd.Index(assets, name="asset"))


def _from_link(assets: tuple[str, ...]) -> pd.DataFrame:
    """Return the bounds a link holds, by asset; what it cannot say of these assets is told, not guessed."""
    table = _wide(assets)
    lost = []
    for part in filter(None, st.query_params.get("bounds", "").split(";")):
        asset, *limits = part.split("~")
        try:
            low, high = (float(limit) for limit in limits)
        except ValueError:
            low, high = -1.0, -1.0
        if unquoted(asset) in assets and 0.0 <= low <= 100.0 and 0.0 <= high <= 100.0:
            table.loc[unquoted(asset)] = [low, high]
        else:
            lost.append(unquoted(asset)[:40])
    if lost:
        notice(f"The link has bounds that cannot be used here: {', '.join(lost)}. They are left out.")
    return table


def _conflict(found: Relaxation) -> None:
    """Say which bounds conflict, show the nearest that do not, and offer to take them."""
    st.warning(
        plain(unbroken(f"No portfolio keeps these bounds: {found.conflict}.")), icon=":material/block:"
    )
    table = pd.DataFrame({LOW: 100.0 * found.lower, HIGH: 100.0 * found.upper}).rename_axis("asset")
    # Rounded to the safe side, so that what is taken can be kept.
    table = pd.DataFrame(
        {LOW: (table[LOW] - 5e-4).clip(lower=0.0).round(3), HIGH: (table[HIGH] + 5e-4).round(3)}
    )
    table[HIGH] = table[HIGH].clip(upper=100.0)
    st.markdown("The nearest bounds that some portfolio keeps:")
    data_table(table, key="bounds_nearest", width="content")
    st.button("Use these bounds", key="bounds_use", on_click=_use, args=(table,))


def _use(table: pd.DataFrame) -> None:
    _link(table)
    state.store(ROUND, int(state.recall(ROUND) or 0) + 1)
