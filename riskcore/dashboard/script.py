"""Scripts that print the numbers of a page: what "Show the Python" shows."""

from dataclasses import dataclass
from datetime import date

from riskcore.dashboard import cached, saved, scenario_set
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.file_origins import loading_lines
from riskcore.dashboard.money import rates_for
from riskcore.data.currency import ecb_rates
from riskcore.data.price_set import PriceSet
from riskcore.errors import RiskcoreError

__all__ = ["Lines", "arguments_of", "page_script", "rates_literal", "scenario_lines", "window_literal"]


@dataclass(frozen=True)
class Lines:
    """What a view adds to the page's script."""

    body: str
    imports: str = ""


def page_script(book: Book, body: str, *, imports: str = "") -> str:
    """Return a complete script: data, scenarios, portfolios A and B, then the page's own lines.

    `body` may use `prices`, `history` (single periods), `scenarios` (over the horizon), `a` and `b`.
    Every label from a reader is written as a Python literal. Where A or B cannot be built there is no script,
    and a comment says why.
    """
    try:
        a, b = book.both
    except RiskcoreError as error:
        return f"# No script: {' '.join(str(error).split())}\n"
    active, active_imports = scenario_lines(book, book.view.scenario_set)
    imports_of_data, *loading = _loading(book.view.data, book.local)
    if book.view.base:
        imports_of_data, loading = _in_base(book, imports_of_data, loading)
    lines = [
        "from riskcore import Portfolio, allocate, cvar, risk, risk_contributions",
        imports_of_data,
        *([active_imports] if active_imports else []),
        *([imports.strip()] if imports else []),
        "",
        *loading,
        f"history = prices.scenarios({list(book.assets)!r}{window_literal(book)})",
        f"scenarios = history.over_horizon({book.periods})",
        *([active] if active else []),
        _portfolio(book, a),
        _portfolio(book, b),
        "",
        body.strip(),
    ]
    return "\n".join(lines) + "\n"


def scenario_lines(book: Book, code: str) -> tuple[str, str]:
    """Return the lines that turn `scenarios` into a scenario set, and their imports."""
    index = book.benchmark
    names = list(dict.fromkeys((*book.assets, *([index] if index else []))))
    base = f"prices.scenarios({names!r}{window_literal(book)})"
    named = book.viewable(code) if code else ()
    return scenario_set.script_lines(code, named, index, book.periods, base)


def _loading(key: str, prices: PriceSet) -> list[str]:
    """Return the imports, in one text, and the lines that make `prices`."""
    origin = cached.origin(key)
    if origin is not None:
        first, *rest = _loading(origin.base, cached.price_set(origin.base))
        return [
            "from riskcore.data.recipe import Recipe, apply_recipe\n" + first,
            *rest,
            f"recipe = Recipe.from_json({origin.recipe.to_json()!r})",
            "prices, done = apply_recipe(prices, recipe)",
        ]
    if key.startswith(saved.SAVED):
        return [
            "from riskcore.data.store import open_store",
            "with open_store() as store:",
            f"    prices = store.price_sets.load({key!r})",
        ]
    if not key.startswith("upload-"):
        return ["from riskcore.data.sample import load_sample", f"prices = load_sample({key!r})"]
    if prices.key.startswith("yahoo-"):
        return [
            "from riskcore.data.yahoo import fetch_prices",
            f"answer = fetch_prices({list(prices.tickers)!r}, start={str(prices.prices.index[0].date())!r})",
            "prices = answer.prices",
        ]
    return loading_lines(prices)


def _in_base(book: Book, imports: str, loading: list[str]) -> tuple[str, list[str]]:
    """Return imports and lines with the conversion to the base currency behind the loading."""
    rates = rates_literal(book, book.view.base)
    assets = list(book.prices.tickers)
    converting = f"prices = convert(local, {book.view.base!r}, {rates}, assets={assets!r})"
    return (
        f"from riskcore.data.currency import convert, {rates.split('(')[0]}\n{imports}",
        [*loading, "local = prices", converting],
    )


def rates_literal(book: Book, base: str) -> str:
    """Return the exchange rates into a currency as Python: the ECB's, or those among the data's columns."""
    ours = rates_for(book.local, base, book.assets) is ecb_rates()
    return "ecb_rates()" if ours else f"rates_in({'local' if book.view.base else 'prices'})"


def window_literal(book: Book) -> str:
    """Return the window as further arguments of `prices.scenarios`, nothing for all the data."""

    def literal(day: date | None) -> str:
        return repr(day.isoformat()) if day else "None"

    start, end = book.view.start, book.view.end
    return f", {literal(start)}, {literal(end)}" if start or end else ""


def _portfolio(book: Book, holding: Holding) -> str:
    name = holding.letter.lower()
    if holding.allocation is None:
        weights = {str(k): float(v) for k, v in holding.portfolio.weights.items()}
        return f"{name} = Portfolio({holding.letter!r}, {weights!r})"
    method = holding.allocation.method
    return (
        f"{name} = allocate({method!r}, scenarios{arguments_of(book, method)}).portfolio({holding.letter!r})"
    )


def arguments_of(book: Book, method: str) -> str:
    """Return the level and the rate an allocator needs, as further arguments of `allocate`."""
    settings = book.settings_of(method)
    return "".join(f", {name}={value!r}" for name, value in settings.items() if value)
