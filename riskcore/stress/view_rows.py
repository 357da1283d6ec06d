"""Views as rows of entropy pooling: what is linear in the probabilities once some moments are held fixed."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.numerics.pooling_cvar import CvarGoal
from riskcore.numerics.tail import tail_weights, value_at_risk
from riskcore.scenarios import Scenarios
from riskcore.stress.view_language import (
    CorrelationView,
    CvarView,
    MeanView,
    On,
    QuantileView,
    RankView,
    SkewView,
    VarView,
    View,
    VolatilityView,
    name_of,
)

__all__ = ["Rows", "figure", "returns_of", "snapped", "step_of"]

Floats = NDArray[np.float64]
ROUNDING = 1e-12


def returns_of(scenarios: Scenarios, on: On) -> Floats:
    """Return the S returns of an asset or a portfolio.

    Raises
    ------
    AssetMismatchError
        It is not among the scenarios.
    """
    if not isinstance(on, str):
        return np.asarray(scenarios.returns @ on.on(scenarios.assets).weights.to_numpy())
    if on not in scenarios.assets:
        raise AssetMismatchError(
            f"A view names {on[:40]}, which the scenarios do not have; "
            f"choose one of {listed(scenarios.assets, most=20)}, or a portfolio of them.",
            unknown=[on],
        )
    return scenarios.returns[:, scenarios.assets.index(on)]


def step_of(view: View) -> int:
    """Return when a view is imposed: 0 what is linear at once, 1 volatility, 2 what needs it, 3 CVaR.

    Examples
    --------
    >>> step_of(MeanView("SPY", 0.0)), step_of(VolatilityView("SPY", 0.01))
    (0, 1)
    """
    if isinstance(view, VolatilityView):
        return 1
    if isinstance(view, CorrelationView | SkewView):
        return 2
    return 3 if isinstance(view, CvarView) else 0


def figure(scenarios: Scenarios, view: View, q: Floats) -> float:
    """Return what a view is about, measured under the probabilities q."""
    if isinstance(view, RankView):
        return float(q @ (returns_of(scenarios, view.better) - returns_of(scenarios, view.worse)))
    if isinstance(view, CorrelationView):
        x, y = (_centred(returns_of(scenarios, on), q) for on in (view.first, view.second))
        size = float(np.sqrt((q @ x**2) * (q @ y**2)))
        return float(q @ (x * y)) / size if size > 0.0 else float("nan")
    returns = returns_of(scenarios, view.on)
    if isinstance(view, MeanView):
        return float(q @ returns)
    if isinstance(view, QuantileView):
        order = np.argsort(returns, kind="stable")
        reached = np.cumsum(q[order]) >= view.level - ROUNDING
        return float(returns[order[np.argmax(reached)]])
    if isinstance(view, VarView):
        return value_at_risk(-returns, q, view.confidence)
    if isinstance(view, CvarView):
        return float(tail_weights(-returns, q, view.confidence) @ -returns)
    away = _centred(returns, q)
    spread = float(np.sqrt(q @ away**2))
    if isinstance(view, VolatilityView):
        return spread
    return float(q @ (away / spread) ** 3) if spread > 0.0 else float("nan")


def snapped(scenarios: Scenarios, view: View) -> float:
    """Return the value a view is imposed with: for VaR and quantiles that of a scenario, else as asked.

    The nearest one, or the next one that satisfies an inequality.
    """
    if isinstance(view, RankView):
        return view.by
    if not isinstance(view, VarView | QuantileView):
        return view.value
    values = returns_of(scenarios, view.on)[scenarios.probabilities > 0.0]
    if isinstance(view, VarView):
        values = -values
    if view.sense == "=":
        return float(values[np.argmin(np.abs(values - view.value))])
    allowed = values[values >= view.value] if view.sense == ">=" else values[values <= view.value]
    if allowed.size == 0:
        raise InputError(
            f"No scenario satisfies the view {view.words}: its values run from {100 * values.min():.4g} % to "
            f"{100 * values.max():.4g} %. Ask for less, or add scenarios that go further.",
            view=view.words,
        )
    return float(allowed.min() if view.sense == ">=" else allowed.max())


@dataclass(eq=False)
class Rows:
    """Linear rows gathered step by step, each with the view it belongs to (−1: a moment held fixed)."""

    scenarios: Scenarios
    values: list[Floats] = field(default_factory=list)
    targets: list[float] = field(default_factory=list)
    at_most: list[bool] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    goals: list[CvarGoal] = field(default_factory=list)
    goal_owners: list[int] = field(default_factory=list)
    fixed: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, view: View, owner: int, q: Floats) -> None:
        """Add the rows of one view, holding at their value under q the moments it needs."""
        if isinstance(view, CvarView):
            losses = -returns_of(self.scenarios, view.on)
            self.goals.append(CvarGoal(losses, view.confidence, view.value, view.sense))
            self.goal_owners.append(owner)
            return
        row, target = self._linear(view, q)
        sign = -1.0 if view.sense == ">=" else 1.0
        self._append(sign * row, sign * target, view.sense != "=", owner)

    def _linear(self, view: View, q: Floats) -> tuple[Floats, float]:
        """Return the row and target of a view that says "="."""
        used = snapped(self.scenarios, view)
        if isinstance(view, RankView):
            better, worse = (returns_of(self.scenarios, on) for on in (view.better, view.worse))
            return better - worse, used
        if isinstance(view, CorrelationView):
            x, spread_x = self._standard(view.first, q)
            y, spread_y = self._standard(view.second, q)
            return x * y, used * spread_x * spread_y
        returns = returns_of(self.scenarios, view.on)
        if isinstance(view, MeanView):
            return returns, used
        if isinstance(view, VarView):
            # P(l > x) = 1 − c makes x the VaR; turned so that a larger VaR is a larger expectation.
            return (-returns > used).astype(np.float64), 1.0 - view.confidence
        if isinstance(view, QuantileView):
            # A larger quantile is a smaller probability of staying below it.
            return -(returns <= used).astype(np.float64), -view.level
        if isinstance(view, VolatilityView):
            return (returns - self._mean(view.on, q)) ** 2, used**2
        away, spread = self._standard(view.on, q)
        return away**3, used * spread**3

    def _mean(self, on: On, q: Floats) -> float:
        """Hold the mean at what it is under q, once."""
        key = ("mean", name_of(on))
        if key not in self.fixed:
            returns = returns_of(self.scenarios, on)
            self.fixed[key] = float(q @ returns)
            self._append(returns, self.fixed[key], False, -1)
        return self.fixed[key]

    def _standard(self, on: On, q: Floats) -> tuple[Floats, float]:
        """Hold mean and volatility at what they are under q, once; return deviations and volatility."""
        away = returns_of(self.scenarios, on) - self._mean(on, q)
        key = ("volatility", name_of(on))
        if key not in self.fixed:
            spread = float(np.sqrt(q @ away**2))
            if spread <= ROUNDING * float(np.abs(away).max(initial=abs(self.fixed["mean", name_of(on)]))):
                raise InputError(f"{name_of(on)} never moves, so it has no correlation and no skewness.")
            self.fixed[key] = spread
            self._append(away**2, spread**2, False, -1)
        return away, self.fixed[key]

    def _append(self, row: Floats, target: float, at_most: bool, owner: int) -> None:
        self.values.append(row)
        self.targets.append(float(target))
        self.at_most.append(at_most)
        self.owners.append(owner)


def _centred(returns: Floats, q: Floats) -> Floats:
    return returns - float(q @ returns)
