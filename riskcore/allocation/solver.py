"""Convex programs over weights under constraints: cvxpy models compiled once per shape, then only re-filled.

The only place that knows cvxpy. Arrays only, in one common scale (see `Region`). A model is known by its
shape: what is minimised, which kinds of constraint there are, and sizes rounded up to powers of two. Fewer
assets than a model has room for leave columns of zeros, whose weights touch nothing; fewer scenarios are made
up for by splitting some in equal parts, which changes no CVaR.

CVaR is written out for the scenarios near the tail's edge only: those surely inside count as a sum, those
surely outside not at all. Both can but lower it, so that the answer is a bound; it is exact once the CVaR of
all scenarios agrees, and scenarios are written out until it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskcore.errors import ConvergenceError, InfeasibleError
from riskcore.numerics.tail import tail_weights, value_at_risk

__all__ = ["HUGE", "Answer", "Elastic", "Objective", "Region", "Tail", "relax", "solve_program", "support"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
HUGE = 50.0
"""Stands for no bound on a weight (5,000 % of the value); an answer that reaches it is refused."""
AGREED = 1e-8
LOOSELY = 1e-6
MOST_ROUNDS = 40
COARSE = (1e-9, 1e-7)
"""Accuracies of the search for what gives way, which is reported to four digits."""
LEAST_SIZE, LEAST_ROWS = 8, 64


@dataclass(frozen=True, eq=False)
class Tail:
    """A CVaR that a program limits or minimises: the scenarios' losses −R (w − benchmark), and their level.

    `cap` is None for the CVaR that is minimised.
    """

    returns: Floats
    probabilities: Floats
    confidence: float
    benchmark: Floats
    cap: float | None = None

    def losses(self, weights: Floats) -> Floats:
        """Return the loss of every scenario."""
        found: Floats = -(self.returns @ (weights - self.benchmark))
        return found

    def value(self, weights: Floats) -> float:
        """Return the CVaR on all scenarios."""
        losses = self.losses(weights)
        return float(tail_weights(losses, self.probabilities, self.confidence) @ losses)


@dataclass(frozen=True, eq=False)
class Region:
    """What weights may be, Σ w = 1; returns, factor, costs and caps in units of one common risk.

    Attributes
    ----------
    lower, upper
        n; infinite where there is none.
    rows, limits
        rows @ w ≤ limits: bounds on groups.
    short, gross
        Σ max(−w, 0) ≤ short and Σ |w| ≤ gross, None where unlimited.
    current, turnover, costs
        Weights held now; larger of what is bought and what is sold ≤ turnover; costs' |w − current| is taken
        off every return. None without trading limits or costs.
    factor, benchmark, tracking
        |factor (w − benchmark)| ≤ tracking, factor'factor the covariance.
    tails
        Caps on CVaR, of returns net of costs.
    """

    lower: Floats
    upper: Floats
    rows: Floats
    limits: Floats
    short: float | None = None
    gross: float | None = None
    current: Floats | None = None
    turnover: float | None = None
    costs: Floats | None = None
    factor: Floats | None = None
    benchmark: Floats | None = None
    tracking: float | None = None
    tails: tuple[Tail, ...] = ()

    @property
    def size(self) -> int:
        """Number of assets n."""
        return int(self.lower.size)

    def cost(self, weights: Floats) -> float:
        """Return what trading from the current weights costs."""
        if self.costs is None or self.current is None:
            return 0.0
        return float(self.costs @ np.abs(weights - self.current))


@dataclass(frozen=True, eq=False)
class Objective:
    """What is minimised: one of |factor w|², the CVaR of `tail`, linear'w; costs enter by `charge` times.

    With `gain`, |factor w|² is minimised over positive multiples of weights at gain'w = 1 (less costs with a
    charge), which is the largest ratio of the two. `floor`, (mean, m), asks mean'w − costs ≥ m.
    """

    factor: Floats | None = None
    tail: Tail | None = None
    linear: Floats | None = None
    charge: float = 0.0
    gain: Floats | None = None
    floor: tuple[Floats, float] | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """Weights, and the multipliers that prove them.

    `floor` is the price of the mean asked for; `tail` and `caps` hold, for the CVaR minimised and for each
    cap, the price of the cap (1 for the objective) and the scenarios' weights q (Σq = 1).
    """

    weights: Floats
    floor: float
    tail: Floats | None
    caps: tuple[tuple[float, Floats], ...]
    rounds: int


class _Rows(NamedTuple):
    """The scenarios of a CVaR: surely in the tail, and near its edge."""

    sure: Indices
    edge: Indices


class _Shape(NamedTuple):
    size: int
    groups: int
    kinds: frozenset[str]
    rows: tuple[int, ...]
    goal: str


@dataclass(frozen=True, eq=False)
class _Model:
    """A compiled problem with its parameters; filled and solved by one reader at a time."""

    problem: Any
    parameters: dict[str, Any]
    variables: dict[str, Any]
    duals: dict[str, Any]
    lock: Lock


def solve_program(region: Region, objective: Objective, *, near: Floats | None = None) -> Answer:
    """Return the weights that minimise the objective in the region.

    `near` are weights that may be close, which scenarios are chosen by; without them, those of the smallest
    variance in the region.

    Raises
    ------
    InfeasibleError
        No weights lie in the region (or none with the gain or floor asked for).
    ConvergenceError
        The solver did not reach an optimum, or the scenarios of a CVaR never agreed.

    Examples
    --------
    >>> region = Region(np.zeros(2), np.ones(2), np.empty((0, 2)), np.empty(0))
    >>> solve_program(region, Objective(factor=np.diag([2.0, 1.0]))).weights.round(6).tolist()
    [0.2, 0.8]
    """
    tails = [*([objective.tail] if objective.tail is not None else []), *region.tails]
    if tails and near is None:
        near = _anchor(region)
    chosen = [_first_rows(tail, near) for tail in tails if near is not None]
    for rounds in range(1, MOST_ROUNDS + 1):
        weights, floor, prices = _solve_chosen(region, objective, tails, chosen)
        added = False
        for place, tail in enumerate(tails):
            value = prices[place][2]
            reached = (value if tail.cap is None else tail.cap) - region.cost(weights)
            if tail.value(weights) > reached + AGREED * max(1.0, abs(reached)):
                better = _mended(tail, weights, chosen[place])
                added = added or better is not chosen[place]
                chosen[place] = better
        if not added:
            full = [(price, q) for price, q, _ in prices]
            first = full[0][1] if objective.tail is not None else None
            return Answer(weights, floor, first, tuple(full[1 if first is not None else 0 :]), rounds)
    raise ConvergenceError(
        f"The scenarios of the tail did not agree after {MOST_ROUNDS} rounds; choose a longer window or a "
        "lower confidence."
    )


def _anchor(region: Region) -> Floats:
    n = region.size
    if region.factor is None:
        return np.full(n, 1.0 / n)
    return solve_program(replace(region, tails=()), Objective(factor=region.factor)).weights


def support(region: Region, linear: Floats, charge: float) -> float:
    """Return a lower bound of linear'w + charge · costs over the region, tight to the solver's accuracy.

    Examples
    --------
    >>> region = Region(np.zeros(2), np.full(2, 0.75), np.empty((0, 2)), np.empty(0))
    >>> round(support(region, np.array([3.0, 1.0]), 0.0), 6)
    1.5
    """
    found = solve_program(region, Objective(linear=linear, charge=charge))
    return float(linear @ found.weights) + charge * region.cost(found.weights)


def _solve_chosen(
    region: Region, objective: Objective, tails: Sequence[Tail], chosen: Sequence[_Rows]
) -> tuple[Floats, float, list[tuple[float, Floats, float]]]:
    shape = _shape(region, objective, chosen)
    model = _compiled(shape)
    n = region.size
    with model.lock:
        _fill(model.parameters, shape, region, objective)
        spread = [_fill_tail(model.parameters, shape, k, tails[k], chosen[k]) for k in range(len(tails))]
        _run(model.problem)
        raw = np.asarray(model.variables["y"].value, dtype=np.float64)[:n]
        scale = float(model.variables["kappa"].value) if objective.gain is not None else 1.0
        floor = abs(float(model.duals["floor"].dual_value)) if objective.floor is not None else 0.0
        prices = [_price(model, k, tails[k], chosen[k], spread[k]) for k in range(len(tails))]
    if scale <= 0.0 or not np.isfinite(raw / scale).all():
        raise ConvergenceError("The solver gave no finite weights; leave constant assets out.")
    return raw / scale, floor, prices


def _run(problem: Any, accuracies: Sequence[float] = (1e-9, 1e-8)) -> None:  # noqa: ANN401
    """Solve to the first of the accuracies that can be had; what comes back is verified elsewhere."""
    import cvxpy as cp

    for accuracy in accuracies:
        settings = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), accuracy)
        try:
            problem.solve(solver=cp.CLARABEL, **settings)
        except cp.error.SolverError as error:
            raise ConvergenceError(
                "The solver failed on this problem; widen or drop a constraint."
            ) from error
        if problem.status == "optimal":
            return
        if problem.status == "infeasible":
            break
    if problem.status in ("infeasible", "infeasible_inaccurate"):
        raise InfeasibleError("No weights satisfy all constraints.")
    raise ConvergenceError(
        f"The solver stopped without an optimum ({problem.status}); widen or drop a constraint.",
        status=problem.status,
    )


def _price(
    model: _Model, place: int, tail: Tail, rows: _Rows, spread: Indices
) -> tuple[float, Floats, float]:
    """Return price of the cap, scenarios' weights q with Σ q = 1 and 0 ≤ q ≤ p/(1−c), and the value."""
    raw = np.maximum(np.asarray(model.duals[f"tail{place}"].dual_value, dtype=np.float64), 0.0)
    price = 1.0 if tail.cap is None else abs(float(model.duals[f"cap{place}"].dual_value))
    held = np.zeros(tail.probabilities.size)
    np.add.at(held, spread, raw)
    most = tail.probabilities / (1.0 - tail.confidence)
    total = float(held.sum())
    left = 1.0 - float(most[rows.sure].sum())
    q = held * (left / total) if total > 0.0 else tail.probabilities
    if total > 0.0:
        q[rows.sure] = most[rows.sure]
    over = float(np.maximum(q - most, 0.0).sum())
    if over > 0.0:  # what rounding put above the bound goes where there is room
        q = np.minimum(q, most)
        room = most - q
        q = q + room * ((1.0 - float(q.sum())) / float(room.sum()))
    value = float(model.variables[f"value{place}"].value)
    return price, q, value


