"""Contributions: who carries the risk? Share of money against share of risk."""

from dataclasses import replace
from functools import partial

import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.contribution_budgets import budgets
from riskcore.dashboard.contribution_compared import Compared
from riskcore.dashboard.contribution_currency import currency, has_rates
from riskcore.dashboard.contribution_history import by_day, through_time
from riskcore.dashboard.contribution_trades import trades
from riskcore.dashboard.contribution_uncertainty import intervals
from riskcore.dashboard.controls import measure_control
from riskcore.dashboard.factors_sections import risk_by_factor
from riskcore.dashboard.frame import Frame, open_page
from riskcore.dashboard.script import Lines, page_script
from riskcore.dashboard.sentences import few_tail_note, holding_note, money_and_risk, parity_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.errors import listed
from riskcore.figures import draw_paired

PAIRS = {"ab": "A against B", "ew_rp": "Equal weight against risk parity"}
VIEWS = {
    "intervals": ("Intervals", intervals),
    "days": ("By day", by_day),
    "time": ("Through time", through_time),
    "trades": ("Marginal and trades", trades),
    "budgets": ("Budgets", budgets),
    "currency": ("Currency", currency),
}
# The views whose parts are groups where the reader asked for groups.
GROUPED = {"time"}
SCRIPT = """
for portfolio in (a, b):
    print(risk_contributions(scenarios, portfolio, {arguments}).table.to_string(float_format="%.10f"))
"""


def compared_in(frame: Frame) -> Compared:
    """Draw the page's own choices, unless one part is presented alone; return what is compared."""
    book, names = frame.book, ("A", "B")
    groupings = {"asset": "Asset", **book.groupings()}
    if not frame.view.scenario_set:
        groupings["factor"] = "Factor"  # factors have no returns in other scenario sets
    default = (frame.view.a, frame.view.b) == ("equal_weight", "risk_parity")
    by, pair = state.recall("by"), state.recall("compared")
    if not frame.view.present:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            measure_control(frame.view)
            if len(groupings) > 1:
                by = choice("By", groupings, "by")
            if not default:
                pair = choice("Compare", PAIRS, "compared")
    if pair == "ew_rp" and not default:
        book = Book(frame.view.but(a="equal_weight", b="risk_parity"))
        names = ("Equal weight", "Risk parity")
    a, b = (
        replace(holding, letter=name, portfolio=holding.portfolio.renamed(name))
        for holding, name in zip(book.both, names, strict=True)
    )
    return Compared(book, (a, b), by if by in groupings else "asset")


def choice(label: str, options: dict[str, str], key: str) -> str | None:
    """Draw one of the page's own choices, the first option until the reader takes another."""
    return st.segmented_control(
        label,
        list(options),
        format_func=lambda option: options[option],
        default=next(iter(options)),
        required=True,
        key=key,
        bind="query-params",
    )


def shares(compared: Compared) -> None:
    """Say who carries the risk, above the controls, and draw weight and risk share as paired bars."""
    book, holdings = compared.book, compared.holdings
    found = compared.contributions()
    with sentence:
        st.header(plain(money_and_risk(book, holdings[0], found[0])), anchor=False)
        st.markdown(plain(money_and_risk(book, holdings[1], found[1])))
    notes = [holding_note(h) for h in holdings]
    notes += [parity_note(book, h, compared.measure) for h in holdings]
    notes += [few_tail_note([book.risk(h) for h in holdings])]
    for note in filter(None, notes):
        notice(note)
    if compared.by == "factor":
        compared.lines.append(risk_by_factor(book, holdings))
        return
    drawn = found if compared.by == "asset" else [book.grouped(result, compared.by) for result in found]
    show(
        draw_paired(*drawn, theme=current_theme(), names=compared.names, horizon_label=book.horizon_label),
        key="contributions_shares",
    )
    absent = [asset for asset in book.assets if asset not in compared.held]
    if absent:
        st.caption(plain(f"Held by neither and left out: {listed(absent, most=8)}."))
    top = found[0].table.sort_values("component", ascending=False).iloc[0]
    explain(
        book.view,
        "A contribution is the weight times how fast the risk grows when that weight grows. Contributions "
        f"add up to the risk exactly, so each has a share; weights say nothing about it. {top.name} adds "
        f"most to {compared.names[0]}: its weight times its slope is the component below.",
        r"\rho(w)=\sum_i w_i\frac{\partial\rho}{\partial w_i}"
        rf"={100 * found[0].total:.4f}\,\%,\qquad w_i\frac{{\partial\rho}}{{\partial w_i}}"
        rf"={top['weight']:.4f}\times{100 * top['marginal']:.4f}\,\%={100 * top['component']:.4f}\,\%",
    )


def closer_look(compared: Compared) -> None:
    """Draw the view chosen, none until the reader asks for one."""
    st.subheader("A closer look", anchor=False)
    chosen = st.segmented_control(
        "A closer look",
        offered(compared),
        format_func=lambda view: VIEWS[view][0],
        key="closer",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen:
        compared.lines.append(drawn(chosen, compared))
    else:
        st.caption("How sure, which days, since when, what if: nothing is computed until chosen.")


def drawn(view: str, compared: Compared) -> Lines:
    """Draw one view and return its lines; one that cannot follow the grouping says so."""
    if compared.by != "asset" and (view not in GROUPED or compared.by == "factor"):
        st.caption("This view is by asset.")
    return VIEWS[view][1](compared)


def offered(compared: Compared) -> list[str]:
    """Return the views this data can show."""
    return [view for view in VIEWS if view != "currency" or has_rates(compared.book)]


frame = open_page("contributions", uses={"a", "b", "confidence", "horizon", "measure", "window"})
script = page_script(frame.book, "")
sentence = st.container()
with guarded():
    compared = compared_in(frame)
    parts = [partial(drawn, view) for view in offered(compared)] if frame.view.present else [closer_look]
    frame.sections(*[lambda _, part=part: part(compared) for part in (shares, *parts)])
    script = page_script(
        compared.book,
        "\n".join([SCRIPT.format(arguments=compared.arguments), *(x.body for x in compared.lines)]),
        imports="\n".join(x.imports for x in compared.lines),
    )
frame.footer(script)
