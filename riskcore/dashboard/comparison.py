"""The allocators of the Allocation page, side by side."""

from dataclasses import dataclass

import pandas as pd

from riskcore.allocation import ALLOCATORS
from riskcore.dashboard import cached
from riskcore.dashboard.book import RULES, Book, Holding
from riskcore.dashboard.widgets import guarded
from riskcore.errors import NumericalError
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.statistics import describe

__all__ = [
    "FIRST",
    "MORE",
    "Candidate",
    "Refusal",
    "candidates",
    "comparison_table",
    "figures_table",
    "solution_table",
]

FIRST = ("equal_weight", "inverse_volatility", "equal_risk_contribution", "cvar_parity")
MORE = tuple(rule for rule in RULES if rule in ALLOCATORS and rule not in FIRST)
NOT_SOLVED = "why there are no weights"


@dataclass(frozen=True, eq=False)
class Candidate:
    """One allocator on the scenarios of the frame; `letters` says which of A and B it is now."""

    code: str
    title: str
    portfolio: Portfolio
    allocation: AllocationResult | None
    letters: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """An allocator without an answer on these scenarios, and why."""

    code: str
    title: str
    reason: str


def candidates(book: Book, methods: tuple[str, ...]) -> tuple[list[Candidate], list[Refusal]]:
    """Return the allocators asked for, then A and B where they are something else, and who refused.

    A or B that cannot be built is said once, where this is drawn; the others are shown all the same.
    """
    found, refused, held = [], [], _held(book)
    for method in methods:
        try:
            solved = book.solve(method)
        except NumericalError as error:
            refused.append(Refusal(method, RULES[method], str(error)))
            continue
        letters = tuple(h.letter for h in held if h.allocation is not None and h.allocation.method == method)
        found.append(Candidate(method, RULES[method], solved.portfolio(RULES[method]), solved, letters))
    shown = {letter for candidate in found for letter in candidate.letters}
    for holding in held:
        if holding.letter not in shown:
            title = f"{holding.letter}: {holding.title}"
            portfolio = holding.portfolio.renamed(title)
            found.append(Candidate(holding.code, title, portfolio, holding.allocation, (holding.letter,)))
    return found, refused


def _held(book: Book) -> list[Holding]:
    """Return those of A and B that can be built, and say why the other cannot."""
    held = []
    for letter in ("a", "b"):
        with guarded():
            held.append(getattr(book, letter))
    return held


def comparison_table(book: Book, found: list[Candidate]) -> pd.DataFrame:
    """Return in-sample figures, one row per candidate; every column names its unit."""
    level = f"{100 * book.view.confidence:g}\N{NO-BREAK SPACE}%"
    rows = {}
    for candidate in found:
        rate = book.view.risk_free
        facts = cached.compute(describe, book.scenarios, candidate.portfolio, risk_free=rate)
        paths = cached.compute(describe, book.base, candidate.portfolio, risk_free=rate)
        cvar = cached.compute(
            risk, book.scenarios, candidate.portfolio, measure="cvar", confidence=book.view.confidence
        )
        horizon = book.horizon_label
        rows[candidate.title] = {
            "mean return, % per year": _percent(facts.mean),
            f"volatility, % per year ({horizon})": _percent(facts.volatility),
            f"Sharpe ({horizon}, risk-free {100 * rate:g}\N{NO-BREAK SPACE}%)": facts.sharpe,
            f"CVaR {level}, % ({horizon})": 100 * cvar.value,
            "worst drawdown, %": _percent(paths.max_drawdown),
            f"effective bets ({horizon})": facts.effective_bets,
        }
    return pd.DataFrame.from_dict(rows, orient="index").astype(float)


def figures_table(table: pd.DataFrame, refused: list[Refusal]) -> pd.DataFrame:
    """Return the figures with a row for every allocator that refused, empty but for the reason."""
    if not refused:
        return table
    reasons = pd.Series({r.title: r.reason for r in refused}, name=NOT_SOLVED)
    whole = table.reindex([*table.index, *reasons.index])
    return whole.assign(**{NOT_SOLVED: reasons.reindex(whole.index).fillna("")})


def solution_table(found: list[Candidate]) -> pd.DataFrame:
    """Return how each allocator was solved: the problem, the certificate and the work."""
    rows = {
        c.title: {
            "what was solved": c.allocation.solved,
            "status": c.allocation.status,
            "certificate": c.allocation.residual_name or "closed form",
            "residual": f"{c.allocation.residual:.1e}",
            "iterations": c.allocation.iterations,
            "milliseconds": round(1000 * c.allocation.seconds, 2),
        }
        for c in found
        if c.allocation is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
