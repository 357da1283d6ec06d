"""The controls of the frame: portfolios, confidence, horizon, and what is folded under More."""

from datetime import date

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskcore.dashboard import cached, scenario_set, state
from riskcore.dashboard.basket import AFTER
from riskcore.dashboard.book import Book
from riskcore.dashboard.horizons import horizons_of
from riskcore.dashboard.money import bases_of, why_no_base
from riskcore.dashboard.portfolio_codes import assets_of, saved_codes
from riskcore.dashboard.portfolio_titles import RULES, benchmark_title, portfolio_title, presets_of
from riskcore.dashboard.view import CODED, CURRENCIES, HORIZONS, LOWEST_VALUE, MEASURES, View

__all__ = [
    "benchmark_control",
    "benchmark_options",
    "draw_controls",
    "measure_control",
    "portfolio_options",
]

# Pages that draw the choice of the measure themselves, in the open.
MEASURE_ON_PAGE = frozenset({"contributions", "factors"})
# Pages that draw the choice of the benchmark themselves.
BENCHMARK_ON_PAGE = frozenset({"benchmark"})
Window = tuple[date | None, date | None]


def portfolio_options(book: Book) -> list[str]:
    """Return the codes that A and B can be: rules, presets, and typed portfolios these assets can hold."""
    own = _own_portfolios(frozenset(book.assets))
    return [*RULES, *presets_of(book.prices, book.assets), *own]


def _own_portfolios(assets: frozenset[str]) -> list[str]:
    """Return the codes of the portfolios typed in this session and of those saved that hold nothing else."""
    codes = dict.fromkeys([*state.typed_portfolios(), *saved_codes()])
    held = {code: assets_of(code) for code in codes}
    return [code for code, needed in held.items() if needed is not None and needed <= assets]


def draw_controls(page: str, place: DeltaGenerator, view: View, book: Book, uses: frozenset[str]) -> View:
    """Draw the strip and return the view the widgets say."""
    with place, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        options = portfolio_options(book)
        for letter in ("a", "b"):
            st.selectbox(
                letter.upper(),
                [*options, AFTER] if letter == "b" and AFTER in (view.b, view.basket and AFTER) else options,
                format_func=lambda code: portfolio_title(code, book.prices),
                key=state.seed(letter, getattr(view, letter)),
                on_change=state.touched,
                width=150,
                disabled=letter not in uses,
            )
            if letter == "a":
                st.button(
                    "Swap",
                    on_click=_swap,
                    type="tertiary",
                    key="swap",
                    disabled=not {"a", "b"} <= uses,
                )
        st.slider(
            "Confidence, %",
            90.0,
            99.9,
            step=0.1,
            format="%.1f",
            key=state.seed("confidence", round(100 * view.confidence, 1)),
            on_change=state.touched,
            width=165,
            disabled="confidence" not in uses,
            help=_why("VaR and CVaR look at the worst part beyond this level", "confidence" in uses),
        )
        st.segmented_control(
            "Horizon",
            list(horizons_of(book.prices)),
            format_func=_short_horizon,
            key=state.seed("horizon", book.horizon),
            on_change=state.touched,
            required=True,
            disabled="horizon" not in uses,
            help=_why("Returns are compounded over this many trading days", "horizon" in uses),
        )
        with st.popover("More", icon=":material/tune:"):
            start, end = _draw_more(page, view, book, uses)
    return view.but(
        a=state.choose("a", view.a),
        b=state.choose("b", view.b),
        confidence=round(float(str(state.choose("confidence", 95.0))) / 100, 3),
        horizon=_chosen_horizon(view, book),
        measure=state.choose("measure", view.measure),
        bench=_unless_default(state.choose("bench", book.benchmark_code), book.prices.default_index),
        risk_free=round(float(str(state.choose("risk_free", 0.0))) / 100, 6),
        scenario_set=str(state.choose("scenario_set", view.scenario_set)),
        value=state.choose("value", None),
        currency=state.choose("currency", view.currency),
        base=str(state.choose("base", view.base)),
        explain=bool(state.choose("explain", view.explain)),
        start=start,
        end=end,
    )


def _short_horizon(horizon: str) -> str:
    count, unit = HORIZONS[horizon].split()
    return f"{count} {unit[0]}"


def _unless_default(value: object, default: str | None) -> str:
    return "" if value in (None, default) else str(value)


def _chosen_horizon(view: View, book: Book) -> str:
    # The shortest horizon of the data is nobody's choice: it is not carried over to other data.
    chosen = str(state.choose("horizon", book.horizon))
    return View.horizon if chosen == next(iter(horizons_of(book.prices))) else chosen


def measure_control(view: View, *, used: bool = True) -> None:
    """Draw the choice of the risk measure: under More, or in a page that is about it."""
    st.segmented_control(
        "Risk measure",
        list(MEASURES),
        format_func=lambda m: MEASURES[m],
        key=state.seed("measure", view.measure),
        on_change=state.touched,
        required=True,
        disabled=not used,
        help=_why("Risk parity is solved for it; shares of risk are shown in it", used),
    )


def benchmark_options(book: Book) -> list[str]:
    """Return what the benchmark can be: any asset of the data, then the portfolios A and B can be."""
    known = list(book.prices.prices.columns)
    presets = presets_of(book.prices, tuple(known))
    own = _own_portfolios(frozenset(known))
    chosen = [book.view.bench] if book.view.bench else []
    assets = [asset for asset in known if not asset.startswith(CODED)]
    return list(dict.fromkeys([*assets, *presets, *portfolio_options(book), *own, *chosen]))


