"""Weights of shares that are never traded, through time."""

import pandas as pd

from riskcore.errors import InputError, MissingDataError
from riskcore.figures.backtest import stacked_areas
from riskcore.figures.drawing import Drawing, check_names, readable_index
from riskcore.figures.theme import Theme
from riskcore.figures.words import dated, percent, shorten

__all__ = ["draw_drift", "month_ends"]

MOST_ASSETS = 7


def month_ends(weights: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of every month.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-30", "2024-01-31", "2024-02-01"])
    >>> month_ends(pd.DataFrame({"A": [1.0, 2.0, 3.0]}, index=days))["A"].tolist()
    [2.0, 3.0]
    """
    days = pd.DatetimeIndex(weights.index)
    return weights.groupby([days.year, days.month]).tail(1)


def draw_drift(weights: pd.DataFrame, *, theme: Theme, name: str) -> Drawing:
    """Draw what shares would have weighed at the end of every month, as stacked areas.

    Parameters
    ----------
    weights
        Dates × assets, fractions of the value; rows add up to 1.
    theme
        LIGHT or DARK.
    name
        What the shares are called, such as "A".

    Raises
    ------
    InputError
        A weight is negative.
    MissingDataError
        There are fewer than two months.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> days = pd.date_range("2024-01-31", periods=3, freq="ME")
    >>> frame = pd.DataFrame({"SPY": [0.5, 0.6, 0.7], "BND": [0.5, 0.4, 0.3]}, index=days)
    >>> draw_drift(frame, theme=LIGHT, name="A").title
    'Weights of A’s shares if they had never been traded, % of value'
    """
    check_names([name])
    if float(weights.to_numpy().min()) < -1e-9:
        raise InputError(f"{shorten(name)} holds short positions, which stacked areas cannot show.")
    monthly = month_ends(weights)
    if len(monthly) < 2:
        raise MissingDataError("Weights through time need at least two months of common history.")
    order = monthly.iloc[-1].sort_values(ascending=False, kind="stable").index
    kept = order if len(order) <= MOST_ASSETS + 1 else order[:MOST_ASSETS]
    drawn = monthly[list(kept)]
    if len(kept) < len(order):
        drawn = drawn.assign(**{f"other {len(order) - len(kept)}": monthly[order[MOST_ASSETS:]].sum(axis=1)})
    first, last = monthly.index[0], monthly.index[-1]
    top = str(order[0])
    before, after = (percent(float(monthly[top].iloc[row])) for row in (0, -1))
    return Drawing(
        stacked_areas(drawn, theme),
        f"Weights of {shorten(name)}’s shares if they had never been traded, % of value",
        f"Stacked areas of weights at {len(monthly)} month ends. Largest at the end: {shorten(top)}, with "
        f"{before} on {dated(first)} and {after} on {dated(last)}.",
        (100.0 * monthly)
        .add_suffix(" (% of value)")
        .pipe(lambda t: t.set_axis(readable_index(t.index, "date"))),
        "The number of shares of today, valued at the prices of each month end: no purchase, no sale. This "
        "is how shares drift; the risk figures of every page hold the latest weights constant instead.",
    )
