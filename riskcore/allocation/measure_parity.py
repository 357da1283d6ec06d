"""Risk budgets under any measure of the registry that is convex."""

from collections.abc import Mapping
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.risk_budgets import SHARE_GAP, budget_array, holdings
from riskcore.errors import InfeasibleError, InputError
from riskcore.measures import MEASURES, check_path, measure_named
from riskcore.numerics.measure_budgeting import solve_measure_budgets
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["SHARED", "measure_parity"]

Floats = NDArray[np.float64]
SHARED = tuple(key for key in MEASURES if key != "var")
"""Measures whose shares can be asked for: all but VaR, which is not convex."""


def measure_parity(
    scenarios: Scenarios,
    measure: str,
    *,
    confidence: float | None = None,
    budgets: Mapping[str, float] | None = None,
) -> AllocationResult:
    """Return the long-only weights in which every asset carries its budget of a risk measure.

    w_i Σ_s q_s (−R_si) / ρ(w) = b_i, from min ρ(y) − Σ b_i ln y_i over y > 0, w = y / Σy, with q the gradient
    of ρ in the losses. Where ρ has kinks (quantiles, worst paths) q is the mixture of gradients that proves
    the weights, as for CVaR parity.

    Parameters
    ----------
    scenarios
        As the measure takes them: paths need time order and equal probabilities.
    measure
        A key of `SHARED`.
    confidence
        c in (0.5, 1) for measures with a level.
    budgets
        Share of the risk by asset, as for `risk_budgets.equal_risk_contribution`.

    Returns
    -------
    AllocationResult
        `residual` is the largest |share_i − b_i| / b_i, or where larger the relative gap between the risk and
        the value of the mixture, a lower bound of it; at most 1e-6.

    Raises
    ------
    InputError, ConfidenceError, AssetMismatchError
        Measure, scenarios, confidence or budgets cannot be used.
    InfeasibleError
        Some long-only portfolio has no risk, named with it.
    ConvergenceError
        The shares could not be verified.

    References
    ----------
    Cetingoz, Fermanian, Guéant (2024), Risk budgeting portfolios: existence and computation.

    Examples
    --------
    >>> rows = np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01], [-0.02, 0.01]])
    >>> measure_parity(Scenarios(rows, ("SPY", "BND"), 252), "mad").weights.round(6).to_dict()
    {'SPY': 0.333333, 'BND': 0.666667}
    """
    began = perf_counter()
    chosen = measure_named(measure)
    if measure not in SHARED:
        raise InputError(
            f"{chosen.label} cannot be shared out by an optimum: it is not convex. Use CVaR, the mean loss "
            "beyond it.",
            measure=measure,
        )
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    wanted = budget_array(scenarios, budgets)
    if abs(float(wanted.sum()) - 1.0) > 1e-9:
        raise InputError(f"The risk budgets add up to {100 * float(wanted.sum()):.4g} %; make them 100 %.")

    def identifier(losses: Floats) -> Floats:
        return chosen.identifier(losses, scenarios.probabilities, np.nan if level is None else level)

    words = chosen.labelled(level)
    try:
        found = solve_measure_budgets(scenarios.returns, identifier, wanted)
    except InfeasibleError as error:
        weights, risk = error.details.get("weights"), error.details.get("risk")
        if not (isinstance(weights, np.ndarray) and isinstance(risk, float)):
            raise
        raise InfeasibleError(
            f"There is no parity of {words}: the portfolio {holdings(scenarios, weights)} has one of "
            f"{100 * risk:.3g} % of its value, not above 0, so there is no risk to share out. Leave out "
            "an asset it relies on, or choose another measure.",
            weights=pd.Series(weights, index=scenarios.labels),
            risk=risk,
        ) from error
    share = "its budgeted share" if budgets else "the same share"
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="measure_parity",
        label=f"{'Risk budgets' if budgets else 'Parity'} ({words})",
        solved=f"Every asset carries {share} of {words} of these scenarios.",
        status="optimal",
        residual=found.residual,
        residual_name=SHARE_GAP,
        iterations=found.iterations,
        seconds=perf_counter() - began,
        measure=measure,
        confidence=level,
        shares=pd.Series(found.shares, index=scenarios.labels, name="share"),
    )
