"""Proxies: a beta in place of an asset that has no prices in a window."""

from typing import Literal

from riskcore.errors import InputError
from riskcore.portfolio import Portfolio
from riskcore.results.stress import Proxy
from riskcore.scenarios import Scenarios
from riskcore.stress.shocks import index_gap

__all__ = ["proxy_of"]


def proxy_of(
    scenarios: Scenarios,
    *,
    asset: str,
    index_asset: str,
    betas: Literal["weekly", "dimson", "daily"] = "weekly",
) -> Proxy:
    """Return the beta of an asset on an index over the history they share, to stand in for it elsewhere.

    Parameters
    ----------
    scenarios
        The history of the two, from when both have prices.
    betas
        As in `index_gap`.

    Raises
    ------
    InputError
        The asset is the index itself; or as in `index_gap`.
    MissingDataError, AssetMismatchError
        As in `index_gap`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = np.random.default_rng(1).normal(0, 0.01, 400)
    >>> days = pd.date_range("2024-01-01", periods=400, freq="B")
    >>> rows = pd.DataFrame({"SPY": x, "BTC": 2 * x}, index=days)
    >>> history = Scenarios.from_returns(rows, periods_per_year=252)
    >>> round(proxy_of(history, asset="BTC", index_asset="SPY", betas="daily").beta, 10)
    2.0
    """
    if asset == index_asset:
        raise InputError(f"{asset} is the index; it cannot stand in for itself.")
    nothing = Portfolio("proxy", dict.fromkeys(scenarios.assets, 0.0))
    found = index_gap(scenarios, nothing, index_asset=index_asset, gap=-0.1, betas=betas)
    beta, error = (float(found.table[column][asset]) for column in ("beta", "standard_error"))
    return Proxy(asset, index_asset, beta, error, found.weeks, found.basis)
