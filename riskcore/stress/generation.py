"""New scenarios out of a history: other probabilities for its rows, or other rows drawn from it.

Everything that draws takes a NumPy generator: the caller shows the seed, and the same seed gives the same
scenarios.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError
from riskcore.scenarios import Scenarios
from riskcore.stress.view_language import On, name_of
from riskcore.stress.view_rows import returns_of

__all__ = [
    "block_paths",
    "conditioned_by_kernel",
    "conditioned_by_range",
    "exponential_decay",
    "realised_volatility",
    "resampled_paths",
]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def exponential_decay(scenarios: Scenarios, *, half_life: float) -> Scenarios:
    """Return the history with probabilities that halve every `half_life` rows back: p_t ∝ p_t 2^{−(T−t)/h}.

    Raises
    ------
    InputError
        The rows are not ordered in time, or the half-life is not a positive number.

    Examples
    --------
    >>> s = Scenarios(np.zeros((3, 1)), ("SPY",), 252, ordered=True)
    >>> exponential_decay(s, half_life=1).probabilities.round(6).tolist()
    [0.142857, 0.285714, 0.571429]
    """
    if not scenarios.ordered:
        raise InputError("Decay over time needs rows in time order; use the history itself.")
    if not (np.isfinite(half_life) and half_life > 0.0):
        raise InputError(f"The half-life is a positive number of rows, got {half_life}.")
    age = np.arange(scenarios.count - 1, -1, -1.0)
    return _weighted(scenarios, 2.0 ** (-age / half_life), f"half-life {half_life:g} rows")


def realised_volatility(scenarios: Scenarios, on: On, *, window: int = 21) -> pd.Series:
    """Return the standard deviation of the `window` returns before each row, NaN where there are fewer.

    What was known before the row happened, so that conditioning on it is no hindsight. By row label.

    Raises
    ------
    InputError
        The rows are not ordered in time, or the window is below 2.
    MissingDataError
        There are not more rows than the window is long.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [-0.01], [0.0]]), ("SPY",), 252, ordered=True)
    >>> realised_volatility(s, "SPY", window=2).tolist()
    [nan, nan, 0.01]
    """
    if not scenarios.ordered:
        raise InputError("Realised volatility needs rows in time order; use the history itself.")
    if window < 2:
        raise InputError(f"A volatility needs a window of at least 2 rows, got {window}.")
    if scenarios.count <= window:
        raise MissingDataError(
            f"A window of {window} rows needs more rows than the {scenarios.count} there are."
        )
    returns = returns_of(scenarios, on)
    spread = np.lib.stride_tricks.sliding_window_view(returns, window)[:-1].std(axis=1)
    values = np.concatenate([np.full(window, np.nan), spread])
    return pd.Series(values, index=scenarios.index, name=f"volatility of {name_of(on)}, {window} rows before")


def conditioned_by_range(
    scenarios: Scenarios, state: pd.Series, *, low: float = -np.inf, high: float = np.inf
) -> Scenarios:
    """Return the rows whose state lies in [low, high], weighted as they were; probability 0 for the others.

    Parameters
    ----------
    scenarios
        The prior; conditions applied one after another multiply.
    state
        One value per row label; rows where it is missing get probability 0.

    Raises
    ------
    AssetMismatchError
        The labels of the state are not those of the rows.
    MissingDataError
        No row with any probability lies in the range.

    Examples
    --------
    >>> s = Scenarios(np.zeros((3, 1)), ("SPY",), 252)
    >>> conditioned_by_range(s, pd.Series([0.1, 0.2, 0.3]), low=0.15).probabilities.tolist()
    [0.0, 0.5, 0.5]
    """
    values = _state(scenarios, state)
    inside = (values >= low) & (values <= high)
    words = f"{state.name or 'state'} in [{low:g}, {high:g}]"
    return _weighted(scenarios, inside.astype(np.float64), words)


def conditioned_by_kernel(
    scenarios: Scenarios, state: pd.Series, *, at: float, bandwidth: float
) -> Scenarios:
    """Return the rows weighted by how close their state is to `at`: p ∝ p exp(−½ ((z − at)/bandwidth)²).

    Rows where the state is missing get probability 0. See `conditioned_by_range` for the rest.

    Raises
    ------
    InputError
        The bandwidth is not a positive number.
    AssetMismatchError, MissingDataError
        As in `conditioned_by_range`.

    Examples
    --------
    >>> s = Scenarios(np.zeros((2, 1)), ("SPY",), 252)
    >>> p = conditioned_by_kernel(s, pd.Series([0.0, 1.0]), at=0.0, bandwidth=1.0).probabilities
    >>> round(float(p[1] / p[0]), 6), round(float(np.exp(-0.5)), 6)
    (0.606531, 0.606531)
    """
    if not (np.isfinite(bandwidth) and bandwidth > 0.0):
        raise InputError(f"The bandwidth is a positive number in the unit of the state, got {bandwidth}.")
    away = ((_state(scenarios, state) - at) / bandwidth) ** 2
    known = away[np.isfinite(away) & (scenarios.probabilities > 0.0)]
    if known.size == 0:
        raise MissingDataError("No row has a state to compare; give one with values.")
    # Relative to the closest row, which rounding can then not lose.
    weights = np.where(np.isfinite(away), np.exp(-0.5 * (np.nan_to_num(away, nan=np.inf) - known.min())), 0.0)
    return _weighted(scenarios, weights, f"{state.name or 'state'} near {at:g}")


def resampled_paths(scenarios: Scenarios, *, periods: int, paths: int, rng: np.random.Generator) -> Scenarios:
    """Return h-period returns of `paths` paths, each of h rows drawn by their probabilities: Π (1 + r) − 1.

    Fully flexible resampling: the paths follow whatever the probabilities say (decay, state, views). Draws
    are independent, so clusters of volatility within a path are lost; `block_paths` keeps them.

    Parameters
    ----------
    scenarios
        Single-period rows, weighted or not.
    periods, paths
        h ≥ 1 steps and the number of paths ≥ 1.
    rng
        The generator to draw from; show its seed.

    Raises
    ------
    InputError
        Fewer than one step or path, overlapping rows, or no NumPy generator.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.1], [0.1]]), ("SPY",), 252)
    >>> resampled_paths(s, periods=2, paths=3, rng=np.random.default_rng(1)).returns.round(12).tolist()
    [[0.21], [0.21], [0.21]]
    """
    _check_paths(scenarios, periods, paths, rng)
    edges = np.cumsum(scenarios.probabilities)
    last = int(np.flatnonzero(scenarios.probabilities)[-1])

    def drawn(_: Rows | None) -> Rows:
        # Never past the last row that has any probability, whatever the rounding of the sum.
        place = np.searchsorted(edges, rng.random(paths) * edges[-1], side="right")
        return np.asarray(np.minimum(place, last), dtype=np.intp)

    return _compounded(scenarios, periods, paths, drawn, f"{paths} resampled paths of {periods}")


def block_paths(
    scenarios: Scenarios, *, periods: int, paths: int, block_length: float, rng: np.random.Generator
) -> Scenarios:
    """Return h-period returns of paths made of blocks of the history: the stationary bootstrap.

    A path goes on to the next row with probability 1 − 1/b and jumps to any row otherwise, so that blocks
    have mean length b; the last row is followed by the first.

    Raises
    ------
    InputError
        As in `resampled_paths`; or the rows are no history, or b is not between 1 and their number.

    References
    ----------
    Politis and Romano (1994), The stationary bootstrap.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0], [0.1], [0.2]]), ("SPY",), 252, ordered=True)
    >>> s3 = block_paths(s, periods=3, paths=4, block_length=3, rng=np.random.default_rng(1))
    >>> s3.count, s3.periods_per_year
    (4, 84.0)
    """
    _check_paths(scenarios, periods, paths, rng)
    if not scenarios.ordered or scenarios.weighted:
        raise InputError(
            "Blocks are stretches of a history: rows in time order and of equal probability. Draw single "
            "rows from these scenarios instead."
        )
    if not 1.0 <= block_length <= scenarios.count:
        raise InputError(f"The block length lies between 1 and {scenarios.count} rows, got {block_length:g}.")

    def drawn(before: Rows | None) -> Rows:
        fresh = rng.integers(0, scenarios.count, paths)
        if before is None:
            return fresh
        jumps = rng.random(paths) < 1.0 / block_length
        return np.where(jumps, fresh, (before + 1) % scenarios.count)

    words = f"{paths} paths of {periods} in blocks of about {block_length:g}"
    return _compounded(scenarios, periods, paths, drawn, words)


def _check_paths(scenarios: Scenarios, periods: int, paths: int, rng: object) -> None:
    if periods < 1 or paths < 1:
        raise InputError(f"Resampling needs at least one step and one path, got {periods} and {paths}.")
    if scenarios.overlap > 1:
        raise InputError(
            "Paths are compounded from single periods; these rows overlap. Use the history itself."
        )
    if not isinstance(rng, np.random.Generator):
        raise InputError("Pass a NumPy generator, such as numpy.random.default_rng(1), and show its seed.")


def _compounded(
    scenarios: Scenarios, periods: int, paths: int, drawn: Callable[[Rows | None], Rows], words: str
) -> Scenarios:
    growth = np.ones((paths, scenarios.size))
    rows: Rows | None = None
    for _ in range(periods):
        rows = drawn(rows)
        growth *= 1.0 + scenarios.returns[rows]
    return Scenarios(
        growth - 1.0, scenarios.assets, scenarios.periods_per_year / periods, source=_source(scenarios, words)
    )


def _state(scenarios: Scenarios, state: pd.Series) -> Floats:
    if not isinstance(state, pd.Series) or not state.index.equals(scenarios.index):
        raise AssetMismatchError("The state needs one value per row of the scenarios, under the same labels.")
    return state.to_numpy(dtype=np.float64)


def _weighted(scenarios: Scenarios, weights: Floats, words: str) -> Scenarios:
    p = scenarios.probabilities * weights
    total = float(p.sum())
    if total <= 0.0:
        raise MissingDataError(f"No scenario is left with {words}; widen the condition.")
    return scenarios.with_probabilities(p / total, source=_source(scenarios, words))


def _source(scenarios: Scenarios, words: str) -> str:
    return f"{scenarios.source}; {words}" if scenarios.source else words
