"""Hierarchical risk parity: split risk along a tree of correlations, without inverting a covariance."""

from time import perf_counter

import numpy as np
import pandas as pd

from riskcore.allocation.inputs import moments, refuse_flat
from riskcore.allocation.simple import refuse_constant
from riskcore.numerics.clustering import solve_hierarchical
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["hierarchical_risk_parity"]


def hierarchical_risk_parity(
    scenarios: Scenarios, *, covariance: str | pd.DataFrame = "sample"
) -> AllocationResult:
    """Return the hierarchical risk parity weights (López de Prado).

    Assets are ordered along the single-linkage tree of the distance of distances of √(½(1 − ρ)); the order is
    halved again and again, and each half gets a weight in proportion to the other's variance. A rule, not an
    optimum: a small change of one correlation can turn the tree, and halves need not follow its clusters.
    Which branch of the tree comes first, and ties (duplicates), follow SciPy's numbering and so the order of
    the assets: where the halves cut a branch, another order of the same assets gives other weights.

    Parameters
    ----------
    scenarios
        May be weighted with the sample covariance.
    covariance
        A key of `covariances.COVARIANCES`, or a table labelled by asset on both sides.

    Returns
    -------
    AllocationResult
        Status "exact": the rule has a closed form.

    Raises
    ------
    InputError, AssetMismatchError, MissingDataError
        The covariance cannot be used.
    InfeasibleError
        An asset has no volatility, or two halves of the tree have none.

    References
    ----------
    López de Prado (2016), Building diversified portfolios that outperform out of sample.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01], [0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> hierarchical_risk_parity(s).weights.round(6).to_dict()
    {'SPY': 0.2, 'BND': 0.8}
    """
    began = perf_counter()
    refuse_constant(scenarios)
    used = moments(scenarios, covariance=covariance)
    refuse_flat(scenarios, np.diag(used.covariance))
    found = solve_hierarchical(used.covariance)
    return AllocationResult(
        weights=pd.Series(found.weights, index=scenarios.labels, name="weight"),
        method="hierarchical_risk_parity",
        label="Hierarchical risk parity",
        solved=(
            "Risk is halved along the tree of correlations (single linkage, distance of distances), on "
            f"{used.source}."
        ),
        status="exact",
        residual=0.0,
        residual_name="closed form",
        iterations=found.levels,
        seconds=perf_counter() - began,
    )
