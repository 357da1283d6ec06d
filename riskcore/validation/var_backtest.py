"""Rolling VaR and CVaR forecasts of every tail model, and how they fared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError, NumericalError, RiskcoreError
from riskcore.measures import portfolio_losses
from riskcore.numerics.ewma import BURN_IN, filtered_losses
from riskcore.numerics.tail import check_confidence
from riskcore.portfolio import Portfolio
from riskcore.results.validation import ModelBacktestResult, VarBacktestResult
from riskcore.scenarios import Scenarios
from riskcore.tail_models import TAIL_MODELS, fit_tail
from riskcore.validation.cvar_tests import TAIL_STEPS, acerbi_szekely
from riskcore.validation.exception_tests import conditional_coverage, independence, kupiec, traffic_light

__all__ = ["backtest_var"]

Floats = NDArray[np.float64]
WINDOW = 1000
REFIT_EVERY = 21
RECENT = 250
LEAST_FORECASTS = 100


def backtest_var(
    scenarios: Scenarios,
    portfolio: Portfolio,
    models: Sequence[str] = tuple(TAIL_MODELS),
    *,
    confidence: float,
    window: int = WINDOW,
    refit_every: int = REFIT_EVERY,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None = None,
) -> VarBacktestResult:
    """Forecast VaR and CVaR day by day from earlier days only, and test the forecasts.

    The portfolio keeps its weights (rebalanced every period). Each model is fitted to the `window` losses
    before a block of `refit_every` days and held for the block; "ewma_filtered" keeps its filtered sample for
    the block but moves with the volatility forecast of every day.

    Parameters
    ----------
    scenarios, portfolio
        Time-ordered single-period history of equal probability, and one weight per asset.
    models
        Keys of `TAIL_MODELS`.
    confidence
        c in (0.5, 1).
    window, refit_every
        Periods, at least 250 and at least 1.
    rng
        For the simulated critical values of the CVaR tests.
    progress
        Called with the share of the work done after every fit. An exception it raises ends the run at once
        and reaches the caller: that is how to cancel.

    Returns
    -------
    VarBacktestResult
        Models that cannot speak about these losses are listed in `refused` with the reason.

    Raises
    ------
    ConfidenceError, AssetMismatchError
        The level is outside (0.5, 1), or labels differ.
    InputError
        Scenarios that are no path, a model that does not exist, or settings out of range.
    MissingDataError
        Fewer than 100 days are left to forecast.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = Scenarios(rng.normal(size=(900, 1)) / 100, ("SPY",), periods_per_year=252, ordered=True)
    >>> one = Portfolio("A", {"SPY": 1.0})
    >>> found = backtest_var(s, one, ["gaussian"], confidence=0.95, window=500, rng=rng)
    >>> len(found.models["gaussian"].forecasts), found.models["gaussian"].light.zone
    (400, 'green')
    """
    level = check_confidence(confidence)
    _check(scenarios, models, window, refit_every)
    name, _, losses = portfolio_losses(scenarios, portfolio)
    forecaster = _Forecaster(losses, level, window)
    starts = range(window, losses.size, refit_every)
    found: dict[str, ModelBacktestResult] = {}
    refused: dict[str, str] = {}
    for number, key in enumerate(models):
        blocks: list[Block] = []
        for start in starts:
            try:
                blocks.append(forecaster.block(key, start, min(start + refit_every, losses.size)))
            except RiskcoreError as reason:
                refused[key] = str(reason)
                break
            # Outside the try: what the callback raises is the caller's, not a refusal of the model.
            if progress is not None:
                progress((number + len(blocks) / len(starts)) / len(models))
        if key not in refused:
            found[key] = _judged(key, blocks, losses[window:], scenarios.index[window:], level, rng)
    return VarBacktestResult(
        portfolio=name,
        confidence=level,
        window=window,
        refit_every=refit_every,
        models=MappingProxyType(found),
        refused=MappingProxyType(refused),
    )


# A block's forecasts: VaR and CVaR of each of its days, and the shape of its tail (see `acerbi_szekely`).
Block = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class _Forecaster:
    """Forecasts for a block of days from the `window` losses before it."""

    losses: Floats
    confidence: float
    window: int

    @cached_property
    def levels(self) -> Floats:
        return np.concatenate([[self.confidence], 1 - (1 - self.confidence) * TAIL_STEPS])

    @cached_property
    def filtered(self) -> tuple[Floats, Floats]:
        # One pass of the recursion serves every day: each volatility is made of earlier losses only.
        return filtered_losses(self.losses)

    def block(self, key: str, start: int, stop: int) -> Block:
        """Fit on losses before `start`, forecast the days from `start` to `stop`, not included."""
        first = start - self.window
        if TAIL_MODELS[key].needs_order:
            volatility, filtered = self.filtered
            sample = filtered[max(first - BURN_IN, 0) : start - BURN_IN]
            tail = TAIL_MODELS["historical"].fit(sample, np.full(sample.size, 1 / sample.size))
            scale = volatility[start - BURN_IN : stop - BURN_IN]
        else:
            sample = self.losses[first:start]
            tail = fit_tail(key, sample, np.full(sample.size, 1 / sample.size), confidence=self.confidence)
            scale = np.ones(stop - start)
        var, cvar = tail.figures(self.levels)
        if cvar[0] <= 0:
            raise NumericalError(
                f"CVaR is not positive on the {self.window} periods before row {start}, so losses cannot be "
                "measured in units of it; raise the confidence."
            )
        return var[0] * scale, cvar[0] * scale, np.broadcast_to(var[1:] / cvar[0], (scale.size, var.size - 1))


def _judged(
    key: str,
    parts: list[Block],
    losses: Floats,
    index: pd.Index,
    confidence: float,
    rng: np.random.Generator,
) -> ModelBacktestResult:
    var, cvar, tails = (np.concatenate(part) for part in zip(*parts, strict=True))
    flags = losses > var
    z1, z2 = acerbi_szekely(losses, var, cvar, tails, confidence=confidence, rng=rng)
    recent = flags[-RECENT:]
    return ModelBacktestResult(
        model=key,
        label=TAIL_MODELS[key].label,
        forecasts=pd.DataFrame({"var": var, "cvar": cvar, "loss": losses, "exception": flags}, index=index),
        kupiec=kupiec(int(flags.sum()), flags.size, confidence=confidence),
        independence=independence(flags),
        conditional=conditional_coverage(flags, confidence=confidence),
        light=traffic_light(int(flags.sum()), flags.size, confidence=confidence),
        recent_light=traffic_light(int(recent.sum()), recent.size, confidence=confidence),
        z1=z1,
        z2=z2,
    )


def _check(scenarios: Scenarios, models: Sequence[str], window: int, refit_every: int) -> None:
    if not scenarios.ordered or scenarios.weighted or scenarios.overlap > 1:
        raise InputError(
            "A backtest needs single-period history of equal probability in time order; "
            "use the plain history."
        )
    unknown = [m for m in models if m not in TAIL_MODELS]
    if unknown or not models:
        raise InputError(
            f"There is no tail model {unknown[0]!r}." if unknown else "Choose at least one tail model.",
            unknown=unknown,
        )
    if window < 250:
        raise InputError(f"A window of at least 250 periods is needed; got {window}.")
    if refit_every < 1:
        raise InputError(f"Models are refitted every 1 period or more; got {refit_every}.")
    left = scenarios.count - window
    if left < LEAST_FORECASTS:
        raise MissingDataError(
            f"A window of {window} leaves {max(left, 0)} of {scenarios.count} periods to forecast, and "
            f"{LEAST_FORECASTS} are needed; choose a shorter window or a longer history."
        )
