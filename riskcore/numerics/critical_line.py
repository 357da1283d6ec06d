"""The critical line: every efficient portfolio between bounds, as a chain of straight segments.

For λ from infinity down to 0 the weights that minimise

    ½ w'Σw − λ μ'w,    Σ w = 1,  lower ≤ w ≤ upper

move along a straight line w_F = α + λβ as long as the same weights F are free, from one Cholesky of Σ_FF.
The segment ends at the largest λ at which a free weight reaches a bound, or the gradient of one at a bound
changes its sign. The corners say everything: what lies between two of them is their mixture.

On Σ w = 1 a constant added to all of Σ changes the objective by a constant, so that one riskless portfolio is
no obstacle. Where two portfolios with the same returns remain (duplicates), a small ridge on the diagonal
chooses between them; it is reported, and the answer is verified without it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from riskcore.errors import ConvergenceError, InfeasibleError, InputError, MissingDataError

__all__ = [
    "CriticalLine",
    "check_bounds",
    "linear_minimum",
    "solve_critical_line",
    "solve_maximum_ratio",
    "solve_minimum_variance",
    "weights_at_means",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ACCEPTED = 1e-8
PIVOT = 1e-10
"""Share of its variance an asset must keep given the other free ones; below, the block counts as singular."""
REPAIRS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1e-10), (1.0, 1e-8))
"""Constant added to all of Σ, and ridge added to its diagonal, over the average variance: the first that can
be verified is used."""
INFEASIBLE = 1e-10
"""How far weights may add up to anything but 1, or lie outside their bounds, by rounding."""
RISKLESS = 1e-12
"""Variance over the largest on the line below which a portfolio counts as riskless."""
TIED = 1e-12
"""Difference of two means over their range below which they count as equal."""


@dataclass(frozen=True, eq=False)
class CriticalLine:
    """The corners, from the highest mean to the smallest variance.

    Attributes
    ----------
    weights
        K × n.
    gradients
        K × n, Σw at each corner.
    trade_offs
        λ at each corner, decreasing; the last is 0.
    means
        μ'w at each corner.
    ridge
        What was added to every variance to choose between portfolios with the same returns; 0 if nothing.
    residual
        Largest gap over the corners between ½ w'Σw − λμ'w and its dual bound, relative to
        w'Σw + λ (max μ − min μ); measured without the ridge.
    steps
        Segments walked.
    """

    weights: Floats
    gradients: Floats
    trade_offs: Floats
    means: Floats
    ridge: float
    residual: float
    steps: int


class _Singular(Exception):  # noqa: N818 (never leaves this module: it asks for the next repair)
    """The free block has no usable Cholesky factor, or the walk did not end."""


class _Box(NamedTuple):
    lower: Floats
    upper: Floats

    @property
    def movable(self) -> Flags:
        flags: Flags = self.upper > self.lower
        return flags


class _Corner(NamedTuple):
    trade_off: float
    weights: Floats
    free: Flags


class _Segment(NamedTuple):
    """w_F = α + λβ, and the gradients of the others, c + λ d."""

    free: NDArray[np.intp]
    alpha: Floats
    beta: Floats
    constant: Floats
    slope: Floats


def check_bounds(lower: Floats, upper: Floats) -> None:
    """Refuse bounds that no fully invested portfolio satisfies.

    Raises
    ------
    InputError
        Bounds are not finite, or cross; `positions` says where.
    InfeasibleError
        They add up to more or less than 1; `total` says to what.

    Examples
    --------
    >>> check_bounds(np.full(20, 0.1), np.ones(20))
    Traceback (most recent call last):
    ...
    riskcore.errors.InfeasibleError: The minimum weights of 20 assets add up to 200 %, more than 100 %; ...
    """
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise InputError("Bounds must be finite numbers here; a weight needs both a minimum and a maximum.")
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        raise InputError(
            f"{crossed.size} of {lower.size} assets have a minimum weight above the maximum; swap or widen "
            "them.",
            positions=crossed.tolist(),
        )
    least, most = float(lower.sum()), float(upper.sum())
    if least > 1.0 + 1e-12:
        raise InfeasibleError(
            f"The minimum weights of {lower.size} assets add up to {100 * least:.6g} %, more than 100 %; "
            f"scaled by {1.0 / least:.4g} they would just fit.",
            total=least,
        )
    if most < 1.0 - 1e-12:
        raise InfeasibleError(
            f"The maximum weights of {lower.size} assets add up to {100 * most:.6g} %, less than 100 %; "
            f"raise them to {100 / lower.size:.4g} % on average.",
            total=most,
        )


def linear_minimum(gradients: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return min over lower ≤ v ≤ upper, Σv = 1 of g'v, for each row g of `gradients` (K × n).

    Examples
    --------
    >>> linear_minimum(np.array([[3.0, 1.0, 2.0]]), np.zeros(3), np.full(3, 0.5)).tolist()
    [1.5]
    """
    if not lower.any() and (upper >= 1.0).all():
        cheapest: Floats = gradients.min(axis=1)
        return cheapest
    order = np.argsort(gradients, axis=1, kind="stable")
    room = (upper - lower)[order]
    left = 1.0 - float(lower.sum())
    filled = np.clip(left - (np.cumsum(room, axis=1) - room), 0.0, room)
    least: Floats = gradients @ lower + np.einsum("ij,ij->i", filled, np.take_along_axis(gradients, order, 1))
    return least


