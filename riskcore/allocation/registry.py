"""The allocators by key, so that every page and test finds them in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.constrained import constrained
from riskcore.allocation.constraints import Constraints
from riskcore.allocation.gaussian_cvar_parity import gaussian_cvar_parity
from riskcore.allocation.hierarchical import hierarchical_risk_parity
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.allocation.risk_budgets import cvar_parity, equal_risk_contribution
from riskcore.allocation.simple import equal_weight, inverse_volatility
from riskcore.errors import ConfidenceError, InputError, listed
from riskcore.estimators import mean_returns
from riskcore.results.allocation import AllocationResult
from riskcore.scenarios import Scenarios

__all__ = ["ALLOCATORS", "Allocator", "allocate"]


@dataclass(frozen=True)
class Allocator:
    """One way to weight a portfolio.

    Attributes
    ----------
    key, label, description
        Stable name, words for the reader, and one sentence.
    measure
        The risk measure whose shares the weights shape or minimise: "volatility", "cvar", "gaussian_cvar" or
        None.
    uses_confidence, uses_risk_free
        Whether it needs a confidence level, and whether a risk-free rate changes its weights.
    takes
        Which of "covariance", "mean", "budgets", "constraints" and "start" it can be given.
    """

    key: str
    label: str
    description: str
    measure: str | None
    uses_confidence: bool
    uses_risk_free: bool = False
    takes: frozenset[str] = frozenset()


ALLOCATORS: Mapping[str, Allocator] = MappingProxyType(
    {
        a.key: a
        for a in (
            Allocator("equal_weight", "Equal weight", "The same weight in every asset.", None, False),
            Allocator(
                "inverse_volatility",
                "Inverse volatility",
                "Weights in proportion to 1/volatility; correlations are ignored.",
                None,
                False,
                takes=frozenset({"covariance"}),
            ),
            Allocator(
                "equal_risk_contribution",
                "Volatility parity",
                "Equal risk contribution: every asset carries the same share of volatility.",
                "volatility",
                False,
                takes=frozenset({"covariance", "budgets"}),
            ),
            Allocator(
                "cvar_parity",
                "CVaR parity",
                "Every asset carries the same share of CVaR, the average loss in the tail.",
                "cvar",
                True,
                takes=frozenset({"budgets", "start"}),
            ),
            Allocator(
                "minimum_cvar",
                "Minimum CVaR",
                "The smallest average loss in the tail that long-only weights reach.",
                "cvar",
                True,
                takes=frozenset({"constraints", "start"}),
            ),
            Allocator(
                "minimum_variance",
                "Minimum variance",
                "The smallest volatility that long-only weights reach.",
                "volatility",
                False,
                takes=frozenset({"covariance", "constraints"}),
            ),
            Allocator(
                "maximum_sharpe",
                "Maximum Sharpe ratio",
                "The largest average return per volatility of the past; averages are the weakest input.",
                "volatility",
                False,
                uses_risk_free=True,
                takes=frozenset({"covariance", "mean", "constraints"}),
            ),
            Allocator(
                "maximum_diversification",
                "Maximum diversification",
                "The largest average volatility of the parts over that of the whole.",
                "volatility",
                False,
                takes=frozenset({"covariance", "constraints"}),
            ),
            Allocator(
                "hierarchical_risk_parity",
                "Hierarchical risk parity",
                "Risk is halved again and again along a tree of correlations.",
                None,
                False,
                takes=frozenset({"covariance"}),
            ),
            Allocator(
                "gaussian_cvar_parity",
                "Gaussian CVaR parity",
                "Every asset carries the same share of CVaR, were returns normal.",
                "gaussian_cvar",
                True,
                takes=frozenset({"covariance", "mean", "budgets"}),
            ),
        )
    }
)
"""Allocators by key, in the order they are shown."""

_SOLVERS: Mapping[str, Callable[..., AllocationResult]] = {
    "equal_weight": equal_weight,
    "inverse_volatility": inverse_volatility,
    "equal_risk_contribution": equal_risk_contribution,
    "cvar_parity": cvar_parity,
    "minimum_cvar": minimum_cvar,
    "minimum_variance": minimum_variance,
    "maximum_sharpe": maximum_sharpe,
    "maximum_diversification": maximum_diversification,
    "hierarchical_risk_parity": hierarchical_risk_parity,
    "gaussian_cvar_parity": gaussian_cvar_parity,
}


def allocate(
    key: str,
    scenarios: Scenarios,
    *,
    confidence: float | None = None,
    risk_free: float = 0.0,
    mean: str | pd.Series = "sample",
    covariance: str | pd.DataFrame = "sample",
    budgets: Mapping[str, float] | None = None,
    constraints: Constraints | None = None,
    start: NDArray[np.float64] | None = None,
) -> AllocationResult:
    """Run the allocator of that key; what it does not use (`Allocator.takes`) is ignored, but constraints.

    Parameters
    ----------
    key
        A key of `ALLOCATORS`.
    scenarios
        May be weighted where the estimators can be.
    confidence
        Needed where `uses_confidence`.
    risk_free
        Per period of the scenarios.
    mean, covariance
        Keys of `estimators.MEANS` and `covariances.COVARIANCES`, or means by asset and a
        covariance labelled by asset on both sides.
    budgets
        Share of the risk by asset.
    constraints
        Of the weights; an allocator that cannot be held to them refuses.
    start
        Weights in the order of the assets, near which the answer is expected; they change the time, and the
        answer only within the residual it is verified to. Without effect under constraints.

    Raises
    ------
    InputError
        There is no such allocator, or it takes no constraints.
    ConfidenceError
        It needs a confidence and got none, or one outside (0.5, 1).
    NumericalError
        It has no verified answer.

    Examples
    --------
    >>> import numpy as np
    >>> s = Scenarios(np.array([[0.02, 0.01], [-0.02, -0.01]]), ("SPY", "BND"), 252)
    >>> allocate("inverse_volatility", s).weights.round(4).to_dict()
    {'SPY': 0.3333, 'BND': 0.6667}
    """
    if key not in ALLOCATORS:
        raise InputError(f"No allocator {key!r}; choose one of {listed(ALLOCATORS, most=20)}.", key=key)
    chosen = ALLOCATORS[key]
    if chosen.uses_confidence and confidence is None:
        raise ConfidenceError(f"{chosen.label} needs a confidence between 0.5 and 1, such as 0.95.")
    settings: dict[str, object] = {}
    if chosen.uses_confidence:
        settings["confidence"] = confidence
    if chosen.uses_risk_free:
        settings["risk_free"] = risk_free
    if "covariance" in chosen.takes:
        settings["covariance"] = covariance
    if "mean" in chosen.takes:
        settings["mean"] = mean_returns(scenarios, mean) if isinstance(mean, str) else mean
    if "budgets" in chosen.takes and budgets is not None:
        settings["budgets"] = budgets
    if constraints is None:
        if "start" in chosen.takes:
            settings["start"] = start
        return _SOLVERS[key](scenarios, **settings)
    if "constraints" not in chosen.takes:
        able = listed(a.label for a in ALLOCATORS.values() if "constraints" in a.takes)
        raise InputError(f"{chosen.label} cannot be held to constraints; those that can are {able}.", key=key)
    return constrained(key, scenarios, constraints, **settings)  # type: ignore[arg-type]
