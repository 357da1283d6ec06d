"""Holdings as a person has them: pasted from a spreadsheet or exported by a broker.

Shares drift with prices: what they weigh changes every day. Weights and amounts are taken as stated.
"""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from riskcore.data.currency import Rates
from riskcore.data.dialect import Grid, check_size
from riskcore.data.files import read_grids
from riskcore.data.holdings_checks import check_totals, check_weights, heading_notes, refuse_transactions
from riskcore.data.holdings_columns import Columns, assign_columns
from riskcore.data.holdings_drift import drifted_weights
from riskcore.data.holdings_entries import Entry, places, read_entries
from riskcore.data.holdings_matching import isins_of, matched, summed
from riskcore.data.holdings_reading import HoldingsAnswers, HoldingsReading, Position, Unmatched
from riskcore.data.holdings_rows import Body, find_body, pasted_grid
from riskcore.data.holdings_values import Market, value_entries
from riskcore.data.holdings_words import currency_in
from riskcore.data.matching import asset_names
from riskcore.data.weights import in_fractions, sum_note
from riskcore.errors import FileFormatError, listed

__all__ = ["HoldingsAnswers", "HoldingsReading", "Position", "Unmatched", "drifted_weights", "read_holdings"]


def read_holdings(
    content: str | bytes,
    filename: str | None = None,
    known: pd.DataFrame | Mapping[str, str] | Sequence[str] | None = None,
    prices_at: Mapping[str, float] | None = None,
    answers: HoldingsAnswers | None = None,
    *,
    rates: Rates | None = None,
    base: str = "",
    day: object = None,
) -> HoldingsReading:
    r"""Read a table of holdings, pasted or from a file, in any language.

    Parameters
    ----------
    content
        Pasted text, or the bytes of a CSV, Excel or Parquet file.
    filename
        Named in messages; the content decides what kind of file it is.
    known
        The assets the data has: an asset table (index = ticker; columns name and, if there is one, isin),
        ticker to name, or tickers. Without them every row is taken at its word.
    prices_at
        The data's price of each asset, for shares without a price in the table.
    answers
        The choice between several readings, after a refusal that listed them in `details["readings"]`.
    rates
        Exchange rates, such as `currency.ecb_rates()`: amounts in several currencies are then added up at
        the rates of the last day on which all of these were fixed, which the notes name.
    base
        The currency to add them up in, where neither the table nor the answers name one; the first of the
        table when it is omitted.
    day
        The day of `prices_at`: where one of these is used, the rates are not of a later day.

    Raises
    ------
    FileFormatError
        The table cannot be read in exactly one way; the sentence names the column or row.
    AssetMismatchError
        One asset stands in several rows that contradict each other.
    MissingDataError
        Amounts in several currencies cannot be added up: there are no rates, or none for one of them.

    Examples
    --------
    >>> text = "Ticker\tShares\tPrice\nSPY\t10\t500\nBND\t20\t75\nCash\t\t3,500.00\n"
    >>> reading = read_holdings("Ticker\tShares\tPrice\nSPY\t10\t500\nBND\t20\t75\n", known=["SPY", "BND"])
    >>> reading.unit, reading.total_value, {k: round(w, 3) for k, w in reading.weights.items()}
    ('shares', 6500.0, {'SPY': 0.769, 'BND': 0.231})
    """
    answers = answers or HoldingsAnswers()
    names = None if known is None else asset_names(known)
    isins = isins_of(known)
    words = frozenset(w.casefold() for pair in (names or {}).items() for w in pair if w)
    grid, body, columns, notes = _table(content, words, answers)

    def place(k: int) -> str:
        return grid.at(body.places[k])

    entries, said = read_entries(body, columns, known=words | set(isins), place=place)
    notes = [*notes, *body.notes, *columns.notes, *said]
    entries, labels, unmatched, said = matched(entries, names, isins, answers.assets, answers.cash)
    unit = _unit(entries)
    notes += said
    if unit == "weight":
        return _weights_reading(entries, labels, columns, unmatched, notes, answers)
    heading = _heading_currency(body, columns)
    valued = value_entries(
        entries,
        labels,
        Market(prices_at, _currencies_of(known), rates, base, day),
        heading_currency=heading,
        rates=answers.rates,
        currency=answers.currency,
    )
    notes += valued.notes
    positions = [
        _position(entry, label, value)
        for entry, label, value in zip(entries, labels, valued.values, strict=True)
        if not entry.cash
    ]
    merged, said = summed(positions, answers.duplicates)
    cash = math.fsum(v or 0.0 for e, v in zip(entries, valued.values, strict=True) if e.cash)
    notes += heading_notes(entries, (u.spelled for u in unmatched))
    notes += [*said, *_cash_note(entries, cash, valued.currency)]
    total = None
    if all(p.value is not None for p in merged):
        total = math.fsum([cash, *(p.value or 0.0 for p in merged)])
        notes += check_totals(body, columns, grid, entries, valued)
        notes += check_weights(entries, valued, total)
    else:
        unpriced = [p.label for p in merged if p.value is None]
        notes.append(f"No price for {listed(unpriced, most=10)}: the total value is not known yet.")
    return HoldingsReading(tuple(merged), cash, unit, valued.currency, total, tuple(unmatched), tuple(notes))


