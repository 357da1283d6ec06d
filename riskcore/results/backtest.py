"""Results of a walk-forward backtest: what rules would have earned with weights from past data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

__all__ = ["BacktestFigure", "BacktestResult", "MethodBacktest"]


class BacktestFigure(NamedTuple):
    """A figure with its sampling interval; the bounds are None where there is no interval."""

    value: float
    lower: float | None = None
    upper: float | None = None

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False without one."""
        return self.lower is not None and self.upper is not None and (self.lower > 0 or self.upper < 0)


@dataclass(frozen=True, eq=False)
class MethodBacktest:
    """What one rule would have done.

    Attributes
    ----------
    method, label
        Registry key ("cvar_parity") and words for the reader.
    returns
        Net return of every held row, decimal; costs fall on the first row after the trade.
    growth
        Growth of 1: begins with 1 at the close of the first trade.
    drawdown
        How far the value is below its highest so far, 0 … 1, positive = bad; the starting value is a peak.
    weights
        Rebalances × assets, as fractions of value just after trading, by date of the trade.
    turnover
        One-way turnover of each rebalance, ½ Σ|w_i − w_i⁻|: the share of the value that changes hands, w⁻ the
        drifted weights before. The first purchase is not in it.
    costs
        Paid at each rebalance, as a fraction of the value before it; the first purchase pays too.
    failures
        Trade dates at which the rule had no answer and kept its drifted weights, with the reason.
    growth_per_year, volatility
        Compounded, and √k σ of the rows' returns: decimal per year.
    sharpe
        (k·mean − risk-free) / (√k·σ); None for a path without volatility.
    sharpe_difference
        Sharpe minus that of equal weight on the same rows; None for equal weight itself.
    cvar, max_drawdown
        Losses, positive = bad; the CVaR is of one row, not of a year.
    turnover_per_year, costs_per_year
        Sums of `turnover` and `costs` over the years held.
    """

    method: str
    label: str
    returns: pd.Series
    growth: pd.Series
    drawdown: pd.Series
    weights: pd.DataFrame
    turnover: pd.Series
    costs: pd.Series
    failures: Mapping[pd.Timestamp, str]
    growth_per_year: BacktestFigure
    volatility: BacktestFigure
    sharpe: BacktestFigure | None
    sharpe_difference: BacktestFigure | None
    cvar: BacktestFigure
    max_drawdown: float
    turnover_per_year: float
    costs_per_year: float


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Rules beside each other on the same held rows, equal weight first.

    Attributes
    ----------
    methods
        By key, in the order asked for.
    refused
        Rules that had no answer at the first date, and so never had weights to hold, with the reason.
    window
        Rows each estimate rests on; None for all rows before the trade.
    rebalance, costs, warm_up, risk_free, confidence
        As asked for; `warm_up` in rows, `costs` as a fraction of every purchase and every sale.
    start, end
        The close of the first trade, and the last row held.
    periods_per_year, rows
        Of the held rows.
    level, resamples
        Nominal coverage and number of resamples of the intervals.
    no_intervals
        Why there are no intervals, None where there are.
    """

    methods: Mapping[str, MethodBacktest]
    refused: Mapping[str, str]
    window: int | None
    rebalance: str
    costs: float
    warm_up: int
    risk_free: float
    confidence: float
    start: pd.Timestamp
    end: pd.Timestamp
    periods_per_year: float
    rows: int
    level: float
    resamples: int
    no_intervals: str | None

    @property
    def failures(self) -> int:
        """How often, over all rules, one had no answer and kept its drifted weights."""
        return sum(len(m.failures) for m in self.methods.values())

    @property
    def table(self) -> pd.DataFrame:
        """One row per rule, decimals; bounds of intervals in columns of their own, NaN without one."""
        rows = {}
        for key, m in self.methods.items():
            row: dict[str, object] = {"label": m.label}
            for name in ("growth_per_year", "volatility", "sharpe", "sharpe_difference", "cvar"):
                found: BacktestFigure | None = getattr(m, name)
                value, lower, upper = found if found is not None else (None, None, None)
                row |= {name: value, f"{name}_lower": lower, f"{name}_upper": upper}
            row |= {
                "max_drawdown": m.max_drawdown,
                "turnover_per_year": m.turnover_per_year,
                "costs_per_year": m.costs_per_year,
                "failures": len(m.failures),
            }
            rows[key] = row
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
        numbers = [c for c in table.columns if c not in ("label", "failures")]
        return table.astype(dict.fromkeys(numbers, "float64"))
