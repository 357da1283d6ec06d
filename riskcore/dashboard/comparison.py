"""The allocators of the Allocation page, side by side."""

from dataclasses import dataclass

import pandas as pd

from riskcore.allocation import ALLOCATORS, Conflict, allocate, measure_parity, missed, named
from riskcore.dashboard import cached
from riskcore.dashboard.allocation_terms import PLAIN, Terms, mean_of
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.portfolio_titles import RULES
from riskcore.dashboard.view import weights_code
from riskcore.dashboard.widgets import guarded
from riskcore.errors import InputError, NumericalError, listed
from riskcore.measures import MEASURES, risk
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios
from riskcore.statistics import describe

__all__ = [
    "FIRST",
    "MORE",
    "SHARED",
    "Candidate",
    "Refusal",
    "about",
    "candidates",
    "code_of",
    "comparison_table",
    "constraint_words",
    "figures_table",
    "settings",
    "solution_table",
    "solve_under",
]

FIRST = ("equal_weight", "inverse_volatility", "equal_risk_contribution", "cvar_parity")
MORE = tuple(rule for rule in RULES if rule in ALLOCATORS and rule not in FIRST)
SHARED = "measure_parity"
NOT_SOLVED = "why there are no weights"


@dataclass(frozen=True, eq=False)
class Candidate:
    """One allocator on the scenarios of the frame; `letters` says which of A and B it is now.

    `code` makes it A or B: the rule's own name, or its weights where terms changed them. `note` says what
    constraints do to it.
    """

    method: str
    code: str
    title: str
    portfolio: Portfolio
    allocation: AllocationResult | None
    letters: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """An allocator without an answer on these scenarios, and why."""

    code: str
    title: str
    reason: str
    conflict: Conflict | None = None


def candidates(
    book: Book, methods: tuple[str, ...], asked: Terms = PLAIN
) -> tuple[list[Candidate], list[Refusal]]:
    """Return the allocators asked for, then A and B where they are something else, and who refused.

    A or B that cannot be built is said once, where this is drawn; the others are shown all the same.

    Raises
    ------
    MissingDataError
        There are no scenarios to weight anything on.
    """
    data = book.scenarios
    found: list[Candidate] = []
    refused: list[Refusal] = []
    held = _held(book)
    for method in methods:
        conflict = next((r for r in refused if r.conflict), None)
        if conflict is not None and asked.constraints and "constraints" in ALLOCATORS[method].takes:
            refused.append(Refusal(method, RULES[method], conflict.reason, conflict.conflict))
            continue
        try:
            found.append(_candidate(book, data, method, asked, held))
        except NumericalError as error:
            told = error.details.get("conflict")
            known = told if isinstance(told, Conflict) else None
            refused.append(Refusal(method, RULES[method], str(error), known))
        except InputError as error:
            refused.append(Refusal(method, RULES[method], str(error)))
    if asked.shared:
        title = f"{MEASURES[asked.shared].label} parity"
        try:
            found.append(_shared(book, data, title, asked, held))
        except (NumericalError, InputError) as error:
            refused.append(Refusal(SHARED, title, str(error)))
    shown = {letter for candidate in found for letter in candidate.letters}
    apart: dict[str, list[Holding]] = {}
    for holding in held:
        if holding.letter not in shown:
            apart.setdefault(holding.code, []).append(holding)
    for code, same in apart.items():
        letters = tuple(holding.letter for holding in same)
        title = f"{' and '.join(letters)}: {same[0].title}"
        # Under terms the allocator of A or B is there already, with other weights.
        rule = code if code in ALLOCATORS and code not in methods else ""
        portfolio = same[0].portfolio.renamed(title)
        found.append(Candidate(rule, code, title, portfolio, same[0].allocation, letters))
    return found, refused


def _candidate(book: Book, data: Scenarios, method: str, asked: Terms, held: list[Holding]) -> Candidate:
    title = RULES[method]
    if not asked.touch(method):
        solved = book.solve(method)
        letters = tuple(h.letter for h in held if h.allocation is not None and h.allocation.method == method)
        return Candidate(
            method, method, title, solved.portfolio(title), solved, letters, _missed(book, asked, solved)
        )
    solved = cached.derived(solve_under, data, method=method, terms=asked, **settings(book))
    code = code_of(solved.weights)
    letters = tuple(h.letter for h in held if h.code == code)
    note = _missed(book, asked, solved)
    if "constraints" in ALLOCATORS[method].takes and asked.constraints is not None:
        note = f"held by {listed(solved.binding, most=3)}" if solved.binding else "no constraint holds it"
    return Candidate(method, code, title, solved.portfolio(title), solved, letters, note)


