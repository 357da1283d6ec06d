"""Descriptive statistics of a portfolio: moments, ratios, drawdowns, worst periods, diversification.

None of these is a risk measure to allocate with: drawdowns here are compounded, and have no contributions.
"""

import math
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, NumericalError
from riskcore.numerics.paths import deepest_drawdown, drawdowns, longest_under_water, wealth
from riskcore.numerics.torsion import effective_number_of_bets
from riskcore.portfolio import Portfolio
from riskcore.results.statistics import StatisticsResult, UnderWater
from riskcore.scenarios import Scenarios
from riskcore.statistics.correlations import is_constant, rounding_of
from riskcore.statistics.history import Reasons, no_path, ruin_of, shown, worst_periods

__all__ = ["describe"]

Floats = NDArray[np.float64]
PATH_FIELDS = (
    "growth",
    "calmar",
    "max_drawdown",
    "peak",
    "trough",
    "recovery",
    "average_drawdown",
    "ulcer_index",
    "longest_under_water",
)


def describe(scenarios: Scenarios, portfolio: Portfolio, *, risk_free: float = 0.0) -> StatisticsResult:
    """Return moments, ratios, worst periods, drawdowns and diversification of a portfolio.

    With r_t = Σ w_i r_ti (weights rebalanced every period), m and σ its probability-weighted mean and
    volatility, k periods per year and f the risk-free rate per year: mean k·m, volatility √k·σ,
    Sharpe (k·m − f)/(√k·σ), Sortino (k·m − f)/(√k·√E[min(r − f/k, 0)²]), growth Π(1 + r)^{k/S} − 1,
    Calmar growth / maximum drawdown, average drawdown E[D], ulcer index √E[D²].
    Skewness E[(r − m)³]/σ³ and excess kurtosis E[(r − m)⁴]/σ⁴ − 3 are of one period.

    Parameters
    ----------
    scenarios
        Weighted or unordered ones are welcome; what needs a history is then None, with the reason.
    portfolio
        A weight for every asset of the scenarios and for no other.
    risk_free
        Per year, simple, decimal: 0.03 for 3 %.

    Returns
    -------
    StatisticsResult
        Means and ratios: positive = good. Drawdowns and worst periods are losses: positive = bad. Calmar
        uses the whole window, and the average drawdown is over all rows, not over drawdown episodes.

    Raises
    ------
    InputError
        The risk-free rate is not a decimal between −1 and 1.
    AssetMismatchError
        Weights and scenarios name different assets.

    References
    ----------
    Sortino and van der Meer (1991); Young (1991) for Calmar; Martin (1989) for the ulcer index; Choueifaty
    and Coignard (2008) for the diversification ratio; Meucci, Santangelo, Deguest (2015) for the bets.

    Examples
    --------
    >>> history = Scenarios(np.array([[0.1], [-0.5], [0.5]]), ("SPY",), periods_per_year=1, ordered=True)
    >>> found = describe(history, Portfolio("All in", {"SPY": 1.0}))
    >>> round(found.mean, 6), found.max_drawdown, found.trough, found.reasons["recovery"]
    (0.033333, 0.5, 1, 'Not reached again by 2.')
    """
    weights = portfolio.aligned(scenarios.assets)
    returns = scenarios.returns @ weights
    rate = _checked_rate(risk_free)
    reasons: Reasons = {}
    rounding = rounding_of(scenarios.returns, weights)
    moments = _moments(returns, scenarios, rate, rounding, reasons)
    path = _path(returns, scenarios, reasons)
    worst_day, worst_week, worst_month = worst_periods(returns, scenarios, reasons)
    ratio, bets = _diversification(scenarios, weights, moments.spread, reasons)
    return StatisticsResult(
        portfolio=portfolio.name,
        count=scenarios.count,
        start=scenarios.index[0],
        end=scenarios.index[-1],
        periods_per_year=scenarios.periods_per_year,
        risk_free=rate,
        basis=_basis(scenarios.periods_per_year, rate),
        mean=moments.mean,
        volatility=moments.volatility,
        growth=path.growth,
        sharpe=moments.sharpe,
        sortino=moments.sortino,
        calmar=path.calmar,
        skewness=moments.skewness,
        excess_kurtosis=moments.excess_kurtosis,
        worst_day=worst_day,
        worst_week=worst_week,
        worst_month=worst_month,
        max_drawdown=path.deepest,
        peak=path.peak,
        trough=path.trough,
        recovery=path.recovery,
        average_drawdown=path.average,
        ulcer_index=path.ulcer,
        longest_under_water=path.longest,
        diversification_ratio=ratio,
        effective_bets=bets,
        reasons=reasons,
    )


class _Moments(NamedTuple):
    mean: float
    volatility: float
    spread: float | None
    sharpe: float | None
    sortino: float | None
    skewness: float | None
    excess_kurtosis: float | None


