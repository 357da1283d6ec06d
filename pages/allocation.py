"""Allocation: how could it be weighted? The allocators side by side, one click to make one A or B."""

import pandas as pd
import streamlit as st

from riskcore.allocation import ALLOCATORS
from riskcore.dashboard import state
from riskcore.dashboard.comparison import METHODS, Candidate, candidates, comparison_table, solution_table
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, guarded, show, show_table
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent

FIRST = METHODS[:4]
EVEN = 1e-9
SCRIPT = """
for method in {methods!r}:
    solved = allocate(method, scenarios, confidence={confidence!r})
    level = cvar(scenarios, solved.portfolio(), confidence={confidence!r})
    facts = describe(scenarios, solved.portfolio(), risk_free={risk_free!r})
    print(solved.label, "CVaR", f"{{level.value:.10f}}", "volatility", f"{{facts.volatility:.10f}}")
    print("mean", f"{{facts.mean:.10f}}", "Sharpe", facts.sharpe)
    print("worst drawdown", describe(history, solved.portfolio()).max_drawdown)
    print(solved.weights.to_string(float_format="%.10f"))
"""


def headline(frame: Frame, found: list[Candidate], table: pd.DataFrame) -> None:
    """Say what weighting changes."""
    column = next(c for c in table.columns if c.startswith("CVaR"))
    low, high = table[column].idxmin(), table[column].idxmax()
    least, most = (card_percent(table.loc[name, column] / 100) for name in (low, high))
    measure = f"{frame.book.horizon_label} {column.split(',')[0]}"
    if least == most:
        said = f"Weighted differently, the same assets have about the same {measure}: {least}."
    else:
        said = f"The same assets, weighted differently: {measure} from {least} ({low}) to {most} ({high})."
    st.header(plain(said), anchor=False)
    st.caption(
        "In-sample: weights and figures come from the same window, so they flatter whatever was solved for. "
        " Nothing here says which will do better."
    )


def offers(frame: Frame, found: list[Candidate], table: pd.DataFrame) -> None:
    """Offer every allocator as A or B."""
    column = next(c for c in table.columns if c.startswith("CVaR"))
    with st.container(horizontal=True, gap="small", key="offers"):
        for candidate in found:
            if candidate.code not in ALLOCATORS:
                continue
            with st.container(border=True, width="stretch", height="stretch", gap="small"):
                st.markdown(f"**{plain(candidate.title)}**", help=ALLOCATORS[candidate.code].description)
                weights = candidate.portfolio.weights
                most = f"most in {weights.idxmax()}, {card_percent(float(weights.max()))}"
                said = "all the same" if float(weights.max() - weights.min()) < EVEN else most
                level = card_percent(table.loc[candidate.title, column] / 100)
                st.caption(plain(f"{frame.book.horizon_label} {column.split(',')[0]}: {level} · {said}"))
                with st.container(horizontal=True, gap="small"):
                    for letter in ("A", "B"):
                        is_now = letter in candidate.letters
                        st.button(
                            f"Is {letter}" if is_now else f"Make {letter}",
                            key=f"make_{letter}_{candidate.code}",
                            disabled=is_now,
                            on_click=state.change,
                            kwargs={letter.lower(): candidate.code},
                        )


def methods_shown() -> tuple[str, ...]:
    """Return the allocators the reader asked for."""
    return METHODS if state.recall("more") else FIRST


def choice(frame: Frame) -> None:
    """Compare the allocators in a sentence and offer each as A or B."""
    st.toggle("Also minimum CVaR", key="more", bind="query-params")
    found = candidates(frame.book, methods_shown())
    table = comparison_table(frame.book, found)
    headline(frame, found, table)
    offers(frame, found, table)


def weights_and_figures(frame: Frame) -> None:
    """Draw the weights, and the figures of each in a table."""
    book = frame.book
    found = candidates(book, methods_shown())
    table = comparison_table(book, found)
    weights = pd.DataFrame({c.title: c.portfolio.weights for c in found})
    now = {letter: c.title for c in found for letter in c.letters}
    show(
        draw_weights(weights, theme=current_theme(), a=now.get("A"), b=now.get("B")), key="allocation_weights"
    )
    st.markdown("**Figures of each, in-sample**")
    show_table(table, key="allocation_figures")
    with st.expander("How each was solved"):
        data_table(solution_table(found), key="solutions")
    explain(
        frame.view,
        "Risk parity asks for weights under which every asset contributes the same amount of risk. It is the "
        "minimum of a convex function, so the answer is unique, and the residual shown proves it.",
        r"\min_{y>0}\;\rho(y)-\sum_i b_i\log y_i,\qquad w=y/\textstyle\sum_i y_i",
    )


frame = open_page("allocation", uses={"a", "b", "confidence", "horizon", "window", "risk_free"})
frame.sections(choice, weights_and_figures)
with guarded():
    frame.footer(
        page_script(
            frame.book,
            SCRIPT.format(
                methods=methods_shown(), confidence=frame.view.confidence, risk_free=frame.view.risk_free
            ),
            imports="from riskcore.statistics import describe",
        )
    )
