"""Entropic value at risk of weighted losses."""

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.tail import check_confidence, checked, worst_weights

__all__ = ["entropic_weights"]

Floats = NDArray[np.float64]
SNAP = 1e-12


def entropic_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the weights q with EVaR_c = Σ q_s l_s, the tightest exponential bound on VaR and CVaR.

        EVaR_c = min_{t>0} (1/t) [ln E e^{t l} − ln(1−c)] = max {Σ q l : KL(q‖p) ≤ −ln(1−c)}

    The maximiser is q ∝ p e^{t l}, with t where the divergence reaches −ln(1−c). When the worst loss has
    probability 1 − c or more it never does: q is then the worst loss itself.

    Parameters
    ----------
    losses
        S losses, positive = bad.
    probabilities
        S, non-negative, sum 1.
    confidence
        c in (0.5, 1).

    Raises
    ------
    ConfidenceError, InputError, MissingDataError, ProbabilityError
        See `tail.check_confidence` and `tail.checked`.

    References
    ----------
    Ahmadi-Javid (2012), Entropic value-at-risk: a new coherent risk measure.

    Examples
    --------
    >>> losses = np.arange(1.0, 51.0)
    >>> value = float(entropic_weights(losses, np.full(50, 0.02), 0.95) @ losses)
    >>> 49.2 < value < 50.0
    True
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    if values.ndim != 1:
        raise InputError("entropic_weights takes one vector of losses.")
    possible = weights > 0.0
    p = weights[possible] / weights.sum()
    behind = values[possible] - values[possible].max()
    reach = -float(behind.min())
    budget = -float(np.log1p(-level))
    # Not enough divergence is left to leave anything but the worst loss.
    if -np.log(p[behind == 0.0].sum()) <= budget + SNAP:
        return worst_weights(values, weights)
    unit = behind / reach
    q = np.zeros_like(values)
    q[possible] = _tilted(p, unit, _tilt_spending(p, unit, budget))[0]
    return q


def _tilt_spending(p: Floats, unit: Floats, budget: float) -> float:
    """Return the t at which KL(q_t‖p) = budget; the divergence grows with t from 0."""

    def excess(t: float) -> float:
        return _tilted(p, unit, t)[1] - budget

    end = 1.0
    while excess(end) < 0.0:
        end *= 2.0
    from scipy.optimize import brentq  # a third of a second to import, and few pages need it

    return float(brentq(excess, 0.0, end, xtol=1e-15, rtol=1e-14))


def _tilted(p: Floats, unit: Floats, t: float) -> tuple[Floats, float]:
    """Return q ∝ p e^{t·unit} and KL(q‖p) = t Σ q·unit − ln Σ p e^{t·unit}."""
    raised = p * np.exp(t * unit)
    total = float(raised.sum())
    q = raised / total
    return q, t * float(q @ unit) - float(np.log(total))
