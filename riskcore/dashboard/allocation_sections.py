"""The allocators of the Allocation page: which are compared, what they offer, their weights and figures."""

from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from riskcore.allocation import ALLOCATORS
from riskcore.allocation.conflicts import relaxed
from riskcore.allocation.covariances import COVARIANCE_LABELS
from riskcore.dashboard import cached, state
from riskcore.dashboard.allocation_nearest import use
from riskcore.dashboard.allocation_script import estimate_lines, literal
from riskcore.dashboard.allocation_terms import MEANS, PLAIN, Terms
from riskcore.dashboard.book import Book
from riskcore.dashboard.comparison import (
    FIRST,
    MORE,
    SHARED,
    Candidate,
    Refusal,
    about,
    candidates,
    code_of,
    comparison_table,
    constraint_words,
    figures_table,
    solution_table,
)
from riskcore.dashboard.portfolio_titles import RULES
from riskcore.dashboard.script import Lines, arguments_of
from riskcore.dashboard.sentences import few_tail_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, notice, show, show_table
from riskcore.errors import listed
from riskcore.figures import draw_weights
from riskcore.figures.words import card_percent, unbroken
from riskcore.measures import MEASURES, risk

__all__ = [
    "Weighed",
    "choice",
    "lines_of",
    "make_buttons",
    "more_methods",
    "told",
    "weighed",
    "weights_and_figures",
]

EVEN = 1e-9
CARDS_IN_A_ROW = 4
SCRIPT = """for solved in (
{calls}
):
    level = cvar(scenarios, solved.portfolio(), confidence={confidence!r})
    facts = describe(scenarios, solved.portfolio(), risk_free={risk_free!r})
    print(solved.label, "CVaR", f"{{level.value:.10f}}", "volatility", f"{{facts.volatility:.10f}}")
    print("mean", f"{{facts.mean:.10f}}", "Sharpe", facts.sharpe)
    print("worst drawdown", describe(history, solved.portfolio()).max_drawdown)
    print(solved.weights.to_string(float_format="%.10f"))
"""
IN_SAMPLE = (
    "In-sample: weights and figures come from the same window, so they flatter whatever was solved for. "
    "Nothing here says which will do better."
)


@dataclass(frozen=True, eq=False)
class Weighed:
    """The portfolios compared on the page, who refused, and what the closer looks print."""

    book: Book
    methods: tuple[str, ...]
    found: list[Candidate]
    refused: list[Refusal]
    table: pd.DataFrame
    terms: Terms = PLAIN
    lines: list[Lines] = field(default_factory=list)

    @property
    def cvars(self) -> dict[str, float]:
        """CVaR over the horizon by title."""
        column = next(c for c in self.table.columns if c.startswith("CVaR"))
        return {str(title): float(value) / 100 for title, value in self.table[column].items()}

    @property
    def cvar_words(self) -> str:
        """What the figure is called: "1-day CVaR 95 %"."""
        return f"{self.book.horizon_label} CVaR {100 * self.book.view.confidence:g}\N{NO-BREAK SPACE}%"

    @property
    def letters(self) -> dict[str, str]:
        """The titles of A and B."""
        return {letter: c.title for c in self.found for letter in c.letters}


def more_methods(*, drawn: bool) -> tuple[str, ...]:
    """Draw the choice of further allocators, or read what the link says where it is not drawn."""
    if not drawn:
        asked = st.query_params.get_all("more")
        return tuple(method for method in MORE if RULES[method] in asked)
    chosen = st.multiselect(
        "More allocators",
        list(MORE),
        format_func=lambda method: RULES[method],
        key="more",
        bind="query-params",
        placeholder="Choose among six more, or all",
        help="They join the table, the weights and every closer look.",
    )
    return tuple(method for method in MORE if method in chosen)


def weighed(book: Book, more: tuple[str, ...], asked: Terms = PLAIN) -> Weighed:
    """Solve the allocators asked for and measure them."""
    methods = (*FIRST, *more)
    found, refused = candidates(book, methods, asked)
    return Weighed(book, methods, found, refused, comparison_table(book, found), asked)


