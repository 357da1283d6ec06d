"""Scenarios: the one shape every calculation starts from.

A set of joint asset returns with probabilities. History is the equal-probability case; resampling,
views and shocks turn Scenarios into Scenarios, so that every measure works on all of them.
"""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, ProbabilityError, listed
from riskcore.numerics.moments import weighted_covariance, weighted_mean

__all__ = ["Scenarios"]

Floats = NDArray[np.float64]
PROBABILITY_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Scenarios:
    """Joint asset returns R (S scenarios × n assets) with probabilities p.

    Returns are simple, per period, decimal, gains positive, in one currency (or in local currency,
    as if hedged; `source` should say which). Rows are scenarios, columns are assets.

    Parameters
    ----------
    returns
        S × n, finite. Copied unless already read-only.
    assets
        n distinct, non-empty labels.
    periods_per_year
        How many such periods make a year (252 for trading days); used by callers who annualise.
    probabilities
        S non-negative numbers that sum to 1; equal when omitted.
    index
        One label per scenario, dates where there are any; 0..S-1 when omitted.
    ordered
        Whether the rows follow one another in time. Path measures need this.
    overlap
        Periods shared by neighbouring rows: 1 for separate periods, h for h-period compounding of
        overlapping windows. Only S / overlap rows are independent.
    source
        Where the returns come from, in words shown to the reader.

    Raises
    ------
    MissingDataError
        A return is NaN or infinite, or there is no row or column.
    AssetMismatchError
        Labels are duplicated, empty, or do not match the columns.
    ProbabilityError
        Probabilities are negative, not finite, of the wrong length or do not sum to 1.

    Examples
    --------
    >>> s = Scenarios(np.array([[0.01, 0.0], [-0.02, 0.01]]), ("SPY", "BND"), periods_per_year=252)
    >>> s.count, s.assets, s.probabilities.tolist()
    (2, ('SPY', 'BND'), [0.5, 0.5])
    """

    returns: Floats
    assets: tuple[str, ...]
    periods_per_year: float
    probabilities: Floats = field(default_factory=lambda: np.empty(0))
    index: pd.Index = field(default_factory=lambda: pd.RangeIndex(0))
    ordered: bool = False
    overlap: int = 1
    source: str = ""

    def __post_init__(self) -> None:
        """Validate and freeze."""
        assets = tuple(str(a) for a in self.assets)
        returns = _frozen(self.returns)
        if returns.ndim != 2 or returns.size == 0:
            raise MissingDataError(
                f"Scenarios need at least one row and one asset; got an array of shape {returns.shape}."
            )
        _check_labels(assets, returns.shape[1])
        _check_finite(returns, assets)
        count = returns.shape[0]
        given = np.asarray(self.probabilities, dtype=np.float64)
        probabilities = _frozen(np.full(count, 1.0 / count)) if given.size == 0 else _frozen(given)
        _check_probabilities(probabilities, count)
        index = self.index if len(self.index) else pd.RangeIndex(count)
        if len(index) != count:
            raise InputError(f"The index has {len(index)} labels for {count} scenarios; give one per row.")
        if not (np.isfinite(self.periods_per_year) and self.periods_per_year > 0):
            raise InputError(f"periods_per_year must be a positive number, got {self.periods_per_year}.")
        if self.overlap < 1:
            raise InputError(f"overlap must be at least 1, got {self.overlap}.")
        for name, value in (
            ("returns", returns),
            ("assets", assets),
            ("probabilities", probabilities),
            ("index", index),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_returns(
        cls,
        returns: pd.DataFrame,
        *,
        periods_per_year: float,
        probabilities: ArrayLike | None = None,
        ordered: bool | None = None,
        source: str = "",
    ) -> Self:
        """Build from a table of returns: rows = scenarios, columns = assets.

        Rows indexed by strictly increasing dates count as ordered unless `ordered` says otherwise.
        Nothing is dropped or filled: a missing value is refused, naming its asset.
        """
        dated = isinstance(returns.index, pd.DatetimeIndex)
        increasing = bool(returns.index.is_monotonic_increasing and returns.index.is_unique)
        return cls(
            returns=returns.to_numpy(dtype=np.float64),
            assets=tuple(str(c) for c in returns.columns),
            periods_per_year=periods_per_year,
            probabilities=np.empty(0) if probabilities is None else np.asarray(probabilities, np.float64),
            index=returns.index,
            ordered=(dated and increasing) if ordered is None else ordered,
            source=source,
        )

    @classmethod
    def from_prices(cls, prices: pd.DataFrame, *, periods_per_year: float, source: str = "") -> Self:
        """Build from a table of prices with strictly increasing dates: r_t = P_t / P_{t−1} − 1.

        Every price must be present and positive; choose the window or the assets first.
        """
        if len(prices) < 2:
            raise MissingDataError(f"Returns need at least two rows of prices; got {len(prices)}.")
        if not (prices.index.is_monotonic_increasing and prices.index.is_unique):
            raise InputError("Prices must be in increasing date order without duplicate dates.")
        values = prices.to_numpy(dtype=np.float64)
        bad = ~(np.isfinite(values) & (values > 0)).all(axis=0)
        if bad.any():
            names = [str(c) for c in prices.columns[bad]]
            raise MissingDataError(
                f"Missing, zero or negative prices in {listed(names)}; "
                "choose a window in which every asset has prices, or leave the asset out.",
                assets=names,
            )
        frame = pd.DataFrame(values[1:] / values[:-1] - 1.0, index=prices.index[1:], columns=prices.columns)
        return cls.from_returns(frame, periods_per_year=periods_per_year, ordered=True, source=source)

    @property
    def count(self) -> int:
        """Number of scenarios S."""
        return int(self.returns.shape[0])

    @property
    def size(self) -> int:
        """Number of assets n."""
        return len(self.assets)

    @cached_property
    def labels(self) -> pd.Index:
        """The assets as an index, made once: building one takes longer than most small results."""
        return pd.Index(list(self.assets))

    @cached_property
    def weighted(self) -> bool:
        """Whether the probabilities differ from 1/S."""
        return bool(np.ptp(self.probabilities) > 1e-12 / self.count)

    @cached_property
    def sample_moments(self) -> tuple[Floats, Floats]:
        """Probability-weighted mean and covariance, read-only; once, because many allocators ask for them."""
        mean = weighted_mean(self.returns, self.probabilities)
        covariance = weighted_covariance(self.returns, self.probabilities)
        mean.setflags(write=False)
        covariance.setflags(write=False)
        return mean, covariance

    @property
    def frame(self) -> pd.DataFrame:
        """The returns as a labelled table."""
        return pd.DataFrame(self.returns, index=self.index, columns=list(self.assets))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the content, to key caches with."""
        digest = blake2b(digest_size=16)
        digest.update(np.ascontiguousarray(self.returns).tobytes())
        digest.update(np.ascontiguousarray(self.probabilities).tobytes())
        digest.update(repr((self.assets, self.returns.shape, self.periods_per_year)).encode())
        digest.update(repr((self.ordered, self.overlap, self.source)).encode())
        digest.update(pd.util.hash_pandas_object(self.index.to_series(), index=False).to_numpy().tobytes())
        return digest.hexdigest()

    def select(self, assets: list[str] | tuple[str, ...]) -> "Scenarios":
        """Return the same scenarios for some of the assets, in the order asked."""
        unknown = [a for a in assets if a not in self.assets]
        if unknown:
            raise AssetMismatchError(
                f"No returns for {listed(unknown)}; the data has {listed(self.assets, most=20)}.",
                unknown=unknown,
            )
        columns = [self.assets.index(a) for a in assets]
        return self._with(returns=_frozen(self.returns[:, columns]), assets=tuple(assets))

    def between(self, start: object = None, end: object = None) -> "Scenarios":
        """Return the scenarios dated from `start` to `end`, both included; ordered history only."""
        if not self.ordered or self.weighted:
            raise InputError("A date window needs time-ordered scenarios of equal probability.")
        low = 0 if start is None else int(self.index.searchsorted(pd.Timestamp(str(start)), side="left"))
        high = (
            self.count if end is None else int(self.index.searchsorted(pd.Timestamp(str(end)), side="right"))
        )
        if high <= low:
            raise MissingDataError(
                f"No data between {start or 'the start'} and {end or 'the end'}; "
                f"the data runs from {self.index[0]:%Y-%m-%d} to {self.index[-1]:%Y-%m-%d}."
            )
        return self._with(
            returns=self.returns[low:high], index=self.index[low:high], probabilities=np.empty(0)
        )

    def rows(self, start: int, stop: int) -> "Scenarios":
        """Return the scenarios from row `start` up to, not including, row `stop`; equal probability only."""
        if self.weighted:
            raise InputError("A window of rows needs scenarios of equal probability.")
        return self._with(
            returns=self.returns[start:stop], index=self.index[start:stop], probabilities=np.empty(0)
        )

    def over_horizon(self, periods: int) -> "Scenarios":
        """Return h-period returns by overlapping compounding: Π (1 + r) − 1 per asset, dated at the end.

        Needs ordered rows of equal probability and one period each; S − h + 1 rows come back, of which
        about S / h are independent (`overlap`).
        """
        if periods < 1:
            raise InputError(f"A horizon is at least 1 period, got {periods}.")
        if periods == 1:
            return self
        if not self.ordered or self.weighted or self.overlap > 1:
            raise InputError(
                "Compounding over a horizon needs time-ordered single-period scenarios of equal probability; "
                "scale by √h instead and call it an approximation."
            )
        if self.count < periods:
            raise MissingDataError(
                f"A horizon of {periods} periods needs at least {periods} rows; the window has {self.count}."
            )
        compounded = np.ones((self.count - periods + 1, self.size))
        for lag in range(periods):
            compounded *= 1.0 + self.returns[lag : self.count - periods + 1 + lag]
        return self._with(
            returns=_frozen(compounded - 1.0),
            index=self.index[periods - 1 :],
            probabilities=np.empty(0),
            periods_per_year=self.periods_per_year / periods,
            overlap=periods,
        )

    def with_probabilities(self, probabilities: ArrayLike, *, source: str = "") -> "Scenarios":
        """Return the same rows under other probabilities (a posterior, a time-decayed history)."""
        return self._with(probabilities=np.asarray(probabilities, np.float64), source=source or self.source)

    def _with(self, **changes: object) -> "Scenarios":
        current = {name: getattr(self, name) for name in self.__dataclass_fields__}
        made = Scenarios(**(current | changes))
        if "assets" not in changes:
            made.__dict__["labels"] = self.labels
        return made

    def __repr__(self) -> str:
        """Name the size and the span."""
        span = f", {self.index[0]} to {self.index[-1]}" if self.ordered else ""
        return f"Scenarios({self.count} × {self.size}{span})"


def _frozen(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def _check_labels(assets: tuple[str, ...], columns: int) -> None:
    if len(assets) != columns:
        raise AssetMismatchError(f"{len(assets)} asset labels for {columns} columns; give one per column.")
    seen: set[str] = set()
    twice = [a for a in assets if a in seen or seen.add(a)]  # type: ignore[func-returns-value]
    if twice:
        raise AssetMismatchError(
            f"Asset {listed(twice)} appears more than once; rename one.", duplicates=twice
        )
    if any(not a.strip() for a in assets):
        raise AssetMismatchError("An asset has an empty name; name every column.")


def _check_finite(returns: Floats, assets: tuple[str, ...]) -> None:
    finite = np.isfinite(returns)
    if finite.all():
        return
    counts = (~finite).sum(axis=0)
    named = [f"{a} ({c} rows)" for a, c in zip(assets, counts, strict=True) if c]
    raise MissingDataError(
        f"Missing or infinite returns in {listed(named)}; choose a window in which every asset has "
        "returns, or leave the asset out.",
        assets=[a for a, c in zip(assets, counts, strict=True) if c],
    )


def _check_probabilities(probabilities: Floats, count: int) -> None:
    if probabilities.shape != (count,):
        raise ProbabilityError(f"{probabilities.size} probabilities for {count} scenarios; give one per row.")
    if not np.isfinite(probabilities).all() or (probabilities < 0).any():
        raise ProbabilityError("Probabilities must be finite and not negative.")
    total = float(probabilities.sum())
    if abs(total - 1.0) > PROBABILITY_TOLERANCE:
        raise ProbabilityError(f"Probabilities must sum to 1, got {total:.10g}.", total=total)
