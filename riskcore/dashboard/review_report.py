"""The report of the Review page: one A4 page and one workbook of what the page found and what was decided."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import quote

import pandas as pd
import streamlit as st

from riskcore.dashboard import scenario_set
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame, data_words, setting_words
from riskcore.dashboard.limits_gate import gate_of
from riskcore.dashboard.limits_words import WORDS, gate_sentence, gate_table
from riskcore.dashboard.review_bridge import bridge_since, bridge_words
from riskcore.dashboard.review_decision import changes_since, frozen_view, last_snapshot
from riskcore.dashboard.sentences import few_tail_note, holding_note, money_and_risk, worst_part
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import short_names
from riskcore.dashboard.trades_sections import headline_numbers
from riskcore.dashboard.view import query_of
from riskcore.data.store import Snapshot
from riskcore.errors import RiskcoreError
from riskcore.figures import LIGHT, draw_crisis_losses, draw_weight_and_risk
from riskcore.figures.drawing import Drawing
from riskcore.figures.words import dated
from riskcore.report import Report, ReportTable, to_html, to_xlsx
from riskcore.results.limits import ORDER, GateResult

__all__ = ["report", "report_of"]

T = TypeVar("T")

CRISES = 5
MOST_ASSETS = 10
MOST_LIMITS = 20
# More would stand too close together on half the width of a page.
ASSETS_DRAWN = 5
LIMITS_NAMED = 4
LONGEST_LINK = 1000


def report(frame: Frame) -> None:
    """Offer the report of this view as one page to print and as a workbook."""
    book = frame.book
    st.subheader("Report", anchor=False)
    st.caption(
        "Headline numbers, limits, contributions, crises, what changed, and the decision where one is frozen "
        "for exactly this view: one A4 page that opens anywhere, two where limits or the note are long, and "
        "a workbook with full digits."
    )
    with st.container(horizontal=True):
        st.download_button(
            "A4 page (HTML)",
            lambda: to_html(report_of(book)).encode(),
            file_name="riskcore-review.html",
            mime="text/html",
            icon=":material/print:",
            key="report_html",
        )
        st.download_button(
            "Workbook (XLSX)",
            lambda: to_xlsx(report_of(book)),
            file_name="riskcore-review.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            icon=":material/table:",
            key="report_xlsx",
        )


def report_of(book: Book) -> Report:
    """Return the contents of the report; what cannot be computed is named in its foot."""
    found = gate_of(book, book.a)
    last = last_snapshot()
    decided = last if last is not None and _same(book, last) else None
    missing: list[str] = []
    tables = [_limits(found)] if found.limits else []
    tables.append(ReportTable("Headline numbers", _numbers(book), "Losses are positive; % of value."))
    tables += _tried("Weights and risk", lambda: [_weights(book)], missing)
    if last is not None and decided is None:
        tables += _tried("What changed", lambda: [_bridge(book, last)], missing)
    return Report(
        title=decided.title if decided is not None else "Portfolio risk review",
        facts=_facts(book, WORDS[found.status], decided),
        headline=gate_sentence(found, LIMITS_NAMED),
        sentences=tuple(_sentences(book)),
        tables=tuple(tables),
        drawings=tuple(_tried("Charts", lambda: _drawings(book), missing)),
        note=decided.note if decided is not None else "",
        foot=tuple(_foot(book, [*missing, *_unchecked(found)])),
    )


def _limits(found: GateResult) -> ReportTable:
    """Return the limits, breaches first, then what could not be checked, then by use."""
    table = gate_table(found).set_index("limit on")
    order = sorted(
        range(len(table)),
        key=lambda row: (
            -ORDER.index(found.limits[row].status),
            -(found.limits[row].utilisation or 0.0),
        ),
    )
    return ReportTable("Limits", table.iloc[order], digits=1, most=MOST_LIMITS)


def _unchecked(found: GateResult) -> list[str]:
    """Return why limits could not be checked, one sentence for all with the same reason."""
    reasons: dict[str, list[str]] = {}
    for one in found.unchecked:
        reasons.setdefault(one.reason, []).append(one.name)
    return [f"Not checked: {', '.join(names)}. {reason}" for reason, names in reasons.items()]


def _tried(what: str, doing: Callable[[], list[T]], missing: list[str]) -> list[T]:
    """Return what a part of the report made, or nothing and the reason among what is missing."""
    try:
        return doing()
    except RiskcoreError as error:
        missing.append(f"{what} not shown: {error}")
        return []


def _same(book: Book, then: Snapshot) -> bool:
    """Whether a snapshot froze exactly this: the view, the data and every number."""
    content = then.content
    view = dict(content.get("view", {}))
    same_data = content.get("data", {}).get("fingerprint") == book.prices.fingerprint
    if view != frozen_view(book) or not same_data:
        return False
    _, table = changes_since(book, then)
    return bool((table["change"] == 0.0).all())


def _facts(book: Book, gate: str, decided: Snapshot | None) -> tuple[tuple[str, str], ...]:
    facts = [("A", book.a.title), ("B", book.b.title), ("Gate", gate)]
    if book.view.scenario_set:
        facts.append(("Scenarios", f"not history: {scenario_set.set_title(book.view.scenario_set)}"))
    if decided is None:
        return (*facts, ("Decision", "none is frozen for this view"))
    frozen = f"{dated(pd.Timestamp(decided.frozen_at))}, {decided.frozen_at:%H:%M} UTC"
    owner = [("Owner", decided.author)] if decided.author else []
    return (*facts, *owner, ("Decided", frozen))


def _sentences(book: Book) -> list[str]:
    said = [worst_part(book), money_and_risk(book, book.a, book.contributions(book.a))]
    if code := book.view.scenario_set:
        words = scenario_set.set_words(code, book.scenarios, book.benchmark)
        said.insert(0, f"Not history. {words} {scenario_set.still_history('trades')}")
    notes = [holding_note(book.a), few_tail_note([book.risk(h, "cvar") for h in book.both])]
    return [text for text in (*said, *notes) if text]


def _numbers(book: Book) -> pd.DataFrame:
    columns = {h.letter: pd.Series(headline_numbers(book, h), dtype=float) for h in book.both}
    return pd.DataFrame(columns).rename_axis("number")


def _weights(book: Book) -> ReportTable:
    found = {h.letter: book.contributions(h) for h in book.both}
    columns = {
        f"{letter} {word}, %": 100.0 * one.table[column]
        for letter, one in found.items()
        for word, column in (("weight", "weight"), ("risk share", "relative"))
    }
    table = pd.DataFrame(columns).rename_axis("asset")
    order = found["A"].table["component"].abs().sort_values(ascending=False).index
    label = found["A"].label
    return ReportTable(
        "Weights and risk",
        table.loc[order],
        f"Share of the {book.horizon_label} {label}; largest part of A’s first.",
        digits=1,
        most=MOST_ASSETS,
    )


def _bridge(book: Book, last: Snapshot) -> ReportTable:
    steps = bridge_since(book, last)
    since = f"Since {last.title} ({dated(pd.Timestamp(last.frozen_at))})"
    return ReportTable(since, steps, bridge_words(steps), digits=3)


def _drawings(book: Book) -> list[Drawing]:
    shares = draw_weight_and_risk(
        [book.contributions(book.a)], theme=LIGHT, most=ASSETS_DRAWN, horizon_label=book.horizon_label
    )
    of_a, of_b, _ = both_replayed(book)
    short = short_names()
    worst = sorted(zip(of_a, of_b, strict=True), key=lambda pair: -pair[0].loss)[:CRISES]
    rows = [(short[a.event], a.total_return, b.total_return) for a, b in worst]
    crises = [draw_crisis_losses(rows, theme=LIGHT, replayed=[a for a, _ in worst])] if rows else []
    return [*shares, *crises]


def _foot(book: Book, missing: list[str]) -> list[str]:
    level = f"{100 * book.view.confidence:g}\N{NO-BREAK SPACE}%"
    tail = f"{100 - 100 * book.view.confidence:.3g}\N{NO-BREAK SPACE}%"
    link = "&".join(f"{key}={quote(value, safe='~;,:.-_')}" for key, value in query_of(book.asked).items())
    printed = (
        f"View: {link or 'as it opens'}"
        if len(link) <= LONGEST_LINK
        else "The link of this view is too long to print; Copy link on the page gives it."
    )
    settings = setting_words(book.view, book)
    rows = "the active scenarios" if book.view.scenario_set else book.basis
    return [
        *missing,
        data_words(book) + ".",
        *([f"Settings: {'; '.join(settings)}."] if settings else []),
        f"VaR {level} is the loss exceeded in {tail} of {rows}; CVaR {level} is the average of those "
        "losses. A risk share is what an asset adds to the risk as weights stand, so shares add up to 100 %. "
        "History is no forecast.",
        f"riskcore {version('riskcore')}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; data "
        f"{book.prices.fingerprint[:12]}. {printed}",
    ]
