"""Shocks: an imposed move of one thing, carried to every asset."""

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.portfolio import Portfolio
from riskcore.results.stress import IndexGapResult
from riskcore.scenarios import Scenarios

__all__ = ["index_gap"]

Floats = NDArray[np.float64]
FEWEST_OBSERVATIONS = 30
BASES = {"day": "weekly returns", "week": "weekly returns", "month": "monthly returns"}
ON_DAYS = {"dimson": "daily returns with the day before and after (Dimson)", "daily": "daily returns"}
# An index whose returns vary less than this, relative to their size, has no slope to measure.
CONSTANT = 1e-10


def index_gap(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    index_asset: str,
    gap: float,
    betas: Literal["weekly", "dimson", "daily"] = "weekly",
) -> IndexGapResult:
    """Return what the portfolio loses when an index gaps by `gap` and every asset follows by its beta.

    β_i = Σ (x_t − x̄)(r_ti − r̄_i) / Σ (x_t − x̄)², the least-squares slope of asset i on the index x;
    asset_return_i = β_i · gap; total = Σ w_i β_i · gap.

    Betas come from separate weekly returns (calendar weeks ending Friday, compounded; a first or last
    week that may be cut is left out): an Asian market closes before the American one opens, so daily
    returns miss most of what they share. The daily betas are returned beside them.
    Rows that are weekly or sparser already are used as they are, and `basis` says what they are.

    Parameters
    ----------
    scenarios
        A history: dated, ordered, equally weighted, one period per row.
    portfolio
        A weight for every asset of the scenarios and for no other; the index needs one too, 0 if not held.
    index_asset
        The label of the index among the assets. Its own beta is exactly 1.
    gap
        Its return, a decimal in (−1, 1): −0.15 for a fall of 15 %.
    betas
        "weekly" as above; "dimson": the sum of the slopes on the index of the day before, the same day and
        the day after, which gathers what a market that closes earlier or trades thinly answers late;
        "daily": the slope on the same day alone. The last two need daily rows.

    Returns
    -------
    IndexGapResult
        Returns, negative = lost; `loss` turns the sign. One instant move, no horizon. Standard errors are
        the least-squares ones, √(SSE / (n − 2) / Σ (x − x̄)²).

    Raises
    ------
    InputError
        The gap is not in (−1, 1), the index is constant, or the scenarios are no history.
    MissingDataError
        There are fewer than 30 weeks.
    AssetMismatchError
        The index is not among the assets, or weights and scenarios name different assets.

    References
    ----------
    Dimson (1979), Risk measurement when shares are subject to infrequent trading, Journal of Financial
    Economics 7.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(0, 0.01, 400)
    >>> days = pd.date_range("2024-01-01", periods=400, freq="B")
    >>> history = Scenarios.from_returns(pd.DataFrame({"SPY": draws, "CASH": 0.0 * draws}, index=days),
    ...                                  periods_per_year=252)
    >>> round(index_gap(history, Portfolio("Half", {"SPY": 0.5, "CASH": 0.5}), index_asset="SPY",
    ...                 gap=-0.15).loss, 10)
    0.075
    """
    move = _checked_gap(gap)
    days = trading_dates(scenarios, "An index gap by beta")
    if index_asset not in scenarios.assets:
        raise AssetMismatchError(
            f"The index {index_asset[:40]} is not among the assets; "
            f"choose one of {listed(scenarios.assets, most=20)}.",
            index_asset=index_asset,
        )
    weights = portfolio.aligned(scenarios.assets)
    daily = spacing(days) == "day"
    used, basis = _observed(scenarios, days, betas)
    column = scenarios.assets.index(index_asset)
    slopes = _dimson if betas == "dimson" else _slopes
    beta, error = slopes(used.returns, column, index_asset)
    absent = np.full(beta.size, np.nan)
    beta_daily, error_daily = _slopes(scenarios.returns, column, index_asset) if daily else (absent, absent)
    table = pd.DataFrame(
        {
            "weight": weights,
            "beta": beta,
            "beta_daily": beta_daily,
            "standard_error": error,
            "standard_error_daily": error_daily,
            "asset_return": beta * move,
            "contribution": weights * beta * move,
        },
        index=pd.Index(scenarios.assets, name="asset"),
    )
    return IndexGapResult(
        index_asset=index_asset,
        gap=move,
        portfolio=portfolio.name,
        table=table,
        total_return=float(weights @ beta) * move,
        total_return_daily=float(weights @ beta_daily) * move,
        weeks=used.count,
        basis=basis,
    )


def _observed(scenarios: Scenarios, days: pd.DatetimeIndex, betas: str) -> tuple[Scenarios, str]:
    """Return the rows betas are measured on, and what to call them."""
    apart = spacing(days)
    if betas == "weekly":
        used = weekly(scenarios) if apart == "day" else scenarios
        basis = BASES.get(apart, f"returns as given ({scenarios.periods_per_year:g} per year)")
    elif betas not in ON_DAYS:
        raise InputError(f"Betas are 'weekly', 'dimson' or 'daily', not {betas!r}.")
    elif apart != "day":
        raise InputError(f"{betas.capitalize()} betas need daily returns; these rows are sparser.")
    else:
        used, basis = scenarios, ON_DAYS[betas]
    if used.count < FEWEST_OBSERVATIONS:
        raise MissingDataError(
            f"Betas need at least {FEWEST_OBSERVATIONS} separate {basis}; the window has {used.count}. "
            "Choose a longer window.",
            observations=used.count,
        )
    return used, basis


def _checked_gap(gap: float) -> float:
    move = float(gap)
    if -1.0 < move < 1.0:
        return move
    hint = f"; did you mean {move / 100:g}?" if math.isfinite(move) and 1.0 < abs(move) < 100.0 else "."
    raise InputError(
        f"The gap is a return between −1 and 1 (−0.15 for a fall of 15 %), got {gap}{hint}", gap=gap
    )


def _slopes(returns: Floats, column: int, name: str) -> tuple[Floats, Floats]:
    """Return the slope of every column on one of them, with its standard error; that one's are 1 and 0."""
    centred = returns - returns.mean(axis=0)
    x = centred[:, column]
    squares = float(x @ x)
    if math.sqrt(squares / x.size) <= CONSTANT * float(np.abs(returns[:, column]).max()):
        raise InputError(
            f"The index {name} never moves in this window, so nothing can be measured against it; "
            "choose another index.",
            index_asset=name,
        )
    beta = (x @ centred) / squares
    residual = centred - np.outer(x, beta)
    error = np.sqrt((residual**2).sum(axis=0) / (x.size - 2) / squares)
    beta[column], error[column] = 1.0, 0.0
    return beta, error


def _dimson(returns: Floats, column: int, name: str) -> tuple[Floats, Floats]:
    """Return the sum of the slopes on the index one row earlier, on the same row and one row later.

    The standard error is that of the sum, from the least-squares covariance of the three slopes.
    """
    _slopes(returns, column, name)
    x = returns[:, column]
    design = np.column_stack([np.ones(x.size - 2), x[:-2], x[1:-1], x[2:]])
    values = returns[1:-1]
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ values
    left = values - design @ slopes
    pick = np.array([0.0, 1.0, 1.0, 1.0])
    variance = (left**2).sum(axis=0) / (x.size - 2 - 4) * float(pick @ inverse @ pick)
    beta, error = pick @ slopes, np.sqrt(variance)
    beta[column], error[column] = 1.0, 0.0
    return beta, error
