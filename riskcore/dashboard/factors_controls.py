"""What the reader chooses on the Factors page: which factors, and how the model is made."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import cast

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.book import Book
from riskcore.dashboard.controls import measure_control
from riskcore.dashboard.factors_model import (
    MOST_FACTORS,
    Model,
    base_of,
    build,
    default_factors,
    foreign,
)
from riskcore.dashboard.stress_shocks import number_of
from riskcore.dashboard.text import plain
from riskcore.data.files import Answers, load_prices
from riskcore.data.price_set import PriceSet
from riskcore.errors import InputError
from riskcore.factors import Errors
from riskcore.periods import spacing

__all__ = ["chosen_model"]

KINDS = {"observed": "Observed", "statistical": "Statistical"}
FITTED = {"weekly": "Weekly returns", "shown": "Rows as shown"}
HOLDS = {
    "prices": "Prices",
    "returns": "Returns, 0.012 = 1.2 %",
    "percent returns": "Returns, 1.2 = 1.2 %",
}
ERRORS = {"classic": "Classic", "newey_west": "Newey–West"}
MOST_RIDGE = 10.0


def chosen_model(book: Book, *, drawn: bool) -> Model:
    """Draw the choices, or read what the link says where they are not drawn, and return the model."""
    usual = default_factors(book.prices, book.assets)
    if drawn:
        _draw(book, usual)
    kind = _one_of("model", KINDS, "observed" if usual else "statistical")
    names = state.recall("factors") if drawn else st.query_params.get_all("factors")
    factors = tuple(name for name in names or () if name in book.prices.tickers)
    brought = _brought() if kind == "observed" else None
    if kind == "observed" and not (factors or brought):
        if drawn and not names:
            raise InputError("No factor is chosen: choose at least one, or statistical factors.")
        factors = usual
    return build(
        book,
        factors if kind == "observed" else (),
        count=int(number_of("pcs", 0, 0, MOST_FACTORS)),
        on_weeks=_one_of("fitted", FITTED, "weekly") == "weekly",
        penalty=number_of("ridge", 0.0, 0.0, MOST_RIDGE),
        errors=cast(Errors, _one_of("se", ERRORS, "classic")),
        currencies="unhedged" if str(state.recall("fx")).lower() in ("true", "1") else "as shown",
        brought=brought,
        file_holds=str(state.recall("factor_kind") or "prices"),
    )


def _draw(book: Book, usual: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure_control(book.view)
        kind = _choice("Factors", KINDS, "model", "observed" if usual else "statistical")
        if kind == "observed":
            st.multiselect(
                "Which series",
                list(book.prices.tickers),
                default=list(usual),
                key="factors",
                bind="query-params",
                max_selections=MOST_FACTORS,
                help="Returns of these series of the data set; an asset may be a factor too.",
                width=360,
            )
        with st.popover("Model", icon=":material/tune:"):
            _draw_model(book, kind)


def _draw_model(book: Book, kind: str) -> None:
    if kind == "statistical":
        st.number_input(
            "Statistical factors",
            0,
            MOST_FACTORS,
            0,
            key="pcs",
            bind="query-params",
            help="0 takes those above the Marchenko–Pastur noise line, at least one.",
        )
    else:
        st.file_uploader(
            "Factors from a file",
            type=["csv", "tsv", "txt", "xlsx", "parquet"],
            key="factor_file",
            help="Dates in the first column, one column of prices or returns per factor, as often as the "
            "prices.",
        )
        st.selectbox("The file holds", list(HOLDS), format_func=lambda kind: HOLDS[kind], key="factor_kind")
    daily = spacing(pd.DatetimeIndex(book.base.index)) == "day"
    if daily:
        _choice(
            "Exposures from",
            FITTED,
            "fitted",
            "weekly",
            "Closes at different hours hide part of what markets share on a day; a week shows it.",
        )
    overlap = book.periods > 1 and not (daily and state.recall("fitted") != "shown")
    _choice(
        "Standard errors",
        ERRORS,
        "se",
        "classic",
        "Newey–West holds where errors change in size or follow one another. Overlapping rows always use it.",
        disabled=overlap,
    )
    st.number_input(
        "Ridge penalty λ",
        0.0,
        MOST_RIDGE,
        0.0,
        step=0.05,
        key="ridge",
        bind="query-params",
        help="0 is least squares. λ pulls exposures to zero: with one factor they are divided by 1 + λ. For "
        "factors that are almost the same.",
    )
    if abroad := foreign(book):
        st.toggle(
            "Currencies unhedged",
            key="fx",
            bind="query-params",
            help=f"Returns of {plain(', '.join(abroad))} in {base_of(book)}, with exchange rates as further "
            "factors.",
        )


def _choice(
    label: str, options: Mapping[str, str], key: str, usual: str, why: str = "", *, disabled: bool = False
) -> str:
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=lambda option: options[option],
        default=usual,
        required=True,
        key=key,
        bind="query-params",
        help=why or None,
        disabled=disabled,
    )
    return str(chosen)


def _one_of(key: str, options: Mapping[str, str], usual: str) -> str:
    """Return an option from its widget, or from the link, which holds what the option is called."""
    found = state.recall(key)
    called = {title: option for option, title in options.items()}
    return str(found) if found in options else called.get(str(found), usual)


def _brought() -> PriceSet | None:
    file = state.recall("factor_file")
    if file is None:
        return None
    content = file.getvalue()
    kind = str(state.recall("factor_kind") or "prices")
    return _loaded(blake2b(content, digest_size=16).hexdigest(), kind, file.name, content)


@st.cache_resource(show_spinner=False, max_entries=16)
def _loaded(digest: str, kind: str, name: str, _content: bytes) -> PriceSet:
    return load_prices(_content, name, Answers(kind=kind))
