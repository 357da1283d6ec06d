"""What a stress of the scenarios does to VaR, CVaR, volatility and contributions of A and B."""

import streamlit as st

from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.stress_words import worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, show
from riskcore.errors import NumericalError
from riskcore.figures import draw_stressed_risk
from riskcore.figures.words import card_percent
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.scenarios import Scenarios

__all__ = ["draw_stressed", "stressed_words"]


def draw_stressed(frame: Frame, stressed: Scenarios, name: str, *, key: str, after: str = "") -> None:
    """Say and draw VaR, CVaR and contributions of A and B, before and after a stress of the scenarios."""
    book = frame.book
    before = [_parts(book, book.scenarios, h, "cvar") for h in book.both]
    then = [_parts(book, stressed, h, "cvar") for h in book.both]
    st.markdown(plain(stressed_words(book, before, then) + after))
    show(
        draw_stressed_risk(
            before,
            then,
            what=name,
            theme=current_theme(),
            horizon_label=book.horizon_label,
            worth=worth(book),
        ),
        key=key,
    )
    st.caption(plain(_others(book, stressed)))


def _parts(book: Book, scenarios: Scenarios, holding: Holding, measure: str) -> ContributionResult:
    level = None if measure == "volatility" else book.view.confidence
    return cached.compute(risk_contributions, scenarios, holding.portfolio, measure=measure, confidence=level)


def stressed_words(book: Book, before: list[ContributionResult], after: list[ContributionResult]) -> str:
    """Return "1-day CVaR 95 %: A 1.9 % → 2.7 %, B 0.7 % → 1.5 %."."""
    parts = [
        f"{new.portfolio} {card_percent(old.total)} → {amount(book, new.total)}"
        for old, new in zip(before, after, strict=True)
    ]
    return f"{book.horizon_label} {before[0].label}: {', '.join(parts)}."


def _others(book: Book, stressed: Scenarios) -> str:
    """Return VaR and volatility before and after, beside the CVaR that is drawn."""
    said = []
    for measure in ("var", "volatility"):
        try:
            pairs = [
                [
                    cached.compute(_figure, s, h.portfolio, measure=measure, confidence=book.view.confidence)
                    for s in (book.scenarios, stressed)
                ]
                for h in book.both
            ]
        except NumericalError as problem:
            said.append(str(problem))
            continue
        label = "VaR" if measure == "var" else "Volatility"
        words = ", ".join(
            f"{h.letter} {card_percent(old)} → {card_percent(new)}"
            for h, (old, new) in zip(book.both, pairs, strict=True)
        )
        said.append(f"{label}: {words}.")
    return " ".join(said)


def _figure(scenarios: Scenarios, portfolio: Portfolio, *, measure: str, confidence: float) -> float:
    level = None if measure == "volatility" else confidence
    return risk(scenarios, portfolio, measure, confidence=level).value
