"""What replays and index falls say, in plain words, for the pages that show them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book
from riskcore.dashboard.portfolio_titles import benchmark_title
from riskcore.dashboard.sentences import loss_words
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import show_table
from riskcore.figures.words import dated
from riskcore.results import ReplayResult
from riskcore.scenarios import Scenarios

__all__ = [
    "NO_LIMIT",
    "both_words",
    "offer_reasons",
    "portfolio_benchmark_words",
    "proxy_note",
    "ruin_words",
    "say_left_out",
    "short_names",
    "shorter_words",
    "worst_words",
    "worth",
]

NOTHING = 1e-12
NO_LIMIT = "with shorts or borrowed money a loss does not stop at 100\N{NO-BREAK SPACE}%."


def short_names() -> dict[str, str]:
    """Return the names that fit beside a bar."""
    return {crisis.event: crisis.short for crisis in cached.crises()}


def both_words(book: Book, losses: Sequence[float], where: Sequence[str] = ("", "")) -> str:
    """Return "A loses 34 % in 2008, B 16 % in Rates 2022": the verb once where it is the same."""
    said = ["neither loses nor gains" if abs(loss) < NOTHING else loss_words(book, loss) for loss in losses]
    verb = f"{said[0].split(' ')[0]} "
    if verb != "neither ":
        said[1] = said[1].removeprefix(verb)
    same = f", both in {where[0]}" if where[0] and where[0] == where[1] else ""
    a, b = ("" if same or not place else f" in {place}" for place in where)
    return f"A {said[0]}{a}, B {said[1]}{b}{same}"


def worst_words(book: Book, of_a: list[ReplayResult], of_b: list[ReplayResult], left_out: int) -> str:
    """Return the headline: the worst replay of A and of B, and out of how many."""
    worst = [min(found, key=lambda r: r.total_return) for found in (of_a, of_b)]
    count = len(of_a)
    over = "The only replay" if count == 1 else f"Worst of {count} replays"
    of = f" (of {count + left_out} dated crises)" if left_out else ""
    short = short_names()
    where = [short.get(r.event, r.event) + " ≈" * r.approximate + " β" * bool(r.proxies) for r in worst]
    return f"{over}{of}: {both_words(book, [r.loss for r in worst], where)}."


def proxy_note(found: Sequence[ReplayResult]) -> str | None:
    """Return which assets a beta stands in for, and in which crises; None where all have prices."""
    events: dict[str, list[str]] = {}
    betas: dict[str, str] = {}
    short = short_names()
    for result in found:
        for proxy in result.proxies:
            events.setdefault(proxy.asset, []).append(short.get(result.event, result.event))
            betas[proxy.asset] = (
                f"{proxy.beta:.2f} (± {proxy.standard_error:.2f}, {proxy.observations:,} {proxy.basis}) "
                f"times {proxy.index_asset}"
            )
    if not events:
        return None
    parts = [f"{asset} by {betas[asset]} in {', '.join(where)}" for asset, where in events.items()]
    return f"β: no prices then, so a beta stands in, and the true loss may be far off: {'; '.join(parts)}."


def ruin_words(letter: str, found: list[ReplayResult]) -> str | None:
    """Return where a portfolio ends below zero, None where it never does."""
    lost = [r.event for r in found if r.loss > 1]
    if not lost:
        return None
    return f"{letter} loses more than its whole value in {len(lost)} of {len(found)} replays: {NO_LIMIT}"


def shorter_words(book: Book, wide: Scenarios, index: str) -> str | None:
    """Return over which dates betas are estimated where the index has a shorter history than the assets."""
    own, shared = book.base.index, wide.index
    if (shared[0], shared[-1]) == (own[0], own[-1]):
        return None
    return (
        f"The betas are estimated from {dated(shared[0])} to {dated(shared[-1])}, which is all that {index} "
        f"shares with these assets; their own returns run from {dated(own[0])} to {dated(own[-1])}."
    )


def portfolio_benchmark_words(book: Book) -> str | None:
    """Return why the index that falls is not the benchmark, None where it is."""
    code = book.benchmark_code
    if code is None or code == book.benchmark:
        return None
    title = benchmark_title(code, book.prices)
    return f"The benchmark, {title}, is a portfolio; the index that falls is one asset."


def say_left_out(book: Book, left_out: dict[str, str]) -> None:
    """Name the crises that are not replayed, by reason."""
    if not left_out:
        return
    days = pd.DatetimeIndex(book.whole.index)
    outside: list[str] = []
    inside: list[str] = []
    for crisis in cached.crises():
        if crisis.event in left_out:
            (inside if crisis.covered_by(days) else outside).append(crisis.short)
    if outside:
        st.caption(
            plain(
                f"Not replayed, because the returns these assets share run only from {dated(days[0])} to "
                f"{dated(days[-1])}: {', '.join(outside)}."
            )
        )
    if inside:
        st.caption(
            plain(
                "Not replayed, because the data has no closes near enough to the peak and the trough: "
                f"{', '.join(inside)}."
            )
        )


def offer_reasons(left_out: dict[str, str]) -> None:
    """Offer why each crisis is not replayed, nothing where all are."""
    if left_out:
        with st.popover("Why not", type="tertiary", icon=":material/help:"):
            reasons = pd.DataFrame({"why it is not replayed": left_out}).rename_axis("event")
            show_table(reasons, key="stress_left_out")


def worth(book: Book) -> tuple[float, str] | None:
    """Return value and currency of the portfolio, for figures in money; None without a value."""
    return None if book.view.value is None else (book.view.value, book.view.currency)
