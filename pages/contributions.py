"""Contributions: who carries the risk? Share of money against share of risk."""

import pandas as pd
import streamlit as st

from riskcore.dashboard.book import Book
from riskcore.dashboard.controls import measure_control
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.sentences import few_tail_note, holding_note, money_and_risk, parity_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show, show_table
from riskcore.figures import draw_paired

COMPARED = {"ab": "A against B", "ew_rp": "Equal weight against risk parity"}
SCRIPT = """
for portfolio in (a, b):
    print(risk_contributions(scenarios, portfolio, {measure!r}{level}).table.to_string(float_format="%.10f"))
"""


def controls(frame: Frame) -> tuple[Book, tuple[str, str], str]:
    """Draw the page's own choices; return the book compared, the names and the grouping."""
    book, names = frame.book, ("A", "B")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure_control(frame.view)
        groupings = {"asset": "Asset", **book.groupings()}
        by = "asset"
        if len(groupings) > 1:
            by = st.segmented_control(
                "By", list(groupings), format_func=groupings.get, default="asset", required=True, key="by"
            )
        if (frame.view.a, frame.view.b) != ("equal_weight", "risk_parity"):
            compared = st.segmented_control(
                "Compare",
                list(COMPARED),
                format_func=COMPARED.get,
                default="ab",
                required=True,
                key="compared",
            )
            if compared == "ew_rp":
                book = Book(frame.view.but(a="equal_weight", b="risk_parity"))
                names = ("Equal weight", "Risk parity")
    return book, names, by


def shares(frame: Frame, book: Book, names: tuple[str, str], by: str) -> None:
    """Draw weight and risk share of both portfolios as paired bars."""
    found = [book.contributions(h) for h in book.both]
    st.header(plain(money_and_risk(book, book.a, found[0])), anchor=False)
    st.markdown(plain(money_and_risk(book, book.b, found[1])))
    notes = [holding_note(h) for h in book.both]
    notes += [parity_note(book, h, frame.view.measure) for h in book.both]
    notes += [few_tail_note([book.risk(h) for h in book.both])]
    for note in filter(None, notes):
        notice(note)
    drawn = found if by == "asset" else [book.grouped(result, by) for result in found]
    show(
        draw_paired(*drawn, theme=current_theme(), names=names, horizon_label=book.horizon_label),
        key="contributions_shares",
    )
    explain(
        frame.view,
        "A contribution is the weight times how fast the risk grows when that weight grows. Contributions "
        "add up to the risk exactly, so each has a share; weights say nothing about it.",
        r"\rho(w)=\sum_i w_i\frac{\partial\rho}{\partial w_i}=\sum_i w_i\sum_s q_s\,(-R_{si})",
    )
    with st.expander("Marginal and component contributions"):
        parts = {
            name: pd.DataFrame(
                {
                    "weight, %": 100 * result.table["weight"],
                    "marginal, % per 1.00 of weight": 100 * result.table["marginal"],
                    "component, % of value": 100 * result.table["component"],
                    "share, %": 100 * result.table["relative"],
                }
            )
            for name, result in zip(names, found, strict=True)
        }
        show_table(
            pd.concat(parts, axis=1),
            key="contributions_table",
            caption=f"{found[0].label}, {book.horizon_label}. Components add up to "
            + " and ".join(
                f"{100 * result.total:.6g}\N{NO-BREAK SPACE}% for {name}"
                for name, result in zip(names, found, strict=True)
            )
            + ".",
        )


frame = open_page("contributions", uses={"a", "b", "confidence", "horizon", "measure", "window"})
with guarded():
    shares(frame, *controls(frame))
with guarded():
    measure = frame.view.measure
    level = "" if measure == "volatility" else f", confidence={frame.view.confidence!r}"
    frame.footer(page_script(frame.book, SCRIPT.format(measure=measure, level=level)))
