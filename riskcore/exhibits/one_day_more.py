"""How far portfolios move when one day is added to what they are estimated from."""

from collections.abc import Sequence

import pandas as pd

from riskcore.allocation import ALLOCATORS, allocate
from riskcore.errors import InputError, MissingDataError, NumericalError, listed
from riskcore.results.exhibits import OneDayMore
from riskcore.scenarios import Scenarios

__all__ = ["one_day_more"]


def one_day_more(
    scenarios: Scenarios, methods: Sequence[str], *, rows: int, days: int, confidence: float = 0.95
) -> OneDayMore:
    """Solve allocators on windows of `rows` rows, and with the next row as well; compare the weights.

    For each of the last `days` rows t: weights from rows t − rows … t − 1, and from t − rows … t. The
    turnover ½ Σ|Δw| is what one more observation, of rows + 1, changes.

    Parameters
    ----------
    scenarios
        A history: rows in time order.
    methods
        Keys of `riskcore.allocation.ALLOCATORS`.
    rows
        Length of the estimation window before the day is added, at least twice the number of assets.
    days
        How many days are tried, each on its own window.
    confidence
        For the allocators that need one.

    Raises
    ------
    InputError
        An unknown allocator, rows that are no history, or settings out of range.
    MissingDataError
        Fewer rows than the windows need.
    NumericalError
        An allocator has no answer on one of the windows; names it and the day.

    References
    ----------
    Michaud (1989), The Markowitz optimization enigma: is "optimized" optimal?

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.random.default_rng(1).normal(0.001, 0.01, (60, 3))
    >>> s = Scenarios(returns, ("A", "B", "C"), 252, ordered=True)
    >>> found = one_day_more(s, ["equal_weight", "maximum_sharpe"], rows=40, days=10)
    >>> bool(found.worst["equal_weight"] == 0.0 and found.worst["maximum_sharpe"] > 0.01)
    True
    """
    unknown = [m for m in methods if m not in ALLOCATORS]
    if unknown or not methods:
        raise InputError(
            f"No allocator is called {listed(unknown) or 'nothing'}; choose from {listed(ALLOCATORS)}."
        )
    if not scenarios.ordered or scenarios.weighted:
        raise InputError("Adding a day needs a history: rows in time order and of equal probability.")
    if rows < 2 * scenarios.size or days < 1:
        raise InputError(
            f"Use windows of at least {2 * scenarios.size} rows (twice the assets) and at least one day; got "
            f"{rows} and {days}."
        )
    if scenarios.count < rows + days:
        raise MissingDataError(
            f"{days} days after windows of {rows} rows need {rows + days} rows; there are {scenarios.count}."
        )
    first = scenarios.count - days
    turnover, pairs = {}, {}
    for method in methods:
        moved, worst = [], -1.0
        for last in range(first, scenarios.count):
            before = _weights(scenarios, method, last - rows, last, confidence)
            after = _weights(scenarios, method, last - rows, last + 1, confidence)
            moved.append(0.5 * float((after - before).abs().sum()))
            if moved[-1] > worst:
                worst, pairs[method] = moved[-1], (before, after)
        turnover[method] = moved
    return OneDayMore(
        turnover=pd.DataFrame(turnover, index=scenarios.index[first:]),
        before=pd.DataFrame({m: pair[0] for m, pair in pairs.items()}).T,
        after=pd.DataFrame({m: pair[1] for m, pair in pairs.items()}).T,
        rows=rows,
    )


def _weights(scenarios: Scenarios, method: str, start: int, stop: int, confidence: float) -> pd.Series:
    window = Scenarios(
        scenarios.returns[start:stop],
        scenarios.assets,
        scenarios.periods_per_year,
        index=scenarios.index[start:stop],
        ordered=True,
    )
    level = confidence if ALLOCATORS[method].uses_confidence else None
    try:
        return allocate(method, window, confidence=level).weights
    except NumericalError as error:
        day = str(scenarios.index[stop - 1])[:10]
        raise type(error)(f"{ALLOCATORS[method].label} until {day}: {error}", **error.details) from error
