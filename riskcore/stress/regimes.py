"""Correlations by regime, beside the rise that conditioning on volatility alone creates."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.numerics.moments import weighted_covariance
from riskcore.results.reverse import RegimeResult
from riskcore.scenarios import Scenarios

__all__ = ["expected_correlation", "regime_correlations"]

Floats = NDArray[np.float64]
FEWEST_ROWS = 20


def expected_correlation(correlation: float | Floats, variance_ratio: float) -> Floats:
    """Return the correlation that a change of the index's variance alone turns a correlation into.

        ρ' = ρ √((1 + δ) / (1 + δ ρ²)),  1 + δ the variance of the index there over that here

    when the slope on the index and the spread of what is left stay. With the inverse ratio it is the
    adjustment of Forbes and Rigobon.

    References
    ----------
    Forbes and Rigobon (2002), No contagion, only interdependence, Journal of Finance 57, eqs. 10–11.

    Examples
    --------
    >>> rise = expected_correlation(0.5, 4.0)
    >>> round(float(rise), 6), round(float(expected_correlation(rise, 0.25)), 6)
    (0.755929, 0.5)
    """
    rho = np.asarray(correlation, dtype=np.float64)
    delta = variance_ratio - 1.0
    return np.asarray(rho * np.sqrt((1.0 + delta) / (1.0 + delta * rho**2)))


def regime_correlations(
    scenarios: Scenarios, *, index_asset: str, state: pd.Series, share: float = 0.1
) -> RegimeResult:
    """Return correlations with an index where the state is highest, and where it is not.

    Parameters
    ----------
    scenarios
        Equally likely rows, at least 20 in each regime. Daily closes that are not simultaneous understate
        every correlation here: use weekly returns for Asia against America.
    index_asset
        The label of the index among the assets.
    state
        One value per row label, high = turbulent: `generation.realised_volatility`, or any indicator. Rows
        where it is missing belong to neither regime.
    share
        The share of the rows with a state that counts as turbulent, in (0, 1).

    Returns
    -------
    RegimeResult
        `expected` says how far volatility alone would carry the calm correlation; only what lies beyond it
        is a change of dependence.

    Raises
    ------
    InputError
        The scenarios are weighted, the share is not in (0, 1), or the index never moves in a regime.
    MissingDataError
        A regime has fewer than 20 rows.
    AssetMismatchError
        The index is not among the assets, or the state has other labels.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> wide = np.where(np.arange(4000) < 400, 3.0, 1.0)
    >>> x = wide * rng.normal(0, 0.01, 4000)
    >>> s = Scenarios(np.column_stack([x, 0.5 * x + rng.normal(0, 0.01, 4000)]), ("SPY", "GOLD"), 252)
    >>> found = regime_correlations(s, index_asset="SPY", state=pd.Series(wide), share=0.1)
    >>> found.table.loc["GOLD", ["calm", "turbulent", "expected"]].astype(float).round(1).tolist()
    [0.5, 0.8, 0.8]
    """
    if scenarios.weighted:
        raise InputError("Regimes divide rows of equal probability; use the history itself.")
    if index_asset not in scenarios.assets:
        raise AssetMismatchError(
            f"The index {index_asset[:40]} is not among the assets; "
            f"choose one of {listed(scenarios.assets, most=20)}.",
            index_asset=index_asset,
        )
    if not isinstance(state, pd.Series) or not state.index.equals(scenarios.index):
        raise AssetMismatchError("The state needs one value per row of the scenarios, under the same labels.")
    if not 0.0 < share < 1.0:
        raise InputError(f"The turbulent share of the rows lies between 0 and 1, got {share}.")
    calm, turbulent = _divided(state, share)
    column = scenarios.assets.index(index_asset)
    parts = {"calm": scenarios.returns[calm], "turbulent": scenarios.returns[turbulent]}
    variances = {name: float(rows[:, column].var()) for name, rows in parts.items()}
    if min(variances.values()) <= 0.0:
        raise InputError(f"The index {index_asset} never moves in one of the regimes; choose another.")
    ratio = variances["turbulent"] / variances["calm"]
    found = {name: _correlations(rows) for name, rows in parts.items()}
    others = [k for k in range(scenarios.size) if k != column]
    before, during = found["calm"][others, column], found["turbulent"][others, column]
    expected = expected_correlation(before, ratio)
    names = list(scenarios.assets)
    return RegimeResult(
        index_asset=index_asset,
        state=str(state.name or "state"),
        table=pd.DataFrame(
            {
                "calm": before,
                "turbulent": during,
                "expected": expected,
                "unexplained": during - expected,
                "adjusted": expected_correlation(during, 1.0 / ratio),
                "all": _correlations(scenarios.returns)[others, column],
            },
            index=pd.Index([names[k] for k in others], name="asset"),
        ),
        calm_rows=int(calm.sum()),
        turbulent_rows=int(turbulent.sum()),
        variance_ratio=ratio,
        matrices={name: pd.DataFrame(table, index=names, columns=names) for name, table in found.items()},
    )


def _divided(state: pd.Series, share: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    values = state.to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    count = round(share * int(known.sum()))
    order = np.argsort(np.where(known, values, -np.inf), kind="stable")
    turbulent = np.zeros(values.size, dtype=np.bool_)
    turbulent[order[values.size - count :]] = True
    calm = known & ~turbulent
    for name, rows in (("calm", int(calm.sum())), ("turbulent", count)):
        if rows < FEWEST_ROWS:
            raise MissingDataError(
                f"The {name} regime has {rows} rows, and correlations need at least {FEWEST_ROWS}; choose "
                "another share or a longer window."
            )
    return calm, turbulent


def _correlations(rows: Floats) -> Floats:
    covariance = weighted_covariance(rows, np.full(len(rows), 1.0 / len(rows)))
    spread = np.sqrt(np.diag(covariance))
    size = np.outer(spread, spread)
    # An asset that never moves has no correlation.
    return np.asarray(np.divide(covariance, size, out=np.full_like(covariance, np.nan), where=size > 0.0))
