"""The data of a view: prices in its currency, the assets shown, the window and the horizon."""

from functools import cached_property

import pandas as pd

from riskcore.dashboard import cached
from riskcore.dashboard.horizons import horizons_of
from riskcore.dashboard.money import Money, in_base, money_of
from riskcore.dashboard.view import HORIZONS, View
from riskcore.data.price_set import PriceSet
from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.scenarios import Scenarios

__all__ = ["GROUPINGS", "Market"]

GROUPINGS = {
    "group": "Group",
    "asset_class": "Class",
    "sector": "Sector",
    "region": "Region",
    "currency": "Currency",
}


class Market:
    """Everything a view says about its data; the portfolios on it are the book's."""

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

    def groupings(self) -> dict[str, str]:
        """Return the columns of the asset table that split these assets into groups, with their titles."""
        table = self.local.assets.loc[list(self.assets)]
        return {
            column: title
            for column, title in GROUPINGS.items()
            if 1 < table[column].nunique() < len(self.assets) and (table[column] != "").all()
        }
