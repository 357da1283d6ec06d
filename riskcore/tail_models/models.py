"""Models of a loss distribution's tail: fitted once, VaR and CVaR at any level, re-estimated on resamples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskcore.errors import InputError, MissingDataError, listed
from riskcore.measures import percent
from riskcore.numerics.empirical import RankedSample, rank_sample
from riskcore.numerics.ewma import BURN_IN, DECAY, filtered_losses
from riskcore.numerics.gpd import fit_gpd, gpd_figures
from riskcore.numerics.likelihood import Fit
from riskcore.numerics.moment_tails import (
    cornish_fisher_figures,
    fit_moments,
    gaussian_figures,
    shape_of,
)
from riskcore.numerics.resampled import TailResamples, counted_tail
from riskcore.numerics.student_t import fit_student_t, student_t_figures
from riskcore.numerics.tail import check_confidence
from riskcore.scenarios import Scenarios
from riskcore.tail_models.doubts import cornish_fisher_doubt, extreme_value_doubt, student_t_doubt

__all__ = [
    "TAIL_MODELS",
    "THRESHOLD",
    "Figures",
    "FittedTail",
    "TailModel",
    "fit_scenarios",
    "fit_tail",
]

Floats = NDArray[np.float64]
Figures = tuple[Floats, Floats]
THRESHOLD = 0.9


class FittedTail(Protocol):
    """What every fitted model can say: VaR and CVaR at any levels, its parameters, and a caution."""

    def figures(self, confidence: ArrayLike) -> Figures:
        """Return VaR and CVaR, losses per period, for a level or an array of levels."""
        ...

    def resampled(self, counts: Floats, confidence: float) -> TailResamples:
        """Return VaR and CVaR per resample, from counts of drawn scenarios (rows × S)."""
        ...

    def spread(self, confidence: float) -> float:
        """Return the deviation of the excess over VaR that resamples are studentised with, 0 for none."""
        ...

    @property
    def parameters(self) -> dict[str, float]:
        """Return what was fitted, by name."""
        ...

    def note(self, confidence: float) -> str | None:
        """Return why the figures at this level should not be relied on, or None."""
        ...


@dataclass(frozen=True, eq=False)
class SampleTail:
    """A sample of S − skip losses, multiplied by `multiplier`: the losses themselves, or filtered ones."""

    ranked: RankedSample
    multiplier: float
    skip: int
    parameters: dict[str, float]

    def figures(self, confidence: ArrayLike) -> Figures:
        """Return VaR and CVaR; see `FittedTail`."""
        var, cvar = self.ranked.figures(confidence)
        return self.multiplier * var, self.multiplier * cvar

    def resampled(self, counts: Floats, confidence: float) -> TailResamples:
        """Return the resamples at today's multiplier; see `FittedTail`."""
        used = counts[:, self.skip :]
        found = counted_tail(used, self.ranked.order, self.ranked.losses, confidence=confidence)
        var, cvar, spread = (self.multiplier * part for part in found if part is not None)
        return TailResamples(var, cvar, spread)

    def spread(self, confidence: float) -> float:
        """Return the deviation of the excess over VaR; see `FittedTail`."""
        return self.multiplier * self.ranked.spread(confidence)

    def note(self, confidence: float) -> str | None:
        """Return None: a sample says what it says; see `FittedTail`."""
        return None


def _no_doubt(_confidence: float) -> None:
    return None


