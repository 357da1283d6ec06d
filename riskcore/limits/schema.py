"""Limits as a person writes them: a mapping of names to numbers, checked, and back again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from riskcore.errors import InputError, listed

__all__ = ["IndexGap", "Limits", "Shock"]

SHARE_MEASURES = ("cvar", "volatility")
NUMBERS = (
    "volatility",
    "var",
    "cvar",
    "drawdown",
    "worst_replay",
    "largest_weight",
    "largest_share",
    "liquidity_days",
)
NAMED = ("weights", "shares", "replays", "factors")
SHOCK_RANGES = {
    "basis_points": (-2000.0, 2000.0, "a rise of yields"),
    "volatility": (0.0, 10.0, "a factor on volatilities"),
    "correlation": (-1.0, 1.0, "a correlation"),
}
# A limit of more is a percentage typed for a fraction; with leverage weights go beyond 1. Others: 1.
HIGHEST = {"volatility": 3.0, "largest_weight": 10.0, "weights": 10.0}


@dataclass(frozen=True)
class IndexGap:
    """A limit on the loss when the index falls at once: fall and limit in (0, 1]."""

    fall: float
    limit: float


@dataclass(frozen=True)
class Shock:
    """A limit on a named stress: on the loss at once, or on the CVaR of the stressed scenarios.

    Attributes
    ----------
    name
        For the reader.
    moves
        Asset or group to its return, −0.2 for a fall; may be empty.
    limit
        Of the loss at once where only prices and yields move; of the CVaR, over the horizon, where
        volatilities or correlations do.
    basis_points
        Rise of all yields, for what has a duration in the situation.
    volatility
        Factor on all volatilities.
    correlation
        What all correlations go to, None to leave them.
    """

    name: str
    moves: Mapping[str, float]
    limit: float
    basis_points: float = 0.0
    volatility: float = 1.0
    correlation: float | None = None

    @property
    def at_once(self) -> bool:
        """Whether it moves prices and yields only, so that its loss is one number and linear in weights."""
        return self.volatility == 1.0 and self.correlation is None

    def to_mapping(self) -> dict[str, Any]:
        """Return it as plain texts and numbers, only what shocks."""
        found: dict[str, Any] = {"name": self.name, "limit": self.limit}
        if self.moves:
            found["moves"] = dict(self.moves)
        usual = {"basis_points": 0.0, "volatility": 1.0, "correlation": None}
        return found | {k: getattr(self, k) for k, v in usual.items() if getattr(self, k) != v}


@dataclass(frozen=True)
class Limits:
    """The highest values a portfolio may have; what is None or empty is not limited.

    Attributes
    ----------
    volatility
        Per year, decimal.
    var, cvar
        Over the horizon, at the confidence of the situation they are checked in.
    drawdown
        Worst compounded drawdown of the window, weights rebalanced every period.
    worst_replay
        The largest loss over all dated crises the data covers.
    largest_weight
        Largest |weight| of one asset.
    largest_share
        Largest share of the risk (of `share_measure`) that one asset contributes.
    liquidity_days
        Days to liquidate everything.
    weights
        Asset or group to the largest |Σ weight|.
    shares
        Asset or group to the largest share of the risk.
    replays
        Crisis to the largest loss when it is replayed.
    factors
        Factor to the largest |exposure|; exposures come with the situation.
    index_gaps, shocks
        Losses under moves that are imposed.
    share_measure
        Whose contributions are limited: "cvar" or "volatility".
    warn_at
        The share of a limit from which there is a warning, in (0, 1].
    """

    volatility: float | None = None
    var: float | None = None
    cvar: float | None = None
    drawdown: float | None = None
    worst_replay: float | None = None
    largest_weight: float | None = None
    largest_share: float | None = None
    liquidity_days: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    replays: Mapping[str, float] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    index_gaps: tuple[IndexGap, ...] = ()
    shocks: tuple[Shock, ...] = ()
    share_measure: str = "cvar"
    warn_at: float = 0.9

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> "Limits":
        """Return the limits a mapping (of TOML, JSON or the store) states.

        Raises
        ------
        InputError
            A name is unknown, or a value is not a positive number in its range: with the name.

        Examples
        --------
        >>> limits = Limits.from_mapping({"cvar": 0.02, "weights": {"SPY": 0.4},
        ...                               "index_gap": [{"fall": 0.15, "limit": 0.1}]})
        >>> limits.cvar, dict(limits.weights), limits.index_gaps[0].fall
        (0.02, {'SPY': 0.4}, 0.15)
        """
        known = {*NUMBERS, *NAMED, "index_gap", "shock", "share_measure", "warn_at"}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise InputError(
                f"There is no limit called {listed(unknown)}; the limits are {', '.join(sorted(known))}.",
                unknown=unknown,
            )
        found: dict[str, Any] = {
            name: _number(name, given[name]) for name in NUMBERS if given.get(name) is not None
        }
        for name in NAMED:
            table = _table(name, given.get(name, {}))
            found[name] = MappingProxyType({key: _number(f"{name}, {key}", v) for key, v in table.items()})
        found["index_gaps"] = tuple(_gap(one) for one in _list("index_gap", given.get("index_gap", ())))
        found["shocks"] = tuple(_shock(one) for one in _list("shock", given.get("shock", ())))
        names = [shock.name for shock in found["shocks"]]
        if len(set(names)) < len(names):
            raise InputError("Two shocks have the same name; give each its own.", names=names)
        measure = given.get("share_measure", "cvar")
        if measure not in SHARE_MEASURES:
            raise InputError(f"share_measure is one of {', '.join(SHARE_MEASURES)}, not {measure!r}.")
        warn = given.get("warn_at", 0.9)
        if isinstance(warn, bool) or not isinstance(warn, int | float) or not 0.0 < warn <= 1.0:
            raise InputError(f"warn_at is a share of the limit in (0, 1], such as 0.9, not {warn!r}.")
        return cls(**found, share_measure=measure, warn_at=float(warn))

    def to_mapping(self) -> dict[str, Any]:
        """Return what is set as plain texts and numbers; `from_mapping` reads it back."""
        found: dict[str, Any] = {n: getattr(self, n) for n in NUMBERS if getattr(self, n) is not None}
        found |= {name: dict(getattr(self, name)) for name in NAMED if getattr(self, name)}
        if self.index_gaps:
            found["index_gap"] = [{"fall": g.fall, "limit": g.limit} for g in self.index_gaps]
        if self.shocks:
            found["shock"] = [shock.to_mapping() for shock in self.shocks]
        if found:
            found |= {"share_measure": self.share_measure, "warn_at": self.warn_at}
        return found

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return bool(self.to_mapping())


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(
            f"The limit {name} must be a number such as 0.15, not {str(value)[:40]!r}.", name=name
        )
    number = float(value)
    fraction = name != "liquidity_days" and not name.startswith("factors")
    most = HIGHEST.get(name.split(",")[0], 1.0) if fraction else math.inf
    if not 0.0 < number <= most:
        raise InputError(
            f"The limit {name} must lie above 0 and at most {most:g}, not {number:g}."
            + (f" Did you mean {number / 100:g} ({number:g} %)?" if fraction and 1 < number <= 100 else ""),
            name=name,
        )
    return number


def _table(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and key.strip() for key in value):
        raise InputError(f"The limits {name} are a table of names and numbers, such as {{SPY = 0.4}}.")
    return value


def _list(name: str, value: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        raise InputError(f"The limits {name} are a list of tables; write [[limits.{name}]] before each.")
    return value


def _gap(given: Mapping[str, Any]) -> IndexGap:
    if set(given) != {"fall", "limit"}:
        raise InputError("An index_gap has a fall and a limit, such as fall = 0.15 and limit = 0.1.")
    fall = _number("index_gap, fall", given["fall"])
    if fall >= 1.0:
        raise InputError(f"An index cannot fall by {100 * fall:g} % or more; write 0.15 for 15 %.")
    return IndexGap(fall, _number("index_gap, limit", given["limit"]))


def _shock(given: Mapping[str, Any]) -> Shock:
    known = {"name", "limit", "moves", *SHOCK_RANGES}
    whole = {"name", "limit"} <= set(given) <= known and isinstance(given.get("name"), str)
    if not whole or len(given) < 3:
        raise InputError(
            "A shock has a name, a limit, and moves (a table such as {SPY = -0.2}), basis_points, volatility "
            "or correlation."
        )
    moves: dict[str, float] = {}
    for asset, move in _table(f"shock, {given['name'][:40]}, moves", given.get("moves", {})).items():
        number = isinstance(move, int | float) and not isinstance(move, bool)
        if not number or not -1.0 <= move <= 10.0:
            raise InputError(f"The move of {asset[:40]} is a return from -1 to 10, not {str(move)[:40]!r}.")
        moves[asset] = float(move)
    further: dict[str, float] = {}
    for key, (low, high, words) in SHOCK_RANGES.items():
        value = given.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InputError(
                f"The shock {given['name'][:40]}: {key} is {words} from {low:g} to {high:g}, not "
                f"{str(value)[:40]!r}."
            )
        further[key] = float(value)
    limit = _number(f"shock, {given['name'][:40]}", given["limit"])
    shock = Shock(given["name"], MappingProxyType(moves), limit, **further)
    if shock.at_once and not moves and not shock.basis_points:
        raise InputError(f"The shock {given['name'][:40]} moves nothing; name at least one asset.")
    return shock
