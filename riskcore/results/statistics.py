"""Results that describe a portfolio's history, and how daily and weekly co-movement compare."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

__all__ = ["CorrelationComparison", "DatedReturn", "StatisticsResult", "UnderWater", "WorstPeriod"]


@dataclass(frozen=True)
class WorstPeriod:
    """The worst day, week or month: its loss (positive = bad) and the dates of its first and last row."""

    loss: float
    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True)
class UnderWater:
    """An unbroken stretch below a peak: labels of its first and last row, its length, whether it ended."""

    start: Hashable
    end: Hashable
    periods: int
    recovered: bool


@dataclass(frozen=True)
class DatedReturn:
    """A compounded return between two closes: from the close of `start` to the close of `end`."""

    value: float
    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True, eq=False)
class StatisticsResult:
    """What a portfolio's scenarios look like. A figure that is not defined is None, `reasons` says why.

    Attributes
    ----------
    portfolio, count, start, end
        Its name, the number of scenarios, and the labels of the first and last row.
    periods_per_year, risk_free, basis
        What the figures per year rest on: rows per year, the rate per year (simple), and a sentence.
    mean, volatility
        Per year: mean per period × periods per year, volatility per period × its square root.
    growth
        Compounded return per year over the whole window.
    sharpe, sortino, calmar
        (mean − risk-free) / volatility; (mean − risk-free) / downside deviation below the risk-free rate;
        growth / maximum drawdown. All per year.
    skewness, excess_kurtosis
        Of the returns per period; 0 for a normal distribution.
    worst_day, worst_week, worst_month
        Complete calendar periods, compounded.
    max_drawdown, peak, trough, recovery
        Depth as a share of the peak, positive = bad, and the labels of its rows. The peak is None when it
        is the starting wealth, recovery is None while not recovered; `reasons` says so.
    average_drawdown, ulcer_index
        Mean, and root mean square, of the drawdown over all rows.
    longest_under_water
        The longest stretch below a peak.
    diversification_ratio
        Σ |w_i| σ_i / σ_portfolio: 1 when everything moves together.
    effective_bets
        Effective number of minimum-torsion bets, between 1 and the number of assets held.
    reasons
        Field name to the sentence that says why it is None.
    """

    portfolio: str
    count: int
    start: Hashable
    end: Hashable
    periods_per_year: float
    risk_free: float
    basis: str
    mean: float
    volatility: float
    growth: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    skewness: float | None
    excess_kurtosis: float | None
    worst_day: WorstPeriod | None
    worst_week: WorstPeriod | None
    worst_month: WorstPeriod | None
    max_drawdown: float | None
    peak: Hashable | None
    trough: Hashable | None
    recovery: Hashable | None
    average_drawdown: float | None
    ulcer_index: float | None
    longest_under_water: UnderWater | None
    diversification_ratio: float | None
    effective_bets: float | None
    reasons: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class CorrelationComparison:
    """Daily and weekly correlations side by side, to find closes that are not simultaneous.

    Attributes
    ----------
    daily, weekly
        n × n correlations, labelled.
    days, weeks
        Observations behind each.
    pairs
        One row per pair, largest understatement first: first, second, daily, weekly, understatement
        (how much farther from zero the weekly one is), leader (whose return today goes with the other's
        return tomorrow more), lead_correlation (that correlation), understated.
    """

    daily: pd.DataFrame
    weekly: pd.DataFrame
    days: int
    weeks: int
    pairs: pd.DataFrame

    @property
    def understated(self) -> pd.DataFrame:
        """The pairs whose daily correlation misses much of what they share."""
        return self.pairs[self.pairs["understated"]]
