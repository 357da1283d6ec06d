"""Results of factor models: exposures, what factors carry, what their moves cost, limits on them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = [
    "ComponentsResult",
    "ExposureLimit",
    "ExposureResult",
    "FactorContributionResult",
    "FactorShockResult",
    "PortfolioExposureResult",
]


@dataclass(frozen=True, eq=False)
class ExposureResult:
    """A factor model of assets, r_i = α_i + Σ_k B_ik f_k + ε_i, fitted by regression.

    Attributes
    ----------
    exposures, standard_errors
        Assets × factors: B and the standard error of each; by how much the asset moves when the factor moves
        by 1 and the others do not.
    alpha, alpha_errors
        By asset, per period: the mean return that the factors leave unexplained.
    r_squared
        By asset, NaN for a constant one.
    specific_variance
        By asset: variance of ε per period, with 1/S.
    factor_covariance
        Factors × factors, per period, with 1/S.
    rows, overlap, periods_per_year
        Of the returns it was fitted on.
    penalty
        Of the ridge regression; 0 is least squares.
    errors, lags
        "classic", or "newey_west" with this many lags.
    freedom
        Degrees of freedom left.
    made_of_factors
        Assets that the factors make up exactly, such as one that is itself a factor: their specific part is
        zero by construction, which says nothing about the market.
    """

    exposures: pd.DataFrame
    standard_errors: pd.DataFrame
    alpha: pd.Series
    alpha_errors: pd.Series
    r_squared: pd.Series
    specific_variance: pd.Series
    factor_covariance: pd.DataFrame
    rows: int
    overlap: int
    periods_per_year: float
    penalty: float
    errors: str
    lags: int | None
    freedom: float
    made_of_factors: tuple[str, ...]

    @property
    def assets(self) -> tuple[str, ...]:
        """The assets, in the order of the rows."""
        return tuple(str(a) for a in self.exposures.index)

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors, in the order of the columns."""
        return tuple(str(f) for f in self.exposures.columns)

    @property
    def t_statistics(self) -> pd.DataFrame:
        """Exposure over standard error; NaN where the error is zero by construction."""
        return self.exposures / self.standard_errors.where(self.standard_errors > 0.0)

    @property
    def inflation(self) -> pd.Series:
        """By factor: 1 / (1 − R²) of its regression on the other factors, 1 when it is unrelated to them.

        So much larger is the variance of an exposure than for unrelated factors. Above about 10, how risk is
        split between the factors concerned means little; what they carry together stays.
        """
        covariance = self.factor_covariance.to_numpy()
        scale = np.sqrt(np.diag(covariance))
        inverse = np.linalg.inv(covariance / np.outer(scale, scale))
        return pd.Series(np.diag(inverse), index=list(self.factors), name="inflation")


@dataclass(frozen=True, eq=False)
class PortfolioExposureResult:
    """How much a portfolio moves with each factor: x = B'w.

    Attributes
    ----------
    table
        Index = factors; columns exposure, standard_error, lower, upper (the interval at `level`).
    r_squared
        Share of the variance of the portfolio's return that moves with the factors, on the rows of the fit.
    """

    portfolio: str
    table: pd.DataFrame
    level: float
    r_squared: float


