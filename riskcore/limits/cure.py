"""The cure: the smallest trade after which every limit holds.

One-way turnover is linear in what is bought and sold, and every convex limit g(w) ≤ L is the intersection of
its tangents: g(v) + ∂g(v)·(w − v) ≤ L for all v. A linear program with the tangents so far gives a turnover
that no cure can be below; its answer is cut off by new tangents until it holds (Kelley 1960), and is then the
smallest there is. Limits that are not convex (VaR, shares of risk) are linearised around one answer after
the other instead, within a radius that shrinks where that does not help: the smallest found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from riskcore.errors import ConvergenceError, InfeasibleError, MissingDataError, NumericalError, listed
from riskcore.limits.gate import check
from riskcore.limits.items import Item, items_of
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.portfolio import Portfolio
from riskcore.results.limits import CureResult, GateResult

__all__ = ["cure"]

Floats = NDArray[np.float64]
# Answers aim this much below a limit, relatively, so that rounding does not leave them above it.
MARGIN = 1e-9
TOLERANCE = 1e-10
MOST_CUTS = 300
MOST_STEPS = 60
SMALLEST_RADIUS = 1e-5
PENALTY = 10.0
# The part of the progress that the limits which are convex take.
CONVEX = 0.2
AIMS = (0.0, 0.003, 0.01, 0.03)


def cure(
    situation: Situation,
    portfolio: Portfolio,
    limits: Limits,
    *,
    cash: bool = False,
    progress: Callable[[float], None] | None = None,
) -> CureResult:
    """Return the trade of least one-way turnover after which every limit holds.

    Minimises Σ bought = Σ sold over w = w₀ + bought − sold, subject to all limits; no position becomes short
    or shorter than it is. The answer is exact to a relative 1e-9 of the limits when it needs only convex ones
    (all but VaR and shares of risk; the set of weights whose compounded drawdown keeps a limit is convex as
    well), otherwise it is the smallest found.

    Parameters
    ----------
    situation, portfolio, limits
        As in `check`.
    cash
        Whether proceeds may stay in cash at 0: then more may be sold than is bought, and the turnover is
        what is sold.
    progress
        Called with the share of the most steps there can be, in [0, 1]; an exception it raises ends the
        search.

    Returns
    -------
    CureResult
        With no trades where nothing is breached.

    Raises
    ------
    InfeasibleError
        No trade was found: names the limits that cannot be met, and says whether that is proved.
    MissingDataError
        A limit cannot be checked, so that no trade can be said to cure it.

    References
    ----------
    Kelley (1960), The cutting-plane method for solving convex programs, SIAM Journal 8.

    Examples
    --------
    >>> from riskcore.scenarios import Scenarios
    >>> s = Scenarios(np.array([[-0.04, 0.01], [0.02, 0.0]]), ("SPY", "BND"), periods_per_year=252)
    >>> found = cure(Situation(s, 0.6), Portfolio("A", {"SPY": 0.5, "BND": 0.5}), Limits(largest_weight=0.7,
    ...              cvar=0.01))
    >>> found.trades.round(6).to_dict(), round(found.turnover, 6), found.exact, found.after.status
    ({'SPY': -0.1, 'BND': 0.1}, 0.1, True, 'warn')
    """
    before = check(situation, portfolio, limits)
    _refuse_unchecked(before)
    start = portfolio.aligned(situation.scenarios.assets)
    if not before.breaches:
        return _result(situation, portfolio, limits, start, exact=True)
    items = items_of(limits, situation)
    program = _Program(start, items, situation.scenarios.assets, cash, progress)
    found = program.convex()
    curved = [item for item in items if item.slope is not None]
    if all(program.excess(item, found) <= 0.0 for item in curved):
        return _result(situation, portfolio, limits, found, exact=True)
    best = _approximated(program, found, curved)
    if best is None:
        names = [item.name for item in curved]
        raise InfeasibleError(
            f"No cure was found: {listed(names)} could not be brought below its limit together with the "
            "others. That is no proof that there is none; raise a limit or add assets.",
            limits=names,
        )
    return _result(situation, portfolio, limits, best, exact=False)


def _refuse_unchecked(gate: GateResult) -> None:
    if gate.unchecked:
        first = gate.unchecked[0]
        raise MissingDataError(
            f"{first.name} cannot be checked, so no trade can be said to cure it: {first.reason}",
            limit=first.key,
        )


def _result(
    situation: Situation, portfolio: Portfolio, limits: Limits, weights: Floats, *, exact: bool
) -> CureResult:
    assets = situation.scenarios.assets
    cured = Portfolio(portfolio.name, dict(zip(assets, weights, strict=True)))
    after = check(situation, cured, limits)
    if after.breaches:
        raise ConvergenceError(
            f"The trade that was found leaves {listed(f.name for f in after.breaches)} above its limit."
        )
    moved = weights - portfolio.aligned(assets)
    return CureResult(
        trades=pd.Series(moved, index=pd.Index(assets, name="asset"), name="change of weight"),
        turnover=turnover_of(moved),
        exact=exact,
        after=after,
    )


def turnover_of(moved: Floats) -> float:
    """Return the one-way turnover: the larger of all bought and all sold."""
    return float(max(np.maximum(moved, 0.0).sum(), np.maximum(-moved, 0.0).sum()))


@dataclass(eq=False)
class _Program:
    """The linear program over x = (bought, sold), with the tangents found so far."""

    start: Floats
    items: Sequence[Item]
    assets: tuple[str, ...]
    cash: bool
    progress: Callable[[float], None] | None = None
    rows: list[Floats] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    owners: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        for item in self.items:
            for row in () if item.rows is None else item.rows():
                self._add(item, row / item.limit, 1.0 - MARGIN)

    def _add(self, item: Item, row: Floats, top: float) -> None:
        self.rows.append(row)
        self.tops.append(top)
        self.owners.append(item)

    def excess(self, item: Item, weights: Floats) -> float:
        """Return value / limit − 1, as the gate will judge it."""
        named = Portfolio("", dict(zip(self.assets, weights, strict=True)))
        try:
            return item.value(named) / item.limit - 1.0
        except NumericalError:
            return np.inf

    def turnover(self, weights: Floats) -> float:
        """Return what is traded from the start to these weights."""
        return turnover_of(weights - self.start)

    def told(self, share: float) -> None:
        """Say how far the search is."""
        if self.progress is not None:
            self.progress(share)

    def convex(self) -> Floats:
        """Return the weights of least turnover that keep every convex limit."""
        for done in range(MOST_CUTS):
            self.told(CONVEX * done / MOST_CUTS)
            weights = self.solve()
            if weights is None:
                raise self._none()
            if not self.cut(weights):
                return weights
        raise ConvergenceError(
            f"The cure did not settle after {MOST_CUTS} tangents; change a limit slightly."
        )

    def cut(self, weights: Floats) -> bool:
        """Add the tangents of the convex limits these weights break; return whether there were any."""
        broken = False
        for item in self.items:
            if item.cut is None or self.excess(item, weights) <= 0.0:
                continue
            value, gradient, level = item.cut(weights)
            top = 1.0 - MARGIN - (value - float(gradient @ weights)) / level
            self._add(item, gradient / level, top)
            broken = True
        return broken

    def solve(
        self,
        centre: Floats | None = None,
        radius: float = np.inf,
        further: Sequence[tuple[Item, Floats, float]] = (),
    ) -> Floats | None:
        """Return the weights of least turnover, None where the tangents leave none.

        `further` rows may be broken at a price; weights stay within the radius of the centre.
        """
        owners = list({id(item): item for item, _, _ in further})
        n, m = self.start.size, len(owners)
        hard = np.array(self.rows).reshape(-1, n)
        soft = np.array([row for _, row, _ in further]).reshape(-1, n)
        price_of = np.array([[float(id(item) == own) for own in owners] for item, _, _ in further])
        above = np.vstack(
            [
                np.hstack([hard, -hard, np.zeros((len(hard), m))]),
                np.hstack([soft, -soft, -price_of.reshape(len(further), m)]),
            ]
        )
        tops = np.concatenate(
            [np.array(self.tops) - hard @ self.start, [top - row @ self.start for _, row, top in further]]
        )
        balance = np.concatenate([np.ones(n), -np.ones(n), np.zeros(m)])
        floor = np.minimum(self.start, 0.0)
        sold = self.start - floor
        bought: Floats = np.full(n, np.inf)
        if centre is not None:
            ahead = centre - self.start
            eye = np.hstack([np.eye(n), -np.eye(n), np.zeros((n, m))])
            above = np.vstack([above, eye, -eye])
            tops = np.concatenate([tops, ahead + radius, radius - ahead])
        if self.cash:
            above, tops = np.vstack([above, balance]), np.append(tops, 0.0)
        price = np.concatenate([np.full(n, 0.5), np.full(n, 0.5), np.full(m, PENALTY)])
        if self.cash:
            price[:n], price[n : 2 * n] = 1e-9, 1.0
        found = linprog(
            price,
            A_ub=above,
            b_ub=tops,
            A_eq=None if self.cash else balance[None, :],
            b_eq=None if self.cash else np.zeros(1),
            bounds=[(0.0, most) for most in (*bought, *sold, *np.full(m, np.inf))],
            method="highs",
            options={
                "primal_feasibility_tolerance": TOLERANCE,
                "dual_feasibility_tolerance": TOLERANCE,
            },
        )
        if found.status == 2:
            return None
        if not found.success or found.x is None:
            raise ConvergenceError("The linear program of the cure did not finish; change a limit slightly.")
        moved = found.x[:n] - found.x[n : 2 * n]
        weights: Floats = np.maximum(self.start + moved, floor)
        return weights

    def _none(self) -> InfeasibleError:
        """Name the limits that stand in the way: those broken when all may be broken at a price."""
        known: dict[str, float] = {}
        for _ in range(MOST_CUTS):
            weights = self._least_broken()
            more = self.cut(weights)
            broken = {
                item.name: (1.0 + over) * item.limit
                for item in self.items
                if item.slope is None and (over := self.excess(item, weights)) > 1e-7
            }
            settled = known.keys() == broken.keys() and all(
                abs(broken[name] - known[name]) <= 1e-4 * abs(known[name]) for name in known
            )
            if settled or not more:
                break
            known = broken
        named = listed(f"{name} ({value:.3g} at best)" for name, value in broken.items())
        words = "" if len(broken) < 2 else " together"
        rest = "all limits, which leave no room between them"
        return InfeasibleError(
            f"No trade among these assets meets {named or rest}{words}; raise the limit or add assets.",
            limits=list(broken),
        )

    def _least_broken(self) -> Floats:
        further = list(zip(self.owners, self.rows, self.tops, strict=True))
        kept, self.rows, tops, self.tops = self.rows, [], self.tops, []
        weights = self.solve(further=further)
        self.rows, self.tops = kept, tops
        if weights is None:
            raise ConvergenceError("The linear program of the cure did not finish; change a limit slightly.")
        return weights


def _approximated(program: _Program, first: Floats, curved: Sequence[Item]) -> Floats | None:
    """Return the weights of least turnover found that keep the limits that are not convex as well.

    Linearised limits are aimed at a little below where the answers of the last try stayed just above them.
    """

    def holds(weights: Floats) -> bool:
        return all(program.excess(item, weights) <= 0.0 for item in program.items)

    for tried, aim in enumerate(AIMS):
        best = _improved(program, first, curved, 1.0 - aim, holds, tried / len(AIMS))
        if best is not None:
            return _drawn_back(best, program.start, holds)
    return None


def _improved(
    program: _Program,
    first: Floats,
    curved: Sequence[Item],
    aim: float,
    holds: Callable[[Floats], bool],
    before: float,
) -> Floats | None:
    def merit(weights: Floats) -> float:
        over = [max(program.excess(item, weights) + 1.0 - aim, 0.0) for item in curved]
        return program.turnover(weights) + PENALTY * sum(over)

    here, best, radius = first, None, 0.25
    now = merit(here)
    for done in range(MOST_STEPS):
        program.told(CONVEX + (1.0 - CONVEX) * (before + done / MOST_STEPS / len(AIMS)))
        then = program.solve(here, radius, [row for item in curved for row in _linearised(item, here, aim)])
        if then is None:
            break
        if program.cut(then):
            continue
        price = merit(then)
        if holds(then) and (best is None or program.turnover(then) < program.turnover(best)):
            best = then
        if price < now - 1e-7:
            here, now, radius = then, price, min(2.0 * radius, 1.0)
        else:
            radius /= 2.0
        if radius < SMALLEST_RADIUS:
            break
    return best


def _linearised(item: Item, here: Floats, aim: float) -> list[tuple[Item, Floats, float]]:
    """Return the rows that stand for a limit near some weights."""
    assert item.slope is not None
    values, gradients = item.slope(here)
    return [
        (item, gradient / item.limit, aim - MARGIN - (value - float(gradient @ here)) / item.limit)
        for value, gradient in zip(values, gradients, strict=True)
    ]


def _drawn_back(best: Floats, start: Floats, holds: Callable[[Floats], bool]) -> Floats:
    """Return the weights nearest the start, on the way back to it, for which the limits still hold."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        if holds(start + middle * (best - start)):
            high = middle
        else:
            low = middle
    # A touch beyond, so that weights written with twelve digits hold as well.
    beyond = start + min(1.0, high + 1e-7) * (best - start)
    return beyond if holds(beyond) else start + high * (best - start)