def _first_rows(tail: Tail, weights: Floats) -> _Rows:
    """Return the scenarios from half-way into the tail of these weights to as far again outside it."""
    order = np.argsort(-tail.losses(weights), kind="stable")
    mass = np.cumsum(tail.probabilities[order])
    ends = [int(np.searchsorted(mass, part * (1.0 - tail.confidence))) for part in (0.5, 1.6)]
    ends = [max(0, ends[0] - weights.size), min(ends[1] + 2 * weights.size, order.size)]
    return _Rows(np.sort(order[: ends[0]]), np.sort(order[ends[0] : ends[1]]))


def _mended(tail: Tail, weights: Floats, rows: _Rows) -> _Rows:
    """Return rows that write out what these weights show on the wrong side; the same where there is none."""
    losses = tail.losses(weights)
    level = value_at_risk(losses, tail.probabilities, tail.confidence)
    inside = np.flatnonzero(losses >= level)
    wrong = np.union1d(
        np.setdiff1d(inside, np.union1d(rows.sure, rows.edge)), np.setdiff1d(rows.sure, inside)
    )
    if not wrong.size:
        return rows
    return _Rows(np.setdiff1d(rows.sure, wrong), np.union1d(rows.edge, wrong))


def _shape(region: Region, objective: Objective, chosen: Sequence[_Rows]) -> _Shape:
    kinds = {
        "short": region.short is not None,
        "gross": region.gross is not None,
        "turnover": region.turnover is not None,
        "costs": region.costs is not None,
        "tracking": region.tracking is not None,
        "floor": objective.floor is not None,
        "charged": objective.gain is not None and objective.charge > 0.0,
    }
    goal = "linear" if objective.linear is not None else "cvar" if objective.tail is not None else "variance"
    goal = "ratio" if objective.gain is not None else goal
    groups = int(region.rows.shape[0])
    return _Shape(
        _room(region.size, LEAST_SIZE),
        _room(groups, 2) if groups else 0,
        frozenset(kind for kind, there in kinds.items() if there),
        tuple(_room(rows.edge.size, LEAST_ROWS) for rows in chosen),
        goal,
    )


