"""The fold of the Allocation page: constraints, estimates, risk budgets as typed, all in the link."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.allocation.covariances import COVARIANCE_LABELS
from riskcore.allocation.measure_parity import SHARED
from riskcore.dashboard import state
from riskcore.dashboard.allocation_terms import MEANS
from riskcore.dashboard.book import Book
from riskcore.dashboard.linked_table import linked_table, read_linked
from riskcore.measures import MEASURES

__all__ = ["BUDGET", "HIGH", "LOW", "ROUND", "Inputs", "members", "typed_inputs"]

LOW, HIGH, BUDGET = "minimum, %", "maximum, %", "risk budget, %"
EDITABLE = {LOW: (-200.0, 300.0), HIGH: (-200.0, 300.0)}
BUDGETS = {BUDGET: (0.0, 100.0)}
ROUND = "terms_round"
SAMPLE, NO_MORE = "sample", ""
# Volatility and CVaR have parities of their own.
MORE_SHARED = {NO_MORE: "none", **{m: MEASURES[m].label for m in SHARED if m not in ("volatility", "cvar")}}

# By key in the link: label, smallest, largest, step, definition.
NUMBERS = {
    "short": ("Short at most, % of value", 0.0, 200.0, 5.0, "Sum of all short positions. Empty: long only."),
    "gross": (
        "Gross exposure at most, %",
        100.0,
        500.0,
        5.0,
        "Long and short positions added up, of value; 130 allows 15 short.",
    ),
    "turn": (
        "Turnover from A at most, %",
        0.0,
        300.0,
        5.0,
        "One-way: the larger of what is bought and what is sold, of value, on the way from A.",
    ),
    "fee": (
        "Cost of trading from A, bp",
        0.0,
        500.0,
        5.0,
        "Basis points of what is bought and sold, spread over a year; lowers means and raises CVaR.",
    ),
    "te": (
        "Tracking error at most, % per year",
        0.0,
        100.0,
        0.5,
        "Volatility of the return over the benchmark (under More), scaled by the root of time.",
    ),
    "ccap": ("CVaR at most, %", 0.0, 100.0, 0.1, "Per horizon, at the confidence of the page."),
    "acap": (
        "CVaR against the benchmark at most, %",
        0.0,
        100.0,
        0.1,
        "Of the loss beyond that of the benchmark, per horizon, at the confidence of the page.",
    ),
}


def typed_inputs(book: Book, *, drawn: bool) -> "Inputs":
    """Draw the fold with all inputs and return what they say; read the link where it is not drawn."""
    if not drawn:
        return _read(book)
    with st.expander("Constraints, estimates and risk budgets", icon=":material/rule:"):
        return _drawn(book)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is typed, before it is known to mean anything; per cent where its label says so."""

    numbers: dict[str, float | None]
    bounds: pd.DataFrame
    groups: pd.DataFrame
    budgets: pd.DataFrame
    mean: str
    covariance: str
    shared: str


def _drawn(book: Book) -> Inputs:
    with st.container(horizontal=True, gap="small"):
        mean = st.selectbox(
            "Means",
            list(MEANS),
            format_func=MEANS.__getitem__,
            key="mu",
            bind="query-params",
            width=230,
            help="Used by what looks at means: maximum Sharpe, Gaussian CVaR parity, the frontiers, the "
            "highest mean. Views are typed under Black–Litterman below.",
        )
        covariance = st.selectbox(
            "Covariance",
            list(COVARIANCE_LABELS),
            format_func=COVARIANCE_LABELS.__getitem__,
            key="cov",
            bind="query-params",
            width=180,
            help="Used by what looks at volatility. CVaR is always that of the scenarios.",
        )
        shared = st.selectbox(
            "Parity by another measure",
            list(MORE_SHARED),
            format_func=MORE_SHARED.__getitem__,
            key="shared",
            bind="query-params",
            width=230,
            help="Adds weights under which every asset carries the same share of it, or its risk budget. "
            "VaR is not among them: it is not convex, so no optimum shares it out.",
        )
    numbers: dict[str, float | None] = {}
    with st.container(horizontal=True, gap="small"):
        for key, (label, low, high, step, meaning) in NUMBERS.items():
            numbers[key] = st.number_input(
                label,
                low,
                high,
                None,
                step,
                key=key,
                bind="query-params",
                placeholder="none",
                help=meaning,
                width=225,
            )
    again = int(state.recall(ROUND) or 0)
    left, right = st.columns(2)
    with left:
        st.caption("Bounds per asset; empty: as short positions allow, and no more than all.")
        bounds = linked_table("bounds", _no_bounds(book), ranges=EDITABLE, again=again)
    with right:
        groups = _no_groups(book)
        if len(groups):
            st.caption("Bounds per group.")
            groups = linked_table("groups", groups, ranges=EDITABLE, again=again)
        st.caption("Risk budgets, for the parities; empty: the same for all.")
        budgets = linked_table("budgets", _no_budgets(book), ranges=BUDGETS, again=again)
    st.caption(
        "Minimum variance, maximum Sharpe, minimum CVaR, maximum diversification, the frontiers and the "
        "highest mean can be held to constraints; the others say which of them they miss."
    )
    return Inputs(numbers, bounds, groups, budgets, str(mean), str(covariance), str(shared))


def _read(book: Book) -> Inputs:
    def text(key: str) -> str:
        return str(st.query_params.get(key, ""))

    def value(key: str) -> float | None:
        try:
            return float(text(key))
        except ValueError:
            return None

    def one_of(key: str, labels: Mapping[str, str], usual: str) -> str:
        return next((k for k, label in labels.items() if text(key) == label), usual)

    return Inputs(
        {key: value(key) for key in NUMBERS},
        read_linked(text("bounds"), _no_bounds(book), EDITABLE)[0],
        read_linked(text("groups"), _no_groups(book), EDITABLE)[0],
        read_linked(text("budgets"), _no_budgets(book), BUDGETS)[0],
        one_of("mu", MEANS, SAMPLE),
        one_of("cov", COVARIANCE_LABELS, SAMPLE),
        one_of("shared", MORE_SHARED, NO_MORE),
    )


def _no_bounds(book: Book) -> pd.DataFrame:
    return pd.DataFrame({LOW: np.nan, HIGH: np.nan}, index=pd.Index(book.assets, name="asset"))


def _no_budgets(book: Book) -> pd.DataFrame:
    return pd.DataFrame({BUDGET: np.nan}, index=pd.Index(book.assets, name="asset"))


def _no_groups(book: Book) -> pd.DataFrame:
    return pd.DataFrame({LOW: np.nan, HIGH: np.nan}, index=pd.Index(list(members(book)), name="group"))


def members(book: Book) -> dict[str, tuple[str, ...]]:
    """Return the assets of every group, by what the group is called."""
    members: dict[str, tuple[str, ...]] = {}
    for column, title in book.groupings().items():
        labels = book.prices.assets.loc[list(book.assets), column].astype(str)
        for label in dict.fromkeys(labels):
            members[f"{title} {label}"] = tuple(str(a) for a in labels.index[labels == label])
    return members
