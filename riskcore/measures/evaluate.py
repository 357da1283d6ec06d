"""The value of a risk measure for a portfolio on scenarios, with the scenarios behind it."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.measures.registry import Identifier, Measure, measure_named
from riskcore.numerics.tail import check_confidence, tail_weights
from riskcore.numerics.tail_variants import (
    floor_tail_weights,
    linear_quantile_weights,
    tail_mean_weights,
)
from riskcore.portfolio import Portfolio, weights_table
from riskcore.results import RiskResult
from riskcore.scenarios import Scenarios

__all__ = [
    "check_path",
    "cvar",
    "portfolio_losses",
    "risk",
    "risk_table",
    "value_at_risk",
    "volatility",
]

Floats = NDArray[np.float64]


def portfolio_losses(scenarios: Scenarios, portfolio: Portfolio | pd.Series) -> tuple[str, Floats, Floats]:
    """Return the portfolio's name, its n weights in the order of the scenarios, and its S losses −R w.

    Raises
    ------
    AssetMismatchError
        The assets of the portfolio and of the scenarios differ.
    InputError
        It is neither a Portfolio nor a Series.
    """
    if not isinstance(portfolio, Portfolio | pd.Series):
        raise InputError(
            f"Expected one Portfolio or a Series of weights by asset, got {type(portfolio).__name__}."
        )
    if isinstance(portfolio, Portfolio) and portfolio.assets == scenarios.assets:
        # Nothing to match: building a table would take longer than the measure itself.
        name, weights = portfolio.name, portfolio.weights.to_numpy(dtype=np.float64)
    else:
        table = weights_table(portfolio, scenarios.assets)
        name, weights = str(table.columns[0]), table.iloc[:, 0].to_numpy(dtype=np.float64)
    return name, weights, -(scenarios.returns @ weights)


def risk(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
) -> RiskResult:
    """Return one risk figure of a portfolio: risk = Σ_s q_s l_s with l = −R w.

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    portfolio
        One weight per asset of the scenarios, matched by label; shorts and leverage allowed.
    measure
        A key of `MEASURES`.
    confidence
        c in (0.5, 1) for measures with a level; ignored (and None in the result) for the others.

    Returns
    -------
    RiskResult
        The value is a loss per period of the scenarios, as a fraction of portfolio value, positive = bad.
        For VaR the identifier is the boundary scenario(s) and `tail_scenarios` counts those beyond it.

    Raises
    ------
    ConfidenceError
        The level is missing or outside (0.5, 1).
    AssetMismatchError
        Labels differ.
    InputError
        Unknown measure, or a path measure on scenarios that are weighted, unordered or overlapping.

    Examples
    --------
    >>> s = Scenarios(-np.arange(1.0, 51.0)[:, None] / 100, ("X",), periods_per_year=252)
    >>> result = risk(s, Portfolio("all X", {"X": 1.0}), "cvar", confidence=0.95)
    >>> round(result.value, 12), round(result.tail_scenarios, 2)
    (0.492, 2.78)
    """
    chosen = measure_named(measure)
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    name, _, losses = portfolio_losses(scenarios, portfolio)
    q = chosen.identifier(losses, scenarios.probabilities, np.nan if level is None else level)
    return _result(scenarios, name, losses, q, (chosen, level, chosen.labelled(level)))


def volatility(scenarios: Scenarios, portfolio: Portfolio | pd.Series) -> RiskResult:
    """Return the probability-weighted standard deviation of the portfolio's loss, per period.

    σ = √(Σ p (l − l̄)²), without small-sample correction and not annualised. See `risk`.
    """
    return risk(scenarios, portfolio, "volatility")


def value_at_risk(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    *,
    confidence: float,
    method: Literal["lower", "linear"] = "lower",
) -> RiskResult:
    """Return VaR_c = inf{x : P(l ≤ x) ≥ c}, the loss not exceeded with probability c.

    `method="linear"` interpolates between order statistics as NumPy's percentile does (equally likely
    scenarios only). See `risk` for the rest.
    """
    if method == "lower":
        return risk(scenarios, portfolio, "var", confidence=confidence)
    if method != "linear":
        raise InputError(f"VaR has the methods 'lower' and 'linear', not {method!r}.")
    return _variant(scenarios, portfolio, "var", confidence, linear_quantile_weights, "interpolated")


def cvar(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    *,
    confidence: float,
    variant: Literal["exact", "tail_mean", "floor"] = "exact",
) -> RiskResult:
    """Return CVaR_c, the expected shortfall: the mean loss over the worst 1 − c of probability.

    Exact, with a fractional scenario at VaR. The variants, for comparison and for equally likely scenarios
    only: "tail_mean" averages the losses at or beyond the interpolated VaR, "floor" the ⌊S (1 − c)⌋ worst.
    Losses 1..50 at 0.95 give 49.2, 49.0 and 49.5. See `risk` for the rest.
    """
    if variant == "exact":
        return risk(scenarios, portfolio, "cvar", confidence=confidence)
    if variant == "tail_mean":
        return _variant(scenarios, portfolio, "cvar", confidence, tail_mean_weights, "mean beyond VaR")
    if variant == "floor":
        return _variant(scenarios, portfolio, "cvar", confidence, floor_tail_weights, "whole scenarios")
    raise InputError(f"CVaR has the variants 'exact', 'tail_mean' and 'floor', not {variant!r}.")


def risk_table(
    scenarios: Scenarios,
    portfolios: Portfolio | Sequence[Portfolio] | pd.DataFrame,
    measures: Sequence[str],
    *,
    confidence: float | None = None,
) -> pd.DataFrame:
    """Return measures × portfolios: one product R W, then each measure on each column.

    Rows are keyed by measure; the values are those of `risk`.
    """
    chosen = [measure_named(key) for key in measures]
    levels = [measure.level(confidence) for measure in chosen]
    for measure in chosen:
        check_path(measure, scenarios)
    weights = weights_table(portfolios, scenarios.assets)
    losses = np.ascontiguousarray(-(scenarios.returns @ weights.to_numpy()).T)
    p = scenarios.probabilities
    values = [
        [float(m.identifier(column, p, np.nan if c is None else c) @ column) for column in losses]
        for m, c in zip(chosen, levels, strict=True)
    ]
    return pd.DataFrame(values, index=pd.Index(measures, name="measure"), columns=weights.columns)


def check_path(measure: Measure, scenarios: Scenarios) -> None:
    """Refuse a path measure on scenarios that are not one path.

    Raises
    ------
    InputError
        The rows are unordered, weighted, or overlapping windows.
    """
    if not measure.needs_order:
        return
    reasons = [
        words
        for words, applies in (
            ("are not in time order", not scenarios.ordered),
            ("have unequal probabilities", scenarios.weighted),
            ("are overlapping windows", scenarios.overlap > 1),
        )
        if applies
    ]
    if reasons:
        raise InputError(
            f"{measure.label} needs a path, but these scenarios {' and '.join(reasons)}; "
            "use the plain history, or CVaR instead.",
            measure=measure.key,
        )


def _variant(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    key: str,
    confidence: float,
    weigh: Identifier,
    words: str,
) -> RiskResult:
    chosen = measure_named(key)
    level = check_confidence(confidence)
    name, _, losses = portfolio_losses(scenarios, portfolio)
    q = weigh(losses, scenarios.probabilities, level)
    return _result(scenarios, name, losses, q, (chosen, level, f"{chosen.labelled(level)} ({words})"))


def _result(
    scenarios: Scenarios,
    portfolio: str,
    losses: Floats,
    identifier: Floats,
    figure: tuple[Measure, float | None, str],
) -> RiskResult:
    measure, level, label = figure
    tail = identifier
    if measure.key == "var" and level is not None:
        tail = tail_weights(losses, scenarios.probabilities, level)
    value = float(identifier @ losses)
    for array in (losses, identifier):
        array.setflags(write=False)
    return RiskResult(
        value=value,
        measure=measure.key,
        label=label,
        confidence=level,
        portfolio=portfolio,
        losses=losses,
        identifier=identifier,
        index=scenarios.index,
        tail_scenarios=_effective(tail) / scenarios.overlap if measure.kind == "tail" else None,
    )


def _effective(weights: Floats) -> float:
    """Return Kish's effective number (Σq)²/Σq²."""
    return float(weights.sum() ** 2 / (weights @ weights))