def choice(weighed: Weighed) -> None:
    """Say what the allocators were held to, and offer each as A or B."""
    few = _few_tail(weighed)
    if few:
        notice(few)
    _under(weighed)
    offered = [candidate for candidate in weighed.found if candidate.method]
    for start in range(0, len(offered), CARDS_IN_A_ROW):
        row = offered[start : start + CARDS_IN_A_ROW]
        # Columns stand below one another on a phone, where half its width would be too narrow for a card.
        for column, candidate in zip(st.columns(CARDS_IN_A_ROW, gap="small"), row, strict=False):
            with column:
                _offer(weighed, candidate)
    for refusal in weighed.refused:
        if refusal.conflict:
            continue
        with st.container(border=True, gap="small"):
            st.markdown(f"**{plain(refusal.title)}**", help=about(refusal.code))
            st.caption(plain(f"No weights: {refusal.reason}"))
    without = [refusal.title for refusal in weighed.refused if refusal.conflict]
    if without:
        have = "have" if len(without) > 1 else "has"
        st.caption(
            plain(f"{listed(without)} {have} no weights: no portfolio keeps all constraints, see above.")
        )


def _under(weighed: Weighed) -> None:
    """Say which constraints and estimates are in force, and what to do where no portfolio keeps them."""
    asked = weighed.terms
    parts = []
    if asked.constraints is not None:
        parts.append(unbroken(constraint_words(weighed.book, asked)))
    if asked.mean != "sample":
        parts.append(f"means: {MEANS[asked.mean]}")
    if asked.covariance != "sample":
        parts.append(f"covariance: {COVARIANCE_LABELS[asked.covariance]}")
    if asked.budgets:
        parts.append("typed risk budgets")
    if parts:
        st.caption(plain(f"Under {'; '.join(parts)}, for those that take them."))
    conflict = next((r.conflict for r in weighed.refused if r.conflict), None)
    if conflict is not None and asked.constraints is not None:
        book = weighed.book
        st.warning(plain(unbroken(conflict.sentence)), icon=":material/block:")
        st.button(
            "Use the nearest constraints",
            key="terms_use",
            on_click=use,
            args=(relaxed(book.assets, asked.constraints, conflict), book.scenarios.periods_per_year),
        )


def lines_of(weighed: Weighed) -> str:
    """Return the lines that print the page's numbers: those with an answer, then the closer looks."""
    book, asked = weighed.book, weighed.terms
    refused = {refusal.code for refusal in weighed.refused}
    before = estimate_lines(book, asked)[0]
    before += f"budgets = {dict(asked.budgets)!r}\n" if asked.budgets else ""
    if asked.constraints is not None:
        before += "from riskcore.allocation import Constraints, GroupBound\n"
        before += f"limits = {literal(asked.constraints)}\n"
    given = {
        "mean": ", mean=mean" if asked.mean != "sample" else "",
        "covariance": f", covariance={asked.covariance!r}" if asked.covariance != "sample" else "",
        "budgets": ", budgets=budgets" if asked.budgets else "",
        "constraints": ", constraints=limits" if asked.constraints is not None else "",
    }
    calls = "\n".join(
        f"    allocate({m!r}, scenarios{arguments_of(book, m)}"
        f"{''.join(text for name, text in given.items() if name in ALLOCATORS[m].takes)}),"
        for m in weighed.methods
        if m not in refused
    )
    if asked.shared and SHARED not in refused:
        before += "from riskcore.allocation import measure_parity\n"
        level = f", confidence={book.view.confidence!r}" if MEASURES[asked.shared].uses_confidence else ""
        calls += f"\n    measure_parity(scenarios, {asked.shared!r}{level}{given['budgets']}),"
    first = before + SCRIPT.format(
        calls=calls, confidence=book.view.confidence, risk_free=book.view.risk_free
    )
    return "\n".join([first, *(lines.body for lines in weighed.lines)])


def told(weighed: Weighed) -> None:
    """Say in a sentence what weighting changes."""
    cvars, measure = weighed.cvars, weighed.cvar_words
    low, high = min(cvars, key=cvars.__getitem__), max(cvars, key=cvars.__getitem__)
    least, most = card_percent(cvars[low]), card_percent(cvars[high])
    if least == most:
        said = f"Weighted differently, the same assets have about the same {measure}: {least}."
    else:
        said = f"The same assets, weighted differently: {measure} from {least} ({low}) to {most} ({high})."
    st.header(plain(said), anchor=False)
    st.caption(IN_SAMPLE)


