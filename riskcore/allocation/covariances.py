"""The covariances allocators know by name: the estimators, and the one a factor model implies."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from riskcore import estimators
from riskcore.estimators import Covariance
from riskcore.factors import factor_covariance
from riskcore.scenarios import Scenarios

__all__ = ["COVARIANCES", "COVARIANCE_LABELS", "covariance_matrix"]

COVARIANCES: Mapping[str, Covariance] = MappingProxyType(
    {**estimators.COVARIANCES, "factor": factor_covariance}
)
"""Covariance estimators by name; "factor" is that of the statistical factors above the noise line."""

COVARIANCE_LABELS: Mapping[str, str] = MappingProxyType(
    {**estimators.COVARIANCE_LABELS, "factor": "factor model"}
)


def covariance_matrix(scenarios: Scenarios, estimator: str) -> pd.DataFrame:
    """Return the covariance by the estimator named, a key of `COVARIANCES`.

    Raises
    ------
    InputError
        There is no estimator of that name, or it refuses the scenarios.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(0.0, 0.01, (200, 1)) + np.zeros((1, 3))
    >>> rows = rows + np.random.default_rng(1).normal(0.0, 0.005, (200, 3))
    >>> found = covariance_matrix(Scenarios(rows, ("A", "B", "C"), 252), "factor")
    >>> bool(np.allclose(np.diag(found), rows.var(axis=0), rtol=1e-12))
    True
    """
    return estimators.covariance_matrix(scenarios, estimator, COVARIANCES)
