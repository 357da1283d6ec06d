"""Tests on VaR exceptions: their number (Kupiec, traffic light), independence (Christoffersen), both."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, xlogy

from riskcore.errors import InputError, MissingDataError
from riskcore.numerics.tail import check_confidence
from riskcore.results.validation import LikelihoodRatioResult, TrafficLightResult

__all__ = ["conditional_coverage", "independence", "kupiec", "nonrejection_region", "traffic_light"]

Flags = NDArray[np.bool_]
YELLOW, RED = 0.95, 0.9999


def kupiec(exceptions: int, observations: int, *, confidence: float) -> LikelihoodRatioResult:
    """Test whether the share of exceptions is 1 − c (proportion of failures).

    LR = 2 log[π̂^x (1−π̂)^{T−x} / ((1−c)^x c^{T−x})] with π̂ = x/T, χ² with one degree of freedom.

    Parameters
    ----------
    exceptions, observations
        x and T, 0 ≤ x ≤ T.
    confidence
        c of the forecasts, in (0.5, 1).

    Raises
    ------
    ConfidenceError
        The level is outside (0.5, 1).
    InputError
        The counts do not fit together.

    References
    ----------
    Kupiec (1995), Journal of Derivatives 3.

    Examples
    --------
    >>> found = kupiec(57, 1043, confidence=0.95)
    >>> round(found.statistic, 5), round(found.p_value, 5), found.rejected
    (0.46147, 0.49694, False)
    """
    tail = 1 - check_confidence(confidence)
    _check_counts(exceptions, observations)
    x, n = exceptions, observations
    observed = xlogy(x, x / n) + xlogy(n - x, 1 - x / n)
    expected = x * np.log(tail) + (n - x) * np.log1p(-tail)
    return _ratio("Kupiec: number of exceptions", 2 * (observed - expected), 1)


def nonrejection_region(
    observations: int, *, confidence: float, significance: float = 0.05
) -> tuple[int, int]:
    """Return the fewest and the most exceptions that Kupiec's test accepts.

    Examples
    --------
    >>> nonrejection_region(255, confidence=0.95)
    (7, 20)
    """
    check_confidence(confidence)
    if not 0 < significance < 1:
        raise InputError(f"The significance level lies between 0 and 1; got {significance:g}.")
    _check_counts(0, observations)
    accepted = [
        x
        for x in range(observations + 1)
        if kupiec(x, observations, confidence=confidence).p_value >= significance
    ]
    return accepted[0], accepted[-1]


def independence(exceptions: ArrayLike) -> LikelihoodRatioResult:
    """Test whether an exception is as likely after an exception as after a quiet day.

    LR = 2 log[L(π̂₀₁, π̂₁₁) / L(π̂)] over the T − 1 transitions, χ² with one degree of freedom. Without any
    exception before the last day there is nothing to compare.

    Parameters
    ----------
    exceptions
        T flags in time order.

    Raises
    ------
    MissingDataError
        Fewer than two observations.

    References
    ----------
    Christoffersen (1998), International Economic Review 39, section 3.2.

    Examples
    --------
    >>> flags = np.tile([True, True, False, False, False, False], 30)
    >>> independence(flags).rejected
    True
    """
    flags = _checked_flags(exceptions)
    before, after = flags[:-1], flags[1:]
    n00, n01 = int((~before & ~after).sum()), int((~before & after).sum())
    n10, n11 = int((before & ~after).sum()), int((before & after).sum())
    name = "Christoffersen: independence"
    if n10 + n11 == 0 or n00 + n01 == 0:
        return LikelihoodRatioResult(
            name,
            np.nan,
            1,
            np.nan,
            "There are not both exceptions and quiet days to compare what follows them.",
        )
    separate = _log_likelihood(n00, n01) + _log_likelihood(n10, n11)
    return _ratio(name, 2 * (separate - _log_likelihood(n00 + n10, n01 + n11)), 1)


def conditional_coverage(exceptions: ArrayLike, *, confidence: float) -> LikelihoodRatioResult:
    """Test number and independence together: the sum of both statistics, χ² with two degrees of freedom.

    Without an answer from `independence` there is none here. Kupiec's part counts all T observations.

    Raises
    ------
    ConfidenceError, MissingDataError
        As for the two tests.

    References
    ----------
    Christoffersen (1998), International Economic Review 39, section 3.3.

    Examples
    --------
    >>> flags = np.tile([True] + 19 * [False], 20)
    >>> conditional_coverage(flags, confidence=0.95).rejected
    False
    """
    flags = _checked_flags(exceptions)
    apart = independence(flags)
    number = kupiec(int(flags.sum()), flags.size, confidence=confidence)
    name = "Christoffersen: conditional coverage"
    if apart.note is not None:
        return LikelihoodRatioResult(name, np.nan, 2, np.nan, apart.note)
    return _ratio(name, apart.statistic + number.statistic, 2)


def traffic_light(exceptions: int, observations: int, *, confidence: float) -> TrafficLightResult:
    """Return the Basel zone of a number of exceptions.

    Yellow begins where P(X ≤ x) reaches 95 %, red where it reaches 99.99 %, X binomial (T, 1 − c). For 250
    days at 99 % that is 5 and 10; the rule carries over to any T and c.

    Raises
    ------
    ConfidenceError, InputError
        As for `kupiec`.

    References
    ----------
    Basel Committee (1996), Supervisory framework for the use of "backtesting", tables 1 and 2.

    Examples
    --------
    >>> light = traffic_light(6, 250, confidence=0.99)
    >>> light.zone, light.yellow_from, light.red_from
    ('yellow', 5, 10)
    """
    from scipy.stats import binom  # half a second to import, and only this verdict needs it

    tail = 1 - check_confidence(confidence)
    _check_counts(exceptions, observations)
    law = binom(observations, tail)
    yellow, red = int(law.ppf(YELLOW)), int(law.ppf(RED))
    return TrafficLightResult(
        zone="red" if exceptions >= red else "yellow" if exceptions >= yellow else "green",
        exceptions=exceptions,
        observations=observations,
        expected=observations * tail,
        yellow_from=yellow,
        red_from=red,
        probability=float(law.cdf(exceptions)),
    )


def _check_counts(exceptions: int, observations: int) -> None:
    if observations < 1 or not 0 <= exceptions <= observations:
        raise InputError(
            f"{exceptions} exceptions in {observations} observations do not fit together; "
            "give counts with 0 ≤ exceptions ≤ observations."
        )


def _checked_flags(exceptions: ArrayLike) -> Flags:
    flags = np.asarray(exceptions)
    if flags.dtype != np.bool_ or flags.ndim != 1:
        raise InputError("Exceptions must be one vector of true and false, in time order.")
    if flags.size < 2:
        raise MissingDataError(f"Independence needs at least 2 observations; got {flags.size}.")
    return flags


def _log_likelihood(quiet: int, hits: int) -> float:
    total = quiet + hits
    return float(xlogy(quiet, quiet / total) + xlogy(hits, hits / total))


def _ratio(name: str, statistic: float, degrees: int) -> LikelihoodRatioResult:
    # A perfect fit can come out as −1e-16.
    value = max(float(statistic), 0.0)
    return LikelihoodRatioResult(name, value, degrees, float(chdtrc(degrees, value)))
