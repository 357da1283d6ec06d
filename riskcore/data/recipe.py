"""What the reader decided about the data, as a list of steps that can be shown, stored and repeated.

A step never guesses: where it does not fit the data it refuses, and what it did is said in a sentence.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from hashlib import blake2b
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.price_set import PriceSet, complete_assets
from riskcore.errors import AssetMismatchError, FileFormatError, InputError, MissingDataError, listed

__all__ = [
    "LARGEST_RATIO",
    "AdjustSplit",
    "CutWindow",
    "DropAsset",
    "DropRows",
    "Fill",
    "Keep",
    "Recipe",
    "Step",
    "apply_recipe",
    "apply_steps",
    "ratio_words",
]

VERSION = 1
MOST_STEPS = 2_000
FEWEST_ROWS = 2
LONGEST_FILL = 60  # rows; a quarter of unchanged prices is no longer a small repair
LARGEST_RATIO = 10_000.0
# How far the move of a day may be from the ratio of a split: the market moves on that day too.
SPLIT_SLACK = 0.25


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


STEPS: Mapping[str, type] = {
    step.action: step for step in (Keep, DropAsset, DropRows, Fill, CutWindow, AdjustSplit)
}


@dataclass(frozen=True)
class Recipe:
    """Steps in the order in which they are applied.

    Examples
    --------
    >>> recipe = Recipe((DropAsset("OLD"), CutWindow(start="2020-01-01")))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    >>> recipe.words
    ['Leave OLD out.', 'Use the rows from 2020-01-01 only.']
    """

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Validate."""
        object.__setattr__(self, "steps", tuple(self.steps))
        if len(self.steps) > MOST_STEPS:
            raise InputError(f"The recipe has {len(self.steps)} steps; the limit is {MOST_STEPS}.")
        for step in self.steps:
            if type(step) not in STEPS.values():
                raise InputError(f"{str(step)[:60]} is not a step of a recipe; choose {listed(STEPS)}.")

    @property
    def words(self) -> list[str]:
        """One sentence per step."""
        return [step.words for step in self.steps]

    @property
    def fingerprint(self) -> str:
        """A digest of the steps, to key caches with."""
        return blake2b(self.to_json().encode(), digest_size=8).hexdigest()

    def then(self, *steps: Step) -> "Recipe":
        """Return the recipe with further steps at its end."""
        return Recipe((*self.steps, *steps))

    def to_json(self) -> str:
        """Return the recipe as JSON text, the same text for the same steps."""
        steps = [
            {"step": step.action} | {f.name: getattr(step, f.name) for f in fields(step)}  # type: ignore[arg-type]
            for step in self.steps
        ]
        return json.dumps({"version": VERSION, "steps": steps}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read what `to_json` wrote.

        Raises
        ------
        FileFormatError
            The text is not a recipe of this version.
        InputError
            A step is not valid.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileFormatError("The recipe is damaged: it is not JSON text.") from error
        steps = content.get("steps") if isinstance(content, dict) else None
        if not isinstance(steps, list) or content.get("version") != VERSION:
            raise FileFormatError(f"The recipe is not one of version {VERSION}: it needs a list of steps.")
        return cls(tuple(_step(entry) for entry in steps))


def _step(entry: object) -> Step:
    kind = STEPS.get(str(entry.get("step"))) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or kind is None:
        raise FileFormatError(f"{str(entry)[:60]} is not a step of a recipe; choose {listed(STEPS)}.")
    values = {str(k): tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k != "step"}
    names = {f.name for f in fields(kind)}
    if set(values) - names:
        raise FileFormatError(f"The step {entry['step']} has no {listed(sorted(set(values) - names))[:60]}.")
    try:
        step: Step = kind(**values)
    except TypeError as error:
        raise FileFormatError(
            f"The step {entry['step']} needs {listed(sorted(names))}; some are missing or of a wrong kind."
        ) from error
    return step


def apply_steps(prices: pd.DataFrame, recipe: Recipe) -> tuple[pd.DataFrame, list[str]]:
    """Apply the steps one after the other to a table of prices, dates × assets.

    Returns
    -------
    tuple
        A new table, and one sentence per step. The input is not changed.

    Raises
    ------
    InputError
        A step does not fit the data; the sentence begins with the number of the step.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> frame = pd.DataFrame({"A": [4.0, 2.0, 2.1]}, index=days)
    >>> done, report = apply_steps(frame, Recipe((AdjustSplit("A", "2024-01-02", 0.5),)))
    >>> done["A"].tolist(), report
    ([2.0, 2.0, 2.1], ['The 1 prices of A before 2024-01-02 were multiplied by 1/2.'])
    """
    report = []
    for number, step in enumerate(recipe.steps, 1):
        try:
            prices, sentence = step.apply(prices)
        except InputError as error:
            raise type(error)(
                f"Step {number} of the recipe: {error}", step=number, **error.details
            ) from error
        report.append(sentence)
    return prices.copy(), report


def apply_recipe(prices: PriceSet, recipe: Recipe) -> tuple[PriceSet, list[str]]:
    """Return the price set the recipe makes, with what was done among its notes.

    The same price set and recipe give the same fingerprint. An empty recipe returns the set itself.

    Raises
    ------
    InputError
        A step does not fit the data, as `apply_steps`.
    """
    if not recipe.steps:
        return prices, []
    frame, report = apply_steps(prices.prices, recipe)
    left = set(frame.columns)
    # Assets that were not complete at first join the default ones once a step has made them so.
    chosen = set(prices.default_assets)
    chosen |= set(complete_assets(frame)) - set(complete_assets(prices.prices))
    index = prices.default_index if prices.default_index in left else None
    made = replace(
        prices,
        key=f"{prices.key}-{recipe.fingerprint[:8]}",
        prices=frame,
        assets=prices.assets.loc[list(frame.columns)],
        volumes=_volumes(prices, frame, recipe),
        notes=(*prices.notes, *report),
        default_assets=tuple(a for a in frame.columns if a in chosen),
        default_index=index,
    )
    return made, report


def _volumes(prices: PriceSet, frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame | None:
    """Return the volumes of the rows and assets that are left; a split moves them against the price."""
    if prices.volumes is None:
        return None
    volumes = prices.volumes.reindex(index=frame.index, columns=frame.columns)
    for step in recipe.steps:
        if isinstance(step, AdjustSplit) and step.asset in volumes.columns:
            # What was traded in money stays the same.
            before = volumes.index < pd.Timestamp(step.date)
            volumes.loc[before, step.asset] /= step.ratio
    return volumes


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
