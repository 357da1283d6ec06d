"""The lines of a script that fit the factor model other pages use: the one the Factors page opens with."""

from collections.abc import Sequence

import pandas as pd

from riskcore.dashboard.book import Book
from riskcore.dashboard.script import window_literal
from riskcore.periods import spacing

__all__ = ["FIT_IMPORTS", "fit_lines"]

FIT_IMPORTS = "from riskcore.factors import fit_exposures\nfrom riskcore.periods import weekly"


def fit_lines(book: Book, factors: Sequence[str]) -> str:
    """Return the lines that fit `model`, on weekly returns where the data is daily."""
    assets, names = list(book.assets), list(factors)
    wide = f"prices.scenarios({list(dict.fromkeys([*assets, *names]))!r}{window_literal(book)})"
    daily = spacing(pd.DatetimeIndex(book.base.index)) == "day"
    rows = f"weekly({wide})" if daily else f"{wide}.over_horizon({book.periods})"
    return f"fitted = {rows}\nmodel = fit_exposures(fitted.select({assets!r}), fitted.select({names!r}))"
