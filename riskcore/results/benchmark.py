"""Results of measuring a portfolio against a benchmark."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["ActiveRiskResult", "OvershootResult", "RelativeResult"]

NOTHING = 1e-12
NEAR_ZERO = 0.01


@dataclass(frozen=True, eq=False)
class ActiveRiskResult:
    """R(PF) = R(BM) + R(TE) + f, each by asset; TE = PF − BM. Losses per period, positive = bad.

    Attributes
    ----------
    portfolio, benchmark
        Their names.
    total, benchmark_risk, tracking_risk
        R(PF), R(BM) and R(TE), as fractions of the portfolio's value.
    benchmark_part, active_part
        The two parts of f: Σ q l_BM − R(BM) and Σ q l_TE − R(TE), q the risk identifier of PF. Neither is
        positive where the measure is subadditive.
    table
        Index = assets; columns weight, benchmark_weight, active_weight; total, benchmark and tracking (their
        contributions to R(PF), R(BM), R(TE)); diversification_benchmark and diversification_active (to the
        two parts of f). Every column from total on adds up to its term, and across a row
        total = benchmark + tracking + diversification_benchmark + diversification_active.
    """

    portfolio: str
    benchmark: str
    measure: str
    label: str
    confidence: float | None
    total: float
    benchmark_risk: float
    tracking_risk: float
    benchmark_part: float
    active_part: float
    table: pd.DataFrame

    @property
    def diversification(self) -> float:
        """f(BM, TE) = R(PF) − R(BM) − R(TE)."""
        return self.benchmark_part + self.active_part

    @property
    def active(self) -> bool:
        """Whether any weight differs from the benchmark's."""
        return bool(self.table["active_weight"].abs().max() > NOTHING)

    @property
    def shares(self) -> pd.Series:
        """Each asset's share of R(TE); NaN where R(TE) is too near zero to be shared out."""
        parts = self.table["tracking"]
        gross = float(parts.abs().sum())
        if gross == 0.0 or abs(self.tracking_risk) < NEAR_ZERO * gross:
            return parts * np.nan
        return parts / self.tracking_risk


@dataclass(frozen=True, eq=False)
class RelativeResult:
    """How a portfolio's returns relate to its benchmark's, per period unless a name says otherwise.

    Attributes
    ----------
    tracking_error
        Standard deviation of the active return.
    active_return
        Mean of the active return.
    beta, correlation
        Of the portfolio to the benchmark; NaN where the benchmark (or either) never moves.
    active_correlation
        ρ of the benchmark and the active return; NaN where either never moves.
    up_capture, down_capture
        Mean return of the portfolio over that of the benchmark, in the scenarios in which the benchmark
        gains, and in which it loses; NaN where there is none.
    up_scenarios, down_scenarios
        How many of either there are.
    periods_per_year
        Of the scenarios.
    """

    portfolio: str
    benchmark: str
    tracking_error: float
    active_return: float
    beta: float
    correlation: float
    active_correlation: float
    up_capture: float
    down_capture: float
    up_scenarios: int
    down_scenarios: int
    periods_per_year: float

    @property
    def tracking_error_per_year(self) -> float:
        """√(periods per year) times the tracking error."""
        return float(self.tracking_error * np.sqrt(self.periods_per_year))

    @property
    def active_return_per_year(self) -> float:
        """Periods per year times the mean active return, not compounded."""
        return self.active_return * self.periods_per_year

    @property
    def information_ratio(self) -> float:
        """Active return over tracking error, both per year; NaN where there is no tracking error."""
        yearly = self.tracking_error_per_year
        return self.active_return_per_year / yearly if yearly > NOTHING else float("nan")


@dataclass(frozen=True, eq=False)
class OvershootResult:
    """Total risk over plan as the risk of the active positions rises from its planned level.

    Attributes
    ----------
    name
        What the active positions are called.
    table
        One row per level reached; columns actual (the level asked for), tracking, benchmark, total (the
        risks under the stressed probabilities), diversification (total − benchmark − tracking), overshoot
        (total − the total at plan), effective_scenarios (of all scenarios), tail_scenarios (of those behind
        the total CVaR; NaN for the volatility), kept_share (exp of minus the relative entropy).
    planned
        R(TE) at plan.
    held
        Whether the benchmark's risk was held at plan while the active risk was stressed.
    refused
        The first level that the scenarios cannot reach, and why; None where all were reached.
    """

    name: str
    measure: str
    label: str
    confidence: float | None
    planned: float
    held: bool
    table: pd.DataFrame
    refused: tuple[float, str] | None = None
