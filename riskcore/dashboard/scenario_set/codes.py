"""Codes of scenario sets: what fits in a link, and what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass

from riskcore.errors import InputError
from riskcore.numerics.pooling import effective_scenarios
from riskcore.scenarios import Scenarios

__all__ = [
    "OFFERED",
    "VIEWS",
    "Code",
    "kind_of",
    "mentions",
    "needs_state",
    "parsed",
    "set_title",
    "set_words",
]

VIEWS = "views:"
SEPARATOR = "~"
MOST_DRAWS = 50_000
OFFERED = (
    "vol:1.5",
    "vol:2",
    "corr:0.8",
    "decay:2",
    "state:high~0.2",
    "state:low~0.5",
    "near:0.9~0.25",
    "t:5000~1",
    "copula:5000~1",
)
"""The sets offered under More; any other setting can be made active on the Stress page."""
TITLES = {
    "views": "Views",
    "vol": "Volatility ×",
    "corr": "Correlations →",
    "decay": "Recent days weigh more",
    "state": "By volatility",
    "near": "Like volatility",
    "t": "Simulated, multivariate t",
    "copula": "Simulated, t copula",
    "blocks": "Resampled blocks",
    "paths": "Resampled days",
}
DRAWS = (100.0, float(MOST_DRAWS))
SEEDS = (0.0, 1e9)
RANGES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "vol": ((0.0, 20.0),),
    "corr": ((-1.0, 1.0),),
    "decay": ((0.01, 100.0),),
    "state": ((0.01, 0.99),),
    "near": ((0.01, 0.99), (0.01, 5.0)),
    "t": (DRAWS, SEEDS),
    "copula": (DRAWS, SEEDS),
    "blocks": ((1.0, 1000.0), DRAWS, SEEDS),
    "paths": ((0.01, 100.0), DRAWS, SEEDS),
}


@dataclass(frozen=True)
class Code:
    """The parts of a code: its kind, its settings, and for views their text."""

    kind: str
    numbers: tuple[float, ...]
    side: str = ""
    text: str = ""


def parsed(code: str) -> Code:
    """Return the parts of a code.

    Raises
    ------
    InputError
        It is no code: an unknown kind, or settings outside their ranges.

    Examples
    --------
    >>> parsed("near:0.9~0.25").numbers
    (0.9, 0.25)
    """
    kind, mark, rest = code.partition(":")
    if not mark or kind not in TITLES:
        raise InputError(f"“{code[:40]}” is no scenario set this version knows.")
    if kind == "views":
        if not rest.strip():
            raise InputError("A scenario set of views holds no sentence.")
        return Code(kind, (), text=rest)
    parts = rest.split(SEPARATOR)
    side = parts.pop(0) if kind == "state" else ""
    if kind == "state" and side not in ("high", "low"):
        raise InputError("A scenario set by volatility is “high” or “low”.")
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError:
        numbers = ()
    ranges = RANGES[kind]
    fits = len(numbers) == len(ranges) and all(
        low <= v <= high for v, (low, high) in zip(numbers, ranges, strict=True)
    )
    if not fits:
        asked = ", ".join(f"{low:g} to {high:g}" for low, high in ranges)
        raise InputError(f"“{code[:40]}” needs numbers in the ranges {asked}.")
    return Code(kind, numbers, side)


def kind_of(code: str) -> str:
    """Return the kind of a set, "" for history.

    Examples
    --------
    >>> kind_of("vol:2"), kind_of("")
    ('vol', '')
    """
    return code.partition(":")[0] if code else ""


def needs_state(code: str) -> bool:
    """Whether the set divides days by the volatility before them."""
    return kind_of(code) in ("state", "near")


def mentions(code: str, name: str) -> bool:
    """Whether a set of views may speak of a name: a cheap test before a portfolio is solved for it."""
    return code.startswith(VIEWS) and name.lower() in code.lower()


def set_title(code: str) -> str:
    r"""Return what the menu calls a set; a code that cannot be read is shown as it is.

    Examples
    --------
    >>> set_title(""), set_title("vol:2"), set_title("state:high~0.2")
    ('History', 'Volatility × 2', 'Most volatile 20\xa0% of the time')
    """
    if not code:
        return "History"
    try:
        found = parsed(code)
    except InputError:
        return code[:40]
    n = found.numbers
    if found.kind == "views":
        count = len([line for line in found.text.splitlines() if line.strip()])
        return f"{count} view{'s' if count != 1 else ''}"
    if found.kind == "state":
        side = "Most" if found.side == "high" else "Least"
        return f"{side} volatile {100 * n[0]:g}\N{NO-BREAK SPACE}% of the time"
    if found.kind == "near":
        percent = "\N{NO-BREAK SPACE}%"
        return f"Volatility near its {100 * n[0]:g}{percent} quantile, ± {100 * n[1]:g}{percent}"
    if found.kind == "decay":
        return f"Recent weighs more: half-life {n[0]:g} years"
    if found.kind in ("vol", "corr"):
        return f"{TITLES[found.kind]} {n[0]:g}"
    if found.kind == "blocks":
        return f"{n[1]:,.0f} resampled paths in blocks of {n[0]:g}, seed {n[2]:.0f}"
    if found.kind == "paths":
        return f"{n[1]:,.0f} resampled paths, half-life {n[0]:g} years, seed {n[2]:.0f}"
    return f"{TITLES[found.kind]}: {n[0]:,.0f} draws, seed {n[1]:.0f}"


def set_words(code: str, active: Scenarios, index: str | None = None) -> str:
    """Return the badge: what the set is, by whose volatility, and how many scenarios carry it."""
    found = parsed(code)
    what = set_title(code)
    if needs_state(code) and index:
        what += f", by {index}"
    if found.kind == "views":
        lines = [line.strip() for line in found.text.splitlines() if line.strip()]
        what += f" ({'; '.join(lines)})"
    p = active.probabilities
    carried = f"{active.count:,} scenarios"
    if active.weighted:
        carried = f"{effective_scenarios(p):,.0f} effective of {active.count:,} scenarios"
    largest = float(p.max())
    heavy = f"; one alone carries {100 * largest:.0f}\N{NO-BREAK SPACE}%" if largest > 0.05 else ""
    return f"Active scenarios: {what}. {carried}{heavy}."
