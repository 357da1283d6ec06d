"""What a table of holdings says: positions, cash, and how they are weighed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.portfolio import Portfolio

__all__ = ["HoldingsAnswers", "HoldingsReading", "Position", "Unmatched", "over_total"]

KINDS = ("shares", "amount", "weight")


@dataclass(frozen=True)
class HoldingsAnswers:
    """What the reader answered where a table can be read in several ways; None asks again.

    Parameters
    ----------
    kind
        What the only column of numbers holds: "shares", "amount" or "weight".
    columns
        Heading (or the column's number, from 1) to "ticker", "isin", "name", "side", "currency", "shares",
        "price", "amount", "weight", or "other" to leave it out.
    decimal
        The decimal mark, "." or ",".
    sheet
        Which sheet of a workbook.
    assets
        What the table calls an asset, to the data's ticker; to None where it shall be left out.
    cash
        What the table calls rows that are money in the account, such as a money-market fund.
    duplicates
        "sum" adds up rows of one asset that were refused.
    currency
        The portfolio's currency.
    rates
        What one unit of each currency is worth in the portfolio's.
    """

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    sheet: str | None = None
    assets: Mapping[str, str | None] = field(default_factory=dict)
    cash: frozenset[str] = frozenset()
    duplicates: str | None = None
    currency: str | None = None
    rates: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.kind is not None and self.kind not in KINDS:
            raise InputError(f"The numbers are {listed(KINDS)}, not {str(self.kind)[:40]!r}.")
        if self.duplicates not in {None, "sum"}:
            raise InputError(f"Duplicates can be answered by 'sum', not {str(self.duplicates)[:40]!r}.")


@dataclass(frozen=True)
class Position:
    """One asset held.

    Parameters
    ----------
    label
        The data's ticker; what the table says where it was not matched.
    spelled
        What the table says.
    kind
        "shares", "amount" or "weight": what `quantity` is.
    quantity
        How much; negative for a short position. Weights are fractions of the portfolio's value.
    price
        The table's price, if it has one.
    currency
        The currency of the price or amount, as far as the table says.
    value
        The worth in the portfolio's currency; None where it is unknown or the table holds weights.
    place
        Where it stands in the table.
    """

    label: str
    spelled: str
    kind: str
    quantity: float
    price: float | None
    currency: str
    value: float | None
    place: str


@dataclass(frozen=True)
class Unmatched:
    """A row the data has no asset for: what it is called, where, what is like it, and how to mend it."""

    spelled: str
    place: str
    suggestions: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class HoldingsReading:
    """What a table of holdings says.

    Parameters
    ----------
    positions
        The assets, in the order of the table.
    cash
        Money in the account: in the portfolio's currency, or a fraction of its value where weights are held.
    unit
        What the table holds: "shares" (they drift with prices), "amount" or "weight" (they do not).
    currency
        The portfolio's currency; empty where the table does not say.
    total_value
        The value of positions and cash; None where it is unknown.
    unmatched
        Rows the data has no asset for; they are among the positions too.
    notes
        What was assumed, left out or added up, in sentences.
    """

    positions: tuple[Position, ...]
    cash: float
    unit: str
    currency: str
    total_value: float | None
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def drifts(self) -> str:
        """Which of the two applies, for the page to say."""
        if self.unit == "shares":
            return "The table holds shares: their weights drift with prices."
        what = "amounts" if self.unit == "amount" else "weights"
        return f"The table holds {what}: the weights stay as they are, whatever prices do."

    @property
    def weights(self) -> dict[str, float]:
        """Label to fraction of the total value, cash included in the total.

        Raises
        ------
        MissingDataError
            A position has shares and no price, or the total is not positive.
        """
        if self.unit == "weight":
            return {p.label: p.quantity for p in self.positions}
        values = _values(self.positions)
        return over_total(values, self.cash)

    def portfolio(self, name: str) -> Portfolio:
        """Return the weights as a portfolio.

        Raises
        ------
        AssetMismatchError
            Rows are unmatched: nothing is dropped unsaid.
        """
        if self.unmatched:
            raise AssetMismatchError(
                " ".join(u.sentence for u in self.unmatched[:5]),
                unknown=[u.spelled for u in self.unmatched],
                suggestions={u.spelled: list(u.suggestions) for u in self.unmatched},
            )
        return Portfolio(name, self.weights)


def _values(positions: Sequence[Position]) -> dict[str, float]:
    missing = [p.label for p in positions if p.value is None]
    if missing:
        raise MissingDataError(
            f"No price for {listed(missing, most=10)}, so the shares have no value; give prices or amounts.",
            assets=missing,
        )
    return {p.label: p.value for p in positions if p.value is not None}


def over_total(values: Mapping[str, float], cash: float) -> dict[str, float]:
    """Return each value as a fraction of all values and the cash; refuse a total that is not positive.

    Examples
    --------
    >>> over_total({"A": 60.0}, 40.0)
    {'A': 0.6}
    """
    total = math.fsum([cash, *values.values()])
    if not (math.isfinite(total) and total > 0):
        raise MissingDataError(
            f"Positions and cash are worth {total:g} together; weights need a positive total value. "
            "Add the cash the short sales brought."
        )
    return {label: value / total for label, value in values.items()}
