"""Results of checking risk forecasts against what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = [
    "CvarTestResult",
    "LikelihoodRatioResult",
    "ModelBacktestResult",
    "TrafficLightResult",
    "VarBacktestResult",
]

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class LikelihoodRatioResult:
    """A likelihood-ratio test: statistic, degrees of freedom of its χ² limit, p-value.

    `statistic` and `p_value` are NaN where the test has nothing to compare, with the reason in `note`.
    """

    name: str
    statistic: float
    degrees: int
    p_value: float
    note: str | None = None

    @property
    def rejected(self) -> bool:
        """Whether the hypothesis fails at 5 %; a test without an answer rejects nothing."""
        return self.p_value < SIGNIFICANCE


@dataclass(frozen=True)
class TrafficLightResult:
    """Where a number of exceptions falls: green below `yellow_from`, red from `red_from`.

    `probability` is P(X ≤ exceptions) when the forecasts are right and exceptions independent.
    """

    zone: Literal["green", "yellow", "red"]
    exceptions: int
    observations: int
    expected: float
    yellow_from: int
    red_from: int
    probability: float


@dataclass(frozen=True)
class CvarTestResult:
    """An Acerbi–Szekely statistic: 0 expected when CVaR is right, negative when it is too small.

    `critical_value` is the 5 % quantile, and `p_value` the share of values at or below the statistic, in
    `simulations` drawn from the model's own forecasts. NaN where there is no exception, with a note.
    """

    name: str
    statistic: float
    critical_value: float
    p_value: float
    simulations: int
    note: str | None = None

    @property
    def rejected(self) -> bool:
        """Whether CVaR is found too small at 5 %."""
        return self.p_value < SIGNIFICANCE


@dataclass(frozen=True, eq=False)
class ModelBacktestResult:
    """The forecasts of one model and the tests' verdict on them.

    Attributes
    ----------
    forecasts
        Index = the days forecast; columns var, cvar (losses per period, made with earlier days only), loss
        (what happened) and exception (loss > var).
    kupiec, independence, conditional
        Is the share of exceptions right; do they come independently; both.
    light, recent_light
        The traffic light over all days and over the last 250.
    z1, z2
        Acerbi–Szekely: the size of losses beyond VaR given their number; size and number together.
    """

    model: str
    label: str
    forecasts: pd.DataFrame
    kupiec: LikelihoodRatioResult
    independence: LikelihoodRatioResult
    conditional: LikelihoodRatioResult
    light: TrafficLightResult
    recent_light: TrafficLightResult
    z1: CvarTestResult
    z2: CvarTestResult

    @property
    def exceptions(self) -> int:
        """Number of days with a loss above VaR."""
        return int(self.forecasts["exception"].sum())

    @property
    def verdict(self) -> str:
        """What the tests say, in a sentence."""
        failed = [
            words
            for test, words in (
                (self.kupiec, self._count_words()),
                (self.independence, "exceptions come in clusters"),
                (self.z1, "losses beyond VaR are larger than CVaR says"),
                (self.z2, "CVaR is too small overall"),
            )
            if test.rejected
        ]
        if not failed:
            return "No test objects."
        sentence = "; ".join(failed)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def _count_words(self) -> str:
        many = self.light.exceptions > self.light.expected
        return "too many exceptions" if many else "too few exceptions: VaR is larger than needed"


@dataclass(frozen=True, eq=False)
class VarBacktestResult:
    """Rolling forecasts of every model on the same days.

    Attributes
    ----------
    models
        By key, in the order asked for.
    refused
        Models that cannot speak about these scenarios, with the reason.
    window, refit_every
        Periods a forecast is estimated on, and between two estimations.
    """

    portfolio: str
    confidence: float
    window: int
    refit_every: int
    models: Mapping[str, ModelBacktestResult]
    refused: Mapping[str, str]

    @property
    def table(self) -> pd.DataFrame:
        """One row per model: counts, zones, p-values of every test and the verdict."""
        rows = {
            key: {
                "label": m.label,
                "exceptions": m.exceptions,
                "expected": m.light.expected,
                "share": m.exceptions / len(m.forecasts),
                "zone": m.light.zone,
                "recent_zone": m.recent_light.zone,
                "kupiec_p": m.kupiec.p_value,
                "independence_p": m.independence.p_value,
                "conditional_p": m.conditional.p_value,
                "z1": m.z1.statistic,
                "z1_p": m.z1.p_value,
                "z2": m.z2.statistic,
                "z2_p": m.z2.p_value,
                "verdict": m.verdict,
            }
            for key, m in self.models.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
