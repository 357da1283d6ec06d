"""The views one can hold about scenarios: frozen sentences about a moment, a rank, a quantile or a tail.

`on` is an asset, or a `Portfolio` for a group or a portfolio of them. Returns are gains positive; VaR and
CVaR are losses, positive = bad. Everything is per period of the scenarios, never per year.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskcore.errors import InputError
from riskcore.measures import percent
from riskcore.numerics.tail import check_confidence
from riskcore.portfolio import Portfolio

__all__ = [
    "CorrelationView",
    "CvarView",
    "MeanView",
    "On",
    "QuantileView",
    "RankView",
    "Sense",
    "SkewView",
    "VarView",
    "View",
    "VolatilityView",
    "name_of",
]

On = str | Portfolio
Sense = Literal["=", ">=", "<="]
SIGNS = {"=": "=", ">=": "≥", "<=": "≤"}


def name_of(on: On) -> str:
    """Return the label of an asset, or the name of a portfolio.

    Examples
    --------
    >>> name_of("SPY"), name_of(Portfolio("Stocks", {"SPY": 0.5, "QQQ": 0.5}))
    ('SPY', 'Stocks')
    """
    return on.name if isinstance(on, Portfolio) else str(on)


def _check(value: float, sense: str, trust: float, words: str) -> None:
    if not np.isfinite(float(value)):
        raise InputError(f"The view on {words} has no finite value ({value}).")
    if sense not in SIGNS:
        raise InputError(f"The view on {words} compares with one of =, >= and <=, not {sense!r}.")
    if not 0.0 < float(trust) <= 1.0:
        raise InputError(
            f"The trust in the view on {words} lies in (0, 1], got {trust}; leave out a view nobody trusts."
        )


@dataclass(frozen=True)
class MeanView:
    """The expected return of `on` is, is at least, or is at most `value`.

    Examples
    --------
    >>> MeanView("SPY", -0.01, sense="<=").words
    'mean of SPY ≤ -1 %'
    """

    on: On
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"the mean of {name_of(self.on)}")

    @property
    def words(self) -> str:
        """The view as a phrase."""
        return f"mean of {name_of(self.on)} {SIGNS[self.sense]} {_share(self.value)}"


@dataclass(frozen=True)
class RankView:
    """`better` is expected to return at least `by` more than `worse`.

    Examples
    --------
    >>> RankView("GOLD", "SPY").words
    'mean of GOLD − mean of SPY ≥ 0 %'
    """

    better: On
    worse: On
    by: float = 0.0
    sense: Sense = ">="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.by, self.sense, self.trust, f"{name_of(self.better)} against {name_of(self.worse)}")

    @property
    def words(self) -> str:
        """The view as a phrase."""
        names = f"mean of {name_of(self.better)} − mean of {name_of(self.worse)}"
        return f"{names} {SIGNS[self.sense]} {_share(self.by)}"


@dataclass(frozen=True)
class VolatilityView:
    """The standard deviation of `on`, per period, is `value` > 0.

    Examples
    --------
    >>> VolatilityView("SPY", 0.02).words
    'volatility of SPY = 2 %'
    """

    on: On
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"the volatility of {name_of(self.on)}")
        if self.value <= 0.0:
            raise InputError(f"A volatility is positive; the view on {name_of(self.on)} says {self.value}.")

    @property
    def words(self) -> str:
        """The view as a phrase."""
        return f"volatility of {name_of(self.on)} {SIGNS[self.sense]} {_share(self.value)}"


@dataclass(frozen=True)
class CorrelationView:
    """The correlation of `first` and `second` is `value` in [−1, 1].

    Examples
    --------
    >>> CorrelationView("SPY", "BND", 0.5).words
    'correlation of SPY and BND = 0.5'
    """

    first: On
    second: On
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        names = f"{name_of(self.first)} and {name_of(self.second)}"
        _check(self.value, self.sense, self.trust, f"the correlation of {names}")
        if not -1.0 <= self.value <= 1.0:
            hint = f"; did you mean {self.value / 100:g}?" if abs(self.value) <= 100 else "."
            raise InputError(f"The correlation of {names} lies between −1 and 1, got {self.value}{hint}")
        if name_of(self.first) == name_of(self.second):
            raise InputError(f"A correlation view needs two different things, got {names}.")

    @property
    def words(self) -> str:
        """The view as a phrase."""
        names = f"{name_of(self.first)} and {name_of(self.second)}"
        return f"correlation of {names} {SIGNS[self.sense]} {self.value:g}"


@dataclass(frozen=True)
class SkewView:
    """The skewness of the returns of `on` is `value`; negative = the long tail is that of losses.

    Examples
    --------
    >>> SkewView("SPY", -1.5, sense="<=").words
    'skewness of SPY ≤ -1.5'
    """

    on: On
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"the skewness of {name_of(self.on)}")

    @property
    def words(self) -> str:
        """The view as a phrase."""
        return f"skewness of {name_of(self.on)} {SIGNS[self.sense]} {self.value:g}"


@dataclass(frozen=True)
class QuantileView:
    """The return of `on` that is not exceeded with probability `level` is `value`, snapped to a scenario.

    Examples
    --------
    >>> QuantileView("SPY", level=0.5, value=0.001).words
    '50\u00a0% quantile of SPY = 0.1 %'
    """

    on: On
    level: float
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"a quantile of {name_of(self.on)}")
        if not 0.0 < self.level < 1.0:
            raise InputError(
                f"The level of a quantile lies between 0 and 1; for {name_of(self.on)} it is {self.level}."
            )

    @property
    def words(self) -> str:
        """The view as a phrase."""
        what = f"{percent(self.level)} quantile of {name_of(self.on)}"
        return f"{what} {SIGNS[self.sense]} {_share(self.value)}"


@dataclass(frozen=True)
class VarView:
    """The VaR of `on` is `value`, a loss, snapped to the loss of a scenario.

    Examples
    --------
    >>> VarView("SPY", confidence=0.95, value=0.03).words
    'VaR 95\u00a0% of SPY = 3 %'
    """

    on: On
    confidence: float
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"the VaR of {name_of(self.on)}")
        check_confidence(self.confidence)

    @property
    def words(self) -> str:
        """The view as a phrase."""
        what = f"VaR {percent(self.confidence)} of {name_of(self.on)}"
        return f"{what} {SIGNS[self.sense]} {_share(self.value)}"


@dataclass(frozen=True)
class CvarView:
    """The CVaR of `on` is `value`, a loss.

    Examples
    --------
    >>> CvarView("SPY", confidence=0.95, value=0.05, sense=">=").words
    'CVaR 95\u00a0% of SPY ≥ 5 %'
    """

    on: On
    confidence: float
    value: float
    sense: Sense = "="
    trust: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no view."""
        _check(self.value, self.sense, self.trust, f"the CVaR of {name_of(self.on)}")
        check_confidence(self.confidence)

    @property
    def words(self) -> str:
        """The view as a phrase."""
        what = f"CVaR {percent(self.confidence)} of {name_of(self.on)}"
        return f"{what} {SIGNS[self.sense]} {_share(self.value)}"


View = MeanView | RankView | VolatilityView | CorrelationView | SkewView | QuantileView | VarView | CvarView


def _share(value: float) -> str:
    return f"{100.0 * value:.6g} %"
