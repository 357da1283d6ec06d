"""What exchange rates add to a portfolio's risk."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["CurrencyEffectResult"]


@dataclass(frozen=True, eq=False)
class CurrencyEffectResult:
    """The risk of foreign assets without a currency hedge, split into local and currency parts.

    Attributes
    ----------
    unhedged
        The risk of returns in the base currency, a loss per period, positive = bad.
    hedged
        The risk of the same weights in local returns, as if every currency were hedged without cost.
    table
        Index = assets; columns weight, local, currency (0 for an asset without a rate), unhedged
        (local + currency, and these add up to `unhedged`) and hedged (they add up to `hedged`).
    rates
        The exchange rate each converted asset was converted with.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    unhedged: float
    hedged: float
    table: pd.DataFrame
    rates: dict[str, str]

    @property
    def currency(self) -> float:
        """The currency parts together: a part of `unhedged`, not the change from `hedged`."""
        return float(self.table["currency"].sum())
