"""The book of a view: its data, its scenarios and the two portfolios A and B, solved when first asked.

Portfolio codes are named rules (solved on the window, horizon, measure and confidence of the frame),
presets of the data set, or weights typed by the reader.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from riskcore.allocation import ALLOCATORS
from riskcore.contributions import risk_contributions
from riskcore.dashboard import cached, scenario_set
from riskcore.dashboard.basket import AFTER, AFTER_TITLE, traded
from riskcore.dashboard.market import Market
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.portfolio_codes import content_of
from riskcore.dashboard.portfolio_titles import RULES, benchmark_title, portfolio_title, presets_of
from riskcore.data.holdings_shares import Shares
from riskcore.errors import AssetMismatchError, InputError, MissingDataError, NumericalError, listed
from riskcore.measures import MEASURES, risk
from riskcore.portfolio import Portfolio
from riskcore.results import AllocationResult, ContributionResult, RiskResult
from riskcore.scenarios import Scenarios

__all__ = ["Book", "Holding"]

# Those that make risk shares equal; others reach shares, too, but not on purpose.
PARITY = frozenset({"equal_risk_contribution", "cvar_parity", "gaussian_cvar_parity"})
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


class Book(Market):
    """Everything the pages compute from, for one view: its data, and the portfolios on it."""

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
