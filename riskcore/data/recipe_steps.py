"""The decisions a reader can take about a data set, each of which repeats exactly or refuses."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.errors import AssetMismatchError, InputError, MissingDataError, listed

__all__ = [
    "LARGEST_RATIO",
    "AdjustSplit",
    "CutWindow",
    "Describe",
    "DropAsset",
    "DropRows",
    "Fill",
    "Keep",
    "Step",
    "ratio_words",
]

FEWEST_ROWS = 2
LONGEST_FILL = 60  # rows; a quarter of unchanged prices is no longer a small repair
LARGEST_RATIO = 10_000.0
# How far the move of a day may be from the ratio of a split: the market moves on that day too.
SPLIT_SLACK = 0.25
LONGEST_WORDS = 120
DESCRIBED = {
    "name": "name",
    "asset_class": "class",
    "sector": "sector",
    "region": "region",
    "currency": "currency",
    "group": "group",
    "duration": "duration",
}
DURATIONS = (-5.0, 50.0)  # years; shorter and longer ones are typing errors


class Step(Protocol):
    """One decision. `action` is its name in a stored recipe."""

    action: ClassVar[str]

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        ...

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Return the changed prices and one sentence on what was done, or refuse."""
        ...


@dataclass(frozen=True)
class Keep:
    """A finding was seen and the data is left as it is.

    Parameters
    ----------
    kind
        The kind of finding, such as "stale".
    asset
        Its asset; empty for the whole table.
    """

    action: ClassVar[str] = "keep"
    kind: str
    asset: str = ""

    def __post_init__(self) -> None:
        """Validate."""
        _check_text(self.kind, "kind of finding")
        _check_text(self.asset, "asset", empty=True)

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        return f"Keep {self.asset or 'the table'} as it is ({self.kind})."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Change nothing; refuse an asset that is not there."""
        if self.asset:
            _column(prices, self.asset)
        return prices, f"{self.asset or 'The table'} was kept as it is ({self.kind})."


@dataclass(frozen=True)
class DropAsset:
    """Leave an asset out."""

    action: ClassVar[str] = "drop asset"
    asset: str

    def __post_init__(self) -> None:
        """Validate."""
        _check_text(self.asset, "asset")

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        return f"Leave {self.asset} out."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Remove the column; refuse an unknown asset and the last one."""
        column = _column(prices, self.asset)
        if prices.shape[1] == 1:
            raise MissingDataError(f"{self.asset} is the only asset left; without it there is no data.")
        kept = [k for k in range(prices.shape[1]) if k != column]
        return prices.iloc[:, kept], f"{self.asset} was left out."


@dataclass(frozen=True)
class DropRows:
    """Leave the rows of some dates out, for every asset: the next return spans the days between.

    Parameters
    ----------
    dates
        Dates such as 2024-12-31, increasing; each must be a row.
    """

    action: ClassVar[str] = "drop rows"
    dates: tuple[str, ...]

    def __post_init__(self) -> None:
        """Validate and sort."""
        # A text is a sequence too, of letters.
        if not isinstance(self.dates, tuple) or not self.dates:
            raise InputError("Name at least one date to leave out.")
        object.__setattr__(self, "dates", tuple(sorted({_iso(d) for d in self.dates})))

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        return f"Leave {_rows(len(self.dates))} out ({listed(self.dates, most=3)})."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Remove the rows; refuse dates that are no rows."""
        dates = pd.DatetimeIndex(list(self.dates))
        absent = dates[~dates.isin(prices.index)]
        if len(absent):
            raise InputError(
                f"There is no row on {listed((f'{d:%Y-%m-%d}' for d in absent), most=3)} to be left out; "
                "remove the date from the step.",
                dates=[f"{d:%Y-%m-%d}" for d in absent],
            )
        kept = prices.loc[~prices.index.isin(dates)]
        _check_left(kept)
        return kept, f"{_rows(len(prices) - len(kept))} left out ({listed(self.dates, most=3)})."


@dataclass(frozen=True)
class Fill:
    """Carry the last price of an asset forward over gaps of at most `days` rows.

    Each filled row shows a return of 0, and the row after it the whole move. Longer gaps stay untouched;
    nothing is filled before the first price or after the last.
    """

    action: ClassVar[str] = "fill"
    asset: str
    days: int

    def __post_init__(self) -> None:
        """Validate."""
        _check_text(self.asset, "asset")
        if isinstance(self.days, bool) or not isinstance(self.days, int):
            raise InputError(f"The days to fill must be a whole number, got {self.days!r}.")
        if not 1 <= self.days <= LONGEST_FILL:
            raise InputError(f"Fill gaps of 1 to {LONGEST_FILL} days, not {self.days}.", days=self.days)

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        return f"Fill gaps of {self.asset} of up to {_days(self.days)} with the last price."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Fill the gaps that are short enough; refuse where there is none."""
        column = _column(prices, self.asset)
        values = prices.iloc[:, column].to_numpy(dtype=np.float64, copy=True)
        gaps = _gaps(values)
        short = [(start, length) for start, length in gaps if length <= self.days]
        if not short:
            shortest = min((length for _, length in gaps), default=0)
            why = f"its shortest has {_rows(shortest)}" if gaps else "no price is missing inside its history"
            raise InputError(
                f"{self.asset} has no gap of up to {_days(self.days)} to fill: {why}.",
                asset=self.asset,
            )
        for start, length in short:
            values[start : start + length] = values[start - 1]
        filled = sum(length for _, length in short)
        left = sum(length for _, length in gaps) - filled
        rest = f"; {left} in longer gaps stay missing" if left else ""
        done = _replaced(prices, column, values)
        return done, f"{filled} missing prices of {self.asset} filled with the last price{rest}."


