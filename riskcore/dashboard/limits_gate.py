"""The gate of a view: its limits, or those saved with A, checked on what the pages show."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskcore.dashboard import cached, saved
from riskcore.dashboard.book import Book, Holding
from riskcore.dashboard.factors_model import build, default_factors
from riskcore.dashboard.limits_code import Held, held_of, limits_code
from riskcore.dashboard.stress_direct import groups_of, saved_stresses
from riskcore.dashboard.stress_replays import proxied
from riskcore.dashboard.stress_shocks import DURATION, usual_durations
from riskcore.dashboard.view import SAVED_CODE
from riskcore.dashboard.volumes import known_volumes
from riskcore.errors import RiskcoreError
from riskcore.limits import Limits, Shock, Situation, check
from riskcore.results import ContributionResult
from riskcore.results.limits import GateResult
from riskcore.stress import NAMED, NamedStress

__all__ = [
    "SavedLimits",
    "code_of",
    "gate_of",
    "limits_in_force",
    "saved_with",
    "situation_of",
    "stresses_of",
]


@dataclass(frozen=True)
class SavedLimits:
    """Limits that were saved with a portfolio."""

    name: str
    version: int
    code: str


def saved_with(portfolio: str, data: str) -> SavedLimits | None:
    """Return the limits last saved with a portfolio, by its code; None without any.

    A saved portfolio keeps its limits on any data; a rule or typed weights mean a portfolio of one data set.
    Where the store or what it holds cannot be read there are none here: the Data and Review pages say why.
    """
    if not saved.present():
        return None
    try:
        kept = [
            entry
            for entry in saved.store().kept.all("limits")
            if str(entry.content.get("portfolio", "")).partition("@")[0] == portfolio.partition("@")[0]
            and (portfolio.startswith(SAVED_CODE) or entry.content.get("data", data) == data)
        ]
        if not kept:
            return None
        last = max(kept, key=lambda entry: entry.saved_at)
        return SavedLimits(last.name, last.version, code_of(last.content))
    except RiskcoreError:
        return None


def code_of(content: Mapping[str, object]) -> str:
    """Return the code of saved limits.

    Raises
    ------
    InputError
        The content is no limits.
    """
    code, limits = content.get("code"), content.get("limits", {})
    if isinstance(code, str):
        return held_of(code).code
    return limits_code(Limits.from_mapping(limits if isinstance(limits, Mapping) else {}))


def limits_in_force(book: Book) -> Held:
    """Return the limits of the view; where it has none, those saved with A.

    Raises
    ------
    InputError
        The limits of the link cannot be read.
    """
    if book.view.limits:
        return held_of(book.view.limits)
    kept = saved_with(book.view.a, book.view.data)
    return held_of(kept.code if kept is not None else "")


def situation_of(book: Book, holding: Holding, held: Held | None = None) -> Situation:
    """Return what the pages compute from, for the gate: the same scenarios, windows, betas and crises."""
    known = limits_in_force(book) if held is None else held
    exposures, reason = _exposures(book) if known.limits.factors else ({}, "")
    return Situation(
        book.scenarios,
        book.view.confidence,
        history=book.base,
        whole=book.whole,
        crises=cached.crises(),
        proxied=proxied(book) if known.limits.worst_replay or known.limits.replays else {},
        with_index=None if book.benchmark is None else book.with_index,
        index=book.benchmark,
        groups={name: list(members) for name, members in groups_of(book)},
        value=book.view.value,
        daily_volume={**known_volumes(book), **known.volumes} if known.limits.liquidity_days else {},
        participation=known.participation,
        exposures=exposures,
        no_exposures=reason,
        durations={str(a): float(v) for a, v in usual_durations(book)[DURATION].items() if v},
        horizon=book.horizon_label,
        given=_certified(book, holding, known.limits),
    )


def _exposures(book: Book) -> tuple[dict[str, dict[str, float]], str]:
    """Return the exposures of the model the Factors page opens with, and else why there are none."""
    factors = default_factors(book.prices, book.assets)
    if not factors:
        return {}, "This data has no known index over the whole window, so there is no factor to limit."
    try:
        fit = build(book, factors).fit
    except RiskcoreError as error:
        return {}, str(error)
    return {
        str(factor): {str(asset): float(x) for asset, x in column.items()}
        for factor, column in fit.exposures.items()
    }, ""


def _certified(book: Book, holding: Holding, limits: Limits) -> dict[str, ContributionResult]:
    """Return the contributions the pages show where an optimiser certifies them."""
    if holding.allocation is None or not (limits.shares or limits.largest_share):
        return {}
    return {limits.share_measure: book.contributions(holding, limits.share_measure)}


def gate_of(book: Book, holding: Holding, limits: Limits | None = None) -> GateResult:
    """Return the gate of a portfolio of the view, under the limits in force unless others are given."""
    held = limits_in_force(book)
    if limits is not None:
        held = replace(held, limits=limits)
    return check(situation_of(book, holding, held), holding.portfolio, held.limits)


def stresses_of(book: Book, held: Held) -> dict[str, Shock]:
    """Return the stresses that can be limited: bundled, saved, and those limited already.

    A move that meets nothing here is left out, as on the Stress page.
    """
    known = {*book.assets, *(name for name, _ in groups_of(book))}
    yields = bool(usual_durations(book)[DURATION].any())

    def shock_of(stress: NamedStress) -> Shock:
        moves = {name: move for name, move in stress.moves if name in known}
        rise = stress.basis_points if yields else 0.0
        return Shock(stress.name, moves, 1.0, rise, stress.volatility, stress.correlation)

    found = [shock_of(stress) for stress in (*NAMED, *saved_stresses())]
    useful = {s.name: s for s in found if s.moves or s.basis_points or not s.at_once}
    return useful | {shock.name: shock for shock in held.limits.shocks}
