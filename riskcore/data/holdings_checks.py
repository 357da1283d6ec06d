"""What a table of holdings says about itself, compared with what its rows add up to."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import takewhile

import numpy as np

from riskcore.data.dates import is_date
from riskcore.data.dialect import Grid
from riskcore.data.holdings_columns import Columns, read_numbers
from riskcore.data.holdings_entries import Entry, adds_up
from riskcore.data.holdings_rows import Body
from riskcore.data.holdings_values import Valued
from riskcore.data.holdings_words import role_of
from riskcore.data.numbers import is_number
from riskcore.errors import FileFormatError, listed

__all__ = ["check_totals", "check_weights", "heading_notes", "refuse_transactions"]

WEIGHTS_SLACK = 0.005


def check_totals(body: Body, columns: Columns, grid: Grid, entries: list[Entry], valued: Valued) -> list[str]:
    """Compare the totals and subtotals the table states with the rows above each of them."""
    notes = []
    before = -1
    for row, place in body.totals:
        where = f"The total in {grid.at(place)} was left out"
        stated = _stated(row[columns.roles["amount"]] if "amount" in columns.roles else "", columns)
        above = [(e, v or 0.0) for e, v in zip(entries, valued.values, strict=True) if e.row < place]
        held = [v for e, v in above if not e.cash]
        section = math.fsum(v for e, v in above if e.row > before)
        if stated is None or not above:
            notes.append(f"{where}.")
        elif any(adds_up(stated, [0.0, 0.0, *rows]) for rows in ([v for _, v in above], held, [section])):
            notes.append(f"{where}; it agrees with the rows ({stated:,.2f}).")
        else:
            rows, total = "the rows", math.fsum(v for _, v in above)
            if before >= 0:
                rows, total = "the rows since the total before it", section
            notes.append(f"{where}; it says {stated:,.2f}, but {rows} add up to {total:,.2f}.")
        before = place
    return notes


def _stated(cell: str, columns: Columns) -> float | None:
    if not cell:
        return None
    value = float(read_numbers([cell], columns.decimal, "The total", lambda _: "its row").values[0])
    return value if math.isfinite(value) else None


def heading_notes(entries: list[Entry], unmatched: Iterable[str]) -> list[str]:
    """Name the rows without an asset that are worth as much as the rows right below them."""
    unknown = set(unmatched)
    notes = []
    for k, entry in enumerate(entries):
        if entry.spelled not in unknown or not math.isfinite(entry.amount) or math.isfinite(entry.shares):
            continue
        below = list(takewhile(lambda e: e.spelled not in unknown, entries[k + 1 :]))
        if below and math.isclose(entry.amount, math.fsum(e.amount for e in below), rel_tol=1e-6):
            rows = f"{len(below)} rows" if len(below) > 1 else "row"
            notes.append(
                f"{entry.spelled[:40]} ({entry.place}) is worth as much as the {rows} below it: where it is "
                "a heading with their sum, leave it out."
            )
    return notes


def check_weights(entries: list[Entry], valued: Valued, total: float) -> list[str]:
    """Say where weights the table also states differ from those of its values."""
    stated = np.array([e.weight for e in entries])
    if np.isnan(stated).all() or total <= 0:
        return []
    scale = 100.0 if np.nansum(np.abs(stated)) > 3.0 else 1.0
    own = np.array([math.nan if v is None else v / total for v in valued.values])
    gap = np.nanmax(np.abs(stated / scale - own)) if not np.isnan(stated - own).all() else 0.0
    if gap <= WEIGHTS_SLACK:
        return []
    k = int(np.nanargmax(np.abs(stated / scale - own)))
    return [
        f"The table's weights differ from those of its values, most for {entries[k].spelled[:40]} "
        f"({100 * stated[k] / scale:.4g} % against {100 * own[k]:.4g} %); the values were used."
    ]


def refuse_transactions(body: Body) -> None:
    """Refuse rows that each have a date and name some assets several times: trades are no holdings.

    Raises
    ------
    FileFormatError
        So; tax lots can be added up by the answer duplicates="sum".
    """
    columns = list(zip(*body.rows, strict=True))
    dated = [j for j, column in enumerate(columns) if all(map(is_date, column))]
    texts = [j for j, c in enumerate(columns) if j not in dated and not any(map(is_number, c)) and any(c)]
    named = [j for j in texts if role_of(body.headings[j]) in {"ticker", "isin", "name"}] or texts
    if not dated or not named:
        return
    twice = [name for name, count in Counter(columns[named[0]]).items() if name and count > 1]
    if twice:
        raise FileFormatError(
            f"Every row has a date, and {listed((t[:40] for t in twice), most=3)} several rows: these look "
            "like trades, not holdings. Give one row per asset with what is held now; tax lots may be added "
            "up.",
            readings=("sum",),
        )