@dataclass(frozen=True, eq=False)
class ParametricTail:
    """A fitted distribution; `standard` gives VaR and CVaR of the standardised loss from its parameters.

    `doubt` maps a level to why its figures should not be relied on, or None.
    """

    fit: Fit
    standard: Callable[[Floats, ArrayLike], Figures]
    parameters: dict[str, float]
    doubt: Callable[[float], str | None] = _no_doubt

    def figures(self, confidence: ArrayLike) -> Figures:
        """Return VaR and CVaR; see `FittedTail`."""
        return self._scaled(self.standard(self.fit.theta, confidence))

    def resampled(self, counts: Floats, confidence: float) -> TailResamples:
        """Return VaR and CVaR per resample by one-step re-estimation; see `numerics.likelihood.Fit`."""
        moved = self.fit.moved(counts @ self.fit.scores / counts.sum(axis=1, keepdims=True))
        var, cvar = self._scaled(self.standard(moved, confidence))
        return TailResamples(var, cvar, None)

    def spread(self, confidence: float) -> float:
        """Return 0: intervals of fitted models are percentiles; see `FittedTail`."""
        return 0.0

    def note(self, confidence: float) -> str | None:
        """Return what `doubt` says of this level; see `FittedTail`."""
        return self.doubt(confidence)

    def _scaled(self, figures: Figures) -> Figures:
        var, cvar = figures
        return self.fit.location + self.fit.scale * var, self.fit.location + self.fit.scale * cvar


@dataclass(frozen=True)
class TailModel:
    """One model of the tail.

    Attributes
    ----------
    key, label
        Registry key ("student_t") and words for the reader.
    fit
        (losses, probabilities) ↦ `FittedTail`.
    needs_order
        Whether it reads the losses as a path: time-ordered, equally likely, not overlapping.
    """

    key: str
    label: str
    fit: Callable[[Floats, Floats], FittedTail]
    needs_order: bool = False


def _historical(losses: Floats, probabilities: Floats) -> FittedTail:
    return SampleTail(rank_sample(losses, probabilities), 1.0, 0, {})


def _filtered(losses: Floats, probabilities: Floats) -> FittedTail:
    volatility, filtered = filtered_losses(losses)
    equal = np.full(filtered.size, 1 / filtered.size)
    now = float(volatility[-1])
    found = {"decay": DECAY, "volatility_now": now}
    return SampleTail(rank_sample(filtered, equal), now, BURN_IN, found)


def _gaussian(losses: Floats, probabilities: Floats) -> FittedTail:
    fit = fit_moments(losses, probabilities, order=2)
    return ParametricTail(fit, gaussian_figures, {"mean_loss": fit.location, "volatility": fit.scale})


def _cornish_fisher(losses: Floats, probabilities: Floats) -> FittedTail:
    fit = fit_moments(losses, probabilities, order=4)
    _, _, skewness, kurtosis = (float(v) for v in shape_of(fit.theta))
    found = {
        "mean_loss": fit.location,
        "volatility": fit.scale,
        "skewness": skewness,
        "excess_kurtosis": kurtosis,
    }
    return ParametricTail(
        fit,
        cornish_fisher_figures,
        found,
        lambda confidence: cornish_fisher_doubt(skewness, kurtosis, confidence),
    )


def _student_t(losses: Floats, probabilities: Floats) -> FittedTail:
    fit = fit_student_t(losses, probabilities)
    nu = float(np.exp(fit.theta[2]))
    found = {
        "mean_loss": float(fit.location + fit.scale * fit.theta[0]),
        "scale": float(fit.scale * np.exp(fit.theta[1])),
        "nu": nu,
    }
    return ParametricTail(fit, student_t_figures, found, lambda _: student_t_doubt(nu))


def _evt(
    losses: Floats, probabilities: Floats, *, threshold: float = THRESHOLD, overlap: int = 1
) -> FittedTail:
    try:
        fit = fit_gpd(losses, probabilities, threshold=threshold, overlap=overlap)
    except MissingDataError as few:
        # The reader of a table of models cannot move the threshold; the window and the horizon they can.
        count = few.details["exceedances"]
        assert isinstance(count, float)
        raise MissingDataError(
            f"Only {count:.0f} independent losses exceed the {percent(threshold)} quantile, too few for a "
            "tail fit; use a longer window or a shorter horizon.",
            exceedances=count,
        ) from few
    xi = float(fit.theta[0])
    effective = 1 / float(probabilities @ probabilities) / overlap
    found = {
        "threshold": fit.location,
        "exceedance_share": float(fit.theta[2]),
        "exceedances": float((losses > fit.location).sum()),
        "xi": xi,
        "xi_error": float(np.sqrt(np.linalg.inv(fit.curvature)[0, 0] / effective)),
        "beta": float(fit.scale * np.exp(fit.theta[1])),
        "mean_excess": fit.scale,
    }
    return ParametricTail(fit, gpd_figures, found, lambda _: extreme_value_doubt(xi))