def solve_critical_line(covariance: Floats, means: Floats, lower: Floats, upper: Floats) -> CriticalLine:
    """Return every portfolio on the mean–variance frontier between bounds, by its corners.

    Parameters
    ----------
    covariance
        n × n, symmetric, positive semidefinite; any scale.
    means
        n, any scale. Where several assets share the highest mean, the frontier ends in the mix of smallest
        variance among them.
    lower, upper
        n each, finite; negative allows short positions.

    Raises
    ------
    InputError, MissingDataError, InfeasibleError
        Shapes, numbers or bounds are unusable.
    ConvergenceError
        The corners could not be verified to 1e-8.

    References
    ----------
    Markowitz (1956), The optimization of a quadratic function subject to linear constraints; Markowitz, Todd
    (2000), Mean-variance analysis in portfolio choice and capital markets, ch. 13.

    Examples
    --------
    >>> line = solve_critical_line(np.diag([0.04, 0.01]), np.array([0.2, 0.1]), np.zeros(2), np.ones(2))
    >>> line.weights.round(6).tolist(), line.trade_offs.round(6).tolist()
    ([[1.0, 0.0], [0.2, 0.8]], [0.4, 0.0])
    """
    box = _checked(covariance, means, lower, upper)
    centre = means - means.mean()
    reach = float(np.ptp(centre))
    # Means that differ by less than the rounding of an average are tied as well.
    volatility = float(np.sqrt(max(float(np.diag(covariance).max()), 0.0)))
    if reach <= max(TIED * float(np.abs(means).max()), 1e-14 * volatility):
        centre, reach = np.zeros_like(means), 1.0
    return _repaired(covariance, centre / reach, box, reach, means)


def solve_minimum_variance(covariance: Floats, lower: Floats, upper: Floats) -> CriticalLine:
    """Return the portfolio of smallest variance between bounds, as a line with one corner.

    Parameters, errors
        As for `solve_critical_line`.

    Examples
    --------
    >>> solve_minimum_variance(np.diag([0.04, 0.01]), np.zeros(2), np.ones(2)).weights.round(6).tolist()
    [[0.2, 0.8]]
    """
    return solve_critical_line(covariance, np.zeros(lower.size), lower, upper)


