"""From a code to its scenarios."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import streamlit as st

from riskcore.dashboard import cached
from riskcore.dashboard.scenario_set.codes import VIEWS, Code, parsed
from riskcore.errors import InputError
from riskcore.portfolio import Portfolio
from riskcore.results.views import ViewsResult
from riskcore.scenarios import Scenarios
from riskcore.stress import (
    apply_views,
    block_paths,
    conditioned_by_kernel,
    conditioned_by_range,
    correlation_shock,
    exponential_decay,
    realised_volatility,
    resampled_paths,
    simulated_copula,
    simulated_t,
    volatility_shock,
)
from riskcore.stress.view_language import On
from riskcore.stress.view_sentences import read_views

__all__ = ["STATE_WINDOW", "Named", "active", "build", "known_before", "pooled", "viewable"]

STATE_WINDOW = 21
Named = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]


def viewable(assets: tuple[str, ...], table: pd.DataFrame, portfolios: Mapping[str, Portfolio]) -> Named:
    """Return what views can be about: assets, then A and B, then classes and regions as equal weights.

    A name already taken by what comes before is left out.
    """
    found: dict[str, tuple[tuple[str, float], ...]] = {a: ((a, 1.0),) for a in assets}
    for name, portfolio in portfolios.items():
        held = tuple((str(a), float(w)) for a, w in portfolio.weights.items() if w)
        if name not in found and held:
            found[name] = held
    for column in ("asset_class", "sector", "region"):
        for group, rows in table.loc[list(assets)].groupby(column, sort=False):
            name = str(group)
            if name and name not in found and len(rows) > 1:
                found[name] = tuple((str(a), 1.0 / len(rows)) for a in rows.index)
    return tuple(found.items())


def _names(named: Named, assets: tuple[str, ...]) -> dict[str, On]:
    return {
        name: name if held == ((name, 1.0),) and name in assets else Portfolio(name, dict(held))
        for name, held in named
    }


def pooled(scenarios: Scenarios, *, text: str, named: Named) -> ViewsResult:
    """Return the posterior of the sentences of a text, and what it moved."""
    return apply_views(scenarios, read_views(text, _names(named, scenarios.assets), scenarios))


@st.cache_resource(show_spinner=False, max_entries=64)
def _built(
    fingerprints: tuple[str, str],
    code: str,
    named: Named,
    periods: int,
    state_of: str,
    _scenarios: Scenarios,
    _single: Scenarios,
) -> Scenarios:
    return build(_scenarios, code=code, named=named, periods=periods, single=_single, state_of=state_of)


def active(
    scenarios: Scenarios, single: Scenarios, *, code: str, named: Named, periods: int, state_of: str
) -> Scenarios:
    """Return what `build` returns, remembered by what goes in."""
    if code.startswith(VIEWS):
        text = code.removeprefix(VIEWS)
        return cached.derived(pooled, scenarios, text=text, named=named).scenarios
    key = (scenarios.fingerprint, single.fingerprint)
    return _built(key, code, named, periods, state_of, scenarios, single)


def build(
    scenarios: Scenarios,
    *,
    code: str,
    named: Named = (),
    periods: int = 1,
    single: Scenarios | None = None,
    state_of: str = "",
) -> Scenarios:
    """Return the scenarios a code asks for, made from those of history over the horizon.

    `single` are the single-period returns behind them, with the asset `state_of`, for sets that read the
    days before.
    """
    found = parsed(code)
    n = found.numbers
    if found.kind == "views":
        return pooled(scenarios, text=found.text, named=named).scenarios
    if found.kind == "vol":
        return volatility_shock(scenarios, n[0]).scenarios
    if found.kind == "corr":
        return correlation_shock(scenarios, n[0]).scenarios
    if found.kind == "decay":
        rows = n[0] * scenarios.periods_per_year * periods
        return exponential_decay(scenarios, half_life=rows)
    if found.kind in ("state", "near"):
        known = known_before(scenarios, periods, single, state_of)
        return (_by_state if found.kind == "state" else _by_kernel)(scenarios, found, known)
    rng = np.random.default_rng(int(n[-1]))
    if found.kind in ("blocks", "paths"):
        days = single.select(scenarios.assets) if single else scenarios
        if found.kind == "blocks":
            return block_paths(days, periods=periods, paths=int(n[1]), block_length=n[0], rng=rng)
        recent = exponential_decay(days, half_life=n[0] * days.periods_per_year)
        return resampled_paths(recent, periods=periods, paths=int(n[1]), rng=rng)
    draw: Callable[..., Scenarios] = simulated_t if found.kind == "t" else simulated_copula
    return draw(scenarios, count=int(n[0]), rng=rng)


def known_before(
    scenarios: Scenarios, periods: int, single: Scenarios | None, state_of: str
) -> "pd.Series[float]":
    """Return the volatility of the index before each row; over several periods, before the first of them."""
    if single is None or not state_of:
        raise InputError(
            "Scenarios by volatility need an index whose volatility divides the days: choose one under "
            "More → Benchmark."
        )
    before = realised_volatility(single, state_of, window=STATE_WINDOW)
    return before.shift(periods - 1).reindex(scenarios.index)


def _by_state(scenarios: Scenarios, found: Code, known: "pd.Series[float]") -> Scenarios:
    """Return the rows before which the index was most or least volatile."""
    share = found.numbers[0]
    high = found.side == "high"
    edge = float(known.quantile(1.0 - share if high else share))
    return conditioned_by_range(scenarios, known, **({"low": edge} if high else {"high": edge}))


def _by_kernel(scenarios: Scenarios, found: Code, known: "pd.Series[float]") -> Scenarios:
    """Return the rows weighted by how close the volatility before them was to one of its quantiles.

    Closeness is that of logarithms: a width of 0.25 is about a quarter of the volatility either way.
    """
    rank, width = found.numbers
    level = float(known.quantile(rank))
    if not level > 0.0:
        raise InputError(
            "The index did not move before these rows, so none is like another; choose one that does."
        )
    logs = pd.Series(np.log(known.where(known > 0.0)), index=known.index)
    return conditioned_by_kernel(scenarios, logs, at=float(np.log(level)), bandwidth=width)
