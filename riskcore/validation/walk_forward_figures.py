"""Figures of walk-forward paths, with intervals from blocks drawn alike from a path and equal weight's."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.measures import risk
from riskcore.numerics.block_length import optimal_block_length
from riskcore.numerics.bootstrap import membership_counts
from riskcore.numerics.paths import drawdowns, wealth
from riskcore.portfolio import Portfolio
from riskcore.results.backtest import BacktestFigure, MethodBacktest
from riskcore.scenarios import Scenarios
from riskcore.uncertainty import risk_interval

__all__ = ["LEVEL", "RESAMPLES", "Path", "judged", "why_no_intervals"]

Floats = NDArray[np.float64]
LEVEL = 0.95
RESAMPLES = 1000
LEAST_ROWS = 60
FIGURES = ("growth", "volatility", "sharpe", "difference")
Bounds = tuple[float, float] | tuple[()]
EVEN = 1e-12  # volatility over the largest return below which a path counts as constant


@dataclass(frozen=True, eq=False)
class Path:
    """What a rule did: net returns of the rows held, and its trades by date (see `MethodBacktest`)."""

    method: str
    label: str
    returns: pd.Series
    start: pd.Timestamp
    weights: pd.DataFrame
    turnover: pd.Series
    costs: pd.Series
    failures: Mapping[pd.Timestamp, str]
    periods_per_year: float

    @property
    def years(self) -> float:
        """How long it was held."""
        return len(self.returns) / self.periods_per_year


def why_no_intervals(rows: int) -> str | None:
    """Return why so few rows give no intervals, None where they do.

    Examples
    --------
    >>> why_no_intervals(30)
    'Only 30 rows were held; intervals need at least 60.'
    """
    return (
        None if rows >= LEAST_ROWS else f"Only {rows} rows were held; intervals need at least {LEAST_ROWS}."
    )


def judged(
    paths: Mapping[str, Path], equal: Path, confidence: float, risk_free: float, seed: int
) -> dict[str, MethodBacktest]:
    """Return the figures of paths, and their Sharpe ratios beside that of equal weight on the same rows."""
    base = equal.returns.to_numpy()
    returns = {key: path.returns.to_numpy() for key, path in paths.items()}
    bounds = _bounds(returns, base, equal.periods_per_year, risk_free, seed)
    return {
        key: _judged(path, base, bounds[key], (confidence, risk_free, seed)) for key, path in paths.items()
    }


def _judged(
    path: Path, base: Floats, bounds: dict[str, Bounds], settings: tuple[float, float, int]
) -> MethodBacktest:
    confidence, risk_free, seed = settings
    own, k = path.returns.to_numpy(), path.periods_per_year
    values = _annual(np.array([_sums(own)]), k, risk_free)
    growth = wealth(own)
    index = path.returns.index.insert(0, path.start)
    sharpe = None if _constant(own) else BacktestFigure(values[0, 2], *bounds["sharpe"])
    return MethodBacktest(
        method=path.method,
        label=path.label,
        returns=path.returns,
        growth=pd.Series(np.concatenate(([1.0], growth)), index=index, name=path.label),
        drawdown=pd.Series(drawdowns(own), index=path.returns.index, name=path.label),
        weights=path.weights,
        turnover=path.turnover,
        costs=path.costs,
        failures=MappingProxyType(dict(path.failures)),
        growth_per_year=BacktestFigure(values[0, 0], *bounds["growth"]),
        volatility=BacktestFigure(values[0, 1], *bounds["volatility"]),
        sharpe=sharpe,
        sharpe_difference=_difference(path, base, sharpe, bounds["difference"], risk_free),
        cvar=_cvar(path, confidence, seed),
        max_drawdown=float(drawdowns(own).max()),
        turnover_per_year=float(path.turnover.sum()) / path.years,
        costs_per_year=float(path.costs.sum()) / path.years,
    )


def _difference(
    path: Path, base: Floats, sharpe: BacktestFigure | None, bounds: Bounds, risk_free: float
) -> BacktestFigure | None:
    if path.method == "equal_weight" or sharpe is None or _constant(base):
        return None
    other = _annual(np.array([_sums(base)]), path.periods_per_year, risk_free)[0, 2]
    return BacktestFigure(sharpe.value - float(other), *bounds)


def _cvar(path: Path, confidence: float, seed: int) -> BacktestFigure:
    """Return the CVaR of the net returns, with the interval that other pages show for it."""
    held = Scenarios(
        path.returns.to_numpy()[:, None],
        ("path",),
        path.periods_per_year,
        index=path.returns.index,
        ordered=True,
    )
    whole = Portfolio(path.label, {"path": 1.0})
    value = risk(held, whole, "cvar", confidence=confidence).value
    if why_no_intervals(held.count):
        return BacktestFigure(value)
    found = risk_interval(
        held,
        whole,
        "cvar",
        confidence=confidence,
        level=LEVEL,
        resamples=RESAMPLES,
        rng=np.random.default_rng(seed),
    )
    return BacktestFigure(value, found.lower, found.upper)


def _sums(returns: Floats) -> Floats:
    """Return the means that all figures follow from: of r, r² and log(1 + r)."""
    return np.array([returns.mean(), (returns**2).mean(), np.log1p(returns).mean()])


def _annual(means: Floats, k: float, risk_free: float) -> Floats:
    """Return growth, volatility and Sharpe per year from rows of the means of r, r² and log(1 + r)."""
    mean, square, log = means.T
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpe = (k * mean - risk_free) / (np.sqrt(k) * spread)
    return np.column_stack([np.expm1(k * log), np.sqrt(k) * spread, sharpe])


def _bounds(
    returns: Mapping[str, Floats], base: Floats, k: float, risk_free: float, seed: int
) -> dict[str, dict[str, Bounds]]:
    """Return percentile intervals from the same resampled rows of each path and of equal weight.

    Paths whose blocks are equally long share their draws: counting them is the larger part of the work.
    """
    if why_no_intervals(base.size):
        return {key: dict.fromkeys(FIGURES, ()) for key in returns}
    groups: dict[int, list[str]] = {}
    for key, own in returns.items():
        groups.setdefault(_block_length(own, base, k, risk_free), []).append(key)
    found: dict[str, dict[str, Bounds]] = {}
    for length, keys in groups.items():
        columns = [_columns(returns[key]) for key in keys] + [_columns(base)]
        means = _resampled_means(columns, length, seed)
        other = _annual(means[-1], k, risk_free)
        for key, own in zip(keys, means[:-1], strict=True):
            mine = _annual(own, k, risk_free)
            with np.errstate(invalid="ignore"):
                drawn = np.column_stack([mine, mine[:, 2] - other[:, 2]])
            found[key] = dict(zip(FIGURES, map(_percentiles, drawn.T), strict=True))
    return found


def _columns(returns: Floats) -> Floats:
    return np.column_stack([returns, returns**2, np.log1p(returns)])


def _resampled_means(columns: list[Floats], length: int, seed: int) -> list[Floats]:
    """Return for each table the means of its columns, one row per resample."""
    rows = len(columns[0])
    drawn: list[list[Floats]] = [[] for _ in columns]
    for chunk in membership_counts(
        rows, block_length=length, resamples=RESAMPLES, rng=np.random.default_rng(seed)
    ):
        counts = chunk.astype(np.float64)
        # One product per path: its digits do not depend on which others are asked for.
        for table, found in zip(columns, drawn, strict=True):
            found.append(counts @ table)
    return [np.concatenate(found) / rows for found in drawn]


def _percentiles(values: Floats) -> Bounds:
    # A resample without volatility has no Sharpe ratio: no interval then, rather than a part of one.
    if not np.isfinite(values).all():
        return ()
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


def _block_length(own: Floats, base: Floats, k: float, risk_free: float) -> int:
    """Return the longest block that the figures ask for, by what one row adds to each; in whole rows."""
    parts = [np.log1p(own), (own - own.mean()) ** 2]
    scores = [_influence(r, k, risk_free) for r in (own, base) if not _constant(r)]
    parts += scores[:1]
    if len(scores) == 2:
        parts.append(scores[0] - scores[1])
    return min(ceil(max(optimal_block_length(part) for part in parts)), own.size)


def _influence(returns: Floats, k: float, risk_free: float) -> Floats:
    """Return what one row adds to the Sharpe ratio: z − s (z² − 1) / 2, s the ratio of one period."""
    z = (returns - returns.mean()) / returns.std()
    ratio = (returns.mean() - risk_free / k) / returns.std()
    return np.asarray(z - 0.5 * ratio * (z**2 - 1.0))


def _constant(returns: Floats) -> bool:
    return bool(returns.std() <= EVEN * max(float(np.abs(returns).max()), 1e-300))
