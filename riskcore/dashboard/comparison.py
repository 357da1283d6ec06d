"""The allocators of the Allocation page, side by side."""

from dataclasses import dataclass

import pandas as pd

from riskcore.dashboard import cached
from riskcore.dashboard.book import RULES, Book
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.statistics import describe

__all__ = ["METHODS", "Candidate", "candidates", "comparison_table", "solution_table"]

METHODS = ("equal_weight", "inverse_volatility", "equal_risk_contribution", "cvar_parity", "minimum_cvar")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One allocator on the scenarios of the frame; `letters` says which of A and B it is now."""

    code: str
    title: str
    portfolio: Portfolio
    allocation: AllocationResult | None
    letters: tuple[str, ...]


def candidates(book: Book, methods: tuple[str, ...]) -> list[Candidate]:
    """Return the allocators asked for, then A and B where they are something else."""
    found = []
    for method in methods:
        solved = book.solve(method)
        letters = tuple(
            h.letter for h in book.both if h.allocation is not None and h.allocation.method == method
        )
        found.append(Candidate(method, RULES[method], solved.portfolio(RULES[method]), solved, letters))
    shown = {letter for candidate in found for letter in candidate.letters}
    for holding in book.both:
        if holding.letter not in shown:
            title = f"{holding.letter}: {holding.title}"
            portfolio = holding.portfolio.renamed(title)
            found.append(Candidate(holding.code, title, portfolio, holding.allocation, (holding.letter,)))
    return found


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
