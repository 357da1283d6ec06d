"""Volatility target: hold less of a portfolio when it has been wild, more when it has been calm."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from riskcore.errors import InputError, MissingDataError, NumericalError
from riskcore.numerics.ewma import DECAY
from riskcore.portfolio import Portfolio
from riskcore.results.sizing import VolatilityTarget
from riskcore.scenarios import Scenarios
from riskcore.sizing.stream import Stream, stream_of

__all__ = ["volatility_target"]

Floats = NDArray[np.float64]
# An exponential estimate starts from this many rows; 0.94 to that power is 2 %.
BURN_IN = 63
COVERAGE = 0.95


def volatility_target(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    target: float,
    window: int | None = 63,
    decay: float = DECAY,
    lag: int = 1,
    cap: float = 2.0,
    risk_free: float = 0.0,
) -> VolatilityTarget:
    """Scale a portfolio through time so that its volatility stays near a target.

    s_t = min(cap, target / (√k σ̂_t)), where σ̂_t is estimated from the rows up to t − lag only: the standard
    deviation of `window` rows (1/(m − 1) about their mean), or, with `window=None`, the exponential estimate
    σ̂²_{t+1} = λσ̂²_t + (1 − λ)r_t², about zero. The row then earns s_t (r_t − r_f Σw) + r_f.

    Parameters
    ----------
    scenarios
        S single-period rows in time order, of equal probability; k periods per year.
    portfolio
        What is scaled; what its weights leave over earns the risk-free rate.
    target
        Volatility aimed at, decimal per year (0.10 = 10 %), in (0, 2].
    window
        Rows of a rolling estimate, at least 5; None for the exponential one.
    decay
        λ of the exponential estimate, in (0, 1).
    lag
        Rows between the last one seen and the one it is held over: 1 trades at the close just seen.
    cap
        Largest multiple of the portfolio, > 0.
    risk_free
        Per period of the rows, decimal.

    Returns
    -------
    VolatilityTarget
        From the first row with an estimate. An estimate is itself unsure, which lifts the realised volatility
        of independent normal rows by √((m − 1)/(m − 3)) over the target: 1.7 % of it for m = 63.

    Raises
    ------
    InputError
        The rows are no path, or a setting lies outside its range.
    MissingDataError
        Too few rows are left after the first estimate.
    NumericalError
        The portfolio does not move, or loses more than everything at its scale.

    References
    ----------
    Moreira and Muir (2017), Volatility-managed portfolios, Journal of Finance 72, for the idea.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> s = Scenarios(rng.normal(0, 0.02, (5000, 1)), ("SPY",), 252, ordered=True)
    >>> found = volatility_target(s, Portfolio("All in", {"SPY": 1.0}), target=0.10)
    >>> round(found.realised, 2), round(found.unscaled_realised, 2)
    (0.1, 0.32)
    """
    _check_settings(target, window, decay, lag, cap)
    stream = stream_of(scenarios, portfolio, risk_free, path=True)
    least = window if window is not None else BURN_IN
    first = least + lag - 1
    if stream.returns.size - first < least:
        raise MissingDataError(
            f"A volatility target that looks back {least} rows needs at least {2 * least + lag - 1} of them; "
            f"there are {stream.returns.size}. Use a shorter look-back or more history."
        )
    seen = _rolling(stream.returns, window) if window is not None else _exponential(stream.returns, decay)
    yearly = np.sqrt(scenarios.periods_per_year)
    # seen[j] rests on rows up to least − 1 + j; it is held over the row `lag` later.
    estimate = yearly * seen[: stream.returns.size - first + 1]
    asked = np.minimum(cap, np.divide(target, estimate, out=np.full_like(estimate, cap), where=estimate > 0))
    # The last one is for the row that has not come yet.
    scale, estimate = asked[:-1], estimate[:-1]
    held, index = slice(first, None), scenarios.index[first:]
    excess = stream.excess[held]
    returns = scale * excess + risk_free
    unscaled = excess + risk_free
    if float(returns.min()) <= -1.0:
        row = index[int(returns.argmin())]
        raise NumericalError(
            f"At its scale the portfolio loses {-100 * float(returns.min()):.0f} % in one period "
            f"({str(row)[:10]}), everything or more; lower the target or the cap."
        )
    return VolatilityTarget(
        scale=pd.Series(scale, index=index, name=portfolio.name),
        next_scale=float(asked[-1]),
        estimate=pd.Series(estimate, index=index, name=portfolio.name),
        returns=pd.Series(returns, index=index, name=portfolio.name),
        unscaled=pd.Series(unscaled, index=index, name=portfolio.name),
        realised=float(yearly * returns.std(ddof=1)),
        unscaled_realised=float(yearly * unscaled.std(ddof=1)),
        **_sampling_range(target, returns.size),
        rolling=_rolled(returns, index, least, yearly),
        unscaled_rolling=_rolled(unscaled, index, least, yearly),
        target=target,
        cap=cap,
        lag=lag,
        window=window,
        decay=None if window is not None else decay,
        capped=float(np.mean(scale >= cap)),
        turnover_per_year=_turnover(scale, stream, scenarios.periods_per_year),
    )


def _check_settings(target: float, window: int | None, decay: float, lag: int, cap: float) -> None:
    if not 0.0 < target <= 2.0:
        hint = f"; did you mean {target / 100:g}?" if 2.0 < target <= 200.0 else "."
        raise InputError(
            f"The target is a volatility in decimals per year, above 0 and at most 2, not {target:g}{hint}"
        )
    if window is not None and window < 5:
        raise InputError(f"A rolling volatility needs at least 5 rows, not {window}.")
    if not 0.0 < decay < 1.0:
        raise InputError(f"The decay of the volatility estimate lies between 0 and 1, not {decay:g}.")
    if lag < 1:
        raise InputError(f"The lag is at least 1 row, not {lag}: with less, a row would size itself.")
    if not (np.isfinite(cap) and cap > 0.0):
        raise InputError(f"The cap is a positive multiple of the portfolio, not {cap:g}.")


def _rolling(returns: Floats, window: int) -> Floats:
    """Return the standard deviation of each run of `window` rows, from the first complete one."""
    runs = np.lib.stride_tricks.sliding_window_view(returns, window)
    return np.asarray(runs.std(axis=1, ddof=1), dtype=np.float64)


def _exponential(returns: Floats, decay: float) -> Floats:
    """Return σ̂ after each row, from the row that completes the burn-in."""
    from scipy.signal import lfilter  # half a second to import, and only this estimate needs it

    start = float(np.mean(returns[:BURN_IN] ** 2))
    later, _ = lfilter([1.0 - decay], [1.0, -decay], returns[BURN_IN:] ** 2, zi=[decay * start])
    return np.asarray(np.sqrt(np.append(start, later)), dtype=np.float64)


def _sampling_range(target: float, count: int) -> dict[str, float]:
    tail = (1.0 - COVERAGE) / 2.0
    low, high = np.sqrt(chi2.ppf([tail, 1.0 - tail], count - 1) / (count - 1))
    return {"lowest": float(target * low), "highest": float(target * high)}


def _rolled(returns: Floats, index: pd.Index, window: int, yearly: float) -> pd.Series:
    return pd.Series(yearly * _rolling(returns, window), index=index[window - 1 :])


def _turnover(scale: Floats, stream: Stream, periods_per_year: float) -> float:
    return float(np.abs(np.diff(scale)).mean() * periods_per_year * stream.invested)
