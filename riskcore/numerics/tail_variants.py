"""Simpler conventions for VaR and CVaR of equally likely losses, kept to compare and to teach with.

They answer slightly different questions than the exact ones in `tail`: losses 1..50 at 95 % give a CVaR of
49.2 exactly, 49.0 as the mean beyond the interpolated VaR, and 49.5 over whole scenarios.
"""

import math

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.tail import check_confidence, checked

__all__ = ["floor_tail_weights", "linear_quantile_weights", "tail_mean_weights"]

Floats = NDArray[np.float64]
SNAP = 1e-9


def linear_quantile_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return q with Σ q·l = NumPy's default percentile: between two order statistics, at (S − 1) c.

    Raises
    ------
    InputError
        The probabilities are not equal.

    Examples
    --------
    >>> losses = np.arange(1.0, 51.0)
    >>> round(float(linear_quantile_weights(losses, np.full(50, 0.02), 0.95) @ losses), 12)
    47.55
    """
    level = check_confidence(confidence)
    values = _equally_likely(losses, probabilities, "the interpolated VaR")
    lower, upper, fraction = _linear_position(values, level)
    return (1.0 - fraction) * _evenly(values == lower) + fraction * _evenly(values == upper)


def tail_mean_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return q with Σ q·l = the mean of the losses at or beyond the interpolated VaR.

    Raises
    ------
    InputError
        The probabilities are not equal.
    """
    level = check_confidence(confidence)
    values = _equally_likely(losses, probabilities, "the tail mean")
    lower, upper, fraction = _linear_position(values, level)
    return _evenly(values >= (lower if fraction == 0.0 else upper))


def floor_tail_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return q with Σ q·l = the mean of the k = ⌊S (1 − c)⌋ worst losses; the fraction is dropped.

    Losses tied at the k-th place share its weight.

    Raises
    ------
    InputError
        The probabilities are not equal.
    MissingDataError
        k is 0: not one whole scenario lies in the tail.
    """
    level = check_confidence(confidence)
    values = _equally_likely(losses, probabilities, "the mean of whole tail scenarios")
    size = math.floor(values.size * (1.0 - level) + SNAP)
    if size == 0:
        raise MissingDataError(
            f"{values.size} scenarios hold no whole tail scenario at confidence {level:.10g}; "
            "use the exact CVaR, a lower confidence or more scenarios."
        )
    cut = np.partition(values, values.size - size)[values.size - size]
    beyond, tied = values > cut, values == cut
    share = (size - int(beyond.sum())) / int(tied.sum())
    q: Floats = (beyond + tied * share) / size
    return q


def _equally_likely(losses: Floats, probabilities: Floats, what: str) -> Floats:
    values, weights = checked(losses, probabilities)
    if values.ndim != 1:
        raise InputError(f"{what.capitalize()} takes one vector of losses.")
    if float(np.ptp(weights)) > 1e-12 / weights.size:
        raise InputError(
            f"{what.capitalize()} is defined for equally likely scenarios only; "
            "use the exact measure for weighted ones."
        )
    return values


def _linear_position(losses: Floats, confidence: float) -> tuple[float, float, float]:
    """Return the order statistics around (S − 1) c and the fraction of the way between them."""
    place = (losses.size - 1) * confidence
    # 100 × 0.55 is 55.00000000000001 and must be the 56th smallest itself.
    below = math.floor(place + SNAP)
    fraction = place - below if place - below > SNAP else 0.0
    above = min(below + 1, losses.size - 1)
    ranked = np.partition(losses, [below, above])
    return float(ranked[below]), float(ranked[above]), fraction


def _evenly(chosen: NDArray[np.bool_]) -> Floats:
    return chosen / int(chosen.sum())
