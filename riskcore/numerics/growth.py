"""The growth of wealth that is staked again and again: its logarithm, and the stakes that make it largest."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from riskcore.errors import ConvergenceError, InfeasibleError

__all__ = ["break_even_fraction", "growth_optimal_fraction", "growth_optimal_weights", "log_growth"]

Floats = NDArray[np.float64]
# How close to its end the open interval of admissible stakes is searched.
MARGIN = 1e-13
CENTRING = 0.1
MOST_STEPS = 200


def log_growth(excess: Floats, base: float, probabilities: Floats, fractions: Floats) -> Floats:
    """Return Σ p_s log(base + f x_s) for each stake f, −∞ where a scenario leaves nothing.

    Parameters
    ----------
    excess
        S returns above the risk-free rate, per period.
    base
        1 + risk-free rate per period: what the money grows by without a stake.
    probabilities
        S, sum 1.
    fractions
        Stakes as fractions of the wealth.

    Examples
    --------
    >>> log_growth(np.array([1.0, -1.0]), 1.0, np.array([0.6, 0.4]), np.array([0.0, 0.2, 1.0])).round(6)
    array([0.      , 0.020136,     -inf])
    """
    wealth = base + np.outer(fractions, excess)
    ruined = np.asarray(wealth.min(axis=1) <= 0.0)
    logs = np.log(np.where(ruined[:, None], 1.0, wealth)) @ probabilities
    return np.where(ruined, -np.inf, logs)


def growth_optimal_fraction(excess: Floats, base: float, probabilities: Floats) -> float:
    """Return the stake f that makes Σ p_s log(base + f x_s) largest; negative where the edge is.

    The derivative Σ p_s x_s / (base + f x_s) falls from +∞ to −∞ over the stakes that never lose everything,
    so its zero is the only maximum.

    Raises
    ------
    InfeasibleError
        No scenario loses, or none gains: growth rises with the stake without end.

    Examples
    --------
    >>> round(growth_optimal_fraction(np.array([1.0, -1.0]), 1.0, np.array([0.6, 0.4])), 12)
    0.2
    """
    possible = excess[probabilities > 0.0]
    worst, best = float(possible.min()), float(possible.max())
    if worst >= 0.0 or best <= 0.0:
        raise InfeasibleError(
            "No scenario loses against the risk-free rate, so no stake is too large; use more history."
            if worst >= 0.0
            else "No scenario gains against the risk-free rate, so there is nothing to bet on."
        )
    low, high = -base / best, -base / worst
    inset = MARGIN * (high - low)

    def slope(fraction: float) -> float:
        return float(probabilities @ (excess / (base + fraction * excess)))

    return float(brentq(slope, low + inset, high - inset, xtol=1e-15 * (high - low), rtol=1e-14, maxiter=500))


def break_even_fraction(excess: Floats, base: float, probabilities: Floats, peak: float) -> float:
    """Return the stake beyond the peak at which growth is back to log(base), that of no stake.

    Growth falls from the peak to −∞ at the stake that loses everything, so there is exactly one; where the
    loss is rare it lies next to that stake.

    Examples
    --------
    >>> round(break_even_fraction(np.array([1.0, -1.0]), 1.0, np.array([0.6, 0.4]), 0.2), 6)
    0.389391
    """
    possible = excess[probabilities > 0.0]
    end = -base / float(possible.min() if peak > 0.0 else possible.max())

    def above(fraction: float) -> float:
        return float(probabilities @ np.log1p(fraction * excess / base))

    last = end * (1.0 - MARGIN)
    if peak == 0.0:
        return 0.0
    if abs(last) <= abs(peak) or above(last) >= 0.0:
        return end
    return float(brentq(above, peak, last, xtol=1e-14 * abs(end), rtol=1e-13, maxiter=500))


def growth_optimal_weights(
    excess: Floats, base: float, probabilities: Floats, *, limit: float, tolerance: float = 1e-10
) -> tuple[Floats, float]:
    """Return long-only stakes that maximise Σ p_s log(base + x_s'w) with Σw ≤ limit, and what they may miss.

    Primal–dual Newton steps follow w_i z_i = μ and (limit − Σw) ζ = μ to μ → 0, z and ζ being the prices of
    the two bounds. Growth is concave, so limit·max(0, max_i g_i) − g'w bounds how much more any admissible w
    could grow (g: gradient): that certificate ends the search.

    Parameters
    ----------
    excess
        S × n returns above the risk-free rate.
    limit
        Largest sum of the stakes, > 0; 1 means no borrowing.
    tolerance
        Largest gap accepted, in log growth per period.

    Returns
    -------
    tuple
        n stakes ≥ 0, and the gap: no admissible stakes grow faster by more than this.

    Raises
    ------
    ConvergenceError
        The gap stays above the tolerance.

    Examples
    --------
    >>> coin = np.array([[1.0], [-1.0]])
    >>> stakes, gap = growth_optimal_weights(coin, 1.0, np.array([0.6, 0.4]), limit=1.0)
    >>> stakes.round(6).tolist(), gap < 1e-10
    ([0.2], True)
    """
    count = excess.shape[1]
    worst = max(0.0, -float(excess.min()))
    start = 0.5 * limit / (count + 1)
    if worst > 0.0:  # no start may ruin anybody
        start = min(start, 0.5 * base / (count * worst))
    weights, room = np.full(count, start), limit - count * start
    scale = max(float(np.abs(excess).mean()), 1e-300)
    prices, price = np.full(count, scale), scale
    gap = np.inf
    for _ in range(MOST_STEPS):
        ratio = excess / (base + excess @ weights)[:, None]
        gradient = probabilities @ ratio
        gap = limit * max(0.0, float(gradient.max())) - float(gradient @ weights)
        if gap <= tolerance:
            return weights, max(gap, 0.0)
        target = CENTRING * (float(weights @ prices) + room * price) / (count + 1)
        matrix = (ratio * probabilities[:, None]).T @ ratio + price / room
        matrix[np.diag_indices_from(matrix)] += prices / weights
        step = np.linalg.solve(matrix, gradient + target / weights - target / room)
        change = target / weights - prices - prices * step / weights
        room_step = -float(step.sum())
        price_change = target / room - price - price * room_step / room
        primal = _inside(
            np.concatenate([weights, [room], base + excess @ weights]),
            np.concatenate([step, [room_step], excess @ step]),
        )
        dual = _inside(np.append(prices, price), np.append(change, price_change))
        weights, room = weights + primal * step, room + primal * room_step
        prices, price = prices + dual * change, price + dual * price_change
    raise ConvergenceError(
        f"The growth-optimal stakes were found only to {gap:.1g} in growth per period; use fewer assets or "
        "more scenarios.",
        gap=gap,
    )


def _inside(values: Floats, step: Floats) -> float:
    """Return the longest step, at most 1, that leaves every value positive with 1 % to spare."""
    falling = step < 0.0
    if not falling.any():
        return 1.0
    return min(1.0, 0.99 * float((-values[falling] / step[falling]).min()))
