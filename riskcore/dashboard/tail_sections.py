"""Further views of the Tail page, one at a time: models, QQ plot, drawdowns, statistics.

Rolling VaR, which takes seconds, has a module of its own.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.intervals import SEED, interval_words, resampled
from riskcore.dashboard.tail_rolling import rolling, rolling_script
from riskcore.dashboard.tail_words import (
    deepest_words,
    doubts,
    explained_models,
    missing_reasons,
    models_table,
    single_period_note,
    statistics_rows,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, data_table, explain, guarded, notice, show, show_table
from riskcore.figures import draw_drawdowns, draw_qq, draw_tail_models, draw_thresholds
from riskcore.figures.words import dated, number, percent
from riskcore.portfolio import Portfolio
from riskcore.results.statistics import StatisticsResult
from riskcore.results.tail_models import TailModelsResult
from riskcore.scenarios import Scenarios
from riskcore.statistics import describe, drawdown_path
from riskcore.tail_models import quantile_table, table_of_models, threshold_table

__all__ = ["chosen_view", "draw_view", "view_imports", "view_script", "which_view"]

KEY = "view"
FIGURES: tuple[Literal["cvar", "var"], ...] = ("cvar", "var")
TITLES = {"cvar": "CVaR", "var": "VaR"}
HIDDEN = {"portfolio", "basis", "reasons"}
VIEWS = {
    "models": "Models",
    "qq": "QQ plot",
    "rolling": "Rolling VaR",
    "drawdowns": "Drawdowns",
    "statistics": "Statistics",
}
SCRIPTS = {
    "models": """
for portfolio in (a, b):
    rng = np.random.default_rng({seed})
    models = table_of_models(scenarios, portfolio, confidence={confidence!r}, rng=rng)
    print(portfolio.name, "mean block", models.block_length)
    print(models.table.drop(columns="note").to_string(float_format="%.10f"))
    print(threshold_table(scenarios, portfolio, confidence={confidence!r}).to_string())
""",
    "qq": """
for portfolio in (a, b):
    print(portfolio.name, quantile_table(scenarios, portfolio).tail().to_string(float_format="%.10f"))
""",
    "drawdowns": """
for portfolio in (a, b):
    found = describe(history, portfolio)
    print(portfolio.name, "drawdown", found.max_drawdown, found.peak, found.trough, found.recovery)
    print(found.longest_under_water, found.average_drawdown, found.ulcer_index)
""",
    "statistics": """
for portfolio in (a, b):
    for name, value in vars(describe(history, portfolio, risk_free={risk_free!r})).items():
        print(portfolio.name, name, value)
