"""Tail models on a portfolio: one of them, all with intervals, the threshold of the extreme-value tail."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from riskcore.errors import RiskcoreError
from riskcore.measures import portfolio_losses
from riskcore.numerics.resampled import TailResamples, tail_interval
from riskcore.numerics.tail import check_confidence
from riskcore.portfolio import Portfolio
from riskcore.results.tail_models import TailModelResult, TailModelsResult
from riskcore.scenarios import Scenarios
from riskcore.tail_models.models import TAIL_MODELS, THRESHOLD, FittedTail, fit_scenarios
from riskcore.uncertainty.plan import (
    ResamplingPlan,
    chosen_block_length,
    drawn_counts,
    percentiles,
    plan_resampling,
)

__all__ = ["table_of_models", "tail_risk", "threshold_table"]

THRESHOLDS = (0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.97, 0.98)


def tail_risk(
    scenarios: Scenarios, portfolio: Portfolio, model: str, *, confidence: float, threshold: float = THRESHOLD
) -> TailModelResult:
    """Return VaR and CVaR of a portfolio under one model of its tail.

    historical: the scenarios themselves. gaussian: μ + σ z_c and μ + σ φ(z_c)/(1−c) of the losses.
    student_t: ν, scale and location by maximum likelihood. cornish_fisher: modified VaR and CVaR. evt: a
    generalised Pareto tail beyond the `threshold` quantile. ewma_filtered: losses divided by the volatility
    forecast of their day (λ = 0.94) and multiplied by that of the next one: conditional on now, while the
    others are unconditional.

    Parameters
    ----------
    scenarios, portfolio
        S × n returns and one weight per asset. Horizons longer than a period: `scenarios.over_horizon` first.
    model
        A key of `TAIL_MODELS`.
    confidence
        c in (0.5, 1); for "evt" at least `threshold`.
    threshold
        Of "evt", a probability.

    Returns
    -------
    TailModelResult
        Losses per period, positive = bad; `note` says why a value should not be relied on.

    Raises
    ------
    ConfidenceError, InputError, AssetMismatchError
        A setting is out of range, or labels differ; "ewma_filtered" on scenarios that are no path.
    MissingDataError, NumericalError
        Too few scenarios or exceedances, constant losses.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, chapters 2, 5 and 9.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.standard_t(4, (4000, 1)) / 100, ("SPY",), periods_per_year=252, ordered=True)
    >>> found = tail_risk(s, Portfolio("A", {"SPY": 1.0}), "student_t", confidence=0.95)
    >>> bool(3 < found.parameters["nu"] < 6), found.reliable
    (True, True)
    """
    level = check_confidence(confidence)
    name, _, losses = portfolio_losses(scenarios, portfolio)
    tail = fit_scenarios(scenarios, losses, model, level, threshold)
    return _result(name, model, tail, level)


def table_of_models(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    confidence: float,
    level: float = 0.95,
    method: Literal["block", "iid"] = "block",
    resamples: int = 1000,
    threshold: float = THRESHOLD,
    rng: np.random.Generator,
) -> TailModelsResult:
    """Return VaR and CVaR under every model, with intervals from one set of resamples.

    Sample models are re-evaluated on each resample; fitted ones take a one-step (Newton) re-estimate from
    their scores, so a thousand resamples cost one matrix product. "ewma_filtered" resamples the filtered
    losses and keeps today's volatility: its interval is conditional on it.

    Parameters
    ----------
    scenarios, portfolio, confidence, threshold
        As for `tail_risk`.
    level, method, resamples, rng
        As for `uncertainty.difference_interval`; the block length is the one CVaR asks for.

    Returns
    -------
    TailModelsResult
        One row per model. A model that refuses these scenarios keeps its row, with NaN and its reason as
        note.

    Raises
    ------
    ConfidenceError, InputError, MissingDataError, AssetMismatchError
        As for `uncertainty.risk_interval`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.normal(size=(2000, 1)) / 100, ("SPY",), periods_per_year=252, ordered=True)
    >>> t = table_of_models(s, Portfolio("A", {"SPY": 1.0}), confidence=0.95, rng=rng).table
    >>> t.index.tolist()[:3], bool((t["cvar_lower"] < t["cvar"]).all())
    (['historical', 'gaussian', 'student_t'], True)
    """
    plan = plan_resampling(scenarios, "cvar", confidence, level, method, resamples, offered=("block", "iid"))
    name, _, losses = portfolio_losses(scenarios, portfolio)
    tails: dict[str, FittedTail] = {}
    refused: dict[str, str] = {}
    for key in TAIL_MODELS:
        try:
            tails[key] = fit_scenarios(scenarios, losses, key, plan.c, threshold)
        except RiskcoreError as reason:
            refused[key] = str(reason)
    block_length = chosen_block_length(losses[:, None], scenarios, plan) if method == "block" else None
    drawn: dict[str, list[TailResamples]] = {key: [] for key in tails}
    for counts in drawn_counts(scenarios, plan, block_length, rng):
        # Converted once: every model multiplies by them.
        times = counts.astype(np.float64)
        for key, tail in tails.items():
            drawn[key].append(tail.resampled(times, plan.c))
    models = {key: _result(name, key, tail, plan.c) for key, tail in tails.items()}
    rows = [
        _row(models[key], tails[key].spread(plan.c), drawn[key], plan) if key in models else _refused_row(key)
        for key in TAIL_MODELS
    ]
    table = pd.DataFrame(rows, index=pd.Index(TAIL_MODELS, name="model"))
    notes = [models[key].note if key in models else refused[key] for key in TAIL_MODELS]
    table["note"] = pd.Series(notes, index=table.index, dtype=object)
    return TailModelsResult(
        portfolio=name,
        confidence=plan.c,
        table=table,
        models=MappingProxyType(models),
        level=level,
        method=method,
        block_length=block_length,
        resamples=resamples,
        tail_scenarios=plan.effective * (1 - plan.c),
        warning=plan.warning(studentised=plan.studentised),
    )


def threshold_table(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    confidence: float,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Return how the extreme-value fit changes with its threshold; a good one sits where ξ is level.

    Parameters
    ----------
    scenarios, portfolio, confidence
        As for `tail_risk`.
    thresholds
        Probabilities in (0.5, 1). Those above `confidence` or with fewer than 30 exceedances stay NaN, with a
        note.

    Returns
    -------
    pandas.DataFrame
        Index = thresholds; columns threshold (loss), exceedances, mean_excess, xi, xi_error (standard error),
        beta, var, cvar (losses per period) and note.

    Examples
    --------
    >>> returns = np.random.default_rng(0).standard_t(4, (4000, 1)) / 100
    >>> s = Scenarios(returns, ("SPY",), periods_per_year=252)
    >>> found = threshold_table(s, Portfolio("A", {"SPY": 1.0}), confidence=0.99)
    >>> found["exceedances"].tolist()[:3]
    [800.0, 600.0, 500.0]
    """
    level = check_confidence(confidence)
    _, _, losses = portfolio_losses(scenarios, portfolio)
    names = ("threshold", "exceedances", "mean_excess", "xi", "xi_error", "beta")
    rows: list[dict[str, object]] = []
    for threshold in thresholds:
        try:
            tail = fit_scenarios(scenarios, losses, "evt", level, threshold)
        except RiskcoreError as reason:
            rows.append({**dict.fromkeys([*names, "var", "cvar"], np.nan), "note": str(reason)})
            continue
        var, cvar = (float(v) for v in tail.figures(level))
        found = {n: tail.parameters[n] for n in names}
        rows.append({**found, "var": var, "cvar": cvar, "note": tail.note(level)})
    return pd.DataFrame(rows, index=pd.Index(thresholds, name="quantile"))


