"""The three shocks of the Stress page: an index gap, a rise of yields, correlations that move together."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.linked_table import linked_table, read_linked
from riskcore.dashboard.sentences import amount
from riskcore.dashboard.stress_words import (
    NO_LIMIT,
    both_words,
    portfolio_benchmark_words,
    shorter_words,
    worth,
)
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, guarded, notice, show
from riskcore.errors import NumericalError
from riskcore.figures import draw_index_gap, draw_move_by_asset, draw_stressed_risk
from riskcore.figures.words import card_percent, percent
from riskcore.measures import risk
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.results.shocks import ConditionalGapResult, ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    DURATIONS,
    comonotone,
    conditional_index_gap,
    correlation_shock,
    fitted_returns,
    index_gap,
    rates_shock,
    shock_contributions,
)

__all__ = [
    "USUAL_BETAS",
    "USUAL_CORRELATION",
    "USUAL_GAP",
    "USUAL_RISE",
    "correlations",
    "draw_stressed",
    "durations_of",
    "gap",
    "number_of",
    "rates",
    "stressed_words",
]

# What the sliders start from: a fall in percent, basis points, a correlation.
USUAL_GAP, USUAL_RISE, USUAL_CORRELATION = 15, 100, 1.0
BETAS = {"weekly": "Weekly", "dimson": "Dimson", "daily": "Daily"}
USUAL_BETAS = "weekly"
DAILY = 200
DURATION = "duration, years"
# Assets of the whole world have no market whose close comes early or late.
WORLDWIDE = {"", "Global"}


def number_of(key: str, usual: float, low: float, high: float) -> float:
    """Return a number of the page's own from its widget or the link; the usual one where it is none."""
    try:
        value = float(str(state.recall(key)))
    except ValueError:
        return usual
    return value if low <= value <= high else usual


