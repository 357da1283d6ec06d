"""Acerbi–Szekely tests of CVaR forecasts, with critical values simulated from the forecasts themselves."""

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.tail import check_confidence
from riskcore.results.validation import CvarTestResult

__all__ = ["TAIL_STEPS", "acerbi_szekely", "statistics"]

Floats = NDArray[np.float64]
SIMULATIONS = 5000
# Mid-points, in log probability, of the bands a tail is cut into: from 1e-5 of the tail up to all of it.
_EDGES = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 160)])
TAIL_STEPS = np.concatenate([[0.5e-5], np.sqrt(_EDGES[1:-1] * _EDGES[2:])])
"""Shares v of the tail, in (0, 1): forecasts are asked for VaR at 1 − (1 − c) v."""
_CHANCES = np.diff(_EDGES)


def statistics(losses: Floats, var: Floats, cvar: Floats, *, confidence: float) -> tuple[float, float]:
    """Return Z1 = 1 − mean over exceptions of l/CVaR, and Z2 = 1 − Σ_{exceptions} l/CVaR / (T (1 − c)).

    Losses, VaR and CVaR are positive = bad; an exception is l > VaR. Z1 is NaN without exceptions.

    References
    ----------
    Acerbi and Szekely (2014), Back-testing expected shortfall, Risk, eqs. 5 and 6.

    Examples
    --------
    >>> losses = np.array([0.0, 3.0, 0.0, 1.0])
    >>> found = statistics(losses, np.full(4, 1.5), np.full(4, 2.0), confidence=0.75)
    >>> tuple(round(z, 12) for z in found)
    (-0.5, -0.5)
    """
    tail = 1 - check_confidence(confidence)
    if not losses.shape == var.shape == cvar.shape or losses.ndim != 1:
        raise InputError("Losses, VaR and CVaR must be three vectors of the same length.")
    if losses.size == 0:
        raise MissingDataError("There are no forecasts to test.")
    if cvar.min() <= 0:
        raise InputError("A CVaR forecast is zero or negative, so losses cannot be measured in units of it.")
    ratios = (losses / cvar)[losses > var]
    z1 = 1 - float(ratios.mean()) if ratios.size else np.nan
    return z1, 1 - float(ratios.sum()) / (losses.size * tail)


def acerbi_szekely(
    losses: Floats,
    var: Floats,
    cvar: Floats,
    tails: Floats,
    *,
    confidence: float,
    rng: np.random.Generator,
    simulations: int = SIMULATIONS,
) -> tuple[CvarTestResult, CvarTestResult]:
    """Test CVaR forecasts: Z1 (size of the exceptions) and Z2 (size and number).

    Under the hypothesis every day is an exception with probability 1 − c, and an exception is drawn from the
    forecast's own tail. Simulated statistics give the critical value and the p-value; both tests are
    one-sided, against CVaR that is too small.

    Parameters
    ----------
    losses, var, cvar
        T days: what happened and what was forecast.
    tails
        T × steps, or 1 × steps: VaR at 1 − (1 − c) v over CVaR for each v of `TAIL_STEPS`.
    confidence, rng, simulations
        c; the random generator; at least 200.

    Returns
    -------
    tuple
        Z1 and Z2.

    Raises
    ------
    ConfidenceError, InputError, MissingDataError
        The level, the shapes or the number of simulations do not serve, or there is nothing to test.

    References
    ----------
    Acerbi and Szekely (2014), Back-testing expected shortfall, Risk.

    Examples
    --------
    >>> from riskcore.numerics.moment_tails import gaussian_tail
    >>> rng = np.random.default_rng(0)
    >>> z, es = gaussian_tail(0.975)
    >>> tails = (gaussian_tail(1 - 0.025 * TAIL_STEPS)[0] / es)[None]
    >>> days = np.ones(1000)
    >>> losses = rng.standard_t(3, 1000)
    >>> _, z2 = acerbi_szekely(losses, z * days, es * days, tails, confidence=0.975, rng=rng)
    >>> z2.rejected
    True
    """
    z1, z2 = statistics(losses, var, cvar, confidence=confidence)
    if tails.ndim != 2 or tails.shape[1] != TAIL_STEPS.size or tails.shape[0] not in (1, losses.size):
        raise InputError(f"The tails must have {TAIL_STEPS.size} columns and one row, or one row per day.")
    if simulations < 200:
        raise InputError(f"Critical values need at least 200 simulations; got {simulations}.")
    null1, null2 = _simulated(tails, losses.size, 1 - confidence, simulations, rng)
    return (
        _verdict("Acerbi–Szekely Z1: size of exceptions", z1, null1[np.isfinite(null1)], simulations),
        _verdict("Acerbi–Szekely Z2: size and number", z2, null2, simulations),
    )


def _simulated(
    tails: Floats, days: int, tail: float, simulations: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    hits = rng.binomial(days, tail, simulations)
    total = int(hits.sum())
    # Which days and how deep in the tail: every exception of every simulation at once.
    day = rng.integers(0, tails.shape[0], total)
    step = rng.choice(TAIL_STEPS.size, total, p=_CHANCES)
    run = np.repeat(np.arange(simulations), hits)
    sums = np.bincount(run, weights=tails[day, step], minlength=simulations)
    means = np.divide(sums, hits, out=np.full(simulations, np.nan), where=hits > 0)
    return 1 - means, 1 - sums / (days * tail)


def _verdict(name: str, statistic: float, null: Floats, simulations: int) -> CvarTestResult:
    if not np.isfinite(statistic) or null.size == 0:
        note = "There is no exception, so nothing is known about the size of one."
        return CvarTestResult(name, np.nan, np.nan, np.nan, simulations, note)
    # One is added to both counts: the observed value is itself one draw under the hypothesis.
    p_value = (1 + int((null <= statistic).sum())) / (1 + null.size)
    return CvarTestResult(name, statistic, float(np.quantile(null, 0.05)), p_value, simulations)
