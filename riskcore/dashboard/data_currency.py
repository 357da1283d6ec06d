"""Exchange rates where the ECB's do not reach: fetched from Yahoo and kept beside the prices."""

from collections.abc import Sequence

import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import CURRENCIES
from riskcore.data.currency import convertible, ecb_rates, joined, rate_tickers, rates_in, unit_of
from riskcore.data.sample import SAMPLES
from riskcore.data.yahoo import fetch_prices
from riskcore.errors import RiskcoreError, SourceError
from riskcore.figures.words import dated

__all__ = ["rates_offer"]

DAYS_LATE = 5


def rates_offer(book: Book) -> None:
    """Offer Yahoo's exchange rates where the bundled ones end before the prices or lack a currency."""
    why = _why(book)
    if why is None:
        return
    st.caption(plain(why))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base = st.selectbox("Into", CURRENCIES, key="rates_base", width=110)
        st.button(
            "Fetch Yahoo’s exchange rates",
            icon=":material/currency_exchange:",
            key="rates_fetch",
            on_click=_fetch,
            args=(book, base),
        )


def _why(book: Book) -> str | None:
    local = book.local
    codes = {unit_of(str(code))[0] for code in local.assets.loc[list(book.assets), "currency"]}
    if book.view.data in SAMPLES or "" in codes or rates_in(local) is not None:
        return None
    rates = ecb_rates()
    able = convertible(local, rates.pivot, rates)
    without = sorted({unit_of(str(local.assets.loc[a, "currency"]))[0] for a in book.assets if a not in able})
    if without:
        return f"The ECB’s rates have none for {', '.join(without)}: a base currency needs others."
    last = rates.per_pivot.index[-1]
    if (local.prices.index[-1] - last).days <= DAYS_LATE:
        return None
    return (
        f"The ECB’s rates that come with riskcore end on {dated(last)}, the prices on "
        f"{dated(local.prices.index[-1])}: in a base currency the days in between are missing."
    )


def _fetch(book: Book, base: str) -> None:
    local = book.local
    codes: Sequence[str] = [str(code) for code in local.assets.loc[list(book.assets), "currency"]]
    try:
        tickers = rate_tickers([*codes, *({"USD"} if base != "USD" else ())], base)
        first, last = (f"{local.prices.index[row]:%Y-%m-%d}" for row in (0, -1))
        answer = fetch_prices(tickers, start=first, end=last)
        failed = [s.sentence for s in answer.statuses if s.rows == 0]
        if failed or answer.prices is None:
            raise SourceError(" ".join(failed))
        key = cached.keep_price_set(joined(local, answer.prices))
    except RiskcoreError as error:
        state.say(str(error))
        return
    state.change(data=key, base=base)
