"""Limits as a code for the link.

`cvar~0.02;weight:SPY~0.4;replay:COVID 2020~0.25;gap:0.15~0.1` names each limit as the gate does. A stress
says what it moves, `shock:Fall|SPY=-0.2|!bp=100~0.1`; what is known for days to liquidate goes with the
limits: `volume:SPY~3e10;participation~0.1`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from riskcore.dashboard.view import quoted, unquoted
from riskcore.errors import InputError
from riskcore.limits import Limits, Shock
from riskcore.limits.schema import NUMBERS

__all__ = ["USUAL_PARTICIPATION", "Held", "held_of", "limits_code", "limits_of", "numbers_of"]

NAMED = {"weight": "weights", "share": "shares", "replay": "replays", "factor": "factors"}
FURTHER = {"bp": "basis_points", "vol": "volatility", "rho": "correlation"}
USUAL_PARTICIPATION = 0.2


@dataclass(frozen=True)
class Held:
    """Limits, and what was typed for days to liquidate: volumes in money, the share of them one can trade."""

    limits: Limits
    volumes: Mapping[str, float] = field(default_factory=dict)
    participation: float = USUAL_PARTICIPATION

    @property
    def code(self) -> str:
        """All of it as a code for the link.

        Examples
        --------
        >>> held_of("cvar~0.02;weight:SPY~0.4;gap:0.15~0.1").code
        'cvar~0.02;weight:SPY~0.4;gap:0.15~0.1'
        """
        found: dict[str, float] = {}
        for name in NUMBERS:
            if getattr(self.limits, name) is not None:
                found[name] = getattr(self.limits, name)
        for kind, table in NAMED.items():
            found |= {f"{kind}:{name}": number for name, number in getattr(self.limits, table).items()}
        found |= {f"gap:{gap.fall:g}": gap.limit for gap in self.limits.index_gaps}
        found |= {_shock_key(shock): shock.limit for shock in self.limits.shocks}
        found |= {f"volume:{asset}": volume for asset, volume in self.volumes.items()}
        if self.participation != USUAL_PARTICIPATION:
            found["participation"] = self.participation
        usual = Limits()
        if self.limits.warn_at != usual.warn_at:
            found["warn_at"] = self.limits.warn_at
        if self.limits.share_measure != usual.share_measure:
            found[f"of:{self.limits.share_measure}"] = 1.0
        return ";".join(f"{quoted(name)}~{number:.12g}" for name, number in found.items())

    def but(self, **changes: object) -> "Held":
        """Return it with some limits changed, names as in `Limits.from_mapping`."""
        return replace(self, limits=Limits.from_mapping({**self.limits.to_mapping(), **changes}))


def held_of(code: str) -> Held:
    """Return what stands behind a code; no limits for an empty one.

    Raises
    ------
    InputError
        The code cannot be read, or a limit is not possible.

    Examples
    --------
    >>> held = held_of("shock:Fall|SPY=-0.2|!bp=100~0.1;volume:SPY~3e10")
    >>> held.limits.shocks[0].moves["SPY"], held.limits.shocks[0].basis_points, held.volumes
    (-0.2, 100.0, {'SPY': 30000000000.0})
    """
    found: dict[str, object] = {}
    gaps: list[dict[str, float]] = []
    shocks: list[dict[str, object]] = []
    volumes: dict[str, float] = {}
    participation = USUAL_PARTICIPATION
    for name, number in numbers_of(code).items():
        kind, mark, rest = name.partition(":")
        if mark and kind == "gap":
            try:
                gaps.append({"fall": float(rest), "limit": number})
            except ValueError:
                raise InputError(f"“{rest[:20]}” is no fall of an index; write gap:0.15.") from None
        elif mark and kind == "shock":
            shocks.append({**_shock_of(rest), "limit": number})
        elif mark and kind == "volume":
            if number <= 0.0:
                raise InputError(f"The daily volume of {rest[:40]} is an amount of money above 0.")
            volumes[rest] = number
        elif mark and kind == "of":
            found["share_measure"] = rest
        elif name == "participation":
            participation = number
        elif mark and kind in NAMED:
            table = found.setdefault(NAMED[kind], {})
            assert isinstance(table, dict)
            table[rest] = number
        else:
            found[name] = number
    if not 0.0 < participation <= 1.0:
        raise InputError(f"The share of the daily volume lies in (0, 1], not {participation:g}.")
    return Held(Limits.from_mapping(found | {"index_gap": gaps, "shock": shocks}), volumes, participation)


def _shock_key(shock: Shock) -> str:
    """Return "shock:Fall|SPY=-0.2|!bp=100", with the names quoted."""
    parts = [f"{quote(name, safe=' ')}={move:.12g}" for name, move in shock.moves.items()]
    usual = Shock("", {}, 1.0)
    # What is not a move starts with a mark that quoting takes from names.
    parts += [
        f"!{short}={getattr(shock, long):.12g}"
        for short, long in FURTHER.items()
        if getattr(shock, long) != getattr(usual, long)
    ]
    return "|".join([f"shock:{quote(shock.name, safe=' ')}", *parts])


def _shock_of(text: str) -> dict[str, object]:
    name, *parts = text.split("|")
    moves: dict[str, float] = {}
    found: dict[str, object] = {"name": unquote(name), "moves": moves}
    for part in parts:
        what, mark, typed = part.rpartition("=")
        try:
            number = float(typed)
        except ValueError:
            mark = ""
        if not mark:
            raise InputError(f"The stress {name[:40]} is not a list of asset=move; write SPY=-0.2.")
        if what.startswith("!") and what[1:] in FURTHER:
            found[FURTHER[what[1:]]] = number
        else:
            moves[unquote(what)] = number
    return found


def limits_of(code: str) -> Limits:
    """Return the limits behind a code; none for an empty one.

    Raises
    ------
    InputError
        As in `held_of`.

    Examples
    --------
    >>> limits = limits_of("cvar~0.02;weight:SPY~0.4;gap:0.15~0.1")
    >>> limits.cvar, dict(limits.weights), limits.index_gaps
    (0.02, {'SPY': 0.4}, (IndexGap(fall=0.15, limit=0.1),))
    """
    return held_of(code).limits


def limits_code(limits: Limits) -> str:
    """Return limits as a code.

    Examples
    --------
    >>> limits_code(limits_of("cvar~0.02;weight:SPY~0.4;gap:0.15~0.1"))
    'cvar~0.02;weight:SPY~0.4;gap:0.15~0.1'
    """
    return Held(limits).code


def numbers_of(code: str) -> dict[str, float]:
    """Return each number of a code by its key.

    Raises
    ------
    InputError
        The code cannot be read.
    """
    found: dict[str, float] = {}
    for part in code.split(";") if code else ():
        label, mark, typed = part.rpartition("~")
        name = unquoted(label)
        try:
            number = float(typed)
        except ValueError:
            number = math.nan
        if not (mark and label):
            raise InputError("The list of limits is not a list of limit~number.")
        if not math.isfinite(number):
            raise InputError(f"The list of limits has no number for {name[:40]}.")
        if name in found:
            raise InputError(f"The list of limits names {name[:40]} twice.")
        found[name] = number
    return found