@dataclass(frozen=True)
class CutWindow:
    """Use only the rows from `start` to `end`, both included."""

    action: ClassVar[str] = "cut window"
    start: str | None = None
    end: str | None = None

    def __post_init__(self) -> None:
        """Validate."""
        if self.start is None and self.end is None:
            raise InputError("Name the first or the last date of the window.")
        for side in ("start", "end"):
            value = getattr(self, side)
            object.__setattr__(self, side, None if value is None else _iso(value))
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise InputError(f"The window must start before it ends, got {self.start} to {self.end}.")

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        since = f" from {self.start}" if self.start else ""
        until = f" to {self.end}" if self.end else ""
        return f"Use the rows{since}{until} only."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Cut; refuse a window that leaves fewer than two rows."""
        kept = prices.loc[self.start : self.end]
        _check_left(kept)
        return kept, f"The window was cut to {kept.index[0]:%Y-%m-%d} – {kept.index[-1]:%Y-%m-%d}" + (
            f": {_rows(len(prices) - len(kept))} left out."
        )


@dataclass(frozen=True)
class AdjustSplit:
    """Multiply every price of an asset before `date` by `ratio`.

    Parameters
    ----------
    asset
        The ticker.
    date
        The first date with the new price.
    ratio
        New price per old price: 0.5 for a 2:1 split.
    """

    action: ClassVar[str] = "adjust split"
    asset: str
    date: str
    ratio: float

    def __post_init__(self) -> None:
        """Validate."""
        _check_text(self.asset, "asset")
        object.__setattr__(self, "date", _iso(self.date))
        if isinstance(self.ratio, bool) or not isinstance(self.ratio, int | float):
            raise InputError(f"The ratio of a split must be a number, got {self.ratio!r}.")
        ratio = float(self.ratio)
        if not 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO or ratio == 1.0:
            raise InputError(
                f"The ratio of a split is new price per old price (0.5 for 2:1), not {ratio:g}.", ratio=ratio
            )
        object.__setattr__(self, "ratio", ratio)

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        return f"Multiply the prices of {self.asset} before {self.date} by {ratio_words(self.ratio)}."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Adjust; refuse a date on which the price does not jump by about the ratio."""
        column = _column(prices, self.asset)
        values = prices.iloc[:, column].to_numpy(dtype=np.float64, copy=True)
        date = pd.Timestamp(self.date)
        where = int(prices.index.searchsorted(date))
        before = np.flatnonzero(~np.isnan(values[:where]))
        if where == len(values) or prices.index[where] != date or np.isnan(values[where]) or not len(before):
            raise InputError(
                f"{self.asset} has no price on {self.date} with one before it, so no split to adjust.",
                asset=self.asset,
                date=self.date,
            )
        move = values[where] / values[before[-1]]
        if abs(np.log(move / self.ratio)) > SPLIT_SLACK:
            raise InputError(
                f"{self.asset} moves by a factor of {move:.4g} on {self.date}, not by about "
                f"{self.ratio:.4g}; correct the date or the ratio.",
                asset=self.asset,
                date=self.date,
            )
        values[:where] *= self.ratio
        return _replaced(prices, column, values), (
            f"The {len(before)} prices of {self.asset} before {self.date} were multiplied by "
            f"{ratio_words(self.ratio)}."
        )


