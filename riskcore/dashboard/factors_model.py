"""The factor model of the Factors page: what was chosen, and what follows from it, each computed once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import pandas as pd

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.factors_fits import (
    Choices,
    components_of,
    contributions_of,
    exposures_of,
    fitted,
    pegs_of,
    risk_of,
)
from riskcore.dashboard.money import rates_for
from riskcore.dashboard.script import Lines
from riskcore.data.currency import unit_of, with_rates
from riskcore.data.factor_file import join_factors
from riskcore.data.price_set import PriceSet
from riskcore.errors import InputError, listed
from riskcore.factors import Errors, factor_groups
from riskcore.periods import spacing
from riskcore.results import RiskResult
from riskcore.results.factors import (
    ComponentsResult,
    ExposureResult,
    FactorContributionResult,
    PortfolioExposureResult,
)
from riskcore.scenarios import Scenarios

__all__ = ["MOST_FACTORS", "Choices", "Currencies", "Model", "base_of", "build", "default_factors", "foreign"]

USUAL_BASE = "USD"
Currencies = Literal["as shown", "hedged", "unhedged"]
MOST_FACTORS = 6
# Beside the index, one series of each of these classes stands for what moves bonds and commodities.
FURTHER_CLASSES = ("Bonds", "Commodity")


@dataclass(frozen=True, eq=False)
class Model:
    """A factor model of the assets of the book, and what it says about A and B."""

    book: Book
    prices: PriceSet
    choices: Choices
    file: str | None = None
    file_holds: str = "prices"
    lines: list[Lines] = field(default_factory=list)

    @cached_property
    def data(self) -> Scenarios:
        """Single-period returns of the assets, the factors and the exchange rates, in local currency."""
        choices, view = self.choices, self.book.view
        rates = [rate for _, rate in choices.rates]
        names = tuple(dict.fromkeys((*choices.assets, *choices.factors, *rates)))
        return cached.scenarios(self.prices, names, view.start, view.end)

    def check(self) -> None:
        """Refuse at once what cannot be fitted: without exposures no part of the page has an answer."""
        cached.derived(fitted, self.data, choices=self.choices)

    @property
    def fit(self) -> ExposureResult:
        """Exposures of the assets."""
        return cached.derived(fitted, self.data, choices=self.choices)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The factors that share half of their variance or more, together; the others alone."""
        return factor_groups(self.fit.factor_covariance)

    @property
    def spectrum(self) -> ComponentsResult:
        """Principal components of the assets, on the rows of the fit."""
        return cached.derived(components_of, self.data, choices=self.choices)

    def contributions(self, holding: Holding, *, weekly: bool | None = None) -> FactorContributionResult:
        """Return what factors carry of the risk in the frame's measure, with exposures on either rows."""
        view = self.book.view
        choices = self.choices if weekly is None else replace(self.choices, weekly=weekly)
        return cached.compute(
            contributions_of,
            self.data,
            holding.portfolio.on(self.data.assets),
            choices=choices,
            measure=view.measure,
            confidence=None if view.measure == "volatility" else view.confidence,
        )

    def risk(self, holding: Holding) -> RiskResult:
        """Return the risk itself on the rows of the contributions, with the scenarios in its tail."""
        view = self.book.view
        return cached.compute(
            risk_of,
            self.data,
            holding.portfolio.on(self.data.assets),
            choices=self.choices,
            measure=view.measure,
            confidence=None if view.measure == "volatility" else view.confidence,
        )

    def exposures(self, holding: Holding) -> PortfolioExposureResult:
        """Return the exposures of A or B with intervals."""
        held = holding.portfolio.on(self.data.assets)
        return cached.compute(exposures_of, self.data, held, choices=self.choices)

    @property
    def rows_words(self) -> str:
        """On which returns the exposures were fitted."""
        return "weekly returns" if self.choices.weekly else self.book.basis

    @property
    def shortened(self) -> bool:
        """Whether the factors start later, or end earlier, than the assets."""
        return self.data.count < self.book.base.count


