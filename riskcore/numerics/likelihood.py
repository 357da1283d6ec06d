"""Fitted parametric tails: their common shape, and one damped Newton method for maximum likelihood."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError

__all__ = ["Fit", "Likelihood", "maximise_likelihood"]

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[Floats, Floats, Floats]]
MOST_STEPS = 200
# Losses are standardised and scales are logarithms: no honest step is longer.
LONGEST_STEP = 2.0


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters of a model of (loss − location) / scale, with what a resample needs to move them.

    Attributes
    ----------
    theta
        k parameters; what they are is the model's own business.
    location, scale
        The losses were standardised by these before fitting.
    scores
        S × k: each scenario's estimating function at theta; their probability-weighted mean is 0.
    curvature
        k × k: minus the mean derivative of the scores. To first order a resample moves theta by
        curvature⁻¹ times the mean of its scores (a one-step estimator).
    """

    theta: Floats
    location: float
    scale: float
    scores: Floats
    curvature: Floats

    def moved(self, mean_scores: Floats) -> Floats:
        """Return the one-step parameters, resamples × k, for mean scores of the same shape."""
        steps: Floats = self.theta + np.linalg.solve(self.curvature, mean_scores.T).T
        return steps


def maximise_likelihood(
    likelihood: Likelihood, start: Floats, probabilities: Floats, *, lower: Floats, upper: Floats, name: str
) -> Floats:
    """Return the parameters that maximise Σ p log f, inside bounds, by a damped Newton method.

    A step solves (−H + λ diag|H|) d = g over the parameters not held at a bound; λ grows until the likelihood
    rises and shrinks again after.

    Parameters
    ----------
    likelihood
        theta ↦ (log density per scenario, scores S × k, Hessians summed with `probabilities`, k × k). The log
        density is a huge negative number where theta is not allowed.
    start, lower, upper
        k each; the start must be allowed.
    name
        Of the distribution, for the message.

    Raises
    ------
    ConvergenceError
        No maximum within 200 steps.
    """
    theta = np.clip(start, lower, upper)
    density, scores, hessian = likelihood(theta)
    value, gradient = float(probabilities @ density), probabilities @ scores
    damping = 1e-3
    for _ in range(MOST_STEPS):
        held = ((theta <= lower) & (gradient < 0)) | ((theta >= upper) & (gradient > 0))
        free = ~held
        if np.abs(gradient[free]).max(initial=0.0) < 1e-9:
            return theta
        block = -hessian[np.ix_(free, free)]
        size = np.maximum(np.abs(np.diag(block)), 1e-12)
        step = np.zeros_like(theta)
        step[free] = _solved(block, size, gradient[free], damping)
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP))
        trial = np.clip(theta + step, lower, upper)
        if np.array_equal(trial, theta):
            return theta
        density, trial_scores, trial_hessian = likelihood(trial)
        reached = float(probabilities @ density)
        if reached >= value - 1e-14 * abs(value):
            theta, value, hessian = trial, reached, trial_hessian
            gradient = probabilities @ trial_scores
            damping = max(damping / 10, 1e-12)
        else:
            damping *= 10
            if damping > 1e12:
                # No uphill step is left at machine precision.
                return theta
    raise ConvergenceError(
        f"The {name} could not be fitted to these losses in {MOST_STEPS} steps; use the historical model."
    )


def _solved(block: Floats, size: Floats, gradient: Floats, damping: float) -> Floats:
    """Solve with enough damping to make the block positive definite, so that the step goes uphill."""
    scaled = block / np.sqrt(np.outer(size, size))
    least = float(np.linalg.eigvalsh(scaled)[0])
    extra = max(0.0, 1e-8 - least) + damping
    step: Floats = np.linalg.solve(scaled + extra * np.eye(size.size), gradient / np.sqrt(size)) / np.sqrt(
        size
    )
    return step