@dataclass(frozen=True)
class Describe:
    """Say what an asset is: its name, class, sector, region, currency, group or duration.

    Parameters
    ----------
    asset
        The ticker.
    field
        One of the columns of the asset table.
    value
        The words; a duration in years, such as "6.2". Empty for unknown.
    """

    action: ClassVar[str] = "describe"
    asset: str
    field: str
    value: str

    def __post_init__(self) -> None:
        """Validate; a duration is written in its shortest form."""
        _check_text(self.asset, "asset")
        if self.field not in DESCRIBED:
            raise InputError(f"An asset has no {str(self.field)[:40]!r}; choose {listed(DESCRIBED, most=9)}.")
        _check_text(self.value, DESCRIBED[self.field], empty=True)
        value = " ".join(self.value.split())
        if len(value) > LONGEST_WORDS:
            raise InputError(f"The {DESCRIBED[self.field]} of {self.asset} is longer than {LONGEST_WORDS}.")
        if self.field == "currency" and value:
            value = value if value == "GBp" else value.upper()
            if not (len(value) == 3 and value.isascii() and value.isalpha()):
                raise InputError(f"The currency of {self.asset} has three letters, such as EUR.", value=value)
        object.__setattr__(self, "value", self._years(value) if self.field == "duration" else value)

    def _years(self, value: str) -> str:
        if not value:
            return ""
        try:
            years = float(value)
        except ValueError:
            years = float("nan")
        if not DURATIONS[0] <= years <= DURATIONS[1]:
            raise InputError(
                f"The duration of {self.asset} is a number of years, {DURATIONS[0]:g} to {DURATIONS[1]:g}, "
                f"not {value[:40]!r}.",
                value=value,
            )
        return f"{years:g}"

    @property
    def words(self) -> str:
        """The decision as the reader would say it."""
        unit = " years" if self.field == "duration" and self.value else ""
        return f"The {DESCRIBED[self.field]} of {self.asset} is {self.value or 'not known'}{unit}."

    def apply(self, prices: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Change no price; refuse an asset that is not there."""
        _column(prices, self.asset)
        return prices, self.words

    def describe(self, assets: pd.DataFrame) -> pd.DataFrame:
        """Return the asset table with the words in their place."""
        done = assets.copy()
        done.loc[self.asset, self.field] = self.value
        return done


def ratio_words(ratio: float) -> str:
    """Return the ratio as a small fraction where it is one, else with four digits.

    Examples
    --------
    >>> ratio_words(1 / 3), ratio_words(0.5821)
    ('1/3', '0.5821')
    """
    near = Fraction(ratio).limit_denominator(100)
    small = near.numerator <= 100 and near and abs(float(near) / ratio - 1) < 1e-9
    if not small:
        return f"{ratio:.4g}"
    return str(near)


def _replaced(prices: pd.DataFrame, column: int, values: NDArray[np.float64]) -> pd.DataFrame:
    done = prices.copy()
    done.isetitem(column, values)
    return done


def _gaps(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return start and length of each run of missing values between the first and the last price."""
    present = np.flatnonzero(~np.isnan(values))
    steps = np.diff(present)
    return [(int(present[k]) + 1, int(steps[k]) - 1) for k in np.flatnonzero(steps > 1)]


def _column(prices: pd.DataFrame, asset: str) -> int:
    columns: Sequence[object] = list(prices.columns)
    if asset not in columns:
        raise AssetMismatchError(
            f"There is no asset {asset[:40]}; the data has {listed(columns, most=20)}.", unknown=[asset]
        )
    return columns.index(asset)


def _check_left(kept: pd.DataFrame) -> None:
    if len(kept) < FEWEST_ROWS:
        raise MissingDataError(
            f"This would leave {_rows(len(kept))}; at least {FEWEST_ROWS} are needed. Leave fewer out."
        )


def _check_text(value: object, what: str, *, empty: bool = False) -> None:
    if not isinstance(value, str) or not (value or empty):
        raise InputError(f"The {what} must be a text, got {str(value)[:40]!r}.")


def _iso(value: object) -> str:
    try:
        return dt.date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise InputError(f"{str(value)[:40]!r} is not a date such as 2024-12-31.") from error


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
