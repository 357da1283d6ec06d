"""An index gap by conditional expectation: what the assets did when the index fell, or are fitted to do."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.numerics.multivariate_t import MultivariateT, conditional_on, fit_multivariate_t
from riskcore.numerics.pooling import effective_scenarios, pool
from riskcore.periods import spacing, trading_dates, weekly
from riskcore.portfolio import Portfolio
from riskcore.results.shocks import ConditionalGapResult
from riskcore.scenarios import Scenarios

__all__ = ["conditional_index_gap", "fitted_returns"]

FEWEST_OBSERVATIONS = 30


def fitted_returns(scenarios: Scenarios) -> MultivariateT:
    """Return the multivariate t of the returns that move, daily rows compounded to separate weeks.

    It takes longest of all in `conditional_index_gap` and does not depend on the gap.
    """
    used = weekly(scenarios) if spacing(trading_dates(scenarios, "A fit")) == "day" else scenarios
    return fit_multivariate_t(used.returns[:, _moving(used)], used.probabilities)


def _moving(used: Scenarios) -> NDArray[np.bool_]:
    """Return which assets move: cash that never does stays what it is, and has no place in a density."""
    return np.asarray(np.ptp(used.returns, axis=0) > 0.0)


def conditional_index_gap(
    scenarios: Scenarios,
    portfolio: Portfolio,
    *,
    index_asset: str,
    gap: float,
    fit: Callable[[Scenarios], MultivariateT] = fitted_returns,
) -> ConditionalGapResult:
    """Return what the portfolio is expected to lose given that an index gaps by `gap`.

    Inside the range of the sample, by entropy pooling: the scenarios are reweighted, as little as possible,
    until the index is expected to make the gap, and the assets make Σ q r. Beyond it, by the conditional
    expectation of a fitted multivariate t, μ + Λ_{·x} (gap − μ_x) / Λ_xx, and marked as extrapolated. Unlike
    the beta rule, the first follows what happened in falls: correlations that rose then, rise here.

    Parameters
    ----------
    scenarios
        A history: dated, ordered, equally weighted. Daily rows are compounded to separate weeks, as in
        `index_gap`, so that closes a few hours apart fall together.
    portfolio
        A weight for every asset of the scenarios and for no other.
    index_asset
        The label of the index among the assets.
    gap
        Its return, a decimal in (−1, 1).
    fit
        How the scenarios are fitted beyond the range; a caller who asks for many gaps passes one that
        remembers `fitted_returns`.

    Raises
    ------
    InputError
        The gap is not in (−1, 1), or the scenarios are no history.
    MissingDataError
        There are fewer than 30 weeks, or too few for the fit.
    AssetMismatchError
        The index is not among the assets, or weights and scenarios name different assets.
    NumericalError
        Beyond the range: assets that never move or are mixes of others have no joint density.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(0, 0.01, 400)
    >>> days = pd.date_range("2024-01-01", periods=400, freq="B")
    >>> history = Scenarios.from_returns(pd.DataFrame({"SPY": draws, "CASH": 0.0 * draws}, index=days),
    ...                                  periods_per_year=252)
    >>> found = conditional_index_gap(history, Portfolio("Half", {"SPY": 0.5, "CASH": 0.5}),
    ...                               index_asset="SPY", gap=-0.03)
    >>> found.extrapolated, round(found.loss, 10)
    (False, 0.015)
    """
    move = float(gap)
    if not -1.0 < move < 1.0:
        raise InputError(
            f"The gap is a return between −1 and 1 (−0.15 for a fall of 15 %), got {gap}.", gap=gap
        )
    days = trading_dates(scenarios, "An index gap by conditional expectation")
    if index_asset not in scenarios.assets:
        raise AssetMismatchError(
            f"The index {index_asset[:40]} is not among the assets; "
            f"choose one of {listed(scenarios.assets, most=20)}.",
            index_asset=index_asset,
        )
    weights = portfolio.aligned(scenarios.assets)
    daily = spacing(days) == "day"
    used = weekly(scenarios) if daily else scenarios
    if used.count < FEWEST_OBSERVATIONS:
        raise MissingDataError(
            f"A conditional expectation needs at least {FEWEST_OBSERVATIONS} separate periods; the "
            f"window has {used.count}. Choose a longer window."
        )
    column = used.assets.index(index_asset)
    low, high = float(used.returns[:, column].min()), float(used.returns[:, column].max())
    beyond = not low < move < high
    stressed, effective, nu = (
        _extrapolated(used, column, move, lambda: fit(scenarios)) if beyond else _pooled(used, column, move)
    )
    expected = stressed.probabilities @ stressed.returns
    expected[column] = move
    return ConditionalGapResult(
        index_asset=index_asset,
        gap=move,
        portfolio=portfolio.name,
        table=pd.DataFrame(
            {"weight": weights, "asset_return": expected, "contribution": weights * expected},
            index=pd.Index(used.assets, name="asset"),
        ),
        total_return=float(weights @ expected),
        extrapolated=beyond,
        scenarios=stressed,
        effective_scenarios=effective,
        nu=nu,
        range=(low, high),
        basis="weekly returns" if daily else f"returns as given ({scenarios.periods_per_year:g} per year)",
    )


def _pooled(used: Scenarios, column: int, move: float) -> tuple[Scenarios, float, float]:
    found = pool(used.probabilities, used.returns[:, column][None, :], np.array([move]))
    posterior = used.with_probabilities(found.probabilities)
    return posterior, effective_scenarios(found.probabilities), np.nan


def _extrapolated(
    used: Scenarios, column: int, move: float, fit: Callable[[], MultivariateT]
) -> tuple[Scenarios, float, float]:
    """Move every row to the gap along the fitted regression, with the spread the conditional t has there."""
    moving = _moving(used)
    if not moving[column]:
        raise InputError(f"The index {used.assets[column]} never moves in this window; choose another.")
    place = int(moving[:column].sum())
    fitted = fit()
    mean, factor = conditional_on(fitted, place, move)
    slope = fitted.scatter[:, place] / fitted.scatter[place, place]
    left = used.returns[:, moving] - fitted.location
    left = left - np.outer(left[:, place], slope)
    # Centred, so that the scenarios have the conditional expectation itself.
    left -= used.probabilities @ left
    returns = np.array(used.returns)
    returns[:, moving] = mean + factor * left
    returns[:, column] = move
    result = Scenarios(
        returns, used.assets, used.periods_per_year, used.probabilities, used.index, source=used.source
    )
    return result, np.nan, fitted.nu
