"""The first parts of the Review page: the gate, and since when it is breached."""

import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.limits_code import limits_of
from riskcore.dashboard.limits_gate import gate_of, limits_in_force
from riskcore.dashboard.limits_words import COLOURS, ICONS, WORDS, gate_sentence
from riskcore.dashboard.stress_replays import both_replayed
from riskcore.dashboard.stress_words import proxy_note, short_names
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show
from riskcore.figures import draw_utilisation
from riskcore.figures.words import dated, percent
from riskcore.limits import breached_since
from riskcore.portfolio import Portfolio
from riskcore.results import ReplayResult
from riskcore.results.limits import BreachSince
from riskcore.scenarios import Scenarios

__all__ = ["gate", "since"]


def gate(frame: Frame) -> None:
    """Say and draw whether A may go out."""
    book = frame.book
    found = gate_of(book, book.a)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(WORDS[found.status].capitalize(), icon=ICONS[found.status], color=COLOURS[found.status])
    st.header(plain(gate_sentence(found)), anchor=False)
    if found.limits:
        show(draw_utilisation(found, theme=current_theme()), key="review_limits")
        for unchecked in found.unchecked:
            notice(f"{unchecked.name} is not checked: {unchecked.reason}")
        if any(f.key.startswith(("worst_replay", "replay:")) for f in found.limits) and (
            note := proxy_note(_limited_replays(book))
        ):
            st.caption(plain(note))
    explain(
        frame.view,
        "Each limit is used by its figure divided by the limit; the gate is as bad as its worst limit, and "
        "without limits it is grey. What cannot be checked never passes.",
        r"u_k=\frac{\text{value}_k}{\text{limit}_k},\qquad u_k>1\;\Rightarrow\;\text{breach}",
    )


def _limited_replays(book: Book) -> list[ReplayResult]:
    """Return the replays of A the limits hold it to: the worst one, and those limited by name."""
    named, (of_a, _, _), short = limits_in_force(book).limits, both_replayed(book), short_names()
    wanted = {event for event, brief in short.items() if {event, brief} & named.replays.keys()}
    worst = of_a[:1] if named.worst_replay else []
    return [r for r in of_a if r in worst or r.event in wanted]


def since(frame: Frame) -> None:
    """Say since when limits would have been breached, window after window."""
    book = frame.book
    in_force = limits_in_force(book)
    held = in_force.limits
    window = round(book.history.periods_per_year * book.periods)
    dated_limits = [n for n in ("volatility", "var", "cvar", "drawdown") if getattr(held, n) is not None]
    if not dated_limits or window > book.history.count:
        return
    st.subheader("Breached since when", anchor=False)
    found = cached.compute(
        _since,
        book.history,
        book.a.portfolio,
        code=in_force.code,
        level=frame.view.confidence,
        window=window,
    )
    names = {f.key: f.name for f in gate_of(book, book.a).limits}
    rows = [_since_row(names[key], getattr(held, key), one) for key, one in found.items()]
    data_table(pd.DataFrame(rows), key="review_since", hide_index=True)
    st.caption(
        "Each figure over the last year alone, on every date, with today’s weights: it says how long the "
        "market has been like this, not how long the positions have been held. Figures above use all the "
        "window."
    )


def _since(
    history: Scenarios, portfolio: Portfolio, *, code: str, level: float, window: int
) -> dict[str, BreachSince]:
    return breached_since(history, portfolio, limits_of(code), confidence=level, window=window)


def _since_row(name: str, limit: float, found: BreachSince) -> dict[str, object]:
    if found.first is None:
        words = "not breached over the last year"
    else:
        words = f"{dated(found.first)}{' or before' if found.reaches_back else ''}"
    return {
        "limit on": name,
        "limit": percent(limit, 2),
        "over the last year": percent(found.value, 2),
        "breached since": words,
        "share of dates in breach, %": round(100 * found.share, 1),
    }