""",
}
IMPORTS = {
    "models": "from riskcore.tail_models import table_of_models, threshold_table",
    "qq": "from riskcore.tail_models import quantile_table",
    "rolling": "from riskcore.validation import backtest_var",
    "drawdowns": "from riskcore.statistics import describe",
    "statistics": "from riskcore.statistics import describe",
}


def chosen_view() -> str | None:
    """Return the view the reader has open, before its control is drawn."""
    found = state.recall(KEY)
    return found if found in VIEWS else None


def which_view() -> str | None:
    """Draw the choice of one further view, or none, and return it."""
    st.subheader("More about the tail", anchor=False)
    chosen = st.segmented_control(
        "More about the tail",
        list(VIEWS),
        format_func=lambda view: VIEWS[view],
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen is None:
        st.caption(
            "Models, QQ plot, rolling forecasts, drawdowns, statistics: nothing is computed until chosen."
        )
    return chosen


def draw_view(frame: Frame, chosen: str | None) -> None:
    """Draw the view chosen."""
    views: dict[str, Callable[[Frame], None]] = {
        "models": models,
        "qq": qq,
        "rolling": rolling,
        "drawdowns": drawdowns,
        "statistics": statistics,
    }
    if chosen is not None:
        views[chosen](frame)


def view_script(frame: Frame, chosen: str | None) -> str:
    """Return the lines that print the numbers of the view chosen."""
    if chosen is None:
        return ""
    if chosen == "rolling":
        return rolling_script(frame)
    if chosen == "models" and not resampled(frame.book):
        return ""
    view = frame.view
    return SCRIPTS[chosen].format(confidence=view.confidence, seed=SEED, risk_free=view.risk_free)


def view_imports(chosen: str | None) -> str:
    """Return the imports of those lines."""
    return IMPORTS[chosen] if chosen is not None else ""


def models(frame: Frame) -> None:
    """Draw VaR and CVaR of A and B under every model, with intervals and doubts."""
    book = frame.book
    if not resampled(book):
        notice(
            "The models stand here with intervals, which are drawn from days in order and of equal "
            "probability; the active scenarios are not. Go back to history to see them."
        )
        return
    a, b = (_models_of(book, h) for h in book.both)
    measure = st.segmented_control(
        "Figure",
        list(FIGURES),
        format_func=lambda figure: TITLES[figure],
        default=FIGURES[0],
        required=True,
        key="tail_model_figure",
        label_visibility="collapsed",
    )
    show(
        draw_tail_models(a, b, theme=current_theme(), measure=measure, horizon_label=book.horizon_label),
        key="tail_models",
    )
    data_table(models_table((a, b)), key="tail_models_read")
    for doubt in doubts((a, b)):
        st.markdown("- " + plain(doubt))
    _how_made(a, b)
    explain(frame.view, *explained_models(a))
    with st.expander("Extreme value: where does the tail begin?"), guarded():
        thresholds = [
            cached.compute(threshold_table, book.scenarios, h.portfolio, confidence=frame.view.confidence)
            for h in book.both
        ]
        show(draw_thresholds(*thresholds, theme=current_theme()), key="tail_thresholds")
        st.caption(
            plain(
                "The table of models starts the tail at the 90 % quantile. Read the points from left to "
                "right: later ones use fewer losses, so their bars are longer; overlapping bars agree."
            )
        )


def _models_of(book: Book, holding: Holding) -> TailModelsResult:
    return cached.compute(
        _resampled_models,
        book.scenarios,
        holding.portfolio,
        confidence=book.view.confidence,
        seed=SEED,
    )


def _resampled_models(
    scenarios: Scenarios, portfolio: Portfolio, *, confidence: float, seed: int
) -> TailModelsResult:
    return table_of_models(scenarios, portfolio, confidence=confidence, rng=np.random.default_rng(seed))


def _how_made(a: TailModelsResult, b: TailModelsResult) -> None:
    """Say how the intervals were made, and what speaks against them."""
    st.caption(plain(interval_words(a, b)))
    filtered = next((r.models["ewma_filtered"].label for r in (a, b) if "ewma_filtered" in r.models), None)
    if filtered is not None:
        st.caption(f"{filtered}: its interval is given today’s volatility, so it looks narrower than it is.")
    for warning in dict.fromkeys(r.warning for r in (a, b) if r.warning):
        st.caption(plain(warning))


def qq(frame: Frame) -> None:
    """Draw the losses of A, or of B, against Gaussian and Student-t quantiles."""
    book = frame.book
    holding, weighted = _one_of(book, "tail_qq_portfolio"), book.scenarios.weighted
    table = cached.compute(quantile_table, book.scenarios, holding.portfolio)
    worst = table.iloc[-1]
    nu = float(table.attrs["nu"])
    thin = percent(float(worst["gaussian"]), 2), percent(float(worst["student_t"]), 2)
    st.markdown(
        plain(
            f"Of {len(table):,} returns {holding.letter}’s worst was a loss of "
            f"{percent(float(worst['loss']), 2)} ({dated(table.index[-1])}). Normally distributed losses "
            f"would have reached {thin[0]} at that rank, those of a Student-t (ν = {number(nu, 1)}) "
            f"{thin[1]}."
        )
    )
    show(
        draw_qq(
            table,
            theme=current_theme(),
            name=holding.letter,
            which=int(holding.letter == "B"),
            horizon_label=book.horizon_label,
        ),
        key="tail_qq",
    )
    if book.periods > 1:
        st.caption(
            f"{book.horizon_label} returns overlap: neighbouring dots share days, and fewer are independent."
        )
    explain(
        frame.view,
        "The k-th smallest of S losses is set against the quantile at "
        f"{'half its own probability above that of all smaller ones' if weighted else '(k − ½)/S'}. The "
        f"smaller ν, the heavier the tail: a Student-t with ν = {number(nu, 1)} has moments below order "
        f"{number(nu, 1)} only; a Gaussian is the limit of large ν.",
        (r"u_k=\sum_{j<k}p_j+\tfrac12p_k" if weighted else rf"u_k=\frac{{k-\frac12}}{{{len(table)}}}")
        + rf",\qquad x_k=\hat\mu+\hat s\;t^{{-1}}_{{{nu:.2f}}}(u_k)",
    )


def drawdowns(frame: Frame) -> None:
    """Draw how far A and B stood below their last peak, with the deepest fall in words."""
    book = frame.book
    _single_periods(book, "Drawdowns follow the value period by period")
    paths, facts = [], []
    for holding in book.both:
        paths.append(cached.compute(drawdown_path, book.base, holding.portfolio))
        facts.append(cached.compute(describe, book.base, holding.portfolio))
    for found in facts:
        st.markdown(plain(deepest_words(found)))
    show(draw_drawdowns(*paths, theme=current_theme()), key="tail_drawdowns")
    st.caption(
        "Weights are set back to their targets every period here; the Stress page’s replays are "
        "buy-and-hold, so falls in the same crisis differ."
    )
    _reading_table(facts, part="drawdowns")
    explain(
        frame.view,
        "A drawdown is the loss since the highest value so far. "
        + " ".join(deepest_words(found) for found in facts),
        r"D_t=1-\frac{W_t}{\max(1,W_1,\dots,W_t)},\qquad W_t=\prod_{s\le t}(1+r_s)",
    )


def statistics(frame: Frame) -> None:
    """List what describes the returns of A and B; what is not defined says why."""
    book, rate = frame.book, frame.view.risk_free
    _single_periods(book, "Statistics describe single periods")
    facts = [cached.compute(describe, book.base, h.portfolio, risk_free=rate) for h in book.both]
    _reading_table(facts)
    st.caption(plain(facts[0].basis))
    a = facts[0]
    sharpe = rf"=\frac{{{a.mean:.4f}-{rate:g}}}{{{a.volatility:.4f}}}={a.sharpe:.3f}" if a.sharpe else ""
    explain(
        frame.view,
        f"A’s mean return is {percent(a.mean)} per year for {percent(a.volatility)} of volatility. Sharpe "
        "divides what is earned above the risk-free rate by volatility, Sortino by the deviation below that "
        "rate only, Calmar divides compounded growth by the worst drawdown.",
        r"\text{Sharpe}_A=\frac{k\,m-f}{\sqrt k\,\sigma}" + sharpe,
    )


def _reading_table(facts: list[StatisticsResult], *, part: str = "all") -> None:
    """Show a table to read, the reasons for what is missing, and the full digits one click away."""
    st.table(statistics_rows(facts, part=part), border="horizontal")
    for reason in missing_reasons(facts, part=part):
        st.caption(plain(reason))
    exact = {f.portfolio: {k: str(v) for k, v in vars(f).items() if k not in HIDDEN} for f in facts}
    with st.popover("Full digits", type="tertiary", icon=":material/table:", key="tail_digits_open"):
        show_table(pd.DataFrame(exact).rename_axis("figure"), key="tail_digits")


def _one_of(book: Book, key: str) -> Holding:
    """Draw the choice between A and B, and return the portfolio chosen."""
    letter = st.segmented_control(
        "Portfolio", ["A", "B"], default="A", required=True, key=key, label_visibility="collapsed"
    )
    return book.a if letter == "A" else book.b


def _single_periods(book: Book, why: str) -> None:
    if book.periods > 1:
        notice(f"{why}: {single_period_note(book)}")
