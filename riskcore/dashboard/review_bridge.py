"""The bridge on the Review page: why the risk of A differs from what was frozen, step by step."""

from collections.abc import Iterator, Mapping
from datetime import date

import pandas as pd

from riskcore.dashboard.book import Book
from riskcore.dashboard.trades_sections import headline_numbers
from riskcore.dashboard.view import View, read_view, weights_code
from riskcore.data.sample import SAMPLES
from riskcore.data.store import Snapshot
from riskcore.errors import AssetMismatchError, InputError, listed
from riskcore.figures.words import card_percent

__all__ = ["bridge_since", "bridge_words"]

# The numbers bridged, by their place among the headline numbers, which name horizon and level.
BRIDGED = {"volatility": 0, "CVaR": 2}
FROZEN, DATA, MARKET, TRADES, SETTINGS, NOW = (
    "as frozen",
    "data corrected or changed",
    "market: days since",
    "trades",
    "settings",
    "today",
)


def bridge_since(book: Book, then: Snapshot) -> pd.DataFrame:
    """Return the steps from what a snapshot froze to today, in % of value; they add up exactly.

    Each step recomputes A with one more thing as it is today: first today’s data, cut where it ended then;
    then the days since; then today’s weights and assets; then today’s settings.

    Raises
    ------
    RiskcoreError
        The snapshot keeps no weights or numbers, or today’s data does not have what was held then.
    """
    content = then.content
    old_view, _ = read_view({k: [str(v)] for k, v in dict(content.get("view", {})).items()})
    weights: Mapping[str, float] = content.get("a", {}).get("weights", {})
    frozen: Mapping[str, float | None] = content.get("numbers", {})
    last = content.get("data", {}).get("last")
    if not weights or not frozen or not last:
        raise InputError(f"{then.title} keeps no weights, numbers or dates to start a bridge from.")
    _check_assets(book, then, old_view, weights)
    settings = old_view.but(data=book.view.data, a=weights_code(weights), assets=tuple(weights), basket="")
    then_cut = settings.but(end=date.fromisoformat(last))
    views = [then_cut, settings, _with_weights_of(settings, book), book.view]
    names = list(headline_numbers(Book(views[0]), Book(views[0]).a))
    columns = {}
    for word, place in BRIDGED.items():
        start = frozen.get(names[place])
        if start is None:
            raise InputError(f"{then.title} keeps no {names[place]} to start a bridge from.")
        columns[word] = list(_steps(start, (_number(view, place) for view in views)))
    level = list(headline_numbers(book, book.a))
    table = pd.DataFrame(columns, index=[FROZEN, DATA, MARKET, TRADES, SETTINGS, NOW])
    return table.rename(columns={word: level[place] for word, place in BRIDGED.items()}).rename_axis("step")


def _check_assets(book: Book, then: Snapshot, old: View, weights: Mapping[str, float]) -> None:
    """Refuse a snapshot of assets that today's data does not have."""
    absent = [asset for asset in weights if asset not in book.local.prices.columns]
    if not absent:
        return
    known = SAMPLES[old.data].label if old.data in SAMPLES else "data loaded by hand"
    label = then.content["data"].get("label", known)
    raise AssetMismatchError(
        f"{then.title} was frozen on other data, {label}: {book.prices.label} has no {listed(absent)}, so no "
        "steps lead from it to today. Open its data to compare, or choose another snapshot.",
        missing=absent,
    )


def _with_weights_of(settings: View, book: Book) -> View:
    """Return the settings with today's weights over today's assets."""
    held = {str(asset): float(weight) for asset, weight in book.a.portfolio.weights.items()}
    return settings.but(a=weights_code(held), assets=book.assets)


def _number(view: View, place: int) -> float:
    book = Book(view)
    return float(list(headline_numbers(book, book.a).values())[place] or 0.0)


def _steps(start: float, later: Iterator[float]) -> Iterator[float]:
    yield start
    before = start
    for value in later:
        # What differs by rounding alone has not changed.
        yield value - before if abs(value - before) > 1e-9 * abs(value) else 0.0
        before = value
    yield before


def bridge_words(table: pd.DataFrame) -> str:
    """Return "A’s 1-day CVaR 95 % went from 1.9 % to 2.1 % of value: market +0.15 %, trades +0.05 %.".

    Examples
    --------
    >>> steps = [1.90, 0.0, 0.15, 0.05, 0.0, 2.10]
    >>> made = pd.DataFrame({"1-day CVaR 95 %, %": steps}, [FROZEN, DATA, MARKET, TRADES, SETTINGS, NOW])
    >>> bridge_words(made).replace("\N{NO-BREAK SPACE}", " ")
    'A’s 1-day CVaR 95 % went from 1.9 % to 2.1 % of value: market: days since +0.15 %, trades +0.050 %.'
    """
    name = str(table.columns[-1])
    column = table[name]
    first, last = (card_percent(float(column[end]) / 100) for end in (FROZEN, NOW))
    label = name.removesuffix(", %")
    moved = {step: float(column[step]) / 100 for step in (DATA, MARKET, TRADES, SETTINGS) if column[step]}
    if not moved:
        return f"A’s {label} is {last} of value, as it was frozen."
    parts = [f"{step} {'+' if change > 0 else ''}{card_percent(change)}" for step, change in moved.items()]
    return f"A’s {label} went from {first} to {last} of value: {', '.join(parts)}."