def _room(count: int, least: int) -> int:
    return max(least, 1 << (max(count, 1) - 1).bit_length())


@lru_cache(maxsize=64)
def _compiled(shape: _Shape) -> _Model:
    """Write the problem of a shape once; cvxpy keeps what it compiled."""
    import cvxpy as cp

    written = _Written(shape)
    y, kappa = written.y, written.kappa
    limits = written.limits()
    if shape.goal == "cvar":
        goal = written.values[0]
    elif shape.goal == "linear":
        goal = written.parameter("linear", shape.size) @ y
        if "costs" in shape.kinds:
            goal = goal + written.parameter("charged", shape.size, nonneg=True) @ written.traded
    else:
        goal = cp.sum_squares(written.parameter("factor", shape.size, shape.size) @ y)
    if shape.goal == "ratio":
        cost = written.cost if "charged" in shape.kinds else 0.0
        limits.append(written.parameter("gain", shape.size) @ y - cost >= 1.0)
    variables = {"y": y, "kappa": kappa, **{f"value{k}": v for k, v in enumerate(written.values)}}
    return _Model(cp.Problem(cp.Minimize(goal), limits), written.parameters, variables, written.duals, Lock())


class _Written:
    """The variables of a shape and its constraints, written for y = κ w (κ = 1 but for ratios).

    `slack` adds an allowance to each constraint that has one, by name, for the elastic problem.
    """

    def __init__(self, shape: _Shape, slack: dict[str, Any] | None = None) -> None:
        import cvxpy as cp

        self.shape = shape
        self.slack = slack or {}
        self.parameters: dict[str, Any] = {}
        self.duals: dict[str, Any] = {}
        self.values: list[Any] = []
        self.y = cp.Variable(shape.size)
        self.kappa = cp.Variable(nonneg=True) if shape.goal == "ratio" else cp.Constant(1.0)
        self.traded: Any = 0.0
        self.cost: Any = 0.0

    def parameter(self, name: str, *size: int, nonneg: bool = False) -> Any:  # noqa: ANN401
        import cvxpy as cp

        self.parameters[name] = cp.Parameter(size, nonneg=nonneg)
        return self.parameters[name]

    def limits(self) -> list[Any]:
        """Return the constraints; call once."""
        n, y, kappa, shape = self.shape.size, self.y, self.kappa, self.shape
        found = [
            self.parameter("budget", n) @ y == kappa,
            y >= self.parameter("lower", n) * kappa - self.slack.get("lower", 0.0),
            y <= self.parameter("upper", n) * kappa + self.slack.get("upper", 0.0),
        ]
        if shape.groups:
            most = self.parameter("limits", shape.groups) * kappa + self.slack.get("rows", 0.0)
            found.append(self.parameter("rows", shape.groups, n) @ y <= most)
        found += [*self._signs(), *self._trades(), *self._tracking()]
        for place, rows in enumerate(shape.rows):
            found += self._tail(place, rows)
        if "floor" in shape.kinds:
            least = self.parameter("floor") * kappa
            self.duals["floor"] = self.parameter("mean", n) @ y - self.cost >= least
            found.append(self.duals["floor"])
        return found

    def _signs(self) -> list[Any]:
        import cvxpy as cp

        if not self.shape.kinds & {"short", "gross"}:
            return []
        short = cp.Variable(self.shape.size, nonneg=True)
        found = [self.y + short >= 0]
        if "short" in self.shape.kinds:
            most = self.parameter("short") * self.kappa + self.slack.get("short", 0.0)
            found.append(cp.sum(short) <= most)
        if "gross" in self.shape.kinds:
            # |w| = w + 2 max(−w, 0)
            most = self.parameter("gross") * self.kappa + self.slack.get("gross", 0.0)
            found.append(cp.sum(self.y) + 2 * cp.sum(short) <= most)
        return found

    def _trades(self) -> list[Any]:
        import cvxpy as cp

        n, kappa = self.shape.size, self.kappa
        if not self.shape.kinds & {"turnover", "costs"}:
            return []
        bought, sold = cp.Variable(n, nonneg=True), cp.Variable(n, nonneg=True)
        self.traded = bought + sold
        found = [
            self.y - self.parameter("current", n) * kappa == bought - sold,
            self.traded <= 2 * HUGE * kappa,
        ]
        if "turnover" in self.shape.kinds:
            most = self.parameter("turnover") * kappa + self.slack.get("turnover", 0.0)
            found += [cp.sum(bought) <= most, cp.sum(sold) <= most]
        if "costs" in self.shape.kinds:
            self.cost = self.parameter("costs", n, nonneg=True) @ self.traded
        return found

    def _tracking(self) -> list[Any]:
        import cvxpy as cp

        if "tracking" not in self.shape.kinds:
            return []
        n = self.shape.size
        active = self.parameter("active_factor", n, n) @ self.y
        active = active - self.parameter("active_centre", n) * self.kappa
        most = self.parameter("tracking") * self.kappa + self.slack.get("tracking", 0.0)
        return [cp.norm(active, 2) <= most]

    def _tail(self, place: int, rows: int) -> list[Any]:
        import cvxpy as cp

        n = self.shape.size
        level, excess = cp.Variable(), cp.Variable(rows, nonneg=True)
        losses = self.parameter(f"centre{place}", rows) * self.kappa
        losses = losses - self.parameter(f"returns{place}", rows, n) @ self.y
        self.duals[f"tail{place}"] = excess + level >= losses
        sure = self.parameter(f"sure_centre{place}") * self.kappa
        sure = sure - self.parameter(f"sure_returns{place}", n) @ self.y
        # What is surely in the tail exceeds the level by its losses less the level.
        value = self.parameter(f"level{place}") * level + sure + self.cost
        value = value + self.parameter(f"shares{place}", rows, nonneg=True) @ excess
        self.values.append(value)
        found = [self.duals[f"tail{place}"]]
        if place or self.shape.goal != "cvar":
            most = self.parameter(f"cap{place}") * self.kappa
            self.duals[f"cap{place}"] = value <= most + self.slack.get(f"cap{place}", 0.0)
            found.append(self.duals[f"cap{place}"])
        return found


