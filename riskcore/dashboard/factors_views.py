"""Closer looks of the Factors page: exposures by asset, statistical factors, factor shocks, currencies."""

import math

import pandas as pd
import streamlit as st

from riskcore.dashboard import state
from riskcore.dashboard.factors_currencies import currencies
from riskcore.dashboard.factors_model import MOST_FACTORS, Model, build, default_factors, foreign
from riskcore.dashboard.frame import PAGES
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import amount, in_text
from riskcore.dashboard.stress_shocks import number_of
from riskcore.dashboard.text import plain
from riskcore.dashboard.view import query_of
from riskcore.dashboard.widgets import current_theme, explain, notice, show, show_table
from riskcore.errors import listed
from riskcore.factors import factor_shock
from riskcore.factors.shocks import Others
from riskcore.figures.factors import draw_factor_shock
from riskcore.figures.factors_model import draw_exposure_map, draw_spectrum
from riskcore.figures.words import number, percent
from riskcore.results.factors import ExposureResult, FactorShockResult

__all__ = ["VIEWS", "moves_control", "offered", "shock_words"]

NARROWEST, WIDEST, USUAL_FALL = 10, 60, -10
OTHERS = {"still": "Others stand still", "follow": "Others follow"}


def by_asset(model: Model) -> Lines:
    """Draw the exposures of every asset and list what is specific to each."""
    fit = model.fit
    show(draw_exposure_map(fit, theme=current_theme(), basis=model.rows_words), key="factors_map")
    flat = [a for a in fit.assets if pd.isna(fit.r_squared[a])]
    if flat:
        st.caption(plain(f"{listed(flat)} never moves in this window: no exposure and no R²."))
    found = [model.contributions(holding) for holding in model.book.both]
    table = pd.DataFrame(
        {f"specific part of {one.portfolio}, % of value": 100.0 * one.specific for one in found}
    )
    show_table(
        table,
        key="factors_specific",
        caption=f"What each asset adds to the {model.book.horizon_label} {in_text(found[0].label)} beyond "
        "the factors; the parts add up to “specific to assets” above.",
    )
    place = next((i for i, a in enumerate(fit.assets) if a not in fit.made_of_factors), 0)
    asset, factor = fit.assets[place], fit.factors[0]
    explain(
        model.book.view,
        "Each row is one regression. The t-statistic in the table is exposure over standard error: beyond "
        f"about 2 it is unlikely to be chance. {asset} and {factor} are written out below.",
        r"r_i=\alpha_i+\sum_k B_{ik}f_k+\varepsilon_i,\qquad B_{i1}="
        rf"{fit.exposures.to_numpy()[place, 0]:.4f},\quad\text{{s.e.}}="
        rf"{fit.standard_errors.to_numpy()[place, 0]:.4f}",
    )
    return Lines("print(model.standard_errors.to_string(float_format='%.10f'))\nprint(model.r_squared)")


def statistical(model: Model) -> Lines:
    """Draw the principal components of the assets with the noise line."""
    found = model.spectrum
    first = float(found.explained.iloc[0])
    above = f"{found.signal} of {len(found.eigenvalues)} lie above the noise line"
    st.markdown(
        plain(
            f"The first principal component carries {percent(first, 0)} of the total variance of the assets, "
            f"each scaled to the same variance; {above}, from {found.rows:,.0f} independent "
            f"{model.rows_words}."
        )
    )
    show(draw_spectrum(found, theme=current_theme()), key="factors_spectrum")
    kept = found.weights.iloc[:, : max(1, min(found.signal, MOST_FACTORS))]
    show_table(
        100.0 * kept.rename(columns=lambda c: f"{c}, %"),
        key="factors_weights",
        caption="The portfolios behind the statistical factors: weights whose sizes add up to 100 %. Signs "
        "and names are ours; a component has no meaning beyond the weights it shows.",
    )
    st.caption(
        "The line assumes thin tails, independent rows and unrelated assets: one component just above it "
        "proves little."
    )
    explain(
        model.book.view,
        "Standardise every asset, take the correlation matrix apart, and compare each eigenvalue with the "
        "largest one that unrelated assets would show by chance.",
        r"\lambda_+=\Big(1+\sqrt{n/S}\Big)^2"
        rf"=\Big(1+\sqrt{{{len(found.eigenvalues)}/{found.rows:.0f}}}\Big)^2={found.edge or 0.0:.4f}",
    )
    return Lines(
        "spectrum = principal_components(own)\nprint(spectrum.eigenvalues, spectrum.edge)",
        "from riskcore.factors import principal_components",
    )


