"""Exposures of assets and portfolios to factors, by regression."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed
from riskcore.numerics.moments import weighted_covariance
from riskcore.numerics.regression import Regression, collinear_columns, default_lags, regress
from riskcore.portfolio import Portfolio
from riskcore.results.factors import ExposureResult, PortfolioExposureResult
from riskcore.scenarios import Scenarios

__all__ = ["ERRORS", "Errors", "check_same_rows", "fit_exposures", "portfolio_exposures"]

Floats = NDArray[np.float64]
Errors = Literal["classic", "newey_west"]
ERRORS: tuple[Errors, ...] = ("classic", "newey_west")


def fit_exposures(
    scenarios: Scenarios,
    factors: Scenarios,
    *,
    penalty: float = 0.0,
    errors: Errors = "classic",
    lags: int | None = None,
) -> ExposureResult:
    """Return the exposures of every asset to the factors: r_i = α_i + Σ_k B_ik f_k + ε_i.

    Least squares, or ridge with λ (see `numerics.regression.regress`, whose λ has no unit). An asset may be a
    factor as well; it is then made up by itself exactly, and named in `made_of_factors`.

    Closes that are not simultaneous understate daily exposures: fit on weekly returns
    (`riskcore.periods.weekly`) where markets close at different hours.

    Parameters
    ----------
    scenarios
        S × n returns of the assets, equally likely.
    factors
        S × k returns of the factors on the same rows.
    penalty
        λ ≥ 0; 0 is least squares.
    errors
        "classic", or "newey_west" where rows overlap or errors are heteroscedastic or autocorrelated.
    lags
        Of Newey and West; by default ⌊4 (S / 100)^(2/9)⌋, and at least twice the overlap.

    Raises
    ------
    InputError
        Rows differ or are weighted, a factor is constant, factors are collinear (both named), or a setting
        is out of range.
    MissingDataError
        There are fewer independent rows than factors + 2.
    AssetMismatchError
        An asset and a factor have the same name and different returns.

    Examples
    --------
    >>> moves = np.array([[0.01], [-0.02], [0.03], [0.0]])
    >>> market = Scenarios(moves, ("MARKET",), periods_per_year=252)
    >>> stock = Scenarios(1.5 * moves + [[0.001], [0.001], [-0.001], [-0.001]], ("STOCK",), 252)
    >>> fit_exposures(stock, market).exposures.round(4).loc["STOCK"].to_dict()
    {'MARKET': 1.4692}
    """
    check_same_rows(scenarios, factors)
    _check_fittable(factors, errors)
    used = _lags(factors, errors, lags)
    found = regress(factors.returns, scenarios.returns, penalty=penalty, lags=used)
    assets, names = list(scenarios.assets), list(factors.assets)
    exact = (found.residuals == 0.0).all(axis=0) & ~np.isnan(found.r_squared)
    return ExposureResult(
        exposures=pd.DataFrame(found.slopes.T, index=pd.Index(assets, name="asset"), columns=names),
        standard_errors=pd.DataFrame(
            found.slope_errors.T, index=pd.Index(assets, name="asset"), columns=names
        ),
        alpha=pd.Series(found.intercepts, index=assets, name="alpha"),
        alpha_errors=pd.Series(found.intercept_errors, index=assets, name="alpha_error"),
        r_squared=pd.Series(found.r_squared, index=assets, name="r_squared"),
        specific_variance=pd.Series(
            (found.residuals**2).mean(axis=0), index=assets, name="specific_variance"
        ),
        factor_covariance=pd.DataFrame(
            weighted_covariance(factors.returns, factors.probabilities), index=names, columns=names
        ),
        rows=factors.count,
        overlap=factors.overlap,
        periods_per_year=factors.periods_per_year,
        penalty=float(penalty),
        errors=errors,
        lags=used,
        freedom=found.freedom,
        made_of_factors=tuple(a for a, e in zip(assets, exact, strict=True) if e),
    )


def portfolio_exposures(
    scenarios: Scenarios,
    factors: Scenarios,
    portfolio: Portfolio,
    *,
    penalty: float = 0.0,
    errors: Errors = "classic",
    lags: int | None = None,
    level: float = 0.95,
) -> PortfolioExposureResult:
    """Return x = B'w of a portfolio with intervals: the regression of its own return, which is linear in w.

    The interval is x ± t · error, with Student's t for classic errors and the normal quantile for Newey and
    West's. Errors of assets move together, so they cannot be added up from those of the assets.

    Parameters
    ----------
    scenarios, factors, penalty, errors, lags
        As in `fit_exposures`.
    portfolio
        A weight for every asset of the scenarios.
    level
        Of the interval, in (0, 1).

    Raises
    ------
    InputError, MissingDataError, AssetMismatchError
        As in `fit_exposures`; weights that do not match; a level outside (0, 1).

    Examples
    --------
    >>> moves = np.array([[0.01], [-0.02], [0.03], [0.0]])
    >>> market = Scenarios(moves, ("MARKET",), periods_per_year=252)
    >>> stock = Scenarios(1.5 * moves + [[0.001], [0.001], [-0.001], [-0.001]], ("STOCK",), 252)
    >>> found = portfolio_exposures(stock, market, Portfolio("Half", {"STOCK": 0.5}))
    >>> found.table.loc["MARKET"].round(3).to_dict()
    {'exposure': 0.735, 'standard_error': 0.016, 'lower': 0.664, 'upper': 0.805}
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"The level of an interval lies between 0 and 1, got {level:g}.", level=level)
    check_same_rows(scenarios, factors)
    _check_fittable(factors, errors)
    own = scenarios.returns @ portfolio.aligned(scenarios.assets)
    found = regress(factors.returns, own[:, None], penalty=penalty, lags=_lags(factors, errors, lags))
    half = _quantile(found, errors, level) * found.slope_errors[:, 0]
    slopes = found.slopes[:, 0]
    table = pd.DataFrame(
        {
            "exposure": slopes,
            "standard_error": found.slope_errors[:, 0],
            "lower": slopes - half,
            "upper": slopes + half,
        },
        index=pd.Index(factors.assets, name="factor"),
    )
    return PortfolioExposureResult(portfolio.name, table, level, float(found.r_squared[0]))


