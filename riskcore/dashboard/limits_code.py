"""Limits as a code for the link, and the gate of a view: the limits checked on what the pages show.

`cvar~0.02;weight:SPY~0.4;replay:COVID 2020~0.25;gap:0.15~0.1` names each limit as the gate does.
"""

from riskcore.dashboard import cached
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.view import quoted, typed_weights
from riskcore.errors import InputError
from riskcore.limits import Limits, Situation, check
from riskcore.limits.schema import NUMBERS
from riskcore.results import ContributionResult
from riskcore.results.limits import GateResult

__all__ = ["gate_of", "limits_code", "limits_of", "numbers_of", "situation_of"]

NAMED = {"weight": "weights", "share": "shares", "replay": "replays", "factor": "factors"}


def limits_of(code: str) -> Limits:
    """Return the limits behind a code; none for an empty one.

    Raises
    ------
    InputError
        The code cannot be read, or a limit is not possible.

    Examples
    --------
    >>> limits = limits_of("cvar~0.02;weight:SPY~0.4;gap:0.15~0.1")
    >>> limits.cvar, dict(limits.weights), limits.index_gaps
    (0.02, {'SPY': 0.4}, (IndexGap(fall=0.15, limit=0.1),))
    """
    found: dict[str, object] = {}
    gaps: list[dict[str, float]] = []
    for name, number in numbers_of(code).items():
        kind, mark, rest = name.partition(":")
        if mark and kind == "gap":
            try:
                gaps.append({"fall": float(rest), "limit": number})
            except ValueError:
                raise InputError(f"“{rest[:20]}” is no fall of an index; write gap:0.15.") from None
        elif mark and kind in NAMED:
            table = found.setdefault(NAMED[kind], {})
            assert isinstance(table, dict)
            table[rest] = number
        else:
            found[name] = number
    return Limits.from_mapping(found | {"index_gap": gaps})


def numbers_of(code: str) -> dict[str, float]:
    """Return each limit of a code by its key.

    Raises
    ------
    InputError
        The code cannot be read.
    """
    try:
        return typed_weights(f"w:{code}") or {} if code else {}
    except ValueError as error:
        words = str(error).replace("ticker~weight", "limit~number").replace("a weight", "a number")
        raise InputError(f"The list of limits {words}.") from error


def limits_code(limits: Limits) -> str:
    """Return limits as a code; shocks, which have several numbers, are not in it.

    Examples
    --------
    >>> limits_code(limits_of("cvar~0.02;weight:SPY~0.4;gap:0.15~0.1"))
    'cvar~0.02;weight:SPY~0.4;gap:0.15~0.1'
    """
    found = {name: getattr(limits, name) for name in NUMBERS if getattr(limits, name) is not None}
    for kind, table in NAMED.items():
        found |= {f"{kind}:{name}": number for name, number in getattr(limits, table).items()}
    found |= {f"gap:{gap.fall:g}": gap.limit for gap in limits.index_gaps}
    return ";".join(f"{quoted(name)}~{number:.12g}" for name, number in found.items())


def situation_of(book: Book, holding: Holding) -> Situation:
    """Return what the pages compute from, for the gate: the same scenarios, windows, betas and crises."""
    classes = book.local.assets.loc[list(book.assets), "asset_class"]
    groups = {str(kind): list(classes.index[classes == kind]) for kind in classes.unique() if kind}
    groups = {name: members for name, members in groups.items() if name not in book.assets}
    return Situation(
        book.scenarios,
        book.view.confidence,
        history=book.base,
        whole=book.whole,
        crises=cached.crises(),
        with_index=None if book.benchmark is None else book.with_index,
        index=book.benchmark,
        groups=groups,
        value=book.view.value,
        horizon=book.horizon_label,
        given=_certified(book, holding),
    )


def _certified(book: Book, holding: Holding) -> dict[str, ContributionResult]:
    """Return the contributions the pages show where an optimiser certifies them."""
    limits = limits_of(book.view.limits)
    if holding.allocation is None or not (limits.shares or limits.largest_share):
        return {}
    return {limits.share_measure: book.contributions(holding, limits.share_measure)}


def gate_of(book: Book, holding: Holding, limits: Limits | None = None) -> GateResult:
    """Return the gate of a portfolio of the view, under the limits of the view unless others are given."""
    held = limits_of(book.view.limits) if limits is None else limits
    return check(situation_of(book, holding), holding.portfolio, held)
