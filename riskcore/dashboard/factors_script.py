"""The lines of a script that print what the Factors page shows, or fit the model that other pages use."""

from collections.abc import Sequence

import pandas as pd

from riskcore.dashboard.book import Book
from riskcore.dashboard.factors_model import Model, base_of
from riskcore.dashboard.script import rates_literal, window_literal
from riskcore.periods import spacing

__all__ = ["FIT_IMPORTS", "fit_lines", "script_imports", "script_lines"]

FIT_IMPORTS = "from riskcore.factors import fit_exposures\nfrom riskcore.periods import weekly"
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


def fit_lines(book: Book, factors: Sequence[str]) -> str:
    """Return the lines that fit `model`, on weekly returns where the data is daily."""
    assets, names = list(book.assets), list(factors)
    wide = f"prices.scenarios({list(dict.fromkeys([*assets, *names]))!r}{window_literal(book)})"
    daily = spacing(pd.DatetimeIndex(book.base.index)) == "day"
    rows = f"weekly({wide})" if daily else f"{wide}.over_horizon({book.periods})"
    return f"fitted = {rows}\nmodel = fit_exposures(fitted.select({assets!r}), fitted.select({names!r}))"


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
