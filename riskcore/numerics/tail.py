"""Quantile and tail of weighted losses: value at risk, and the scenario weights of the expected shortfall.

Losses are positive = bad. `losses` has S entries, or S × m for m portfolios; `probabilities` has S.
"""

from collections.abc import Callable
from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConfidenceError, InputError, MissingDataError, ProbabilityError

__all__ = [
    "Boundary",
    "boundary",
    "check_confidence",
    "checked",
    "quantile_weights",
    "tail_weights",
    "tolerance",
    "value_at_risk",
    "values_at_risk",
    "worst_weights",
]

Floats = NDArray[np.float64]
PROBABILITY_TOLERANCE = 1e-9
EPS = float(np.finfo(np.float64).eps)


def check_confidence(confidence: object) -> float:
    """Return `confidence` as a float in (0.5, 1), or say what was probably meant.

    Raises
    ------
    ConfidenceError
        Not a number, NaN, or outside (0.5, 1).

    Examples
    --------
    >>> check_confidence(0.95)
    0.95
    >>> check_confidence(95)
    Traceback (most recent call last):
    ...
    riskcore.errors.ConfidenceError: Confidence must lie between 0.5 and 1, got 95; did you mean 0.95?
    """
    if isinstance(confidence, bool) or not isinstance(confidence, Real):
        raise ConfidenceError(
            f"Confidence must be a number between 0.5 and 1 such as 0.95, got {confidence!r}.",
            confidence=confidence,
        )
    level = float(confidence)
    if 0.5 < level < 1.0:
        return level
    meant = _probably_meant(level)
    advice = "; try 0.95" if meant is None else f"; did you mean {meant:.10g}?"
    raise ConfidenceError(
        f"Confidence must lie between 0.5 and 1, got {level:.10g}{advice}", confidence=confidence, meant=meant
    )


def _probably_meant(level: float) -> float | None:
    if 0.0 < level < 0.5:
        return 1.0 - level
    if 50.0 < level < 100.0:
        return level / 100.0
    if 1.0 < level < 50.0:
        return 1.0 - level / 100.0
    return None


