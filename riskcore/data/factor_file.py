"""Factors brought in a file, put beside the prices they are to explain."""

from dataclasses import replace

import pandas as pd

from riskcore.data.price_set import PriceSet
from riskcore.errors import AssetMismatchError, MissingDataError, listed

__all__ = ["join_factors"]

# Below this share of the dates in common the file is of another frequency or calendar.
FEWEST_COMMON = 0.9


def join_factors(prices: PriceSet, factors: PriceSet) -> tuple[PriceSet, tuple[str, ...]]:
    """Return the prices with the series of a factor file as further columns, and those columns.

    `factors` is what `riskcore.data.files.load_prices` makes of a file of prices or of returns. Rows are
    the dates that both have, so that returns run over the same days; how many were left out is among the
    notes. Nothing is filled.

    Raises
    ------
    MissingDataError
        The two share less than 90 % of the dates of the prices within the file's span.
    AssetMismatchError
        A series of the file has the name of one of the prices.

    Examples
    --------
    >>> from riskcore.data.price_set import plain_assets
    >>> days = pd.date_range("2024-01-01", periods=20, freq="B")
    >>> def one(name):
    ...     frame = pd.DataFrame({name: range(10, 30)}, index=days, dtype=float)
    ...     return PriceSet(name, name, frame, plain_assets([name]), 252.0, "example")
    >>> joined, names = join_factors(one("SPY"), one("VALUE"))
    >>> joined.tickers, names
    (('SPY', 'VALUE'), ('VALUE',))
    """
    names = factors.tickers
    twice = [name for name in names if name in prices.tickers]
    if twice:
        raise AssetMismatchError(
            f"The file {factors.label} and the data both have {listed(twice)}; rename it in the file.",
            duplicates=twice,
        )
    frame = factors.prices
    span = prices.prices.loc[frame.index[0] : frame.index[-1]]
    common = span.index.intersection(frame.index)
    if len(common) < max(2.0, FEWEST_COMMON * len(span)):
        raise MissingDataError(
            f"{factors.label} has {len(common):,} of the {len(span):,} dates the prices have between "
            f"{frame.index[0]:%Y-%m-%d} and {frame.index[-1]:%Y-%m-%d}. Bring "
            "factors as often as the prices.",
            common=len(common),
        )
    left = len(span) - len(common)
    notes = [f"{left:,} dates without factors in {factors.label} are left out."] if left else []
    both = pd.concat([span.loc[common], frame.loc[common]], axis=1)
    return (
        replace(
            prices,
            key=f"{prices.key}-{factors.key}",
            prices=both,
            assets=pd.concat([prices.assets, factors.assets]),
            notes=(*prices.notes, *notes),
            volumes=None,
        ),
        names,
    )
