"""What the reader holds: pasted or from a file, mapped to the assets of the data, made A or B."""

import re
from dataclasses import replace

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.data_questions import digest_of, read_asking
from riskcore.dashboard.data_shares import basis_words, holdings_of, offer, show_drift
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.view import CURRENCIES, LOWEST_VALUE, View
from riskcore.dashboard.widgets import data_table, guarded, notice
from riskcore.data.holdings import HoldingsAnswers, HoldingsReading, Unmatched, read_holdings
from riskcore.data.holdings_shares import Shares
from riskcore.data.matching import asset_names, match_asset
from riskcore.data.sample import SAMPLES

__all__ = ["holdings_door"]

MOST_MEGABYTES = 64
MOST_ASKED = 50
LEAVE_OUT, MONEY = "\0leave out", "\0money"
SYMBOL = re.compile(r"[A-Za-z0-9.\-=^&]{1,20}")
EXAMPLE = "Ticker\tShares\tPrice\nSPY\t120\t512.40\nBND\t300\t73.10\nCash\t2,500\t1"
# What another data set brings: a typed portfolio belongs to the assets it was made for.
OTHER_DATA = {"assets": (), "start": None, "end": None, "bench": "", "a": View.a, "b": View.b}


def holdings_door(book: Book) -> None:
    """Paste or upload holdings and make them A or B."""
    st.caption(
        "Paste from a spreadsheet or a broker’s export: tickers, names or ISINs with shares, amounts or "
        "weights, in any order of columns and any language. What is not clear is asked."
    )
    left, right = st.columns([3, 2])
    text = left.text_area(
        "Holdings", placeholder=EXAMPLE, key="weights_text", height=165, label_visibility="collapsed"
    )
    uploaded = right.file_uploader(
        "or a file: CSV, Excel or Parquet",
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        max_upload_size=MOST_MEGABYTES,
        key="holdings_file",
    )
    content: str | bytes = text if uploaded is None else uploaded.getvalue()
    if uploaded is not None and text.strip():
        st.caption("The file is read; take it away to read the pasted text.")
    if content.strip() or uploaded is not None:
        with guarded():
            _read(content, uploaded.name if uploaded else None, book)
    with st.expander("A and B in numbers"):
        data_table(_weights_shown(book.both), key="weights_shown")
    show_drift(book)


def _read(content: str | bytes, filename: str | None, book: Book) -> None:
    known, prices_at = book.local.assets, _last_prices(book)
    rates, base = rates_for(book.local, "EUR"), book.asked.base or book.asked.currency
    day = book.local.prices.index[-1]
    found = read_asking(content, filename, known, prices_at, rates=rates, base=base, day=day)
    if found is None:
        return
    reading, answers = found
    place = f"holdings_{digest_of(content)}_{book.local.fingerprint[:8]}"
    if reading.unmatched:
        mapped, money = _map_unmatched(reading, book, place)
        if mapped or money:
            answers = replace(answers, assets=mapped, cash=money)
            reading = read_holdings(
                content, filename, known, prices_at, answers, rates=rates, base=base, day=day
            )
        if reading.unmatched:
            _other_sources(reading, book)
    _show(reading, answers, book, place)


def _last_prices(book: Book) -> dict[str, float]:
    last = book.local.prices.ffill().iloc[-1].dropna()
    return {str(asset): float(price) for asset, price in last.items()}


def _map_unmatched(
    reading: HoldingsReading, book: Book, place: str
) -> tuple[dict[str, str | None], frozenset[str]]:
    """Ask, row by row, which asset is meant; return the answers given, and the rows that are money."""
    rows = reading.unmatched
    many = "row has" if len(rows) == 1 else "rows have"
    st.warning(
        plain(
            f"{len(rows)} of {counted(len(reading.positions), 'position')}: the {many} no asset in "
            f"{book.local.label}. Say which asset is meant, that it is money, or leave it out; nothing is "
            "dropped unsaid."
        ),
        icon=":material/help:",
    )
    every = len(rows) > 1 and st.checkbox("Leave out all that are not mapped", key=f"{place}_all")
    answers: dict[str, str | None] = {row.spelled: None for row in rows} if every else {}
    money = set()
    for number, row in enumerate(rows[:MOST_ASKED]):
        chosen = _ask_asset(row, book, f"{place}_row_{number}")
        if chosen == MONEY:
            money.add(row.spelled)
            answers.pop(row.spelled, None)
        elif chosen is not None:
            answers[row.spelled] = None if chosen == LEAVE_OUT else chosen
    if len(rows) > MOST_ASKED:
        st.caption(f"Only the first {MOST_ASKED} are listed.")
    return answers, frozenset(money)


