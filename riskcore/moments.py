"""Means and covariances of labelled scenarios.

Each estimator names its own rule; all are per period of the scenarios, never annualised.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.scenarios import Scenarios

__all__ = ["ledoit_wolf_covariance", "sample_covariance", "sample_mean"]


def sample_mean(scenarios: Scenarios) -> pd.Series:
    """Return the probability-weighted mean return of each asset: μ = Σ p r.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [0.03]]), ("SPY",), 252, np.array([0.75, 0.25]))
    >>> sample_mean(s).to_dict()
    {'SPY': 0.015}
    """
    return pd.Series(scenarios.sample_moments[0], index=scenarios.labels, name="mean")


def sample_covariance(scenarios: Scenarios) -> pd.DataFrame:
    """Return the probability-weighted covariance Σ p (r − μ)(r − μ)', n × n.

    No small-sample correction (1/Σp, not S − 1): w'Σw is then the squared volatility measure of the same
    scenarios, and risk shares solved on it are the ones the contributions show.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0, 0.0], [0.02, -0.02]]), ("SPY", "BND"), 252)
    >>> round(float(sample_covariance(s).loc["SPY", "BND"]), 12)
    -0.0001
    """
    return _labelled(scenarios, scenarios.sample_moments[1])


def ledoit_wolf_covariance(scenarios: Scenarios) -> pd.DataFrame:
    """Return the sample covariance shrunk towards a multiple of the identity, (1 − δ) Σ + δ (tr Σ / n) I.

    δ is Ledoit and Wolf's estimate of the optimal intensity, as in scikit-learn. It is derived for
    independent rows of equal probability, so weighted scenarios are refused.

    Raises
    ------
    InputError
        The scenarios are weighted.

    References
    ----------
    Ledoit, Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01, 0.0], [-0.02, 0.01], [0.0, 0.02]]), ("SPY", "BND"), 252)
    >>> bool(ledoit_wolf_covariance(s).loc["SPY", "SPY"] < sample_covariance(s).loc["SPY", "SPY"])
    True
    """
    if scenarios.weighted:
        raise InputError(
            "Ledoit–Wolf shrinkage needs scenarios of equal probability; use the sample covariance for "
            "weighted ones."
        )
    # Imported here because loading scikit-learn takes longer than most pages do.
    from sklearn.covariance import ledoit_wolf

    return _labelled(scenarios, np.asarray(ledoit_wolf(scenarios.returns)[0], dtype=np.float64))


def _labelled(scenarios: Scenarios, values: NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame(values, index=scenarios.labels, columns=scenarios.labels)
