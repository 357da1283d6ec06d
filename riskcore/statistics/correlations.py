"""Daily and weekly correlations side by side, to see whether closes happen at the same time."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError, listed
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.results.statistics import CorrelationComparison
from riskcore.scenarios import Scenarios

__all__ = ["correlation_comparison", "is_constant", "rounding_of"]

Floats = NDArray[np.float64]
# Spread below this share of the largest return is rounding of a constant.
NO_SPREAD = 1e-10
FEWEST_WEEKS = 30
# A daily correlation is called understated when the weekly one is this much farther from zero,
# and the difference is this many standard errors (Fisher's z).
UNDERSTATED_BY = 0.15
STANDARD_ERRORS = 3.0


def correlation_comparison(scenarios: Scenarios) -> CorrelationComparison:
    """Return daily and weekly correlations, and the pairs whose daily one misses much of what they share.

    Markets that close hours apart react to the same news on different dates: the daily correlation is too
    low, the weekly one nearly right, and one market leads. A pair counts as understated when the weekly
    correlation is at least 0.15 farther from zero and the difference in Fisher's z is above 3 standard
    errors √(1/(weeks − 3) + 1/(days − 3)).

    Raises
    ------
    InputError
        The scenarios are no dated history, are not daily, or an asset never moves.
    MissingDataError
        There are fewer than 30 complete weeks, or fewer than two assets.

    Examples
    --------
    >>> late = np.random.default_rng(0).normal(0, 0.01, 600)
    >>> table = pd.DataFrame({"US": late, "ASIA": np.roll(late, 1)},
    ...                      index=pd.date_range("2024-01-01", periods=600, freq="B"))
    >>> found = correlation_comparison(Scenarios.from_returns(table, periods_per_year=252))
    >>> found.understated[["first", "second", "leader"]].to_numpy().tolist()
    [['US', 'ASIA', 'US']]
    """
    days = trading_dates(scenarios, "A comparison of daily and weekly correlations")
    if spacing(days) != "day":
        raise InputError("A comparison of daily and weekly correlations needs daily rows; these are sparser.")
    if scenarios.size < 2:
        raise MissingDataError("A correlation needs at least two assets; choose another one.")
    weeks = weekly(scenarios)
    if weeks.count < FEWEST_WEEKS:
        raise MissingDataError(
            f"Weekly correlations need at least {FEWEST_WEEKS} complete weeks; the window has {weeks.count}. "
            "Choose a longer window."
        )
    still = [a for a, r in zip(scenarios.assets, scenarios.returns.T, strict=True) if is_constant(r)]
    if still:
        raise InputError(
            f"{listed(still)} never moves in this window and has no correlation; leave it out.", assets=still
        )
    by_day, by_week = _standardised(scenarios.returns), _standardised(weeks.returns)
    daily, week = by_day.T @ by_day / scenarios.count, by_week.T @ by_week / weeks.count
    lead = by_day[:-1].T @ by_day[1:] / scenarios.count
    names = list(scenarios.assets)
    return CorrelationComparison(
        daily=pd.DataFrame(daily, index=names, columns=names),
        weekly=pd.DataFrame(week, index=names, columns=names),
        days=scenarios.count,
        weeks=weeks.count,
        pairs=_pairs(names, daily, week, lead, math.sqrt(1 / (weeks.count - 3) + 1 / (scenarios.count - 3))),
    )


def is_constant(returns: Floats) -> bool:
    """Return whether the returns differ by rounding only."""
    return float(np.ptp(returns)) <= rounding_of(returns)


def rounding_of(returns: Floats, weights: Floats | None = None) -> float:
    """Return the spread that is rounding: 1e-10 of the largest return, of long and short legs added up.

    Legs that cancel (0.3 and −0.3 of the same) leave rounding behind, which is not volatility.
    """
    legs = np.abs(returns) if weights is None else np.abs(returns) @ np.abs(weights)
    return NO_SPREAD * float(legs.max())


def _pairs(names: list[str], daily: Floats, week: Floats, lead: Floats, error: float) -> pd.DataFrame:
    first, second = np.triu_indices(len(names), 1)
    d, w = daily[first, second], week[first, second]
    farther = (w - d) * np.sign(w)
    # Identical assets have correlation 1, whose Fisher z is infinite.
    z = np.arctanh(np.clip(w, -1 + 1e-15, 1 - 1e-15)) - np.arctanh(np.clip(d, -1 + 1e-15, 1 - 1e-15))
    forth, back = lead[first, second], lead[second, first]
    ahead = np.abs(forth) >= np.abs(back)
    labels = np.array(names, dtype=object)
    table = pd.DataFrame(
        {
            "first": labels[first],
            "second": labels[second],
            "daily": d,
            "weekly": w,
            "understatement": farther,
            "leader": np.where(ahead, labels[first], labels[second]),
            "lead_correlation": np.where(ahead, forth, back),
            "understated": (farther >= UNDERSTATED_BY) & (np.abs(z) > STANDARD_ERRORS * error),
        }
    )
    return table.sort_values("understatement", ascending=False, kind="stable", ignore_index=True)


def _standardised(returns: Floats) -> Floats:
    return np.asarray((returns - returns.mean(axis=0)) / returns.std(axis=0), dtype=np.float64)
