"""Scenarios simulated from a fitted distribution: a multivariate t, or a t copula between given margins."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.multivariate_t import fit_multivariate_t
from riskcore.scenarios import Scenarios

__all__ = ["TCopula", "fit_t_copula", "simulated_copula", "simulated_t"]

Floats = NDArray[np.float64]
LEAST_NU, MOST_NU = 2.1, 200.0
FEWEST_ROWS = 50


class TCopula(NamedTuple):
    """Correlations and degrees of freedom of a t copula; `repaired` is how far a correlation was moved."""

    correlations: Floats
    nu: float
    repaired: float


def simulated_t(scenarios: Scenarios, *, count: int, rng: np.random.Generator) -> Scenarios:
    """Return `count` draws from the multivariate t fitted to the scenarios, μ + √(ν/χ²_ν) Λ^{1/2} z.

    Tails reach beyond the history, and all assets share one ν.

    Parameters
    ----------
    scenarios
        What to fit, weighted or not.
    count
        How many rows to draw.
    rng
        The generator to draw from; show its seed.

    Raises
    ------
    InputError
        `count` is below 1, or `rng` is no NumPy generator.
    MissingDataError, NumericalError, ConvergenceError
        As in `numerics.multivariate_t.fit_multivariate_t`.

    Examples
    --------
    >>> history = Scenarios(np.random.default_rng(1).normal(0, 0.01, (200, 2)), ("SPY", "BND"), 252)
    >>> simulated_t(history, count=1000, rng=np.random.default_rng(2)).count
    1000
    """
    _check(count, rng)
    fitted = fit_multivariate_t(scenarios.returns, scenarios.probabilities)
    drawn = _standard_t(_root(fitted.scatter), fitted.nu, count, rng)
    words = f"{count} draws from a multivariate t, ν = {fitted.nu:.3g}"
    return _simulated(scenarios, fitted.location + drawn, words)


def simulated_copula(
    scenarios: Scenarios,
    *,
    count: int,
    rng: np.random.Generator,
    margins: Literal["empirical", "student_t"] = "empirical",
) -> Scenarios:
    """Return `count` draws whose dependence is a fitted t copula and whose margins are those of each asset.

    Every asset keeps its own distribution: the returns it had ("empirical", so never beyond its worst), or a
    Student-t of its own ("student_t", which reaches further). Large moves come together more often.

    Parameters
    ----------
    scenarios
        Equally likely rows.
    count, rng
        As in `simulated_t`.
    margins
        "empirical" or "student_t".

    Raises
    ------
    InputError
        The scenarios are weighted, `margins` is unknown; the rest as in `simulated_t`.
    MissingDataError, NumericalError
        Fewer than 50 rows; a margin cannot be fitted.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, sections 7.3 and 7.5.

    Examples
    --------
    >>> history = Scenarios(np.random.default_rng(1).normal(0, 0.01, (200, 2)), ("SPY", "BND"), 252)
    >>> drawn = simulated_copula(history, count=500, rng=np.random.default_rng(2))
    >>> bool(np.isin(drawn.returns[:, 0], history.returns[:, 0]).all())
    True
    """
    _check(count, rng)
    if margins not in ("empirical", "student_t"):
        raise InputError(f"The margins are 'empirical' or 'student_t', not {margins!r}.")
    copula = fit_t_copula(scenarios)
    from scipy.special import stdtr  # slow to import, and few pages need it

    drawn = _standard_t(_root(copula.correlations), copula.nu, count, rng)
    uniform: Floats = np.asarray(stdtr(copula.nu, drawn), dtype=np.float64)
    quantiles = _sample_quantiles if margins == "empirical" else _t_quantiles
    columns = [quantiles(scenarios.returns[:, k], uniform[:, k]) for k in range(scenarios.size)]
    words = f"{count} draws from a t copula, ν = {copula.nu:.3g}, {margins} margins"
    if copula.repaired > 1e-6:
        words += f", correlations moved by up to {copula.repaired:.2g} to be possible"
    return _simulated(scenarios, np.column_stack(columns), words)


def fit_t_copula(scenarios: Scenarios) -> TCopula:
    """Fit a t copula: correlations sin(π τ/2) from Kendall's τ, and ν by maximum likelihood of the ranks.

    Where these correlations are not positive semidefinite together their negative eigenvalues are lifted, and
    `repaired` says by how much an entry moved.

    Raises
    ------
    InputError
        The scenarios are weighted.
    MissingDataError
        There are fewer than 50 rows.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draws = rng.standard_normal((2000, 2)) / np.sqrt(rng.chisquare(4, (2000, 1)) / 4)
    >>> bool(3 < fit_t_copula(Scenarios(draws, ("A", "B"), 252)).nu < 5.5)
    True
    """
    if scenarios.weighted:
        raise InputError("A t copula is fitted to rows of equal probability; resample weighted ones first.")
    if scenarios.count < FEWEST_ROWS:
        raise MissingDataError(f"A t copula needs at least {FEWEST_ROWS} rows; there are {scenarios.count}.")
    from scipy.stats import kendalltau, rankdata

    size = scenarios.size
    tau = np.eye(size)
    for i, j in zip(*np.triu_indices(size, 1), strict=True):
        found = kendalltau(scenarios.returns[:, i], scenarios.returns[:, j]).statistic
        # An asset that never moves depends on nothing.
        tau[i, j] = tau[j, i] = 0.0 if np.isnan(found) else found
    wanted = np.sin(0.5 * np.pi * tau)
    values, vectors = np.linalg.eigh(wanted)
    lifted = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    correlations = lifted / np.outer(scale, scale)
    ranks = rankdata(scenarios.returns, axis=0) / (scenarios.count + 1.0)
    repaired = float(np.abs(correlations - wanted).max())
    return TCopula(correlations, _copula_nu(ranks, correlations), repaired)


def _copula_nu(uniform: Floats, correlations: Floats) -> float:
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln, stdtrit

    size = uniform.shape[1]
    root = _root(correlations)

    def loss(log_nu: float) -> float:
        nu = float(np.exp(log_nu))
        x = stdtrit(nu, uniform)
        distance = (np.linalg.solve(root, x.T) ** 2).sum(axis=0)
        joint = gammaln((nu + size) / 2) + (size - 1) * gammaln(nu / 2) - size * gammaln((nu + 1) / 2)
        margins = (nu + 1) / 2 * np.log1p(x**2 / nu).sum(axis=1)
        return -float(joint + (margins - (nu + size) / 2 * np.log1p(distance / nu)).mean())

    found = minimize_scalar(loss, bounds=(np.log(LEAST_NU), np.log(MOST_NU)), method="bounded")
    return float(np.exp(found.x))


def _root(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def _standard_t(root: Floats, nu: float, count: int, rng: np.random.Generator) -> Floats:
    normal = rng.standard_normal((count, root.shape[0])) @ root.T
    return np.asarray(normal / np.sqrt(rng.chisquare(nu, (count, 1)) / nu))


def _sample_quantiles(values: Floats, uniform: Floats) -> Floats:
    place = np.minimum((uniform * values.size).astype(np.intp), values.size - 1)
    return np.asarray(np.sort(values)[place])


def _t_quantiles(values: Floats, uniform: Floats) -> Floats:
    from scipy.special import stdtrit

    fitted = fit_multivariate_t(values[:, None], np.full(values.size, 1.0 / values.size))
    scale = float(np.sqrt(fitted.scatter[0, 0]))
    return np.asarray(fitted.location[0] + scale * stdtrit(fitted.nu, uniform))


def _check(count: int, rng: object) -> None:
    if count < 1:
        raise InputError(f"Draw at least one scenario, not {count}.")
    if not isinstance(rng, np.random.Generator):
        raise InputError("Pass a NumPy generator, such as numpy.random.default_rng(1), and show its seed.")


def _simulated(scenarios: Scenarios, returns: Floats, words: str) -> Scenarios:
    source = f"{scenarios.source}; {words}" if scenarios.source else words
    return Scenarios(returns, scenarios.assets, scenarios.periods_per_year, source=source)
