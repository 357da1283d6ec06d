"""The script that prints the numbers of the Benchmark page."""

from riskcore.dashboard.benchmark_found import Against
from riskcore.dashboard.book import Book
from riskcore.dashboard.script import arguments_of, scenario_lines, window_literal

__all__ = ["lines_of"]

SCRIPT = """
{wide}
benchmark = {benchmark}
wide_a, wide_b = a.on(wide.assets), b.on(wide.assets)
a_found, b_found = (active_risk(wide, one, benchmark, {measure!r}{level}) for one in (wide_a, wide_b))
for found in (a_found, b_found):
    print(found.portfolio, "R(BM)", f"{{found.benchmark_risk:.10f}}")
    print("R(TE)", f"{{found.tracking_risk:.10f}}")
    print("f", f"{{found.diversification:.10f}}", "R(PF)", f"{{found.total:.10f}}")
"""


def lines_of(found: Against) -> tuple[str, str]:
    """Return the lines that print the waterfall and the closer looks, and their imports."""
    book, holding = found.book, found.benchmark
    if holding.allocation is None:
        held = {str(asset): float(w) for asset, w in holding.portfolio.weights.items() if w}
        benchmark = f"Portfolio('BM', {held or {book.assets[0]: 0.0}!r}).on(wide.assets)"
    else:
        method = holding.allocation.method
        benchmark = (
            f"allocate({method!r}, scenarios{arguments_of(book, method)}).portfolio('BM').on(wide.assets)"
        )
    level = found.found[0].confidence
    first = SCRIPT.format(
        wide=_wide_lines(book),
        benchmark=benchmark,
        measure=book.view.measure,
        level="" if level is None else f", confidence={level!r}",
    )
    imports = ["from riskcore.benchmark import active_risk", *(lines.imports for lines in found.lines)]
    return "\n".join([first, *(lines.body for lines in found.lines)]), "\n".join(filter(None, imports))


def _wide_lines(book: Book) -> str:
    """Return the lines that make `wide`: the scenarios of the assets shown and of those of the benchmark."""
    if book.against_assets == book.assets:
        return "wide = scenarios"
    active, _ = scenario_lines(book, book.view.scenario_set)
    return "\n".join(
        [
            "shown = scenarios, history",
            f"history = prices.scenarios({list(book.against_assets)!r}{window_literal(book)})",
            f"scenarios = history.over_horizon({book.periods})",
            *([active] if active else []),
            "wide, (scenarios, history) = scenarios, shown",
        ]
    )