@dataclass(frozen=True, eq=False)
class FactorContributionResult:
    """Euler contributions of factors, of what is specific to assets, and of the mean; they sum to the total.

    Attributes
    ----------
    total
        The risk, a loss per period, positive = bad.
    exposure
        By factor: of the portfolio, x = B'w.
    factors
        By factor: −x_k Σ_s q_s f_sk, a loss per period.
    specific
        By asset: −w_i Σ_s q_s ε_si, ε of mean zero.
    mean
        −w'α Σ_s q_s: the mean return that no factor explains, as a loss. Zero for volatility.
    relation
        Correlation of the factors' part of the portfolio's return with the specific part; 0 when the
        exposures come from the same rows by least squares, NaN where one of the parts does not move.
    """

    portfolio: str
    measure: str
    label: str
    confidence: float | None
    total: float
    exposure: pd.Series
    factors: pd.Series
    specific: pd.Series
    mean: float
    relation: float

    @property
    def table(self) -> pd.DataFrame:
        """One row per factor, then "specific" and "mean": component, and relative = component / total.

        Relative is NaN where the total is below 1 % of the sum of the components' sizes.
        """
        component = np.append(self.factors.to_numpy(), [self.specific.sum(), self.mean])
        near_zero = abs(self.total) < 0.01 * float(np.abs(component).sum()) or self.total == 0.0
        relative = np.full(component.size, np.nan) if near_zero else component / self.total
        kinds = ["factor"] * len(self.factors) + ["specific", "mean"]
        return pd.DataFrame(
            {"kind": kinds, "component": component, "relative": relative},
            index=pd.Index([*self.factors.index, "specific", "mean"], name="source"),
        )

    @property
    def relative_defined(self) -> bool:
        """Whether the total is far enough from zero for shares to mean anything."""
        return bool(self.table["relative"].notna().all())

    @property
    def factor_share(self) -> float:
        """Share of the risk that all factors carry together; NaN where shares are undefined."""
        table = self.table
        return float(table.loc[table["kind"] == "factor", "relative"].sum(skipna=False))

    @property
    def common_bet(self) -> tuple[str, float]:
        """The hidden common bet: the factor with the largest contribution, and its share of the risk."""
        place = int(self.factors.to_numpy().argmax())
        return str(self.factors.index[place]), float(self.table["relative"].iloc[place])


@dataclass(frozen=True, eq=False)
class ComponentsResult:
    """Principal components of returns.

    Attributes
    ----------
    on
        "correlation" or "covariance": what was taken apart.
    eigenvalues
        Largest first; on the correlation they add up to the number of assets.
    loadings
        Assets × components: unit eigenvectors.
    weights
        Assets × components: the portfolios whose returns are the factors, absolute weights summing to 1; NaN
        for components of no variance.
    edge
        Largest eigenvalue that independent assets would show by chance (Marchenko–Pastur), on the
        correlation of as many rows; None on the covariance, where it does not apply.
    signal
        Number of eigenvalues above the line, of the correlation in either case.
    rows
        Independent ones, S / overlap.
    """

    on: str
    eigenvalues: pd.Series
    loadings: pd.DataFrame
    weights: pd.DataFrame
    edge: float | None
    signal: int
    rows: float

    @property
    def explained(self) -> pd.Series:
        """Share of the total variance of each component."""
        share: pd.Series = self.eigenvalues / float(self.eigenvalues.sum())
        return share.rename("explained")


@dataclass(frozen=True, eq=False)
class FactorShockResult:
    """Typed moves of factors, carried to the assets by their exposures; one instant move, no horizon.

    Attributes
    ----------
    moves
        By factor, all of them: the typed ones, and what the others do (see `others`).
    typed
        The factors whose move was given.
    others
        "still": factors not named do not move; "follow": each moves as it does on average with the named
        ones.
    table
        Index = assets; columns weight, asset_return, contribution (weight × asset_return; negative = lost).
    by_factor
        Index = factors; columns exposure, move, contribution; both tables add up to `total_return`.
    below_total_loss
        Assets that would lose more than everything: the shock goes further than exposures can carry.
    """

    portfolio: str
    moves: pd.Series
    typed: tuple[str, ...]
    others: str
    table: pd.DataFrame
    by_factor: pd.DataFrame
    total_return: float
    below_total_loss: tuple[str, ...]

    @property
    def loss(self) -> float:
        """The loss, positive = bad."""
        return -self.total_return


@dataclass(frozen=True)
class ExposureLimit:
    """A portfolio's exposure to a factor, against its limits.

    Attributes
    ----------
    lower, upper
        None where there is none.
    """

    name: str
    factor: str
    portfolio: str
    exposure: float
    lower: float | None
    upper: float | None

    @property
    def breached(self) -> bool:
        """Whether the exposure lies outside its limits."""
        below = self.lower is not None and self.exposure < self.lower
        return below or (self.upper is not None and self.exposure > self.upper)

    @property
    def utilisation(self) -> float:
        """Exposure over the limit on its side of zero, 1 = at the limit; NaN where that is none or zero."""
        limit = self.upper if self.exposure >= 0.0 else self.lower
        return self.exposure / limit if limit is not None and limit * self.exposure > 0.0 else float("nan")
