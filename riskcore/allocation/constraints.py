"""What weights have to keep to: bounds, groups, shorts, leverage, trading, and risk against a benchmark."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.allocation.inputs import Bound, refuse_labels
from riskcore.allocation.solver import Region, Tail
from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.numerics.tail import check_confidence
from riskcore.scenarios import Scenarios

__all__ = ["Constraints", "GroupBound", "Limit", "limits_of", "region_of"]

Floats = NDArray[np.float64]
KEPT = 1e-7
"""How far, as a share of the value or of a common risk, a limit may be missed by rounding."""


@dataclass(frozen=True)
class GroupBound:
    """Bounds on the sum of the weights of some assets: `name` is what the reader calls them."""

    name: str
    assets: tuple[str, ...]
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, eq=False)
class Constraints:
    """Everything a portfolio has to keep to besides being fully invested (Σ w = 1).

    Attributes
    ----------
    lower, upper
        Bounds per asset, one for all or by label; the default is long-only. Infinite where there is none.
    groups
        Bounds on sums of weights.
    short
        Largest Σ max(−w, 0), a fraction of value; None where only the bounds limit short positions.
    gross
        Largest Σ |w|; 1 is long-only, 1.3 allows 15 % short.
    current
        Weights held now, by asset; assets left out count as 0. Turnover and costs are counted from them.
    turnover
        Largest one-way turnover: the larger of what is bought and what is sold, a fraction of value.
    costs
        Proportional cost of what is traded (0.001 = 10 basis points), one for all or by label.
    periods_held
        Over how many periods of the scenarios a trade's costs are spread: they lower every return by
        Σ costs |w − current| / periods_held, and so the mean, and raise CVaR; volatility does not see them.
    benchmark
        Weights by asset, for the tracking error and the CVaR of the active position.
    tracking_error
        Largest volatility of the return over the benchmark, per period of the scenarios.
    cvar, active_cvar
        Largest CVaR, of the loss and of the loss against the benchmark, per period, net of costs.
    confidence
        c in (0.5, 1), of these two.

    Raises
    ------
    InputError, ConfidenceError
        A limit is not a number that can be kept, or lacks what it is counted from.

    Examples
    --------
    >>> Constraints(turnover=0.2)
    Traceback (most recent call last):
    ...
    riskcore.errors.InputError: Turnover and costs are counted from the weights held now; give `current`.
    """

    lower: Bound = 0.0
    upper: Bound = 1.0
    groups: tuple[GroupBound, ...] = ()
    short: float | None = None
    gross: float | None = None
    current: Mapping[str, float] | None = None
    turnover: float | None = None
    costs: Bound = 0.0
    periods_held: float = 252.0
    benchmark: Mapping[str, float] | None = None
    tracking_error: float | None = None
    cvar: float | None = None
    active_cvar: float | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no portfolio could be measured against."""
        for name, least in (("short", 0.0), ("gross", 1.0), ("turnover", 0.0), ("tracking_error", 0.0)):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= least):
                raise InputError(
                    f"The limit {name} is a number of at least {least:g}, such as {least + 0.2:g}; "
                    f"got {value}."
                )
        if (self.has_costs or self.turnover is not None) and self.current is None:
            raise InputError("Turnover and costs are counted from the weights held now; give `current`.")
        if not (np.isfinite(self.periods_held) and self.periods_held > 0.0):
            raise InputError(f"Costs are spread over a positive number of periods; got {self.periods_held}.")
        if self.benchmark is None and (self.tracking_error is not None or self.active_cvar is not None):
            raise InputError("Tracking error and active CVaR need a benchmark; give `benchmark`.")
        if self.cvar is not None or self.active_cvar is not None:
            if not all(np.isfinite(v) for v in (self.cvar, self.active_cvar) if v is not None):
                raise InputError("A cap on CVaR is a finite number, a loss per period such as 0.02.")
            check_confidence(self.confidence)
        for group in self.groups:
            if not group.assets or np.isnan(group.lower) or np.isnan(group.upper):
                raise InputError(f"The group {group.name} has no assets, or a bound that is not a number.")

    @cached_property
    def has_costs(self) -> bool:
        """Whether trading costs anything."""
        costs = list(self.costs.values()) if isinstance(self.costs, Mapping) else [self.costs]
        if not all(np.isfinite(c) and 0.0 <= c < 1.0 for c in costs):
            raise InputError("A cost is a fraction of what is traded, from 0 to below 1, such as 0.001.")
        return any(c > 0.0 for c in costs)

    def cost(self, weights: Mapping[str, float]) -> float:
        """Return what trading from the current weights to these costs, per period over which it is spread.

        Examples
        --------
        >>> given = Constraints(current={"SPY": 1.0}, costs=0.001, periods_held=1.0)
        >>> given.cost({"SPY": 0.5, "BND": 0.5})
        0.001
        """
        if not self.has_costs or self.current is None:
            return 0.0
        rates = self.costs if isinstance(self.costs, Mapping) else dict.fromkeys(weights, self.costs)
        traded = sum(rates[a] * abs(w - self.current.get(a, 0.0)) for a, w in weights.items())
        return float(traded) / self.periods_held

    @property
    def only_bounds(self) -> bool:
        """Whether there is nothing but bounds per asset."""
        single = (self.short, self.gross, self.turnover, self.tracking_error, self.cvar, self.active_cvar)
        return not self.groups and not self.has_costs and all(limit is None for limit in single)

    @property
    def key(self) -> Hashable:
        """What tells two sets of constraints apart."""
        return tuple(
            tuple(sorted(value.items())) if isinstance(value, Mapping) else value
            for value in (getattr(self, name) for name in self.__dataclass_fields__)
        )

    def __eq__(self, other: object) -> bool:
        """Return whether both ask the same."""
        return isinstance(other, Constraints) and self.key == other.key

    def __hash__(self) -> int:
        """Return a hash of what is asked, so that results can be remembered by it."""
        return hash(self.key)


