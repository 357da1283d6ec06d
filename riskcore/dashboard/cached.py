"""Shared results, keyed by content fingerprints and parameters; what they return is never changed.

`cache_resource` hands every session the same frozen object: no copy, no hashing of big arrays.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from secrets import token_urlsafe
from threading import Lock
from typing import Generic, TypeVar, cast

import streamlit as st

from riskcore.allocation import allocate
from riskcore.dashboard import saved
from riskcore.data.crises import Crisis, load_crises
from riskcore.data.currency import Rates, convert
from riskcore.data.price_set import PriceSet
from riskcore.data.quality import QualityReport, inspect
from riskcore.data.recipe import Recipe
from riskcore.data.sample import SAMPLES, load_sample
from riskcore.errors import InputError
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = [
    "LongRun",
    "compute",
    "converted",
    "crises",
    "derived",
    "keep_price_set",
    "price_set",
    "scenarios",
    "settle_memory",
    "solve",
]

MOST_UPLOADS = 64
MOST_LONG_RUNS = 128
T = TypeVar("T")


@st.cache_resource(show_spinner=False)
def settle_memory() -> None:
    """Collect once after the imports and freeze what they left, so that later collections are short."""
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False, max_entries=8)
def _sample(key: str) -> PriceSet:
    return load_sample(key)


@dataclass(frozen=True)
class Origin:
    """What a data set was made from: the key of another one, and the reader's decisions."""

    base: str
    recipe: Recipe


class _Uploads:
    """Price sets brought by readers, in memory, the oldest dropped first; keys cannot be guessed."""

    def __init__(self) -> None:
        self._sets: OrderedDict[str, PriceSet] = OrderedDict()
        self._origins: dict[str, Origin] = {}
        self._lock = Lock()

    def keep(self, prices: PriceSet, origin: Origin | None) -> str:
        """Return the key of the set, the same one for the same content and origin."""
        with self._lock:
            for key, held in self._sets.items():
                same = held.fingerprint == prices.fingerprint and held.label == prices.label
                if same and self._origins.get(key) == origin:
                    self._sets.move_to_end(key)
                    return key
            key = f"upload-{token_urlsafe(12)}"
            self._sets[key] = prices
            if origin is not None:
                self._origins[key] = origin
            while len(self._sets) > MOST_UPLOADS:
                self._origins.pop(self._sets.popitem(last=False)[0], None)
            return key

    def find(self, key: str) -> PriceSet | None:
        with self._lock:
            return self._sets.get(key)

    def origin(self, key: str) -> Origin | None:
        with self._lock:
            return self._origins.get(key)


@st.cache_resource(show_spinner=False)
def _uploads() -> _Uploads:
    return _Uploads()


def keep_price_set(prices: PriceSet, origin: Origin | None = None) -> str:
    """Keep an uploaded, fetched or mended price set while this server runs, and return its key."""
    return _uploads().keep(prices, origin)


def origin(key: str) -> Origin | None:
    """Return what a data set was made from, None where it is as it came."""
    return _uploads().origin(key)


def price_set(key: str) -> PriceSet:
    """Return a bundled sample, a saved set or one loaded since the server started."""
    if key in SAMPLES:
        return _sample(key)
    if key.startswith(saved.SAVED):
        return saved.load_price_set(key)
    found = _uploads().find(key)
    if found is None:
        raise InputError(
            "The data set this link names is not on this server: uploads and downloads that are not saved "
            "live only until the server restarts. Load it again on the Data page, or choose a bundled sample."
        )
    return found


@st.cache_resource(show_spinner=False, max_entries=32)
def _converted(
    fingerprint: str, base: str, bank: str, assets: tuple[str, ...], _prices: PriceSet, _rates: Rates
) -> PriceSet:
    return convert(_prices, base, _rates, assets=assets)


def converted(prices: PriceSet, base: str, rates: Rates, assets: tuple[str, ...]) -> PriceSet:
    """Return some assets of a data set in a base currency."""
    return _converted(prices.fingerprint, base, rates.fingerprint, assets, prices, rates)


@st.cache_resource(show_spinner=False, max_entries=32)
def _quality(fingerprint: str, _prices: PriceSet) -> QualityReport:
    return inspect(_prices)


def quality(prices: PriceSet) -> QualityReport:
    """Return what is wrong, doubtful or worth knowing about a data set."""
    return _quality(prices.fingerprint, prices)