def _ask_asset(row: Unmatched, book: Book, key: str) -> str | None:
    near = list(row.suggestions)
    options = [*near, LEAVE_OUT, MONEY, *(t for t in book.local.tickers if t not in near)]
    like = f" · like {', '.join(near)}" if near else ""

    def described(ticker: str) -> str:
        if ticker == LEAVE_OUT:
            return "Leave it out"
        if ticker == MONEY:
            return "Money in the account, which earns 0"
        name = str(book.local.assets.loc[ticker, "name"])
        return ticker if name in ("", ticker) else f"{ticker} · {name}"

    return st.selectbox(
        plain(f"{row.spelled[:60]} ({row.place}){like}"),
        options,
        index=None,
        format_func=described,
        placeholder="Which asset is it?",
        key=key,
        width=420,
    )


def _other_sources(reading: HoldingsReading, book: Book) -> None:
    """Offer the bundled sample that has more of these holdings, and Yahoo."""
    spelled = [p.spelled for p in reading.positions]
    here = len(spelled) - len(reading.unmatched)
    counts = {key: _known(spelled, key) for key in SAMPLES if key != book.view.data}
    best = max(counts, key=lambda key: counts[key])
    with st.container(horizontal=True):
        if counts[best] > here:
            st.button(
                f"Use {SAMPLES[best].label}: it has {counts[best]} of {len(spelled)}",
                key="holdings_sample",
                on_click=state.change,
                kwargs={"data": best, **OTHER_DATA},
            )
        if all(SYMBOL.fullmatch(s) for s in spelled):
            st.button(
                "Look them up at Yahoo",
                icon=":material/download:",
                key="holdings_yahoo",
                on_click=_to_yahoo,
                args=(tuple(spelled),),
            )


def _known(spelled: list[str], key: str) -> int:
    names = asset_names(cached.price_set(key).assets)
    return sum(match_asset(s, names) is not None for s in spelled)


def _to_yahoo(tickers: tuple[str, ...]) -> None:
    state.store("door", "yahoo")
    state.store("yahoo_tickers", " ".join(tickers))
    state.touched()


def _show(reading: HoldingsReading, answers: HoldingsAnswers, book: Book, place: str) -> None:
    """Show what was read, and offer it where every row has its asset."""
    currency, money = _money(reading, answers, place)
    st.markdown(f"**{plain(_summary(reading, currency))}**")
    data_table(_positions(reading, currency), key="weights_read", hide_index=True)
    for note in (basis_words(reading, book), *reading.notes):
        st.caption(plain(f"• {note}"))
    if reading.unmatched:
        st.caption("These holdings can be made A or B once every row is mapped or left out.")
        return
    holdings = holdings_of(reading, book)
    follows = isinstance(holdings.content, Shares) and "value" in money
    offer(holdings, {**money, "value": None} if follows else money, book)


def _money(reading: HoldingsReading, answers: HoldingsAnswers, place: str) -> tuple[str, dict[str, object]]:
    """Return the currency and what the value and currency of the frame become."""
    total = reading.total_value
    if total is None or not LOWEST_VALUE <= total <= 1e15:
        return reading.currency, {}
    currency = reading.currency
    if not currency and answers.currency is None:
        currency = st.selectbox(
            "Currency of these amounts (the table names none)",
            CURRENCIES,
            key=f"{place}_currency",
            width=320,
        )
    if currency not in CURRENCIES:
        notice(f"The pages show money in {', '.join(CURRENCIES)}; no value is set for {currency}.")
        return currency, {}
    return currency, {"value": round(total, 2), "currency": currency}


def _summary(reading: HoldingsReading, currency: str) -> str:
    unit = {"shares": "shares", "amount": "amounts", "weight": "weights"}[reading.unit]
    parts = [f"{counted(len(reading.positions), 'position')} in {unit}"]
    if reading.total_value is not None:
        parts.append(f"worth {reading.total_value:,.2f} {currency}".rstrip())
    if reading.unit == "weight":
        parts += [f"{100 * reading.cash:.4g} % cash"] if reading.cash else []
    elif reading.cash:
        parts.append(f"of which {reading.cash:,.2f} {currency}".rstrip() + " are cash")
    return ", ".join(parts) + "."


def _positions(reading: HoldingsReading, currency: str) -> pd.DataFrame:
    """Return the positions as a table; columns nothing is known about are left away."""
    whole = reading.total_value
    open_rows = {u.spelled for u in reading.unmatched}
    rows = [
        {
            "asset": "not mapped" if p.spelled in open_rows else p.label,
            "in the table": p.spelled,
            "shares": p.quantity if p.kind == "shares" else None,
            "price": p.price,
            f"value {currency}".rstrip(): p.value,
            "weight, %": 100 * p.quantity
            if p.kind == "weight"
            else (100 * p.value / whole if whole and whole > 0 and p.value is not None else None),
            "where": p.place,
        }
        for p in reading.positions
    ]
    table = pd.DataFrame(rows)
    return table.loc[:, table.notna().any()]


def _weights_shown(both: tuple[Holding, Holding]) -> pd.DataFrame:
    return pd.DataFrame({f"{h.letter}, %": 100 * h.portfolio.weights for h in both})
