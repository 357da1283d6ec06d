"""The mean–CVaR frontier: corners by trading CVaR against the mean, what lies between them by mixing.

CVaR(w) − κ μ'w is the CVaR of the same weights on returns R + κ μ', so one engine serves every κ. Each solve
gives a portfolio and a supporting line: no portfolio has CVaR − κ·mean below its certified bound. The slope
of the chord between two neighbours is the κ that looks for the portfolio furthest below it; if there is none,
the chord is the frontier, and its mixtures are efficient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleError, InputError
from riskcore.numerics.cvar_program import solve_minimum_cvar
from riskcore.numerics.cvar_trades import Line, Market, TradedPortfolio
from riskcore.numerics.tail import tail_weights

__all__ = ["CvarFrontier", "TradedPortfolio", "solve_cvar_frontier", "solve_maximum_mean"]

Floats = NDArray[np.float64]

ACCEPTED = 1e-6
STRAIGHT = 1e-7
"""Depth of a new corner below the chord, over its CVaR, from which the chord counts as straight."""
MOST_SOLVES = 60


@dataclass(frozen=True, eq=False)
class CvarFrontier:
    """Points by rising mean, from the smallest CVaR to the highest mean.

    Attributes
    ----------
    weights
        Points × n.
    means, cvars
        One per point, per period.
    residual
        Largest distance of a point above a supporting line, over Σ q |l|.
    iterations
        Interior-point steps, all solves together.
    """

    weights: Floats
    means: Floats
    cvars: Floats
    residual: float
    iterations: int


class _Chord(NamedTuple):
    low: TradedPortfolio
    high: TradedPortfolio
    line: Line | None  # the supporting line it lies on, None while unknown


def solve_cvar_frontier(
    returns: Floats, probabilities: Floats, confidence: float, points: int
) -> CvarFrontier:
    """Return `points` long-only portfolios from the smallest CVaR to the highest mean.

    The longest chord is split first, so that the points spread over the frontier; they are corners where it
    bends and mixtures where it is straight. A frontier that is one portfolio has one point.

    Parameters
    ----------
    returns, probabilities, confidence
        As for `cvar_program.solve_minimum_cvar`.
    points
        At least 2.

    Raises
    ------
    InputError, ConfidenceError, MissingDataError, ProbabilityError
        Inputs are unusable.
    ConvergenceError
        A point could not be verified to 1e-6.

    References
    ----------
    Rockafellar, Uryasev (2000); Rote (1992), The convergence rate of the sandwich algorithm.

    Examples
    --------
    >>> rows = np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]])
    >>> found = solve_cvar_frontier(rows, np.full(3, 1 / 3), 0.9, 3)
    >>> found.weights.round(6).tolist()
    [[0.333333, 0.666667], [0.666667, 0.333333], [1.0, 0.0]]
    """
    if points < 2:
        raise InputError(f"A frontier needs at least 2 points, got {points}.")
    market = Market(returns, probabilities, confidence)
    low, line = market.least()
    high = _highest_mean(market)
    if _same(low, high):
        return _frontier(market, [market.portfolio(high.weights, line)])
    found, chords = [low, high], [_Chord(low, high, None)]
    length = _lengths(low, high)
    while len(found) < points:
        longest = max(range(len(chords)), key=lambda i: length(chords[i]))
        middle, parts = _split(market, chords.pop(longest))
        chords += parts
        found.append(middle)
    found[1] = _certified_top(market, chords, high)
    return _frontier(market, sorted(found, key=lambda point: point.mean))


def solve_maximum_mean(
    returns: Floats, probabilities: Floats, confidence: float, cap: float
) -> tuple[TradedPortfolio, int]:
    """Return the long-only portfolio with the highest mean among those with CVaR ≤ cap, and the steps taken.

    `gap` is what another portfolio's mean could be above it by its bound, over the range of the means.

    Parameters
    ----------
    returns, probabilities, confidence
        As for `cvar_program.solve_minimum_cvar`.
    cap
        Largest CVaR per period, a loss.

    Raises
    ------
    InputError, ConfidenceError, MissingDataError, ProbabilityError
        Inputs are unusable.
    InfeasibleError
        The smallest CVaR is above the cap; `cvar` and `weights` are that portfolio's.
    ConvergenceError
        The bound could not be closed to 1e-6.

    Examples
    --------
    >>> rows = np.array([[-0.02, 0.0], [0.0, -0.01], [0.03, 0.012]])
    >>> solve_maximum_mean(rows, np.full(3, 1 / 3), 0.9, 0.01)[0].weights.round(6).tolist()
    [0.5, 0.5]
    """
    if not np.isfinite(cap):
        raise InputError(f"The CVaR cap must be a number, a loss per period; got {cap}.")
    market = Market(returns, probabilities, confidence)
    low, line = market.least()
    if low.cvar > cap + ACCEPTED * line.size:
        raise InfeasibleError(
            f"No long-only portfolio of these assets has a CVaR of {cap:.4g} or less: the smallest is "
            f"{low.cvar:.4g}. Raise the cap to that, or choose a lower confidence.",
            cvar=low.cvar,
            weights=low.weights,
        )
    high = _highest_mean(market)
    if high.cvar <= cap or _same(low, high):
        return high._replace(gap=0.0), market.iterations
    reach, bound = float(np.ptp(market.means)), high.mean
    for _ in range(MOST_SOLVES):
        slope = (high.cvar - low.cvar) / (high.mean - low.mean)
        best = _at_cap(market, low, high, cap)
        if bound - best.mean <= 0.1 * ACCEPTED * reach or slope <= 0.0:
            break
        middle, line = market.trade(slope, best.mean, best.weights)
        bound = min(bound, (cap - line.floor) / slope)
        if not low.mean < middle.mean < high.mean or _depth(low, high, middle) <= 1e-9 * line.size:
            break  # the chord is straight: its mixture at the cap is the answer
        low, high = (middle, high) if middle.cvar <= cap else (low, middle)
    gap = max(0.0, bound - best.mean) / reach
    if gap > ACCEPTED:
        raise ConvergenceError(
            f"The highest mean under the CVaR cap could be verified only to {gap:.1e} of the range of the "
            f"means, not to {ACCEPTED:.0e}; try another cap or confidence.",
            gap=gap,
        )
    return best._replace(gap=gap), market.iterations


def _highest_mean(market: Market) -> TradedPortfolio:
    """Return the asset with the highest mean, or the mix of smallest CVaR of those that share it."""
    rounding = 1e-14 * float(np.abs(market.returns).max())
    reach = float(np.ptp(market.means))
    top = np.flatnonzero(market.means >= market.means.max() - max(1e-12 * reach, rounding))
    weights = np.zeros(market.means.size)
    weights[top] = 1.0
    if top.size > 1:
        tied = solve_minimum_cvar(market.returns[:, top], market.probabilities, market.confidence)
        market.iterations += tied.iterations
        weights[top] = tied.weights
    return TradedPortfolio(weights, float(market.means @ weights), market.cvar(weights), 0.0)


def _same(low: TradedPortfolio, high: TradedPortfolio) -> bool:
    """Whether the smallest CVaR is (all but) reached at the highest mean."""
    return high.cvar - low.cvar <= STRAIGHT * abs(high.cvar) or high.mean <= low.mean


def _lengths(low: TradedPortfolio, high: TradedPortfolio) -> Callable[[_Chord], float]:
    mean, cvar = high.mean - low.mean, high.cvar - low.cvar

    def length(chord: _Chord) -> float:
        return (chord.high.mean - chord.low.mean) / mean + (chord.high.cvar - chord.low.cvar) / cvar

    return length


def _depth(low: TradedPortfolio, high: TradedPortfolio, point: TradedPortfolio) -> float:
    """Return how far below the chord a point lies, in CVaR."""
    share = (point.mean - low.mean) / (high.mean - low.mean)
    return low.cvar + share * (high.cvar - low.cvar) - point.cvar


def _split(market: Market, chord: _Chord) -> tuple[TradedPortfolio, list[_Chord]]:
    """Return the corner furthest below the chord, or the middle of a straight one, and both parts."""
    low, high, line = chord
    if line is None:
        slope = (high.cvar - low.cvar) / (high.mean - low.mean)
        half = 0.5 * (low.weights + high.weights)
        corner, line = market.trade(slope, 0.5 * (low.mean + high.mean), half)
        inside = low.mean < corner.mean < high.mean
        if inside and _depth(low, high, corner) > STRAIGHT * line.size:
            return corner, [_Chord(low, corner, None), _Chord(corner, high, None)]
    middle = market.portfolio(0.5 * (low.weights + high.weights), line)
    return middle, [_Chord(low, middle, line), _Chord(middle, high, line)]


def _certified_top(market: Market, chords: list[_Chord], high: TradedPortfolio) -> TradedPortfolio:
    """Return the portfolio of the highest mean: nothing has a higher one, so only ties could beat it."""
    line = next((chord.line for chord in chords if chord.high is high and chord.line), None)
    return high if line is None else market.portfolio(high.weights, line)


def _at_cap(market: Market, low: TradedPortfolio, high: TradedPortfolio, cap: float) -> TradedPortfolio:
    """Return the mixture with the highest mean and CVaR ≤ cap: the root of a convex function, from above."""
    start, end = market.losses(low.weights), market.losses(high.weights)
    share = 1.0
    for _ in range(MOST_SOLVES):
        losses = (1.0 - share) * start + share * end
        tail = tail_weights(losses, market.probabilities, market.confidence)
        excess = float(tail @ losses) - cap
        if excess <= 1e-14 * float(tail @ np.abs(losses)):
            break
        share -= excess / float(tail @ (end - start))
        if share <= 0.0:  # rounding: the cap is the smallest CVaR
            share = 0.0
            break
    weights = (1.0 - share) * low.weights + share * high.weights
    return TradedPortfolio(weights, float(market.means @ weights), market.cvar(weights), 0.0)


def _frontier(market: Market, points: list[TradedPortfolio]) -> CvarFrontier:
    residual = max(0.0, *(point.gap for point in points), 0.0)
    if residual > ACCEPTED:
        raise ConvergenceError(
            f"The mean–CVaR frontier could be verified only to {residual:.1e} of the CVaR, not to "
            f"{ACCEPTED:.0e}; try another confidence or fewer assets.",
            residual=residual,
        )
    return CvarFrontier(
        np.array([point.weights for point in points]),
        np.array([point.mean for point in points]),
        np.array([point.cvar for point in points]),
        residual,
        market.iterations,
    )
