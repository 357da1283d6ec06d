"""Groups of assets by what the asset table says of them: class, region, currency."""

from collections.abc import Sequence

import pandas as pd

__all__ = ["groups_in"]

GROUPINGS = {"asset_class": "class", "region": "region", "currency": "currency"}


def groups_in(table: pd.DataFrame, assets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return classes, regions and currencies of some assets, under names no asset has.

    Parameters
    ----------
    table
        The assets of a price set, with columns asset_class, region and currency; empty where unknown.
    assets
        Which of them.

    Examples
    --------
    >>> about = {"asset_class": ["Equity", "Equity"], "region": ["", "US"], "currency": ["", "USD"]}
    >>> groups_in(pd.DataFrame(about, index=["SPX", "US"]), ["SPX", "US"])
    {'Equity': ('SPX', 'US'), 'US (region)': ('US',), 'USD': ('US',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for column, what in GROUPINGS.items():
        for group, rows in table.loc[list(assets)].groupby(column, sort=False):
            name = str(group)
            if name:
                name = f"{name} ({what})" if name in found or name in assets else name
                found[name] = tuple(str(a) for a in rows.index)
    return found