@dataclass(frozen=True, eq=False)
class Limit:
    """One constraint by name: what it measures, its limit, and where the region holds it.

    `sign` is 1 for a largest and −1 for a smallest value; `unit` turns the allowance of the region into
    that of the limit; `written` gives its name for any limit; `place` is its name and position there.
    """

    measured: Callable[[Floats], float]
    limit: float
    sign: int
    unit: float
    written: Callable[[float], str]
    place: tuple[str, int]
    asset: str | None = None

    @property
    def name(self) -> str:
        """The constraint in words: "Bonds ≥ 60 %"."""
        return self.written(self.limit)

    def excess(self, weights: Floats) -> float:
        """Return by how much the limit is missed, in the region's units; negative where it is kept."""
        return self.sign * (self.measured(weights) - self.limit) / self.unit


def share(value: float) -> str:
    """Return a fraction as per cent with four digits.

    Examples
    --------
    >>> share(0.6)
    '60 %'
    """
    return f"{100 * value:.4g} %"


def region_of(scenarios: Scenarios, constraints: Constraints, covariance: Floats) -> tuple[Region, float]:
    """Return the constraints as arrays in the order of the assets, and the common risk they are scaled by.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.02, 0.01], [0.0, -0.01]]), ("SPY", "BND"), 252)
    >>> region, unit = region_of(s, Constraints(upper={"BND": 0.6, "SPY": 1.0}), np.diag([4e-4, 2e-4]))
    >>> region.upper.tolist(), round(unit, 6)
    ([1.0, 0.6], 0.017321)
    """
    unit = float(np.sqrt(np.diag(covariance).mean()))
    if not unit > 0.0:
        raise InputError("No asset has any volatility in these scenarios; choose a longer window.")
    n, c = scenarios.size, constraints
    rows, limits = [], []
    for group in c.groups:
        members = _members(scenarios, group)
        for sign, bound in ((-1.0, group.lower), (1.0, group.upper)):
            if np.isfinite(bound):
                rows.append(sign * members)
                limits.append(sign * bound)
    benchmark = None if c.benchmark is None else _held(scenarios, c.benchmark, "The benchmark")
    tails = tuple(
        Tail(
            scenarios.returns / unit, scenarios.probabilities, float(c.confidence or 0.0), against, cap / unit
        )
        for cap, against in ((c.cvar, np.zeros(n)), (c.active_cvar, benchmark))
        if cap is not None and against is not None
    )
    region = Region(
        _bound(scenarios, c.lower, "lower"),
        _bound(scenarios, c.upper, "upper"),
        np.array(rows).reshape(len(rows), n),
        np.array(limits, dtype=np.float64),
        short=c.short,
        gross=c.gross,
        current=None if c.current is None else _held(scenarios, c.current, "The portfolio held now"),
        turnover=c.turnover,
        costs=_bound(scenarios, c.costs, "cost of") / (c.periods_held * unit) if c.has_costs else None,
        factor=factor_of(covariance) / unit,
        benchmark=benchmark,
        tracking=None if c.tracking_error is None else c.tracking_error / unit,
        tails=tails,
    )
    return region, unit


