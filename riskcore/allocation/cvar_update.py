"""CVaR-adjusted update: weights moved against their tail risk, in every reading of the rule."""

from collections.abc import Mapping
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import refuse_labels
from riskcore.errors import ConvergenceError, InputError, listed
from riskcore.numerics.cvar_program import solve_minimum_cvar
from riskcore.numerics.cvar_update import GAP, RULES, run_update
from riskcore.numerics.tail import check_confidence
from riskcore.results.allocation import AllocationResult
from riskcore.results.update_trace import UpdateTrace
from riskcore.scenarios import Scenarios

__all__ = ["FORMS", "cvar_update", "trace_cvar_update"]

FORMS: Mapping[str, tuple[str, str]] = {
    "gradient": (
        "Gradient flow",
        "w' is the point of the simplex nearest to w − η₀/√k · ∂CVaR; the best is kept, and η₀ falls "
        "to a tenth after 1/2, 3/4 and 7/8 of the steps. Leads to minimum CVaR.",
    ),
    "marginal": ("Multiplicative, marginal", "w' ∝ w·exp(−η·∂CVaR/∂w_i). Leads to minimum CVaR."),
    "component": (
        "Multiplicative, component",
        "w' ∝ w·exp(−η·w_i ∂CVaR/∂w_i). Leads to CVaR parity; the average of the steps is kept.",
    ),
    "standalone": (
        "Multiplicative, stand-alone",
        "w' ∝ w·exp(−η·CVaR_i). Leads to the one asset with the smallest CVaR of its own.",
    ),
    "printed": (
        "As printed",
        "w' ∝ w·exp(−CVaR): the same factor for every asset, which cancels, so w' = w.",
    ),
    "paper": (
        "The paper's code",
        "w' = w − 0.01 · finite difference, clipped at 1e-5 and renormalised. The difference is the gradient "
        "less the CVaR, and a fixed step with this projection need not end at the minimum.",
    ),
}
"""Label and explanation of each form, in the order they are shown."""

PROOFS: Mapping[str, str] = {
    "gap": "gap of the best CVaR to its dual bound, relative to the losses in the tail",
    "shares": "largest relative gap between a risk share and 1/n, on the averages of the steps",
    "one": "weight outside the one asset it leads to",
    "none": "nothing is proved",
}


def cvar_update(scenarios: Scenarios, *, confidence: float, form: str = "gradient") -> AllocationResult:
    """Return the weights a CVaR-adjusted update leads to from equal weights, within 5,000 steps.

    Parameters
    ----------
    scenarios
        May be weighted.
    confidence
        c in (0.5, 1).
    form
        "gradient" or "marginal" (minimum CVaR), "component" (CVaR parity), "standalone" (one asset). The
        forms that prove nothing ("printed", "paper") are for `trace_cvar_update`.

    Returns
    -------
    AllocationResult
        `residual`: gap of the CVaR to its dual bound, at most 1e-4 of the losses in the tail; for "component"
        the largest relative error of a share, at most 1e-3; for "standalone" the weight elsewhere, 1e-6.

    Raises
    ------
    InputError, ConfidenceError
        The form or the confidence cannot be used.
    ConvergenceError
        5,000 steps did not suffice; `residual` says how far they came.

    References
    ----------
    Arrow, Hurwicz, Uzawa (1958); Kivinen, Warmuth (1997) for the multiplicative form; Shor (1985).

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]]), ("SPY", "BND"), 252)
    >>> cvar_update(s, confidence=0.9).weights.round(3).to_dict()
    {'SPY': 0.333, 'BND': 0.667}
    """
    found = trace_cvar_update(scenarios, confidence=confidence, form=form)
    if RULES[form].proves == "none":
        raise InputError(
            f"The form {form!r} proves nothing about where it ends; look at its trace, or use 'gradient'."
        )
    residual, converged = float(found.residual[-1]), found.converged
    if not converged and RULES[form].proves == "gap":
        # With few scenarios the averages prove too little, where the weights may have arrived all the same.
        residual = _gap_to_the_minimum(scenarios, found)
        converged = residual <= GAP
    if not converged:
        raise ConvergenceError(
            f"The update ({found.label.lower()}) came to {residual:.1e} in {found.steps} steps, not to its "
            "tolerance; use minimum CVaR or CVaR parity, which solve the same problem directly.",
            residual=residual,
        )
    return AllocationResult(
        weights=found.best,
        method="cvar_update",
        label=f"CVaR update ({found.label.lower()})",
        solved=f"{found.solved} CVaR {100 * found.confidence:.4g} % of these scenarios, from equal weights.",
        status="optimal",
        residual=residual,
        residual_name=found.residual_name,
        iterations=found.steps,
        seconds=found.seconds,
        measure="cvar" if found.shares is not None else None,
        confidence=found.confidence,
        shares=found.shares,
    )