def _result(name: str, model: str, tail: FittedTail, confidence: float) -> TailModelResult:
    var, cvar = (float(v) for v in tail.figures(confidence))
    found = MappingProxyType(tail.parameters)
    label = TAIL_MODELS[model].label
    return TailModelResult(model, label, name, confidence, var, cvar, found, tail.note(confidence))


def _row(
    model: TailModelResult, spread: float, parts: list[TailResamples], plan: ResamplingPlan
) -> dict[str, object]:
    spreads = [part.spread for part in parts if part.spread is not None]
    drawn = TailResamples(
        np.concatenate([part.var for part in parts]),
        np.concatenate([part.cvar for part in parts]),
        np.concatenate(spreads) if spreads else None,
    )
    var = percentiles(drawn.var, plan.level)
    cvar = tail_interval(model.cvar, spread, drawn, level=plan.level, studentised=plan.studentised)
    return {
        "label": model.label,
        "var": model.var,
        "var_lower": float(var[0]),
        "var_upper": float(var[1]),
        "cvar": model.cvar,
        "cvar_lower": cvar[0],
        "cvar_upper": cvar[1],
        "reliable": model.reliable,
    }


def _refused_row(key: str) -> dict[str, object]:
    figures = ("var", "var_lower", "var_upper", "cvar", "cvar_lower", "cvar_upper")
    return {
        "label": TAIL_MODELS[key].label,
        **dict.fromkeys(figures, np.nan),
        "reliable": False,
    }
