"""From what a person calls an asset to the asset the data has."""

import difflib
from collections.abc import Mapping, Sequence

import pandas as pd

from riskcore.errors import AssetMismatchError, listed

__all__ = ["asset_names", "match_asset", "suggestions"]

CLOSE = 0.6


def asset_names(assets: pd.DataFrame | Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Return ticker to name, whatever is known about the assets.

    Examples
    --------
    >>> asset_names(["SPY"])
    {'SPY': 'SPY'}
    """
    if isinstance(assets, pd.DataFrame):
        return {str(ticker): str(name) for ticker, name in assets["name"].items()}
    if isinstance(assets, Mapping):
        return {str(ticker): str(name) for ticker, name in assets.items()}
    return {str(ticker): str(ticker) for ticker in assets}


def match_asset(label: str, names: dict[str, str]) -> str | None:
    """Return the one asset a label means: by exact ticker, ticker in any case, or name in any case.

    Raises
    ------
    AssetMismatchError
        Several assets share that name.

    Examples
    --------
    >>> match_asset("gold", {"XAU": "Gold"})
    'XAU'
    """
    if label in names:
        return label
    wanted = " ".join(label.split()).casefold()
    by_ticker = [t for t in names if t.casefold() == wanted]
    by_name = [t for t, name in names.items() if " ".join(name.split()).casefold() == wanted]
    for found in (by_ticker, by_name):
        if len(found) == 1:
            return found[0]
        if found:
            raise AssetMismatchError(f"{label[:40]} may mean {listed(found)}; write the ticker exactly.")
    return None


def suggestions(label: str, names: dict[str, str]) -> list[str]:
    """Return up to three assets whose ticker or name is like the label, the likest first.

    Examples
    --------
    >>> suggestions("SPYY", {"SPY": "S&P 500"})
    ['SPY']
    """
    wanted = label.casefold()
    spellings = {t.casefold(): t for t in names} | {n.casefold(): t for t, n in names.items()}
    near = difflib.get_close_matches(wanted[:60], spellings, n=3, cutoff=CLOSE)
    near += [s for s in spellings if len(wanted) > 2 and wanted in s]
    return list(dict.fromkeys(spellings[s] for s in near))[:3]