_ALL = (
    TailModel("historical", "Historical", _historical),
    TailModel("gaussian", "Gaussian", _gaussian),
    TailModel("student_t", "Student-t", _student_t),
    TailModel("cornish_fisher", "Cornish–Fisher", _cornish_fisher),
    TailModel("evt", "Extreme value (peaks over threshold)", _evt),
    TailModel("ewma_filtered", "Historical, scaled to recent volatility", _filtered, needs_order=True),
)
TAIL_MODELS: Mapping[str, TailModel] = MappingProxyType({model.key: model for model in _ALL})
"""Every model by key."""


def fit_tail(model: str, losses: Floats, probabilities: Floats, *, confidence: float) -> FittedTail:
    """Fit a model to losses, checking that it can speak about `confidence`.

    Parameters
    ----------
    model
        A key of `TAIL_MODELS`.
    losses, probabilities
        S losses, positive = bad, in time order for "ewma_filtered".
    confidence
        c in (0.5, 1).

    Returns
    -------
    FittedTail
        With `figures(confidence)`.

    Raises
    ------
    InputError
        There is no such model, or the level lies below the threshold of "evt".
    MissingDataError, NumericalError
        The losses do not support the model.

    Examples
    --------
    >>> losses = np.arange(1.0, 101.0)
    >>> var, cvar = fit_tail("historical", losses, np.full(100, 0.01), confidence=0.95).figures(0.95)
    >>> float(var), round(float(cvar), 9)
    (95.0, 98.0)
    """
    level = check_confidence(confidence)
    if model not in TAIL_MODELS:
        raise InputError(f"There is no tail model {model!r}; choose one of {listed(TAIL_MODELS, most=9)}.")
    if model == "evt":
        _check_threshold(level, THRESHOLD)
    return TAIL_MODELS[model].fit(losses, probabilities)


def _check_threshold(confidence: float, threshold: float) -> None:
    check_confidence(threshold)
    if confidence < threshold:
        raise InputError(
            f"The extreme-value tail begins at the {percent(threshold)} quantile and says nothing about "
            f"{percent(confidence)}; choose a confidence of {percent(threshold)} or more."
        )


def fit_scenarios(
    scenarios: Scenarios, losses: Floats, model: str, confidence: float, threshold: float
) -> FittedTail:
    """Fit a model to the losses of one portfolio on these scenarios, or say why it cannot speak about them.

    Raises
    ------
    InputError
        As for `fit_tail`, or a model that filters by time was given scenarios that are no path.
    MissingDataError, NumericalError
        As for `fit_tail`.
    """
    if model == "evt":
        _check_threshold(confidence, threshold)
        return _evt(losses, scenarios.probabilities, threshold=threshold, overlap=scenarios.overlap)
    if (
        model in TAIL_MODELS
        and TAIL_MODELS[model].needs_order
        and (not scenarios.ordered or scenarios.weighted or scenarios.overlap > 1)
    ):
        instead = (
            "choose the 1-day horizon (one period of the data)"
            if scenarios.overlap > 1
            else "use the plain history, or the historical model"
        )
        raise InputError(
            "Filtering by recent volatility needs single-period scenarios of equal probability in time "
            f"order; {instead}."
        )
    return fit_tail(model, losses, scenarios.probabilities, confidence=confidence)
