"""A small table of numbers by asset that the reader edits, and that the link remembers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.view import quoted, unquoted
from riskcore.dashboard.widgets import harmless, notice

__all__ = ["linked_table", "read_linked", "written_linked"]

Range = tuple[float, float]


def linked_table(
    key: str,
    usual: pd.DataFrame,
    *,
    ranges: Mapping[str, Range],
    helps: Mapping[str, str] | None = None,
    again: int = 0,
) -> pd.DataFrame:
    """Draw the table and return it as edited; the link holds what differs from `usual` under `key`.

    Parameters
    ----------
    key
        One of `view.PAGE_KEYS`.
    usual
        Index = assets, numeric columns; NaN where nothing is known yet.
    ranges
        Smallest and largest number of each column.
    again
        Another number than before forgets what was edited and reads the link anew.
    """
    editor, kept = f"{key}_editor{again or ''}", f"{key}_start"
    start = state.recall(kept)
    same = isinstance(start, pd.DataFrame) and list(start.index) == list(usual.index)
    if not same or state.recall(editor) is None:
        start, lost = read_linked(str(st.query_params.get(key, "")), usual, ranges)
        state.store(kept, start)
        if lost:
            notice(f"The link has entries that cannot be used here: {', '.join(lost)}. They are left out.")
    columns = {
        name: st.column_config.NumberColumn(
            min_value=low, max_value=high, help=(helps or {}).get(name), format="%.6g"
        )
        for name, (low, high) in ranges.items()
    }
    # What the editor's own download holds may start no formula; the rows stay those of the table.
    edited: pd.DataFrame = st.data_editor(
        harmless(start), column_config=columns, key=editor, width="content", disabled=[str(usual.index.name)]
    ).set_axis(start.index)
    text = written_linked(edited, usual)
    if text:
        st.query_params[key] = text
    else:
        st.query_params.pop(key, None)
    return edited.astype(np.float64)


def written_linked(table: pd.DataFrame, usual: pd.DataFrame) -> str:
    """Return the rows that differ from the usual ones as text for a link.

    Examples
    --------
    >>> usual = pd.DataFrame({"years": [6.0, 0.0]}, index=["BND", "SPY"])
    >>> written_linked(usual.assign(years=[7.5, 0.0]), usual)
    'BND~7.5'
    """
    rows = []
    for asset in usual.index:
        new, old = (np.asarray(t.loc[asset], dtype=np.float64) for t in (table, usual))
        if not np.array_equal(new, old, equal_nan=True):
            numbers = ("" if np.isnan(v) else f"{v:.10g}" for v in new)
            rows.append("~".join([quoted(str(asset)), *numbers]))
    return ";".join(rows)


def read_linked(
    text: str, usual: pd.DataFrame, ranges: Mapping[str, Range]
) -> tuple[pd.DataFrame, Sequence[str]]:
    """Return the usual table with what a link changes, and the entries of the link that fit nothing here.

    Examples
    --------
    >>> usual = pd.DataFrame({"years": [6.0, 0.0]}, index=["BND", "SPY"])
    >>> table, lost = read_linked("BND~7.5;TLT~17;SPY~900", usual, {"years": (-5.0, 50.0)})
    >>> table["years"].tolist(), lost
    ([7.5, 0.0], ['TLT', 'SPY'])
    """
    table = usual.astype(np.float64)
    lost: list[str] = []
    for part in filter(None, text.split(";")):
        asset, *numbers = part.split("~")
        name = unquoted(asset)
        try:
            values = [float(number) if number else float("nan") for number in numbers]
        except ValueError:
            values = []
        limits = [ranges[str(column)] for column in table.columns]
        fits = len(values) == len(limits) and all(
            np.isnan(v) or low <= v <= high for v, (low, high) in zip(values, limits, strict=True)
        )
        if name in table.index and fits:
            table.loc[name] = values
        else:
            lost.append(name[:40])
    return table, lost