def factor_of(covariance: Floats) -> Floats:
    """Return F with F'F = Σ, for singular Σ as well.

    Examples
    --------
    >>> f = factor_of(np.ones((2, 2)))
    >>> (f.T @ f).round(12).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    values, vectors = np.linalg.eigh(covariance)
    factor: Floats = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return factor


def limits_of(scenarios: Scenarios, constraints: Constraints, region: Region, unit: float) -> list[Limit]:
    """Return every constraint by name, in the order a reader would list them."""
    found = [*_group_limits(constraints, region), *_portfolio_limits(constraints, region)]
    for place, tail in enumerate(region.tails):
        active = bool(tail.benchmark.any()) or constraints.cvar is None
        what = f"{'active ' if active else ''}CVaR {100 * tail.confidence:.4g} %"
        found.append(
            Limit(
                lambda w, tail=tail: unit * (tail.value(w) + region.cost(w)),  # type: ignore[misc]
                unit * float(tail.cap or 0.0),
                1,
                unit,
                lambda v, what=what: f"{what} ≤ {100 * v:.4g} % per period",  # type: ignore[misc]
                (f"cap{place}", 0),
            )
        )
    if region.tracking is not None and region.factor is not None and region.benchmark is not None:
        factor, benchmark = region.factor, region.benchmark
        found.append(
            Limit(
                lambda w: unit * float(np.linalg.norm(factor @ (w - benchmark))),
                unit * region.tracking,
                1,
                unit,
                lambda v: (
                    f"tracking error ≤ {100 * v * scenarios.periods_per_year**0.5:.4g} % per year "
                    f"({100 * v:.4g} % per period)"
                ),
                ("tracking", 0),
            )
        )
    return found + _asset_limits(scenarios, region)


def _group_limits(constraints: Constraints, region: Region) -> list[Limit]:
    found: list[Limit] = []
    for group in constraints.groups:
        for sign, bound, mark in ((-1, group.lower, "≥"), (1, group.upper, "≤")):
            if np.isfinite(bound):
                row = sign * region.rows[len(found)]
                found.append(
                    Limit(
                        lambda w, row=row: float(row @ w),  # type: ignore[misc]
                        bound,
                        sign,
                        1.0,
                        lambda v, name=group.name, mark=mark: f"{name} {mark} {share(v)}",  # type: ignore[misc]
                        ("rows", len(found)),
                    )
                )
    return found


def _portfolio_limits(constraints: Constraints, region: Region) -> list[Limit]:
    current = region.current

    def turnover(w: Floats) -> float:
        change = w if current is None else w - current
        return float(max(np.maximum(change, 0.0).sum(), np.maximum(-change, 0.0).sum()))

    kinds: tuple[tuple[str, float | None, Callable[[Floats], float], str], ...] = (
        ("short", constraints.short, lambda w: float(np.maximum(-w, 0.0).sum()), "short positions"),
        ("gross", constraints.gross, lambda w: float(np.abs(w).sum()), "gross exposure"),
        ("turnover", constraints.turnover, turnover, "one-way turnover"),
    )
    return [
        Limit(measured, limit, 1, 1.0, lambda v, what=what: f"{what} ≤ {share(v)}", (kind, 0))  # type: ignore[misc]
        for kind, limit, measured, what in kinds
        if limit is not None
    ]


def _asset_limits(scenarios: Scenarios, region: Region) -> list[Limit]:
    found = []
    for sign, bounds, mark, place in ((-1, region.lower, "≥", "lower"), (1, region.upper, "≤", "upper")):
        for i, asset in enumerate(scenarios.assets):
            if np.isfinite(bounds[i]):
                found.append(
                    Limit(
                        lambda w, i=i: float(w[i]),  # type: ignore[misc]
                        float(bounds[i]),
                        sign,
                        1.0,
                        lambda v, asset=asset, mark=mark: f"{asset} {mark} {share(v)}",  # type: ignore[misc]
                        (place, i),
                        asset,
                    )
                )
    return found


def _members(scenarios: Scenarios, group: GroupBound) -> Floats:
    unknown = [a for a in group.assets if a not in scenarios.assets]
    if unknown:
        raise AssetMismatchError(
            f"The group {group.name} names {listed(unknown)}, which has no returns here; leave it out.",
            unknown=unknown,
        )
    return np.array([1.0 if a in group.assets else 0.0 for a in scenarios.assets])


def _held(scenarios: Scenarios, weights: Mapping[str, float], what: str) -> Floats:
    unknown = [a for a, w in weights.items() if a not in scenarios.assets and w != 0.0]
    if unknown:
        raise AssetMismatchError(
            f"{what} holds {listed(unknown)}, which has no returns here; add it or leave it out.",
            unknown=unknown,
        )
    values = np.array([float(weights.get(a, 0.0)) for a in scenarios.assets])
    if not np.isfinite(values).all():
        raise InputError(f"{what} has a weight that is not a number.")
    return values


def _bound(scenarios: Scenarios, bound: Bound, side: str) -> Floats:
    if isinstance(bound, Mapping):
        refuse_labels(f"The {side} bounds", pd.Index(list(bound)), list(scenarios.assets))
        values = np.array([bound[a] for a in scenarios.assets], dtype=np.float64)
    else:
        values = np.full(scenarios.size, float(bound))
    if np.isnan(values).any():
        raise InputError("A bound is not a number; leave it out or use infinity where there is none.")
    return values