def _table(
    content: str | bytes, known: frozenset[str], answers: HoldingsAnswers
) -> tuple[Grid, Body, Columns, list[str]]:
    """Find the one sheet that holds holdings; several are asked about, none is explained."""
    check_size(len(content))
    grids, notes = ([pasted_grid(content, known)], []) if isinstance(content, str) else read_grids(content)
    if answers.sheet is not None:
        chosen = [g for g in grids if g.title == answers.sheet]
        if not chosen:
            titles = listed((g.title for g in grids), most=10)
            raise FileFormatError(f"There is no sheet {answers.sheet[:40]!r}; choose {titles}.")
        grids = chosen
    usable: list[tuple[Grid, Body]] = []
    refusals: list[FileFormatError] = []
    for grid in grids:
        try:
            usable.append((grid, find_body(grid, known)))
        except FileFormatError as error:
            refusals.append(error)
    if not usable:
        raise refusals[0]
    if len(usable) > 1:
        found = tuple(g.title for g, _ in usable)
        raise FileFormatError(
            f"Several sheets hold a table: {listed(found, most=10)}. Say which.", readings=found
        )
    grid, body = usable[0]
    if refusals:
        notes = [*notes, f"The sheet {grid.title} was read; the others hold no table of holdings."]
    if answers.duplicates is None:
        refuse_transactions(body)
    columns = assign_columns(
        body,
        separator=grid.separator,
        known=known,
        decimal=answers.decimal,
        kind=answers.kind,
        given=answers.columns,
        place=lambda k: grid.at(body.places[k]),
    )
    return grid, body, columns, notes


def _unit(entries: list[Entry]) -> str:
    """Return what the table holds; weights only where a row has nothing else and every row has one."""
    held = [e for e in entries if not e.cash]
    if all(math.isfinite(e.shares) for e in held) or all(
        math.isfinite(e.shares) or math.isfinite(e.amount) for e in held
    ):
        return "shares" if any(math.isfinite(e.shares) for e in held) else "amount"
    if all(math.isfinite(e.weight) for e in held):
        return "weight"
    lacking = [e for e in held if not (math.isfinite(e.shares) or math.isfinite(e.amount))]
    raise FileFormatError(
        f"{listed(e.spelled[:40] for e in lacking)} ({places(lacking)}) has a weight only, others have "
        "shares or amounts only; complete one of the columns."
    )


def _weights_reading(
    entries: list[Entry],
    labels: list[str],
    columns: Columns,
    unmatched: list[Unmatched],
    notes: list[str],
    answers: HoldingsAnswers,
) -> HoldingsReading:
    values = [0.0 if math.isnan(e.weight) else e.weight for e in entries]
    _, scaled, how = in_fractions(values, percent=columns.numbers["weight"].percent)
    positions = [
        Position(label, e.spelled, "weight", w, _maybe(e.price), e.currency, None, e.place)
        for e, label, w in zip(entries, labels, scaled, strict=True)
        if not e.cash
    ]
    merged, said = summed(positions, answers.duplicates)
    cash = math.fsum(w for e, w in zip(entries, scaled, strict=True) if e.cash)
    notes = [*notes, *how, *said, *sum_note(math.fsum(scaled))]
    if any(e.cash for e in entries):
        notes.append(f"Cash: {100 * cash:.4g} % ({places([e for e in entries if e.cash])}).")
    currency = answers.currency or ""
    return HoldingsReading(tuple(merged), cash, "weight", currency, None, tuple(unmatched), tuple(notes))


def _currencies_of(known: pd.DataFrame | Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Return ticker to the currency of its price, where the asset table states one."""
    if not isinstance(known, pd.DataFrame) or "currency" not in known.columns:
        return {}
    return {str(ticker): str(code) for ticker, code in known["currency"].items() if str(code)}


def _maybe(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _position(entry: Entry, label: str, value: float | None) -> Position:
    kind = "shares" if math.isfinite(entry.shares) else "amount"
    quantity = entry.shares if kind == "shares" else entry.amount
    return Position(
        label, entry.spelled, kind, quantity, _maybe(entry.price), entry.currency, value, entry.place
    )


def _heading_currency(body: Body, columns: Columns) -> str:
    return currency_in(body.headings[columns.roles["amount"]]) if "amount" in columns.roles else ""


def _cash_note(entries: list[Entry], cash: float, currency: str) -> list[str]:
    rows = [e for e in entries if e.cash]
    notes = [f"Cash: {cash:,.2f} {currency}".rstrip() + f" ({places(rows)})."] if rows else []
    for entry in rows:
        code = next((c for n in entry.names if (c := currency_in(n))), "")
        if code and not entry.currency and code != currency:
            taken = currency or "the currency of the other rows"
            notes.append(f"{entry.spelled[:40]} ({entry.place}): its amount was taken to be in {taken}.")
    return notes
