"""The worst scenarios of a portfolio, each a separate event, with the assets that made them."""

import numpy as np
import pandas as pd

from riskcore.errors import InputError
from riskcore.measures import portfolio_losses
from riskcore.portfolio import Portfolio
from riskcore.results import WorstResult
from riskcore.scenarios import Scenarios

__all__ = ["worst_scenarios"]


def worst_scenarios(
    scenarios: Scenarios, portfolio: Portfolio | pd.Series, *, count: int = 10
) -> WorstResult:
    """Return the scenarios with the largest losses, worst first, and the loss each asset made in them.

    loss_s = −Σ_i w_i R_si; by asset −w_i R_si, which add up to the loss. Where rows overlap (h-period
    compounding), one event would fill the list with shifted copies of itself: a row is passed over when it
    shares a period with a worse one already listed. Impossible scenarios (probability 0) are left out.

    Parameters
    ----------
    scenarios, portfolio
        S × n returns and one weight per asset, matched by label.
    count
        How many at most; fewer come back when there are not so many separate ones.

    Returns
    -------
    WorstResult
        Losses per period as fractions of value, positive = lost.

    Raises
    ------
    InputError
        `count` is below 1.
    AssetMismatchError
        Weights and scenarios name different assets.

    Examples
    --------
    >>> s = Scenarios(np.array([[-0.04, 0.01], [0.02, 0.00], [-0.01, -0.01]]), ("SPY", "BND"),
    ...               periods_per_year=252)
    >>> found = worst_scenarios(s, Portfolio("A", {"SPY": 0.5, "BND": 0.5}), count=2)
    >>> found.rows.tolist(), found.losses.round(4).tolist()
    ([0, 2], [0.015, 0.01])
    """
    if count < 1:
        raise InputError(f"Ask for at least one scenario, not {count}.")
    name, weights, losses = portfolio_losses(scenarios, portfolio)
    reach = scenarios.overlap if scenarios.ordered else 1
    free = scenarios.probabilities > 0
    chosen: list[int] = []
    for row in np.argsort(-losses, kind="stable"):
        if len(chosen) == count:
            break
        if free[row]:
            chosen.append(int(row))
            free[max(0, row - reach + 1) : row + reach] = False
    rows = np.array(chosen, dtype=np.intp)
    labels = scenarios.index[rows]
    return WorstResult(
        portfolio=name,
        rows=rows,
        losses=pd.Series(losses[rows], index=labels, name=name),
        by_asset=pd.DataFrame(
            -scenarios.returns[rows] * weights, index=labels, columns=list(scenarios.assets)
        ),
    )
