"""Statistical factors: the portfolios of the assets that move most, found by principal components."""

from typing import Literal

import numpy as np
import pandas as pd

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.numerics.moments import weighted_covariance
from riskcore.numerics.pca import components, noise_edge
from riskcore.results.factors import ComponentsResult
from riskcore.scenarios import Scenarios

__all__ = ["On", "principal_components", "statistical_factors"]

On = Literal["correlation", "covariance"]


def principal_components(scenarios: Scenarios, *, on: On = "correlation") -> ComponentsResult:
    """Return the principal components of the returns, with the line above which they are more than noise.

    On the correlation every asset counts alike; on the covariance the volatile ones count more. The line of
    Marchenko and Pastur, (1 + √(n / S))², is for standardised independent returns: it is drawn on the
    correlation only, with the rows that do not overlap, and for weighted scenarios with Kish's effective
    number. It also assumes thin tails and no autocorrelation, so an eigenvalue just above it proves little.

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    on
        "correlation" or "covariance".

    Raises
    ------
    InputError
        There is one asset only, an asset never moves (with the correlation), or `on` is unknown.
    MissingDataError
        There are fewer than three rows.

    Examples
    --------
    >>> rows = np.array([[0.01, 0.02], [-0.01, -0.02], [0.01, -0.02], [-0.01, 0.02], [0.02, 0.04]])
    >>> found = principal_components(Scenarios(rows, ("X", "Y"), periods_per_year=252))
    >>> found.explained.round(4).tolist()
    [0.7222, 0.2778]
    """
    if on not in ("correlation", "covariance"):
        raise InputError(f"Components are taken of the 'correlation' or the 'covariance', not {on!r}.")
    if scenarios.size < 2:
        raise InputError("Common factors need at least two assets; choose more on the Data page.")
    if scenarios.count < 3:
        raise MissingDataError(f"Principal components need at least 3 rows; there are {scenarios.count}.")
    covariance = weighted_covariance(scenarios.returns, scenarios.probabilities)
    scale = np.sqrt(np.diag(covariance))
    flat = [
        a for a, s in zip(scenarios.assets, scale, strict=True) if s <= 1e-12 * float(scale.max(initial=0.0))
    ]
    if flat or not scale.any():
        raise InputError(
            f"{listed(flat or scenarios.assets)} never moves in this window and has no correlation; leave "
            "it out.",
            assets=flat,
        )
    correlation = covariance / np.outer(scale, scale)
    effective = 1.0 / float((scenarios.probabilities**2).sum()) / scenarios.overlap
    line = noise_edge(scenarios.size, effective)
    unit = scale if on == "correlation" else np.ones(scenarios.size)
    values, vectors = components(correlation if on == "correlation" else covariance)
    spectrum = values if on == "correlation" else components(correlation)[0]
    names = pd.Index([f"PC{number}" for number in range(1, scenarios.size + 1)], name="component")
    assets = pd.Index(scenarios.assets, name="asset")
    weights = vectors / unit[:, None]
    weights /= np.abs(weights).sum(axis=0)
    weights[:, values <= 1e-12 * values[0]] = np.nan
    return ComponentsResult(
        on=on,
        eigenvalues=pd.Series(values, index=names, name="eigenvalue"),
        loadings=pd.DataFrame(vectors, index=assets, columns=names),
        weights=pd.DataFrame(weights, index=assets, columns=names),
        edge=line if on == "correlation" else None,
        signal=int((spectrum > line).sum()),
        rows=effective,
    )


def statistical_factors(
    scenarios: Scenarios,
    *,
    count: int | None = None,
    on: On = "correlation",
    found_on: Scenarios | None = None,
) -> Scenarios:
    """Return the first components as factor returns, each of a portfolio with absolute weights summing to 1.

    They are uncorrelated, and a regression of the assets on them gives back the loadings. `count` is by
    default the number of eigenvalues above the line of `principal_components`, at least one. `found_on` are
    other rows of the same assets to find the components on, such as weekly ones.

    Raises
    ------
    AssetMismatchError
        `found_on` has other assets.
    InputError
        `count` is not between 1 and the number of components that vary; the rest as in
        `principal_components`.

    Examples
    --------
    >>> rows = np.array([[0.01, 0.02], [-0.01, -0.02], [0.01, -0.02], [-0.01, 0.02], [0.02, 0.04]])
    >>> found = statistical_factors(Scenarios(rows, ("X", "Y"), periods_per_year=252), count=1)
    >>> found.assets, found.returns[:, 0].round(4).tolist()
    (('PC1',), [0.0133, -0.0133, -0.0, 0.0, 0.0267])
    """
    basis = scenarios if found_on is None else found_on
    if basis.assets != scenarios.assets:
        raise AssetMismatchError("Components must be found on the same assets in the same order.")
    found = principal_components(basis, on=on)
    varying = int(found.weights.notna().all().sum())
    kept = max(1, found.signal) if count is None else count
    if not 1 <= kept <= varying:
        raise InputError(f"Choose between 1 and {varying} statistical factors, not {kept}.", count=kept)
    return Scenarios(
        returns=scenarios.returns @ found.weights.to_numpy()[:, :kept],
        assets=tuple(found.weights.columns[:kept]),
        periods_per_year=scenarios.periods_per_year,
        probabilities=scenarios.probabilities,
        index=scenarios.index,
        ordered=scenarios.ordered,
        overlap=scenarios.overlap,
        source=scenarios.source,
    )
