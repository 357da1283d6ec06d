"""Who carries the risk when assets are seen through factors: exact Euler contributions."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskcore.contributions import risk_contributions
from riskcore.errors import AssetMismatchError, MissingDataError, listed
from riskcore.factors.exposures import check_same_rows
from riskcore.numerics.moments import weighted_mean
from riskcore.portfolio import Portfolio
from riskcore.results.factors import FactorContributionResult
from riskcore.scenarios import Scenarios

__all__ = ["factor_contributions"]


def factor_contributions(
    scenarios: Scenarios,
    factors: Scenarios,
    exposures: pd.DataFrame,
    portfolio: Portfolio,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
) -> FactorContributionResult:
    """Return what each factor, each asset's specific part and the mean add to a portfolio's risk.

        l = −(x'f + w'ε + w'α),  x = B'w,  ε = r − B f − α of mean zero under the probabilities
        factor k: −x_k Σ_s q_s f_sk   asset i: −w_i Σ_s q_s ε_si   mean: −w'α Σ_s q_s

    With q the measure's risk identifier the parts add up to the risk exactly, whatever B is: exposures may
    come from weekly rows and the risk be daily. Then factors and specific parts are correlated in these rows,
    `relation` says how much, and a part can be negative because it offsets the other.

    Parameters
    ----------
    scenarios, factors
        Returns of assets and factors on the same rows, weighted or not.
    exposures
        Assets × factors, such as `fit_exposures(…).exposures`; matched by label.
    portfolio
        A weight for every asset of the scenarios.
    measure, confidence
        As in `contributions.risk_contributions`.

    Returns
    -------
    FactorContributionResult
        Losses per period of the scenarios, positive = adds risk.

    Raises
    ------
    AssetMismatchError
        Labels of exposures, assets and factors differ.
    MissingDataError
        An exposure is missing or infinite.
    InputError, ConfidenceError, NumericalError
        Rows differ; the rest as in `contributions.risk_contributions`.

    References
    ----------
    Meucci (2007), Risk contributions from generic user-defined factors.

    Examples
    --------
    >>> f = Scenarios(np.array([[-0.02], [0.02], [0.0], [0.0]]), ("MARKET",), periods_per_year=252)
    >>> r = Scenarios(np.array([[-0.03], [0.03], [-0.01], [0.01]]), ("STOCK",), periods_per_year=252)
    >>> b = pd.DataFrame({"MARKET": [1.5]}, index=["STOCK"])
    >>> found = factor_contributions(r, f, b, Portfolio("A", {"STOCK": 1.0}), "volatility")
    >>> found.table["relative"].round(6).to_dict()
    {'MARKET': 0.9, 'specific': 0.1, 'mean': 0.0}
    """
    check_same_rows(scenarios, factors)
    matrix = _aligned(exposures, scenarios, factors)
    weights = portfolio.aligned(scenarios.assets)
    rest = scenarios.returns - factors.returns @ matrix.T
    alpha = weighted_mean(rest, scenarios.probabilities)
    rest = rest - alpha
    # What an asset made of factors leaves is rounding, and must not look like a risk.
    rest[:, np.abs(rest).max(axis=0) <= 1e-12 * np.abs(scenarios.returns).max(axis=0)] = 0.0
    own = matrix.T @ weights
    # One column per part, numbered because a factor may have the name of an asset.
    moves = np.column_stack([factors.returns, rest, np.full(scenarios.count, float(weights @ alpha))])
    labels = tuple(str(number) for number in range(moves.shape[1]))
    parts = replace(scenarios, returns=moves, assets=labels)
    sizes = Portfolio(portfolio.name, dict(zip(labels, [*own, *weights, 1.0], strict=True)))
    found = risk_contributions(parts, sizes, measure, confidence=confidence)
    component = found.table["component"].to_numpy(dtype=np.float64)
    count = factors.size
    return FactorContributionResult(
        portfolio=portfolio.name,
        measure=found.measure,
        label=found.label,
        confidence=found.confidence,
        total=found.total,
        exposure=pd.Series(own, index=pd.Index(factors.assets, name="factor"), name="exposure"),
        factors=pd.Series(component[:count], index=pd.Index(factors.assets, name="factor")),
        specific=pd.Series(component[count:-1], index=pd.Index(scenarios.assets, name="asset")),
        mean=float(component[-1]) + 0.0,  # no −0
        relation=_correlation(factors.returns @ own, rest @ weights, scenarios.probabilities),
    )


def _aligned(exposures: pd.DataFrame, scenarios: Scenarios, factors: Scenarios) -> np.ndarray:
    for kind, given, needed in (
        ("assets", exposures.index, scenarios.assets),
        ("factors", exposures.columns, factors.assets),
    ):
        names = [str(label) for label in given]
        wrong = [n for n in names if n not in needed] + [n for n in needed if n not in names]
        if wrong or len(set(names)) < len(names):
            raise AssetMismatchError(
                f"The exposures and the returns do not have the same {kind}: {listed(wrong or names)}.",
                labels=wrong,
            )
    matrix = exposures.loc[list(scenarios.assets), list(factors.assets)].to_numpy(dtype=np.float64)
    if not np.isfinite(matrix).all():
        rows = [
            a for a, fine in zip(scenarios.assets, np.isfinite(matrix).all(axis=1), strict=True) if not fine
        ]
        raise MissingDataError(f"An exposure of {listed(rows)} is missing or infinite.", assets=rows)
    return matrix


def _correlation(first: np.ndarray, second: np.ndarray, probabilities: np.ndarray) -> float:
    pair = np.column_stack([first, second])
    centred = pair - probabilities @ pair
    covariance = (centred * probabilities[:, None]).T @ centred
    spread = np.sqrt(np.diag(covariance))
    if (spread <= 1e-14 * float(np.abs(pair).max(initial=0.0))).any():
        return float("nan")
    return float(covariance[0, 1] / spread.prod())
