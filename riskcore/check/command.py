"""The command `riskcore-check portfolio.toml`: print the gate, and say by the exit code whether it passes.

0 every limit holds (warnings included), 1 a limit is breached, 2 the file cannot be used or a limit cannot be
checked. One sentence on standard error says why.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from riskcore.check.situation import situation_of
from riskcore.check.tables import read_tables
from riskcore.errors import InputError, RiskcoreError, listed
from riskcore.limits import Limits, check
from riskcore.results.limits import GateResult, LimitResult

__all__ = ["main", "report"]

PASSED, BREACHED, UNUSABLE = 0, 1, 2
USAGE = "Usage: riskcore-check portfolio.toml"
WORDS = {"pass": "pass", "warn": "WARN", "breach": "BREACH", "unchecked": "NOT CHECKED"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a portfolio file, print its gate, and return the exit code.

    Examples
    --------
    >>> main(["docs/portfolio.toml"])  # doctest: +ELLIPSIS
    60/40 with gold: WARN...
    0
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return PASSED
    try:
        if len(given) != 1:
            raise InputError(f"{USAGE}: name one file.")
        path = Path(given[0])
        content = read_tables(path)
        situation, portfolio = situation_of(content, path.parent)
        limits = Limits.from_mapping(content["limits"])
        if not limits.any:
            raise InputError("There is no limit under [limits]; set at least one, such as cvar = 0.02.")
        gate = check(situation, portfolio, limits)
    except RiskcoreError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return UNUSABLE
    print(report(gate))
    rest = 1.0 - float(portfolio.weights.sum())
    if abs(rest) > 1e-9:
        said = "in cash" if rest > 0 else "borrowed, at no cost"
        print(f"\n{100 * abs(rest):.2f} % of the value is {said}.")
    if gate.breaches:
        names = listed((f.name for f in gate.breaches), most=len(gate.breaches))
        print(f"Breached: {names}.", file=sys.stderr)
        return BREACHED
    if gate.unchecked:
        first = gate.unchecked[0]
        print(f"{first.name} cannot be checked: {first.reason}", file=sys.stderr)
        return UNUSABLE
    return PASSED


def report(gate: GateResult) -> str:
    """Return the gate as lines of text: status, limit, value, highest value, utilisation."""
    rows = [("status", "limit on", "value", "limit", "used")]
    rows += [(WORDS[f.status], f.name, *_figures(f)) for f in gate.limits]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            cell.rjust(width) if column > 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([f"{gate.portfolio}: {WORDS[gate.status]}", "", *lines])


def _figures(found: LimitResult) -> tuple[str, str, str]:
    def written(value: float | None) -> str:
        if value is None:
            return "—"
        if found.unit == "exposure":
            return f"{value:.2f}"
        return f"{value:.1f} days" if found.unit == "days" else f"{100 * value:.2f} %"

    used = found.utilisation
    return written(found.value), written(found.limit), "—" if used is None else f"{100 * used:.1f} %"
