"""A portfolio as one stream of returns above the risk-free rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, NumericalError
from riskcore.portfolio import Portfolio
from riskcore.scenarios import Scenarios

__all__ = ["Stream", "check_rate", "stream_of"]

Floats = NDArray[np.float64]
# Rounding leaves a constant stream with a volatility of about this share of its size.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Stream:
    """One row per scenario: returns R w, and what they are above lending the same money, (R − r_f) w.

    `invested` is the sum of the absolute weights.
    """

    returns: Floats
    excess: Floats
    invested: float


def stream_of(scenarios: Scenarios, portfolio: Portfolio, risk_free: float, *, path: bool = False) -> Stream:
    """Return the stream of a portfolio; with `path`, only from rows that follow one another in time.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> stream_of(s, Portfolio("Half", {"SPY": 0.5, "BND": 0.0}), 0.002).excess.round(6).tolist()
    [0.009, -0.001]
    """
    check_rate(risk_free)
    if path and not (scenarios.ordered and not scenarios.weighted and scenarios.overlap == 1):
        raise InputError(
            "Sizing through time needs rows in time order, of equal probability and one period each; use the "
            "history itself."
        )
    weights = portfolio.aligned(scenarios.assets)
    returns = scenarios.returns @ weights
    held = returns[scenarios.probabilities > 0.0]
    if float(np.ptp(held)) <= ROUNDING * max(float(np.abs(weights).sum()) * 1e-2, float(np.abs(held).max())):
        raise NumericalError(
            f"{portfolio.name} does not move, so there is no size that gives it a volatility; hold something "
            "with risk.",
            portfolio=portfolio.name,
        )
    return Stream(returns, returns - risk_free * float(weights.sum()), float(np.abs(weights).sum()))


def check_rate(risk_free: float) -> None:
    """Refuse a risk-free rate per period that is none.

    Examples
    --------
    >>> check_rate(0.0001)
    """
    if not -0.5 < risk_free < 0.5:
        raise InputError(
            f"The risk-free rate is a decimal per period of the rows (0.03 / 252 a day), not {risk_free:g}."
        )
