"""What the Benchmark page says: the headline, what it rests on, and its numbers read aloud."""

import numpy as np

from riskcore.benchmark import active_portfolio
from riskcore.dashboard import cached
from riskcore.dashboard.benchmark_found import Against, relative_of
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.sentences import amount, few_tail_note
from riskcore.figures.words import card_percent, dated, number
from riskcore.measures import MEASURES, risk
from riskcore.results import RiskResult
from riskcore.results.benchmark import ActiveRiskResult

__all__ = ["basis", "few_note", "headline", "shared_explained", "shared_name"]

SUM = r"R(PF)=R(BM)+R(TE)+f"
SPLIT = r"f=\Big[\sum_s q_s\,l^{BM}_s-R(BM)\Big]+\Big[\sum_s q_s\,l^{TE}_s-R(TE)\Big]"
# A correlation nearer to zero is that of unrelated positions, which diversify.
AGAINST = -0.1


def headline(against: Against, which: int) -> str:
    """Return "A’s 1-day CVaR 95 % is 1.7 %: the benchmark, SPY, alone has 3.1 %, …" for A (0) or B (1)."""
    book, title, found = against.book, against.benchmark.title, against.found[which]
    whole = f"{found.portfolio}’s {against.measure_words} is {amount(book, found.total)}"
    if not found.active:
        return f"{whole}, all of it the benchmark’s, {title}."
    if found.benchmark_risk == 0.0 and found.diversification == 0.0:
        return f"{whole}, all of it the active positions’: the benchmark, {title}, has none."
    return (
        f"{whole}: the benchmark, {title}, alone has {amount(book, found.benchmark_risk)}, the active "
        f"positions alone {amount(book, found.tracking_risk)}, and {_shared_words(against, which)}."
    )


def _shared_words(against: Against, which: int) -> str:
    """Return what f does: added, taken off by diversification, or offset where the two run opposite ways."""
    book, shared = against.book, against.found[which].diversification
    if shared > 0.0:
        return f"together they add {amount(book, shared)}"
    rho = relative_of(against, which).active_correlation
    if rho < AGAINST:
        return f"{amount(book, -shared)} of these offset each other (their correlation ρ is {number(rho, 2)})"
    return f"diversification takes off {amount(book, -shared)}"


def shared_name(against: Against) -> str:
    """Return what f is called: an offset where active positions run against the benchmark."""
    runs = {
        relative_of(against, which).active_correlation < AGAINST
        for which, found in enumerate(against.found)
        if found.active
    }
    return {(True,): "Offset", (False, True): "Shared"}.get(tuple(sorted(runs)), "Diversification")


def basis(against: Against) -> str:
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


def few_note(against: Against, measure: str | None = None) -> str | None:
    """Return the warning where fewer than 10 effective scenarios carry a figure of A or B."""
    book = against.book
    measure = measure or book.view.measure
    level = book.view.confidence if MEASURES[measure].uses_confidence else None
    base = against.benchmark.portfolio
    thinnest: list[RiskResult] = []
    for portfolio in against.portfolios:
        extra = active_portfolio(portfolio, base, against.scenarios.assets)
        found = [
            cached.compute(
                risk, against.scenarios, one.renamed(portfolio.name), measure=measure, confidence=level
            )
            for one in (portfolio, base, extra)
        ]
        thinnest.append(
            min(found, key=lambda one: np.inf if one.tail_scenarios is None else one.tail_scenarios)
        )
    return few_tail_note(thinnest)


def shared_explained(against: Against) -> tuple[str, str]:
    """Return the explanation of the waterfall with the numbers of A, or of B where A is the benchmark."""
    found = next((one for one in against.found if one.active), None)
    words = "The portfolio is the benchmark plus the active positions TE, the differences of the weights. "
    words += (
        "VaR is not subadditive: together they can have less than the two have alone, or more."
        if against.book.view.measure == "var"
        else "Together they never have more than the two have alone."
    )
    if found is None:
        return words, rf"\begin{{gathered}}{SUM}\\ {SPLIT}\end{{gathered}}"
    inside = (found.benchmark_risk + found.benchmark_part, found.tracking_risk + found.active_part)
    words += (
        f" Of {found.portfolio}’s {against.measure_words} of {card_percent(found.total)} the benchmark "
        f"carries {card_percent(inside[0])}, {_than_alone(found.benchmark_part)}, and the active positions "
        f"{card_percent(inside[1])}, {_than_alone(found.active_part)}: f is the sum of these differences. "
        "The weights q pick the scenarios that make the portfolio’s own risk."
    )
    return words, _formula(found, inside)


def _than_alone(part: float) -> str:
    if part == 0.0:
        return "as much as alone"
    return f"{card_percent(abs(part))} {'less' if part < 0.0 else 'more'} than alone"


def _formula(found: ActiveRiskResult, inside: tuple[float, float]) -> str:
    """Return the sum and the split of f, each with its numbers on a line of its own."""
    terms = [found.benchmark_risk, found.tracking_risk, found.diversification]
    brackets = "+".join(
        rf"\big[{percent_sum([carried, -alone])}\big]"
        for carried, alone in zip(inside, (found.benchmark_risk, found.tracking_risk), strict=True)
    )
    lines = [
        SUM,
        f"{percent_sum([found.total])}={percent_sum(terms)}",
        SPLIT,
        f"{percent_sum([found.diversification])}={brackets}",
    ]
    return r"\begin{gathered}" + r"\\ ".join(lines) + r"\end{gathered}"
