"""What a table of holdings leaves open, asked one question at a time in the page."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b

import pandas as pd
import streamlit as st

from riskcore.dashboard.text import plain
from riskcore.data.currency import Rates
from riskcore.data.holdings import HoldingsAnswers, HoldingsReading, read_holdings
from riskcore.errors import InputError

__all__ = ["digest_of", "read_asking"]

KINDS = {"shares": "Shares (pieces held)", "amount": "Amounts of money", "weight": "Weights"}
ROLES = {**KINDS, "price": "Prices", "other": "Something else: leave it out"}
DECIMALS = {".": "1.234 is one and a bit (decimal point)", ",": "1,234 is one and a bit (decimal comma)"}
ADD_UP = {"sum": "The rows add up"}
UNNAMED = re.compile(r"column (\d+)")
Answered = HoldingsAnswers | None


def digest_of(content: str | bytes) -> str:
    """Return a short digest of what was pasted: answers belong to one content."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return blake2b(raw, digest_size=6).hexdigest()


def read_asking(
    content: str | bytes,
    filename: str | None,
    known: pd.DataFrame,
    prices_at: Mapping[str, float],
    *,
    rates: Rates,
    base: str,
    day: object,
) -> tuple[HoldingsReading, HoldingsAnswers] | None:
    """Read holdings, asking wherever they can be read in several ways; None while a question is open.

    Amounts in several currencies are added up by the rates; only a currency without one is asked about.

    Raises
    ------
    InputError
        The table cannot be read, and no answer would change that.
    """
    answers = HoldingsAnswers()
    place = f"holdings_{digest_of(content)}"
    asked: set[str] = set()
    while True:
        try:
            reading = read_holdings(
                content, filename, known, prices_at, answers, rates=rates, base=base, day=day
            )
            return reading, answers
        except InputError as error:
            topic = _topic(error)
            if topic is None or topic in asked:
                raise
            asked.add(topic)
            st.warning(plain(error), icon=":material/help:")
            given = _ask(topic, error, answers, f"{place}_{topic}")
        if given is None:
            return None
        answers = given


def _readings(error: InputError) -> list[str]:
    found = error.details.get("readings")
    return [str(r) for r in found] if isinstance(found, Iterable) and not isinstance(found, str) else []


def _topic(error: InputError) -> str | None:
    """Return what the refusal asks for, None where it is no question."""
    readings, details = _readings(error), error.details
    if not readings:
        return None
    if readings == ["sum"]:
        return "duplicates"
    if details.get("question") == "decimal":
        return "decimal"
    for detail in ("currencies", "columns"):
        if detail in details:
            return detail
    if "role" in details:
        return f"role {details['role']}"
    if "column" in details:
        return "kind"
    return "sheet" if set(details) == {"readings"} and "sheet" in str(error) else None


def _ask(topic: str, error: InputError, answers: HoldingsAnswers, key: str) -> Answered:
    readings = _readings(error)
    if topic == "currencies":
        return _ask_rates(readings, answers, key)
    if topic == "columns":
        return _ask_columns(readings, answers, key)
    if topic.startswith("role "):
        chosen = _radio("Which column?", {r: r for r in readings}, key)
        role = str(error.details["role"])
        if chosen is None:
            return None
        return replace(answers, columns={**answers.columns, _column(chosen): role})
    question, options = {
        "duplicates": ("Is that so?", ADD_UP),
        "decimal": ("Which is right?", DECIMALS),
        "kind": ("What are the numbers?", KINDS),
        "sheet": ("Which sheet?", {r: r for r in readings}),
    }[topic]
    chosen = _radio(question, options, key)
    return None if chosen is None else replace(answers, **{topic: chosen})  # type: ignore[arg-type]


def _radio(question: str, options: Mapping[str, str], key: str) -> str | None:
    return st.radio(
        question,
        list(options),
        index=None,
        format_func=lambda value: plain(options[value]),
        key=key,
        horizontal=len(options) <= 3,
    )


def _ask_columns(columns: list[str], answers: HoldingsAnswers, key: str) -> Answered:
    with st.container(horizontal=True):
        roles = [
            st.selectbox(
                plain(column),
                list(ROLES),
                index=None,
                format_func=lambda role: ROLES[role],
                placeholder="What does it hold?",
                key=f"{key}_{number}",
                width=230,
            )
            for number, column in enumerate(columns)
        ]
    given = {_column(c): role for c, role in zip(columns, roles, strict=True) if role is not None}
    if len(given) < len(columns):
        return None
    return replace(answers, columns={**answers.columns, **given})


def _ask_rates(currencies: list[str], answers: HoldingsAnswers, key: str) -> Answered:
    """Ask for the portfolio's currency and what one unit of each other currency is worth in it."""
    target = _radio("Currency of the portfolio", {c: c for c in currencies if c}, key)
    if target is None:
        return None
    rates = {}
    with st.container(horizontal=True):
        for number, unit in enumerate(c for c in currencies if c != target):
            rates[unit] = st.number_input(
                plain(f"{target} for 1 {unit or 'unit without a currency'}"),
                min_value=1e-9,
                value=None,
                format="%.6g",
                placeholder="rate",
                key=f"{key}_{target}_{number}",
                width=200,
            )
    known = {unit: rate for unit, rate in rates.items() if rate is not None}
    return replace(answers, currency=target, rates=known) if len(known) == len(rates) else None


def _column(shown: str) -> str:
    """Return how an answer names a column: by its heading, or by its number where it has none."""
    unnamed = UNNAMED.fullmatch(shown)
    return unnamed[1] if unnamed else shown
