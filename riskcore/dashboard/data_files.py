"""The door for files of prices: one or many, and every question with a preview of each answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import streamlit as st

from riskcore.dashboard.book import Book
from riskcore.dashboard.data_offer import offer
from riskcore.dashboard.file_origins import remember_files
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import data_table
from riskcore.data.files import Answers, load_prices
from riskcore.data.price_set import PriceSet
from riskcore.data.several import load_many_prices
from riskcore.errors import InputError, RiskcoreError

__all__ = ["file_door"]

MOST_MEGABYTES = 64
MOST_QUESTIONS = 12
PREVIEW_ROWS, PREVIEW_ASSETS, PREVIEWS = 3, 4, 6
QUESTIONS = {
    "date_order": "Which order do the dates have?",
    "decimal": "Which mark is the decimal mark?",
    "kind": "What are the numbers?",
    "column": "Which column is the price?",
    "sheet": "Which sheet?",
    "encoding": "Which reading shows the right letters?",
}
WORDS = {
    ".": "the point: 1.234 is a little more than 1",
    ",": "the comma: 1,234 is a little more than 1",
    "prices": "prices",
    "returns": "returns as decimals (0.012 = 1.2 %)",
    "percent returns": "returns in percent points (1.2 = 1.2 %)",
    "growth factors": "growth factors (1.012 = +1.2 %)",
}
Files = Sequence[tuple[str, bytes]]


def file_door(book: Book) -> None:
    """Load files of prices: one for all assets, or one per ticker."""
    st.caption(
        "CSV, Excel or Parquet, of prices or returns: one column per asset, one row per date and ticker, or "
        "one file per ticker (several at once), as vendors and brokers export them in any language. Nothing "
        "is filled, dropped or rescaled unsaid; what can be read in two ways is asked, what cannot be read "
        "is refused with its row and column."
    )
    uploaded = st.file_uploader(
        "Files of prices",
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        max_upload_size=MOST_MEGABYTES,
        accept_multiple_files=True,
        key="csv_file",
    )
    files = [(file.name, file.getvalue()) for file in uploaded]
    prices = _read(files) if files else None
    if prices is not None:
        offer(prices, book, key="csv")


@st.cache_resource(show_spinner="Reading …", max_entries=16)
def _loaded(
    digest: str, answers: str, _files: Files, _answers: Mapping[str, Answers]
) -> PriceSet | RiskcoreError:
    """Return what the files hold under these answers, or why they cannot be read; read once."""
    try:
        if len(_files) > 1:
            return load_many_prices(_files, _answers)
        name, content = _files[0]
        return load_prices(content, name, _answers.get(name, Answers()))
    except RiskcoreError as error:
        return error


def _try(files: Files, answers: Mapping[str, Answers]) -> PriceSet | RiskcoreError:
    digest = blake2b(digest_size=12)
    for name, content in files:
        digest.update(f"{name}:{len(content)}:".encode("utf-8", "replace") + content)
    return _loaded(digest.hexdigest(), repr(sorted(answers.items())), files, answers)


def _read(files: Files) -> PriceSet | None:
    """Read files, asking wherever they can be read in several ways; None while a question is open."""
    answers: dict[str, Answers] = {}
    for number in range(MOST_QUESTIONS):
        found = _try(files, answers)
        if isinstance(found, PriceSet):
            remember_files(found, [name for name, _ in files], answers)
            return found
        question, readings = found.details.get("question"), found.details.get("readings")
        if not isinstance(question, str) or not isinstance(readings, tuple):
            raise found.with_traceback(None)
        name = str(found.details.get("file", files[0][0]))
        given = answers.get(name, Answers())
        if getattr(given, question) is not None:
            raise found.with_traceback(None)
        chosen = _ask(found, question, [str(r) for r in readings], (files, name, given), number)
        if chosen is None:
            return None
        answers[name] = replace(given, **{question: chosen})
    raise InputError("These files leave more open than can be asked here; write dates as 2024-12-31.")


def _ask(
    error: RiskcoreError, question: str, readings: list[str], place: tuple[Files, str, Answers], number: int
) -> str | None:
    """Ask one question, with the first rows as each answer would read them."""
    files, name, given = place
    st.warning(plain(error), icon=":material/help:")
    size = next(len(content) for known, content in files if known == name)
    chosen = st.radio(
        QUESTIONS.get(question, "Which is right?"),
        readings,
        index=None,
        format_func=lambda reading: plain(WORDS.get(reading, reading)),
        key=f"answer_{name}_{size}_{question}_{number}",
        horizontal=True,
    )
    if chosen is not None:
        return chosen
    one = [(known, content) for known, content in files if known == name]
    shown = readings[:PREVIEWS]
    for column, reading in zip(st.columns(min(len(shown), 3)) * 2, shown, strict=False):
        with column:
            st.caption(plain(f"As {WORDS.get(reading, reading)}:"))
            _preview(
                _try(one, {name: replace(given, **{question: reading})}), question, f"{number}_{reading}"
            )
    return None


def _preview(found: PriceSet | RiskcoreError, question: str, key: str) -> None:
    if isinstance(found, RiskcoreError):
        st.caption(plain(f"{found}"))
        return
    frame = found.prices.iloc[:, :PREVIEW_ASSETS]
    if question == "kind":
        returns = frame.pct_change(fill_method=None).iloc[1:]
        typical = 100 * np.nanmedian(np.abs(returns.to_numpy()))
        st.caption(plain(f"A typical move per row is {typical:.2g} %."))
        table = returns.head(PREVIEW_ROWS).map(lambda value: f"{100 * value:.3g} %".replace("-", "−"))
    else:
        table = frame.head(PREVIEW_ROWS)
    data_table(table, key=f"preview_{key}")
    first, last = frame.index[0], frame.index[-1]
    st.caption(plain(f"{len(frame):,} rows, {first:%d %B %Y} to {last:%d %B %Y}."))
