"""The replays of A and B: every crisis the data covers, with betas for assets that have no prices then."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import cast

import pandas as pd

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.data.crises import Crisis
from riskcore.errors import MissingDataError
from riskcore.portfolio import Portfolio
from riskcore.results import ReplayResult
from riskcore.results.stress import Proxy
from riskcore.scenarios import Scenarios
from riskcore.stress import ProxiedCrisis, proxy_of, replay, replays, stand_ins

__all__ = ["both_replayed", "proxied", "proxies_for"]

Pair = tuple[ReplayResult, ReplayResult]


def both_replayed(
    book: Book, crises: tuple[Crisis, ...] = (), *, of: tuple[Holding, Holding] | None = None
) -> tuple[list[ReplayResult], list[ReplayResult], dict[str, str]]:
    """Return the replays of A and of B, the worst for A first, and why other crises are left out.

    `crises` are replayed besides those that come with riskcore; `of` names two other portfolios.
    """
    both = book.both if of is None else of
    every = (*cached.crises(), *crises)
    (of_a, left_out), (of_b, _) = (
        cached.compute(_replays, book.whole, h.portfolio, own=_keyed(crises)) for h in both
    )
    pairs: list[Pair] = list(zip(of_a, of_b, strict=True))
    still = dict(left_out)
    for crisis in every:
        if crisis.event in still:
            found = _with_proxies(book, crisis, both)
            if found is not None:
                pairs.append(found)
                del still[crisis.event]
    pairs.sort(key=lambda pair: pair[0].total_return)
    return [a for a, _ in pairs], [b for _, b in pairs], still


def _keyed(crises: tuple[Crisis, ...]) -> tuple[tuple[str, str, str, str], ...]:
    """Return crises as texts: keys of a cache that are quick to compare."""
    return tuple((c.event, c.short, c.start.isoformat(), c.end.isoformat()) for c in crises)


def _replays(
    scenarios: Scenarios, portfolio: Portfolio, *, own: tuple[tuple[str, str, str, str], ...]
) -> tuple[list[ReplayResult], dict[str, str]]:
    """Return the replays of the bundled crises and of the reader's own."""
    crises = [Crisis(event, short, pd.Timestamp(a), pd.Timestamp(b)) for event, short, a, b in own]
    return replays(scenarios, portfolio, crises=(*cached.crises(), *crises))


def proxies_for(book: Book, crisis: Crisis) -> tuple[Proxy, ...]:
    """Return a beta for every asset without prices in a crisis; none where the index has none either."""
    index = book.benchmark

    def proxy(asset: str) -> Proxy:
        shared = cached.scenarios(book.prices, (asset, str(index)), None, None)
        found: Proxy = cached.derived(proxy_of, shared, asset=asset, index_asset=str(index))
        return found

    first, last = book.prices.first_dates, book.prices.last_dates
    return stand_ins(crisis, book.assets, index_asset=index, first=first, last=last, proxy=proxy)


def proxied(book: Book) -> dict[str, ProxiedCrisis]:
    """Return the crises in which betas stand in for some of the assets, by name."""
    found = ((crisis, proxies_for(book, crisis)) for crisis in cached.crises())
    return {c.event: ProxiedCrisis(c, _history(book, proxies), proxies) for c, proxies in found if proxies}


def _history(book: Book, proxies: Sequence[Proxy]) -> Scenarios:
    """Return the history of the assets that have prices, and of the index."""
    absent, index = {proxy.asset for proxy in proxies}, proxies[0].index_asset
    known = tuple(a for a in book.assets if a not in absent)
    return cached.scenarios(book.prices, known if index in known else (*known, index), None, None)


def _with_proxies(book: Book, crisis: Crisis, both: tuple[Holding, Holding]) -> Pair | None:
    """Return the replays of a crisis in which some assets have no prices; None where none can stand in."""
    proxies = proxies_for(book, crisis)
    if not proxies:
        return None
    data = _history(book, proxies)
    try:
        return cast(Pair, tuple(_replayed(data, h, crisis, proxies) for h in both))
    except MissingDataError:
        return None


def _replayed(data: Scenarios, holding: Holding, crisis: Crisis, proxies: Sequence[Proxy]) -> ReplayResult:
    weights = holding.portfolio.weights
    held = Portfolio(holding.letter, {a: float(weights.get(a, 0.0)) for a in data.assets})
    found: ReplayResult = cached.compute(
        _replay,
        data,
        held,
        event=crisis.event,
        start=crisis.start,
        end=crisis.end,
        proxies=tuple((*astuple(p), float(weights[p.asset])) for p in proxies),
    )
    return found


def _replay(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    event: str,
    start: pd.Timestamp,
    end: pd.Timestamp,
    proxies: tuple[tuple[object, ...], ...],
) -> ReplayResult:
    stand_in = [Proxy(*row[:-1]) for row in proxies]  # type: ignore[arg-type]
    weights = dict(portfolio.weights) | {str(row[0]): float(str(row[-1])) for row in proxies}
    whole = Portfolio(portfolio.name, weights)
    return replay(scenarios, whole, event=event, start=start, end=end, approximate=True, proxies=stand_in)
