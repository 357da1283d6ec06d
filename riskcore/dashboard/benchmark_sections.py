"""The first view of the Benchmark page: the sentence, the waterfall, the active positions."""

from dataclasses import dataclass, field

import streamlit as st

from riskcore.benchmark import active_risk, relative_figures
from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import amount, holding_note, in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.figures.benchmark import draw_active_positions, draw_risk_waterfall
from riskcore.figures.words import dated, unbroken
from riskcore.measures import MEASURES
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import ActiveRiskResult, RelativeResult
from riskcore.scenarios import Scenarios

__all__ = [
    "Against",
    "against",
    "ask",
    "decomposed",
    "positions",
    "relative_of",
    "shared_risk",
    "weights_key",
]


@dataclass(frozen=True, eq=False)
class Against:
    """A and B against the benchmark, in the frame's measure, and what the closer looks print."""

    book: Book
    scenarios: Scenarios
    benchmark: Holding
    portfolios: tuple[Portfolio, Portfolio]
    found: tuple[ActiveRiskResult, ActiveRiskResult]
    lines: list[Lines] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, str]:
        """What the portfolios are called."""
        return "A", "B"

    @property
    def measure_words(self) -> str:
        """The measure inside a sentence: "1-day CVaR 95 %"."""
        return unbroken(f"{self.book.horizon_label} {in_text(self.found[0].label)}")


def against(book: Book) -> Against:
    """Measure both portfolios against the benchmark.

    Raises
    ------
    InputError
        The data has no known index and no benchmark is chosen (`ask` asks for one).
    """
    benchmark, scenarios = book.reference, book.against
    portfolios = tuple(Portfolio(h.letter, h.portfolio.weights).on(scenarios.assets) for h in book.both)
    return Against(
        book,
        scenarios,
        benchmark,
        (portfolios[0], portfolios[1]),
        (decomposed(book, portfolios[0]), decomposed(book, portfolios[1])),
    )


def ask() -> None:
    """Ask for a benchmark where the data has no index of its own."""
    st.header("Against what?", anchor=False)
    st.markdown("This data has no known index: choose a benchmark above, an asset or a portfolio.")
    st.button(
        "Use equal weight", key="benchmark_equal", on_click=state.change, kwargs={"bench": "equal_weight"}
    )


def relative_of(against: Against, which: int) -> RelativeResult:
    """Return tracking error, beta and the rest of A (0) or B (1)."""
    return cached.compute(
        _relative,
        against.scenarios,
        against.portfolios[which],
        against=weights_key(against.benchmark.portfolio),
    )


def decomposed(book: Book, portfolio: Portfolio, measure: str | None = None) -> ActiveRiskResult:
    """Return R(PF) = R(BM) + R(TE) + f of weights over `book.against`, in the frame's measure or another."""
    measure = measure or book.view.measure
    level = book.view.confidence if MEASURES[measure].uses_confidence else None
    return cached.compute(
        _active,
        book.against,
        portfolio,
        against=weights_key(book.reference.portfolio),
        measure=measure,
        confidence=level,
    )


def weights_key(portfolio: Portfolio) -> tuple[tuple[str, float], ...]:
    """Return weights as something a cache can be keyed by."""
    return tuple((str(asset), float(weight)) for asset, weight in portfolio.weights.items())


def _active(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    against: tuple[tuple[str, float], ...],
    measure: str,
    confidence: float | None,
) -> ActiveRiskResult:
    return active_risk(scenarios, portfolio, Portfolio("BM", dict(against)), measure, confidence=confidence)


def _relative(
    scenarios: Scenarios, portfolio: Portfolio, *, against: tuple[tuple[str, float], ...]
) -> RelativeResult:
    return relative_figures(scenarios, portfolio, Portfolio("BM", dict(against)))


