"""Results of the gate: each limit with its value, what cures a breach, and since when it has lasted."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = ["BreachSince", "CureResult", "GateResult", "LimitResult", "Status"]

Status = Literal["pass", "warn", "breach", "unchecked", "unset"]
# From the best to the worst; what could not be checked is never better than a warning.
ORDER: tuple[Status, ...] = ("pass", "warn", "unchecked", "breach")


@dataclass(frozen=True)
class LimitResult:
    """One limit and the value it is held against.

    Attributes
    ----------
    key
        Identity: "volatility", "replay:Global financial crisis", "weight:Equity", …
    name
        What is limited, with horizon and basis, for the reader.
    limit
        The highest value allowed, positive; in the unit.
    value
        The figure itself, a loss or a size, positive = bad; None where it cannot be computed (`reason`).
    unit
        "fraction" (of the value or of the risk), "days", or "exposure" (the move of the value when a
        factor moves by 1).
    warn_at
        The share of the limit from which the status is a warning.
    reason
        Why there is no value.
    """

    key: str
    name: str
    limit: float
    value: float | None
    unit: Literal["fraction", "days", "exposure"] = "fraction"
    warn_at: float = 0.9
    reason: str = ""

    @property
    def utilisation(self) -> float | None:
        """Value / limit; negative where the value is a gain."""
        return None if self.value is None else self.value / self.limit

    @property
    def status(self) -> Status:
        """Breach above the limit, warn from the warning share on, unchecked without a value, else pass."""
        if self.value is None:
            return "unchecked"
        if self.value > self.limit:
            return "breach"
        return "warn" if self.value >= self.warn_at * self.limit else "pass"


@dataclass(frozen=True)
class GateResult:
    """All limits of one portfolio.

    Attributes
    ----------
    portfolio
        Its name.
    limits
        In the order they were set; empty where none is.
    """

    portfolio: str
    limits: tuple[LimitResult, ...]

    @property
    def status(self) -> Status:
        """The worst of all limits; "unset" without any, which is grey and never green."""
        if not self.limits:
            return "unset"
        return max((found.status for found in self.limits), key=ORDER.index)

    @property
    def breaches(self) -> tuple[LimitResult, ...]:
        """The limits that are breached."""
        return tuple(found for found in self.limits if found.status == "breach")

    @property
    def unchecked(self) -> tuple[LimitResult, ...]:
        """The limits whose value could not be computed."""
        return tuple(found for found in self.limits if found.status == "unchecked")

    def table(self) -> pd.DataFrame:
        """Return key, name, value, limit, utilisation and status, one row per limit, full digits."""
        rows = [(f.key, f.name, f.value, f.limit, f.utilisation, f.status) for f in self.limits]
        columns = ["key", "limit on", "value", "limit", "utilisation", "status"]
        return pd.DataFrame(rows, columns=columns).set_index("key")


@dataclass(frozen=True, eq=False)
class CureResult:
    """The smallest trade found after which every limit holds.

    Attributes
    ----------
    trades
        Asset to change of weight; index = assets. Zero for those that stay.
    turnover
        One-way: the larger of all bought and all sold, a fraction of the value.
    exact
        Whether no smaller trade cures (all binding limits are convex); otherwise it is the smallest found.
    after
        The gate after the trade, evaluated anew.
    """

    trades: pd.Series
    turnover: float
    exact: bool
    after: GateResult

    @property
    def words(self) -> str:
        """How far the answer goes: "smallest there is" or "smallest found"."""
        return "smallest there is" if self.exact else "smallest found"


@dataclass(frozen=True)
class BreachSince:
    """How long a limit would have been breached by the weights of now, window after window.

    Attributes
    ----------
    first
        The end of the first window of the run of breaches that lasts to the end of the data; None where
        the last window is no breach.
    value
        The figure of the last window.
    share
        The share of all windows that breach.
    window
        Rows per window.
    reaches_back
        Whether the run starts with the first window there is: it may be older.
    """

    first: pd.Timestamp | None
    value: float
    share: float
    window: int
    reaches_back: bool
