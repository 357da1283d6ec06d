"""Moves of factors, carried to the assets by their exposures."""

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.portfolio import Portfolio
from riskcore.results.factors import ExposureResult, FactorShockResult

__all__ = ["Others", "factor_moves", "factor_shock"]

Others = Literal["still", "follow"]


def factor_moves(found: ExposureResult, moves: Mapping[str, float], *, others: Others = "still") -> pd.Series:
    """Return the move of every factor: those typed, and what the others do.

    "still": the others do not move. "follow": f_u = F_un F_nn⁻¹ m, each other factor moves as it does on
    average when the named ones move by m (about zero means).

    Raises
    ------
    AssetMismatchError
        A move names no factor.
    InputError
        No move is given, one is not in (−1, 10), or `others` is unknown.

    Examples
    --------
    >>> from riskcore.factors import fit_exposures
    >>> from riskcore.scenarios import Scenarios
    >>> f = Scenarios(np.array([[-0.02], [0.02], [0.0], [0.0]]), ("MARKET",), periods_per_year=252)
    >>> factor_moves(fit_exposures(f, f), {"MARKET": -0.1}).to_dict()
    {'MARKET': -0.1}
    """
    if others not in ("still", "follow"):
        raise InputError(f"Factors not named stand 'still' or 'follow', not {others!r}.", others=others)
    if not moves:
        raise InputError("Name the move of at least one factor, such as −0.10 for a fall of 10 %.")
    unknown = [name for name in moves if name not in found.factors]
    if unknown:
        raise AssetMismatchError(
            f"No factor is called {listed(unknown)}; the model has {listed(found.factors, most=20)}.",
            unknown=unknown,
        )
    for name, move in moves.items():
        if not (math.isfinite(move) and -1.0 < move < 10.0):
            hint = f"; did you mean {move / 100:g}?" if 1.0 <= abs(move) < 100.0 else "."
            raise InputError(
                f"The move of {name} is a return between −1 and 10 (−0.1 for a fall of 10 %), got "
                f"{move:g}{hint}",
                move=move,
            )
    typed = [name for name in found.factors if name in moves]
    given = np.array([float(moves[name]) for name in typed])
    result = pd.Series(0.0, index=pd.Index(found.factors, name="factor"), name="move")
    result[typed] = given
    rest = [name for name in found.factors if name not in moves]
    if rest and others == "follow":
        covariance = found.factor_covariance
        within = covariance.loc[typed, typed].to_numpy()
        result[rest] = covariance.loc[rest, typed].to_numpy() @ np.linalg.solve(within, given)
    return result


def factor_shock(
    found: ExposureResult, portfolio: Portfolio, moves: Mapping[str, float], *, others: Others = "still"
) -> FactorShockResult:
    """Return what a portfolio loses when factors move at once and every asset follows by its exposures.

    asset_return_i = Σ_k B_ik m_k; total = Σ_i w_i asset_return_i = Σ_k x_k m_k. The specific parts do not
    move. `result.table["asset_return"]` is what `riskcore.stress.direct_shock` takes, to put the same move on
    scenarios.

    Parameters
    ----------
    found
        A fitted factor model.
    portfolio
        A weight for every asset of the model.
    moves
        Factor to its return, in (−1, 10): −0.10 for a fall of 10 %.
    others
        What factors not named do, as in `factor_moves`.

    Raises
    ------
    AssetMismatchError, InputError
        As in `factor_moves`; weights that do not match.

    Examples
    --------
    >>> from riskcore.factors import fit_exposures
    >>> from riskcore.scenarios import Scenarios
    >>> f = Scenarios(np.array([[-0.02], [0.02], [0.0], [0.0]]), ("MARKET",), periods_per_year=252)
    >>> r = Scenarios(np.array([[-0.03], [0.03], [-0.01], [0.01]]), ("STOCK",), periods_per_year=252)
    >>> a = Portfolio("A", {"STOCK": 0.5})
    >>> round(factor_shock(fit_exposures(r, f), a, {"MARKET": -0.1}).loss, 10)
    0.075
    """
    move = factor_moves(found, moves, others=others)
    weights = portfolio.aligned(found.assets)
    b = found.exposures.to_numpy()
    carried = b @ move.to_numpy()
    own = b.T @ weights
    return FactorShockResult(
        portfolio=portfolio.name,
        moves=move,
        typed=tuple(name for name in found.factors if name in moves),
        others=others,
        table=pd.DataFrame(
            {"weight": weights, "asset_return": carried, "contribution": weights * carried},
            index=pd.Index(found.assets, name="asset"),
        ),
        by_factor=pd.DataFrame(
            {"exposure": own, "move": move.to_numpy(), "contribution": own * move.to_numpy()},
            index=pd.Index(found.factors, name="factor"),
        ),
        total_return=float(weights @ carried),
        below_total_loss=tuple(a for a, r in zip(found.assets, carried, strict=True) if r < -1.0),
    )
