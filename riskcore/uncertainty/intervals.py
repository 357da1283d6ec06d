"""Sampling intervals for risks, for the difference of two, and for contributions."""

from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from riskcore.contributions import risk_contributions
from riskcore.errors import NumericalError
from riskcore.measures import portfolio_losses, risk
from riskcore.numerics.bootstrap import block_tail_risks, iid_tail_risks
from riskcore.numerics.resampled import (
    TailResamples,
    resampled_contributions,
    resampled_figures,
    resampled_var_contributions,
    tail_interval,
)
from riskcore.portfolio import Portfolio
from riskcore.results.uncertainty import ContributionIntervalResult, IntervalResult
from riskcore.scenarios import Scenarios
from riskcore.uncertainty.plan import (
    METHODS,
    Measure,
    Method,
    ResamplingPlan,
    chosen_block_length,
    drawn_counts,
    influence,
    percentiles,
    plan_resampling,
)

__all__ = ["contribution_intervals", "difference_interval", "risk_interval"]

Floats = NDArray[np.float64]


def risk_interval(
    scenarios: Scenarios,
    portfolio: Portfolio,
    measure: Measure,
    *,
    confidence: float | None = None,
    level: float = 0.95,
    method: Method = "block",
    resamples: int = 1000,
    rng: np.random.Generator,
) -> IntervalResult:
    """Return a risk figure with its sampling interval.

    block: a stationary block bootstrap, whose mean block length is chosen from the autocorrelation of what
    drives the figure (the tail indicator for VaR, the excess over VaR for CVaR, squared deviations for
    volatility) and is at least the overlap of the rows. iid: an independent bootstrap. Both take percentiles
    for VaR and volatility, and are studentised (bootstrap-t) for CVaR from 10 tail scenarios on, because
    percentiles of CVaR miss on the bad side. asymptotic: quantiles at c ± z √(c(1−c)/N) for VaR; value ± z
    √(Var[(l − VaR)₊]/N)/(1−c) for CVaR; value ± z √(Var[(l − l̄)²]/N)/(2σ) for volatility, with N the
    effective number of independent scenarios (1/Σp², over overlap).

    Parameters
    ----------
    scenarios, portfolio
        S × n returns and one weight per asset, matched by label.
    measure
        "var", "cvar" or "volatility".
    confidence
        In (0.5, 1) for VaR and CVaR; None for volatility.
    level
        Nominal coverage, in (0.5, 1).
    method, resamples, rng
        As above; at least 100 resamples; the random generator, so that a run can be repeated.

    Returns
    -------
    IntervalResult
        Losses per period, positive = bad. Below 50 tail scenarios `warning` gives the measured coverage.

    Raises
    ------
    ConfidenceError, InputError
        A setting is out of range; or "block" was asked of weighted or unordered scenarios.
    MissingDataError
        Too few scenarios.

    References
    ----------
    Politis and Romano (1994); Politis and White (2004); Woodruff (1952) for the asymptotic VaR interval;
    Manistre and Hancock (2005), North American Actuarial Journal 9, for CVaR.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.standard_t(4, (4000, 1)) / 100, ("SPY",), periods_per_year=252, ordered=True)
    >>> r = risk_interval(s, Portfolio("A", {"SPY": 1.0}), "cvar", confidence=0.95, rng=rng)
    >>> bool(r.lower < r.value < r.upper), r.warning
    (True, None)
    """
    plan = plan_resampling(scenarios, measure, confidence, level, method, resamples)
    value, losses = _observed(scenarios, portfolio, plan)
    if method == "asymptotic":
        lower, upper = _asymptotic(losses, scenarios.probabilities, value, plan)
        return _interval(plan, portfolio.name, value, lower, upper, None)
    block_length = chosen_block_length(losses[:, None], scenarios, plan) if method == "block" else None
    if measure == "volatility":
        values = _counted_figures(losses[:, None], scenarios, plan, block_length, rng)[:, 0]
        lower, upper = (float(end) for end in percentiles(values, level))
        return _interval(plan, portfolio.name, value, lower, upper, block_length)
    drawn = _tail_resamples(losses, scenarios, plan, block_length, rng)
    if measure == "var":
        lower, upper = (float(end) for end in percentiles(drawn.var, level))
        return _interval(plan, portfolio.name, value, lower, upper, block_length)
    spread, studentised = _spread(losses, scenarios.probabilities, plan), plan.studentised
    lower, upper = tail_interval(value, spread, drawn, level=level, studentised=studentised)
    return _interval(plan, portfolio.name, value, lower, upper, block_length, studentised=studentised)


