"""Correlations moved to a target, with every mean and volatility kept."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.numerics.moments import weighted_covariance, weighted_mean
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress.scenario_shocks import stressed

__all__ = ["correlation_shock"]

Floats = NDArray[np.float64]
NULL = 1e-12
"""Eigenvalues below this share of the largest are directions in which nothing happens."""


def correlation_shock(
    scenarios: Scenarios, target: float | pd.DataFrame, *, weight: float = 1.0
) -> ShockResult:
    """Return the scenarios mapped linearly to the correlations C*, with means and volatilities kept.

        r' = μ + (r − μ) Σ^{-1/2} Σ*^{1/2},   Σ* = D C* D

    Where Σ is singular its pseudo-root is used, with the directions of Σ* turned into those that exist.

    Parameters
    ----------
    scenarios
        Any, weighted or not.
    target
        One correlation for all pairs, or an assets × assets table matched by label.
    weight
        How far to go, in [0, 1]: the correlations reached are (1 − weight) C + weight C*.

    Returns
    -------
    ShockResult
        A note says so where the scenarios have too few directions for C*, and by how much it is missed.

    Raises
    ------
    InputError
        C* is not symmetric with unit diagonal and positive semidefinite, or the weight is not in [0, 1].
    AssetMismatchError
        The labels of the table differ from the assets.

    Examples
    --------
    >>> s = Scenarios(np.array([[1.0, 1.0], [1, -1], [-1, 1], [-1, -1]]) / 100, ("SPY", "BND"), 252)
    >>> together = correlation_shock(s, 1.0).scenarios
    >>> np.corrcoef(together.returns.T).round(12).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    share = float(weight)
    if not 0.0 <= share <= 1.0:
        raise InputError(f"The weight of a correlation shock lies between 0 and 1, got {weight}.")
    wanted = _checked_target(scenarios, target)
    covariance = weighted_covariance(scenarios.returns, scenarios.probabilities)
    spread = np.sqrt(np.diag(covariance))
    moving = spread > 0.0
    units = np.where(np.outer(moving, moving), np.outer(spread, spread), 1.0)
    goal = (1.0 - share) * covariance + share * wanted * np.outer(spread, spread)
    mapped = _map(covariance, goal)
    mean = weighted_mean(scenarios.returns, scenarios.probabilities)
    returns = mean + (scenarios.returns - mean) @ mapped
    missed = float(np.abs((mapped.T @ covariance @ mapped - goal) / units).max(initial=0.0))
    notes: tuple[str, ...] = ()
    if missed > 1e-8:
        notes = (
            f"The scenarios move in too few directions for these correlations; the furthest from its target "
            f"is off by {missed:.2g} (on the diagonal: of a variance).",
        )
    to = f"→ {float(target):g}" if not isinstance(target, pd.DataFrame) else "→ a given table"
    part = "" if share == 1.0 else f", {100 * share:g} % of the way"
    return stressed(scenarios, returns, f"Correlations {to}{part}", notes)


def _map(now: Floats, goal: Floats) -> Floats:
    """Return T with T' Σ T = Σ*: Σ^{-1/2} Σ*^{1/2} where Σ has full rank."""
    values, vectors = _positive(now)
    goals, directions = _positive(goal)
    # The nearest rotation of the directions of Σ* into those of Σ; V'W itself where both are complete.
    left, _, right = np.linalg.svd(vectors.T @ directions, full_matrices=False)
    turned = left @ right
    return np.asarray((vectors / np.sqrt(values)) @ turned @ (directions * np.sqrt(goals)).T)


def _positive(matrix: Floats) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(matrix)
    kept = values > NULL * max(float(values[-1]), np.finfo(np.float64).tiny)
    return values[kept], vectors[:, kept]


def _checked_target(scenarios: Scenarios, target: float | pd.DataFrame) -> Floats:
    size = scenarios.size
    if not isinstance(target, pd.DataFrame):
        rho = float(target)
        least = -1.0 / (size - 1) if size > 1 else -1.0
        if not least - 1e-12 <= rho <= 1.0:
            raise InputError(
                f"One correlation for all pairs of {size} assets lies between {least:.4g} and 1, "
                f"got {target}."
            )
        return np.full((size, size), rho) + (1.0 - rho) * np.eye(size)
    names = list(scenarios.assets)
    wrong = sorted((set(target.index) ^ set(names)) | (set(target.columns) ^ set(names)), key=str)
    if wrong or target.shape != (size, size):
        raise AssetMismatchError(
            f"The table of correlations and the scenarios differ in {listed(wrong)}; give one row and one "
            "column per asset.",
            assets=wrong,
        )
    table = target.loc[names, names].to_numpy(dtype=np.float64)
    if not np.isfinite(table).all():
        raise InputError("A target correlation is missing or infinite; fill in the table.")
    if np.abs(table - table.T).max() > 1e-9 or np.abs(np.diag(table) - 1.0).max() > 1e-9:
        raise InputError("A table of correlations is symmetric with 1 on its diagonal; this one is not.")
    lowest = float(np.linalg.eigvalsh(table)[0])
    if lowest < -1e-9:
        raise InputError(
            f"No scenarios have these correlations: the smallest eigenvalue of the table is {lowest:.3g} and "
            "must not be negative. Bring the correlations that contradict each other closer together.",
            smallest_eigenvalue=lowest,
        )
    return np.asarray(0.5 * (table + table.T))
