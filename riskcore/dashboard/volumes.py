"""What is traded on an average day, in the money of the view, where the data knows it."""

import pandas as pd

from riskcore.dashboard.book import Book
from riskcore.dashboard.money import in_base
from riskcore.data.currency import unit_of
from riskcore.errors import MissingDataError

__all__ = ["WINDOW", "known_volumes"]

WINDOW = 21


def known_volumes(book: Book) -> dict[str, float]:
    """Return the average daily volume over the last 21 rows, in the currency of the portfolio's value.

    Assets without volumes are left out, and all of them where a currency cannot be converted. A currency the
    data does not state is taken to be that of the value.
    """
    local, unit = book.local, book.view.currency
    if local.volumes is None:
        return {}
    stated = {asset: unit_of(str(local.assets.loc[asset, "currency"])) for asset in book.assets}
    if {code for code, _ in stated.values()} <= {"", unit}:
        prices, parts = local, {asset: part for asset, (_, part) in stated.items()}
    else:
        try:
            prices, parts = in_base(local, unit, book.assets), dict.fromkeys(book.assets, 1.0)
        except MissingDataError:
            return {}
    values: pd.Series = prices.average_daily_volume(WINDOW)["value"]
    return {asset: float(values[asset]) * parts[asset] for asset in book.assets if values[asset] > 0.0}