def checked(losses: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return both as float arrays after checking lengths, finiteness and Σp = 1.

    Raises
    ------
    InputError
        The lengths differ, or the losses are neither S nor S × m.
    MissingDataError
        A loss is NaN or infinite.
    ProbabilityError
        A probability is negative or not finite, or they do not sum to 1.
    """
    values = np.asarray(losses, dtype=np.float64)
    weights = np.asarray(probabilities, dtype=np.float64)
    if values.ndim not in (1, 2) or weights.ndim != 1 or not 0 < len(weights) == len(values):
        raise InputError(
            f"Losses of shape {values.shape} and probabilities of shape {weights.shape} do not match; "
            "give one probability per scenario (row)."
        )
    if not np.isfinite(values).all():
        rows = np.flatnonzero(~np.isfinite(values.reshape(len(weights), -1)).all(axis=1))
        raise MissingDataError(
            f"Losses are missing or infinite in {rows.size} scenarios, first in row {rows[0]}; "
            "remove those scenarios or repair the returns.",
            rows=rows,
        )
    total = float(weights.sum())
    if not (weights.min() >= 0.0 and abs(total - 1.0) <= PROBABILITY_TOLERANCE):
        raise ProbabilityError(
            f"Probabilities must be non-negative and sum to 1; the smallest is {weights.min():.3g} and "
            f"they sum to {total:.10g}.",
            total=total,
        )
    return values, weights


class Boundary(NamedTuple):
    """Where the tail begins: VaR, the scenarios beyond it and at it, and what is left for the latter."""

    value: float
    beyond: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    beyond_mass: float
    remainder: float


def tolerance(tail: float, count: int) -> float:
    """Return how far a tail mass may miss `tail` = 1 − c and still count as equal to it.

    Summing S probabilities is off by up to S·ε of the sum, and 1 − c by ε: 100 × (1 − 0.95) is
    5.000000000000004 in floating point and must be 5.
    """
    return tail * (1e-12 + count * EPS) + 2.0 * EPS


def boundary(losses: Floats, probabilities: Floats, confidence: float) -> Boundary:
    """Find VaR and the tail of one checked vector of losses by one partition.

    VaR is the largest loss x with P(l ≥ x) > 1 − c, which is inf{x : P(l ≤ x) ≥ c} seen from the tail,
    where small masses are summed without losing digits. Only candidates for the tail are sorted: their
    number is right at once for equal probabilities and grows until the mass suffices otherwise.
    """
    count = losses.size
    tail = 1.0 - confidence
    slack = tolerance(tail, count)
    size = min(count, int(count * tail) + 2)
    while True:
        top = np.argpartition(losses, count - size)[count - size :]
        top = top[np.argsort(losses[top])[::-1]]
        reached = np.cumsum(probabilities[top]) > tail + slack
        if reached[-1]:
            break
        size = min(count, 4 * size)
    value = float(losses[top[np.argmax(reached)]])
    beyond = losses > value
    mass = float(probabilities[beyond].sum())
    remainder = tail - mass
    if mass > 0.0 and remainder <= slack:
        remainder = 0.0
    return Boundary(value, beyond, losses == value, mass, remainder)


def value_at_risk(losses: Floats, probabilities: Floats, confidence: float) -> float:
    """Return the loss not exceeded with probability c: VaR_c = inf{x : P(l ≤ x) ≥ c}.

    The lower quantile; a tail of exactly k equal scenarios gives the (k+1)-th worst loss.

    Parameters
    ----------
    losses
        S losses, positive = bad.
    probabilities
        S, non-negative, sum 1.
    confidence
        c in (0.5, 1).

    Returns
    -------
    float
        One of the losses. Never demeaned or clipped: negative if even the tail gains.

    Raises
    ------
    ConfidenceError, InputError, MissingDataError, ProbabilityError
        See `check_confidence` and `checked`.

    Examples
    --------
    >>> value_at_risk(np.arange(1.0, 101.0), np.full(100, 0.01), 0.95)
    95.0
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    if values.ndim != 1:
        raise InputError("value_at_risk takes one vector of losses; use values_at_risk for several.")
    return boundary(values, weights, level).value


def values_at_risk(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the VaR of m portfolios at once: S × m losses give m values.

    Examples
    --------
    >>> values_at_risk(np.array([[1.0, 4.0], [2.0, 3.0]]), np.array([0.5, 0.5]), 0.9).tolist()
    [2.0, 4.0]
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    columns = np.ascontiguousarray(np.atleast_2d(values.T))
    return np.array([boundary(column, weights, level).value for column in columns])


def tail_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the weights q with CVaR_c = Σ q_s l_s: the gradient of the expected shortfall in the losses.

    q = p/(1−c) beyond VaR, and the scenarios at VaR share the remaining probability in proportion to p:

        CVaR_c = (1/(1−c)) · [Σ_{l>VaR} p l + (1 − c − P(l > VaR)) · VaR]

    Parameters
    ----------
    losses
        S losses, or S × m for m portfolios; positive = bad.
    probabilities
        S, non-negative, sum 1.
    confidence
        c in (0.5, 1).

    Returns
    -------
    numpy.ndarray
        Like `losses`; each column is non-negative and sums to 1, at most p/(1−c).

    Raises
    ------
    ConfidenceError, InputError, MissingDataError, ProbabilityError
        See `check_confidence` and `checked`.

    References
    ----------
    Rockafellar, Uryasev (2002), Conditional value-at-risk for general loss distributions, Prop. 8;
    Acerbi, Tasche (2002), On the coherence of expected shortfall, Def. 2.6.

    Examples
    --------
    >>> losses = np.arange(1.0, 51.0)
    >>> round(float(tail_weights(losses, np.full(50, 0.02), 0.95) @ losses), 12)
    49.2
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    return _by_portfolio(lambda column: _tail_of(column, weights, level), values)


def _tail_of(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    cut = boundary(losses, probabilities, confidence)
    q = np.where(cut.beyond, probabilities, 0.0)
    if cut.remainder:
        q += _shared(cut.tied, probabilities) * cut.remainder
    # Equals 1 − c, except where the remainder was rounded away: Σq is 1 in every case.
    return q / (cut.beyond_mass + cut.remainder)


def quantile_weights(losses: Floats, probabilities: Floats, confidence: float) -> Floats:
    """Return the weights q with VaR_c = Σ q_s l_s exactly: the scenarios at VaR, in proportion to p.

    Examples
    --------
    >>> quantile_weights(np.array([1.0, 2.0, 2.0, 0.0]), np.full(4, 0.25), 0.9).tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    level = check_confidence(confidence)
    values, weights = checked(losses, probabilities)
    return _by_portfolio(lambda column: _shared(boundary(column, weights, level).tied, weights), values)


def worst_weights(losses: Floats, probabilities: Floats) -> Floats:
    """Return the weights q with max{l_s : p_s > 0} = Σ q_s l_s; ties share in proportion to p.

    Examples
    --------
    >>> worst_weights(np.array([1.0, 3.0, 9.0]), np.array([0.5, 0.5, 0.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    values, weights = checked(losses, probabilities)
    possible = weights > 0.0
    return _by_portfolio(lambda column: _shared(column == column[possible].max(), weights), values)


def _shared(chosen: NDArray[np.bool_], probabilities: Floats) -> Floats:
    share = np.where(chosen, probabilities, 0.0)
    total: float = share.sum()
    return share / total


def _by_portfolio(weigh: Callable[[Floats], Floats], losses: Floats) -> Floats:
    if losses.ndim == 1:
        return weigh(losses)
    weights: Floats = np.empty(losses.shape, order="F")
    for column, values in enumerate(np.ascontiguousarray(losses.T)):
        weights[:, column] = weigh(values)
    return weights
