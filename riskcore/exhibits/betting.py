"""What becomes of gamblers who stake a share of their money on a bet with an edge, again and again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.growth import log_growth
from riskcore.results.exhibits import BettingOdds
from riskcore.sizing import binary_kelly

__all__ = ["betting_odds"]

Floats = NDArray[np.float64]
LEVELS = (0.5, 0.1, 0.9)
MOST_BETS = 100_000


def betting_odds(
    win_probability: float, odds: float, *, multiples: Sequence[float], bets: int
) -> BettingOdds:
    """Return quantiles of the wealth of gamblers who stake multiples of Kelly's fraction, exactly.

    After n bets with K wins the wealth is (1 + m f* b)^K (1 − m f*)^(n − K), never below 0, and K is
    binomial. Wealth rises with K, so its q-quantile is that of K put in: nothing is simulated. The median
    grows at the expected log growth, which is largest at m = 1 and, for small bets, back at zero near m = 2.

    Parameters
    ----------
    win_probability, odds
        Of the bet, as in `riskcore.sizing.binary_kelly`; it must have an edge.
    multiples
        Of Kelly's fraction, ≥ 0.
    bets
        Bets in a row, at most 100,000.

    Raises
    ------
    InputError
        The bet has no edge, or a setting lies outside its range.

    Examples
    --------
    >>> found = betting_odds(0.6, 1, multiples=[1, 2], bets=9)
    >>> round(found.kelly, 6), found.growth.round(4).tolist()
    (0.2, [0.0201, -0.0024])
    >>> found.median.iloc[-1].round(3).tolist()  # 5 wins of 9
    [1.019, 0.697]
    """
    kelly = binary_kelly(win_probability, odds)
    if kelly <= 0.0:
        raise InputError(
            "This bet loses on average, so there is nothing to stake on it; raise p or the odds."
        )
    stakes = np.asarray(multiples, dtype=np.float64)
    if stakes.size == 0 or not (np.isfinite(stakes) & (stakes >= 0.0)).all():
        raise InputError("Stakes are multiples of Kelly's fraction: finite numbers from 0.")
    if not 1 <= bets <= MOST_BETS:
        raise InputError(f"Make at least one bet and at most {MOST_BETS:,}, not {bets:,}.")
    columns = pd.Index(stakes, name="multiple of Kelly")
    median, low, high = (
        pd.DataFrame(
            _wealth(level, win_probability, odds, stakes * kelly, bets), columns=columns
        ).rename_axis("bets")
        for level in LEVELS
    )
    chances = np.array([win_probability, 1.0 - win_probability])
    exact = log_growth(np.array([odds, -1.0]), 1.0, chances, stakes * kelly)
    return BettingOdds(median, low, high, pd.Series(exact, index=columns), kelly)


def _wealth(level: float, win_probability: float, odds: float, fractions: Floats, bets: int) -> Floats:
    """Return a quantile of wealth after 0, 1, … bets (rows) at each fraction (columns)."""
    from scipy.stats import binom  # a second to import, and only this exhibit needs it

    made = np.arange(bets + 1)
    wins = np.append(0.0, binom.ppf(level, made[1:], win_probability))
    losses = (made - wins)[:, None]
    left = np.maximum(1.0 - fractions, 0.0)
    # Where a loss leaves nothing, a gambler who never lost still has it all: 0⁰ = 1.
    return np.asarray(np.exp(np.outer(wins, np.log1p(fractions * odds))) * left**losses, dtype=np.float64)
