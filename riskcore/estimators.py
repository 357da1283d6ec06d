"""Further estimators of means and covariances: recent, shrunk, repaired.

Each gives a table labelled by asset, which every allocator takes in place of the sample moments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InfeasibleError, InputError, MissingDataError, listed
from riskcore.moments import ledoit_wolf_covariance, sample_covariance, sample_mean
from riskcore.numerics.moments import weighted_covariance
from riskcore.scenarios import Scenarios

__all__ = [
    "COVARIANCES",
    "COVARIANCE_LABELS",
    "MEANS",
    "MEAN_LABELS",
    "Covariance",
    "PsdRepair",
    "covariance_matrix",
    "denoised_covariance",
    "ewma_covariance",
    "james_stein_mean",
    "mean_returns",
    "nearest_psd",
    "oas_covariance",
]

Floats = NDArray[np.float64]
Covariance = Callable[[Scenarios], pd.DataFrame]
DECAY = 0.94


@dataclass(frozen=True, eq=False)
class PsdRepair:
    """A covariance made positive semidefinite, and what that took.

    Attributes
    ----------
    covariance
        The nearest positive semidefinite matrix in the Frobenius norm.
    smallest
        Smallest eigenvalue of the matrix given.
    clipped
        How many eigenvalues were raised to zero; 0 when nothing had to change.
    distance
        Frobenius norm of the change over that of the matrix given.
    largest_variance_change
        Largest relative change of a variance.
    """

    covariance: pd.DataFrame
    smallest: float
    clipped: int
    distance: float
    largest_variance_change: float


def ewma_covariance(scenarios: Scenarios, *, decay: float = DECAY) -> pd.DataFrame:
    """Return the covariance with weights in proportion to λ^age: recent rows count most.

    About the mean under the same weights, so that w'Σw is the squared volatility of the reweighted scenarios.
    About 1 / (1 − λ) rows carry it: with more assets than that it is close to singular.

    Parameters
    ----------
    scenarios
        Time-ordered, of equal probability.
    decay
        λ in (0, 1); 0.94 is the daily value of RiskMetrics.

    Raises
    ------
    InputError
        Rows are not ordered or are weighted, or λ is outside (0, 1).

    References
    ----------
    RiskMetrics Technical Document (1996), section 5.2.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [0.03], [0.0]]), ("SPY",), 252, ordered=True)
    >>> float(ewma_covariance(s, decay=0.5).loc["SPY", "SPY"].round(8))
    0.00017143
    """
    if not 0.0 < decay < 1.0:
        raise InputError(f"The decay λ lies between 0 and 1; got {decay:g}.")
    if not scenarios.ordered or scenarios.weighted:
        raise InputError("Exponential weights need time-ordered scenarios of equal probability.")
    weights = decay ** np.arange(scenarios.count - 1, -1, -1, dtype=np.float64)
    return _labelled(scenarios, weighted_covariance(scenarios.returns, weights / float(weights.sum())))


def oas_covariance(scenarios: Scenarios) -> pd.DataFrame:
    """Return the sample covariance shrunk towards a multiple of the identity by the OAS intensity.

    As in scikit-learn; derived for normal rows, independent and of equal probability.

    Raises
    ------
    InputError
        The scenarios are weighted.

    References
    ----------
    Chen, Wiesel, Eldar, Hero (2010), Shrinkage algorithms for MMSE covariance estimation.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01, 0.0], [-0.02, 0.01], [0.0, 0.02]]), ("SPY", "BND"), 252)
    >>> bool(abs(oas_covariance(s).loc["SPY", "BND"]) < abs(sample_covariance(s).loc["SPY", "BND"]))
    True
    """
    if scenarios.weighted:
        raise InputError(
            "OAS shrinkage needs scenarios of equal probability; use the sample covariance for weighted ones."
        )
    # Imported here because loading scikit-learn takes longer than most pages do.
    from sklearn.covariance import oas

    return _labelled(scenarios, np.asarray(oas(scenarios.returns)[0], dtype=np.float64))


def denoised_covariance(scenarios: Scenarios) -> pd.DataFrame:
    """Return the covariance whose correlations keep only eigenvalues that chance alone would not give.

    Eigenvalues of the sample correlations up to σ² (1 + √(n/S))², the Marchenko–Pastur edge of S rows of n
    unrelated assets, are replaced by their average; the diagonal is then rescaled to 1 and volatilities
    stay. σ² = 1 − λ₁/n: the largest eigenvalue, the market, is no noise.

    Raises
    ------
    InputError
        The scenarios are weighted.
    InfeasibleError
        An asset is constant.

    References
    ----------
    Marchenko, Pastur (1967); Laloux, Cizeau, Bouchaud, Potters (1999), Noise dressing of financial
    correlation matrices.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(0, 0.01, (200, 5))
    >>> found = denoised_covariance(Scenarios(rows, tuple("ABCDE"), 252)).to_numpy()
    >>> bool(np.linalg.cond(found) < np.linalg.cond(np.cov(rows.T)))
    True
    """
    if scenarios.weighted:
        raise InputError(
            "Denoising needs scenarios of equal probability; use the sample covariance for weighted ones."
        )
    sigma = sample_covariance(scenarios).to_numpy()
    scale = np.sqrt(np.diag(sigma))
    if not (scale > 1e-12 * scale.max()).all():
        raise InfeasibleError("An asset is constant, so it has no correlations to denoise; leave it out.")
    values, vectors = np.linalg.eigh(sigma / np.outer(scale, scale))
    noise = 1.0 - float(values[-1]) / scenarios.size
    edge = noise * (1.0 + np.sqrt(scenarios.size / scenarios.count)) ** 2
    below = values <= edge
    if below.any():
        values = np.where(below, float(values[below].mean()), values)
    kept = (vectors * values) @ vectors.T
    spread = np.sqrt(np.diag(kept))
    return _labelled(scenarios, kept / np.outer(spread, spread) * np.outer(scale, scale))


def james_stein_mean(scenarios: Scenarios) -> pd.Series:
    """Return the sample means shrunk towards that of the minimum-variance portfolio.

    μ* = μ₀ + max(0, 1 − k) (μ − μ₀), k = (n − 3) / (S · (μ − μ₀)'Σ⁻¹(μ − μ₀)), μ₀ = 1'Σ⁻¹μ / 1'Σ⁻¹1, the
    positive-part rule of James and Stein with the common mean estimated (Lindley). With four assets or more
    its expected squared error, measured by Σ⁻¹, is below that of the sample means.

    Raises
    ------
    InputError
        The scenarios are weighted, or there are fewer than four assets.
    InfeasibleError
        The covariance is singular: too few rows, duplicates, or a constant asset.

    References
    ----------
    James, Stein (1961); Lindley (1962); Jorion (1986), Bayes–Stein estimation for portfolio analysis.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(0.001, 0.01, (500, 6))
    >>> s = Scenarios(rows, tuple("ABCDEF"), 252)
    >>> bool(james_stein_mean(s).std() < sample_mean(s).std())
    True
    """
    if scenarios.weighted:
        raise InputError("James–Stein shrinkage needs scenarios of equal probability; use the sample means.")
    if scenarios.size < 4:
        raise InputError(
            f"James–Stein shrinkage gains from four assets on; there are {scenarios.size}. Use the sample "
            "means."
        )
    mean, sigma = sample_mean(scenarios), sample_covariance(scenarios).to_numpy()
    scale = np.sqrt(np.diag(sigma))
    if not (scale > 1e-12 * scale.max()).all() or scenarios.count <= scenarios.size:
        raise _singular()
    correlation = sigma / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    if float(values[0]) < 1e-10 * float(values[-1]):
        raise _singular()
    ones, centre = (vectors.T @ (v / scale) for v in (np.ones(scenarios.size), mean.to_numpy()))
    common = float(ones @ (centre / values)) / float(ones @ (ones / values))
    apart = centre - common * ones
    distance = scenarios.count * float(apart @ (apart / values))
    kept = max(0.0, 1.0 - (scenarios.size - 3) / distance) if distance > 0.0 else 0.0
    shrunk: pd.Series = common + kept * (mean - common)
    return shrunk.rename("mean")


def nearest_psd(covariance: pd.DataFrame) -> PsdRepair:
    """Return the nearest positive semidefinite matrix (negative eigenvalues raised to zero), with a report.

    For covariances typed in, stressed or put together from pairs; nothing changes when it is one already.

    Raises
    ------
    InputError
        The table is not square with the same labels on both sides, or not symmetric.
    MissingDataError
        A value is missing or infinite.

    References
    ----------
    Higham (1988), Computing a nearest symmetric positive semidefinite matrix.

    Examples
    --------
    >>> names = ["SPY", "BND"]
    >>> found = nearest_psd(pd.DataFrame([[1.0, 2.0], [2.0, 1.0]], names, names))
    >>> found.clipped, round(found.smallest, 6), found.covariance.round(6).to_numpy().tolist()
    (1, -1.0, [[1.5, 1.5], [1.5, 1.5]])
    """
    if list(covariance.index) != list(covariance.columns):
        raise InputError("A covariance has the same assets as rows and as columns, in the same order.")
    matrix = covariance.to_numpy(dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise MissingDataError("The covariance is missing or infinite somewhere; leave those assets out.")
    size = float(np.linalg.norm(matrix))
    if float(np.abs(matrix - matrix.T).max()) > 1e-9 * size:
        raise InputError("The covariance is not symmetric; a pair must have the same value both ways.")
    values, vectors = np.linalg.eigh(matrix)
    # Rounding leaves −1e-17 where the exact eigenvalue is 0: no reason to report a repair.
    wrong = values < -1e-14 * matrix.shape[0] * max(float(values[-1]), 0.0)
    if not wrong.any():
        return PsdRepair(covariance, float(values[0]), 0, 0.0, 0.0)
    kept = (vectors * np.maximum(values, 0.0)) @ vectors.T
    kept = 0.5 * (kept + kept.T)
    before, after = np.diag(matrix), np.diag(kept)
    change = np.full_like(after, np.inf)
    np.divide(np.abs(after - before), np.abs(before), out=change, where=before != 0)
    return PsdRepair(
        covariance=pd.DataFrame(kept, index=covariance.index, columns=covariance.columns),
        smallest=float(values[0]),
        clipped=int(wrong.sum()),
        distance=float(np.linalg.norm(kept - matrix)) / size,
        largest_variance_change=float(change.max()),
    )


COVARIANCES: Mapping[str, Covariance] = MappingProxyType(
    {
        "sample": sample_covariance,
        "ewma": ewma_covariance,
        "ledoit_wolf": ledoit_wolf_covariance,
        "oas": oas_covariance,
        "denoised": denoised_covariance,
    }
)
"""Covariance estimators by name."""

COVARIANCE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "sample": "sample",
        "ewma": f"EWMA (λ = {DECAY:g})",
        "ledoit_wolf": "Ledoit–Wolf",
        "oas": "OAS",
        "denoised": "denoised",
    }
)

MEANS: Mapping[str, Callable[[Scenarios], pd.Series]] = MappingProxyType(
    {"sample": sample_mean, "james_stein": james_stein_mean}
)
"""Estimators of the mean by name."""

MEAN_LABELS: Mapping[str, str] = MappingProxyType({"sample": "sample", "james_stein": "James–Stein"})


def covariance_matrix(
    scenarios: Scenarios, estimator: str, known: Mapping[str, Covariance] = COVARIANCES
) -> pd.DataFrame:
    """Return the covariance by the estimator named, a key of `known`.

    Raises
    ------
    InputError
        There is no estimator of that name, or it refuses the scenarios.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0], [0.02]]), ("SPY",), 252)
    >>> covariance_matrix(s, "sample").round(12).to_numpy().tolist()
    [[0.0001]]
    """
    if estimator not in known:
        raise InputError(
            f"No covariance estimator {estimator!r}; choose one of {listed(known, most=len(known))}."
        )
    return known[estimator](scenarios)


def mean_returns(scenarios: Scenarios, estimator: str) -> pd.Series:
    """Return the means by the estimator named, a key of `MEANS`.

    Raises
    ------
    InputError
        There is no estimator of that name, or it refuses the scenarios.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0], [0.02]]), ("SPY",), 252)
    >>> mean_returns(s, "sample").to_dict()
    {'SPY': 0.01}
    """
    if estimator not in MEANS:
        raise InputError(f"No estimator of the mean {estimator!r}; choose one of {listed(MEANS)}.")
    return MEANS[estimator](scenarios)


def _singular() -> InfeasibleError:
    return InfeasibleError(
        "The covariance is singular (too few rows, duplicates, or a constant asset), so the means cannot be "
        "weighed against one another; leave an asset out, or use the sample means."
    )


def _labelled(scenarios: Scenarios, values: Floats) -> pd.DataFrame:
    return pd.DataFrame(values, index=list(scenarios.assets), columns=list(scenarios.assets))
