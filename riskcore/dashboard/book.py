"""The book of a view: its data, its scenarios and the two portfolios A and B, solved when first asked.

Portfolio codes are named rules (solved on the window, horizon, measure and confidence of the frame),
presets of the data set, or weights typed by the reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from riskcore.allocation import ALLOCATORS
from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached, scenario_set
from riskcore.dashboard.basket import AFTER, AFTER_TITLE, traded
from riskcore.dashboard.money import Money, in_base, money_of, rates_for
from riskcore.dashboard.portfolio_codes import content_of, saved_title, shares_of
from riskcore.dashboard.view import HORIZONS, SAVED_CODE, View, typed_weights
from riskcore.data.holdings_shares import Shares
from riskcore.data.price_set import PriceSet
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, NumericalError, listed
from riskcore.measures import MEASURES, risk
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult, ContributionResult, RiskResult
from riskcore.scenarios import Scenarios

__all__ = [
    "RULES",
    "Book",
    "Holding",
    "benchmark_title",
    "horizons_of",
    "portfolio_title",
    "presets_of",
]

# Named rules in the order of the menu; "risk_parity" follows the measure of the frame.
RULES = {
    "equal_weight": "Equal weight",
    "risk_parity": "Risk parity",
    "inverse_volatility": "Inverse volatility",
    "equal_risk_contribution": "Volatility parity",
    "cvar_parity": "CVaR parity",
    "minimum_cvar": "Minimum CVaR",
    "minimum_variance": "Minimum variance",
    "maximum_sharpe": "Maximum Sharpe",
    "maximum_diversification": "Max diversification",
    "hierarchical_risk_parity": "Hierarchical parity",
    "gaussian_cvar_parity": "Gaussian CVaR parity",
}
# Those that make risk shares equal; others reach shares, too, but not on purpose.
PARITY = frozenset({"equal_risk_contribution", "cvar_parity", "gaussian_cvar_parity"})
GROUPINGS = {
    "group": "Group",
    "asset_class": "Class",
    "sector": "Sector",
    "region": "Region",
    "currency": "Currency",
}
HORIZON_DAYS = {"1d": 1, "1w": 5, "10d": 10, "1m": 21}
TRADING_DAYS = 252.0
FEW_ROWS = 60


@dataclass(frozen=True, eq=False)
class Holding:
    """Portfolio A, B or the benchmark BM: what was chosen, its weights, and how it was solved.

    A and B have their weights over the assets shown, BM over those and what only it holds.
    """

    letter: str
    code: str
    title: str
    portfolio: Portfolio
    allocation: AllocationResult | None

    @property
    def solved_for(self) -> str | None:
        """The measure whose contributions the weights make equal, None for any other portfolio."""
        solved = self.allocation
        return solved.measure if solved is not None and solved.method in PARITY else None

    @property
    def cash(self) -> float:
        """The part of the value that is not invested (negative: borrowed)."""
        rest = 1.0 - float(self.portfolio.weights.sum())
        return 0.0 if abs(rest) < 1e-9 else rest

    @property
    def short(self) -> float:
        """The sum of the short positions, as a positive number."""
        weights = self.portfolio.weights
        return float(-weights[weights < 0].sum())


class Book:
    """Everything the pages compute from, for one view."""

    def __init__(self, view: View, asked: View | None = None) -> None:
        self.view = view
        # What a link to this view says: a value that follows from shares or rates is not in it.
        self.asked = asked or view

    @cached_property
    def local(self) -> PriceSet:
        """The data set as it came, each asset in its own currency."""
        return cached.price_set(self.view.data)

    @cached_property
    def prices(self) -> PriceSet:
        """The data set in the base currency of the view; as it came where there is none."""
        return in_base(self.local, self.view.base, self.assets) if self.view.base else self.local

    @cached_property
    def money(self) -> Money:
        """The portfolio's value as the pages show it."""
        return money_of(self.view, self.local, self.assets)

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """The assets shown, in the order of the data set."""
        chosen = self.view.assets or self.local.default_assets
        unknown = [a for a in chosen if a not in self.local.prices.columns]
        if unknown:
            raise AssetMismatchError(
                f"{self.local.label} has no {listed(unknown)}; choose the assets again on the Data page.",
                unknown=unknown,
            )
        return tuple(a for a in self.local.prices.columns if a in chosen)

    @cached_property
    def base(self) -> Scenarios:
        """Single-period returns of the window."""
        return cached.scenarios(self.prices, self.assets, self.view.start, self.view.end)

    @cached_property
    def whole(self) -> Scenarios:
        """Single-period returns of all the data these assets share, whatever the window."""
        return cached.scenarios(self.prices, self.assets, None, None)

    @cached_property
    def periods(self) -> int:
        """The horizon in periods of the data."""
        return horizons_of(self.prices)[self.horizon]

    @property
    def horizon(self) -> str:
        """The horizon used: the one asked for, or the shortest the data has."""
        offered = horizons_of(self.prices)
        return self.view.horizon if self.view.horizon in offered else next(iter(offered))

    @property
    def horizon_label(self) -> str:
        """The horizon as an adjective: "1-day"."""
        return HORIZONS[self.horizon].removesuffix("s").replace(" ", "-")

    @cached_property
    def history(self) -> Scenarios:
        """Returns over the horizon, as they happened."""
        return cached.scenarios(self.prices, self.assets, self.view.start, self.view.end, self.periods)

    @cached_property
    def scenarios(self) -> Scenarios:
        """Returns over the horizon in the active scenario set: history unless another is chosen."""
        return self._active(self.history)

    def _active(self, history: Scenarios) -> Scenarios:
        """Return the active scenario set made from a history over the horizon."""
        code = self.view.scenario_set
        if not code:
            return history
        index = self.benchmark if scenario_set.needs_state(code) else None
        names = history.assets if index is None or index in history.assets else (*history.assets, index)
        single = cached.scenarios(self.prices, names, self.view.start, self.view.end)
        return scenario_set.active(
            history,
            single,
            code=code,
            named=self.viewable(code),
            periods=self.periods,
            state_of=index or "",
        )

    def viewable(self, text: str) -> scenario_set.Named:
        """Return what views can be about; A and B, where a text names them, as they are on history."""
        past = Book(self.view.but(scenario_set=""))
        portfolios = {
            letter: getattr(past, letter.lower()).portfolio
            for letter in ("A", "B")
            if scenario_set.mentions(text, letter)
        }
        return scenario_set.viewable(self.assets, self.prices.assets, portfolios)

    @property
    def basis(self) -> str:
        """How returns were made, for labels."""
        return self.horizon_label + (" overlapping returns" if self.periods > 1 else " returns")

    @property
    def benchmark_code(self) -> str | None:
        """What the benchmark is: an asset of the data or a portfolio code, None where none is known."""
        return self.view.bench or self.prices.default_index

    @property
    def benchmark(self) -> str | None:
        """The index asset for betas: the benchmark where it is an asset, else the data set's own index."""
        code = self.benchmark_code
        return code if code in self.prices.prices.columns else self.prices.default_index

    @cached_property
    def benchmark_weights(self) -> dict[str, float] | None:
        """The weights of the benchmark, which may hold any asset of the data; None for a rule."""
        code, known = self.benchmark_code, tuple(self.prices.prices.columns)
        if code is None:
            raise InputError("This data has no known index; choose a benchmark under More.")
        if code in known:
            return {code: 1.0}
        weights = self._fixed(code, known)
        if weights is None and code not in RULES:
            raise AssetMismatchError(
                f"{self.prices.label} has no {code[:40]}; choose another benchmark under More.",
                unknown=[code],
            )
        absent = [asset for asset, weight in (weights or {}).items() if weight and asset not in known]
        if absent:
            raise AssetMismatchError(
                f"The benchmark holds {listed(absent)}, which {self.prices.label} does not have; "
                "choose another benchmark under More.",
                unknown=absent,
            )
        return weights

    @cached_property
    def against_assets(self) -> tuple[str, ...]:
        """The assets shown, then those only the benchmark holds."""
        held = [a for a, weight in (self.benchmark_weights or {}).items() if weight and a not in self.assets]
        return (*self.assets, *held)

    @cached_property
    def against(self) -> Scenarios:
        """Returns over the horizon for the assets shown and those of the benchmark, in the active set."""
        return self._active(
            cached.scenarios(self.prices, self.against_assets, self.view.start, self.view.end, self.periods)
        )

    @cached_property
    def reference(self) -> Holding:
        """The benchmark as a portfolio "BM" over `against_assets`; rules are solved on the assets shown."""
        weights, code = self.benchmark_weights, self.benchmark_code or ""
        if weights is None:
            return self._holding("BM", code)
        held = Portfolio("BM", weights).on(self.against_assets)
        return Holding("BM", code, benchmark_title(code, self.prices), held, None)

    @property
    def basis_words(self) -> str:
        """In which currency the returns are, as far as it is known."""
        if self.view.base:
            return self.prices.returns_basis
        currencies = {str(c) for c in self.prices.assets.loc[list(self.assets), "currency"]}
        if "" in currencies:
            return "currency not stated"
        return f"returns in {currencies.pop()}" if len(currencies) == 1 else self.prices.returns_basis

    @cached_property
    def first(self) -> pd.Timestamp:
        """The date of the first price these assets share."""
        return self.prices.common_start(self.assets)

    @cached_property
    def last(self) -> pd.Timestamp:
        """The date of the last price these assets share."""
        return self.prices.common_end(self.assets)

    @cached_property
    def with_index(self) -> Scenarios:
        """Single-period returns of the window for the assets and the benchmark."""
        index = self.benchmark
        if index is None:
            raise InputError("This data has no known index; choose a benchmark under More.")
        names = self.assets if index in self.assets else (*self.assets, index)
        return cached.scenarios(self.prices, names, self.view.start, self.view.end)

    @cached_property
    def a(self) -> Holding:
        """Portfolio A."""
        return self._holding("A", self.view.a)

    @cached_property
    def b(self) -> Holding:
        """Portfolio B."""
        return self._holding("B", self.view.b)

    def basket_fits(self) -> None:
        """Refuse a basket that trades other assets than those shown."""
        traded(Portfolio("", dict.fromkeys(self.assets, 0.0)), self.view.basket, "")

    @cached_property
    def after(self) -> Holding:
        """A after the basket; A itself where the basket is empty."""
        held = traded(self.a.portfolio, self.view.basket, "A after")
        return Holding("A after", AFTER, AFTER_TITLE, held, None)

    @property
    def both(self) -> tuple[Holding, Holding]:
        """A and B."""
        return self.a, self.b

    def risk(self, holding: Holding, measure: str | None = None) -> RiskResult:
        """Return a risk figure over the horizon, in the frame's measure unless another is named."""
        chosen = measure or self.view.measure
        return cached.compute(
            risk, self.scenarios, holding.portfolio, measure=chosen, confidence=self._level(chosen)
        )

    def contributions(self, holding: Holding, measure: str | None = None) -> ContributionResult:
        """Return contributions over the horizon, in the frame's measure unless another is named."""
        chosen = measure or self.view.measure
        if holding.allocation is not None:
            certified = holding.allocation.contributions(self.risk(holding, chosen))
            if certified is not None:
                return certified
        return cached.compute(
            risk_contributions,
            self.scenarios,
            holding.portfolio,
            measure=chosen,
            confidence=self._level(chosen),
        )

    def grouped(self, found: ContributionResult, column: str) -> ContributionResult:
        """Return contributions summed by a column of the asset table ("asset_class", "region", …)."""
        labels = self.local.assets[column]
        return replace(found, table=found.grouped({a: str(labels[a]) for a in self.assets}))

    def groupings(self) -> dict[str, str]:
        """Return the columns of the asset table that split these assets into groups, with their titles."""
        table = self.local.assets.loc[list(self.assets)]
        return {
            column: title
            for column, title in GROUPINGS.items()
            if 1 < table[column].nunique() < len(self.assets) and (table[column] != "").all()
        }

    def _level(self, measure: str) -> float | None:
        return self.view.confidence if MEASURES[measure].uses_confidence else None

    def solve(self, method: str) -> AllocationResult:
        """Return an allocator's weights on the horizon's scenarios."""
        settings = self.settings_of(method)
        return cached.solve(
            self.scenarios, method, settings.get("confidence"), settings.get("risk_free", 0.0)
        )

    def settings_of(self, method: str) -> dict[str, float]:
        """Return what an allocator needs besides scenarios: its level, its risk-free rate per period."""
        settings = {}
        if ALLOCATORS[method].uses_confidence:
            settings["confidence"] = self.view.confidence
        if ALLOCATORS[method].uses_risk_free:
            settings["risk_free"] = self.view.risk_free / self.scenarios.periods_per_year
        return settings

    def check(self, letter: str, code: str) -> dict[str, float] | None:
        """Return the weights behind a code, None for a rule; refuse what these assets cannot build."""
        if code == AFTER and letter != "B":
            raise InputError(f"{AFTER_TITLE} can only be B; choose another portfolio above.")
        weights = self._fixed(code, self.assets)
        if weights is not None:
            self._check_held(letter, weights)
        elif code not in RULES:
            raise InputError(
                f"{letter} is “{code[:40]}”, which {self.prices.label} with these assets cannot "
                "build; choose another portfolio above."
            )
        return weights

    def _fixed(self, code: str, assets: tuple[str, ...]) -> dict[str, float] | None:
        """Return the weights a code names, with the presets `assets` can build; None for a rule."""
        if code == AFTER:
            return {str(k): float(v) for k, v in self.after.portfolio.weights.items()}
        content = content_of(code)
        if isinstance(content, Shares):
            # Weights are the same in every currency.
            return content.values(self.local, rates_for(self.local, "EUR"), "").weights
        return presets_of(self.prices, assets).get(code) if content is None else content

    def shares(self, code: str) -> Shares | None:
        """Return the shares a code holds, None for weights and rules."""
        content = content_of(code)
        return content if isinstance(content, Shares) else None

    def _holding(self, letter: str, code: str) -> Holding:
        title = portfolio_title(code, self.prices)
        weights = self.check(letter, code)
        if weights is not None:
            return Holding(letter, code, title, Portfolio(letter, weights).on(self.assets), None)
        try:
            allocation = self.solve(self.rule(code))
        except NumericalError as error:
            few = self.scenarios.count < FEW_ROWS
            rows = f" The window has only {self.scenarios.count} rows: choose a longer one." if few else ""
            raise type(error)(f"{letter} ({title}): {error}{rows}", **error.details) from error
        return Holding(letter, code, title, allocation.portfolio(letter), allocation)

    def depends_on(self, control: str) -> bool:
        """Whether a control changes the weights of A or B."""
        return any(control in self._inputs_of(code) for code in (self.view.a, self.view.b))

    def _inputs_of(self, code: str) -> frozenset[str]:
        if code not in RULES or code == "equal_weight":
            return frozenset()
        method = self.rule(code)
        level = {"confidence"} if ALLOCATORS[method].uses_confidence else set()
        measure = {"measure"} if code == "risk_parity" else set()
        rate = {"risk_free"} if ALLOCATORS[method].uses_risk_free else set()
        return frozenset({"horizon", *level, *measure, *rate})

    def rule(self, code: str) -> str:
        """Return the allocator behind a named rule: risk parity follows the frame's measure."""
        if code != "risk_parity":
            return code
        return "equal_risk_contribution" if self.view.measure == "volatility" else "cvar_parity"

    def _check_held(self, letter: str, weights: dict[str, float]) -> None:
        absent = [a for a in weights if a not in self.assets and weights[a] != 0.0]
        known = [a for a in absent if a in self.prices.prices.columns]
        if known:
            raise MissingDataError(
                f"{letter} holds {listed(known)}, which is not among the assets shown; "
                "select it on the Data page.",
                assets=known,
            )
        if absent:
            raise AssetMismatchError(
                f"{letter} holds {listed(absent)}, which {self.prices.label} does not have; choose another "
                "portfolio above or other data on the Data page.",
                unknown=absent,
            )


