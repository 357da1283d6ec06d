"""Proxies: a beta in place of an asset that has no prices in a window."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

import pandas as pd

from riskcore.errors import InputError, MissingDataError
from riskcore.portfolio import Portfolio
from riskcore.results.stress import Proxy, ReplayResult
from riskcore.scenarios import Scenarios
from riskcore.stress.replay import DatedEvent, replay
from riskcore.stress.shocks import index_gap

__all__ = ["ProxiedCrisis", "proxied_crises", "proxy_of", "stand_ins"]


class Priced(Protocol):
    """Prices of assets that begin and end on different days, such as a price set."""

    @property
    def first_dates(self) -> pd.Series:
        """Asset to its first date with a price."""

    @property
    def last_dates(self) -> pd.Series:
        """Asset to its last date with a price."""

    def scenarios(self, assets: Sequence[str]) -> Scenarios:
        """Return the history some assets share."""


@dataclass(frozen=True, eq=False)
class ProxiedCrisis:
    """A crisis some assets have no prices in: the history of the others, and a proxy for each of them."""

    crisis: DatedEvent
    history: Scenarios
    proxies: tuple[Proxy, ...]

    def replay(self, portfolio: Portfolio) -> ReplayResult:
        """Return the replay of a portfolio; what it does not hold of the history counts as weight 0.

        Raises
        ------
        MissingDataError
            As in `replay`.
        """
        held = portfolio.weights
        names = (*self.history.assets, *(proxy.asset for proxy in self.proxies))
        return replay(
            self.history,
            Portfolio(portfolio.name, {name: float(held.get(name, 0.0)) for name in names}),
            event=self.crisis.event,
            start=self.crisis.start,
            end=self.crisis.end,
            approximate=True,
            proxies=self.proxies,
        )


def stand_ins(
    crisis: DatedEvent,
    assets: Iterable[str],
    *,
    index_asset: str | None,
    first: Mapping[str, pd.Timestamp] | pd.Series,
    last: Mapping[str, pd.Timestamp] | pd.Series,
    proxy: Callable[[str], Proxy],
) -> tuple[Proxy, ...]:
    """Return a proxy for every asset without prices from the peak to the trough of a crisis.

    Parameters
    ----------
    index_asset
        The index whose moves stand in; None where none is known.
    first, last
        Asset to its first and last date with a price.
    proxy
        Asset to its proxy: `proxy_of` on the history it shares with the index.

    Returns
    -------
    tuple[Proxy, ...]
        Empty where all assets have prices, or where the index has none either, or no beta can be fitted.
    """

    def covered(asset: str) -> bool:
        return bool(first[asset] <= crisis.start and crisis.end <= last[asset])

    absent = [asset for asset in assets if not covered(asset)]
    if index_asset is None or not covered(index_asset):
        return ()
    try:
        return tuple(proxy(asset) for asset in absent)
    except MissingDataError:
        return ()


def proxied_crises(
    prices: Priced, assets: Sequence[str], crises: Iterable[DatedEvent], *, index_asset: str | None
) -> dict[str, ProxiedCrisis]:
    """Return the crises in which betas stand in for some of the assets, by name.

    Crises all assets have prices in are left to `replay`; those the index does not cover cannot be replayed.
    """
    first, last = prices.first_dates, prices.last_dates

    @cache
    def proxy(asset: str) -> Proxy:
        index = str(index_asset)
        return proxy_of(prices.scenarios([asset, index]), asset=asset, index_asset=index)

    found: dict[str, ProxiedCrisis] = {}
    for crisis in crises:
        proxies = stand_ins(crisis, assets, index_asset=index_asset, first=first, last=last, proxy=proxy)
        if not proxies:
            continue
        absent = {one.asset for one in proxies}
        known = [*(a for a in assets if a not in absent), str(index_asset)]
        history = prices.scenarios(list(dict.fromkeys(known)))
        found[crisis.event] = ProxiedCrisis(crisis, history, proxies)
    return found


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
