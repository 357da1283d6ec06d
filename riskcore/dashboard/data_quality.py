"""The quality report on the page: problems first, each with its choices; decisions make a new data set."""

from collections.abc import Iterable

import streamlit as st

from riskcore.dashboard import cached, saved, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.cached import Origin
from riskcore.dashboard.text import counted, plain
from riskcore.dashboard.widgets import current_theme, data_table, show
from riskcore.data.quality import Finding, QualityReport
from riskcore.data.recipe import (
    AdjustSplit,
    CutWindow,
    DropAsset,
    DropRows,
    Fill,
    Keep,
    Recipe,
    Step,
    apply_recipe,
)
from riskcore.errors import InputError
from riskcore.figures.coverage import coverage_map

__all__ = ["apply_decisions", "decided", "decisions_of", "quality_report"]

ICONS = {"problem": ":material/error:", "check": ":material/help:", "note": ":material/info:"}
TITLES = {"problem": "Problem", "check": "To check", "note": "Note"}
MOST_ASKED = 40
# Prices are mended before rows and assets go, so that no step looks for what another has taken away.
ORDER: tuple[type, ...] = (Keep, AdjustSplit, Fill, DropRows, CutWindow, DropAsset)


def quality_report(book: Book) -> None:
    """Show what was found in the data set of the page, and what was decided about it."""
    with st.spinner("Comparing every price with its neighbours and its exchange’s calendar …"):
        report = cached.quality(book.local)
    made = cached.origin(book.view.data)
    recipe = decisions_of(book.view.data)
    if recipe.steps:
        _show_recipe(recipe, made)
    open_findings = report.undecided(recipe)
    kept = len(report.findings) - len(open_findings)
    st.markdown(
        plain(report.sentence) + (plain(f" {counted(kept, 'finding')} kept as decided.") if kept else "")
    )
    chosen = _ask(open_findings, book)
    if chosen:
        st.button(
            f"Apply {counted(len(chosen), 'decision')}",
            type="primary",
            key="quality_apply",
            on_click=apply_decisions,
            args=(book, decided(chosen, open_findings)),
        )
        st.caption("Makes a new data set; the one it is made from stays as it is.")
    _show_coverage(report)


def decisions_of(key: str) -> Recipe:
    """Return every decision a data set was made by, those of the saved set it was made from included."""
    made = cached.origin(key)
    return saved.recipe_of(key) if made is None else decisions_of(made.base).then(*made.recipe.steps)


def _show_recipe(recipe: Recipe, made: Origin | None) -> None:
    with st.container(border=True):
        source = f"Made from {cached.price_set(made.base).label}" if made else "Made and saved"
        st.markdown(f"**{plain(f'{source} by your decisions')}**")
        for number, words in enumerate(recipe.words, 1):
            st.caption(plain(f"{number}. {words}"))
        if made:
            st.button(
                "Back to the data as it came",
                icon=":material/undo:",
                key="quality_back",
                on_click=state.change,
                kwargs={"data": made.base},
            )


def _ask(findings: tuple[Finding, ...], book: Book) -> list[tuple[Finding, Step]]:
    """List the findings with their choices, notes folded; return what was chosen."""
    pressing = [f for f in findings if f.severity != "note"]
    notes = [f for f in findings if f.severity == "note"]
    chosen = _rows(pressing, book, "pressing")
    if notes:
        with st.expander(f"{counted(len(notes), 'note')}: worth knowing, nothing to decide at once"):
            chosen += _rows(notes, book, "notes")
    return chosen


def _rows(findings: list[Finding], book: Book, place: str) -> list[tuple[Finding, Step]]:
    chosen = []
    for number, finding in enumerate(findings[:MOST_ASKED]):
        left, right = st.columns([3, 2], vertical_alignment="center")
        icon = ICONS[finding.severity]
        left.markdown(f"{icon} **{TITLES[finding.severity]}.** {plain(finding.sentence)}")
        if not finding.choices:
            continue
        with right:
            step = _choice(finding, f"quality_{book.local.fingerprint[:10]}_{place}_{number}")
        if step is not None:
            chosen.append((finding, step))
    if len(findings) > MOST_ASKED:
        st.caption(
            f"{len(findings) - MOST_ASKED} more follow once these are decided; the table has them all."
        )
    return chosen


def _choice(finding: Finding, key: str) -> Step | None:
    words = [step.words for step in finding.choices]
    number = st.selectbox(
        plain(f"What to do about {finding.asset or 'the table'} ({finding.kind})"),
        range(len(words)),
        index=None,
        format_func=words.__getitem__,
        placeholder="Decide",
        key=key,
        label_visibility="collapsed",
    )
    return None if number is None else finding.choices[number]


def decided(chosen: Iterable[tuple[Finding, Step]], findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return the steps of the decisions, in an order in which none stands in another's way.

    Rows left out for several assets become one step. An asset that is left out needs no other step. Keeping
    one of several like findings of an asset is recorded only when none of the others is left open.
    """
    pairs = list(chosen)
    answered = [id(finding) for finding, _ in pairs]
    left_open = {(f.kind, f.asset) for f in findings if id(f) not in answered}
    steps = list(dict.fromkeys(step for _, step in pairs))
    gone = {step.asset for step in steps if isinstance(step, DropAsset)}
    rows = sorted({day for step in steps if isinstance(step, DropRows) for day in step.dates})
    result: list[Step] = [DropRows(tuple(rows))] if rows else []
    for step in steps:
        if isinstance(step, DropRows):
            continue
        if isinstance(step, Keep) and (step.kind, step.asset) in left_open:
            continue
        if not isinstance(step, DropAsset) and getattr(step, "asset", "") in gone:
            continue
        result.append(step)
    return tuple(sorted(result, key=lambda step: ORDER.index(type(step))))


def apply_decisions(book: Book, steps: tuple[Step, ...]) -> None:
    """Make the new data set and show it on every page, or say why it cannot be made."""
    made = cached.origin(book.view.data)
    base = made.base if made else book.view.data
    recipe = (made.recipe if made else Recipe()).then(*steps)
    try:
        prices, _ = apply_recipe(cached.price_set(base), recipe)
    except InputError as error:
        state.say(f"{error} Nothing was changed.")
        return
    left = set(prices.tickers)
    state.change(
        data=cached.keep_price_set(prices, Origin(base, recipe)),
        assets=tuple(a for a in book.view.assets if a in left),
        bench="" if book.view.bench in set(book.local.tickers) - left else book.view.bench,
    )


def _show_coverage(report: QualityReport) -> None:
    with st.expander("Coverage map and all findings as a table"):
        show(coverage_map(report.coverage, current_theme()), key="coverage")
        if report.findings:
            table = report.table()
            for column in ("first", "last"):
                table[column] = [f"{day:%Y-%m-%d}" if day == day else "" for day in table[column]]
            data_table(table, key="findings", hide_index=True)
