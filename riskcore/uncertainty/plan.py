"""Settings of a resampling, checked once; the resamples themselves; and what is known of their coverage."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.measures import MEASURES
from riskcore.numerics.block_length import optimal_block_length
from riskcore.numerics.bootstrap import Counts, iid_counts, membership_counts
from riskcore.numerics.tail import value_at_risk
from riskcore.scenarios import Scenarios

__all__ = [
    "FEW_TAIL_SCENARIOS",
    "Measure",
    "Method",
    "ResamplingPlan",
    "chosen_block_length",
    "drawn_counts",
    "influence",
    "percentiles",
    "plan_resampling",
]

Floats = NDArray[np.float64]
Measure = Literal["var", "cvar", "volatility"]
Method = Literal["block", "iid", "asymptotic"]

MEASURES_OFFERED = ("var", "cvar", "volatility")
METHODS = ("block", "iid", "asymptotic")
FEW_TAIL_SCENARIOS = 50
# With fewer, one resample in forty repeats a single day so often that its spread says nothing.
LEAST_STUDENTISED = 10
# Share of 2,000 seeded samples of independent t4 losses in which the nominal 95 % interval held the true
# figure, by number of tail scenarios n(1 − c); docs/intervals.md has the whole table and how to measure it.
COVERAGE = {
    "var": ((5, 0.86), (10, 0.92), (20, 0.94), (50, 0.94)),
    "cvar": ((5, 0.73), (10, 0.83), (25, 0.89), (50, 0.91)),
    "cvar_studentised": ((10, 0.93), (50, 0.93)),
}


@dataclass(frozen=True)
class ResamplingPlan:
    """Checked settings of a resampling, shared with `tail_models`.

    `effective` is the number of independent scenarios, `draws` the size of an i.i.d. resample.
    """

    measure: Measure
    confidence: float | None
    level: float
    method: Method
    resamples: int
    effective: float

    @property
    def c(self) -> float:
        """The confidence, where the measure has one."""
        assert self.confidence is not None
        return self.confidence

    @property
    def draws(self) -> int:
        """Size of an i.i.d. resample."""
        return int(self.effective + 1e-6)

    @property
    def tail_scenarios(self) -> float | None:
        """Independent scenarios in the tail, None without a confidence."""
        return None if self.confidence is None else self.effective * (1 - self.confidence)

    @property
    def studentised(self) -> bool:
        """Whether resamples of CVaR are divided by their own spread: from 10 tail scenarios on."""
        return (
            self.method != "asymptotic"
            and self.tail_scenarios is not None
            and self.tail_scenarios >= LEAST_STUDENTISED - 1e-9
        )

    @property
    def label(self) -> str:
        """Words for the reader: "CVaR 95 %"."""
        return MEASURES[self.measure].labelled(self.confidence)

    def warning(self, *, studentised: bool = False) -> str | None:
        """Return what is known against the interval, in words for the reader, or None."""
        tail = self.tail_scenarios
        if tail is None or tail >= FEW_TAIL_SCENARIOS - 1e-9:
            return None
        sizes, shares = zip(*COVERAGE["cvar_studentised" if studentised else self.measure], strict=True)
        covered = float(np.interp(tail, sizes, shares))
        count = round(tail)
        few = "Only 1 independent scenario lies" if count == 1 else f"Only {count} independent scenarios lie"
        if tail < 1 - 1e-9:
            few = "Less than one independent scenario lies"
        return (
            f"{few} in the tail: in simulations with fat tails a nominal "
            f"95 % interval held the true {MEASURES[self.measure].label} {100 * covered:.0f} % of the time."
        )


def plan_resampling(
    scenarios: Scenarios,
    measure: Measure,
    confidence: float | None,
    level: float,
    method: Method,
    resamples: int,
    *,
    offered: tuple[str, ...] = METHODS,
) -> ResamplingPlan:
    """Check the settings of an interval against the scenarios.

    Raises
    ------
    ConfidenceError, InputError
        A setting is out of range, does not exist, or is not among those offered; or "block" was asked of
        weighted or unordered scenarios.
    MissingDataError
        Fewer than 12 independent scenarios.
    """
    if measure not in MEASURES_OFFERED:
        raise InputError(f"No interval for the measure {measure!r}; choose var, cvar or volatility.")
    if method not in offered:
        raise InputError(f"No method {method!r} here; choose one of {', '.join(offered)}.")
    if measure == "volatility":
        if confidence is not None:
            raise InputError("Volatility has no confidence level; leave `confidence` out.")
    else:
        MEASURES[measure].level(confidence)
    if not 0.5 < level < 1:
        hint = " Did you mean 0.95?" if level in (95, 0.05) else ""
        raise InputError(f"The level of an interval lies between 0.5 and 1; got {level:g}.{hint}")
    if resamples < 100:
        raise InputError(f"Percentiles need at least 100 resamples; got {resamples}.")
    if method == "block" and (scenarios.weighted or not scenarios.ordered):
        what = "weighted" if scenarios.weighted else "unordered"
        raise InputError(
            f"A block bootstrap needs time-ordered scenarios of equal probability; these are {what}. "
            "Use method 'iid'."
        )
    effective = 1 / float(scenarios.probabilities @ scenarios.probabilities) / scenarios.overlap
    if effective < 12 - 1e-6:
        raise MissingDataError(
            f"An interval needs at least 12 independent scenarios; there are {effective:.1f}."
        )
    return ResamplingPlan(measure, confidence, level, method, resamples, effective)


def chosen_block_length(losses: Floats, scenarios: Scenarios, plan: ResamplingPlan) -> float:
    """Return the longest block length that one of the portfolios (columns) asks for."""
    lengths = [optimal_block_length(influence(column, scenarios.probabilities, plan)) for column in losses.T]
    return float(min(max(*lengths, scenarios.overlap), scenarios.count))


def influence(losses: Floats, probabilities: Floats, plan: ResamplingPlan) -> Floats:
    """Return, up to a constant, what one scenario adds to the figure."""
    if plan.measure == "volatility":
        return (losses - probabilities @ losses) ** 2
    threshold = float(value_at_risk(losses, probabilities, plan.c))
    if plan.measure == "var":
        return (losses > threshold).astype(np.float64)
    return np.maximum(losses - threshold, 0.0)


def drawn_counts(
    scenarios: Scenarios, plan: ResamplingPlan, block_length: float | None, rng: np.random.Generator
) -> Iterator[Counts]:
    """Yield chunks of counts, resamples × scenarios: blocks of this mean length, or i.i.d. for None."""
    if block_length is not None:
        return membership_counts(
            scenarios.count, block_length=block_length, resamples=plan.resamples, rng=rng
        )
    return iid_counts(scenarios.probabilities, draws=plan.draws, resamples=plan.resamples, rng=rng)


def percentiles(values: Floats, level: float) -> Floats:
    """Return both ends of a percentile interval by column: observed values, even infinite ones."""
    bounds: Floats = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0, method="nearest")
    return bounds