def benchmark_control(book: Book, *, used: bool = True) -> None:
    """Draw the choice of the benchmark: under More, or in a page that is about it."""
    st.selectbox(
        "Benchmark",
        benchmark_options(book),
        index=None if book.benchmark_code is None else 0,
        format_func=lambda code: benchmark_title(code, book.prices),
        placeholder="none known",
        key=_seed_optional("bench", book.benchmark_code),
        on_change=state.touched,
        width=340,
        disabled=not used,
        help=_why(
            "What A and B are measured against: an asset or a portfolio. Betas are to the asset, or to the "
            "data set’s own index where it is a portfolio",
            used,
        ),
    )


def _draw_more(page: str, view: View, book: Book, uses: frozenset[str]) -> Window:
    if page not in MEASURE_ON_PAGE:
        measure_control(view, used="measure" in uses)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Portfolio value",
            min_value=LOWEST_VALUE,
            max_value=1e15,
            value=None,
            key=_seed_optional("value", view.value),
            on_change=state.touched,
            placeholder="none" if book.money.value is None else f"{book.money.value:,.0f}",
            width=180,
            disabled="value" not in uses,
            help=_why("Shows losses in money as well; shares bring their own value", "value" in uses),
        )
        st.selectbox(
            "Currency",
            CURRENCIES,
            key=state.seed("currency", view.currency),
            on_change=state.touched,
            width=100,
            disabled="value" not in uses or view.value is None,
            help=_why(
                "In which the value is given; with a base currency all money figures are converted to that, "
                "and without one no return is converted",
                "value" in uses,
            ),
        )
    _draw_base(view, book)
    start, end = _draw_window(view, book, "window" in uses)
    known = ("", *scenario_set.OFFERED)
    st.selectbox(
        "Scenario set",
        known if view.scenario_set in known else (*known, view.scenario_set),
        format_func=scenario_set.set_title,
        key=state.seed("scenario_set", view.scenario_set),
        on_change=state.touched,
        help="What every page computes on: history, or history reweighted, stressed or simulated. Views are "
        "made on the Stress page.",
    )
    if page not in BENCHMARK_ON_PAGE:
        benchmark_control(book, used="bench" in uses)
    st.number_input(
        "Risk-free rate, % per year",
        min_value=-20.0,
        max_value=50.0,
        step=0.25,
        key=state.seed("risk_free", round(100 * view.risk_free, 4)),
        on_change=state.touched,
        disabled="risk_free" not in uses,
        help=_why("Subtracted from returns in Sharpe ratios", "risk_free" in uses),
    )
    return start, end


def _draw_base(view: View, book: Book) -> None:
    offered = bases_of(book.local, book.assets)
    st.selectbox(
        "Base currency",
        ["", *offered, *({view.base} - {"", *offered})],
        format_func=lambda code: code or "Local returns, not converted",
        key=state.seed("base", view.base),
        on_change=_follow_base,
        disabled=not (offered or view.base),
        help="Prices are converted at the reference rates of the European Central Bank, or at Yahoo’s where "
        "the data brings them, each as known on its day; local returns are as if every currency were hedged "
        "at no cost."
        if offered
        else f"{why_no_base(book.local, book.assets)}, so returns stay as they are.",
    )


def _follow_base() -> None:
    """Let the currency of a value that is yet to be typed follow the base currency."""
    state.touched()
    base = str(state.choose("base", ""))
    if state.choose("value", None) is None:
        state.store(state.key_of("currency"), base if base in CURRENCIES else View.currency)


def _seed_optional(name: str, value: object) -> str:
    # A number box that may be empty must not be seeded with None, or a typed value would be lost.
    return state.seed(name, value) if value is not None else state.key_of(name)


def _draw_window(view: View, book: Book, used: bool) -> Window:
    windows = _windows(book)
    current = next((name for name, span in windows.items() if span == (view.start, view.end)), "Custom")
    key = state.seed("window", current)
    chosen = st.selectbox(
        "Sample window",
        [*windows, "Custom"],
        key=key,
        on_change=state.touched,
        disabled=not used,
        help=_why("The days every estimate is made from", used),
    )
    if chosen != "Custom":
        return windows.get(str(chosen), (None, None))
    first, last = book.first.date(), book.last.date()
    with st.container(horizontal=True):
        for name, label, value in (
            ("start", "From", view.start or first),
            ("end", "To", view.end or last),
        ):
            st.date_input(
                label,
                key=state.seed(name, min(max(value, first), last)),
                min_value=first,
                max_value=last,
                on_change=state.touched,
                format="YYYY-MM-DD",
                width=140,
                disabled=not used,
            )
    start, end = state.choose("start", first), state.choose("end", last)
    if not isinstance(start, date) or not isinstance(end, date) or start >= end:
        st.warning("“From” must be before “To”: all the data is shown until it is.")
        return None, None
    return start, end


def _windows(book: Book) -> dict[str, Window]:
    first, last = book.first, book.last
    windows: dict[str, Window] = {"All data": (None, None)}
    for years in (10, 5, 3, 1):
        start = last - pd.DateOffset(years=years)
        if start > first:
            windows[f"Last {years} years" if years > 1 else "Last year"] = (start.date(), None)
    for crisis in cached.crises():
        if crisis.start >= first and crisis.end <= last:
            windows[crisis.event] = (crisis.start.date(), crisis.end.date())
    return windows


def _why(help_text: str, used: bool) -> str:
    return help_text + "." if used else f"{help_text}. This page does not depend on it."


def _swap() -> None:
    a = state.choose("a", View.a)
    b = state.choose("b", View.b)
    state.change(a=b, b=a)