def _fill(parameters: dict[str, Any], shape: _Shape, region: Region, objective: Objective) -> None:
    """Give the parameters their numbers; assets that a model has room for beyond n touch nothing."""
    n, room = region.size, shape.size

    def padded(values: Floats, fill: float = 0.0) -> Floats:
        whole = np.full((*values.shape[:-1], room), fill)
        whole[..., :n] = values
        return whole

    numbers: dict[str, Any] = {
        "budget": padded(np.ones(n)),
        "lower": padded(np.maximum(region.lower, -HUGE)),
        "upper": padded(np.minimum(region.upper, HUGE), 1.0),
        "short": region.short,
        "gross": region.gross,
        "turnover": region.turnover,
        "tracking": region.tracking,
    }
    if shape.groups:
        rows, limits = np.zeros((shape.groups, room)), np.ones(shape.groups)
        rows[: len(region.limits), :n], limits[: len(region.limits)] = region.rows, region.limits
        numbers |= {"rows": rows, "limits": limits}
    if region.current is not None:
        numbers["current"] = padded(region.current)
    if region.costs is not None:
        numbers["costs"] = padded(region.costs)
        numbers["charged"] = objective.charge * numbers["costs"]
    if region.tracking is not None and region.factor is not None and region.benchmark is not None:
        numbers["active_factor"] = _square(region.factor, room)
        numbers["active_centre"] = numbers["active_factor"] @ padded(region.benchmark)
    if objective.factor is not None:
        numbers["factor"] = _square(objective.factor, room)
    for name, vector in (("linear", objective.linear), ("gain", objective.gain)):
        if vector is not None:
            numbers[name] = padded(vector)
    if objective.floor is not None:
        numbers |= {"mean": padded(objective.floor[0]), "floor": objective.floor[1]}
    for name, value in numbers.items():
        if name in parameters:
            parameters[name].value = value


