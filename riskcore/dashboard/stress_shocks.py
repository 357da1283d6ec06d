"""Two shocks of the Stress page: a rise of yields, and correlations that move together."""

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached, state
from riskcore.dashboard.book import Book
from riskcore.dashboard.frame import Frame
from riskcore.dashboard.linked_table import linked_table, read_linked
from riskcore.dashboard.stress_risk import draw_stressed
from riskcore.dashboard.stress_words import both_words, worth
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, show
from riskcore.figures import draw_move_by_asset
from riskcore.figures.words import card_percent
from riskcore.portfolio import Portfolio
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress import DURATIONS, comonotone, correlation_shock, rates_shock, shock_contributions

__all__ = [
    "DURATION",
    "USUAL_CORRELATION",
    "USUAL_RISE",
    "correlations",
    "durations_of",
    "number_of",
    "rates",
    "usual_durations",
]

# What the sliders start from: basis points, a correlation.
USUAL_RISE, USUAL_CORRELATION = 100, 1.0
DURATION = "duration, years"


def number_of(key: str, usual: float, low: float, high: float) -> float:
    """Return a number of the page's own from its widget or the link; the usual one where it is none."""
    try:
        value = float(str(state.recall(key)))
    except ValueError:
        return usual
    return value if low <= value <= high else usual


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
