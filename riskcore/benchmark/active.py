"""Risk against a benchmark: what the benchmark brings, what the active positions add, what they share.

TE = PF − BM, and R(PF) = R(BM) + R(TE) + f(BM, TE) for any measure, with Euler contributions of every term.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.contributions import risk_contributions
from riskcore.errors import AssetMismatchError, MissingDataError
from riskcore.measures import portfolio_losses
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult
from riskcore.results.benchmark import ActiveRiskResult
from riskcore.scenarios import Scenarios

__all__ = ["active_portfolio", "active_risk", "with_series"]

Floats = NDArray[np.float64]
ROUNDING = 1e-12
"""What a part of f, or an asset in it, may be of the risks it is the difference of, and still be zero."""


def active_risk(
    scenarios: Scenarios,
    portfolio: Portfolio,
    benchmark: Portfolio,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
) -> ActiveRiskResult:
    """Return R(PF) = R(BM) + R(TE) + f, with the split of f and the contributions of each term by asset.

        f = [Σ q l_BM − R(BM)] + [Σ q l_TE − R(TE)],  q the risk identifier of PF

    Both brackets compare a loss under the portfolio's own bad scenarios with the loss under those that are
    worst for it, so neither is positive for a subadditive measure; VaR can have either sign. A benchmark
    known only by its returns joins the scenarios as one more column first (`with_series`).

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    portfolio, benchmark
        One weight per asset of the scenarios, matched by label; shorts, leverage and cash allowed.
    measure, confidence
        As in `measures.risk`.

    Returns
    -------
    ActiveRiskResult
        Losses per period as fractions of the portfolio's value, positive = bad.

    Raises
    ------
    ConfidenceError, AssetMismatchError, InputError
        As in `measures.risk`.
    NumericalError
        VaR contributions do not exist (see `contributions.risk_contributions`).

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement. For the volatility f follows from
    σ²_PF = σ²_BM + σ²_TE + 2ρ σ_BM σ_TE.

    Examples
    --------
    >>> returns = np.array([[-0.04, 0.01], [0.02, 0.00], [0.01, -0.01], [0.03, 0.02]])
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    >>> pf, bm = Portfolio("A", {"SPY": 0.5, "BND": 0.5}), Portfolio("BM", {"SPY": 1.0, "BND": 0.0})
    >>> found = active_risk(s, pf, bm, "cvar", confidence=0.75)
    >>> [round(x, 6) for x in (found.benchmark_risk, found.tracking_risk, found.diversification, found.total)]
    [0.04, 0.01, -0.035, 0.015]
    """
    active = active_portfolio(portfolio, benchmark, scenarios.assets)
    whole, base, extra = (
        risk_contributions(scenarios, each, measure, confidence=confidence)
        for each in (portfolio, benchmark, active)
    )
    marginal = whole.table["marginal"]
    held, bets = base.table["weight"], extra.table["weight"]
    shared = [_beyond_alone(held * marginal, base), _beyond_alone(bets * marginal, extra)]
    table = pd.DataFrame(
        {
            "weight": held + bets,
            "benchmark_weight": held,
            "active_weight": bets,
            "total": whole.table["component"],
            "benchmark": base.table["component"],
            "tracking": extra.table["component"],
            "diversification_benchmark": shared[0][0],
            "diversification_active": shared[1][0],
        }
    )
    return ActiveRiskResult(
        portfolio=portfolio.name,
        benchmark=benchmark.name,
        measure=whole.measure,
        label=whole.label,
        confidence=whole.confidence,
        total=whole.total,
        benchmark_risk=base.total,
        tracking_risk=extra.total,
        benchmark_part=shared[0][1],
        active_part=shared[1][1],
        table=table,
    )


def _beyond_alone(inside: pd.Series, alone: ContributionResult) -> tuple[pd.Series, float]:
    """Return what is added inside the portfolio beyond what is added alone, by asset and in all.

    Where portfolio and part are the same positions both are the same number, computed twice: what is left of
    their difference is rounding, whose sign would be read as a meaning.
    """
    parts = alone.table["component"]
    nothing = ROUNDING * float(inside.abs().sum() + parts.abs().sum())
    difference = inside - parts
    whole = float(difference.sum())
    return difference.where(difference.abs() > nothing, 0.0), whole if abs(whole) > nothing else 0.0


def active_portfolio(portfolio: Portfolio, benchmark: Portfolio, assets: Sequence[str]) -> Portfolio:
    """Return TE = PF − BM: the active weights over `assets`, named after the portfolio.

    Differences that are rounding only count as zero, so that equal portfolios have no active position.

    Raises
    ------
    AssetMismatchError
        Either has other assets.

    Examples
    --------
    >>> pf, bm = Portfolio("A", {"SPY": 0.7, "BND": 0.3}), Portfolio("BM", {"SPY": 0.6, "BND": 0.4})
    >>> active_portfolio(pf, bm, ("SPY", "BND")).weights.round(12).to_dict()
    {'SPY': 0.1, 'BND': -0.1}
    """
    ours, theirs = portfolio.aligned(assets), benchmark.aligned(assets)
    difference = ours - theirs
    rounding = 4.0 * np.finfo(np.float64).eps * np.maximum(np.abs(ours), np.abs(theirs))
    difference[np.abs(difference) <= rounding] = 0.0
    return Portfolio(f"{portfolio.name} active", dict(zip(assets, difference, strict=True)))


def with_series(scenarios: Scenarios, returns: pd.Series, name: str) -> Scenarios:
    """Return the scenarios with one more column: a benchmark of which only the returns are known.

    Hold it with weight 1 as the benchmark; TE is then the portfolio's return minus the series'.

    Parameters
    ----------
    scenarios
        S × n.
    returns
        One return per scenario, matched by the scenarios' labels, in any order.
    name
        The label of the column.

    Raises
    ------
    AssetMismatchError
        The name is an asset already.
    MissingDataError
        Scenarios without a return, or two for one scenario.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01], [-0.02]]), ("SPY",), 252)
    >>> with_series(s, pd.Series({1: -0.01, 0: 0.0}), "Index").frame["Index"].tolist()
    [0.0, -0.01]
    """
    if name in scenarios.assets:
        raise AssetMismatchError(f"{name} is an asset already; give the benchmark another name.")
    if not returns.index.is_unique:
        raise MissingDataError(f"{name} has two returns for one scenario; keep one for each.")
    column = returns.reindex(scenarios.index)
    if column.isna().any():
        first = scenarios.index[int(column.isna().to_numpy().argmax())]
        raise MissingDataError(
            f"{name} has no return for {int(column.isna().sum()):,} of {scenarios.count:,} scenarios, the "
            f"first being {first}; choose a window that both cover.",
            asset=name,
        )
    return Scenarios(
        returns=np.column_stack([scenarios.returns, column.to_numpy(dtype=np.float64)]),
        assets=(*scenarios.assets, name),
        periods_per_year=scenarios.periods_per_year,
        probabilities=scenarios.probabilities,
        index=scenarios.index,
        ordered=scenarios.ordered,
        overlap=scenarios.overlap,
        source=scenarios.source,
    )


@dataclass(frozen=True, eq=False)
class Legs:
    """The returns of portfolio, benchmark and active positions on the same scenarios."""

    portfolio: Floats
    benchmark: Floats
    active: Floats


def legs(scenarios: Scenarios, portfolio: Portfolio, benchmark: Portfolio) -> Legs:
    """Return the three series of returns; the active one is exactly zero where no weight differs."""
    _, _, base = portfolio_losses(scenarios, benchmark)
    _, _, extra = portfolio_losses(scenarios, active_portfolio(portfolio, benchmark, scenarios.assets))
    _, _, whole = portfolio_losses(scenarios, portfolio)
    return Legs(-whole, -base, -extra)
