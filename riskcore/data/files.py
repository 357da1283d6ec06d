"""Price files: load exactly, load with a report, or refuse naming the row and the column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskcore.data.answers import Answers
from riskcore.data.assembly import long_frame, volume_frame, wide_frame
from riskcore.data.checks import check_prices, check_returns, quality_notes
from riskcore.data.columnar import read_parquet
from riskcore.data.dates import parse_dates
from riskcore.data.dialect import MAX_CELLS, Glance, Grid, check_size, recognise, split_text
from riskcore.data.glance import glance_at_tickers
from riskcore.data.kinds import GROWTH, check_kind
from riskcore.data.layout import lay_out
from riskcore.data.numbers import decimal_mark, iso_currency, parse_numbers, parse_volumes
from riskcore.data.price_set import PriceSet, complete_assets, infer_periods_per_year, plain_assets
from riskcore.data.table import Table, read_columns
from riskcore.data.workbook import read_workbook
from riskcore.errors import FileFormatError, InputError, MissingDataError, listed

__all__ = ["Answers", "Content", "load", "load_prices", "price_set_of", "read_content", "read_grids"]

KINDS = ("prices", "returns", "percent returns", GROWTH)
LONGEST_LABEL = 80


@dataclass(frozen=True)
class Content:
    """What a file holds: values by date and ticker, whether they are returns, the currency sign, volumes."""

    frame: pd.DataFrame
    returns: bool
    report: list[str]
    currency: str = ""
    volumes: pd.DataFrame | None = None


def load(path: str | Path, answers: Answers | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Read a file of prices (or of returns, where it says so) and report what was found.

    Parameters
    ----------
    path
        A CSV, TSV or similar text file, an Excel workbook (.xlsx) or a Parquet file; at most 64 MB,
        500 tickers and 5 million cells.
    answers
        The choice between several readings, after a refusal that listed them.

    Returns
    -------
    tuple
        A table (dates × tickers, dates increasing, NaN where a value is missing) and the report: one
        sentence for everything left out, converted, reordered or suspicious. Empty for a clean file.

    Raises
    ------
    FileFormatError
        The file cannot be read in exactly one way; the sentence names the row and the column.
    MissingDataError
        There are fewer than two rows, or a price is zero or negative.
    """
    path = Path(path)
    try:
        check_size(path.stat().st_size)
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise FileFormatError(f"{path.name} cannot be opened: {reason}.") from error
    found = read_content(content, path.name, answers or Answers())
    return found.frame, found.report


def load_prices(content: bytes, filename: str, answers: Answers | None = None) -> PriceSet:
    r"""Read the bytes of an uploaded file into a price set; its notes are the report.

    Parameters
    ----------
    content
        The bytes.
    filename
        Shown as the set's label, as plain text.
    answers
        The choice between several readings.

    Raises
    ------
    FileFormatError, MissingDataError
        As `load`; also when a file of returns has a gap, which cannot be compounded over.

    Examples
    --------
    >>> data = load_prices(b"Date,A\n2024-01-02,10\n2024-01-03,11\n", "two.csv")
    >>> data.label, data.prices["A"].tolist()
    ('two.csv', [10.0, 11.0])
    """
    name = PurePath(filename).name[:LONGEST_LABEL] or "uploaded file"
    digest = blake2b(content + repr(answers).encode(), digest_size=6).hexdigest()
    return price_set_of(read_content(content, filename, answers or Answers()), f"file-{digest}", name)


def price_set_of(
    found: Content, key: str, label: str, currencies: Mapping[str, str] | None = None
) -> PriceSet:
    """Return what was read as a price set; returns are compounded, and incomplete assets not chosen at first.

    Raises
    ------
    MissingDataError
        No column has any prices, or a return is missing in the middle.
    """
    frame, notes = found.frame, list(found.report)
    if found.returns:
        frame, said = _compounded(frame)
        notes.append(said)
    if frame.isna().to_numpy().all():
        raise MissingDataError("No column has any prices.", assets=[str(c) for c in frame.columns])
    ready = complete_assets(frame)
    if ready and len(ready) < frame.shape[1]:
        left = listed((str(c) for c in frame.columns if c not in ready), most=10)
        notes.append(f"Not among the assets chosen at first, because prices are missing: {left}.")
    names = [str(c) for c in frame.columns]
    known = currencies or dict.fromkeys(names, iso_currency(found.currency))
    return PriceSet(
        key=key,
        label=label,
        prices=frame,
        assets=plain_assets(names, currencies=[known.get(name, "") for name in names]),
        periods_per_year=infer_periods_per_year(pd.DatetimeIndex(frame.index)),
        source="uploaded file",
        notes=tuple(notes),
        default_assets=ready,
        volumes=found.volumes,
    )


