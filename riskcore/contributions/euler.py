"""Where a portfolio's risk comes from: exact Euler contributions, by asset and by day.

component_i = w_i Σ_s q_s (−R_si) with the measure's risk identifier q, so that components add up to the risk.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import InputError, MissingDataError, NumericalError
from riskcore.measures import Measure, check_path, measure_named, portfolio_losses
from riskcore.numerics.spectral import smoothed_quantile_weights
from riskcore.portfolio import Portfolio
from riskcore.results import ContributionResult, RollingContributionResult
from riskcore.scenarios import Scenarios

__all__ = ["contributions_by_scenario", "risk_contributions", "rolling_contributions", "shares"]

Floats = NDArray[np.float64]
NEAR_ZERO = 0.01


def risk_contributions(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
) -> ContributionResult:
    """Return marginal, component and relative contributions by asset.

        marginal_i = Σ_s q_s (−R_si),  component_i = w_i · marginal_i,  Σ component = risk

    At ties every tied scenario takes part, so the answer does not depend on the order of the rows. For VaR,
    whose gradient is a single scenario, q is smoothed over the scenarios around it and still sums to VaR
    (see `numerics.spectral.smoothed_quantile_weights`); `risk` gives the value where that does not exist.

    Parameters
    ----------
    scenarios
        S × n returns with probabilities.
    portfolio
        One weight per asset of the scenarios, matched by label; shorts and leverage allowed.
    measure, confidence
        As in `measures.risk`.

    Returns
    -------
    ContributionResult
        Components are losses per period, positive = adds risk. Shares (`relative`) are NaN where the risk is
        below 1 % of Σ|component|: positions that cancel would show as thousands of percent.

    Raises
    ------
    ConfidenceError, AssetMismatchError, InputError
        As in `measures.risk`.
    NumericalError
        VaR contributions do not exist: the losses next to VaR lie on one side of it.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement.

    Examples
    --------
    >>> returns = np.array([[-0.04, 0.01], [0.02, 0.00], [0.01, -0.01], [0.03, 0.02]])
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    >>> found = risk_contributions(s, Portfolio("A", {"SPY": 0.5, "BND": 0.5}), "cvar", confidence=0.75)
    >>> round(found.total, 6), found.table["component"].round(6).tolist()
    (0.015, [0.02, -0.005])
    """
    chosen = measure_named(measure)
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    name, weights, losses = portfolio_losses(scenarios, portfolio)
    q = _identifier(chosen, losses, scenarios.probabilities, level)
    marginal = _marginal(scenarios.returns, q)
    component = weights * marginal
    total = float(q @ losses)
    columns = np.column_stack([weights, marginal, component, shares(component, total)])
    table = pd.DataFrame(
        columns,
        index=pd.Index(scenarios.assets, name="asset"),
        columns=["weight", "marginal", "component", "relative"],
    )
    return ContributionResult(name, chosen.key, chosen.labelled(level), level, total, table)


def contributions_by_scenario(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str = "cvar",
    *,
    confidence: float | None = None,
    count: int = 10,
) -> pd.DataFrame:
    """Return which asset lost what on the days that drive the figure: assets × the `count` top scenarios.

    An entry is q_s w_i (−R_si), the asset's part of its component that comes from that scenario. A column
    adds up to q_s l_s; over all scenarios a row adds up to the asset's component. Columns run from the
    scenario with the largest q_s l_s down, labelled by the scenarios' index.

    Parameters
    ----------
    scenarios, portfolio, measure, confidence
        As in `risk_contributions`.
    count
        How many scenarios, at most all.

    Raises
    ------
    InputError
        `count` is below 1; the rest as in `risk_contributions`.

    Examples
    --------
    >>> returns = np.array([[-0.04, 0.01], [0.02, 0.00], [0.01, -0.01], [0.03, 0.02]])
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252)
    >>> a = Portfolio("A", {"SPY": 0.5, "BND": 0.5})
    >>> contributions_by_scenario(s, a, "cvar", confidence=0.75, count=1)[0].round(6).tolist()
    [0.02, -0.005]
    """
    if count < 1:
        raise InputError(f"Ask for at least one scenario, not {count}.")
    chosen = measure_named(measure)
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    _, weights, losses = portfolio_losses(scenarios, portfolio)
    q = _identifier(chosen, losses, scenarios.probabilities, level)
    top = np.argsort(-q * losses, kind="stable")[:count]
    parts = -(scenarios.returns[top] * q[top, None]) * weights
    return pd.DataFrame(parts.T, index=pd.Index(scenarios.assets, name="asset"), columns=scenarios.index[top])


def rolling_contributions(
    scenarios: Scenarios,
    portfolio: Portfolio | pd.Series,
    measure: str,
    window: int,
    step: int,
    *,
    confidence: float | None = None,
) -> RollingContributionResult:
    """Return the contributions of today's weights over windows through time.

    Windows of `window` rows end `step` rows apart, the last one at the last row; each is the answer
    `risk_contributions` gives for that window of history.

    Parameters
    ----------
    scenarios
        Time-ordered, equally likely.
    portfolio, measure, confidence
        As in `risk_contributions`.
    window, step
        Rows per window (at least 2), and from one window to the next (at least 1).

    Raises
    ------
    InputError
        Scenarios are unordered or weighted, or `window` or `step` is too small.
    MissingDataError
        The window is longer than the history.
    NumericalError
        VaR contributions do not exist in a window, which the message names.

    Examples
    --------
    >>> returns = np.random.default_rng(0).normal(0, 0.01, (500, 2))
    >>> s = Scenarios(returns, ("SPY", "BND"), periods_per_year=252, ordered=True)
    >>> a = Portfolio("A", {"SPY": 0.5, "BND": 0.5})
    >>> rolling_contributions(s, a, "volatility", 250, 125).components.index.tolist()
    [249, 374, 499]
    """
    chosen = measure_named(measure)
    level = chosen.level(confidence)
    check_path(chosen, scenarios)
    _check_windows(scenarios, window, step)
    name, weights, losses = portfolio_losses(scenarios, portfolio)
    ends = np.arange(scenarios.count, window - 1, -step)[::-1]
    equal = np.full(window, 1.0 / window)
    components, totals = np.empty((ends.size, weights.size)), np.empty(ends.size)
    for row, end in enumerate(ends):
        part = slice(end - window, end)
        try:
            q = _identifier(chosen, losses[part], equal, level)
        except NumericalError as error:
            raise NumericalError(f"In the window to {scenarios.index[end - 1]}: {error}") from error
        components[row] = weights * _marginal(scenarios.returns[part], q)
        totals[row] = q @ losses[part]
    dates = scenarios.index[ends - 1]
    return RollingContributionResult(
        portfolio=name,
        measure=chosen.key,
        label=chosen.labelled(level),
        confidence=level,
        window=window,
        step=step,
        total=pd.Series(totals, index=dates, name="total"),
        components=pd.DataFrame(components, index=dates, columns=list(scenarios.assets)),
        relative=pd.DataFrame(
            [shares(*pair) for pair in zip(components, totals, strict=True)],
            index=dates,
            columns=list(scenarios.assets),
        ),
    )


def _check_windows(scenarios: Scenarios, window: int, step: int) -> None:
    if not scenarios.ordered or scenarios.weighted:
        raise InputError(
            "Contributions through time need time-ordered scenarios of equal probability; use the history."
        )
    if window < 2 or step < 1:
        raise InputError(f"A window needs at least 2 rows and a step 1, got {window} and {step}.")
    if window > scenarios.count:
        raise MissingDataError(
            f"A window of {window} rows exceeds the history of {scenarios.count}; choose a shorter one."
        )


def _identifier(measure: Measure, losses: Floats, probabilities: Floats, level: float | None) -> Floats:
    """Return the weights contributions are taken with: the identifier, smoothed in the case of VaR."""
    weigh = smoothed_quantile_weights if measure.key == "var" else measure.identifier
    return weigh(losses, probabilities, np.nan if level is None else level)


def _marginal(returns: Floats, q: Floats) -> Floats:
    """Return −R'q, reading only the rows that count when they are few."""
    rows = np.flatnonzero(q)
    if 2 * rows.size < q.size:
        return -(q[rows] @ returns[rows])
    return -(q @ returns)


def shares(component: Floats, total: float) -> Floats:
    """Return component / total, NaN where the total is below 1 % of Σ|component|."""
    gross = float(np.abs(component).sum())
    if gross == 0.0 or abs(total) < NEAR_ZERO * gross:
        return np.full(component.size, np.nan)
    return component / total
