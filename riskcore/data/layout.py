"""From columns of text to the layout they have: one column per ticker, long, or one ticker's days.

Known headings are believed at once; where there are none, the numbers themselves say which column is the
close, and where they leave it open the reader is asked. What is left out is said.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riskcore.data.answers import Answers
from riskcore.data.dates import parse_dates
from riskcore.data.dialect import MAX_TICKERS
from riskcore.data.field_words import CODE_WORDS, FIELDS, TICKER_WORDS
from riskcore.data.numbers import decimal_mark, is_missing, is_number, parse_numbers
from riskcore.data.ohlc import DayColumns, day_columns
from riskcore.data.table import Table
from riskcore.data.times import without_times
from riskcore.errors import FileFormatError, listed

__all__ = ["ALL_ASSETS", "lay_out"]

ALL_ASSETS = "every column is an asset"
LOOKED_AT = 300  # rows that decide which columns hold text
STUDIED = 2_000  # rows whose numbers are studied


def lay_out(table: Table, *, ticker: str, answers: Answers) -> Table:
    """Return the columns of prices under their tickers.

    Parameters
    ----------
    table
        Every column of the file.
    ticker
        What to call the one asset of a table of days: the file's name.
    answers
        What was asked and answered; its column may be `ALL_ASSETS`.

    Raises
    ------
    FileFormatError
        A column holds words, several columns may be the price, or there are too many tickers.
    """
    if table.above:
        table = _by_two_rows(table)
    table = without_times(table, answers.date_order)
    text = [j for j, cells in enumerate(table.columns) if _is_text(cells)]
    words = [name.casefold() for name in table.names]
    named = [j for j, w in enumerate(words) if w in CODE_WORDS or (w in TICKER_WORDS and j in text)]
    if named and len(words) > 1:
        return _long(table, named[0], [j for j in text if j != named[0]], answers)
    if len(text) == 1 and len(set(table.dates)) < len(table.dates):
        return _long(table, text[0], [], answers)
    numbers = [j for j in range(len(table.names)) if j not in text]
    chosen, notes, volume = _price_column(table, numbers, answers)
    if chosen is not None and not _varied(table, text):
        said = [*table.notes, *notes, f"The ticker is taken from the file's name: {ticker}."]
        return _chosen_only(table, [ticker], numbers, chosen, volume, said)
    if text and len(text) < len(table.columns):
        raise FileFormatError(
            f"{listed(repr(table.names[j]) for j in text)} holds text, not prices "
            f"({_first_words(table.columns[text[0]])!r}); correct or remove it. A list of transactions or "
            "holdings is no table of prices.",
            columns=[table.names[j] for j in text],
        )
    _check_count(len(table.names))
    return table


def _first_words(cells: Sequence[str]) -> str:
    return next(cell for cell in cells if not is_missing(cell) and not is_number(cell))[:40]


def _chosen_only(
    table: Table, names: list[str], numbers: Sequence[int], chosen: int, volume: int | None, notes: list[str]
) -> Table:
    """Return the table with the one column of prices, its volume, and what may tell the decimal mark."""
    return Table(
        table.dates,
        table.rows,
        names,
        [table.columns[chosen]],
        notes=notes,
        volumes=[] if volume is None else [table.columns[volume]],
        left_out=[table.columns[j] for j in numbers if j != chosen],
    )


def _varied(table: Table, text: Sequence[int]) -> bool:
    """Whether a column of words changes from row to row: the rows are not the days of one ticker."""
    return any(len(set(table.columns[j])) > 1 and table.names[j].casefold() not in FIELDS for j in text)


def _by_two_rows(table: Table) -> Table:
    """One row of the header holds the tickers, the other what each column is of them: keep the closes."""
    for tickers, fields in ((table.names, table.above), (table.above, table.names)):
        kinds = [FIELDS.get(word.casefold()) for word in fields]
        if all(kinds) and {"close", "adjusted"} & set(kinds):
            wanted = "adjusted" if "adjusted" in kinds else "close"
            kept = [j for j, kind in enumerate(kinds) if kind == wanted]
            traded = {tickers[j]: j for j, kind in enumerate(kinds) if kind == "volume"}
            left = listed(
                dict.fromkeys(f for j, f in enumerate(fields) if j not in {*kept, *traded.values()}), most=8
            )
            said = f"{fields[kept[0]]} was taken as the price of each ticker" + (
                f"; {left} were left out" if left else ""
            )
            volumes = [table.columns[traded[tickers[j]]] if tickers[j] in traded else [] for j in kept]
            if any(volumes):
                said += f"; {fields[next(iter(traded.values()))]} is kept as the volume"
            return replace(
                table,
                names=[tickers[j] for j in kept],
                columns=[table.columns[j] for j in kept],
                notes=[*table.notes, f"{said}."],
                above=[],
                volumes=[cells or [""] * len(table.dates) for cells in volumes] if any(volumes) else [],
            )
    joined = [f"{upper} {name}".strip() for upper, name in zip(table.above, table.names, strict=True)]
    return replace(
        table,
        names=joined,
        above=[],
        notes=[*table.notes, "The names of the columns were joined from two rows of the header."],
    )


def _long(table: Table, tickers: int, text: list[int], answers: Answers) -> Table:
    # Volumes such as 1.2M are no plain numbers.
    traded = [j for j in text if FIELDS.get(table.names[j].casefold()) == "volume"]
    text = [j for j in text if j not in traded]
    values = [j for j in range(len(table.names)) if j not in {tickers, *traded, *text}]
    notes = list(table.notes)
    if not values:
        raise FileFormatError("There is no column of prices beside the dates and tickers.")
    names = [" ".join(name.split()) for name in table.columns[tickers]]
    if "" in names:
        raise FileFormatError(f"A row has a date but no {table.names[tickers]}; complete or remove it.")
    seen = sorted([*values, *traded])
    figures = replace(table, names=[table.names[j] for j in seen], columns=[table.columns[j] for j in seen])
    numbers = [k for k, j in enumerate(seen) if j in values]
    chosen, volume = numbers[0], None
    if len(seen) > 1:
        picked, said, volume = _price_column(_of_one_ticker(figures, names), numbers, answers)
        if picked is None:
            raise _which_price([table.names[j] for j in values])
        chosen = picked
        notes += said
    if text:
        notes.append(f"{listed(repr(table.names[j]) for j in text)} holds text and was left out.")
    _check_count(len(set(names)))
    kept = _chosen_only(figures, [figures.names[chosen]], numbers, chosen, volume, notes)
    return replace(kept, tickers=names)


def _of_one_ticker(table: Table, names: list[str]) -> Table:
    """Return the rows of the ticker that has the most: structure shows in the days of one asset."""
    counted = {name: 0 for name in names}
    for name in names:
        counted[name] += 1
    most = max(counted, key=counted.__getitem__)
    rows = [k for k, name in enumerate(names) if name == most]
    return replace(
        table,
        dates=[table.dates[k] for k in rows],
        rows=[table.rows[k] for k in rows],
        columns=[[cells[k] for k in rows] for cells in table.columns],
    )


def _which_price(names: Sequence[str], *, assets: bool = False) -> FileFormatError:
    readings = (*names, ALL_ASSETS) if assets else tuple(names)
    return FileFormatError(
        f"Several columns may hold the price: {listed(names)}. Say which"
        + (", or that every column is an asset of its own." if assets else "."),
        question="column",
        readings=readings,
    )


Choice = tuple[int | None, list[str], int | None]
NOTHING: Choice = (None, [], None)


def _price_column(table: Table, numbers: list[int], answers: Answers) -> Choice:
    """Find the price of one ticker, with notes and the volume; None where every column is a ticker."""
    column = answers.column
    if column == ALL_ASSETS:
        return NOTHING
    names = table.names
    fields: dict[str, int] = {}
    for j, name in enumerate(names):
        field = FIELDS.get(name.casefold(), "")
        if j in numbers or field == "volume":  # volumes such as 1.2M are no plain numbers
            fields.setdefault(field, j)
    if column is not None:
        if column not in names:
            raise FileFormatError(f"There is no column {column[:40]!r}; choose {listed(names, most=10)}.")
        return names.index(column), [f"{column} was taken as the price, as chosen."], fields.get("volume")
    if {"close", "adjusted"} & set(fields) and (
        {"open", "high", "low"} & set(fields) or len({*fields} - {""}) == 2
    ):
        chosen = fields.get("adjusted", fields.get("close", 0))
        if "close" in fields and sum(map(is_missing, table.columns[chosen])) * 2 > len(table.dates):
            chosen = fields["close"]
        return chosen, [_taken(names, chosen, fields.get("volume"))], fields.get("volume")
    if len(names) == 1:
        return (0, [], None) if "close" in fields else NOTHING
    return _by_structure(table, numbers, answers, fields.get("volume"))


def _taken(names: Sequence[str], chosen: int, volume: int | None, why: str = "") -> str:
    others = listed((name for j, name in enumerate(names) if j not in {chosen, volume}), most=8)
    kept = "" if volume is None else f"; {names[volume]} is kept as the volume"
    left = f"; {others} were left out" if others else ""
    return f"{names[chosen]} was taken as the price{why}{left}{kept}."


def _by_structure(table: Table, numbers: list[int], answers: Answers, volume: int | None) -> Choice:
    found = _structure(table, numbers, answers)
    if found is None:
        return NOTHING
    names = table.names
    known = len({FIELDS[name.casefold()] for name in names if name.casefold() in FIELDS}) > 1
    if not (found.likely or known):
        return NOTHING
    if not (found.sure or known) or found.close is None:
        raise _which_price([names[j] for j in found.candidates], assets=not (found.sure or known))
    chosen = found.close if found.adjusted is None else found.adjusted
    why = " (by its numbers: " + (
        "it follows the close but for rare steps)"
        if found.adjusted is not None
        else f"it lies between {names[found.low]} and {names[found.high]}, and the next day goes on from it)"
    )
    return chosen, [_taken(names, chosen, volume, why)], volume


def _structure(table: Table, numbers: list[int], answers: Answers) -> DayColumns | None:
    if not 3 <= len(numbers) <= 14:
        return None
    part = [table.columns[j][:STUDIED] for j in numbers]
    try:
        mark = decimal_mark(part, separator="", given=answers.decimal)
    except FileFormatError as error:
        if "question" in error.details:
            raise
        return None  # mixed marks are judged later, with their places
    values = {}
    for j, cells in zip(numbers, part, strict=True):
        try:
            read = parse_numbers(cells, decimal=mark, name="", place=str)
        except FileFormatError:
            continue  # what is no number is judged later, with its place
        if not read.percent:
            values[j] = read.values
    return day_columns(values, _direction(table.dates[:STUDIED], answers.date_order))


def _direction(dates: Sequence[str], order: str | None) -> int:
    """1 where the rows run forward in time, −1 backward, 0 where they do neither or cannot be read."""
    try:
        days = parse_dates(dates, place=str, order=order).dates
    except FileFormatError:
        return 0
    if len(days) < 2:
        return 0
    steps = np.sign(np.diff(days.to_numpy()).astype(np.int64))
    if (steps >= 0).mean() > 0.95:
        return 1
    return -1 if (steps <= 0).mean() > 0.95 else 0


def _is_text(cells: Sequence[str]) -> bool:
    looked = [cell for cell in cells[:LOOKED_AT] if not is_missing(cell)]
    return len(looked) > 0 and 2 * sum(map(is_number, looked)) < len(looked)


def _check_count(tickers: int) -> None:
    if tickers > MAX_TICKERS:
        raise FileFormatError(
            f"The file has {tickers} tickers; the limit is {MAX_TICKERS}. Leave some out.", tickers=tickers
        )