def _shared(book: Book, data: Scenarios, title: str, asked: Terms, held: list[Holding]) -> Candidate:
    """Return the parity of the further measure asked for."""
    solved = cached.derived(
        solve_shared, data, measure=asked.shared, confidence=book.view.confidence, budgets=asked.budgets
    )
    code = code_of(solved.weights)
    letters = tuple(h.letter for h in held if h.code == code)
    return Candidate(
        SHARED, code, title, solved.portfolio(title), solved, letters, _missed(book, asked, solved)
    )


def solve_shared(
    scenarios: Scenarios, *, measure: str, confidence: float, budgets: tuple[tuple[str, float], ...]
) -> AllocationResult:
    """Return the weights whose shares of a measure are the budgets, equal where there are none."""
    return measure_parity(scenarios, measure, confidence=confidence, budgets=dict(budgets) or None)


def about(method: str) -> str:
    """Return an allocator in a sentence."""
    if method == SHARED:
        return "Every asset carries the same share of the further measure chosen, or its risk budget."
    return ALLOCATORS[method].description


def _missed(book: Book, asked: Terms, solved: AllocationResult) -> str:
    """Return which constraints an allocator that takes none misses."""
    if asked.constraints is None:
        return ""
    broken = cached.derived(
        broken_by,
        book.scenarios,
        terms=asked,
        weights=tuple((str(a), float(w)) for a, w in solved.weights.items()),
    )
    return (
        f"takes no constraints: misses {listed(broken, most=2)}"
        if broken
        else "takes no constraints, keeps them"
    )


def broken_by(
    scenarios: Scenarios, *, terms: Terms, weights: tuple[tuple[str, float], ...]
) -> tuple[str, ...]:
    """Return the constraints that weights miss, in words."""
    given = terms.constraints
    return (
        ()
        if given is None
        else missed(scenarios, given, pd.Series(dict(weights)), covariance=terms.covariance)
    )


def constraint_words(book: Book, asked: Terms) -> str:
    """Return the constraints in force as a list, empty where there are none."""
    if asked.constraints is None:
        return ""
    return listed(cached.derived(named_in, book.scenarios, terms=asked), most=6)


def named_in(scenarios: Scenarios, *, terms: Terms) -> tuple[str, ...]:
    """Return the names of the constraints of the terms."""
    given = terms.constraints
    return () if given is None else named(scenarios, given, covariance=terms.covariance)


def settings(book: Book) -> dict[str, float]:
    """Return the confidence, and the rate per period, of every allocator under terms."""
    return {
        "confidence": book.view.confidence,
        "risk_free": book.view.risk_free / book.scenarios.periods_per_year,
    }


def solve_under(
    scenarios: Scenarios, *, method: str, terms: Terms, confidence: float, risk_free: float
) -> AllocationResult:
    """Return an allocator's weights under the terms it takes."""
    chosen = ALLOCATORS[method]
    return allocate(
        method,
        scenarios,
        confidence=confidence,
        risk_free=risk_free,
        mean=mean_of(scenarios, terms, risk_free) if "mean" in chosen.takes else "sample",
        covariance=terms.covariance,
        budgets=dict(terms.budgets) or None,
        constraints=terms.constraints if "constraints" in chosen.takes else None,
    )


def code_of(weights: pd.Series) -> str:
    """Return solved weights as a portfolio code, to six decimals."""
    return weights_code({str(asset): round(float(w), 6) for asset, w in weights.items() if abs(w) > 5e-7})


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
            "solver": "riskcore" if c.allocation.solver == "own" else c.allocation.solver,
            "constraints that hold it": "; ".join(c.allocation.binding),
            "iterations": c.allocation.iterations,
            "milliseconds": round(1000 * c.allocation.seconds, 2),
        }
        for c in found
        if c.allocation is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
