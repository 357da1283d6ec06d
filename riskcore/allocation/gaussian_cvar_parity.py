"""CVaR parity under normal returns: equal shares of −μ'w + γ √(w'Σw)."""

from collections.abc import Mapping
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.special import ndtri

from riskcore.allocation.inputs import moments, refuse_flat
from riskcore.allocation.risk_budgets import SHARE_GAP, budget_array, holdings
from riskcore.allocation.simple import refuse_constant
from riskcore.errors import InfeasibleError
from riskcore.numerics.gaussian_parity import solve_gaussian_parity
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["gaussian_cvar_parity", "normal_tail_factor"]


def normal_tail_factor(confidence: float) -> float:
    """Return γ = φ(z_c) / (1 − c), the CVaR of a standard normal loss.

    Examples
    --------
    >>> round(normal_tail_factor(0.95), 6)
    2.062713
    """
    level = check_confidence(confidence)
    z = float(ndtri(level))
    return float(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)) / (1.0 - level)


def gaussian_cvar_parity(
    scenarios: Scenarios,
    *,
    confidence: float,
    budgets: Mapping[str, float] | None = None,
    mean: pd.Series | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the long-only weights in which every asset carries its budget of the Gaussian CVaR.

    CVaR = −μ'w + γ √(w'Σw), γ = φ(z_c) / (1 − c), contributions w_i (−μ_i + γ (Σw)_i / √(w'Σw)); from
    min −μ'x + γ √(x'Σx) − Σ b_i ln x_i over x > 0. Equal shares hold under this formula only: real tails
    are fatter, and the historical shares of the same weights differ.

    Parameters
    ----------
    scenarios
        May be weighted with the sample moments.
    confidence
        c in (0.5, 1).
    budgets
        Share of the CVaR by asset, one for every asset, positive, sum 1; equal when omitted.
    mean, covariance
        As for `mean_variance.maximum_sharpe`; per period, like the CVaR.

    Returns
    -------
    AllocationResult
        `residual` is the largest |share_i − b_i| / max(b_i, 1e-4), at most 1e-9. `measure` is
        "gaussian_cvar": its shares certify no other measure.

    Raises
    ------
    AssetMismatchError, InputError, MissingDataError, ConfidenceError
        Budgets, moments or confidence cannot be used.
    InfeasibleError
        Some long-only portfolio has μ'w / √(w'Σw) ≥ γ, so that the problem is unbounded; it is named with
        its ratio. Or an asset has no volatility, or a perfect hedge has none.
    ConvergenceError
        The shares could not be verified.

    References
    ----------
    Roncalli (2015), Introducing expected returns into risk parity portfolios: a new framework.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> s = Scenarios(rows, ("SPY", "BND"), 252)
    >>> gaussian_cvar_parity(s, confidence=0.95).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    level = check_confidence(confidence)
    gamma = normal_tail_factor(level)
    wanted = budget_array(scenarios, budgets)
    refuse_constant(scenarios)
    used = moments(scenarios, mean=mean, covariance=covariance)
    refuse_flat(scenarios, np.diag(used.covariance))
    try:
        found = solve_gaussian_parity(used.mean, used.covariance, gamma, wanted)
    except InfeasibleError as error:
        raise _explained(scenarios, error, gamma, level) from error
    share = "its budgeted share" if budgets else "the same share"
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="gaussian_cvar_parity",
        label="Risk budgets (Gaussian CVaR)" if budgets else "Gaussian CVaR parity",
        solved=(
            f"Every asset carries {share} of CVaR {100 * level:.4g} % under normal returns "
            f"(γ = {gamma:.4g}), on {used.source}."
        ),
        status="optimal",
        residual=found.residual,
        residual_name=SHARE_GAP,
        iterations=found.iterations,
        seconds=perf_counter() - began,
        measure="gaussian_cvar",
        confidence=level,
        shares=pd.Series(found.shares, index=scenarios.labels, name="share"),
    )


def _explained(scenarios: Scenarios, error: InfeasibleError, gamma: float, level: float) -> InfeasibleError:
    """Return the refusal with the portfolio that causes it."""
    weights, ratio = error.details.get("weights"), error.details.get("ratio")
    if not (isinstance(weights, np.ndarray) and isinstance(ratio, float)):
        return error
    named = holdings(scenarios, weights)
    if ratio >= gamma * (1.0 - 1e-9):
        reason = (
            f"Gaussian CVaR parity at {level:.4g} is unbounded: the portfolio {named} has a mean per period "
            f"of {ratio:.4g} times its volatility, not below γ = {gamma:.4g}, so its CVaR is not positive "
            "and there is no risk to share out. Choose a higher confidence, a shorter period, or lower means."
        )
    else:
        reason = (
            f"The portfolio {named} has neither volatility nor loss (a perfect hedge), so there is no risk "
            "to share out. Leave one of its assets out, or use the Ledoit–Wolf covariance."
        )
    return InfeasibleError(reason, weights=pd.Series(weights, index=scenarios.labels), ratio=ratio)
