"""Whether one asset carries more risk than the next, or only seems to: intervals for gaps between shares."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from riskcore.contributions import risk_contributions
from riskcore.errors import InputError
from riskcore.measures import portfolio_losses
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import contribution_intervals

__all__ = ["share_gaps"]


def share_gaps(
    scenarios: Scenarios,
    portfolio: Portfolio,
    measure: Literal["cvar", "volatility"],
    *,
    confidence: float | None = None,
    level: float = 0.95,
    method: Literal["block", "iid"] = "block",
    resamples: int = 1000,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return, for assets ranked by contribution, how far each share stands above the next, with intervals.

    Two overlapping intervals say little about which share is larger, because resamples that raise one share
    lower others. Here every resample gives the gap itself: the contributions of the portfolio's parts
    w_i R_i − w_j R_j for neighbours i, j, and of the remainder, which sum to the same losses.

    Parameters
    ----------
    scenarios, portfolio, measure, confidence, level, method, resamples, rng
        As for `uncertainty.contribution_intervals`; the same rng state draws the same resamples.

    Returns
    -------
    pandas.DataFrame
        One row per neighbouring pair, largest first; columns larger, smaller (assets), gap, lower, upper
        (differences of shares; NaN where shares are undefined) and settled (whether the interval lies
        above 0).

    Raises
    ------
    InputError
        There is one asset only; the rest as for `contribution_intervals`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> returns = rng.normal(size=(2000, 2)) * [0.02, 0.01]
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252, ordered=True)
    >>> half = Portfolio("half", {"SPY": 0.5, "BND": 0.5})
    >>> table = share_gaps(s, half, "volatility", rng=rng)
    >>> table[["larger", "smaller", "settled"]].values.tolist()
    [['SPY', 'BND', True]]
    """
    if scenarios.size < 2:
        raise InputError("Shares are compared between at least two assets; this portfolio has one.")
    if measure not in ("cvar", "volatility"):
        raise InputError(
            f"Gaps between shares exist for cvar and volatility, not for {measure!r}; "
            "VaR contributions rest on a handful of days, use cvar."
        )
    observed = risk_contributions(scenarios, portfolio, measure, confidence=confidence).table["component"]
    order = np.argsort(-observed.to_numpy(), kind="stable")
    _, weights, losses = portfolio_losses(scenarios, portfolio)
    ranked = scenarios.returns[:, order] * weights[order]
    gaps = ranked[:, :-1] - ranked[:, 1:]
    parts = np.column_stack([gaps, -losses - gaps.sum(axis=1)])
    labels = tuple(str(number) for number in range(parts.shape[1]))
    found = contribution_intervals(
        replace(scenarios, returns=parts, assets=labels),
        Portfolio(portfolio.name, dict.fromkeys(labels, 1.0)),
        measure,
        confidence=confidence,
        level=level,
        method=method,
        resamples=resamples,
        rng=rng,
    ).table.iloc[:-1]
    names = [scenarios.assets[i] for i in order]
    lower = found["relative_lower"].to_numpy()
    return pd.DataFrame(
        {
            "larger": names[:-1],
            "smaller": names[1:],
            "gap": found["relative"].to_numpy(),
            "lower": lower,
            "upper": found["relative_upper"].to_numpy(),
            "settled": lower > 0.0,
        }
    )
