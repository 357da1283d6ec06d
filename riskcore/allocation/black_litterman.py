"""Black–Litterman: the market's implied returns, moved by views in proportion to their certainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import Bound, moments, refuse_labels
from riskcore.allocation.mean_variance import maximum_sharpe
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError, listed
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["BlackLittermanPosterior", "View", "black_litterman", "black_litterman_posterior"]

Floats = NDArray[np.float64]

TAU = 0.05
RISK_AVERSION = 2.5


@dataclass(frozen=True)
class View:
    """One view: the return of a portfolio of assets, per period of the scenarios, over the risk-free rate.

    Attributes
    ----------
    weights
        By asset: {"SPY": 1.0} for an absolute view, {"SPY": 1.0, "EEM": -1.0} for one on a difference.
    value
        The return expected of that portfolio, per period.
    variance
        Of the error of the view; 0 for certainty. None: as uncertain as the prior makes that portfolio
        (He and Litterman).
    """

    weights: Mapping[str, float]
    value: float
    variance: float | None = None


@dataclass(frozen=True, eq=False)
class BlackLittermanPosterior:
    """What the market implies, and what views make of it.

    Attributes
    ----------
    equilibrium
        Π = δ Σ w_market, by asset, per period, over the risk-free rate.
    mean
        Posterior mean by asset.
    covariance
        Posterior covariance Σ + M, M the posterior uncertainty of the mean.
    unconstrained
        (δ (Σ + M))⁻¹ mean: the optimum without a budget; it need not sum to 1. With M = τΣ (no views) the
        market over 1 + τ.
    view_variances
        Ω's diagonal, in the order of the views.
    """

    equilibrium: pd.Series
    mean: pd.Series
    covariance: pd.DataFrame
    unconstrained: pd.Series
    view_variances: Floats


def black_litterman(
    scenarios: Scenarios,
    market: Mapping[str, float],
    views: Sequence[View] = (),
    *,
    risk_aversion: float = RISK_AVERSION,
    tau: float = TAU,
    lower: Bound = 0.0,
    upper: Bound = 1.0,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the weights with the largest Sharpe ratio under the posterior of the market and the views.

    Without views, the market weights. Means come from the market and the views only, never from the average
    of the scenarios; their covariance is Σ + M. See `black_litterman_posterior`.

    Parameters
    ----------
    scenarios
        Give the covariance; may be weighted with the sample one.
    market
        Market weights by asset, one for every asset, non-negative, sum 1.
    views
        None for the market itself.
    risk_aversion
        δ > 0, mean excess return of the market over its variance; the same at every horizon.
    tau
        τ > 0, how uncertain the equilibrium is, as a share of Σ.
    lower, upper, covariance
        As for `mean_variance.minimum_variance`.

    Returns
    -------
    AllocationResult
        As for `mean_variance.maximum_sharpe`.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError
        Weights, views or settings cannot be used.
    InfeasibleError
        Certain views contradict or repeat one another, or no portfolio has a positive posterior mean.
    ConvergenceError
        The optimum could not be verified.

    References
    ----------
    Black, Litterman (1992); He, Litterman (1999), The intuition behind Black–Litterman model portfolios.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> s = Scenarios(rows, ("SPY", "BND"), 252)
    >>> black_litterman(s, {"SPY": 0.6, "BND": 0.4}).weights.round(6).to_dict()
    {'SPY': 0.6, 'BND': 0.4}
    """
    began = perf_counter()
    posterior = black_litterman_posterior(
        scenarios, market, views, risk_aversion=risk_aversion, tau=tau, covariance=covariance
    )
    found = maximum_sharpe(
        scenarios, lower=lower, upper=upper, mean=posterior.mean, covariance=posterior.covariance
    )
    count = len(views)
    moved = "no views" if not count else f"{count} view{'s' if count > 1 else ''}"
    return AllocationResult(
        weights=found.weights,
        method="black_litterman",
        label="Black–Litterman",
        solved=(
            f"The largest Sharpe ratio under the returns that the market weights imply (risk aversion "
            f"{risk_aversion:.4g}), with {moved} and τ = {tau:.4g}."
        ),
        status=found.status,
        residual=found.residual,
        residual_name=found.residual_name,
        iterations=found.iterations,
        seconds=perf_counter() - began,
    )