def trace_cvar_update(
    scenarios: Scenarios,
    *,
    confidence: float,
    form: str = "gradient",
    steps: int = 5000,
    step_size: float | None = None,
    start: Mapping[str, float] | None = None,
) -> UpdateTrace:
    """Return every step of a CVaR-adjusted update, converged or not.

    Parameters
    ----------
    scenarios
        May be weighted, except for "paper".
    confidence
        c in (0.5, 1).
    form
        A key of `FORMS`.
    steps
        Most steps; fewer when the certificate holds before.
    step_size
        η₀, in units of the gradients; 0.01 as it stands for "paper". The form's own when omitted.
    start
        Positive weights by asset, sum 1; equal weights when omitted.

    Raises
    ------
    InputError, AssetMismatchError, ConfidenceError
        Form, steps, start or confidence cannot be used.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.02, 0.0], [0.0, -0.01], [0.01, 0.01]]), ("SPY", "BND"), 252)
    >>> trace = trace_cvar_update(s, confidence=0.9, form="printed")
    >>> trace.steps, trace.weight_change.tolist()
    (1, [0.0])
    """
    began = perf_counter()
    level = check_confidence(confidence)
    if form not in FORMS:
        raise InputError(f"No update {form!r}; choose one of {listed(FORMS, most=10)}.", form=form)
    if steps < 1:
        raise InputError(f"An update needs at least 1 step, got {steps}.")
    possible = scenarios.probabilities > 0.0
    found = run_update(
        scenarios.returns[possible],
        scenarios.probabilities[possible],
        level,
        form,
        start=_start(scenarios, start),
        steps=steps,
        step_size=step_size,
    )
    names = list(scenarios.assets)
    label, solved = FORMS[form]
    return UpdateTrace(
        form=form,
        label=label,
        solved=solved,
        confidence=level,
        path=pd.DataFrame(found.weights, columns=names),
        cvar=found.cvar,
        best_cvar=found.best_cvar,
        weight_change=np.abs(np.diff(found.weights, axis=0)).sum(axis=1),
        gradient_norm=found.gradient_norm,
        residual=found.residual,
        residual_name=PROOFS[RULES[form].proves],
        converged=found.converged,
        best=pd.Series(found.best, index=names, name="weight"),
        shares=None if found.shares is None else pd.Series(found.shares, index=names, name="share"),
        seconds=perf_counter() - began,
    )


def _gap_to_the_minimum(scenarios: Scenarios, found: UpdateTrace) -> float:
    """Return how far the best CVaR is above the bound certified by the direct solution, relative."""
    least = solve_minimum_cvar(scenarios.returns, scenarios.probabilities, found.confidence)
    active = np.flatnonzero(least.tail_weights)
    q, tail = least.tail_weights[active], scenarios.returns[active]
    size = float(q @ np.abs(tail @ least.weights))
    return max(0.0, float(found.best_cvar[-1]) - float((-(q @ tail)).min())) / size if size > 0.0 else np.inf


def _start(scenarios: Scenarios, start: Mapping[str, float] | None) -> NDArray[np.float64]:
    if start is None:
        return np.full(scenarios.size, 1.0 / scenarios.size)
    refuse_labels("The starting weights", pd.Index(list(start)), list(scenarios.assets))
    weights = np.array([start[a] for a in scenarios.assets], dtype=np.float64)
    if not ((np.isfinite(weights) & (weights > 0.0)).all() and abs(float(weights.sum()) - 1.0) <= 1e-9):
        raise InputError(
            "Starting weights must be positive and sum to 1: an update by factors cannot move a weight away "
            "from zero."
        )
    return weights
