"""What the Factors page computes from returns and choices, each a function the cache can remember."""

from dataclasses import dataclass

from riskcore.dashboard import cached
from riskcore.errors import MissingDataError
from riskcore.factors import (
    Errors,
    factor_contributions,
    fit_exposures,
    pegged_rates,
    portfolio_exposures,
    principal_components,
    statistical_factors,
    unhedged,
)
from riskcore.measures import risk
from riskcore.periods import weekly
from riskcore.portfolio import Portfolio
from riskcore.results import RiskResult
from riskcore.results.factors import (
    ComponentsResult,
    ExposureResult,
    FactorContributionResult,
    PortfolioExposureResult,
)
from riskcore.scenarios import Scenarios

__all__ = [
    "Choices",
    "components_of",
    "contributions_of",
    "exposures_of",
    "fitted",
    "pegs_of",
    "risk_of",
]

FEWEST_ROWS = 30


@dataclass(frozen=True)
class Choices:
    """How the model is made.

    `factors` empty means statistical ones, `count` of them (0: those above the line). `weekly` fits on
    separate weekly returns. `rates` pairs an asset with the column of its exchange rate; `pegged` are those
    that no exposure can be measured to, each with what holds it and how much it moves per year.
    """

    assets: tuple[str, ...]
    factors: tuple[str, ...]
    count: int
    weekly: bool
    periods: int
    penalty: float
    errors: Errors
    rates: tuple[tuple[str, str], ...]
    pegged: tuple[tuple[str, str | None, float], ...] = ()


def _rows(data: Scenarios, choices: Choices, *, fitting: bool) -> tuple[Scenarios, Scenarios]:
    """Return assets and factors on the rows to fit on, or on those the risk is measured on."""
    wide = unhedged(data, dict(choices.rates)) if choices.rates else data
    weeks = weekly(wide) if choices.weekly else None
    used = weeks if weeks is not None and fitting else wide.over_horizon(choices.periods)
    assets = used.select(choices.assets)
    if choices.factors:
        return assets, used.select(choices.factors)
    found_on = assets if weeks is None else weeks.select(choices.assets)
    return assets, statistical_factors(assets, count=choices.count or None, found_on=found_on)


def _fit_rows(data: Scenarios, choices: Choices) -> tuple[Scenarios, Scenarios]:
    """Return assets and factors on the rows to fit on, refusing too few of them."""
    assets, factors = _rows(data, choices, fitting=True)
    if factors.count < FEWEST_ROWS:
        raise MissingDataError(
            f"Exposures need at least {FEWEST_ROWS} returns to mean anything; the window has {factors.count}"
            f"{' weeks' if choices.weekly else ''}. Choose a longer window"
            f"{', or exposures from the rows as shown under Model' if choices.weekly else ''}.",
            rows=factors.count,
        )
    return assets, factors


def fitted(data: Scenarios, *, choices: Choices) -> ExposureResult:
    """Return the exposures of the assets."""
    assets, factors = _fit_rows(data, choices)
    return fit_exposures(assets, factors, penalty=choices.penalty, errors=choices.errors)


def components_of(data: Scenarios, *, choices: Choices) -> ComponentsResult:
    """Return the principal components of the assets, on the rows of the fit."""
    wide = unhedged(data, dict(choices.rates)) if choices.rates else data
    rows = weekly(wide) if choices.weekly else wide.over_horizon(choices.periods)
    return principal_components(rows.select(choices.assets))


def contributions_of(
    data: Scenarios, portfolio: Portfolio, *, choices: Choices, measure: str, confidence: float | None
) -> FactorContributionResult:
    """Return what factors carry of the risk of a portfolio over all assets of the data."""
    fit = cached.derived(fitted, data, choices=choices)
    assets, factors = _rows(data, choices, fitting=False)
    held = Portfolio(portfolio.name, portfolio.weights[list(choices.assets)])
    return factor_contributions(assets, factors, fit.exposures, held, measure, confidence=confidence)


def risk_of(
    data: Scenarios, portfolio: Portfolio, *, choices: Choices, measure: str, confidence: float | None
) -> RiskResult:
    """Return the risk of a portfolio on the rows of its contributions."""
    assets, _ = _rows(data, choices, fitting=False)
    held = Portfolio(portfolio.name, portfolio.weights[list(choices.assets)])
    return risk(assets, held, measure, confidence=confidence)


def exposures_of(data: Scenarios, portfolio: Portfolio, *, choices: Choices) -> PortfolioExposureResult:
    """Return the exposures of a portfolio with intervals."""
    assets, factors = _fit_rows(data, choices)
    held = Portfolio(portfolio.name, portfolio.weights[list(choices.assets)])
    return portfolio_exposures(assets, factors, held, penalty=choices.penalty, errors=choices.errors)


def pegs_of(
    moves: Scenarios, *, rates: tuple[tuple[str, str], ...], weeks: bool
) -> dict[str, tuple[str | None, float]]:
    """Return the exchange rates held by a peg, on weekly returns where there are days."""
    return pegged_rates(weekly(moves) if weeks else moves, dict(rates))
