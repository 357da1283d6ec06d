"""The gate: every limit held against its value, by the same functions the pages use."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, RiskcoreError
from riskcore.limits.items import Item, items_of
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.numerics.paths import drawdowns
from riskcore.numerics.tail import tail_weights, value_at_risk
from riskcore.portfolio import Portfolio
from riskcore.results.limits import BreachSince, GateResult, LimitResult
from riskcore.scenarios import Scenarios

__all__ = ["breached_since", "check"]

Floats = NDArray[np.float64]
THROUGH_TIME = ("volatility", "var", "cvar", "drawdown")


def check(situation: Situation, portfolio: Portfolio, limits: Limits) -> GateResult:
    """Return the gate: value, limit, utilisation and status of everything that is limited.

    A figure that cannot be computed (a crisis the data does not cover, no volume) is "unchecked" with the
    reason; the gate does not pass then. Without limits the gate is "unset".

    Parameters
    ----------
    situation
        What the figures are computed from.
    portfolio
        A weight for every asset of the scenarios and for no other.
    limits
        The highest values allowed.

    Raises
    ------
    AssetMismatchError
        Weights and scenarios name different assets.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.04, 0.01], [0.02, 0.0]]), ("SPY", "BND"), periods_per_year=252)
    >>> gate = check(Situation(s, 0.6), Portfolio("A", {"SPY": 0.5, "BND": 0.5}),
    ...              Limits(cvar=0.016, largest_weight=0.4))
    >>> [(f.key, round(f.utilisation, 4), f.status) for f in gate.limits], gate.status
    ([('cvar', 0.9375, 'warn'), ('largest_weight', 1.25, 'breach')], 'breach')
    """
    portfolio.aligned(situation.scenarios.assets)
    found = tuple(_checked(item, portfolio, limits.warn_at) for item in items_of(limits, situation))
    return GateResult(portfolio.name, found)


def _checked(item: Item, portfolio: Portfolio, warn_at: float) -> LimitResult:
    value, reason = None, ""
    try:
        value = item.value(portfolio)
    except RiskcoreError as error:
        reason = str(error)
    return LimitResult(item.key, item.name, item.limit, value, item.unit, warn_at, reason)


def breached_since(
    history: Scenarios,
    portfolio: Portfolio,
    limits: Limits,
    *,
    confidence: float,
    window: int = 252,
    step: int = 1,
) -> dict[str, BreachSince]:
    """Return since when volatility, VaR, CVaR and drawdown would have been breached by the weights of now.

    Each figure is computed on every window of `window` rows of the history, with today's weights rebalanced
    every period; the first window of the unbroken run of breaches that lasts to the last row dates it. This
    is the age of the market's state, not of the positions, and the figure of the last window differs from
    that of the whole sample. The other limits do not change with the window and are not dated.

    Parameters
    ----------
    history
        Unweighted rows in time; over the horizon of the limits.
    portfolio, limits
        As in `check`.
    confidence
        Of VaR and CVaR.
    window, step
        Rows per window, and from one window to the next, counted back from the last row.

    Raises
    ------
    InputError
        The window is shorter than 2 rows or longer than the history, or the rows are no history.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4, freq="B")
    >>> returns = pd.DataFrame({"SPY": [0.01, -0.01, -0.05, 0.05]}, index=days)
    >>> history = Scenarios.from_returns(returns, periods_per_year=252)
    >>> found = breached_since(history, Portfolio("A", {"SPY": 1.0}), Limits(drawdown=0.03),
    ...                        confidence=0.9, window=2)
    >>> str(found["drawdown"].first.date()), round(found["drawdown"].value, 4)
    ('2024-01-03', 0.05)
    """
    if not history.ordered or history.weighted or not isinstance(history.index, pd.DatetimeIndex):
        raise InputError("Breaches are dated on a history only: rows with dates, each counted once.")
    if not 2 <= window <= history.count or step < 1:
        raise InputError(
            f"A window has from 2 to {history.count} rows, the length of the history, not {window}."
        )
    returns = history.returns @ portfolio.aligned(history.assets)
    ends = np.arange(history.count, window - 1, -step)
    found = {}
    for key in THROUGH_TIME:
        limit = getattr(limits, key)
        if limit is None:
            continue
        values = np.array(
            [_figure(key, returns[end - window : end], confidence, history.periods_per_year) for end in ends]
        )
        over = values > limit
        run = int(np.argmin(over)) if not over.all() else over.size
        found[key] = BreachSince(
            first=pd.Timestamp(history.index[ends[run - 1] - 1]) if run else None,
            value=float(values[0]),
            share=float(over.mean()),
            window=window,
            reaches_back=run == over.size,
        )
    return found


def _figure(key: str, returns: Floats, confidence: float, periods_per_year: float) -> float:
    """Return one figure of one window of the portfolio's own returns."""
    if key == "drawdown":
        return float(drawdowns(returns).max()) if returns.min() > -1.0 else 1.0
    if key == "volatility":
        return float(returns.std() * np.sqrt(periods_per_year))
    equal = np.full(returns.size, 1.0 / returns.size)
    if key == "var":
        return float(value_at_risk(-returns, equal, confidence))
    losses = -returns
    return float(tail_weights(losses, equal, confidence) @ losses)
