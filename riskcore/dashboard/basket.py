"""The basket: changes of A's weights that are tried out, one for the whole app, in the link as `basket`.

`SPY~-0.05;BND~0.05` sells 5 % of the value in SPY and buys BND with it. What is not balanced is cash.
"""

import math
from collections.abc import Mapping

import pandas as pd

from riskcore.dashboard.view import quoted, typed_weights
from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.figures.words import percent
from riskcore.portfolio import Portfolio

__all__ = ["AFTER", "AFTER_TITLE", "basket_code", "basket_words", "traded", "trades_of", "with_change"]

AFTER = "after"
AFTER_TITLE = "A after the basket"
CASH, PRO_RATA = "cash", "pro rata"
# Changes below a millionth of the value are rounding.
SMALLEST = 1e-7


def trades_of(code: str) -> dict[str, float]:
    """Return the changes of weight behind a basket code; empty for an empty code.

    Raises
    ------
    InputError
        The code cannot be read.

    Examples
    --------
    >>> trades_of("SPY~-0.05;BND~0.05")
    {'SPY': -0.05, 'BND': 0.05}
    """
    try:
        return typed_weights(f"w:{code}") or {} if code else {}
    except ValueError as error:
        raise InputError(f"The basket {error}.") from error


def basket_code(trades: Mapping[str, float]) -> str:
    """Return changes of weight as a code for the link, without those that are rounding.

    Examples
    --------
    >>> basket_code({"SPY": -0.05, "BND": 0.05, "GOLD": 0.0})
    'SPY~-0.05;BND~0.05'
    """
    kept = {asset: change for asset, change in trades.items() if abs(change) > SMALLEST}
    return ";".join(f"{quoted(asset)}~{change:.12g}" for asset, change in kept.items())


def basket_words(code: str, most: int = 4) -> str:
    """Return "SPY −5.0 %, BND +5.0 %" for chips; may hold names typed by the reader."""
    trades = trades_of(code)
    parts = [f"{asset[:20]} {'+' if c > 0 else ''}{percent(c)}" for asset, c in trades.items()]
    rest = -math.fsum(trades.values())
    if abs(rest) > SMALLEST:
        parts.append(f"cash {'+' if rest > 0 else ''}{percent(rest)}")
    return listed(parts, most=most)


def traded(portfolio: Portfolio, code: str, name: str) -> Portfolio:
    """Return the portfolio after the basket.

    Raises
    ------
    AssetMismatchError
        The basket trades an asset that is not among those shown.
    """
    trades = trades_of(code)
    unknown = [asset for asset in trades if asset not in portfolio.assets]
    if unknown:
        raise AssetMismatchError(
            f"The basket trades {listed(unknown)}, which is not among the assets shown.", unknown=unknown
        )
    return Portfolio(name, portfolio.weights.add(pd.Series(trades, dtype=float), fill_value=0.0)).on(
        portfolio.assets
    )


def with_change(
    portfolio: Portfolio, trades: Mapping[str, float], asset: str, change: float, source: str
) -> dict[str, float]:
    """Return the basket with one more change, paid from (or into) cash, one asset, or all others pro rata.

    Parameters
    ----------
    portfolio
        A as it is now.
    trades
        The basket so far.
    asset, change
        What is bought (positive) or sold, as a fraction of the value.
    source
        "cash", "pro rata", or the asset that pays.

    Raises
    ------
    InputError
        The change is no number or beyond ten times the value, or pro rata has nothing to take from.

    Examples
    --------
    >>> held = Portfolio("A", {"SPY": 0.5, "BND": 0.3, "GOLD": 0.2})
    >>> {k: round(v, 6) for k, v in with_change(held, {}, "SPY", -0.1, "pro rata").items()}
    {'SPY': -0.1, 'BND': 0.06, 'GOLD': 0.04}
    """
    if not math.isfinite(change) or not 0.0 < abs(change) <= 10.0:
        raise InputError("A change lies between 0 and 1,000 % of the value, either sign, and is not 0.")
    found = dict(trades)
    found[asset] = found.get(asset, 0.0) + change
    if source == PRO_RATA:
        held = traded(portfolio, basket_code(trades), "").weights.drop(asset)
        held = held[held > 0.0]
        if held.empty:
            raise InputError("Nothing else is held that could take the other side pro rata; choose cash.")
        for other, weight in (held / held.sum()).items():
            found[str(other)] = found.get(str(other), 0.0) - change * float(weight)
    elif source != CASH:
        if source == asset:
            raise InputError(f"{asset} cannot pay for itself; choose another asset or cash.")
        found[source] = found.get(source, 0.0) - change
    return {name: moved for name, moved in found.items() if abs(moved) > SMALLEST}