def default_factors(prices: PriceSet, assets: Sequence[str]) -> tuple[str, ...]:
    """Return the series that stand for common drivers: the index, then bonds and commodities; maybe none.

    Only series that do not shorten the history of the assets.
    """
    earliest, latest = prices.common_start(assets), prices.common_end(assets)
    first, last = prices.first_dates, prices.last_dates
    whole = [t for t in prices.tickers if first[t] <= earliest and last[t] >= latest]
    if prices.default_index not in whole:
        return ()
    classes = prices.assets["asset_class"]
    further = [next((t for t in whole if classes[t] == wanted), None) for wanted in FURTHER_CLASSES]
    return tuple(dict.fromkeys(f for f in (prices.default_index, *further) if f is not None))


def base_of(book: Book) -> str:
    """Return the currency that unhedged returns are counted in: the frame's, or dollars."""
    return book.view.base or USUAL_BASE


def foreign(book: Book) -> dict[str, str]:
    """Return the assets in a currency that exchange rates are known for, each with its currency.

    Without a base currency in the frame, dollars are one only where an asset is in dollars.
    """
    table, base = book.local.assets, base_of(book)
    stated = {asset: unit_of(str(table.loc[asset, "currency"]))[0] for asset in book.assets}
    if not book.view.base and base not in stated.values():
        return {}
    known = set(rates_for(book.local, base, book.assets).currencies)
    return {a: code for a, code in stated.items() if code in known and code != base and base in known}


def build(
    book: Book,
    chosen: tuple[str, ...],
    *,
    count: int = 0,
    on_weeks: bool = True,
    penalty: float = 0.0,
    errors: Errors = "classic",
    currencies: Currencies = "as shown",
    brought: PriceSet | None = None,
    file_holds: str = "prices",
) -> Model:
    """Return the model of the choices made on the page; `brought` are the factors of an uploaded file.

    Currencies "as shown" are those of the frame; "hedged" are local returns; "unhedged" are returns in the
    base currency, with exchange rates as further factors where factors are observed. Rows that overlap get
    Newey and West's errors whatever was asked: the classic ones would be too small.
    """
    prices, rates = book.prices if currencies == "as shown" else book.local, dict[str, str]()
    if currencies == "unhedged" and foreign(book):
        names, base = list(dict.fromkeys((*book.assets, *chosen))), base_of(book)
        prices, found, _ = with_rates(book.local, names, base, rates_for(book.local, base, book.assets))
        rates = {asset: rate for asset, rate in found.items() if asset in foreign(book)}
    if brought is not None:
        prices, brought_names = join_factors(prices, brought)
        chosen = tuple(dict.fromkeys((*chosen, *brought_names)))
    pegged = _pegged(book, prices, rates)
    if chosen:
        floating = [rate for rate in rates.values() if rate not in {held for held, _, _ in pegged}]
        chosen = tuple(dict.fromkeys((*chosen, *floating)))
    _check_number(chosen)
    on_weeks = on_weeks and _daily(book)
    choices = Choices(
        assets=book.assets,
        factors=chosen,
        count=count,
        weekly=on_weeks,
        periods=book.periods,
        penalty=penalty,
        errors="newey_west" if book.periods > 1 and not on_weeks else errors,
        rates=tuple(rates.items()),
        pegged=pegged,
    )
    return Model(book, prices, choices, brought.label if brought is not None else None, file_holds)


def _daily(book: Book) -> bool:
    return spacing(pd.DatetimeIndex(book.base.index)) == "day"


def _pegged(book: Book, prices: PriceSet, rates: dict[str, str]) -> tuple[tuple[str, str | None, float], ...]:
    """Return the exchange rates that hardly move in the window, on weekly returns where there are days."""
    if not rates:
        return ()
    names = tuple(dict.fromkeys((*book.assets, *rates.values())))
    moves = cached.scenarios(prices, names, book.view.start, book.view.end)
    found = cached.derived(pegs_of, moves, rates=tuple(rates.items()), weeks=_daily(book))
    return tuple((rate, anchor, moved) for rate, (anchor, moved) in found.items())


def _check_number(factors: Sequence[str]) -> None:
    if len(factors) > 2 * MOST_FACTORS:
        raise InputError(
            f"{len(factors)} factors ({listed(factors)}) are more than the {2 * MOST_FACTORS} this page can "
            "show; choose fewer."
        )