def check_same_rows(scenarios: Scenarios, factors: Scenarios) -> None:
    """Refuse factors on other rows than the assets, or of an asset's name with other returns.

    Raises
    ------
    InputError, AssetMismatchError
        As said.

    Examples
    --------
    >>> rows = Scenarios(np.array([[0.01], [0.02]]), ("SPY",), periods_per_year=252)
    >>> check_same_rows(rows, rows)
    """
    same = (
        scenarios.count == factors.count
        and scenarios.index.equals(factors.index)
        and np.array_equal(scenarios.probabilities, factors.probabilities)
    )
    if not same:
        raise InputError(
            f"Assets and factors must have the same rows; there are {scenarios.count} of the assets and "
            f"{factors.count} of the factors, or their dates or probabilities differ."
        )
    clash = [
        name
        for place, name in enumerate(factors.assets)
        if name in scenarios.assets
        and not np.array_equal(factors.returns[:, place], scenarios.returns[:, scenarios.assets.index(name)])
    ]
    if clash:
        raise AssetMismatchError(
            f"{listed(clash)} names an asset and a factor with other returns; rename the factor.",
            factors=clash,
        )


def _check_fittable(factors: Scenarios, errors: str) -> None:
    if errors not in ERRORS:
        raise InputError(f"Standard errors are 'classic' or 'newey_west', not {errors!r}.", errors=errors)
    if factors.weighted:
        raise InputError(
            "A factor regression needs rows of equal probability: its standard errors are not defined for "
            "weighted scenarios. Fit on the history they were made from; contributions take any scenarios."
        )
    need, independent = factors.size + 2, factors.count // factors.overlap
    if independent < need:
        overlapping = " that do not overlap" if factors.overlap > 1 else ""
        raise MissingDataError(
            f"{factors.size} factors need at least {need} rows{overlapping}; there are {independent}. Choose "
            "a longer window or fewer factors.",
            rows=independent,
        )
    bad = collinear_columns(factors.returns)
    if bad:
        names = [factors.assets[i] for i in bad]
        flat = [n for n, i in zip(names, bad, strict=True) if np.ptp(factors.returns[:, i]) <= 1e-12]
        if flat:
            raise InputError(
                f"The factor {listed(flat)} never moves in this window, so nothing can depend on it; leave "
                "it out.",
                factors=flat,
            )
        raise InputError(
            f"The factors {listed(names)} are collinear: one of them follows from the others, so exposures "
            "cannot be told apart. Leave one out.",
            factors=names,
        )


def _lags(factors: Scenarios, errors: str, lags: int | None) -> int | None:
    if errors == "classic":
        if lags is not None:
            raise InputError("Lags belong to Newey and West's errors; choose those, or give no lags.")
        return None
    return default_lags(factors.count, factors.overlap) if lags is None else lags


def _quantile(found: Regression, errors: str, level: float) -> float:
    upper = 0.5 + level / 2.0
    return float(stdtrit(found.freedom, upper)) if errors == "classic" else float(ndtri(upper))
