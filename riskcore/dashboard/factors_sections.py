"""The first view of the Factors page: the common bet, exposures, and what factors carry of the risk."""

import streamlit as st

from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.factors_model import Model, build, default_factors
from riskcore.dashboard.factors_script import script_imports, script_lines
from riskcore.dashboard.factors_words import bet_words, notes_of, remarks_of, rest_words
from riskcore.dashboard.formulas import percent_sum
from riskcore.dashboard.script import Lines
from riskcore.dashboard.sentences import few_tail_note, holding_note
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.errors import listed
from riskcore.figures.factors import draw_factor_exposures, draw_factor_risk
from riskcore.figures.words import percent
from riskcore.results.factors import FactorContributionResult

__all__ = ["cautions", "common_bet", "exposures", "factor_risk", "risk_by_factor"]


def common_bet(model: Model) -> None:
    """Say in one sentence which bet carries most of the risk."""
    found = [model.contributions(holding) for holding in model.book.both]
    a, b = model.book.both
    st.header(plain(bet_words(model, a, found[0])), anchor=False)
    st.markdown(plain(f"{bet_words(model, b, found[1])} {rest_words(model, found)}"))


def cautions(model: Model) -> None:
    """Say what the reader must know before reading the charts."""
    for note in (*filter(None, (holding_note(h) for h in model.book.both)), *notes_of(model)):
        notice(note)
    if model.book.view.measure != "volatility" and (
        few := few_tail_note([model.risk(h) for h in model.book.both])
    ):
        notice(few)


def exposures(model: Model) -> None:
    """Draw the exposures of A and B with intervals."""
    found = [model.exposures(holding) for holding in model.book.both]
    show(draw_factor_exposures(found, theme=current_theme(), basis=model.rows_words), key="factors_exposures")
    fit = model.fit
    how = "ridge regression" if fit.penalty else "least squares"
    errors = f"Newey–West errors, {fit.lags} lags" if fit.lags is not None else "classic errors"
    shares = " and ".join(
        f"{percent(one.r_squared, 0)} of {one.portfolio}’s" for one in found if one.r_squared == one.r_squared
    )
    explained = f" The factors move {shares} variance in these rows." if shares else ""
    bias = " The penalty pulls exposures towards zero; intervals do not count that." if fit.penalty else ""
    st.caption(plain(f"{how[0].upper()}{how[1:]}, {errors}.{explained}{bias}"))
    first = found[0].table.iloc[0]
    explain(
        model.book.view,
        "The portfolio’s return is regressed on the factors’ returns together, so each exposure holds the "
        f"other factors still. For A and {found[0].table.index[0]} it is the sum of the assets’ exposures "
        "times their weights, which gives the number below.",
        r"r=\alpha+\sum_k x_k f_k+\varepsilon,\qquad x=B^\top w,\qquad x_1="
        rf"{first['exposure']:.4f}\pm{(first['upper'] - first['exposure']):.4f}",
    )


def factor_risk(model: Model) -> None:
    """Draw factor and specific parts of the risk, and say what the model rests on."""
    found = [model.contributions(holding) for holding in model.book.both]
    show(
        draw_factor_risk(found, theme=current_theme(), horizon_label=model.book.horizon_label),
        key="factors_risk",
    )
    for words in remarks_of(model, found):
        st.caption(plain(words))
    _explain_parts(model, found[0])


def _explain_parts(model: Model, a: FactorContributionResult) -> None:
    specific = float(a.specific.sum())
    explain(
        model.book.view,
        "Each factor adds exposure times its loss where the measure looks; what is left of every asset is "
        "specific to it; the mean return that no factor explains is a part of its own. In "
        f"{a.portfolio}: all factors, specific, mean.",
        r"\begin{gathered}"
        r"\rho=-\sum_k x_k\sum_s q_s f_{sk}-\sum_i w_i\sum_s q_s\varepsilon_{si}-w^\top\alpha\sum_s q_s\\ "
        + f"{percent_sum([a.total])}={percent_sum([float(a.factors.sum()), specific, a.mean])}"
        + r"\end{gathered}",
    )


def risk_by_factor(book: Book, holdings: tuple[Holding, Holding]) -> Lines:
    """Draw the risk of two portfolios by the data set's usual factors, and return the lines that print it."""
    model = build(book, default_factors(book.prices, book.assets))
    found = [model.contributions(holding) for holding in holdings]
    names = holdings[0].letter, holdings[1].letter
    show(
        draw_factor_risk(found, theme=current_theme(), names=names, horizon_label=book.horizon_label),
        key="contributions_factors",
    )
    factors = listed(model.fit.factors, most=6)
    what = f"{factors} of the data" if model.choices.factors else f"statistical factors, {factors}"
    st.caption(
        plain(
            f"Factors: {what}; exposures from {model.rows_words}. Intervals, other factors and shocks are on "
            "the Factors page."
        )
    )
    _explain_parts(model, found[0])
    return Lines(script_lines(model), script_imports(model))
