"""Allocators that shape risk shares: every asset carries its budget of volatility or of CVaR."""

from collections.abc import Mapping
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import moments, refuse_flat
from riskcore.allocation.simple import refuse_constant
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError, listed
from riskcore.measures import percent
from riskcore.numerics.budgeting import solve_risk_budget_volatility
from riskcore.numerics.cvar_program import solve_cvar_parity
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["budget_array", "cvar_parity", "equal_risk_contribution", "holdings"]

Floats = NDArray[np.float64]


def equal_risk_contribution(
    scenarios: Scenarios,
    *,
    budgets: Mapping[str, float] | None = None,
    covariance: str | pd.DataFrame = "sample",
) -> AllocationResult:
    """Return the long-only weights in which every asset carries its budget of the volatility.

    w_i (Σw)_i / w'Σw = b_i, from min ½ x'Σx − Σ b_i ln x_i over x > 0, w = x / Σx.

    Parameters
    ----------
    scenarios
        May be weighted with the sample covariance.
    budgets
        Share of the volatility by asset, one for every asset, positive, sum 1; equal when omitted.
        Budgets that do not sum to 1 are refused rather than rescaled.
    covariance
        A key of `covariances.COVARIANCES`, or a table labelled by asset on both sides. Shares are as
        budgeted under the covariance solved with only; `measure` is None where that is not the sample one.

    Returns
    -------
    AllocationResult
        `residual` is the largest |share_i − b_i| / max(b_i, 1e-4), at most 1e-10.

    Raises
    ------
    AssetMismatchError, InputError
        Budgets or estimator cannot be used.
    InfeasibleError
        An asset has no volatility, or some long-only portfolio has none (a perfect hedge).
    ConvergenceError
        The shares could not be verified.

    References
    ----------
    Maillard, Roncalli, Teïletche (2010); Spinu (2013).

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> equal_risk_contribution(s).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    wanted = budget_array(scenarios, budgets)
    refuse_constant(scenarios)
    used = moments(scenarios, covariance=covariance)
    refuse_flat(scenarios, np.diag(used.covariance))
    try:
        found = solve_risk_budget_volatility(used.covariance, wanted)
    except InfeasibleError as error:
        weights = error.details.get("weights")
        if not isinstance(weights, np.ndarray):
            raise
        raise InfeasibleError(
            f"The portfolio {holdings(scenarios, weights)} has no volatility (a perfect hedge), so there is "
            "no risk to share out. Leave one of its assets out, or use the Ledoit–Wolf covariance.",
            weights=pd.Series(weights, index=scenarios.labels),
        ) from error
    share = "its budgeted share" if budgets else "the same share"
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="equal_risk_contribution",
        label="Risk budgets (volatility)" if budgets else "Volatility parity",
        solved=f"Every asset carries {share} of volatility, on {used.source}.",
        status="optimal",
        residual=found.residual,
        residual_name=SHARE_GAP,
        iterations=found.iterations,
        seconds=perf_counter() - began,
        measure=used.measure,
        shares=pd.Series(found.shares, index=scenarios.labels, name="share"),
    )


def cvar_parity(
    scenarios: Scenarios,
    *,
    confidence: float,
    budgets: Mapping[str, float] | None = None,
    start: Floats | None = None,
) -> AllocationResult:
    """Return the long-only weights in which every asset carries its budget of the CVaR of the scenarios.

    From min CVaR(y) − Σ b_i ln y_i over y > 0, w = y / Σy, on the scenarios themselves.
    `shares` use the dual tail weights, which are exact where several scenarios tie at VaR; contributions
    taken from the tail average alone may differ there by about 1e-3.

    Parameters
    ----------
    scenarios
        May be weighted.
    confidence
        c in (0.5, 1).
    budgets
        Share of the CVaR by asset, as for `equal_risk_contribution`.
    start
        Weights in the order of the assets to begin from, such as last month's; they change the time.

    Returns
    -------
    AllocationResult
        `residual` is the largest |share_i − b_i| / b_i, at most 1e-6; so is the relative gap between the CVaR
        and its dual value, verified on all scenarios.

    Raises
    ------
    AssetMismatchError, InputError, ConfidenceError
        Budgets or confidence cannot be used.
    InfeasibleError
        Some long-only portfolio has CVaR ≤ 0, named with its CVaR.
    ConvergenceError
        The answer could not be verified.

    References
    ----------
    Mausser, Romanko (2018); Rockafellar, Uryasev (2000).

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]]), ("SPY", "BND"), 252)
    >>> cvar_parity(s, confidence=0.6).weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    level = check_confidence(confidence)
    wanted = budget_array(scenarios, budgets)
    try:
        found = solve_cvar_parity(scenarios.returns, scenarios.probabilities, level, wanted, start=start)
    except InfeasibleError as error:
        weights, cvar = error.details.get("weights"), error.details.get("cvar")
        if not (isinstance(weights, np.ndarray) and isinstance(cvar, float)):
            raise
        raise InfeasibleError(
            f"CVaR parity has no solution: the portfolio {holdings(scenarios, weights)} has a CVaR "
            f"{percent(level)} of {100 * cvar:.3g} % of its value, not above 0, so there is no risk to share "
            "out. Leave out an asset it relies on, or choose a higher confidence.",
            weights=pd.Series(weights, index=scenarios.labels),
            cvar=cvar,
        ) from error
    share = "its budgeted share" if budgets else "the same share"
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="cvar_parity",
        label="Risk budgets (CVaR)" if budgets else "CVaR parity",
        solved=f"Every asset carries {share} of CVaR {percent(level)} of these scenarios.",
        status="optimal",
        residual=found.residual,
        residual_name=SHARE_GAP,
        iterations=found.iterations,
        seconds=perf_counter() - began,
        measure="cvar",
        confidence=level,
        shares=pd.Series(found.shares, index=scenarios.labels, name="share"),
    )


SHARE_GAP = "largest relative gap between a risk share and its budget"


def budget_array(scenarios: Scenarios, budgets: Mapping[str, float] | None) -> Floats:
    """Return the budgets in the order of the assets, 1/n when None; every asset needs one.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> budget_array(s, {"BND": 0.25, "SPY": 0.75}).tolist()
    [0.75, 0.25]
    """
    if budgets is None:
        return np.full(scenarios.size, 1.0 / scenarios.size)
    unknown = [a for a in budgets if a not in scenarios.assets]
    absent = [a for a in scenarios.assets if a not in budgets]
    if unknown or absent:
        raise AssetMismatchError(
            "Risk budgets and assets differ: "
            + "; ".join(
                f"{what} {listed(names)}"
                for what, names in (("no returns for", unknown), ("no budget for", absent))
                if names
            )
            + ". Give every asset one positive budget.",
            unknown=unknown,
            absent=absent,
        )
    values = np.array([budgets[a] for a in scenarios.assets], dtype=np.float64)
    bad = [a for a, b in zip(scenarios.assets, values, strict=True) if not (np.isfinite(b) and b > 0)]
    if bad:
        raise InputError(
            f"The risk budget of {listed(bad)} is not a positive number; leave out an asset that should "
            "carry no risk.",
            assets=bad,
        )
    return values


def holdings(scenarios: Scenarios, weights: Floats, *, most: int = 4) -> str:
    """Return the largest weights in words, such as "60 % SPY, 40 % BND".

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> holdings(s, np.array([0.25, 0.75]))
    '75 % BND, 25 % SPY'
    """
    order = [int(i) for i in np.argsort(-weights, kind="stable") if weights[i] > 5e-4]
    return listed((f"{100 * weights[i]:.3g} % {scenarios.assets[i]}" for i in order), most=most)
