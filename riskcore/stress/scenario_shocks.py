"""Shocks that turn scenarios into stressed scenarios: wider, closer together, or moved at once."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.numerics.moments import weighted_mean
from riskcore.portfolio import Portfolio
from riskcore.results.shocks import ShockResult
from riskcore.scenarios import Scenarios

__all__ = [
    "DURATIONS",
    "combined_shock",
    "comonotone",
    "direct_shock",
    "rates_shock",
    "shock_contributions",
    "volatility_shock",
]

Floats = NDArray[np.float64]
BASIS_POINT = 1e-4
MOST_BASIS_POINTS = 2_000

DURATIONS: Mapping[str, float] = MappingProxyType(
    {"cash": 0.25, "short bonds": 2.0, "broad bonds": 6.0, "long bonds": 17.0, "inflation-linked": 6.5}
)
"""Rounded modified durations in years by kind of bond, where nothing better is known: replace them."""


def volatility_shock(
    scenarios: Scenarios, factor: float, *, assets: Sequence[str] | None = None
) -> ShockResult:
    """Return the scenarios stretched about their mean: r' = μ + k (r − μ).

    Volatility is multiplied by k, and so is everything about the mean that scales; means, correlations and
    the shape of every distribution stay.

    Parameters
    ----------
    scenarios
        Any, weighted or not.
    factor
        k ≥ 0; 3 triples the volatility.
    assets
        The assets to stretch, all when omitted.

    Raises
    ------
    InputError
        k is negative or not finite.
    AssetMismatchError
        An asset is not among the scenarios.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [-0.03]]), ("SPY",), 252)
    >>> volatility_shock(s, 3.0).scenarios.returns.round(12).tolist()
    [[0.05], [-0.07]]
    """
    k = float(factor)
    if not (np.isfinite(k) and k >= 0.0):
        raise InputError(f"A volatility is multiplied by a number ≥ 0 (3 triples it), got {factor}.")
    chosen = _columns(scenarios, assets)
    mean = weighted_mean(scenarios.returns, scenarios.probabilities)
    returns = np.array(scenarios.returns)
    returns[:, chosen] = mean[chosen] + k * (returns[:, chosen] - mean[chosen])
    whom = "" if assets is None else f" of {listed(assets)}"
    return stressed(scenarios, returns, f"Volatility{whom} × {k:g}")


def comonotone(scenarios: Scenarios) -> ShockResult:
    """Return the scenarios in which all assets have their worst day together, and so on up to their best.

    Every asset keeps its own distribution exactly; the dependence is the strongest there is. For a long-only
    portfolio VaR and CVaR are then Σ w_i VaR_i and Σ w_i CVaR_i. Rows are no longer days: they run from the
    worst to the best, and have as many different probabilities as weighted scenarios need.

    References
    ----------
    Dhaene et al. (2002), The concept of comonotonicity in actuarial science and finance: theory.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01, -0.02], [-0.03, 0.02]]), ("SPY", "BND"), 252)
    >>> comonotone(s).scenarios.returns.tolist()
    [[-0.03, -0.02], [0.01, 0.02]]
    """
    returns, p = scenarios.returns, scenarios.probabilities
    if not scenarios.weighted:
        rows, mass = np.sort(returns, axis=0), p
    else:
        order = np.argsort(returns, axis=0, kind="stable")
        ends = np.cumsum(p[order], axis=0)
        ends /= ends[-1]
        cuts = np.unique(ends)
        # Ends that differ by rounding only are one; the last is 1.
        cuts = np.append(cuts[:-1][np.diff(cuts) > 1e-15], 1.0)
        mass = np.diff(cuts, prepend=0.0)
        middle = cuts - 0.5 * mass
        place = [np.searchsorted(ends[:, k], middle) for k in range(scenarios.size)]
        rows = np.column_stack([returns[order[at, k], k] for k, at in enumerate(place)])
    result = Scenarios(rows, scenarios.assets, scenarios.periods_per_year, mass, source=scenarios.source)
    note = "Rows are ranks, not dates: the worst of every asset together, down to the best."
    return _result(result, "All assets fall together (comonotone)", None, (note,))


def direct_shock(
    scenarios: Scenarios, moves: Mapping[str, float], *, members: Mapping[str, Sequence[str]] | None = None
) -> ShockResult:
    """Return the scenarios after an instant move: r' = (1 + m)(1 + r) − 1, m the move of each asset.

    The move comes first and the ordinary period follows, so that VaR and CVaR of the result are losses from
    before the move. An asset that is named itself and belongs to groups that move compounds them:
    1 + m = Π (1 + m_k), as for a foreign share whose currency falls too.

    Parameters
    ----------
    scenarios
        Any, weighted or not.
    moves
        Asset or group to its return, a decimal ≥ −1: −0.2 for a fall of 20 %.
    members
        Group, asset class or currency to the assets in it.

    Raises
    ------
    InputError
        A move is below −1, above 10 or not finite; a group has the name of an asset; nothing moves.
    AssetMismatchError
        A name is neither an asset nor a group, or a group names an unknown asset.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0, 0.01], [0.10, 0.0]]), ("FTSE100", "BND"), 252)
    >>> shocked = direct_shock(s, {"FTSE100": -0.2, "GBP": -0.1}, members={"GBP": ["FTSE100"]})
    >>> shocked.moves.round(12).to_dict(), shocked.scenarios.returns.round(12).tolist()
    ({'FTSE100': -0.28, 'BND': 0.0}, [[-0.28, 0.01], [-0.208, 0.0]])
    """
    groups = dict(members or {})
    clash = [name for name in groups if name in scenarios.assets]
    if clash:
        raise InputError(f"{listed(clash)} is an asset and a group at once; rename the group.", names=clash)
    if not moves:
        raise InputError("A direct shock needs at least one move, such as {'SPY': -0.2}.")
    growth = np.ones(scenarios.size)
    for name, move in moves.items():
        growth[_columns(scenarios, groups.get(name, [name]))] *= 1.0 + _checked_move(name, move)
    words = listed((f"{name} {100 * float(move):+g} %" for name, move in moves.items()), most=4)
    return _moved(scenarios, growth - 1.0, words, ())


def rates_shock(
    scenarios: Scenarios,
    basis_points: float,
    *,
    durations: Mapping[str, float],
    convexities: Mapping[str, float] | None = None,
) -> ShockResult:
    """Return the scenarios after yields jump: m = −D Δy + ½ C Δy², the other assets unmoved.

    Parameters
    ----------
    scenarios
        Any, weighted or not.
    basis_points
        Δy in basis points, +100 for one percentage point more.
    durations
        Bond to its modified duration in years (see `DURATIONS` for rounded ones by kind of bond).
    convexities
        Bond to its convexity in years²; 0 where omitted, which overstates the loss of a large rise.

    Raises
    ------
    InputError
        The rise is beyond ±2,000 basis points, a duration lies outside −5 to 50, or there is none.
    AssetMismatchError
        A bond is not among the assets.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.0, 0.0]]), ("SPY", "BND"), 252)
    >>> rates_shock(s, 100, durations={"BND": 6.0}).moves.round(12).to_dict()
    {'SPY': 0.0, 'BND': -0.06}
    """
    rise = float(basis_points)
    if not (np.isfinite(rise) and abs(rise) <= MOST_BASIS_POINTS):
        raise InputError(
            f"A rates shock is in basis points, 100 for one percentage point, within ±2,000; "
            f"got {basis_points}."
        )
    if not durations:
        raise InputError("A rates shock needs the duration of at least one bond, such as {'BND': 6.0}.")
    wrong = [name for name, years in durations.items() if not -5.0 <= float(years) <= 50.0]
    if wrong:
        raise InputError(f"The duration of {listed(wrong)} is not within −5 to 50 years.", names=wrong)
    bends = dict(convexities or {})
    _columns(scenarios, list(bends))
    delta = rise * BASIS_POINT
    moves = np.zeros(scenarios.size)
    for name, years in durations.items():
        bend = float(bends.get(name, 0.0))
        moves[_columns(scenarios, [name])] = -float(years) * delta + 0.5 * bend * delta**2
    if (moves < -1.0).any():
        raise InputError("The rise and a duration together lose more than everything; give a convexity.")
    note = "Parallel move of the yield curve; only the bonds with a duration move."
    return _moved(scenarios, moves, f"Yields {rise:+g} basis points", (note,))


def combined_shock(scenarios: Scenarios, steps: Sequence[Callable[[Scenarios], ShockResult]]) -> ShockResult:
    """Return the scenarios after several shocks, applied in the order given; instant moves compound.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [-0.03]]), ("SPY",), 252)
    >>> both = combined_shock(s, [lambda s: volatility_shock(s, 2), lambda s: direct_shock(s, {"SPY": -0.5})])
    >>> both.name, both.scenarios.returns.round(12).tolist()
    ('Volatility × 2, then SPY -50 %', [[-0.485], [-0.525]])
    """
    if not steps:
        raise InputError("A combination needs at least one shock.")
    growth = pd.Series(1.0, index=pd.Index(scenarios.assets, name="asset"))
    names: list[str] = []
    notes: list[str] = []
    for step in steps:
        result = step(scenarios)
        scenarios = result.scenarios
        growth = growth * (1.0 + result.moves)
        names.append(result.name)
        notes += [note for note in result.notes if note not in notes]
    return _result(scenarios, ", then ".join(names), np.asarray(growth - 1.0, dtype=np.float64), tuple(notes))


def shock_contributions(result: ShockResult, portfolio: Portfolio) -> pd.DataFrame:
    """Return what the instant move does to a portfolio: assets with weight, asset_return and contribution.

    Contributions are returns, negative = lost, and add up to the portfolio's instant return.

    Raises
    ------
    AssetMismatchError
        Weights and scenarios name different assets.
    """
    weights = portfolio.aligned(result.scenarios.assets)
    moves = result.moves.to_numpy()
    return pd.DataFrame(
        {"weight": weights, "asset_return": moves, "contribution": weights * moves},
        index=pd.Index(result.scenarios.assets, name="asset"),
    )


def stressed(
    scenarios: Scenarios, returns: Floats, name: str, notes: tuple[str, ...] = (), moves: Floats | None = None
) -> ShockResult:
    """Return a result whose scenarios keep everything of the given ones but the returns."""
    changed = Scenarios(
        returns=returns,
        assets=scenarios.assets,
        periods_per_year=scenarios.periods_per_year,
        probabilities=scenarios.probabilities,
        index=scenarios.index,
        ordered=scenarios.ordered,
        overlap=scenarios.overlap,
        source=f"{scenarios.source}; {name}" if scenarios.source else name,
    )
    return _result(changed, name, moves, notes)


def _moved(scenarios: Scenarios, moves: Floats, name: str, notes: tuple[str, ...]) -> ShockResult:
    return stressed(scenarios, (1.0 + moves) * (1.0 + scenarios.returns) - 1.0, name, notes, moves)


def _result(scenarios: Scenarios, name: str, moves: Floats | None, notes: tuple[str, ...]) -> ShockResult:
    counts = (scenarios.returns < -1.0).sum(axis=0)
    below = {asset: int(n) for asset, n in zip(scenarios.assets, counts, strict=True) if n}
    instant = np.zeros(scenarios.size) if moves is None else moves
    series = pd.Series(instant, index=pd.Index(scenarios.assets, name="asset"), name="move")
    return ShockResult(scenarios, name, series, below, notes)


def _columns(scenarios: Scenarios, assets: Sequence[str] | None) -> list[int]:
    if assets is None:
        return list(range(scenarios.size))
    unknown = [name for name in assets if name not in scenarios.assets]
    if unknown:
        raise AssetMismatchError(
            f"{listed(unknown)} is not among the assets; the data has {listed(scenarios.assets, most=20)}.",
            unknown=unknown,
        )
    return [scenarios.assets.index(name) for name in assets]


def _checked_move(name: str, move: float) -> float:
    value = float(move)
    if -1.0 <= value <= 10.0:
        return value
    hint = f"; did you mean {value / 100:g}?" if np.isfinite(value) and abs(value) <= 100.0 else "."
    raise InputError(
        f"The move of {name} is a return of at least −1 (−0.2 for a fall of 20 %), got {move}{hint}",
        name=name,
    )
