"""Kelly stakes: how much of a stream, or of many assets, makes wealth grow fastest, and what is past it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InfeasibleError, InputError, MissingDataError
from riskcore.numerics.growth import (
    break_even_fraction,
    growth_optimal_fraction,
    growth_optimal_weights,
    log_growth,
)
from riskcore.numerics.moments import weighted_covariance, weighted_mean
from riskcore.portfolio import Portfolio
from riskcore.results.sizing import KellyStake, KellyWeights
from riskcore.scenarios import Scenarios
from riskcore.sizing.stream import check_rate, stream_of

__all__ = [
    "binary_kelly",
    "fall_probability",
    "gaussian_growth",
    "kelly_stake",
    "kelly_weights",
    "uncertain_edge_share",
]

Floats = NDArray[np.float64]
CURVE_POINTS = 201
# Growth falls off a cliff where the worst scenario takes everything: the curve is drawn closer there.
CLIFF = np.geomspace(1e-9, 0.2, 40)
# 95 % of a normal estimate lies within this many standard errors.
WIDTH = 1.959963984540054
SINGULAR = 1e-10


def kelly_stake(
    scenarios: Scenarios, portfolio: Portfolio, *, risk_free: float = 0.0, longest: float = 2.5
) -> KellyStake:
    """Return how much of a portfolio to hold so that wealth grows fastest: edge over variance, and exactly.

    Gaussian (continuous rebalancing): f* = (μ − r)/σ², growth r + f(μ − r) − f²σ²/2 per year. Exact: the f
    with the largest Σ p log(1 + r + f x) on the scenarios, x their excess returns. Both are multiples of the
    portfolio as it is; a negative edge has a negative f*.

    Parameters
    ----------
    scenarios
        S rows with probabilities; k periods per year.
    portfolio
        The stream; what its weights leave over earns the risk-free rate.
    risk_free
        Per period of the rows, decimal.
    longest
        The curve runs from 0 to this many times the larger |f*|.

    Raises
    ------
    InfeasibleError
        No scenario loses (or none gains) against the risk-free rate.
    InputError, NumericalError
        The rate is no decimal per period; the portfolio does not move.

    References
    ----------
    Kelly (1956), A new interpretation of information rate; Thorp (2006), The Kelly criterion in blackjack,
    sports betting and the stock market, section 7.

    Examples
    --------
    >>> coin = Scenarios(np.array([[1.0], [-1.0]]), ("Bet",), 1, np.array([0.6, 0.4]))
    >>> found = kelly_stake(coin, Portfolio("Bet", {"Bet": 1.0}))
    >>> round(found.exact, 9), round(found.gaussian, 4)
    (0.2, 0.2083)
    """
    stream = stream_of(scenarios, portfolio, risk_free)
    p, k, base = scenarios.probabilities, scenarios.periods_per_year, 1.0 + risk_free
    edge = float(p @ stream.excess)
    variance = float(p @ (stream.excess - edge) ** 2)
    exact = growth_optimal_fraction(stream.excess, base, p)
    highest = -base / float(stream.excess[p > 0.0].min())
    rows = 1.0 / float(p @ p) / scenarios.overlap
    t = edge / np.sqrt(variance / rows)
    gaussian = edge / variance
    error = WIDTH * float(np.sqrt(variance / rows))
    lowest, farthest = (_shifted_peak(stream.excess, base, p, side * error, highest) for side in (-1, 1))
    end = longest * max(abs(gaussian), abs(exact))
    multiples = _grid(float(np.copysign(end, edge)), highest)
    curve = pd.DataFrame(
        {
            "gaussian": gaussian_growth(multiples, k * edge, np.sqrt(k * variance), k * risk_free),
            "exact": k * log_growth(stream.excess, base, p, multiples),
        },
        index=pd.Index(multiples, name="multiple"),
    )
    return KellyStake(
        edge=k * edge,
        volatility=float(np.sqrt(k * variance)),
        gaussian=gaussian,
        exact=exact,
        lowest=lowest,
        farthest=farthest,
        break_even=break_even_fraction(stream.excess, base, p, exact),
        highest=highest,
        t_statistic=float(t),
        safe_share=uncertain_edge_share(float(t)),
        curve=curve,
        risk_free=k * risk_free,
    )


def _grid(end: float, highest: float) -> Floats:
    """Return the multiples of the curve, from 0 to `end`."""
    even = np.linspace(0.0, end, CURVE_POINTS)
    near = highest * (1.0 - CLIFF)
    return np.union1d(even, near[(near > 0.0) & (near < end)]) if end > 0.0 else even


def _shifted_peak(excess: Floats, base: float, probabilities: Floats, shift: float, highest: float) -> float:
    """Return the stake that grows fastest when every scenario gains `shift` more; never ruinous as it is."""
    moved = excess + shift
    possible = moved[probabilities > 0.0]
    if float(possible.min()) >= 0.0:
        return highest
    if float(possible.max()) <= 0.0:
        return -np.inf
    return min(growth_optimal_fraction(moved, base, probabilities), highest)


def gaussian_growth(multiples: Floats, edge: float, volatility: float, risk_free: float = 0.0) -> Floats:
    """Return the growth r + f(μ − r) − f²σ²/2 of log wealth per year, for each multiple f.

    At twice f* = (μ − r)/σ² it is the risk-free rate again: all the risk, no growth.

    Examples
    --------
    >>> gaussian_growth(np.array([0.0, 2.0, 4.0]), 0.08, 0.2, 0.01).round(12).tolist()
    [0.01, 0.09, 0.01]
    """
    return np.asarray(risk_free + multiples * edge - 0.5 * (multiples * volatility) ** 2, dtype=np.float64)


def binary_kelly(win_probability: float, odds: float) -> float:
    """Return the stake f* = p − (1 − p)/b of a bet that pays b for 1 with probability p, and else loses it.

    This is edge over odds, (p·b − (1 − p))/b; negative where the bet is not worth taking. Edge over variance,
    which is for streams of small returns, gives another number for the same bet.

    Raises
    ------
    InputError
        p is not inside (0, 1), or the odds are not positive.

    References
    ----------
    Kelly (1956); Thorp (2006), section 2.

    Examples
    --------
    >>> round(binary_kelly(0.6, 1.0), 12)
    0.2
    """
    if not 0.0 < win_probability < 1.0:
        hint = f"; did you mean {win_probability / 100:g}?" if 1.0 < win_probability < 100.0 else "."
        raise InputError(f"The chance of winning lies between 0 and 1, not {win_probability:g}{hint}")
    if not (np.isfinite(odds) and odds > 0.0):
        raise InputError(f"The odds are what a stake of 1 wins, a positive number, not {odds:g}.")
    return win_probability - (1.0 - win_probability) / odds


def uncertain_edge_share(t_statistic: float) -> float:
    """Return max(0, 1 − 1/t²): the share of full Kelly left when the edge is known only up to its t.

    An edge e is estimated as ê with standard error s. Staking the share c of ê/σ² grows on average by
    (c e² − ½ c² (e² + s²))/σ², which is largest at c = e²/(e² + s²). As E[ê²] = e² + s², that share is
    1 − s²/E[ê²], estimated by 1 − 1/t² with t = ê/s; below |t| = 1 nothing is left.

    Raises
    ------
    InputError
        t is not a number.

    Examples
    --------
    >>> uncertain_edge_share(2.0), uncertain_edge_share(0.5)
    (0.75, 0.0)
    """
    if np.isnan(t_statistic):
        raise InputError("The t-statistic of the edge is not a number; it needs more than one scenario.")
    return 0.0 if abs(t_statistic) <= 1.0 else 1.0 - 1.0 / t_statistic**2


def fall_probability(level: float, kelly_multiple: float) -> float:
    """Return the chance of ever falling to `level` of the starting wealth: x^(2/k − 1) at k times Kelly.

    For continuously rebalanced wealth with a known edge, over an endless time. From the starting wealth, not
    from a peak: falls from the peak are far more frequent, and are simulated (`drawdown_odds`).

    Parameters
    ----------
    level
        x in (0, 1): 0.5 is losing half.
    kelly_multiple
        k > 0; from k = 2 on the fall is certain.

    Raises
    ------
    InputError
        A number lies outside its range.

    References
    ----------
    Thorp (2006), equation 7.9.

    Examples
    --------
    >>> fall_probability(0.5, 1.0), fall_probability(0.5, 0.5), fall_probability(0.5, 2.0)
    (0.5, 0.125, 1.0)
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"The level is a share of the starting wealth between 0 and 1, not {level:g}.")
    if not kelly_multiple > 0.0:
        raise InputError(f"The stake is a positive multiple of full Kelly, not {kelly_multiple:g}.")
    return float(level ** max(2.0 / kelly_multiple - 1.0, 0.0))