def difference_interval(
    scenarios: Scenarios,
    first: Portfolio,
    second: Portfolio,
    measure: Measure,
    *,
    confidence: float | None = None,
    level: float = 0.95,
    method: Literal["block", "iid"] = "block",
    resamples: int = 1000,
    rng: np.random.Generator,
) -> IntervalResult:
    """Return risk(first) − risk(second) with its interval, both drawn from the same resampled days.

    Paired resampling keeps what the two portfolios have in common out of the interval: it is far narrower
    than the two separate intervals suggest. The block length is the longer of the two.

    Parameters
    ----------
    scenarios, first, second, measure, confidence, level, method, resamples, rng
        As for `risk_interval`; "asymptotic" is not offered, the density at two quantiles would be needed.

    Returns
    -------
    IntervalResult
        Loss per period; positive = the first is riskier.

    Raises
    ------
    ConfidenceError, InputError, MissingDataError
        As for `risk_interval`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.normal(size=(2000, 2)) / 100, ("SPY", "BND"), periods_per_year=252, ordered=True)
    >>> a, b = Portfolio("A", {"SPY": 1.0, "BND": 0.0}), Portfolio("B", {"SPY": 0.5, "BND": 0.5})
    >>> difference_interval(s, a, b, "volatility", rng=rng).excludes_zero
    True
    """
    plan = plan_resampling(scenarios, measure, confidence, level, method, resamples, offered=METHODS[:2])
    one, two = (_observed(scenarios, portfolio, plan) for portfolio in (first, second))
    losses = np.column_stack([one[1], two[1]])
    block_length = chosen_block_length(losses, scenarios, plan) if method == "block" else None
    values = _counted_figures(losses, scenarios, plan, block_length, rng)
    lower, upper = percentiles(values[:, 0] - values[:, 1], level)
    name = f"{first.name} − {second.name}"
    return _interval(plan, name, one[0] - two[0], float(lower), float(upper), block_length)


def contribution_intervals(
    scenarios: Scenarios,
    portfolio: Portfolio,
    measure: Measure,
    *,
    confidence: float | None = None,
    level: float = 0.95,
    method: Literal["block", "iid"] = "block",
    resamples: int = 1000,
    rng: np.random.Generator,
) -> ContributionIntervalResult:
    """Return the Euler contributions and shares of each asset with sampling intervals.

    Every resample re-ranks the portfolio's losses and takes the contributions of its own tail (or its own
    covariance), so the interval holds the chance that other days make the tail.

    Parameters
    ----------
    scenarios, portfolio, confidence, level, method, resamples, rng
        As for `difference_interval`.
    measure
        "cvar" or "volatility", at the cost of one matrix product; "var", smoothed around the quantile as in
        `contributions.risk_contributions`, at about 0.3 ms a resample.

    Returns
    -------
    ContributionIntervalResult
        Losses per period and shares, percentile intervals. Shares are NaN, with a warning, when the total is
        near zero or changes sign among the resamples.

    Raises
    ------
    ConfidenceError, InputError, MissingDataError
        As for `risk_interval`.
    NumericalError
        VaR contributions do not exist, on the scenarios or in more than a tenth of the resamples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.normal(size=(2000, 2)) / 100, ("SPY", "BND"), periods_per_year=252, ordered=True)
    >>> half = Portfolio("half", {"SPY": 0.5, "BND": 0.5})
    >>> t = contribution_intervals(s, half, "cvar", confidence=0.95, rng=rng).table
    >>> bool((t.relative_lower < t.relative).all() and (t.relative < t.relative_upper).all())
    True
    """
    plan = plan_resampling(scenarios, measure, confidence, level, method, resamples, offered=METHODS[:2])
    observed = risk_contributions(scenarios, portfolio, measure, confidence=confidence)
    _, losses = _observed(scenarios, portfolio, plan)
    _, weights, _ = portfolio_losses(scenarios, portfolio)
    parts = -scenarios.returns * weights
    block_length = chosen_block_length(losses[:, None], scenarios, plan) if method == "block" else None
    drawn, missing = _drawn_contributions(scenarios, parts, plan, block_length, rng)
    totals = drawn.sum(axis=1)
    table = observed.table[["component"]].copy()
    table["component_lower"], table["component_upper"] = percentiles(drawn, level)
    defined = observed.relative_defined and bool(totals.min() > 0 or totals.max() < 0)
    shares = drawn / totals[:, None] if defined else np.full_like(drawn, np.nan)
    table["relative"] = observed.table["relative"] if defined else np.nan
    table["relative_lower"], table["relative_upper"] = percentiles(shares, level)
    cautions = [plan.warning()]
    if not defined:
        cautions.append(
            "The total is near zero or changes sign among the resamples, so shares of it are undefined."
        )
    if missing:
        cautions.append(f"VaR contributions do not exist in {missing} of {resamples} resamples; left out.")
    return ContributionIntervalResult(
        table=table,
        level=level,
        measure=measure,
        label=plan.label,
        confidence=confidence,
        portfolio=portfolio.name,
        method=method,
        block_length=block_length,
        resamples=resamples,
        tail_scenarios=plan.tail_scenarios,
        warning=" ".join(caution for caution in cautions if caution) or None,
    )


