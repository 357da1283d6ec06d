"""The first view of the Factors page: the common bet, exposures, and what factors carry of the risk."""

import streamlit as st

from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.factors_model import Model, base_of, build, default_factors
from riskcore.dashboard.script import Lines, rates_literal, window_literal
from riskcore.dashboard.sentences import few_tail_note, holding_note, in_text
from riskcore.dashboard.text import plain
from riskcore.dashboard.widgets import current_theme, explain, notice, show
from riskcore.errors import listed
from riskcore.figures.factors import draw_factor_exposures, draw_factor_risk
from riskcore.figures.words import number, percent
from riskcore.results.factors import FactorContributionResult

__all__ = ["common_bet", "exposures", "factor_risk", "risk_by_factor", "script_imports", "script_lines"]

# A correlation of the factors' part with the specific part beyond this is worth a sentence.
NOTABLE = 0.1
# Below half a percent a share is not worth a sentence.
HARDLY = 0.005
# The usual bound on variance inflation.
ALIKE = 10.0
# Assets of the whole world have no market whose close comes early or late.
WORLDWIDE = {"", "Global"}
IMPORTS = """
from riskcore.factors import factor_contributions, fit_exposures, portfolio_exposures
from riskcore.periods import weekly
"""
SCRIPT = """
assets, factors = {assets!r}, {factors!r}
{wide}
fitted_on = {fitted_on}
rows = wide.over_horizon({periods})
{picked}
model = fit_exposures(own, drivers, penalty={penalty!r}, errors={errors!r})
print(model.exposures.to_string(float_format="%.10f"))
for portfolio in (a, b):
    found = portfolio_exposures(own, drivers, portfolio, penalty={penalty!r}, errors={errors!r})
    print(portfolio.name, found.table.to_string(float_format="%.10f"))
    parts = factor_contributions(
        rows.select(assets), moves, model.exposures, portfolio, {measure!r}, confidence={confidence!r}
    )
    print(f"{{parts.total:.10f}}", parts.table.to_string(float_format="%.10f"))
"""


def common_bet(model: Model) -> None:
    """Say in one sentence which single factor carries most of the risk, and what the model rests on."""
    found = [model.contributions(holding) for holding in model.book.both]
    a, b = model.book.both
    st.header(plain(bet_words(model, a, found[0])), anchor=False)
    st.markdown(plain(f"{bet_words(model, b, found[1])} {_rest_words(model, found)}"))
    for note in filter(
        None,
        [*(holding_note(h) for h in model.book.both), _shortened(model), _unhedged(model), _alike(model)],
    ):
        notice(note)
    if model.book.view.measure != "volatility" and (
        few := few_tail_note([model.risk(h) for h in model.book.both])
    ):
        notice(few)
    for words in filter(None, [_weekly_words(model, found), _itself_words(model)]):
        st.caption(plain(words))


def bet_words(model: Model, holding: Holding, found: FactorContributionResult) -> str:
    """Return "80 % of A’s 1-day CVaR 95 % comes from one factor: SPY."."""
    measure = f"{model.book.horizon_label} {in_text(found.label)}"
    if not (holding.portfolio.weights != 0.0).any():
        return f"{holding.letter} holds nothing, so no factor moves it."
    if not found.relative_defined:
        return f"The {measure} of {holding.letter} is too near zero to be shared out."
    name, share = found.common_bet
    called = f"{name}, the {_ordinal(name)} principal component" if not model.choices.factors else name
    if share <= 0.0:
        return f"No factor adds to the {measure} of {holding.letter}: all of it is specific to its assets."
    if share > 1.0 + HARDLY:
        return (
            f"One factor, {called}, carries {percent(share, 0)} of {holding.letter}’s {measure}: the other "
            "parts lower it."
        )
    return f"{percent(share, 0)} of {holding.letter}’s {measure} comes from one factor: {called}."


def _ordinal(component: str) -> str:
    place = int(component.removeprefix("PC"))
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")


