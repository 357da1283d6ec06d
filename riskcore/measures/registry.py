"""The registry of risk measures: one entry per measure, with its gradient in the losses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConfidenceError, InputError, listed
from riskcore.numerics.deviations import (
    mean_deviation_weights,
    semideviation_weights,
    volatility_weights,
)
from riskcore.numerics.drawdown_path import conditional_drawdown_weights, maximum_drawdown_weights
from riskcore.numerics.entropic import entropic_weights
from riskcore.numerics.spectral import spectral_weights
from riskcore.numerics.tail import check_confidence, quantile_weights, tail_weights, worst_weights

__all__ = ["MEASURES", "Identifier", "Measure", "measure_named", "percent"]

Floats = NDArray[np.float64]
Identifier = Callable[[Floats, Floats, float], Floats]
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Measure:
    """One risk measure.

    Attributes
    ----------
    key, label
        Registry key ("cvar") and words for the reader ("CVaR").
    uses_confidence
        Whether it has a level; the others ignore one.
    coherent
        Subadditive, positively homogeneous, monotone, and translating with a sure loss.
    needs_order
        Whether it reads the scenarios as a path: time-ordered, equally likely, not overlapping.
    kind
        "tail" (a reweighting of the scenarios, Σq = 1), "deviation" (Σq = 0) or "path" (neither).
    identifier
        (losses, probabilities, confidence) ↦ q with risk = Σ q·l. S losses in, S weights out.
    """

    key: str
    label: str
    uses_confidence: bool
    coherent: bool
    needs_order: bool
    kind: Literal["tail", "deviation", "path"]
    identifier: Identifier

    def level(self, confidence: float | None) -> float | None:
        """Return the confidence this measure uses: checked where it has one, None where it has not."""
        if not self.uses_confidence:
            return None
        if confidence is None:
            raise ConfidenceError(f"{self.label} needs a confidence between 0.5 and 1; try 0.95.")
        return check_confidence(confidence)

    def labelled(self, confidence: float | None) -> str:
        """Return the words for the reader at this confidence: "CVaR 95 %", with a no-break space."""
        return self.label if confidence is None else f"{self.label} {percent(confidence)}"


def percent(confidence: float) -> str:
    """Return a level as a percentage with a no-break space.

    Examples
    --------
    >>> [percent(c).replace("\u00a0", "_") for c in (0.95, 0.975, 0.999)]
    ['95_%', '97.5_%', '99.9_%']
    """
    return f"{100.0 * confidence:.8g}{NO_BREAK_SPACE}%"


def _without_level(weights: Callable[[Floats, Floats], Floats]) -> Identifier:
    return lambda losses, probabilities, _confidence: weights(losses, probabilities)


def _registry() -> tuple[Measure, ...]:
    """Return every measure, in the order a reader meets them."""
    free = _without_level
    # key, label, uses_confidence, coherent, needs_order, kind, identifier
    return (
        Measure("volatility", "Volatility", False, False, False, "deviation", free(volatility_weights)),
        Measure(
            "semideviation", "Semideviation", False, False, False, "deviation", free(semideviation_weights)
        ),
        Measure(
            "mad", "Mean absolute deviation", False, False, False, "deviation", free(mean_deviation_weights)
        ),
        Measure("var", "VaR", True, False, False, "tail", quantile_weights),
        Measure("cvar", "CVaR", True, True, False, "tail", tail_weights),
        Measure("evar", "Entropic VaR", True, True, False, "tail", entropic_weights),
        Measure("spectral", "Spectral risk", True, True, False, "tail", spectral_weights),
        Measure("worst", "Worst case", False, True, False, "tail", free(worst_weights)),
        Measure("cdar", "CDaR", True, False, True, "path", conditional_drawdown_weights),
        Measure(
            "max_drawdown", "Maximum drawdown", False, False, True, "path", free(maximum_drawdown_weights)
        ),
    )


MEASURES: Mapping[str, Measure] = MappingProxyType({measure.key: measure for measure in _registry()})
"""Every measure by key."""


def measure_named(key: str) -> Measure:
    """Return the measure registered under `key`.

    Raises
    ------
    InputError
        There is none.
    """
    if key not in MEASURES:
        raise InputError(f"There is no risk measure {key!r}; choose one of {listed(MEASURES, most=20)}.")
    return MEASURES[key]
