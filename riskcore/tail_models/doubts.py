"""Why figures of a fitted tail should not be relied on, in words for the reader; None where nothing does."""

from riskcore.measures import percent
from riskcore.numerics.gpd import LEAST_XI
from riskcore.numerics.moment_tails import cornish_fisher_tail, cornish_fisher_valid

__all__ = ["cornish_fisher_doubt", "extreme_value_doubt", "student_t_doubt"]


def cornish_fisher_doubt(skewness: float, excess_kurtosis: float, confidence: float) -> str | None:
    """Return whether losses of this shape leave the expansion's domain, or have their CVaR held at VaR.

    Examples
    --------
    >>> cornish_fisher_doubt(0.0, 1.0, 0.99) is None
    True
    """
    reasons = []
    if not cornish_fisher_valid(skewness, excess_kurtosis):
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
    ξ reached −0.5, where maximum likelihood stops being regular; try another threshold.
    """
    if xi >= 1:
        return f"ξ = {_number(xi, 2)}: the fitted tail has no finite mean, so CVaR is infinite."
    if xi <= LEAST_XI:
        return (
            f"ξ reached {_number(LEAST_XI, 1)}, where maximum likelihood stops being regular; try another "
            "threshold."
        )
    return None


def _number(value: float, digits: int) -> str:
    """Return the number with a true minus sign, and none before zeros alone."""
    return f"{value:z.{digits}f}".replace("-", "−")
