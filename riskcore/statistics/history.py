"""A portfolio through time: drawdowns, worst calendar periods, returns to date."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError, NumericalError
from riskcore.numerics.paths import compound_blocks, drawdowns, wealth
from riskcore.periods import Period, blocks, row_window, spacing, trading_dates
from riskcore.portfolio import Portfolio
from riskcore.results.statistics import DatedReturn, WorstPeriod
from riskcore.scenarios import Scenarios

__all__ = ["Reasons", "dated_returns", "drawdown_path", "no_path", "ruin_of", "shown", "worst_periods"]

Floats = NDArray[np.float64]
# Field name to the sentence that says why the field is None.
Reasons = dict[str, str]


def drawdown_path(scenarios: Scenarios, portfolio: Portfolio) -> pd.Series:
    """Return how far the portfolio is below its highest wealth so far, after each row.

    D_t = 1 − W_t / max(1, W_1, …, W_t), W compounded with weights rebalanced every period; the starting
    wealth counts as a peak.

    Returns
    -------
    Series of S values in [0, 1], positive = bad (0.2 = 20 % below the peak), named after the portfolio.

    Raises
    ------
    InputError
        The rows are not in time order, of equal probability and one period each.
    NumericalError
        One row loses more than everything.

    Examples
    --------
    >>> history = Scenarios(np.array([[-0.5], [0.5]]), ("SPY",), periods_per_year=1, ordered=True)
    >>> drawdown_path(history, Portfolio("All in", {"SPY": 1.0})).tolist()
    [0.5, 0.25]
    """
    weights = portfolio.aligned(scenarios.assets)
    problem = no_path(scenarios)
    if problem:
        raise InputError(f"A drawdown needs a path. {problem}")
    returns = scenarios.returns @ weights
    ruin = ruin_of(returns, scenarios.index)
    if ruin:
        raise NumericalError(ruin)
    return pd.Series(drawdowns(returns), index=scenarios.index, name=portfolio.name)


def dated_returns(scenarios: Scenarios, portfolio: Portfolio) -> dict[str, DatedReturn | None]:
    """Return the compounded returns of this month, quarter, year (to date) and the last twelve months.

    Each runs from the last close at or before the end of the previous month, quarter or year (for "1y":
    the same day a year earlier) to the last close in the data; weights rebalanced every period.

    Returns
    -------
    dict
        "MTD", "QTD", "YTD", "1y" to a `DatedReturn` with both dates, or None where the data does not reach
        back to the close it starts from. Gains positive; none is annualised.

    Raises
    ------
    InputError
        The scenarios are no dated history.
    NumericalError
        One row loses more than everything.

    Examples
    --------
    >>> days = pd.date_range("2024-02-01", "2024-03-05", freq="B")
    >>> history = Scenarios.from_returns(pd.DataFrame({"SPY": 0.01}, index=days), periods_per_year=252)
    >>> found = dated_returns(history, Portfolio("All in", {"SPY": 1.0}))
    >>> round(found["MTD"].value, 6), f"{found['MTD'].start:%d %b}", found["YTD"]
    (0.030301, '29 Feb', None)
    """
    days = trading_dates(scenarios, "A return by date")
    returns = scenarios.returns @ portfolio.aligned(scenarios.assets)
    ruin = ruin_of(returns, scenarios.index)
    if ruin:
        raise NumericalError(ruin)
    last = days[-1]
    day = pd.Timedelta(days=1)
    starts = {
        "MTD": last.to_period("M").start_time - day,
        "QTD": last.to_period("Q").start_time - day,
        "YTD": last.to_period("Y").start_time - day,
        "1y": last - pd.DateOffset(years=1),
    }
    return {name: _return_since(returns, days, pd.Timestamp(start)) for name, start in starts.items()}


def worst_periods(
    returns: Floats, scenarios: Scenarios, reasons: Reasons
) -> tuple[WorstPeriod | None, WorstPeriod | None, WorstPeriod | None]:
    """Return the worst day, week and month; for each that is not defined, None and a reason."""
    try:
        days = trading_dates(scenarios, "A worst day, week or month")
    except InputError as problem:
        reasons.update(dict.fromkeys(("worst_day", "worst_week", "worst_month"), str(problem)))
        return None, None, None
    rows = spacing(days)
    found: list[WorstPeriod | None] = []
    for period in ("day", "week", "month"):
        name = f"worst_{period}"
        if rows == period:
            found.append(_worst_block(returns, days, np.arange(len(days)), np.arange(len(days))))
        elif rows != "day":
            reasons[name] = f"The rows are not daily, so they do not show a single {period}."
            found.append(None)
        else:
            found.append(_worst_calendar(returns, days, period, reasons))  # type: ignore[arg-type]
    return found[0], found[1], found[2]


def no_path(scenarios: Scenarios) -> str | None:
    """Return why the rows are not a path, None when they are one."""
    if scenarios.ordered and not scenarios.weighted and scenarios.overlap == 1:
        return None
    return "It needs rows in time order, of equal probability and one period each; use the history itself."


def ruin_of(returns: Floats, labels: pd.Index) -> str | None:
    """Return the sentence about the first row that loses more than everything, None without one."""
    lost = np.flatnonzero(returns < -1.0)
    if lost.size == 0:
        return None
    row = int(lost[0])
    return (
        f"The portfolio loses {-100 * returns[row]:.0f} % in one period ({shown(labels[row])}): more than "
        "everything, so compounded wealth means nothing after it. Reduce the leverage."
    )


def shown(label: object) -> str:
    """Return a row's label as words: a date without its time."""
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)


def _worst_calendar(
    returns: Floats, days: pd.DatetimeIndex, period: Period, reasons: Reasons
) -> WorstPeriod | None:
    name = f"worst_{period}"
    ruin = ruin_of(returns, days)
    if ruin:
        reasons[name] = ruin
        return None
    whole = blocks(days, period)
    if whole.starts.size == 0:
        reasons[name] = f"There is no complete calendar {period} in the window."
        return None
    return _worst_block(compound_blocks(returns, whole.starts, whole.stop), days, whole.starts, whole.lasts)


def _worst_block(
    returns: Floats, days: pd.DatetimeIndex, firsts: NDArray[np.intp], lasts: NDArray[np.intp]
) -> WorstPeriod:
    worst = int(np.argmin(returns))
    return WorstPeriod(-float(returns[worst]), days[firsts[worst]], days[lasts[worst]])


def _return_since(returns: Floats, days: pd.DatetimeIndex, start: pd.Timestamp) -> DatedReturn | None:
    try:
        first, stop = row_window(days, start, days[-1])
    except MissingDataError:
        return None
    base = days[first - 1] if first else start
    return DatedReturn(float(wealth(returns[first:stop])[-1]) - 1.0, base, days[-1])
