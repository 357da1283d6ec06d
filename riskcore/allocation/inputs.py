"""What allocators are given besides the scenarios: moments and bounds, matched to the assets by label."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.covariances import COVARIANCE_LABELS, covariance_matrix
from riskcore.errors import AssetMismatchError, InfeasibleError, InputError, MissingDataError, listed
from riskcore.scenarios import Scenarios

__all__ = ["Bound", "Moments", "bound_arrays", "bounds_in_words", "moments", "refuse_flat", "refuse_labels"]

Floats = NDArray[np.float64]
Bound = float | Mapping[str, float]
"""One bound for all assets, or one for every asset by label."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and covariance in the order of the assets.

    `source` says where the covariance comes from; `measure` is "volatility" where it is that of the
    scenarios themselves, None where it was shrunk or given: shares of risk are then others.
    """

    mean: Floats
    covariance: Floats
    source: str
    measure: str | None


def moments(
    scenarios: Scenarios, *, mean: pd.Series | None = None, covariance: str | pd.DataFrame = "sample"
) -> Moments:
    """Return mean and covariance in the order of the assets: by an estimator, or matched by label.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> moments(s, mean=pd.Series({"BND": 0.1, "SPY": 0.2})).mean.tolist()
    [0.2, 0.1]
    """
    names = list(scenarios.assets)
    if mean is None:  # in order already, as is an estimated covariance
        values = scenarios.sample_moments[0]
    else:
        refuse_labels("The means", mean.index, names)
        values = mean.loc[names].to_numpy(dtype=np.float64)
    if isinstance(covariance, str) and covariance == "sample":
        matrix, source = scenarios.sample_moments[1], "the sample covariance"
    elif isinstance(covariance, str):
        matrix = covariance_matrix(scenarios, covariance).to_numpy()
        source = f"the {COVARIANCE_LABELS[covariance]} covariance"
    else:
        matrix, source = _in_order(covariance, names), "the covariance given"
    if not (np.isfinite(matrix).all() and np.isfinite(values).all()):
        raise MissingDataError("Means or covariances are missing or infinite; give one for every asset.")
    if np.abs(matrix - matrix.T).max() > 1e-9 * np.abs(matrix).max():
        raise InputError(
            "The covariance is not symmetric; the value for a pair must not depend on its order."
        )
    if not isinstance(covariance, str):
        _refuse_indefinite(matrix)
    own = isinstance(covariance, str) and covariance == "sample"
    return Moments(values, matrix, source, "volatility" if own else None)


def _in_order(table: pd.DataFrame, names: list[str]) -> Floats:
    refuse_labels("The rows of the covariance", table.index, names)
    refuse_labels("The columns of the covariance", table.columns, names)
    return table.loc[names, names].to_numpy(dtype=np.float64)


def bound_arrays(scenarios: Scenarios, lower: Bound, upper: Bound) -> tuple[Floats, Floats]:
    """Return bounds in the order of the assets; a missing side is what the others leave for the asset.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> [b.tolist() for b in bound_arrays(s, {"BND": 0.3, "SPY": 0.0}, np.inf)]
    [[0.0, 0.3], [0.7, 1.0]]
    """
    low, high = _bound(scenarios, lower, "lower"), _bound(scenarios, upper, "upper")
    if np.isnan(low).any() or np.isnan(high).any():
        raise InputError("A bound is not a number; leave it out or use infinity where there is none.")
    open_low, open_high = np.isneginf(low), np.isposinf(high)
    if open_low.all() and open_high.all():
        return low, high
    if not open_low.any():  # Σw = 1 keeps each weight below what the minima of the others leave
        high = np.minimum(high, np.maximum(1.0 - (float(low.sum()) - low), low)) if open_high.any() else high
    elif not open_high.any():
        low = np.maximum(low, np.minimum(1.0 - (float(high.sum()) - high), high))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise InputError(
            "Some weights have no limit while others do; give every asset a minimum, or none of them a bound."
        )
    return low, high


def bounds_in_words(lower: Floats, upper: Floats) -> str:
    """Return the bounds as "weights from 0 % to 100 %".

    Examples
    --------
    >>> bounds_in_words(np.zeros(2), np.full(2, 0.6))
    'weights from 0 % to 60 %'
    """
    if np.isinf(lower).any():
        return "weights of any size and sign"
    if np.ptp(lower) == 0.0 and np.ptp(upper) == 0.0:
        return f"weights from {100 * lower[0]:.4g} % to {100 * upper[0]:.4g} %"
    return "weights between the bounds of each asset"


def _refuse_indefinite(matrix: Floats) -> None:
    values = np.linalg.eigvalsh(matrix)
    if float(values[0]) < -1e-10 * max(float(values[-1]), 0.0) or float(values[-1]) < 0.0:
        raise InputError(
            f"The covariance is not positive semidefinite (its smallest eigenvalue is {values[0]:.3g}), so "
            "some portfolio would have a negative variance; take the nearest positive semidefinite matrix.",
            eigenvalue=float(values[0]),
        )


def _bound(scenarios: Scenarios, bound: Bound, side: str) -> Floats:
    if isinstance(bound, Mapping):
        refuse_labels(f"The {side} bounds", pd.Index(list(bound)), list(scenarios.assets))
        return np.array([bound[a] for a in scenarios.assets], dtype=np.float64)
    return np.full(scenarios.size, float(bound))


def refuse_flat(scenarios: Scenarios, variance: Floats) -> None:
    """Refuse a covariance that gives an asset no variance, by name.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> refuse_flat(s, np.array([0.01, 0.0]))
    Traceback (most recent call last):
    ...
    riskcore.errors.InfeasibleError: The covariance gives BND no volatility; leave out what does not vary.
    """
    names = [a for a, v in zip(scenarios.assets, variance, strict=True) if not v > 0.0]
    if names:
        raise InfeasibleError(
            f"The covariance gives {listed(names)} no volatility; leave out what does not vary.", assets=names
        )


def refuse_labels(what: str, given: pd.Index, names: list[str]) -> None:
    """Refuse labels that are not exactly those of the assets, each once, in any order.

    Examples
    --------
    >>> refuse_labels("The means", pd.Index(["SPY", "GLD"]), ["SPY", "BND"])
    Traceback (most recent call last):
    ...
    riskcore.errors.AssetMismatchError: The means and the assets differ: no returns for GLD; ...
    """
    unknown = [str(a) for a in given if a not in names]
    absent = [a for a in names if a not in given]
    if unknown or absent or not given.is_unique:
        raise AssetMismatchError(
            f"{what} and the assets differ: "
            + "; ".join(
                f"{word} {listed(labels)}"
                for word, labels in (
                    ("no returns for", unknown),
                    ("nothing for", absent),
                    ("more than one for", [str(a) for a in given[given.duplicated()]]),
                )
                if labels
            )
            + ". Give one for every asset.",
            unknown=unknown,
            absent=absent,
        )