def gap(frame: Frame) -> None:
    """Carry a fall of the index to the assets: by their betas, and by what they did when it fell."""
    book = frame.book
    index = book.benchmark
    if index is None:
        st.subheader("If an index falls at once", anchor=False)
        st.markdown("This data has no known index: choose one under More → Benchmark.")
        return
    st.subheader(plain(f"If {index} falls at once"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fall = st.slider(
            f"Fall of {plain(index)}, %", 1, 60, USUAL_GAP, key="gap", bind="query-params", width=320
        )
        betas = betas_control(book)
    wide, move = book.with_index, -fall / 100
    a, b = (
        cached.compute(index_gap, wide, h.portfolio.on(wide.assets), index_asset=index, gap=move, betas=betas)
        for h in book.both
    )
    daily = f" {both_words(book, [-a.total_return_daily, -b.total_return_daily])} with daily betas."
    st.markdown(
        plain(
            f"{both_words(book, [a.loss, b.loss])} with betas from {a.weeks:,} {a.basis}."
            + (daily if a.has_daily and betas != "daily" else "")
        )
    )
    with guarded():
        of_a, of_b = (
            cached.compute(_given, wide, h.portfolio.on(wide.assets), index_asset=index, gap=move)
            for h in book.both
        )
        st.markdown(plain(conditional_words(book, of_a, of_b)))
    for letter in [h.letter for h, found in zip(book.both, (a, b), strict=True) if found.loss > 1]:
        notice(f"{letter} loses more than its whole value: {NO_LIMIT}")
    show(draw_index_gap(a, b, theme=current_theme(), worth=worth(book)), key="stress_gap")
    notes = [
        portfolio_benchmark_words(book),
        shorter_words(book, wide, index),
        "A beta is an average over the window: a crisis can be worse.",
    ]
    if a.has_daily and len(set(book.prices.assets.loc[list(wide.assets), "region"]) - WORLDWIDE) > 1:
        notes.insert(
            0,
            "Closes in Asia and Europe come before New York’s, so daily betas miss part of what markets in "
            "different regions share; weekly returns do not.",
        )
    st.caption(plain(" ".join(filter(None, notes))))
    explain(
        frame.view,
        "The asset’s beta says how much of a move of the index it has followed on average. The conditional "
        "expectation reweights the weeks as little as possible until the index is expected to fall as far; "
        "beyond its worst week a fitted multivariate t answers instead.",
        r"\text{loss}=-\sum_i w_i\,\beta_i\,g,\qquad"
        r"\beta_i=\frac{\operatorname{Cov}(r_i,r_{\text{index}})}{\operatorname{Var}(r_{\text{index}})},"
        r"\qquad\text{or}\quad-\sum_i w_i\,E[r_i\mid r_{\text{index}}=g]",
    )


def betas_control(book: Book) -> str:
    """Let the reader choose which betas carry the fall, where the data has days to measure them on."""
    if book.prices.periods_per_year < DAILY:
        return USUAL_BETAS
    chosen = st.segmented_control(
        "Betas",
        list(BETAS),
        format_func=lambda kind: BETAS[kind],
        default=USUAL_BETAS,
        required=True,
        key="betas",
        bind="query-params",
        help="Weekly: separate weeks. Dimson: daily, the day before and after added. Daily: the same day.",
    )
    return chosen if chosen in BETAS else USUAL_BETAS


def _given(
    scenarios: Scenarios, portfolio: Portfolio, *, index_asset: str, gap: float
) -> ConditionalGapResult:
    """Return the conditional expectation, with a fit that is remembered while the slider moves."""
    return conditional_index_gap(
        scenarios,
        portfolio,
        index_asset=index_asset,
        gap=gap,
        fit=lambda history: cached.derived(fitted_returns, history),
    )


def conditional_words(book: Book, a: ConditionalGapResult, b: ConditionalGapResult) -> str:
    """Return what A and B are expected to lose given the fall, and how far that is from what was seen."""
    said = both_words(book, [a.loss, b.loss])
    unit = "week" if a.basis.startswith("weekly") else "period"
    worst = f"{a.index_asset}’s worst {unit} here was {percent(a.range[0])}"
    if a.extrapolated:
        return (
            f"{said} by conditional expectation — extrapolated: {worst}, so a fitted multivariate t "
            f"(ν = {a.nu:.2g}) answers instead of the data."
        )
    few = "" if a.effective_scenarios >= 20 else f", which only {a.effective_scenarios:.1f} of them carry"
    return f"{said} by conditional expectation: what happened in {unit}s like it{few}; {worst}."


def rates(frame: Frame) -> None:
    """Move all yields at once: what has a duration moves against them."""
    book = frame.book
    st.subheader("If yields move at once", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rise = st.slider(
            "Rise of yields, basis points",
            -300,
            500,
            USUAL_RISE,
            25,
            key="rise",
            bind="query-params",
            width=320,
        )
        with st.popover("Durations", icon=":material/edit:"):
            st.caption(
                "Modified durations in years: the percentage lost for one percentage point more. Bonds start "
                "at 6, as for a broad bond index; assets at 0 do not move. Usual values: "
                + ", ".join(f"{kind} {years:g}" for kind, years in DURATIONS.items())
                + "."
            )
            typed = linked_table("dur", usual_durations(book), ranges={DURATION: (-5.0, 50.0)})
    years = {str(a): float(v) for a, v in typed[DURATION].fillna(0.0).items() if v}
    if not years:
        st.markdown("None of these assets is known to be a bond: type their durations to see what they lose.")
        return
    key = tuple(years.items())
    a, b = (
        cached.compute(_rates_table, book.scenarios, h.portfolio, rise=rise, durations=key) for h in book.both
    )
    st.markdown(plain(f"{both_words(book, [-float(t['contribution'].sum()) for t in (a, b)])}."))
    show(
        draw_move_by_asset(
            a,
            b,
            what=f"Yields {rise:+,} basis points".replace("-", "−"),
            definition="Weight × minus the duration × the rise of yields, for the bonds alone.",
            theme=current_theme(),
            worth=worth(book),
        ),
        key="stress_rates",
    )
    st.caption(
        plain(
            f"Durations: {', '.join(f'{name} {value:g}' for name, value in years.items())} years. A parallel "
            "move of the whole curve; no convexity, which overstates the loss of a large rise; shares and "
            "gold are left where they are."
        )
    )
    explain(
        frame.view,
        "A bond loses about its duration in percent for each percentage point more of yield.",
        r"\text{loss}=\sum_i w_i\,D_i\,\Delta y",
    )


def usual_durations(book: Book) -> pd.DataFrame:
    """Return the duration each asset starts with.

    Its own where the asset table has it, else that of a broad bond index for bonds, 0 for the rest.
    """
    known = book.prices.durations
    bonds = book.prices.assets.loc[list(book.assets), "asset_class"] == "Bonds"
    usual = np.where(bonds, DURATIONS["broad bonds"], 0.0)
    years = [known.get(asset, float(years)) for asset, years in zip(book.assets, usual, strict=True)]
    return pd.DataFrame({DURATION: years}, index=pd.Index(book.assets, name="asset"))


def durations_of(book: Book) -> dict[str, float]:
    """Return the durations the reader has typed, or the usual ones, of what moves with yields."""
    usual = usual_durations(book)
    table, _ = read_linked(str(st.query_params.get("dur", "")), usual, {DURATION: (-5.0, 50.0)})
    return {str(a): float(v) for a, v in table[DURATION].fillna(0.0).items() if v}


def _rates_table(
    scenarios: Scenarios, portfolio: Portfolio, *, rise: float, durations: tuple[tuple[str, float], ...]
) -> pd.DataFrame:
    return shock_contributions(rates_shock(scenarios, rise, durations=dict(durations)), portfolio)


def correlations(frame: Frame) -> None:
    """Move all correlations to one number, and show what the tail becomes."""
    book = frame.book
    st.subheader("If everything moves together", anchor=False)
    if len(book.assets) < 2:
        st.markdown("One asset has no correlation to move.")
        return
    lowest = -np.floor(20 / (len(book.assets) - 1)) / 20
    rho = st.slider(
        "All correlations →",
        float(lowest),
        1.0,
        USUAL_CORRELATION,
        0.05,
        key="rho",
        bind="query-params",
        width=320,
    )
    found = cached.derived(_correlated, book.scenarios, rho=rho)
    name = f"correlations → {rho:g}"
    together = ""
    if rho == 1.0 and all((h.portfolio.weights >= 0.0).all() for h in book.both):
        worst = [
            cached.compute(_comonotone_risk, book.scenarios, h.portfolio, confidence=book.view.confidence)
            for h in book.both
        ]
        together = (
            " Were every asset to have its own worst days on the same days, it would be "
            f"{card_percent(worst[0])} for A and {card_percent(worst[1])} for B."
        )
    draw_stressed(frame, found.scenarios, name, key="stress_correlations", after=together)
    for note in found.notes:
        st.caption(plain(note))
    explain(
        frame.view,
        "The scenarios are mapped linearly to the new correlations; every asset keeps its mean and its "
        "volatility. At 1 the volatility of a portfolio is the weighted sum of the volatilities.",
        r"\tilde R=\mu+(R-\mu)\,\Sigma^{-1/2}\,\Sigma_*^{1/2},\qquad"
        r"\sigma_p=\Big|\sum_i w_i\sigma_i\Big|\text{ at }\rho=1",
    )


def _correlated(scenarios: Scenarios, *, rho: float) -> ShockResult:
    return correlation_shock(scenarios, rho)


def _comonotone_risk(scenarios: Scenarios, portfolio: Portfolio, *, confidence: float) -> float:
    return risk_contributions(comonotone(scenarios).scenarios, portfolio, "cvar", confidence=confidence).total


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