def weights_at_means(line: CriticalLine, targets: Floats) -> tuple[Floats, Floats]:
    """Return the efficient weights with the given means, one row each, and their variances.

    Targets outside the frontier give its ends.

    Examples
    --------
    >>> line = solve_critical_line(np.diag([0.04, 0.01]), np.array([0.2, 0.1]), np.zeros(2), np.ones(2))
    >>> weights, variances = weights_at_means(line, np.array([0.15]))
    >>> weights.round(6).tolist(), variances.round(6).tolist()
    ([[0.5, 0.5]], [0.0125])
    """
    rising = line.means[::-1]
    if rising.size == 1:
        return (
            np.repeat(line.weights, targets.size, axis=0),
            np.full(targets.size, float(line.weights[0] @ line.gradients[0])),
        )
    right = np.clip(np.searchsorted(rising, targets), 1, rising.size - 1)
    step = rising[right] - rising[right - 1]
    share = np.divide(targets - rising[right - 1], step, out=np.ones_like(step), where=step > 0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    high, low = rising.size - 1 - right, rising.size - right
    weights = share * line.weights[high] + (1.0 - share) * line.weights[low]
    gradients = share * line.gradients[high] + (1.0 - share) * line.gradients[low]
    return weights, np.maximum(np.einsum("ki,ki->k", weights, gradients), 0.0)


def solve_maximum_ratio(line: CriticalLine, excess: Floats) -> Floats:
    """Return the weights on the line with the largest e'w / √(w'Σw), in closed form on each segment.

    `excess` are the means less a constant. Some mean on the line must exceed that constant; variances must
    be positive where it does.

    Examples
    --------
    >>> line = solve_critical_line(np.diag([0.04, 0.01]), np.array([0.2, 0.1]), np.zeros(2), np.ones(2))
    >>> solve_maximum_ratio(line, np.array([0.2, 0.1])).round(6).tolist()
    [0.333333, 0.666667]
    """
    start, end = line.weights[:-1], line.weights[1:]
    move, turn = end - start, line.gradients[1:] - line.gradients[:-1]
    gain, more = start @ excess, move @ excess
    at, along = np.einsum("ki,ki->k", start, line.gradients[:-1]), np.einsum("ki,ki->k", start, turn)
    across = np.einsum("ki,ki->k", move, turn)
    below = gain * across - more * along
    share = np.divide(more * at - gain * along, below, out=np.zeros_like(below), where=below != 0)
    inner = start + np.clip(share, 0.0, 1.0)[:, None] * move
    slopes = line.gradients[:-1] + np.clip(share, 0.0, 1.0)[:, None] * turn
    tried = np.concatenate([line.weights, inner])
    variance = np.einsum("ki,ki->k", tried, np.concatenate([line.gradients, slopes]))
    # A riskless corner earns the hurdle at most; its ratio would be rounding over rounding.
    risky = variance > RISKLESS * float(variance.max())
    ratio = np.full(variance.size, -np.inf)
    np.divide(tried @ excess, np.sqrt(np.abs(variance)), out=ratio, where=risky)
    # With a riskless portfolio at the hurdle a whole segment is best: the end with the highest mean.
    best: Floats = tried[int(np.argmax(ratio >= ratio.max() - 1e-12 * abs(float(ratio.max()))))]
    return best


def _checked(covariance: Floats, means: Floats, lower: Floats, upper: Floats) -> _Box:
    n = means.size
    if covariance.shape != (n, n) or lower.shape != (n,) or upper.shape != (n,) or n == 0:
        raise InputError(
            f"A covariance of shape {covariance.shape}, {n} means and {lower.size} and {upper.size} bounds; "
            "give n × n and n of each."
        )
    if not (np.isfinite(covariance).all() and np.isfinite(means).all()):
        raise MissingDataError(
            "Means or covariance are missing or infinite; repair or leave out those assets."
        )
    check_bounds(lower, upper)
    return _Box(lower, upper)


def _repaired(covariance: Floats, centre: Floats, box: _Box, reach: float, means: Floats) -> CriticalLine:
    unit = float(np.diag(covariance).mean())
    scaled = covariance / unit if unit > 0 else np.zeros_like(covariance)
    worst = np.inf
    for shift, ridge in REPAIRS:
        used = scaled + shift if shift else scaled
        if ridge:
            used = used + ridge * np.eye(centre.size)
        try:
            corners = list(_corners(used, centre, box))
        except _Singular:
            continue
        weights = np.array([c.weights for c in corners])
        trade_offs = np.array([c.trade_off for c in corners])
        gradients = weights @ scaled
        worst = min(worst, residual := _gap(weights, gradients, trade_offs, centre, box))
        if residual <= ACCEPTED:
            # μ'w is compared between corners: from the centred means it keeps its digits.
            line = float(means.mean()) + reach * (weights @ centre)
            return CriticalLine(
                weights,
                unit * gradients,
                trade_offs * (unit / reach),
                line,
                unit * ridge,
                residual,
                len(corners),
            )
    raise ConvergenceError(
        f"The efficient portfolios could be verified only to {worst:.1e} of the variance, not to "
        f"{ACCEPTED:.0e}. Check that the covariance is positive semidefinite; a shrunk covariance helps "
        "where assets nearly duplicate one another.",
        residual=worst,
    )


def _gap(weights: Floats, gradients: Floats, trade_offs: Floats, centre: Floats, box: _Box) -> float:
    full = gradients - trade_offs[:, None] * centre
    gap = np.einsum("ki,ki->k", full, weights) - linear_minimum(full, box.lower, box.upper)
    variance = np.einsum("ki,ki->k", gradients, weights)
    outside = np.maximum(box.lower - weights, weights - box.upper).max()
    if max(float(outside), float(np.abs(weights.sum(axis=1) - 1.0).max())) > INFEASIBLE:
        return np.inf
    # Below 1e-6 of the average variance a portfolio is a hedge, whose variance has only absolute digits.
    return float(np.max(np.maximum(gap, 0.0) / (np.maximum(variance, 1e-6) + trade_offs * np.ptp(centre))))


def _corners(covariance: Floats, centre: Floats, box: _Box) -> Iterator[_Corner]:
    """Walk from the highest mean, or the mix of smallest variance among those tied for it."""
    left = 1.0 - float(box.lower.sum())
    if left <= 1e-12 or float(box.upper.sum()) <= 1.0 + 1e-12:  # one portfolio only
        only = box.lower if left <= 1e-12 else box.upper
        yield _Corner(0.0, only / float(only.sum()), box.movable)
        return
    weights, marginal = _fill(centre, box)
    group = box.movable & (np.abs(centre - centre[marginal]) <= TIED)
    free = np.zeros(centre.size, dtype=np.bool_)
    free[marginal] = True
    if int(group.sum()) > 1:
        inside = _Box(np.where(group, box.lower, weights), np.where(group, box.upper, weights))
        # Any distinct means lead to the same smallest variance; those of few covariances lead there sooner.
        ranks = np.argsort(np.argsort(covariance.sum(axis=0), kind="stable")) / -centre.size
        weights, marginal = _fill(np.where(group, ranks, -2.0), inside)
        free[:] = False
        free[marginal] = True
        for corner in _walk(covariance, ranks, inside, weights, free):
            last = corner
        weights, free = last.weights, last.free
    yield from _walk(covariance, np.where(group, centre[marginal], centre), box, weights, free)


def _fill(centre: Floats, box: _Box) -> tuple[Floats, int]:
    """Return the portfolio with the highest mean, and the movable asset filled last."""
    weights = box.lower.copy()
    left = 1.0 - float(weights.sum())
    marginal = -1
    for i in np.argsort(-centre, kind="stable"):
        room = float(box.upper[i] - box.lower[i])
        if room > 0.0:
            marginal = int(i)
            if room >= left:
                weights[i] += left
                break
            weights[i] = box.upper[i]  # exactly: which bound it is at is read from here
            left -= room
    return weights, marginal


def _walk(covariance: Floats, centre: Floats, box: _Box, weights: Floats, free: Flags) -> Iterator[_Corner]:
    """Yield the corners from λ = ∞ to λ = 0, given the weights and the free ones at λ = ∞."""
    movable, weights, free = box.movable, weights.copy(), free.copy()
    held = covariance @ np.where(free, 0.0, weights)
    side = np.where(weights >= box.upper, -1.0, 1.0)  # which sign of its gradient keeps a weight at its bound
    trade_off, changed = np.inf, -1
    for _ in range(30 * centre.size + 100):
        segment = _segment(covariance, centre, free, held, 1.0 - float(weights[~free].sum()))
        reached = _events(segment, box, side, movable & ~free)
        if reached[changed] >= trade_off * (1.0 - 1e-12) and changed >= 0:
            reached[changed] = -np.inf
        event = int(np.argmax(reached))
        trade_off = min(trade_off, max(float(reached[event]), 0.0))
        at = segment.alpha + trade_off * segment.beta
        weights[segment.free] = np.clip(at, box.lower[segment.free], box.upper[segment.free])
        yield _Corner(trade_off, weights.copy(), free.copy())
        if trade_off == 0.0:
            return
        if free[event]:
            slot = int(np.searchsorted(segment.free, event))
            up = segment.beta[slot] < 0.0
            weights[event] = box.upper[event] if up else box.lower[event]
            side[event] = -1.0 if up else 1.0
        sign = 1.0 if free[event] else -1.0
        if weights[event] != 0.0:
            held += sign * weights[event] * covariance[event]
        free[event] = not free[event]
        changed = event
    raise _Singular


def _segment(covariance: Floats, centre: Floats, free: Flags, held: Floats, budget: float) -> _Segment:
    at = np.flatnonzero(free)
    rows = covariance[at]
    block = rows[:, at]
    # Measured from one free mean: among tied means β is then zero, not rounding.
    relative = centre - centre[at[0]]
    right = np.empty((at.size, 3), order="F")
    right[:, 0], right[:, 1], right[:, 2] = 1.0, relative[at], held[at]
    factor, solved, info = dposv(block, right, overwrite_b=True)
    if info != 0 or (np.diag(factor) ** 2 <= PIVOT * np.diag(block)).any():
        raise _Singular
    ones, tilt, rest = solved.T
    total = float(ones.sum())
    level, lean = (budget + float(rest.sum())) / total, -float(tilt.sum()) / total
    line = np.empty((2, at.size))
    line[0], line[1] = level * ones - rest, tilt + lean * ones
    if at.size == 1:
        line[1] = 0.0
    pulled = line @ rows
    return _Segment(at, line[0], line[1], pulled[0] + held - level, pulled[1] - relative - lean)


def _events(segment: _Segment, box: _Box, side: Floats, waiting: Flags) -> Floats:
    """Return for each asset the λ at which it reaches a bound or wants to leave it, −∞ for never."""
    reached = np.full(side.size, -np.inf)
    leaving = waiting & (side * segment.slope > 1e-14)
    np.divide(-segment.constant, segment.slope, out=reached, where=leaving)
    beta = segment.beta
    bound = np.where(beta > 0.0, box.lower[segment.free], box.upper[segment.free])
    moving = np.abs(beta) > 1e-13 * float(np.abs(beta).max(initial=1e-300))
    arriving = np.full(beta.size, -np.inf)
    np.divide(bound - segment.alpha, beta, out=arriving, where=moving)
    reached[segment.free] = arriving
    return reached
