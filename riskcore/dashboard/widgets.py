"""Pieces the pages share: a drawing with its table twin, cards, guarded sections, explanations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import View
from riskcore.errors import RiskcoreError
from riskcore.figures.drawing import Drawing
from riskcore.figures.enlarge import enlarged
from riskcore.figures.theme import DARK, LIGHT, Theme

__all__ = [
    "card",
    "clicked",
    "current_theme",
    "data_table",
    "explain",
    "guarded",
    "harmless",
    "notice",
    "safe_csv",
    "show",
    "show_table",
]

Width = Literal["stretch", "content"]
# Tables up to this long show all their rows; longer ones scroll.
MOST_ROWS_OPEN = 16
CHART_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def current_theme() -> Theme:
    """Return the figure theme that matches the page the reader sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


@contextmanager
def guarded() -> Iterator[None]:
    """Show a riskcore error as one sentence where it happened; the rest of the page goes on."""
    try:
        yield
    except RiskcoreError as error:
        if state.first_time(str(error)):
            st.error(plain(error), icon=":material/error:")


def notice(text: str) -> None:
    """Show a remark the reader should not miss; `text` may hold names typed by a reader."""
    st.info(plain(text), icon=":material/info:")


def show(drawing: Drawing, *, key: str, on_click: Callable[[], None] | None = None) -> None:
    """Draw a chart with its title, its definition on hover, and its table and CSV one click away.

    `on_click` is called when the reader clicks a mark; `clicked(key)` then says which.
    """
    if on_click is not None:
        # What was clicked may be changed elsewhere: nothing is dimmed, the page says what is chosen.
        for trace in drawing.figure.data:
            trace.update(unselected={"marker": {"opacity": 1}, "textfont": {"color": trace.textfont.color}})
    with st.container(gap=None):
        st.markdown(f"**{plain(drawing.title)}**", help=plain(drawing.definition))
        st.plotly_chart(
            enlarged(drawing.figure) if state.presenting() else drawing.figure,
            theme=None,
            key=f"{key}_chart",
            config=CHART_CONFIG,
            alt=drawing.alt,
            width="stretch",
            on_select=on_click or "ignore",
            selection_mode="points",
        )
        if not state.presenting():
            with st.popover("Table", type="tertiary", icon=":material/table:", key=f"{key}_table"):
                show_table(drawing.table, key=key, caption=drawing.definition)


def clicked(key: str) -> int | None:
    """Return the position, within its series, of the mark last clicked in the chart shown under `key`."""
    event = state.recall(f"{key}_chart")
    points = event["selection"]["points"] if event else []
    return int(points[0]["point_index"]) if points else None


def show_table(
    table: pd.DataFrame, *, key: str, caption: str = "", shown: pd.DataFrame | None = None
) -> None:
    """Show a table with full digits, or rounded as `shown`, and offer it with full digits as CSV."""
    if caption:
        st.caption(plain(caption))
    data_table(table if shown is None else shown, key=f"{key}_frame")
    st.download_button(
        "CSV", lambda: safe_csv(table), file_name=f"{key}.csv", mime="text/csv", key=f"{key}_csv"
    )


def data_table(
    table: pd.DataFrame,
    *,
    key: str,
    hide_index: bool = False,
    width: Width = "stretch",
    columns: Mapping[str, tuple[str, int]] | None = None,
) -> None:
    """Show a table whose own download, too, holds no label or text that starts a formula.

    `columns` says by name how a column of numbers is titled on screen, and with how many decimals; its name
    and its whole numbers stay in the table.
    """
    shown = harmless(table)
    if isinstance(shown.index, pd.DatetimeIndex):
        shown.index = pd.Index([f"{day:%Y-%m-%d}" for day in shown.index], name=shown.index.name)
    height: Literal["content", "auto"] = "content" if len(shown) <= MOST_ROWS_OPEN else "auto"
    st.dataframe(
        shown,
        width=width,
        height=height,
        key=key,
        hide_index=hide_index,
        column_config={
            name: st.column_config.NumberColumn(title, format=f"%.{digits}f", help=name)
            for name, (title, digits) in (columns or {}).items()
        },
        placeholder="–",
    )


def safe_csv(table: pd.DataFrame) -> bytes:
    r"""Return a table as CSV in which no label or text can start a formula in a spreadsheet.

    Examples
    --------
    >>> safe_csv(pd.DataFrame({"weight": [0.5]}, index=pd.Index(["=1+1"], name="asset"))).decode()
    "asset,weight\n'=1+1,0.5\n"
    """
    return harmless(table).to_csv(lineterminator="\n").encode()


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no label or text can start a formula in a spreadsheet."""
    harmless = table.rename(index=_defused, columns=_defused)
    texts = [not pd.api.types.is_numeric_dtype(kind) for kind in harmless.dtypes]
    for position in [i for i, text in enumerate(texts) if text]:
        harmless.isetitem(position, harmless.iloc[:, position].map(_defused).array)
    return harmless


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def card(label: str, values: Sequence[tuple[str, str]], *, definition: str, note: str = "") -> None:
    """Draw one headline card: a label, A and B side by side, the definition on hover."""
    with st.container(border=True, height="stretch", width="stretch", gap="small"):
        st.caption(label, help=definition)
        with st.container(horizontal=True, gap="small"):
            for letter, value in values:
                st.metric(f":{LETTER_COLOURS[letter]}[{letter}]", value, width="content")
        if note:
            st.caption(note)


LETTER_COLOURS = {"A": "blue", "B": "orange"}


def explain(view: View, words: str, formula: str) -> None:
    """Add the explanation of a chart when the reader asked for explanations."""
    if not view.explain:
        return
    with st.container(border=True):
        # Streamlit cuts what stands above the line of a formula, such as the numerator of a fraction.
        st.html("<style>.katex-display { padding: 0.5rem 0; }</style>")
        st.markdown(plain(words))
        st.latex(formula)
