"""The odds of a fall from the peak, by simulation from the history itself."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError
from riskcore.numerics.block_length import optimal_block_length
from riskcore.portfolio import Portfolio
from riskcore.results.sizing import DrawdownOdds
from riskcore.scenarios import Scenarios
from riskcore.sizing.stream import stream_of

__all__ = ["drawdown_odds"]

Floats = NDArray[np.float64]
FALLS = (0.1, 0.2, 0.3, 0.5)
MOST_CELLS = 20_000_000


def drawdown_odds(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    multiples: Sequence[float],
    years: float,
    rng: np.random.Generator,
    falls: Sequence[float] = FALLS,
    paths: int = 1000,
    risk_free: float = 0.0,
    block_length: float | None = None,
) -> DrawdownOdds:
    """Simulate how often wealth falls by given shares from its peak within a horizon.

    Each path strings together blocks of the history (stationary bootstrap, blocks of mean length b, by
    default Politis and White's); the same paths serve all multiples. Wealth grows by 1 + r_f + m·x per row, x
    the portfolio's excess return; a path that loses everything stays at 0. The starting wealth counts as a
    peak.

    Parameters
    ----------
    scenarios
        Single-period rows in time order, of equal probability.
    portfolio
        What is held m times.
    multiples
        Stakes as multiples of the portfolio.
    years
        Horizon; at most 20 million rows over all paths.
    rng
        Generator; show its seed.
    falls
        Shares of the peak, in (0, 1).
    paths
        At least 100.
    risk_free
        Per period of the rows, decimal.

    Raises
    ------
    InputError
        The rows are no path, or a setting lies outside its range.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.1], [-0.1], [0.1], [-0.1]]), ("Bet",), 1, ordered=True)
    >>> bet, rng = Portfolio("Bet", {"Bet": 1.0}), np.random.default_rng(1)
    >>> found = drawdown_odds(s, bet, multiples=[1, 2], years=5, rng=rng, falls=[0.05], block_length=1)
    >>> bool(0.9 < found.odds.loc[0.05, 1.0] < 1)
    True
    """
    stream = stream_of(scenarios, portfolio, risk_free, path=True)
    steps = round(years * scenarios.periods_per_year)
    _check(multiples, falls, paths, steps, rng)
    count = stream.excess.size
    length = optimal_block_length(stream.excess) if block_length is None else float(block_length)
    if not 1.0 <= length <= count:
        raise InputError(f"The block length lies between 1 and {count} rows, not {length:g}.")
    stakes = np.asarray(multiples, dtype=np.float64)
    deepest = _deepest(stream.excess, 1.0 + risk_free, stakes, steps, paths, length, rng)
    # Wealth that is exactly at the level, up to rounding, has fallen that far.
    shares = np.array([(deepest >= fall - 1e-12).mean(axis=0) for fall in falls])
    rows, columns = pd.Index(falls, name="fall"), pd.Index(stakes, name="multiple")
    return DrawdownOdds(
        odds=pd.DataFrame(shares, index=rows, columns=columns),
        standard_error=pd.DataFrame(np.sqrt(shares * (1.0 - shares) / paths), index=rows, columns=columns),
        years=years,
        paths=paths,
        block_length=length,
    )


def _deepest(
    excess: Floats,
    base: float,
    multiples: Floats,
    steps: int,
    paths: int,
    length: float,
    rng: np.random.Generator,
) -> Floats:
    """Return the deepest fall from the peak of each path (rows) at each multiple (columns)."""
    wealth, peak = np.ones((paths, multiples.size)), np.ones((paths, multiples.size))
    lowest = np.ones((paths, multiples.size))
    place = rng.integers(0, excess.size, paths)
    for step in range(steps):
        if step:
            jumps = rng.random(paths) < 1.0 / length
            place = np.where(jumps, rng.integers(0, excess.size, paths), (place + 1) % excess.size)
        wealth *= np.maximum(base + np.outer(excess[place], multiples), 0.0)
        np.maximum(peak, wealth, out=peak)
        np.minimum(lowest, wealth / peak, out=lowest)
    return 1.0 - lowest


def _check(
    multiples: Sequence[float], falls: Sequence[float], paths: int, steps: int, rng: np.random.Generator
) -> None:
    if not len(multiples) or not np.isfinite(multiples).all():
        raise InputError("The odds need at least one stake, each a finite multiple of the portfolio.")
    if not len(falls) or not all(0.0 < fall < 1.0 for fall in falls):
        raise InputError("A fall is a share of the peak between 0 and 1 (0.2 for 20 %).")
    if paths < 100:
        raise InputError(f"Odds from {paths} paths mean nothing; simulate at least 100.")
    if steps < 1 or steps * paths > MOST_CELLS:
        raise InputError(
            f"{paths:,} paths of {steps:,} rows are none, or more than {MOST_CELLS:,} rows in all; change "
            "the horizon or the number of paths."
        )
    if not isinstance(rng, np.random.Generator):
        raise InputError("Pass a NumPy generator, such as numpy.random.default_rng(1), and show its seed.")