def _square(factor: Floats, room: int) -> Floats:
    whole = np.zeros((room, room))
    whole[: factor.shape[0], : factor.shape[1]] = factor
    return whole


def _fill_tail(parameters: dict[str, Any], shape: _Shape, place: int, tail: Tail, rows: _Rows) -> Indices:
    """Give one CVaR its scenarios, some of them in equal parts, and return which they are."""
    room = shape.rows[place]
    spread = np.resize(rows.edge, room)
    parts = np.bincount(spread, minlength=tail.probabilities.size)[spread]
    returns = np.zeros((room, shape.size))
    returns[:, : tail.returns.shape[1]] = tail.returns[spread]
    parameters[f"returns{place}"].value = returns
    parameters[f"centre{place}"].value = tail.returns[spread] @ tail.benchmark
    parameters[f"shares{place}"].value = tail.probabilities[spread] / parts / (1.0 - tail.confidence)
    shares = tail.probabilities[rows.sure] / (1.0 - tail.confidence)
    whole = np.zeros(shape.size)
    whole[: tail.returns.shape[1]] = shares @ tail.returns[rows.sure]
    parameters[f"sure_returns{place}"].value = whole
    parameters[f"sure_centre{place}"].value = float(shares @ (tail.returns[rows.sure] @ tail.benchmark))
    parameters[f"level{place}"].value = 1.0 - float(shares.sum())
    if tail.cap is not None:
        parameters[f"cap{place}"].value = tail.cap
    return spread