def _compounded(returns: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the index each column of returns makes, 100 one row before its first return, and say so."""
    given = returns.notna()
    started = given.cummax()
    gaps = (started & ~given & given[::-1].cummax()[::-1]).sum()
    if gaps.any():
        names = [f"{asset} ({count} rows)" for asset, count in gaps.items() if count]
        raise MissingDataError(
            f"Returns are missing in the middle of {listed(names)}; fill them in the file or leave the asset "
            "out, because what happened in between is not known.",
            assets=[str(a) for a in gaps.index[gaps > 0]],
        )
    index = pd.DatetimeIndex(returns.index)
    step = pd.Series(index).diff().median()
    base = index[0] - (pd.offsets.BDay(1) if step <= pd.Timedelta(days=3) else step)
    levels = 100.0 * (1.0 + returns).cumprod()
    levels = pd.concat([pd.DataFrame(np.nan, index=pd.DatetimeIndex([base]), columns=levels.columns), levels])
    first = started.to_numpy().argmax(axis=0)
    for column, row in enumerate(first):
        if given.iloc[row, column]:
            levels.iloc[row, column] = 100.0
    levels.index = pd.DatetimeIndex(levels.index).as_unit("us").rename("date")
    return levels, f"Returns were compounded to an index that starts at 100 on {base:%Y-%m-%d}."


def read_content(content: bytes, filename: str, answers: Answers) -> Content:
    """Read the bytes of one file; the report is complete but for what its frequency and use add."""
    if answers.kind is not None and answers.kind not in KINDS:
        raise InputError(f"The kind of values is {listed(KINDS)}, not {answers.kind[:40]!r}.")
    check_size(len(content))
    stem = " ".join(PurePath(filename).stem.split())[:LONGEST_LABEL] or "asset"
    grid, table = _one_table(
        *read_grids(content, answers.encoding, glance_at_tickers(answers)), stem, answers
    )
    if len(table.dates) * len(table.columns) > MAX_CELLS:
        raise FileFormatError(
            f"The file has more than {MAX_CELLS // 1_000_000} million values, which is the limit."
        )

    def place(row: int) -> str:
        return grid.at(table.rows[row])

    dates = parse_dates(table.dates, place=place, order=answers.date_order)
    values, units = _values(table, grid, place, answers.decimal)
    if table.tickers:
        frame, changes = long_frame(table, dates.dates, values[:, 0], place)
    else:
        frame, changes = wide_frame(table, dates.dates, values, place)
    report = [*grid.notes, *table.notes, *dates.notes, *units.notes, *changes]
    judged = _judged(frame, report, percent=units.percent, kind=answers.kind)
    if judged.returns or not table.volumes:
        return replace(judged, currency=units.currency)
    traded = [parse_volumes(cells, decimal=units.decimal) for cells in table.volumes]
    volumes = volume_frame(table, dates.dates, traded).reindex(index=frame.index, columns=frame.columns)
    return replace(judged, currency=units.currency, volumes=volumes)


def read_grids(
    content: bytes, encoding: str | None = None, glance: Glance | None = None
) -> tuple[list[Grid], list[str]]:
    """Return the tables of cells in a file (one per visible sheet of a workbook), and notes.

    `glance` judges part of a long table before all of it is read.

    Raises
    ------
    FileFormatError
        The content is neither text, a workbook nor a Parquet file, is damaged, or is too large.
    """
    what = recognise(content)
    if what == "text":
        return [split_text(content, encoding, glance)], []
    return ([read_parquet(content, glance)], []) if what == "parquet" else read_workbook(content, glance)


def _one_table(grids: list[Grid], notes: list[str], ticker: str, answers: Answers) -> tuple[Grid, Table]:
    """Find the one grid that holds a table; several are asked about, none is explained."""
    if answers.sheet is not None:
        chosen = [grid for grid in grids if grid.title == answers.sheet]
        if not chosen:
            titles = listed((grid.title for grid in grids), most=10)
            raise FileFormatError(f"There is no sheet {answers.sheet[:40]!r}; choose {titles}.")
        grids = chosen
    usable: list[tuple[Grid, Table]] = []
    refusals: list[tuple[str, FileFormatError]] = []
    for grid in grids:
        try:
            if grid.refusal is not None:
                raise grid.refusal
            columns = read_columns(grid)
            table = lay_out(columns, ticker=ticker, answers=answers)
            usable.append((grid, table))
        except FileFormatError as error:
            refusals.append((grid.title, error))
    if len(usable) > 1:
        found = tuple(grid.title for grid, _ in usable)
        raise FileFormatError(
            f"Several sheets hold a table: {listed(found, most=10)}. Say which.",
            question="sheet",
            readings=found,
        )
    if not usable:
        if len(refusals) == 1:
            raise refusals[0][1]
        why = " ".join(f"{title}: {error}" for title, error in refusals[:3])
        raise FileFormatError(f"None of the {len(refusals)} sheets can be read. {why}")
    grid, table = usable[0]
    others = [title for title, _ in refusals]
    if others:
        notes = [*notes, f"The sheet {grid.title} was read; {listed(others)} holds no table of prices."]
    return replace(grid, notes=[*grid.notes, *notes]), table


def _decimal(table: Table, separator: str, given: str | None, place: Callable[[int], str]) -> str:
    """Return the decimal mark; where the prices leave it open, the columns left out may tell."""

    def where(cell: str) -> str:
        name, cells = next((n, c) for n, c in zip(table.names, table.columns, strict=True) if cell in c)
        return f" ({name}, {place(cells.index(cell))})"

    try:
        return decimal_mark(table.columns, separator=separator, given=given, where=where)
    except FileFormatError as error:
        if "question" not in error.details or not table.left_out:
            raise
        try:
            return decimal_mark([*table.columns, *table.left_out], separator=separator)
        except FileFormatError:
            raise error from None


@dataclass(frozen=True)
class _Units:
    percent: bool
    decimal: str
    currency: str
    notes: list[str]


def _values(
    table: Table, grid: Grid, place: Callable[[int], str], given: str | None
) -> tuple[NDArray[np.float64], _Units]:
    decimal = _decimal(table, grid.separator, given, place)
    read = [
        parse_numbers(cells, decimal=decimal, name=name, place=place)
        for name, cells in zip(table.names, table.columns, strict=True)
    ]
    numbers = [c for c in read if c.missing < len(c.values)]
    percent = {c.percent for c in numbers}
    if len(percent) == 2:
        named = listed(n for n, c in zip(table.names, read, strict=True) if c.percent)
        raise FileFormatError(f"{named} holds percentages and the other columns do not; write all one way.")
    signs = {c.currency: n for n, c in zip(table.names, read, strict=True) if c.currency}
    if len(signs) > 1:
        where = listed(f"{sign} in {name}" for sign, name in signs.items())
        raise FileFormatError(
            f"The prices are in several currencies ({where}); convert them to one or load them apart.",
            currencies=list(signs),
        )
    notes = [f"Currency signs ({next(iter(signs))}) were removed; no price was converted."] if signs else []
    return np.column_stack([c.values for c in read]), _Units(
        percent == {True}, decimal, next(iter(signs), ""), notes
    )


def _judged(frame: pd.DataFrame, report: list[str], *, percent: bool, kind: str | None) -> Content:
    if len(frame) < 2:
        raise MissingDataError(
            f"The file has only {len(frame)} row of data; at least two are needed for one return."
        )
    returns = kind in {"returns", "percent returns", GROWTH} or (percent and kind is None)
    if not percent:
        check_kind(frame, kind)
    if not returns:
        check_prices(frame)
        return Content(frame, False, report + quality_notes(frame))
    if kind == "percent returns" and not percent:
        frame = frame / 100.0
        report.append("Values were divided by 100: percent points, as chosen.")
    if kind == GROWTH:
        frame = frame - 1.0
        report.append("1 was taken from the values: growth factors, as chosen.")
    check_returns(frame, percent=percent, asked=kind is not None)
    report.append(
        "The values were read as returns" + (" written as percentages." if percent else ", as chosen.")
    )
    missing = int(frame.isna().to_numpy().sum())
    if missing:
        report.append(f"Missing returns: {missing}. Nothing was filled in.")
    return Content(frame, True, report)
