"""Which factors share their moves: groups to read together, pegged exchange rates to leave out."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.results.factors import FactorContributionResult
from riskcore.scenarios import Scenarios

__all__ = ["HALF_SHARED", "PEGGED", "factor_groups", "joint_bet", "pegged_rates"]

# Correlation, either way, at which two factors share half of their variance.
HALF_SHARED = 0.5**0.5
# Volatility per year below which an exchange rate is held. Floating pairs move by 5 % and more; the Hong Kong
# dollar by 0.6 % against the dollar, twice that while it crosses its band, the Danish crown by 0.3 % against
# the euro.
PEGGED = 0.02


def factor_groups(covariance: pd.DataFrame, *, above: float = HALF_SHARED) -> tuple[tuple[str, ...], ...]:
    """Return the factors in groups linked by correlations above a bound, a factor on its own where none is.

    Two factors are in one group when a chain of |correlations| > `above` links them. Between the factors of a
    group a regression splits risk by small differences; what the group carries together does not depend on
    them.

    Parameters
    ----------
    covariance
        k × k of the factors, such as `ExposureResult.factor_covariance`.
    above
        In [0, 1).

    Returns
    -------
    tuple
        Groups in the order of their first factor, factors in their order.

    Raises
    ------
    InputError
        The bound is not in [0, 1), or a factor does not move.

    Examples
    --------
    >>> names = ["SPY", "QQQ", "BND"]
    >>> c = pd.DataFrame([[1.0, 0.9, 0.1], [0.9, 1.0, 0.1], [0.1, 0.1, 1.0]], names, names)
    >>> factor_groups(c)
    (('SPY', 'QQQ'), ('BND',))
    """
    if not 0.0 <= above < 1.0:
        raise InputError(f"The correlation that links factors lies in [0, 1), got {above:g}.", above=above)
    names = [str(name) for name in covariance.columns]
    values = covariance.to_numpy(dtype=np.float64)
    variance = np.diag(values)
    flat = [name for name, own in zip(names, variance, strict=True) if not own > 0.0]
    if flat:
        raise InputError(f"The factor {listed(flat)} does not move and has no correlation; leave it out.")
    linked = np.abs(values) > above * np.sqrt(np.outer(variance, variance))
    group = list(range(len(names)))
    for first in range(len(names)):
        for second in range(first):
            if linked[first, second]:
                old, new = max(group[first], group[second]), min(group[first], group[second])
                group = [new if one == old else one for one in group]
    return tuple(
        tuple(name for name, one in zip(names, group, strict=True) if one == number)
        for number in dict.fromkeys(group)
    )


def joint_bet(
    found: FactorContributionResult, groups: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], float]:
    """Return the hidden common bet: the group with the largest joint contribution, and its share of the risk.

    The share is NaN where the total is too near zero for shares (`found.relative_defined`).

    Raises
    ------
    AssetMismatchError
        The groups do not hold every factor once.

    Examples
    --------
    >>> parts = pd.Series({"SPY": 0.003, "QQQ": 0.004, "BND": 0.005})
    >>> one = FactorContributionResult("A", "volatility", "Volatility", None, 0.012, parts, parts,
    ...                                pd.Series({"X": 0.0}), 0.0, 0.0)
    >>> names, share = joint_bet(one, [("SPY", "QQQ"), ("BND",)])
    >>> names, round(share, 4)
    (('SPY', 'QQQ'), 0.5833)
    """
    given = [str(name) for group in groups for name in group]
    known = [str(name) for name in found.factors.index]
    if sorted(given) != sorted(known):
        wrong = [n for n in given if n not in known] + [n for n in known if given.count(n) != 1]
        raise AssetMismatchError(
            f"Groups hold every factor once; {listed(dict.fromkeys(wrong))} is missing, twice or unknown.",
            factors=wrong,
        )
    carried = [float(found.factors[list(group)].sum()) for group in groups]
    place = int(np.argmax(carried))
    share = carried[place] / found.total if found.relative_defined else float("nan")
    return tuple(str(name) for name in groups[place]), share


def pegged_rates(
    scenarios: Scenarios, rates: Mapping[str, str], *, below: float = PEGGED
) -> dict[str, tuple[str | None, float]]:
    """Return the exchange rates held by a peg, each with what holds it and how much it moves per year.

    A rate whose volatility is below the bound follows the base currency: None. One whose cross rate to
    another rate of the list, (1 + x_1) / (1 + x_2) − 1, moves less than the bound follows that currency; the
    one more assets are in is kept. A regression on a rate that hardly moves divides by almost nothing: its
    exposures are noise of the size of what else moved, and belong to no shock one could think of.

    Parameters
    ----------
    scenarios
        Returns of the rates as columns, weekly where there are days.
    rates
        Asset to the column of its rate.
    below
        Volatility per year, positive.

    Raises
    ------
    AssetMismatchError
        A rate is not among the columns.
    InputError
        The bound is not positive.
    MissingDataError
        There are fewer than two rows.

    Examples
    --------
    >>> moves = np.array([[0.02, 0.02], [-0.02, -0.02], [0.01, 0.0101], [-0.01, -0.0101]])
    >>> s = Scenarios(moves, ("USD in EUR", "HKD in EUR"), periods_per_year=52)
    >>> found = pegged_rates(s, {"SPY": "USD in EUR", "HANGSENG": "HKD in EUR"})
    >>> {rate: (anchor, round(moved, 5)) for rate, (anchor, moved) in found.items()}
    {'HKD in EUR': ('USD in EUR', 0.00051)}
    """
    if not below > 0.0:
        raise InputError(f"The volatility of a peg is bounded by a positive number, got {below:g}.")
    if scenarios.count < 2:
        raise MissingDataError("Whether a rate is pegged shows in two returns or more.", rows=scenarios.count)
    names = [name for name, _ in Counter(rates.values()).most_common()]
    unknown = [name for name in names if name not in scenarios.assets]
    if unknown:
        raise AssetMismatchError(f"No returns for {listed(unknown)}.", unknown=unknown)
    kept: dict[str, np.ndarray] = {}
    held: dict[str, tuple[str | None, float]] = {}
    for name in names:
        own = 1.0 + scenarios.returns[:, scenarios.assets.index(name)]
        against: dict[str | None, np.ndarray] = {None: own}
        against |= {other: own / move for other, move in kept.items()}
        moved = {anchor: _per_year(cross, scenarios) for anchor, cross in against.items()}
        anchor = min(moved, key=lambda one: moved[one])
        if moved[anchor] < below:
            held[name] = (anchor, moved[anchor])
        else:
            kept[name] = own
    return held


def _per_year(gross: np.ndarray, scenarios: Scenarios) -> float:
    """Return the volatility per year of gross returns under the probabilities."""
    p = scenarios.probabilities
    return float(np.sqrt(p @ (gross - p @ gross) ** 2 * scenarios.periods_per_year))
