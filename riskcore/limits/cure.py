"""The cure: the smallest trade after which every limit holds.

One-way turnover is linear in what is bought and sold, and every convex limit g(w) ≤ L is the intersection of
its tangents: g(v) + ∂g(v)·(w − v) ≤ L for all v. A linear program with the tangents so far gives a turnover
that no cure can be below; its answer is cut off by new tangents until it holds (Kelley 1960), and is then the
smallest there is. Limits that are not convex (VaR, shares of risk) are linearised around one answer after
the other instead, within a radius that shrinks where that does not help: the smallest found.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from riskcore.errors import ConvergenceError, InfeasibleError, MissingDataError, listed
from riskcore.limits.cure_program import CONVEX, MARGIN, PENALTY, Program, turnover_of
from riskcore.limits.gate import check
from riskcore.limits.item import Floats, Item
from riskcore.limits.items import items_of
from riskcore.limits.schema import Limits
from riskcore.limits.situation import Situation
from riskcore.portfolio import Portfolio
from riskcore.results.limits import CureResult, GateResult

__all__ = ["cure"]

MOST_STEPS = 60
SMALLEST_RADIUS = 1e-5
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
    >>> import numpy as np
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
    program = Program(start, items, situation.scenarios.assets, cash, progress)
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


def _approximated(program: Program, first: Floats, curved: Sequence[Item]) -> Floats | None:
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
    program: Program,
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
    now, near = merit(here), _slopes(curved, here)
    for done in range(MOST_STEPS):
        program.told(CONVEX + (1.0 - CONVEX) * (before + done / MOST_STEPS / len(AIMS)))
        then = program.solve(here, radius, _linearised(near, here, aim))
        if then is None:
            break
        if program.cut(then):
            continue
        price = merit(then)
        if holds(then) and (best is None or program.turnover(then) < program.turnover(best)):
            best = then
        if price < now - 1e-7:
            here, now, radius = then, price, min(2.0 * radius, 1.0)
            near = _slopes(curved, here)
        else:
            radius /= 2.0
        if radius < SMALLEST_RADIUS:
            break
    return best


Slopes = list[tuple[Item, Floats, Floats]]


def _slopes(curved: Sequence[Item], here: Floats) -> Slopes:
    """Return value and derivatives of every limit that is not convex; they stay while the weights do."""
    return [(item, *item.slope(here)) for item in curved if item.slope is not None]


def _linearised(near: Slopes, here: Floats, aim: float) -> list[tuple[Item, Floats, float]]:
    """Return the rows that stand for the limits near some weights."""
    return [
        (item, gradient / item.limit, aim - MARGIN - (value - float(gradient @ here)) / item.limit)
        for item, values, gradients in near
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
