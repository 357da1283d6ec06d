"""Results of sizing: a volatility target through time, Kelly stakes, and the odds of a fall."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["DrawdownOdds", "KellyStake", "KellyWeights", "VolatilityTarget"]


@dataclass(frozen=True, eq=False)
class VolatilityTarget:
    """A portfolio held larger in calm times and smaller in wild ones.

    Attributes
    ----------
    scale
        What was held at each row, as a multiple of the portfolio: min(cap, target / estimate).
    next_scale
        What the rows seen so far ask for on the row after the last one.
    estimate
        The volatility estimate behind each scale, decimal per year, from earlier rows only.
    returns
        Return of each row at that scale; the rest earns (or costs) the risk-free rate.
    unscaled
        Return of the portfolio itself on the same rows.
    realised, unscaled_realised
        Volatility of both over the rows held, decimal per year.
    lowest, highest
        95 % range in which the realised volatility of independent normal rows with the target's volatility
        would lie: √(χ²/n).
    rolling, unscaled_rolling
        Volatility of the last `window` rows, per year, for the eye; the first rows have none.
    target, cap, lag, window, decay
        As asked for; `window` is None for the exponential estimate and `decay` None for the rolling one.
    capped
        Share of the rows at which the cap was reached.
    turnover_per_year
        Σ|s_t − s_{t−1}| per year: how much of the portfolio's value the scaling trades.
    """

    scale: pd.Series
    next_scale: float
    estimate: pd.Series
    returns: pd.Series
    unscaled: pd.Series
    realised: float
    unscaled_realised: float
    lowest: float
    highest: float
    rolling: pd.Series
    unscaled_rolling: pd.Series
    target: float
    cap: float
    lag: int
    window: int | None
    decay: float | None
    capped: float
    turnover_per_year: float


@dataclass(frozen=True, eq=False)
class KellyStake:
    """How much of one stream to hold, by both definitions, and what is unsure about it.

    Attributes
    ----------
    edge, volatility
        Mean above the risk-free rate, and volatility: decimal per year.
    gaussian
        Edge over variance, (μ − r) / σ²: a multiple of the portfolio.
    exact
        The multiple with the largest mean log growth on the scenarios themselves.
    lowest, farthest
        The same with the edge 1.96 standard errors lower and higher: how unsure the peak is. None is above
        `highest`.
    break_even
        The multiple past the peak at which exact growth is down to the risk-free rate again; beyond it, more
        risk earns less than none.
    highest
        The multiple at which the worst scenario loses everything.
    t_statistic
        The edge over its standard error, σ/√n, with n the independent periods.
    safe_share
        max(0, 1 − 1/t²): the share of full Kelly left when the edge is as unsure as t says.
    curve
        Growth per year (log) by multiple: columns "gaussian" and "exact", index the multiples; −inf where a
        scenario leaves nothing.
    risk_free
        Decimal per year.
    """

    edge: float
    volatility: float
    gaussian: float
    exact: float
    lowest: float
    farthest: float
    break_even: float
    highest: float
    t_statistic: float
    safe_share: float
    curve: pd.DataFrame
    risk_free: float


@dataclass(frozen=True, eq=False)
class KellyWeights:
    """Stakes in many assets.

    Attributes
    ----------
    weights
        By asset, fractions of the wealth; the rest is lent (or, below zero, borrowed) at the risk-free rate.
    growth
        Mean log growth on the scenarios, decimal per year; −inf where a scenario leaves nothing.
    method
        "gaussian" (Σ⁻¹(μ − r)) or "exact".
    limit
        Largest sum of the stakes; None without one.
    gap
        Log growth per year that is certainly not missed by more than this; 0 for a closed form.
    """

    weights: pd.Series
    growth: float
    method: str
    limit: float | None
    gap: float


@dataclass(frozen=True, eq=False)
class DrawdownOdds:
    """How often paths fall from their peak, at several stakes.

    Attributes
    ----------
    odds
        Falls (rows, as fractions of the peak) × multiples (columns): share of the paths.
    standard_error
        Of each of them, √(q(1 − q)/paths).
    years, paths, block_length
        Horizon, number of paths, and mean length of the blocks drawn, in rows.
    """

    odds: pd.DataFrame
    standard_error: pd.DataFrame
    years: float
    paths: int
    block_length: float
