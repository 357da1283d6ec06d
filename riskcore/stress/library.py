"""Named stresses, each nothing but explicit shocks: moves, yields, volatility, correlation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskcore.errors import InputError
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios
from riskcore.stress.correlation_shock import correlation_shock
from riskcore.stress.scenario_shocks import combined_shock, direct_shock, rates_shock, volatility_shock

__all__ = ["NAMED", "NamedStress", "named_stress", "read_stress"]

MOST_MOVES = 500


@dataclass(frozen=True)
class NamedStress:
    """A stress by its shocks; what happened once is at most its model, the numbers are assumptions.

    Parameters
    ----------
    name
        For the reader.
    moves
        Pairs of an asset, class, region or currency and its instant return, −0.2 for a fall of 20 %.
    basis_points
        Rise of all yields, on top of the moves, for what has a duration.
    volatility
        Factor on all volatilities about the mean.
    correlation
        What all correlations go to, None to leave them.

    Raises
    ------
    InputError
        It holds no shock.

    Examples
    --------
    >>> NamedStress("Fall", moves=(("Equity", -0.2),), correlation=1.0).words
    'Equity −20 %, correlations → 1'
    """

    name: str
    moves: tuple[tuple[str, float], ...] = ()
    basis_points: float = 0.0
    volatility: float = 1.0
    correlation: float | None = None

    def __post_init__(self) -> None:
        """Refuse what shocks nothing."""
        if not self.moves and not self.basis_points and self.volatility == 1.0 and self.correlation is None:
            raise InputError(f"The stress {self.name[:60]} holds no shock; give it at least one.")

    @property
    def words(self) -> str:
        """All its shocks in words."""
        parts = [f"{name} {100 * move:+g} %".replace("-", "−") for name, move in self.moves]
        if self.basis_points:
            parts.append(f"yields {self.basis_points:+g} basis points".replace("-", "−"))
        if self.volatility != 1.0:
            parts.append(f"volatility × {self.volatility:g}")
        if self.correlation is not None:
            parts.append(f"correlations → {self.correlation:g}")
        return ", ".join(parts)

    @property
    def content(self) -> dict[str, Any]:
        """It as plain data, for saving."""
        return {
            "moves": [[name, move] for name, move in self.moves],
            "basis_points": self.basis_points,
            "volatility": self.volatility,
            "correlation": self.correlation if self.correlation is not None else "",
        }


NAMED: tuple[NamedStress, ...] = (
    NamedStress("Equity −20 % with correlations to 1", (("Equity", -0.20),), correlation=1.0),
    NamedStress("Rates +200 bp", basis_points=200.0),
    NamedStress("Rates −100 bp", basis_points=-100.0),
    NamedStress(
        "Stagflation, 1970s-like",
        (("Equity", -0.35), ("Commodity", 0.40), ("Crypto", -0.40)),
        basis_points=300.0,
        volatility=1.5,
    ),
    NamedStress(
        "Deflationary bust",
        (("Equity", -0.40), ("Commodity", -0.20), ("Crypto", -0.60)),
        basis_points=-150.0,
        volatility=2.0,
        correlation=0.7,
    ),
    NamedStress("Bonds and equity fall together", (("Equity", -0.20),), basis_points=200.0, correlation=0.8),
    NamedStress("Crypto −60 %", (("Crypto", -0.60), ("Equity", -0.05))),
    NamedStress("Volatility doubles", volatility=2.0),
)


def named_stress(
    scenarios: Scenarios,
    stress: NamedStress,
    *,
    groups: Mapping[str, Sequence[str]],
    durations: Mapping[str, float],
) -> ShockResult:
    """Return the scenarios under a named stress: volatility, then correlations, then moves, then yields.

    Parameters
    ----------
    scenarios
        Any, weighted or not.
    groups
        Class, region or currency to the assets in it.
    durations
        Modified duration in years of what moves with yields.

    Returns
    -------
    ShockResult
        A note names every shock that meets nothing here: it is left out, and said.

    Raises
    ------
    InputError
        None of its shocks meets any of these assets.

    Examples
    --------
    >>> import numpy as np
    >>> s = Scenarios(np.array([[0.0, 0.0]]), ("SPY", "BND"), 252)
    >>> fall = NamedStress("Fall", (("Equity", -0.2), ("Crypto", -0.5)), basis_points=100)
    >>> found = named_stress(s, fall, groups={"Equity": ["SPY"]}, durations={"BND": 6.0})
    >>> found.moves.round(12).to_dict(), found.notes[0]
    ({'SPY': -0.2, 'BND': -0.06}, 'There is no Crypto among these assets, so its move meets nothing.')
    """
    steps: list[Callable[[Scenarios], ShockResult]] = []
    absent = [name for name, _ in stress.moves if name not in scenarios.assets and not groups.get(name)]
    moves = {name: move for name, move in stress.moves if name not in absent}
    notes = [f"There is no {name} among these assets, so its move meets nothing." for name in absent]
    if stress.volatility != 1.0:
        steps.append(lambda s: volatility_shock(s, stress.volatility))
    if stress.correlation is not None and scenarios.size > 1:
        target = stress.correlation
        steps.append(lambda s: correlation_shock(s, target))
    if moves:
        members = {name: list(groups[name]) for name in moves if name not in scenarios.assets}
        steps.append(lambda s: direct_shock(s, moves, members=members))
    if stress.basis_points and durations:
        steps.append(lambda s: rates_shock(s, stress.basis_points, durations=durations))
    elif stress.basis_points:
        notes.append("No asset here has a duration, so the move of yields meets nothing.")
    if not steps:
        raise InputError(f"{stress.name} meets none of these assets. {' '.join(notes)}")
    found = combined_shock(scenarios, steps)
    return ShockResult(
        found.scenarios, stress.name, found.moves, found.below_total_loss, (*notes, *found.notes)
    )


def read_stress(name: str, content: Mapping[str, Any]) -> NamedStress:
    """Return a stress from what `NamedStress.content` gave.

    Raises
    ------
    InputError
        The content is no stress.

    Examples
    --------
    >>> read_stress("Fall", NamedStress("Fall", (("SPY", -0.2),)).content).words
    'SPY −20 %'
    """
    try:
        moves = tuple((str(on), float(move)) for on, move in content.get("moves", ()))
        correlation = content.get("correlation", "")
        found = NamedStress(
            name,
            moves[:MOST_MOVES],
            float(content.get("basis_points", 0.0)),
            float(content.get("volatility", 1.0)),
            float(correlation) if correlation != "" else None,
        )
    except (TypeError, ValueError) as problem:
        raise InputError(f"What is saved as {name[:60]} is no stress.") from problem
    return found