def kelly_weights(
    scenarios: Scenarios, *, exact: bool, limit: float | None = None, risk_free: float = 0.0
) -> KellyWeights:
    """Return the stakes in all assets that make wealth grow fastest.

    Gaussian: w = Σ⁻¹(μ − r), of any sign and size. Exact: long-only w with Σw ≤ limit that maximise
    Σ p log(1 + r + (R − r) w), a concave problem solved to a certified gap.

    Parameters
    ----------
    scenarios
        S × n with probabilities; k periods per year.
    exact
        Which of the two.
    limit
        Largest sum of the stakes, > 0 (1: no borrowing); needed by the exact one, refused by the other.
    risk_free
        Per period of the rows, decimal.

    Raises
    ------
    InputError
        A setting is missing or out of range.
    MissingDataError
        The covariance is singular (fewer rows than assets, duplicates, assets that do not move).
    InfeasibleError
        No asset has a scenario with a loss, so growth has no end within reason.

    References
    ----------
    Thorp (2006), section 8; Breiman (1961), Optimal gambling systems for favorable games.

    Examples
    --------
    >>> coin = Scenarios(np.array([[1.0], [-1.0]]), ("Bet",), 1, np.array([0.6, 0.4]))
    >>> kelly_weights(coin, exact=True, limit=1.0).weights.round(6).to_dict()
    {'Bet': 0.2}
    """
    check_rate(risk_free)
    p, k, base = scenarios.probabilities, scenarios.periods_per_year, 1.0 + risk_free
    excess = scenarios.returns - risk_free
    if exact:
        if limit is None or not 0.0 < limit <= 100.0:
            raise InputError(
                f"The sum of the stakes needs a limit above 0 and at most 100 (1: no borrowing), not {limit}."
            )
        weights, gap = growth_optimal_weights(excess, base, p, limit=limit)
    else:
        if limit is not None:
            raise InputError("Σ⁻¹(μ − r) has no limit on its stakes; leave the limit out, or ask for exact.")
        weights, gap = _gaussian_weights(scenarios, excess), 0.0
    growth = float(log_growth(excess @ weights, base, p, np.ones(1))[0])
    return KellyWeights(
        weights=pd.Series(weights, index=scenarios.labels),
        growth=k * growth,
        method="exact" if exact else "gaussian",
        limit=limit,
        gap=k * gap,
    )


def _gaussian_weights(scenarios: Scenarios, excess: Floats) -> Floats:
    p = scenarios.probabilities
    covariance = weighted_covariance(excess, p)
    deviation = np.sqrt(np.diag(covariance))
    still = [a for a, s in zip(scenarios.assets, deviation, strict=True) if not s > 0.0]
    if still:
        raise InfeasibleError(f"{still[0]} does not move, so its stake has no limit; leave it out.")
    values = np.linalg.eigvalsh(covariance / np.outer(deviation, deviation))
    if values[0] < SINGULAR * values[-1]:
        raise MissingDataError(
            f"The covariance of these {scenarios.size} assets is singular (fewer rows than assets, or one is "
            "made of others), so Σ⁻¹(μ − r) does not exist; leave out duplicates or use more history."
        )
    return np.asarray(np.linalg.solve(covariance, weighted_mean(excess, p)), dtype=np.float64)