def horizons_of(prices: PriceSet) -> dict[str, int]:
    """Return the horizons a data set can show, each with its length in periods of the data."""
    per_day = prices.periods_per_year / TRADING_DAYS
    lengths = {key: days * per_day for key, days in HORIZON_DAYS.items()}
    offered = {key: round(length) for key, length in lengths.items() if length > 0.9}
    return offered or {"1p": 1}


def presets_of(prices: PriceSet, assets: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Return the ready-made portfolios that these assets can build: code to weights."""
    presets: dict[str, dict[str, float]] = {}
    if {"SPY", "BND"} <= set(assets):
        presets["60_40"] = {"SPY": 0.6, "BND": 0.4}
    if {"SPY", "BND", "GOLD"} <= set(assets):
        presets["low_risk_gold"] = {"SPY": 0.15, "BND": 0.7, "GOLD": 0.15}
    markets = [a for a in ("SPY", "FTSE100", "NIKKEI225", "HANGSENG") if a in assets]
    if len(markets) == 4:
        presets["world_equity"] = {a: 1.0 / len(markets) for a in markets}
    presets["cash"] = {assets[0]: 0.0}
    return presets


PRESET_TITLES = {
    "60_40": "60/40 (SPY/BND)",
    "low_risk_gold": "Low risk with gold",
    "world_equity": "World equity, 4 equal",
    "cash": "Cash",
}


def benchmark_title(code: str, prices: PriceSet) -> str:
    """Return what the menu calls a benchmark: the asset itself, or the portfolio behind the code."""
    return code if code in prices.prices.columns else portfolio_title(code, prices)


def portfolio_title(code: str, prices: PriceSet | None = None) -> str:
    """Return what the menu calls a portfolio code; may contain names typed by the reader."""
    if code == AFTER:
        return AFTER_TITLE
    if code.startswith(SAVED_CODE):
        return saved_title(code)
    shares = shares_of(code)
    if shares is not None:
        return "Shares: " + _largest({a: n for a, n in shares.pieces.items() if n})
    weights = typed_weights(code)
    if weights is None:
        return RULES.get(code) or PRESET_TITLES.get(code) or code
    return "Typed: " + _largest({asset: 100 * weight for asset, weight in weights.items()})


def _largest(numbers: Mapping[str, float]) -> str:
    largest = pd.Series(numbers).sort_values(ascending=False, key=abs).head(3)
    parts = [f"{asset} {number:.3g}" for asset, number in largest.items()]
    more = f" +{len(numbers) - len(parts)}" if len(numbers) > len(parts) else ""
    return ", ".join(parts) + more
