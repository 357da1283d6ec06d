"""Portfolio: labelled weights, matched to scenarios by label only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed

__all__ = ["Portfolio", "weights_table"]


@dataclass(frozen=True, eq=False)
class Portfolio:
    """A name and one weight per asset, as fractions of the portfolio value.

    Shorts (negative) and leverage (sum above 1) are allowed; "sums to 1" is an allocator's constraint.

    Parameters
    ----------
    name
        What the reader calls it.
    weights
        Asset label to weight, finite. A mapping or a Series with distinct labels.

    Raises
    ------
    InputError
        The weights are not numbers, or carry no labels.
    AssetMismatchError
        A label is duplicated.
    MissingDataError
        A weight is not finite, or there is none.

    Examples
    --------
    >>> Portfolio("60/40", {"SPY": 0.6, "BND": 0.4}).on(["BND", "SPY", "GOLD"]).weights.to_dict()
    {'BND': 0.4, 'SPY': 0.6, 'GOLD': 0.0}
    """

    name: str
    weights: pd.Series

    def __init__(self, name: str, weights: "Mapping[str, float] | pd.Series") -> None:
        try:
            series = pd.Series(dict(weights) if isinstance(weights, Mapping) else weights, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(
                f"The weights of {name} are not numbers by asset; give them as {{'SPY': 0.6, 'BND': 0.4}}."
            ) from None
        if not isinstance(weights, Mapping | pd.Series):
            raise InputError(f"The weights of {name} have no asset labels; give them as {{'SPY': 0.6}}.")
        series.index = pd.Index([str(label) for label in series.index])
        twice = series.index[series.index.duplicated()]
        if len(twice):
            raise AssetMismatchError(
                f"{name} names {listed(twice.unique())} more than once; add them up first."
            )
        bad = series.index[~np.isfinite(series.to_numpy())]
        if len(bad):
            raise MissingDataError(f"{name} has no usable weight for {listed(bad)}.", assets=list(bad))
        if series.empty:
            raise MissingDataError(f"{name} has no weights; give at least one asset.")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "weights", series.rename(name))

    @property
    def assets(self) -> tuple[str, ...]:
        """The labels, in the order given."""
        return tuple(self.weights.index)

    def on(self, assets: Sequence[str]) -> "Portfolio":
        """Return the portfolio over `assets` in that order, with an explicit 0 where it holds nothing.

        An asset it does hold must be among them: nothing is dropped.
        """
        missing = [a for a in self.assets if a not in set(assets) and self.weights[a] != 0.0]
        if missing:
            raise AssetMismatchError(
                f"{self.name} holds {listed(missing)}, which the data does not have; "
                "add it to the data or remove it from the portfolio.",
                unknown=missing,
            )
        return Portfolio(self.name, self.weights.reindex(list(assets), fill_value=0.0))

    def aligned(self, assets: Sequence[str]) -> NDArray[np.float64]:
        """Return the weights as an array in the order of `assets`; the labels must be the same set."""
        return weights_table(self, assets).iloc[:, 0].to_numpy()

    def renamed(self, name: str) -> "Portfolio":
        """Return the same weights under another name."""
        return Portfolio(name, self.weights)


def weights_table(
    portfolios: "Portfolio | Sequence[Portfolio] | pd.Series | pd.DataFrame", assets: Sequence[str]
) -> pd.DataFrame:
    """Return an assets × portfolios table in the order of `assets`, matched by label.

    Accepts one portfolio, several, or a table that is already assets × portfolios.

    Raises
    ------
    AssetMismatchError
        A portfolio names an asset that is not in `assets`, or lacks one that is.

    Examples
    --------
    >>> weights_table(Portfolio("A", {"BND": 0.4, "SPY": 0.6}), ["SPY", "BND"])["A"].tolist()
    [0.6, 0.4]
    """
    if isinstance(portfolios, Portfolio):
        table = portfolios.weights.to_frame(portfolios.name)
    elif isinstance(portfolios, pd.Series):
        table = Portfolio(str(portfolios.name or "portfolio"), portfolios).weights.to_frame()
    elif isinstance(portfolios, pd.DataFrame):
        table = portfolios.astype(np.float64)
    else:
        columns = {p.name: p.weights for p in portfolios}
        if len(columns) != len(portfolios):
            raise InputError("Two portfolios have the same name; rename one.")
        for p in portfolios:
            _check_same_assets(p.weights.index, assets, p.name)
        table = pd.DataFrame(columns)
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()].unique()
        raise AssetMismatchError(f"Weights name {listed(twice)} more than once; add them up first.")
    _check_same_assets(table.index, assets, listed(table.columns))
    result = table.loc[list(assets)]
    if not np.isfinite(result.to_numpy()).all():
        bad = result.index[~np.isfinite(result.to_numpy()).all(axis=1)]
        raise MissingDataError(f"No usable weight for {listed(bad)}.", assets=list(bad))
    return result


def _check_same_assets(labels: pd.Index, assets: Sequence[str], name: str) -> None:
    wanted, have = set(assets), set(labels)
    unknown = [a for a in labels if a not in wanted]
    absent = [a for a in assets if a not in have]
    if unknown or absent:
        parts = []
        if unknown:
            parts.append(f"weights without returns: {listed(unknown)}")
        if absent:
            parts.append(f"returns without a weight: {listed(absent)}")
        raise AssetMismatchError(
            f"The assets of {name} and of the scenarios differ ({'; '.join(parts)}). "
            "Give a weight for every asset, 0 where nothing is held.",
            unknown=unknown,
            absent=absent,
        )
