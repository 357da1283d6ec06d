"""cvxpy models of convex programs, compiled once per shape and then only re-filled.

A model is known by its shape: what is minimised, which kinds of constraint there are, and sizes rounded up to
powers of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from riskcore.allocation.solver.program import HUGE, Objective, Region
from riskcore.allocation.solver.tail_rows import TailRows
from riskcore.errors import ConvergenceError, InfeasibleError

__all__ = ["Model", "Shape", "Written", "compiled", "run", "shape_of"]

LEAST_SIZE, LEAST_ROWS = 8, 64


class Shape(NamedTuple):
    """What a model is known by: room for assets, groups and scenarios, kinds of constraint, and the goal."""

    size: int
    groups: int
    kinds: frozenset[str]
    rows: tuple[int, ...]
    goal: str


@dataclass(frozen=True, eq=False)
class Model:
    """A compiled problem with its parameters; filled and solved by one reader at a time."""

    problem: Any
    parameters: dict[str, Any]
    variables: dict[str, Any]
    duals: dict[str, Any]
    lock: Lock


def shape_of(region: Region, objective: Objective, chosen: Sequence[TailRows]) -> Shape:
    """Return the shape of the model that has room for a problem."""
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
    return Shape(
        _room(region.size, LEAST_SIZE),
        _room(groups, 2) if groups else 0,
        frozenset(kind for kind, there in kinds.items() if there),
        tuple(_room(rows.edge.size, LEAST_ROWS) for rows in chosen),
        goal,
    )


def _room(count: int, least: int) -> int:
    return max(least, 1 << (max(count, 1) - 1).bit_length())


@lru_cache(maxsize=64)
def compiled(shape: Shape) -> Model:
    """Write the problem of a shape once; cvxpy keeps what it compiled."""
    import cvxpy as cp

    written = Written(shape)
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
    return Model(cp.Problem(cp.Minimize(goal), limits), written.parameters, variables, written.duals, Lock())


class Written:
    """The variables of a shape and its constraints, written for y = κ w (κ = 1 but for ratios).

    `slack` adds an allowance to each constraint that has one, by name, for the elastic problem.
    """

    def __init__(self, shape: Shape, slack: dict[str, Any] | None = None) -> None:
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
        """Return a new parameter of the model."""
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


def run(problem: Any, accuracies: Sequence[float] = (1e-9, 1e-8)) -> None:  # noqa: ANN401
    """Solve to the first of the accuracies that can be had; what comes back is verified elsewhere."""
    import cvxpy as cp

    for accuracy in accuracies:
        settings = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), accuracy)
        try:
            # A solver that is updated in place remembers the numbers of whoever came before.
            problem.solve(solver=cp.CLARABEL, warm_start=False, **settings)
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