def _rest_words(model: Model, found: list[FactorContributionResult]) -> str:
    """Return how much of the risk is specific to the assets."""
    shares = {
        holding.letter: float(one.specific.sum()) / one.total
        for holding, one in zip(model.book.both, found, strict=True)
        if one.relative_defined
    }
    adds = [f"{percent(share, 0)} of {letter}’s" for letter, share in shares.items() if share >= HARDLY]
    lowers = [f"{letter}’s by {percent(-share, 0)}" for letter, share in shares.items() if share <= -HARDLY]
    words = f"No factor explains {' and '.join(adds)}: it is specific to the assets." if adds else ""
    if lowers:
        words += f" What is specific to the assets lowers {' and '.join(lowers)}."
    if shares and not (adds or lowers):
        words = "Hardly any of it is specific to the assets."
    return words.strip()


def _weekly_words(model: Model, found: list[FactorContributionResult]) -> str:
    """Return on which rows the exposures were fitted, and what others would say."""
    fit, book = model.fit, model.book
    if not model.choices.weekly:
        return f"Exposures from {fit.rows:,} {model.rows_words}."
    words = f"Exposures from {fit.rows:,} weekly returns."
    if _apart(model):
        words = words[:-1] + ": markets that close at different hours share more than daily returns show."
    name, _ = found[0].common_bet
    daily = [model.contributions(h, weekly=False) for h in book.both]
    if all(one.relative_defined and name in one.factors.index for one in daily):
        shares = [float(one.factors[name]) / one.total for one in daily]
        words += (
            f" With exposures from {book.basis} {name} would carry {percent(shares[0], 0)} of A’s and "
            f"{percent(shares[1], 0)} of B’s."
        )
    offsets = [
        f"{number(one.relation, 2)} in {h.letter}"
        for h, one in zip(book.both, found, strict=True)
        if abs(one.relation) > NOTABLE
    ]
    if offsets:
        words += (
            f" In {book.basis} the specific part is then not independent of the factors (correlation "
            f"{' and '.join(offsets)}): {_offset_reason(model, found)}"
        )
    return words


def _apart(model: Model) -> bool:
    """Whether the assets' markets close at different hours."""
    return len(set(model.book.prices.assets.loc[list(model.book.assets), "region"]) - WORLDWIDE) > 1


def _offset_reason(model: Model, found: list[FactorContributionResult]) -> str:
    """Return why the specific part follows the factors in rows other than those of the fit.

    Late closes make exposures from days smaller than those from weeks, so that the weekly ones overstate
    the day and leave a remainder against the factors. Any other case has no reason we know.
    """
    late = [one.relation < 0.0 for one in found if abs(one.relation) > NOTABLE]
    if model.book.periods == 1 and _apart(model) and all(late):
        return "a factor’s move reaches markets that have closed already only a day later."
    return "exposures from weekly returns are not the ones that fit these rows best."


def _itself_words(model: Model) -> str:
    if not model.choices.factors:
        return "Statistical factors are portfolios of these same assets, so part of what they explain is own."
    own = [asset for asset in model.fit.made_of_factors if asset in model.choices.factors]
    if not own:
        return ""
    are = "is an asset and a factor" if len(own) == 1 else "are assets and factors"
    return (
        f"{listed(own)} {are} at once: nothing of them can be specific, by construction. That says nothing "
        "about the market."
    )


def _shortened(model: Model) -> str:
    if not model.shortened:
        return ""
    rows, all_rows = model.data.count, model.book.base.count
    return (
        f"The factors cover {rows:,} of the {all_rows:,} rows of the assets: this page uses those, so its "
        "risk differs from the other pages’."
    )


def _alike(model: Model) -> str:
    """Return which factors move so much together that the split between them means little."""
    inflation = model.fit.inflation
    alike = [str(name) for name in inflation.index[inflation > ALIKE]]
    if len(alike) < 2:
        return ""
    return (
        f"{listed(alike)} follow almost from one another (variance inflation up to "
        f"{number(float(inflation.max()), 0)}): how the risk is split between them means little, what they "
        "carry together stays. Leave one out, or raise the ridge penalty under Model."
    )


