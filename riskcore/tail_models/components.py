"""Where the VaR and CVaR of the moment models come from: exact Euler contributions by asset."""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from riskcore.contributions.euler import shares
from riskcore.errors import InputError, listed
from riskcore.measures import measure_named, portfolio_losses
from riskcore.numerics.co_moments import co_moments, figure_gradient, shape_gradients
from riskcore.numerics.moment_tails import Slope, cornish_fisher_slopes, gaussian_tail
from riskcore.numerics.tail import check_confidence
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.scenarios import Scenarios
from riskcore.tail_models.doubts import cornish_fisher_doubt
from riskcore.tail_models.models import TAIL_MODELS

__all__ = ["MOMENT_MODELS", "model_contributions"]

MomentModel = Literal["gaussian", "cornish_fisher"]
MOMENT_MODELS: tuple[str, ...] = get_args(MomentModel)


def model_contributions(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    model: MomentModel,
    measure: Literal["var", "cvar"],
    *,
    confidence: float,
) -> ContributionResult:
    """Return marginal, component and relative contributions to VaR or CVaR of a moment model.

    The model's value is −w'μ + σ h(S, K) with the portfolio's own mean, deviation, skewness and excess
    kurtosis of losses, and marginals are its derivatives in the weights. Gaussian:

        marginal_i = −μ_i + h (Σw)_i / σ,  h = z_c for VaR, φ(z_c)/(1−c) for CVaR

    Cornish–Fisher ("modified") adds σ (∂h/∂S · ∂S/∂w_i + ∂h/∂K · ∂K/∂w_i), the co-skewness and co-kurtosis
    of each asset with the portfolio. S and K do not change with the size of a portfolio, so components sum
    to the value. Unlike those of the historical VaR they need no smoothing.

    Parameters
    ----------
    scenarios, portfolio
        S × n returns with probabilities, and one weight per asset; shorts and leverage allowed.
    model
        "gaussian" or "cornish_fisher".
    measure
        "var" or "cvar".
    confidence
        c in (0.5, 1).

    Returns
    -------
    ContributionResult
        Components are losses per period, positive = adds risk; `total` is the figure of `tail_risk`, `note`
        why it should not be relied on. Where modified CVaR is held at VaR (`cornish_fisher_tail`),
        its contributions are those of VaR. Shares are NaN as in `risk_contributions`.

    Raises
    ------
    InputError, ConfidenceError, AssetMismatchError
        No such model or measure, the level is out of range, or labels differ.
    NumericalError
        Constant losses.

    Notes
    -----
    Moments are divided by Σp. PerformanceAnalytics divides the covariance of a portfolio by T − 1 and its
    third and fourth moments by T, so its figures differ by parts of order 1/T.

    References
    ----------
    Boudt, Peterson and Croux (2008), Estimation and decomposition of downside risk for portfolios with
    non-normal returns, Journal of Risk 11.

    Examples
    --------
    >>> returns = np.array([[-0.04, 0.01], [0.02, 0.00], [0.01, -0.01], [0.03, 0.02]])
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    >>> a = Portfolio("A", {"SPY": 0.5, "BND": 0.5})
    >>> found = model_contributions(s, a, "gaussian", "cvar", confidence=0.95)
    >>> round(found.total, 6), found.table["component"].round(6).tolist()
    (0.025069, [0.023147, 0.001922])
    """
    level = check_confidence(confidence)
    if model not in MOMENT_MODELS:
        raise InputError(
            f"Contributions are exact for the moment models {listed(MOMENT_MODELS)}, not {model!r}; those of "
            "the historical figure are in contributions.risk_contributions."
        )
    if measure not in ("var", "cvar"):
        raise InputError(f"A tail model has contributions to var or cvar, not to {measure!r}.")
    name, weights, losses = portfolio_losses(scenarios, portfolio)
    shape = shape_gradients(co_moments(scenarios.returns, scenarios.probabilities, losses))
    skewness, kurtosis = (float(v) for v in shape.values[2:])
    note = None
    if model == "gaussian":
        var, cvar = (Slope(float(figure)) for figure in gaussian_tail(level))
    else:
        var, cvar = cornish_fisher_slopes(skewness, kurtosis, level)
        note = cornish_fisher_doubt(skewness, kurtosis, level)
    total, marginal = figure_gradient(shape, cvar if measure == "cvar" else var)
    component = weights * marginal
    table = pd.DataFrame(
        np.column_stack([weights, marginal, component, shares(component, total)]),
        index=pd.Index(scenarios.assets, name="asset"),
        columns=["weight", "marginal", "component", "relative"],
    )
    label = f"{measure_named(measure).labelled(level)}, {TAIL_MODELS[model].label}"
    return ContributionResult(name, measure, label, level, total, table, note)
