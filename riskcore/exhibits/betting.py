"""What becomes of gamblers who stake a share of their money on a bet with an edge, again and again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskcore.errors import InputError
from riskcore.numerics.growth import log_growth
from riskcore.results.exhibits import BettingPaths
from riskcore.sizing import binary_kelly

__all__ = ["betting_paths"]

LOW, HIGH = 10.0, 90.0


def betting_paths(
    win_probability: float,
    odds: float,
    *,
    multiples: Sequence[float],
    bets: int,
    paths: int,
    rng: np.random.Generator,
) -> BettingPaths:
    """Simulate gamblers who stake multiples of Kelly's fraction on the same wins and losses.

    Wealth is multiplied by 1 + m f* b with probability p, else by 1 − m f* (never below 0). The median
    gambler grows at the expected log growth, which is largest at m = 1 and, for small bets, back at zero near
    m = 2.

    Parameters
    ----------
    win_probability, odds
        Of the bet, as in `riskcore.sizing.binary_kelly`; it must have an edge.
    multiples
        Of Kelly's fraction, ≥ 0.
    bets, paths
        Bets in a row, and gamblers; at most 5 million together.
    rng
        Generator; show its seed.

    Raises
    ------
    InputError
        The bet has no edge, or a setting lies outside its range.

    Examples
    --------
    >>> found = betting_paths(0.6, 1, multiples=[1, 2], bets=9, paths=99, rng=np.random.default_rng(1))
    >>> round(found.kelly, 6), found.growth.round(4).tolist()
    (0.2, [0.0201, -0.0024])
    """
    kelly = binary_kelly(win_probability, odds)
    if kelly <= 0.0:
        raise InputError(
            "This bet loses on average, so there is nothing to stake on it; raise p or the odds."
        )
    stakes = np.asarray(multiples, dtype=np.float64)
    if stakes.size == 0 or not (np.isfinite(stakes) & (stakes >= 0.0)).all():
        raise InputError("Stakes are multiples of Kelly's fraction: finite numbers from 0.")
    if bets < 1 or paths < 1 or bets * paths > 5_000_000:
        raise InputError(
            f"Simulate at least one bet and one gambler, and at most 5 million bets; got {bets} × {paths}."
        )
    if not isinstance(rng, np.random.Generator):
        raise InputError("Pass a NumPy generator, such as numpy.random.default_rng(1), and show its seed.")
    wins = rng.random((bets, paths)) < win_probability
    outcome = np.where(wins, odds, -1.0)
    columns = pd.Index(stakes, name="multiple of Kelly")
    levels = []
    for stake in stakes:
        growth = np.maximum(1.0 + stake * kelly * outcome, 0.0)
        wealth = np.vstack([np.ones(paths), np.cumprod(growth, axis=0)])
        levels.append(np.percentile(wealth, [50.0, LOW, HIGH], axis=1))
    median, low, high = (
        pd.DataFrame(np.column_stack([level[row] for level in levels]), columns=columns).rename_axis("bets")
        for row in range(3)
    )
    chances = np.array([win_probability, 1.0 - win_probability])
    exact = log_growth(np.array([odds, -1.0]), 1.0, chances, stakes * kelly)
    return BettingPaths(median, low, high, pd.Series(exact, index=columns), kelly)