def _unhedged(model: Model) -> str:
    rates = dict(model.choices.rates)
    if not rates:
        return ""
    base = base_of(model.book)
    if model.book.view.base:
        return f"Unhedged, like every page in {base}; here exchange rates are factors as well."
    return (
        f"Unhedged: this page counts {listed(rates, most=8)} in {base}, with exchange rates as factors. The "
        "other pages are on local returns and show another risk."
    )


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
    """Draw factor and specific parts of the risk."""
    found = [model.contributions(holding) for holding in model.book.both]
    show(
        draw_factor_risk(found, theme=current_theme(), horizon_label=model.book.horizon_label),
        key="factors_risk",
    )
    _explain_parts(model, found[0])


def _explain_parts(model: Model, a: FactorContributionResult) -> None:
    specific = float(a.specific.sum())
    explain(
        model.book.view,
        "Each factor adds exposure times its loss where the measure looks; what is left of every asset is "
        "specific to it; the mean return that no factor explains is a part of its own. In "
        f"{a.portfolio}: all factors, specific, mean.",
        r"\rho=-\sum_k x_k\sum_s q_s f_{sk}-\sum_i w_i\sum_s q_s\varepsilon_{si}-w^\top\alpha\sum_s q_s="
        rf"{100 * float(a.factors.sum()):.4f}\,\%+{100 * specific:.4f}\,\%+{100 * a.mean:.4f}\,\%"
        rf"={100 * a.total:.4f}\,\%",
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


def script_imports(model: Model) -> str:
    """Return the imports of the page's own lines."""
    lines = [IMPORTS.strip()]
    if not model.choices.factors:
        lines.append("from riskcore.factors import statistical_factors")
    if model.choices.rates:
        taken = rates_literal(model.book, base_of(model.book)).split("(")[0]
        lines.append(f"from riskcore.data.currency import {taken}, with_rates")
        lines.append("from riskcore.factors import unhedged")
    if model.file is not None:
        lines.append("from pathlib import Path")
        lines.append("from riskcore.data.factor_file import join_factors")
        lines.append("from riskcore.data.files import Answers, load_prices")
    return "\n".join([*lines, *(found.imports for found in model.lines)])


def script_lines(model: Model) -> str:
    """Return the lines that print the page's numbers."""
    choices, view = model.choices, model.book.view
    wide = []
    rates = dict(choices.rates)
    if rates:
        named = [f for f in choices.factors if f in model.book.prices.tickers]
        names = list(dict.fromkeys((*choices.assets, *named)))
        base, local = base_of(model.book), "local" if view.base else "prices"
        literal = rates_literal(model.book, base)
        wide.append(f"prices, _, _ = with_rates({local}, {names!r}, {base!r}, {literal})")
    if model.file is not None:
        wide.append(f"path = Path({model.file!r})  # the file of factors as it was loaded")
        wide.append(f"answers = Answers(kind={model.file_holds!r})")
        wide.append("prices, _ = join_factors(prices, load_prices(path.read_bytes(), path.name, answers))")
    wide.append(f"wide = prices.scenarios({list(model.data.assets)!r}{window_literal(model.book)})")
    if rates:
        wide.append(f"wide = unhedged(wide, {rates!r})")
    count = choices.count or None
    picked = (
        "own, drivers, moves = (\n"
        "    fitted_on.select(assets), fitted_on.select(factors), rows.select(factors)\n)"
        if choices.factors
        else "own = fitted_on.select(assets)\n"
        f"drivers = statistical_factors(own, count={count!r})\n"
        f"moves = statistical_factors(rows.select(assets), count={count!r}, found_on=own)"
    )
    first = SCRIPT.format(
        assets=list(choices.assets),
        factors=list(choices.factors),
        wide="\n".join(wide),
        fitted_on="weekly(wide)" if choices.weekly else f"wide.over_horizon({choices.periods})",
        periods=choices.periods,
        picked=picked,
        penalty=choices.penalty,
        errors=choices.errors,
        measure=view.measure,
        confidence=None if view.measure == "volatility" else view.confidence,
    )
    return "\n".join([first, *(found.body for found in model.lines)])