@st.cache_resource(show_spinner=False)
def crises() -> tuple[Crisis, ...]:
    """Return the dated crises that come with riskcore."""
    return tuple(load_crises())


@st.cache_resource(show_spinner=False, max_entries=256)
def _scenarios(
    fingerprint: str,
    assets: tuple[str, ...],
    start: date | None,
    end: date | None,
    periods: int,
    _prices: PriceSet,
) -> Scenarios:
    whole = _prices.scenarios(list(assets), start, end)
    return whole.over_horizon(periods)


def scenarios(
    prices: PriceSet, assets: tuple[str, ...], start: date | None, end: date | None, periods: int = 1
) -> Scenarios:
    """Return the returns of a window of a price set, compounded over a horizon."""
    return _scenarios(prices.fingerprint, assets, start, end, periods, prices)


@st.cache_resource(show_spinner=False, max_entries=512)
def _solve(
    fingerprint: str, method: str, confidence: float | None, risk_free: float, _data: Scenarios
) -> AllocationResult:
    return allocate(method, _data, confidence=confidence, risk_free=risk_free)


def solve(data: Scenarios, method: str, confidence: float | None, risk_free: float = 0.0) -> AllocationResult:
    """Return the weights of an allocator on scenarios; the risk-free rate is per period of these."""
    return _solve(data.fingerprint, method, confidence, risk_free, data)


@st.cache_resource(show_spinner=False, max_entries=1024)
def _compute(
    name: str,
    fingerprint: str,
    portfolio: str,
    weights: tuple[float, ...],
    settings: tuple[tuple[str, Hashable], ...],
    _function: Callable[..., T],
    _data: Scenarios,
) -> T:
    held = Portfolio(portfolio, dict(zip(_data.assets, weights, strict=True)))
    return _function(_data, held, **dict(settings))


def compute(function: Callable[..., T], data: Scenarios, portfolio: Portfolio, **settings: Hashable) -> T:
    """Return function(data, portfolio, **settings), remembered by what went in.

    `function` is any of riskcore's calculations on one portfolio; it must be a module-level function whose
    answer depends on its arguments alone.
    """
    weights = tuple(float(w) for w in portfolio.aligned(data.assets))
    name = f"{function.__module__}.{function.__qualname__}"
    key = tuple(sorted(settings.items()))
    return _compute(name, data.fingerprint, portfolio.name, weights, key, function, data)


@st.cache_resource(show_spinner=False, max_entries=256)
def _derived(
    name: str,
    fingerprint: str,
    settings: tuple[tuple[str, Hashable], ...],
    _function: Callable[..., T],
    _data: Scenarios,
) -> T:
    return _function(_data, **dict(settings))


def derived(function: Callable[..., T], data: Scenarios, **settings: Hashable) -> T:
    """Return function(data, **settings), remembered by what went in, as `compute` does for a portfolio."""
    name = f"{function.__module__}.{function.__qualname__}"
    return _derived(name, data.fingerprint, tuple(sorted(settings.items())), function, data)


class _Finished:
    """Results of long runs, the least recently used dropped first; a run that is stopped leaves none."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> object | None:
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def keep(self, key: Hashable, result: object) -> None:
        with self._lock:
            self._results[key] = result
            while len(self._results) > MOST_LONG_RUNS:
                self._results.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _finished() -> _Finished:
    return _Finished()


@dataclass(frozen=True)
class LongRun(Generic[T]):
    """A calculation that takes seconds: known by what goes in, kept once it is finished.

    `function(data, portfolio, progress=…, **settings)` calls `progress` with the share done; an exception
    that leaves it, such as Streamlit's own when the reader moves on, ends the run without a result.
    """

    function: Callable[..., T]
    data: Scenarios
    portfolio: Portfolio
    settings: tuple[tuple[str, Hashable], ...]

    @property
    def key(self) -> Hashable:
        """What the result depends on."""
        weights = tuple(float(w) for w in self.portfolio.aligned(self.data.assets))
        name = f"{self.function.__module__}.{self.function.__qualname__}"
        return name, self.data.fingerprint, self.portfolio.name, weights, self.settings

    @property
    def finished(self) -> bool:
        """Whether the result is there already."""
        return _finished().find(self.key) is not None

    def result(self, progress: Callable[[float], None]) -> T:
        """Return the result, computing it where it is not there yet."""
        known = _finished().find(self.key)
        if known is not None:
            return cast(T, known)
        found = self.function(self.data, self.portfolio, progress=progress, **dict(self.settings))
        _finished().keep(self.key, found)
        return found