@dataclass(frozen=True, eq=False)
class Elastic:
    """Which constraints conflict, and the allowances that make room.

    Each by constraint: "lower", "upper", "rows" as arrays with room to spare at the end, "short", "gross",
    "turnover", "tracking" and "cap0", … as single numbers. `prices` are positive where a constraint takes
    part in the conflict; `allowances` are the smallest in total and, among those, in squares.
    """

    total: float
    prices: dict[str, Floats]
    allowances: dict[str, Floats]


def relax(region: Region, *, only: tuple[str, int] | None = None, below_zero: bool = False) -> Elastic:
    """Return the smallest allowances under which the region is not empty.

    `only` names the one constraint, and its position, that may have an allowance. A minimum gives way down to
    0 and one of 0 not at all, unless `below_zero`: long-only is what somebody chose, not a number to tune.

    Raises
    ------
    InfeasibleError
        No such allowances make room.

    Examples
    --------
    >>> region = Region(np.full(2, 0.6), np.ones(2), np.empty((0, 2)), np.empty(0))
    >>> found = relax(region)
    >>> round(found.total, 6), found.allowances["lower"][:2].round(4).tolist()
    (0.2, [0.1, 0.1])
    """
    start = np.full(region.size, 1.0 / region.size)
    chosen = [_first_rows(tail, start) for tail in region.tails]
    for _ in range(MOST_ROUNDS):
        weights, found = _relaxed(region, chosen, only, below_zero)
        added = False
        for k, tail in enumerate(region.tails):
            held = float(tail.cap or 0.0) + float(found.allowances.get(f"cap{k}", np.zeros(1))[0])
            if tail.value(weights) + region.cost(weights) > held + LOOSELY:
                better = _mended(tail, weights, chosen[k])
                added = added or better is not chosen[k]
                chosen[k] = better
        if not added:
            return found
    raise ConvergenceError("The nearest constraints that can be kept were not found; drop one of them.")


