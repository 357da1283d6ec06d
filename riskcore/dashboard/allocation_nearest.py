"""The nearest constraints that can be kept, taken into the inputs and the link by a button."""

import numpy as np
import streamlit as st

from riskcore.allocation import Constraints
from riskcore.dashboard import state
from riskcore.dashboard.allocation_inputs import ROUND
from riskcore.dashboard.view import quoted

__all__ = ["use"]

WHOLE = 1e-4


def use(nearest: Constraints, per_year: float) -> None:
    """Take constraints into the inputs and the link, from a button's callback."""
    for key, value, scale in (
        ("short", nearest.short, 100.0),
        ("gross", nearest.gross, 100.0),
        ("turn", nearest.turnover, 100.0),
        ("te", nearest.tracking_error, 100.0 * per_year**0.5),
        ("ccap", nearest.cvar, 100.0),
        ("acap", nearest.active_cvar, 100.0),
    ):
        if value is not None:
            state.store(key, round(scale * value, 6))
    lower, upper = nearest.lower, nearest.upper
    allowed = 0.0
    if nearest.short is not None:
        allowed = nearest.short
    elif nearest.gross is not None:
        allowed = (nearest.gross - 1.0) / 2.0
    rows = []
    if isinstance(lower, dict) and isinstance(upper, dict):
        for asset, low in lower.items():
            ends = (low, upper[asset])
            free = (abs(low + allowed) < WHOLE, abs(upper[asset] - 1.0 - allowed) < WHOLE)
            if not all(free):
                rows.append(
                    "~".join(
                        [
                            quoted(asset),
                            *("" if f else f"{100 * v:.6g}" for v, f in zip(ends, free, strict=True)),
                        ]
                    )
                )
    _link("bounds", rows)
    _link(
        "groups",
        [
            "~".join(
                [quoted(g.name), *(f"{100 * v:.6g}" if np.isfinite(v) else "" for v in (g.lower, g.upper))]
            )
            for g in nearest.groups
        ],
    )
    state.store(ROUND, int(state.recall(ROUND) or 0) + 1)


def _link(key: str, rows: list[str]) -> None:
    if rows:
        st.query_params[key] = ";".join(rows)
    else:
        st.query_params.pop(key, None)
