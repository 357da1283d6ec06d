"""The linear program of the cure: least turnover under the tangents known so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

from riskcore.errors import ConvergenceError, InfeasibleError, NumericalError, listed
from riskcore.limits.item import Floats, Item
from riskcore.portfolio import Portfolio

__all__ = ["CONVEX", "MARGIN", "PENALTY", "Program", "turnover_of"]

# Answers aim this much below a limit, relatively, so that rounding does not leave them above it.
MARGIN = 1e-9
TOLERANCE = 1e-10
MOST_CUTS = 300
PENALTY = 10.0
# The part of the progress that the limits which are convex take.
CONVEX = 0.2


def turnover_of(moved: Floats) -> float:
    """Return the one-way turnover: the larger of all bought and all sold."""
    return float(max(np.maximum(moved, 0.0).sum(), np.maximum(-moved, 0.0).sum()))


@dataclass(eq=False)
class Program:
    """The linear program over x = (bought, sold), with the tangents found so far.

    Attributes
    ----------
    start
        The weights before any trade.
    items, assets
        The limits and the order of the weights.
    cash
        Whether proceeds may stay in cash.
    progress
        Told how far the search is.
    rows, tops, owners
        row @ w ≤ top for every tangent so far, and the limit each belongs to.
    """

    start: Floats
    items: Sequence[Item]
    assets: tuple[str, ...]
    cash: bool
    progress: Callable[[float], None] | None = None
    rows: list[Floats] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    owners: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the rows of the limits that are linear."""
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
        known: dict[Item, float] = {}
        for _ in range(MOST_CUTS):
            weights = self._least_broken()
            more = self.cut(weights)
            broken = {
                item: (1.0 + over) * item.limit
                for item in self.items
                if item.slope is None and (over := self.excess(item, weights)) > 1e-7
            }
            settled = known.keys() == broken.keys() and all(
                abs(broken[item] - known[item]) <= 1e-4 * abs(known[item]) for item in known
            )
            if settled or not more:
                break
            known = broken
        named = listed(f"{item.name} ({_written(item, value)} at best)" for item, value in broken.items())
        words = "" if len(broken) < 2 else " together"
        rest = "all limits, which leave no room between them"
        return InfeasibleError(
            f"No trade among these assets meets {named or rest}{words}; raise the limit or add assets.",
            limits=[item.name for item in broken],
        )

    def _least_broken(self) -> Floats:
        further = list(zip(self.owners, self.rows, self.tops, strict=True))
        kept, self.rows, tops, self.tops = self.rows, [], self.tops, []
        weights = self.solve(further=further)
        self.rows, self.tops = kept, tops
        if weights is None:
            raise ConvergenceError("The linear program of the cure did not finish; change a limit slightly.")
        return weights


def _written(item: Item, value: float) -> str:
    """Return a figure rounded up, so that a limit typed from it can be met."""
    scale, unit = (100.0, "\N{NO-BREAK SPACE}%") if item.unit == "fraction" else (1.0, "")
    size = scale * value
    places = max(0, 2 - int(np.floor(np.log10(abs(size))))) if size else 0
    up = np.ceil(size * 10**places - 1e-6) / 10**places
    return f"{up:.{places}f}{unit or (' days' if item.unit == 'days' else '')}"
