"""Why figures of a fitted tail should not be relied on, in words for the reader; None where nothing does."""

from scipy.special import ndtri

from riskcore.measures import percent
from riskcore.numerics.gpd import LEAST_XI
from riskcore.numerics.moment_tails import cornish_fisher_tail

__all__ = ["cornish_fisher_doubt", "extreme_value_doubt", "student_t_doubt"]

# Beyond it lies one day in forty years: too little for what the expansion does there to be judged by.
OUTERMOST = 0.9999
INNERMOST = 0.05


def cornish_fisher_doubt(skewness: float, excess_kurtosis: float, confidence: float) -> str | None:
    """Return whether quantiles of losses of this shape fail to rise with the level, or CVaR is held at VaR.

    Levels from 5 % to 99.99 % are judged. Fat tails break the expansion in the centre first, and the figures
    at ordinary levels with it. Asking for quantiles that rise everywhere would brand nearly normal losses,
    whose expansion turns only far out.

    Examples
    --------
    >>> cornish_fisher_doubt(0.05, 0.0, 0.99) is None, cornish_fisher_doubt(-2.0, 3.0, 0.99) is None
    (True, False)
    """
    reasons = []
    if _least_slope(skewness, excess_kurtosis, confidence) <= 0:
        reasons.append(
            f"Outside the domain of the expansion (skewness of losses {_number(skewness, 2)}, excess "
            f"kurtosis {_number(excess_kurtosis, 1)}): its quantiles do not rise with the level, so the "
            "figures are unreliable."
        )
    var, cvar = cornish_fisher_tail(skewness, excess_kurtosis, confidence)
    if cvar <= var:
        reasons.append(
            f"The expansion's mean loss beyond VaR {percent(confidence)} lies below VaR itself, so CVaR is "
            "shown equal to VaR."
        )
    return " ".join(reasons) or None


def _least_slope(skewness: float, excess_kurtosis: float, confidence: float) -> float:
    """Return the least slope a z² + b z + d of the expanded quantile in z, from z_0.05 to z_0.9999.

    The tail beyond the level is not enough: with fat tails the expansion fails in the centre, where it puts
    too much, and the quantiles at ordinary levels are wrong with it. Far out, where no figure reaches, it may
    fall for data that is nearly normal.

    a = K/8 − S²/6, b = S/3, d = 1 − K/8 + 5S²/36; Maillard (2012), section 3.
    """
    a = excess_kurtosis / 8 - skewness**2 / 6
    b = skewness / 3
    d = 1 - excess_kurtosis / 8 + 5 * skewness**2 / 36
    first, last = float(ndtri(INNERMOST)), float(ndtri(max(confidence, OUTERMOST)))
    lowest = [first, last]
    if a > 0:
        # A parabola that opens upwards may be lowest between the ends.
        lowest.append(min(max(-b / (2 * a), first), last))
    return min(a * z**2 + b * z + d for z in lowest)


def student_t_doubt(nu: float) -> str | None:
    """Return whether a Student-t distribution has too few degrees of freedom for a volatility.

    Examples
    --------
    >>> student_t_doubt(3.0) is None
    True
    """
    if nu >= 2:
        return None
    return f"ν = {nu:.2f}: the fitted distribution has no finite volatility, so its CVaR rests on the model."


def extreme_value_doubt(xi: float) -> str | None:
    """Return whether a fitted tail index leaves no mean, or stopped at its lower limit.

    Examples
    --------
    >>> print(extreme_value_doubt(-0.5))
    ξ reached −0.5, where maximum likelihood stops being regular; use a longer window.
    """
    if xi >= 1:
        return f"ξ = {_number(xi, 2)}: the fitted tail has no finite mean, so CVaR is infinite."
    if xi <= LEAST_XI:
        return (
            f"ξ reached {_number(LEAST_XI, 1)}, where maximum likelihood stops being regular; use a longer "
            "window."
        )
    return None


def _number(value: float, digits: int) -> str:
    """Return the number with a true minus sign, and none before zeros alone."""
    return f"{value:z.{digits}f}".replace("-", "−")