def _drawn_contributions(
    scenarios: Scenarios,
    parts: Floats,
    plan: ResamplingPlan,
    block_length: float | None,
    rng: np.random.Generator,
) -> tuple[Floats, int]:
    """Return resamples × assets contributions, and how many resamples had none and are left out."""
    order = np.argsort(-parts.sum(axis=1), kind="stable")
    drawn = np.concatenate(
        [
            resampled_var_contributions(counts, parts, confidence=plan.c)
            if plan.measure == "var"
            else resampled_contributions(counts, parts, order, confidence=plan.confidence)
            for counts in drawn_counts(scenarios, plan, block_length, rng)
        ]
    )
    exists = np.isfinite(drawn).all(axis=1)
    missing = plan.resamples - int(exists.sum())
    if missing > plan.resamples / 10:
        raise NumericalError(
            f"VaR contributions do not exist in {missing} of {plan.resamples} resamples; use CVaR.",
            missing=missing,
        )
    return drawn[exists], missing


def _interval(
    plan: ResamplingPlan,
    name: str,
    value: float,
    lower: float,
    upper: float,
    block_length: float | None,
    *,
    studentised: bool = False,
) -> IntervalResult:
    return IntervalResult(
        value=value,
        lower=lower,
        upper=upper,
        level=plan.level,
        measure=plan.measure,
        label=plan.label,
        confidence=plan.confidence,
        portfolio=name,
        method=plan.method,
        block_length=block_length,
        resamples=0 if plan.method == "asymptotic" else plan.resamples,
        tail_scenarios=plan.tail_scenarios,
        warning=plan.warning(studentised=studentised),
    )


def _observed(scenarios: Scenarios, portfolio: Portfolio, plan: ResamplingPlan) -> tuple[float, Floats]:
    found = risk(scenarios, portfolio, plan.measure, confidence=plan.confidence)
    if plan.measure == "volatility" and found.value <= 1e-12 * float(np.abs(found.losses).max(initial=0.0)):
        raise NumericalError("Every scenario has the same loss, so its volatility is 0 and has no interval.")
    return found.value, found.losses


def _asymptotic(
    losses: Floats, probabilities: Floats, value: float, plan: ResamplingPlan
) -> tuple[float, float]:
    z = float(ndtri((1 + plan.level) / 2))
    if plan.measure == "var":
        half = z * sqrt(plan.c * (1 - plan.c) / plan.effective)
        order = np.argsort(losses, kind="stable")
        reached = np.cumsum(probabilities[order])
        at = np.searchsorted(reached, [plan.c - half, plan.c + half], side="left")
        lower, upper = losses[order][np.minimum(at, losses.size - 1)]
        return float(lower), float(upper)
    spread = _spread(losses, probabilities, plan) / sqrt(plan.effective)
    error = spread / (2 * value) if plan.measure == "volatility" else spread / (1 - plan.c)
    return value - z * error, value + z * error


def _spread(losses: Floats, probabilities: Floats, plan: ResamplingPlan) -> float:
    pull = influence(losses, probabilities, plan)
    return sqrt(float(probabilities @ (pull - probabilities @ pull) ** 2))


def _tail_resamples(
    losses: Floats,
    scenarios: Scenarios,
    plan: ResamplingPlan,
    block_length: float | None,
    rng: np.random.Generator,
) -> TailResamples:
    if block_length is not None:
        return block_tail_risks(
            losses, confidence=plan.c, block_length=block_length, resamples=plan.resamples, rng=rng
        )
    return iid_tail_risks(
        losses,
        scenarios.probabilities,
        confidence=plan.c,
        draws=plan.draws,
        resamples=plan.resamples,
        rng=rng,
    )


def _counted_figures(
    losses: Floats,
    scenarios: Scenarios,
    plan: ResamplingPlan,
    block_length: float | None,
    rng: np.random.Generator,
) -> Floats:
    """Return resamples × portfolios: the figure of each column of `losses`, on the same resamples."""
    orders = [np.argsort(-column, kind="stable") for column in losses.T]
    rows = []
    for counts in drawn_counts(scenarios, plan, block_length, rng):
        figures = [
            resampled_figures(counts, column, order, measure=plan.measure, confidence=plan.confidence)
            for column, order in zip(losses.T, orders, strict=True)
        ]
        rows.append(np.column_stack(figures))
    return np.concatenate(rows)