def black_litterman_posterior(
    scenarios: Scenarios,
    market: Mapping[str, float],
    views: Sequence[View] = (),
    *,
    risk_aversion: float = RISK_AVERSION,
    tau: float = TAU,
    covariance: str | pd.DataFrame = "sample",
) -> BlackLittermanPosterior:
    """Return the posterior mean and covariance of the returns.

    Π = δ Σ w; mean = Π + τΣP' (PτΣP' + Ω)⁻¹ (Q − PΠ); M = τΣ − τΣP' (PτΣP' + Ω)⁻¹ PτΣ; covariance Σ + M.
    This form needs no inverse of Ω, so that a view may be certain (Ω = 0). By default Ω = diag(PτΣP').

    Parameters, errors
        As for `black_litterman`.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> s = Scenarios(rows, ("SPY", "BND"), 252)
    >>> view = View({"SPY": 1.0}, 0.001, variance=0.0)
    >>> found = black_litterman_posterior(s, {"SPY": 0.5, "BND": 0.5}, [view])
    >>> found.equilibrium.round(6).to_dict(), found.mean.round(6).to_dict()
    ({'SPY': 0.0005, 'BND': 0.000125}, {'SPY': 0.001, 'BND': 0.000125})
    """
    _check_positive("The risk aversion δ", risk_aversion)
    _check_positive("τ", tau)
    names = list(scenarios.assets)
    sigma = moments(scenarios, covariance=covariance).covariance
    equilibrium = risk_aversion * (sigma @ _market_weights(scenarios, market))
    picks, values = _picks(scenarios, views)
    prior = tau * sigma
    spread = prior @ picks.T
    own = picks @ spread
    given = [view.variance for view in views]
    omega = np.array([own[k, k] if v is None else v for k, v in enumerate(given)], dtype=np.float64)
    mean, uncertainty = equilibrium, prior
    if views:
        rounding = 1e-11 * np.sqrt(float(np.diag(prior).max())) * np.abs(picks).sum(axis=1)
        gain = _gain(own + np.diag(omega), spread, rounding)
        mean = equilibrium + gain @ (values - picks @ equilibrium)
        uncertainty = prior - gain @ spread.T
        uncertainty = 0.5 * (uncertainty + uncertainty.T)
    posterior = sigma + uncertainty
    best = np.linalg.lstsq(risk_aversion * posterior, mean, rcond=1e-12)[0]
    return BlackLittermanPosterior(
        equilibrium=pd.Series(equilibrium, index=names, name="mean"),
        mean=pd.Series(mean, index=names, name="mean"),
        covariance=pd.DataFrame(posterior, index=names, columns=names),
        unconstrained=pd.Series(best, index=names, name="weight"),
        view_variances=omega,
    )


def _check_positive(what: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0.0):
        raise InputError(f"{what} must be a positive number, got {value}.")


def _market_weights(scenarios: Scenarios, market: Mapping[str, float]) -> Floats:
    names = list(scenarios.assets)
    refuse_labels("The market weights", pd.Index(list(market)), names)
    weights = np.array([market[a] for a in names], dtype=np.float64)
    if not (np.isfinite(weights) & (weights >= 0.0)).all():
        raise InputError("Market weights must be numbers of at least 0; a market holds nothing short.")
    total = float(weights.sum())
    if abs(total - 1.0) > 1e-6:
        raise InputError(
            f"The market weights add up to {100 * total:.6g} %, not 100 %; divide each by their sum.",
            total=total,
        )
    return weights


def _picks(scenarios: Scenarios, views: Sequence[View]) -> tuple[Floats, Floats]:
    names = list(scenarios.assets)
    picks = np.zeros((len(views), scenarios.size))
    for k, view in enumerate(views):
        unknown = [a for a in view.weights if a not in names]
        if unknown:
            raise AssetMismatchError(
                f"View {k + 1} is about {listed(unknown)}, which the scenarios do not have.", unknown=unknown
            )
        for asset, weight in view.weights.items():
            picks[k, names.index(asset)] = weight
        if not (np.isfinite(picks[k]).all() and picks[k].any() and np.isfinite(view.value)):
            raise InputError(f"View {k + 1} needs a return and at least one asset with a weight but 0.")
        if view.variance is not None and not (np.isfinite(view.variance) and view.variance >= 0.0):
            raise InputError(f"The variance of view {k + 1} must be at least 0, got {view.variance}.")
    return picks, np.array([view.value for view in views], dtype=np.float64)


def _gain(total: Floats, spread: Floats, rounding: Floats) -> Floats:
    """Return τΣP' (PτΣP' + Ω)⁻¹, refusing views that leave nothing to weigh them by."""
    size = np.sqrt(np.maximum(np.diag(total), 0.0))
    flat = [k + 1 for k in np.flatnonzero(~(size > rounding))]
    if flat:
        raise InfeasibleError(
            f"View {listed(flat)} is about a portfolio without volatility and leaves no error of its own; "
            "give it a variance above 0, or leave it out.",
            views=flat,
        )
    values, vectors = np.linalg.eigh(total / np.outer(size, size))
    if float(values[0]) < 1e-10:
        involved = [k + 1 for k in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)]
        raise InfeasibleError(
            f"Views {listed(involved)} are about the same thing and all certain, so that they repeat or "
            "contradict one another; drop one, or give one a variance above 0.",
            views=involved,
        )
    return np.asarray(np.linalg.solve(total, spread.T).T, dtype=np.float64)
