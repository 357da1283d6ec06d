"""Multivariate Student-t: maximum-likelihood fit of location, scatter and degrees of freedom, weighted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, MissingDataError, NumericalError
from riskcore.numerics.moments import weighted_covariance, weighted_mean

__all__ = ["MultivariateT", "conditional_on", "fit_multivariate_t"]

Floats = NDArray[np.float64]
LEAST_NU, MOST_NU = 2.1, 200.0
ROUNDS = 500
GAIN = 1e-10


class MultivariateT(NamedTuple):
    """Location μ (n), scatter Λ (n × n) and degrees of freedom ν; the covariance is Λ ν/(ν − 2)."""

    location: Floats
    scatter: Floats
    nu: float


def fit_multivariate_t(values: Floats, probabilities: Floats) -> MultivariateT:
    """Fit a multivariate t by maximum (weighted) likelihood, ν between 2.1 and 200.

    The EM steps of location and scatter alternate with a maximisation of the likelihood itself over ν (ECME).

    Parameters
    ----------
    values, probabilities
        S × n and S, sum 1.

    Raises
    ------
    MissingDataError
        Fewer than 10 scenarios per column.
    NumericalError
        The columns are linearly dependent, so that there is no density.
    ConvergenceError
        The likelihood still rose after 500 steps.

    References
    ----------
    Liu, Rubin (1995), ML estimation of the t distribution using EM and its extensions, ECM and ECME.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draws = rng.standard_normal((4000, 2)) / np.sqrt(rng.chisquare(5, (4000, 1)) / 5)
    >>> bool(4.3 < fit_multivariate_t(draws, np.full(4000, 1 / 4000)).nu < 5.7)
    True
    """
    count, size = values.shape
    if count < 10 * size:
        raise MissingDataError(
            f"A multivariate t of {size} series needs at least {10 * size} scenarios; there are {count}."
        )
    centre = weighted_mean(values, probabilities)
    spread = np.sqrt(np.diag(weighted_covariance(values, probabilities)))
    if (spread <= 1e-14 * np.abs(values).max(initial=0.0)).any():
        raise NumericalError("A series never moves, so a multivariate t does not describe it; leave it out.")
    unit = (values - centre) / spread
    location, scatter, nu = np.zeros(size), weighted_covariance(unit, probabilities), 6.0
    best = -np.inf
    for _ in range(ROUNDS):
        distance, log_det = _distances(unit, location, scatter)
        nu, value = _best_nu(distance, log_det, size, probabilities, nu)
        if value - best <= GAIN * (1.0 + abs(value)):
            return MultivariateT(centre + spread * location, scatter * np.outer(spread, spread), nu)
        best = value
        weights = probabilities * (nu + size) / (nu + distance)
        location = weights @ unit / weights.sum()
        away = (unit - location) * np.sqrt(weights)[:, None]
        # Divided by Σ weights instead of 1: the same fixed point, reached in fewer steps.
        scatter = away.T @ away / weights.sum()
    raise ConvergenceError(
        "The fit of a multivariate t did not settle; use fewer series or the history itself."
    )


def conditional_on(fitted: MultivariateT, column: int, value: float) -> tuple[Floats, float]:
    """Return E[r | r_column = value] = μ + Λ_{·k} (value − μ_k) / Λ_kk, and the spread of what is left.

    Given one component, the others are a t with ν + 1 degrees of freedom and (ν + d²)/(ν + 1) times the
    residual scatter, d² = (value − μ_k)²/Λ_kk: the second value is the root of that factor.

    References
    ----------
    Ding (2016), On the conditional distribution of the multivariate t distribution.

    Examples
    --------
    >>> t = MultivariateT(np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]]), 4.0)
    >>> mean, factor = conditional_on(t, 0, -2.0)
    >>> mean.tolist(), round(factor, 6)
    ([-2.0, -1.0], 1.264911)
    """
    scatter = float(fitted.scatter[column, column])
    away = value - float(fitted.location[column])
    mean: Floats = fitted.location + fitted.scatter[:, column] * (away / scatter)
    mean[column] = value
    return mean, float(np.sqrt((fitted.nu + away**2 / scatter) / (fitted.nu + 1.0)))


def _distances(unit: Floats, location: Floats, scatter: Floats) -> tuple[Floats, float]:
    try:
        root = np.linalg.cholesky(scatter)
    except np.linalg.LinAlgError:
        root = np.zeros_like(scatter)
    diagonal = np.diag(root)
    if diagonal.min() <= 1e-7 * np.sqrt(np.diag(scatter)).max():
        raise NumericalError(
            "The series are linearly dependent (one is a mix of others), so a multivariate t has no density; "
            "leave one out."
        )
    solved = np.linalg.solve(root, (unit - location).T)
    return np.einsum("is,is->s", solved, solved), float(2.0 * np.log(diagonal).sum())


def _best_nu(
    distance: Floats, log_det: float, size: int, probabilities: Floats, start: float
) -> tuple[float, float]:
    from scipy.optimize import minimize_scalar  # slow to import, and few pages need it
    from scipy.special import gammaln

    def loss(log_nu: float) -> float:
        nu = float(np.exp(log_nu))
        constant = gammaln((nu + size) / 2) - gammaln(nu / 2) - size / 2 * np.log(nu * np.pi) - log_det / 2
        return float((nu + size) / 2 * (probabilities @ np.log1p(distance / nu)) - constant)

    near = float(np.log(start))
    bounds = max(np.log(LEAST_NU), near - 1.0), min(np.log(MOST_NU), near + 1.0)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x)), -float(found.fun)