def _relaxed(
    region: Region, chosen: Sequence[_Rows], only: tuple[str, int] | None, below_zero: bool
) -> tuple[Floats, Elastic]:
    import cvxpy as cp

    shape = _shape(region, Objective(linear=np.zeros(region.size)), chosen)
    most = _most(shape, region, below_zero)
    allowed = {name: cp.Variable(size.shape) for name, size in most.items()}
    signs = {name: v >= 0 for name, v in allowed.items()}
    slack = {name: _counted(v, most[name], name, only) for name, v in allowed.items()}
    written = _Written(shape, slack)
    limits = [*written.limits(), *signs.values()]
    limits += [v <= np.where(most[name] > 0.0, most[name], 1.0) for name, v in allowed.items()]
    _fill(written.parameters, shape, region, Objective(linear=np.zeros(region.size)))
    for k, tail in enumerate(region.tails):
        _fill_tail(written.parameters, shape, k, tail, chosen[k])
    total = sum(cp.sum(v) for v in allowed.values())
    first = cp.Problem(cp.Minimize(total), limits)
    _run(first, COARSE)
    # An allowance costs 1: what its sign does not pay for, the constraint does.
    prices = {name: np.atleast_1d(1.0 - np.asarray(sign.dual_value)) for name, sign in signs.items()}
    least = max(0.0, float(first.value))
    if only is None:
        squares = sum(cp.sum_squares(v) for v in allowed.values())
        _run(cp.Problem(cp.Minimize(squares), [*limits, total <= least * (1 + 1e-6) + 1e-7]), COARSE)
    weights = np.asarray(written.y.value, dtype=np.float64)[: region.size]
    found = {name: np.atleast_1d(np.asarray(v.value, dtype=np.float64)) for name, v in allowed.items()}
    return weights, Elastic(least, prices, found)


def _most(shape: _Shape, region: Region, below_zero: bool) -> dict[str, Floats]:
    """Return the largest allowance of every constraint."""
    n, groups = region.size, region.limits.size
    most = {"lower": np.zeros(shape.size), "upper": np.zeros(shape.size)}
    most["lower"][:n] = HUGE if below_zero else np.maximum(region.lower, 0.0)
    most["upper"][:n] = HUGE
    if shape.groups:
        most["rows"] = np.zeros(shape.groups)
        # A minimum b of a group is held as −Σ w ≤ −b.
        minima = (region.rows < 0.0).any(axis=1)
        floors = HUGE if below_zero else np.maximum(-region.limits, 0.0)
        most["rows"][:groups] = np.where(minima, floors, HUGE)
    single = [kind for kind in ("short", "gross", "turnover", "tracking") if kind in shape.kinds]
    return most | {name: np.array(HUGE) for name in (*single, *(f"cap{k}" for k in range(len(shape.rows))))}


def _counted(allowance: Any, most: Floats, name: str, only: tuple[str, int] | None) -> Any:  # noqa: ANN401
    """Return what an allowance adds to its constraint: nothing where it must not."""
    import cvxpy as cp

    counts = (most > 0.0).astype(np.float64)
    if only is not None:
        chosen = np.zeros(most.shape)
        if name == only[0]:
            chosen[only[1] if most.shape else ()] = 1.0
        counts = counts * chosen
    return cp.multiply(counts, allowance)
