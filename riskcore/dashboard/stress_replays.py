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
from riskcore.stress import proxy_of, replay, replays

__all__ = ["both_replayed", "lacking", "proxies_for"]

Pair = tuple[ReplayResult, ReplayResult]


def both_replayed(
    book: Book, crises: tuple[Crisis, ...] = ()
) -> tuple[list[ReplayResult], list[ReplayResult], dict[str, str]]:
    """Return the replays of A and of B, the worst for A first, and why other crises are left out.

    `crises` are replayed besides those that come with riskcore.
    """
    every = (*cached.crises(), *crises)
    (of_a, left_out), (of_b, _) = (
        cached.compute(_replays, book.whole, h.portfolio, own=_keyed(crises)) for h in book.both
    )
    pairs: list[Pair] = list(zip(of_a, of_b, strict=True))
    still = dict(left_out)
    for crisis in every:
        if crisis.event in still:
            found = _with_proxies(book, crisis)
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


def lacking(book: Book, crisis: Crisis) -> tuple[str, ...]:
    """Return the assets shown that have no prices from the peak to the trough."""
    first, last = book.prices.first_dates, book.prices.last_dates
    return tuple(a for a in book.assets if not (first[a] <= crisis.start and crisis.end <= last[a]))


def proxies_for(book: Book, crisis: Crisis) -> tuple[Proxy, ...]:
    """Return a beta for every asset without prices in a crisis; none where the index has none either."""
    index, absent = book.benchmark, lacking(book, crisis)
    if index is None or not absent:
        return ()
    first, last = book.prices.first_dates[index], book.prices.last_dates[index]
    if pd.isna(first) or not (first <= crisis.start and crisis.end <= last):
        return ()
    try:
        return tuple(
            cached.derived(
                proxy_of,
                cached.scenarios(book.prices, (asset, index), None, None),
                asset=asset,
                index_asset=index,
            )
            for asset in absent
        )
    except MissingDataError:
        return ()


def _with_proxies(book: Book, crisis: Crisis) -> Pair | None:
    """Return the replays of a crisis in which some assets have no prices; None where none can stand in."""
    proxies = proxies_for(book, crisis)
    if not proxies:
        return None
    index = proxies[0].index_asset
    absent = {proxy.asset for proxy in proxies}
    known = tuple(a for a in book.assets if a not in absent)
    names = known if index in known else (*known, index)
    data = cached.scenarios(book.prices, names, None, None)
    try:
        return cast(Pair, tuple(_replayed(data, h, crisis, proxies) for h in book.both))
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
