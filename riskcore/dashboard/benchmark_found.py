"""A and B measured against the benchmark: what every part of the Benchmark page draws from."""

from dataclasses import dataclass, field

from riskcore.benchmark import active_risk, relative_figures
from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import in_text
from riskcore.figures.words import unbroken
from riskcore.measures import MEASURES
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import ActiveRiskResult, RelativeResult
from riskcore.scenarios import Scenarios

__all__ = ["Against", "against", "decomposed", "relative_of", "weights_key"]


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
        The data has no known index and no benchmark is chosen (the page asks for one).
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
