"""What a snapshot froze: the weights, the limits and the numbers of that day, as they were."""

import pandas as pd
import streamlit as st

from riskcore.dashboard.limits_words import WORDS, figure_words
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import data_table
from riskcore.data.store import Snapshot
from riskcore.results.limits import LimitResult

__all__ = ["as_frozen", "frozen_limits"]


def as_frozen(then: Snapshot) -> None:
    """Show what a snapshot holds, none of it computed anew."""
    held = then.content.get("a", {})
    with st.expander("As it was frozen"):
        if then.note:
            st.markdown(plain(then.note))
        left, right = st.columns([1, 2])
        with left:
            st.caption(plain(f"A: {held.get('title', '')}"))
            weights = pd.Series(held.get("weights", {}), dtype=float)
            data_table(pd.DataFrame({"weight, %": 100 * weights}).rename_axis("asset"), key="frozen_weights")
        with right:
            numbers = pd.Series(then.content.get("numbers", {}), dtype=float)
            data_table(pd.DataFrame({"then": numbers}).rename_axis("of A"), key="frozen_numbers")
        limits = frozen_limits(then)
        if not limits.empty:
            data_table(limits, key="frozen_limits", hide_index=True)


def frozen_limits(then: Snapshot) -> pd.DataFrame:
    """Return one row per limit of a snapshot: value, limit and status as they were."""
    rows = []
    for kept in then.content.get("gate", {}).get("limits", ()):
        found = LimitResult(
            kept["key"], kept["name"], kept["limit"], kept["value"], kept.get("unit", "fraction")
        )
        rows.append(
            {
                "limit on": found.name,
                "value": figure_words(found, found.value),
                "limit": figure_words(found, found.limit),
                "status": WORDS.get(kept["status"], kept["status"]),
            }
        )
    return pd.DataFrame(rows)
