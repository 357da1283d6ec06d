"""Tracking error, beta, information ratio and capture of a portfolio against its benchmark."""

import numpy as np
from numpy.typing import NDArray

from riskcore.benchmark.active import legs
from riskcore.portfolio import Portfolio
from riskcore.results.benchmark import RelativeResult
from riskcore.scenarios import Scenarios

__all__ = ["relative_figures"]

Floats = NDArray[np.float64]
STILL = 1e-12


def relative_figures(scenarios: Scenarios, portfolio: Portfolio, benchmark: Portfolio) -> RelativeResult:
    """Return how the portfolio's returns r relate to those of the benchmark b, on weighted scenarios.

        tracking error = σ(r − b),  β = Cov(r, b) / Var(b),  information ratio = E(r − b) / σ(r − b),
        up capture = E(r | b > 0) / E(b | b > 0),  down capture = E(r | b < 0) / E(b | b < 0)

    Capture is of simple, uncompounded mean returns per period; moments carry no small-sample correction.

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    portfolio, benchmark
        One weight per asset of the scenarios, matched by label.

    Returns
    -------
    RelativeResult
        Per period; its properties give the figures per year. What does not exist is NaN: a beta to what
        never moves, a ratio without tracking error, capture without such scenarios.

    Raises
    ------
    AssetMismatchError
        Labels differ.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.04, -0.01], [0.02, 0.0]]), ("SPY", "BND"), 252)
    >>> pf, bm = Portfolio("A", {"SPY": 0.5, "BND": 0.5}), Portfolio("BM", {"SPY": 1.0, "BND": 0.0})
    >>> found = relative_figures(s, pf, bm)
    >>> round(found.beta, 6), round(found.up_capture, 6), round(found.down_capture, 6)
    (0.625, 0.625, 0.625)
    """
    p, found = scenarios.probabilities, legs(scenarios, portfolio, benchmark)
    size = max(float(np.abs(found.benchmark).max()), float(np.abs(found.portfolio).max()))
    sigma_p, sigma_b, sigma_a = (
        _deviation(x, p, size) for x in (found.portfolio, found.benchmark, found.active)
    )
    up, down = found.benchmark > 0.0, found.benchmark < 0.0
    with_benchmark = _covariance(found.portfolio, found.benchmark, p)
    return RelativeResult(
        portfolio=portfolio.name,
        benchmark=benchmark.name,
        tracking_error=sigma_a,
        active_return=float(p @ found.active),
        beta=_ratio(with_benchmark, sigma_b**2),
        correlation=_ratio(with_benchmark, sigma_p * sigma_b),
        active_correlation=_ratio(_covariance(found.active, found.benchmark, p), sigma_a * sigma_b),
        up_capture=_ratio(float(p[up] @ found.portfolio[up]), float(p[up] @ found.benchmark[up])),
        down_capture=_ratio(float(p[down] @ found.portfolio[down]), float(p[down] @ found.benchmark[down])),
        up_scenarios=int(up.sum()),
        down_scenarios=int(down.sum()),
        periods_per_year=scenarios.periods_per_year,
    )


def _covariance(x: Floats, y: Floats, p: Floats) -> float:
    return float(p @ ((x - p @ x) * (y - p @ y)))


def _deviation(x: Floats, p: Floats, size: float) -> float:
    """Return the standard deviation, exactly zero where it is rounding beside the returns."""
    sigma = float(np.sqrt(_covariance(x, x, p)))
    return sigma if sigma > STILL * size else 0.0


def _ratio(above: float, below: float) -> float:
    return above / below if below != 0.0 else float("nan")
