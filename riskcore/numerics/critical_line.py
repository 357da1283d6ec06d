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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleError, InputError, MissingDataError
from riskcore.numerics.corners import TIED, Box, Singular, Walk, corners_of
from riskcore.numerics.pivoting import exchanged_minimum
from riskcore.numerics.tableau import walk_tableau

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

ACCEPTED = 1e-8
REPAIRS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1e-10), (1.0, 1e-8))
"""Constant added to all of Σ, and ridge added to its diagonal, over the average variance: the first that can
be verified is used."""
TABLEAU, EXACT = 128, 1e-12
"""Assets up to which a tableau is tried first, and the residual it must not exceed."""
INFEASIBLE = 1e-10
"""How far weights may add up to anything but 1, or lie outside their bounds, by rounding."""
FEW = 64
"""Assets up to which the smallest variance is looked for by exchanges, which begin with every weight free."""
RISKLESS = 1e-12
"""Variance over the largest on the line below which a portfolio counts as riskless."""


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
        Corners found; those passed to choose among tied means are not counted.
    """

    weights: Floats
    gradients: Floats
    trade_offs: Floats
    means: Floats
    ridge: float
    residual: float
    steps: int


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
    if lower.size <= FEW:
        box = _checked(covariance, np.zeros(lower.size), lower, upper)
        unit = float(np.diag(covariance).mean())
        scaled = covariance / unit if unit > 0 else covariance
        weights = exchanged_minimum(scaled, box)
        if weights is not None:
            gradients = (scaled @ weights)[None, :]
            residual = _gap(weights[None, :], gradients, np.zeros(1), np.zeros_like(weights), box)
            if residual <= ACCEPTED:
                none = np.zeros(1)
                return CriticalLine(weights[None, :], unit * gradients, none, none, 0.0, residual, 1)
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


def _checked(covariance: Floats, means: Floats, lower: Floats, upper: Floats) -> Box:
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
    return Box(lower, upper)


def _repaired(covariance: Floats, centre: Floats, box: Box, reach: float, means: Floats) -> CriticalLine:
    unit = float(np.diag(covariance).mean())
    scaled = covariance / unit if unit > 0 else np.zeros_like(covariance)
    worst = np.inf
    walks: list[tuple[float, float, Walk | None, float]] = []
    if centre.size <= TABLEAU:
        walks.append((0.0, 0.0, walk_tableau, EXACT))
    walks += [(*repair, None, ACCEPTED) for repair in REPAIRS]
    # What the tableau found may be good enough after all where nothing else is.
    walks += [(*walk[:3], ACCEPTED) for walk in walks if walk[2]]
    for shift, ridge, walk, accepted in walks:
        used = scaled + shift if shift else scaled
        if ridge:
            used = used + ridge * np.eye(centre.size)
        try:
            corners = list(corners_of(used, centre, box, walk))
        except Singular:
            continue
        weights = np.array([c.weights for c in corners])
        trade_offs = np.array([c.trade_off for c in corners])
        gradients = weights @ scaled
        worst = min(worst, residual := _gap(weights, gradients, trade_offs, centre, box))
        if residual <= accepted:
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


def _gap(weights: Floats, gradients: Floats, trade_offs: Floats, centre: Floats, box: Box) -> float:
    full = gradients - trade_offs[:, None] * centre
    gap = np.einsum("ki,ki->k", full, weights) - linear_minimum(full, box.lower, box.upper)
    variance = np.einsum("ki,ki->k", gradients, weights)
    outside = np.maximum(box.lower - weights, weights - box.upper).max()
    if max(float(outside), float(np.abs(weights.sum(axis=1) - 1.0).max())) > INFEASIBLE:
        return np.inf
    # Below 1e-6 of the average variance a portfolio is a hedge, whose variance has only absolute digits.
    return float(np.max(np.maximum(gap, 0.0) / (np.maximum(variance, 1e-6) + trade_offs * np.ptp(centre))))
