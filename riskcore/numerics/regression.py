"""Linear regression of many columns on the same few regressors, with standard errors.

Plain or ridge, with an intercept that is never penalised. Standard errors are the classic ones or those of
Newey and West, which stay right where errors are heteroscedastic and follow one another in time.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError

__all__ = ["Regression", "collinear_columns", "default_lags", "newey_west", "regress"]

Floats = NDArray[np.float64]
# Of the standardised regressors: below this ratio of singular values a slope is rounding noise.
COLLINEAR = 1e-7
# Residuals smaller than this relative to the column are rounding: the regressors make up the column exactly.
EXACT = 1e-10
# A column that varies less than this, relative to its size, is constant.
CONSTANT = 1e-12


@dataclass(frozen=True, eq=False)
class Regression:
    """Slopes of n columns on k regressors, y = α + X β + e.

    Attributes
    ----------
    slopes, slope_errors
        k × n.
    intercepts, intercept_errors
        n.
    residuals
        S × n, of mean zero; exactly 0 in columns that the regressors make up exactly.
    r_squared
        n; 1 − SSE / SST, NaN for a constant column.
    freedom
        Degrees of freedom left, S − 1 − tr H: S − 1 − k without a penalty.
    """

    slopes: Floats
    slope_errors: Floats
    intercepts: Floats
    intercept_errors: Floats
    residuals: Floats
    r_squared: Floats
    freedom: float


def regress(x: Floats, y: Floats, *, penalty: float = 0.0, lags: int | None = None) -> Regression:
    """Return the regression of every column of `y` on the columns of `x` and an intercept.

        β = argmin Σ_s (y_s − α − x_s β)² + λ S Σ_k (s_k β_k)²,   s_k the standard deviation of regressor k

    so that λ has no unit: 0 is least squares, and λ = 1 halves the slope on a single regressor. With
    A = X_c'X_c + λ S diag(s²) on centred regressors, the errors are the roots of the diagonal of
    s² A⁻¹ X_c'X_c A⁻¹ with s² = SSE / (S − 1 − tr H), or of A⁻¹ Ω A⁻¹ with Newey and West's Ω. Those of a
    ridge regression say how far its slopes scatter, not how far the penalty pulls them.

    Parameters
    ----------
    x, y
        S × k and S × n, finite.
    penalty
        λ ≥ 0.
    lags
        None for the classic errors, otherwise Newey and West's with this many lags; 0 gives White's.

    Raises
    ------
    MissingDataError
        There are fewer than k + 2 rows.
    InputError
        λ is negative or not finite, the lags are negative or not below S, or x is collinear (ask
        `collinear_columns` first, which knows the columns).

    References
    ----------
    Hoerl, Kennard (1970), Ridge regression. Newey, West (1987), A simple, positive semi-definite,
    heteroskedasticity and autocorrelation consistent covariance matrix.

    Examples
    --------
    >>> found = regress(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[1.0], [3.0], [2.0], [5.0]]))
    >>> found.slopes.round(6).tolist(), found.intercepts.round(6).tolist(), found.r_squared.round(6).tolist()
    ([[1.1]], [1.1], [0.691429])
    """
    count, size = x.shape
    if count < size + 2:
        raise MissingDataError(
            f"A regression on {size} regressors needs at least {size + 2} rows; there are {count}.",
            rows=count,
        )
    if not (math.isfinite(penalty) and penalty >= 0.0):
        raise InputError(f"The ridge penalty is a number of at least 0, got {penalty:g}.", penalty=penalty)
    if lags is not None and not 0 <= lags < count:
        raise InputError(f"Lags lie between 0 and {count - 1}, got {lags}.", lags=lags)
    if collinear_columns(x):
        raise InputError("The regressors are constant or collinear; leave one out.")
    centre, scale = x.mean(axis=0), x.std(axis=0)
    z = (x - centre) / scale
    target = y - y.mean(axis=0)
    # A constant column minus its mean is rounding, not something to explain.
    target[:, (target**2).sum(axis=0) <= CONSTANT**2 * (y**2).sum(axis=0)] = 0.0
    # Stacking √(λS) I under z makes ridge a least-squares problem; QR never squares its condition.
    q, r = np.linalg.qr(np.vstack([z, math.sqrt(penalty * count) * np.eye(size)]))
    slopes = np.linalg.solve(r, q[:count].T @ target)
    residuals = target - z @ slopes
    total = (target**2).sum(axis=0)
    exact = np.sqrt((residuals**2).sum(axis=0)) <= EXACT * np.sqrt(total)
    residuals[:, exact] = 0.0
    inverse = np.linalg.inv(r)
    pseudo = inverse @ inverse.T
    freedom = count - 1.0 - float((q[:count] ** 2).sum())
    spread = _errors(z, residuals, pseudo, freedom, lags)
    # α = ȳ − x̄'β, so its error comes from those of ȳ and β together.
    turn = np.concatenate(([1.0], -centre / scale))
    squared = np.full(y.shape[1], np.nan)
    moving = total > 0.0
    squared[moving] = 1.0 - (residuals[:, moving] ** 2).sum(axis=0) / total[moving]
    return Regression(
        slopes=slopes / scale[:, None],
        slope_errors=np.sqrt(np.maximum(np.diagonal(spread, axis1=1, axis2=2)[:, 1:].T, 0.0))
        / scale[:, None],
        intercepts=y.mean(axis=0) - (centre / scale) @ slopes,
        intercept_errors=np.sqrt(np.maximum(np.einsum("i,nij,j->n", turn, spread, turn), 0.0)),
        residuals=residuals,
        r_squared=squared,
        freedom=freedom,
    )


def _errors(z: Floats, residuals: Floats, pseudo: Floats, freedom: float, lags: int | None) -> Floats:
    """Return the covariance of (ȳ, slopes on z) for each column, n × (k + 1) × (k + 1)."""
    count, size = z.shape
    design = np.column_stack([np.ones(count), z])
    bread = np.zeros((size + 1, size + 1))
    bread[0, 0], bread[1:, 1:] = 1.0 / count, pseudo
    if lags is None:
        shape = bread @ (design.T @ design) @ bread
        scale: Floats = (residuals**2).sum(axis=0) / freedom
        classic: Floats = scale[:, None, None] * shape
        return classic
    return np.stack([bread @ newey_west(design * e[:, None], lags) @ bread for e in residuals.T])


def newey_west(scores: Floats, lags: int) -> Floats:
    """Return Ω = Γ_0 + Σ_{j=1..L} (1 − j / (L + 1)) (Γ_j + Γ_j'), Γ_j = Σ_t g_t g_{t−j}', k × k.

    Bartlett's weights keep it positive semidefinite; no small-sample correction.

    Examples
    --------
    >>> newey_west(np.array([[1.0], [2.0], [-1.0]]), 1).tolist()
    [[6.0]]
    """
    total: Floats = scores.T @ scores
    for lag in range(1, lags + 1):
        shifted = scores[lag:].T @ scores[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (shifted + shifted.T)
    return total


def default_lags(count: int, overlap: int = 1) -> int:
    """Return the lags for S rows: ⌊4 (S / 100)^(2/9)⌋, and at least twice the overlap of rows that overlap.

    Rows that share h − 1 periods follow an MA(h − 1). Bartlett's weights give the last of h − 1 lags almost
    nothing, hence the double.

    References
    ----------
    Newey, West (1994), Automatic lag selection in covariance matrix estimation.

    Examples
    --------
    >>> default_lags(1000), default_lags(1000, 21)
    (6, 42)
    """
    usual = int(4.0 * (count / 100.0) ** (2.0 / 9.0))
    return min(max(usual, 2 * overlap if overlap > 1 else 0), count - 1)


def collinear_columns(x: Floats) -> tuple[int, ...]:
    """Return the columns that are constant or, with one another, linearly dependent; empty when all is well.

    Judged on centred columns of unit length, so that units do not matter.

    Examples
    --------
    >>> a, b = np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.0, 5.0])
    >>> collinear_columns(np.column_stack([a, b])), collinear_columns(np.column_stack([a, 2 * a, b]))
    ((), (0, 1))
    """
    centred = x - x.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    constant = np.flatnonzero(length <= CONSTANT * np.sqrt((x**2).sum(axis=0)))
    if constant.size:
        return tuple(int(i) for i in constant)
    # The triangle of a QR has the same singular values and right vectors, without a square of the rows.
    _, values, vectors = np.linalg.svd(np.linalg.qr(centred / length, mode="r"), full_matrices=True)
    small = np.flatnonzero(np.pad(values, (0, x.shape[1] - values.size)) <= COLLINEAR * values[0])
    involved = np.abs(vectors[small]).max(axis=0, initial=0.0) > 1e-3
    return tuple(int(i) for i in np.flatnonzero(involved))
