"""The allocators by key, so that every page and test finds them in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from riskcore.allocation.gaussian_cvar_parity import gaussian_cvar_parity
from riskcore.allocation.hierarchical import hierarchical_risk_parity
from riskcore.allocation.maximum_diversification import maximum_diversification
from riskcore.allocation.mean_variance import maximum_sharpe, minimum_variance
from riskcore.allocation.minimum_risk import minimum_cvar
from riskcore.allocation.risk_budgets import cvar_parity, equal_risk_contribution
from riskcore.allocation.simple import equal_weight, inverse_volatility
from riskcore.errors import ConfidenceError, InputError, listed
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
    """

    key: str
    label: str
    description: str
    measure: str | None
    uses_confidence: bool
    uses_risk_free: bool = False


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
            ),
            Allocator(
                "equal_risk_contribution",
                "Volatility parity",
                "Equal risk contribution: every asset carries the same share of volatility.",
                "volatility",
                False,
            ),
            Allocator(
                "cvar_parity",
                "CVaR parity",
                "Every asset carries the same share of CVaR, the average loss in the tail.",
                "cvar",
                True,
            ),
            Allocator(
                "minimum_cvar",
                "Minimum CVaR",
                "The smallest average loss in the tail that long-only weights reach.",
                "cvar",
                True,
            ),
            Allocator(
                "minimum_variance",
                "Minimum variance",
                "The smallest volatility that long-only weights reach.",
                "volatility",
                False,
            ),
            Allocator(
                "maximum_sharpe",
                "Maximum Sharpe ratio",
                "The largest average return per volatility of the past; averages are the weakest input.",
                "volatility",
                False,
                uses_risk_free=True,
            ),
            Allocator(
                "maximum_diversification",
                "Maximum diversification",
                "The largest average volatility of the parts over that of the whole.",
                "volatility",
                False,
            ),
            Allocator(
                "hierarchical_risk_parity",
                "Hierarchical risk parity",
                "Risk is halved again and again along a tree of correlations.",
                None,
                False,
            ),
            Allocator(
                "gaussian_cvar_parity",
                "Gaussian CVaR parity",
                "Every asset carries the same share of CVaR, were returns normal.",
                "gaussian_cvar",
                True,
            ),
        )
    }
)
"""Allocators by key, in the order they are shown."""

_PLAIN: Mapping[str, Callable[[Scenarios], AllocationResult]] = {
    "equal_weight": equal_weight,
    "inverse_volatility": inverse_volatility,
    "equal_risk_contribution": equal_risk_contribution,
    "minimum_variance": minimum_variance,
    "maximum_diversification": maximum_diversification,
    "hierarchical_risk_parity": hierarchical_risk_parity,
}
_WITH_CONFIDENCE: Mapping[str, Callable[..., AllocationResult]] = {
    "cvar_parity": cvar_parity,
    "minimum_cvar": minimum_cvar,
    "gaussian_cvar_parity": gaussian_cvar_parity,
}


def allocate(
    key: str, scenarios: Scenarios, *, confidence: float | None = None, risk_free: float = 0.0
) -> AllocationResult:
    """Run the allocator of that key; `confidence` is needed where it uses one, and ignored elsewhere.

    `risk_free` is the rate per period of the scenarios, ignored where weights do not depend on it.

    Raises
    ------
    InputError
        There is no such allocator.
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
    if ALLOCATORS[key].uses_risk_free:
        return maximum_sharpe(scenarios, risk_free=risk_free)
    if key in _PLAIN:
        return _PLAIN[key](scenarios)
    if confidence is None:
        raise ConfidenceError(f"{ALLOCATORS[key].label} needs a confidence between 0.5 and 1, such as 0.95.")
    return _WITH_CONFIDENCE[key](scenarios, confidence=confidence)
