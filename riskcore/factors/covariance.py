"""The covariance a factor model implies: a moment estimator for the allocators."""

import numpy as np
import pandas as pd

from riskcore.factors.exposures import fit_exposures
from riskcore.factors.statistical import statistical_factors
from riskcore.results.factors import ExposureResult
from riskcore.scenarios import Scenarios

__all__ = ["factor_covariance", "model_covariance"]


def model_covariance(found: ExposureResult) -> pd.DataFrame:
    """Return Σ = B F B' + D of a fitted factor model, D = diag(variance of ε), n × n, per period of the fit.

    What the assets share beyond the factors is set to zero: fewer numbers are estimated, so optimisers find
    less noise to exploit, and real co-movement that no factor carries is lost. With least squares the
    variances are those of the sample exactly.

    Examples
    --------
    >>> f = Scenarios(np.array([[-0.02], [0.02], [0.0], [0.0]]), ("MARKET",), periods_per_year=252)
    >>> r = Scenarios(np.array([[-0.03], [0.03], [-0.01], [0.01]]), ("STOCK",), periods_per_year=252)
    >>> round(float(model_covariance(fit_exposures(r, f)).loc["STOCK", "STOCK"]), 8)
    0.0005
    """
    b = found.exposures.to_numpy()
    values = b @ found.factor_covariance.to_numpy() @ b.T + np.diag(found.specific_variance.to_numpy())
    values = 0.5 * (values + values.T)
    return pd.DataFrame(values, index=list(found.assets), columns=list(found.assets))


def factor_covariance(
    scenarios: Scenarios, *, factors: Scenarios | None = None, count: int | None = None, penalty: float = 0.0
) -> pd.DataFrame:
    """Return the covariance of the assets under a factor model fitted to them.

    Parameters
    ----------
    scenarios
        S × n returns, equally likely.
    factors
        Returns of observed factors on the same rows; without them the statistical factors of the assets, so
        that this is an estimator of the scenarios alone, as those in `riskcore.estimators`.
    count
        Of statistical factors; by default those above the Marchenko–Pastur line.
    penalty
        Ridge λ of the regression.

    Raises
    ------
    InputError, MissingDataError, AssetMismatchError
        As in `fit_exposures` and `statistical_factors`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(0.0, 0.01, (200, 1)) + np.zeros((1, 4))
    >>> rows = rows + np.random.default_rng(1).normal(0.0, 0.005, (200, 4))
    >>> s = Scenarios(rows, tuple("ABCD"), periods_per_year=252)
    >>> bool(np.linalg.eigvalsh(factor_covariance(s)).min() > 0.0)
    True
    """
    chosen = statistical_factors(scenarios, count=count) if factors is None else factors
    return model_covariance(fit_exposures(scenarios, chosen, penalty=penalty))