class _Path(NamedTuple):
    growth: float | None = None
    calmar: float | None = None
    deepest: float | None = None
    peak: Hashable | None = None
    trough: Hashable | None = None
    recovery: Hashable | None = None
    average: float | None = None
    ulcer: float | None = None
    longest: UnderWater | None = None


def _moments(
    returns: Floats, scenarios: Scenarios, rate: float, rounding: float, reasons: Reasons
) -> _Moments:
    p, k = scenarios.probabilities, scenarios.periods_per_year
    mean = float(p @ returns)
    centred = returns - mean
    deviation = math.sqrt(float(p @ centred**2))
    excess = k * mean - rate
    downside = math.sqrt(float(p @ np.minimum(returns - rate / k, 0.0) ** 2))
    sortino = excess / (math.sqrt(k) * downside) if downside > rounding else None
    if sortino is None:
        reasons["sortino"] = "No return is below the risk-free rate, so there is no downside to divide by."
    if float(np.ptp(returns)) <= rounding:
        for name in ("sharpe", "skewness", "excess_kurtosis"):
            reasons[name] = "All returns are the same, so there is no volatility to divide by."
        return _Moments(k * mean, math.sqrt(k) * deviation, None, None, sortino, None, None)
    scaled = centred / deviation
    return _Moments(
        mean=k * mean,
        volatility=math.sqrt(k) * deviation,
        spread=deviation,
        sharpe=excess / (math.sqrt(k) * deviation),
        sortino=sortino,
        skewness=float(p @ scaled**3),
        excess_kurtosis=float(p @ scaled**4) - 3.0,
    )


def _path(returns: Floats, scenarios: Scenarios, reasons: Reasons) -> _Path:
    problem = no_path(scenarios) or ruin_of(returns, scenarios.index)
    if problem:
        reasons.update(dict.fromkeys(PATH_FIELDS, problem))
        return _Path()
    depths = drawdowns(returns)
    final = float(wealth(returns)[-1])
    growth = final ** (scenarios.periods_per_year / scenarios.count) - 1.0
    deepest = float(depths.max())
    if deepest == 0.0:
        for name in ("calmar", "peak", "trough", "recovery", "longest_under_water"):
            reasons[name] = "Wealth never fell below its peak."
        return _Path(growth=growth, deepest=0.0, average=0.0, ulcer=0.0)
    peak, trough, recovery = deepest_drawdown(depths)
    labels = scenarios.index
    if peak < 0:
        reasons["peak"] = f"The peak is the starting wealth, before the first row ({shown(labels[0])})."
    if recovery is None:
        reasons["recovery"] = f"Not reached again by {shown(labels[-1])}."
    return _Path(
        growth=growth,
        calmar=growth / deepest,
        deepest=deepest,
        peak=None if peak < 0 else labels[peak],
        trough=labels[trough],
        recovery=None if recovery is None else labels[recovery],
        average=float(depths.mean()),
        ulcer=math.sqrt(float((depths**2).mean())),
        longest=_longest(depths, labels),
    )


def _longest(depths: Floats, labels: pd.Index) -> UnderWater | None:
    stretch = longest_under_water(depths)
    if stretch is None:
        return None
    first, last = stretch
    return UnderWater(labels[first], labels[last], last - first + 1, last < len(labels) - 1)


def _diversification(
    scenarios: Scenarios, weights: Floats, deviation: float | None, reasons: Reasons
) -> tuple[float | None, float | None]:
    held = np.flatnonzero(weights)
    if deviation is None:
        for name in ("diversification_ratio", "effective_bets"):
            reasons[name] = "The portfolio has no volatility to spread."
        return None, None
    p, returns = scenarios.probabilities, scenarios.returns[:, held]
    moving = np.array([not is_constant(column) for column in returns.T])
    # A constant asset (cash) holds no share of the risk: it is neither a bet nor a correlation.
    returns, held_weights = returns[:, moving], weights[held][moving]
    centred = returns - p @ returns
    covariance = centred.T @ (p[:, None] * centred)
    ratio = float(np.abs(held_weights) @ np.sqrt(np.diag(covariance))) / deviation
    try:
        return ratio, effective_number_of_bets(held_weights, covariance)
    except NumericalError as problem:
        reasons["effective_bets"] = str(problem)
        return ratio, None


def _basis(periods: float, rate: float) -> str:
    return (
        f"Per year: mean × {periods:g}, volatility × √{periods:g}; simple returns, weights rebalanced every "
        f"period, risk-free rate {100 * rate:g} % a year."
    )


def _checked_rate(rate: float) -> float:
    value = float(rate)
    if -1.0 < value < 1.0:
        return value
    hint = f"; did you mean {value / 100:g}?" if 1.0 <= abs(value) < 100.0 else "."
    raise InputError(f"The risk-free rate is a decimal per year (0.03 for 3 %), got {rate}{hint}", rate=rate)