def shared_risk(against: Against) -> None:
    """Say what the benchmark and the active positions bring, and draw it."""
    book = against.book
    a, b = against.found
    st.header(plain(_headline(against, a)), anchor=False)
    st.markdown(plain(_headline(against, b)))
    for note in filter(None, (holding_note(h) for h in (*book.both, against.benchmark))):
        notice(note.replace("BM ", "The benchmark ", 1) if note.startswith("BM ") else note)
    same = [one.portfolio for one in against.found if not one.active]
    if same:
        notice(
            f"{' and '.join(same)} {'hold' if len(same) > 1 else 'holds'} exactly the benchmark: there is no "
            "active position, so nothing to attribute, and no information ratio."
        )
    show(
        draw_risk_waterfall(
            against.found, theme=current_theme(), names=against.names, horizon_label=book.horizon_label
        ),
        key="benchmark_waterfall",
    )
    st.caption(plain(_basis(against)))
    explain(
        book.view,
        "The portfolio is the benchmark plus the active positions TE, the differences of the weights. Their "
        "risks add up to more than the portfolio’s, and f is the difference. It has two parts: how much less "
        "the benchmark, and how much less the active positions, lose where the portfolio is at its worst "
        f"than where each is at its own. For A they are {amount(book, a.benchmark_part)} and "
        f"{amount(book, a.active_part)}.",
        r"R(PF)=R(BM)+R(TE)+f,\qquad "
        r"f=\Big[\sum_s q_s\,l^{BM}_s-R(BM)\Big]+\Big[\sum_s q_s\,l^{TE}_s-R(TE)\Big]",
    )


def _headline(against: Against, found: ActiveRiskResult) -> str:
    """Return "A’s 1-day CVaR 95 % is 1.7 %: benchmark 0.81 %, active positions 1.4 %, less 0.5 % shared"."""
    book, title = against.book, against.benchmark.title
    whole = f"{found.portfolio}’s {against.measure_words} is {amount(book, found.total)}"
    if not found.active:
        return f"{whole}, all of it the benchmark’s, {title}."
    shared = found.diversification
    verb = "diversification takes off" if shared <= 0.0 else "together they add"
    return (
        f"{whole}: the benchmark, {title}, alone has {amount(book, found.benchmark_risk)}, the active "
        f"positions alone {amount(book, found.tracking_risk)}, and {verb} {amount(book, abs(shared))}."
    )


def _basis(against: Against) -> str:
    """Return what the figures rest on: the rows, and what a benchmark outside the assets changes."""
    book, scenarios = against.book, against.scenarios
    if book.view.scenario_set:
        words = f"{scenarios.count:,} scenarios of the active set."
    else:
        first, last = (dated(scenarios.index[place]) for place in (0, -1))
        words = f"{scenarios.count:,} {book.basis}, {first} to {last}."
    if not book.view.scenario_set and scenarios.count < book.scenarios.count:
        extra = [a for a in scenarios.assets if a not in book.assets]
        words += (
            f" {', '.join(extra)} in the benchmark has a shorter history, so A’s and B’s figures here rest "
            f"on fewer rows than on other pages ({book.scenarios.count:,})."
        )
    if book.view.measure == "var":
        words += " VaR is not subadditive: f can have either sign."
    return words


def positions(against: Against) -> None:
    """Draw the active weights and what each adds to the active risk."""
    if not any(one.active for one in against.found):
        if against.book.view.present:
            notice("Neither A nor B has an active position: both hold exactly the benchmark.")
        return
    st.subheader("Active positions", anchor=False)
    drawings = draw_active_positions(
        against.found, theme=current_theme(), names=against.names, horizon_label=against.book.horizon_label
    )
    for column, drawing, key in zip(
        st.columns(2, gap="medium"), drawings, ("weights", "contributions"), strict=True
    ):
        with column:
            show(drawing, key=f"benchmark_{key}")
    unequal = [one.portfolio for one in against.found if one.active and one.shares.isna().any()]
    if unequal:
        st.caption(f"The active risk of {' and '.join(unequal)} is too near zero to be shared out.")
    explain(
        against.book.view,
        "Contributions to active risk are those of the differences of the weights, treated as a portfolio "
        "of their own.",
        r"R(TE)=\sum_i d_i\,\frac{\partial R(TE)}{\partial d_i},\qquad d_i=w_i-b_i",
    )