def _few_tail(weighed: Weighed) -> str | None:
    """Return the warning for the portfolio whose CVaR fewest scenarios carry."""
    book = weighed.book
    found = [
        cached.compute(risk, book.scenarios, c.portfolio, measure="cvar", confidence=book.view.confidence)
        for c in weighed.found
    ]
    thin = [r for r in found if r.few_tail_scenarios and r.tail_scenarios is not None]
    return few_tail_note([min(thin, key=lambda r: float(r.tail_scenarios or 0.0))]) if thin else None


def _offer(weighed: Weighed, candidate: Candidate) -> None:
    """Draw the card of one allocator: its CVaR, its largest weight, and its buttons."""
    with st.container(border=True, width="stretch", height="stretch", gap="small"):
        st.markdown(f"**{plain(candidate.title)}**", help=about(candidate.method))
        weights = candidate.portfolio.weights
        most = f"most in {weights.idxmax()}, {card_percent(float(weights.max()))}"
        said = "all the same" if float(weights.max() - weights.min()) < EVEN else most
        level = card_percent(weighed.cvars[candidate.title])
        st.caption(plain(f"{weighed.cvar_words}: {level} · {said}"))
        if candidate.note:
            st.caption(plain(unbroken(candidate.note)))
        with st.container(horizontal=True, gap="small"):
            for letter in ("A", "B"):
                is_now = letter in candidate.letters
                st.button(
                    f"Is {letter}" if is_now else f"Make {letter}",
                    key=f"make_{letter}_{candidate.method}",
                    disabled=is_now,
                    on_click=state.change,
                    kwargs={letter.lower(): candidate.code},
                )


def make_buttons(weights: pd.Series, key: str) -> None:
    """Offer weights that no rule gives as A or B; they stay as they are when the window moves."""
    code = code_of(weights)
    with st.container(horizontal=True, gap="small"):
        for letter in ("A", "B"):
            st.button(
                f"Make {letter}",
                key=f"make_{letter}_{key}",
                help="As typed weights, to six decimals: they do not move with the window.",
                on_click=state.change,
                kwargs={letter.lower(): code},
            )


def _columns(weighed: Weighed) -> dict[str, tuple[str, int]]:
    """Return titles short enough to show all figures at once, and their decimals."""
    shown = (
        ("mean, % a year", 1),
        ("volatility, % a year", 1),
        ("Sharpe", 2),
        (f"{weighed.cvar_words}, %", 2),
        ("worst drawdown, %", 1),
        ("effective bets", 1),
    )
    return dict(zip(weighed.table.columns, shown, strict=True))


def weights_and_figures(weighed: Weighed) -> None:
    """Draw the weights, and the figures of each in a table."""
    weights = pd.DataFrame({c.title: c.portfolio.weights for c in weighed.found})
    now = weighed.letters
    show(
        draw_weights(weights, theme=current_theme(), a=now.get("A"), b=now.get("B")), key="allocation_weights"
    )
    book = weighed.book
    rate = f"{100 * book.view.risk_free:g}\N{NO-BREAK SPACE}%"
    st.markdown(f"**Figures of each, in-sample, {book.horizon_label} returns, risk-free {rate}**")
    figures = figures_table(weighed.table, weighed.refused)
    data_table(figures, key="allocation_shown", columns=_columns(weighed))
    with st.popover("Full digits", type="tertiary", icon=":material/table:"):
        show_table(figures, key="allocation_figures")
    with st.expander("How each was solved"):
        data_table(solution_table(weighed.found), key="solutions")
    explain(
        weighed.book.view,
        "Risk parity asks for weights under which every asset contributes the same amount of risk. It is the "
        "minimum of a convex function, so the answer is unique, and the residual shown proves it.",
        r"\min_{y>0}\;\rho(y)-\sum_i b_i\log y_i,\qquad w=y/\textstyle\sum_i y_i",
    )
