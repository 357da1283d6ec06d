"""Where a portfolio's risk comes from: exact Euler contributions, by asset and by day.

component_i = w_i Σ_s q_s (−R_si) with the measure's risk identifier q, so that components add up to the risk.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.measures import Measure, check_path, measure_named, portfolio_losses
from riskcore.numerics.spectral import smoothed_quantile_weights
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.scenarios import Scenarios

__all__ = ["risk_contributions"]

Floats = NDArray[np.float64]
NEAR_ZERO = 0.01


def risk_contributions(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
) -> ContributionResult:
    """Return marginal, component and relative contributions by asset.

        marginal_i = Σ_s q_s (−R_si),  component_i = w_i · marginal_i,  Σ component = risk

    At ties every tied scenario takes part, so the answer does not depend on the order of the rows. For VaR,
    whose gradient is a single scenario, q is smoothed over the scenarios around it and still sums to VaR
    (see `numerics.spectral.smoothed_quantile_weights`); `risk` gives the value where that does not exist.

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    portfolio
        One weight per asset of the scenarios, matched by label; shorts and leverage allowed.
    measure, confidence
        As in `measures.risk`.

    Returns
    -------
    ContributionResult
        Components are losses per period, positive = adds risk. Shares (`relative`) are NaN where the risk is
        below 1 % of Σ|component|: positions that cancel would show as thousands of percent.

    Raises
    ------
    ConfidenceError, AssetMismatchError, InputError
        As in `measures.risk`.
    NumericalError
        VaR contributions do not exist: the losses next to VaR lie on one side of it.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement.

    Examples
    --------
    >>> returns = np.array([[-0.04, 0.01], [0.02, 0.00], [0.01, -0.01], [0.03, 0.02]])
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    >>> found = risk_contributions(s, Portfolio("A", {"SPY": 0.5, "BND": 0.5}), "cvar", confidence=0.75)
    >>> round(found.total, 6), found.table["component"].round(6).tolist()
    (0.015, [0.02, -0.005])
    """
    chosen = measure_named(measure)
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    name, weights, losses = portfolio_losses(scenarios, portfolio)
    q = _identifier(chosen, losses, scenarios.probabilities, level)
    marginal = _marginal(scenarios.returns, q)
    component = weights * marginal
    total = float(q @ losses)
    table = pd.DataFrame(
        {
            "weight": weights,
            "marginal": marginal,
            "component": component,
            "relative": _shares(component, total),
        },
        index=pd.Index(scenarios.assets, name="asset"),
    )
    return ContributionResult(name, chosen.key, chosen.labelled(level), level, total, table)


def _identifier(measure: Measure, losses: Floats, probabilities: Floats, level: float | None) -> Floats:
    """Return the weights contributions are taken with: the identifier, smoothed in the case of VaR."""
    weigh = smoothed_quantile_weights if measure.key == "var" else measure.identifier
    return weigh(losses, probabilities, np.nan if level is None else level)


def _marginal(returns: Floats, q: Floats) -> Floats:
    """Return −R'q, reading only the rows that count when they are few."""
    rows = np.flatnonzero(q)
    if 2 * rows.size < q.size:
        return -(q[rows] @ returns[rows])
    return -(q @ returns)


def _shares(component: Floats, total: float) -> Floats:
    gross = float(np.abs(component).sum())
    if gross == 0.0 or abs(total) < NEAR_ZERO * gross:
        return np.full(component.size, np.nan)
    return component / total
