"""Why equal risk contributions are not found by making squared differences small."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation import equal_risk_contribution
from riskcore.errors import InputError
from riskcore.moments import sample_covariance
from riskcore.results.exhibits import SquaredDifferences
from riskcore.scenarios import Scenarios

__all__ = ["squared_differences"]

Floats = NDArray[np.float64]
COLUMNS = ["problem", "start", "says_success", "steps", "sum_of_weights", "smallest_share", "largest_share"]


def squared_differences(scenarios: Scenarios, *, starts: int, rng: np.random.Generator) -> SquaredDifferences:
    """Solve for equal risk contributions in four ways, from several starts.

    RC_i = w_i (Σw)_i / √(w'Σw). Minimised over 0 ≤ w ≤ 1 with Σw = 1 by SLSQP, at SciPy's own settings:
    Σ_i (1/n − RC_i/ΣRC)², and Σ_ij (RC_i − RC_j)²; the latter also by least squares without Σw = 1. Last the
    convex problem ½ y'Σy − Σ log y_i / n, w = y/Σy, which has one answer.

    Both sums are not convex. The pairwise one is in squared units of return, so near 10⁻⁶ for daily data that
    a solver's usual tolerance is met wherever it stands; and 0 is a minimiser where the sum of the weights is
    left free.

    Parameters
    ----------
    scenarios
        At least two assets.
    starts
        Starting points per problem: equal weights, then random ones.
    rng
        Generator of the random starts; show its seed.

    Raises
    ------
    InputError
        A single asset, no start, or no generator.

    References
    ----------
    Spinu (2013), An algorithm for computing risk parity weights, for the convex problem.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> s = Scenarios(rng.normal(0, [0.01, 0.02], (500, 2)), ("BND", "SPY"), 252)
    >>> found = squared_differences(s, starts=1, rng=rng).attempts
    >>> found["says_success"].all(), found["largest_share"].round(2).tolist()
    (np.True_, [0.5, 0.82, 0.5, 0.5])
    """
    if scenarios.size < 2:
        raise InputError("Equal contributions need at least two assets; there is one.")
    if starts < 1:
        raise InputError(f"Try at least one start, not {starts}.")
    if not isinstance(rng, np.random.Generator):
        raise InputError("Pass a NumPy generator, such as numpy.random.default_rng(1), and show its seed.")
    covariance = sample_covariance(scenarios).to_numpy()
    points = [np.full(scenarios.size, 1.0 / scenarios.size)]
    points += [rng.dirichlet(np.ones(scenarios.size)) for _ in range(starts - 1)]
    rows, shares = [], []
    for name, attempt in _PROBLEMS.items():
        for place, point in enumerate(points):
            weights, success, steps = attempt(covariance, point)
            share = _contributions(covariance, weights)
            share = share / share.sum()
            start = "equal weight" if place == 0 else f"random {place}"
            rows.append((name, start, success, steps, weights.sum(), share.min(), share.max()))
            shares.append(share)
    exact = equal_risk_contribution(scenarios)
    share = _contributions(covariance, exact.weights.to_numpy())
    share = share / share.sum()
    rows.append(("convex problem", "any", True, exact.iterations, 1.0, share.min(), share.max()))
    columns = [
        "problem",
        "start",
        "says_success",
        "steps",
        "sum_of_weights",
        "smallest_share",
        "largest_share",
    ]
    return SquaredDifferences(
        attempts=pd.DataFrame(rows, columns=columns),
        shares=pd.DataFrame([*shares, share], columns=scenarios.labels),
    )


def _contributions(covariance: Floats, weights: Floats) -> Floats:
    part = weights * (covariance @ weights)
    total = float(np.sqrt(part.sum()))
    return np.asarray(part / total if total > 0.0 else part, dtype=np.float64)


def _share_gaps(covariance: Floats, weights: Floats) -> float:
    part = _contributions(covariance, weights)
    return float(np.sum((1.0 / part.size - part / part.sum()) ** 2))


def _pair_gaps(covariance: Floats, weights: Floats) -> float:
    part = _contributions(covariance, weights)
    return float(np.sum((part[:, None] - part[None, :]) ** 2))


Attempt = tuple[Floats, bool, int]


def _by_slsqp(objective: Callable[[Floats, Floats], float]) -> Callable[[Floats, Floats], Attempt]:
    def attempt(covariance: Floats, start: Floats) -> Attempt:
        from scipy.optimize import Bounds, LinearConstraint, minimize

        found = minimize(  # type: ignore[call-overload]
            lambda w: objective(covariance, w),
            start.tolist(),
            method="SLSQP",
            bounds=Bounds(0.0, 1.0),
            constraints=LinearConstraint(np.ones((1, start.size)), 1.0, 1.0),
        )
        return np.asarray(found.x, dtype=np.float64), bool(found.success), int(found.nit)

    return attempt


def _by_least_squares(covariance: Floats, start: Floats) -> Attempt:
    from scipy.optimize import least_squares

    first, second = np.triu_indices(start.size, 1)

    def gaps(weights: Floats) -> Floats:
        part = _contributions(covariance, weights)
        return part[first] - part[second]

    found = least_squares(gaps, start, bounds=(0.0, 1.0))
    return np.asarray(found.x, dtype=np.float64), bool(found.success), int(found.nfev)


_PROBLEMS: dict[str, Callable[[Floats, Floats], Attempt]] = {
    "Σ(1/n − share)², SLSQP": _by_slsqp(_share_gaps),
    "Σ(RCᵢ − RCⱼ)², SLSQP": _by_slsqp(_pair_gaps),
    "Σ(RCᵢ − RCⱼ)², least squares": _by_least_squares,
}