def moves_control(fit: ExposureResult) -> tuple[dict[str, float], Others]:
    """Draw a slider for every factor, and return the moves typed and what the others do."""
    keys = {f"f{place}": factor for place, factor in enumerate(fit.factors, start=1)}
    usual = {key: USUAL_FALL if key == "f1" else 0 for key in keys}
    widest = {key: _widest(fit, factor) for key, factor in keys.items()}
    if not state.presenting():
        with st.container(horizontal=True):
            for key, factor in keys.items():
                st.slider(
                    f"{plain(factor)} moves, %",
                    -widest[key],
                    widest[key],
                    usual[key],
                    key=key,
                    bind="query-params",
                    width=220,
                )
        st.segmented_control(
            "Factors at 0",
            list(OTHERS),
            format_func=lambda option: OTHERS[option],
            default="still",
            required=True,
            key="others",
            bind="query-params",
            help="Follow: a factor left at 0 moves as it does on average with those that move.",
        )
    moves = {
        factor: move / 100.0
        for key, factor in keys.items()
        if (move := number_of(key, usual[key], -widest[key], widest[key]))
    }
    others: Others = "follow" if state.recall("others") in ("follow", OTHERS["follow"]) else "still"
    return moves, others


def _widest(fit: ExposureResult, factor: str) -> int:
    """Return how far a slider goes, in percent: four times the volatility per year, within bounds."""
    place = fit.factors.index(factor)
    variance = float(fit.factor_covariance.to_numpy()[place, place])
    yearly = math.sqrt(variance * fit.periods_per_year)
    return max(NARROWEST, min(WIDEST, 5 * math.ceil(20.0 * 4.0 * yearly)))


def shock(model: Model) -> Lines:
    """Let the reader move factors, and draw what A and B lose by factor."""
    fit = model.fit
    moves, others = moves_control(fit)
    if not moves:
        st.caption("No factor moves: move a slider.")
        return Lines("")
    found = [
        factor_shock(fit, holding.portfolio.on(fit.assets), moves, others=others)
        for holding in model.book.both
    ]
    st.markdown(plain(shock_words(model, found)))
    if gone := found[0].below_total_loss:
        notice(f"{listed(gone)} would lose more than everything: exposures do not reach that far.")
    show(draw_factor_shock(found, theme=current_theme()), key="factors_shock")
    _link_to_stress(model)
    explain(
        model.book.view,
        "Every asset moves by its exposures times the factors’ moves; what is specific to it stands still. "
        "Exposures are averages over the window, and a crisis can raise them.",
        r"r=\sum_k x_k m_k="
        + "+".join(
            rf"{row['exposure']:.3f}\times({100 * row['move']:.1f}\,\%)"
            for _, row in found[0].by_factor.iterrows()
            if row["move"]
        )
        + rf"={100 * found[0].total_return:.3f}\,\%",
    )
    return Lines(
        "for portfolio in (a, b):\n"
        f"    hit = factor_shock(model, portfolio, {moves!r}, others={others!r})\n"
        "    print(f'{hit.loss:.10f}', hit.by_factor.to_string(float_format='%.10f'))",
        "from riskcore.factors import factor_shock",
    )


def _link_to_stress(model: Model) -> None:
    """Offer the same shock on the Stress page, with the risk after it, where the model is that page's."""
    book, choices = model.book, model.choices
    if choices != build(book, default_factors(book.prices, book.assets)).choices or state.presenting():
        return
    typed = {f"f{place}": st.query_params.get(f"f{place}") for place in range(1, len(choices.factors) + 1)}
    own = {"stress": "factors", **typed, "others": st.query_params.get("others")}
    st.page_link(
        PAGES["stress"].file,
        label="The same shock on the Stress page, with the risk after it",
        icon=PAGES["stress"].icon,
        query_params={**query_of(book.asked), **{key: value for key, value in own.items() if value}},
    )


def shock_words(model: Model, found: list[FactorShockResult]) -> str:
    """Return "When SPY falls 10 %, A loses 5.2 % and B loses 2.1 %."."""
    first = found[0]
    moved = [
        f"{name} {'falls' if first.moves[name] < 0 else 'rises'} {percent(abs(float(first.moves[name])), 0)}"
        for name in first.typed
    ]
    follow = [
        f"{name} {number(100 * float(m), 1)}\N{NO-BREAK SPACE}%"
        for name, m in first.moves.items()
        if name not in first.typed and m != 0.0
    ]
    also = f" ({', '.join(follow)} follow)" if follow else ""
    lost = [
        f"{one.portfolio} {'loses' if one.loss >= 0 else 'gains'} {amount(model.book, abs(one.loss))}"
        for one in found
    ]
    return f"When {' and '.join(moved)}{also}, {' and '.join(lost)}."


VIEWS = {
    "assets": ("By asset", by_asset),
    "components": ("Statistical factors", statistical),
    "shock": ("Factor shock", shock),
    "currencies": ("Currencies", currencies),
}


def offered(model: Model) -> list[str]:
    """Return the views this data can show."""
    return [view for view in VIEWS if view != "currencies" or (foreign(model.book) and model.file is None)]
