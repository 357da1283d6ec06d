"""Why no portfolio keeps all constraints: which of them conflict, and the nearest that can be kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskcore.allocation.constraints import Constraints, Limit, share
from riskcore.allocation.inputs import Bound
from riskcore.allocation.solver import Elastic, Region, relax
from riskcore.errors import ConvergenceError, InfeasibleError

__all__ = ["Conflict", "find_conflict", "relaxed"]

Floats = NDArray[np.float64]
NONE = 1e-6
"""Allowance, in the units of the region, below which a constraint counts as kept."""
SHOWN = 5e-5
EASE = 1e-3
"""How much further than the nearest a limit is moved, so that there is room for weights."""
TAKES_PART = 1e-3
MOST_ALONE = 4
MANY = 3


@dataclass(frozen=True)
class Conflict:
    """Constraints that cannot hold together.

    Attributes
    ----------
    names
        The constraints in conflict, in words.
    total
        The smallest sum of changes that makes room, as a fraction of value (changes of a risk limit count
        in units of the average volatility of the assets).
    nearest
        New limits by name, those of the smallest total change (spread evenly where there is a choice).
    alone
        By name, the new limit if only this constraint gives way; None where that alone does not help.
    sentence
        All of it in words.
    moves
        The nearest limits by their place in the region, for `relaxed`.
    """

    names: tuple[str, ...]
    total: float
    nearest: Mapping[str, float]
    alone: Mapping[str, float | None]
    sentence: str
    moves: tuple[tuple[tuple[str, int], float], ...] = ()

    def error(self) -> InfeasibleError:
        """Return the conflict as an error."""
        return InfeasibleError(self.sentence, conflict=self)


def find_conflict(region: Region, limits: Sequence[Limit]) -> Conflict:
    """Return why the region is empty: the smallest changes that make room for a portfolio.

    Every constraint is given an allowance a ≥ 0 and Σ a is minimised; those whose multiplier is positive
    prove the conflict (Farkas).

    Raises
    ------
    ConvergenceError
        There is room after all: the solver failed for another reason.

    References
    ----------
    Chinneck (2008), Feasibility and infeasibility in optimization, on elastic programs.
    """
    try:
        found = relax(region)
    except InfeasibleError:
        found = relax(region, below_zero=True)
    if found.total <= NONE:
        raise ConvergenceError(
            "The constraints leave hardly any portfolio, too few to solve for; widen one of them a little."
        )
    involved = [x for x in limits if _at(found.prices, x) > TAKES_PART or _at(found.allowances, x) > NONE]
    nearest = {x: _moved(x, _at(found.allowances, x)) for x in involved if _at(found.allowances, x) > SHOWN}
    alone: dict[Limit, float | None] = {}
    if 1 < len(involved) <= MOST_ALONE:
        alone = {x: _alone(region, x) for x in involved}
    return Conflict(
        tuple(x.name for x in involved),
        found.total,
        {x.name: v for x, v in nearest.items()},
        {x.name: v for x, v in alone.items()},
        _sentence(involved, nearest, alone, found),
        tuple((x.place, _moved(x, _at(found.allowances, x) + EASE)) for x in nearest),
    )


def relaxed(assets: Sequence[str], constraints: Constraints, conflict: Conflict) -> Constraints:
    """Return the constraints with the limits of a conflict moved to the nearest that can be kept.

    A little further by 1e-3 of the value (or of the average volatility), so that there is room for weights.
    """
    changes: dict[str, object] = {}
    lower, upper = ({**_by_asset(assets, b)} for b in (constraints.lower, constraints.upper))
    groups = list(constraints.groups)
    sides = [
        (place, side)
        for place, group in enumerate(groups)
        for side, bound in (("lower", group.lower), ("upper", group.upper))
        if np.isfinite(bound)
    ]
    caps = [name for name in ("cvar", "active_cvar") if getattr(constraints, name) is not None]
    names = {"short": "short", "gross": "gross", "turnover": "turnover", "tracking": "tracking_error"}
    names |= {f"cap{k}": name for k, name in enumerate(caps)}
    for (kind, position), limit in conflict.moves:
        if kind in ("lower", "upper"):
            (lower if kind == "lower" else upper)[assets[position]] = limit
        elif kind == "rows":
            place, side = sides[position]
            groups[place] = replace(groups[place], **{side: limit})  # type: ignore[arg-type]
        else:
            changes[names[kind]] = limit
    changed: Constraints = replace(
        constraints,
        lower=lower,
        upper=upper,
        groups=tuple(groups),
        **changes,  # type: ignore[arg-type]
    )
    return changed


def _by_asset(assets: Sequence[str], bound: Bound) -> dict[str, float]:
    return dict(bound) if isinstance(bound, Mapping) else dict.fromkeys(assets, float(bound))


def _at(by_place: Mapping[str, Floats], limit: Limit) -> float:
    name, position = limit.place
    return float(by_place[name][position]) if name in by_place else 0.0


def _moved(limit: Limit, allowance: float) -> float:
    return limit.limit + limit.sign * limit.unit * allowance


def _alone(region: Region, limit: Limit) -> float | None:
    try:
        found = relax(region, only=limit.place)
    except (InfeasibleError, ConvergenceError):
        return None
    return _moved(limit, found.total)


def _sentence(
    involved: Sequence[Limit],
    nearest: Mapping[Limit, float],
    alone: Mapping[Limit, float | None],
    found: Elastic,
) -> str:
    said = _joined([_words(group, [x.limit for x in group]) for group in _alike(involved)])
    total, points = _total(involved, found), f"{100 * found.total:.4g} points"
    s = "s" if len(involved) == 1 else ""
    if total is not None and total > 1.0:
        start = f"{said} need{s} {share(total)} of the value: lower them by {points} in total"
    elif total is not None:
        start = f"{said} allow{s} only {share(total)} of the value: raise them by {points} in total"
    else:
        start = f"No fully invested portfolio keeps {said}{'' if s else ' together'}"
    moved = sorted(nearest, key=involved.index)
    near = _joined([_words(group, [nearest[x] for x in group]) for group in _alike(moved, nearest)])
    single = moved[0] if len(moved) == 1 else None
    possible = [x.written(v) for x, v in alone.items() if v is not None and x is not single]
    which = "one of these" if len(possible) > 1 else "this"
    ways = f", or {which} alone: {'; '.join(possible)}" if possible else ""
    return f"{start}. The nearest that can be kept: {near}{ways}."


def _total(involved: Sequence[Limit], found: Elastic) -> float | None:
    """Return the sum of minima (or of maxima) where each counts once in the conflict, None elsewhere."""
    if any(x.place[0] not in ("lower", "upper", "rows") for x in involved):
        return None
    if len({x.sign for x in involved}) != 1 or any(_at(found.prices, x) < 1.0 - 1e-3 for x in involved):
        return None
    total = float(sum(x.limit for x in involved))
    short = abs(abs(total - 1.0) - found.total) <= 1e-5
    return total if short else None


def _alike(limits: Sequence[Limit], values: Mapping[Limit, float] | None = None) -> list[list[Limit]]:
    """Return limits on many single assets that ask the same as one group, the others by themselves."""
    groups: dict[object, list[Limit]] = {}
    for x in limits:
        value = round(x.limit if values is None else values[x], 6)
        key: object = (x.place[0], value) if x.asset is not None else id(x)
        groups.setdefault(key, []).append(x)
    whole: list[list[Limit]] = []
    for group in groups.values():
        whole += [group] if len(group) >= MANY else [[x] for x in group]
    return whole


def _words(group: Sequence[Limit], values: Sequence[float]) -> str:
    if len(group) == 1:
        return group[0].written(values[0])
    mark = "≥" if group[0].sign < 0 else "≤"
    return f"{len(group)} assets {mark} {share(values[0])}"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
